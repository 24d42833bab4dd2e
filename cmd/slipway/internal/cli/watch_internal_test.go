package cli

import (
	"bytes"
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"slipway/cmd/slipway/internal/render"
	"slipway/ledger"
	"slipway/release"
	"slipway/releases"
	"slipway/wire"
)

// recording watches a release of which the ledger has this.
func recording(e ledgerEntry[release.Progress], err error) watchTarget[release.Progress] {
	return watchTarget[release.Progress]{
		name: "release",
		get: func(_ context.Context, _ *call, id string) (releases.Status[release.Progress], error) {
			return releases.Status[release.Progress]{}, &releases.NotFoundError{ID: id}
		},
		inLedger: func(context.Context, *call, string) (ledgerEntry[release.Progress], error) { return e, err },
		inStream: storedRelease,
		heldBy: func(context.Context, *call, release.App, release.LanePolicy) (string, []release.NextStep) {
			return "", nil
		},
		search: func(context.Context, *call, string) (wire.Stored, error) { return wire.Stored{}, ledger.ErrNotFound },
		facts:  factsOf,
	}
}

func recordOf(phase release.Phase, updated time.Time) ledgerEntry[release.Progress] {
	p := progress(phase)
	p.Digest = "sha256:one"
	return ledgerEntry[release.Progress]{progress: p, accepted: true, ended: phase.Ended(), updated: updated}
}

func TestWatchTarget_Recorded(t *testing.T) {
	t.Parallel()
	asked := time.Date(2026, 11, 22, 20, 35, 0, 0, time.UTC)
	of := func(phase release.Phase) ledgerEntry[release.Progress] { return recordOf(phase, time.Time{}) }
	for name, c := range map[string]struct {
		entry   ledgerEntry[release.Progress]
		age     time.Duration // since the entry was updated
		err     error
		closed  bool
		partial string
		fails   string
		talk    string
	}{
		"ended":               {of(release.PhaseAborted), time.Hour, nil, true, "", "", "Temporal has forgotten the release; shown is what the ledger has, as of "},
		"not accepted yet":    {ledgerEntry[release.Progress]{asked: asked}, 0, nil, false, "in the ledger since 2026-11-22T20:35:00Z, but it has not been accepted yet", "", ""},
		"about to start":      {of(release.PhaseQueued), startTime - 1, nil, false, "Temporal does not show the release yet", "", ""},
		"lost":                {of(release.PhaseRollingOut), startTime, nil, false, "", "the ledger does not know how it ended", ""},
		"unknown":             {ledgerEntry[release.Progress]{}, 0, ledger.ErrNotFound, false, "", "there is no release", ""},
		"no ID of a release":  {ledgerEntry[release.Progress]{}, 0, release.Problem{Field: "releaseId"}, false, "", "there is no release", ""},
		"the ledger is away":  {ledgerEntry[release.Progress]{}, 0, errors.New("connect to NATS"), false, "the ledger could not be asked: connect to NATS", "there is no release", ""},
		"has another content": {of(release.PhaseSucceeded), time.Hour, nil, false, "", "another content: recorded is sha256:one, asked for is sha256:two", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				c.entry.updated = time.Now().Add(-c.age)
				s, talk := recording(c.entry, c.err), &bytes.Buffer{}
				o := watchOptions{id: id}
				if name == "has another content" {
					o.digest = "sha256:two"
				}
				status, err := s.recorded(t.Context(), &call{app: &app{Env: Env{Stderr: talk}}}, o)
				if c.fails == "" {
					require.NoError(t, err)
				} else {
					require.ErrorContains(t, err, c.fails)
				}
				require.Equal(t, c.closed, status.Closed)
				require.Contains(t, status.Partial.Message, c.partial)
				require.Equal(t, c.partial == "", status.Partial.Message == "")
				require.Contains(t, talk.String(), c.talk)
				require.Equal(t, c.talk == "", talk.Len() == 0)
				if c.closed {
					require.Equal(t, c.entry.progress, status.Progress)
				}
			})
		})
	}
}

