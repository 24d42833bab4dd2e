package bench

import (
	"cmp"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"text/tabwriter"
)

// Figure is what one thing was measured to be, in several turns.
type Figure struct {
	// Median, Least and Most are those of the turns.
	Median float64 `json:"median"`
	Least  float64 `json:"least"`
	Most   float64 `json:"most"`
}

// figureOf sums turns up; it is zero where there are none.
func figureOf(turns []float64) Figure {
	if len(turns) == 0 {
		return Figure{}
	}
	return Figure{Median: Median(turns), Least: slices.Min(turns), Most: slices.Max(turns)}
}

// Median is the middle one; of an even number of turns it lies between the two in the middle.
func Median(turns []float64) float64 {
	sorted := slices.Sorted(slices.Values(turns))
	middle := len(sorted) / 2
	if len(sorted)%2 == 1 {
		return sorted[middle]
	}
	return (sorted[middle-1] + sorted[middle]) / 2
}

// Aim is what a row is to come to.
type Aim struct {
	// Least and Most bound it; 0 is no bound.
	Least float64 `json:"least,omitempty"`
	Most  float64 `json:"most,omitempty"`
}

// met reports whether a value is within the aim.
func (a Aim) met(value float64) bool {
	return (a.Least == 0 || value >= a.Least) && (a.Most == 0 || value <= a.Most)
}

func (a Aim) String() string {
	switch {
	case a.Least != 0:
		return "≥ " + number(a.Least)
	case a.Most != 0:
		return "≤ " + number(a.Most)
	default:
		return "–"
	}
}

// Row is one line of the table.
type Row struct {
	// What was measured, and in which Unit.
	What string `json:"what"`
	Unit string `json:"unit"`
	// Floor is the least that could be built, where there is one; Slipway is what there is.
	Floor   *Figure `json:"floor,omitempty"`
	Slipway Figure  `json:"slipway"`
	// Ratio is Slipway to its floor, turn by turn; nil where there is no floor.
	Ratio *Figure `json:"ratio,omitempty"`
	Turns int     `json:"turns"`
	// Aim is for the median of the ratio, or where there is no floor for that of Slipway.
	Aim Aim `json:"aim"`
	// Met tells whether the aim was reached.
	Met bool `json:"met"`
	// Note says what else is to be known.
	Note string `json:"note,omitempty"`
}

// judged is the row with its ratio and whether its aim was met; the floors are those of the same turns.
func (r Row) judged(floors, ours []float64) Row {
	r.Slipway, r.Turns = figureOf(ours), len(ours)
	compared := r.Slipway.Median
	if len(floors) > 0 {
		floor := figureOf(floors)
		ratios := make([]float64, len(ours))
		for i := range ours {
			ratios[i] = ours[i] / floors[i]
		}
		ratio := figureOf(ratios)
		r.Floor, r.Ratio, compared = &floor, &ratio, ratio.Median
	}
	r.Met = r.Aim.met(compared)
	return r
}

// Report is what was measured.
type Report struct {
	Rows []Row `json:"rows"`
	// Processors is on how many processors, servers and all.
	Processors int `json:"processors"`
}

// Row returns the row of a name, and whether there is one.
func (r Report) Row(what string) (Row, bool) {
	i := slices.IndexFunc(r.Rows, func(row Row) bool { return row.What == what })
	if i < 0 {
		return Row{}, false
	}
	return r.Rows[i], true
}

// Write writes the table for people.
func (r Report) Write(to io.Writer) error {
	w := tabwriter.NewWriter(to, 0, 0, 2, ' ', 0)
	lines := [][]string{{"WHAT", "FLOOR", "SLIPWAY", "RATIO", "AIM", "", "NOTE"}}
	for _, row := range r.Rows {
		met := "met"
		switch {
		case row.Aim == (Aim{}):
			met = ""
		case !row.Met:
			met = "missed"
		}
		lines = append(lines, []string{row.What, row.Floor.words(row.Unit), row.Slipway.words(row.Unit), row.Ratio.words("×"), row.Aim.String(), met, row.Note})
	}
	for _, line := range lines {
		if _, err := fmt.Fprintln(w, strings.TrimRight(strings.Join(line, "\t"), "\t")); err != nil {
			return err
		}
	}
	return w.Flush()
}

// words are a figure as people read it.
func (f *Figure) words(unit string) string {
	if f == nil {
		return "–"
	}
	if f.Least == f.Most {
		return number(f.Median) + " " + unit
	}
	return fmt.Sprintf("%s %s (%s to %s)", number(f.Median), unit, number(f.Least), number(f.Most))
}

// number has three digits that count, and all of a larger one.
func number(f float64) string {
	digits := 2 - int(math.Floor(math.Log10(cmp.Or(math.Abs(f), 1))))
	text := fmt.Sprintf("%.*f", min(max(digits, 0), 4), f)
	if strings.Contains(text, ".") {
		text = strings.TrimRight(strings.TrimRight(text, "0"), ".")
	}
	return text
}
