package saetest

import (
	"slices"
	"strings"
	"testing"
)

// Report is what a run of the suite has seen, by operation.
type Report struct {
	// Answered counts the answers in the documented shape.
	Answered map[string]int
	// Sent lists the parameters of calls that were answered.
	Sent map[string][]string
	// Refused lists the documented error codes that were provoked.
	Refused map[string][]string
	// Seen and Unseen list documented members, as Operation.Data.Member: those that an answer had,
	// and those that no answer had of an operation that was called. Members that an answer may
	// lack, as those that today's service has beyond the reference, are never unseen.
	Seen, Unseen []string
}

func newReport() Report {
	return Report{Answered: map[string]int{}, Sent: map[string][]string{}, Refused: map[string][]string{}}
}

// answered counts an answer to a call with parameters.
func (r Report) answered(operation string, params map[string]string) {
	r.Answered[operation]++
	for _, name := range sortedKeys(params) {
		if !slices.Contains(r.Sent[operation], name) {
			r.Sent[operation] = append(r.Sent[operation], name)
		}
	}
}

// Additions lists those of [Additions] that were sent.
func (r Report) Additions() []string {
	return slices.DeleteFunc(Additions(), func(name string) bool {
		operation, parameter, _ := strings.Cut(name, ".")
		return !slices.Contains(r.Sent[operation], parameter)
	})
}

// Log tells what was called as attributes of a test, for tools that read them: under one key
// the operations that were answered, under the same with "-param" the additions that were sent,
// and under another those that were refused, each with the code.
func (r Report) Log(t *testing.T, answered, refused string) {
	t.Helper()
	for _, name := range sortedKeys(r.Answered) {
		t.Attr(answered, name)
	}
	for _, name := range r.Additions() {
		t.Attr(answered+"-param", name)
	}
	for _, name := range sortedKeys(r.Refused) {
		for _, code := range r.Refused[name] {
			t.Attr(refused, name+" "+code)
		}
	}
}
