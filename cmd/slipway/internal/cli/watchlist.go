package cli

import (
	"context"
	"errors"
	"reflect"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"slipway/cmd/slipway/internal/config"
	"slipway/cmd/slipway/internal/render"
	"slipway/releases"
)

const flagWatch = "watch"

// listPace is the pause between two reads of a list that is watched, and askPace what it is at least
// for each workflow that a read asks by itself: a long list asks Temporal and the workers no more
// than a short one.
const (
	listPace = 2 * time.Second
	askPace  = 50 * time.Millisecond
)

// list is a list of things as a command prints it, and as it watches it.
type list[T any] struct {
	read func(context.Context) (found[T], error)
	// key names a thing: of the same key, it has changed where it differs.
	key func(T) string
	// table draws things below a header of one line.
	table func([]T, time.Time, render.Style) string
	// line tells of one thing that is new or has changed, with its times in a zone; nil tells its
	// row of the table.
	line func(T, *time.Location) string
	// same reports whether nothing that is worth a line has changed of a thing; nil compares all.
	same func(prev, next T) bool
	// none says that there are none.
	none string
}

// found is what a list has just now.
type found[T any] struct {
	items []T
	// notes tell what the reader must know besides: that there is more, or that not all is known.
	notes []string
	// asked is how many workflows were asked for it one by one.
	asked int
	// unknown is why nobody knows whether there are more, which is one of the notes, too; nil where
	// that is known.
	unknown error
}

// pause is how long nothing is read after it.
func (f found[T]) pause() time.Duration { return max(listPace, time.Duration(f.asked)*askPace) }

// moreNote tells that a limit has cut a list.
func moreNote(more bool) []string {
	if more {
		return []string{"there are more; use --all or --limit"}
	}
	return nil
}

// withWatch gives a command that lists the flag --watch.
func withWatch(cmd *cobra.Command) *cobra.Command {
	cmd.Flags().BoolP(flagWatch, "w", false, "go on showing the list as it changes, until interrupted or --timeout is up")
	return cmd
}

// watched reports whether a command was given --watch.
func watched(cmd *cobra.Command) bool {
	flag := cmd.Flag(flagWatch)
	return flag != nil && flag.Value.String() == "true"
}

// watchable is the frame of a command with a flag --watch, which nothing bounds unless
// --timeout does.
func watchable(settings []config.Setting) frame {
	return frame{
		settings: settings, draws: true, usage: "stop after this time (default 30s, with --watch never)",
		limit: func(cmd *cobra.Command, timeout time.Duration) time.Duration {
			if timeout == 0 && !watched(cmd) {
				return answerTime
			}
			return timeout
		},
	}
}

// print prints the list once, or until the watching ends.
func (l list[T]) print(ctx context.Context, call *call) error {
	if watched(call.cmd) {
		return l.watch(ctx, call)
	}
	now, err := l.read(ctx)
	if err != nil {
		return err
	}
	for _, note := range now.notes {
		if now.unknown == nil || note != now.unknown.Error() { // which is told at the end
			call.app.infof("%s", note)
		}
	}
	if len(now.items) == 0 && call.format.ForPeople() {
		if now.unknown == nil {
			call.app.infof("%s", l.none)
		}
		return now.unknown
	}
	if len(now.items) == 0 {
		now.items = []T{}
	}
	if err := call.format.Write(call.app.Stdout, now.items, func() string { return l.table(now.items, time.Now(), call.style) }); err != nil {
		return err
	}
	return now.unknown
}

// watch shows the list again and again. That --timeout is up is its end like any other.
func (l list[T]) watch(ctx context.Context, call *call) error {
	w := listWatch[T]{list: l, call: call, screen: call.app.screen(call.cmd)}
	for {
		reading, cancel := context.WithTimeout(ctx, answerTime)
		now, err := l.read(reading)
		cancel()
		if ctx.Err() == nil {
			err = w.update(now, err)
		}
		if err != nil && ctx.Err() == nil {
			return err
		}
		select {
		case <-ctx.Done():
			if _, up := errors.AsType[*timeoutError](context.Cause(ctx)); up {
				return nil
			}
			return context.Cause(ctx)
		case <-time.After(now.pause()):
		}
	}
}

