package release_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"slipway/release"
)

func anApp() release.App {
	return release.App{Platform: release.PlatformSAE, Region: "cn-hangzhou", ID: "a-1"}
}

func TestIdentityIsOfTheEventAndTheApplication(t *testing.T) {
	t.Parallel()
	id := release.ID(anApp(), "https://ci.example/shop", "42")
	require.Regexp(t, `^r-[a-z2-7]{16}$`, id)
	require.Equal(t, id, release.ID(anApp(), "https://ci.example/shop", "42"), "the same event is the same release")
	require.NotEqual(t, id, release.ID(anApp(), "https://ci.example/shop", "43"))
	for _, change := range []func(*release.App){
		func(a *release.App) { a.Platform = "fc" },
		func(a *release.App) { a.Region = "cn-beijing" },
		func(a *release.App) { a.ID = "a-2" },
	} {
		other := anApp()
		change(&other)
		require.NotEqual(t, id, release.ID(other, "https://ci.example/shop", "42"), "an event for %v takes nothing from another application", other)
	}
}

// Two identities never run together, whatever separators somebody puts into them.
func TestIdentity_PartsOfAnIdentityDoNotRunTogether(t *testing.T) {
	t.Parallel()
	part := rapid.StringMatching(`[ab0-9:|\x00]{0,4}`)
	type triple struct {
		app        release.App
		source, id string
	}
	draw := func(t *rapid.T) triple {
		return triple{
			app:    release.App{Platform: release.Platform(part.Draw(t, "platform")), Region: part.Draw(t, "region"), ID: part.Draw(t, "app")},
			source: part.Draw(t, "source"), id: part.Draw(t, "id"),
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		a, b := draw(t), draw(t)
		if a != b {
			require.NotEqual(t, release.ID(a.app, a.source, a.id), release.ID(b.app, b.source, b.id))
		}
		// The parts of b are those of a, cut at other places.
		text := a.app.ID + a.source + a.id
		at := rapid.IntRange(0, len(text)).Draw(t, "at")
		to := rapid.IntRange(at, len(text)).Draw(t, "to")
		b = a
		b.app.ID, b.source, b.id = text[:at], text[at:to], text[to:]
		if a != b {
			require.NotEqual(t, release.ID(a.app, a.source, a.id), release.ID(b.app, b.source, b.id))
		}
	})
}

// An event that takes the ID of a set for its source, and the name of a release of it for
// its id, does not stand in that release's way.
func TestIdentity_NoEventReachesTheReleasesOfASet(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		set := release.SetID("checkout", "ci", rapid.String().Draw(t, "event"))
		name := rapid.StringMatching(`[a-z0-9-]{1,40}`).Draw(t, "name")
		reached := []string{
			release.ID(anApp(), set, name), release.ID(release.App{}, set, name), release.ID(anApp(), set, "rollback/"+name),
			release.SetID(name, set, name), release.CommandID(set, set, name),
		}
		for _, own := range []string{release.SetReleaseID(set, name), release.SetUndoID(set, name)} {
			require.Regexp(t, `^r-s-[a-z2-7]{16}$`, own)
			for _, id := range reached {
				require.NotEqual(t, own, id)
				require.NotEqual(t, strings.TrimPrefix(own, "r-s-"), id[2:], "not even but for what it begins with")
			}
		}
	})
}

// Whoever hands a release to a lane, its ID is one that can be a workflow ID and a token of
// a subject, and its spec is whole.
func TestIdentity_SubmissionIsCheckedAsAWhole(t *testing.T) {
	t.Parallel()
	spec := release.Spec{App: anApp(), Artifact: release.Artifact{Image: "shop:1"}}.WithDefaults()
	set := validSet().WithDefaults()
	setID := release.SetID(set.Name, "ci", "1")
	for _, id := range []string{release.ID(spec.App, "ci", "1"), release.SetReleaseID(setID, "shop"), release.SetUndoID(setID, "shop")} {
		require.NoError(t, release.Submission{ReleaseID: id, Spec: spec}.Validate())
	}
	require.NoError(t, release.SetRequest{ID: setID, Set: set}.Validate())
	for _, id := range []string{
		"", "Weird/ID \u00fc", "r-1", "r-ABCDEFGHIJKLMNOP", "r-abcdefghijklmnop\n", "x-abcdefghijklmnop", setID, "r-" + strings.Repeat("a", 1000),
	} {
		require.ErrorContains(t, release.Submission{ReleaseID: id, Spec: spec}.Validate(), "releaseId:")
		if id != setID {
			require.ErrorContains(t, release.SetRequest{ID: id, Set: set}.Validate(), "id:")
		}
	}
	spec.App.Region = "nowhere"
	set.OnFailure = "explode"
	err := release.Submission{Spec: spec}.Validate()
	require.ErrorContains(t, err, "releaseId:")
	require.ErrorContains(t, err, "app.region:", "everything at once")
	require.ErrorContains(t, release.SetRequest{Set: set}.Validate(), "onFailure:")
}

func TestIdentity_WhoseEventsADeliveryHas(t *testing.T) {
	t.Parallel()
	for workflowID, want := range map[string]string{
		release.DeliveryID(release.WorkflowID("r-1")):         "r-1",
		release.DeliveryID(release.WatchdogID("r-1")) + "/2":  "r-1",
		release.DeliveryID(release.SetWorkflowID("set-1")):    "",
		release.WorkflowID("r-1"):                             "",
		release.DeliveryID(""):                                "",
		"delivery/" + release.LaneID(release.App{ID: "shop"}): "",
	} {
		got, is := release.DeliveryOf(workflowID)
		require.Equal(t, want, got, workflowID)
		require.Equal(t, want != "", is, workflowID)
	}
}
