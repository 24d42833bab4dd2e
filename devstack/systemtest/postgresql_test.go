package systemtest_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"slipway/devstack/embedded"
	"slipway/devstack/postgres"
	"slipway/devstack/scenario"
	"slipway/devstack/stack"
	"slipway/internal/metrictest"
	"slipway/release"
	"slipway/releases"
	"slipway/saeclient"
	"slipway/starter/overview"
	"slipway/wire"
)

// database starts a PostgreSQL server for Temporal on a directory; an empty one is new and temporary.
func database(t *testing.T, dir string) *postgres.Server {
	t.Helper()
	s, err := postgres.Start(t.Context(), dir)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	return s
}

// temporalOn is what a stack is told of a PostgreSQL server.
func temporalOn(s *postgres.Server) *embedded.PostgreSQL {
	return &embedded.PostgreSQL{Addr: s.Addr(), User: postgres.User}
}

// TestPostgreSQL_TemporalStandsOnIt carries a whole release out where Temporal keeps its state in PostgreSQL, kills the
// worker in the middle, and tries there what lists and counts releases.
func TestPostgreSQL_TemporalStandsOnIt(t *testing.T) {
	t.Parallel()
	h := start(t, stack.Config{PostgreSQL: temporalOn(database(t, "")), WithoutWorker: true})
	launch := scenario.Launch{Binary: slipwayBinary(t), Role: "worker", Env: h.Env(), Log: t.Output()}
	worker, err := launch.Start(h.ctx)
	require.NoError(t, err)
	app := h.app()
	id, events := h.request(app, t.Name(), gray())
	h.until(events, release.EventBatchWaiting, 1)
	rules, err := scenario.ReadRules(h.ctx, h.sae, app.ID)
	require.NoError(t, err)
	require.NotEqual(t, scenario.Rules(), rules, "they are suspended")
	require.NoError(t, worker.Kill())
	worker, err = launch.Start(h.ctx)
	require.NoError(t, err)
	h.whatPeopleSee(app, id)

	h.confirm(id, 1)
	h.until(events, release.EventBatchWaiting, 2)
	h.confirm(id, 2)
	h.until(events, release.EventSucceeded, 0)
	require.Equal(t, []string{saeclient.CoTypeDeploy}, h.orders(app))
	h.requireRulesAsBefore(app)
	cli := &commandLine{house: h, binary: slipwayBinary(t)}
	require.Eventually(t, func() bool {
		return slices.Equal([]row{{ID: id, Artifact: scenario.NewImage}}, cli.rows("--app", app.SearchValue(), "--outcome", "Succeeded"))
	}, patience, 50*time.Millisecond)
	require.NoError(t, worker.Stop())
	h.chosenByFilters()
}

// whatPeopleSee tries the lists of the command line, and the gauges of starters, while one release waits for a confirmation.
func (h *house) whatPeopleSee(app release.App, id string) {
	h.t.Helper()
	cli := &commandLine{house: h, binary: slipwayBinary(h.t)}
	shows := func(command ...string) {
		h.t.Helper()
		require.Eventually(h.t, func() bool { // what Temporal lists follows a moment later
			out, err := cli.command(command...).Output()
			return err == nil && (strings.Contains(string(out), id) || strings.Contains(string(out), app.SearchValue()))
		}, patience, 50*time.Millisecond, "%v", command)
	}
	shows("release", "list", "--phase", "AwaitingConfirm", "-o", "json")
	shows("waiting", "-o", "json")
	shows("lane", "list", "-o", "json")
	shows("lane", "get", app.SearchValue(), "-o", "json")
	require.Contains(h.t, cli.out(0, "scaling", "list", app.SearchValue(), "-o", "json", "--timeout", patience.String()), id, "it holds them")
	held, _, err := releases.New(h.Client).ListLanes(h.ctx, releases.LaneFilter{NeedsPerson: true, Limit: 10})
	require.NoError(h.t, err)
	require.Empty(h.t, held)
	all, err := overview.New(overview.Config{
		Temporal: h.Client, Calendar: wire.NewCalendars(h.JetStream), JetStream: h.JetStream, Logger: zerolog.New(zerolog.NewTestWriter(h.t)),
	})
	require.NoError(h.t, err)
	registry := prometheus.NewRegistry()
	require.NoError(h.t, registry.Register(all))
	require.Eventually(h.t, func() bool {
		values := metrictest.Values(h.t, registry)
		return values["slipway_releases AwaitingConfirm"] == 1 && values["slipway_waiting_for_people confirm"] == 1
	}, patience, 50*time.Millisecond)
}

// shown is what visibility has of a release.
type shown struct {
	id, kind string
	listed   releases.Listed
}

