package records

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"slipway/apps"
	"slipway/ledger"
	"slipway/policy"
	"slipway/release"
	"slipway/whatif"
	"slipway/wire"
)

// MaxReleases is how many releases are looked at, at most.
const MaxReleases = 10_000

// Selection says of which releases the decisions are looked at.
type Selection struct {
	// Last is how many are looked at, those asked for latest; as many refused requests besides.
	Last int
	// Since leaves out what was asked for before; zero leaves out nothing.
	Since time.Time
	// Apps are the applications, without a qualifier; empty chooses all.
	Apps []release.App
	// Environment is the name of the environment in the documents of applications; empty chooses all.
	Environment string
	// Refused looks at requests that policies have refused, Events at the events of each release, and Samples at what
	// its gates have measured, besides.
	Refused, Events, Samples bool
}

// Reader reads what is recorded.
type Reader struct {
	JetStream jetstream.JetStream
	// Spec returns what a release was asked for with, as Temporal keeps it, and whether it does; nil asks nobody.
	Spec func(ctx context.Context, releaseID string) (spec release.Spec, known bool, err error)
	// Measured returns what the gates of a release have measured, as Temporal keeps it; it is asked where Spec is.
	Measured func(ctx context.Context, releaseID string) ([]release.GateResult, error)
	// Read is told how many releases were read of how many; nil where nobody wants to know.
	Read func(done, of int)
	// Now is the time.
	Now time.Time
}

// Found is what is recorded.
type Found struct {
	All []whatif.Recorded
	// Policies are those that count.
	Policies []policy.Policy
	// More tells that there are more releases than were asked for.
	More bool
	// Unread says why refused requests could not be read; empty where they were.
	Unread string
}

// names are what applications are called, as application/environment.
type names map[release.App][]string

// Select reads what is recorded of a selection, the latest first.
func (r Reader) Select(ctx context.Context, s Selection) (found Found, err error) {
	store := apps.NewStore(r.JetStream)
	documents, err := store.List(ctx)
	if err != nil {
		return found, err
	}
	called := names{}
	for _, d := range documents {
		for _, e := range d.Spec.Environments {
			app := e.App.App().WithDefaults()
			called[app] = append(called[app], d.Spec.Name+"/"+e.Name)
		}
	}
	stored, err := policy.NewStore(r.JetStream).List(ctx)
	if err != nil {
		return found, err
	}
	found.Policies = policy.Specs(stored)
	records, err := r.records(ctx, s, called)
	if err != nil {
		return found, err
	}
	if found.More = len(records) > s.Last; found.More {
		records = records[:s.Last]
	}
	for i, record := range records {
		each, err := r.release(ctx, record, called, s)
		if err != nil {
			return found, fmt.Errorf("release %s: %w", record.ReleaseID, err)
		}
		found.All = append(found.All, each)
		if r.Read != nil {
			r.Read(i+1, len(records))
		}
	}
	if !s.Refused {
		return found, nil
	}
	l := letters{js: r.JetStream, store: store, called: called, selection: s, histories: map[string][]apps.Document{}}
	refused, err := l.read(ctx)
	if err != nil && ctx.Err() == nil {
		found.Unread = release.OneLine(err.Error())
		return found, nil
	}
	found.All = append(found.All, refused...)
	return found, err
}

// records are those of the ledger, and one more than are asked for where there are more.
func (r Reader) records(ctx context.Context, s Selection, called names) ([]ledger.Record, error) {
	f := ledger.Filter{Since: s.Since, Limit: s.Last + 1, Chooses: func(record ledger.Record) bool {
		return record.Accepted && !record.Asked().Before(s.Since) && s.chooses(record.App, called.of(record.App, record.ByName))
	}}
	if len(s.Apps) == 1 {
		f.App = s.Apps[0]
	}
	return ledger.New(r.JetStream).All(ctx, f)
}

// of are the names of an application, also the one by which it was asked for.
func (n names) of(app release.App, by *release.ByName) []string {
	found := slices.Clone(n[app.WithDefaults()])
	if by != nil && !slices.Contains(found, by.String()) {
		found = append(found, by.String())
	}
	return found
}

