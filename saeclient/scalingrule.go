package saeclient

import "slipway/internal/loosejson"

// Types of scaling rules (SAE API reference ch. 11.1). Answers may also show ScalingRuleMix.
const (
	// ScalingRuleTiming changes the instance count at given times.
	ScalingRuleTiming = "timing"
	// ScalingRuleOnMetric changes the instance count by measured load.
	ScalingRuleOnMetric = "metric"
	// ScalingRuleMix appears in answers only: times that bound what load may do.
	ScalingRuleMix = "mix"
)

// Metrics that a scaling rule can follow (SAE API reference ch. 11.1).
const (
	// MetricCPU is CPU use in percent.
	MetricCPU = "CPU"
	// MetricMemory is memory use in percent.
	MetricMemory = "MEMORY"
	// MetricTCPActiveConn is the 30 s average of active TCP connections per instance.
	MetricTCPActiveConn = "tcpActiveConn"
	// MetricSLBQPS is the 15 s average of an internet SLB's requests per second and instance.
	MetricSLBQPS = "SLB_QPS"
	// MetricSLBRT is the 15 s average of an internet SLB's response time in milliseconds.
	MetricSLBRT = "SLB_RT"
)

// ScalingRuleTimer describes a rule of type ScalingRuleTiming (SAE API reference ch. 11.1). It
// travels as JSON text.
type ScalingRuleTimer struct {
	// BeginDate and EndDate bound the rule, yyyy-MM-dd; both nil means for ever.
	BeginDate *string `json:"beginDate"`
	EndDate   *string `json:"endDate"`
	// Period says on which days: "* * *" daily, "* * Fri,Mon" weekly (GMT+8), "1,2,3,28,31 * *" monthly.
	Period string `json:"period"`
	// Schedules are the times of a day, at most 20.
	Schedules []ScalingSchedule `json:"schedules"`
}

// ScalingSchedule is one time of a ScalingRuleTimer.
type ScalingSchedule struct {
	// AtTime is HH:mm.
	AtTime string `json:"atTime"`
	// TargetReplicas is the instance count to keep from that time on, 1 to 50.
	TargetReplicas int `json:"targetReplicas"`
}

// MarshalText encodes the timer as the API wants it.
func (t ScalingRuleTimer) MarshalText() ([]byte, error) {
	type plain ScalingRuleTimer
	return loosejson.Encode(plain(t))
}

// UnmarshalText reads what MarshalText writes.
func (t *ScalingRuleTimer) UnmarshalText(text []byte) error {
	type plain ScalingRuleTimer
	return loosejson.UnmarshalObject(text, (*plain)(t))
}

// UnmarshalJSON reads an object, or a text that holds one.
func (t *ScalingRuleTimer) UnmarshalJSON(text []byte) error {
	return loosejson.UnmarshalEither(text, t)
}

// ScalingRuleMetric describes a rule of type ScalingRuleOnMetric (SAE API reference ch. 11.1).
// It travels as JSON text.
type ScalingRuleMetric struct {
	// MaxReplicas and MinReplicas bound the instance count.
	MaxReplicas int `json:"maxReplicas"`
	MinReplicas int `json:"minReplicas"`
	// Metrics are the targets: one at or above its target scales out, all below scale in.
	Metrics []ScalingMetric `json:"metrics"`
	// ScaleUpRules and ScaleDownRules limit the pace.
	ScaleUpRules   *ScalingPace `json:"scaleUpRules,omitempty"`
	ScaleDownRules *ScalingPace `json:"scaleDownRules,omitempty"`
}

// ScalingMetric is one target of a ScalingRuleMetric.
type ScalingMetric struct {
	// MetricType is one of the Metric constants.
	MetricType string `json:"metricType"`
	// MetricTargetAverageUtilization is the target, in the unit of the metric.
	MetricTargetAverageUtilization int `json:"metricTargetAverageUtilization"`
	// SLBProject, SLBLogstore and Vport tell where an SLB metric is measured; required for
	// MetricSLBQPS and MetricSLBRT.
	SLBProject  string `json:"SlbProject,omitempty"`
	SLBLogstore string `json:"SlbLogstore,omitempty"`
	Vport       string `json:"Vport,omitempty"`
}

// ScalingPace limits how fast a rule changes the instance count in one direction.
type ScalingPace struct {
	// Step is the greatest number of instances per step. It travels as a string, as in the reference's example.
	Step int `json:"step,omitempty,string"`
	// Disabled stops this direction.
	Disabled bool `json:"disabled"`
	// StabilizationWindowSeconds is the cool-down, 0 to 3600 seconds.
	StabilizationWindowSeconds int `json:"stabilizationWindowSeconds"`
}

// MarshalText encodes the metric rule as the API wants it.
func (m ScalingRuleMetric) MarshalText() ([]byte, error) {
	type plain ScalingRuleMetric
	return loosejson.Encode(plain(m))
}

// UnmarshalText reads what MarshalText writes.
func (m *ScalingRuleMetric) UnmarshalText(text []byte) error {
	type plain ScalingRuleMetric
	return loosejson.UnmarshalObject(text, (*plain)(m))
}

// UnmarshalJSON reads an object, or a text that holds one.
func (m *ScalingRuleMetric) UnmarshalJSON(text []byte) error {
	return loosejson.UnmarshalEither(text, m)
}
