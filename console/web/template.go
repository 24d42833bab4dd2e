package web

import (
	"embed"
	"fmt"
	"html/template"
	"io/fs"
	"path"
	"strings"
	"time"

	"slipway/release"
	"slipway/wire"
)

//go:embed templates
var templateFiles embed.FS

// parse reads the templates of every page in every language. All share the layout and the parts.
func (w *Web) parse() (map[string]map[string]*template.Template, error) {
	pages, err := fs.Glob(templateFiles, "templates/pages/*.html")
	if err != nil {
		return nil, err
	}
	all := map[string]map[string]*template.Template{}
	for _, l := range w.languages {
		all[l.Code] = map[string]*template.Template{}
		shared, err := template.New("").Funcs(w.functions(l)).ParseFS(templateFiles, "templates/layout.html", "templates/parts/*.html")
		if err != nil {
			return nil, err
		}
		for _, name := range pages {
			t, err := shared.Clone()
			if err != nil {
				return nil, err
			}
			if t, err = t.ParseFS(templateFiles, name); err != nil {
				return nil, err
			}
			all[l.Code][strings.TrimSuffix(path.Base(name), ".html")] = t
		}
	}
	return all, nil
}

// functions are what templates call.
func (w *Web) functions(l language) template.FuncMap {
	return template.FuncMap{
		"t":        l.text,
		"asset":    func(name string) (string, error) { return w.assets.path(name) },
		"path":     pathOf,
		"stamp":    stamp,
		"span":     func(from, to time.Time) string { return release.Span(to.Sub(from)) },
		"phase":    func(p release.Phase) badge { return l.badgeOf(p) },
		"service":  func() string { return w.cfg.SignInService },
		"artifact": artifactText,
		"join":     func(parts []string) string { return strings.Join(parts, ", ") },
		"link":     func(to, text string, here bool) navLink { return navLink{to, text, here} },
		"acts": func(id string, steps []release.NextStep) []act {
			found, _ := actsOf(id, steps)
			return found
		},
		"decision":     func(d release.Decision) string { return d.Text(release.UnitBatch, nil) },
		"waveDecision": func(d release.Decision) string { return d.Text(release.UnitWave, nil) },
		"waitlist":     func(items []waiting, now time.Time) waitlist { return waitlist{items, now} },
		"number": func(n int, one, many string) string {
			if n == 1 {
				return l.text(one, n)
			}
			return l.text(many, n)
		},
		"month": func(t time.Time) string { return t.Format("2006-01") },
		"event": eventName,
		"kinds": eventTypes,
	}
}

// path is where an asset is.
func (a assets) path(name string) (string, error) {
	at, known := a.names[name]
	if !known {
		return "", fmt.Errorf("there is no asset %s", name)
	}
	return at, nil
}

// stamp shows a moment as it stands in JSON, in UTC; empty of the zero time.
func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

// navLink is a link to a part of the console, and whether this is it.
type navLink struct {
	To, Text string
	Here     bool
}

// waitlist is what needs a person, as of a moment.
type waitlist struct {
	Items []waiting
	Now   time.Time
}

// eventTypes are the types of all events of releases, sets and lanes, which a browser has to name one by one.
func eventTypes() string {
	var all []string
	for _, kind := range release.EventKinds() {
		all = append(all, wire.EventType(kind), wire.SetEventType(kind))
	}
	for _, kind := range []release.EventKind{release.EventHeld, release.EventResumed, release.EventDropped, release.EventAllowed} {
		all = append(all, wire.LaneEventType(kind))
	}
	return strings.Join(all, " ")
}

// eventName is the type of an event without what all have.
func eventName(kind string) string {
	return strings.TrimSuffix(strings.TrimPrefix(strings.TrimPrefix(kind, "dev.slipway.release."), "dev.slipway.set."), ".v1")
}

// badge is a phase as it is shown: a sign, a color, and words, so that none of them alone says it.
type badge struct{ Class, Icon, Text string }

func (l language) badgeOf(p release.Phase) badge {
	b := badge{Text: l.text(string(p))}
	switch p {
	case release.PhaseSucceeded:
		b.Class, b.Icon = "good", "✔"
	case release.PhaseRolledBack, release.PhaseAborted, release.PhaseFailed:
		b.Class, b.Icon = "bad", "✖"
	case release.PhaseNeedsAttention:
		b.Class, b.Icon = "alarm", "⚠"
	case release.PhaseQueued:
		b.Class, b.Icon = "quiet", "‖"
	case release.PhaseAwaitingApproval, release.PhaseAwaitingConfirm, release.PhaseAwaitingPlatformApproval, release.PhasePaused:
		b.Class, b.Icon = "waits", "‖"
	case release.PhasePreparing, release.PhaseRollingOut, release.PhaseRunning, release.PhaseFinalizing, release.PhaseWatching, release.PhaseRollingBack:
		b.Class, b.Icon = "moves", "◌"
	case "":
		b = badge{Class: "quiet", Icon: "‖", Text: l.text("Not accepted yet")}
	}
	return b
}
