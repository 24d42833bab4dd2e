package overview

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/prometheus/client_golang/prometheus"
	"go.temporal.io/api/workflowservice/v1"

	"slipway/release"
	"slipway/releases/execution"
	"slipway/wire"
)

const namespace = "slipway"

func describe(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc(prometheus.BuildFQName(namespace, "", name), help, labels, nil)
}

func gauge(d *prometheus.Desc, value float64, labels ...string) prometheus.Metric {
	return prometheus.MustNewConstMetric(d, prometheus.GaugeValue, value, labels...)
}

// live are the phases of a release that has not ended.
func live() []release.Phase { return slices.DeleteFunc(release.Phases(), release.Phase.Ended) }

// running is the query for workflows of types that have not ended.
func running(types ...string) string {
	return "WorkflowType IN ('" + strings.Join(types, "', '") + "') AND ExecutionStatus = 'Running'"
}

// inPhase is the query for what has not ended of the types, in a phase.
func inPhase(p release.Phase, types ...string) string {
	return running(types...) + " AND " + release.SearchPhase + " = '" + string(p) + "'"
}

func (c Config) count(ctx context.Context, query string) (float64, error) {
	answer, err := c.Temporal.CountWorkflow(ctx, &workflowservice.CountWorkflowExecutionsRequest{Query: query})
	return float64(answer.GetCount()), err
}

// phases counts the releases under way.
func (c Config) phases() *reading {
	d := describe("releases", "Releases that have not ended, by phase.", "phase")
	return &reading{name: "releases", keep: countedFor, descriptions: []*prometheus.Desc{d}, read: func(ctx context.Context) ([]prometheus.Metric, error) {
		var found []prometheus.Metric
		for _, p := range live() {
			n, err := c.count(ctx, inPhase(p, release.WorkflowTypes()...))
			if err != nil {
				return nil, err
			}
			found = append(found, gauge(d, n, string(p)))
		}
		return found, nil
	}}
}

// waiting counts what waits for a person. A phase that says so by itself is counted: these numbers
// are there without a worker, and with any number of releases. Of the others that have begun only the
// release itself knows: of those that a freeze holds, or a change of somebody else, most go on by
// themselves.
func (c Config) waiting() *reading {
	d := describe("waiting_for_people", "Releases and sets that go on when a person acts, by what they need.", "need")
	counts := []struct {
		need  release.NeedKind
		phase release.Phase
		types []string
	}{
		{release.NeedConfirm, release.PhaseAwaitingConfirm, append(release.WorkflowTypes(), release.WorkflowReleaseSet)},
		{release.NeedApproval, release.PhaseAwaitingApproval, release.WorkflowTypes()},
		{release.NeedPlatformApproval, release.PhaseAwaitingPlatformApproval, release.WorkflowTypes()},
	}
	known := []string{string(release.PhaseQueued)}
	for _, by := range counts {
		known = append(known, string(by.phase))
	}
	others := running(release.WorkflowTypes()...) + " AND " + release.SearchPhase + " NOT IN ('" + strings.Join(known, "', '") + "')"
	return &reading{name: "waiting", keep: askedFor, descriptions: []*prometheus.Desc{d}, read: func(ctx context.Context) ([]prometheus.Metric, error) {
		var found []prometheus.Metric
		counted := map[release.NeedKind]bool{}
		for _, by := range counts {
			n, err := c.count(ctx, inPhase(by.phase, by.types...))
			if err != nil {
				return found, err
			}
			found = append(found, gauge(d, n, string(by.need)))
			counted[by.need] = true
		}
		needs := map[release.NeedKind]float64{}
		err := ask(ctx, c, question[release.Progress]{others, release.QueryProgress, func(p release.Progress) {
			if need, needed := p.Need(time.Now()); needed {
				needs[need.Kind]++
			}
		}})
		if !answered(err) {
			return found, err
		}
		for _, kind := range release.UnderWayNeeds() {
			if !counted[kind] {
				found = append(found, gauge(d, needs[kind], string(kind)))
			}
		}
		return found, err
	}}
}

// lanes counts those that let nothing new begin, and what releases have left in them.
func (c Config) lanes() *reading {
	d := describe("lanes_held", "Lanes in which nothing begins until somebody resumes them, by who holds them: a release that needs attention, or a person.", "by")
	debts := describe("debts", "Releases that have ended and left something of an application as it was not before, by what: scaling rules that are off, or a traffic rule.", "kind")
	return &reading{name: "lanes", keep: askedFor, descriptions: []*prometheus.Desc{d, debts}, read: func(ctx context.Context) ([]prometheus.Metric, error) {
		byRelease, byPerson, scaling, traffic := 0, 0, 0, 0
		err := ask(ctx, c, question[release.LaneState]{inPhase(release.LaneNeedsPerson, release.WorkflowLane), release.QueryLane, func(s release.LaneState) {
			switch {
			case s.Held == nil:
			case s.Held.ReleaseID != "":
				byRelease++
			default:
				byPerson++
			}
			for _, debt := range s.Debts {
				if len(debt.ScalingRules) > 0 {
					scaling++
				}
				if debt.Traffic {
					traffic++
				}
			}
		}})
		if !answered(err) {
			return nil, err
		}
		return []prometheus.Metric{
			gauge(d, float64(byRelease), "release"), gauge(d, float64(byPerson), "person"),
			gauge(debts, float64(scaling), "scaling-rules"), gauge(debts, float64(traffic), "traffic-rule"),
		}, err
	}}
}

