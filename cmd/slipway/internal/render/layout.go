package render

import (
	"fmt"
	"slices"
	"strings"

	"github.com/charmbracelet/x/ansi"
)

// layout is which columns of a table are shown, where, and how wide they are.
type layout struct {
	shown, widths []int
	between       string
	// under are the columns whose texts stand under the rows.
	under []int
	// without are the names of what is left out.
	without []string
}

// layout chooses the columns for a window. Those that are written under the rows make room for others,
// which are tried again then.
func (t Table) layout(style Style) layout {
	contents := t.contents(style.Steady)
	shown := t.columns(style)
	natural := t.natural(shown, contents)
	if style.Width <= 0 || total(natural, gap) <= style.Width {
		return layout{shown: shown, widths: natural, between: gap}
	}
	var under []int
	for _, column := range shown {
		if style.Steady.isUnder(t.name(column)) {
			under = append(under, column)
		}
	}
	for {
		l, moved := t.fit(slices.DeleteFunc(slices.Clone(shown), func(column int) bool { return slices.Contains(under, column) }), contents, style.Width)
		if moved < 0 {
			moved = t.tall(l, style)
		}
		if moved < 0 {
			l.under = under
			return l
		}
		under = append(under, moved)
		slices.Sort(under)
		style.Steady.keepUnder(t.name(moved))
	}
}

// cells are the cells of a row in the columns that are shown.
func (l layout) cells(row []Cell) []Cell {
	cells := make([]Cell, len(l.shown))
	for i, column := range l.shown {
		if column < len(row) {
			cells[i] = row[column]
		}
	}
	return cells
}

// name tells a column from all others of all tables.
func (t Table) name(column int) string {
	names := make([]string, len(t.Columns))
	for i, c := range t.Columns {
		names[i] = c.Name
	}
	return fmt.Sprint(strings.Join(names, " "), column)
}

// contents are the widths of what is in the columns, without their names; 0 where there is nothing.
func (t Table) contents(steady *Steady) []int {
	widths := make([]int, len(t.Columns))
	for i := range widths {
		for _, row := range t.Rows {
			if i < len(row) {
				widths[i] = max(widths[i], Width(Clean(row[i].Text)))
			}
		}
		widths[i] = steady.widest(t.name(i), widths[i])
	}
	return widths
}

// columns are the indexes of the columns that are asked for.
func (t Table) columns(style Style) []int {
	var shown []int
	for i, c := range t.Columns {
		if !c.Wide || style.Wide {
			shown = append(shown, i)
		}
	}
	return shown
}

// natural are the widths that columns have when nothing is wrapped.
func (t Table) natural(shown, contents []int) []int {
	widths := make([]int, len(shown))
	for i, column := range shown {
		widths[i] = max(Width(t.Columns[column].Name), t.Columns[column].Least, contents[column])
	}
	return widths
}

func total(widths []int, between string) int {
	sum := len(between) * max(0, len(widths)-1)
	for _, w := range widths {
		sum += w
	}
	return sum
}

// fit chooses the columns for a window that is too narrow for all, and how wide they are. First
// go those that are empty, of which nothing is lost. Moved is a column that is to stand under the rows;
// negative where there is none.
func (t Table) fit(shown, contents []int, width int) (l layout, moved int) {
	l = layout{between: narrowGap}
	l.shown = slices.DeleteFunc(slices.Clone(shown), func(column int) bool { return t.Columns[column].Rank > 0 && contents[column] == 0 })
	for {
		natural := t.natural(l.shown, contents)
		if l.widths = t.squeeze(l.shown, natural, width); total(l.widths, narrowGap) <= width {
			return l, -1
		}
		last := t.leastOf(l.shown)
		if last < 0 {
			l.widths = cram(l.widths, width)
			return l, -1
		}
		left := t.Columns[l.shown[last]]
		if left.Below {
			return l, l.shown[last]
		}
		if !left.Implied {
			l.without = append(l.without, left.Name)
		}
		l.shown = slices.Delete(l.shown, last, last+1)
	}
}

