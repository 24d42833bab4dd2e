package observabilitytest_test

import (
	"context"
	"fmt"
	"maps"
	"math"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/promql/parser"
	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"

	"slipway/console/access"
	"slipway/devstack/scenario"
	"slipway/devstack/stack"
	"slipway/release"
)

const patience = 2 * time.Minute

// house has the roles run as operators do, and reads what they serve.
type house struct {
	*stack.Stack

	t   *testing.T
	ctx context.Context
	// roles are the processes by the jobs of deploy/prometheus.
	roles map[string]*scenario.Process
	// token signs in at the console.
	token string
}

func start(t *testing.T, roles ...string) *house {
	t.Helper()
	binary := os.Getenv("SLIPWAY_BIN") //nolint:forbidigo // the build says where the binary is
	require.NotEmpty(t, binary, "SLIPWAY_BIN must name a slipway binary; run `make test-system`")
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	s, err := stack.Start(ctx, stack.Config{WithoutWorker: true, WithoutStarter: true, Speed: 100, Settle: time.Second, Log: zerolog.Nop()})
	require.NoError(t, err)
	h := &house{Stack: s, t: t, ctx: ctx, roles: map[string]*scenario.Process{}}
	t.Cleanup(func() {
		for _, process := range h.roles {
			require.NoError(t, process.Stop())
		}
		cancel()
		require.NoError(t, s.Close())
	})
	tokens := filepath.Join(t.TempDir(), "tokens")
	h.token = access.NewToken()
	require.NoError(t, os.WriteFile(tokens, []byte(access.Line("ann", h.token, time.Time{})+"\n"), 0o600))
	env := s.Env()
	env["SLIPWAY_CONSOLE_ADDR"], env["SLIPWAY_CONSOLE_TOKENS_FILE"] = "127.0.0.1:0", tokens
	for _, role := range roles {
		h.roles[role], err = scenario.Launch{Binary: binary, Role: role, Env: env}.Start(context.WithoutCancel(ctx)) // it is stopped above
		require.NoError(t, err)
	}
	return h
}

// series is one time series, as Prometheus' tests write it.
type series struct {
	name   string
	labels map[string]string
}

func (s series) String() string {
	var all []string
	for _, label := range slices.Sorted(maps.Keys(s.labels)) {
		all = append(all, fmt.Sprintf("%s=%q", label, s.labels[label]))
	}
	return s.name + "{" + strings.Join(all, ",") + "}"
}

// scrape reads what the roles serve, as Prometheus does: each series with its job and its instance.
func (h *house) scrape() map[string]float64 {
	h.t.Helper()
	found := map[string]float64{}
	for role, process := range h.roles {
		addr, err := process.Addr(h.ctx, scenario.ServesHealth)
		require.NoError(h.t, err)
		of := map[string]string{"job": "slipway-" + role, "instance": role}
		found[series{"up", of}.String()] = 1
		for _, family := range h.page("http://" + addr + "/metrics") {
			for _, metric := range family.GetMetric() {
				labels := maps.Clone(of)
				for _, pair := range metric.GetLabel() {
					labels[pair.GetName()] = pair.GetValue()
				}
				add(found, family, metric, labels)
			}
		}
	}
	return found
}

func (h *house) page(url string) map[string]*dto.MetricFamily {
	h.t.Helper()
	req, err := http.NewRequestWithContext(h.ctx, http.MethodGet, url, http.NoBody)
	require.NoError(h.t, err)
	answer, err := http.DefaultClient.Do(req)
	require.NoError(h.t, err)
	defer func() { require.NoError(h.t, answer.Body.Close()) }()
	reader := expfmt.NewTextParser(model.UTF8Validation)
	families, err := reader.TextToMetricFamilies(answer.Body)
	require.NoError(h.t, err)
	return families
}

// add adds the series of a metric.
func add(to map[string]float64, family *dto.MetricFamily, metric *dto.Metric, labels map[string]string) {
	name := family.GetName()
	switch family.GetType() {
	case dto.MetricType_COUNTER:
		to[series{name, labels}.String()] = metric.GetCounter().GetValue()
	case dto.MetricType_GAUGE:
		to[series{name, labels}.String()] = metric.GetGauge().GetValue()
	case dto.MetricType_HISTOGRAM:
		h := metric.GetHistogram()
		to[series{name + "_sum", labels}.String()], to[series{name + "_count", labels}.String()] = h.GetSampleSum(), float64(h.GetSampleCount())
		for _, bucket := range h.GetBucket() {
			below := maps.Clone(labels)
			below["le"] = fmt.Sprint(bucket.GetUpperBound())
			if math.IsInf(bucket.GetUpperBound(), 1) {
				below["le"] = "+Inf"
			}
			to[series{name + "_bucket", below}.String()] = float64(bucket.GetCumulativeCount())
		}
	case dto.MetricType_UNTYPED, dto.MetricType_SUMMARY, dto.MetricType_GAUGE_HISTOGRAM: // of Go's runtime
	}
}

// history is what Prometheus has read when each of some pages has been served for a while: what a page lacks has ended.
func history(minutes int, pages ...map[string]float64) map[string]string {
	all := map[string]string{}
	for i, page := range pages {
		for name, value := range page {
			if _, known := all[name]; !known && i > 0 {
				all[name] = fmt.Sprintf("_x%d ", i*minutes-1)
			}
			all[name] += fmt.Sprintf("%v+0x%d ", value, minutes-1)
		}
		for name := range all {
			if _, served := page[name]; !served {
				all[name] += fmt.Sprintf("_x%d ", minutes-1)
			}
		}
	}
	return all
}

