package notify

import (
	"time"

	"slipway/release"
	"slipway/wire"
)

// Sample is an event as an example of its kind.
type Sample struct {
	// Name is the thing and the kind, as release.batch.waiting.
	Name  string
	Event wire.LifecycleEvent
}

// Samples are examples of everything that is told.
func Samples() []Sample {
	var out []Sample
	add := func(of release.Event) {
		of.At = sampleTime()
		e := wire.LifecycleEvent{Event: of, Time: of.At}
		name := thingOf(e) + "." + string(e.Kind)
		e.ID = "sample-" + name
		out = append(out, Sample{name, e})
	}
	for _, kind := range release.EventKinds() {
		if kind != release.EventWaveWaiting && kind != release.EventWaveDone {
			add(release.Event{Kind: kind, Progress: sampleRelease(kind)})
		}
	}
	for _, kind := range setKinds() {
		add(release.Event{Kind: kind, Set: sampleSet(kind)})
	}
	for _, kind := range []release.EventKind{release.EventHeld, release.EventResumed, release.EventDropped, release.EventAllowed} {
		add(release.Event{Kind: kind, Lane: sampleLane(kind)})
	}
	add(release.Event{Kind: release.EventHeld, Promotion: &release.HeldPromotion{
		Application: "shop", From: "staging", To: "production", App: sampleApp(), ReleaseID: sampleID, Artifact: sampleImage, Reason: "the release was rolled back meanwhile",
	}})
	for _, kind := range []release.EventKind{release.EventReplayed, release.EventDropped} {
		add(release.Event{Kind: kind, Letter: &release.LetterChange{
			Sequence: 12, By: "ann", Subject: "slipway.request.app.shop.production", About: "shop/production", Reason: "the document was wrong, and is right now",
		}})
	}
	for _, kind := range []release.EventKind{release.EventFired, release.EventIgnored} {
		add(release.Event{Kind: kind, Push: samplePush(kind)})
	}
	return out
}

// setKinds are the kinds of events that sets tell.
func setKinds() []release.EventKind {
	return []release.EventKind{
		release.EventStarted, release.EventWaveWaiting, release.EventWaveDone, release.EventDecided, release.EventRollingBack, release.EventSucceeded,
		release.EventFailed, release.EventRolledBack, release.EventAborted, release.EventAttention,
	}
}

const (
	sampleID    = "r-jh54bxm6nzk3dfk5"
	sampleSetID = "s-jh54bxm6nzk3dfk5"
	sampleImage = "registry.example/team/shop:1.4.3"
)

func sampleTime() time.Time { return time.Date(2026, 11, 22, 10, 1, 10, 0, time.UTC) }

func sampleApp() release.App {
	return release.App{Platform: release.Platforms()[0].Platform, Region: "cn-hangzhou", ID: "7171a6ca-d1cd-4928-8642-7d5cfe69cafe"}
}

// sampleRelease is a gray release right after an event of a kind.
func sampleRelease(kind release.EventKind) release.Progress {
	at := sampleTime()
	p := release.Progress{
		ReleaseID: sampleID, App: sampleApp(), AppName: "shop", Operation: release.OperationRelease, Artifact: release.Artifact{Image: sampleImage},
		ByName:     &release.ByName{Application: "shop", Environment: "production", Revision: 3},
		Phase:      release.PhaseRollingOut,
		Strategy:   release.Strategy{Type: release.StrategyGray, Gray: 1, Batches: 2, Confirm: release.ConfirmManual},
		RollbackTo: &release.Version{Artifact: release.Artifact{Image: "registry.example/team/shop:1.4.2"}},
		ChangeID:   "5f3b1c0e-0c3b-4b58-a3c6-1f6a0a8a9d11", RequestedBy: "ci", Note: "fixes the basket",
		AcceptedAt: at.Add(-2 * time.Minute), StartedAt: at.Add(-time.Minute),
		Batches: []release.Batch{
			{Number: 1, Instances: 1, State: release.BatchDone, StartedAt: at.Add(-time.Minute), EndedAt: at},
			{Number: 2, Instances: 2, State: release.BatchPending},
			{Number: 3, Instances: 2, State: release.BatchPending},
		},
		Gates: []release.GateResult{
			{Name: "home-page", Batch: 1, Verdict: release.VerdictPass, Reason: "3 of 3 samples passed"},
			{Name: "error-rate", Batch: 1, Verdict: release.VerdictInconclusive, Reason: "2 of 3 samples have no data"},
		},
	}
	switch {
	case kind == release.EventAccepted, kind == release.EventStarted:
		p.Phase, p.Batches, p.Gates, p.ChangeID = release.PhasePreparing, nil, nil, ""
	case release.EventsEnded.Has(kind):
		sampleEnd(&p, kind)
	case kind == release.EventRunStarted:
		p.Phase, p.Operation, p.Batches, p.Gates = release.PhaseRunning, release.OperationJob, nil, nil
	default:
		sampleUnderWay(&p, kind)
	}
	return p
}

