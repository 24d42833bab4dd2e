package release_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"slipway/release"
)

// A second confirmation of a batch that a pause holds is answered; one of a batch that nobody has
// confirmed is refused until the release is resumed.
func TestProgress_Confirming(t *testing.T) {
	t.Parallel()
	const change = "co-1"
	at := func(kind release.AwaitKind, paused bool, decisions ...release.Decision) release.Progress {
		return release.Progress{
			ReleaseID: "r-abcdefghijklmnop", Phase: release.PhaseAwaitingConfirm, ChangeID: change, Batches: make([]release.Batch, 3), Paused: paused, Decisions: decisions,
			Awaiting: &release.Awaiting{Kind: kind, Batch: 1},
		}
	}
	one := release.Decision{Kind: release.CommandConfirm, Batch: 1, By: "ann"}
	all := release.Decision{Kind: release.CommandConfirm, All: true, ChangeID: change, By: "ann"}
	ended := at(release.AwaitConfirm, false)
	ended.Phase = release.PhaseFailed
	for name, c := range map[string]struct {
		p       release.Progress
		batch   int
		refused string
	}{
		"it waits":                      {at(release.AwaitConfirm, false), 1, ""},
		"it bakes":                      {at(release.AwaitBake, false), 0, "no batch waits for a confirmation"},
		"it is watched":                 {at(release.AwaitWatch, false), 1, ""},
		"paused":                        {at(release.AwaitResume, true), 0, "resume it first"},
		"paused, and another confirmed": {at(release.AwaitResume, true, release.Decision{Kind: release.CommandConfirm, Batch: 2}), 0, "resume it first"},
		"confirmed, and paused":         {at(release.AwaitResume, true, one), 1, ""},
		"all confirmed, and paused":     {at(release.AwaitResume, true, all), 1, ""},
		"confirmed, and frozen":         {at(release.AwaitFreeze, false, one), 1, ""},
		"ended":                         {ended, 0, "it has ended: Failed"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			command, err := c.p.Confirming()
			if c.refused != "" {
				require.ErrorContains(t, err, c.refused)
				return
			}
			require.NoError(t, err)
			require.Equal(t, c.batch, command.Batch)
			command.By, command.ID = "mei", "x"
			repeated, err := release.Admit(c.p, command)
			require.NoError(t, err, "what is sent is taken")
			require.Equal(t, c.p.Confirmed() != "", repeated)
			want := "batch 1 confirmed by mei"
			if repeated {
				want = "batch 1 confirmed already, by ann at "
			}
			require.Contains(t, command.Acknowledgement(c.p.Decisions, release.UnitBatch, nil), want)
		})
	}
}

func TestProgress_ConfirmingAll(t *testing.T) {
	t.Parallel()
	p := release.Progress{Phase: release.PhaseRollingOut, Artifact: release.Artifact{Image: "registry.example/shop:1"}}
	_, err := p.ConfirmingAll()
	require.ErrorContains(t, err, "it has begun no change")
	p.ChangeID = "co-1"
	c, err := p.ConfirmingAll()
	require.NoError(t, err)
	require.Equal(t, release.Command{Kind: release.CommandConfirm, All: true, ChangeID: "co-1", Artifact: "registry.example/shop:1"}, c)
}

func TestSetProgress_Confirming(t *testing.T) {
	t.Parallel()
	p := release.SetProgress{Phase: release.PhaseRollingOut}
	_, err := p.Confirming()
	require.ErrorContains(t, err, "no wave waits for a confirmation: the set is RollingOut")
	p.Awaiting = &release.Awaiting{Kind: release.AwaitConfirm, Batch: 2}
	c, err := p.Confirming()
	require.NoError(t, err)
	require.Equal(t, release.Command{Kind: release.CommandConfirm, Batch: 2}, c)
	p.Phase = release.PhaseAborted
	_, err = p.Confirming()
	require.ErrorContains(t, err, "the set has ended: Aborted")
}
