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
// too wide, strokes stand for shares of all instances. It is empty before there are batches.
func bar(p release.Progress, columns int) string {
	done, total := 0, 0
	for _, b := range p.Batches {
		total += b.Instances
		if b.State == release.BatchDone || b.State == release.BatchConfirmed {
			done += b.Instances
		}
	}
	if total == 0 {
		return ""
	}
	count := fmt.Sprintf(" %d/%d", done, total)
	room := columns - len(count)
	if room < 1 {
		return strings.TrimSpace(count)
	}
	if total+len(p.Batches)-1 <= room {
		parts := make([]string, len(p.Batches))
		for i, b := range p.Batches {
			parts[i] = strings.Repeat(stroke(b.State), b.Instances)
		}
		return strings.Join(parts, " ") + count
	}
	return shares(p.Batches, total, room) + count
}

// shares draws all batches as one bar of a given width.
func shares(batches []release.Batch, total, room int) string {
	var b strings.Builder
	drawn, instances := 0, 0
	for _, each := range batches {
		instances += each.Instances
		end := instances * room / total
		b.WriteString(strings.Repeat(stroke(each.State), end-drawn))
		drawn = end
	}
	return b.String()
}

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
