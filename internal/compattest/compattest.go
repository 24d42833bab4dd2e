// Package compattest holds, in tests, what others rely on: each surface is a list of lines that is kept in a file of
// api/compat. What is there may only become more; what goes is announced first, as docs/compatibility.md says.
package compattest

import (
	"os"
	"slices"
	"strings"
	"testing"
)

// Hold compares a surface with the file that keeps it. It fails where the surface has lost a line, and where it has one that
// is not kept yet. UPDATE_GOLDEN=1 adds what is new, and nothing else; UPDATE_GOLDEN=breaking writes the file as
// the surface is.
func Hold(tb testing.TB, path string, lines []string) {
	tb.Helper()
	lines = slices.Compact(slices.Sorted(slices.Values(lines)))
	if len(lines) == 0 {
		tb.Fatalf("%s: nothing was found that it could keep", path)
	}
	kept, err := os.ReadFile(path)
	if err != nil && !os.IsNotExist(err) {
		tb.Fatal(err)
	}
	mode := os.Getenv("UPDATE_GOLDEN") //nolint:forbidigo // as the other golden files
	text, failure := compare(path, string(kept), lines, mode)
	if mode != "" && text != string(kept) {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			tb.Fatal(err)
		}
	}
	if failure != "" {
		tb.Error(failure)
	}
}

// compare is the text that the file is to have in a mode, and what is wrong.
func compare(path, kept string, lines []string, mode string) (text, failure string) {
	have := strings.FieldsFunc(kept, func(r rune) bool { return r == '\n' })
	lost, added := without(have, lines), without(lines, have)
	if mode == "breaking" {
		return join(lines), ""
	}
	var words []string
	if len(lost) > 0 {
		words = append(words, path+": gone, or otherwise than others rely on:\n- "+strings.Join(lost, "\n- ")+
			"\nkeep it beside what is new; where that cannot be, announce it as docs/compatibility.md says, then: UPDATE_GOLDEN=breaking make compat")
	}
	text = join(slices.Sorted(slices.Values(append(have, added...))))
	if len(added) > 0 && mode == "" {
		words = append(words, path+": new, and kept from now on:\n+ "+strings.Join(added, "\n+ ")+"\nmake compat writes it down")
	}
	return text, strings.Join(words, "\n")
}

func join(lines []string) string { return strings.Join(lines, "\n") + "\n" }

func without(all, those []string) (out []string) {
	known := make(map[string]bool, len(those))
	for _, each := range those {
		known[each] = true
	}
	for _, each := range all {
		if !known[each] {
			out = append(out, each)
		}
	}
	return out
}
