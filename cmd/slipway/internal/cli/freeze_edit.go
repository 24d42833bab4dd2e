package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"slipway/cmd/slipway/internal/config"
	"slipway/release"
	"slipway/wire"
)

// windowFlags are the flags of a new window.
type windowFlags struct {
	scope, reason string
	from, to      string
	days          []string
	start, end    string
	zone          string
	replace       bool
}

const scopeUsage = "which applications: platform, platform/region or platform/region/id, with * for any, or application or application/environment (default all)"

func (a *app) freezeAdd() *cobra.Command {
	var flags windowFlags
	var window release.FreezeWindow
	cmd := withSettings(&cobra.Command{
		Use:   "add NAME",
		Short: "Add a freeze window, single or recurring",
		Long: `Add a freeze window: a single one with --from and --to, or one that comes again with --start,
--end and --zone, every day or on the --days it starts on. An --end that is not after
--start is on the next day.

A --scope of names, shop or shop/production, holds every release of the applications that the document says,
however it was asked for, also where the document is changed later on.

Where clocks are changed, a window never ends early: a time that clocks show twice counts
the first time as a start and the second as an end.`,
		Example: `  slipway freeze add nights --start 22:00 --end 06:00 --zone Asia/Shanghai --reason "nobody is awake"
  slipway freeze add weekend --days Sat,Sun --start 00:00 --end 00:00 --zone Europe/Berlin --reason weekend
  slipway freeze add double-11 --from 2026-11-10T00:00 --to 2026-11-12T00:00 --zone Asia/Shanghai \
    --scope sae/cn-hangzhou --reason "shopping festival"`,
		Args: arguments("NAME"),
	}, config.Actor())
	f := cmd.Flags()
	f.StringVar(&flags.reason, "reason", "", "why nothing may be changed (required)")
	f.StringVar(&flags.scope, "scope", "", scopeUsage)
	f.StringVar(&flags.from, "from", "", "when a single window begins: 2026-11-10T00:00 in --zone, or with an offset as 2026-11-10T00:00:00+08:00")
	f.StringVar(&flags.to, "to", "", "when a single window ends")
	f.StringSliceVar(&flags.days, "days", nil, "days on which a recurring window starts, such as Mon-Fri or Sat,Sun (default every day)")
	f.StringVar(&flags.start, "start", "", "time of day at which a recurring window starts, such as 22:00")
	f.StringVar(&flags.end, "end", "", "time of day at which a recurring window ends, such as 06:00")
	f.StringVar(&flags.zone, "zone", "", "time zone of all these by its IANA name, such as Asia/Shanghai")
	f.BoolVar(&flags.replace, "replace", false, "replace the window of this name if there is one")
	cmd.PreRunE = func(_ *cobra.Command, args []string) (err error) {
		window, err = flags.window(args[0])
		return err
	}
	return a.onCalendar(completing(cmd, "days", weekdays()...), func(ctx context.Context, call *call) error {
		var err error
		if window.Scope, err = call.scopeOf(ctx, window.Scope); err != nil {
			return err
		}
		window.By, window.At = call.by, call.now
		change := wire.CalendarChange{Action: "add", Reason: window.Reason}
		err = call.edit(ctx, change, func(c release.Calendar) (release.Calendar, error) {
			if taken := wire.FreezeNamed(c, window.Name); taken == wire.FreezeStop || taken == wire.FreezeWindow && !flags.replace {
				return c, nameTaken(taken, window.Name)
			}
			return c.WithWindow(window), nil
		})
		if err != nil {
			return err
		}
		a.infof("window %s added by %s; remove it with: slipway freeze remove %s", window.Name, window.By, window.Name)
		return a.printFreezes(call, []wire.ListedFreeze{wire.ListedWindow(window, call.now)})
	})
}

// window reads the flags; everything that is wrong with them is returned at once.
func (f windowFlags) window(name string) (release.FreezeWindow, error) {
	single := f.from != "" || f.to != ""
	recurring := len(f.days) > 0 || f.start != "" || f.end != ""
	if !single && !recurring {
		return release.FreezeWindow{}, &usageError{"say when: --from and --to for a single window, or --start, --end and --zone for one that comes again"}
	}
	w := release.FreezeWindow{Name: name, Reason: f.reason, Days: dayRanges(f.days), Start: f.start, End: f.end}
	scope, err := release.ParseScope(f.scope)
	if err != nil {
		return w, flagProblem("scope", err)
	}
	w.Scope = scope
	// A recurring window has its zone; of a single one the zone only says what is meant.
	if recurring {
		w.Zone = f.zone
	}
	if w.From, _, err = f.moment(f.from); err != nil {
		return w, flagProblem("from", err)
	}
	if _, w.To, err = f.moment(f.to); err != nil {
		return w, flagProblem("to", err)
	}
	checked := w
	checked.Scope = ofPlatform(scope)
	return w, asFlags(checked.Validate())
}