// listWatch is a list that is watched.
type listWatch[T any] struct {
	list[T]

	call   *call
	screen *screen
	// last is what was read last, and begun tells that something was; told is what was said beside it.
	last  found[T]
	begun bool
	told  string
}

// update shows what was read. A Temporal that is out of reach for a while is waited for, once
// something was read.
func (w *listWatch[T]) update(now found[T], err error) error {
	_, unreachable := errors.AsType[*releases.UnreachableError](err)
	switch {
	case err == nil:
	case w.begun && (unreachable || errors.Is(err, context.DeadlineExceeded)):
		now = found[T]{items: w.last.items, notes: []string{message(err) + "; shown is what was read before"}}
	default:
		return err
	}
	prev, first := w.last, !w.begun
	w.last, w.begun = now, true
	if w.call.format.ForPeople() && w.screen.live() {
		return w.screen.redraw(w.picture())
	}
	if told := strings.Join(now.notes, "\n"); told != w.told {
		w.told = told
		for _, note := range now.notes {
			w.call.app.infof("%s", note)
		}
	}
	if first {
		return w.begin(now)
	}
	return w.changes(prev.items, now.items)
}

// picture is the list as a terminal shows it: what is wrong stands at the top.
func (w *listWatch[T]) picture() string {
	style := w.screen.pictureStyle()
	var text strings.Builder
	for _, note := range w.last.notes {
		text.WriteString(render.Warning(note, style))
	}
	style.Height = max(1, style.Height-strings.Count(text.String(), "\n"))
	if len(w.last.items) == 0 && w.last.unknown != nil {
		return text.String()
	}
	if len(w.last.items) == 0 {
		return text.String() + w.none + "\n"
	}
	return text.String() + w.table(w.last.items, time.Now(), style)
}

// begin prints what is listed at first, data a line each.
func (w *listWatch[T]) begin(now found[T]) error {
	items := now.items
	switch {
	case !w.call.format.ForPeople():
		return w.changes(nil, items)
	case len(items) == 0:
		if now.unknown == nil {
			w.call.app.infof("%s", w.none)
		}
		return nil
	}
	return w.call.format.Write(w.call.app.Stdout, nil, func() string { return w.table(items, time.Now(), w.call.style) })
}

// gone is the line of data of something that is in the list no more.
type gone struct {
	Gone string `json:"gone"`
}

// changes prints what is new or has changed, and names what has gone.
func (w *listWatch[T]) changes(prev, now []T) error {
	before := map[string]T{}
	for _, item := range prev {
		before[w.key(item)] = item
	}
	for _, item := range now {
		key := w.key(item)
		old, known := before[key]
		delete(before, key)
		if known && w.alike(old, item) {
			continue
		}
		if err := w.call.format.Stream(w.call.app.Stdout, item, func() string { return w.row(item) }); err != nil {
			return err
		}
	}
	for _, item := range prev {
		key := w.key(item)
		if _, left := before[key]; !left {
			continue
		}
		err := w.call.format.Stream(w.call.app.Stdout, gone{key}, func() string { return render.Clean(key) + " is not in the list any more\n" })
		if err != nil {
			return err
		}
	}
	return nil
}

// alike reports whether nothing is printed of a thing that is still in the list. Data has each change.
func (w *listWatch[T]) alike(prev, next T) bool {
	if w.same != nil && w.call.format.ForPeople() {
		return w.same(prev, next)
	}
	return reflect.DeepEqual(prev, next)
}

// row tells of one thing.
func (w *listWatch[T]) row(item T) string {
	if w.line != nil {
		return w.line(item, w.screen.zone) + "\n"
	}
	_, row, _ := strings.Cut(w.table([]T{item}, time.Now(), w.call.style), "\n")
	return row
}
