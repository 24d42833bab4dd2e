// Package redact knows what a secret looks like, so that everything that is kept, logged
// or told can be rid of secrets by the same rules.
//
// A secret is known by its place or by its looks: the user info of a URL; the query of one
// that is signed, or has a token or a password in it; what stands behind the name of a
// secret, in text, in JSON and in headers; keys, tokens and certificates that have a form
// of their own. [Mark] stands where it was; names stay, so that a reader sees what was
// there.
//
// What is cut is cut for good, and more is cut than need be: the whole of a signed query,
// for example, and the whole of a text that a sender has built so that cutting goes on and
// on. What nobody can tell from other text is not found. So a secret still does not belong
// into an event.
//
// Who sends the text may be an enemy, so nothing here goes back over it: every pass is
// linear in its length, and the number of passes is bounded.
package redact

import (
	"net/url"
	"strings"
)

// Mark stands where a secret was.
const Mark = "***"

// Redactor cuts secrets out. Its methods may be called concurrently.
type Redactor struct{}

// New returns a redactor.
func New() *Redactor { return &Redactor{} }

// IsSecret reports whether what has this name is a secret: a header, a field, a variable.
func (*Redactor) IsSecret(name string) bool { return isSecret([]byte(name)) }

// Text cuts the secrets out of a text and reports whether there were any.
func (*Redactor) Text(text string) (out string, cut bool) {
	if !mayHold(text) {
		return text, false
	}
	e := editor{}
	clean, cut := e.clean([]byte(text))
	if !cut {
		return text, false
	}
	return string(clean), true
}

// Header cuts the secrets out of the value of a header and reports whether there were any.
// The value may be percent-encoded, as attributes of CloudEvents are.
func (r *Redactor) Header(name, value string) (out string, cut bool) {
	if value != "" && value != Mark && isParameter([]byte(strings.TrimPrefix(strings.ToLower(name), "x-"))) {
		return Mark, true
	}
	if out, cut = r.Text(value); cut {
		return out, true
	}
	if decoded, err := url.PathUnescape(value); err == nil && decoded != value {
		if out, cut = r.Text(decoded); cut {
			return url.PathEscape(out), true
		}
	}
	return value, false
}
