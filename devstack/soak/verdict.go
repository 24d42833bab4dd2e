package soak

import (
	"slices"
	"time"

	"slipway/devstack/bench"
)

// Verdict is whether one quantity stayed flat.
type Verdict struct {
	Quantity string `json:"quantity"`
	Unit     string `json:"unit"`
	// Median is the middle of the values that were judged.
	Median float64 `json:"median"`
	// PerHour is the slope of the line through them, in the unit an hour, and Growth what it adds over the time that was
	// judged, as a share of the median.
	PerHour float64 `json:"perHour"`
	Growth  float64 `json:"growth"`
	// Most is the largest growth that is flat.
	Most float64 `json:"most"`
	Flat bool    `json:"flat"`
}

// quantity is one value of a sample, and how much it may grow.
type quantity struct {
	name, unit string
	most       float64
	of         func(Sample) float64
	// some reports whether a sample has it; nil is each.
	some func(Sample) bool
}

// The largest growth over the time that is judged. What is parked writes no history at all; memory and calls vary with what the
// machine does besides, and files of servers grow in steps.
const (
	none         = 0
	mostGrowth   = 0.10
	mostInStores = 0.20
)

func quantities() []quantity {
	ended := func(s Sample) bool { return s.Ended > 0 }
	return []quantity{
		{"worker, resident memory", "MiB", mostGrowth, func(s Sample) float64 { return s.Worker.Resident }, nil},
		{"worker, heap", "MiB", mostGrowth, func(s Sample) float64 { return s.Worker.Heap }, nil},
		{"starter, resident memory", "MiB", mostGrowth, func(s Sample) float64 { return s.Starter.Resident }, nil},
		{"starter, heap", "MiB", mostGrowth, func(s Sample) float64 { return s.Starter.Heap }, nil},
		{"history of a parked release", "events", none, func(s Sample) float64 { return s.HistoryEvents }, nil},
		{"calls to the platform", "a minute", mostGrowth, func(s Sample) float64 { return s.Calls }, nil},
		{"NATS, for each release that ended", "KiB", mostInStores, func(s Sample) float64 { return s.NATSEach }, ended},
		{"Temporal, for each release that ended", "KiB", mostInStores, func(s Sample) float64 { return s.TemporalEach }, ended},
	}
}

// Judge judges every quantity by the samples but the first quarter of them, in which caches and buffers fill up and looks at what
// has just parked become rarer. What falls is flat.
func Judge(samples []Sample) (verdicts []Verdict) {
	judged := samples[len(samples)/4:]
	for _, q := range quantities() {
		var points []point
		for _, s := range judged {
			if q.some == nil || q.some(s) {
				points = append(points, point{s.Seconds, q.of(s)})
			}
		}
		verdicts = append(verdicts, judge(q, points))
	}
	return verdicts
}

type point struct{ at, value float64 }

func judge(q quantity, points []point) Verdict {
	v := Verdict{Quantity: q.name, Unit: q.unit, Most: q.most}
	if len(points) < 2 {
		return v // nothing shows that it is flat
	}
	values := make([]float64, 0, len(points))
	for _, p := range points {
		values = append(values, p.value)
	}
	slope := slopeOf(points)
	v.Median, v.PerHour = bench.Median(values), slope*time.Hour.Seconds()
	rise := slope * (points[len(points)-1].at - points[0].at)
	if q.most == none {
		rise = slices.Max(values) - values[0] // a line through them would pass over a single step
	}
	switch {
	case v.Median != 0:
		v.Growth = rise / v.Median
	case rise > 0:
		v.Growth = 1 // from nothing
	}
	v.Flat = v.Growth <= v.Most
	return v
}

// slopeOf is the slope of the line through the points by Theil and Sen: the median of the slopes between any two of them. Unlike that
// of least squares it does not follow a few values far off, as a busy moment of the machine makes them.
func slopeOf(points []point) float64 {
	var slopes []float64
	for i, a := range points {
		for _, b := range points[i+1:] {
			slopes = append(slopes, (b.value-a.value)/(b.at-a.at))
		}
	}
	return bench.Median(slopes)
}
