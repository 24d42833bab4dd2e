package saeclient_test

import (
	"cmp"
	"encoding"
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"slipway/cloudapi"
	"slipway/saeclient"
)

func TestStructured_UpdateStrategyForms(t *testing.T) {
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

// TestStructured_ScalingRuleParameters compares with the examples of the reference (ch. 11.1),
// which write one key of the metric rule in two ways and the step as text.
func TestStructured_ScalingRuleParameters(t *testing.T) {
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
					for _, name := range []string{"SlbProject", "SlbLogstore", "Vport"} { // today's clients write them without a capital
						if value, ok := m[name]; ok {
							m[strings.ToLower(name[:1])+name[1:]] = value
							delete(m, name)
						}
					}
				}
			}
			require.Equal(t, want, got)
		})
	}
}

// TestStructuredParametersHaveTheShapeOfTheFacts compares the Go types with the facts, member by member.
func TestStructuredParametersHaveTheShapeOfTheFacts(t *testing.T) {
	t.Parallel()
	client := reflect.TypeFor[*saeclient.Client]()
	structured := 0
	newer := factsIn(t, "newer.json")
	shapes := newer.Shapes
	for _, op := range factOperations(t) { // the shapes of today replace those of the reference
		for _, p := range op.Params {
			if _, changed := shapes[p.Name]; p.Shape != nil && !changed {
				shapes[p.Name] = *p.Shape
			}
		}
	}
	for _, op := range slices.Concat(factOperations(t), newer.Additions, newer.Operations) {
		method, ok := client.MethodByName(op.Name)
		require.True(t, ok)
		fields := taggedFields(method.Type.In(2).Elem())
		for _, p := range op.Params {
			if p.Type != "json" && p.Type != "value" || p.Name == "KafkaLogfileConfig" { // passed through as it is
				continue
			}
			structured++
			shape, known := shapes[cmp.Or(p.ShapeName, p.Name)]
			if p.Type == "value" {
				shape, known = *p.Shape, true
			}
			require.True(t, known, p.Name)
			requireShape(t, op.Name+"."+p.Name, shape, fields[p.Name])
		}
	}
	require.Equal(t, 129, structured)
}

// taggedFields gives the fields of a struct by their names on the wire.
func taggedFields(of reflect.Type) map[string]reflect.Type {
	fields := make(map[string]reflect.Type)
	for field := range of.Fields() {
		if field.Type == reflect.TypeFor[cloudapi.UnknownFields]() {
			continue
		}
		name, options, _ := strings.Cut(field.Tag.Get("json"), ",")
		fields[name] = field.Type
		if strings.Contains(options, "string") {
			fields[name] = reflect.TypeFor[string]()
		}
	}
	return fields
}

func requireShape(t *testing.T, place string, shape factShape, is reflect.Type) {
	t.Helper()
	require.NotNil(t, is, place)
	if is.Kind() == reflect.Pointer {
		is = is.Elem()
	}
	switch shape.Type {
	case "object":
		if is.Kind() == reflect.Map {
			return
		}
		require.Equal(t, reflect.Struct, is.Kind(), place)
		fields := taggedFields(is)
		require.Len(t, fields, len(shape.Keys), place)
		for name, member := range shape.Keys {
			requireShape(t, place+"."+name, member, fields[name])
		}
	case "array":
		require.Equal(t, reflect.Slice, is.Kind(), place)
		requireShape(t, place+"[]", *shape.Items, is.Elem())
	case "integer", "long":
		require.Contains(t, []reflect.Kind{reflect.Int, reflect.Int64}, is.Kind(), place)
	case "number":
		require.Equal(t, reflect.Float64, is.Kind(), place)
	case "boolean":
		require.Equal(t, reflect.Bool, is.Kind(), place)
	default:
		require.Equal(t, reflect.String, is.Kind(), place)
	}
}

// TestStructuredParametersAreReadInBothDresses reads JSON of an Input in which a parameter is
// JSON itself, or the text that travels.
func TestStructuredParametersAreReadInBothDresses(t *testing.T) {
	t.Parallel()
	want := saeclient.DeployApplicationInput{
		AppID:          "a",
		Envs:           []saeclient.EnvVar{{Name: "K", Value: "<v>"}},
		SlsConfigs:     cloudapi.List[saeclient.SLSConfig]{},
		UpdateStrategy: &saeclient.UpdateStrategy{Type: "BatchUpdate"},
		Liveness:       &saeclient.Probe{TCPSocket: &saeclient.TCPSocketAction{Port: 80}},
		TomcatConfig:   new(saeclient.TomcatConfig),
	}
	for name, text := range map[string]string{
		"JSON": `{"AppId":"a","Envs":[{"name":"K","value":"<v>"}],"SlsConfigs":[],"UpdateStrategy":{"type":"BatchUpdate"},
			"Liveness":{"tcpSocket":{"port":"80"}},"TomcatConfig":{},"Readiness":null,"OssMountDescs":null}`,
		"text": `{"AppId":"a","Envs":"[{\"name\":\"K\",\"value\":\"<v>\"}]","SlsConfigs":"","UpdateStrategy":"{\"type\":\"BatchUpdate\"}",
			"Liveness":"{\"tcpSocket\":{\"port\":80}}","TomcatConfig":""}`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got saeclient.DeployApplicationInput
			require.NoError(t, json.Unmarshal([]byte(text), &got))
			require.Equal(t, want, got)
		})
	}
	text, err := want.Envs.MarshalText()
	require.NoError(t, err)
	require.Equal(t, `[{"name":"K","value":"<v>"}]`, string(text), "what travels is not escaped, and not redacted")
	var in saeclient.DeployApplicationInput
	require.Error(t, json.Unmarshal([]byte(`{"Envs":"K=v"}`), &in))
	require.Error(t, json.Unmarshal([]byte(`{"Envs":{"K":"v","L":"w"}}`), &in))
}

func TestStructured_LocalTimesAreGMTPlus8(t *testing.T) {
	t.Parallel()
	got, err := saeclient.ParseLocalTime("2020-12-17 21:06:45")
	require.NoError(t, err)
	require.Equal(t, "2020-12-17T13:06:45Z", got.UTC().Format(time.RFC3339))
	for _, text := range []string{"", "1562831689704", "2020-12-17T21:06:45Z"} {
		_, err := saeclient.ParseLocalTime(text)
		require.Error(t, err, text)
	}
}
