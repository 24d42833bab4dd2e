package render

import (
	"fmt"
	"slices"
	"sort"
	"strings"
	"time"

	"slipway/release"
)

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

// Cell is one field of a table. Its text is cleaned when the table is drawn.
type Cell struct {
	Text  string
	color color
	// below stands in front of the further lines of a cell that is wrapped: the trunk of a tree.
	below string
	// whole is not wrapped: a command that is copied from two lines is another command.
	whole bool
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
	// Width is the number of columns of the terminal: what is longer is wrapped, and columns that
	// matter less are left out. 0 is no limit.
	Width int
	// Height is the number of lines for what is redrawn: rows that matter less are left out. 0 is
	// no limit.
	Height int
	// Zone is where times are shown; nil is UTC.
	Zone *time.Location
	// Wide shows the columns, too, that are left out unless they are asked for.
	Wide bool
	// Embedded is a picture within another one: no line is longer than the width, also that of a
	// command, and neither -o wide nor the commands that may be given next are named.
	Embedded bool
	// Outdated are the commands that are not named because they are of no use any more.
	Outdated []release.NextVerb
	// Unanswered tells that no worker answers, so that only what Temporal knows is shown.
	Unanswered bool
	// Unaccepted is why what is shown has not been accepted; nil where it has.
	Unaccepted *Unaccepted
	// Steady keeps the columns of a picture that is redrawn in their places; nil where it is drawn once.
	Steady *Steady
}

// Unaccepted is what is known of a request that has not been accepted.
type Unaccepted struct {
	// Request says where it is stored, and since when; Awaiting what it waits for.
	Request, Awaiting string
	// Next are the commands that help.
	Next []release.NextStep
}

// facts are the rows that show it; none where it has been accepted.
func (u *Unaccepted) facts() []fact {
	if u == nil {
		return nil
	}
	return append([]fact{
		{name: "Request", value: Cell{Text: u.Request}},
		{name: "Awaiting", value: Cell{Text: u.Awaiting, color: yellow}},
	}, nextFacts(u.Next)...)
}

// Steady remembers how wide the columns of a picture were that is redrawn: one that was wide once
// stays so, and does not jump with what is in it. It is good for one width of the window.
type Steady struct {
	widths map[string]int
	// under are the columns that stand under their rows.
	under map[string]bool
}

// widest remembers a width of a column, and returns the largest that it ever had.
func (s *Steady) widest(column string, width int) int {
	if s == nil {
		return width
	}
	if s.widths == nil {
		s.widths = map[string]int{}
	}
	s.widths[column] = max(s.widths[column], width)
	return s.widths[column]
}

// isUnder reports whether a column stands under its rows, and keepUnder keeps it there.
func (s *Steady) isUnder(column string) bool { return s != nil && s.under[column] }

func (s *Steady) keepUnder(column string) {
	if s == nil {
		return
	}
	if s.under == nil {
		s.under = map[string]bool{}
	}
	s.under[column] = true
}

// Column is a column of a table.
type Column struct {
	Name string
	// Rank is how little it matters: where the window is too narrow, the columns of the highest
	// rank are left out first, and those of rank 0 never.
	Rank int
	// Wraps is the least width to which it may be wrapped; 0 means that it is not.
	Wraps int
	// Least is how wide it is at least, so that it stays so where its texts grow.
	Least int
	// Wide columns are shown with [Style.Wide] only.
	Wide bool
	// Implied columns tell what stands elsewhere, too: nothing is said where they are left out.
	Implied bool
	// Below columns are never left out: where the table has no room for them, their texts stand
	// under the rows, as wide as the window. They have a rank, which says when that is.
	Below bool
	// Plain texts say by themselves what they are: no name stands before them under a row.
	Plain bool
	// Lines is how many lines of a text under its row are shown; 0 shows all. The rest is in -o wide.
	Lines int
}

// Columns makes columns of which the first matters most, and each further one less.
func Columns(names ...string) []Column {
	columns := make([]Column, len(names))
	for i, name := range names {
		columns[i] = Column{Name: name, Rank: i, Wraps: leastWidth}
	}
	return columns
}

// spanWidth is the width of most spans of time, and stampWraps that of a time over two lines.
const (
	spanWidth  = len("59m59s")
	stampWraps = len("2026-11-22T")
)

// leastWidth is the least width of a column whose texts nobody knows.
const leastWidth = 16

// Table is a table, with a header unless its columns have no names.
type Table struct {
	Columns []Column
	Rows    [][]Cell
}

// gap is what stands between two columns; in a window that is too narrow for all columns it is
// narrowGap.
const (
	gap       = "   "
	narrowGap = "  "
)

// Draw aligns the rows in columns. In a narrow window it wraps the columns that may be wrapped,
// then writes some of them under the rows, and leaves out those that matter least, which it names in
// a last line.
func (t Table) Draw(style Style) string {
	t.Rows = style.local(t.Rows)
	l := t.layout(style)
	var b strings.Builder
	for _, row := range t.header() {
		style.writeRow(&b, l.cells(row), l.widths, l.between)
	}
	for _, row := range t.Rows {
		cells, under := l.cells(row), slices.Clone(l.under)
		for i, column := range l.shown {
			if t.tooTall(column, cells[i], l.widths[i], style) {
				cells[i], under = Cell{}, append(under, column)
			}
		}
		style.writeRow(&b, cells, l.widths, l.between)
		t.writeUnder(&b, row, under, style)
	}
	if len(l.without) > 0 && !style.Embedded {
		style.writeNote(&b, "not shown for want of room: "+strings.Join(l.without, ", ")+"; see -o wide")
	}
	return b.String()
}

