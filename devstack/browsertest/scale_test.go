package browsertest_test

import (
	"context"
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
func crowd(ctx context.Context, t *testing.T, s *stack.Stack) []string {
	t.Helper()
	sae, err := s.SAEClient()
	require.NoError(t, err)
	apps := make([]release.App, manyLanes)
	group, running := errgroup.WithContext(ctx)
	group.SetLimit(8)
	for i := range apps {
		group.Go(func() (err error) {
			apps[i], err = scenario.CreateApp(running, sae, fmt.Sprintf("service-%02d", i))
			return err
		})
	}
	require.NoError(t, group.Wait())
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
	require.NoError(t, group.Wait())
	c := releases.New(s.Client)
	var parked []string
	require.Eventually(t, func() bool {
		found, _, err := c.List(ctx, releases.Filter{Open: true})
		require.NoError(t, err)
		parked = parked[:0]
		for _, r := range found {
			if r.Phase == release.PhaseAwaitingConfirm {
				parked = append(parked, r.ID)
			}
		}
		return len(found) == manyReleases && len(parked) == manyLanes
	}, patience, time.Second)
	return parked
}

// p95 is the time that nineteen of twenty took at most.
func p95(took []time.Duration) time.Duration {
	slices.Sort(took)
	return took[len(took)*95/100]
}

// With a thousand releases and fifty lanes, pages come at once, and what happens is on the screen within a moment.
func TestConsole_AThousandReleases(t *testing.T) {
	t.Parallel()
	s := everything(t)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	parked := crowd(ctx, t, s)

	for _, path := range []string{"/", "/releases?limit=1000", "/lanes", "/releases/" + parked[0], "/approvals", "/search?q=service-07"} {
		var took []time.Duration
		size := 0
		for range manyReads {
			began := time.Now()
			req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.Console().URL+path, nil)
			require.NoError(t, err)
			req.Header.Set("Authorization", "Bearer "+s.Console().Token)
			resp, err := http.DefaultClient.Do(req)
			require.NoError(t, err)
			n, err := io.Copy(io.Discard, resp.Body)
			require.NoError(t, err)
			require.NoError(t, resp.Body.Close())
			require.Equal(t, http.StatusOK, resp.StatusCode, path)
			took, size = append(took, time.Since(began)), int(n)
		}
		most := p95(took)
		t.Logf("%s: %d bytes, p50 %v, p95 %v", path, size, took[len(took)/2], most)
		require.Less(t, most, 5*time.Second, "%s: beside other tests it takes longer than the 200 ms of an idle machine, but not so long", path)
	}

	b := open(t, s.Console().URL).signsIn(s.Console().Token)
	c := releases.New(s.Client)
	var took []time.Duration
	for _, id := range parked[:manyEvents] {
		b.at("/releases/" + id).sees("confirmation of batch 1 of 2")
		p, err := c.SendCommand(ctx, id, release.Command{Kind: release.CommandConfirm, Batch: 1, By: "ann"})
		require.NoError(t, err)
		require.NotEmpty(t, p.Decisions)
		b.sees("confirm batch 1 by ann")
		took = append(took, time.Since(p.Decisions[len(p.Decisions)-1].At))
	}
	t.Logf("event to screen: p50 %v, p95 %v", took[len(took)/2], p95(took))
	require.Less(t, p95(took), 5*time.Second)
}