// chosenByFilters starts workflows that nobody takes, with all kinds of search attributes, and holds what
// Temporal finds by each filter against what the filter says of them.
func (h *house) chosenByFilters() {
	h.t.Helper()
	began := time.Now()
	all := []shown{
		{"r-aaaaaaaaaaaaaaaa", release.WorkflowGrayRelease, releases.Listed{
			App: "sae/cn-hangzhou/a", AppName: "shop", Application: "shop/production", Phase: release.PhaseAwaitingConfirm,
			Operation: release.OperationRelease, Strategy: release.StrategyGray, RequestedBy: "ann", Set: "s-aaaaaaaaaaaaaaaa",
		}},
		{"r-bbbbbbbbbbbbbbbb", release.WorkflowDeploy, releases.Listed{
			App: "sae/cn-hangzhou/b", AppName: "50%_ (o, hara)", Application: "shop_a/test", Phase: release.PhaseQueued,
			Operation: release.OperationRelease, Strategy: release.StrategyAll, RequestedBy: "50%_ (o, hara)",
		}},
		{"r-cccccccccccccccc", release.WorkflowRollback, releases.Listed{
			App: "fc/cn-hangzhou/c/x", AppName: "Übersicht 总览", Application: "shopXa/test", Phase: release.PhaseRollingOut,
			Operation: release.OperationRollback, RequestedBy: "ci@example.com",
		}},
	}
	for _, s := range all {
		h.startUntaken(s)
	}
	c := releases.New(h.Client)
	for name, f := range filters(began) {
		var want []string
		for _, s := range all {
			s.listed.CreatedAt = time.Now()
			if f.Chooses(s.listed) {
				want = append(want, s.id)
			}
		}
		require.Eventually(h.t, func() bool {
			found, _, err := c.List(h.ctx, f)
			require.NoError(h.t, err, name)
			overviewed, err := c.Overview(h.ctx, f)
			require.NoError(h.t, err, name)
			return slices.Equal(want, ids(found)) && slices.Equal(want, ids(overviewed.Found))
		}, patience, 50*time.Millisecond, "%s: want %v", name, want)
	}
	live, _, err := c.ListLive(h.ctx, began, 0)
	require.NoError(h.t, err)
	require.Len(h.t, ids(live), len(all))
	_, err = c.Switched(h.ctx, 10)
	require.NoError(h.t, err)
	_, _, err = c.ListSets(h.ctx, releases.Filter{Phase: release.PhaseRollingOut, Open: true, Limit: 10})
	require.NoError(h.t, err)
}

// filters are one for each field, and those that combine them.
func filters(began time.Time) map[string]releases.Filter {
	awkward := "50%_ (o, hara)" // without quotes, see docs/operations.md
	only := func(f releases.Filter) releases.Filter {
		if f.Since.IsZero() {
			f.Since = began
		}
		return f
	}
	return map[string]releases.Filter{
		"all":                         only(releases.Filter{}),
		"an application":              only(releases.Filter{App: "sae/cn-hangzhou/b"}),
		"a name":                      only(releases.Filter{AppName: "Übersicht 总览"}),
		"an awkward name":             only(releases.Filter{AppName: awkward}),
		"an environment":              only(releases.Filter{Application: "shop_a/test"}),
		"all environments":            only(releases.Filter{Application: "shop"}),
		"a name with a joker":         only(releases.Filter{Application: "shop_a"}),
		"a phase":                     only(releases.Filter{Phase: release.PhaseAwaitingConfirm}),
		"phases":                      only(releases.Filter{Phases: []release.Phase{release.PhaseQueued, release.PhaseRollingOut}}),
		"an outcome":                  only(releases.Filter{Outcome: release.PhaseSucceeded}),
		"an operation":                only(releases.Filter{Operation: release.OperationRollback}),
		"who asked":                   only(releases.Filter{RequestedBy: awkward}),
		"a set":                       only(releases.Filter{Set: "s-aaaaaaaaaaaaaaaa"}),
		"under way":                   only(releases.Filter{Open: true}),
		"ended":                       only(releases.Filter{Closed: true}),
		"under way, in a phase, of a": only(releases.Filter{App: "sae/cn-hangzhou/a", Open: true, Phases: []release.Phase{release.PhaseAwaitingConfirm}}),
		"later":                       {Since: began.Add(time.Hour)},
	}
}

// startUntaken starts a workflow on a task queue that nobody serves.
func (h *house) startUntaken(s shown) {
	h.t.Helper()
	var attributes []temporal.SearchAttributeUpdate
	for name, value := range map[string]string{
		release.SearchApp: s.listed.App, release.SearchAppName: s.listed.AppName, release.SearchApplication: s.listed.Application,
		release.SearchPhase: string(s.listed.Phase), release.SearchOperation: string(s.listed.Operation), release.SearchStrategy: string(s.listed.Strategy),
		release.SearchRequestedBy: s.listed.RequestedBy, release.SearchSet: s.listed.Set,
	} {
		if value != "" {
			attributes = append(attributes, temporal.NewSearchAttributeKeyKeyword(name).ValueSet(value))
		}
	}
	_, err := h.Client.ExecuteWorkflow(h.ctx, client.StartWorkflowOptions{
		ID: release.WorkflowID(s.id), TaskQueue: "nobody", TypedSearchAttributes: temporal.NewSearchAttributes(attributes...),
	}, s.kind)
	require.NoError(h.t, err, fmt.Sprint(s))
}

// ids are those of releases, in their order.
func ids(all []releases.Listed) (out []string) {
	for _, l := range all {
		out = append(out, l.ID)
	}
	slices.Sort(out)
	return out
}