// header is the first row; none where no column has a name.
func (t Table) header() [][]Cell {
	header := make([]Cell, len(t.Columns))
	for i, c := range t.Columns {
		header[i].Text = c.Name
	}
	if slices.ContainsFunc(header, func(c Cell) bool { return c.Text != "" }) {
		return [][]Cell{header}
	}
	return nil
}

// drawn draws the table within the height of the style, if that has one.
func (t Table) drawn(style Style) string {
	if style.Height <= 0 {
		return t.Draw(style)
	}
	return t.drawLow(style, style.Height)
}

// drawLow draws the table in so many lines at most: long texts are cut to a line, so that as many
// rows as can be are seen, and the rows that do not fit are counted in its last line.
func (t Table) drawLow(style Style, height int) string {
	text := t.Draw(style)
	if Lines(text, style.Width) <= height {
		return text
	}
	t.Columns = slices.Clone(t.Columns)
	for i := range t.Columns {
		t.Columns[i].Lines = min(t.Columns[i].Lines, 1)
	}
	draw := func(rows int) string {
		var b strings.Builder
		style.writeNote(&b, fmt.Sprintf("… %d more", len(t.Rows)-rows))
		return Table{Columns: t.Columns, Rows: t.Rows[:rows]}.Draw(style) + b.String()
	}
	tooMany := sort.Search(len(t.Rows), func(rows int) bool { return Lines(draw(rows), style.Width) > height })
	return draw(max(min(1, len(t.Rows)), tooMany-1))
}

// Lines is how many lines a text takes in a window of so many columns, which breaks what is longer.
func Lines(text string, columns int) int {
	n := 0
	for line := range strings.SplitSeq(strings.TrimSuffix(text, "\n"), "\n") {
		n++
		if w := Width(line); columns > 0 && w > columns {
			n += (w - 1) / columns
		}
	}
	return n
}

// writeRow writes one row, over several lines where cells are wrapped.
func (s Style) writeRow(b *strings.Builder, row []Cell, widths []int, between string) {
	lines, height := s.lines(row, widths)
	for n := range height {
		last, before := 0, 0
		for i := range row {
			if text := row[i].line(lines[i], n); text != "" {
				last = i
			}
		}
		for i, c := range row[:last+1] {
			text := c.line(lines[i], n)
			if s.Color && text != "" {
				b.WriteString(c.color.paint(text))
			} else {
				b.WriteString(text)
			}
			before += widths[i] + len(between)
			switch tooLong := s.Width > 0 && Width(text) > widths[i]; {
			case i < last && tooLong: // what follows stands in its column, one line below
				b.WriteString("\n" + pad("", before))
			case i < last:
				b.WriteString(pad("", widths[i]-Width(text)) + between)
			}
		}
		b.WriteByte('\n')
	}
}

// lines are the lines of each cell of a row, and how many the highest has.
func (s Style) lines(row []Cell, widths []int) (lines [][]string, height int) {
	lines, height = make([][]string, len(row)), 1
	for i, c := range row {
		lines[i] = []string{Clean(c.Text)}
		if s.Width > 0 && (!c.whole || s.Embedded) {
			lines[i] = c.wrapped(widths[i])
			if s.Height > 0 {
				lines[i] = cutLines(lines[i], mostLines, widths[i])
			}
		}
		height = max(height, len(lines[i]))
	}
	return lines, height
}

// mostLines is how many lines a cell may have in a picture of a limited height: the rows after it
// must be seen, too.
const mostLines = 3

// wrapped are the lines of a cell that is so wide.
func (c Cell) wrapped(width int) []string {
	text := Clean(c.Text)
	if c.below == "" || Width(text) <= width {
		return wrap(text, width)
	}
	first := wrap(text, width)
	room := width - Width(c.below)
	if len(first) == 1 || room <= 0 {
		return first
	}
	rest := wrap(strings.TrimSpace(strings.TrimPrefix(text, first[0])), room)
	return append(first[:1:1], rest...)
}

// line is the n-th line of a cell.
func (c Cell) line(lines []string, n int) string {
	switch {
	case n == 0:
		return lines[0]
	case n < len(lines):
		return c.below + lines[n]
	}
	return strings.TrimRight(c.below, " ")
}

// writeNote writes a line of its own, wrapped.
func (s Style) writeNote(b *strings.Builder, text string) {
	for _, line := range wrap(text, s.Width) {
		if s.Color {
			line = faint.paint(line)
		}
		b.WriteString(line + "\n")
	}
}

// Warning draws what is wrong above a picture that may be stale because of it.
func Warning(text string, style Style) string {
	var b strings.Builder
	for _, line := range wrap(iconAlarm+" "+local(text, style.zone()), style.Width) {
		if style.Color {
			line = yellow.paint(line)
		}
		b.WriteString(line + "\n")
	}
	return b.String() + "\n"
}

// Facts aligns rows of a name and a value, and wraps the values. Commands that are too long for their
// column stand below their name, nearly at the edge.
func Facts(rows [][]Cell, style Style) string {
	rows = style.local(rows)
	names := 0
	for _, row := range rows {
		names = max(names, Width(Clean(row[0].Text)))
	}
	names = style.Steady.widest("facts", names)
	widths := []int{names, 0}
	if style.Width > 0 {
		widths[0] = min(names, style.Width/2)
		widths[1] = max(1, style.Width-widths[0]-len(gap))
	}
	below := slices.ContainsFunc(rows, func(row []Cell) bool {
		return style.Width > 0 && !style.Embedded && row[1].whole && Width(Clean(row[1].Text)) > widths[1]
	})
	var b strings.Builder
	for _, row := range rows {
		if below && row[1].whole {
			if row[0].Text != "" {
				style.writeRow(&b, row[:1], widths, gap)
			}
			b.WriteString("  ")
			row = row[1:]
		}
		style.writeRow(&b, row, widths, gap)
	}
	return b.String()
}
