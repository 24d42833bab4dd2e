package cli

import (
	"bytes"
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"slipway/cmd/slipway/internal/releases"
	"slipway/ledger"
	"slipway/release"
)

// remembering follows a release that the ledger answers so for; talk is what the person is told.
func remembering(m memory[release.Progress], err error) (s spectacle[release.Progress], talk *bytes.Buffer) {
	talk = &bytes.Buffer{}
	a := &app{World: World{Stderr: talk}}
	return spectacle[release.Progress]{
		name: "release", view: &view[release.Progress]{app: a},
		recall: func(context.Context, string) (memory[release.Progress], error) { return m, err },
		facts:  factsOf,
	}, talk
}

func recordOf(phase release.Phase, updated time.Time) memory[release.Progress] {
	p := progress(phase)
	p.Digest = "sha256:one"
	return memory[release.Progress]{progress: p, accepted: true, ended: phase.Ended(), updated: updated}
}

func TestWhatTheLedgerRemembersOfWhatIsFollowed(t *testing.T) {
	t.Parallel()
	long, asked := time.Now().Add(-time.Hour), time.Date(2026, 11, 22, 20, 35, 0, 0, time.UTC)
	for name, c := range map[string]struct {
		memory memory[release.Progress]
		err    error
		closed bool
		lack   string
		fails  string
		talk   string
	}{
		"ended":               {recordOf(release.PhaseAborted, long), nil, true, "", "", "Temporal has forgotten the release; shown is what the ledger has, as of "},
		"not accepted yet":    {memory[release.Progress]{asked: asked}, nil, false, "in the ledger since 2026-11-22T20:35:00Z, but it has not been accepted yet", "", ""},
		"about to start":      {recordOf(release.PhaseQueued, time.Now()), nil, false, "Temporal does not show the release yet", "", ""},
		"lost":                {recordOf(release.PhaseRollingOut, long), nil, false, "", "the ledger does not know how it ended", ""},
		"unknown":             {memory[release.Progress]{}, ledger.ErrNotFound, false, "", "there is no release", ""},
		"no ID of a release":  {memory[release.Progress]{}, release.Problem{Field: "releaseId"}, false, "", "there is no release", ""},
		"the ledger is away":  {memory[release.Progress]{}, errors.New("connect to NATS"), false, "the ledger could not be asked: connect to NATS", "there is no release", ""},
		"has another content": {recordOf(release.PhaseSucceeded, long), nil, false, "", "another content: recorded is sha256:one, asked for is sha256:two", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, talk := remembering(c.memory, c.err)
			g := following{id: id}
			if name == "has another content" {
				g.digest = "sha256:two"
			}
			look, err := s.remembered(t.Context(), g)
			if c.fails == "" {
				require.NoError(t, err)
			} else {
				require.ErrorContains(t, err, c.fails)
			}
			require.Equal(t, c.closed, look.Closed)
			require.Contains(t, look.Lack, c.lack)
			require.Equal(t, c.lack == "", look.Lack == "")
			require.Contains(t, talk.String(), c.talk)
			require.Equal(t, c.talk == "", talk.Len() == 0)
			if c.closed {
				require.Equal(t, c.memory.progress, look.Progress)
			}
		})
	}
}

// A content that was submitted is not the release that is followed where that one has another:
// the event has become a dead letter.
func TestAnotherContentIsNotFollowed(t *testing.T) {
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
			looks := 0
			s, _ := remembering(memory[release.Progress]{}, nil)
			s.look = func(context.Context, *releases.Client, string) (releases.Look, error) {
				looks++
				return releases.Look{Progress: p, Closed: true}, nil
			}
			_, err := s.seen(t.Context(), nil, following{id: id, digest: c.submitted})
			require.Equal(t, 1, looks)
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
