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
// settings of a rule change, never its name, its type or whether it is enabled. The
// parameter of the other type is ignored (reading).
func updateRule(c *call) (any, *apiError) {
	app, rule, refused := c.rule()
	if refused != nil {
		return nil, refused
	}
	changed := *rule
	if refused := c.readRule(&changed); refused != nil {
		return nil, refused
	}
	if _, refused := c.minReady().unavailable(app.Replicas); refused != nil {
		return nil, refused
	}
	if app.ruleConflicts(&changed) {
		return nil, refuse(codeRuleTimeConflict)
	}
	changed.UpdatedAt = c.now
	*rule = changed
	return showRule(app, rule, false), nil
}

// readRule reads the settings that belong to a rule's type.
func (c *call) readRule(rule *scalingRule) (refused *apiError) {
	if rule.Type == ruleTiming {
		rule.Timer, refused = parseTimer(c.args["ScalingRuleTimer"])
	} else {
		rule.Metric, refused = parseMetric(c.args["ScalingRuleMetric"])
	}
	return refused
}
