package servicestage

import (
	"testing"

	"github.com/stretchr/testify/require"

	"slipway/release"
	"slipway/servicestageclient"
)

// TestSource_AnAddressThatIsSignedIsNotTold keeps a signature in the address of a package out of what is told, and in what is
// sent again.
func TestSource_AnAddressThatIsSignedIsNotTold(t *testing.T) {
	t.Parallel()
	now := &servicestageclient.Source{Kind: kindPackage, Storage: "obs", URL: "https://user:pass@bucket.test/web.jar?Signature=planted", Version: "1"}
	told := artifact(now)
	require.NotContains(t, told.Package.URL, "planted")
	require.NotContains(t, told.Package.URL, "pass")
	require.Equal(t, *now, source(now, told), "what runs stays")
	next := source(now, release.Artifact{Package: &release.Package{URL: "obs://bucket/web.jar", Version: "2"}})
	require.Equal(t, servicestageclient.Source{Kind: kindPackage, Storage: "obs", URL: "obs://bucket/web.jar", Version: "2"}, next)
}
