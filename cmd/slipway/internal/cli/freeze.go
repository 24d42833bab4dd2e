package cli

import (
	"context"
	"strings"

	"github.com/spf13/cobra"

	"slipway/cmd/slipway/internal/render"
	"slipway/release"
	"slipway/wire"
)

func (a *app) freeze() *cobra.Command {
	return a.group(&cobra.Command{
		Use:        "freeze",
		Aliases:    []string{"freezes"},
		SuggestFor: []string{"stop", "lift", "unfreeze", "calendar"},
		Short:      "Say when nothing may be changed: freeze windows and stops",
		Long: `Say when nothing may be changed. A window freezes once or again and again; a stop freezes
until somebody lifts it. A release asks before every step that changes something towards
the new version, waits while a freeze holds, and goes on by itself. Aborting, rolling back
and restoring scaling rules are never held.`,
		Example: `  slipway freeze list
  slipway freeze stop incident-42 --reason "database on fire"
  slipway freeze lift incident-42
  slipway freeze add nights --start 22:00 --end 06:00 --zone Asia/Shanghai --reason "nobody is awake"`,
		GroupID: groupReleases,
	}, a.freezeList(), a.freezeAdd(), a.freezeRemove(), a.freezeStop(), a.freezeLift(), a.freezeHistory())
}

func (a *app) freezeList() *cobra.Command {
	var app string
	var active bool
	cmd := &cobra.Command{
		Use:     "list",
		Aliases: []string{"ls"},
		Short:   "List freeze windows and stops, and which are active now",
		Long: `List freeze windows and stops, and which are active now. With --app those that concern one
application, and whether a release of it would wait now.`,
		Example: `  slipway freeze list
  slipway freeze list --active
  slipway freeze list --app sae/cn-hangzhou/7171a6ca-d1cd-4928-8642-7d5cfe69cafe -o json`,
		Args: arguments(),
	}
	cmd.Flags().StringVar(&app, "app", "", "only those that concern this application: platform/region/id or application/environment")
	a.completeFlag(cmd, "app", findNamesAnd(findRecordedApps))
	cmd.Flags().BoolVar(&active, "active", false, "only those that are active now")
	cmd.PreRunE = func(*cobra.Command, []string) error {
		_, err := newFilter(app, "")
		return err
	}
	return a.onCalendar(cmd, func(ctx context.Context, call *call) error {
		var only *release.App
		if app != "" {
			found, err := call.appOf(ctx, "--app", app)
			if err != nil {
				return err
			}
			only = &found
		}
		calendar, _, err := call.freezes.Load(ctx)
		if err != nil {
			return err
		}
		if only != nil {
			call.infoFrozen(calendar, *only)
		}
		return a.printFreezes(call, wire.ListFreezes(calendar, only, active, call.now))
	})
}

// infoFrozen says whether a release of the application would wait.
func (c *call) infoFrozen(calendar release.Calendar, app release.App) {
	freeze, frozen := calendar.Frozen(app, c.now)
	switch {
	case !frozen:
		c.app.infof("%s is not frozen", app.SearchValue())
	case freeze.Until.IsZero():
		c.app.infof("%s is frozen by %s until somebody lifts it: %s", app.SearchValue(), freeze.Name, freeze.Reason)
	default:
		c.app.infof("%s is frozen by %s until %s: %s", app.SearchValue(), freeze.Name, c.style.Time(freeze.Until), freeze.Reason)
	}
}

func (a *app) printFreezes(call *call, found []wire.ListedFreeze) error {
	if len(found) == 0 && call.format.ForPeople() {
		a.infof("there are no such freezes")
		return nil
	}
	return call.format.Write(a.Stdout, found, func() string { return freezeTable(found, call.style) })
}

func freezeTable(found []wire.ListedFreeze, style render.Style) string {
	table := render.Table{Columns: []render.Column{
		{Name: "NAME", Wraps: 16},
		{Name: "NOW", Wraps: 20},
		{Name: "SCOPE", Wraps: 16},
		{Name: "WHEN", Wraps: 26, Rank: 1, Below: true, Plain: true},
		{Name: "KIND", Rank: 4},
		{Name: "BY", Wraps: 12, Rank: 3},
		{Name: "REASON", Wraps: 24, Rank: 2, Below: true, Lines: 4},
	}}
	for _, l := range found {
		table.Rows = append(table.Rows, render.Text(l.Name, frozenState(l, style), l.Scope.String(), whenFrozen(l, style), string(l.Kind), l.By, l.Reason))
	}
	return table.Draw(style)
}

// whenFrozen says when the freeze holds.
func whenFrozen(l wire.ListedFreeze, style render.Style) string {
	switch {
	case l.Kind == wire.FreezeStop && l.Ended != nil:
		return strings.TrimSpace(style.Time(l.At) + " to " + style.Time(l.Ended.At))
	case l.Kind == wire.FreezeStop && l.At.IsZero():
		return "until lifted"
	case l.Kind == wire.FreezeStop:
		return "since " + style.Time(l.At) + ", until lifted"
	case !l.Recurring():
		return style.Time(l.From) + " to " + style.Time(l.To)
	}
	days := "every day"
	if len(l.Days) > 0 {
		days = strings.Join(l.Days, ",")
	}
	return days + " " + l.Start + "-" + l.End + " " + l.Zone
}

// frozenState says whether the freeze holds now, and who has ended one that is gone.
func frozenState(l wire.ListedFreeze, style render.Style) string {
	switch {
	case l.Ended != nil:
		return l.Kind.Ended() + " by " + l.Ended.By + " at " + style.Time(l.Ended.At)
	case l.Active && l.ActiveUntil.IsZero():
		return "frozen until lifted"
	case l.Active:
		return "frozen until " + style.Time(l.ActiveUntil)
	}
	return "open"
}

func (a *app) freezeHistory() *cobra.Command {
	return a.onCalendar(&cobra.Command{
		Use:   "history",
		Short: "Tell who changed the freezes, latest first",
		Long: `Tell who added, removed, stopped and lifted what, latest first. NATS keeps the latest 20
changes, each with the calendar as it was then: nats kv history slipway-calendar calendar.`,
		Example: `  slipway freeze history
  slipway freeze history -o json`,
		Args: arguments(),
	}, func(ctx context.Context, call *call) error {
		changes, err := call.calendars.History(ctx)
		if err != nil {
			return err
		}
		if len(changes) == 0 && call.format.ForPeople() {
			a.infof("nobody has changed the freezes yet")
			return nil
		}
		if changes == nil {
			changes = []wire.CalendarRevision{}
		}
		return call.format.Write(a.Stdout, changes, func() string { return changesTable(changes, call.style) })
	})
}

func changesTable(changes []wire.CalendarRevision, style render.Style) string {
	table := render.Table{Columns: []render.Column{
		{Name: "AT"}, {Name: "ACTION"}, {Name: "NAME", Wraps: 16}, {Name: "BY", Wraps: 12, Rank: 2}, {Name: "REASON", Wraps: 24, Rank: 1, Below: true, Lines: 4},
	}}
	for _, c := range changes {
		table.Rows = append(table.Rows, render.Text(style.Time(c.At), c.Action, c.Name, c.By, c.Reason))
	}
	return table.Draw(style)
}
