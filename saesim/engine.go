package saesim

import (
	"cmp"
	"fmt"
	"slices"
	"time"
)

// engine works out what happens by itself. It keeps nothing: the outcome depends
// on the state and on the time asked for alone, so it makes no difference how
// often or when somebody looks.
type engine struct {
	// batch is how long one batch takes.
	batch time.Duration
}

// advance brings the state to the given time, one due event after the other.
// Applications do not touch each other, so each goes on by itself.
func (e engine) advance(s *state, now time.Time) {
	if now.After(s.Now) {
		s.Now = now
	}
	if !s.wake.IsZero() && now.Before(s.wake) {
		return
	}
	s.wake = now.Add(farAway)
	for _, app := range s.Apps {
		e.advanceApp(s, app, now)
	}
}

// advanceApp carries an application over the batches and waits that end and the
// timing rules that fire, in the order of their times.
func (e engine) advanceApp(s *state, app *application, now time.Time) {
	for {
		order := s.active(app)
		timed, waits := app.nextTrigger(now)
		switch {
		case order != nil && order.due(now) && (!waits || !timed.at.Before(order.Due)):
			e.step(s, order)
		case waits && !timed.at.After(now):
			s.fire(app, timed)
		default:
			if order != nil {
				s.wakeAt(order.Due)
			}
			s.wakeAt(timed.at)
			return
		}
	}
}

// wakeAt makes sure that the next event is not slept through.
func (s *state) wakeAt(t time.Time) {
	if !t.IsZero() && t.Before(s.wake) {
		s.wake = t
	}
}

// farAway is when to look again although nothing is due.
const farAway = 24 * time.Hour

func (o *changeOrder) due(now time.Time) bool { return !o.Due.IsZero() && !o.Due.After(now) }

// step carries an order over the event that is due.
func (e engine) step(s *state, order *changeOrder) {
	app, at := s.Apps[order.AppID], order.Due
	switch order.Phase {
	case phasePreparing:
		e.begin(app, order, at)
	case phaseRunning:
		if order.Work.Resting {
			e.startWave(app, order, at)
		} else {
			e.endWave(app, order, at)
		}
	case phaseAutoWait:
		e.startBatch(app, order, order.Current+1, at)
	case phaseRollback:
		e.endRollbackWave(app, order, at)
	case phaseApproval, phaseConfirm, phaseHanging, phaseFinished:
		order.Due = time.Time{} // these wait for a call
	}
	endUnseen(app, order, at)
	if app.Deleted {
		s.forget(app)
	}
}

// prepare starts an order that needs no (further) approval: its scaling rules are
// switched off and it gets ready (SAE API reference ch. 5).
func (e engine) prepare(app *application, order *changeOrder, at time.Time) {
	if order.Plan.DisableRules {
		for _, rule := range app.Rules {
			if rule.Enabled {
				rule.Enabled, rule.LastDisabledAt, rule.UpdatedAt = false, at, at
				order.Disabled = append(order.Disabled, rule.Name)
			}
		}
	}
	order.Phase = phasePreparing
	order.Due = at.Add(e.batch / 4)
}

// begin makes the order's target the application's configuration and starts the
// first batch.
func (e engine) begin(app *application, order *changeOrder, at time.Time) {
	app.charge(at)
	if order.Plan.Set["VSwitchId"] != "" {
		app.pinInstances() // until others take their places
	}
	app.set(order.Plan.Set)
	app.Stopped = app.Stopped && order.Plan.Ends != ""
	order.Before = cmp.Or(order.Plan.Base, app.CurrentVersion)
	if order.Plan.Target != "" {
		app.CurrentVersion = order.Plan.Target
	}
	if order.Plan.Replicas > 0 {
		order.ReplicasBefore = app.Replicas
		app.Replicas = order.Plan.Replicas
	}
	e.startBatch(app, order, 0, at)
}

func (e engine) startBatch(app *application, order *changeOrder, index int, at time.Time) {
	order.Current = index
	order.Phase = phaseRunning
	p := order.Pipelines[index]
	p.Status, p.StartedAt, p.UpdatedAt = statusRunning, at, at
	lead := 0
	if index == 0 {
		lead = order.Plan.Lead
	}
	order.Work = newWork(order.Plan.Batches[index], order.Plan.Unavailable, lead)
	e.startWave(app, order, at)
}

// endWave finishes a wave, well or badly, and decides what follows.
func (e engine) endWave(app *application, order *changeOrder, at time.Time) {
	if fault, arranged := order.Plan.Faults[order.Current+1]; arranged {
		breakWave(app, order, at)
		e.batchFailed(app, order, fault, at)
		return
	}
	settleWave(app, order, at)
	switch more := order.Work.next(order.Plan.Unavailable); {
	case more && order.Plan.Pause > 0:
		order.Work.Resting, order.Due = true, at.Add(order.Plan.Pause)
	case more:
		e.startWave(app, order, at)
	default:
		e.batchDone(app, order, at)
	}
}

