package termtest

import (
	"encoding/xml"
	"fmt"
	"image/color"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/charmbracelet/x/ansi"
	"github.com/stretchr/testify/require"
)

// The measures of a picture in pixels.
const (
	cellWidth  = 8.4
	cellHeight = 18.0
	fontSize   = 14.0
	margin     = 14.0
)

// The colors of the window. It has a background of its own, so that the picture reads the same on
// light and on dark pages.
const (
	windowColor = "#0d1117"
	textColor   = "#e6edf3"
	faintColor  = "#9198a1"
)

// SVG draws the screen as a picture. The title is read to those who do not see it.
func (s Screen) SVG(title string) string {
	width, height := float64(s.size.Columns)*cellWidth+2*margin, float64(s.size.Rows)*cellHeight+2*margin
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" role="img" width="%s" height="%s" viewBox="0 0 %[1]s %[2]s">`+"\n", px(width), px(height))
	fmt.Fprintf(&b, "<title>%s</title>\n", escape(title))
	fmt.Fprintf(&b, `<rect width="100%%" height="100%%" rx="8" fill="%s"/>`+"\n", windowColor)
	fmt.Fprintf(&b, `<g font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace" font-size="%s" fill="%s" xml:space="preserve">`+"\n", px(fontSize), textColor)
	for y, row := range s.cells {
		for _, r := range runs(row) {
			r.draw(&b, margin+float64(y)*cellHeight)
		}
	}
	b.WriteString("</g>\n</svg>\n")
	return b.String()
}

// run is a row of cells that look alike.
type run struct {
	look  cell
	text  string
	start int
	cells int
}

// runs cuts a line into what looks alike, and leaves out what is blank. A blank is also cut where
// two follow each other: the columns of a table stay in line with any font.
func runs(row []cell) []run {
	var all []run
	for x, c := range row {
		if c.text == "" {
			continue
		}
		look, cells := c, 1
		look.text, look.wide = "", false
		if c.wide {
			cells = 2
		}
		last := len(all) - 1
		if last < 0 || all[last].look != look || all[last].start+all[last].cells != x || strings.HasSuffix(all[last].text, " ") && c.text == " " {
			all = append(all, run{look: look, start: x})
			last++
		}
		all[last].text += c.text
		all[last].cells += cells
	}
	return all
}

// draw draws a run whose cells begin at the given height.
func (r run) draw(b *strings.Builder, top float64) {
	fg, bg := hex(r.look.fg, textColor), hex(r.look.bg, "")
	if r.look.faint && r.look.fg == nil {
		fg = faintColor
	}
	if r.look.reverse {
		fg, bg = windowColor, fg
	}
	left, width := margin+float64(r.start)*cellWidth, float64(r.cells)*cellWidth
	if bg != "" {
		fmt.Fprintf(b, `<rect x="%s" y="%s" width="%s" height="%s" fill="%s" shape-rendering="crispEdges"/>`+"\n", px(left), px(top), px(width), px(cellHeight), bg)
	}
	if strings.TrimSpace(r.text) == "" {
		return
	}
	text := strings.TrimRight(r.text, " ")
	width -= float64(len(r.text)-len(text)) * cellWidth
	attributes := ""
	if fg != textColor {
		attributes += fmt.Sprintf(` fill="%s"`, fg)
	}
	if r.look.bold {
		attributes += ` font-weight="bold"`
	}
	fmt.Fprintf(b, `<text x="%s" y="%s" textLength="%s" lengthAdjust="spacingAndGlyphs"%s>%s</text>`+"\n",
		px(left), px(top+cellHeight*0.75), px(width), attributes, escape(text))
}

// px writes a number with at most one decimal.
func px(n float64) string { return strings.TrimSuffix(fmt.Sprintf("%.1f", n), ".0") }

// hex is a color as pictures have it. The 16 colors of a terminal are those of a theme with
// enough contrast on the color of the window.
func hex(c color.Color, none string) string {
	if c == nil {
		return none
	}
	if basic, ok := c.(ansi.BasicColor); ok {
		return [...]string{
			"#484f58", "#ff7b72", "#56d364", "#e3b341", "#79c0ff", "#d2a8ff", "#56d4dd", "#c9d1d9",
			"#6e7681", "#ffa198", "#7ee787", "#f2cc60", "#a5d6ff", "#e2c5ff", "#8ddbe0", "#f0f6fc",
		}[basic%16]
	}
	r, g, b, _ := c.RGBA()
	return fmt.Sprintf("#%02x%02x%02x", r>>8, g>>8, b>>8)
}

func escape(text string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(text)) // a builder takes everything
	return b.String()
}

// Picture compares a picture with the file of a document, or writes the file where update is
// set. The path is relative to the folder of the test.
func Picture(t *testing.T, path, svg string, update bool) {
	t.Helper()
	if update {
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
		require.NoError(t, os.WriteFile(path, []byte(svg), 0o600))
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, string(want), svg, "the picture %s shows something else; UPDATE_GOLDEN=1 draws it anew", path)
}
