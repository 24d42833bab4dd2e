package redact

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
)

// base64Member is where the JSON format of CloudEvents keeps data in base64.
const base64Member = "data_base64"

// Bytes cuts the secrets out of what may be JSON, and tells whether there were any. What
// it does not cut stays as it is written, byte for byte. Where the JSON breaks off, the
// rest is taken for text.
func (r *Redactor) Bytes(data []byte) (out []byte, cut bool) {
	out = data
	for range rounds {
		var more bool
		if out, more = r.walk(out); !more {
			break
		}
		cut = true
	}
	return out, cut
}

func (r *Redactor) walk(data []byte) (out []byte, cut bool) {
	w := &walker{Redactor: r, data: data, decoder: json.NewDecoder(bytes.NewReader(data))}
	w.decoder.UseNumber()
	for w.next() {
	}
	rest, found := r.Text(string(data[w.read:]))
	if !w.cut && !found {
		return data, false
	}
	w.out.Write(data[w.copied:w.read])
	w.out.WriteString(rest)
	return w.out.Bytes(), true
}

// walker goes through JSON token by token, however deep it is, and copies what it has
// seen.
type walker struct {
	*Redactor

	data    []byte
	decoder *json.Decoder
	out     bytes.Buffer
	// copied is how much of data is in out; read is how much was looked at.
	copied, read int
	cut          bool
	stack        []frame
}

// frame is an object or a list that the walker is in.
type frame struct {
	object bool
	// name is the name of the member whose value is next; named tells that it is known.
	name  string
	named bool
	// secret tells that all within is one, and value that the member "value" is: the
	// member "name" before it said so.
	secret, value bool
}

// next takes one token; it is false at the end, and where the JSON breaks off.
func (w *walker) next() bool {
	token, err := w.decoder.Token()
	if err != nil {
		return false
	}
	end := int(w.decoder.InputOffset())
	begin := w.read + len(w.data[w.read:end]) - len(bytes.TrimLeft(w.data[w.read:end], " \t\r\n,:"))
	w.read = end
	switch t := token.(type) {
	case json.Delim:
		w.enter(t)
	case string:
		if f := w.top(); f != nil && f.object && !f.named {
			f.name, f.named = t, true
			w.replace(begin, end, t, w.textual)
			return true
		}
		w.replace(begin, end, t, w.rule(t))
		w.passed()
	case json.Number:
		if w.secret() {
			w.replace(begin, end, t.String(), whole)
		}
		w.passed()
	default:
		w.passed()
	}
	return true
}

func (w *walker) top() *frame {
	if len(w.stack) == 0 {
		return nil
	}
	return &w.stack[len(w.stack)-1]
}

// enter goes into an object or a list, or leaves it.
func (w *walker) enter(d json.Delim) {
	if d == '}' || d == ']' {
		w.stack = w.stack[:len(w.stack)-1]
		w.passed()
		return
	}
	w.stack = append(w.stack, frame{object: d == '{', secret: w.secret()})
}

// passed tells that a value has been passed; a name comes next where it was in an object.
func (w *walker) passed() {
	if f := w.top(); f != nil {
		f.named = false
	}
}

// secret tells whether the value that comes is one by its place.
func (w *walker) secret() bool {
	f := w.top()
	if f == nil {
		return false
	}
	return f.secret || f.object && (w.IsSecret(f.name) || f.value && f.name == "value")
}

// rule is how a string is cut.
func (w *walker) rule(text string) func(string) (string, bool) {
	f := w.top()
	switch {
	case w.secret():
		return whole
	case f != nil && f.object && f.name == base64Member:
		return w.inBase64
	case f != nil && f.object && f.name == "name":
		f.value = w.IsSecret(text)
	}
	return w.textual
}

func whole(text string) (string, bool) { return Mark, text != "" && text != Mark }

// textual cuts the secrets out of a string, which may be JSON itself.
func (w *walker) textual(text string) (string, bool) { return w.Text(text) }

func (w *walker) inBase64(text string) (string, bool) {
	data, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return w.Text(text)
	}
	out, cut := w.Bytes(data)
	return base64.StdEncoding.EncodeToString(out), cut
}

// replace copies what stands before a token, and the token without its secrets.
func (w *walker) replace(begin, end int, text string, rule func(string) (string, bool)) {
	clean, cut := rule(text)
	if !cut {
		return
	}
	w.cut = true
	w.out.Write(w.data[w.copied:begin])
	written, err := json.Marshal(clean)
	if err != nil { // a string can always be written
		written = []byte(`"` + Mark + `"`)
	}
	w.out.Write(written)
	w.copied = end
}
