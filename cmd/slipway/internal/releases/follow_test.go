package releases_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"slipway/cmd/slipway/internal/releases"
	"slipway/release"
)

// looked is one answer of a scripted look.
type looked struct {
	look releases.Look
	err  error
}

func at(phase release.Phase) looked {
	return looked{look: releases.Look{Progress: release.Progress{ReleaseID: id, Phase: phase}, Closed: phase.Ended()}}
}

// script answers one look after the other, and the last one for ever.
func script(looks ...looked) func(context.Context) (releases.Look, error) {
	return func(context.Context) (releases.Look, error) {
		next := looks[0]
		if len(looks) > 1 {
			looks = looks[1:]
		}
		return next.look, next.err
	}
}

func TestFollow(t *testing.T) {
	t.Parallel()
	missing := looked{err: &releases.NotFoundError{ID: id}}
	unreachable := looked{err: &releases.UnreachableError{Cause: errors.New("connection refused")}}
	lacking := at(release.PhaseRollingOut)
	lacking.look.Lack = "no worker answers; the release is durable, waiting"
	parked := at(release.PhaseAwaitingConfirm)
	parked.look.Progress.Awaiting = &release.Awaiting{Kind: release.AwaitConfirm, Batch: 1}
	broken := errors.New("denied")
	cases := []struct {
		name  string
		looks []looked
		grace time.Duration
		// phases and troubles are what was shown at each look.
		phases   []release.Phase
		troubles []string
		took     time.Duration
		err      string
	}{
		{
			"to its end",
			[]looked{at(release.PhaseRollingOut), parked, at(release.PhaseSucceeded)},
			0,
			[]release.Phase{"RollingOut", "AwaitingConfirm", "Succeeded"},
			[]string{"", "", ""},
			3 * time.Second, "",
		},
		{"ended already", []looked{at(release.PhaseAborted)}, 0, []release.Phase{"Aborted"}, []string{""}, 0, ""},
		{
			"no worker for a while keeps what was seen",
			[]looked{parked, lacking, at(release.PhaseSucceeded)},
			0,
			[]release.Phase{"AwaitingConfirm", "AwaitingConfirm", "Succeeded"},
			[]string{"", "no worker answers", ""},
			5 * time.Second, "",
		},
		{
			"no worker from the start shows what Temporal knows",
			[]looked{lacking, at(release.PhaseSucceeded)},
			0,
			[]release.Phase{"RollingOut", "Succeeded"},
			[]string{"no worker answers", ""},
			3 * time.Second, "",
		},
		{
			"Temporal away for a while",
			[]looked{unreachable, at(release.PhaseSucceeded)},
			0,
			[]release.Phase{"", "Succeeded"},
			[]string{"Temporal does not answer", ""},
			3 * time.Second, "",
		},
		{
			"only just asked for",
			[]looked{missing, missing, at(release.PhaseSucceeded)},
			time.Minute,
			[]release.Phase{"Succeeded"},
			[]string{""},
			300 * time.Millisecond, "",
		},
		{
			"asked for some seconds ago",
			[]looked{missing, missing, missing, missing, missing, missing, at(release.PhaseSucceeded)},
			time.Minute,
			[]release.Phase{"", "Succeeded"},
			[]string{"not accepted yet", ""},
			6100 * time.Millisecond, "",
		},
		{"unknown", []looked{missing}, 0, nil, nil, 0, "there is no release"},
		{
			"not even after the grace",
			[]looked{missing},
			5 * time.Second,
			[]release.Phase{""},
			[]string{"not accepted yet"},
			6100 * time.Millisecond, "there is no release",
		},
		{"vanished", []looked{at(release.PhaseRollingOut), missing}, time.Minute, []release.Phase{"RollingOut"}, []string{""}, time.Second, "there is no release"},
		{"denied", []looked{{err: broken}}, time.Minute, nil, nil, 0, "denied"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var shown []releases.Sighting
				began := time.Now()
				_, err := releases.Follower{Look: script(c.looks...), Grace: c.grace, Show: func(s releases.Sighting) error {
					shown = append(shown, s)
					return nil
				}}.Follow(t.Context())
				if c.err == "" {
					require.NoError(t, err)
				} else {
					require.ErrorContains(t, err, c.err)
				}
				require.Equal(t, c.took, time.Since(began))
				require.Len(t, shown, len(c.phases))
				for i, s := range shown {
					require.Equal(t, c.phases[i], s.Progress.Phase)
					require.Contains(t, s.Trouble, c.troubles[i])
					require.Equal(t, c.troubles[i] == "", s.Trouble == "")
				}
			})
		})
	}
}

