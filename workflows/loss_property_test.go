//go:build !race

// Without the race detector: the test environment lets timers fire while the coroutines of a
// workflow that was lost unwind.

package workflows_test

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"slipway/release"
	"slipway/saeclient"
)

// TestLossProperty_WhateverIsLostOneReleaseRunsAtATime draws lanes that are terminated and reset, releases
// that are terminated, histories that expire, messages that come in any order, again,
// and with another content, floods of them, and a bus that is away for hours. Whatever comes,
// no two releases are at work at the same time, each begins one change at most, versions
// begin in the order in which they were published, every release ends and is told once, and
// scaling rules are as before, or somebody says which are not (R1, R2, R3, R6, R14, R15, R16).
func TestLossProperty_WhateverIsLostOneReleaseRunsAtATime(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		w := newWorld(t)
		w.losing()
		d := &drawn{world: w, sent: map[string]*sending{}}
		for range rapid.IntRange(2, 12).Draw(rt, "steps") {
			at := time.Duration(1+rapid.IntRange(0, 900).Draw(rt, "at")) * time.Second
			d.draw(rt, at)
		}
		d.attend()
		d.letGo()
		w.env.ExecuteWorkflow("Again", release.LaneInput{App: w.app})
		require.NoError(rt, w.env.GetWorkflowError())
		d.requireOneAtATime(rt)
		d.requireOneOrderEach(rt)
		d.requireToldOnce(rt)
		d.requireInOrder(rt)
		d.requireRulesOrDebts(rt)
	})
}

// drawn is a world with what was sent into it.
type drawn struct {
	*world

	sent map[string]*sending
	// away tells that the bus is away at some time.
	away bool
}

// sending is a submission that is sent until it is answered.
type sending struct {
	submission release.Submission
	at         time.Duration
	answers    []*answered
}

// conflict is what a message brings that has the identity of another; it is never deployed.
const conflict = "registry.example/shop:conflict"

// draw lets one thing happen at the time.
func (d *drawn) draw(t *rapid.T, at time.Duration) {
	id := func() string { return fmt.Sprintf("r-%d", rapid.IntRange(0, 11).Draw(t, "release")) }
	how := func() loser { return rapid.SampledFrom([]loser{terminated, reset}).Draw(t, "how") }
	switch rapid.IntRange(0, 12).Draw(t, "what") {
	case 0, 1, 2, 3, 4:
		d.submit(t, at)
	case 5:
		for range rapid.IntRange(2, 6).Draw(t, "flood") {
			d.submit(t, at)
		}
	case 6, 7:
		lost := how()
		d.stage.at(at, func() { d.strike(d.laneID, lost) })
	case 8, 9:
		other := release.WorkflowID(id())
		d.stage.at(at, func() { d.strike(other, terminated) })
	case 10:
		d.stage.at(6*at, d.expire)
	case 11:
		other := id()
		d.stage.at(at, func() {
			if s := d.sent[other]; s != nil && s.answer() != nil {
				again := s.submission
				again.Spec.Artifact.Image = conflict
				d.update(&answered{}, release.UpdateSubmit, again)
			}
		})
	case 12:
		start, until := d.started(), at+time.Duration(rapid.IntRange(1, 12).Draw(t, "hours"))*time.Hour
		d.busDown, d.away = func() bool { s := d.since(start); return s >= at && s < until }, true
	}
}

// submit sends a release that was published at any place of the stream.
func (d *drawn) submit(t *rapid.T, at time.Duration) {
	n := len(d.sent)
	spec := d.spec(rapid.SampledFrom([]release.Strategy{{}, gray(), {Watch: &release.Watch{For: release.Duration(5 * time.Minute)}}}).Draw(t, "strategy"))
	spec.Lane.Policy = rapid.SampledFrom([]release.LanePolicy{release.LaneQueue, release.LaneSupersede}).Draw(t, "policy")
	spec.Lane.Preempt = rapid.IntRange(0, 3).Draw(t, "preempt") == 0
	spec.Artifact.Image = fmt.Sprintf("registry.example/shop:r%d", n)
	place := uint64(rapid.IntRange(1, 20).Draw(t, "published"))
	s := &sending{at: at, submission: release.Submission{
		ReleaseID: fmt.Sprintf("r-%d", n), Spec: spec.WithDefaults(),
		Published: release.Published{Sequence: place*100 + uint64(n), At: d.started()},
	}}
	d.sent[s.submission.ReleaseID] = s
	d.ledger.published[s.submission.ReleaseID] = s.submission.Published
	d.stage.at(at, func() { d.send(s) })
}

// send sends a release to its lane.
func (d *drawn) send(s *sending) {
	a := &answered{}
	s.answers = append(s.answers, a)
	d.update(a, release.UpdateSubmit, s.submission)
}

// answer is what the sender was answered; nil where nobody has.
func (s *sending) answer() *answered {
	for _, a := range s.answers {
		if a.answered && a.err == nil {
			return a
		}
	}
	return nil
}

// attend sends again what was not answered, as starters do, and what waits, as it does itself.
func (d *drawn) attend() {
	for minute := range 120 {
		d.stage.at(time.Duration(minute)*time.Minute+7*time.Second, func() {
			for _, id := range slices.Sorted(maps.Keys(d.sent)) {
				s := d.sent[id]
				if d.since(d.started()) > s.at && (s.answer() == nil || d.waits(id)) {
					d.send(s)
				}
			}
		})
	}
}