func (e engine) batchDone(app *application, order *changeOrder, at time.Time) {
	p := order.Pipelines[order.Current]
	p.Status, p.UpdatedAt = statusSuccess, at
	next := order.Current + 1
	if next == len(order.Pipelines) {
		finish(app, order, statusSuccess, at)
		return
	}
	switch {
	case order.Plan.Manual:
		order.Phase, order.Due = phaseConfirm, time.Time{}
		order.Pipelines[next].Status, order.Pipelines[next].UpdatedAt = statusWaitConfirm, at
	case order.Plan.Wait > 0:
		order.Phase, order.Due = phaseAutoWait, at.Add(order.Plan.Wait)
		order.Pipelines[next].Status, order.Pipelines[next].UpdatedAt = statusWaitAuto, at
	default:
		e.startBatch(app, order, next, at)
	}
}

// batchFailed acts on a failed batch as SAE API reference ch. 5 says: a single
// batch stays as it is; a gray or batch release is rolled back by the platform,
// unless it hangs and has to be rolled back by hand.
func (e engine) batchFailed(app *application, order *changeOrder, fault FaultKind, at time.Time) {
	p := order.Pipelines[order.Current]
	outcome := statusFailed
	if fault == FaultSystemFails {
		outcome = statusSystemFail
	}
	p.Status, p.UpdatedAt = outcome, at
	order.Message = fmt.Sprintf("EDAS-10022 readiness check failed in %s", p.Name)
	switch {
	case fault == FaultHang:
		p.Status = statusFailed
		order.Phase, order.Due = phaseHanging, time.Time{}
	case order.Plan.Gradual && order.supportsRollback():
		e.startRollback(app, order, outcome, at)
	default:
		finish(app, order, outcome, at)
	}
}

// supportsRollback reports whether the order has something to go back to.
func (o *changeOrder) supportsRollback() bool {
	return o.Plan.Target != "" && o.Before != "" && !o.Plan.NoRollback
}

// startRollback puts every changed slot back to the version it ran before, broken
// instances first, and ends the order with the given outcome.
func (e engine) startRollback(app *application, order *changeOrder, outcome int, at time.Time) {
	order.Phase, order.Outcome = phaseRollback, outcome
	slots := sortedSlots(order.Was)
	slices.SortStableFunc(slots, func(a, b int) int {
		return cmp.Compare(rankBroken(app.slot(a)), rankBroken(app.slot(b)))
	})
	if len(slots) == 0 {
		e.rolledBack(app, order, at)
		return
	}
	order.Work = newWork(slots, order.Plan.Unavailable, 0)
	e.startRollbackWave(app, order, at)
}

func rankBroken(i *instance) int {
	if i != nil && i.Status == instanceRunning {
		return 1
	}
	return 0
}

func sortedSlots(m map[int]string) []int {
	slots := make([]int, 0, len(m))
	for slot := range m {
		slots = append(slots, slot)
	}
	slices.Sort(slots)
	return slots
}

func (e engine) startRollbackWave(app *application, order *changeOrder, at time.Time) {
	for _, slot := range order.Work.wave() {
		was := order.Was[slot]
		if i := app.slot(slot); was == "" && i != nil {
			i.Status = instanceTerminating
			app.noteInstance(i, at, "Killing", "Stopping container")
			continue
		}
		putInstance(app, order, &instance{Slot: slot, VersionID: was, CreatedAt: at})
	}
	order.Due = at.Add(e.waveTime(order))
}

func (e engine) endRollbackWave(app *application, order *changeOrder, at time.Time) {
	settleWave(app, order, at)
	if order.Work.next(order.Plan.Unavailable) {
		e.startRollbackWave(app, order, at)
		return
	}
	e.rolledBack(app, order, at)
}

func (e engine) rolledBack(app *application, order *changeOrder, at time.Time) {
	app.CurrentVersion = order.Before
	if order.ReplicasBefore > 0 {
		app.Replicas = order.ReplicasBefore
	}
	finish(app, order, order.Outcome, at)
}

// finish ends an order. Scaling rules come back after success alone, and exactly
// those that the order itself switched off (SAE API reference ch. 5).
func finish(app *application, order *changeOrder, outcome int, at time.Time) {
	order.Phase, order.Outcome = phaseFinished, outcome
	order.Due, order.FinishedAt = time.Time{}, at
	app.ActiveOrder = ""
	app.keepLeaving(at)
	before := app.Replicas
	app.applyEnd(&order.Plan, outcome)
	if app.Replicas != before || order.Plan.Replicas > 0 {
		app.noteScaled(at, "")
	}
	for _, p := range order.Pipelines {
		if !finished(p.Status) {
			p.Status, p.UpdatedAt = statusAborted, at
		}
	}
	if outcome == statusSuccess {
		app.bind(order.Plan.Bind)
	}
	if outcome != statusSuccess || !order.Plan.Restore {
		return
	}
	for _, name := range order.Disabled {
		if rule := app.rule(name); rule != nil {
			rule.Enabled, rule.UpdatedAt = true, at
		}
	}
}

// status is the order's public status and sub-status (SAE API reference ch. 14.3).
func (o *changeOrder) status() (status, subStatus int) {
	switch o.Phase {
	case phaseApproval:
		return statusApproval, 0
	case phasePreparing:
		if o.Approved {
			return statusApproved, 0
		}
		return statusReady, 0
	case phaseRunning, phaseRollback:
		return statusRunning, 0
	case phaseHanging:
		return statusRunning, 1
	case phaseConfirm:
		return statusWaitConfirm, 0
	case phaseAutoWait:
		return statusWaitAuto, 0
	case phaseFinished:
	}
	return o.Outcome, 0
}
