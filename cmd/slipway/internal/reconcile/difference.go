package reconcile

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"slipway/ledger"
	"slipway/release"
	"slipway/releases"
)

// Difference is what is said differently of a release or an application.
type Difference struct {
	// Subject is what it is about: "release r-…" or "application sae/…".
	Subject string
	// Found says what differs.
	Found string
	// Heals says what [Sources.Heal] does about it; empty where only a person can do something, which Remedy says.
	Heals, Remedy string

	verdict verdict
	of      subject
}

// describe puts a verdict into words. What its watchdog looks after is no difference any more, and what that has left is a
// person's.
func (s Sources) describe(ctx context.Context, of subject, v verdict) (Difference, error) {
	d := Difference{Subject: "release " + of.id, verdict: v, of: of}
	switch v {
	case agree:
	case forgotten:
		d.Found = "the ledger has it as " + phaseOf(*of.record) + ", and Temporal does not know it"
		d.Heals = lookAfterIt + ", and records it as lost"
	case lost:
		d.Found = of.seen.end.Text() + ", and the ledger has no outcome of it"
		d.Heals = lookAfterIt + ", and records it as lost"
	case owing:
		d.Found = "it has ended, and has left " + leftBy(*of.record)
		d.Heals = lookAfterIt
	case stale:
		d.Found = "the ledger has its outcome, " + string(of.record.Outcome) + ", and Temporal still has it under way, as it was before"
		d.Heals = "its workflow and its lane's are terminated, so that it changes nothing again; the ledger keeps its outcome"
	case unrecorded:
		d.Found = "Temporal has it, and the ledger does not"
		d.Heals = "its record is written as Temporal knows it"
	case untold:
		d.Found = "Temporal has its outcome, and the ledger has it as " + phaseOf(*of.record)
		d.Heals = "its outcome is recorded"
	}
	switch v {
	case forgotten, lost, owing:
		return s.lookedAfter(ctx, d)
	case agree, stale, unrecorded, untold:
	}
	return d, nil
}

// lookAfterIt is what a watchdog does.
const lookAfterIt = "a watchdog looks at the application, puts its scaling rules back once one version runs"

// lookedAfter takes into account what the watchdog of a release does, or has done.
func (s Sources) lookedAfter(ctx context.Context, d Difference) (Difference, error) {
	w, err := s.Releases.WatchdogOf(ctx, d.of.id)
	switch {
	case err != nil:
		return Difference{}, err
	case w.Open:
		return Difference{}, nil
	case d.verdict == owing && w.Result.Left != "":
		d.Found += "; its watchdog could not put that back: " + w.Result.Left
		d.Heals, d.Remedy = "", "when that is done: slipway scaling recover --release "+d.of.id+" --wait"
	}
	return d, nil
}

// phaseOf is how far a release has come, as its record says.
func phaseOf(r ledger.Record) string {
	if r.Progress.Phase == "" {
		return "accepted"
	}
	return string(r.Progress.Phase)
}

// leftBy says what a release has left.
func leftBy(r ledger.Record) string {
	var left []string
	if names := r.Held.ScalingRules; len(names) > 0 {
		left = append(left, "scaling rules off ("+strings.Join(names, ", ")+")")
	}
	if r.Held.More > 0 {
		left = append(left, fmt.Sprintf("%d more scaling rules off", r.Held.More))
	}
	if r.Held.Traffic {
		left = append(left, "its traffic rule")
	}
	if r.Held.ChangeID != "" {
		left = append(left, "change "+r.Held.ChangeID+", which may be unfinished")
	}
	return strings.Join(left, ", ")
}

// reason is what a workflow that is terminated says of it.
const reason = "slipway doctor --repair: it has ended, and Temporal was restored to a moment before"

// Heal does what the difference says, and returns in words what was done. What goes on in Temporal is only begun.
func (s Sources) Heal(ctx context.Context, d Difference) (done string, err error) {
	of := d.of
	switch d.verdict {
	case forgotten:
		return begun(s.Releases.RecoverForgotten(ctx, of.app, of.id))
	case lost:
		return begun(s.Releases.Recover(ctx, of.id))
	case owing:
		if !of.seen.known {
			return begun(s.Releases.RecoverForgotten(ctx, of.app, of.id))
		}
		return begun(s.Releases.Recover(ctx, of.id))
	case stale:
		return "its workflow was terminated", s.Releases.Discard(ctx, of.app, of.id, reason)
	case unrecorded, untold:
		return s.record(ctx, of)
	case agree:
	}
	return "", fmt.Errorf("%s: only a person can put this right: %s", d.Subject, d.Remedy)
}

// begun says that a watchdog is at work.
func begun(w releases.Switching, err error) (string, error) {
	if err != nil {
		return "", err
	}
	return "begun, as workflow " + w.ID, nil
}

// record tells the ledger what Temporal has of a release, as the release would.
func (s Sources) record(ctx context.Context, of subject) (string, error) {
	status, err := s.Releases.Get(ctx, of.id)
	switch {
	case err != nil:
		return "", err
	case status.Partial.Reason != releases.PartialNone:
		return "", fmt.Errorf("how far it has come is not known: %s", status.Partial.Message)
	}
	p := status.Progress
	if err := s.Ledger.Update(ctx, ledger.Report{Progress: p, Transition: p.Transition}); err != nil {
		return "", err
	}
	return "recorded as " + string(p.Phase), nil
}

// mostApps is how many applications are looked at on their platforms, those of the latest releases.
const mostApps = 50

// Applications looks at the applications of the latest releases on their platforms: for changes of releases
// that nobody follows. It needs workers of their regions. Unread are the applications that could not be read, with why.
func (s Sources) Applications(ctx context.Context, c Comparison) (found []Difference, unread map[release.App]error) {
	apps := c.apps[:min(len(c.apps), mostApps)]
	differences, errs := make([]Difference, len(apps)), make([]error, len(apps))
	var group errgroup.Group
	group.SetLimit(atOnce)
	for i, app := range apps {
		group.Go(func() error {
			differences[i], errs[i] = s.application(ctx, app)
			return nil // one that cannot be read hides no other
		})
	}
	_ = group.Wait()
	unread = map[release.App]error{}
	for i, app := range apps {
		if errs[i] != nil {
			unread[app] = errs[i]
		}
	}
	return slices.DeleteFunc(differences, func(d Difference) bool { return d.Subject == "" }), unread
}

// application looks at one application; the difference is zero where there is none.
func (s Sources) application(ctx context.Context, app release.App) (Difference, error) {
	if err := s.Releases.CheckWorkers(ctx, app); err != nil {
		return Difference{}, err
	}
	snap, err := s.Releases.Look(ctx, app)
	if err != nil || snap.Busy == nil {
		return Difference{}, err
	}
	ids := snap.Busy.Releases()
	for _, id := range ids {
		seen, err := s.see(ctx, id)
		if err != nil || seen.known {
			return Difference{}, err // it follows its change, or the comparison has told of it
		}
	}
	if len(ids) == 0 {
		return Difference{}, nil // it was begun elsewhere
	}
	return Difference{
		Subject: "application " + app.SearchValue(),
		Found:   snap.Busy.Words() + ", is unfinished, and nobody follows it: Temporal does not know that release",
		Remedy:  "confirm or abort it on the platform, or adopt it with a new release; then look at its rules: slipway scaling list " + app.SearchValue(),
	}, nil
}
