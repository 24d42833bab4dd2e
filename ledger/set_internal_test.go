package ledger

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"slipway/release"
)

const checkout = "s-mjnxgs3lpfxg2zlo"

func TestSet_ASetIsBoundToItsContent(t *testing.T) {
	t.Parallel()
	first := Set{SetID: checkout, Identity: Identity{Source: "ci", EventID: "42", Digest: "sha256:one"}, RequestedBy: "mei", RequestedAt: at(1)}
	again := first
	again.RequestedAt, again.RequestedBy = at(5), "li"
	got, err := first.askedAgain(again)
	require.NoError(t, err)
	require.Equal(t, first, got)

	again.Identity.Digest = "sha256:two"
	_, err = first.askedAgain(again)
	var conflict *ConflictError
	require.ErrorAs(t, err, &conflict)
	require.ErrorContains(t, err, "set "+checkout+" was asked for before with another content: recorded is sha256:one, asked for is sha256:two")

	// It was started without an event.
	alone := Set{SetID: checkout}.reported(release.SetProgress{SetID: checkout, Digest: "sha256:one", Transition: 1})
	require.True(t, alone.Accepted)
	got, err = alone.askedAgain(first)
	require.NoError(t, err)
	require.Equal(t, first.Identity, got.Identity)
	_, err = alone.askedAgain(again)
	require.ErrorAs(t, err, &conflict)
}

func TestSet_TheEndOfASetStands(t *testing.T) {
	t.Parallel()
	at := func(transition uint64, outcome release.Phase) release.SetProgress {
		return release.SetProgress{SetID: checkout, Transition: transition, Outcome: outcome, RequestedBy: "mei"}
	}
	s := Set{SetID: checkout}.reported(at(3, ""))
	require.Equal(t, "mei", s.RequestedBy)
	require.Equal(t, at(3, ""), s.reported(at(2, "")).Progress, "a late report")
	require.Equal(t, at(4, ""), s.reported(at(4, "")).Progress)
	ended := s.reported(at(2, release.PhaseFailed))
	require.Equal(t, at(2, release.PhaseFailed), ended.Progress)
	require.Equal(t, ended, ended.reported(at(9, release.PhaseSucceeded)))
}

func TestSet_ALargeSetFits(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("<ü\"", 2000)
	p := release.SetProgress{SetID: checkout, Name: "checkout", Reason: long, Note: long, RequestedBy: long}
	name, revisions := release.ByName{Application: strings.Repeat("a", 40), Environment: strings.Repeat("e", 40), Revision: math.MaxUint64, Promotes: true}, map[string]uint64{}
	for i := range release.MaxSetReleases {
		app := release.App{Platform: release.PlatformSAE, Region: strings.Repeat("r", 64), ID: strings.Repeat("i", 128)}
		run := release.SetRun{ReleaseID: "r-s-mjnxgs3lpfxg2zlo", Reason: long}
		p.Waves = append(p.Waves, release.WaveProgress{Name: "wave", Releases: []release.SetStanding{{Name: "shop", App: app, ByName: &name, Run: run, Rollback: &run}}})
		p.Decisions = append(p.Decisions, release.Decision{By: long, Note: long})
		revisions[fmt.Sprintf("a-%038d", i)] = math.MaxUint64
	}
	s, value, err := Set{SetID: checkout, Identity: Identity{Source: long, EventID: long, Digest: "sha256:one"}, Revisions: revisions, RequestedBy: long}.reported(p).fit()
	require.NoError(t, err)
	require.LessOrEqual(t, len(value), MaxRecord)
	got, err := decode[Set](checkout, value, at(1))
	require.NoError(t, err)
	require.Equal(t, s.Identity, got.Identity)
	require.Len(t, got.Progress.Waves, release.MaxSetReleases, "every release stands there")
	require.Equal(t, revisions, got.Revisions)
	require.Equal(t, at(1), got.UpdatedAt)

	_, err = decode[Set]("s-other", value, at(1))
	require.ErrorContains(t, err, "holds the entry of another key")
	_, err = keyOfSet("s-a.b")
	require.Error(t, err)
}
