package wire

import (
	"slices"
	"time"

	"slipway/release"
)

// FreezeKind is what a name in the calendar stands for.
type FreezeKind string

// The kinds.
const (
	FreezeStop   FreezeKind = "stop"
	FreezeWindow FreezeKind = "window"
)

// Ended is what becomes of one that is taken out of the calendar.
func (k FreezeKind) Ended() string {
	if k == FreezeStop {
		return "lifted"
	}
	return "removed"
}

// ListedFreeze is a window or a stop as it is shown.
type ListedFreeze struct {
	Kind FreezeKind `json:"kind"`
	// Active reports whether it freezes now, and ActiveUntil until when; without it until
	// somebody lifts it.
	Active      bool      `json:"active"`
	ActiveUntil time.Time `json:"activeUntil,omitzero"`
	// Ended is how it was lifted or removed; nil while it is in the calendar.
	Ended *CalendarChange `json:"ended,omitempty"`
	// The fields of a stop are among those of a window.
	release.FreezeWindow
}

// ListedStop is a stop as it is shown.
func ListedStop(s release.Stop) ListedFreeze {
	return ListedFreeze{Kind: FreezeStop, Active: true, FreezeWindow: release.FreezeWindow{
		Name: s.Name, Scope: s.Scope, Reason: s.Reason, By: s.By, At: s.At,
	}}
}

// ListedWindow is a window as it is shown.
func ListedWindow(w release.FreezeWindow, now time.Time) ListedFreeze {
	l := ListedFreeze{Kind: FreezeWindow, FreezeWindow: w}
	l.ActiveUntil, l.Active = w.Active(now)
	return l
}

// ListFreezes returns what of a calendar is to be listed, the stops first: of one application where only is not nil, and
// what freezes now where that is asked for. It is never nil.
func ListFreezes(c release.Calendar, only *release.App, active bool, now time.Time) []ListedFreeze {
	found := []ListedFreeze{}
	offer := func(l ListedFreeze) {
		if (l.Active || !active) && (only == nil || l.Scope.Covers(*only)) {
			found = append(found, l)
		}
	}
	for _, s := range c.Stops {
		offer(ListedStop(s))
	}
	for _, w := range c.Windows {
		offer(ListedWindow(w, now))
	}
	return found
}

// FreezeNamed tells what has the name in the calendar; nothing is empty.
func FreezeNamed(c release.Calendar, name string) FreezeKind {
	if slices.ContainsFunc(c.Stops, func(s release.Stop) bool { return s.Name == name }) {
		return FreezeStop
	}
	if slices.ContainsFunc(c.Windows, func(w release.FreezeWindow) bool { return w.Name == name }) {
		return FreezeWindow
	}
	return ""
}

// WithoutFreeze returns a calendar without what has the name in it, and what is gone; ok is false where there is none.
func WithoutFreeze(c release.Calendar, name string) (left release.Calendar, gone ListedFreeze, ok bool) {
	switch FreezeNamed(c, name) {
	case FreezeStop:
		gone = ListedStop(c.Stops[slices.IndexFunc(c.Stops, func(s release.Stop) bool { return s.Name == name })])
		left, _ = c.WithoutStop(name)
	case FreezeWindow:
		gone = ListedFreeze{Kind: FreezeWindow, FreezeWindow: c.Windows[slices.IndexFunc(c.Windows, func(w release.FreezeWindow) bool { return w.Name == name })]}
		left, _ = c.WithoutWindow(name)
	default:
		return c, gone, false
	}
	gone.Active = false
	return left, gone, true
}
