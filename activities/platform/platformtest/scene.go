package platformtest

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"slipway/activities/platform"
	"slipway/release"
)

// instances is how many instances the application of a story has.
const instances = 4

// whole is all of the traffic, in percent.
const whole = 100

// scene is what a story is told in: a world, and the harness of its driver.
type scene struct {
	T

	traits release.Traits
	world  World
	h      *Harness
	settle time.Duration
	// listsNone has the meaning of that of [Platform].
	listsNone bool
	// before are the changes that there were when the story began.
	before []string
	// late is when a call about scaling rules was sent last whose effect is not known.
	late time.Time
}

// start is when stories begin.
func start() time.Time { return time.Date(2026, 11, 2, 8, 0, 0, 0, time.UTC) }

func newScene(t T, p Platform, setup Setup) *scene {
	t.Helper()
	h := &Harness{Platform: p.Traits.Platform}
	w := p.Open(t, setup, Connection{Transport: h, Guard: h.Guard, Now: h.Now, Start: start()})
	h.Driver, h.Clock, h.Mutates, h.Declined = w.Driver(), w, w.Mutates, w.Declined
	t.Cleanup(func() {
		for _, text := range h.Said() {
			require.NotContains(t, text, Secret, "a secret was told")
		}
	})
	return &scene{T: t, traits: p.Traits, world: w, h: h, settle: p.Settle, listsNone: p.ListsNone, before: w.Truth().Changes}
}

// must carries a verb out that has to succeed.
func must[Out, In any](s *scene, v release.Verb, in In) Out {
	s.Helper()
	out, err := Do[Out](s.h, v, in)
	require.NoError(s, err, string(v))
	return out
}

// refused carries a verb out that has to fail with a fault, and to change nothing.
func refused[In any](s *scene, v release.Verb, in In, f release.Fault) string {
	s.Helper()
	before, sent := s.world.Truth(), s.h.Changes
	_, err := Do[struct{}](s.h, v, in)
	require.Error(s, err, string(v))
	require.Equal(s, f, FaultOf(err), "%s: %v", v, err)
	require.Equal(s, sent, s.h.Changes, "%s has changed something: %v", v, err)
	require.Equal(s, before, s.world.Truth(), "%s: %v", v, err)
	return err.Error()
}

func (s *scene) snapshot(in release.SnapshotInput) release.Snapshot {
	s.Helper()
	in.App = s.world.App()
	sent := s.h.Changes
	snap := must[release.Snapshot](s, release.VerbSnapshot, in)
	require.Equal(s, sent, s.h.Changes, "a snapshot changes nothing")
	return snap
}

// rollback is the version that a rollback would return to.
func (s *scene) rollback(q release.RollbackQuestion) (release.Snapshot, release.Version) {
	s.Helper()
	snap := s.snapshot(release.SnapshotInput{Rollback: &q})
	require.NotNil(s, snap.Wanted)
	return snap, *snap.Wanted
}

// doubts are the faults after which a change may have been begun, and the one of another in the way.
func doubts() []release.Fault {
	return []release.Fault{release.FaultConflict, release.FaultAmbiguous, release.FaultDeclined, FaultDeath}
}

// most is how often a step is tried again at most.
const most = 10

// beginning is a verb that begins a change.
type beginning struct {
	verb  release.Verb
	token string
	mark  release.Mark
	in    any
}

// begin begins a change as a workflow does: after a call that was declined the verb looks first, and
// where an answer was lost the change is looked for, and the verb said again only once there is
// certainly none.
func (s *scene) begin(b beginning) release.Change {
	s.Helper()
	change, err := s.tryBegin(b)
	require.NoError(s, err, string(b.verb))
	require.NotEmpty(s, change.ID, string(b.verb))
	return change
}

func (s *scene) tryBegin(b beginning) (change release.Change, err error) {
	s.Helper()
	for range most {
		change, err = Try[release.Change](s.h, b.verb, b.in, doubts()...)
		switch FaultOf(err) { //nolint:exhaustive // the others end it
		case release.FaultDeclined:
			again, can := b.in.(interface{ Retried() any })
			require.True(s, can, string(b.verb))
			b.in = again.Retried()
		case release.FaultAmbiguous, FaultDeath:
			found := must[release.FoundChange](s, release.VerbFindChange, release.FindChangeInput{
				App: s.world.App(), Verb: b.verb, Token: b.token, Mark: b.mark, Since: s.world.Now(),
			})
			if found.Change != nil {
				return *found.Change, nil
			}
		default:
			return change, err
		}
	}
	return change, err
}