// moment reads a time with an offset, or one that the clocks of the zone show.
func (f windowFlags) moment(text string) (first, last time.Time, err error) {
	if text == "" {
		return first, last, nil
	}
	if at, err := time.Parse(time.RFC3339, text); err == nil {
		return at.UTC(), at.UTC(), nil
	}
	if f.zone == "" {
		return first, last, fmt.Errorf("%q is not a time with an offset such as 2026-11-10T00:00:00+08:00; write it so, or give --zone", text)
	}
	return release.LocalTime(text, f.zone)
}

// weekdays are the days of the week as the calendar writes them.
func weekdays() []string {
	var days []string
	for i := range 7 {
		days = append(days, time.Weekday((i + 1) % 7).String()[:3])
	}
	return days
}

// dayRanges writes Mon-Fri out, and days as the calendar does. What is no day stays, to
// be refused.
func dayRanges(texts []string) []string {
	var days []string
	all := weekdays()
	number := func(name string) int {
		return slices.IndexFunc(all, func(day string) bool { return strings.EqualFold(day, strings.TrimSpace(name)) })
	}
	for _, text := range texts {
		first, last, isRange := strings.Cut(text, "-")
		if !isRange {
			last = first
		}
		from, to := number(first), number(last)
		if from < 0 || to < 0 {
			days = append(days, text)
			continue
		}
		for day := from; ; day = (day + 1) % len(all) {
			if !slices.Contains(days, all[day]) {
				days = append(days, all[day])
			}
			if day == to {
				break
			}
		}
	}
	return days
}

func (a *app) freezeStop() *cobra.Command {
	var scope, reason string
	var stop release.Stop
	cmd := withSettings(&cobra.Command{
		Use:   "stop NAME",
		Short: "Stop the line until somebody lifts the stop",
		Long: `Stop the line: no release begins a step towards its new version until somebody lifts the
stop. What a platform is already doing goes on, and so do aborts and rollbacks.`,
		Example: `  slipway freeze stop incident-42 --reason "database on fire"
  slipway freeze stop hangzhou --scope sae/cn-hangzhou --reason "network trouble" --by li
  slipway freeze stop orders --scope fc/cn-hangzhou/orders --reason "stock is counted"
  slipway freeze stop shop --scope shop/production --reason "the sale begins"`,
		Args: arguments("NAME"),
	}, config.Actor())
	cmd.Flags().StringVar(&reason, "reason", "", "why nothing may be changed (required)")
	cmd.Flags().StringVar(&scope, "scope", "", scopeUsage)
	cmd.PreRunE = func(_ *cobra.Command, args []string) error {
		covered, err := release.ParseScope(scope)
		if err != nil {
			return flagProblem("scope", err)
		}
		stop = release.Stop{Name: args[0], Scope: covered, Reason: reason}
		checked := stop
		checked.Scope = ofPlatform(covered)
		return asFlags(checked.Validate())
	}
	return a.onCalendar(cmd, func(ctx context.Context, call *call) error {
		var err error
		if stop.Scope, err = call.scopeOf(ctx, stop.Scope); err != nil {
			return err
		}
		stop.By, stop.At = call.by, call.now
		err = call.edit(ctx, wire.CalendarChange{Action: "stop", Reason: stop.Reason}, func(c release.Calendar) (release.Calendar, error) {
			if taken := wire.FreezeNamed(c, stop.Name); taken != "" {
				return c, nameTaken(taken, stop.Name)
			}
			return c.WithStop(stop), nil
		})
		if err != nil {
			return err
		}
		a.infof("stopped by %s; lift it with: slipway freeze lift %s", stop.By, stop.Name)
		return a.printFreezes(call, []wire.ListedFreeze{wire.ListedStop(stop)})
	})
}

func (a *app) freezeLift() *cobra.Command {
	return a.ending(&cobra.Command{
		Use:   "lift NAME",
		Short: "Lift a stop, so that releases go on by themselves",
		Long:  `Lift a stop. The releases that wait for it go on by themselves.`,
		Example: `  slipway freeze lift incident-42
  slipway freeze lift incident-42 --reason "database is back" --by li`,
	}, wire.FreezeStop)
}

