package load

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"go.temporal.io/api/serviceerror"

	"slipway/cloudapi"
	"slipway/ledger"
	"slipway/release"
	"slipway/releases"
	"slipway/wire"
)

// Unfinished is what was asked for and has not ended.
type Unfinished struct {
	// ID is that of the release or the set, and Application the place of its application.
	ID          string
	Application int
	// Why says where it stands, as far as that is known.
	Why string
}

// String says it in one line.
func (u Unfinished) String() string { return release.Named(u.ID) + ": " + u.Why }

// endedInterval is how often is looked whether all has ended.
const endedInterval = time.Second

// Ended answers on what waits for people, until all that was asked for has ended, and has told so, and every message is settled. It
// returns what has not when ctx ends.
func (r *Run) Ended(ctx context.Context) (unfinished []Unfinished, err error) {
	err = r.attending(ctx, func(working context.Context) error {
		for {
			left, err := r.unfinished(working)
			switch {
			case err == nil && len(left) == 0:
				unfinished = nil
				return nil
			case err == nil:
				unfinished = left
			}
			if waited := cloudapi.Sleep(working, endedInterval); waited != nil {
				return errors.Join(waited, err)
			}
		}
	})
	if ctx.Err() != nil && len(unfinished) > 0 {
		r.explain(context.WithoutCancel(ctx), unfinished)
		return unfinished, nil // that is the answer
	}
	return unfinished, err
}

// explainTime bounds how long those are asked that have not ended.
const explainTime = 30 * time.Second

// explain asks what has not ended where it stands.
func (r *Run) explain(ctx context.Context, unfinished []Unfinished) {
	ctx, cancel := context.WithTimeout(ctx, explainTime)
	defer cancel()
	for i := range unfinished {
		u := &unfinished[i]
		if u.ID == "" || release.IsSetID(u.ID) {
			continue
		}
		status, err := r.releases.Get(ctx, u.ID)
		switch {
		case err != nil:
			u.Why += "; " + err.Error()
		case status.ClosedAbnormally != "":
			u.Why += "; its workflow was " + status.ClosedAbnormally
		case !status.Closed && status.Partial.Reason == releases.PartialNone:
			u.Why = where(r.releases.WithTurn(ctx, status.Progress))
		}
	}
}

// where says where a release stands, by what it says itself.
func where(p release.Progress) string {
	text := string(p.Phase)
	if p.Awaiting != nil {
		text += ", awaits " + string(p.Awaiting.Kind)
		if p.Awaiting.Behind != "" {
			text += " (" + p.Awaiting.Behind + ")"
		}
	}
	if p.Stalled != nil {
		text += fmt.Sprintf(", stalled: %+v", *p.Stalled)
	}
	if p.Reason != "" {
		text += ": " + p.Reason
	}
	return text
}

// unfinished is what has not ended so far.
func (r *Run) unfinished(ctx context.Context) (left []Unfinished, err error) {
	letters, err := r.letters(ctx)
	if err != nil {
		return nil, err
	}
	records, err := r.ledger.All(ctx, ledger.Filter{Limit: maxRecords})
	if err != nil {
		return nil, fmt.Errorf("load: %w", err)
	}
	known := map[string]ledger.Record{}
	for _, record := range records { // of sets and promotions, too
		known[record.ReleaseID] = record
		if why := r.whyOpen(ctx, record); why != "" {
			left = append(left, Unfinished{ID: record.ReleaseID, Application: r.placeOf(record.App), Why: why})
		}
	}
	for _, m := range r.notes.all().Messages {
		if m.Kind == wire.KindCommand || m.Target == "" || slices.Contains(letters, m.Sequence) {
			continue
		}
		if _, is := known[m.Target]; !is {
			if why := r.whyUnknown(ctx, m.Target); why != "" {
				left = append(left, Unfinished{ID: m.Target, Application: m.Application, Why: why})
			}
		}
	}
	stream, err := r.access.JetStream.Stream(ctx, wire.StreamIn)
	if err != nil {
		return nil, fmt.Errorf("load: %w", err)
	}
	if n := stream.CachedInfo().State.Msgs; n > 0 {
		left = append(left, Unfinished{Application: -1, Why: fmt.Sprintf("%d messages are not settled", n)})
	}
	return left, nil
}

// maxRecords is more than a run asks for.
const maxRecords = 10 * maxReleases

// letters are the places in the stream of the messages that have become dead letters.
func (r *Run) letters(ctx context.Context) (sequences []uint64, err error) {
	found, _, err := wire.NewDeadLetters(r.access.JetStream).List(ctx, wire.LetterFilter{})
	if err != nil {
		return nil, fmt.Errorf("load: dead letters: %w", err)
	}
	for _, l := range found {
		sequences = append(sequences, l.StreamSequence)
	}
	return sequences, nil
}

// placeOf is the place of an application; -1 where it is none of the run's.
func (r *Run) placeOf(app release.App) int {
	return slices.IndexFunc(r.places, func(p Place) bool { return p.App.Unqualified() == app.Unqualified() })
}

// whyOpen says why a release has not ended, or what follows from it has not begun; empty where nothing is left.
func (r *Run) whyOpen(ctx context.Context, record ledger.Record) string {
	p := record.Latest()
	switch {
	case !record.Ended():
		return fmt.Sprintf("%s: %s", p.Phase, p.Reason)
	case !r.people.hasToldEnd(record.ReleaseID):
		return "it has ended " + string(record.Outcome) + ", and its end was not told"
	case p.ByName == nil || record.Outcome != release.PhaseSucceeded:
		return ""
	}
	d, err := r.access.Temporal.DescribeWorkflowExecution(ctx, release.PromotionWorkflowID(record.ReleaseID), "")
	if _, missing := errors.AsType[*serviceerror.NotFound](err); !missing && (err != nil || d.GetWorkflowExecutionInfo().GetCloseTime() == nil) {
		return "it is to be promoted"
	}
	return ""
}

// whyUnknown says why nobody knows of a release, or why a set has not ended; empty where it has.
func (r *Run) whyUnknown(ctx context.Context, id string) string {
	if !release.IsSetID(id) {
		return "nobody knows of it yet"
	}
	s, err := r.ledger.GetSet(ctx, id)
	switch {
	case err != nil:
		return err.Error()
	case s.Progress.Outcome == "":
		return fmt.Sprintf("%s: %s", s.Progress.Phase, s.Progress.Reason)
	case !r.people.hasToldEnd(id):
		return "it has ended " + string(s.Progress.Outcome) + ", and its end was not told"
	}
	return ""
}
