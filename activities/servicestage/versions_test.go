package servicestage_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"slipway/release"
)

// What there is not is said with its field, and with the command that shows what there is.
func TestSnapshot_OfWhatThereIsNot(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	why := func(app release.App, q release.RollbackQuestion) string {
		f, text := refused(h, release.VerbSnapshot, release.SnapshotInput{App: app, Rollback: &q})
		require.Equal(t, release.FaultNotFound, f)
		return text
	}
	other := h.App()
	other.ID = "4b611997-4acd-4538-a06b-32fd2475e057"
	require.Contains(t, why(other, release.RollbackQuestion{}),
		"app.id: the project has no component of this ID: name one that it has (slipway api servicestage ListComponents)")
	require.Contains(t, why(h.App(), release.RollbackQuestion{VersionID: "9.9.9"}),
		"version: the component has no version 9.9.9: name one of its records (slipway api servicestage ListComponentRecords)")
	require.Contains(t, why(h.App(), release.RollbackQuestion{}),
		"version: there is none to return to: each of the component's 1 records serves now, never did, or is known to be bad; name the one that is meant")
}
