package loosejson

import (
	"encoding/json"
	"strconv"
	"strings"
	"time"
)

// readTime reads a time in any of the forms in which answers give one: epoch milliseconds or
// seconds as a number or a text, RFC 3339, and the platform's own form without a zone. Null, an
// empty text and numbers that are not above zero are no time, which is the zero time. Times are
// in UTC.
func (d Decoder) readTime(value any, seconds bool) (time.Time, bool) {
	if value == nil || value == "" || value == notApplicable {
		return time.Time{}, true
	}
	var text string
	switch v := value.(type) {
	case json.Number:
		text = v.String()
	case string:
		text = strings.TrimSpace(v)
	}
	t, ok := d.timeOfText(text, seconds)
	// Beyond these years a time cannot be written as JSON.
	return t, ok && t.Year() >= 0 && t.Year() <= 9999
}

func (d Decoder) timeOfText(text string, seconds bool) (time.Time, bool) {
	if n, err := strconv.ParseInt(text, 10, 64); err == nil {
		return epochTime(n, seconds), true
	}
	if t, err := time.Parse(time.RFC3339, text); err == nil {
		return t.UTC(), true
	}
	if d.LocalTime == nil {
		return time.Time{}, false
	}
	t, err := d.LocalTime(text)
	return t.UTC(), err == nil
}

func epochTime(n int64, seconds bool) time.Time {
	switch {
	case n <= 0:
		return time.Time{}
	case seconds:
		return time.Unix(n, 0).UTC()
	}
	return time.UnixMilli(n).UTC()
}
