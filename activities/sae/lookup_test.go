package sae

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"slipway/release"
	"slipway/saeclient"
	"slipway/saesim"
)

// TestLookup_ANameIsOfANamespace: two applications of one name are told apart by their namespaces, one that is being deleted is
// none, and SAE's own comparison, which takes a part of a name, counts for nothing.
func TestLookup_ANameIsOfANamespace(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	const test = saesim.DefaultRegion + ":test"
	_, err := h.client.CreateNamespace(t.Context(), &saeclient.CreateNamespaceInput{NamespaceID: new(test), NamespaceName: "test"})
	require.NoError(t, err)
	create := func(name string) release.NamedApp {
		out, err := h.client.CreateApplication(t.Context(), &saeclient.CreateApplicationInput{
			AppName: name, NamespaceID: new(test), PackageType: "Image", ImageURL: new(image1), Replicas: 1, CPU: new(1000), Memory: new(2048),
		})
		require.NoError(t, err)
		return release.NamedApp{ID: out.Data.AppID, Namespace: test, Name: name}
	}
	first := release.NamedApp{ID: h.app.ID, Namespace: saesim.DefaultRegion, Name: "shop"}
	second, longer := create("shop"), create("shop-2")
	look := func(namespace, name string) release.Lookup {
		in := release.LookupInput{App: release.App{Platform: release.PlatformSAE, Region: saesim.DefaultRegion}, Namespace: namespace, Name: name}
		found, err := h.driver.Lookup(t.Context(), in)
		require.NoError(t, err)
		return found
	}
	require.Equal(t, []release.NamedApp{first}, look(saesim.DefaultRegion, "shop").Found)
	require.Equal(t, []release.NamedApp{second}, look(test, "shop").Found)
	require.ElementsMatch(t, []release.NamedApp{first, second}, look("", "shop").Found)
	none := look(test, "sho")
	require.Empty(t, none.Found)
	require.ElementsMatch(t, []release.NamedApp{first, second, longer}, none.Near)

	_, err = h.sim.Advance(time.Hour) // until both run
	require.NoError(t, err)
	_, err = h.client.DeleteApplication(t.Context(), &saeclient.DeleteApplicationInput{AppID: second.ID})
	require.NoError(t, err)
	gone := look(test, "shop")
	require.Empty(t, gone.Found)
	require.ElementsMatch(t, []release.NamedApp{first, longer}, gone.Near)
}
