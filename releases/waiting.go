package releases

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	workflowpb "go.temporal.io/api/workflow/v1"
	"golang.org/x/sync/errgroup"

	"slipway/release"
	"slipway/releases/execution"
)

// Waiting is something that needs a person.
type Waiting struct {
	Need release.NeedKind `json:"need"`
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
	// AppName is what the platform calls the application; empty where that is not known.
	AppName string `json:"appName,omitempty"`
	// Application is application/environment of a release that was asked for so.
	Application string `json:"application,omitempty"`
	// Batch is the finished batch, or the wave, that is to be confirmed; 0 where none is.
	Batch int `json:"batch,omitempty"`
	// Artifact is what the release brings, where that is known.
	Artifact string `json:"artifact,omitempty"`
	// RequestedBy is who asked for the release or the set, or who holds the lane.
	RequestedBy string `json:"requestedBy,omitempty"`
	// Next is what may be done.
	Next []release.NextStep `json:"next"`
	// Partial is why not all is known of it.
	Partial Partial `json:"partial,omitzero"`
}

// WaitingList is what needs a person, the oldest first.
type WaitingList struct {
	Found []Waiting
	// Partial is why there may be more: not every lane, and not every release that may stand still,
	// has answered.
	Partial Partial
	// Asked is how many workflows were asked, which is what the list costs.
	Asked int
}

// Waiting returns everything that needs a person: releases that wait for a confirmation or the
// platform's approval, are paused or stand still; sets that wait; lanes that are held; and
// releases that have ended and left something behind, as far as their lanes are at work. App is
// the application as platform/region/id; empty means all. Of what does not answer, cannot be
// read or is too much to be asked, what Temporal knows is returned, and the list is partial.
func (c *Client) Waiting(ctx context.Context, app string) (WaitingList, error) {
	g := gathering{survey: newSurvey(), client: c, app: app}
	return g.list(ctx, g.releasesAndLanes, g.sets)
}

// Approvals returns the releases that wait for people to approve them, or a batch of theirs, as
// [Client.Waiting] does. It asks no others, and no lane.
func (c *Client) Approvals(ctx context.Context, app string) (WaitingList, error) {
	g := gathering{survey: newSurvey(), client: c, app: app, phases: []release.Phase{release.PhaseAwaitingApproval, release.PhaseAwaitingConfirm}}
	list, err := g.list(ctx, g.releases)
	list.Found = slices.DeleteFunc(list.Found, func(w Waiting) bool { return w.Need != release.NeedApproval })
	return list, err
}

// gathering collects what needs a person.
type gathering struct {
	survey *execution.Survey
	client *Client
	app    string
	// phases are those of the releases that are asked; none means all but those that wait for their turn.
	phases []release.Phase

	adding  sync.Mutex
	waiting WaitingList
}

// finding looks for what may need a person, and returns what is to be done for each.
type finding func(ctx context.Context) ([]func(context.Context), error)

