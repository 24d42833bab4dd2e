package releases_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"slipway/release"
	"slipway/releases"
)

// reading is what one scripted read returns.
type reading struct {
	status releases.Status[release.Progress]
	err    error
}

func at(phase release.Phase) reading {
	return reading{status: releases.Status[release.Progress]{Progress: release.Progress{ReleaseID: id, Phase: phase}, Closed: phase.Ended()}}
}

// script returns one reading after the other, and the last one for ever.
func script(reads ...reading) func(context.Context) (releases.Status[release.Progress], error) {
	return func(context.Context) (releases.Status[release.Progress], error) {
		next := reads[0]
		if len(reads) > 1 {
			reads = reads[1:]
		}
		return next.status, next.err
	}
}

func TestWatcher(t *testing.T) {
	t.Parallel()
	missing := reading{err: &releases.NotFoundError{ID: id}}
	unreachable := reading{err: &releases.UnreachableError{Cause: errors.New("connection refused")}}
	partial := at(release.PhaseRollingOut)
	partial.status.Partial = releases.Partial{Reason: releases.PartialNoWorker, Message: "no worker answers; the release is durable, waiting"}
	parked := at(release.PhaseAwaitingConfirm)
	parked.status.Progress.Awaiting = &release.Awaiting{Kind: release.AwaitConfirm, Batch: 1}
	broken := errors.New("denied")
	cases := []struct {
		name  string
		reads []reading
		grace time.Duration
		// phases and warnings are what was shown at each status.
		phases   []release.Phase
		warnings []string
		took     time.Duration
		err      string
	}{
		{
			"to its end",
			[]reading{at(release.PhaseRollingOut), parked, at(release.PhaseSucceeded)},
			0,
			[]release.Phase{"RollingOut", "AwaitingConfirm", "Succeeded"},
			[]string{"", "", ""},
			3 * time.Second, "",
		},
		{"ended already", []reading{at(release.PhaseAborted)}, 0, []release.Phase{"Aborted"}, []string{""}, 0, ""},
		{
			"no worker for a while keeps what was seen",
			[]reading{parked, partial, at(release.PhaseSucceeded)},
			0,
			[]release.Phase{"AwaitingConfirm", "AwaitingConfirm", "Succeeded"},
			[]string{"", "no worker answers", ""},
			5 * time.Second, "",
		},
		{
			"no worker from the start shows what Temporal knows",
			[]reading{partial, at(release.PhaseSucceeded)},
			0,
			[]release.Phase{"RollingOut", "Succeeded"},
			[]string{"no worker answers", ""},
			3 * time.Second, "",
		},
		{
			"Temporal away for a while",
			[]reading{unreachable, at(release.PhaseSucceeded)},
			0,
			[]release.Phase{"", "Succeeded"},
			[]string{"Temporal does not answer", ""},
			3 * time.Second, "",
		},
		{
			"only just asked for",
			[]reading{missing, missing, at(release.PhaseSucceeded)},
			time.Minute,
			[]release.Phase{"Succeeded"},
			[]string{""},
			300 * time.Millisecond, "",
		},
		{
			"asked for some seconds ago",
			[]reading{missing, missing, missing, missing, missing, missing, at(release.PhaseSucceeded)},
			time.Minute,
			[]release.Phase{"", "Succeeded"},
			[]string{"not accepted yet", ""},
			6100 * time.Millisecond, "",
		},
		{"unknown", []reading{missing}, 0, nil, nil, 0, "there is no release"},
		{
			"not even after the grace",
			[]reading{missing},
			5 * time.Second,
			[]release.Phase{""},
			[]string{"nothing of this ID exists yet; it is looked for during 5s"},
			6100 * time.Millisecond, "there is no release",
		},
		{"vanished", []reading{at(release.PhaseRollingOut), missing}, time.Minute, []release.Phase{"RollingOut"}, []string{""}, time.Second, "there is no release"},
		{"denied", []reading{{err: broken}}, time.Minute, nil, nil, 0, "denied"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var shown []releases.WatchEvent[release.Progress]
				began := time.Now()
				_, err := releases.Watcher[release.Progress]{Get: script(c.reads...), Grace: c.grace, Submitted: c.grace == time.Minute, OnEvent: func(s releases.WatchEvent[release.Progress]) error {
					shown = append(shown, s)
					return nil
				}}.Watch(t.Context())
				if c.err == "" {
					require.NoError(t, err)
				} else {
					require.ErrorContains(t, err, c.err)
				}
				require.Equal(t, c.took, time.Since(began))
				require.Len(t, shown, len(c.phases))
				for i, s := range shown {
					require.Equal(t, c.phases[i], s.Progress.Phase)
					require.Contains(t, s.Warning, c.warnings[i])
					require.Equal(t, c.warnings[i] == "", s.Warning == "")
				}
			})
		})
	}
}

