package check

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"slipway/devstack/chaos/load"
	"slipway/devstack/chaos/system"
	"slipway/fcclient"
	"slipway/ledger"
	"slipway/release"
	"slipway/saesim"
	"slipway/servicestageclient"
	"slipway/wire"
)

// evidence is all by which is judged, as it was read or, in tests, made up.
type evidence struct {
	sent load.Sent
	// records are what the ledger has of all releases, the one asked for first first.
	records []ledger.Record
	letters []wire.Letter
	// events are in the order of their stream.
	events []event
	// changes are in the order in which the platforms have begun them, application by application.
	changes []change
	// sets are what the ledger has of all sets that were asked for, by their IDs.
	sets map[string]ledger.Set
	// after is how the applications stand, in the order of their places.
	after []load.State
	// ignored are parameters that simulators took and that did nothing.
	ignored map[release.Platform][]string
	// unsettled is how many messages nobody has settled.
	unsettled uint64
}

// An event is a lifecycle event with its place in its stream.
type event struct {
	wire.LifecycleEvent

	sequence uint64
}

// target is the release or the set that it tells of; empty where it is of neither.
func (e event) target() string {
	if e.Set != nil {
		return e.Set.SetID
	}
	return e.Progress.ReleaseID
}

// outcome is the end that it tells of; empty where it tells of none.
func (e event) outcome() release.Phase {
	if e.Set != nil {
		return e.Set.Outcome
	}
	return e.Progress.Outcome
}

// A change is a change of an application as its platform has written it down.
type change struct {
	app release.App
	// id is the platform's own name of it, and what says what it is in the platform's words.
	id, what string
	// release and step are of the token that marks it; empty where none does. Where the platform keeps no token, the release is one
	// of several that it may be of.
	release []string
	step    string
	// began and ended are by the clock of the platform; ended is zero where it has not, and the same as began where it takes no time.
	began, ended time.Time
}

// of begins a violation by a release.
func (e evidence) of(rule, check, id string) Violation {
	v := Violation{Rule: rule, Check: check, Release: id}
	if r, known := e.recordsByID()[id]; known {
		v.Application = r.App.SearchValue()
	}
	return v
}

func (e evidence) recordsByID() map[string]ledger.Record {
	all := make(map[string]ledger.Record, len(e.records))
	for _, r := range e.records {
		all[r.ReleaseID] = r
	}
	return all
}

// maxRecords is more than a run asks for.
const maxRecords = 100_000

func read(ctx context.Context, a system.Access, sent load.Sent) (e evidence, err error) {
	e.sent = sent
	if e.records, err = ledger.New(a.JetStream).All(ctx, ledger.Filter{Limit: maxRecords}); err != nil {
		return e, fmt.Errorf("check: ledger: %w", err)
	}
	slices.Reverse(e.records)
	if e.letters, _, err = wire.NewDeadLetters(a.JetStream).List(ctx, wire.LetterFilter{}); err != nil {
		return e, fmt.Errorf("check: dead letters: %w", err)
	}
	err = eachEvent(ctx, a.JetStream, func(sequence uint64, told wire.LifecycleEvent) {
		e.events = append(e.events, event{told, sequence})
	})
	if err != nil {
		return e, err
	}
	if e.unsettled, err = unsettled(ctx, a.JetStream); err != nil {
		return e, err
	}
	if err := e.readSets(ctx, a); err != nil {
		return e, err
	}
	if e.ignored, err = ignored(ctx, a); err != nil {
		return e, err
	}
	for _, p := range sent.Places {
		state, err := p.Read(ctx, a)
		if err != nil {
			return e, err
		}
		e.after = append(e.after, state)
		changes, err := changesOf(ctx, a, p)
		if err != nil {
			return e, fmt.Errorf("check: changes of %s: %w", p.App.SearchValue(), err)
		}
		e.changes = append(e.changes, changes...)
	}
	return e, nil
}

func (e *evidence) readSets(ctx context.Context, a system.Access) error {
	e.sets = map[string]ledger.Set{}
	for _, m := range e.sent.Messages {
		if m.Kind != wire.KindSet {
			continue
		}
		s, err := ledger.New(a.JetStream).GetSet(ctx, m.Target)
		if err != nil && !errors.Is(err, ledger.ErrNotFound) {
			return fmt.Errorf("check: ledger: %w", err)
		}
		if err == nil {
			e.sets[m.Target] = s
		}
	}
	return nil
}

