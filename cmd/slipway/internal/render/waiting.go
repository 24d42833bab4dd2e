package render

import (
	"cmp"
	"strings"
	"time"

	"slipway/release"
	"slipway/releases"
)

// Waiting draws what needs a person, below it the commands that may be given next, and apart from
// them what is done without a command.
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
	offers := offered{style: style}
	for _, w := range list {
		table.Rows = append(table.Rows, []Cell{
			{Text: age(w.Since, time.Time{}, now)},
			{Text: w.Text, color: needColor(w.Need)},
			{Text: cmp.Or(w.ID, "lane")},
			{Text: NamedApp(cmp.Or(w.Application, w.AppName), w.App)},
			{Text: style.Time(w.Until)},
			{Text: w.Artifact},
			{Text: w.RequestedBy},
		})
		offers.add(cmp.Or(w.ID, "lane "+w.App), chosenSteps(w.Next))
	}
	if style.Height <= 0 {
		return table.Draw(style) + offers.draw()
	}
	below := offers.draw()
	if half := style.Height / 2; Lines(below, style.Width) > half {
		below = offers.drawLow(half)
	}
	return table.drawLow(style, style.Height-Lines(below, style.Width)) + below
}

func needColor(n release.NeedKind) color {
	switch n {
	case release.NeedAttention, release.NeedHelp, release.NeedRestore:
		return red
	case release.NeedConfirm, release.NeedApproval, release.NeedPlatformApproval, release.NeedResume, release.NeedLane, release.NeedOtherChange, release.NeedFreeze:
	}
	return yellow
}

// WaitingLine tells in one line what something needs, and what may be done first about it, with
// its times in a zone.
func WaitingLine(w releases.Waiting, zone *time.Location) string {
	name := cmp.Or(w.ID, "lane "+w.App)
	if called := cmp.Or(w.Application, w.AppName); called != "" {
		name += " of " + called
	}
	parts := []string{name + " " + iconParked + " " + w.Text}
	for _, step := range w.Next {
		if step.Verb != release.NextHelp { // the text says it
			parts = append(parts, step.String())
			break
		}
	}
	return local(strings.Join(parts, "; next: "), zone)
}
