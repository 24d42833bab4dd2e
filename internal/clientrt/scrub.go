package clientrt

import (
	"encoding/json"
	"net/url"
	"slices"
	"strings"

	"slipway/cloudapi"
	"slipway/internal/loosejson"
)

// minSecret is the shortest text that is removed from messages, and minAnywhere the shortest that
// is removed wherever it stands. Sensitive parameters hold much that is no secret: an environment
// has variables that say "info" or "prod", and a message from which these are cut out of "product"
// and "information" explains nothing. What is shorter than minAnywhere and has letters and digits
// only is removed where it stands as a word: quoted, escaped or assigned, a value always does. A
// credential with which requests are signed is removed anywhere, however short.
const (
	minSecret   = 4
	minAnywhere = 8
)

// maxMessage bounds the message of an error, in bytes.
const maxMessage = 2000

// scrubber removes what a request holds in secret from what comes back: the platform's messages
// quote parameters, and the gateway's quote the text to sign.
type scrubber struct {
	secrets []string
	// words are those of the secrets that are removed as whole words only.
	words map[string]bool
}

func newScrubber(op cloudapi.Operation, r *Request, secrets []string) scrubber {
	var s scrubber
	for _, secret := range secrets {
		s.add(secret)
	}
	signed := len(s.secrets)
	for _, v := range r.values {
		if p, ok := op.Param(v.name); !ok || p.Sensitive {
			s.add(v.text)
			s.addLeaves(v.text)
		}
	}
	s.words = map[string]bool{}
	for _, value := range s.secrets[signed:] {
		s.words[value] = len(value) < minAnywhere && isWord(value)
	}
	for _, secret := range s.secrets[:signed] {
		s.words[secret] = false
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
		if s.words[secret] {
			message = withoutWord(message, secret)
			continue
		}
		message = strings.ReplaceAll(message, secret, cloudapi.Redacted)
	}
	if len(message) > maxMessage {
		message = strings.ToValidUTF8(message[:maxMessage], "") + "…"
	}
	return message
}

// withoutWord removes a word where it stands by itself.
func withoutWord(message, word string) string {
	var out strings.Builder
	rest := message
	for {
		before, after, found := strings.Cut(rest, word)
		if !found {
			out.WriteString(rest)
			return out.String()
		}
		out.WriteString(before)
		at := message[:len(message)-len(after)-len(word)]
		if beginsWord(at) && (after == "" || !isWordByte(after[0])) {
			out.WriteString(cloudapi.Redacted)
		} else {
			out.WriteString(word)
		}
		rest = after
	}
}

// longestEscape is how long an escape before a word is at most, in bytes: a percent sign that was
// escaped four times is %2525252522.
const longestEscape = 12

// beginsWord reports whether a word can begin behind a text: it ends with no letter and no digit,
// or they belong to an escape, such as %22, %2522 or \n.
func beginsWord(before string) bool {
	before = before[max(0, len(before)-longestEscape):] // a text may be long, and have the word often
	n := len(before)
	if n == 0 || !isWordByte(before[n-1]) || n > 1 && before[n-2] == '\\' {
		return true
	}
	if unicode := strings.LastIndex(before, `\u`); unicode >= 0 && unicode == n-len(`\u0026`) {
		return true
	}
	percent := strings.LastIndexByte(before, '%')
	if percent < 0 {
		return false
	}
	digits := before[percent+1:]
	for len(digits) > 2 && strings.HasPrefix(digits, "25") {
		digits = digits[2:]
	}
	return len(digits) == 2
}

func isWord(text string) bool {
	for i := range len(text) {
		if !isWordByte(text[i]) {
			return false
		}
	}
	return true
}

// isWordByte is for ASCII only: Chinese has no space between a value and what is said of it.
func isWordByte(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9'
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
