package release

import (
	"cmp"
	"fmt"
	"strings"
	"time"
)

// momentForm is how a moment stands in a text that is kept: RFC 3339 in UTC, to the second.
const momentForm = "2006-01-02T15:04:05Z"

// Moment writes a moment into a text that is kept, such as the reason of a release or a
// refusal. It is in UTC, in the one form in which [InZone] finds it again for a reader.
func Moment(t time.Time) string { return t.UTC().Format(momentForm) }

// InZone returns a text with its moments in the zone of whoever reads it, with the offset of
// the zone; nil is UTC. A moment is what [Moment] writes and stands as a word of its own: what
// is part of a name, such as the version of a package, stays as it is.
func InZone(text string, zone *time.Location) string {
	var b strings.Builder
	from := 0
	for at := 0; at+len(momentForm) <= len(text); at++ {
		end := at + len(momentForm)
		if text[at+len("2006-01-02")] != 'T' || !parted(text[:at], text[end:]) {
			continue
		}
		moment, err := time.Parse(momentForm, text[at:end])
		if err != nil {
			continue
		}
		b.WriteString(text[from:at] + stamp(moment, zone))
		from, at = end, end-1
	}
	return b.String() + text[from:]
}

// parted reports whether what stands between two texts is a word of its own.
func parted(before, after string) bool {
	begins := before == "" || strings.ContainsAny(before[len(before)-1:], " \t\n([\"'")
	ends := strings.TrimLeft(after, ".,;:!?)]\"'")
	return begins && (ends == "" || strings.ContainsAny(ends[:1], " \t\n"))
}

// stamp is a time as JSON has it, in a zone; nil is UTC.
func stamp(t time.Time, zone *time.Location) string {
	return t.In(cmp.Or(zone, time.UTC)).Format(time.RFC3339)
}

// Span shows how long something took, in its two largest units; of less than nothing, 0s.
func Span(d time.Duration) string {
	d = max(d, 0)
	switch days := d / (24 * time.Hour); {
	case days > 0:
		return fmt.Sprintf("%dd%dh", days, d%(24*time.Hour)/time.Hour)
	case d >= time.Hour:
		return fmt.Sprintf("%dh%dm", d/time.Hour, d%time.Hour/time.Minute)
	case d >= time.Minute:
		return fmt.Sprintf("%dm%ds", d/time.Minute, d%time.Minute/time.Second)
	default:
		return fmt.Sprintf("%ds", d/time.Second)
	}
}
