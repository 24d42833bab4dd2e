package release_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"slipway/release"
)

// TestAdmission_CommandsPastTheStarter: where they are refused, only those count that a starter has let
// in, what the system says itself, and a cancellation.
func TestAdmission_CommandsPastTheStarter(t *testing.T) {
	t.Parallel()
	for via, direct := range map[string]bool{
		release.ViaUpdate: true, release.ViaSignal: true,
		release.ViaEvent: false, release.ViaLane: false, release.ViaSet: false, release.ViaCancel: false,
	} {
		for _, refused := range []bool{false, true} {
			admission := release.Admission{DirectRefused: refused}
			c := release.Command{Kind: release.CommandAbort, By: "mei", Via: via}
			_, err := release.Admit(release.Progress{Phase: release.PhaseRollingOut, Admission: admission}, c)
			_, ofSet := release.AdmitSet(release.SetProgress{Phase: release.PhaseRollingOut, Admission: admission}, c)
			if direct && refused {
				require.ErrorContains(t, err, "directCommands: refuse", via)
				require.ErrorContains(t, ofSet, "slipway.by.<identity>.command", via)
				continue
			}
			require.NoError(t, err, via)
			require.NoError(t, ofSet, via)
		}
	}
}
