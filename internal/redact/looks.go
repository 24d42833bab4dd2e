package redact

import (
	"bytes"
	"strings"
)

// looker finds secrets that need no name: they have a form of their own.
type looker struct {
	text []byte
	// head and body are where parts of a JSON web token end: many can begin in one.
	head, body run
}

// run remembers where a run of characters ends.
type run struct{ span }

func (r *run) endAt(text []byte, i int) int {
	if i < r.begin || i >= r.end {
		r.begin, r.end = i, skip(text, i, isDashed)
	}
	return r.end
}

// next returns the first one from there on.
func (l *looker) next(from int) (span, bool) {
	for i := from; i < len(l.text); i++ {
		switch l.text[i] {
		case '-', 'e', 'L', 'A', 'S', 'g', 'x', 'y':
			if end := l.at(i); end > 0 {
				return span{i, end}, true
			}
		}
	}
	return span{}, false
}

// at returns where the one that begins at i ends, and 0 where none does.
func (l *looker) at(i int) int {
	switch {
	case l.text[i] == '-':
		return privateKey(l.text, i)
	case boundary(l.text, i):
		return l.word(i)
	}
	return 0
}

// word is for the ones that begin with a letter.
func (l *looker) word(i int) int {
	text := l.text
	switch {
	case hasAt(text, i, "eyJ"):
		return l.webToken(i + 3)
	case hasAt(text, i, "LTAI"): // an access key of Alibaba Cloud
		return ends(text, i+4, span{12, 26}, isAlnum)
	case hasAt(text, i, "AKIA"), hasAt(text, i, "ASIA"): // of AWS
		return ends(text, i+4, span{16, 16}, isUpperOrDigit)
	case hasAt(text, i, "STS."): // of Alibaba Cloud, for a while
		return ends(text, i+4, span{16, len(text)}, isAlnum)
	case text[i] == 'S' && oneOf(text, i+1, "ACNOUX"): // a seed of a key of NATS
		return ends(text, i+2, span{56, 56}, isUpperOrDigit)
	case hasAt(text, i, "AIza"): // of Google
		return atLeast(text, i+4, 35, isDashed)
	case hasAt(text, i, "ya29."):
		return atLeast(text, i+5, 20, isDashed)
	case hasAt(text, i, "glpat-"): // a token of GitLab
		return atLeast(text, i+6, 20, isDashed)
	case text[i] == 'g' && hasAt(text, i+1, "h") && oneOf(text, i+2, "pousr") && hasAt(text, i+3, "_"): // of GitHub
		return atLeast(text, i+4, 20, isAlnum)
	case hasAt(text, i, "xox") && oneOf(text, i+3, "abeprs") && hasAt(text, i+4, "-"): // of Slack
		return atLeast(text, i+5, 10, func(c byte) bool { return isAlnum(c) || c == '-' })
	}
	return 0
}

func oneOf(text []byte, i int, chars string) bool {
	return i < len(text) && strings.IndexByte(chars, text[i]) >= 0
}

// atLeast returns where at least so many characters of a class end.
func atLeast(text []byte, i, least int, class func(byte) bool) int {
	if end := skip(text, i, class); end-i >= least {
		return end
	}
	return 0
}

// ends returns where so many characters of a class end with the word.
func ends(text []byte, i int, many span, class func(byte) bool) int {
	end := skip(text, i, class)
	if end-i < many.begin || end-i > many.end || !boundary(text, end) {
		return 0
	}
	return end
}

// webToken returns where a JSON web token ends whose first part goes on at i.
func (l *looker) webToken(i int) int {
	const least = 8 // characters of a part
	head := l.head.endAt(l.text, i)
	if head-i < least || !hasAt(l.text, head, ".") {
		return 0
	}
	body := l.body.endAt(l.text, head+1)
	if body-head-1 < least {
		return 0
	}
	if hasAt(l.text, body, ".") {
		return skip(l.text, body+1, isDashed)
	}
	return body
}

// privateKey returns where the private key ends that begins at i: where it is said to
// end, or with the text.
func privateKey(text []byte, i int) int {
	end := keyLine(text, i, "-----BEGIN ")
	if end == 0 {
		return 0
	}
	const last = "-----END "
	for {
		next := bytes.Index(text[end:], []byte(last))
		if next < 0 {
			return len(text)
		}
		if at := keyLine(text, end+next, last); at > 0 {
			return at
		}
		end += next + 1
	}
}

// keyLine returns where the first or the last line of a private key ends.
func keyLine(text []byte, i int, begin string) int {
	if !hasAt(text, i, begin) {
		return 0
	}
	end := skip(text, i+len(begin), isUpperOrSpace)
	if !bytes.HasSuffix(text[i+len(begin):end], []byte("PRIVATE KEY")) || !hasAt(text, end, "-----") {
		return 0
	}
	return end + len("-----")
}

// nextScheme returns what stands behind the next scheme of an authorization.
func nextScheme(text []byte, from int) (span, bool) {
	const least = 16 // characters of what is a secret and not a word
	for i := from; i < len(text); i++ {
		if text[i]|0x20 != 'b' || !boundary(text, i) {
			continue
		}
		name := max(fold(text, i, "bearer"), fold(text, i, "basic"))
		if name < 0 {
			continue
		}
		begin := skip(text, name, isSpace)
		if end, many := credentials(text, begin); begin > name && many >= least {
			return span{begin, skip(text, end, func(c byte) bool { return c == '=' })}, true
		}
	}
	return span{}, false
}

// credentials returns where the characters of credentials end, and how many there are.
func credentials(text []byte, i int) (end, many int) {
	for ; i < len(text); many++ {
		switch c := text[i]; {
		case isWord(c), c == '.', c == '~', c == '+', c == '/', c == '-':
			i++
		case wide(text, i) > 0:
			i += wide(text, i)
		default:
			return i, many
		}
	}
	return i, many
}
