package render

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/charmbracelet/x/ansi"
)

// Clean replaces control characters, line breaks among them, by blanks.
func Clean(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) {
			return ' '
		}
		return r
	}, s)
}

// Width returns the number of terminal columns that a text without color takes.
func Width(s string) int { return ansi.StringWidth(s) }

func pad(s string, to int) string { return s + strings.Repeat(" ", max(0, to-Width(s))) }

// wrap breaks a text into lines of at most so many columns: between words, and within a word
// only where it is longer than a line. No limit when most is 0.
func wrap(s string, most int) []string {
	if most <= 0 || Width(s) <= most {
		return []string{s}
	}
	var lines []string
	line := ""
	for word := range strings.FieldsSeq(s) {
		switch {
		case line == "":
			line = word
		case Width(line)+1+Width(word) <= most:
			line += " " + word
		default:
			lines, line = append(lines, line), word
		}
		for Width(line) > most {
			head := chop(line, most)
			lines, line = append(lines, head), line[len(head):]
		}
	}
	return append(lines, line)
}

// chop returns the beginning of a long word that fits into so many columns. It ends where the
// parts of names end, if there is such a place in its second half.
func chop(word string, most int) string {
	head := ansi.Truncate(word, most, "")
	if head == "" { // a wide character in a column of one
		_, size := utf8.DecodeRuneInString(word)
		return word[:size]
	}
	if at := strings.LastIndexAny(head, "/-:@,.") + 1; at > len(head)/2 {
		return head[:at]
	}
	return head
}
