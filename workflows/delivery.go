package workflows

import (
	"fmt"
	"slices"
	"strconv"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"slipway/release"
)

const (
	// handOverLimit is how long a delivery waits for a further lot of events: who hands them
	// over does nothing else meanwhile.
	handOverLimit = time.Hour
	// maxDeliveries bounds the deliveries of one workflow that can be under way at a time. A
	// workflow has more than one only where it was reset in Temporal and has ended again.
	maxDeliveries = 10
)

// Delivery publishes the lifecycle events that a release, a set or a watchdog could not
// deliver before its end, in their order and however long the bus is away, so that neither
// an outcome nor a lane waits for the bus. It ends when all of them are delivered. One that is
// cancelled fails and says how many were not.
func Delivery(ctx workflow.Context, in release.DeliveryRequest) (release.DeliveryResult, error) {
	if in.Total < 1 || len(in.Events) > in.Total {
		return release.DeliveryResult{}, invalid(release.Problem{Field: "total", Message: "must be the number of all events"})
	}
	d := &delivery{DeliveryRequest: in, further: workflow.GetSignalChannel(ctx, release.SignalDeliver)}
	return d.execute(withBus(ctx))
}

// delivery is the work of one.
type delivery struct {
	release.DeliveryRequest // Events are those at hand

	further workflow.ReceiveChannel
	told    int
}

func (d *delivery) execute(ctx workflow.Context) (release.DeliveryResult, error) {
	for d.told < d.Total {
		if len(d.Events) == 0 && !d.receive(ctx) {
			return d.fail(ctx, "they were not handed over")
		}
		patiently(ctx, d.Events)
		if ctx.Err() != nil {
			return d.fail(ctx, "the delivery was cancelled; the first is "+d.Events[0].ID)
		}
		d.told += len(d.Events)
		d.Events = nil
	}
	return release.DeliveryResult{Told: d.told}, nil
}

// receive takes the next lot, and reports whether it has come.
func (d *delivery) receive(ctx workflow.Context) bool {
	came, _ := workflow.AwaitWithTimeout(ctx, handOverLimit, func() bool { return d.further.Len() > 0 })
	var lot release.PublishInput
	if came {
		d.further.Receive(ctx, &lot)
	}
	d.Events = lot.Events
	return len(d.Events) > 0
}

func (d *delivery) fail(ctx workflow.Context, why string) (release.DeliveryResult, error) {
	words := fmt.Sprintf("%d of %d lifecycle events were not delivered: %s", d.Total-d.told, d.Total, why)
	workflow.GetLogger(ctx).Error(words)
	return release.DeliveryResult{}, temporal.NewNonRetryableApplicationError(words, string(release.FaultStopped), nil)
}

// handOver leaves the events of a workflow to a [Delivery], which goes on when that workflow
// has ended. It returns once Temporal has all of them.
func handOver(ctx workflow.Context, workflowID string, events []release.Event) {
	if len(events) == 0 {
		return
	}
	lots := slices.Collect(slices.Chunk(events, maxLot))
	child, err := startDelivery(ctx, workflowID, release.DeliveryRequest{Events: lots[0], Total: len(events)})
	for _, lot := range lots[1:] {
		if err == nil { // one at a time: their order is that of the events
			err = child.SignalChildWorkflow(ctx, release.SignalDeliver, release.PublishInput{Events: lot}).Get(ctx, nil)
		}
	}
	if err != nil {
		workflow.GetLogger(ctx).Error("lifecycle events were not handed over", "count", len(events), "first", events[0].ID, "error", err)
	}
}

// startDelivery returns once Temporal has the delivery with its first lot.
func startDelivery(ctx workflow.Context, workflowID string, in release.DeliveryRequest) (child workflow.ChildWorkflowFuture, err error) {
	first := in.Events[0]
	options := workflow.ChildWorkflowOptions{
		ParentClosePolicy: enumspb.PARENT_CLOSE_POLICY_ABANDON,
		StaticSummary:     fmt.Sprintf("%d events from %s on, which the bus did not take at once", in.Total, first.ID),
	}
	if first.Set == nil {
		options.TypedSearchAttributes = temporal.NewSearchAttributes(
			temporal.NewSearchAttributeKeyKeyword(release.SearchApp).ValueSet(first.Progress.App.SearchValue()),
		)
	}
	for n := range maxDeliveries {
		options.WorkflowID = release.DeliveryID(workflowID)
		if n > 0 {
			options.WorkflowID += "/" + strconv.Itoa(n+1)
		}
		child = workflow.ExecuteChildWorkflow(workflow.WithChildOptions(ctx, options), release.WorkflowDelivery, in)
		if err = child.GetChildWorkflowExecution().Get(ctx, nil); !temporal.IsWorkflowExecutionAlreadyStartedError(err) {
			break
		}
	}
	return child, err
}
