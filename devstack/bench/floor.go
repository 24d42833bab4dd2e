package bench

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"slipway/devstack/stack"
)

// The names of the floor, in NATS and in Temporal.
const (
	floorStream  = "BENCH_IN"
	floorSubject = "bench.request."
	floorQueue   = "bench"
	floorMailbox = "BenchMailbox"
	floorChild   = "BenchChild"
	floorStep    = "BenchStep"
	floorSubmit  = "submit"
)

// errorLimit bounds one activity of the floor.
const errorLimit = time.Minute

// errand is what is asked of the floor.
type errand struct {
	// Key names it, and its mailbox, as an application has a lane.
	Key string `json:"key"`
	// Steps is how many empty activities its child carries out.
	Steps int `json:"steps"`
}

func (e errand) mailboxID() string { return "bench/" + e.Key }

// mailbox takes errands by an update and starts a child for each, as a lane does with releases; it answers once Temporal has the
// child, and ends when all children have.
func mailbox(ctx workflow.Context) error {
	running, taken := 0, false
	err := workflow.SetUpdateHandler(ctx, floorSubmit, func(ctx workflow.Context, e errand) error {
		taken = true
		running++
		child := workflow.ExecuteChildWorkflow(workflow.WithChildOptions(ctx, workflow.ChildWorkflowOptions{
			WorkflowID: e.mailboxID() + "/child", ParentClosePolicy: enumspb.PARENT_CLOSE_POLICY_ABANDON,
		}), floorChild, e)
		if err := child.GetChildWorkflowExecution().Get(ctx, nil); err != nil {
			return err
		}
		workflow.Go(ctx, func(ctx workflow.Context) {
			_ = child.Get(ctx, nil)
			running--
		})
		return nil
	})
	if err != nil {
		return err
	}
	return workflow.Await(ctx, func() bool { return taken && running == 0 && workflow.AllHandlersFinished(ctx) })
}

// child carries out as many empty activities as it is told, one after the other.
func child(ctx workflow.Context, e errand) error {
	ctx = workflow.WithActivityOptions(ctx, workflow.ActivityOptions{StartToCloseTimeout: errorLimit})
	for step := 1; step <= e.Steps; step++ {
		if err := workflow.ExecuteActivity(ctx, floorStep, e.Key, step).Get(ctx, nil); err != nil {
			return err
		}
	}
	return nil
}

// floor takes messages of a stream of its own to mailboxes.
type floor struct {
	*stack.Stack

	// reached has a channel of an errand that is closed when its last activity begins.
	mu      sync.Mutex
	reached map[string]chan struct{}
	steps   int
}

// startFloor runs the floor until the returned function is called.
func startFloor(ctx context.Context, s *stack.Stack) (f *floor, end func(), err error) {
	f = &floor{Stack: s, reached: map[string]chan struct{}{}}
	stream, err := s.JetStream.CreateStream(ctx, jetstream.StreamConfig{
		Name: floorStream, Subjects: []string{floorSubject + ">"}, Retention: jetstream.WorkQueuePolicy, Storage: jetstream.FileStorage,
	})
	if err != nil {
		return nil, nil, fmt.Errorf("bench: stream of the floor: %w", err)
	}
	consumer, err := stream.CreateConsumer(ctx, jetstream.ConsumerConfig{Durable: "bench", AckPolicy: jetstream.AckExplicitPolicy, MaxAckPending: -1})
	if err != nil {
		return nil, nil, fmt.Errorf("bench: consumer of the floor: %w", err)
	}
	messages, err := consumer.Messages()
	if err != nil {
		return nil, nil, fmt.Errorf("bench: consumer of the floor: %w", err)
	}
	w := worker.New(s.Client, floorQueue, worker.Options{})
	w.RegisterWorkflowWithOptions(mailbox, workflow.RegisterOptions{Name: floorMailbox})
	w.RegisterWorkflowWithOptions(child, workflow.RegisterOptions{Name: floorChild})
	w.RegisterActivityWithOptions(f.step, activity.RegisterOptions{Name: floorStep})
	if err := w.Start(); err != nil {
		messages.Stop()
		return nil, nil, fmt.Errorf("bench: worker of the floor: %w", err)
	}
	var consuming sync.WaitGroup
	consuming.Go(func() { f.consume(ctx, messages) })
	return f, func() {
		messages.Stop()
		consuming.Wait()
		w.Stop()
	}, nil
}

// step is an empty activity; the last one of an errand lets it count as reached.
func (f *floor) step(_ context.Context, key string, step int) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if reached := f.reached[key]; reached != nil && step == f.steps {
		close(reached)
		delete(f.reached, key)
	}
	return nil
}

// concurrency is how many messages are handled at a time, as in a starter.
const concurrency = 16

// consume hands each message to its mailbox, and acknowledges it once that has it.
func (f *floor) consume(ctx context.Context, messages jetstream.MessagesContext) {
	slots := make(chan struct{}, concurrency)
	var handling sync.WaitGroup
	defer handling.Wait()
	for {
		msg, err := messages.Next()
		if err != nil {
			return // it was stopped
		}
		slots <- struct{}{}
		handling.Go(func() {
			defer func() { <-slots }()
			if err := f.submit(ctx, msg.Data()); err != nil {
				_ = msg.Nak() // it comes again
				return
			}
			_ = msg.DoubleAck(ctx) // it comes again, and counts once
		})
	}
}

func (f *floor) submit(ctx context.Context, text []byte) error {
	var e errand
	if err := json.Unmarshal(text, &e); err != nil {
		return err
	}
	start := f.Client.NewWithStartWorkflowOperation(client.StartWorkflowOptions{
		ID: e.mailboxID(), TaskQueue: floorQueue, WorkflowIDConflictPolicy: enumspb.WORKFLOW_ID_CONFLICT_POLICY_USE_EXISTING,
	}, floorMailbox)
	handle, err := f.Client.UpdateWithStartWorkflow(ctx, client.UpdateWithStartWorkflowOptions{
		StartWorkflowOperation: start,
		UpdateOptions: client.UpdateWorkflowOptions{
			UpdateID: e.Key, WorkflowID: e.mailboxID(), UpdateName: floorSubmit, Args: []any{e}, WaitForStage: client.WorkflowUpdateStageCompleted,
		},
	})
	if err != nil {
		return err
	}
	return handle.Get(ctx, nil)
}

// publish asks for an errand by an event.
func (f *floor) publish(ctx context.Context, e errand) error {
	text, err := json.Marshal(e)
	if err != nil {
		return err
	}
	_, err = f.JetStream.Publish(ctx, floorSubject+e.Key, text)
	return err
}

// latency is the time from the event of an errand until its last activity begins.
func (f *floor) latency(ctx context.Context, e errand) (time.Duration, error) {
	reached := make(chan struct{})
	f.mu.Lock()
	f.reached[e.Key], f.steps = reached, e.Steps
	f.mu.Unlock()
	begun := time.Now()
	if err := f.publish(ctx, e); err != nil {
		return 0, err
	}
	select {
	case <-reached:
		return time.Since(begun), nil
	case <-ctx.Done():
		return 0, errors.Join(errors.New("bench: the floor has not carried its errand out"), context.Cause(ctx))
	}
}
