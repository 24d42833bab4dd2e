package notify

import (
	"cmp"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"text/template"
	"time"

	"slipway/release"
	"slipway/wire"
)

//go:embed texts
var textFiles embed.FS

// The bounds of a message, in bytes and lines. Channels cut further what their service takes no more of.
const (
	maxTitle = 200
	maxLine  = 600
	maxLines = 30
)

// Languages returns the languages of messages.
func Languages() []Language { return []Language{English, Chinese} }

// Texts are the words of messages in every language.
type Texts struct {
	languages map[Language]*template.Template
}

// NewTexts reads the words.
func NewTexts() (*Texts, error) {
	t := &Texts{languages: map[Language]*template.Template{}}
	for _, l := range Languages() {
		words, err := template.New(string(l)).Option("missingkey=error").
			Funcs(template.FuncMap{"duration": func(d time.Duration) string { return duration(l, d) }}).
			ParseFS(textFiles, "texts/"+string(l)+".tmpl")
		if err != nil {
			return nil, err
		}
		t.languages[l] = words
	}
	return t, nil
}

// Options are what a message has besides its event.
type Options struct {
	// Console is the address of the console, where messages lead; without one there are no links.
	Console string
	// Name is what people call the application, where the event does not say it.
	Name string
	// Page is whether the message calls people, and After how long after the event it is sent; 0 is at once.
	Page  bool
	After time.Duration
	// Link returns the address by which a person is led to an action, confirm or approve, on what the event is about; false where
	// there is none. It may be nil.
	Link func(action string, e wire.LifecycleEvent) (address string, ok bool)
	// Test is whether the message only tries a channel, and says so.
	Test bool
	// Event is the event as it was published, for [Message.Event].
	Event json.RawMessage
}

// The actions of links.
const (
	ActionConfirm = "confirm"
	ActionApprove = "approve"
)

// Compose writes the message of an event for a channel. Secrets are cut out of it, and its length is bounded whatever the event has.
// A kind of event that this version has no words for is told by its name.
func (t *Texts) Compose(e wire.LifecycleEvent, c Channel, o Options) (Message, error) {
	language := cmp.Or(c.Language, English)
	words, known := t.languages[language]
	if !known {
		return Message{}, fmt.Errorf("there are no words in language %.*q", release.MaxWord, string(language))
	}
	zone, err := release.LoadZone(cmp.Or(c.Zone, "UTC"))
	if err != nil {
		return Message{}, err
	}
	w := writer{words: words}
	f := newFacts(e, zone)
	f.Waited = o.After
	if f.Name == f.App && o.Name != "" {
		f.Name = o.Name
	}
	m := Message{
		ID: wire.Notification{Channel: c.Name, After: release.Duration(o.After)}.Of(e).ID, Mood: moodOf(e), Page: o.Page, Language: language, At: e.Time, Event: o.Event,
		Title: release.ShortenLine(w.title(e, f, o), maxTitle),
		Lines: w.lines(thingOf(e)+".lines", f),
		Links: w.links(e, o),
	}
	return m, errors.Join(w.failures...)
}

// The things that events are of, as their types have it.
const (
	thingRelease    = "release"
	thingSet        = "set"
	thingLane       = "lane"
	thingPromotion  = "promotion"
	thingDeadLetter = "deadletter"
	thingPush       = "push"
)

func thingOf(e wire.LifecycleEvent) string {
	switch {
	case e.Set != nil:
		return thingSet
	case e.Lane != nil:
		return thingLane
	case e.Promotion != nil:
		return thingPromotion
	case e.Letter != nil:
		return thingDeadLetter
	case e.Push != nil:
		return thingPush
	}
	return thingRelease
}

// moodOf is what an event means to who reads of it.
func moodOf(e wire.LifecycleEvent) Mood {
	switch {
	case e.Kind == release.EventSucceeded:
		return MoodGood
	case e.Kind == release.EventStalled: // it goes wrong, and may go on
		return MoodWaiting
	case release.EventsBad.Has(e.Kind):
		return MoodBad
	case release.EventsWaiting.Has(e.Kind):
		return MoodWaiting
	}
	return MoodInfo
}

// writer writes with the words of a language, and keeps what fails.
type writer struct {
	words    *template.Template
	failures []error
}

func (w *writer) text(name string, data any) string {
	var b strings.Builder
	if err := w.words.ExecuteTemplate(&b, name, data); err != nil {
		w.failures = append(w.failures, err)
	}
	return b.String()
}

func (w *writer) title(e wire.LifecycleEvent, f facts, o Options) string {
	name := thingOf(e) + "." + string(e.Kind)
	if w.words.Lookup(name) == nil {
		name = thingOf(e) + ".other"
	}
	title := w.text(name, f)
	if o.After > 0 {
		title = w.text("reminder", f) + title
	}
	if o.Test {
		title = w.text("test", f) + title
	}
	return title
}

// lines are those of a text that are not empty.
func (w *writer) lines(name string, data any) (lines []string) {
	for line := range strings.Lines(w.text(name, data)) {
		if line = release.ShortenLine(line, maxLine); line != "" && len(lines) < maxLines {
			lines = append(lines, line)
		}
	}
	return lines
}

// links are where a message leads: to what it is about, and to what a person is asked to do.
func (w *writer) links(e wire.LifecycleEvent, o Options) (links []Link) {
	if page, address := pageOf(e, o.Console); address != "" {
		links = append(links, Link{w.text("link."+page, nil), address})
	}
	action := actionOf(e)
	if action == "" || o.Link == nil {
		return links
	}
	if address, ok := o.Link(action, e); ok {
		links = append(links, Link{w.text("link."+action, nil), address})
	}
	return links
}

// actionOf is what a person is asked to do by an event of a release; empty where a link leads to nothing.
func actionOf(e wire.LifecycleEvent) string {
	switch {
	case thingOf(e) != thingRelease:
		return ""
	case e.Kind == release.EventBatchWaiting:
		return ActionConfirm
	case e.Kind == release.EventApprovalWaiting:
		return ActionApprove
	}
	return ""
}
