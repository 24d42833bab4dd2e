package cli

import (
	"context"
	"errors"
	"go/ast"
	gobuild "go/build"
	"go/parser"
	"go/token"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"

	"slipway/console"
	"slipway/console/access"
	"slipway/health"
	"slipway/hooks"
	"slipway/payload/codecserver"
	"slipway/release"
	"slipway/starter"
	"slipway/starter/overview"
	"slipway/stats"
	"slipway/wire"
	"slipway/worker"
)

// documented is a row of docs/metrics.md.
type documented struct{ kind, labels string }

// metricsPage reads the rows of docs/metrics.md whose names begin in a way.
func metricsPage(t *testing.T, prefix string) map[string]documented {
	t.Helper()
	page, err := os.ReadFile("../../../../docs/metrics.md")
	require.NoError(t, err)
	rows := map[string]documented{}
	row := regexp.MustCompile("(?m)^\\| `(" + prefix + "[a-z_]+)` \\| (\\w+) \\| ?([^|]*?) ?\\| (.+) \\|$")
	for _, match := range row.FindAllStringSubmatch(string(page), -1) {
		require.NotContains(t, rows, match[1], "docs/metrics.md has two rows of it")
		rows[match[1]] = documented{match[2], strings.ReplaceAll(strings.ReplaceAll(match[3], "`", ""), ", ", ",")}
	}
	return rows
}

// idle are servers on which nothing is; the stream of messages is not even there.
type idle struct {
	overview.Temporal
	jetstream.JetStream
}

func (idle) CountWorkflow(context.Context, *workflowservice.CountWorkflowExecutionsRequest) (*workflowservice.CountWorkflowExecutionsResponse, error) {
	return &workflowservice.CountWorkflowExecutionsResponse{}, nil
}

func (idle) ListWorkflow(context.Context, *workflowservice.ListWorkflowExecutionsRequest) (*workflowservice.ListWorkflowExecutionsResponse, error) {
	return &workflowservice.ListWorkflowExecutionsResponse{}, nil
}

func (idle) Load(context.Context) (release.Calendar, uint64, error) {
	return release.Calendar{}, 0, nil
}

func (idle) Stream(context.Context, string) (jetstream.Stream, error) {
	return nil, errors.New("no responders")
}

// figures are those of one application, all of them.
func figures(context.Context, stats.Window) (stats.Report, error) {
	some := stats.Times{Count: 1, MedianSeconds: 60, P90Seconds: 60}
	return stats.Report{Applications: []stats.Figures{{
		Application: "shop", LeadTime: some, LeadTimeFromRequest: some, TimeToRestore: some, Environments: []stats.EnvironmentFigures{{Environment: "production"}},
	}}}, nil
}

// The page of metrics has those of Slipway that are registered, and no others.
func TestMetricsOfSlipwayAreDocumented(t *testing.T) {
	t.Parallel()
	registry := roleMetrics()
	_, err := starter.New(starter.Config{}, starter.Dependencies{
		JetStream: struct{ jetstream.JetStream }{}, Temporal: struct{ starter.Temporal }{}, Ledger: struct{ starter.Ledger }{}, Authority: struct{ starter.Authority }{}, Metrics: registry,
	})
	require.NoError(t, err)
	all, err := overview.New(overview.Config{Temporal: idle{}, Calendar: idle{}, JetStream: idle{}, Figures: figures})
	require.NoError(t, err)
	require.NoError(t, registry.Register(all))
	require.NoError(t, registry.Register(health.NewReadiness(nil)))
	_, err = worker.NewMetrics(registry)
	require.NoError(t, err)
	_, err = codecserver.Listen(t.Context(), codecserver.Config{
		Addr: "127.0.0.1:0", Codec: struct{ converter.PayloadCodec }{}, Namespace: "default", Metrics: registry,
	})
	require.NoError(t, err)
	_, err = console.Listen(t.Context(), console.Config{
		Addr: "127.0.0.1:0", Door: access.NewDoor(access.DoorConfig{}), API: http.NotFoundHandler(), Pages: http.NotFoundHandler(), Front: http.NotFoundHandler(), NotSignedIn: http.NotFoundHandler(), Metrics: registry,
	})
	require.NoError(t, err)
	_, err = hooks.Listen(t.Context(), hooks.Config{
		Addr: "127.0.0.1:0", PathSecrets: map[string][]string{hooks.AnySender: {strings.Repeat("s", hooks.MinSecret)}}, Senders: map[string][]string{wire.SenderACR: nil}, Metrics: registry,
		Publish: func(context.Context, *nats.Msg) (bool, error) { return true, nil },
	})
	require.NoError(t, err)

	descriptions := make(chan *prometheus.Desc)
	go func() {
		defer close(descriptions)
		registry.Describe(descriptions)
	}()
	found := map[string]documented{}
	written := regexp.MustCompile(`^Desc{fqName: "(\w+)".*variableLabels: {([\w,]*)}}$`)
	for description := range descriptions {
		match := written.FindStringSubmatch(description.String())
		require.NotNil(t, match, "prometheus writes a description in another way: %s", description)
		if strings.HasPrefix(match[1], "slipway_") {
			found[match[1]] = documented{"", match[2]}
		}
	}
	rows := metricsPage(t, "slipway_")
	for name, registered := range found {
		require.Contains(t, rows, name, "%s is registered, and docs/metrics.md does not have it", name)
		require.Equal(t, registered.labels, rows[name].labels, "%s: the labels in docs/metrics.md", name)
	}
	for name := range rows {
		require.Contains(t, found, name, "%s is in docs/metrics.md, and nobody registers it", name)
	}
	groups, err := registry.Gather() // those that have a value already
	require.NoError(t, err)
	for _, group := range groups {
		if strings.HasPrefix(group.GetName(), "slipway_") {
			require.Equal(t, strings.ToLower(group.GetType().String()), rows[group.GetName()].kind, "%s: the type in docs/metrics.md", group.GetName())
		}
	}
}

