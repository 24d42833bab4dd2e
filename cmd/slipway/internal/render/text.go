package render

import (
	"strings"
	"unicode"

	"golang.org/x/text/width"
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
func Width(s string) int {
	n := 0
	for _, r := range s {
		n += columns(r)
	}
	return n
}

func columns(r rune) int {
	switch width.LookupRune(r).Kind() {
	case width.EastAsianWide, width.EastAsianFullwidth:
		return 2
	case width.Neutral, width.EastAsianAmbiguous, width.EastAsianNarrow, width.EastAsianHalfwidth:
	}
	if unicode.Is(unicode.Mn, r) {
		return 0
	}
	return 1
}

// truncate cuts a text to so many columns; no limit when most is 0.
func truncate(s string, most int) string {
	if most <= 0 || Width(s) <= most {
		return s
	}
	n := 0
	for i, r := range s {
		if n += columns(r); n > most-1 {
			return s[:i] + "…"
		}
	}
	return s
}

func pad(s string, to int) string { return s + strings.Repeat(" ", max(0, to-Width(s))) }