// sampleUnderWay lets the release stand as it does after an event that is neither its begin nor its end.
func sampleUnderWay(p *release.Progress, kind release.EventKind) {
	at := sampleTime()
	until := at.Add(24 * time.Hour)
	switch kind { //nolint:exhaustive // the others are seen by what has happened so far
	case release.EventBatchWaiting:
		p.Phase, p.Awaiting = release.PhaseAwaitingConfirm, &release.Awaiting{Kind: release.AwaitConfirm, Batch: 1, Since: at, Until: until, OnTimeout: release.TimeoutAbort}
	case release.EventApprovalWaiting, release.EventApprovalGiven, release.EventApprovalGranted:
		sampleApproval(p, kind)
	case release.EventPlatformApprovalWaiting:
		p.Phase, p.Awaiting = release.PhaseAwaitingPlatformApproval, &release.Awaiting{Kind: release.AwaitPlatformApproval, Since: at, Until: until}
	case release.EventBatchConfirmed:
		p.Batches[0].State = release.BatchConfirmed
		p.Decisions = []release.Decision{{Kind: release.CommandConfirm, Batch: 1, By: "ann", At: at, Note: "looks good"}}
	case release.EventPaused:
		p.Phase, p.Paused, p.Awaiting = release.PhasePaused, true, &release.Awaiting{Kind: release.AwaitResume, Batch: 1, Since: at}
		p.Decisions = []release.Decision{{Kind: release.CommandPause, By: "mei", At: at, Note: "orders look odd"}}
	case release.EventStalled:
		p.Stalled = &release.Stall{Doing: "Observe", Fault: release.FaultUnavailable, Failure: "connection refused", Since: at.Add(-10 * time.Second), At: at, Until: until}
	case release.EventWatching:
		p.Phase, p.Strategy.Watch = release.PhaseWatching, &release.Watch{For: release.Duration(10 * time.Minute)}
		allDone(p)
		p.Awaiting = &release.Awaiting{Kind: release.AwaitWatch, Batch: len(p.Batches), Since: at, Until: at.Add(10 * time.Minute)}
	case release.EventRollingBack:
		p.Phase, p.Reason = release.PhaseRollingBack, "gate error-rate failed after batch 1"
	case release.EventDecided:
		p.Decisions = []release.Decision{{Kind: release.CommandConfirm, Batch: 2, By: "ann", At: at, Refused: "batch 2 does not wait for a confirmation: it runs"}}
	}
}

// sampleApproval asks two people, of whom as many have approved as an event tells.
func sampleApproval(p *release.Progress, kind release.EventKind) {
	at := sampleTime()
	p.Phase, p.Batches, p.Gates, p.ChangeID = release.PhaseAwaitingApproval, nil, nil, ""
	p.Awaiting = &release.Awaiting{Kind: release.AwaitApproval, Since: at, Until: at.Add(24 * time.Hour), OnTimeout: release.TimeoutAbort}
	p.Approval = release.NewApproval(&release.Approval{
		Count: 2, From: []string{"ann", "li", "mei"}, NotRequester: true, Within: release.DefaultApprovalLimit, OnTimeout: release.TimeoutAbort,
	})
	p.Approval.Ask(*p, at)
	given := map[release.EventKind][]string{release.EventApprovalGiven: {"ann"}, release.EventApprovalGranted: {"ann", "li"}}
	for _, by := range given[kind] {
		d := release.Decision{Kind: release.CommandApprove, By: by, At: at}
		p.Decisions = append(p.Decisions, d)
		p.Approval.Take(d)
	}
	if p.Approval.Granted() {
		p.Phase, p.Awaiting = release.PhasePreparing, nil
	}
}

