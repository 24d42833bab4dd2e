package releases_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"
	taskqueuepb "go.temporal.io/api/taskqueue/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"
	"google.golang.org/protobuf/types/known/timestamppb"

	"slipway/release"
	"slipway/releases"
)

// lookedUp is an activity that has answered a look-up, or failed.
type lookedUp struct {
	client.ActivityHandle

	found release.Lookup
	err   error
}

func (l lookedUp) Get(_ context.Context, out any) error {
	if l.err == nil {
		*out.(*release.Lookup) = l.found
	}
	return l.err
}

func TestLookup(t *testing.T) {
	t.Parallel()
	in := release.LookupInput{App: release.App{Platform: release.PlatformSAE, Region: "cn-hangzhou"}, Namespace: "cn-hangzhou:test", Name: "shop"}
	found := release.Lookup{Found: []release.NamedApp{{ID: "a", Namespace: in.Namespace, Name: in.Name}}}
	for name, c := range map[string]struct {
		pollers []*taskqueuepb.PollerInfo
		got     error
		want    string
	}{
		"found":                {[]*taskqueuepb.PollerInfo{{LastAccessTime: timestamppb.New(time.Now())}}, nil, ""},
		"it cannot be read":    {[]*taskqueuepb.PollerInfo{{LastAccessTime: timestamppb.New(time.Now())}}, temporal.NewNonRetryableApplicationError("the key is not accepted", "Auth", nil), "the key is not accepted (Auth)"},
		"no worker is running": {nil, nil, "no worker answers"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m, r := newClient(t)
			m.On("DescribeTaskQueue", mock.Anything, mock.Anything, mock.Anything).Return(&workflowservice.DescribeTaskQueueResponse{Pollers: c.pollers}, nil)
			if c.pollers != nil {
				m.On("ExecuteActivity", mock.Anything, mock.MatchedBy(func(o client.StartActivityOptions) bool {
					return o.TaskQueue == "slipway-sae-cn-hangzhou" && o.ScheduleToCloseTimeout > 0
				}), "sae.Lookup", in).Return(lookedUp{found: found, err: c.got}, nil)
			}
			got, err := r.Lookup(t.Context(), in)
			if c.want == "" {
				require.NoError(t, err)
				require.Equal(t, found, got)
				return
			}
			require.ErrorContains(t, err, c.want)
			_, none := errors.AsType[*releases.NoWorkerError](err)
			require.Equal(t, c.pollers == nil, none)
		})
	}
}
