package records

import (
	"testing"

	"github.com/stretchr/testify/require"

	"slipway/release"
	"slipway/whatif"
	"slipway/wire"
)

// A refused request that cannot be read is of the selection by what it is about.
func TestLetters_Chooses(t *testing.T) {
	t.Parallel()
	l := letters{called: names{app(): {"shop/production"}}, selection: Selection{Apps: []release.App{app()}}}
	unreadable := whatif.Recorded{Unreadable: "a signature was cut out"}
	for about, want := range map[string]bool{"shop/production": true, app().SearchValue(): true, "shop/staging": false, "set/shops": false} {
		require.Equal(t, want, l.chooses(wire.Letter{About: about}, unreadable), about)
	}
	l.selection = Selection{Environment: "production"}
	require.True(t, l.chooses(wire.Letter{About: "stock/production"}, unreadable))
	require.False(t, l.chooses(wire.Letter{About: "sae/cn-hangzhou/stock"}, unreadable))
	require.True(t, letters{}.chooses(wire.Letter{About: "set/shops"}, unreadable))
	require.True(t, l.chooses(wire.Letter{}, whatif.Recorded{Spec: release.Spec{App: app()}, Names: []string{"shop/production"}}))
}
