package browsertest_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"slipway/devstack/scenario"
	"slipway/devstack/stack"
	"slipway/release"
	"slipway/releases"
)

// How much there is, and how many pages and events are measured.
const (
	manyLanes    = 50
	manyReleases = 1000
	manyReads    = 20
	manyEvents   = 10
)

// crowd has a stack work on a thousand releases in fifty lanes: the first of each waits for a confirmation, the others behind it. It
// returns those that wait for a confirmation.
func crowd(ctx context.Context, tb testing.TB, s *stack.Stack) []string {
	tb.Helper()
	sae, err := s.SAEClient()
	require.NoError(tb, err)
	apps := make([]release.App, manyLanes)
	group, running := errgroup.WithContext(ctx)
	group.SetLimit(8)
	for i := range apps {
		group.Go(func() (err error) {
			apps[i], err = scenario.CreateApp(running, sae, fmt.Sprintf("service-%02d", i))
			return err
		})
	}
	require.NoError(tb, group.Wait())
	group, running = errgroup.WithContext(ctx)
	group.SetLimit(8)
	for i := range manyReleases {
		group.Go(func() error {
			_, err := scenario.Request(running, s.JetStream, fmt.Sprintf("crowd-%d", i), release.Spec{
				App: apps[i%manyLanes], Artifact: release.Artifact{Image: fmt.Sprintf("registry.example/service:1.%d.0", i/manyLanes)}, RequestedBy: "ci",
				Strategy: release.Strategy{Type: release.StrategyGray, Gray: 1, Batches: 1, Confirm: release.ConfirmManual},
			})
			return err
		})
	}
	require.NoError(tb, group.Wait())
	c := releases.New(s.Client)
	var parked []string
	require.Eventually(tb, func() bool {
		found, _, err := c.List(ctx, releases.Filter{Open: true})
		require.NoError(tb, err)
		parked = parked[:0]
		for _, r := range found {
			if r.Phase == release.PhaseAwaitingConfirm {
				parked = append(parked, r.ID)
			}
		}
		return len(found) == manyReleases && len(parked) == manyLanes
	}, 2*patience, time.Second)
	return parked
}

// BenchmarkConsole reads pages while a thousand releases are in fifty lanes, and measures how long what happens takes to be on the screen:
//
//	go test ./browsertest -run '^$' -bench Console -benchtime 1x
//
// A person may wait 200 ms for a page, and a second for what has happened. It takes minutes to begin so many releases, so that no check runs it.
func BenchmarkConsole(b *testing.B) {
	s := everything(b)
	ctx, cancel := context.WithTimeout(b.Context(), 2*patience)
	defer cancel()
	parked := crowd(ctx, b, s)
	// The overview comes last: by then the servers have done what so many beginnings have left to do.
	for _, path := range []string{"/releases?limit=1000", "/lanes", "/lanes/" + shop, "/releases/" + parked[0], "/approvals", "/search?q=service-07", "/"} {
		b.Run(path, func(b *testing.B) {
			var took []time.Duration
			for range b.N * manyReads {
				took = append(took, get(ctx, b, s.Console(), path))
			}
			report(b, took)
		})
	}
	b.Run("event to screen", func(b *testing.B) {
		shown, c := open(b, s.Console().URL).signsIn(s.Console().Token).sees("Needs a person"), releases.New(s.Client) //nolint:contextcheck // a browser has its own
		var took []time.Duration
		for _, id := range parked[:manyEvents] {
			shown.at("/releases/" + id).sees("confirmation of batch 1 of 2") //nolint:contextcheck // as above
			p, err := c.SendCommand(ctx, id, release.Command{Kind: release.CommandConfirm, Batch: 1, By: "ann"})
			require.NoError(b, err)
			require.NotEmpty(b, p.Decisions)
			shown.sees("confirm batch 1 by ann") //nolint:contextcheck // as above
			took = append(took, time.Since(p.Decisions[len(p.Decisions)-1].At))
		}
		report(b, took)
	})
}

// get reads a page to its end, and returns how long that took.
func get(ctx context.Context, tb testing.TB, at stack.Console, path string) time.Duration {
	tb.Helper()
	began := time.Now()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, at.URL+path, nil)
	require.NoError(tb, err)
	req.Header.Set("Authorization", "Bearer "+at.Token)
	resp, err := http.DefaultClient.Do(req)
	require.NoError(tb, err)
	_, err = io.Copy(io.Discard, resp.Body)
	require.NoError(tb, errors.Join(err, resp.Body.Close()))
	require.Equal(tb, http.StatusOK, resp.StatusCode, path)
	return time.Since(began)
}

// report tells what half of the times and nineteen of twenty of them were at most.
func report(b *testing.B, took []time.Duration) {
	b.Helper()
	slices.Sort(took)
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(float64(took[len(took)/2].Milliseconds()), "ms-p50")
	b.ReportMetric(float64(took[len(took)*95/100].Milliseconds()), "ms-p95")
}
