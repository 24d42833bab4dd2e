package releases

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	workflowpb "go.temporal.io/api/workflow/v1"
	"golang.org/x/sync/errgroup"

	"slipway/release"
)

// Need is what something needs a person for.
type Need string

// The needs.
const (
	// NeedConfirm is a finished batch that somebody must confirm, or the wave of a set.
	NeedConfirm Need = "confirm"
	// NeedApproval is a change that waits for the platform's own approval.
	NeedApproval Need = "approval"
	// NeedResume is a release that a person has paused.
	NeedResume Need = "resume"
	// NeedHelp is a release that stands still: it tries something in vain.
	NeedHelp Need = "help"
	// NeedLane is a lane that a person has held.
	NeedLane Need = "lane"
	// NeedAttention is a release that ended NeedsAttention, and holds its lane.
	NeedAttention Need = "attention"
	// NeedRestore is a release that has ended and left something behind.
	NeedRestore Need = "restore"
)

// Waiting is something that needs a person.
type Waiting struct {
	Need Need `json:"need"`
	// Text says in words what is needed and why.
	Text string `json:"text"`
	// Since is when it began to need somebody, or began at all where nobody knows better; zero
	// where that is not known either. Until is when a limit ends the waiting; zero where none does.
	Since time.Time `json:"since,omitzero"`
	Until time.Time `json:"until,omitzero"`
	// Subject is a release, a set or a lane.
	Subject Subject `json:"subject"`
	// ID is that of the release or the set; empty for a lane, which App names.
	ID string `json:"id,omitempty"`
	// App is the application as platform/region/id; empty for a set.
	App string `json:"app,omitempty"`
	// Batch is the finished batch, or the wave, that is to be confirmed; 0 where none is.
	Batch int `json:"batch,omitempty"`
	// Artifact is what the release brings, where that is known.
	Artifact string `json:"artifact,omitempty"`
	// RequestedBy is who asked for the release or the set, or who holds the lane.
	RequestedBy string `json:"requestedBy,omitempty"`
	// Next is what may be done.
	Next []release.NextStep `json:"next"`
	// Partial is why not all is known of it.
	Partial Partial `json:"lack,omitzero"`
}

// WaitingList is what needs a person, the oldest first.
type WaitingList struct {
	Found []Waiting
	// Partial is why there may be more: no worker answers for lanes and for what stands still.
	Partial Partial
}

// Waiting returns everything that needs a person: releases that wait for a confirmation or the
// platform's approval, are paused or stand still; sets that wait; lanes that are held; and
// releases that have ended and left something behind, as far as their lanes are at work. App is
// the application as platform/region/id; empty means all. When no worker answers, what Temporal
// knows is returned, and the list is partial.
func (c *Client) Waiting(ctx context.Context, app string) (WaitingList, error) {
	g := gathering{client: c, app: app}
	for _, read := range []func(context.Context) error{g.releases, g.sets, g.lanes} {
		if err := read(ctx); err != nil {
			return WaitingList{}, err
		}
	}
	slices.SortStableFunc(g.list.Found, func(a, b Waiting) int {
		if a.Since.IsZero() != b.Since.IsZero() {
			if a.Since.IsZero() {
				return 1 // what nobody knows the age of comes last
			}
			return -1
		}
		return cmp.Or(a.Since.Compare(b.Since), cmp.Compare(a.ID, b.ID), cmp.Compare(a.App, b.App))
	})
	if g.unanswered.Load() {
		g.list.Partial = Partial{PartialNoWorker, "no worker answers, so which lanes are held and which releases stand still is not known; check that slipway worker runs"}
	}
	return g.list, nil
}

// gathering collects what needs a person.
type gathering struct {
	client *Client
	app    string
	// unanswered tells that no worker has answered: then nobody answers for the others either, and
	// asking takes long.
	unanswered atomic.Bool

	mu   sync.Mutex
	list WaitingList
}

func (g *gathering) add(found ...Waiting) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.list.Found = append(g.list.Found, found...)
}

// each calls do for many, a few at a time, and returns the first error.
func each[T any](ctx context.Context, all []T, do func(context.Context, T) error) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(callsAtOnce)
	for _, one := range all {
		group.Go(func() error { return do(ctx, one) })
	}
	return group.Wait()
}

