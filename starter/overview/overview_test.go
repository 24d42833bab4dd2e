package overview_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/api/serviceerror"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/converter"

	"slipway/internal/metrictest"
	"slipway/release"
	"slipway/starter/overview"
	"slipway/stats"
)

// server is a Temporal with workflows that answer queries.
type server struct {
	mu sync.Mutex
	// counts are by a part of the query.
	counts map[string]int64
	// begun and lanes are what the workflows of these kinds answer.
	begun []release.Progress
	lanes []release.LaneState
	asked int
	err   error
	// sick is the workflow whose queries fail, by ID, and unreadable the one whose answer is of another
	// kind. Begins has not run yet, and gone has ended since it was listed.
	sick, unreadable, begins, gone string
	// silent is how many workflows never answer, the first of each list.
	silent int
}

func (s *server) fail(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.err = err
}

func (s *server) CountWorkflow(_ context.Context, r *workflowservice.CountWorkflowExecutionsRequest) (*workflowservice.CountWorkflowExecutionsResponse, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked++
	for part, n := range s.counts {
		if strings.Contains(r.GetQuery(), part) {
			return &workflowservice.CountWorkflowExecutionsResponse{Count: n}, s.err
		}
	}
	return &workflowservice.CountWorkflowExecutionsResponse{}, s.err
}

func (s *server) ListWorkflow(_ context.Context, r *workflowservice.ListWorkflowExecutionsRequest) (*workflowservice.ListWorkflowExecutionsResponse, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	answer := &workflowservice.ListWorkflowExecutionsResponse{}
	list := func(i int) {
		answer.Executions = append(answer.Executions, &workflowpb.WorkflowExecutionInfo{Execution: &commonpb.WorkflowExecution{WorkflowId: fmt.Sprint(i)}})
	}
	if strings.Contains(r.GetQuery(), "'Lane'") {
		for i := range s.lanes {
			list(i)
		}
		return answer, s.err
	}
	_, known, _ := strings.Cut(r.GetQuery(), release.SearchPhase+" NOT IN")
	for i, p := range s.begun {
		if !strings.Contains(known, "'"+string(p.Phase)+"'") {
			list(i)
		}
	}
	return answer, s.err
}