// A request that is refused is accepted and ended within a moment. Where Temporal is asked before it
// and the ledger after it, Temporal has forgotten nothing.
func TestWatchTarget_RefusedBetweenTwoQuestions(t *testing.T) {
	t.Parallel()
	refused := progress(release.PhaseFailed)
	refused.Outcome, refused.Reason = release.PhaseFailed, "refused: the lane denies registry.example/shop:2; nothing was changed"
	for name, do := range map[string]func(watchTarget[release.Progress], *call) error{
		"watch": func(s watchTarget[release.Progress], c *call) error {
			return s.watch(t.Context(), c, watchOptions{id: id, grace: graceSubmitted})
		},
		"get": func(s watchTarget[release.Progress], c *call) error { return s.show(t.Context(), c) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, asked := recording(recordOf(release.PhaseFailed, time.Now()), nil), 0
			s.tree, s.diff = render.Tree, render.Diff
			s.get = func(context.Context, *call, string) (releases.Status[release.Progress], error) {
				if asked++; asked == 1 {
					return releases.Status[release.Progress]{}, &releases.NotFoundError{ID: id}
				}
				return releases.Status[release.Progress]{Progress: refused, Closed: true}, nil
			}
			c, out, talk := listCall(render.FormatTable)
			c.args = []string{id}
			if err := do(s, c); name == "watch" {
				require.Equal(t, exitFailed, exitCode(err))
			} else {
				require.NoError(t, err)
			}
			require.Contains(t, out.String(), refused.Reason)
			require.NotContains(t, talk.String(), "forgotten")
		})
	}
}

// Who stops watching is told what goes on, and how to watch it again.
func TestWatchTarget_Left(t *testing.T) {
	t.Parallel()
	recorded, known := ledgerEntry[release.Progress]{}, ledger.ErrNotFound
	watch := func(parent context.Context, o watchOptions, phase release.Phase, end func(context.Context) (context.Context, context.CancelFunc)) error {
		s := recording(recorded, known)
		s.tree, s.diff = nil, func(_, _ release.Progress, _ time.Time) []string { return nil }
		s.get = func(context.Context, *call, string) (releases.Status[release.Progress], error) {
			if phase == "" {
				return releases.Status[release.Progress]{}, &releases.NotFoundError{ID: o.id}
			}
			return releases.Status[release.Progress]{Progress: progress(phase)}, nil
		}
		ctx, cancel := end(parent)
		defer cancel()
		c, _, _ := listCall(render.FormatTable)
		return s.watch(ctx, c, o)
	}
	interrupt := func(ctx context.Context) (context.Context, context.CancelFunc) {
		ctx, cancel := context.WithCancel(ctx)
		time.AfterFunc(5*time.Second, cancel)
		return ctx, cancel
	}
	late := func(ctx context.Context) (context.Context, context.CancelFunc) { return within(ctx, 5*time.Second) }
	const see = "; see slipway release watch " + id
	synctest.Test(t, func(t *testing.T) {
		typed, submitted := watchOptions{id: id, grace: graceWatched}, watchOptions{id: id, grace: graceSubmitted}
		var interrupted *interruptedError
		watch := func(o watchOptions, phase release.Phase, end func(context.Context) (context.Context, context.CancelFunc)) error {
			return watch(t.Context(), o, phase, end)
		}
		err := watch(typed, release.PhaseRollingOut, interrupt)
		require.ErrorAs(t, err, &interrupted)
		require.EqualError(t, err, "interrupted; the release is RollingOut and goes on"+see)
		require.EqualError(t, watch(submitted, "", interrupt), "interrupted; the release is not accepted yet, and its request stays stored"+see)
		require.EqualError(t, watch(typed, "", interrupt), "interrupted; nothing of this ID was found", "nobody knows that anything is stored")
		recorded.asked, known = time.Now(), nil
		require.EqualError(t, watch(typed, "", interrupt), "interrupted; the release has not begun yet"+see)
		require.EqualError(t, watch(typed, release.PhaseQueued, late), "release "+id+": not done within 5s; the release is Queued and goes on"+see)
	})
}