// list asks all that is found, and returns what needs a person, the oldest first.
func (g *gathering) list(ctx context.Context, finds ...finding) (WaitingList, error) {
	questions, cancel := forSurvey(ctx)
	defer cancel()
	todo := make([][]func(context.Context), len(finds))
	group, listing := errgroup.WithContext(ctx)
	for i, find := range finds {
		group.Go(func() (err error) {
			todo[i], err = find(listing)
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return WaitingList{}, err
	}
	g.survey.Each(questions, slices.Concat(todo...))
	if ctx.Err() != nil {
		return WaitingList{}, context.Cause(ctx)
	}
	nameApps(ctx, g.client, g.waiting.Found, func(w *Waiting) (app string, name *string) { return w.App, &w.AppName })
	slices.SortStableFunc(g.waiting.Found, func(a, b Waiting) int {
		if a.Since.IsZero() != b.Since.IsZero() {
			if a.Since.IsZero() {
				return 1 // what nobody knows the age of comes last
			}
			return -1
		}
		return cmp.Or(a.Since.Compare(b.Since), cmp.Compare(a.ID, b.ID), cmp.Compare(a.App, b.App))
	})
	for i, w := range g.waiting.Found {
		partial := settled(g.survey, w.Partial)
		g.waiting.Found[i].Partial = partial
		if partial.Reason == PartialNoWorker {
			g.waiting.Found[i].Next = release.NextUnanswered(w.Next)
		}
	}
	g.waiting.Asked = g.survey.Asked()
	g.waiting.Partial = g.partial()
	return g.waiting, nil
}

// partial is why something may be missing; zero where nothing is.
func (g *gathering) partial() Partial {
	unknown, asked, how := "which lanes are held and which releases stand still", "the releases, sets and lanes under way", "slipway release get, slipway lane list --held"
	if len(g.phases) > 0 {
		unknown, asked, how = "which releases wait for what", "the releases that may wait for it", "slipway release get"
	}
	if g.survey.Alone() {
		return Partial{PartialNoWorker, noWorker + ", so " + unknown + " is not known; " + startWorker}
	}
	if missing := missing(g.survey); missing != "" {
		return Partial{PartialNoAnswer, "of " + asked + " " + missing + ": " + unknown + " among these is not known; ask each with: " + how}
	}
	return Partial{}
}

func (g *gathering) add(found ...Waiting) {
	g.adding.Lock()
	defer g.adding.Unlock()
	g.waiting.Found = append(g.waiting.Found, found...)
}

// listedAt is what was listed, with its place among those that are asked.
type listedAt struct {
	Listed

	place int
}

// placed are those that were listed, in the order in which they are asked: first those whose phase
// says that they wait.
func placed(infos []*workflowpb.WorkflowExecutionInfo) []listedAt {
	all := make([]listedAt, len(infos))
	for i, info := range infos {
		all[i] = listedAt{Listed: listed(info)}
	}
	slices.SortStableFunc(all, func(a, b listedAt) int {
		switch {
		case a.Phase.Parked() == b.Phase.Parked():
			return 0
		case a.Phase.Parked():
			return -1
		}
		return 1
	})
	for i := range all {
		all[i].place = i
	}
	return all
}

func (l listedAt) beyond() bool { return l.place >= mostAsked }

// releasesAndLanes reads the releases under way, and those lanes that may need somebody by themselves.
func (g *gathering) releasesAndLanes(ctx context.Context) ([]func(context.Context), error) {
	var found, lanes []*workflowpb.WorkflowExecutionInfo
	group, listing := errgroup.WithContext(ctx)
	group.Go(func() (err error) {
		found, err = g.underWay(listing)
		return err
	})
	group.Go(func() (err error) {
		lanes, _, err = g.client.find(listing, search{query: lanesQuery(g.app)})
		return err
	})
	if err := group.Wait(); err != nil {
		return nil, err
	}
	return append(g.ofReleases(found), g.ofLanes(attended(lanes, found))...), nil
}

// attended leaves out the lanes that need nobody: those that do not say so while a release of theirs is under way. One in
// which nothing runs is asked, because it may be failing.
func attended(lanes, underWay []*workflowpb.WorkflowExecutionInfo) []*workflowpb.WorkflowExecutionInfo {
	runs := map[string]bool{}
	for _, info := range underWay {
		runs[listed(info).App] = true
	}
	return slices.DeleteFunc(lanes, func(info *workflowpb.WorkflowExecutionInfo) bool {
		l := listed(info)
		return string(l.Phase) != release.LaneNeedsPerson && runs[l.App]
	})
}

// underWay lists the releases that may need somebody. What waits for its turn needs nobody: what it waits for may.
func (g *gathering) underWay(ctx context.Context) ([]*workflowpb.WorkflowExecutionInfo, error) {
	query := Filter{App: g.app, Open: true, Phases: g.phases}.query()
	if len(g.phases) == 0 {
		query += notQueued
	}
	infos, _, err := g.client.find(ctx, search{query: query})
	return infos, err
}

// releases reads those under way.
func (g *gathering) releases(ctx context.Context) ([]func(context.Context), error) {
	infos, err := g.underWay(ctx)
	return g.ofReleases(infos), err
}

// ofReleases asks each release.
func (g *gathering) ofReleases(infos []*workflowpb.WorkflowExecutionInfo) []func(context.Context) {
	return forEach(infos, func(ctx context.Context, l listedAt) {
		p, partial, there := ask(ctx, g.survey, question[release.Progress]{
			of: answererOf(l.ID), beyond: l.beyond(),
			ask: func(ctx context.Context) (release.Progress, error) { return g.client.releaseReader(l.ID).ask(ctx, "") },
		})
		if !there || p.Phase.Ended() {
			return // it has ended since it was listed
		}
		if partial.Reason != PartialNone {
			p = l.progress()
		}
		if w, waits := ofRelease(p, partial, time.Now()); waits {
			g.add(w)
		}
	})
}

// progress is what the list knows of a release.
func (l Listed) progress() release.Progress {
	return release.Progress{
		ReleaseID: l.ID, App: parseApp(l.App), Phase: l.Phase, AcceptedAt: l.CreatedAt, RequestedBy: l.RequestedBy, Operation: l.Operation,
	}
}

// firstKnown is the first of two moments that is known.
func firstKnown(a, b time.Time) time.Time {
	if a.IsZero() {
		return b
	}
	return a
}

// nameOf is application/environment of a release that was asked for so.
func nameOf(p release.Progress) string {
	if p.ByName == nil {
		return ""
	}
	return p.ByName.String()
}

// ofRelease is what a release under way needs; false where it needs nobody.
func ofRelease(p release.Progress, partial Partial, now time.Time) (Waiting, bool) {
	w := Waiting{
		Subject: SubjectRelease, ID: p.ReleaseID, App: p.App.SearchValue(), AppName: p.AppName, Application: nameOf(p), RequestedBy: p.RequestedBy,
		Since: firstKnown(p.StartedAt, p.AcceptedAt), Next: release.Next(p), Partial: partial,
	}
	if partial.Reason == PartialFailing {
		w.Need, w.Text = release.NeedHelp, partial.Message
		return w, true
	}
	if p.Artifact != (release.Artifact{}) {
		w.Artifact = p.Artifact.String()
	}
	need, needs := p.Need(now)
	w.Need, w.Text, w.Until, w.Since = need.Kind, need.Text, need.Until, cmp.Or(need.Since, w.Since)
	if p.Awaiting != nil {
		w.Batch = p.Awaiting.Batch
	}
	return w, needs
}

func (g *gathering) sets(ctx context.Context) ([]func(context.Context), error) {
	query := "WorkflowType = " + literal(release.WorkflowReleaseSet) + Filter{Phase: release.PhaseAwaitingConfirm, Open: true}.attributes()
	infos, _, err := g.client.find(ctx, search{query: query})
	if err != nil {
		return nil, err
	}
	return forEach(infos, func(ctx context.Context, l listedAt) {
		id := strings.TrimPrefix(l.ID, release.SetWorkflowID(""))
		p, partial, there := ask(ctx, g.survey, question[release.SetProgress]{
			of: answererOf(id), beyond: l.beyond(),
			ask: func(ctx context.Context) (release.SetProgress, error) { return g.client.setReader(id).ask(ctx, "") },
		})
		if partial.Reason != PartialNone {
			p = release.SetProgress{SetID: id, Phase: l.Phase, StartedAt: l.CreatedAt, RequestedBy: l.RequestedBy}
		}
		if w, waits := ofSet(p, partial); there && waits && g.concerns(p) {
			if undoes := Undoes(g.client.Since(ctx, p)); undoes != "" {
				w.Text += "; should it fail, " + undoes
			}
			g.add(w)
		}
	}), nil
}

// concerns reports whether a set releases the application that is asked for. Of one that no
// worker answers for nobody knows.
func (g *gathering) concerns(p release.SetProgress) bool {
	return g.app == "" || len(p.Waves) == 0 || slices.ContainsFunc(p.Waves, func(w release.WaveProgress) bool {
		return slices.ContainsFunc(w.Releases, func(s release.SetStanding) bool { return s.App.SearchValue() == g.app })
	})
}

func ofSet(p release.SetProgress, partial Partial) (Waiting, bool) {
	w := Waiting{
		Need: release.NeedConfirm, Text: "confirmation of a wave", Subject: SubjectSet, ID: p.SetID, RequestedBy: p.RequestedBy,
		Since: p.StartedAt, Next: release.NextOfSet(p), Partial: partial,
	}
	if partial.Reason == PartialFailing {
		w.Need, w.Text = release.NeedHelp, partial.Message
	}
	if a := p.Awaiting; a != nil {
		w.Since, w.Until, w.Batch = a.Since, a.Until, a.Batch
		w.Text = fmt.Sprintf("confirmation of wave %d of %d of set %s", a.Batch, len(p.Waves), p.Name)
	}
	return w, p.Phase == release.PhaseAwaitingConfirm
}

// ofLanes asks each lane.
func (g *gathering) ofLanes(infos []*workflowpb.WorkflowExecutionInfo) []func(context.Context) {
	return forEach(infos, func(ctx context.Context, l listedAt) {
		state, partial, there := ask(ctx, g.survey, question[*release.LaneState]{
			of: aLane(), beyond: l.beyond(),
			ask: func(ctx context.Context) (*release.LaneState, error) { return g.client.queryLane(ctx, l.ID) },
		})
		switch {
		case !there:
		case partial.Reason == PartialFailing:
			g.add(Waiting{Need: release.NeedHelp, Subject: SubjectLane, App: l.App, Since: l.CreatedAt, Text: partial.Message, Next: []release.NextStep{}, Partial: partial})
		case partial.Reason == PartialNone:
			g.lane(ctx, *state)
		}
	})
}

// lane adds what a lane needs: that somebody resumes it, or looks at what releases have left.
func (g *gathering) lane(ctx context.Context, s release.LaneState) {
	if h := s.Held; h != nil {
		w := Waiting{
			Need: release.NeedLane, Subject: SubjectLane, App: s.App.SearchValue(), Since: h.Since, RequestedBy: h.By,
			Text: "the lane is held by " + h.By + ": " + h.Reason, Next: release.NextOfLane(release.LaneState{App: s.App, Held: h}),
		}
		if h.ReleaseID != "" {
			w.Need, w.Subject, w.ID = release.NeedAttention, SubjectRelease, h.ReleaseID
			w.Text = "it needs attention, and its lane is held: " + h.Reason
			g.complete(ctx, &w, s)
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
			Need: release.NeedRestore, Subject: SubjectRelease, ID: d.ReleaseID, App: s.App.SearchValue(), Text: d.Words(),
			Next: release.NextOfLane(release.LaneState{App: s.App, Debts: []release.Debt{d}}),
		}
		g.complete(ctx, &w, s)
		g.add(w)
	}
}

// complete adds what a release that has ended says of itself. One that Temporal has forgotten
// says nothing.
func (g *gathering) complete(ctx context.Context, w *Waiting, s release.LaneState) {
	status, err := g.client.Get(ctx, w.ID)
	if err != nil {
		switch {
		case forgotten(err):
		case ctx.Err() != nil:
			w.Partial = late()
		default:
			w.Partial = unread(err)
		}
		return
	}
	p := status.Progress
	w.RequestedBy, w.AppName, w.Application = p.RequestedBy, p.AppName, nameOf(p)
	if p.Artifact != (release.Artifact{}) {
		w.Artifact = p.Artifact.String()
	}
	if w.Since.IsZero() {
		w.Since = p.EndedAt
	}
	if w.Need != release.NeedAttention || !p.Phase.Ended() {
		return
	}
	done := stepsDone(p, s)
	w.Next = slices.DeleteFunc(release.Next(p), func(step release.NextStep) bool { return slices.Contains(done, step.Verb) })
}
