package saeclient

import (
	"slipway/cloudapi"
	"slipway/internal/clientrt"
	"slipway/internal/loosejson"
)

// Types of scaling rules (SAE API reference ch. 11.1).
const (
	// ScalingRuleTiming changes the instance count at given times.
	ScalingRuleTiming = "timing"
	// ScalingRuleOnMetric changes the instance count by measured load.
	ScalingRuleOnMetric = "metric"
	// ScalingRuleMix changes the instance count by measured load, within bounds that change at
	// given times. Not in the reference.
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
	// MetricQPS is the number of requests per second and instance. This and the following are not in the reference.
	MetricQPS = "QPS"
	// MetricRT is the response time in milliseconds.
	MetricRT = "RT"
	// MetricIntranetSLBQPS is MetricSLBQPS of an SLB of the intranet.
	MetricIntranetSLBQPS = "INTRANET_SLB_QPS"
	// MetricIntranetSLBRT is MetricSLBRT of an SLB of the intranet.
	MetricIntranetSLBRT = "INTRANET_SLB_RT"
)

// ScalingRuleTimer describes a rule of type ScalingRuleTiming, or the times of one of type
// ScalingRuleMix (SAE API reference ch. 11.1). It travels as JSON text.
type ScalingRuleTimer struct {
	// BeginDate and EndDate bound the rule, yyyy-MM-dd; both nil means for ever.
	BeginDate *string `json:"beginDate"`
	EndDate   *string `json:"endDate"`
	// Period says on which days: "* * *" daily, "* * Fri,Mon" weekly (GMT+8), "1,2,3,28,31 * *" monthly.
	Period string `json:"period"`
	// TimeZone is where the times are, such as GMT+8. Since 2025-06-09 in answers, not in the
	// reference; that the platform takes it is a guess.
	TimeZone string `json:"timeZone,omitempty"`
	// Schedules are the times of a day, at most 20.
	Schedules []ScalingSchedule `json:"schedules"`
	// Unknown holds members that have no field here; they travel as well.
	Unknown cloudapi.UnknownFields `json:"Unknown,omitempty"`
}

// ScalingSchedule is one time of a ScalingRuleTimer.
type ScalingSchedule struct {
	// AtTime is HH:mm.
	AtTime string `json:"atTime"`
	// TargetReplicas is the instance count to keep from that time on, 1 to 50, for ScalingRuleTiming.
	TargetReplicas int `json:"targetReplicas,omitempty"`
	// MinReplicas and MaxReplicas bound the instance count from that time on, for ScalingRuleMix.
	// Not in the reference.
	MinReplicas int `json:"minReplicas,omitempty"`
	MaxReplicas int `json:"maxReplicas,omitempty"`
	// Unknown holds members that have no field here; they travel as well.
	Unknown cloudapi.UnknownFields `json:"Unknown,omitempty"`
}

// MarshalText encodes the timer as the API wants it.
func (t ScalingRuleTimer) MarshalText() ([]byte, error) { return clientrt.WireText(t) }

// UnmarshalText reads what MarshalText writes.
func (t *ScalingRuleTimer) UnmarshalText(text []byte) error {
	return loosejson.UnmarshalObject(text, t)
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
	// Unknown holds members that have no field here; they travel as well.
	Unknown cloudapi.UnknownFields `json:"Unknown,omitempty"`
}

// ScalingMetric is one target of a ScalingRuleMetric.
type ScalingMetric struct {
	// MetricType is one of the Metric constants.
	MetricType string `json:"metricType"`
	// MetricTargetAverageUtilization is the target, in the unit of the metric.
	MetricTargetAverageUtilization int `json:"metricTargetAverageUtilization"`
	// SLBID is the load balancer of an SLB metric. Not in the reference.
	SLBID string `json:"slbId,omitempty"`
	// SLBProject, SLBLogstore and Vport tell where an SLB metric is measured; required for the SLB
	// metrics. The reference writes them with a capital, today's clients without.
	SLBProject  string `json:"slbProject,omitempty"`
	SLBLogstore string `json:"slbLogstore,omitempty"`
	Vport       string `json:"vport,omitempty"`
	// Unknown holds members that have no field here; they travel as well.
	Unknown cloudapi.UnknownFields `json:"Unknown,omitempty"`
}

// ScalingPace limits how fast a rule changes the instance count in one direction.
type ScalingPace struct {
	// Step is the greatest number of instances per step. It travels as a string, as in the reference's example.
	Step int `json:"step,omitempty,string"`
	// Disabled stops this direction.
	Disabled bool `json:"disabled"`
	// StabilizationWindowSeconds is the cool-down, 0 to 3600 seconds.
	StabilizationWindowSeconds int `json:"stabilizationWindowSeconds"`
	// Unknown holds members that have no field here; they travel as well.
	Unknown cloudapi.UnknownFields `json:"Unknown,omitempty"`
}

// MarshalText encodes the metric rule as the API wants it.
func (m ScalingRuleMetric) MarshalText() ([]byte, error) { return clientrt.WireText(m) }

// UnmarshalText reads what MarshalText writes.
func (m *ScalingRuleMetric) UnmarshalText(text []byte) error {
	return loosejson.UnmarshalObject(text, m)
}

// UnmarshalJSON reads an object, or a text that holds one.
func (m *ScalingRuleMetric) UnmarshalJSON(text []byte) error {
	return loosejson.UnmarshalEither(text, m)
}
