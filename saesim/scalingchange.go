package saesim

// deleteRule serves DeleteApplicationScalingRule (SAE API reference ch. 11.2). Its
// table has neither a code for a missing rule nor one for a running change order:
// the first is answered like elsewhere, the second does not matter (reading).
func deleteRule(c *call) (any, *apiError) {
	app, rule, refused := c.rule()
	if refused != nil {
		return nil, refused
	}
	app.dropRule(rule)
	return nil, nil //nolint:nilnil // an answer without data
}

// updateRule serves UpdateApplicationScalingRule (SAE API reference ch. 11.5): the
// settings of a rule change, never its name, its type or whether it is enabled.
func updateRule(c *call) (any, *apiError) {
	app, rule, refused := c.rule()
	if refused != nil {
		return nil, refused
	}
	if kind := c.arg("ScalingRuleType"); kind != "" && kind != rule.Type {
		return nil, invalidParameter("ScalingRuleType", "the type of a rule does not change")
	}
	changed := *rule
	if refused := c.readRule(&changed); refused != nil {
		return nil, refused
	}
	if refused := c.readMinReady(app, &changed); refused != nil {
		return nil, refused
	}
	if app.ruleConflicts(&changed) {
		return nil, refuse(codeRuleTimeConflict)
	}
	changed.UpdatedAt = c.now
	*rule = changed
	return showRule(app, rule, false), nil
}

// readRule reads the settings that belong to a rule's type: a timer, a metric, or a
// metric whose timer may be absent. Settings of the other type are refused, as nothing
// would come of them (reading); the empty objects that real clients send are none.
func (c *call) readRule(rule *scalingRule) (refused *apiError) {
	timer, metric := c.arg(paramTimer), c.arg(paramMetric)
	if rule.Type == ruleTiming || rule.Type == ruleMix && !emptyObject(timer) {
		if rule.Timer, refused = parseTimer(timer); refused != nil {
			return refused
		}
	}
	if rule.Type != ruleTiming {
		if rule.Metric, refused = parseMetric(metric); refused != nil {
			return refused
		}
	}
	switch {
	case rule.Type == ruleTiming && !emptyObject(metric):
		return invalidParameter(paramMetric, "a rule of type %s has none", rule.Type)
	case rule.Type == ruleOnMetric && !emptyObject(timer):
		return invalidParameter(paramTimer, "a rule of type %s has none", rule.Type)
	}
	return nil
}

func emptyObject(text string) bool { return text == "" || text == "{}" }

// readMinReady checks how many instances must stay ready while a rule scales, and keeps
// what was sent, as it is read back.
func (c *call) readMinReady(app *application, rule *scalingRule) *apiError {
	sent := c.minReady()
	if _, refused := sent.unavailable(app.Replicas); refused != nil {
		return refused
	}
	if sent.instances != nil {
		rule.MinReadyInstances = sent.instances
	}
	if sent.ratio != nil {
		rule.MinReadyInstanceRatio = sent.ratio
	}
	return nil
}