// releases reads those under way. What waits for its turn needs nobody: what it waits for may.
func (g *gathering) releases(ctx context.Context) error {
	query := Filter{App: g.app, Open: true}.query() + fmt.Sprintf(" AND %s != '%s'", release.SearchPhase, release.PhaseQueued)
	infos, _, err := g.client.find(ctx, search{query: query})
	if err != nil {
		return err
	}
	found := make([]Listed, len(infos))
	for i, info := range infos {
		found[i] = listed(info)
	}
	return each(ctx, found, func(ctx context.Context, l Listed) error {
		status := l.status()
		if !g.unanswered.Load() {
			var err error
			if status, err = g.client.Get(ctx, l.ID); err != nil {
				return forgotten(err)
			}
		}
		if status.Closed {
			return nil // it has ended since it was listed
		}
		if status.Partial.Reason == PartialNoWorker {
			g.unanswered.Store(true)
			status.Progress.RequestedBy, status.Progress.Operation = l.RequestedBy, l.Operation
		}
		if w, waits := ofRelease(status); waits {
			g.add(w)
		}
		return nil
	})
}

// status is what the list knows of a release when no worker answers.
func (l Listed) status() Status[release.Progress] {
	return Status[release.Progress]{Partial: noWorker(l.ID), Progress: release.Progress{
		ReleaseID: l.ID, App: parseApp(l.App), Phase: l.Phase, StartedAt: l.StartedAt,
	}}
}

// forgotten is the error of something that was listed, but none where it is there no more.
func forgotten(err error) error {
	if _, missing := errors.AsType[*NotFoundError](err); missing {
		return nil
	}
	return err
}

// ofRelease is what a release under way needs; false where it needs nobody.
func ofRelease(status Status[release.Progress]) (Waiting, bool) {
	p := status.Progress
	w := Waiting{
		Subject: SubjectRelease, ID: p.ReleaseID, App: p.App.SearchValue(), RequestedBy: p.RequestedBy,
		Since: p.StartedAt, Next: release.Next(p), Partial: status.Partial,
	}
	if p.Artifact != (release.Artifact{}) {
		w.Artifact = p.Artifact.String()
	}
	if a := p.Awaiting; a != nil {
		w.Since, w.Until, w.Batch = a.Since, a.Until, a.Batch
	}
	switch w.Need = NeedOf(p); w.Need {
	case NeedHelp:
		w.Since, w.Until = p.Stalled.Since, p.Stalled.Until
		w.Text = "it stands still: " + p.Stalled.Failure
		if helps := p.Remedy(); helps != "" {
			w.Text += "; what helps: " + helps
		}
	case NeedResume:
		w.Text = "paused"
		if d, known := pausedBy(p); known {
			w.Since, w.Text = d.At, strings.TrimSuffix("paused by "+d.By+": "+d.Note, ": ")
		}
	case NeedConfirm:
		w.Text = "confirmation of a batch"
		if w.Batch > 0 {
			w.Text = fmt.Sprintf("confirmation of batch %d of %d", w.Batch, len(p.Batches))
		}
	case NeedApproval:
		w.Text = "the platform's approval of its change"
		if p.ChangeID != "" {
			w.Text = "the platform's approval of change " + p.ChangeID
		}
	case NeedLane, NeedAttention, NeedRestore:
	}
	return w, w.Need != ""
}

// NeedOf is what a release under way needs somebody for; empty where it needs nobody, such as
// while a freeze or the schedule holds it. Of a progress that is partial the phase says it.
func NeedOf(p release.Progress) Need {
	kind := release.AwaitKind("")
	if p.Awaiting != nil {
		kind = p.Awaiting.Kind
	}
	in := func(phase release.Phase) bool { return p.Awaiting == nil && p.Phase == phase }
	switch {
	case p.Stalled != nil:
		return NeedHelp
	case p.Paused, in(release.PhasePaused):
		return NeedResume
	case kind == release.AwaitConfirm, in(release.PhaseAwaitingConfirm):
		return NeedConfirm
	case kind == release.AwaitPlatformApproval, in(release.PhaseAwaitingPlatformApproval):
		return NeedApproval
	}
	return ""
}

// pausedBy is the latest pause.
func pausedBy(p release.Progress) (release.Decision, bool) {
	for _, d := range slices.Backward(p.Decisions) {
		if d.Kind == release.CommandPause && d.Refused == "" {
			return d, true
		}
	}
	return release.Decision{}, false
}

func (g *gathering) sets(ctx context.Context) error {
	query := "WorkflowType = " + literal(release.WorkflowReleaseSet) + Filter{Phase: release.PhaseAwaitingConfirm, Open: true}.attributes()
	infos, _, err := g.client.find(ctx, search{query: query})
	if err != nil {
		return err
	}
	return each(ctx, infos, func(ctx context.Context, info *workflowpb.WorkflowExecutionInfo) error {
		l := listed(info)
		id := strings.TrimPrefix(l.ID, release.SetWorkflowID(""))
		status := Status[release.SetProgress]{Progress: release.SetProgress{SetID: id, Phase: l.Phase, StartedAt: l.StartedAt}, Partial: noWorker(id)}
		if !g.unanswered.Load() {
			var err error
			if status, err = g.client.GetSet(ctx, id); err != nil {
				return forgotten(err)
			}
		}
		if status.Partial.Reason == PartialNoWorker {
			g.unanswered.Store(true)
		}
		if w, waits := ofSet(status); waits && g.concerns(status.Progress) {
			g.add(w)
		}
		return nil
	})
}

