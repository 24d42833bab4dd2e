package release

import (
	"strings"
	"unicode/utf8"
)

const ellipsis = '…'

// ShortenTo keeps at most a number of bytes of a text, in whole characters; one that was cut ends with an ellipsis where there
// is room for one.
func ShortenTo(text string, most int) string { return shortenBy(text, most, utf8.RuneLen) }

// Shorten cuts what somebody says to the length at which it is taken.
func Shorten(words string) string { return ShortenTo(words, MaxWords) }

// OneLine makes one line of a text.
func OneLine(text string) string { return strings.Join(strings.Fields(text), " ") }

// ShortenLine is [ShortenTo] for a text that becomes one line.
func ShortenLine(text string, most int) string { return ShortenTo(OneLine(text), most) }

// ShortenEncoded is [ShortenTo] for a number of bytes within the quotes of JSON, at most.
func ShortenEncoded(s string, limit int) string {
	return shortenBy(strings.ToValidUTF8(s, string(utf8.RuneError)), limit, runeLen) // as JSON would, but before anything is counted
}

// shortenBy keeps as much of a text as has at most a size, by the sizes of its characters.
func shortenBy(text string, most int, size func(rune) int) string {
	room := most - size(ellipsis)
	whole, kept := 0, 0
	for at, r := range text {
		if whole <= room {
			kept = at
		}
		if whole += size(r); whole > most {
			if room < 0 {
				return ""
			}
			return text[:kept] + string(ellipsis)
		}
	}
	return text
}
