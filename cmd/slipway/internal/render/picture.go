package render

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// picture is a block of facts above a tree. Both leave out what matters less where a window is
// not high enough.
type picture struct {
	facts    []fact
	columns  []Column
	root     node
	branches []node
	// all is the command that shows all of it.
	all string
}

// fact is one row of a block of facts.
type fact struct {
	name  string
	value Cell
	// rank is how little it matters; 0 is always shown.
	rank int
}

// row is the fact as a row; one without a name belongs to the one above.
func (f fact) row() []Cell {
	if f.name == "" {
		return []Cell{{}, f.value}
	}
	return []Cell{{Text: f.name + ":"}, f.value}
}

// node is a row of the tree with the rows below it.
type node struct {
	row  []Cell
	leaf []node
	// rank is how little it matters; 0 is always shown.
	rank int
}

// draw draws the picture. What does not fit into the height is left out, the least important
// first and of equals the last, and counted in the last line.
func (p picture) draw(style Style) string {
	text, hidden := p.drawn(style, &room{rank: everything})
	if style.Height <= 0 {
		return text
	}
	for _, less := range p.rooms() {
		if lines := Lines(text, style.Width); lines+min(hidden, 1) <= style.Height {
			break
		}
		text, hidden = p.drawn(style, &less)
	}
	if hidden > 0 {
		var b strings.Builder
		style.writeNote(&b, fmt.Sprintf("… %s not shown; see: %s", Count(hidden, "row"), p.all))
		text += b.String()
	}
	return text
}

// everything is a rank that nothing exceeds.
const everything = 1 << 30

// room is what of a picture is drawn: all that has a lower rank, and of the rank itself the first
// so many rows.
type room struct{ rank, rows int }

// takes reports whether a row is drawn, and counts it.
func (r *room) takes(rank int) bool {
	if rank == r.rank {
		r.rows--
		return r.rows >= 0
	}
	return rank < r.rank
}

// rooms are all the rooms smaller than the whole, each with one row less.
func (p picture) rooms() []room {
	rows := map[int]int{}
	for _, f := range p.facts {
		rows[f.rank]++
	}
	for _, n := range append(slices.Clone(p.branches), p.root) {
		rows[n.rank]++
		for _, l := range n.leaf {
			rows[l.rank]++
		}
	}
	var all []room
	for _, rank := range slices.Backward(slices.Sorted(maps.Keys(rows))) {
		for n := rows[rank] - 1; n >= 0 && rank > 0; n-- {
			all = append(all, room{rank, n})
		}
	}
	return all
}

// drawn draws what there is room for, and counts the rows that are left out.
func (p picture) drawn(style Style, r *room) (text string, hidden int) {
	var facts [][]Cell
	for _, f := range p.facts {
		switch {
		case f.value.Text == "":
		case r.takes(f.rank):
			facts = append(facts, f.row())
		default:
			hidden++
		}
	}
	table := Table{Columns: p.columns}
	if r.takes(p.root.rank) {
		table.Rows = append(table.Rows, p.root.row)
	} else {
		hidden++
	}
	kept, without := r.kept(p.branches)
	table.Rows = append(table.Rows, tree(kept)...)
	text = Facts(facts, style)
	if len(table.Rows) > 0 {
		text += "\n" + table.Draw(style)
	}
	return text, hidden + without
}

// kept are the nodes that there is room for; what hangs below one that is left out is left out
// with it.
func (r *room) kept(nodes []node) (kept []node, hidden int) {
	for _, n := range nodes {
		if !r.takes(n.rank) {
			hidden += 1 + len(n.leaf)
			continue
		}
		leaf, without := r.kept(n.leaf)
		n.leaf, hidden = leaf, hidden+without
		kept = append(kept, n)
	}
	return kept, hidden
}

// tree hangs the branches and their leaves below each other.
func tree(branches []node) [][]Cell {
	var rows [][]Cell
	for i, branch := range branches {
		last := i == len(branches)-1
		stem := "│  "
		if last {
			stem = "   "
		}
		rows = append(rows, hang("", branch.row, last))
		for j, leaf := range branch.leaf {
			rows = append(rows, hang(stem, leaf.row, j == len(branch.leaf)-1))
		}
	}
	return rows
}

// hang puts a row into the tree.
func hang(stem string, row []Cell, last bool) []Cell {
	branch, trunk := "├──", "│  "
	if last {
		branch, trunk = "└──", "   "
	}
	row = slices.Clone(row)
	row[0].Text, row[0].below = stem+branch+row[0].Text, stem+trunk
	return row
}
