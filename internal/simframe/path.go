package simframe

import (
	"net/url"
	"strings"
)

// A PathTemplate is the path of an operation in segments, where parameters stand in braces. One that ends in
// {name...} takes all segments that are left, at least one, joined by slashes.
type PathTemplate []string

// ParsePath reads the path of an operation as references print it, for example /v3/{project_id}/cas/jobs/{job_id}.
func ParsePath(path string) PathTemplate { return strings.Split(strings.TrimPrefix(path, "/"), "/") }

// SplitPath cuts a path as it is on the wire into its decoded segments. It is false for one with an empty segment or a
// broken escape.
func SplitPath(escaped string) ([]string, bool) {
	segments := strings.Split(strings.TrimPrefix(escaped, "/"), "/")
	for i, segment := range segments {
		text, err := url.PathUnescape(segment)
		if err != nil || text == "" {
			return nil, false
		}
		segments[i] = text
	}
	return segments, true
}

// Match reads the parameters of a path that fits the template.
func (t PathTemplate) Match(segments []string) (map[string]string, bool) {
	if rest, open := t.rest(); open {
		if len(segments) < len(t) {
			return nil, false
		}
		params, fits := t[:len(t)-1].Match(segments[:len(t)-1])
		if fits {
			params[rest] = strings.Join(segments[len(t)-1:], "/")
		}
		return params, fits
	}
	if len(t) != len(segments) {
		return nil, false
	}
	params := map[string]string{}
	for i, segment := range t {
		name, parameter := strings.CutPrefix(segment, "{")
		switch {
		case parameter:
			params[strings.TrimSuffix(name, "}")] = segments[i]
		case segment != segments[i]:
			return nil, false
		}
	}
	return params, true
}

// rest is the name of the parameter that takes all segments that are left, if there is one.
func (t PathTemplate) rest() (string, bool) {
	if len(t) == 0 {
		return "", false
	}
	name, open := strings.CutSuffix(t[len(t)-1], "...}")
	return strings.TrimPrefix(name, "{"), open
}

// Literals counts the segments that are no parameters: of two templates that fit a path, the one that has more of them
// is meant.
func (t PathTemplate) Literals() int {
	count := 0
	for _, segment := range t {
		if !strings.HasPrefix(segment, "{") {
			count++
		}
	}
	return count
}