// concerns reports whether a set releases the application that is asked for. Of one that no
// worker answers for nobody knows.
func (g *gathering) concerns(p release.SetProgress) bool {
	return g.app == "" || len(p.Waves) == 0 || slices.ContainsFunc(p.Waves, func(w release.WaveProgress) bool {
		return slices.ContainsFunc(w.Releases, func(s release.SetStanding) bool { return s.App.SearchValue() == g.app })
	})
}

func ofSet(status Status[release.SetProgress]) (Waiting, bool) {
	p := status.Progress
	w := Waiting{
		Need: NeedConfirm, Text: "confirmation of a wave", Subject: SubjectSet, ID: p.SetID, RequestedBy: p.RequestedBy,
		Since: p.StartedAt, Next: release.NextOfSet(p), Partial: status.Partial,
	}
	if a := p.Awaiting; a != nil {
		w.Since, w.Until, w.Batch = a.Since, a.Until, a.Batch
		w.Text = fmt.Sprintf("confirmation of wave %d of %d of set %s", a.Batch, len(p.Waves), p.Name)
	}
	return w, !status.Closed && p.Phase == release.PhaseAwaitingConfirm
}

func (g *gathering) lanes(ctx context.Context) error {
	infos, _, err := g.client.find(ctx, search{query: lanesQuery(g.app)})
	if err != nil {
		return err
	}
	return each(ctx, infos, func(ctx context.Context, info *workflowpb.WorkflowExecutionInfo) error {
		if g.unanswered.Load() {
			return nil
		}
		state, partial, err := g.client.queryLane(ctx, info.GetExecution().GetWorkflowId())
		switch {
		case err != nil:
			return forgotten(err)
		case partial.Reason == PartialNoWorker:
			g.unanswered.Store(true)
		case state != nil:
			return g.lane(ctx, *state)
		}
		return nil
	})
}

// lane adds what a lane needs: that somebody resumes it, or looks at what releases have left.
func (g *gathering) lane(ctx context.Context, s release.LaneState) error {
	if h := s.Held; h != nil {
		w := Waiting{
			Need: NeedLane, Subject: SubjectLane, App: s.App.SearchValue(), Since: h.Since, RequestedBy: h.By,
			Text: "the lane is held by " + h.By + ": " + h.Reason, Next: release.NextOfLane(release.LaneState{App: s.App, Held: h}),
		}
		if h.ReleaseID != "" {
			w.Need, w.Subject, w.ID = NeedAttention, SubjectRelease, h.ReleaseID
			w.Text = "it needs attention, and its lane is held: " + h.Reason
			if err := g.complete(ctx, &w, s); err != nil {
				return err
			}
		}
		if n := len(s.Waiting); n > 0 {
			w.Text += fmt.Sprintf(" (%d wait in the lane)", n)
		}
		g.add(w)
	}
	for _, d := range s.Debts {
		if s.Held != nil && d.ReleaseID == s.Held.ReleaseID {
			continue // that it needs attention says so
		}
		w := Waiting{
			Need: NeedRestore, Subject: SubjectRelease, ID: d.ReleaseID, App: s.App.SearchValue(), Text: d.Words(),
			Next: release.NextOfLane(release.LaneState{App: s.App, Debts: []release.Debt{d}}),
		}
		if err := g.complete(ctx, &w, s); err != nil {
			return err
		}
		g.add(w)
	}
	return nil
}

// complete adds what a release that has ended says of itself. One that Temporal has forgotten
// says nothing.
func (g *gathering) complete(ctx context.Context, w *Waiting, s release.LaneState) error {
	status, err := g.client.Get(ctx, w.ID)
	if err != nil {
		return forgotten(err)
	}
	p := status.Progress
	w.RequestedBy = p.RequestedBy
	if p.Artifact != (release.Artifact{}) {
		w.Artifact = p.Artifact.String()
	}
	if w.Since.IsZero() {
		w.Since = p.EndedAt
	}
	if w.Need != NeedAttention || !p.Phase.Ended() {
		return nil
	}
	owes := slices.ContainsFunc(s.Debts, func(d release.Debt) bool { return d.ReleaseID == w.ID && len(d.ScalingRules) > 0 })
	w.Next = slices.DeleteFunc(release.Next(p), func(step release.NextStep) bool {
		return step.Verb == release.NextRecover && !owes // somebody has put the rules back since
	})
	return nil
}
