package release_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"slipway/release"
)

func TestParseApp(t *testing.T) {
	t.Parallel()
	const forms = "is not of the form platform/region/id"
	for text, want := range map[string]struct {
		ref     release.AppRef
		refused string
	}{
		"sae/cn-hangzhou/app-1": {ref: release.AppRef{App: release.App{Platform: release.PlatformSAE, Region: "cn-hangzhou", ID: "app-1"}}},
		"shop":                  {ref: release.AppRef{Application: "shop"}},
		"shop/production":       {ref: release.AppRef{Application: "shop", Environment: "production"}},
		"":                      {refused: forms},
		"shop/":                 {refused: forms},
		"/production":           {refused: forms},
		"Shop":                  {refused: forms},
		"shop/Production":       {refused: forms},
		"a/b/c/d":               {refused: forms},
		"s-abcdefghijklmnop":    {refused: forms},
		"sae":                   {refused: forms},
		"fc/production":         {refused: forms},
		"r-abcdefghijklmnop":    {refused: "; commands to a release are under: slipway release"},
		"k8s/cn-hangzhou/app-1": {refused: `app.platform: "k8s" is not a platform served here`},
		"sae/hangzhou/app 1":    {refused: `app.region: "hangzhou" is not a region ID such as cn-hangzhou; app.id: "app 1"`},
	} {
		t.Run(text, func(t *testing.T) {
			t.Parallel()
			ref, err := release.ParseApp(text)
			if want.refused != "" {
				require.ErrorContains(t, err, want.refused)
				require.NotContains(t, err.Error(), "\n")
				return
			}
			require.NoError(t, err)
			require.Equal(t, want.ref, ref)
			require.Equal(t, want.ref.App == release.App{}, ref.ByName())
		})
	}
}

func TestCheckApplicationName(t *testing.T) {
	t.Parallel()
	require.NoError(t, release.CheckApplicationName("shop-2"))
	for name, want := range map[string]string{
		"Shop": "1-40 lower-case letters", "r-1": "begins as the ID of a release", "s-1": "begins as the ID of a release", "sae": "is a platform", "servicestage": "is a platform",
	} {
		require.ErrorContains(t, release.CheckApplicationName(name), want)
	}
}
