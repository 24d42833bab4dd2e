package releases_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"slipway/release"
	"slipway/releases"
)

// TestList_Takes lists what a person has paused for a resume, and not what a freeze holds. One that
// does not answer may have been paused by a person, too.
func TestList_Takes(t *testing.T) {
	t.Parallel()
	m, r := newClient(t)
	n := namespace{m, t}
	phases := map[string]release.Phase{"release/r-paused": release.PhasePaused, "release/r-frozen": release.PhasePaused, "release/r-silent": release.PhasePaused}
	n.lists(release.WorkflowDeploy, phases)
	n.answers("release/r-paused", release.QueryProgress, release.Progress{ReleaseID: "r-paused", Phase: release.PhasePaused, Paused: true, Awaiting: &release.Awaiting{Kind: release.AwaitFreeze}})
	n.answers("release/r-frozen", release.QueryProgress, release.Progress{ReleaseID: "r-frozen", Phase: release.PhasePaused, Awaiting: &release.Awaiting{Kind: release.AwaitFreeze}})
	n.answers("release/r-silent", release.QueryProgress, nil)
	listed, _, err := r.List(t.Context(), releases.Filter{Open: true, Phases: []release.Phase{release.PhasePaused}, Takes: release.CommandResume})
	require.NoError(t, err)
	var ids []string
	for _, l := range listed {
		ids = append(ids, l.ID)
	}
	require.ElementsMatch(t, []string{"r-paused", "r-silent"}, ids)
}
