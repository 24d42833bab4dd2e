package release

import (
	"fmt"
	"strings"
	"time"
)

// Duration is a time.Duration that travels as text such as "5m" or "24h".
type Duration time.Duration

// Std returns the duration as the standard library's type.
func (d Duration) Std() time.Duration { return time.Duration(d) }

// String returns the shortest usual form: "24h" rather than "24h0m0s".
func (d Duration) String() string {
	s := time.Duration(d).String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}

// MarshalText implements encoding.TextMarshaler.
func (d Duration) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler; it accepts what
// time.ParseDuration accepts, within the bound of a duration.
func (d *Duration) UnmarshalText(text []byte) error {
	if len(text) > MaxWord {
		return fmt.Errorf("has %d bytes; at most %d are taken", len(text), MaxWord)
	}
	v, err := time.ParseDuration(string(text))
	if err != nil {
		return fmt.Errorf("%q is not a duration such as 90s, 5m or 24h", text)
	}
	*d = Duration(v)
	return nil
}
