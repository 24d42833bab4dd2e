package top

import (
	"context"
	"errors"
	"io"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/google/uuid"

	"slipway/release"
	"slipway/releases"
)

// Options say what a view shows besides the releases, and how.
type Options struct {
	// Namespace and Address are those of Temporal.
	Namespace, Address string
	// By is who gives commands.
	By string
	// Color reports whether to draw in colors. Icons and words say the same without.
	Color bool
	// Zone is the time zone in which times are shown.
	Zone *time.Location
	// Promotions reads the promotions that are held; nil where nobody does.
	Promotions Promotions
}

// Terminal is where a view is shown and where keys come from.
type Terminal struct {
	In  io.Reader
	Out io.Writer
}

// Run shows the view until somebody quits it or ctx ends, whose error it returns then.
func Run(ctx context.Context, source Source, terminal Terminal, o Options) error {
	c := calls{
		list: func(since time.Time) tea.Msg {
			found, more, err := source.List(ctx, since)
			return listedMsg{found: found, more: more, err: err, at: time.Now()}
		},
		lanes: func() tea.Msg {
			lanes, err := source.Lanes(ctx)
			return lanesMsg{lanes: lanes, err: err}
		},
		read: func(ids []string) tea.Msg { return readMsg{read: source.Read(ctx, ids), at: time.Now()} },
		send: func(id string, c release.Command) tea.Msg {
			c.ID = uuid.NewString()
			p, err := source.Send(ctx, id, c)
			return sentMsg{id: id, command: c, progress: p, err: err, at: time.Now()}
		},
	}
	if o.Promotions != nil {
		c.promotions = func() tea.Msg {
			held, err := o.Promotions(ctx)
			return promotionsMsg{held: held, err: err, at: time.Now()}
		}
	}
	_, err := tea.NewProgram(newModel(o, c, time.Now()), tea.WithContext(ctx), tea.WithInput(terminal.In), tea.WithOutput(terminal.Out), tea.WithoutSignalHandler()).Run()
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return err
}

// calls are the questions and commands of a model. They are carried out beside it, and what they
// return comes back as a message.
type calls struct {
	list  func(since time.Time) tea.Msg
	lanes func() tea.Msg
	read  func(ids []string) tea.Msg
	send  func(id string, c release.Command) tea.Msg
	// promotions is nil where nobody reads them.
	promotions func() tea.Msg
}

// The messages of a model besides those of the terminal.
type (
	// tickMsg is the time, once a second.
	tickMsg time.Time

	listedMsg struct {
		found []releases.Listed
		more  bool
		err   error
		at    time.Time
	}

	lanesMsg struct {
		lanes Lanes
		err   error
	}

	readMsg struct {
		read map[string]Reading
		at   time.Time
	}

	sentMsg struct {
		id       string
		command  release.Command
		progress release.Progress
		err      error
		at       time.Time
	}
)

func unreachable(err error) bool {
	_, ok := errors.AsType[*releases.UnreachableError](err)
	return ok
}