func ignored(ctx context.Context, a system.Access) (map[release.Platform][]string, error) {
	found := map[release.Platform][]string{}
	for platform, calls := range map[release.Platform]func(context.Context) (saesim.CallCounts, error){
		release.PlatformSAE: a.SAESim.Calls, release.PlatformFC: a.FCSim.Calls, release.PlatformServiceStage: a.ServiceStageSim.Calls,
	} {
		counts, err := calls(ctx)
		if err != nil {
			return nil, fmt.Errorf("check: calls: %w", err)
		}
		for parameter := range counts.Ignored {
			found[platform] = append(found[platform], parameter)
		}
	}
	return found, nil
}

func unsettled(ctx context.Context, js jetstream.JetStream) (uint64, error) {
	stream, err := js.Stream(ctx, wire.StreamIn)
	if err != nil {
		return 0, fmt.Errorf("check: stream %s: %w", wire.StreamIn, err)
	}
	return stream.CachedInfo().State.Msgs, nil
}

// changesOf reads what the platform of an application has written down of its changes since it was created.
func changesOf(ctx context.Context, a system.Access, p load.Place) (all []change, err error) {
	switch p.Platform {
	case release.PlatformSAE:
		all, err = ordersOf(ctx, a, p)
	case release.PlatformFC:
		all, err = versionsOf(ctx, a, p)
	case release.PlatformServiceStage:
		all, err = releasesOf(ctx, a, p)
	}
	if len(all) > 0 {
		all = all[1:] // its creation
	}
	return all, err
}

// marked reads the token at the beginning of a description.
func marked(description string) (id []string, step string) {
	token, _, _ := strings.Cut(description, " ")
	of, is := release.ReleaseOfToken(token)
	if !is {
		return nil, ""
	}
	return []string{of}, token[strings.LastIndexByte(token, ':')+1:]
}

func ordersOf(ctx context.Context, a system.Access, p load.Place) (all []change, err error) {
	orders, err := a.SAESim.Orders(ctx, p.App.ID)
	if err != nil {
		return nil, err
	}
	for _, o := range orders {
		c := change{app: p.App, id: o.ID, what: o.Type, began: o.CreatedAt, ended: o.FinishedAt}
		c.release, c.step = marked(o.Description)
		all = append(all, c)
	}
	return all, nil
}

// versionsOf reads the published versions of a service: publishing takes no time.
func versionsOf(ctx context.Context, a system.Access, p load.Place) (all []change, err error) {
	in := &fcclient.ListServiceVersionsInput{ServiceName: p.App.ID, Direction: new("FORWARD")}
	for v, err := range a.FC.ListServiceVersionsAll(ctx, in) {
		if err != nil {
			return nil, err
		}
		c := change{app: p.App, id: v.VersionID, what: "version", began: v.CreatedTime, ended: v.CreatedTime}
		c.release, c.step = marked(v.Description)
		all = append(all, c)
	}
	return all, nil
}

// releasesOf reads the jobs of a component: those of the record of each of its versions.
func releasesOf(ctx context.Context, a system.Access, p load.Place) (all []change, err error) {
	in := &servicestageclient.ListComponentRecordsInput{ApplicationID: p.Group, ComponentID: p.App.ID, Order: new("asc")}
	for r, err := range a.ServiceStage.ListComponentRecordsAll(ctx, in) {
		if err != nil {
			return nil, err
		}
		for i, j := range r.Jobs {
			c, err := jobOf(ctx, a, j.JobID)
			if err != nil {
				return nil, err
			}
			c.app, c.what = p.App, r.DeployType+" of version "+r.Version+", job"
			if i == 0 { // the others go on with it, or return to it
				c.release, c.step = release.ReleasesOfVersion(r.Version), string(release.StepRollout)
			}
			all = append(all, c)
		}
	}
	slices.SortStableFunc(all, func(a, b change) int { return a.began.Compare(b.began) })
	return all, nil
}

func jobOf(ctx context.Context, a system.Access, id string) (c change, err error) {
	job, err := a.ServiceStage.GetJob(ctx, &servicestageclient.GetJobInput{JobID: id})
	if err != nil || len(job.Tasks) == 0 {
		return c, err
	}
	c = change{id: id, began: job.Tasks[0].CreatedAt}
	if job.Job.Finished() {
		c.ended = job.Tasks[len(job.Tasks)-1].UpdatedAt
	}
	return c, nil
}
