package top

import (
	"os"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/stretchr/testify/require"

	"slipway/internal/termtest"
	"slipway/release"
	"slipway/releases"
)

func sizes() map[string]termtest.Size {
	return map[string]termtest.Size{"60x15": {Columns: 60, Rows: 15}, "80x24": {Columns: 80, Rows: 24}, "120x40": {Columns: 120, Rows: 40}}
}

// The same night in windows of three sizes.
func TestTop_Screens(t *testing.T) {
	t.Parallel()
	states := map[string]func(v *view){
		"list":   func(*view) {},
		"filter": func(v *view) { v.press("/"); v.types("shop") },
		"help":   func(v *view) { v.press("?") },
		"open":   func(v *view) { v.press("down", "down", "down", "enter") },
		"stalled": func(v *view) {
			v.press("down", "enter")
		},
		"confirm": func(v *view) { v.press("down", "down", "down", "c") },
		"abort":   func(v *view) { v.press("down", "down", "down", "a"); v.types("abo") },
		"stale": func(v *view) {
			v.Update(tickMsg(night().Add(time.Minute)))
			v.Update(listedMsg{err: temporalAway(), at: night().Add(time.Minute)})
		},
		"promotions": func(v *view) { v.holdsPromotions() },
		"no-worker": func(v *view) {
			v.Update(readMsg{at: night().Add(time.Minute), read: map[string]Reading{idGray: {Status: releases.Status[release.Progress]{
				Partial: releases.Partial{Reason: releases.PartialNoWorker, Message: "no worker answers"},
			}}}})
		},
	}
	for size, s := range sizes() {
		for state, reach := range states {
			t.Run(state+"-"+size, func(t *testing.T) {
				t.Parallel()
				v := atNight(t, s)
				reach(v)
				golden(t, state+"-"+size+".golden", v.screenshot().String())
			})
		}
	}
}

// Releases on Function Compute are shown by the traffic that they move.
func TestTop_FunctionCompute(t *testing.T) {
	t.Parallel()
	states := map[string]func(v *view){
		"functions":         func(*view) {},
		"functions-confirm": func(v *view) { v.selected = idGray; v.press("c") },
		"functions-open":    func(v *view) { v.selected = idFrozen; v.press("enter") },
	}
	for size, s := range sizes() {
		for state, reach := range states {
			t.Run(state+"-"+size, func(t *testing.T) {
				t.Parallel()
				v := open(t, s)
				v.shows(functionsOfTheNight()...)
				reach(v)
				golden(t, state+"-"+size+".golden", v.screenshot().String())
			})
		}
	}
}

// Without colors the picture says the same.
func TestTop_WithoutColors(t *testing.T) {
	t.Parallel()
	v := atNight(t, termtest.Size{Columns: 120, Rows: 40})
	colored := v.screenshot().String()
	require.Regexp(t, "\x1b\\[[0-9;]*3[0-7]m", v.View().Content)
	v.Color = false
	require.Equal(t, colored, v.screenshot().String())
	require.NotRegexp(t, "\x1b\\[[0-9;]*3[0-7]m", v.View().Content)
	v.press("enter")
	require.NotRegexp(t, "\x1b\\[[0-9;]*3[0-7]m", v.View().Content)
}

// The pictures of the documents.
func TestTop_Pictures(t *testing.T) {
	t.Parallel()
	update := os.Getenv("UPDATE_GOLDEN") != ""
	v := atNight(t, termtest.Size{Columns: 100, Rows: 26})
	termtest.Picture(t, "../../../../docs/images/top.svg", v.screenshot().SVG("slipway top: seven releases, those that need somebody first, and a lane that is held"), update)
	v.Update(tea.WindowSizeMsg{Width: 100, Height: 40})
	v.press("down", "down", "down", "enter", "c")
	termtest.Picture(t, "../../../../docs/images/top-detail.svg", v.screenshot().SVG("slipway top: one release in full, and the question before its batch is confirmed"), update)
}
