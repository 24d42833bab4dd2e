package whatif

import (
	"fmt"
	"slices"
	"time"

	"slipway/release"
)

// limits judges each wait again whose limit is to be another.
func (c Change) limits(r Recorded) (out []Decision) {
	for _, l := range release.AllLimits() {
		d, given := c.Limits[l]
		switch {
		case !given || r.Progress.ReleaseID == "":
		case l == release.LimitQueue:
			out = append(out, r.queue(d.Std()))
		case l == release.LimitTotal:
			out = append(out, r.total(d.Std())...)
		default:
			out = append(out, r.waits(l, d.Std())...)
		}
	}
	return out
}

// wait is one wait that a limit bounds.
type wait struct {
	batch int
	// since and end are when it began and when it was over; until is when its limit would have passed, zero where it
	// had passed already, or there was none.
	since, end, until time.Time
	// onTimeout is what happens then.
	onTimeout release.TimeoutPolicy
}

// queue judges the wait in the lane.
func (r Recorded) queue(limit time.Duration) Decision {
	p := r.Progress
	out := Decision{Kind: KindLimit, Name: string(release.LimitQueue)}
	if p.AcceptedAt.IsZero() {
		out.Effect, out.Missing = EffectUndecidable, "when it was accepted is not in its record"
		return out
	}
	end := r.over(p.StartedAt)
	passed := p.StartedAt.IsZero() && slices.ContainsFunc(p.Decisions, func(d release.Decision) bool {
		return d.Via == release.ViaLimit && d.Kind == release.CommandAbort
	})
	return out.timed(passed, end.Sub(p.AcceptedAt), limit, "abort")
}

// over is a time, or where it is zero the end of the release, or now.
func (r Recorded) over(at time.Time) time.Time {
	switch {
	case !at.IsZero():
		return at
	case !r.Progress.EndedAt.IsZero():
		return r.Progress.EndedAt
	}
	return r.Now
}

// timed is the decision whether a limit has passed, and would pass, in a wait that took so long.
func (d Decision) timed(passed bool, took, limit time.Duration, then string) Decision {
	would, about := took >= limit, release.Duration(took.Truncate(time.Second))
	d.Effect, d.Was = EffectSame, fmt.Sprintf("it took %s", about)
	if passed {
		d.Was = fmt.Sprintf("the limit passed after %s", about)
	}
	d.Would = fmt.Sprintf("the limit of %s has not passed", release.Duration(limit))
	if would {
		d.Would = fmt.Sprintf("the limit of %s passes: %s", release.Duration(limit), then)
	}
	if passed != would {
		d.Effect = EffectFlip
	}
	return d
}

// total judges the whole release. Where the limit passes after the change is done, nothing comes of it.
func (r Recorded) total(limit time.Duration) []Decision {
	p := r.Progress
	if p.StartedAt.IsZero() {
		return nil // its turn never came
	}
	out := Decision{Kind: KindLimit, Name: string(release.LimitTotal)}
	took := r.over(time.Time{}).Sub(p.StartedAt)
	missing := func(what string) []Decision {
		out.Effect, out.Missing = EffectUndecidable, what
		return []Decision{out}
	}
	if !r.knows(FieldLimits) {
		return missing(FieldLimits + " is not in its record")
	}
	had := r.Spec.Limits.Total.Std()
	if (took >= limit || took >= had) && r.Untold != "" {
		return missing(r.Untold)
	}
	passed, would := r.acts(had), r.acts(limit)
	out.Effect = EffectSame
	if passed != would {
		out.Effect = EffectFlip
	}
	out.Was, out.Would = totalText(passed, had, took), totalText(would, limit, took)
	return []Decision{out}
}

func totalText(acts bool, limit, took time.Duration) string {
	if acts {
		return fmt.Sprintf("the limit of %s passes", release.Duration(limit))
	}
	return fmt.Sprintf("it is done after %s, or past its change, before the limit of %s acts", release.Duration(took.Truncate(time.Second)), release.Duration(limit))
}

// acts reports whether a total limit would have stopped or ended the release.
func (r Recorded) acts(limit time.Duration) bool {
	at := r.Progress.StartedAt.Add(limit)
	if !at.Before(r.over(time.Time{})) {
		return false
	}
	if slices.ContainsFunc(r.Progress.Decisions, func(d release.Decision) bool {
		return d.Kind.Stops() && d.Refused == "" && d.At.Before(at)
	}) {
		return false // it is on its way back already
	}
	before := r.Progress
	for _, e := range r.Events {
		if e.At.After(at) {
			break
		}
		before = e.Progress
	}
	policy := r.Spec.Limits.OnConfirmTimeout
	if a := before.Awaiting; a != nil && a.OnTimeout != "" {
		policy = a.OnTimeout
	}
	return release.AfterLimit(release.LimitTotal, release.LimitSituation{
		Phase: before.Phase, Returning: before.Phase == release.PhaseRollingBack, Paused: before.Paused, Confirmed: before.Awaiting == nil, Begun: true,
	}, policy) != release.LimitIgnore
}

// waits judges the waits for people and for the platform.
func (r Recorded) waits(l release.Limit, limit time.Duration) (out []Decision) {
	if r.Untold != "" {
		if !r.mayWait(l) {
			return nil
		}
		return []Decision{{Kind: KindLimit, Name: string(l), Effect: EffectUndecidable, Missing: r.Untold}}
	}
	for _, w := range r.waited(l) {
		d := Decision{Kind: KindLimit, Name: string(l), Batch: w.batch}
		passed := !w.until.IsZero() && !w.end.Before(w.until)
		out = append(out, d.timed(passed, w.end.Sub(w.since), limit, w.then()))
	}
	return out
}

// then says what happens when the limit passes.
func (w wait) then() string {
	if w.onTimeout == "" {
		return string(release.TimeoutAbort)
	}
	return string(w.onTimeout)
}

// mayWait reports whether a release could have had a wait that the limit bounds: one that has never begun, and one that
// replaces all at once with nobody to approve it, has none.
func (r Recorded) mayWait(l release.Limit) bool {
	p := r.Progress
	switch {
	case p.StartedAt.IsZero():
		return false
	case l == release.LimitApproval:
		return p.Approval != nil || p.Strategy.Approval != nil || p.Asked == nil
	case l == release.LimitConfirm:
		return p.Strategy.Type != release.StrategyAll || p.Strategy.Watch != nil
	}
	return true
}

// waited are the waits that a limit has bounded, as the events tell of them.
func (r Recorded) waited(l release.Limit) (out []wait) {
	var open *wait
	for _, e := range r.Events {
		a := e.Progress.Awaiting
		bounded := false
		if a != nil {
			of, has := a.Kind.Limit()
			bounded = has && of == l
		}
		if open != nil && (!bounded || !a.Since.Equal(open.since)) {
			out = append(out, r.closed(*open, e.At))
			open = nil
		}
		if bounded && open == nil {
			open = &wait{batch: a.Batch, since: a.Since, until: a.Until, onTimeout: a.OnTimeout}
		}
	}
	if open != nil {
		out = append(out, r.closed(*open, r.over(time.Time{})))
	}
	return out
}

// closed is a wait that was over at a time, or by the word before it that has ended it.
func (r Recorded) closed(w wait, at time.Time) wait {
	w.end = at
	for _, d := range r.Progress.Decisions {
		ends := d.Kind == release.CommandConfirm || d.Kind.Stops()
		if ends && d.Refused == "" && !d.AtSafePoint && (d.Batch == 0 || d.Batch == w.batch) && !d.At.Before(w.since) && d.At.Before(w.end) {
			w.end = d.At
		}
	}
	return w
}
