package workflows

import (
	"testing"

	"github.com/stretchr/testify/require"

	"slipway/release"
)

// A confirmation of all is for the change that it names, whatever the release goes on to (R9).
func TestWill_AStandingConfirmationIsForOneChange(t *testing.T) {
	t.Parallel()
	var w will
	require.False(t, w.allConfirmed(""), "nobody has confirmed anything")
	w.apply(&release.Progress{ChangeID: "co-1"}, &release.Decision{Kind: release.CommandConfirm, All: true, ChangeID: "co-1"})
	require.True(t, w.allConfirmed("co-1"))
	require.False(t, w.allConfirmed("co-2"))
	require.Zero(t, w.confirmed, "no batch waited")
}
