package releases

import (
	"context"
	"slices"
	"strings"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	taskqueuepb "go.temporal.io/api/taskqueue/v1"
	"go.temporal.io/api/workflowservice/v1"

	"slipway/release"
)

// NoWorkerError means that no worker takes the tasks of a queue, so that nothing that was asked for
// would begin.
type NoWorkerError struct {
	// Queue is the task queue.
	Queue string
	// Platform and Region are those of the application, where the queue is one of a region.
	Platform release.Platform
	Region   string
}

// Error implements error.
func (e *NoWorkerError) Error() string {
	return e.Reason() + "; to see what is missing: slipway doctor"
}

// Reason says that nobody answers, and how to start a worker.
func (e *NoWorkerError) Reason() string {
	start := "slipway worker"
	if e.Region != "" {
		start = regionSetting(e.Platform, e.Region) + " " + start
	}
	return "no worker answers: none takes tasks from task queue " + e.Queue + "; start one: " + start
}

// regionSetting is the setting by which a worker serves a region of a platform.
func regionSetting(p release.Platform, region string) string {
	return "SLIPWAY_" + strings.ToUpper(string(p)) + "_REGION=" + region
}

// pollTime is how long ago a worker has asked that is still there: it asks again within a minute,
// and a few seconds are for the way.
const pollTime = 70 * time.Second

// Polling returns the workers that take tasks from a queue, as it is described.
func Polling(d *workflowservice.DescribeTaskQueueResponse, now time.Time) []*taskqueuepb.PollerInfo {
	return slices.DeleteFunc(slices.Clone(d.GetPollers()), func(p *taskqueuepb.PollerInfo) bool {
		return now.Sub(p.GetLastAccessTime().AsTime()) >= pollTime
	})
}

// CheckWorkers makes sure that workers carry out workflows and, unless the application is the zero
// one, the calls to its platform. Its error is a [NoWorkerError]; where Temporal does not tell, there
// is none. A worker that has died is not missed before a minute has passed.
func (c *Client) CheckWorkers(ctx context.Context, app release.App) error {
	if !c.takes(ctx, release.WorkflowTaskQueue, enumspb.TASK_QUEUE_TYPE_WORKFLOW) {
		return &NoWorkerError{Queue: release.WorkflowTaskQueue}
	}
	if app == (release.App{}) {
		return nil
	}
	queue := release.PlatformTaskQueue(app.Platform, app.Region)
	if !c.takes(ctx, queue, enumspb.TASK_QUEUE_TYPE_ACTIVITY) {
		return &NoWorkerError{Queue: queue, Platform: app.Platform, Region: app.Region}
	}
	return nil
}

// takes reports whether somebody takes tasks from a queue, or nobody knows.
func (c *Client) takes(ctx context.Context, queue string, kind enumspb.TaskQueueType) bool {
	ctx, cancel := context.WithTimeout(ctx, callTime)
	defer cancel()
	d, err := c.temporal.DescribeTaskQueue(ctx, queue, kind)
	return err != nil || len(Polling(d, time.Now())) > 0
}
