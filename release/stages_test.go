package release_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"slipway/release"
)

// Of many stages those stay that tell why, and the last of the others.
func TestBoundedStages(t *testing.T) {
	t.Parallel()
	var many []release.Stage
	for i := range 3 * release.MaxStages {
		many = append(many, release.Stage{Name: fmt.Sprint(i), State: release.BatchDone})
	}
	many[1].State, many[2].State = release.BatchFailed, release.BatchRunning
	many[1].Message, many[1].Name = strings.Repeat("<", 1000), strings.Repeat("n", 1000)
	bounded := release.BoundedStages(many)
	require.Len(t, bounded, release.MaxStages)
	require.Equal(t, release.BatchFailed, bounded[0].State)
	require.Equal(t, release.BatchRunning, bounded[1].State)
	require.Equal(t, fmt.Sprint(3*release.MaxStages-1), bounded[len(bounded)-1].Name)
	require.LessOrEqual(t, release.EncodedLen(bounded[0].Message), 400)
	require.LessOrEqual(t, release.EncodedLen(bounded[0].Name), 120)
	require.Nil(t, release.BoundedStages(nil))
}

// Stages are the first that is left out where a progress is too large.
func TestFit_LeavesStagesOutFirst(t *testing.T) {
	t.Parallel()
	p := release.Progress{ReleaseID: "r-1", Stages: []release.Stage{{Name: "update", State: release.BatchFailed, Message: "the port is not open"}}}
	require.Equal(t, p.Stages, p.Fit(release.MaxAnswer).Stages)
	for i := range 200 {
		p.Decisions = append(p.Decisions, release.Decision{Kind: release.CommandPause, By: fmt.Sprint("somebody with a long name ", i)})
	}
	require.Empty(t, p.Fit(release.MaxAnswer).Stages)
	require.NotEmpty(t, p.Fit(release.MaxTold).Stages)
}
