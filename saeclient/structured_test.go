package saeclient_test

import (
	"encoding"
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"slipway/saeclient"
)

func TestUpdateStrategyForms(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		strategy saeclient.UpdateStrategy
		text     string
	}{
		"gray, automatic": {
			saeclient.UpdateStrategy{
				Type:        saeclient.StrategyGrayBatch,
				BatchUpdate: &saeclient.BatchUpdate{Batch: 2, ReleaseType: saeclient.ReleaseAuto, BatchWaitTime: new(1)},
				GrayUpdate:  &saeclient.GrayUpdate{Gray: 1},
			},
			`{"type":"GrayBatchUpdate","batchUpdate":{"batch":2,"releaseType":"auto","batchWaitTime":1},"grayUpdate":{"gray":1}}`,
		},
		"gray, by hand": {
			saeclient.UpdateStrategy{
				Type:        saeclient.StrategyGrayBatch,
				BatchUpdate: &saeclient.BatchUpdate{Batch: 2, ReleaseType: saeclient.ReleaseManual},
				GrayUpdate:  &saeclient.GrayUpdate{Gray: 1},
			},
			`{"type":"GrayBatchUpdate","batchUpdate":{"batch":2,"releaseType":"manual"},"grayUpdate":{"gray":1}}`,
		},
		"batches without a pause": {
			saeclient.UpdateStrategy{
				Type:        saeclient.StrategyBatch,
				BatchUpdate: &saeclient.BatchUpdate{Batch: 2, ReleaseType: saeclient.ReleaseAuto, BatchWaitTime: new(0)},
			},
			`{"type":"BatchUpdate","batchUpdate":{"batch":2,"releaseType":"auto","batchWaitTime":0}}`,
		},
		"single batch": {saeclient.UpdateStrategy{}, ``},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			text, err := tt.strategy.MarshalText()
			require.NoError(t, err)
			require.Equal(t, tt.text, string(text))
			var back saeclient.UpdateStrategy
			require.NoError(t, back.UnmarshalText(text))
			require.Equal(t, tt.strategy, back)
		})
	}
	require.Error(t, new(saeclient.UpdateStrategy).UnmarshalText([]byte("gray")))
}

// TestScalingRuleParameters compares with the examples of the reference (ch. 11.1), which write one key of the metric rule in two
// ways and the step as text.
func TestScalingRuleParameters(t *testing.T) {
	t.Parallel()
	op, ok := saeclient.LookupOperation("CreateApplicationScalingRule")
	require.True(t, ok)
	for name, target := range map[string]interface {
		encoding.TextMarshaler
		encoding.TextUnmarshaler
	}{
		"ScalingRuleTimer": new(saeclient.ScalingRuleTimer), "ScalingRuleMetric": new(saeclient.ScalingRuleMetric),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, ok := op.Param(name)
			require.True(t, ok)
			require.NoError(t, target.UnmarshalText([]byte(p.Example)))
			text, err := target.MarshalText()
			require.NoError(t, err)
			var want, got any
			require.NoError(t, json.Unmarshal([]byte(p.Example), &want))
			require.NoError(t, json.Unmarshal(text, &got))
			if metrics, ok := want.(map[string]any)["metrics"].([]any); ok {
				for _, m := range metrics {
					m := m.(map[string]any)
					if target, ok := m["MetricTargetAverageUtilization"]; ok {
						m["metricTargetAverageUtilization"] = target
						delete(m, "MetricTargetAverageUtilization")
					}
				}
			}
			require.Equal(t, want, got)
		})
	}
}

func TestLocalTimesAreGMTPlus8(t *testing.T) {
	t.Parallel()
	got, err := saeclient.ParseLocalTime("2020-12-17 21:06:45")
	require.NoError(t, err)
	require.Equal(t, "2020-12-17T13:06:45Z", got.UTC().Format(time.RFC3339))
	for _, text := range []string{"", "1562831689704", "2020-12-17T21:06:45Z"} {
		_, err := saeclient.ParseLocalTime(text)
		require.Error(t, err, text)
	}
}
