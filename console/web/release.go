package web

import (
	"cmp"
	"net/url"
	"strconv"
	"time"

	"slipway/console/problem"
	"slipway/release"
)

// shownRelease is a release as the API tells of it.
type shownRelease struct {
	release.Progress

	Partial string `json:"partial"`
}

// releaseShown is what the page of a release shows.
type releaseShown struct {
	shownRelease

	// Title is what people call its application, AppPage where that is shown, and Lane where its lane is.
	Title, AppPage, Lane string
	// Brings is what it brings, in words.
	Brings string
	// Need is what it needs of a person; nil where it goes on by itself.
	Need *release.Need
	// Acts are what may be done here next, and Steps what is done elsewhere.
	Acts  []act
	Steps []release.NextStep
	// Batches are its batches, as the drawing has them, and Instances how far it is.
	Batches []batchShown
	// Stages are what the platform does for its change, or has done for the one that has failed.
	Stages []stageShown
	Gates  []gateShown
	// Awaits is what it waits for, in words.
	Awaits string
	// Done is the command that was just sent; nil where none was.
	Done *done
	told
	// Temporal is where its workflow is shown, and Cloud where its application is, in the console of its cloud; empty where nobody said.
	Temporal, Cloud string
}

// State is the phase in which the release is, or has ended.
func (r releaseShown) State() release.Phase { return cmp.Or(r.Outcome, r.Phase) }

// Until is the end of what the release took so far: its own, or now.
func until(ended, now time.Time) time.Time {
	if ended.IsZero() {
		return now
	}
	return ended
}

func releasePage(p *page) error {
	id := p.PathValue("id")
	shown, err := p.release(id)
	if err != nil {
		return err
	}
	shown.Done, shown.told = p.done(), p.told(ofReleases, id)
	return p.show("release", shown.Title+" "+shown.Brings, shown, shown.live(ofReleases, id, shown.State()))
}

// release reads a release and works out what its page shows.
func (p *page) release(id string) (releaseShown, error) {
	var r shownRelease
	if err := p.get("releases/"+pathOf(id), nil, &r); err != nil {
		return releaseShown{}, err
	}
	shown := releaseShown{shownRelease: r, Title: cmp.Or(r.Name(), r.App.SearchValue(), r.ReleaseID), Brings: p.brings(r.Progress)}
	shown.AppPage, shown.Lane = appPage(r.Progress), lanePage(r.App)
	shown.Acts, shown.Steps = actsOf(r.ReleaseID, release.Next(r.Progress))
	shown.Batches, shown.Stages, shown.Gates = batchesOf(r.Progress, p.now), stagesOf(r.Stages), gatesOf(r.Gates)
	if !shown.State().Ended() {
		shown.Awaits = r.Awaiting.Text(release.UnitBatch, nil)
	}
	if need, is := r.Need(p.now); is {
		shown.Need = &need
	}
	shown.Temporal, shown.Cloud = p.cfg.Links.workflow(r.ReleaseID), p.cfg.Links.cloud(r.App)
	return shown, nil
}

// brings says what a release is for: its artifact, or what it does.
func (p *page) brings(r release.Progress) string {
	switch text := artifactText(r.Artifact); {
	case text != "":
		return text
	case r.OnlyConfig:
		return p.t("configuration")
	}
	return p.t(string(r.Operation))
}

// artifactText is an artifact in words; empty of what names none, such as a restart.
func artifactText(a release.Artifact) string {
	if a == (release.Artifact{}) {
		return ""
	}
	return a.String()
}

// appPage is where the application of a release is shown: by its name, or by its lane.
func appPage(p release.Progress) string {
	if p.ByName != nil {
		return "/applications/" + pathOf(p.ByName.Application)
	}
	return lanePage(p.App)
}

// lanePage is where the lane of an application is shown; empty where nobody knows yet which one it is.
func lanePage(a release.App) string {
	if a.ID == "" {
		return ""
	}
	return "/lanes/" + pathOf(string(a.Platform), a.Region, a.ID)
}

// batchShown is a batch as it is drawn: a part of the width of all.
type batchShown struct {
	release.Batch

	// X and Width are in percent.
	X, Width float64
	// Class is the color, and Icon and Words say the same.
	Class, Icon, Words string
	// Waits tells that the release waits after it.
	Waits bool
	// Took is how long it has run; zero where it has not begun.
	Took string
}

// batchesOf lays the batches out in a row, each as wide as the part that it replaces.
func batchesOf(p release.Progress, now time.Time) []batchShown {
	sizes, total := sizesOf(p.Batches)
	out, at := make([]batchShown, len(p.Batches)), 0
	for i, b := range p.Batches {
		waits := p.Awaiting != nil && p.Awaiting.Batch == b.Number && !p.Phase.Ended()
		out[i] = batchShown{Batch: b, X: percent(at, total), Width: percent(sizes[i], total), Waits: waits}
		out[i].Class, out[i].Icon = batchLook(b.State, waits)
		if !b.StartedAt.IsZero() {
			out[i].Took = release.Span(until(b.EndedAt, now).Sub(b.StartedAt))
		}
		at += sizes[i]
	}
	return out
}

