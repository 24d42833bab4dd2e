package execution_test

import (
	"context"
	"errors"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/serviceerror"

	"slipway/releases/execution"
)

// puts asks each of the workflows.
func puts(ctx context.Context, s *execution.Survey, all []workflow) {
	todo := make([]func(context.Context), len(all))
	for i, w := range all {
		todo[i] = func(ctx context.Context) {
			_, _ = execution.Ask(ctx, s, func(ctx context.Context) (int, error) {
				return execution.Query[int](ctx, w, execution.Question{})
			})
		}
	}
	s.Each(ctx, todo)
}

func TestSurvey(t *testing.T) {
	t.Parallel()
	answers, silent := workflow{value: 7}, workflow{err: serviceerror.NewUnavailable("away")}
	failing, notReady := workflow{err: serviceerror.NewQueryFailed("panic")}, workflow{err: serviceerror.NewWorkflowNotReady("no task yet")}
	refused := workflow{err: errors.New("key k-1 is missing")}
	for name, c := range map[string]struct {
		all          []workflow
		alone, heard bool
		asked        int
	}{
		"nobody":                       {nil, false, false, 0},
		"all answer":                   {[]workflow{answers, answers}, false, true, 2},
		"one is slow":                  {[]workflow{silent, answers}, false, true, 2},
		"no worker":                    {[]workflow{silent, silent}, true, false, 2},
		"a worker answers with errors": {[]workflow{silent, failing}, false, true, 2},
		"another type":                 {[]workflow{silent, {value: "seven"}}, false, true, 2},
		"one has not run yet":          {[]workflow{notReady}, false, false, 1},
		"refused by Temporal":          {[]workflow{refused, refused}, false, false, 2},
		"so many in vain":              {slices.Repeat([]workflow{silent}, 9), true, false, 4},
		"so many in vain after one":    {append([]workflow{answers}, slices.Repeat([]workflow{silent}, 8)...), false, true, 9},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := &execution.Survey{AtOnce: 1, GiveUp: 4}
			puts(t.Context(), s, c.all)
			require.Equal(t, c.alone, s.Alone())
			require.Equal(t, c.heard, s.Heard())
			require.Equal(t, c.asked, s.Asked())
		})
	}
}

func TestSurvey_CountsWhatHasNoAnswer(t *testing.T) {
	t.Parallel()
	first := serviceerror.NewUnavailable("first")
	s := &execution.Survey{AtOnce: 1}
	puts(t.Context(), s, []workflow{{err: first}, {err: serviceerror.NewUnavailable("second")}, {value: 7}, {err: serviceerror.NewQueryFailed("panic")}})
	require.Equal(t, execution.NotAsked, execution.ReasonOf(s.Omit()))
	over, cancel := context.WithCancel(t.Context())
	cancel()
	puts(over, s, []workflow{{value: 7}})
	require.Equal(t, 4, s.Asked(), "neither what is too many nor what comes too late is asked")
	require.Equal(t, 2, s.Without(execution.NoWorker))
	require.Equal(t, 5, s.Without(execution.NoWorker, execution.Failing, execution.NotAsked, execution.Late))
	require.ErrorIs(t, s.First(execution.NotReady, execution.NoWorker), first)
	require.NoError(t, s.First(execution.NotReady))
}