// squeeze makes columns that wrap narrower, the widest first, until the table fits or none of
// them can give more. No word is broken for it that can stay whole.
func (t Table) squeeze(shown, natural []int, width int) []int {
	widths := slices.Clone(natural)
	least := make([]int, len(shown))
	for i, column := range shown {
		least[i] = natural[i]
		if wraps := t.Columns[column].Wraps; wraps > 0 {
			least[i] = max(wraps, t.longestWord(column))
		}
	}
	for total(widths, narrowGap) > width {
		widest := -1
		for i := range shown {
			if widths[i] > least[i] && (widest < 0 || widths[i] > widths[widest]) {
				widest = i
			}
		}
		if widest < 0 {
			break
		}
		widths[widest]--
	}
	return widths
}

// longestWord is the width of the longest word of a column that is not to be broken.
func (t Table) longestWord(column int) int {
	longest := 0
	for _, row := range t.Rows {
		if column < len(row) {
			longest = max(longest, Width(row[column].below)+unbroken(Clean(row[column].Text)))
		}
	}
	return longest
}

// leastOf is the column that matters least; negative where all that are left must be shown.
func (t Table) leastOf(shown []int) int {
	last := -1
	for i, column := range shown {
		if rank := t.Columns[column].Rank; rank > 0 && (last < 0 || rank >= t.Columns[shown[last]].Rank) {
			last = i
		}
	}
	return last
}

// tall is a column most of whose texts would stand under their rows; negative where there is none.
func (t Table) tall(l layout, style Style) int {
	for i, column := range l.shown {
		texts, under := 0, 0
		for _, row := range t.Rows {
			if column < len(row) && row[column].Text != "" {
				texts++
				if t.tooTall(column, row[column], l.widths[i], style) {
					under++
				}
			}
		}
		if under > 0 && 2*under >= texts {
			return column
		}
	}
	return -1
}

// tooTall reports whether a text takes fewer lines under its row than in its column. Two lines in the
// column are as good as one below.
func (t Table) tooTall(column int, c Cell, width int, style Style) bool {
	if !t.Columns[column].Below || style.Width <= 0 {
		return false
	}
	inPlace := len(c.wrapped(width))
	return inPlace > 2 && inPlace > 1+len(t.underLines(column, c, "", style))
}

// underMargin is how far a text under a row is indented.
const underMargin = "  "

// underLines are the lines of a text under its row, behind the trunk of a tree.
func (t Table) underLines(column int, c Cell, trunk string, style Style) []string {
	text := Clean(c.Text)
	if !t.Columns[column].Plain {
		text = strings.ToLower(t.Columns[column].Name) + ": " + text
	}
	width := max(1, style.Width-Width(trunk)-Width(underMargin))
	lines := wrap(text, width)
	if len(lines) > 1 { // all but the first are indented further
		width = max(1, width-Width(underMargin))
		lines = wrap(text, width)
	}
	most := t.Columns[column].Lines
	if style.Height > 0 && (most == 0 || most > mostLines) {
		most = mostLines
	}
	return cutLines(lines, most, width)
}

// writeUnder writes the texts that stand under a row.
func (t Table) writeUnder(b *strings.Builder, row []Cell, under []int, style Style) {
	slices.Sort(under)
	for _, column := range under {
		if column >= len(row) || row[column].Text == "" {
			continue
		}
		trunk := row[0].below
		for i, line := range t.underLines(column, row[column], trunk, style) {
			margin := underMargin
			if i > 0 {
				margin += underMargin
			}
			if style.Color {
				line = row[column].color.paint(line)
			}
			b.WriteString(trunk + margin + line + "\n")
		}
	}
}

// cutLines are so many lines at most, of which the last says that there are more; 0 is no limit.
func cutLines(lines []string, most, width int) []string {
	if most <= 0 || len(lines) <= most {
		return lines
	}
	lines = slices.Clone(lines[:most])
	lines[most-1] = ansi.Truncate(lines[most-1], max(0, width-1), "") + "…"
	return lines
}

// cram makes all columns narrower, whatever is in them: the window is narrower than anybody uses.
func cram(widths []int, width int) []int {
	for total(widths, narrowGap) > width {
		widest := slices.Index(widths, slices.Max(widths))
		if widths[widest] <= 1 {
			break
		}
		widths[widest]--
	}
	return widths
}