// token is that of the release that brings an artifact.
func token(n int) string {
	return release.Token(fmt.Sprintf("r-test-%d", n), string(release.StepRollout))
}

// rollout is the beginning of a release of an artifact.
func (s *scene) rollout(n int, st release.Strategy, mark release.Mark) beginning {
	return beginning{verb: release.VerbBeginRollout, token: token(n), mark: mark, in: release.BeginRolloutInput{
		App: s.world.App(), Artifact: s.world.Artifact(n), Strategy: st, Token: token(n), Mark: mark,
	}}
}

// wayTo is the beginning of a rollback to a version.
func (s *scene) wayTo(v release.Version, mark release.Mark) beginning {
	return beginning{verb: release.VerbBeginRollback, mark: mark, in: release.BeginRollbackInput{
		App: s.world.App(), Version: v, Strategy: all(), Mark: mark, Override: true,
	}}
}

// released releases an artifact at once, to its end.
func (s *scene) released(n int) release.Change {
	s.Helper()
	snap := s.snapshot(release.SnapshotInput{})
	change := s.begin(s.rollout(n, all(), snap.Mark))
	s.succeeds(change)
	s.runs(map[int]int{n: s.total()})
	return change
}

// follow observes a change until it waits or has ended.
func (s *scene) follow(change release.Change, seen release.Observation) release.Observation {
	s.Helper()
	for range 4 * most {
		seen = must[release.Observation](s, release.VerbObserve, release.ObserveInput{App: s.world.App(), ChangeID: change.ID, Seen: seen})
		if seen.State.Parked() || seen.State.Ended() {
			return seen
		}
	}
	require.Fail(s, "a change never came to its end", "%+v", seen)
	return seen
}

// succeeds follows a change to its end.
func (s *scene) succeeds(change release.Change) {
	s.Helper()
	seen := s.follow(change, release.Observation{})
	require.Equal(s, release.ChangeSucceeded, seen.State, seen.Message)
}

// total is all of what a batch is a part of: the instances, or the traffic in percent.
func (s *scene) total() int {
	if s.traits.Step == release.StepWeight {
		return whole
	}
	return instances
}

// runs requires what runs, by the numbers of artifacts.
func (s *scene) runs(want map[int]int) {
	s.Helper()
	got := map[int]int{}
	for n, share := range s.world.Truth().Shares {
		if share > 0 {
			got[n] = share
		}
	}
	require.Equal(s, want, got, "what runs")
}

// one requires that a change, and it alone, was begun since the story began: one that brings a
// version exactly once, any other once at most where the platform keeps none for it.
func (s *scene) one(changes ...release.Change) {
	s.Helper()
	var want []string
	for _, c := range changes {
		want = append(want, c.ID)
	}
	require.Equal(s, want, s.begun(), "changes since the story began")
}

func (s *scene) begun() (ids []string) {
	for _, id := range s.world.Truth().Changes {
		if !slices.Contains(s.before, id) {
			ids = append(ids, id)
		}
	}
	return ids
}

// oneAtMost requires that nothing was begun but the change.
func (s *scene) oneAtMost(change release.Change) {
	s.Helper()
	if begun := s.begun(); len(begun) > 0 {
		require.Equal(s, []string{change.ID}, begun)
	}
}

func all() release.Strategy { return release.Strategy{Type: release.StrategyAll} }

// stepwise are the strategies of the platform that have several batches, each with the share that the
// new version has after each of them.
func (s *scene) stepwise() map[release.StrategyType]steps {
	out := map[release.StrategyType]steps{}
	for _, kind := range s.traits.Rollouts {
		switch {
		case kind == release.StrategyBatch && !s.traits.PausesAfter(kind, 1): // it runs through
		case kind == release.StrategyBatch:
			out[kind] = steps{release.Strategy{Type: kind, Batches: 2}, []int{2, instances}}
		case kind == release.StrategyGray && s.traits.Step == release.StepWeight:
			out[kind] = steps{release.Strategy{Type: kind, Weights: []int{5, 30}}, []int{5, 30, whole}}
		case kind == release.StrategyGray && !s.traits.PausesAfter(kind, 2):
			out[kind] = steps{release.Strategy{Type: kind, Gray: 1, Batches: 2}, []int{1, instances}}
		case kind == release.StrategyGray:
			out[kind] = steps{release.Strategy{Type: kind, Gray: 1, Batches: 2}, []int{1, 2, instances}}
		}
	}
	return out
}

