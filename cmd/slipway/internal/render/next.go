package render

import (
	"slices"

	"slipway/release"
)

// The names of what may be done next: commands, each of which can be copied as it stands, and what
// no command does.
const (
	nextName   = "Next"
	byHandName = "By hand"
)

// sorted are the steps that are commands, and those that are not. What helps where something is
// tried in vain is neither: it stands with what is tried.
func sorted(steps []release.NextStep) (commands, byHand []release.NextStep) {
	for _, s := range steps {
		switch {
		case s.Verb == release.NextHelp:
		case s.Command == "":
			byHand = append(byHand, s)
		default:
			commands = append(commands, s)
		}
	}
	return commands, byHand
}

// ofUse are the steps that are not outdated, and not refused because no worker answers.
func (s Style) ofUse(steps []release.NextStep) []release.NextStep {
	if s.Unanswered {
		steps = release.NextUnanswered(steps)
	}
	return slices.DeleteFunc(steps, func(step release.NextStep) bool { return slices.Contains(s.Outdated, step.Verb) })
}

// nextFacts are what a person may do next. What nothing goes on without is always shown.
func nextFacts(steps []release.NextStep) []fact {
	commands, byHand := sorted(steps)
	name := map[int]string{0: byHandName, len(byHand): nextName}
	var all []fact
	for i, s := range slices.Concat(byHand, commands) {
		f := fact{name: name[i], value: Cell{Text: s.Does}, rank: rankNext}
		if s.Command != "" {
			f.value = Cell{Text: s.Command, whole: true}
		}
		if s.Needed {
			f.rank = 0
		}
		all = append(all, f)
	}
	return all
}

// chosenSteps are the steps that are needed, and those that stop it all or return; where none is
// needed, all of them.
func chosenSteps(steps []release.NextStep) []release.NextStep {
	var chosen []release.NextStep
	needed := false
	for _, s := range steps {
		needed = needed || s.Needed
		if s.Needed || s.Verb == release.NextAbort || s.Verb == release.NextReturn {
			chosen = append(chosen, s)
		}
	}
	if !needed {
		return steps
	}
	return chosen
}

// offered are the steps that are offered below a list, of all that is in it.
type offered struct {
	style            Style
	commands, byHand [][]Cell
}

// add adds the steps of something that is in the list.
func (o *offered) add(name string, steps []release.NextStep) {
	commands, byHand := sorted(steps)
	for _, s := range commands {
		o.commands = append(o.commands, []Cell{{Text: s.Command, whole: true}, {Text: s.Does, color: faint}})
	}
	for _, s := range byHand {
		o.byHand = append(o.byHand, Text(name, s.Does))
	}
}

// draw draws the commands, and apart from them what is done by hand, each with what it is for.
func (o offered) draw() string {
	return o.joined(o.commandsTable().Draw(o.style), o.byHandTable().Draw(o.style))
}

// drawLow draws them in so many lines at most, of which what is done by hand takes no more than half.
func (o offered) drawLow(height int) string {
	byHand := ""
	if left := height - 2; len(o.byHand) > 0 {
		byHand = o.byHandTable().drawLow(o.style, left/2-1)
		height = left - Lines(byHand, o.style.Width)
	}
	return o.joined(o.commandsTable().drawLow(o.style, height-2), byHand)
}

func (o offered) commandsTable() Table {
	return Table{Columns: []Column{{Wraps: 60}, {Wraps: 24, Rank: 1, Implied: true}}, Rows: o.commands}
}

func (o offered) byHandTable() Table {
	return Table{Columns: []Column{{Wraps: 20}, {Wraps: 24}}, Rows: o.byHand}
}

// joined gives each part that there is its name.
func (o offered) joined(commands, byHand string) string {
	text := ""
	if commands != "" {
		text += "\n" + nextName + ":\n" + commands
	}
	if byHand != "" {
		text += "\n" + byHandName + ":\n" + byHand
	}
	return text
}
