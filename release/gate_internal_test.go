package release

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestGate_TheGatesOfAReleaseAreCheckedTogether(t *testing.T) {
	t.Parallel()
	fields := func(gates []Gate) []string {
		v := &validator{}
		v.gates("strategy.gates", gates)
		var list []string
		for _, p := range v.problems {
			list = append(list, p.Field)
		}
		return list
	}
	gate := func(name, query string) Gate {
		return Gate{Name: name, Prometheus: &PrometheusGate{Address: "http://p:9090", Query: query, Pass: "> 0"}}.WithDefaults()
	}
	require.Empty(t, fields(nil))
	require.Empty(t, fields([]Gate{gate("a", "up"), gate("b", "up")}))
	require.Equal(t, []string{"strategy.gates[0].prometheus.query", "strategy.gates[2].name"},
		fields([]Gate{gate("a", ""), gate("b", "up"), gate("a", "up")}))
}
