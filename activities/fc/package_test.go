package fc_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"slipway/activities/fc/fcworld"
	"slipway/activities/platform/platformtest"
	"slipway/fcclient"
	"slipway/release"
)

// ofPackages makes a host whose function runs a package that was sent by hand.
func ofPackages(t platformtest.T) *host {
	t.Helper()
	h := hostOf(t, platformtest.Setup{Empty: true})
	_, err := h.Client.DeleteFunction(t.Context(), &fcclient.DeleteFunctionInput{ServiceName: fcworld.Service, FunctionName: fcworld.Function})
	require.NoError(t, err)
	_, err = h.Client.CreateFunction(t.Context(), &fcclient.CreateFunctionInput{
		ServiceName: fcworld.Service, FunctionName: fcworld.Function, Runtime: new("python3"), Handler: "main.run", Code: fcclient.ZipCode([]byte("one")),
	})
	require.NoError(t, err)
	_, err = h.Client.CreateAlias(t.Context(), &fcclient.CreateAliasInput{ServiceName: fcworld.Service, AliasName: fcworld.Alias, VersionID: h.Publish()})
	require.NoError(t, err)
	return h
}

func zip(version string) release.ReleaseQuestion {
	return release.ReleaseQuestion{
		Artifact: release.Artifact{Package: &release.Package{URL: "oss://code/shop-" + version + ".zip", Version: version}}, Strategy: all(),
	}
}

// TestPackage_IsBroughtAndKnownAgain: where Slipway has published it; else a version is known by its ID.
func TestPackage_IsBroughtAndKnownAgain(t *testing.T) {
	t.Parallel()
	h := ofPackages(t)
	one := h.snapshot(release.SnapshotInput{}).Version
	require.Equal(t, "1", one.ID)
	require.False(t, one.Artifact.Known())
	require.Equal(t, "version 1", one.Public())

	change := h.release("r-2", zip("2"))
	two := h.snapshot(release.SnapshotInput{}).Version
	require.True(t, two.Artifact.Same(zip("2").Artifact), two.Public())
	v := must[release.Verification](h, release.VerbVerify, release.VerifyInput{App: h.App(), Want: release.Version{ID: change.Version, Artifact: zip("2").Artifact}})
	require.True(t, v.Configured.Artifact.Same(zip("2").Artifact))
	require.NotEqual(t, one.Config, two.Config)

	// A rejected package, and then a release of configuration alone: it has the package that serves.
	rejected := zip("3")
	rejected.Strategy = gray(5)
	h.abort(h.release("r-3", rejected))
	timeout := release.ReleaseQuestion{Strategy: all(), Config: &release.Config{Platform: release.Parameters{"timeout": json.RawMessage("5")}}}
	config := h.release("r-4", timeout)
	require.Equal(t, h.function("2").CodeChecksum, h.function(config.ID).CodeChecksum)
	require.NotEqual(t, h.function("3").CodeChecksum, h.function(config.ID).CodeChecksum)
	require.Equal(t, 5, h.function(config.ID).Timeout)
	require.True(t, h.snapshot(release.SnapshotInput{}).Version.Artifact.Same(zip("2").Artifact))

	require.Contains(t, h.refusals(zip("2")), "nothing would change")
	require.Contains(t, h.refusals(h.image(1)), "artifact.image: the function web is of the runtime python3 and runs no image: give artifact.package")
	elsewhere := release.ReleaseQuestion{Artifact: release.Artifact{Package: &release.Package{URL: "oss://bucket", Version: "1"}}, Strategy: all()}
	require.Contains(t, h.refusals(elsewhere), "artifact.package.url: must be oss://bucket/object")
}

// TestPackage_ThatNobodyKnows is not brought back by a release of configuration alone.
func TestPackage_ThatNobodyKnows(t *testing.T) {
	t.Parallel()
	h := ofPackages(t)
	h.Update(fcclient.UpdateFunctionInput{Code: fcclient.ZipCode([]byte("two"))})
	config := release.ReleaseQuestion{Strategy: all(), Config: &release.Config{Platform: release.Parameters{"timeout": json.RawMessage("5")}}}
	require.Contains(t, h.refusals(config), "artifact: LATEST holds other code than the version that serves")
	h.Update(fcclient.UpdateFunctionInput{Code: fcclient.ZipCode([]byte("one"))})
	require.Equal(t, "2", h.release("r-1", config).ID, "it is the one that serves")
	require.Equal(t, h.function("1").CodeChecksum, h.function("2").CodeChecksum)
}

// TestPackage_ThatWasOverwritten since it was published is not taken for what serves, and one that
// somebody else has put into LATEST gets no traffic.
func TestPackage_ThatWasOverwritten(t *testing.T) {
	t.Parallel()
	h := ofPackages(t)
	h.release("r-2", zip("2"))
	h.Update(fcclient.UpdateFunctionInput{Code: fcclient.ZipCode([]byte("other"))})
	in := h.rollout("r-3", release.ReleaseQuestion{Strategy: all(), Config: &release.Config{Platform: release.Parameters{"timeout": json.RawMessage("5")}}})
	h.edit("PUT", `"codeChecksum":"`+h.checksum("2"), `"codeChecksum":"7`)
	_, text := refused(h, release.VerbBeginRollout, in)
	require.Contains(t, text, "is not any more what version 2 runs")
	h.OnCall = nil

	in = h.rollout("r-4", zip("4"))
	h.on("POST", "/versions", func() { h.Update(fcclient.UpdateFunctionInput{Code: fcclient.ZipCode([]byte("stranger"))}) })
	_, text = refused(h, release.VerbBeginRollout, in)
	require.Contains(t, text, "is not what was asked for (code)")
	h.OnCall = nil
	_, text = refused(h, release.VerbBeginRollout, in)
	require.Contains(t, text, "is not what was asked for (code)", "the version is known by its token, and what it was to be")
	require.Equal(t, "2", h.alias().VersionID)
}

func (h *host) checksum(version string) string { return h.function(version).CodeChecksum }
