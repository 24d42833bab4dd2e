package redact

import (
	"encoding/base64"
	"slices"
)

const (
	// base64Member is where the JSON format of CloudEvents keeps data in base64.
	base64Member = "data_base64"
	// mostInBase64 bounds how deep data in base64 is looked into: a message that has a
	// message. What is further in is cut.
	mostInBase64 = 3
	// mostWalks bounds how often a document is gone through: what is cut can mend JSON that
	// was none before, and what is behind it is known by its place then.
	mostWalks = 5
	// mostWork bounds how many passes a message costs in all. Ten or fifteen are usual, and
	// 22 are the most that drawn messages have taken.
	mostWork = 40
)

// Bytes cuts the secrets out of what may be JSON, and reports whether there were any. What
// it does not cut stays as it is written, byte for byte. Where the JSON breaks off, the
// rest is taken for text.
func (*Redactor) Bytes(data []byte) (out []byte, cut bool) {
	return clean(data, mostWork*len(data))
}

// clean cuts the secrets out of a document, and gives up once it has gone through more
// bytes than it may.
func clean(data []byte, budget int) (out []byte, cut bool) {
	w := &walker{texts: &editor{limited: true, budget: budget}}
	w.doc.load(data)
	for range mostWalks {
		w.walk()
		if w.texts.exhausted() {
			break
		}
		if !w.doc.finish() {
			return w.doc.text, cut
		}
		cut = true
	}
	// Who writes what takes so long does not want to be read.
	return []byte(`"` + Mark + `"`), true
}

// walker goes through JSON token by token. However deep it is, a level costs a byte.
type walker struct {
	doc editor
	tokens

	// texts cuts the secrets out of strings; all walkers of a message share it.
	texts *editor
	ahead ahead
	// unescaped has room for a string.
	unescaped []byte
	// levels are the objects and lists that the walker is in.
	levels []level
	// inner walks through data in base64, and depth is how many walkers are around this one.
	inner *walker
	depth int
}

// level is what is known of an object or a list.
type level uint8

const (
	isObject level = 1 << iota
	// isNamed tells that the name of a member is known, whose value is next.
	isNamed
	// inSecret tells that all within is a secret.
	inSecret
	// hasSecretName tells that the name of the member is that of a secret.
	hasSecretName
	// nameIsName and so on tell that the member is "name", "value", "data_base64".
	nameIsName
	nameIsValue
	nameIsBase64
	// saidSecret tells that a member "name" is that of a secret, which may come behind: each
	// "value" of the object is one.
	saidSecret
)

const ofMember = isNamed | hasSecretName | nameIsName | nameIsValue | nameIsBase64

// begin goes to the begin of the document.
func (w *walker) begin() { w.tokens, w.levels = tokens{text: w.doc.text}, w.levels[:0] }

// walk goes through the document once, after a look at what names come late.
func (w *walker) walk() {
	w.lookAhead()
	w.begin()
	for {
		t := w.next(w.top()&isObject != 0, len(w.levels))
		if t.kind == none {
			break
		}
		w.take(t)
	}
	rest := span{w.read, len(w.doc.text)}
	if clean, cut := w.texts.clean(w.doc.text[rest.begin:]); cut {
		w.doc.replace(rest, clean)
	}
}

func (w *walker) top() level {
	if len(w.levels) == 0 {
		return 0
	}
	return w.levels[len(w.levels)-1]
}

func (w *walker) set(l level) {
	if len(w.levels) > 0 {
		w.levels[len(w.levels)-1] = l
	}
}

// take looks at a token.
func (w *walker) take(t token) {
	top := w.top()
	switch t.kind {
	case none, literal:
	case open:
		inner := w.inside(t)
		if top.isSecret() {
			inner |= inSecret
		}
		w.levels = append(w.levels, inner)
		return
	case shut:
		w.levels = w.levels[:len(w.levels)-1]
	case text:
		if top&(isObject|isNamed) == isObject {
			w.name(t)
			return
		}
		w.value(t)
	case number:
		if top.isSecret() {
			w.write(t, []byte(Mark))
		}
	}
	w.set(w.top() &^ isNamed)
}

// inside is what is known of an object or a list that begins.
func (w *walker) inside(t token) level {
	if w.doc.text[t.begin] == '{' {
		return isObject
	}
	return 0
}

// isSecret reports whether the value that comes is one by its place.
func (l level) isSecret() bool {
	return l&(inSecret|hasSecretName) != 0 || l&(saidSecret|nameIsValue) == saidSecret|nameIsValue
}

// name is for the name of a member.
func (w *walker) name(t token) {
	name := w.unescape(t)
	top := w.top()&^ofMember | isNamed
	if isSecret(name) {
		top |= hasSecretName
	}
	switch string(name) {
	case "name":
		top |= nameIsName
	case "value":
		if top |= nameIsValue; w.ahead.saidBehind(t.begin) {
			top |= saidSecret
		}
	case base64Member:
		top |= nameIsBase64
	}
	w.set(top)
	if clean, cut := w.texts.clean(name); cut {
		w.write(t, clean)
	}
}

// value is for a string that is a value.
func (w *walker) value(t token) {
	value, top := w.unescape(t), w.top()
	switch {
	case top.isSecret():
		if len(value) > 0 && string(value) != Mark {
			w.write(t, []byte(Mark))
		}
		return
	case top&nameIsBase64 != 0:
		if w.inBase64(t, value) {
			return
		}
	case top&nameIsName != 0:
		if isSecret(value) {
			w.set(top | saidSecret)
		}
	}
	if clean, cut := w.texts.clean(value); cut {
		w.write(t, clean)
	}
}

// inBase64 cuts the secrets out of data in base64, and reports whether it was such.
func (w *walker) inBase64(t token, value []byte) bool {
	if w.depth == mostInBase64 {
		if len(value) > 0 && string(value) != Mark {
			w.write(t, []byte(Mark))
		}
		return true
	}
	if w.inner == nil {
		w.inner = &walker{texts: w.texts, depth: w.depth + 1}
	}
	inner := w.inner
	data, err := base64.StdEncoding.AppendDecode(inner.doc.other[:0], value)
	inner.doc.other = data
	if err != nil {
		return false
	}
	inner.doc.load(data)
	inner.walk()
	if inner.doc.finish() {
		const quotes = len(`""`)
		out := w.doc.before(t.span, base64.StdEncoding.EncodedLen(len(inner.doc.text))+quotes)
		w.doc.out = append(base64.StdEncoding.AppendEncode(append(out, '"'), inner.doc.text), '"')
	}
	return true
}

// unescape is the text of a string. It is good until the next call.
func (w *walker) unescape(t token) []byte {
	raw := w.doc.text[t.begin+1 : t.end-1]
	if !t.escaped {
		return raw
	}
	w.unescaped = appendUnescaped(slices.Grow(w.unescaped[:0], len(raw)), raw)
	return w.unescaped
}

// write puts another string where one was.
func (w *walker) write(t token, with []byte) {
	w.doc.out = appendString(w.doc.before(t.span, len(with)), with, !isMarkup(w.doc.text[t.begin:t.end]))
}

// isMarkup reports whether a string has so many of the characters that JSON escapes for HTML
// that it would become twice as long. A dead letter must not outgrow what may be published.
func isMarkup(raw []byte) bool {
	const longer = len(`\u0026`) - len(`&`)
	many := 0
	for _, c := range raw {
		if isEscapedInHTML(c) {
			many++
		}
	}
	return longer*many > len(raw)
}
