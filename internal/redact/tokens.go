package redact

import (
	"bytes"
	"unicode/utf16"
	"unicode/utf8"
)

// tokens takes JSON apart. Documents may follow one another.
type tokens struct {
	text []byte
	// read is where the last token ended.
	read int
	want want
}

// want is what may come next.
type want int

const (
	// aValue must come; at the end of a document it need not.
	aValue want = iota
	// aFirst is the first of a list or an object, which may also be empty.
	aFirst
	// aColon stands between a name and a value.
	aColon
	// aNext is a comma, or the end of a list or an object.
	aNext
)

type tokenKind int

const (
	// none is the end, or where the JSON breaks off.
	none tokenKind = iota
	open
	shut
	text
	number
	literal
)

type token struct {
	span

	kind    tokenKind
	escaped bool
}

// next takes the next token; it must be told whether it is in an object, and in how many
// objects and lists it is.
func (s *tokens) next(inObject bool, depth int) token {
	i, named := skip(s.text, s.read, isBlank), false
	switch s.want {
	case aValue:
	case aColon:
		if !hasAt(s.text, i, ":") {
			return token{}
		}
		i = skip(s.text, i+1, isBlank)
	case aNext, aFirst:
		if t := s.end(i, inObject); t.kind != none {
			return s.passed(t, depth)
		}
		if s.want == aNext {
			if !hasAt(s.text, i, ",") {
				return token{}
			}
			i = skip(s.text, i+1, isBlank)
		}
		named = inObject
	}
	t := s.at(i)
	if named && t.kind != text {
		return token{}
	}
	if t.kind == none {
		return t
	}
	if named {
		s.read, s.want = t.end, aColon
		return t
	}
	return s.passed(t, depth)
}

// passed notes that a token which is no name has been taken.
func (s *tokens) passed(t token, depth int) token {
	s.read = t.end
	if t.kind == shut {
		depth--
	}
	switch {
	case t.kind == open:
		s.want = aFirst
	case depth > 0:
		s.want = aNext
	default:
		s.want = aValue
	}
	return t
}

// end is the end of a list or an object.
func (s *tokens) end(i int, inObject bool) token {
	if inObject && hasAt(s.text, i, "}") || !inObject && hasAt(s.text, i, "]") {
		return token{kind: shut, span: span{i, i + 1}}
	}
	return token{}
}

// at is what stands at i, and none if that may not begin there.
func (s *tokens) at(i int) token {
	if i == len(s.text) {
		return token{}
	}
	switch s.text[i] {
	case '{', '[':
		return token{kind: open, span: span{i, i + 1}}
	case '"':
		return s.string(i)
	case '-', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9':
		return s.number(i)
	}
	for _, word := range []string{"true", "false", "null"} {
		if hasAt(s.text, i, word) {
			return token{kind: literal, span: span{i, i + len(word)}}
		}
	}
	return token{}
}

func (s *tokens) string(begin int) token {
	t := token{kind: text}
	for i := begin + 1; i < len(s.text); i++ {
		switch c := s.text[i]; {
		case c == '"':
			t.span = span{begin, i + 1}
			return t
		case c < ' ':
			return token{}
		case c == '\\':
			t.escaped = true
			if i++; !isEscape(s.text, i) {
				return token{}
			}
		}
	}
	return token{}
}

// isEscape reports whether what stands behind a backslash may.
func isEscape(text []byte, i int) bool {
	if i >= len(text) {
		return false
	}
	return bytes.IndexByte([]byte(`"\/bfnrt`), text[i]) >= 0 || unit(text, i-1) >= 0
}

// unit is the unit of UTF-16 that is escaped at i, and -1 where none is.
func unit(text []byte, i int) rune {
	if !hasAt(text, i, `\u`) {
		return -1
	}
	var r rune
	for j := i + 2; j < i+6; j++ {
		digit := hex(text, j)
		if digit < 0 {
			return -1
		}
		r = r<<4 | rune(digit)
	}
	return r
}

func (s *tokens) number(begin int) token {
	i := begin
	if s.text[i] == '-' {
		i++
	}
	whole := skip(s.text, i, isDigit)
	switch {
	case whole == i:
		return token{}
	case s.text[i] == '0':
		whole = i + 1
	}
	end := whole
	if hasAt(s.text, end, ".") {
		fraction := skip(s.text, end+1, isDigit)
		if fraction == end+1 {
			return token{}
		}
		end = fraction
	}
	if hasAt(s.text, end, "e") || hasAt(s.text, end, "E") {
		i = end + 1
		if hasAt(s.text, i, "+") || hasAt(s.text, i, "-") {
			i++
		}
		if end = skip(s.text, i, isDigit); end == i {
			return token{}
		}
	}
	return token{kind: number, span: span{begin, end}}
}

func isBlank(c byte) bool { return c == ' ' || c == '\n' || c == '\t' || c == '\r' }

// appendUnescaped writes the text of a string. Bytes that are no UTF-8 stay.
func appendUnescaped(out, raw []byte) []byte {
	for i := 0; i < len(raw); i++ {
		if raw[i] != '\\' {
			out = append(out, raw[i])
			continue
		}
		r := unit(raw, i)
		if r < 0 {
			i++
			out = append(out, unescaped(raw[i]))
			continue
		}
		i += len(`\u0000`) - 1
		if utf16.IsSurrogate(r) {
			if pair := utf16.DecodeRune(r, unit(raw, i+1)); pair != utf8.RuneError {
				out, i = utf8.AppendRune(out, pair), i+len(`\u0000`)
				continue
			}
			r = utf8.RuneError
		}
		out = utf8.AppendRune(out, r)
	}
	return out
}

// unescaped is the character that is written as a backslash and this one.
func unescaped(c byte) byte {
	switch c {
	case 'b':
		return '\b'
	case 'f':
		return '\f'
	case 'n':
		return '\n'
	case 'r':
		return '\r'
	case 't':
		return '\t'
	}
	return c
}

// appendString writes a text as a string, which may be one that HTML may hold.
func appendString(out, text []byte, html bool) []byte {
	const digits = "0123456789abcdef"
	out = append(out, '"')
	for _, c := range text {
		switch {
		case c == '"' || c == '\\':
			out = append(out, '\\', c)
		case c == '\n':
			out = append(out, `\n`...)
		case c == '\r':
			out = append(out, `\r`...)
		case c == '\t':
			out = append(out, `\t`...)
		case c < ' ' || html && isEscapedInHTML(c):
			out = append(out, '\\', 'u', '0', '0', digits[c>>4], digits[c&15])
		default:
			out = append(out, c)
		}
	}
	return append(out, '"')
}

func isEscapedInHTML(c byte) bool { return c == '&' || c == '<' || c == '>' }
