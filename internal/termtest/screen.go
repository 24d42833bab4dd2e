package termtest

import (
	"image/color"
	"strings"
	"testing"

	uv "github.com/charmbracelet/ultraviolet"
	"github.com/charmbracelet/x/vt"
	"github.com/creack/pty"
	"github.com/stretchr/testify/require"
)

// Size is that of a terminal in characters.
type Size struct{ Columns, Rows int }

func (s Size) window() *pty.Winsize {
	return &pty.Winsize{Cols: uint16(s.Columns), Rows: uint16(s.Rows)}
}

// Screen is what a terminal shows at one moment.
type Screen struct {
	size  Size
	cells [][]cell
}

// cell is one place of a screen. The place right of a wide character has no text.
type cell struct {
	text                 string
	wide                 bool
	fg, bg               color.Color
	bold, faint, reverse bool
}

// Draw returns what a terminal shows of a text, which may have escape sequences for colors.
func Draw(t *testing.T, text string, size Size) Screen {
	t.Helper()
	emulator := vt.NewEmulator(size.Columns, size.Rows)
	lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	require.LessOrEqual(t, len(lines), size.Rows, "the text has more lines than the terminal")
	_, err := emulator.WriteString(strings.Join(lines, "\r\n"))
	require.NoError(t, err)
	return screenOf(emulator, size)
}

func screenOf(e *vt.Emulator, size Size) Screen {
	s := Screen{size: size, cells: make([][]cell, size.Rows)}
	for y := range s.cells {
		s.cells[y] = make([]cell, size.Columns)
		for x := range s.cells[y] {
			s.cells[y][x] = cellOf(e.CellAt(x, y))
		}
	}
	return s
}

func cellOf(c *uv.Cell) cell {
	if c == nil {
		return cell{text: " "}
	}
	return cell{
		text: c.Content, wide: c.Width > 1, fg: c.Style.Fg, bg: c.Style.Bg,
		bold: c.Style.Attrs&uv.AttrBold != 0, faint: c.Style.Attrs&uv.AttrFaint != 0, reverse: c.Style.Attrs&uv.AttrReverse != 0,
	}
}

// Lines are the lines of the screen without colors and without blanks at their ends.
func (s Screen) Lines() []string {
	lines := make([]string, len(s.cells))
	for y, row := range s.cells {
		var b strings.Builder
		for _, c := range row {
			b.WriteString(c.text)
		}
		lines[y] = strings.TrimRight(b.String(), " ")
	}
	return lines
}

// String is the text of the screen.
func (s Screen) String() string { return strings.TrimRight(strings.Join(s.Lines(), "\n"), "\n") + "\n" }

// Shows reports whether the screen has all the texts, each within one line.
func (s Screen) Shows(texts ...string) bool {
	all := s.String()
	for _, text := range texts {
		if !strings.Contains(all, text) {
			return false
		}
	}
	return true
}
