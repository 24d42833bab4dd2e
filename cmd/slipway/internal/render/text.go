package render

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/charmbracelet/x/ansi"

	"slipway/release"
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
		case Width(line)+1+Width(word) <= most || len(lines) == 0 && isIcon(line):
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

// isIcon reports whether a text is a sign that belongs to the word behind it.
func isIcon(text string) bool {
	r, size := utf8.DecodeRuneInString(text)
	return size == len(text) && unicode.IsSymbol(r)
}

// chop returns the beginning of a long word that fits into so many columns. It ends where the
// parts of names end, if there is such a place in its second half.
func chop(word string, most int) string {
	head := ansi.Truncate(word, most, "")
	if head == "" { // a wide character in a column of one
		_, size := utf8.DecodeRuneInString(word)
		return word[:size]
	}
	if day := len("2026-11-22T"); len(head) >= day && len(word) > day && isStamp(word) {
		return head[:day]
	}
	for _, ends := range []string{"/:@,", "-."} {
		if at := strings.LastIndexAny(head, ends) + 1; at > len(head)/2 {
			return head[:at]
		}
	}
	return head
}

// unbroken is how wide a column must be for no word of a text to be broken. What is longer than any
// word, such as a path, is broken between its parts, and an ID is not.
func unbroken(text string) int {
	longest := 0
	for word := range strings.FieldsSeq(text) {
		bare := strings.TrimRight(word, ",.;:)")
		switch {
		case release.CheckReleaseID(bare) == nil || release.CheckSetID(bare) == nil:
			longest = max(longest, Width(word))
			continue
		case isStamp(word):
			longest = max(longest, len("2026-11-22T"), len(word)-len("2026-11-22T"))
			continue
		}
		for piece := range strings.FieldsFuncSeq(word, func(r rune) bool { return strings.ContainsRune("/-:@,._", r) }) {
			longest = max(longest, min(Width(piece)+1, mostUnbroken))
		}
	}
	return longest
}

// mostUnbroken is the width of the longest words of people.
const mostUnbroken = 18

// isStamp reports whether a word is a moment, as [stamp] writes it.
func isStamp(word string) bool {
	const form = "0000-00-00T"
	if len(word) < len(form) {
		return false
	}
	for i := range len(form) {
		if digit := word[i] >= '0' && word[i] <= '9'; digit != (form[i] == '0') || !digit && word[i] != form[i] {
			return false
		}
	}
	return true
}

// Prose breaks each line of a text between words where it is longer than the width, with the further
// lines indented. A command of slipway is not broken: copied from two lines it is another command.
// No limit when width is 0.
func Prose(text string, width int) string {
	if width <= 0 {
		return text
	}
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		lines[i] = prose(line, width)
	}
	return strings.Join(lines, "\n")
}

func prose(text string, width int) string {
	if Width(text) <= width {
		return text
	}
	indent := text[:len(text)-len(strings.TrimLeft(text, " "))]
	line, lines := indent, []string(nil)
	for _, word := range words(text) {
		switch {
		case strings.TrimSpace(line) == "":
			line += word
		case Width(line)+1+Width(word) <= width:
			line += " " + word
		default:
			lines, line = append(lines, line), indent+"  "+word
		}
	}
	return strings.Join(append(lines, line), "\n")
}

// words cuts a text at its blanks, but for the commands that follow a colon.
func words(text string) []string {
	const command = ": slipway "
	before, rest, found := strings.Cut(text, command)
	if !found {
		return strings.Fields(text)
	}
	line, after, more := strings.Cut(rest, "; ")
	line = strings.TrimPrefix(command, ": ") + line
	if more {
		line += ";"
	}
	return append(append(strings.Fields(before+":"), line), words(after)...)
}
