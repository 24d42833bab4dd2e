// Package scope says which applications and sets the scopes of a document cover, and which names its
// patterns match.
package scope

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"slipway/release"
)

const (
	// Max is the length of a scope, in bytes.
	Max = 256
	// Set stands where a platform does, in the scope of a set.
	Set = "set"
	// Named stands there in the scope of applications by their names.
	Named = "app"

	maxParts = 3
)

// Of is the target that an application is.
func Of(a release.App) string { return a.Unqualified().SearchValue() }

// OfSet is the target that a set is.
func OfSet(name string) string { return Set + "/" + name }

// OfNamed is the target that an application is by its name, application/environment.
func OfNamed(name string) string { return Named + "/" + name }

// Covers reports whether a scope covers a target, platform/region/app or set/name, part by part: what the
// scope leaves out at its end is any, and what it has beyond the target covers nothing.
func Covers(scope, target string) bool {
	parts, of := strings.Split(scope, "/"), strings.Split(target, "/")
	if len(parts) > len(of) {
		return false
	}
	for i, part := range parts {
		if !Matches(part, of[i]) {
			return false
		}
	}
	return true
}

// CoversOneOf reports whether a scope covers what has several targets. A target by name is covered by scopes of names alone; "*" is
// everything, also what has no target.
func CoversOneOf(scope string, targets []string) bool {
	ofNames := func(of string) bool { return of == Named || strings.HasPrefix(of, Named+"/") }
	return scope == Wildcard || slices.ContainsFunc(targets, func(target string) bool {
		return ofNames(scope) == ofNames(target) && Covers(scope, target)
	})
}

// Wildcard stands for any characters in a pattern.
const Wildcard = "*"

// Matches reports whether a text matches a pattern, in which * stands for any characters, also none.
// The work grows with the length of the text for each *, and not faster.
func Matches(pattern, text string) bool {
	pieces := strings.Split(pattern, Wildcard)
	if len(pieces) == 1 {
		return pattern == text
	}
	first, last := pieces[0], pieces[len(pieces)-1]
	if !strings.HasPrefix(text, first) || !strings.HasSuffix(text[len(first):], last) {
		return false
	}
	text = text[len(first) : len(text)-len(last)]
	for _, piece := range pieces[1 : len(pieces)-1] {
		at := strings.Index(text, piece)
		if at < 0 {
			return false
		}
		text = text[at+len(piece):]
	}
	return true
}

// MatchesAny reports whether a text matches one of the patterns.
func MatchesAny(patterns []string, text string) bool {
	return slices.ContainsFunc(patterns, func(p string) bool { return Matches(p, text) })
}

// CoversAny reports whether one of the scopes covers a target.
func CoversAny(scopes []string, target string) bool {
	return slices.ContainsFunc(scopes, func(s string) bool { return Covers(s, target) })
}

// Fault is what is wrong with a scope, or empty. Instead of a platform it may begin with one of the kinds: [Set],
// of the form set/name, or another one of three parts.
func Fault(s string, kinds ...string) string {
	parts := strings.Split(s, "/")
	pattern := regexp.MustCompile(`^[A-Za-z0-9_*-]+$`)
	switch {
	case len(s) > Max:
		return fmt.Sprintf("has %d bytes; at most %d are taken", len(s), Max)
	case parts[0] == Set && len(parts) > 2:
		return fmt.Sprintf("%q is not of the form set/name, with * for any characters", s)
	case len(parts) > maxParts:
		return fmt.Sprintf("%q is not of the form platform/region/app, with * for any characters", s)
	}
	for _, part := range parts {
		if !pattern.MatchString(part) {
			return fmt.Sprintf("%q is not of the form platform/region/app: each part has letters, digits, hyphens and underscores, or * for any characters", s)
		}
	}
	var known []string
	for _, on := range release.Platforms() {
		known = append(known, string(on.Platform))
	}
	if known = append(known, kinds...); !strings.Contains(parts[0], Wildcard) && !slices.Contains(known, parts[0]) {
		return fmt.Sprintf("%q is no platform; there are %s", parts[0], strings.Join(known, ", "))
	}
	return ""
}