// What Temporal has forgotten is looked up in the ledger, which is asked rarely.
func TestWatcher_FallsBackToTheLedger(t *testing.T) {
	t.Parallel()
	missing := reading{err: &releases.NotFoundError{ID: id}}
	waits := reading{status: releases.Status[release.Progress]{Partial: releases.Partial{Reason: releases.PartialNotStarted, Message: "in the ledger, not accepted yet"}}}
	away := reading{status: releases.Status[release.Progress]{Partial: releases.Partial{Reason: releases.PartialLedgerAway, Message: "the ledger could not be asked"}}, err: missing.err}
	cases := []struct {
		name     string
		temporal []reading
		ledger   []reading
		grace    time.Duration
		ends     release.Phase
		warnings []string
		asked    int
		took     time.Duration
		err      string
	}{
		{"forgotten", []reading{missing}, []reading{at(release.PhaseAborted)}, 0, "Aborted", nil, 1, 0, ""},
		{
			"forgotten while it is followed",
			[]reading{at(release.PhaseRollingOut), missing},
			[]reading{at(release.PhaseSucceeded)},
			0, "Succeeded", nil, 1, time.Second, "",
		},
		{"known to nobody", []reading{missing}, []reading{missing}, 0, "", nil, 1, 0, "there is no release"},
		{
			"not accepted, and then forgotten",
			[]reading{missing},
			[]reading{waits, at(release.PhaseFailed)},
			0,
			"Failed",
			[]string{waits.status.Partial.Message},
			2,
			30100 * time.Millisecond, "",
		},
		{
			"not accepted for a while",
			[]reading{missing, missing, at(release.PhaseSucceeded)},
			[]reading{waits},
			0, "Succeeded", nil, 1, 300 * time.Millisecond, "",
		},
		{
			"the ledger is away",
			[]reading{missing},
			[]reading{away},
			5 * time.Second, "",
			[]string{away.status.Partial.Message},
			1, 6100 * time.Millisecond, "there is no release",
		},
		{"the ledger says no", []reading{missing}, []reading{{err: errors.New("another content")}}, time.Minute, "", nil, 1, 0, "another content"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				began, asked := time.Now(), 0
				var warnings []string
				recorded := script(c.ledger...)
				p, err := releases.Watcher[release.Progress]{
					Get: script(c.temporal...), Grace: c.grace,
					Recorded: func(ctx context.Context) (releases.Status[release.Progress], error) {
						asked++
						return recorded(ctx)
					},
					OnEvent: func(s releases.WatchEvent[release.Progress]) error {
						if s.Warning != "" && (len(warnings) == 0 || warnings[len(warnings)-1] != s.Warning) {
							warnings = append(warnings, s.Warning)
						}
						return nil
					},
				}.Watch(t.Context())
				if c.err == "" {
					require.NoError(t, err)
				} else {
					require.ErrorContains(t, err, c.err)
				}
				require.Equal(t, c.ends, p.Phase)
				require.Equal(t, c.warnings, warnings)
				require.Equal(t, c.asked, asked)
				require.Equal(t, c.took, time.Since(began))
			})
		})
	}
}

func TestWatcher_EndsWithItsContext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 10500*time.Millisecond)
		defer cancel()
		reads := 0
		p, err := releases.Watcher[release.Progress]{Get: script(at(release.PhaseRollingOut)), OnEvent: func(releases.WatchEvent[release.Progress]) error {
			reads++
			return nil
		}}.Watch(ctx)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.Equal(t, release.PhaseRollingOut, p.Phase)
		require.Equal(t, 11, reads)
	})
}

func TestWatcher_EndsWithTheErrorOfOnEvent(t *testing.T) {
	t.Parallel()
	closed := errors.New("broken pipe")
	_, err := releases.Watcher[release.Progress]{Get: script(at(release.PhaseRollingOut)), OnEvent: func(releases.WatchEvent[release.Progress]) error { return closed }}.Watch(t.Context())
	require.ErrorIs(t, err, closed)
}
