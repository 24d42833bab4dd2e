package releases_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	taskqueuepb "go.temporal.io/api/taskqueue/v1"
	"go.temporal.io/api/workflowservice/v1"
	"google.golang.org/protobuf/types/known/timestamppb"

	"slipway/release"
	"slipway/releases"
)

// Which worker is missing is told with how to start it.
func TestCheckWorkers(t *testing.T) {
	t.Parallel()
	polled := func(ago time.Duration) *workflowservice.DescribeTaskQueueResponse {
		at := timestamppb.New(time.Now().Add(-ago))
		return &workflowservice.DescribeTaskQueueResponse{Pollers: []*taskqueuepb.PollerInfo{{LastAccessTime: at}}}
	}
	nobody := &workflowservice.DescribeTaskQueueResponse{}
	const (
		none   = "no worker answers: none takes tasks from task queue slipway; start one: slipway worker; to see what is missing: slipway doctor"
		region = "no worker answers: none takes tasks from task queue slipway-sae-cn-hangzhou; start one: SLIPWAY_SAE_REGION=cn-hangzhou slipway worker; to see what is missing: slipway doctor"
		fc     = "no worker answers: none takes tasks from task queue slipway-fc-cn-hangzhou; start one: SLIPWAY_FC_REGION=cn-hangzhou slipway worker; to see what is missing: slipway doctor"
	)
	for name, c := range map[string]struct {
		workflows, activities *workflowservice.DescribeTaskQueueResponse
		err                   error
		app                   release.App
		want                  string
	}{
		"both are there":           {polled(time.Second), polled(time.Minute), nil, app(), ""},
		"none has ever been":       {nobody, nobody, nil, app(), none},
		"it has gone":              {polled(2 * time.Minute), polled(time.Second), nil, app(), none},
		"none in the region":       {polled(time.Second), nobody, nil, app(), region},
		"none of the platform":     {polled(time.Second), nobody, nil, service(), fc},
		"no region is asked for":   {polled(time.Second), nobody, nil, release.App{}, ""},
		"Temporal does not answer": {nil, nil, serviceerror.NewUnavailable("away"), app(), ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m, r := newClient(t)
			m.On("DescribeTaskQueue", mock.Anything, "slipway", enumspb.TASK_QUEUE_TYPE_WORKFLOW).Return(c.workflows, c.err).Maybe()
			m.On("DescribeTaskQueue", mock.Anything, "slipway-fc-cn-hangzhou", enumspb.TASK_QUEUE_TYPE_ACTIVITY).Return(c.activities, c.err).Maybe()
			m.On("DescribeTaskQueue", mock.Anything, "slipway-sae-cn-hangzhou", enumspb.TASK_QUEUE_TYPE_ACTIVITY).Return(c.activities, c.err).Maybe()
			err := r.CheckWorkers(t.Context(), c.app)
			if c.want == "" {
				require.NoError(t, err)
				return
			}
			require.EqualError(t, err, c.want)
			require.ErrorAs(t, err, new(*releases.NoWorkerError))
		})
	}
}
