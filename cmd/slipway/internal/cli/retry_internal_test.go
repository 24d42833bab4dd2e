package cli

import (
	"testing"

	"github.com/stretchr/testify/require"

	"slipway/release"
)

// What is given to a retry stands in the place of what the release was asked for with; the rest stays.
func TestRetry_Over(t *testing.T) {
	t.Parallel()
	before := release.Spec{
		App: release.App{Platform: release.PlatformSAE, Region: "cn-hangzhou", ID: "a"}, RequestedBy: "ci", Note: "first",
		Lane: release.Lane{Policy: release.LaneSupersede, Preempt: true}, Freeze: release.FreezePolicy{Override: "orders are lost"},
	}
	same := before.WithDefaults()
	same.RequestedBy = "ann"
	require.Equal(t, same, retryFlags{}.over(before, "ann"))

	got := retryFlags{
		note: "again", lane: release.Lane{Policy: release.LaneReject}, preempt: new(false), freeze: release.FreezePolicy{Override: "the sale"},
	}.over(before, "ann")
	require.Equal(t, "again", got.Note)
	require.Equal(t, release.Lane{Policy: release.LaneReject}, got.Lane)
	require.Equal(t, "the sale", got.Freeze.Override)

	// Every command that submits a release has the same flags for its turn and for freezes.
	root := (&app{}).root()
	for _, path := range [][]string{{"release", "submit"}, {"release", "retry"}, {"deploy"}, {"rollback"}, {"restart"}, {"rescale"}} {
		cmd, _, err := root.Find(path)
		require.NoError(t, err)
		for _, flag := range []string{"lane-policy", "preempt", "freeze-override"} {
			require.NotNil(t, cmd.Flag(flag), "%v --%s", path, flag)
		}
	}
}