// sampleEnd lets the release stand as it does after its end.
func sampleEnd(p *release.Progress, kind release.EventKind) {
	reasons := map[release.EventKind]string{
		release.EventFailed: "the platform refused the image: not found", release.EventRolledBack: "gate error-rate failed after batch 1",
		release.EventAborted: "aborted by mei: orders look odd", release.EventAttention: "the rollback has failed: the platform shows the change as stopped",
	}
	for _, outcome := range []release.Phase{release.PhaseSucceeded, release.PhaseFailed, release.PhaseRolledBack, release.PhaseAborted, release.PhaseNeedsAttention} {
		if of, _ := outcome.Outcome(); of == kind {
			p.Phase, p.Outcome = outcome, outcome
		}
	}
	p.Reason, p.EndedAt, p.Gates = reasons[kind], sampleTime(), nil
	if kind == release.EventSucceeded {
		allDone(p)
	}
}

func allDone(p *release.Progress) {
	for i := range p.Batches {
		p.Batches[i].State = release.BatchDone
	}
}

// sampleSet is a set of two waves right after an event of a kind.
func sampleSet(kind release.EventKind) *release.SetProgress {
	at := sampleTime()
	p := &release.SetProgress{
		SetID: sampleSetID, Name: "checkout", Phase: release.PhaseRollingOut, OnFailure: release.SetRollback, RequestedBy: "ci", Note: "the sale", StartedAt: at.Add(-time.Hour),
		Waves: []release.WaveProgress{
			{Number: 1, Name: "backend", Confirm: release.ConfirmAuto, Releases: []release.SetStanding{
				{Name: "shop", App: sampleApp(), Run: release.SetRun{ReleaseID: "r-s-jh54bxm6nzk3dfk5", Outcome: release.PhaseSucceeded, StartedAt: at.Add(-time.Hour), EndedAt: at}},
			}},
			{Number: 2, Name: "frontend", Confirm: release.ConfirmManual, Releases: []release.SetStanding{{
				Name: "web", App: release.App{Platform: release.Platforms()[0].Platform, Region: "cn-hangzhou", ID: "f80db7f6-0d46-4563-bd41-99f11e3a2eb4"}, Run: release.SetRun{ReleaseID: "r-s-abcdefghijkl2345"},
			}}},
		},
	}
	switch {
	case kind == release.EventWaveWaiting:
		p.Phase, p.Awaiting = release.PhaseAwaitingConfirm, &release.Awaiting{Kind: release.AwaitConfirm, Batch: 2, Since: at, Until: at.Add(24 * time.Hour)}
	case kind == release.EventDecided:
		p.Decisions = []release.Decision{{Kind: release.CommandConfirm, Batch: 2, By: "ann", At: at, Note: "the backend is well"}}
	case release.EventsEnded.Has(kind):
		var r release.Progress
		sampleEnd(&r, kind)
		p.Phase, p.Outcome, p.EndedAt = r.Phase, r.Outcome, at
		if kind != release.EventSucceeded {
			p.Reason = "web (r-s-abcdefghijkl2345) ended " + string(r.Outcome)
		}
	}
	return p
}

func sampleLane(kind release.EventKind) *release.LaneChange {
	hold := &release.Hold{By: "ann", Reason: "the database is being moved", Since: sampleTime()}
	l := &release.LaneChange{App: sampleApp(), By: "ann"}
	switch kind { //nolint:exhaustive // a lane has no others
	case release.EventHeld:
		l.Reason, l.After = hold.Reason, hold
	case release.EventResumed:
		l.Before = hold
	case release.EventDropped:
		l.Reason, l.ReleaseID = "superseded by the next one", sampleID
	case release.EventAllowed:
		l.Artifact = sampleImage
	}
	return l
}

func samplePush(kind release.EventKind) *release.Push {
	p := &release.Push{
		Sequence: 7, StoredAt: sampleTime(), Image: "registry.example/team/shop", Tag: "1.4.3", Sender: "harbor", Source: "https://registry.example", EventID: "42", By: "ann",
		Rules: []release.PushRule{{Application: "shop", Rule: "versions", Environment: "staging", ReleaseID: sampleID}},
	}
	if kind == release.EventIgnored {
		p.Rules[0].ReleaseID, p.Rules[0].Reason = "", "version 1.4.3 is not in >=2.0"
	}
	return p
}
