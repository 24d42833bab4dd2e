package lane_test

import (
	"context"
	"fmt"

	"go.temporal.io/sdk/client"

	"slipway/release"
	"slipway/releases/lane"
)

// temporal stands for a Temporal server with a worker: it answers every update with the same
// value. A program has a [client.Client] instead.
type temporal[T any] struct{ answer T }

func (temporal[T]) NewWithStartWorkflowOperation(client.StartWorkflowOptions, any, ...any) client.WithStartWorkflowOperation {
	return nil
}

func (t temporal[T]) UpdateWithStartWorkflow(context.Context, client.UpdateWithStartWorkflowOptions) (client.WorkflowUpdateHandle, error) {
	return handle[T]{answer: t.answer}, nil
}

// handle is an update that is completed.
type handle[T any] struct {
	client.WorkflowUpdateHandle

	answer T
}

func (h handle[T]) Get(_ context.Context, out any) error {
	*out.(*T) = h.answer //nolint:forcetypeassert // the example asks for what it answers
	return nil
}

func shop() release.App {
	return release.App{Platform: release.PlatformSAE, Region: "cn-hangzhou", ID: "shop"}
}

// A Go program asks for a release through Temporal alone.
func ExampleSubmit() {
	t := temporal[release.Receipt]{answer: release.Receipt{ReleaseID: "r-7fq3gmexample", Standing: release.StandingQueued, Ahead: 1}}
	receipt, err := lane.Submit(context.Background(), t, release.Submission{
		ReleaseID: "r-7fq3gmexample",
		Spec:      release.Spec{App: shop(), Artifact: release.Artifact{Image: "registry.example/shop:1.4.2"}},
	})
	fmt.Println(receipt.Standing, receipt.Ahead, err)
	// Output: queued 1 <nil>
}

// An operator holds a lane: nothing new begins until somebody resumes it.
func ExampleSend() {
	t := temporal[release.LaneState]{answer: release.LaneState{App: shop(), Held: &release.Hold{By: "ann", Reason: "an incident"}}}
	var state release.LaneState
	err := lane.Send(context.Background(), t, lane.Update{
		App: shop(), Name: release.UpdateHold, Arg: release.LaneCommand{By: "ann", Reason: "an incident"}, ID: "incident-7",
	}, &state)
	fmt.Println("held by", state.Held.By, err)
	// Output: held by ann <nil>
}