//nolint:revive // the signature is that of Temporal's client
func (s *server) QueryWorkflow(ctx context.Context, workflowID, _, query string, _ ...any) (converter.EncodedValue, error) {
	var i int
	if _, err := fmt.Sscan(workflowID, &i); err != nil {
		return nil, err
	}
	if i < s.silent {
		<-ctx.Done()
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	switch workflowID {
	case s.sick:
		return nil, serviceerror.NewQueryFailed("nondeterministic workflow")
	case s.begins:
		return nil, serviceerror.NewWorkflowNotReady("first workflow task has not completed")
	case s.gone:
		return nil, serviceerror.NewNotFound("workflow not found")
	case s.unreadable:
		payloads, err := converter.GetDefaultDataConverter().ToPayloads("none")
		return answer{payloads}, err
	}
	var value any
	switch query {
	case release.QueryProgress:
		value = s.begun[i]
	case release.QueryLane:
		value = s.lanes[i]
	}
	payloads, err := converter.GetDefaultDataConverter().ToPayloads(value)
	return answer{payloads}, err
}

// answer is what a query has answered.
type answer struct{ payloads *commonpb.Payloads }

func (a answer) HasValue() bool { return true }

func (a answer) Get(to any) error {
	return converter.GetDefaultDataConverter().FromPayloads(a.payloads, to)
}

// freezes is a calendar.
type freezes struct{ calendar release.Calendar }

func (f freezes) Load(context.Context) (release.Calendar, uint64, error) { return f.calendar, 1, nil }

// away is a JetStream that does not answer.
type away struct{ jetstream.JetStream }

func (away) Stream(context.Context, string) (jetstream.Stream, error) {
	return nil, errors.New("no responders")
}

func paused(kind release.AwaitKind, byPerson bool) release.Progress {
	return release.Progress{Phase: release.PhasePaused, Paused: byPerson, Awaiting: &release.Awaiting{Kind: kind}}
}

func TestOverview(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		now := time.Now()
		temporal := &server{
			counts: map[string]int64{"'ReleaseSet'": 4, "= 'RollingOut'": 5, "= 'AwaitingApproval'": 1, "= 'AwaitingPlatformApproval'": 1, "'Delivery'": 4},
			begun: []release.Progress{
				paused(release.AwaitResume, true), paused(release.AwaitFreeze, false), paused(release.AwaitSchedule, false), paused(release.AwaitFreeze, true),
				{Phase: release.PhaseAwaitingPlatformApproval},
				{Phase: release.PhaseAwaitingConfirm},
				{Phase: release.PhaseRollingOut},
				{Phase: release.PhasePreparing, Awaiting: &release.Awaiting{Kind: release.AwaitOtherChange, Since: now}},
				{Phase: release.PhasePreparing, Awaiting: &release.Awaiting{Kind: release.AwaitOtherChange, Since: now, Stuck: true}},
				{Phase: release.PhasePaused, Awaiting: &release.Awaiting{Kind: release.AwaitFreeze, Until: now.Add(time.Hour)}},
				{Phase: release.PhaseRollingOut, Stalled: &release.Stall{Doing: "sae.Observe"}},
			},
			lanes: []release.LaneState{{}, {Held: &release.Hold{By: "ann"}}, {Held: &release.Hold{By: "slipway", ReleaseID: "r-1"}}, {Held: &release.Hold{By: "slipway", ReleaseID: "r-2"}, Debts: []release.Debt{
				{ReleaseID: "r-1", ScalingRules: []string{"cpu", "night"}, Traffic: true}, {ReleaseID: "r-2", ScalingRules: []string{"cpu"}},
			}}},
		}
		all, err := overview.New(overview.Config{Temporal: temporal, JetStream: away{}, Logger: zerolog.Nop(), Calendar: freezes{release.Calendar{
			Stops: []release.Stop{{Name: "incident"}},
			Windows: []release.FreezeWindow{
				{Name: "now", From: now.Add(-time.Hour), To: now.Add(time.Hour)}, {Name: "later", From: now.Add(time.Hour), To: now.Add(2 * time.Hour)},
			},
		}}})
		require.NoError(t, err)
		registry := prometheus.NewRegistry()
		require.NoError(t, registry.Register(all))
		right := map[string]float64{
			"slipway_releases Queued": 0, "slipway_releases Preparing": 0, "slipway_releases RollingOut": 5, "slipway_releases AwaitingConfirm": 0,
			"slipway_releases AwaitingApproval": 1, "slipway_releases AwaitingPlatformApproval": 1, "slipway_releases Paused": 0, "slipway_releases Running": 0, "slipway_releases Finalizing": 0, "slipway_releases Watching": 0, "slipway_releases RollingBack": 0,
			"slipway_waiting_for_people confirm": 4, "slipway_waiting_for_people approval": 1, "slipway_waiting_for_people platform-approval": 1, "slipway_waiting_for_people resume": 2,
			"slipway_waiting_for_people help": 1, "slipway_waiting_for_people other-change": 1, "slipway_waiting_for_people freeze": 1,
			"slipway_lanes_held release": 2, "slipway_lanes_held person": 1, "slipway_debts scaling-rules": 2, "slipway_debts traffic-rule": 1,
			"slipway_freezes_active stop": 1, "slipway_freezes_active window": 1,
			"slipway_event_deliveries_late":            4,
			"slipway_overview_failures_total releases": 0, "slipway_overview_failures_total waiting": 0, "slipway_overview_failures_total lanes": 0,
			"slipway_overview_failures_total freezes": 0, "slipway_overview_failures_total events": 0, "slipway_overview_failures_total messages": 1,
		}
		require.Equal(t, right, metrictest.Values(t, registry), "what does not answer is left out, and counted")
		asked := temporal.asked
		require.Equal(t, right, metrictest.Values(t, registry))
		require.Equal(t, asked, temporal.asked, "a scrape soon after asks nobody")

		temporal.fail(errors.New("temporal is away"))
		time.Sleep(2 * time.Minute) //nolint:forbidigo // the clock of the bubble
		left := metrictest.Values(t, registry)
		for name := range maps.Keys(left) {
			require.Regexp(t, "^slipway_(freezes_active|overview_failures_total) ", name)
		}
		temporal.fail(nil)
	})
}

