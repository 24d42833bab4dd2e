package top

import (
	"fmt"
	"strings"

	"slipway/release"
)

// The characters of a progress bar, which differ in how dark they are, so that no color is needed.
const (
	barDone    = "▓"
	barRunning = "▒"
	barPending = "░"
	barFailed  = "×"
)

// bar draws the batches of a release within so many columns, a stroke an instance and a blank
// between two batches, with the instances that are done behind it: "▓ ▒▒ ░░ 1/5". Where that is
// too wide, strokes stand for shares of all instances. Where traffic is shifted, they stand for shares
// of it: "▓▒▒░░░░░ 5 %". It is empty before there are batches.
func bar(p release.Progress, columns int) string {
	sizes := sizesOf(p.Batches)
	done, total, shifts := 0, 0, false
	for i, b := range p.Batches {
		total += sizes[i]
		if b.State == release.BatchDone || b.State == release.BatchConfirmed {
			done += sizes[i]
		}
		shifts = shifts || shiftsTraffic(b)
	}
	if total == 0 {
		return ""
	}
	count := fmt.Sprintf(" %d/%d", done, total)
	if shifts {
		count = fmt.Sprintf(" %d %%", done)
	}
	room := columns - len(count)
	if room < 1 {
		return strings.TrimSpace(count)
	}
	if total+len(p.Batches)-1 <= room {
		parts := make([]string, len(p.Batches))
		for i, b := range p.Batches {
			parts[i] = strings.Repeat(stroke(b.State), sizes[i])
		}
		return strings.Join(parts, " ") + count
	}
	return shares(p.Batches, total, room) + count
}

// shares draws all batches as one bar of a given width. Each has a stroke at least, where there is room for
// that: a small one that is done is seen.
func shares(batches []release.Batch, total, room int) string {
	var b strings.Builder
	drawn, sum := 0, 0
	sizes := sizesOf(batches)
	for i, each := range batches {
		sum += sizes[i]
		end := sum * room / total
		if len(batches) <= room {
			end = min(max(end, drawn+1), room-(len(batches)-1-i))
		}
		b.WriteString(strings.Repeat(stroke(each.State), end-drawn))
		drawn = end
	}
	return b.String()
}

// sizesOf are the numbers of instances of batches, or what each adds to the percentage of the traffic.
func sizesOf(batches []release.Batch) []int {
	sizes := make([]int, len(batches))
	before := 0
	for i, b := range batches {
		sizes[i] = b.Instances
		if shiftsTraffic(b) {
			sizes[i], before = b.Weight-before, b.Weight
		}
	}
	return sizes
}

// shiftsTraffic reports whether a batch is a part of the traffic alone, and not of the instances.
func shiftsTraffic(b release.Batch) bool { return b.Weight > 0 && b.Instances == 0 }

func stroke(s release.BatchState) string {
	switch s {
	case release.BatchDone, release.BatchConfirmed:
		return barDone
	case release.BatchRunning:
		return barRunning
	case release.BatchFailed, release.BatchAborted:
		return barFailed
	case release.BatchPending:
	}
	return barPending
}
