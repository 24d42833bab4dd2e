package render

import "strings"

// color is the ANSI code of a color; 0 is none.
type color int

const (
	plain  color = 0
	red    color = 31
	green  color = 32
	yellow color = 33
	cyan   color = 36
	faint  color = 2
)

// paint puts the color around the text.
func (c color) paint(s string) string {
	switch c {
	case red:
		return "\x1b[31m" + s + "\x1b[0m"
	case green:
		return "\x1b[32m" + s + "\x1b[0m"
	case yellow:
		return "\x1b[33m" + s + "\x1b[0m"
	case cyan:
		return "\x1b[36m" + s + "\x1b[0m"
	case faint:
		return "\x1b[2m" + s + "\x1b[0m"
	case plain:
	}
	return s
}

// Cell is one field of a table. Its text is cleaned when the table is rendered.
type Cell struct {
	Text  string
	color color
}

// Text makes a row of plain cells.
func Text(texts ...string) []Cell {
	row := make([]Cell, len(texts))
	for i, t := range texts {
		row[i].Text = t
	}
	return row
}

// Style says how a picture is drawn.
type Style struct {
	Color bool
	// Width is the number of columns of the terminal; longer lines are cut. 0 is no limit.
	Width int
}

// Table aligns rows in columns three blanks apart, the first row being the header.
func Table(rows [][]Cell, style Style) string {
	var widths []int
	for _, row := range rows {
		for i, c := range row {
			if i == len(widths) {
				widths = append(widths, 0)
			}
			widths[i] = max(widths[i], Width(Clean(c.Text)))
		}
	}
	var b strings.Builder
	for _, row := range rows {
		b.WriteString(style.line(row, widths))
		b.WriteByte('\n')
	}
	return b.String()
}

// line renders one row and cuts it to the width before it is colored.
func (s Style) line(row []Cell, widths []int) string {
	last := len(row) - 1
	for last > 0 && row[last].Text == "" {
		last--
	}
	var b strings.Builder
	used := 0
	for i, c := range row[:last+1] {
		text := Clean(c.Text)
		if i < last {
			text = pad(text, widths[i]+3)
		}
		if s.Width > 0 {
			if used >= s.Width {
				break
			}
			text = truncate(text, s.Width-used)
		}
		used += Width(text)
		if s.Color {
			text = c.color.paint(text)
		}
		b.WriteString(text)
	}
	return b.String()
}
