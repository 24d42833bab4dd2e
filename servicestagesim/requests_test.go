package servicestagesim

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// served counts which versions answer requests to the component web.
func (w world) served(t tester, times int, headers map[string]string) map[string]int {
	t.Helper()
	out := map[string]int{}
	for range times {
		by, err := w.sim.Serve(Request{Component: w.web, Headers: headers})
		require.NoError(t, err)
		require.Contains(t, by.Source, by.Version)
		out[by.Version]++
	}
	return out
}

func grayBeside(match, rules string) string {
	return fmt.Sprintf(`"deploy_strategy":{"type":"GrayRelease","gray_release":{"type":"content","first_batch_replica":1,"remaining_batch":2,"replica_surge_mode":"extra","rule_match_mode":%q,"rules":[%s]}}`, match, rules)
}

func TestServe_RulesLeadRequests(t *testing.T) {
	t.Parallel()
	const rules = `{"type":"header","key":"x-canary","value":"1","condition":"equal"},{"type":"header","key":"x-user","value":"a.*","condition":"match"},
		{"type":"header","key":"x-region","value":"north, south","condition":"in"}`
	type headers map[string]string
	met := headers{"X-Canary": "1", "x-user": "ada", "x-region": "south"}
	for name, tt := range map[string]struct {
		match   string
		headers headers
		gray    bool
	}{
		"any, nothing":      {"any", nil, false},
		"any, equal":        {"any", headers{"X-CANARY": "1"}, true},
		"any, not equal":    {"any", headers{"x-canary": "10"}, false},
		"any, a pattern":    {"any", headers{"x-user": "ada"}, true},
		"any, its part":     {"any", headers{"x-user": "eva"}, false},
		"any, of a list":    {"any", headers{"x-region": "south"}, true},
		"any, the list":     {"any", headers{"x-region": "north, south"}, false},
		"any, another name": {"any", headers{"y-canary": "1"}, false},
		"all":               {"ALL", met, true},
		"all, one":          {"ALL", headers{"x-canary": "1"}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := deployed(t)
			require.Equal(t, map[string]int{"1.0.0": 9}, w.served(t, 9, met))
			w.release(t, "2.0.0", grayBeside(tt.match, rules))
			w.advance(t, time.Minute)
			require.Equal(t, statusGraying, w.read(t).text("status.component_status"))
			require.Equal(t, map[string]int{map[bool]string{true: "2.0.0", false: "1.0.0"}[tt.gray]: 9}, w.served(t, 9, tt.headers))
			w.act(t, "continue_deploy", "")
			w.advance(t, time.Minute)
			require.Equal(t, map[string]int{"2.0.0": 9}, w.served(t, 9, nil))
		})
	}
}

func TestServe_SharesOfTheTraffic(t *testing.T) {
	t.Parallel()
	w := deployed(t)
	w.release(t, "2.0.0", grayBy(20, 2, 1))
	w.advance(t, time.Minute)
	require.InDelta(t, 200, w.served(t, 1000, nil)["2.0.0"], 50)
	w.act(t, "rollback", `{"version":"1.0.0"}`)
	w.advance(t, time.Minute)
	require.Equal(t, map[string]int{"1.0.0": 9}, w.served(t, 9, nil))
	w.act(t, "stop", "")
	w.advance(t, time.Minute)
	_, err := w.sim.Serve(Request{Component: w.web})
	require.ErrorIs(t, err, ErrNoReplica)
	_, err = w.sim.Serve(Request{Component: "another"})
	require.ErrorIs(t, err, ErrNoSuchComponent)
}

func TestServe_APatternThatIsNone(t *testing.T) {
	t.Parallel()
	w := deployed(t)
	body := update("2.0.0", grayBeside("any", `{"type":"header","key":"x","value":"(","condition":"match"}`))
	require.Contains(t, w.send(t, w.about("PUT", ""), body).refusedBy(t, codeInvalid), "rules[0].value")
}
