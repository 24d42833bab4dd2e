package release

import (
	"cmp"
	"slices"
	"strings"
)

// mostSuggestions is how many names are suggested at most.
const mostSuggestions = 3

// Nearest returns the names that somebody may have meant, the nearest first: those that
// differ in case or in few letters, and those that hold the word.
func Nearest(word string, names []string) []string {
	type candidate struct {
		name     string
		distance int
	}
	lower := strings.ToLower(word)
	var near []candidate
	for _, name := range names {
		other := strings.ToLower(name)
		distance := edits(lower, other)
		holds := len(lower) >= 3 && strings.Contains(other, lower)
		if holds || distance <= max(1, len(lower)/4) {
			near = append(near, candidate{name, distance})
		}
	}
	slices.SortStableFunc(near, func(a, b candidate) int { return cmp.Compare(a.distance, b.distance) })
	if len(near) > 0 && near[0].distance == 0 {
		near = near[:1] // only the case differs
	}
	var out []string
	for _, c := range near[:min(len(near), mostSuggestions)] {
		out = append(out, c.name)
	}
	return out
}

// DidYouMean words a suggestion, to be appended to a message; empty when nothing is near.
func DidYouMean(word string, names []string) string {
	near := Nearest(word, names)
	if len(near) == 0 {
		return ""
	}
	return "; did you mean " + strings.Join(near, " or ") + "?"
}

// edits is the Levenshtein distance: how many letters must be changed, added or removed.
func edits(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
