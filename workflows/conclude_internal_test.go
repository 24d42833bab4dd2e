package workflows

import (
	"testing"

	"github.com/stretchr/testify/require"

	"slipway/release"
)

// The release's own change that hangs is not said to be somebody else's.
func TestConclude_NamesTheChangeThatIsWaitedFor(t *testing.T) {
	t.Parallel()
	c := &caller{status: status{p: release.Progress{ChangeID: "c-1"}}}
	require.Equal(t, "its own change c-1, which has not ended", c.words(&release.ForeignChange{ID: "c-1", Type: "CoDeploy"}))
	require.Equal(t, "change c-2 (CoDeploy), begun elsewhere", c.words(&release.ForeignChange{ID: "c-2", Type: "CoDeploy"}))
}
