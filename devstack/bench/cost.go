package bench

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"time"

	"go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"

	"slipway/devstack/scenario"
	"slipway/devstack/stack"
	"slipway/release"
	"slipway/saeclient"
	"slipway/saesim"
)

// Priced is a release whose cost is measured, as a row of the table in docs/operations.md.
type Priced struct {
	// Row is what the table calls it.
	Row      string
	Strategy release.Strategy
	Config   *release.Config
	// OnlyConfig brings no artifact, and Job is a job that is run.
	OnlyConfig, Job bool
	Confirmations   int
	// Ends is how it ends; empty is that it succeeds.
	Ends release.EventKind
	// Shown are the events that come on top where a look happens to see the job run.
	Shown int
}

// The rows that have an aim.
const (
	PricedAll   = "all"
	PricedBatch = "batch, 2 batches, one confirmation"
	PricedGray  = "gray, 1 + 2 batches, two confirmations"
)

// PricedReleases are the rows; up and down are the addresses of a service that is well and of one that is not.
func PricedReleases(up, down string) []Priced {
	all := release.Strategy{Type: release.StrategyAll}
	gray := release.Strategy{Type: release.StrategyGray, Gray: 1, Batches: 2, Confirm: release.ConfirmManual}
	watched := func(d time.Duration, address string) release.Strategy {
		return release.Strategy{Watch: &release.Watch{For: release.Duration(d), Gates: []release.Gate{
			{Name: "health", HTTP: &release.HTTPGate{URL: address}, Interval: release.Duration(time.Second)},
		}}}
	}
	config := &release.Config{Variables: []release.Variable{{Name: "LOG_LEVEL", Value: new("debug")}}}
	more := &release.Config{Variables: config.Variables, Instances: new(scenario.Instances + 2)}
	const passes = "all, with a watch that passes, one gate"
	return []Priced{
		{Row: PricedAll, Strategy: all},
		{Row: "all, with configuration", Strategy: all, Config: config},
		{Row: "all, configuration alone", Strategy: all, Config: config, OnlyConfig: true},
		{Row: PricedBatch, Strategy: release.Strategy{Type: release.StrategyBatch, Batches: 2, Confirm: release.ConfirmManual}, Confirmations: 1},
		{Row: PricedGray, Strategy: gray, Confirmations: 2},
		{Row: "gray, 1 + 2 batches, two confirmations, with configuration", Strategy: gray, Config: more, Confirmations: 2},
		{Row: passes, Strategy: watched(2*time.Second, up)},
		{Row: passes, Strategy: watched(8*time.Second, up)},
		{Row: "all, with a watch that fails, one gate", Strategy: watched(time.Hour, down), Ends: release.EventRolledBack},
		{
			Row: "all, with configuration and a watch that fails, one gate: instances are put back", Strategy: watched(time.Hour, down),
			Config: more, Ends: release.EventRolledBack,
		},
		{Row: "job, which is run", Job: true, Shown: 6},
	}
}

// Services are one that is well and one that is not, as gates see them, until end is called.
func Services() (up, down string, end func()) {
	well := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	ill := httptest.NewServer(http.NotFoundHandler())
	return well.URL, ill.URL, func() {
		well.Close()
		ill.Close()
	}
}

// Cost is what a release has cost.
type Cost struct {
	History

	App release.App
	// Calls are those of the platform's API.
	Calls saesim.CallCounts
}

// Measure carries a release out, alone on a stack, and returns what it has cost. The number names its application.
func (p Priced) Measure(ctx context.Context, s *stack.Stack, number int) (c Cost, err error) {
	sae, err := s.SAEClient()
	if err != nil {
		return c, err
	}
	defer sae.CloseIdleConnections()
	spec, err := p.spec(ctx, sae, number)
	if err != nil {
		return c, err
	}
	s.Sim().ResetCalls()
	id, err := scenario.Request(ctx, s.JetStream, fmt.Sprintf("cost-%d", number), spec)
	if err != nil {
		return c, err
	}
	events, err := scenario.Follow(ctx, s.JetStream, id)
	if err != nil {
		return c, err
	}
	defer events.Stop()
	for batch := 1; batch <= p.Confirmations; batch++ {
		if _, err := events.Until(ctx, release.EventBatchWaiting, batch); err != nil {
			return c, err
		}
		command := release.Command{ID: fmt.Sprintf("%s-confirm-%d", id, batch), Kind: release.CommandConfirm, Batch: batch, By: "ann"}
		if err := scenario.Command(ctx, s.JetStream, id, command); err != nil {
			return c, err
		}
	}
	if _, err := events.Until(ctx, cmp.Or(p.Ends, release.EventSucceeded), 0); err != nil {
		return c, err
	}
	if err := s.Client.GetWorkflow(ctx, release.WorkflowID(id), "").Get(ctx, nil); err != nil {
		return c, err
	}
	c = Cost{App: spec.App, Calls: s.Sim().Calls()}
	c.History, err = ReadHistory(ctx, s.Client, release.WorkflowID(id))
	return c, err
}

// History is how long the history of a workflow is.
type History struct {
	// Events is the number of its events, and Kinds that of each kind.
	Events int
	Kinds  map[string]int
	// Late is how many times NATS has not taken at once what the workflow had to tell, which an activity has told instead.
	Late int
	// Decided is how many ends an activity has told at once, because a command or a limit has decided them in the same workflow task.
	Decided int
}

// ReadHistory counts the events of a workflow's newest run.
func ReadHistory(ctx context.Context, c client.Client, workflowID string) (History, error) {
	h := History{Kinds: map[string]int{}}
	events := c.GetWorkflowHistory(ctx, workflowID, "", false, enums.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	for events.HasNext() {
		event, err := events.Next()
		if err != nil {
			return h, fmt.Errorf("history of %s: %w", workflowID, err)
		}
		h.Events++
		h.Kinds[event.GetEventType().String()]++
		activity := event.GetActivityTaskScheduledEventAttributes()
		switch {
		case activity.GetActivityType().GetName() != release.PublishActivity:
		case activity.GetHeartbeatTimeout().AsDuration() > 0:
			h.Late++
		default:
			h.Decided++
		}
	}
	return h, nil
}

// spec is what is asked for, of an application or a job that is created for it.
func (p Priced) spec(ctx context.Context, sae *saeclient.Client, number int) (release.Spec, error) {
	create := scenario.CreateApp
	if p.Job {
		create = scenario.CreateJob
	}
	app, err := create(ctx, sae, fmt.Sprintf("cost%d", number))
	asked := release.Spec{App: app, Artifact: release.Artifact{Image: scenario.NewImage}, Strategy: p.Strategy, Config: p.Config, RequestedBy: "bench"}
	if p.OnlyConfig {
		asked.Artifact = release.Artifact{}
	}
	if p.Job {
		asked.Operation, asked.Job = release.OperationJob, &release.Job{Run: true, Command: []string{"migrate"}}
	}
	return asked, err
}

// price measures the history of each kind of release.
func (b *bench) price(ctx context.Context, s *stack.Stack) error {
	aims := map[string]float64{PricedAll: 60, PricedBatch: 85, PricedGray: 110}
	up, down, end := Services()
	defer end()
	for i, each := range PricedReleases(up, down) {
		is, err := each.Measure(ctx, s, i)
		if err != nil {
			return err
		}
		b.row(Row{What: RowHistory + each.Row, Unit: "events", Aim: Aim{Most: aims[each.Row]}}.judged(nil, []float64{float64(is.Events)}))
	}
	return nil
}
