package clientrt

import (
	"encoding/json"
	"net/url"
	"slices"
	"strings"

	"slipway/cloudapi"
	"slipway/internal/loosejson"
)

// minSecret is the shortest text that is removed from messages. Shorter ones would tear holes
// into ordinary words.
const minSecret = 4

// maxMessage bounds the message of an error, in bytes.
const maxMessage = 2000

// scrubber removes what a request holds in secret from what comes back: the platform's messages
// quote parameters, and the gateway's quote the text to sign.
type scrubber struct {
	secrets []string
}

func newScrubber(op cloudapi.Operation, r *Request, secrets []string) scrubber {
	var s scrubber
	for _, secret := range secrets {
		s.add(secret)
	}
	for _, v := range r.values {
		if p, ok := op.Param(v.name); !ok || p.Sensitive {
			s.add(v.text)
			s.addLeaves(v.text)
		}
	}
	// The longest first, so that no secret is torn apart by a shorter one inside it.
	slices.SortFunc(s.secrets, func(a, b string) int { return len(b) - len(a) })
	return s
}

// add notes a secret in the forms in which it may come back.
func (s *scrubber) add(secret string) {
	if len(secret) < minSecret {
		return
	}
	quoted, err := json.Marshal(secret)
	if err == nil {
		s.secrets = append(s.secrets, strings.Trim(string(quoted), `"`))
	}
	escaped := url.QueryEscape(secret)
	s.secrets = append(s.secrets, secret, escaped, strings.ReplaceAll(escaped, "+", "%20"))
}

// addLeaves notes every text inside JSON: a message may quote one environment variable of many.
func (s *scrubber) addLeaves(text string) {
	value, err := loosejson.Parse([]byte(text))
	if err != nil {
		return
	}
	s.addValues(value)
}

func (s *scrubber) addValues(value any) {
	switch v := value.(type) {
	case string:
		s.add(v)
	case []any:
		for _, element := range v {
			s.addValues(element)
		}
	case map[string]any:
		for _, member := range v {
			s.addValues(member)
		}
	}
}

// text removes the secrets from a text and bounds its length.
func (s *scrubber) text(message string) string {
	for _, secret := range s.secrets {
		message = strings.ReplaceAll(message, secret, cloudapi.Redacted)
	}
	if len(message) > maxMessage {
		message = strings.ToValidUTF8(message[:maxMessage], "") + "…"
	}
	return message
}

// wrap removes the secrets from an error's text. What the error is stays visible to errors.Is and errors.As.
func (s *scrubber) wrap(err error) error {
	if clean := s.text(err.Error()); clean != err.Error() {
		return &scrubbedError{text: clean, err: err}
	}
	return err
}

type scrubbedError struct {
	text string
	err  error
}

func (e *scrubbedError) Error() string { return e.text }

func (e *scrubbedError) Unwrap() error { return e.err }
