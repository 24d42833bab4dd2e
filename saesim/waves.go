package saesim

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"slipway/internal/simframe"
)

// newWork divides slots into waves of at most size; lead, when given, is the size
// of the first one.
func newWork(slots []int, size, lead int) work {
	w := work{Slots: slots, Wave: min(size, len(slots))}
	if lead > 0 {
		w.Wave = min(lead, len(slots))
	}
	rest := len(slots) - w.Wave
	w.Waves = 1 + (rest+size-1)/size
	return w
}

func (w *work) wave() []int { return w.Slots[w.Done : w.Done+w.Wave] }

// next moves on to the following wave and reports whether there is one.
func (w *work) next(size int) bool {
	w.Done += w.Wave
	w.Wave = min(size, len(w.Slots)-w.Done)
	return w.Wave > 0
}

func (e engine) waveTime(order *changeOrder) time.Duration {
	return e.batch / time.Duration(order.Work.Waves)
}

func (e engine) startWave(app *application, order *changeOrder, at time.Time) {
	order.Work.Resting = false
	for _, slot := range order.Work.wave() {
		changeSlot(app, order, slot, at)
	}
	order.Due = at.Add(e.waveTime(order))
}

// changeSlot replaces, adds or takes away the instance of one slot.
func changeSlot(app *application, order *changeOrder, slot int, at time.Time) {
	old := app.slot(slot)
	if order.Was == nil {
		order.Was = map[int]string{}
	}
	if order.Plan.takesAway(slot) {
		if old != nil {
			order.Was[slot] = old.VersionID
			old.Status = instanceTerminating
			app.noteInstance(old, at, "Killing", "Stopping container")
		}
		return
	}
	target, was := order.Plan.Target, order.Before
	if old != nil {
		was = old.VersionID
	}
	if target == "" {
		target = was
	}
	order.Was[slot] = cmp.Or(order.Plan.Base, was)
	if order.adds(slot) {
		order.Was[slot] = ""
	}
	putInstance(app, order, &instance{Slot: slot, VersionID: target, CreatedAt: at})
}

// adds reports whether a slot did not exist before the order.
func (o *changeOrder) adds(slot int) bool { return o.ReplicasBefore > 0 && slot >= o.ReplicasBefore }

// putInstance places the starting instance of an order into its slot.
func putInstance(app *application, order *changeOrder, fresh *instance) {
	order.Made++
	fresh.ID = simframe.UUID(0, fmt.Sprintf("instance/%s/%d", order.ID, order.Made))
	fresh.PipelineID = order.Pipelines[order.Current].ID
	if old := app.slot(fresh.Slot); old != nil && old.Status == instanceRunning && app.leaving() < order.Plan.Surge && !order.leads() {
		old.Leaving = true
	}
	app.place(fresh)
}

// leads reports whether the wave that replaces the lesser of two versions is under way. None of
// its instances stay beside the third version: there would be three.
func (o *changeOrder) leads() bool {
	return o.Plan.Lead > 0 && o.Phase == phaseRunning && o.Current == 0 && o.Work.Done == 0
}

// leaving counts the instances above the number that the application has.
func (a *application) leaving() int {
	n := 0
	for _, i := range a.Instances {
		if i.Leaving {
			n++
		}
	}
	return n
}

// dropLeaving takes the instances away whose places others have taken.
func (a *application) dropLeaving(at time.Time) {
	a.charge(at)
	a.Instances = slices.DeleteFunc(a.Instances, func(i *instance) bool {
		if i.Leaving {
			a.noteInstance(i, at, "Killing", "Stopping container")
		}
		return i.Leaving
	})
}

// place puts a starting instance into its slot.
func (a *application) place(fresh *instance) {
	fresh.Status, fresh.Health = instanceStarting, healthPending
	fresh.IP = a.address(fresh)
	a.charge(fresh.CreatedAt)
	if old := a.slot(fresh.Slot); old != nil {
		a.noteInstance(old, fresh.CreatedAt, "Killing", "Stopping container")
	}
	a.noteInstance(fresh, fresh.CreatedAt, "Created", "Created container")
	a.Instances = slices.DeleteFunc(a.Instances, func(i *instance) bool { return i.Slot == fresh.Slot && !i.Leaving })
	a.Instances = append(a.Instances, fresh)
	slices.SortFunc(a.Instances, func(a, b *instance) int { return cmp.Compare(a.Slot, b.Slot) })
}

// keepLeaving puts the instances that are leaving back into their slots when an order ends
// whose last wave failed: those that were to take their place go instead (reading).
func (a *application) keepLeaving(at time.Time) {
	for _, i := range slices.Clone(a.Instances) {
		if !i.Leaving {
			continue
		}
		if fresh := a.slot(i.Slot); fresh != nil {
			a.charge(at)
			a.noteInstance(fresh, at, "Killing", "Stopping container")
			a.Instances = slices.DeleteFunc(a.Instances, func(x *instance) bool { return x == fresh })
		}
		i.Leaving = false
	}
}

// comeUp lets an instance run.
func (a *application) comeUp(i *instance, at time.Time) {
	i.Status, i.Health, i.Unhealthy = instanceRunning, healthOf(a.version(i.VersionID)), ""
	a.noteInstance(i, at, "Started", "Started container")
}

// turnUnhealthy lets a running instance fail its health check.
func (a *application) turnUnhealthy(i *instance, at time.Time, why string) {
	i.Health, i.Unhealthy = healthBad, why
	a.note(appEvent{At: at, Kind: kindInstance, Object: i.ID, Warning: true, Reason: "Unhealthy", Message: why})
}

// settleWave lets the instances of the wave under way come up, or go.
func settleWave(app *application, order *changeOrder, at time.Time) {
	app.dropLeaving(at)
	for _, slot := range order.Work.wave() {
		i := app.slot(slot)
		switch {
		case i == nil:
		case i.Status == instanceTerminating:
			app.Instances = slices.DeleteFunc(app.Instances, func(x *instance) bool { return x == i })
		default:
			app.comeUp(i, at)
			if why, ill := order.Plan.Unhealthy[order.Current+1]; ill && order.Phase == phaseRunning {
				app.turnUnhealthy(i, at, why)
			}
		}
	}
}

func healthOf(v *version) string {
	if v == nil || v.Config["Readiness"] == "" && v.Config["Liveness"] == "" {
		return healthUnchecked
	}
	return healthGood
}

// breakWave leaves the instances of the wave under way broken, beside those that they were
// to take the place of.
func breakWave(app *application, order *changeOrder, at time.Time) {
	for _, slot := range order.Work.wave() {
		if i := app.slot(slot); i != nil && i.Status == instanceStarting {
			i.Status, i.Health, i.Unhealthy, i.Restarts = instanceCrashing, healthBad, unhealthyMessage, 3
			app.noteBroken(i, at)
		} else if i != nil {
			i.Status = instanceRunning
		}
	}
}