// chooses reports whether an application of these names is one of the selection.
func (s Selection) chooses(app release.App, called []string) bool {
	return (len(s.Apps) == 0 || slices.Contains(s.Apps, app.Unqualified())) && (s.Environment == "" || slices.ContainsFunc(called, func(name string) bool {
		return strings.HasSuffix(name, "/"+s.Environment)
	}))
}

// release is what is recorded of one release.
func (r Reader) release(ctx context.Context, record ledger.Record, called names, s Selection) (whatif.Recorded, error) {
	out := whatif.Recorded{
		ReleaseID: record.ReleaseID, Names: called.of(record.App, record.ByName), Progress: record.Progress, Now: r.Now,
		PastStarter: record.Identity.EventID == "" && record.SetID == "",
	}
	out.Progress.Cut = record.Cut // the ledger keeps it beside
	out.Spec, out.Unknown = specOf(record)
	if r.Spec != nil {
		if err := r.fromHistory(ctx, &out, s); err != nil {
			return out, err
		}
	}
	if !s.Events {
		return out, nil
	}
	told, err := wire.EventsOf(ctx, r.JetStream, record.App, record.ReleaseID)
	if err != nil {
		return out, err
	}
	out.Events, out.Untold = whole(told, record.Transition)
	return out, nil
}

// fromHistory adds what the history of a release has, as long as Temporal keeps it.
func (r Reader) fromHistory(ctx context.Context, out *whatif.Recorded, s Selection) error {
	spec, known, err := r.Spec(ctx, out.ReleaseID)
	if err != nil || !known {
		return err
	}
	out.Spec, out.Unknown = spec.WithDefaults(), nil
	if s.Samples && len(out.Progress.Gates) > 0 {
		out.Measured, err = r.Measured(ctx, out.ReleaseID)
	}
	return err
}

// whole are the transitions of a release in their order, each once, and why they are not all up to the last one.
func whole(told []wire.LifecycleEvent, last uint64) (out []whatif.Told, untold string) {
	slices.SortStableFunc(told, func(a, b wire.LifecycleEvent) int { return int(a.Progress.Transition) - int(b.Progress.Transition) })
	next := uint64(1)
	for _, e := range told {
		switch n := e.Progress.Transition; {
		case n < next:
			continue
		case n > next:
			return nil, "not all of its events are kept any more"
		}
		out = append(out, whatif.Told{At: e.Time, Progress: e.Progress})
		next++
	}
	if next <= last {
		return nil, "not all of its events are kept any more"
	}
	return out, ""
}

// specOf is what a record has of the spec, with the fields that it has not.
func specOf(record ledger.Record) (spec release.Spec, unknown []string) {
	p := record.Progress
	spec = release.Spec{App: record.App, Operation: p.Operation, Artifact: record.Artifact}
	if p.Operation == "" {
		unknown = append(unknown, whatif.FieldOperation)
		spec.Operation = release.OperationRelease
	}
	if p.OnlyConfig {
		spec.Artifact, spec.Config = release.Artifact{}, &release.Config{}
	} else if record.Cut.Artifact || !record.Artifact.Known() {
		unknown = append(unknown, whatif.FieldArtifact)
	}
	if p.Asked == nil { // the record is older than the field, or is cut to what it needs
		return spec, append(unknown, whatif.FieldStrategy, whatif.FieldApproval, whatif.FieldLimits, whatif.FieldRollback, whatif.FieldAdopt, whatif.FieldOverride)
	}
	spec.Limits, spec.Adopt, spec.Policy.Override = p.Asked.Limits, p.Asked.Adopt, p.Asked.Override
	spec.Rollback.OnFailure = new(p.Asked.RollbackOnFailure)
	cut := record.Cut.Strategy
	switch {
	case spec.Adopt != "": // it shows the strategy of the change that it has taken over
		unknown = append(unknown, whatif.FieldStrategy)
	case cut && p.Strategy.Watch != nil:
		spec.Strategy = p.Strategy
		spec.Strategy.Watch = nil
		unknown = append(unknown, whatif.FieldWatch)
	default:
		spec.Strategy = p.Strategy
	}
	switch {
	case p.Approval == nil: // nobody is asked
	case cut, p.Approval.Batch > 0: // that of a batch stands in its place
		unknown = append(unknown, whatif.FieldApproval)
	default:
		spec.Approval = &p.Approval.Approval
	}
	return spec, unknown
}