// A request that its lane has no place for says so.
func TestLedgerEntry_ExplainsAFullLane(t *testing.T) {
	t.Parallel()
	e := ledgerEntry[release.Progress]{asked: time.Date(2026, 11, 22, 20, 35, 0, 0, time.UTC)}
	require.Equal(t, "the request is in the ledger since 2026-11-22T20:35:00Z, but it has not been accepted yet", e.explain(id, render.Style{}))
	e.held = "the lane is full: 100 releases wait in it"
	require.Equal(t, "the request is in the ledger since 2026-11-22T20:35:00Z, but it has not been accepted yet: the lane is full: 100 releases wait in it", e.explain(id, render.Style{}))
}

// What becomes of it depends on its policy.
func TestExplainFullLane(t *testing.T) {
	t.Parallel()
	s := release.LaneState{App: release.App{Platform: release.PlatformSAE, Region: "cn-hangzhou", ID: "shop"}, Full: "100 releases wait in it, and no more may"}
	full := func(next string) string {
		return "lane sae/cn-hangzhou/shop is full: 100 releases wait in it, and no more may; " + next
	}
	require.Equal(t, full("it is submitted again by itself once there is room"), explainFullLane(s, release.LaneQueue))
	const order = "its turn comes after the requests for the application that were published before it, and "
	require.Equal(t, full(order+"its lane policy is reject, so it is then refused if the lane is full"), explainFullLane(s, release.LaneReject))
	require.Equal(t, full(order+"it then takes the place of those that wait"), explainFullLane(s, release.LaneSupersede))
	require.Equal(t, full("it is submitted again by itself once there is room, or once the requests published before it have had their turn"), explainFullLane(s, ""))
}

// What waits in the stream behind a full lane says which lane that is and what lets it go on, and
// not that no starter has accepted it: the starters do well to wait.
func TestLedgerEntry_ExplainsAStoredRequestBehindAFullLane(t *testing.T) {
	t.Parallel()
	shop := release.App{Platform: release.PlatformSAE, Region: "cn-hangzhou", ID: "shop"}
	s := recording(ledgerEntry[release.Progress]{}, ledger.ErrNotFound)
	s.search = func(context.Context, *call, string) (wire.Stored, error) {
		return wire.Stored{Sequence: 17, At: time.Date(2026, 11, 22, 20, 35, 0, 0, time.UTC), Spec: release.Spec{App: shop}}, nil
	}
	state := release.LaneState{App: shop, Full: "100 releases wait in it, and no more may, behind a hold by ann", Held: &release.Hold{By: "ann"}}
	s.heldBy = func(_ context.Context, _ *call, _ release.App, policy release.LanePolicy) (string, []release.NextStep) {
		return explainFullLane(state, policy), release.NextBehindLane(state)
	}
	const waits = "the request waits since 2026-11-22T20:35:00Z, as message 17 of stream SLIPWAY_IN, and has not been accepted yet: lane sae/cn-hangzhou/shop is full: " +
		"100 releases wait in it, and no more may, behind a hold by ann; it is submitted again by itself once there is room"
	e, err := s.stored(t.Context(), nil, id)
	require.NoError(t, err)
	require.Equal(t, waits, e.explain(id, render.Style{}))

	s.tree = render.Tree
	show := func() string {
		c, out, talk := listCall(render.FormatTable)
		c.args = []string{id}
		require.NoError(t, s.show(t.Context(), c))
		require.Empty(t, talk.String(), "it stands in the picture")
		return out.String()
	}
	picture := show()
	require.Regexp(t, `(?m)^Request: +message 17 of stream SLIPWAY_IN, since 2026-11-22T20:35:00Z$`, picture)
	require.Regexp(t, `(?m)^Awaiting: +lane sae/cn-hangzhou/shop is full: 100 releases wait in it`, picture)
	require.Regexp(t, `(?m)^Next: +slipway lane get sae/cn-hangzhou/shop\n +slipway lane resume sae/cn-hangzhou/shop$`, picture)

	refused := s.unaccepted(t.Context(), &call{app: &app{}}, id)
	require.ErrorAs(t, refused, new(*releases.RefusedError))
	require.Equal(t, exitRefused, exitCode(refused))
	require.EqualError(t, refused, "release "+id+" refused: "+waits+"; do not submit it again: it is accepted by itself; what helps:\n"+
		"  slipway lane get sae/cn-hangzhou/shop\n  slipway lane resume sae/cn-hangzhou/shop")
	unknown := recording(ledgerEntry[release.Progress]{}, ledger.ErrNotFound)
	require.NoError(t, unknown.unaccepted(t.Context(), &call{app: &app{}}, id), "nothing is stored")
	accepted := recording(recordOf(release.PhaseRollingOut, time.Now()), nil)
	require.NoError(t, accepted.unaccepted(t.Context(), &call{app: &app{}}, id))

	s.diff = render.Diff
	c, _, talk := listCall(render.FormatTable)
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := within(t.Context(), 5*time.Second)
		defer cancel()
		require.Error(t, s.watch(ctx, c, watchOptions{id: id, grace: graceWatched}))
	})
	require.Equal(t, waits+"\n  slipway lane get sae/cn-hangzhou/shop\n  slipway lane resume sae/cn-hangzhou/shop\n", talk.String())
	v := s.view(c)
	v.found(e)
	picture = v.picture(releases.WatchEvent[release.Progress]{Warning: waits})
	require.Regexp(t, `(?m)^Awaiting: +lane sae/cn-hangzhou/shop is full`, picture)
	require.Regexp(t, `(?m)^Next: +slipway lane get sae/cn-hangzhou/shop\n +slipway lane resume sae/cn-hangzhou/shop$`, picture)

	state.Held = nil
	picture = show()
	require.Regexp(t, `(?m)^Next: +slipway lane get sae/cn-hangzhou/shop$`, picture)
	require.NotContains(t, picture, "lane resume")
	s.heldBy = func(context.Context, *call, release.App, release.LanePolicy) (string, []release.NextStep) {
		return "", nil
	}
	picture = show()
	require.Regexp(t, `(?m)^Awaiting: +no starter has accepted it yet\nNext: +slipway doctor$`, picture)
}