// sizesOf are the parts of the whole that batches replace, and their sum: of the traffic where each names its share, or else of the
// instances. Where some name a share and others instances, those replace what the shares have left.
func sizesOf(batches []release.Batch) (sizes []int, total int) {
	weight, instances := 0, 0
	for _, b := range batches {
		if b.Weight > 0 {
			weight = b.Weight
		} else {
			instances += max(1, b.Instances)
		}
	}
	sizes, before := make([]int, len(batches)), 0
	for i, b := range batches {
		switch {
		case b.Weight > 0:
			sizes[i], before = max(1, b.Weight-before)*max(1, instances), b.Weight
		case weight > 0:
			sizes[i] = max(1, b.Instances) * max(1, allTraffic-weight)
		default:
			sizes[i] = max(1, b.Instances)
		}
		total += sizes[i]
	}
	return sizes, total
}

// allTraffic is the share of all traffic, in percent.
const allTraffic = 100

func percent(part, of int) float64 { return float64(part*10000/max(1, of)) / 100 }

func batchLook(s release.BatchState, waits bool) (class, icon string) {
	if waits {
		return "waits", "‖"
	}
	switch s {
	case release.BatchDone, release.BatchConfirmed:
		return "good", "✔"
	case release.BatchFailed, release.BatchAborted:
		return "bad", "✖"
	case release.BatchRunning:
		return "moves", "◌"
	case release.BatchPending:
	}
	return "quiet", "·"
}

// stageShown is a stage of the platform with its look.
type stageShown struct {
	release.Stage

	Class, Icon string
}

func stagesOf(stages []release.Stage) []stageShown {
	out := make([]stageShown, len(stages))
	for i, s := range stages {
		out[i].Stage = s
		out[i].Class, out[i].Icon = batchLook(s.State, false)
	}
	return out
}

// gateShown is the verdict of a gate with its samples as they are drawn.
type gateShown struct {
	release.GateResult

	Class, Icon string
	Points      []pointShown
	// Line is the polyline through the samples that are numbers; empty where there are fewer than two.
	Line string
	// Low and High are the least and the greatest of them.
	Low, High string
}

// pointShown is a sample: where it stands in the drawing, and what it says.
type pointShown struct {
	X, Y  string
	Class string
	Text  string
}

// The size of a drawing of samples, and its margin.
const (
	gateWidth, gateHeight, gateMargin = 240.0, 40.0, 5.0
)

// gatesOf draws the samples of gates: in their order, and as high as their values, where those are numbers.
func gatesOf(results []release.GateResult) []gateShown {
	out := make([]gateShown, len(results))
	for i, g := range results {
		shown := gateShown{GateResult: g}
		shown.Class, shown.Icon = verdictLook(g.Verdict)
		values, low, high := numbers(g.Samples)
		for n, s := range g.Samples {
			x := gateMargin + (gateWidth-2*gateMargin)*float64(n)/float64(max(1, len(g.Samples)-1))
			y := gateHeight / 2
			if v, is := values[n]; is && high > low {
				y = gateHeight - gateMargin - (gateHeight-2*gateMargin)*(v-low)/(high-low)
			}
			class, _ := verdictLook(s.Verdict)
			shown.Points = append(shown.Points, pointShown{X: place(x), Y: place(y), Class: class, Text: stamp(s.At) + " " + string(s.Verdict) + " " + cmp.Or(s.Value, s.Note)})
			if _, is := values[n]; is {
				shown.Line += place(x) + "," + place(y) + " "
			}
		}
		if len(values) < 2 {
			shown.Line = ""
		} else {
			shown.Low, shown.High = strconv.FormatFloat(low, 'g', 4, 64), strconv.FormatFloat(high, 'g', 4, 64)
		}
		out[i] = shown
	}
	return out
}

// place is a coordinate of a drawing.
func place(at float64) string { return strconv.FormatFloat(at, 'f', 1, 64) }

// numbers are the samples that are numbers, by their places, with the least and the greatest.
func numbers(samples []release.Sample) (values map[int]float64, low, high float64) {
	values = map[int]float64{}
	for i, s := range samples {
		v, err := strconv.ParseFloat(s.Value, 64)
		if err != nil {
			continue
		}
		if len(values) == 0 {
			low, high = v, v
		}
		values[i], low, high = v, min(low, v), max(high, v)
	}
	return values, low, high
}

func verdictLook(v release.Verdict) (class, icon string) {
	switch v {
	case release.VerdictPass:
		return "good", "✔"
	case release.VerdictFail:
		return "bad", "✖"
	case release.VerdictInconclusive:
	}
	return "waits", "?"
}

// eventShown is something that was told of a release or a set.
type eventShown struct {
	Sequence uint64 `json:"sequence"`
	Event    struct {
		Type string    `json:"type"`
		Time time.Time `json:"time"`
		Data struct {
			Reason string `json:"reason"`
		} `json:"data"`
	} `json:"event"`
}

// told is what was told of a release or a set, in its order, as far as the stream still has it.
type told struct {
	Events []eventShown
	// EventsFailed is why it is not known.
	EventsFailed *problem.Problem
}

// told reads the events of something.
func (p *page) told(of collection, id string) told {
	var found listed[eventShown]
	err := p.get(string(of)+"/"+pathOf(id)+"/events", url.Values{"format": {"list"}}, &found)
	if err == nil {
		return told{Events: found.Items}
	}
	why := p.problemOf(err)
	return told{EventsFailed: &why}
}

// live is how the page of something is kept up to date until it has ended: by what is told after what it shows.
func (t told) live(of collection, id string, state release.Phase) live {
	if state.Ended() {
		return live{}
	}
	after := uint64(0)
	if n := len(t.Events); n > 0 {
		after = t.Events[n-1].Sequence
	}
	return live{events: apiPrefix + string(of) + "/" + pathOf(id) + "/events?after=" + strconv.FormatUint(after, 10), every: everySeconds}
}
