package notify

import (
	"slices"
	"strings"

	"slipway/apps"
	"slipway/internal/scope"
	"slipway/release"
	"slipway/wire"
)

// Book is all that says what is told where: the notifier's document, and those of applications.
type Book struct {
	document     Document
	applications map[string]apps.Application
	// places are the environments of application documents, by their application on its platform.
	places map[release.App][]place
}

// place is an environment of an application document.
type place struct {
	application, environment string
}

func (p place) name() string { return p.application + "/" + p.environment }

// NewBook returns the rules of a document and of applications together.
func NewBook(d Document, applications []apps.Application) Book {
	b := Book{document: d, applications: map[string]apps.Application{}, places: map[release.App][]place{}}
	for _, a := range applications {
		b.applications[a.Name] = a
		for _, e := range a.Environments {
			app := e.App.App().WithDefaults()
			b.places[app] = append(b.places[app], place{a.Name, e.Name})
		}
	}
	return b
}

// Delivery is a channel that is to be told of an event, now or later.
type Delivery struct {
	Channel string `json:"channel"`
	// Page is whether the people of the channel are called.
	Page bool `json:"page,omitempty"`
	// After is how long after the event it is told, if the wait is not over by then; 0 is at once.
	After release.Duration `json:"after,omitzero"`
	// Name is what application documents call the application, see [Book.Name].
	Name string `json:"name,omitempty"`
}

// Deliveries are the channels that an event is told to: each at most once by the rules, and by the ladder each at most once for each
// time after the event. Channels that the document has not are among them, where an application names them.
func (b Book) Deliveries(e wire.LifecycleEvent) []Delivery {
	of := b.subject(e)
	var out []Delivery
	add := func(d Delivery) {
		d.Name = of.name()
		if !slices.ContainsFunc(out, func(other Delivery) bool { return other.Channel == d.Channel && other.After == d.After }) {
			out = append(out, d)
		}
	}
	for _, name := range b.told(of, e.Kind) {
		add(Delivery{Channel: name})
	}
	if HasLadder(e) {
		for _, s := range b.ladder(of) {
			add(Delivery{Channel: s.Channel(), Page: s.Page != "", After: s.After})
		}
	}
	return out
}

// told are the channels that the rules tell of a kind of event of something: those of the document, and those of applications.
func (b Book) told(of subject, kind release.EventKind) (names []string) {
	for _, r := range b.document.Rules {
		if release.ChoosesEvent(r.When, kind) && covers(r.Scopes, of.targets) {
			names = append(names, r.To...)
		}
	}
	for _, at := range of.places {
		for _, r := range b.applications[at.application].Notify {
			if release.ChoosesEvent(r.When, kind) && isOf(r.Environments, at) {
				names = append(names, r.To...)
			}
		}
	}
	return names
}

// Name is what application documents call the application of an event, application/environment; empty where they do not.
func (b Book) Name(e wire.LifecycleEvent) string {
	return b.subject(e).name()
}

// HasLadder reports whether an event begins a wait of which people are reminded: for somebody's word to a release, a wave or a lane,
// for the end of a stall, or for whoever looks at what needs attention. What needs attention in a set its releases tell.
func HasLadder(e wire.LifecycleEvent) bool {
	switch {
	case e.Promotion != nil, e.Letter != nil, e.Push != nil:
		return false
	case e.Set != nil:
		return e.Kind == release.EventWaveWaiting
	}
	return release.EventsWaiting.Has(e.Kind)
}

// ladder are the steps for something: those of its application's document, or where that has none those of the notifier's.
func (b Book) ladder(of subject) (steps []apps.WaitingStep) {
	own := false
	for _, at := range of.places {
		ladder := b.applications[at.application].Waiting
		own = own || len(ladder) > 0
		for _, s := range ladder {
			if isOf(s.Environments, at) {
				steps = append(steps, s)
			}
		}
	}
	if own {
		return steps
	}
	for i, s := range stepsOf(b.document.Waiting) {
		if covers(b.document.Waiting[i].Scopes, of.targets) {
			steps = append(steps, s)
		}
	}
	return steps
}

// covers reports whether one of the scopes covers one of the targets; no scopes cover everything.
func covers(scopes, targets []string) bool {
	return len(scopes) == 0 || slices.ContainsFunc(scopes, func(s string) bool { return scope.CoversOneOf(s, targets) })
}

// isOf reports whether what is for some environments, or for all, is for one.
func isOf(environments []string, at place) bool {
	return len(environments) == 0 || slices.Contains(environments, at.environment)
}

// subject is what an event is about.
type subject struct {
	// targets are those that scopes cover, see [scope.CoversOneOf].
	targets []string
	// places are the environments of application documents that it is of.
	places []place
}

// name is what people call the application; empty where there is none.
func (s subject) name() string {
	if len(s.places) == 0 {
		return ""
	}
	return s.places[0].name()
}

// subject finds what an event is about.
func (b Book) subject(e wire.LifecycleEvent) subject {
	switch {
	case e.Set != nil:
		return subject{targets: []string{scope.OfSet(e.Set.Name)}}
	case e.Lane != nil:
		return b.application(e.Lane.App, b.lane(e.Lane.App))
	case e.Promotion != nil:
		return b.application(e.Promotion.App, []place{{e.Promotion.Application, e.Promotion.To}})
	case e.Letter != nil:
		return b.letter(*e.Letter)
	case e.Push != nil:
		var places []place
		for _, r := range e.Push.Rules {
			places = append(places, place{r.Application, r.Environment})
		}
		return b.named(places)
	}
	places := b.places[e.Progress.App.WithDefaults()]
	if n := e.Progress.ByName; n != nil { // whatever the documents say by now
		places = append([]place{{n.Application, n.Environment}}, places...)
	}
	return b.application(e.Progress.App, places)
}

// lane are the environments of all pointers of an application, which stand in one lane.
func (b Book) lane(app release.App) (places []place) {
	for known, at := range b.places {
		if known.Unqualified() == app.Unqualified() {
			places = append(places, at...)
		}
	}
	slices.SortFunc(places, func(a, b place) int { return strings.Compare(a.name(), b.name()) })
	return places
}

// application is an application with the environments that it is.
func (b Book) application(app release.App, places []place) subject {
	of := b.named(places)
	of.targets = append(of.targets, scope.Of(app))
	return of
}

// named are environments by their names.
func (b Book) named(places []place) (of subject) {
	for _, at := range places {
		if at.application == "" || slices.Contains(of.places, at) {
			continue
		}
		of.places = append(of.places, at)
		of.targets = append(of.targets, scope.OfNamed(at.name()))
	}
	return of
}

// letter is what the message of a dead letter was for, as far as that can be read.
func (b Book) letter(l release.LetterChange) subject {
	parts := strings.Split(l.About, "/")
	switch {
	case len(parts) == 2 && parts[0] == scope.Set:
		return subject{targets: []string{l.About}}
	case len(parts) == 2:
		return b.named([]place{{parts[0], parts[1]}})
	case len(parts) == 3:
		app := release.App{Platform: release.Platform(parts[0]), Region: parts[1], ID: parts[2]}
		return b.application(app, b.lane(app))
	}
	return subject{}
}