// The page has the metrics of Temporal's SDK under the names under which a role serves them: a
// newer SDK that has more, or fewer, is seen here.
func TestMetricsOfTemporalAreDocumented(t *testing.T) {
	t.Parallel()
	r := &role{metrics: prometheus.NewRegistry()}
	var options client.Options
	require.NoError(t, r.measureTemporal(&options))
	for _, name := range sdkMetrics(t) {
		switch {
		case strings.HasPrefix(name, "temporal_nexus_"):
			// Slipway does not use Nexus.
		case strings.HasSuffix(strings.TrimSuffix(name, "_attempt"), "_latency"):
			options.MetricsHandler.Timer(name).Record(1)
		case slices.Contains([]string{
			"temporal_num_pollers", "temporal_worker_task_slots_available", "temporal_worker_task_slots_used", "temporal_sticky_cache_size", "temporal_workflow_active_thread_count",
		}, name):
			options.MetricsHandler.Gauge(name).Update(1)
		default:
			options.MetricsHandler.Counter(name).Inc(1)
		}
	}
	rows := metricsPage(t, "temporal_")
	groups, err := r.metrics.Gather()
	require.NoError(t, err)
	served := map[string]bool{}
	for _, group := range groups {
		name := group.GetName()
		if name == "target_info" {
			continue
		}
		served[name] = true
		require.Contains(t, rows, name, "%s is a metric of Temporal's SDK, and docs/metrics.md does not have it", name)
		require.Equal(t, strings.ToLower(group.GetType().String()), rows[name].kind, "%s: the type in docs/metrics.md", name)
	}
	for name := range rows {
		require.True(t, served[name], "%s is in docs/metrics.md, and Temporal's SDK does not have it", name)
	}
}

// sdkMetrics reads the names of the SDK's metrics out of its source, where they stand as
// constants that nobody else may import.
func sdkMetrics(t *testing.T) []string {
	t.Helper()
	sdk, err := gobuild.Import("go.temporal.io/sdk/client", ".", gobuild.FindOnly)
	require.NoError(t, err)
	file, err := parser.ParseFile(token.NewFileSet(), filepath.Join(sdk.Dir, "..", "internal", "common", "metrics", "constants.go"), nil, 0)
	require.NoError(t, err)
	constants := map[string]string{}
	var names []string
	ast.Inspect(file, func(n ast.Node) bool {
		if spec, ok := n.(*ast.ValueSpec); ok {
			value := textOf(spec.Values[0], constants)
			constants[spec.Names[0].Name] = value
			if strings.HasPrefix(value, "temporal_") && len(value) > len("temporal_") && value != "temporal_go" {
				names = append(names, value)
			}
		}
		return true
	})
	require.Greater(t, len(names), 40)
	for _, of := range []string{"temporal_request", "temporal_long_request"} {
		for _, each := range []string{"", "_failure", "_latency"} {
			require.Contains(t, names, of+each)
			names = append(names, of+each+"_attempt") // the suffix is no constant
		}
	}
	return names
}

// textOf is the value of a constant that is a text, a name, or the sum of two.
func textOf(e ast.Expr, constants map[string]string) string {
	switch e := e.(type) {
	case *ast.BasicLit:
		text, _ := strconv.Unquote(e.Value)
		return text
	case *ast.Ident:
		return constants[e.Name]
	case *ast.BinaryExpr:
		return textOf(e.X, constants) + textOf(e.Y, constants)
	}
	return ""
}
