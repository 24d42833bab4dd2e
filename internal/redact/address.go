package redact

import (
	"bytes"
	"slices"
)

// addresses cuts the secrets out of URLs, however they are written: in JSON / and & may be
// escaped.
func (e *editor) addresses() {
	for i := nextHost(e.text, 0); i >= 0; {
		end := skip(e.text, i, isAddress)
		path := span{i, end}
		if n := bytes.IndexAny(e.text[i:end], "?#"); n >= 0 {
			path.end = i + n
		}
		// A mirror has the address of what it mirrors in its path.
		for at := i; at >= 0; at = nextHost(e.text[:path.end], path.begin) {
			path.begin = e.host(span{at, path.end})
		}
		if path.end < end {
			e.query(span{path.end + 1, end})
		}
		i = nextHost(e.text, end)
	}
}

// nextHost returns where the host of the next URL begins, and -1 where none does.
func nextHost(text []byte, from int) int {
	for i := from; i < len(text); i++ {
		n := bytes.IndexByte(text[i:], ':')
		if n < 0 {
			break
		}
		i += n
		begin := i + 1
		switch {
		case hasAt(text, begin, `//`):
			begin += len(`//`)
		case hasAt(text, begin, `\/\/`):
			begin += len(`\/\/`)
		default:
			continue
		}
		if hasScheme(text[from:i]) {
			return begin
		}
	}
	return -1
}

// hasScheme reports whether a text ends with the scheme of a URL.
func hasScheme(text []byte) bool {
	for _, c := range slices.Backward(text) {
		switch {
		case isLetter(c):
			return true
		case !isDigit(c) && c != '+' && c != '.' && c != '-':
			return false
		}
	}
	return false
}

func isAddress(c byte) bool { return !isSpace(c) && c != '"' && c != '\'' && c != '<' && c != '>' }

// host cuts the user info before a host, and returns where the host ends. What stands
// where a port should and is none is a password whose host is missing.
func (e *editor) host(at span) int {
	if n := bytes.IndexAny(e.text[at.begin:at.end], `/\`); n >= 0 {
		at.end = at.begin + n
	}
	host := e.text[at.begin:at.end]
	if n := bytes.LastIndexByte(host, '@'); n >= 0 {
		e.mark(span{at.begin, at.begin + n})
		return at.end
	}
	colon := bytes.LastIndexByte(host, ':')
	if colon < 0 || host[len(host)-1] == ']' || skip(host, colon+1, isDigit) == len(host) {
		return at.end
	}
	e.mark(span{at.begin + colon + 1, at.end})
	return at.end
}

// query cuts the values of a query and of a fragment if any of them is a secret: those of
// a signed one belong together.
func (e *editor) query(at span) {
	if !e.isSecretQuery(e.text[at.begin:at.end]) {
		return
	}
	for at.begin <= at.end {
		pair, next := firstPair(e.text[at.begin:at.end])
		if n := bytes.IndexByte(pair, '='); n >= 0 {
			e.mark(span{at.begin + n + 1, at.begin + len(pair)})
		}
		at.begin += next
	}
}

// firstPair returns the first pair of a query, and where the next one begins. A fragment
// has pairs of its own, and an address may hold another one.
func firstPair(query []byte) (pair []byte, next int) {
	for i, c := range query {
		switch c {
		case ';':
			return query[:i], i + 1
		case '&':
			return query[:i], max(i+1, fold(query, i, "&amp;"))
		case '\\':
			if end := fold(query, i, `\u0026`); end > 0 {
				return query[:i], end
			}
		}
	}
	return query, len(query) + 1
}

func (e *editor) isSecretQuery(query []byte) bool {
	for begin := 0; begin <= len(query); {
		pair, next := firstPair(query[begin:])
		name, value, assigned := bytes.Cut(pair, []byte("="))
		if assigned && string(value) != Mark && (isParameter(e.decoded(name)) || holds(e.decoded(value))) {
			return true
		}
		begin += next
	}
	return false
}

// holds reports whether a value of a query has a secret in it. It does not go further into an
// address within the value than to its user: how far that would go is up to the sender.
func holds(value []byte) bool {
	if !mayHold(value) {
		return false
	}
	if hasUser(value) {
		return true
	}
	l := looker{text: value}
	if _, ok := l.next(0); ok {
		return true
	}
	if _, ok := nextScheme(value, 0); ok {
		return true
	}
	for _, k := range []kind{line, word} {
		if _, ok := nextNamed(value, 0, k); ok {
			return true
		}
	}
	return false
}

// hasUser reports whether one of the addresses in a text has user info.
func hasUser(text []byte) bool {
	for {
		n := bytes.Index(text, []byte("://"))
		if n < 0 {
			return false
		}
		text = text[n+len("://"):]
		host := text
		if end := bytes.IndexAny(text, `/\?#`); end >= 0 {
			host = text[:end]
		}
		if bytes.IndexByte(host, '@') >= 0 {
			return true
		}
	}
}

// decoded is a part of a query without percent-encoding, if it has any. It is good until
// the next call.
func (e *editor) decoded(text []byte) []byte {
	first := bytes.IndexAny(text, "%+")
	if first < 0 {
		return text
	}
	e.plain = append(slices.Grow(e.plain[:0], len(text)), text[:first]...)
	for i := first; i < len(text); i++ {
		c := text[i]
		switch c {
		case '+':
			c = ' '
		case '%':
			high, low := hex(text, i+1), hex(text, i+2)
			if high < 0 || low < 0 { // it is not encoded, then
				return text
			}
			c = byte(high<<4 | low)
			i += 2
		}
		e.plain = append(e.plain, c)
	}
	return e.plain
}

// hex is the value of a hexadecimal digit, and -1 where there is none.
func hex(text []byte, i int) int {
	if i >= len(text) {
		return -1
	}
	switch c := text[i]; {
	case isDigit(c):
		return int(c - '0')
	case 'a' <= c|0x20 && c|0x20 <= 'f':
		return int(c|0x20-'a') + 10
	}
	return -1
}
