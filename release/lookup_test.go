package release_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"slipway/release"
)

// TestLookup_See: what has exactly the name, in the namespace that was asked for, is found; anything else is near.
func TestLookup_See(t *testing.T) {
	t.Parallel()
	apps := []release.NamedApp{
		{ID: "1", Namespace: "test", Name: "shop"},
		{ID: "2", Namespace: "live", Name: "shop"},
		{ID: "3", Namespace: "test", Name: "shop-2"},
		{ID: "4", Namespace: "test", Name: "Shop"},
		{ID: "1", Namespace: "test", Name: "shop"},
	}
	for in, want := range map[release.LookupInput][2][]string{
		{Name: "shop", Namespace: "test"}: {{"1"}, {"2", "3", "4"}},
		{Name: "shop"}:                    {{"1", "2"}, {"3", "4"}},
		{Name: "sho", Namespace: "test"}:  {nil, {"1", "2", "3", "4"}},
		{Name: "shop", Namespace: "Test"}: {nil, {"1", "2", "3", "4"}},
	} {
		var l release.Lookup
		for _, each := range apps {
			l.See(in, each)
		}
		require.Equal(t, want, [2][]string{ids(l.Found), ids(l.Near)}, in)
	}
}

func ids(found []release.NamedApp) (out []string) {
	for _, each := range found {
		out = append(out, each.ID)
	}
	return out
}

// TestLookup_Suggest: names that are near come first, then those of the namespace, and never more than anybody needs.
func TestLookup_Suggest(t *testing.T) {
	t.Parallel()
	in := release.LookupInput{Name: "shop", Namespace: "test"}
	var from []release.NamedApp
	for i := range 3 * release.MaxFound {
		from = append(from, release.NamedApp{ID: fmt.Sprint("x", i), Namespace: "live", Name: fmt.Sprint("warehouse-", i)})
	}
	from = append(from, release.NamedApp{ID: "a", Namespace: "test", Name: "cart"}, release.NamedApp{ID: "b", Namespace: "live", Name: "shops"},
		release.NamedApp{ID: "c", Namespace: "test", Name: "shap"})
	l := release.Lookup{Near: []release.NamedApp{{ID: "b", Namespace: "live", Name: "shops"}}}
	l.Suggest(in, from)
	require.Empty(t, l.Found)
	require.Len(t, l.Near, release.MaxFound)
	require.Equal(t, []string{"b", "c", "a", "x0", "x1"}, ids(l.Near)[:5])
	for range release.MaxFound + 1 {
		l.See(in, release.NamedApp{ID: fmt.Sprint("f", len(l.Found)), Namespace: "test", Name: "shop"})
	}
	require.Len(t, l.Found, release.MaxFound)
}