// steps is a strategy and the share of the new version after each of its batches.
type steps struct {
	strategy release.Strategy
	shares   []int
}

// mixed is a share of one artifact beside another.
func (s *scene) mixed(before, now, share int) map[int]int {
	if share == s.total() {
		return map[int]int{now: share}
	}
	return map[int]int{before: s.total() - share, now: share}
}

func (s *scene) confirm(change release.Change, batch int) {
	s.Helper()
	must[struct{}](s, release.VerbConfirmBatch, release.ConfirmBatchInput{App: s.world.App(), ChangeID: change.ID, Batch: batch})
}

// abort aborts a change, which may have to wait until what runs has ended.
func (s *scene) abort(change release.Change) release.AbortRolloutResult {
	s.Helper()
	result, err := Try[release.AbortRolloutResult](s.h, release.VerbAbortRollout, release.AbortRolloutInput{App: s.world.App(), ChangeID: change.ID})
	require.NoError(s, err)
	return result
}

// verified reads back that the application runs a version alone.
func (s *scene) verified(want release.Version, config *release.Config) release.Verification {
	s.Helper()
	v := must[release.Verification](s, release.VerbVerify, release.VerifyInput{App: s.world.App(), Want: want, Config: config})
	require.True(s, v.Holds(want), "%s instead of %s", v.Words(), want.Public())
	return v
}

// has asks for all settings of the application: whether a setting that a plan has told of is among them as the plan has
// told it, and that none shows a secret.
func (s *scene) has(planned release.Setting, now bool) {
	s.Helper()
	snap := s.snapshot(release.SnapshotInput{Settings: true})
	names := map[string]bool{}
	for _, each := range snap.Settings {
		require.False(s, names[each.Name], "%s is there once", each.Name)
		require.NotEmpty(s, each.Before)
		require.Empty(s, each.After)
		names[each.Name] = true
	}
	require.Greater(s, len(snap.Settings), 1)
	require.Equal(s, now, slices.Contains(snap.Settings, release.Setting{Name: planned.Name, Before: planned.After}))
	text, err := json.Marshal(snap)
	require.NoError(s, err)
	require.NotContains(s, string(text), Secret)
	require.Empty(s, s.snapshot(release.SnapshotInput{}).Settings, "they are told where they are asked for")
}

// brought is the version that a change has brought.
func (s *scene) brought(change release.Change, n int) release.Version {
	return release.Version{ID: change.Version, Artifact: s.world.Artifact(n)}
}

// scale switches rules as a workflow does.
func (s *scene) scale(rules []release.ScalingRule, enable bool) release.SetScalingResult {
	s.Helper()
	in := release.SetScalingInput{App: s.world.App(), Rules: rules, Enable: enable, Override: enable, Late: s.late}
	ends := doubts()
	if enable {
		ends = []release.Fault{release.FaultConflict}
	}
	for range most {
		result, err := Try[release.SetScalingResult](s.h, release.VerbSetScaling, in, ends...)
		switch FaultOf(err) { //nolint:exhaustive // the others end it
		case release.FaultAmbiguous, release.FaultDeclined, FaultDeath:
			s.late = s.world.Now()
			in.Late, ends = s.late, []release.Fault{release.FaultConflict}
		default:
			require.NoError(s, err)
			return result
		}
	}
	require.Fail(s, "the rules are never switched")
	return release.SetScalingResult{}
}

// everyLoss tells a story once as it is, and once for each loss of each call in it that changes
// something.
func everyLoss(t *testing.T, p Platform, setup Setup, tell func(*scene)) {
	t.Helper()
	s := newScene(t, p, setup)
	tell(s)
	calls := s.h.Changes
	require.Positive(t, calls, "a story that changes nothing")
	for call := 1; call <= calls; call++ {
		for _, loss := range Losses() {
			t.Run(fmt.Sprintf("call %d: %s", call, loss), func(t *testing.T) {
				t.Parallel()
				s := newScene(t, p, setup)
				s.h.Changing = map[int]Loss{call: loss}
				tell(s)
				require.GreaterOrEqual(t, s.h.Changes, call, "the call that was to be lost was never sent")
			})
		}
	}
}

var _ platform.Guard = (*Harness)(nil).Guard
