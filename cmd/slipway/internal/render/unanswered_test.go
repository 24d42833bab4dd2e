package render_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"slipway/cmd/slipway/internal/render"
	"slipway/release"
)

// A confirmation that would be refused, because no worker tells what waits, is not offered.
func TestTree_Unanswered(t *testing.T) {
	t.Parallel()
	const confirm, doctor = " confirm ", "slipway doctor"
	p := release.Progress{ReleaseID: "r-abcdefghijklmnop", Phase: release.PhaseAwaitingConfirm}
	set := render.Set{SetProgress: release.SetProgress{SetID: "s-abcdefghijklmnop", Phase: release.PhaseAwaitingConfirm}}
	for _, draw := range []func(render.Style) string{
		func(s render.Style) string { return render.Tree(p, time.Time{}, s) },
		func(s render.Style) string { return render.SetTree(set, time.Time{}, s) },
	} {
		answered, unanswered := draw(render.Style{}), draw(render.Style{Unanswered: true})
		require.Contains(t, answered, confirm)
		require.NotContains(t, answered, doctor)
		require.Contains(t, unanswered, doctor)
		require.NotContains(t, unanswered, confirm)
	}
}
