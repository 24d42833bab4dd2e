package workflows_test

import (
	"slices"
	"strings"
	"time"

	"go.temporal.io/sdk/interceptor"
	"go.temporal.io/sdk/workflow"

	"slipway/release"
)

// loss is a world in which workflows are terminated and reset at any time, as the Temporal
// server does it, and in which a ledger remembers what was told of releases.
type loss struct {
	// struck tells how a workflow is lost at its next workflow task, by its ID.
	struck map[string]loser
	// alive are the runs of workflows that have begun and not ended, the latest last.
	alive []string
	// signals are what was said to a workflow, which a reset says again.
	signals map[string][]*interceptor.HandleSignalInput
	// updates are what a run of the lane has accepted, which a reset says again, and pending is
	// what the next run is told with its first workflow task.
	updates, pending []said
	places           map[string]func() (release.LaneEntry, error)
	// ended is when a workflow has ended.
	ended map[string]time.Time
	// hear, lives and accept are those of the world; as values the check of workflows does not follow
	// them into the test environment.
	hear   func()
	lives  func(away bool) release.Living
	accept func(release.Submission)
}

// loser is how a workflow is lost.
type loser string

const (
	terminated loser = "terminated"
	reset      loser = "reset"
)

// said is an update of the lane.
type said struct {
	to   *answered
	name string
	arg  any
}

// calls is the signal that starts a lane which does not run, as an update does that starts it;
// over ends the world.
const (
	calls = "calls"
	over  = "over"
	wakes = "wakes"
)

// losing lets workflows of the world be lost at any time.
func (w *world) losing() {
	w.loss = &loss{
		struck: map[string]loser{}, signals: map[string][]*interceptor.HandleSignalInput{},
		places: map[string]func() (release.LaneEntry, error){}, ended: map[string]time.Time{},
	}
	w.loss.hear, w.loss.lives, w.loss.accept = w.hear, w.lives, w.acceptedByLane
	w.ledger = &memory{records: map[string]record{}, published: map[string]release.Published{}}
	w.laneID = release.LaneID(w.app)
}

// strike loses a workflow that runs, when the time has come.
func (w *world) strike(workflowID string, how loser) {
	if slices.Contains(w.loss.alive, workflowID) {
		w.loss.struck[workflowID] = how
		_ = w.env.SignalWorkflowByID(workflowID, wakes, nil)
	}
}

// again runs a lane whenever somebody calls it, until the world is over.
func (w *world) again(ctx workflow.Context, in release.LaneInput) error {
	called, done := workflow.GetSignalChannel(ctx, calls), workflow.GetSignalChannel(ctx, over)
	for {
		choice, ended := workflow.NewSelector(ctx), false
		choice.AddReceive(called, func(c workflow.ReceiveChannel, _ bool) { c.Receive(ctx, nil) })
		choice.AddReceive(done, func(workflow.ReceiveChannel, bool) { ended = true })
		choice.Select(ctx)
		if ended {
			return nil
		}
		for called.ReceiveAsync(nil) { // one start is the answer to all
		}
		if err := w.around(ctx, in); err != nil && !strings.Contains(err.Error(), errLost.Error()) {
			return err
		}
	}
}

// mortal carries out a workflow that may be lost at any time.
func (i *worldInbound) mortal(ctx workflow.Context, in *interceptor.ExecuteWorkflowInput) (any, error) {
	w, info := i.world, workflow.GetInfo(ctx)
	id := info.WorkflowExecution.ID
	w.loss.alive = append(w.loss.alive, id)
	for _, word := range w.loss.signals[id] {
		if err := i.Next.HandleSignal(ctx, word); err != nil {
			return nil, err
		}
	}
	if id == w.laneID {
		w.loss.hear()
	}
	var result any
	var err error
	ended := false
	workflow.Go(ctx, func(ctx workflow.Context) {
		result, err = i.Next.ExecuteWorkflow(ctx, in)
		ended = true
	})
	_ = workflow.Await(ctx, func() bool { return ended || w.loss.struck[id] != "" })
	how := w.loss.struck[id]
	delete(w.loss.struck, id)
	if at := slices.Index(w.loss.alive, id); at >= 0 {
		w.loss.alive = slices.Delete(w.loss.alive, at, at+1)
	}
	if how != reset {
		w.loss.ended[id] = workflow.Now(ctx)
	}
	switch {
	case ended:
		w.record(id, result, err)
		return result, err
	case how == reset:
		if id == w.laneID {
			for _, u := range w.loss.updates {
				w.loss.pending = append(w.loss.pending, said{&answered{}, u.name, u.arg})
			}
		}
		return nil, workflow.NewContinueAsNewError(ctx, info.WorkflowType.Name, in.Args...)
	}
	w.end(id, release.Ending{Lost: string(terminated)})
	return nil, errLost
}

// hear says to a run of the lane what it is told with its first workflow task.
func (w *world) hear() {
	pending := w.loss.pending
	w.loss.pending, w.loss.updates = nil, nil
	for _, u := range pending {
		w.update(u.to, u.name, u.arg)
	}
}

func (i *worldInbound) HandleSignal(ctx workflow.Context, in *interceptor.HandleSignalInput) error {
	id := workflow.GetInfo(ctx).WorkflowExecution.ID
	if l := i.world.loss; l != nil && in.SignalName != wakes {
		l.signals[id] = append(l.signals[id], in)
	}
	return i.Next.HandleSignal(ctx, in)
}

// lives answers what a lane finds that looks for releases, see activities/releases: the newest
// first, as Temporal lists them, and what the ledger has open.
func (w *world) lives(away bool) release.Living {
	w.mu.Lock()
	defer w.mu.Unlock()
	var found release.Living
	seen, delivered := map[string]bool{}, map[string]bool{}
	add := func(e release.LaneEntry) {
		if !seen[e.ReleaseID] {
			seen[e.ReleaseID] = true
			found.Releases = append(found.Releases, e)
		}
	}
	for _, id := range slices.Backward(w.loss.alive) {
		if of, is := release.DeliveryOf(id); is {
			delivered[of] = true
		}
		if lost, is := strings.CutPrefix(id, release.WatchdogID("")); is {
			add(release.LaneEntry{ReleaseID: lost, Proceeded: true})
		}
		if place := w.loss.places[id]; place != nil {
			if e, err := place(); err == nil {
				add(e)
			}
		}
	}
	if away {
		return found
	}
	w.ledger.open(&found, func(e release.LaneEntry) {
		if !delivered[e.ReleaseID] {
			add(e)
		}
	})
	return found
}

// acceptedByLane records what a starter does once the lane has answered. A starter that cannot comes again until it can,
// so that the ledger has the release in the end, whatever has become of it: here it has it at once.
func (w *world) acceptedByLane(s release.Submission) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.ledger.accept(s)
}

// retention is how long Temporal keeps what has ended: longer than a lane takes to look.
const retention = 15 * time.Minute

// expire lets Temporal forget what has ended, once its retention has passed.
func (w *world) expire() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for id, at := range w.loss.ended {
		if w.since(at) > retention {
			w.endings[id] = release.Ending{Lost: "there is no such workflow; its history may have expired"}
			delete(w.shown, id)
		}
	}
}
