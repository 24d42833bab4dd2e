package top

import (
	"errors"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/stretchr/testify/require"

	"slipway/internal/termtest"
)

// TestTop_Promotions: those that are held are shown and counted. While nobody tells, what was seen last stays, and says as of
// when that is.
func TestTop_Promotions(t *testing.T) {
	t.Parallel()
	v := atNight(t, termtest.Size{Columns: 120, Rows: 40})
	require.False(t, v.screenshot().Shows("PROMOTIONS"))
	v.Update(promotionsMsg{err: errors.New("no NATS"), at: v.now})
	require.False(t, v.screenshot().Shows("PROMOTIONS"), "the view works without")
	v.holdsPromotions()
	require.True(t, v.screenshot().Shows("1 not promoted"))
	require.True(t, v.screenshot().Shows("shop:1.4.3 to shop/production"))
	require.True(t, v.screenshot().Shows("LANES HELD"))
	v.Update(promotionsMsg{err: errors.New("no NATS"), at: night().Add(time.Minute)})
	require.True(t, v.screenshot().Shows("PROMOTIONS HELD as of 02:14:05"))
	v.Update(promotionsMsg{at: night().Add(2 * time.Minute)})
	require.False(t, v.screenshot().Shows("PROMOTIONS"))
	require.False(t, v.screenshot().Shows("not promoted"))
}

// TestTop_AsksForPromotionsAtABoundedPace: not while a question is under way, and not before the pace is over.
func TestTop_AsksForPromotionsAtABoundedPace(t *testing.T) {
	t.Parallel()
	v := open(t, usual())
	require.Nil(t, v.promotionsCmd(), "nobody reads them")
	v.calls.promotions = func() tea.Msg { return nil }
	require.NotNil(t, v.promotionsCmd())
	v.now = v.now.Add(time.Hour)
	require.Nil(t, v.promotionsCmd(), "the answer has not come yet")
	v.Update(promotionsMsg{at: v.now})
	require.NotNil(t, v.promotionsCmd())
	v.Update(promotionsMsg{at: v.now})
	v.now = v.now.Add(promotionsPace - time.Second)
	require.Nil(t, v.promotionsCmd())
	v.now = v.now.Add(time.Second)
	require.NotNil(t, v.promotionsCmd())
}
