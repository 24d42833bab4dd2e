package wire_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"slipway/release"
	"slipway/wire"
)

// TestStrict_ParseSpecReadsOnAfterAProblem: a value that cannot be read hides nothing after it,
// whatever the order of the fields.
func TestStrict_ParseSpecReadsOnAfterAProblem(t *testing.T) {
	t.Parallel()
	_, err := wire.ParseSpec([]byte(`{
	 "limits": {"confirm": "soon", "approvl": "3h", "a.b": 1},
	 "app": {"platform": "sae", "region": "cn-hangzhou", "id": "a-1"},
	 "artifact": {"image": "Bad Image"},
	 "strategy": {"type": "gray", "gray": -1, "batches": "two"}}`))
	var problems release.Problems
	require.ErrorAs(t, err, &problems)
	var fields []string
	for _, p := range problems {
		fields = append(fields, p.Field)
	}
	require.ElementsMatch(t, []string{
		"limits.confirm", "limits.approvl", "limits.a.b", "artifact.image", "strategy.gray", "strategy.batches",
	}, fields)
}

// TestStrict_ParseSpecLooksIntoLists: each entry is looked at as strictly as the rest, keeps its
// place when one before it cannot be read, and is told by its number.
func TestStrict_ParseSpecLooksIntoLists(t *testing.T) {
	t.Parallel()
	_, err := wire.ParseSpec([]byte(`{
	 "app": {"platform": "sae", "region": "cn-hangzhou", "id": "a-1"},
	 "artifact": {"image": "shop:1"},
	 "strategy": {"type": "gray", "schedule": {"batch": 1}, "gates": [
	   "errors",
	   {"name": "errors", "http": {"url": "https://shop.example", "status": [200, "204"], "staus": 1}},
	   {"name": "Errors", "http": {"url": "https://shop.example", "timeout": "soon"}, "a.b": 1}
	 ]},
	 "traffic": {"alb": [{"ingressId": 9007199254740993, "serviceName": "shop", "condition": "OR", "items": [{"type": 1}]}]}}`))
	var problems release.Problems
	require.ErrorAs(t, err, &problems)
	got := map[string]string{}
	for _, p := range problems {
		got[p.Field] += p.Message
	}
	require.Subset(t, got, map[string]string{
		"strategy.schedule":                "must be a list, not an object",
		"strategy.gates[0]":                "must be an object, not a string",
		"strategy.gates[1].http.status[1]": "must be a whole number, not a string",
		"strategy.gates[1].http.staus":     "is not a field here; there are url, target, port, path, scheme, method, status, bodyContains, timeout",
		"strategy.gates[2].name":           `"Errors" is not a name of 1-40 lower-case letters, digits or hyphens`,
		"strategy.gates[2].http.timeout":   `"soon" is not a duration such as 90s, 5m or 24h`,
		"strategy.gates[2].a.b":            "is not a field here; there are name, http, prometheus, samples, interval, maxFailures, maxInconclusive, noData, dryRun",
		"traffic.alb[0].condition":         "must be AND for an ALB route",
		"traffic.alb[0].items[0].type":     "must be a string, not 1",
	})
	require.NotContains(t, got, "strategy.gates[0].name", "what has the wrong type is not missing as well")
	require.NotContains(t, got, "strategy.gates[1].name")
	require.NotContains(t, got, "traffic.alb[0].ingressId", "a large number keeps its digits")
}

// An explicit 0 is no field that is left out: nobody means the default by it.
func TestStrict_ZeroIsNotLeftOut(t *testing.T) {
	t.Parallel()
	const app, artifact = `"app": {"platform": "sae", "region": "cn-hangzhou", "id": "a-1"}`, `"artifact": {"image": "shop:1"}`
	const zero = `{` + app + `, ` + artifact + `, "strategy": {"type": "gray", "gray": 0, "batches": 0}}`
	const message = "must be at least 1, or left out for its default, not 0"
	_, err := wire.ParseSpec([]byte(zero))
	require.ErrorContains(t, err, "strategy.gray: "+message)
	require.ErrorContains(t, err, "strategy.batches: "+message)
	_, err = wire.ParseSet([]byte(`{"name": "shop", "waves": [{"releases": [{"name": "a", "spec": ` + zero + `}]}]}`))
	require.ErrorContains(t, err, "waves[0].releases[0].spec.strategy.gray: "+message)
	_, err = wire.ParseSpec([]byte(`{` + app + `, ` + artifact + `, "strategy": {"type": "gray", "minReadyInstances": 0}}`))
	require.NoError(t, err, "0 is a number of instances that stay ready")
}

// However much is wrong, judging it is a matter of milliseconds, and what is told has an
// end. The sizes are those of the largest event, for which work that grows with the square
// takes many minutes.
func TestStrict_AllThatCanBeWrongIsJudgedInNoTime(t *testing.T) {
	t.Parallel()
	repeat := func(text string) string {
		return strings.TrimSuffix(strings.Repeat(text, wire.MaxPayload/len(text)), ",")
	}
	var names strings.Builder
	for i := range 20_000 {
		_, _ = fmt.Fprintf(&names, `"a%d":1,`, i)
	}
	unknown := strings.TrimSuffix(names.String(), ",")
	for name, c := range map[string]struct{ data, reported string }{
		"gates of numbers":      {`{"strategy":{"gates":[` + repeat(`1,`) + `]}}`, "strategy.gates: has 131072 entries; at most 20 are taken"},
		"gates of nothing":      {`{"strategy":{"gates":[` + repeat(`{},`) + `]}}`, "strategy.gates: has"},
		"schedules of nothing":  {`{"strategy":{"schedule":[` + repeat(`{"zone":"x"},`) + `]}}`, "strategy.schedule: has"},
		"traffic of nothing":    {`{"traffic":{"alb":[` + repeat(`{"items":[{}]},`) + `]}}`, "traffic.alb: has"},
		"fields that are not":   {`{` + unknown + `}`, "a0: is not a field here"},
		"fields twice":          {`{` + unknown + `,` + unknown + `}`, "a0: is given more than once"},
		"a long name, a list":   {`{"` + strings.Repeat("a", wire.MaxPayload/2) + `":[` + strings.Repeat(`"\ud800",`, wire.MaxPayload/20) + `1]}`, "is not Unicode text"},
		"objects in each other": {strings.Repeat(`{"a":`, wire.MaxPayload/5), "nested deeper than 32 levels"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, parse := range []func([]byte) error{
				func(b []byte) error { _, err := wire.ParseSpec(b); return err },
				func(b []byte) error {
					_, err := wire.ParseSet(slices.Concat([]byte(`{"name":"s","waves":[{"releases":[{"name":"a","spec":`), b, []byte(`}]}]}`)))
					return err
				},
			} {
				begun := time.Now()
				err := parse([]byte(c.data))
				require.ErrorContains(t, err, c.reported)
				require.Less(t, time.Since(begun), 30*time.Second, "on a busy machine with the race detector")
				var problems release.Problems
				require.ErrorAs(t, err, &problems)
				require.LessOrEqual(t, len(problems), 100)
			}
		})
	}
}
