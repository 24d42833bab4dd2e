package render

import (
	"cmp"
	"strings"
	"time"

	"slipway/release"
	"slipway/releases"
)

// Waiting draws what needs a person, and below it the commands that may be given next.
func Waiting(list []releases.Waiting, now time.Time, style Style) string {
	table := Table{Columns: []Column{
		{Name: "AGE", Least: spanWidth},
		{Name: "NEEDS", Wraps: 24, Rank: 1, Below: true, Plain: true, Lines: 4},
		{Name: "ID"},
		{Name: "APP", Rank: 3, Below: true, Plain: true},
		{Name: "UNTIL", Rank: 2, Below: true},
		{Name: "ARTIFACT", Wraps: 27, Rank: 4},
		{Name: "REQUESTED BY", Wraps: 12, Rank: 5},
	}}
	next := Table{Columns: []Column{{Wraps: 60}, {Wraps: 24, Rank: 1, Implied: true}}}
	for _, w := range list {
		table.Rows = append(table.Rows, []Cell{
			{Text: age(w.Since, time.Time{}, now)},
			{Text: w.Text, color: needColor(w.Need)},
			{Text: cmp.Or(w.ID, "lane")},
			{Text: NamedApp(w.AppName, w.App)},
			{Text: style.Time(w.Until)},
			{Text: w.Artifact},
			{Text: w.RequestedBy},
		})
		for _, step := range chosenSteps(w.Next) {
			row := []Cell{{Text: step.Command, whole: true}, {Text: step.Does, color: faint}}
			if step.Command == "" {
				row = Text(step.Does)
			}
			next.Rows = append(next.Rows, row)
		}
	}
	commands := ""
	if len(next.Rows) > 0 {
		commands = "\nNext:\n" + next.Draw(style)
	}
	if style.Height <= 0 {
		return table.Draw(style) + commands
	}
	if half := style.Height / 2; Lines(commands, style.Width) > half {
		commands = "\nNext:\n" + next.drawLow(style, half-2)
	}
	return table.drawLow(style, style.Height-Lines(commands, style.Width)) + commands
}

// chosenSteps are the steps that are needed, and the one that stops it all; where none is needed,
// all of them.
func chosenSteps(steps []release.NextStep) []release.NextStep {
	var chosen []release.NextStep
	needed := false
	for _, s := range steps {
		needed = needed || s.Needed
		if s.Needed || s.Verb == release.NextAbort {
			chosen = append(chosen, s)
		}
	}
	if !needed {
		return steps
	}
	return chosen
}

func needColor(n release.NeedKind) color {
	switch n {
	case release.NeedAttention, release.NeedHelp, release.NeedRestore:
		return red
	case release.NeedConfirm, release.NeedApproval, release.NeedResume, release.NeedLane, release.NeedOtherChange, release.NeedFreeze:
	}
	return yellow
}

// WaitingLine tells in one line what something needs, and the first command for it, with its
// times in a zone.
func WaitingLine(w releases.Waiting, zone *time.Location) string {
	name := cmp.Or(w.ID, "lane "+w.App)
	if w.AppName != "" {
		name += " of " + w.AppName
	}
	parts := []string{name + " " + iconParked + " " + w.Text}
	if len(w.Next) > 0 {
		parts = append(parts, w.Next[0].String())
	}
	return local(strings.Join(parts, "; next: "), zone)
}