func (a *app) freezeRemove() *cobra.Command {
	return a.ending(&cobra.Command{
		Use:     "remove NAME",
		Aliases: []string{"rm", "delete"},
		Short:   "Remove a freeze window",
		Long:    `Remove a freeze window. Releases that wait for it go on by themselves.`,
		Example: `  slipway freeze remove nights
  slipway freeze remove double-11 --reason "is over"`,
	}, wire.FreezeWindow)
}

// ending completes a command that takes a freeze of one kind out of the calendar. It
// prints what is gone, so that it can be put back.
func (a *app) ending(cmd *cobra.Command, kind wire.FreezeKind) *cobra.Command {
	var reason string
	withSettings(cmd, config.Actor())
	cmd.Args = arguments("NAME")
	cmd.Flags().StringVar(&reason, "reason", "", "why")
	cmd.ValidArgsFunction = a.completeFreezes(kind)
	return a.onCalendar(cmd, func(ctx context.Context, call *call) error {
		name := call.args[0]
		var gone wire.ListedFreeze
		change := call.change(wire.CalendarChange{Action: cmd.Name(), Reason: reason})
		err := call.calendars.Edit(ctx, change, func(c release.Calendar) (release.Calendar, error) {
			if is := wire.FreezeNamed(c, name); is != kind {
				return c, noneNamed(kind, name, is)
			}
			c, gone, _ = wire.WithoutFreeze(c, name)
			return c, nil
		})
		if err != nil {
			return err
		}
		gone.Ended = &change
		a.infof("%s %s was %s by %s", kind, name, kind.Ended(), call.by)
		return a.printFreezes(call, []wire.ListedFreeze{gone})
	})
}

// edit changes the calendar in the name of who speaks.
func (call *call) edit(ctx context.Context, change wire.CalendarChange, edit func(release.Calendar) (release.Calendar, error)) error {
	return call.calendars.Edit(ctx, call.change(change), edit)
}

// change completes a change of what the command names, by who speaks, now.
func (call *call) change(c wire.CalendarChange) wire.CalendarChange {
	c.Name, c.By, c.At = call.args[0], call.by, call.now
	return c
}

// nameTaken says that a name is taken by this kind.
func nameTaken(k wire.FreezeKind, name string) error {
	remedy := "choose another name, or lift it first with: slipway freeze lift " + name
	if k == wire.FreezeWindow {
		remedy = "choose another name, or replace it with: slipway freeze add " + name + " --replace"
	}
	return release.Problems{{Field: "NAME", Message: fmt.Sprintf("%q is the name of a %s already; %s", name, k, remedy)}}
}

// noneNamed says that there is none of this kind with the name, which may be another's.
func noneNamed(k wire.FreezeKind, name string, is wire.FreezeKind) error {
	remedy := "list them with: slipway freeze list"
	switch is {
	case wire.FreezeStop:
		remedy = "it is a stop; lift it with: slipway freeze lift " + name
	case wire.FreezeWindow:
		remedy = "it is a window; remove it with: slipway freeze remove " + name
	}
	return fmt.Errorf("there is no %s %q; %s", k, name, remedy)
}

func flagProblem(flag string, err error) error {
	return release.Problems{{Field: "--" + flag, Message: err.Error()}}
}

// asFlags says in the words of the command line what is wrong with a window or a stop.
func asFlags(err error) error {
	var problems release.Problems
	if !errors.As(err, &problems) {
		return err
	}
	for i, p := range problems {
		field, _, _ := strings.Cut(p.Field, ".")
		if problems[i].Field = "--" + field; field == "name" {
			problems[i].Field = "NAME"
		}
	}
	return problems
}

// completeFreezes completes the first argument with the names of one kind.
func (a *app) completeFreezes(kind wire.FreezeKind) cobra.CompletionFunc {
	return a.complete(cobra.ShellCompDirectiveDefault, func(ctx context.Context, c *call) (found []cobra.Completion, err error) {
		err = withCalendar(func(ctx context.Context, c *call) error {
			calendar, _, err := c.calendars.Load(ctx)
			for _, l := range wire.ListFreezes(calendar, nil, false, time.Now()) {
				if l.Kind == kind {
					found = append(found, cobra.CompletionWithDesc(l.Name, l.Reason))
				}
			}
			return err
		})(ctx, c)
		return found, err
	})
}