// TestOverview_OneSick counts the others where a workflow cannot be read, and more than the bound
// not at all.
func TestOverview_OneSick(t *testing.T) {
	t.Parallel()
	held := release.LaneState{Held: &release.Hold{By: "ann"}}
	resume := paused(release.AwaitResume, true)
	temporal := &server{
		sick: "0", unreadable: "1",
		begun: []release.Progress{resume, resume, resume}, lanes: []release.LaneState{held, held, held, {Held: &release.Hold{ReleaseID: "r-1"}}},
	}
	gathered := func() map[string]float64 {
		all, err := overview.New(overview.Config{Temporal: temporal, JetStream: away{}, Logger: zerolog.Nop(), Calendar: freezes{}})
		require.NoError(t, err)
		registry := prometheus.NewRegistry()
		require.NoError(t, registry.Register(all))
		return metrictest.Values(t, registry)
	}
	left := gathered()
	require.InDelta(t, 1, left["slipway_waiting_for_people resume"], 0)
	require.InDelta(t, 1, left["slipway_lanes_held person"], 0)
	require.InDelta(t, 1, left["slipway_lanes_held release"], 0)
	require.InDelta(t, 1, left["slipway_overview_failures_total waiting"], 0)
	require.InDelta(t, 1, left["slipway_overview_failures_total lanes"], 0)

	temporal.lanes = make([]release.LaneState, 501)
	left = gathered()
	require.NotContains(t, left, "slipway_lanes_held person")
	require.InDelta(t, 1, left["slipway_overview_failures_total lanes"], 0)
}

// TestOverview_WaitingUnderLoad has the number of those that wait for a confirmation or an approval,
// however many others there are and whoever of them answers.
func TestOverview_WaitingUnderLoad(t *testing.T) {
	t.Parallel()
	resume := paused(release.AwaitResume, true)
	stalled := release.Progress{Phase: release.PhaseAwaitingPlatformApproval, Stalled: &release.Stall{Doing: "sae.Observe"}}
	counts := map[string]int64{"'ReleaseSet'": 2, "= 'AwaitingPlatformApproval'": 1}
	byPhase := map[string]float64{"confirm": 2, "approval": 0, "platform-approval": 1}
	whole := map[string]float64{"confirm": 2, "approval": 0, "platform-approval": 1, "resume": 1, "help": 0, "other-change": 0, "freeze": 0}
	none := maps.Clone(whole)
	none["resume"] = 0
	for _, tt := range []struct {
		name   string
		server *server
		want   map[string]float64
		failed float64
	}{
		{"all answer", &server{begun: []release.Progress{resume, stalled}}, whole, 0},
		{"one never answers", &server{begun: []release.Progress{resume, resume, stalled}, silent: 1}, whole, 1},
		{"as many as are asked at once never answer", &server{begun: append(slices.Repeat([]release.Progress{resume}, 17), stalled), silent: 16}, whole, 1},
		{"one has not run yet", &server{begun: []release.Progress{resume, resume, stalled}, begins: "0"}, whole, 1},
		{"the only one has not run yet", &server{begun: []release.Progress{resume}, begins: "0"}, none, 1},
		{"one has ended since it was listed", &server{begun: []release.Progress{resume, resume, stalled}, gone: "0"}, whole, 0},
		{"nobody answers", &server{begun: []release.Progress{resume, resume, stalled}, silent: 2}, byPhase, 1},
		{"too many", &server{begun: slices.Repeat([]release.Progress{resume}, 600)}, byPhase, 1},
		{"too many that are counted", &server{begun: append(slices.Repeat([]release.Progress{stalled}, 600), resume)}, whole, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				tt.server.counts = counts
				all, err := overview.New(overview.Config{Temporal: tt.server, JetStream: away{}, Logger: zerolog.Nop(), Calendar: freezes{}})
				require.NoError(t, err)
				registry := prometheus.NewRegistry()
				require.NoError(t, registry.Register(all))
				waiting, values := map[string]float64{}, metrictest.Values(t, registry)
				for name, value := range values {
					if need, is := strings.CutPrefix(name, "slipway_waiting_for_people "); is {
						waiting[need] = value
					}
				}
				require.Equal(t, tt.want, waiting)
				require.InDelta(t, tt.failed, values["slipway_overview_failures_total waiting"], 0)
			})
		})
	}
}

