package saeclient

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// ParseLocalTime reads a time of the form yyyy-MM-dd HH:mm:ss, in which change orders, log configurations and some others are
// dated on the wire. The SAE API reference names no zone; GMT+8 is the reading to use.
func ParseLocalTime(text string) (time.Time, error) {
	t, err := time.ParseInLocation(time.DateTime, text, time.FixedZone("GMT+8", 8*60*60))
	if err != nil {
		return time.Time{}, fmt.Errorf("saeclient: %w", err)
	}
	return t, nil
}

// readTime reads a time in any of the forms in which answers give one (SAE API reference ch. 10, 12, 13, 14): epoch milliseconds or
// seconds as a number or a text, yyyy-MM-dd HH:mm:ss in GMT+8, RFC 3339. Null, an empty
// text and numbers that are not above zero are no time, which is the zero time. Times are in UTC.
func readTime(value any, seconds bool) (time.Time, bool) {
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
	t, ok := timeOfText(text, seconds)
	// Beyond these years a time cannot be written as JSON.
	return t, ok && t.Year() >= 0 && t.Year() <= 9999
}

func timeOfText(text string, seconds bool) (time.Time, bool) {
	if n, err := strconv.ParseInt(text, 10, 64); err == nil {
		return epochTime(n, seconds), true
	}
	if t, err := time.Parse(time.RFC3339, text); err == nil {
		return t.UTC(), true
	}
	t, err := ParseLocalTime(text)
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
