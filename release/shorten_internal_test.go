package release

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestShorten_Encoded(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		text  string
		limit int
		want  string
	}{
		{"", 10, ""},
		{"0123456789", 10, "0123456789"},
		{"0123456789a", 10, "0123456…"},
		{"版本版本", 12, "版本版本"},
		{"版本版本", 11, "版本…"},
		{"\"\"\"\"\"", 10, "\"\"\"\"\""},
		{"\"\"\"\"\"\"", 10, "\"\"\"…"},
		{"\x00\x00", 11, "\x00…"},
		{"a\xffb", 10, "a\uFFFDb"},
		{"<b>", 20, "<b>"},
		{"<b>", 10, "<b…"},
		{"abc", 2, ""},
	} {
		got := ShortenEncoded(c.text, c.limit)
		require.Equal(t, c.want, got)
		value, err := json.Marshal(got)
		require.NoError(t, err)
		require.LessOrEqual(t, len(value)-2, c.limit)
	}
}

func TestShorten_Words(t *testing.T) {
	t.Parallel()
	require.Equal(t, "short", Shorten("short"))
	whole := strings.Repeat("x", MaxWords)
	require.Equal(t, whole, Shorten(whole))
	cut := Shorten("x" + strings.Repeat("é", MaxWords))
	require.True(t, utf8.ValidString(cut))
	require.LessOrEqual(t, len(cut), MaxWords)
	require.Greater(t, len(cut), MaxWords-8)
	require.True(t, strings.HasSuffix(cut, "é…"))
}

func TestShorten_To(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		text string
		most int
		want string
	}{
		{"", 0, ""},
		{"abc", 3, "abc"},
		{"abcd", 3, "…"},
		{"abcd", 2, ""},
		{"abcdef", 5, "ab…"},
		{"版本版本", 12, "版本版本"},
		{"版本版本", 11, "版本…"},
		{"a\n b", 4, "a\n b"},
	} {
		require.Equal(t, c.want, ShortenTo(c.text, c.most), "%q to %d", c.text, c.most)
	}
	require.Equal(t, "a b…", ShortenLine(" a\n\tb  c d", 6))
	require.Equal(t, "a b", ShortenLine(" a\n\tb ", 6))
}

// What is kept is the beginning, as much of it as fits.
func TestShorten_KeepsAllThatFits(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text, most := rapid.String().Draw(t, "text"), rapid.IntRange(0, 40).Draw(t, "most")
		short := ShortenTo(text, most)
		require.LessOrEqual(t, len(short), most)
		require.True(t, utf8.ValidString(short))
		if len(text) <= most {
			require.Equal(t, text, short)
			return
		}
		kept, cut := strings.CutSuffix(short, "…")
		require.Equal(t, most >= len("…"), cut)
		require.True(t, strings.HasPrefix(text, kept))
		if cut {
			_, next := utf8.DecodeRuneInString(text[len(kept):])
			require.Greater(t, len(short)+next, most, "one character more would have fit")
		}
	})
}
