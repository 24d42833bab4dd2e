package redact

import "bytes"

// kind is how far the value behind a name goes.
type kind int

const (
	// word is a value that ends where a word does.
	word kind = iota
	// line is a value that has parts of its own, and ends where the line does.
	line
)

// nextNamed returns the next value that stands behind the name of a secret. It looks for
// what assigns values, and from there for the name before it and the value behind it.
func nextNamed(text []byte, from int, k kind) (span, bool) {
	for i := from; i < len(text); i++ {
		if text[i] != ':' && text[i] != '=' || !k.names(text, span{from, i}) {
			continue
		}
		if value, ok := k.value(text, i+1); ok {
			return value, true
		}
	}
	return span{}, false
}

// names reports whether the name of a secret stands at the end of a part of a text. A quote
// and space may stand behind it, and in JSON within a string a backslash.
func (k kind) names(text []byte, at span) bool {
	end := at.end
	for end > at.begin && isSpace(text[end-1]) {
		end--
	}
	if end > at.begin && (text[end-1] == '"' || text[end-1] == '\'') {
		end--
	}
	if end > at.begin && text[end-1] == '\\' {
		end--
	}
	name := span{nameBegin(text, span{at.begin, end}), end}
	if name.begin == name.end {
		return false
	}
	if k == line {
		return hasLine(text[name.begin:name.end])
	}
	return hasName(text[name.begin:name.end]) || isPair(text, name) ||
		end == at.end && text[end] == '=' && isShort(text[name.begin:name.end]) && inQuery(text[at.begin:name.begin])
}

// inQuery reports whether what comes is in a query, by what stands before it.
func inQuery(before []byte) bool {
	n := len(before)
	return n > 0 && (before[n-1] == '?' || before[n-1] == '&') || n >= 5 && fold(before, n-5, "&amp;") > 0
}

// nameBegin returns where the name begins that ends with a part of a text.
func nameBegin(text []byte, at span) int {
	i := at.end
	for i > at.begin {
		if c := text[i-1]; isDashed(c) || c == '.' {
			i--
			continue
		}
		n := 0
		if text[i-1] >= 0x80 {
			n = wideBefore(text, i)
		}
		if n == 0 || i-n < at.begin {
			break
		}
		i -= n
	}
	return i
}

// value returns the value that stands behind what assigns it.
func (k kind) value(text []byte, i int) (span, bool) {
	begin := skip(text, i, isSpace)
	if end := quoted(text, begin); end > 0 {
		return span{begin, end}, true
	}
	if k == word {
		end := skip(text, begin, isValue)
		return span{begin, end}, end > begin
	}
	for begin == len(text) || isBreak(text[begin]) { // only space: the last on the line
		if begin--; begin < i {
			return span{}, false
		}
	}
	return span{begin, skip(text, begin, func(c byte) bool { return !isBreak(c) && c != '"' })}, true
}

func isBreak(c byte) bool { return c == '\r' || c == '\n' }

func isValue(c byte) bool {
	return !isSpace(c) && c != '&' && c != '"' && c != '\'' && c != ',' && c != ';'
}

// quoted returns where the value in quotes ends that begins at i, and 0 where none does.
// JSON within a string escapes quotes once more. A value that is not closed goes to the
// end.
func quoted(text []byte, i int) int {
	if hasAt(text, i, `'`) {
		if n := bytes.IndexByte(text[i+1:], '\''); n >= 0 {
			return i + n + 2
		}
		return len(text)
	}
	if hasAt(text, i, `\`) {
		i++
	}
	if !hasAt(text, i, `"`) {
		return 0
	}
	for i++; i < len(text); i++ {
		switch {
		case text[i] == '"':
			return i + 1
		case text[i] == '\\' && hasAt(text, i+1, `"`):
			return i + 2
		case text[i] == '\\':
			i++
		}
	}
	return len(text)
}