// A release that a set has not begun is no stranger: it says which wave it waits for.
func TestLedgerEntry_ExplainsAPendingReleaseOfASet(t *testing.T) {
	t.Parallel()
	s := recording(ledgerEntry[release.Progress]{}, ledger.ErrNotFound)
	s.pending = func(_ context.Context, _ *call, id string) (ledgerEntry[release.Progress], bool) {
		return ledgerEntry[release.Progress]{progress: release.Progress{ReleaseID: id, Set: "s-1"}, pending: "it has not begun: it waits for wave 2"}, true
	}
	s.tree = render.Tree
	c, out, talk := listCall(render.FormatTable)
	c.args = []string{id}
	require.NoError(t, s.show(t.Context(), c))
	require.Equal(t, "it has not begun: it waits for wave 2\n", talk.String())
	require.Contains(t, out.String(), id)
	status, err := s.recorded(t.Context(), c, watchOptions{id: id})
	require.NoError(t, err)
	require.Equal(t, notStarted("it has not begun: it waits for wave 2"), status.Partial)
}

// A request that is stored, and that no starter has accepted, is waited for, and says so.
func TestLedgerEntry_ExplainsAStoredRequest(t *testing.T) {
	t.Parallel()
	asked := time.Date(2026, 11, 22, 20, 35, 0, 0, time.UTC)
	s := recording(ledgerEntry[release.Progress]{asked: asked, stored: 17}, nil)
	status, err := s.recorded(t.Context(), &call{app: &app{}}, watchOptions{id: id})
	require.NoError(t, err)
	require.False(t, status.Closed)
	require.Equal(t, releases.Partial{
		Reason:  releases.PartialNotStarted,
		Message: "the request is stored since 2026-11-22T20:35:00Z, as message 17 of stream SLIPWAY_IN, but no starter has accepted it yet",
	}, status.Partial)
}

