package queue

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/rs/zerolog"

	"slipway/apps"
	"slipway/console/link"
	"slipway/internal/documents"
	"slipway/notify"
	"slipway/notify/channel"
	"slipway/release"
	"slipway/wire"
)

// linkTime is how long a link of a message leads to the second look at most; a reminder has a new one.
const linkTime = 24 * time.Hour

// Source is what says whom events are told, and how.
type Source struct {
	// Document has the channels, and what they are told; it is valid.
	Document notify.Document
	// JetStream has the application documents, and is what channels of type nats publish to.
	JetStream jetstream.JetStream
	// Console is the address of the console, where messages lead; empty where there are no links. Signer signs the links that
	// lead to a second look; nil makes none.
	Console string
	Signer  *link.Signer
	Logger  zerolog.Logger
}

// Fill sets what follows from the source: the channels, and whom events are for.
func (s Source) Fill(d *Dependencies) error {
	texts, err := notify.NewTexts()
	if err != nil {
		return fmt.Errorf("notifier: %w", err)
	}
	now := d.Now
	if now == nil {
		now = time.Now
	}
	var problems []error
	for _, c := range s.Document.Channels {
		sender, err := channel.New(c, channel.Deps{NATS: s.JetStream, Now: d.Now})
		problems = append(problems, err)
		d.Channels = append(d.Channels, Channel{Name: c.Name, Sender: sender, Compose: func(n wire.Notification, e wire.LifecycleEvent) (notify.Message, error) {
			return texts.Compose(e, c, notify.Options{
				Console: s.Console, Name: n.Name, Page: n.Page, After: n.After.Std(), Event: n.Event,
				Link: func(action string, e wire.LifecycleEvent) (string, bool) { return s.link(action, e, now()) },
			})
		}})
	}
	d.Deliveries = (&book{Source: s, current: documents.NewCurrent(apps.NewStore(s.JetStream).Store), unreadable: map[string]bool{}}).deliveries
	return errors.Join(problems...)
}

// link is where a person is led to what an event waits for, as of now.
func (s Source) link(action string, e wire.LifecycleEvent, now time.Time) (address string, ok bool) {
	if s.Signer == nil || s.Console == "" || e.Progress.ReleaseID == "" {
		return "", false
	}
	l, err := link.Of(link.Action(action), e.Progress)
	if err != nil {
		return "", false
	}
	l.Until = now.Add(linkTime)
	if a := e.Progress.Awaiting; a != nil && !a.Until.IsZero() && a.Until.Before(l.Until) {
		l.Until = a.Until
	}
	return s.Signer.URL(s.Console, l), true
}

// book is the rules of the document and those of applications as they are at any time.
type book struct {
	Source

	current *documents.Current[apps.Application]
	// unreadable are the application documents that were logged. Events are read one after the other.
	unreadable map[string]bool
}

func (b *book) deliveries(ctx context.Context, e wire.LifecycleEvent) ([]notify.Delivery, error) {
	found, err := b.current.All(ctx)
	if err != nil {
		return nil, err
	}
	for _, u := range found.Unreadable {
		if text := release.ShortenLine(u.Error(), maxReason); !b.unreadable[text] && len(b.unreadable) < mostLogged {
			b.unreadable[text] = true
			b.Logger.Warn().Str("error", text).Msg("an application document cannot be read; what it says of notifications does not count")
		}
	}
	applications := make([]apps.Application, 0, len(found.Documents))
	for _, d := range found.Documents {
		if d.Spec != nil {
			applications = append(applications, *d.Spec)
		}
	}
	return notify.NewBook(b.Document, applications).Deliveries(e), nil
}
