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
			[]looked{missing, at(release.PhaseSucceeded)},
			time.Minute,
			[]release.Phase{"", "Succeeded"},
			[]string{"not accepted yet", ""},
			3 * time.Second, "",
		},
		{"unknown", []looked{missing}, 0, nil, nil, 0, "there is no release"},
		{
			"not even after the grace",
			[]looked{missing},
			5 * time.Second,
			[]release.Phase{"", ""},
			[]string{"not accepted yet", "not accepted yet"},
			6 * time.Second, "there is no release",
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
