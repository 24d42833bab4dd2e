package simframe

import (
	"fmt"
	"strings"
)

const (
	// maxFindings is how many findings about a request are told; the others are counted.
	maxFindings = 20
	// maxFinding bounds one of them in bytes.
	maxFinding = 500
	// maxRepeated bounds, in bytes, a value of a request that a finding repeats.
	maxRepeated = 40
)

// Findings are what is wrong with a request. A bounded part of it is kept: a large body can have millions of problems.
type Findings struct {
	told   []string
	untold int
}

// Check notes a finding unless all is well.
func (f *Findings) Check(ok bool, format string, args ...any) {
	switch {
	case ok:
	case len(f.told) == maxFindings:
		f.untold++
	default:
		f.told = append(f.told, CutText(fmt.Sprintf(format, args...), maxFinding))
	}
}

// Any reports whether there is a finding.
func (f *Findings) Any() bool { return f.Count() > 0 }

// Count counts the findings.
func (f *Findings) Count() int { return len(f.told) + f.untold }

// Text tells the findings in one line.
func (f *Findings) Text() string {
	text := strings.Join(f.told, "; ")
	if f.untold > 0 {
		text += fmt.Sprintf("; and %d more", f.untold)
	}
	return text
}

// Shorten cuts a value of a request that a finding repeats.
func Shorten(text string) string { return CutText(text, maxRepeated) }

// CutText keeps at most some bytes of a text, in whole characters.
func CutText(text string, most int) string {
	if len(text) > most {
		return strings.ToValidUTF8(text[:most], "") + "…"
	}
	return text
}
