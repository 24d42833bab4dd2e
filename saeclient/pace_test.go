package saeclient_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"slipway/cloudapi"
	"slipway/saeclient"
)

// stage runs a test in a bubble of fake time; the transport answers what answer gives for the nth request.
func stage(t *testing.T, answer func(n int) string, run func(t *testing.T, client *saeclient.Client), change ...func(*saeclient.Config)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		n := 0
		change = append(change, func(c *saeclient.Config) {
			c.Transport = roundTrip(func(r *http.Request) (*http.Response, error) {
				n++
				text := answer(n)
				status, body, _ := strings.Cut(text, " ")
				resp := &http.Response{StatusCode: 200, Header: http.Header{}, Body: http.NoBody, Request: r}
				switch status {
				case "ok":
					resp.Body = stringBody(body)
				case "throttled":
					resp.StatusCode = http.StatusTooManyRequests
					resp.Header.Set("Retry-After", body)
				case "down":
					return nil, errors.New("connection refused")
				}
				return resp, nil
			})
		})
		run(t, newClient(t, "http://sae.invalid", change...))
	})
}

func TestPace_ReadsAreRepeatedWhenAsked(t *testing.T) {
	t.Parallel()
	retries := func(n int) func(*saeclient.Config) {
		return func(c *saeclient.Config) {
			c.ReadRetries = n
			c.ReadDelay = func(n int) time.Duration { return time.Duration(n) * time.Second }
		}
	}
	confirm := func(ctx context.Context, c *saeclient.Client) error {
		_, err := c.ConfirmPipelineBatch(ctx, &saeclient.ConfirmPipelineBatchInput{PipelineID: "p", Confirm: true})
		return err
	}
	exec := func(ctx context.Context, c *saeclient.Client) error {
		_, err := c.ExecJob(ctx, &saeclient.ExecJobInput{AppID: "a"})
		return err
	}
	const fine = `ok {"RequestId":"1"}`
	for name, tt := range map[string]struct {
		retries int
		answers []string
		call    func(context.Context, *saeclient.Client) error
		class   error
		took    time.Duration
		sent    int
	}{
		"not unless asked":            {0, []string{"down", fine}, read, cloudapi.ErrUnavailable, 0, 1},
		"until it works":              {3, []string{"down", "down", fine}, read, nil, 3 * time.Second, 3},
		"so many times":               {2, []string{"down", "down", "down", fine}, read, cloudapi.ErrUnavailable, 3 * time.Second, 3},
		"as late as the server wants": {1, []string{"throttled 30", fine}, read, nil, 30 * time.Second, 2},
		"not what cannot change":      {3, []string{`ok {"Success":false,"Code":"InvalidAppId.NotFound"}`, fine}, read, cloudapi.ErrNotFound, 0, 1},
		"never a change":              {3, []string{"down", fine}, mutate, cloudapi.ErrAmbiguous, 0, 1},
		"never a change, throttled":   {3, []string{"throttled 1", fine}, mutate, cloudapi.ErrThrottled, 0, 1},
		"never a confirmation":        {3, []string{"down", fine}, confirm, cloudapi.ErrAmbiguous, 0, 1},
		"never a job":                 {3, []string{"throttled 1", fine}, exec, cloudapi.ErrThrottled, 0, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sent := 0
			stage(t, func(n int) string { sent = n; return tt.answers[n-1] }, func(t *testing.T, client *saeclient.Client) {
				t.Helper()
				began := time.Now()
				require.ErrorIs(t, tt.call(t.Context(), client), tt.class)
				require.Equal(t, tt.took, time.Since(began))
			}, retries(tt.retries))
			require.Equal(t, tt.sent, sent)
		})
	}
}

func TestPace_ARepeatedReadEndsWithItsContext(t *testing.T) {
	t.Parallel()
	stage(t, func(int) string { return "throttled 60" }, func(t *testing.T, client *saeclient.Client) {
		t.Helper()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		began := time.Now()
		require.ErrorIs(t, read(ctx, client), cloudapi.ErrThrottled, "the failure, not the waiting, is told")
		require.Equal(t, time.Second, time.Since(began))
	}, func(c *saeclient.Config) { c.ReadRetries = 5 })
}

func TestPace_DefaultReadDelayGrowsToAMaximum(t *testing.T) {
	t.Parallel()
	for n, milliseconds := range map[int]int64{0: 200, 1: 200, 2: 400, 3: 800, 6: 6400, 7: 10000, 100: 10000} {
		most := time.UnixMilli(milliseconds).Sub(time.UnixMilli(0))
		for range 20 {
			delay := cloudapi.DefaultReadDelay(n)
			require.GreaterOrEqual(t, delay, most/2, n)
			require.Less(t, delay, most, n)
		}
	}
}

// limiter lets calls pass one by one.
type limiter struct {
	waits atomic.Int32
	err   error
}

func (l *limiter) Wait(ctx context.Context) error {
	l.waits.Add(1)
	if l.err == nil {
		return ctx.Err()
	}
	return l.err
}

func TestPace_TheLimiterPacesEveryRequest(t *testing.T) {
	t.Parallel()
	l := new(limiter)
	answers := []string{"down", `ok {"RequestId":"1"}`, `ok {"RequestId":"1"}`}
	stage(t, func(n int) string { return answers[n-1] }, func(t *testing.T, client *saeclient.Client) {
		t.Helper()
		require.NoError(t, read(t.Context(), client))
		require.NoError(t, mutate(t.Context(), client))
	}, func(c *saeclient.Config) { c.Limiter, c.ReadRetries = l, 1 })
	require.EqualValues(t, 3, l.waits.Load(), "repetitions, too")
}

func TestPace_NothingIsSentPastTheLimiter(t *testing.T) {
	t.Parallel()
	full := &limiter{err: errors.New("would exceed the deadline")}
	client := serve(t, func(http.ResponseWriter, *http.Request) { t.Error("a request went out") },
		func(c *saeclient.Config) { c.Limiter, c.ReadRetries = full, 9 })
	err := mutate(t.Context(), client)
	require.ErrorIs(t, err, cloudapi.ErrThrottled, "not ambiguous: nothing was sent")
	require.ErrorContains(t, err, "would exceed the deadline")
	require.ErrorIs(t, read(t.Context(), client), cloudapi.ErrThrottled)
	require.EqualValues(t, 2, full.waits.Load(), "a refused call is not repeated")

	client = serve(t, func(http.ResponseWriter, *http.Request) { t.Error("a request went out") },
		func(c *saeclient.Config) { c.Limiter = new(limiter) })
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	err = mutate(ctx, client)
	require.ErrorIs(t, err, cloudapi.ErrUnavailable)
	require.ErrorIs(t, err, context.Canceled)
}
