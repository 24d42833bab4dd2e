package observabilitytest_test

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// dashboard is what is read of the dashboard.
type dashboard struct {
	ID            any    `json:"id"`
	UID           string `json:"uid"`
	Title         string `json:"title"`
	SchemaVersion int    `json:"schemaVersion"`
	Templating    struct {
		List []struct {
			Name       string     `json:"name"`
			Type       string     `json:"type"`
			Definition string     `json:"definition"`
			Datasource datasource `json:"datasource"`
		} `json:"list"`
	} `json:"templating"`
	Panels []struct {
		ID          int        `json:"id"`
		Type        string     `json:"type"`
		Title       string     `json:"title"`
		Description string     `json:"description"`
		Datasource  datasource `json:"datasource"`
		GridPos     struct{ X, Y, W, H int }
		Targets     []struct {
			RefID        string     `json:"refId"`
			Expr         string     `json:"expr"`
			LegendFormat string     `json:"legendFormat"`
			Datasource   datasource `json:"datasource"`
		} `json:"targets"`
	} `json:"panels"`
}

type datasource struct{ Type, UID string }

const dashboardFile = root + "/deploy/grafana/slipway.json"

func readDashboard(t *testing.T) dashboard {
	t.Helper()
	var d dashboard
	require.NoError(t, json.Unmarshal([]byte(read(t, dashboardFile)), &d))
	return d
}

// asked is an expression as Grafana sends it.
func asked(expression string) string {
	return strings.NewReplacer("$__rate_interval", "1m", "$__range", "6h", "$application", "shop|cart").Replace(expression)
}

// Every panel asks for what is served, and its legend for labels that are left.
func TestDashboard_AsksForWhatIsServed(t *testing.T) {
	t.Parallel()
	metrics := servedMetrics(t)
	for _, process := range []string{"process_resident_memory_bytes", "process_cpu_seconds_total"} { // of Prometheus' client, see docs/metrics.md
		metrics[process] = served{}
	}
	inLegend := regexp.MustCompile(`{{(\w+)}}`)
	for _, panel := range readDashboard(t).Panels {
		if panel.Type == "row" {
			require.Empty(t, panel.Targets)
			continue
		}
		require.NotEmpty(t, panel.Targets, panel.Title)
		for _, target := range panel.Targets {
			expression := asked(target.Expr)
			requireServed(t, metrics, panel.Title, expression)
			parsed, err := promQL().ParseExpr(expression)
			require.NoError(t, err)
			kept := labelsKept(parsed)
			for _, match := range inLegend.FindAllStringSubmatch(target.LegendFormat, -1) {
				require.True(t, kept == nil || slices.Contains(kept, match[1]), "%s: {{%s}} is not left of its expression", panel.Title, match[1])
			}
		}
	}
}

// The dashboard belongs to no Grafana: it has no number there, and whoever imports it chooses the data source.
func TestDashboard_BelongsToNoInstance(t *testing.T) {
	t.Parallel()
	d := readDashboard(t)
	require.Nil(t, d.ID)
	require.Equal(t, "slipway", d.UID)
	require.Equal(t, 41, d.SchemaVersion, "that of Grafana 12")
	chosen := datasource{"prometheus", "${datasource}"}
	require.Equal(t, "datasource", d.Templating.List[0].Type)
	require.Equal(t, "datasource", d.Templating.List[0].Name)
	for _, variable := range d.Templating.List[1:] {
		require.Equal(t, chosen, variable.Datasource, variable.Name)
		match := regexp.MustCompile(`^label_values\((\w+), (\w+)\)$`).FindStringSubmatch(variable.Definition)
		require.NotNil(t, match, variable.Definition)
		require.Contains(t, servedMetrics(t)[match[1]].labels, match[2])
	}
	ids, places := map[int]bool{}, map[[2]int]string{}
	for _, panel := range d.Panels {
		require.False(t, ids[panel.ID], "%s: two panels have its number", panel.Title)
		ids[panel.ID] = true
		for x := panel.GridPos.X; x < panel.GridPos.X+panel.GridPos.W; x++ {
			require.Less(t, x, 24, panel.Title)
			for y := panel.GridPos.Y; y < panel.GridPos.Y+panel.GridPos.H; y++ {
				require.Empty(t, places[[2]int{x, y}], "%s lies over another panel", panel.Title)
				places[[2]int{x, y}] = panel.Title
			}
		}
		if panel.Type == "row" {
			continue
		}
		require.NotEmpty(t, panel.Description, panel.Title)
		require.Equal(t, chosen, panel.Datasource, panel.Title)
		for _, target := range panel.Targets {
			require.Equal(t, chosen, target.Datasource, panel.Title)
		}
	}
}