// waits reports whether the release waits for its turn.
func (d *drawn) waits(id string) bool {
	workflowID := release.WorkflowID(id)
	if !slices.Contains(d.loss.alive, workflowID) || d.loss.places[workflowID] == nil {
		return false
	}
	e, err := d.loss.places[workflowID]()
	return err == nil && !e.Proceeded
}

// letGo ends all in the end: what is parked is stopped, and the lane resumed.
func (d *drawn) letGo() {
	for i := range 16 {
		at := 30*time.Minute + time.Duration(i)*5*time.Minute
		d.stage.at(at, func() {
			d.clear()
			for _, id := range slices.Sorted(maps.Keys(d.sent)) {
				if !d.waits(id) {
					_ = d.env.SignalWorkflowByID(release.WorkflowID(id), string(release.CommandAbort), release.Command{By: "end"})
				}
			}
		})
		d.stage.at(at+time.Minute, func() {
			d.update(&answered{}, release.UpdateAllow, release.LaneCommand{By: "end"})
			d.update(&answered{}, release.UpdateResume, release.LaneCommand{By: "end"})
		})
	}
	d.stage.at(48*time.Hour, func() { d.env.SignalWorkflow(over, nil) })
}

// span is how long a release was at work, as the world was told.
type span struct {
	id         string
	from, till time.Time
}

// spans are the releases that began, in the order in which they did.
func (d *drawn) spans() []span {
	var all []span
	events := d.onBus()
	for _, e := range events {
		if e.Kind != release.EventStarted || slices.ContainsFunc(all, func(s span) bool { return s.id == e.Progress.ReleaseID }) {
			continue
		}
		s := span{id: e.Progress.ReleaseID, from: e.At}
		for _, end := range events {
			if _, ends := end.Progress.Phase.Outcome(); ends && end.Progress.ReleaseID == s.id {
				s.till = end.Progress.EndedAt
			}
		}
		// A lane that was lost while the ledger was away cannot know of a release that was lost
		// before it: it is told later, once the ledger is back, and was at work until it was lost.
		if at, ended := d.loss.ended[release.WorkflowID(s.id)]; d.away && ended && at.Before(s.till) {
			s.till = at
		}
		all = append(all, s)
	}
	slices.SortStableFunc(all, func(a, b span) int { return cmp.Or(a.from.Compare(b.from), a.till.Compare(b.till)) })
	return all
}

func (d *drawn) requireOneAtATime(t require.TestingT) {
	all := d.spans()
	for i := range len(all) - 1 {
		require.False(t, all[i+1].from.Before(all[i].till), "%s began at %s, before %s ended at %s\n%s", all[i+1].id, all[i+1].from, all[i].id, all[i].till, d.story())
	}
}

// requireOneOrderEach asks the simulator.
func (d *drawn) requireOneOrderEach(t require.TestingT) {
	begun := map[string]int{}
	for _, o := range d.sim.Orders(d.app.ID) {
		if o.Type == saeclient.CoTypeDeploy {
			token, _, _ := strings.Cut(o.Description, " ")
			begun[token]++
			require.Equal(t, 1, begun[token], "%s\n%s", o.Description, d.story())
		}
	}
	for _, sent := range d.deploys {
		require.NotEqual(t, conflict, sent.Get("ImageUrl"))
	}
}

func (d *drawn) requireToldOnce(t require.TestingT) {
	for _, id := range slices.Sorted(maps.Keys(d.sent)) {
		var outcomes []release.Phase
		for _, e := range d.onBus() {
			if kind, ends := e.Progress.Phase.Outcome(); ends && kind == e.Kind && e.Progress.ReleaseID == id {
				outcomes = append(outcomes, e.Progress.Phase)
			}
		}
		require.NotNil(t, d.sent[id].answer(), "%s was never answered\n%s", id, d.story())
		require.Len(t, outcomes, 1, "%s: %v\n%s", id, outcomes, d.story())
	}
}

// requireInOrder checks the order of what began: only what preempts goes before what was
// published before it. A lane that was lost while the ledger was away, too, cannot know it.
func (d *drawn) requireInOrder(t require.TestingT) {
	all := d.spans()
	for i, later := range all {
		for _, earlier := range all[:i] {
			a, b := d.sent[earlier.id].submission, d.sent[later.id].submission
			require.True(t, d.away || a.Spec.Lane.Preempt || !b.Published.Before(a.Published), "%s began after %s, which was published after it\n%s", b.ReleaseID, a.ReleaseID, d.story())
		}
	}
}

// requireRulesOrDebts is R1: what is off is named.
func (d *drawn) requireRulesOrDebts(t require.TestingT) {
	for name, on := range d.rules() {
		if on == (name == "daily") {
			continue
		}
		require.False(t, on, name)
		named := slices.ContainsFunc(d.onBus(), func(e release.Event) bool {
			return e.Kind == release.EventAttention && (slices.Contains(e.Progress.Owes().ScalingRules, name) ||
				strings.Contains(e.Progress.Reason, "what it held before is not known") || strings.Contains(e.Progress.Reason, "look at its change and at the scaling rules"))
		})
		require.True(t, named, "%s is off, and nobody says so\n%s", name, d.story())
	}
}

// story is what the world was told, to explain a failure.
func (d *drawn) story() string {
	var lines []string
	for _, e := range d.onBus() {
		lines = append(lines, fmt.Sprintf("%s %s: %s", e.At.Sub(d.started()), e.ID, e.Progress.Reason))
	}
	return strings.Join(lines, "\n")
}
