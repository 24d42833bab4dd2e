package worker

import (
	"context"
	"log/slog"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/interceptor"
	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/testsuite"
	sdkworker "go.temporal.io/sdk/worker"

	"slipway/release"
)

// looks is an activity that logs.
func looks[T any](ctx context.Context, _ T) error {
	activity.GetLogger(ctx).Info("looking")
	return nil
}

// What an activity logs that is about an application names it, and nothing else does.
func TestLogger_ActivitiesNameTheApplication(t *testing.T) {
	t.Parallel()
	app := release.App{Platform: release.PlatformSAE, Region: "cn-hangzhou", ID: "shop"}
	for name, c := range map[string]struct {
		do, input any
		want      string
	}{
		"of an application":    {looks[release.ObserveInput], release.ObserveInput{App: app}, "msg=looking app=sae/cn-hangzhou/shop\n"},
		"of none":              {looks[release.ObserveInput], release.ObserveInput{}, "msg=looking\n"},
		"of something without": {looks[release.PublishInput], release.PublishInput{}, "msg=looking\n"},
		"of a text":            {looks[string], "shop", "msg=looking\n"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var written strings.Builder
			var suite testsuite.WorkflowTestSuite
			suite.SetLogger(log.NewStructuredLogger(slog.New(slog.NewTextHandler(&written, &slog.HandlerOptions{
				ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
					if a.Key != "msg" && a.Key != "app" {
						return slog.Attr{}
					}
					return a
				},
			}))))
			env := suite.NewTestActivityEnvironment()
			env.SetWorkerOptions(sdkworker.Options{Interceptors: []interceptor.WorkerInterceptor{&naming{}}})
			env.RegisterActivityWithOptions(c.do, activity.RegisterOptions{Name: "look"})
			_, err := env.ExecuteActivity("look", c.input)
			require.NoError(t, err)
			require.Equal(t, c.want, written.String())
		})
	}
}