// What the ledger does not know is searched among the stored requests, with the time for that; what
// was not searched to its end is not said to be unknown, nor the ledger to be silent.
func TestWatchTarget_SearchesStoredRequests(t *testing.T) {
	t.Parallel()
	s := recording(ledgerEntry[release.Progress]{}, ledger.ErrNotFound)
	s.search = func(ctx context.Context, _ *call, _ string) (wire.Stored, error) {
		_, limited := ctx.Deadline()
		require.False(t, limited, "it has a time of its own")
		return wire.Stored{}, wire.ErrSearchUnfinished
	}
	status, err := s.recorded(t.Context(), &call{app: &app{}}, watchOptions{id: id})
	require.ErrorAs(t, err, new(*releases.NotFoundError))
	require.Equal(t, releases.PartialLedgerAway, status.Partial.Reason)
	require.Equal(t, "not accepted yet, or forgotten by Temporal: the ledger does not know it, and whether its request is stored is not known: "+
		"not all of the stored requests were read in time", status.Partial.Message)

	s.search = func(context.Context, *call, string) (wire.Stored, error) {
		return wire.Stored{Sequence: 17, Spec: release.Spec{Operation: release.OperationRollback, RetryOf: "r-before"}}, nil
	}
	e, err := s.stored(t.Context(), nil, id)
	require.NoError(t, err)
	require.Equal(t, uint64(17), e.stored)
	require.Equal(t, release.Progress{ReleaseID: id, Operation: release.OperationRollback, RetryOf: "r-before"}, e.progress)
}

// A set ends the command that watches it with the code of its outcome, also where it succeeded in part.
func TestWatchTarget_ASetEndsWithItsOutcome(t *testing.T) {
	t.Parallel()
	standing := func(name string, outcome release.Phase) release.SetStanding {
		return release.SetStanding{Name: name, Run: release.SetRun{Outcome: outcome}}
	}
	for name, c := range map[string]struct {
		releases []release.Phase
		aborted  bool
		code     int
	}{
		"all succeeded":              {[]release.Phase{release.PhaseSucceeded, release.PhaseSucceeded}, false, exitOK},
		"one failed":                 {[]release.Phase{release.PhaseSucceeded, release.PhaseFailed}, false, exitFailed},
		"one was aborted by itself":  {[]release.Phase{release.PhaseSucceeded, release.PhaseAborted}, false, exitFailed},
		"aborted":                    {[]release.Phase{release.PhaseSucceeded, release.PhaseAborted}, true, exitAborted},
		"aborted, nothing had begun": {[]release.Phase{"", ""}, true, exitAborted},
		"aborted after its last one": {[]release.Phase{release.PhaseSucceeded, release.PhaseSucceeded}, true, exitOK},
		"one needs attention":        {[]release.Phase{release.PhaseSucceeded, release.PhaseNeedsAttention}, true, exitAttention},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := release.SetProgress{SetID: "s-abcdefghijklmnop", Waves: []release.WaveProgress{{Number: 1}}}
			for _, outcome := range c.releases {
				p.Waves[0].Releases = append(p.Waves[0].Releases, standing("one", outcome))
			}
			p.Outcome = release.EndOfSet(p.Outcomes(), c.aborted)
			p.Phase = p.Outcome
			s := setTarget()
			s.get = func(context.Context, *call, string) (releases.Status[render.Set], error) {
				return releases.Status[render.Set]{Progress: render.Set{SetProgress: p}, Closed: true}, nil
			}
			call, _, _ := listCall(render.FormatJSON)
			call.args = []string{p.SetID}
			require.Equal(t, c.code, exitCode(s.watchGiven(t.Context(), call)))
			require.NoError(t, s.show(t.Context(), call), "what is only shown ends with 0")
		})
	}
}

// A content that was submitted is not the release that is watched where that one has another:
// the event has become a dead letter.
func TestWatchTarget_AnotherContent(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		submitted, shown string
		fails            bool
	}{
		"the same":              {"sha256:one", "sha256:one", false},
		"another":               {"sha256:two", "sha256:one", true},
		"not known":             {"sha256:two", "", false},
		"nothing was submitted": {"", "sha256:one", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := progress(release.PhaseSucceeded)
			p.Digest = c.shown
			reads := 0
			s := recording(ledgerEntry[release.Progress]{}, nil)
			s.get = func(context.Context, *call, string) (releases.Status[release.Progress], error) {
				reads++
				return releases.Status[release.Progress]{Progress: p, Closed: true}, nil
			}
			_, err := s.status(t.Context(), nil, watchOptions{id: id, digest: c.submitted})
			require.Equal(t, 1, reads)
			if !c.fails {
				require.NoError(t, err)
				return
			}
			require.Equal(t, exitUsage, exitCode(err))
			conflict := &ledger.ConflictError{ID: id, Recorded: c.shown, Asked: c.submitted}
			require.EqualError(t, err, conflict.Error())
		})
	}
}
