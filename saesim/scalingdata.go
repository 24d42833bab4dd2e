package saesim

import "time"

// The shapes of a scaling rule in answers (SAE API reference ch. 11.1, 11.6, 11.7).
type (
	ruleData struct {
		Timer            *timerData `json:",omitempty"`
		UpdateTime       int64
		AppID            string `json:"AppId"`
		CreateTime       int64
		LastDisableTime  int64 `json:",omitempty"`
		ScaleRuleEnabled bool
		ScaleRuleType    string
		Metric           *metricData `json:",omitempty"`
		ScaleRuleName    string

		MinReadyInstances     *int `json:",omitempty"`
		MinReadyInstanceRatio *int `json:",omitempty"`
	}

	timerData struct {
		EndDate   string `json:",omitempty"`
		BeginDate string `json:",omitempty"`
		Schedules []scheduleData
		Period    string
	}

	scheduleData struct {
		AtTime         string
		TargetReplicas int
		MinReplicas    int `json:",omitempty"`
		MaxReplicas    int `json:",omitempty"`
	}

	metricData struct {
		Metrics        []goalData
		MetricsStatus  *metricsStatusData `json:",omitempty"`
		MaxReplicas    int
		MinReplicas    int
		ScaleUpRules   *paceData `json:",omitempty"`
		ScaleDownRules *paceData `json:",omitempty"`
	}

	goalData struct {
		MetricType                     string
		MetricTargetAverageUtilization int
		SLBID                          string `json:"SlbId,omitempty"`
		SLBProject                     string `json:"SlbProject,omitempty"`
		SLBLogstore                    string `json:"SlbLogstore,omitempty"`
		Vport                          string `json:",omitempty"`
	}

	metricsStatusData struct {
		DesiredReplicas     int
		NextScaleTimePeriod int
		CurrentReplicas     int
		LastScaleTime       string `json:",omitempty"`
		CurrentMetrics      []currentMetricData
		NextScaleMetrics    []nextScaleData
	}

	currentMetricData struct {
		Type         string
		CurrentValue int
		Name         string
	}

	nextScaleData struct {
		NextScaleOutAverageUtilization int
		NextScaleInAverageUtilization  int
		Name                           string
	}

	paceData struct {
		Step                       int
		StabilizationWindowSeconds int
		Disabled                   bool
	}
)

// showRule describes a rule; the answers of its creation and its change lack the parts
// that only the two describing operations print.
func showRule(app *application, rule *scalingRule, whole bool) ruleData {
	data := ruleData{
		UpdateTime: millis(rule.UpdatedAt), AppID: app.ID, CreateTime: millis(rule.CreatedAt),
		LastDisableTime: millis(rule.LastDisabledAt), ScaleRuleEnabled: rule.Enabled,
		ScaleRuleType: rule.Type, ScaleRuleName: rule.Name,
	}
	if whole {
		data.MinReadyInstances, data.MinReadyInstanceRatio = rule.MinReadyInstances, rule.MinReadyInstanceRatio
	}
	if t := rule.Timer; t != nil {
		data.Timer = &timerData{Period: t.Period}
		if t.BeginDate != nil {
			data.Timer.BeginDate, data.Timer.EndDate = *t.BeginDate, *t.EndDate
		}
		for _, s := range t.Schedules {
			data.Timer.Schedules = append(data.Timer.Schedules, scheduleData(s))
		}
	}
	if m := rule.Metric; m != nil {
		data.Metric = &metricData{MaxReplicas: m.MaxReplicas, MinReplicas: m.MinReplicas}
		for _, goal := range m.Metrics {
			data.Metric.Metrics = append(data.Metric.Metrics, goalData(goal))
		}
		if whole {
			data.Metric.ScaleUpRules, data.Metric.ScaleDownRules = m.ScaleUpRules.show(), m.ScaleDownRules.show()
			data.Metric.MetricsStatus = showMetrics(app, m, rule.UpdatedAt)
		}
	}
	return data
}

func (p rulePace) show() *paceData {
	return &paceData{Step: int(p.Step), StabilizationWindowSeconds: p.StabilizationWindowSeconds, Disabled: p.Disabled}
}

// showMetrics tells the load of an application. Nothing puts load on a simulated
// one, so that every metric reads 0 and no rule ever scales.
func showMetrics(app *application, m *ruleMetric, since time.Time) *metricsStatusData {
	status := &metricsStatusData{
		DesiredReplicas: app.Replicas, NextScaleTimePeriod: 3, CurrentReplicas: app.running(),
		LastScaleTime: since.UTC().Format(time.RFC3339),
	}
	for _, goal := range m.Metrics {
		name, kind := metricStatusName(goal.MetricType)
		status.CurrentMetrics = append(status.CurrentMetrics, currentMetricData{Type: kind, Name: name})
		status.NextScaleMetrics = append(status.NextScaleMetrics, nextScaleData{
			NextScaleOutAverageUtilization: goal.MetricTargetAverageUtilization + 1,
			NextScaleInAverageUtilization:  goal.MetricTargetAverageUtilization / 2, Name: name,
		})
	}
	return status
}
