package scope_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"slipway/internal/scope"
)

func TestCovers(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		scope, target string
		want          bool
	}{
		"everything":             {"*", "sae/cn-hangzhou/shop", true},
		"a platform":             {"sae", "sae/cn-hangzhou/shop", true},
		"another platform":       {"fc", "sae/cn-hangzhou/shop", false},
		"a region":               {"sae/cn-hangzhou", "sae/cn-hangzhou/shop", true},
		"any region":             {"sae/*/shop", "sae/cn-hangzhou/shop", true},
		"within a part":          {"sae/*/shop-*-cn", "sae/cn-hangzhou/shop-eu-cn", true},
		"a part is whole":        {"sae/*/shop", "sae/cn-hangzhou/shop2", false},
		"* is within one part":   {"sae/*", "sae/cn-hangzhou/shop", true},
		"longer than the target": {"set/checkout/x", "set/checkout", false},
		"a set":                  {"set/check*", "set/checkout", true},
	} {
		require.Equal(t, c.want, scope.Covers(c.scope, c.target), name)
	}
}

func TestMatches_CostsLittle(t *testing.T) {
	t.Parallel()
	require.False(t, scope.Matches(strings.Repeat("*a", 100)+"b", strings.Repeat("a", 10_000)))
	require.True(t, scope.Matches("a*a", "aa"))
	require.False(t, scope.Matches("a*a", "a"), "what begins a text does not end it, too")
}

func TestFault(t *testing.T) {
	t.Parallel()
	for s, want := range map[string]string{
		"sae/cn-hangzhou/shop": "", "*": "", "set/checkout": "", "s*/x": "",
		"aws":                            `"aws" is no platform`,
		"set/a/b":                        "is not of the form set/name",
		"sae/a/b/c":                      "is not of the form platform/region/app",
		"sae//b":                         "each part has letters",
		"sae/a b":                        "each part has letters",
		strings.Repeat("a", scope.Max+1): "at most 256",
	} {
		if want == "" {
			require.Empty(t, scope.Fault(s, scope.Set), s)
			continue
		}
		require.Contains(t, scope.Fault(s, scope.Set), want)
	}
}

func TestCoversOneOf(t *testing.T) {
	t.Parallel()
	shop := []string{"sae/cn-hangzhou/shop", scope.OfNamed("shop/production")}
	for name, c := range map[string]struct {
		scope   string
		targets []string
		want    bool
	}{
		"by its ID":                         {"sae/*/shop", shop, true},
		"by its name":                       {"app/shop/production", shop, true},
		"every environment":                 {"app/shop", shop, true},
		"another environment":               {"app/shop/staging", shop, false},
		"of every name":                     {"app", shop, true},
		"without a name":                    {"app", shop[:1], false},
		"a name is no platform":             {"a*/shop/production", shop[1:], false},
		"everything":                        {"*", shop, true},
		"everything, also what has nothing": {"*", nil, true},
		"nothing":                           {"sae", nil, false},
		"a set":                             {"set/check*", []string{"set/checkout"}, true},
	} {
		require.Equal(t, c.want, scope.CoversOneOf(c.scope, c.targets), name)
	}
}
