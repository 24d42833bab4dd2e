package observabilitytest_test

import (
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/prometheus/prometheus/promql/parser"
	"github.com/stretchr/testify/require"

	"slipway/release"
)

// What roles serve that have carried out releases is what the rules and the dashboard ask for. Of what goes well nothing fires but that people
// are waited for, for as long as they are; when a worker has died, its rules do, and no others.
func TestRules_OfRunningRoles(t *testing.T) {
	t.Parallel()
	h := start(t, roleWorker, roleStarter, roleConsole)
	h.releases()
	require.Equal(t, http.StatusOK, h.asks(h.token))
	well := h.scrape()

	require.Subset(t, []string{
		"slipway_codec_requests_total", "slipway_hooks_requests_total", "slipway_notifications_total", "slipway_notifications_waiting", // of roles that do not run here
		"slipway_starter_pushes_total", "slipway_time_to_restore_seconds", // nothing was pushed, and nothing had to be restored
		"temporal_activity_execution_failed_total", "temporal_activity_task_error_total", "temporal_request_failure_total", "temporal_workflow_task_execution_failed_total", // of faults
	}, h.asksInVain(well))

	e := evaluate(t, history(span{180, well}))
	require.Empty(t, names(e.until(90*time.Minute)))
	require.Equal(t, firesOfWaiting(), names(e.until(179*time.Minute)))

	h.kill(roleWorker)
	died := h.scrape()
	died[of(roleWorker, "up")] = 0
	require.Equal(t, firesOfDeath(), names(evaluate(t, history(span{30, well}, span{30, died})).until(50*time.Minute)))
}

// firesOfWaiting is what fires while a release waits for a confirmation, and firesOfDeath when the only worker has died.
func firesOfWaiting() []string { return []string{"SlipwayWaitingForPeople"} }

func firesOfDeath() []string {
	return []string{"SlipwayNoWorker", "SlipwayRoleDown", "SlipwayTaskQueueUnserved"}
}

// releases carries a release to its end, and has another one wait for a confirmation.
func (h *house) releases() {
	h.t.Helper()
	h.goesWell("done")
	h.asksFor("asks")
	h.shows(of(roleStarter, "slipway_waiting_for_people", "need", "confirm"), 1)
}

// asksInVain are the metrics that the rules and the dashboard ask for, and nobody serves.
func (h *house) asksInVain(p page) (missing []string) {
	h.t.Helper()
	served := map[string]bool{}
	for name := range p {
		served[metricOf(name)] = true
	}
	for _, name := range metricsOf(h.t, h.expressions()) {
		if !served[name] {
			missing = append(missing, name)
		}
	}
	return missing
}

// metricsOf are the metrics that expressions ask for, each once.
func metricsOf(t *testing.T, expressions []string) (all []string) {
	t.Helper()
	for _, expression := range expressions {
		parsed, err := promQL().ParseExpr(expression)
		require.NoError(t, err)
		parser.Inspect(parsed, func(node parser.Node, _ []parser.Node) error {
			if selector, ok := node.(*parser.VectorSelector); ok {
				all = append(all, selector.Name)
			}
			return nil
		})
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// expressions are those of the rules and of the dashboard.
func (h *house) expressions() (all []string) {
	h.t.Helper()
	all = ruleExpressions(h.t)
	for _, panel := range readDashboard(h.t).Panels {
		for _, target := range panel.Targets {
			all = append(all, asked(target.Expr))
		}
	}
	return all
}

func ruleExpressions(t *testing.T) (all []string) {
	t.Helper()
	for _, rule := range evaluate(t, nil).rules() {
		all = append(all, rule.Query().String())
	}
	return all
}

// goesWell carries a release to its end.
func (h *house) goesWell(name string) {
	h.t.Helper()
	h.reaches(h.request(h.app(name), name, release.Strategy{Type: release.StrategyAll}), release.EventSucceeded)
}

// asksFor begins a release that waits for a person after its first batch.
func (h *house) asksFor(name string) (id string) {
	h.t.Helper()
	id = h.request(h.app(name), name, release.Strategy{Type: release.StrategyGray, Gray: 1, Batches: 1, Confirm: release.ConfirmManual})
	h.reaches(id, release.EventBatchWaiting)
	return id
}