// releases carries a release to its end, and has another one wait for a confirmation.
func (h *house) releases() {
	h.t.Helper()
	sae, err := h.SAEClient()
	require.NoError(h.t, err)
	for name, strategy := range map[string]release.Strategy{
		"done": {Type: release.StrategyAll}, "asks": {Type: release.StrategyGray, Gray: 1, Batches: 1, Confirm: release.ConfirmManual},
	} {
		app, err := scenario.CreateApp(h.ctx, sae, name)
		require.NoError(h.t, err)
		id, err := scenario.Request(h.ctx, h.JetStream, name, release.Spec{App: app, Artifact: release.Artifact{Image: "registry.example/" + name + ":1.1.0"}, Strategy: strategy, RequestedBy: "ci"})
		require.NoError(h.t, err)
		events, err := scenario.Follow(h.ctx, h.JetStream, id)
		require.NoError(h.t, err)
		last := release.EventSucceeded
		if strategy.Type == release.StrategyGray {
			last = release.EventBatchWaiting
		}
		_, err = events.Until(h.ctx, last, 0)
		require.NoError(h.t, err)
		events.Stop()
	}
	h.shows(`slipway_waiting_for_people{instance="starter",job="slipway-starter",need="confirm"}`, 1)
}

// shows waits until the roles serve a value, and returns all that they serve then.
func (h *house) shows(name string, value float64) (page map[string]float64) {
	h.t.Helper()
	require.Eventually(h.t, func() bool {
		page = h.scrape()
		got, served := page[name]
		return served && got == value
	}, patience, 200*time.Millisecond, "%s", name)
	return page
}

// asksConsole reads a list from the console.
func (h *house) asksConsole() {
	h.t.Helper()
	addr, err := h.roles["console"].Addr(h.ctx, scenario.ServesConsole)
	require.NoError(h.t, err)
	req, err := http.NewRequestWithContext(h.ctx, http.MethodGet, "http://"+addr+"/api/v1/releases", http.NoBody)
	require.NoError(h.t, err)
	req.Header.Set("Authorization", "Bearer "+h.token)
	answer, err := http.DefaultClient.Do(req)
	require.NoError(h.t, err)
	require.NoError(h.t, answer.Body.Close())
	require.Equal(h.t, http.StatusOK, answer.StatusCode)
}

// What roles serve that have carried out releases is what the rules and the dashboard ask for. Of what goes well nothing fires but that people
// are waited for, for as long as they are; when a worker has died, its rules do, and no others.
func TestRules_OfRunningRoles(t *testing.T) {
	t.Parallel()
	h := start(t, "worker", "starter", "console")
	h.releases()
	h.asksConsole()
	well := h.scrape()

	require.Subset(t, []string{
		"slipway_codec_requests_total", "slipway_hooks_requests_total", "slipway_notifications_total", "slipway_notifications_waiting", // of roles that do not run here
		"slipway_starter_pushes_total", "slipway_time_to_restore_seconds", // nothing was pushed, and nothing had to be restored
		"temporal_activity_execution_failed_total", "temporal_activity_task_error_total", "temporal_request_failure_total", "temporal_workflow_task_execution_failed_total", // of faults
	}, h.asksInVain(well))

	e := evaluate(t, history(180, well))
	require.Empty(t, names(e.until(90*time.Minute)))
	require.Equal(t, []string{"SlipwayWaitingForPeople"}, names(e.until(179*time.Minute)))

	require.NoError(t, h.roles["worker"].Kill())
	delete(h.roles, "worker")
	died := h.scrape()
	died[series{"up", map[string]string{"job": "slipway-worker", "instance": "worker"}}.String()] = 0
	require.Equal(t, []string{"SlipwayNoWorker", "SlipwayRoleDown", "SlipwayTaskQueueUnserved"}, names(evaluate(t, history(30, well, died)).until(50*time.Minute)))
}

// asksInVain are the metrics that the rules and the dashboard ask for, and nobody serves.
func (h *house) asksInVain(page map[string]float64) (missing []string) {
	h.t.Helper()
	served := map[string]bool{}
	for name := range page {
		before, _, _ := strings.Cut(name, "{")
		served[before] = true
	}
	for _, expression := range h.expressions() {
		parsed, err := promQL().ParseExpr(expression)
		require.NoError(h.t, err)
		parser.Inspect(parsed, func(node parser.Node, _ []parser.Node) error {
			if selector, ok := node.(*parser.VectorSelector); ok && !served[selector.Name] {
				missing = append(missing, selector.Name)
			}
			return nil
		})
	}
	slices.Sort(missing)
	return slices.Compact(missing)
}

// expressions are those of the rules and of the dashboard.
func (h *house) expressions() (all []string) {
	h.t.Helper()
	for _, rule := range evaluate(h.t, nil).rules() {
		all = append(all, rule.Query().String())
	}
	for _, panel := range readDashboard(h.t).Panels {
		for _, target := range panel.Targets {
			all = append(all, asked(target.Expr))
		}
	}
	return all
}
