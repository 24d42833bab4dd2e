package cli

import (
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"slipway/cmd/slipway/internal/render"
)

const flagNoColor = "no-color"

// withColor gives a command the flag --no-color.
func withColor(cmd *cobra.Command) *cobra.Command {
	cmd.Flags().Bool(flagNoColor, false, "draw without colors [$NO_COLOR]")
	return cmd
}

// screen is standard output as something to draw on.
type screen struct {
	out io.Writer
	// fd is the terminal; -1 when standard output is none.
	fd    int
	color bool
	wide  bool
	zone  *time.Location
	// steady keeps the columns in their places while the window is so wide.
	steady      *render.Steady
	steadyWidth int
	// drawn is the number of lines of the picture that stands there.
	drawn int
}

func (a *app) screen(cmd *cobra.Command) *screen {
	s := &screen{out: a.Stdout, fd: -1, zone: a.zone()}
	if fd := terminalOf(a.Stdout); a.Getenv("TERM") != "dumb" {
		s.fd = fd
	}
	if output := cmd.Flag(flagOutput); output != nil {
		s.wide = output.Value.String() == string(render.FormatWide)
	}
	off := cmd.Flag(flagNoColor)
	s.color = s.live() && a.Getenv("NO_COLOR") == "" && (off == nil || off.Value.String() != "true")
	return s
}

// terminalOf is the terminal that is written to; -1 where it is none.
func terminalOf(out io.Writer) int {
	if f, ok := out.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		return int(f.Fd())
	}
	return -1
}

// stderrWidth is how wide the terminal is in which errors and notes are read; 0 where it is none.
func (a *app) stderrWidth() int {
	columns, _, err := term.GetSize(terminalOf(a.Stderr))
	if err != nil {
		return 0
	}
	return columns
}

// live reports whether pictures can be redrawn.
func (s *screen) live() bool { return s.fd >= 0 }

// style is how to draw just now; the window may have been resized.
func (s *screen) style() render.Style {
	style := render.Style{Color: s.color, Zone: s.zone, Wide: s.wide}
	if !s.wide {
		style.Width, _ = s.size()
	}
	return style
}

// pictureStyle is how to draw what is redrawn, which must not be higher than the window: the
// cursor stays on the last line.
func (s *screen) pictureStyle() render.Style {
	style := s.style()
	style.Width, style.Height = s.size()
	style.Height = max(0, style.Height-1)
	if s.steady == nil || s.steadyWidth != style.Width {
		s.steady, s.steadyWidth = &render.Steady{}, style.Width
	}
	style.Steady = s.steady
	return style
}

func (s *screen) size() (columns, rows int) {
	if !s.live() {
		return 0, 0
	}
	columns, rows, err := term.GetSize(s.fd)
	if err != nil {
		return 0, 0
	}
	return columns, rows
}

// redraw puts a picture in the place of the one before. What does not fit above the
// bottom line is left out, because the cursor cannot return past the top.
func (s *screen) redraw(picture string) error {
	lines := strings.Split(strings.TrimSuffix(picture, "\n"), "\n")
	columns, rows := s.size()
	drawn := strings.Join(lines, "\n") + "\n"
	for cut := len(lines) - 1; rows > 2 && cut > 0 && render.Lines(drawn, columns) > rows-1; cut-- {
		drawn = strings.Join(lines[:cut], "\n") + "\n…\n"
	}
	err := s.replace(drawn)
	s.drawn = render.Lines(drawn, columns)
	return err
}

// replace puts a text in the place of the picture that stands there, whatever its height.
func (s *screen) replace(text string) error {
	up := ""
	if s.drawn > 0 {
		up = fmt.Sprintf("\x1b[%dA", s.drawn)
	}
	s.drawn = 0
	_, err := io.WriteString(s.out, up+"\x1b[J"+text)
	return err
}
