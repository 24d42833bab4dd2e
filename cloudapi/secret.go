package cloudapi

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
)

// Redacted stands wherever a secret would be shown.
const Redacted = "[redacted]"

// Secret is a text that never shows itself: not when formatted, logged, or encoded to JSON.
// Convert it to string to read it.
//
// A Secret that went through JSON is lost on purpose; a request that carries what is left of it
// is refused before it is sent.
type Secret string

// String returns a fixed mark, or an empty text for an empty secret.
func (s Secret) String() string {
	if s == "" {
		return ""
	}
	return Redacted
}

// Format writes the mark for every verb, %#v included.
func (s Secret) Format(state fmt.State, _ rune) {
	_, _ = io.WriteString(state, s.String())
}

// MarshalJSON encodes the mark.
func (s Secret) MarshalJSON() ([]byte, error) {
	return json.Marshal(s.String())
}

// LogValue logs the mark.
func (s Secret) LogValue() slog.Value {
	return slog.StringValue(s.String())
}
