package releases_test

import (
	"context"
	"fmt"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"

	"slipway/release"
	"slipway/releases"
)

// server stands for a Temporal server with a worker, and knows one release. A program has the
// result of [client.Dial] instead.
type server struct {
	client.Client

	progress release.Progress
}

func (t *server) DescribeWorkflow(context.Context, string, string) (*client.WorkflowExecutionDescription, error) {
	d := described(enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING)
	if t.progress.Phase.Ended() {
		d.Status = enumspb.WORKFLOW_EXECUTION_STATUS_COMPLETED
	}
	return d, nil
}

func (t *server) QueryWorkflow(context.Context, string, string, string, ...any) (converter.EncodedValue, error) {
	return answering{t.progress}, nil
}

func (t *server) GetWorkflow(context.Context, string, string) client.WorkflowRun {
	return result{p: t.progress}
}

func (t *server) UpdateWorkflow(context.Context, client.UpdateWorkflowOptions) (client.WorkflowUpdateHandle, error) {
	return result{p: t.progress}, nil
}

// result is a workflow or an update that has completed.
type result struct {
	client.WorkflowRun
	client.WorkflowUpdateHandle

	p release.Progress
}

func (r result) Get(_ context.Context, out any) error { return answering{r.p}.Get(out) }

// A release is shown as it stands. Without a worker the status is partial: it holds what
// Temporal knows, and says so.
func ExampleClient_Get() {
	c := releases.New(&server{progress: release.Progress{
		ReleaseID: id, Phase: release.PhaseAwaitingConfirm, Awaiting: &release.Awaiting{Kind: release.AwaitConfirm, Batch: 1},
	}})
	status, err := c.Get(context.Background(), id)
	if err != nil {
		fmt.Println(err)
		return
	}
	if status.Partial.Reason != releases.PartialNone {
		fmt.Println("partial:", status.Partial.Message)
	}
	fmt.Println(status.Progress.Phase, "batch", status.Progress.Awaiting.Batch)
	// Output: AwaitingConfirm batch 1
}

// A person confirms the first batch. The ID makes a retry count once.
func ExampleClient_SendCommand() {
	c := releases.New(&server{progress: release.Progress{ReleaseID: id, Phase: release.PhaseRollingOut}})
	p, err := c.SendCommand(context.Background(), id, release.Command{
		Kind: release.CommandConfirm, ID: "click-42", Batch: 1, By: "ann", Via: release.ViaUpdate, Note: "orders look right",
	})
	fmt.Println(p.Phase, err)
	// Output: RollingOut <nil>
}

// A release is watched to its end. OnEvent is called after every read, so that it can draw
// a clock as well.
func ExampleWatcher() {
	c := releases.New(&server{progress: release.Progress{ReleaseID: id, Phase: release.PhaseSucceeded, Outcome: release.PhaseSucceeded}})
	last, err := releases.Watcher[release.Progress]{
		Get:   func(ctx context.Context) (releases.Status[release.Progress], error) { return c.Get(ctx, id) },
		Grace: 10 * time.Second,
		OnEvent: func(e releases.WatchEvent[release.Progress]) error {
			fmt.Println("seen:", e.Progress.Phase)
			return nil
		},
	}.Watch(context.Background())
	fmt.Println("ended:", last.Outcome, err)
	// Output:
	// seen: Succeeded
	// ended: Succeeded <nil>
}
