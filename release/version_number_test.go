package release_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"slipway/release"
)

// Two releases have two versions, which the platform takes, and by which each is found again.
func TestVersionNumber_NamesTheRelease(t *testing.T) {
	t.Parallel()
	on := traitsOf(t, release.PlatformServiceStage)
	id := rapid.StringMatching(`[a-z2-7]{16}`)
	form := rapid.SampledFrom([]string{"r-", "r-s-"})
	rapid.Check(t, func(t *rapid.T) {
		a := form.Draw(t, "form") + id.Draw(t, "id")
		version := release.VersionNumber(a)
		require.True(t, on.IsVersion(version), version)
		require.LessOrEqual(t, len(version), 31)
		require.Contains(t, release.ReleasesOfVersion(version), a)
		for _, of := range release.ReleasesOfVersion(version) {
			require.Equal(t, version, release.VersionNumber(of))
		}
		b := form.Draw(t, "other form") + id.Draw(t, "other id")
		require.Equal(t, a[len(a)-16:] == b[len(b)-16:], version == release.VersionNumber(b))
	})
}

// An ID of one's own has a version, too, which does not lead back to it.
func TestVersionNumber_OfAnyID(t *testing.T) {
	t.Parallel()
	on := traitsOf(t, release.PlatformServiceStage)
	seen := map[string]string{}
	for _, id := range []string{"r-mine", "r-mine-2", "r-aaaaaaaaaaaaaaa", "r-aaaaaaaaaaaaaaaaa", "r-AAAAAAAAAAAAAAAA", "r-0000000000000000", "r-" + strings.Repeat("x", 120)} {
		version := release.VersionNumber(id)
		require.True(t, on.IsVersion(version), version)
		require.Empty(t, seen[version], id)
		seen[version] = id
		require.NotContains(t, release.ReleasesOfVersion(version), id)
	}
	require.Equal(t, "0.0.0.0", release.VersionNumber("r-aaaaaaaaaaaaaaaa"))
	require.Equal(t, "1048575.1048575.1048575.1048575", release.VersionNumber("r-7777777777777777"))
	require.Equal(t, "0.0.0.1", release.VersionNumber("r-aaaaaaaaaaaaaaab"))
}

func TestReleasesOfVersion_NoneOfAnother(t *testing.T) {
	t.Parallel()
	for _, version := range []string{"", "1.2.3", "1.2.3.4.5", "1.2.3.1048576", "1.2.3.04", "1.2.3.+4", "1.2.3.-4", "1.2..4", "a.b.c.d"} {
		require.Empty(t, release.ReleasesOfVersion(version), version)
	}
}

func TestReleaseOfToken(t *testing.T) {
	t.Parallel()
	id, is := release.ReleaseOfToken(release.Token("r-mine", string(release.StepRollout)))
	require.True(t, is)
	require.Equal(t, "r-mine", id)
	for _, text := range []string{"", "slipway:", "slipway:r-mine", "slipway::rollout", "slipway:r-mine:", "other:r-mine:rollout"} {
		_, is := release.ReleaseOfToken(text)
		require.False(t, is, text)
	}
}
