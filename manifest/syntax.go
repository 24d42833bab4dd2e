package manifest

import (
	"fmt"
	"strconv"
	"strings"
)

// slip is a mistake in the syntax of YAML: what the library says of it, what that means to whoever wrote
// the file, and where in its line it stands; 0 where that is not known.
type slip struct {
	says, means string
	column      func(line string) int
}

func slips() []slip {
	return []slip{
		{"found character that cannot start any token", "a tab is no indentation in YAML, use spaces", func(line string) int { return strings.IndexByte(line, '\t') + 1 }},
		{"found character that cannot start any token", "a text that begins with @, ` or % must be in quotes", func(line string) int { return strings.IndexAny(line, "@`%") + 1 }},
		{"mapping values are not allowed", "a text with a colon and a space in it must be in quotes", secondColon},
		{"did not find expected key", "its lines are not indented alike, or one of them is no \"field: value\"", nil},
		{"did not find expected '-' indicator", "its lines are not indented alike, or one of them does not begin with \"- \"", nil},
		{"did not find expected ',' or '}'", "a { is not closed, or a comma is missing", nil},
		{"did not find expected ',' or ']'", "a [ is not closed, or a comma is missing", nil},
		{"did not find expected node content", "a value is missing", nil},
		{"could not find expected ':'", "a colon is missing after the name of a field", nil},
		{"found unexpected end of stream", "a quote is not closed", nil},
		{"found unknown escape character", "in double quotes a backslash has a meaning; use single quotes, or two backslashes", func(line string) int { return strings.IndexByte(line, '\\') + 1 }},
		{"unknown anchor", "a text that begins with * must be in quotes", nil},
		{"UTF-8", "it must be text in UTF-8", nil},
	}
}

// secondColon is where the second colon of a line stands that separates a name from a value.
func secondColon(line string) int {
	first := strings.Index(line, ": ")
	if first < 0 {
		return 0
	}
	second := strings.Index(line[first+2:], ": ")
	if second < 0 {
		return 0
	}
	return first + 2 + second + 1
}

// blockError begins what the library says about a block: it names the line before the one in which
// the block begins.
const blockError = "did not find expected"

// syntax says in words where a file is not YAML, and what to do; said is what the library says.
func syntax(raw []byte, said string) string {
	said = strings.TrimPrefix(said, "yaml: ")
	number := 0
	if rest, numbered := strings.CutPrefix(said, "line "); numbered {
		first, what, _ := strings.Cut(rest, ": ")
		number, _ = strconv.Atoi(first)
		said = what
	}
	where := func(column int) string {
		switch {
		case strings.HasPrefix(said, blockError):
			return fmt.Sprintf("in what begins in line %d: ", number+1)
		case column > 0:
			return fmt.Sprintf("line %d, column %d: ", max(number, 1), column)
		case number > 0:
			return fmt.Sprintf("line %d: ", number)
		}
		return ""
	}
	line := lineOf(raw, max(number, 1))
	for _, s := range slips() {
		if !strings.Contains(said, s.says) {
			continue
		}
		column := 0
		if s.column != nil {
			if column = s.column(line); column == 0 {
				continue
			}
		}
		return where(column) + s.means
	}
	return where(0) + said
}

// lineOf is a line of a file, counted from 1.
func lineOf(raw []byte, number int) string {
	lines := strings.Split(string(raw), "\n")
	if number > len(lines) {
		return ""
	}
	return lines[number-1]
}