// freezes counts what freezes something now.
func (c Config) freezes() *reading {
	d := describe("freezes_active", "Freezes that hold changes back now, whatever their scope, by kind.", "kind")
	return &reading{name: "freezes", keep: countedFor, descriptions: []*prometheus.Desc{d}, read: func(ctx context.Context) ([]prometheus.Metric, error) {
		calendar, _, err := c.Calendar.Load(ctx)
		if err != nil {
			return nil, err
		}
		windows := 0
		for _, w := range calendar.Windows {
			if _, active := w.Active(time.Now()); active {
				windows++
			}
		}
		return []prometheus.Metric{gauge(d, float64(windows), "window"), gauge(d, float64(len(calendar.Stops)), "stop")}, nil
	}}
}

// events counts the deliveries that the bus or the ledger did not take at once.
func (c Config) events() *reading {
	d := describe("event_deliveries_late", "Deliveries of lifecycle events that the bus or the ledger did not take at once, and that are still tried.")
	return &reading{name: "events", keep: countedFor, descriptions: []*prometheus.Desc{d}, read: func(ctx context.Context) ([]prometheus.Metric, error) {
		n, err := c.count(ctx, running(release.WorkflowDelivery))
		if err != nil {
			return nil, err
		}
		return []prometheus.Metric{gauge(d, n)}, nil
	}}
}

// messages measures what waits in the stream for a starter.
func (c Config) messages() *reading {
	pending := describe("messages_pending", "Messages in the stream that no starter has settled, those in its hands included, by kind.", "kind")
	oldest := describe("messages_oldest_seconds", "Age of the oldest of these messages; 0 while there is none.", "kind")
	return &reading{name: "messages", keep: countedFor, descriptions: []*prometheus.Desc{pending, oldest}, read: func(ctx context.Context) ([]prometheus.Metric, error) {
		stream, err := c.JetStream.Stream(ctx, wire.StreamIn)
		if err != nil {
			return nil, err
		}
		var found []prometheus.Metric
		for _, of := range []struct {
			kind, consumer string
			subjects       []string
		}{
			{"request", wire.ConsumerRequests, wire.Requests()},
			{"command", wire.ConsumerCommands, wire.Commands()},
			{"artifact", wire.ConsumerPushes, wire.Artifacts()},
		} {
			consumer, err := stream.Consumer(ctx, of.consumer)
			if err != nil {
				return nil, err
			}
			info := consumer.CachedInfo()
			age := time.Duration(0)
			for _, subjects := range of.subjects {
				first, err := stream.GetMsg(ctx, 1, jetstream.WithGetMsgSubject(subjects))
				switch {
				case err == nil:
					age = max(age, time.Since(first.Time))
				case !errors.Is(err, jetstream.ErrMsgNotFound):
					return nil, err
				}
			}
			found = append(found, gauge(pending, float64(info.NumPending)+float64(info.NumAckPending), of.kind), gauge(oldest, age.Seconds(), of.kind))
		}
		return found, nil
	}}
}

// How many workflows are asked one by one, how many at the same time, and how long each may take. More
// than that are not counted in part: a number that is too small is worse than none.
const (
	mostAsked   = 500
	askedAtOnce = 16
	answerTime  = 3 * time.Second
)

// question is a query to each workflow of a list.
type question[T any] struct {
	list, query string
	// answered is called with each answer, one after the other.
	answered func(T)
}

// unreadError means that some workflows have no answer that can be read, and are not counted; the
// others are.
type unreadError struct {
	workflows int
	// first is why one of them has none.
	first error
}

// Error implements error.
func (e *unreadError) Error() string {
	return fmt.Sprintf("%d workflows are not counted, because they cannot be read: %v", e.workflows, e.first)
}

// Unwrap returns the error of the first of them.
func (e *unreadError) Unwrap() error { return e.first }

// answered reports whether workflows were asked with success, but for some.
func answered(err error) bool {
	_, some := errors.AsType[*unreadError](err)
	return err == nil || some
}

// ask asks each workflow of a list. One that does not answer, or cannot be read, hides no other: the
// error is an [unreadError] once all the others have answered. It is another one where nobody answers.
func ask[T any](ctx context.Context, c Config, q question[T]) error {
	list, err := c.Temporal.ListWorkflow(ctx, &workflowservice.ListWorkflowExecutionsRequest{Query: q.list, PageSize: mostAsked + 1})
	if err != nil {
		return err
	}
	if n := len(list.GetExecutions()); n > mostAsked {
		return fmt.Errorf("more than %d workflows to ask", mostAsked)
	}
	var mu sync.Mutex
	survey := execution.Survey{AtOnce: askedAtOnce}
	var todo []func(context.Context)
	for _, info := range list.GetExecutions() {
		todo = append(todo, func(ctx context.Context) {
			value, err := execution.Ask(ctx, &survey, func(ctx context.Context) (T, error) {
				return execution.Query[T](ctx, c.Temporal, execution.Question{
					WorkflowID: info.GetExecution().GetWorkflowId(), RunID: info.GetExecution().GetRunId(), Query: q.query, Within: answerTime,
				})
			})
			if err == nil {
				mu.Lock()
				defer mu.Unlock()
				q.answered(value)
			}
		})
	}
	survey.Each(ctx, todo)
	return unread(&survey)
}

// unread is the error of a survey; nil where all have answered. One that Temporal has forgotten has
// ended since it was listed, and is not to be counted.
func unread(s *execution.Survey) error {
	nobody := []execution.Reason{execution.NoWorker, execution.Late, execution.Refused}
	reasons := append(nobody, execution.NotReady, execution.Failing, execution.Unreadable)
	n, first := s.Without(reasons...), s.First(reasons...)
	switch {
	case n == 0:
		return nil
	case !s.Heard() && s.Without(nobody...) > 0:
		return fmt.Errorf("none of %d workflows answers: %w", n, first)
	}
	return &unreadError{n, first}
}