func TestOverview_NeedsAllOfThem(t *testing.T) {
	t.Parallel()
	_, err := overview.New(overview.Config{})
	require.ErrorContains(t, err, "Temporal, Calendar and JetStream")
}

// The ledger is read for the figures once in ten minutes, however often is scraped.
func TestOverview_Figures(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var windows []stats.Window
		var failure error
		figures := func(_ context.Context, w stats.Window) (stats.Report, error) {
			windows = append(windows, w)
			some := stats.Times{Count: 2, MedianSeconds: 60, P90Seconds: 90}
			report := stats.Report{Applications: []stats.Figures{{
				Application: "shop", Deployments: stats.Deployments{Count: 3}, LeadTime: some, TimeToRestore: some, ChangeFailureRate: stats.Rate{Changes: 4, Failed: 1},
				Environments: []stats.EnvironmentFigures{{Environment: "staging", Deployments: stats.Deployments{Count: 5}}, {Environment: "production", Deployments: stats.Deployments{Count: 3}}},
			}}}
			for i := range 300 {
				report.Applications = append(report.Applications, stats.Figures{Application: fmt.Sprint("idle-", i)})
			}
			return report, failure
		}
		all, err := overview.New(overview.Config{Temporal: &server{}, JetStream: away{}, Logger: zerolog.Nop(), Calendar: freezes{}, Figures: figures})
		require.NoError(t, err)
		registry := prometheus.NewRegistry()
		require.NoError(t, registry.Register(all))
		values := metrictest.Values(t, registry)
		for name, want := range map[string]float64{
			"slipway_deployments shop staging": 5, "slipway_deployments shop production": 3, "slipway_changes shop failed": 1, "slipway_changes shop good": 3,
			"slipway_lead_time_seconds shop publication 50": 60, "slipway_lead_time_seconds shop publication 90": 90,
			"slipway_time_to_restore_seconds shop 50": 60, "slipway_time_to_restore_seconds shop 90": 90,
			"slipway_changes idle-198 good": 0, "slipway_overview_failures_total figures": 1,
		} {
			require.Contains(t, values, name)
			require.InDelta(t, want, values[name], 1e-9, name)
		}
		require.NotContains(t, values, "slipway_changes idle-199 good", "of many applications those with the most deployments have gauges")
		require.NotContains(t, values, "slipway_lead_time_seconds shop request 50", "what there is none of has no value")
		require.Equal(t, 30*24*time.Hour, windows[0].Until.Sub(windows[0].Since))

		failure = errors.New("the ledger is away")
		time.Sleep(9 * time.Minute) //nolint:forbidigo // the clock of the bubble
		require.Equal(t, values, withoutFailures(metrictest.Values(t, registry), values))
		require.Len(t, windows, 1)
		time.Sleep(2 * time.Minute) //nolint:forbidigo // the clock of the bubble
		require.NotContains(t, metrictest.Values(t, registry), "slipway_deployments shop staging", "what cannot be read is left out")
		require.Len(t, windows, 2)
	})
}

// withoutFailures is what is served now, with the failures of readings as they were before.
func withoutFailures(now, before map[string]float64) map[string]float64 {
	for name := range now {
		if strings.HasPrefix(name, "slipway_overview_failures_total") {
			now[name] = before[name]
		}
	}
	return now
}
