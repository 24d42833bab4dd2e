package termtest_test

import (
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"slipway/internal/termtest"
)

// A program sees a terminal of its size, gets keys and the new size, and its end is seen.
func TestTerminal(t *testing.T) {
	t.Parallel()
	script := `stty size; read line; echo "got $line"; trap 'stty size; exit 3' WINCH; echo ready; while true; do read never; done`
	term := termtest.Start(t.Context(), t, exec.CommandContext(t.Context(), "/bin/bash", "-c", script), termtest.Size{Columns: 80, Rows: 24})
	term.Shows("24 80")
	term.Send("hello", termtest.KeyEnter)
	term.Shows("got hello", "ready")
	term.Resize(termtest.Size{Columns: 60, Rows: 15})
	term.Send(termtest.KeyEnter) // bash runs the trap once the read is over
	require.True(t, term.Shows("15 60").Shows("ready"))
	require.Equal(t, 3, term.Wait())
}

// The screen is what a person sees: what was overwritten is gone.
func TestDraw(t *testing.T) {
	t.Parallel()
	s := termtest.Draw(t, "one\x1b[2Kgone\rtwo \x1b[31mred\x1b[0m\n订单 x", termtest.Size{Columns: 20, Rows: 3})
	require.Equal(t, "two red\n订单 x\n", s.String())
	require.True(t, s.Shows("two", "订单"))
	require.False(t, s.Shows("two", "gone"))
}

func TestScreen_SVG(t *testing.T) {
	t.Parallel()
	svg := termtest.Draw(t, "\x1b[31mred\x1b[0m  <b>\x1b[7mback\x1b[0m订单!", termtest.Size{Columns: 20, Rows: 2}).SVG("a & b")
	require.Contains(t, svg, "<title>a &amp; b</title>")
	require.Contains(t, svg, `fill="#ff7b72">red</text>`)
	require.Contains(t, svg, "&lt;b&gt;</text>")
	require.Regexp(t, `<rect x="81.2" y="14" width="33.6" height="18" fill="#e6edf3"`, svg, "reversed text has a background")
	require.Regexp(t, `textLength="42"[^>]*>订单!</text>`, svg, "wide characters take two cells")
	require.Equal(t, 1, strings.Count(svg, "<svg"))
}
