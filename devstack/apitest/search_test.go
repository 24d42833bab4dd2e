package apitest_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"slipway/release"
)

// hit is what the tests read of what was found.
type hit struct{ Kind, ID, Phase string }

func TestSearch(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	require.JSONEq(t, `{"items":[]}`, h.get("search?q=shop").body)
	h.shops()
	h.record(released("r-aaaaaaaaaaaaaaaa", staging(), "registry.example/shop:1.4.2", time.Now().Add(-time.Hour)))
	h.record(released("r-bbbbbbbbbbbbbbbb", shop(), "registry.example/till:2.0.0", time.Now().Add(-time.Minute)))
	app, first, second := hit{"application", "shop", ""}, hit{"release", "r-aaaaaaaaaaaaaaaa", string(release.PhaseSucceeded)}, hit{"release", "r-bbbbbbbbbbbbbbbb", string(release.PhaseSucceeded)}
	for text, want := range map[string][]hit{
		"SHOP":               {app, second, first},
		"1.4.2":              {first},
		"production":         {app},
		"r-bbbbbbbbbbbbbbbb": {second},
		"r-bbbb":             {second},
		"nothing":            {},
		"s-abcdefghijklmnop": {},
		"r-zzzzzzzzzzzzzzzz": {},
	} {
		require.Equal(t, want, items[hit](t, h.get("search?q="+text)).Items, text)
	}
	for _, query := range []string{"", "?q=", "?q=%20", "?q=" + strings.Repeat("x", 201)} {
		require.Equal(t, "q", h.get("search" + query).problem(t).Errors[0].Field, query)
	}

	h.authorize() // ann may look at what runs in production, and no other
	require.Equal(t, []hit{app, second}, items[hit](t, h.get("search?q=shop")).Items)
	require.Empty(t, items[hit](t, h.get("search?q=r-aaaaaaaaaaaaaaaa")).Items)
	require.Equal(t, []hit{}, items[hit](t, h.get("search?q=staging")).Items)
}