// What Temporal has forgotten is looked up in the ledger, which is asked rarely.
func TestFollowFallsBackToTheLedger(t *testing.T) {
	t.Parallel()
	missing := looked{err: &releases.NotFoundError{ID: id}}
	waits := looked{look: releases.Look{Lack: "in the ledger, not accepted yet"}}
	away := looked{look: releases.Look{Lack: "the ledger could not be asked"}, err: missing.err}
	cases := []struct {
		name     string
		temporal []looked
		ledger   []looked
		grace    time.Duration
		ends     release.Phase
		troubles []string
		asked    int
		took     time.Duration
		err      string
	}{
		{"forgotten", []looked{missing}, []looked{at(release.PhaseAborted)}, 0, "Aborted", nil, 1, 0, ""},
		{
			"forgotten while it is followed",
			[]looked{at(release.PhaseRollingOut), missing},
			[]looked{at(release.PhaseSucceeded)},
			0, "Succeeded", nil, 1, time.Second, "",
		},
		{"known to nobody", []looked{missing}, []looked{missing}, 0, "", nil, 1, 0, "there is no release"},
		{
			"not accepted, and then forgotten",
			[]looked{missing},
			[]looked{waits, at(release.PhaseFailed)},
			0,
			"Failed",
			[]string{waits.look.Lack},
			2,
			30100 * time.Millisecond, "",
		},
		{
			"not accepted for a while",
			[]looked{missing, missing, at(release.PhaseSucceeded)},
			[]looked{waits},
			0, "Succeeded", nil, 1, 300 * time.Millisecond, "",
		},
		{
			"the ledger is away",
			[]looked{missing},
			[]looked{away},
			5 * time.Second, "",
			[]string{away.look.Lack},
			1, 6100 * time.Millisecond, "there is no release",
		},
		{"the ledger says no", []looked{missing}, []looked{{err: errors.New("another content")}}, time.Minute, "", nil, 1, 0, "another content"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				began, asked := time.Now(), 0
				var troubles []string
				recorded := script(c.ledger...)
				p, err := releases.Follower{
					Look: script(c.temporal...), Grace: c.grace,
					Recorded: func(ctx context.Context) (releases.Look, error) {
						asked++
						return recorded(ctx)
					},
					Show: func(s releases.Sighting) error {
						if s.Trouble != "" && (len(troubles) == 0 || troubles[len(troubles)-1] != s.Trouble) {
							troubles = append(troubles, s.Trouble)
						}
						return nil
					},
				}.Follow(t.Context())
				if c.err == "" {
					require.NoError(t, err)
				} else {
					require.ErrorContains(t, err, c.err)
				}
				require.Equal(t, c.ends, p.Phase)
				require.Equal(t, c.troubles, troubles)
				require.Equal(t, c.asked, asked)
				require.Equal(t, c.took, time.Since(began))
			})
		})
	}
}

func TestFollowEndsWithItsContext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 10500*time.Millisecond)
		defer cancel()
		looks := 0
		p, err := releases.Follower{Look: script(at(release.PhaseRollingOut)), Show: func(releases.Sighting) error {
			looks++
			return nil
		}}.Follow(ctx)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.Equal(t, release.PhaseRollingOut, p.Phase)
		require.Equal(t, 11, looks)
	})
}

func TestFollowEndsWhenNobodyReads(t *testing.T) {
	t.Parallel()
	closed := errors.New("broken pipe")
	_, err := releases.Follower{Look: script(at(release.PhaseRollingOut)), Show: func(releases.Sighting) error { return closed }}.Follow(t.Context())
	require.ErrorIs(t, err, closed)
}
