package top

import (
	"strings"

	"github.com/charmbracelet/x/ansi"

	"slipway/release"
)

// tone is how a text is drawn. What a tone says is also said in words or by an icon.
type tone int

const (
	plain tone = iota
	strong
	faint
	alarm
	parked
	moving
	good
	// chosen is the row that keys are about: its colors are reversed, also without color.
	chosen
)

// paint draws a text in a tone.
func (m *model) paint(t tone, text string) string {
	if text == "" {
		return ""
	}
	colored := func(s ansi.Style, c ansi.BasicColor) ansi.Style {
		if m.Color {
			return s.ForegroundColor(c)
		}
		return s
	}
	s := ansi.NewStyle()
	switch t {
	case plain:
		return text
	case strong:
		s = s.Bold()
	case faint:
		if !m.Color {
			return text
		}
		s = s.Faint()
	case alarm:
		s = colored(s.Bold(), ansi.Red)
	case parked:
		s = colored(s, ansi.Yellow)
	case moving:
		s = colored(s, ansi.Cyan)
	case good:
		s = colored(s, ansi.Green)
	case chosen:
		s = s.Reverse(true)
	}
	if len(s) == 0 {
		return text
	}
	return s.Styled(text)
}

// toneOf is the tone of a release.
func toneOf(r row) tone {
	switch {
	case r.rank == rankTrouble:
		return alarm
	case r.progress.Phase == release.PhaseSucceeded:
		return good
	case r.progress.Phase.Ended():
		return plain
	case r.rank == rankPerson, r.progress.Awaiting != nil:
		return parked
	}
	return moving
}

// fit cuts a text to a number of columns, or fills it with blanks.
func fit(text string, columns int) string {
	text = ansi.Truncate(text, max(columns, 0), "…")
	return text + strings.Repeat(" ", max(0, columns-ansi.StringWidth(text)))
}

// wrap breaks a text into lines of so many columns. All but the first are indented. Unlike the
// cells of a table, a text may be painted, begin with blanks and break within lists and paths.
func wrap(text string, columns int, indent string) []string {
	room := max(columns-ansi.StringWidth(indent), 8)
	// An ID is not broken at its hyphens.
	lines := strings.Split(ansi.Wrap(strings.ReplaceAll(text, "-", unbroken), room, " ,;/"), "\n")
	for i := range lines {
		lines[i] = strings.ReplaceAll(lines[i], unbroken, "-")
		if i > 0 {
			lines[i] = indent + strings.TrimLeft(lines[i], " ")
		}
	}
	return lines
}

// unbroken is a hyphen at which no line is broken.
const unbroken = "\u2011"

// some are the first lines of a text; the last of them says that there is more.
func some(lines []string, most, columns int) []string {
	if len(lines) <= most {
		return lines
	}
	lines = lines[:most]
	lines[most-1] = ansi.Truncate(lines[most-1]+" …", columns, "…")
	return lines
}
