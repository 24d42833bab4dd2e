package compattest

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestCompare(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		kept         string
		lines        []string
		mode         string
		text         string
		lost, unkept bool
	}{
		"the same":                      {"a\nb\n", []string{"a", "b"}, "", "a\nb\n", false, false},
		"more":                          {"b\n", []string{"a", "b"}, "", "a\nb\n", false, true},
		"more is written":               {"b\n", []string{"a", "b"}, "1", "a\nb\n", false, false},
		"less":                          {"a\nb\n", []string{"b"}, "", "a\nb\n", true, false},
		"less is not simply written":    {"a\nb\n", []string{"b", "c"}, "1", "a\nb\nc\n", true, false},
		"otherwise":                     {"a 1\n", []string{"a 2"}, "", "a 1\na 2\n", true, true},
		"less is written on purpose":    {"a\nb\n", []string{"b"}, "breaking", "b\n", false, false},
		"nothing has been kept so far":  {"", []string{"a"}, "1", "a\n", false, false},
		"nothing is kept, and it fails": {"", []string{"a"}, "", "a\n", false, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			text, failure := compare("x.txt", c.kept, c.lines, c.mode)
			require.Equal(t, c.text, text)
			require.Equal(t, c.lost || c.unkept, failure != "")
			if c.lost {
				require.Contains(t, failure, "UPDATE_GOLDEN=breaking make compat")
			}
			if c.unkept {
				require.Contains(t, failure, "make compat writes it down")
			}
		})
	}
}
