package apps_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"slipway/apps"
	"slipway/release"
)

// The strategy of a new environment is one that its platform has for as many instances as there are.
func TestNewEnvironment(t *testing.T) {
	t.Parallel()
	component := release.App{Platform: release.PlatformServiceStage, Region: "cn-north-4", ID: "4b611997-4acd-4538-a06b-32fd2475e057"}
	sae := release.App{Platform: release.PlatformSAE, Region: "cn-hangzhou", ID: "a"}
	service := release.App{Platform: release.PlatformFC, Region: "cn-hangzhou", ID: "orders"}
	for name, c := range map[string]struct {
		app       release.App
		instances int
		want      string
	}{
		"several instances":           {sae, 4, `{"type": "gray", "gray": 1, "batches": 1}`},
		"two instances":               {sae, 2, `{"type": "gray", "gray": 1, "batches": 1}`},
		"one instance":                {sae, 1, ""},
		"nobody knows":                {sae, 0, ""},
		"a component":                 {component, 3, `{"type": "gray", "gray": 1, "batches": 1}`},
		"a service shifts traffic":    {service, 0, `{"type": "gray", "weights": [10]}`},
		"provisioned does not matter": {service, 3, `{"type": "gray", "weights": [10]}`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := apps.NewEnvironment("production", c.app, c.instances)
			require.Equal(t, c.want, string(e.Release["strategy"]))
			require.NoError(t, apps.New("shop", e).Validate())
			require.NoError(t, e.App.App().Validate())
		})
	}
}

func TestApplication_With(t *testing.T) {
	t.Parallel()
	shop := apps.New("shop", apps.NewEnvironment("staging", release.App{Platform: release.PlatformSAE, Region: "cn-hangzhou", ID: "a"}, 1))
	next, err := shop.With(apps.NewEnvironment("production", release.App{Platform: release.PlatformSAE, Region: "cn-hangzhou", ID: "b"}, 1))
	require.NoError(t, err)
	require.Equal(t, []string{"staging", "production"}, next.Names())
	require.Equal(t, []string{"staging"}, shop.Names())
	_, err = shop.With(apps.NewEnvironment("staging", release.App{Platform: release.PlatformSAE, Region: "cn-hangzhou", ID: "b"}, 1))
	require.ErrorContains(t, err, "is that of environments[0] already")
	_, err = shop.With(apps.NewEnvironment("production", shop.Environments[0].App.App(), 1))
	require.ErrorContains(t, err, "is the application of environment staging already")
}
