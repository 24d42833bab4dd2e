package cli

import (
	"bytes"
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"slipway/ledger"
	"slipway/release"
	"slipway/releases"
)

// recording watches a release of which the ledger has this.
func recording(e ledgerEntry[release.Progress], err error) watchTarget[release.Progress] {
	return watchTarget[release.Progress]{
		name:     "release",
		inLedger: func(context.Context, *call, string) (ledgerEntry[release.Progress], error) { return e, err },
		facts:    factsOf,
	}
}

func recordOf(phase release.Phase, updated time.Time) ledgerEntry[release.Progress] {
	p := progress(phase)
	p.Digest = "sha256:one"
	return ledgerEntry[release.Progress]{progress: p, accepted: true, ended: phase.Ended(), updated: updated}
}

func TestWatchTarget_Recorded(t *testing.T) {
	t.Parallel()
	long, asked := time.Now().Add(-time.Hour), time.Date(2026, 11, 22, 20, 35, 0, 0, time.UTC)
	for name, c := range map[string]struct {
		entry   ledgerEntry[release.Progress]
		err     error
		closed  bool
		partial string
		fails   string
		talk    string
	}{
		"ended":               {recordOf(release.PhaseAborted, long), nil, true, "", "", "Temporal has forgotten the release; shown is what the ledger has, as of "},
		"not accepted yet":    {ledgerEntry[release.Progress]{asked: asked}, nil, false, "in the ledger since 2026-11-22T20:35:00Z, but it has not been accepted yet", "", ""},
		"about to start":      {recordOf(release.PhaseQueued, time.Now()), nil, false, "Temporal does not show the release yet", "", ""},
		"lost":                {recordOf(release.PhaseRollingOut, long), nil, false, "", "the ledger does not know how it ended", ""},
		"unknown":             {ledgerEntry[release.Progress]{}, ledger.ErrNotFound, false, "", "there is no release", ""},
		"no ID of a release":  {ledgerEntry[release.Progress]{}, release.Problem{Field: "releaseId"}, false, "", "there is no release", ""},
		"the ledger is away":  {ledgerEntry[release.Progress]{}, errors.New("connect to NATS"), false, "the ledger could not be asked: connect to NATS", "there is no release", ""},
		"has another content": {recordOf(release.PhaseSucceeded, long), nil, false, "", "another content: recorded is sha256:one, asked for is sha256:two", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
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
			s.get = func(context.Context, *releases.Client, string) (releases.Status[release.Progress], error) {
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
