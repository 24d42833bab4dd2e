package redact

import (
	"bytes"
	"slices"
)

const (
	// passes are what a text goes through: one for each kind of secret.
	passes = 5
	// mostPasses bounds how often a text is gone through. What is cut can bring together
	// what then looks like a secret, so it goes on until all kinds have found nothing. What
	// honest people write is done after two or three rounds.
	mostPasses = 6 * passes
)

// span is a part of a text.
type span struct{ begin, end int }

// editor cuts secrets out of one text after another. Its buffers take turns and are kept,
// so that a message of many texts costs no more memory than its longest one.
type editor struct {
	// text is what a pass reads. It is the caller's until something was cut.
	text []byte
	// out is what a pass has written, and done how much of text is in there; other is the
	// buffer that the next pass writes to.
	out, other []byte
	done       int
	changed    bool
	// plain has room for a part of a query without percent-encoding.
	plain []byte
	// budget is how many more bytes may be gone through. It is not bounded where limited is
	// not set.
	budget  int
	limited bool
}

// mayHold tells cheaply whether a text is worth a look.
func mayHold[T string | []byte](text T) bool {
	const shortest = 15 // of what is known by its looks
	if len(text) >= shortest {
		return true
	}
	for i := range len(text) {
		if text[i] == ':' || text[i] == '=' {
			return true
		}
	}
	return false
}

// clean cuts the secrets out of a text and reports whether there were any. The result is
// good until the next call.
func (e *editor) clean(text []byte) (out []byte, cut bool) {
	if !mayHold(text) {
		return text, false
	}
	e.load(text)
	idle := 0
	for n := range mostPasses {
		if e.exhausted() {
			break
		}
		e.budget -= len(e.text)
		if e.pass(n % passes); e.finish() {
			idle, cut = 0, true
			continue
		}
		if idle++; idle == passes {
			return e.text, cut
		}
	}
	// Who writes what takes so long does not want to be read.
	return []byte(Mark), true
}

// exhausted tells that more has been gone through than honest messages need.
func (e *editor) exhausted() bool { return e.limited && e.budget < 0 }

func (e *editor) pass(n int) {
	switch n {
	case 0:
		e.looks()
	case 1:
		e.schemes()
	case 2:
		e.addresses()
	case 3:
		e.named(line)
	default:
		e.named(word)
	}
}

func (e *editor) load(text []byte) { e.text, e.out, e.done, e.changed = text, e.out[:0], 0, false }

// mark puts the mark for a part of the text that is not the mark already.
func (e *editor) mark(at span) {
	if string(e.text[at.begin:at.end]) != Mark {
		e.replace(at, []byte(Mark))
	}
}

// replace puts something else where a part of the text was. Parts come in their order.
func (e *editor) replace(at span, with []byte) { e.out = append(e.before(at, len(with)), with...) }

// before copies what stands before a part of the text, and passes that part. What is put
// there is to be appended to the result, which has room for it.
func (e *editor) before(at span, room int) []byte {
	room += at.begin - e.done
	if cap(e.out)-len(e.out) < room {
		e.out = slices.Grow(e.out, max(room, len(e.text)-e.done+max(len(e.text)/2, len(e.out))))
	}
	e.out = append(e.out, e.text[e.done:at.begin]...)
	e.done, e.changed = at.end, true
	return e.out
}

// finish ends a pass and reports whether it has changed the text.
func (e *editor) finish() bool {
	if !e.changed {
		return false
	}
	e.out = append(e.out, e.text[e.done:]...)
	e.text, e.out, e.other = e.out, e.other[:0], e.out
	e.done, e.changed = 0, false
	return true
}

func (e *editor) looks() {
	l := looker{text: e.text}
	for at, ok := l.next(0); ok; at, ok = l.next(at.end) {
		e.mark(at)
	}
}

func (e *editor) schemes() {
	for at, ok := nextScheme(e.text, 0); ok; at, ok = nextScheme(e.text, at.end) {
		e.mark(at)
	}
}

func (e *editor) named(k kind) {
	for at, ok := nextNamed(e.text, 0, k); ok; at, ok = nextNamed(e.text, at.end, k) {
		e.mark(within(e.text, at))
	}
}

// within is a value without its quotes, if it has both.
func within(text []byte, at span) span {
	value := text[at.begin:at.end]
	for _, quote := range []string{`\"`, `"`, `'`} {
		if n := len(quote); len(value) >= 2*n && string(value[:n]) == quote && bytes.HasSuffix(value, []byte(quote)) {
			return span{at.begin + n, at.end - n}
		}
	}
	return at
}
