package release_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"slipway/release"
)

// member is a release of a set with an application of its own.
func member(name string) release.SetRelease {
	spec := validSpec()
	spec.App.ID = "app-" + name
	return release.SetRelease{Name: name, Spec: spec}
}

func validSet() release.Set {
	return release.Set{Name: "checkout", Waves: []release.Wave{
		{Releases: []release.SetRelease{member("stock"), member("prices")}},
		{Confirm: release.ConfirmManual, Releases: []release.SetRelease{member("shop")}},
	}}
}

func TestSetDefaults(t *testing.T) {
	t.Parallel()
	given := validSet()
	s := given.WithDefaults()
	require.NoError(t, s.Validate())
	require.Equal(t, release.SetStop, s.OnFailure)
	require.Equal(t, release.DefaultTotalLimit, s.Limits.Total)
	require.Equal(t, "wave-1", s.Waves[0].Name)
	require.Equal(t, release.ConfirmAuto, s.Waves[0].Confirm)
	require.Equal(t, release.ConfirmManual, s.Waves[1].Confirm)
	require.Equal(t, release.StrategyAll, s.Waves[1].Releases[0].Spec.Strategy.Type)
	require.Equal(t, validSet(), given, "the defaults go into a copy")
}

func TestSetValidateListsEveryProblem(t *testing.T) {
	t.Parallel()
	s := validSet()
	s.Name, s.OnFailure, s.Limits.Total, s.Note = "Check Out", "shrug", -1, strings.Repeat("x", 1025)
	s.Waves[0].Name, s.Waves[1].Name, s.Waves[1].Confirm = "same", "same", "maybe"
	broken := member("stock")
	broken.Spec.Strategy = release.Strategy{Type: release.StrategyGray, Gray: -1}
	nameless := member("")
	nameless.Spec.Artifact = release.Artifact{}
	s.Waves = append(s.Waves, release.Wave{Releases: []release.SetRelease{broken, nameless}}, release.Wave{})
	err := s.WithDefaults().Validate()
	var problems release.Problems
	require.ErrorAs(t, err, &problems)
	fields := make([]string, len(problems))
	for i, p := range problems {
		fields[i] = p.Field
	}
	require.Equal(t, []string{
		"note", "name", "waves[1].name", "waves[1].confirm",
		"waves[2].releases[0].name", "waves[2].releases[0].spec.strategy.gray", "waves[2].releases[0].spec.app",
		"waves[2].releases[1].name", "waves[2].releases[1].spec.artifact",
		"waves[3].releases", "onFailure", "limits.total",
	}, fields)
	require.ErrorContains(t, err, "waves[2].releases[0].spec.app: is the application of waves[0].releases[0] already")
}

func TestSetBounds(t *testing.T) {
	t.Parallel()
	many := func(waves, each int) release.Set {
		s := release.Set{Name: "many"}
		for i := range waves {
			var w release.Wave
			for j := range each {
				w.Releases = append(w.Releases, member(fmt.Sprintf("r-%d-%d", i, j)))
			}
			s.Waves = append(s.Waves, w)
		}
		return s.WithDefaults()
	}
	require.NoError(t, many(20, 1).Validate())
	require.NoError(t, many(1, 50).Validate())
	require.ErrorContains(t, many(21, 1).Validate(), "waves: has 21 entries; at most 20 are taken")
	require.ErrorContains(t, many(0, 0).Validate(), "waves: must be 1-20")
	require.ErrorContains(t, many(17, 3).Validate(), "waves: have 51 releases in all; a set has at most 50")
	late := many(1, 1)
	late.Limits.Total = release.Duration(91 * 24 * time.Hour)
	require.ErrorContains(t, late.Validate(), "limits.total")
}

func TestSetThatRollsBackHasNoRescale(t *testing.T) {
	t.Parallel()
	s := validSet()
	spec := &s.Waves[0].Releases[0].Spec
	spec.Operation, spec.Instances, spec.Artifact = release.OperationRescale, 3, release.Artifact{}
	require.NoError(t, s.WithDefaults().Validate())
	s.OnFailure = release.SetRollback
	require.ErrorContains(t, s.WithDefaults().Validate(), "waves[0].releases[0].spec.operation: a rescale cannot be rolled back")
}

func TestSetIdentity(t *testing.T) {
	t.Parallel()
	id := release.SetID("checkout", "https://ci.example", "1")
	require.Regexp(t, `^s-[a-z2-7]{16}$`, id)
	require.Equal(t, id, release.SetID("checkout", "https://ci.example", "1"))
	require.NotEqual(t, id, release.SetID("checkout", "https://ci.example", "2"))
	require.NotEqual(t, id, release.SetID("basket", "https://ci.example", "1"), "an event for one set takes nothing from another")
	require.True(t, release.IsSetID(id))
	known := map[string]bool{}
	for _, name := range []string{"shop", "stock", "rollback/shop"} {
		for _, each := range []string{release.SetReleaseID(id, name), release.SetUndoID(id, name)} {
			require.False(t, release.IsSetID(each))
			require.False(t, known[each], "each is a release of its own")
			known[each] = true
		}
	}
	require.Equal(t, "set/"+id, release.CommandTargetID(id))
	require.Equal(t, "release/r-1", release.CommandTargetID("r-1"))
}

func TestSet_SubmissionsOfASet(t *testing.T) {
	t.Parallel()
	s := validSet()
	s.RequestedBy = "ci"
	s = s.WithDefaults()
	r := s.Waves[0].Releases[0]
	r.Spec.Scaling.Suspend = new(false)
	in := release.SetRequest{ID: "s-1", Set: s, Admission: release.Admission{Verified: true}}
	sub := in.Submission(r)
	require.Equal(t, release.SetReleaseID("s-1", "stock"), sub.ReleaseID)
	require.Equal(t, "ci", sub.Spec.RequestedBy)
	require.Equal(t, "set checkout (s-1)", sub.Spec.Note)
	require.NoError(t, sub.Spec.Validate())

	again := release.Request{ID: sub.ReleaseID, Spec: sub.Spec, Set: "s-1"}.Retry()
	require.Equal(t, []string{sub.ReleaseID, ""}, []string{again.RetryOf, again.Note}, "what is repeated by itself is of no set")
	r.Spec.RequestedBy, r.Spec.Note = "ann", "rounding"
	sub = in.Submission(r)
	require.Equal(t, []string{"ann", "rounding"}, []string{sub.Spec.RequestedBy, sub.Spec.Note})
	require.Equal(t, "rounding", release.Request{ID: sub.ReleaseID, Spec: sub.Spec, Set: "s-1"}.Retry().Note)

	back := in.Undo(r, "v-7")
	require.NoError(t, back.Spec.Validate())
	require.Equal(t, release.SetUndoID("s-1", "stock"), back.ReleaseID)
	require.Equal(t, release.OperationRollback, back.Spec.Operation)
	require.Equal(t, "v-7", back.Spec.Version)
	require.False(t, back.Spec.Scaling.Suspended())
	require.NotEmpty(t, back.Spec.Freeze.Override, "the way back is never held")
	require.Equal(t, []release.Admission{in.Admission, in.Admission}, []release.Admission{sub.Admission, back.Admission})
	require.Nil(t, sub.ByName)
	require.Nil(t, in.Progress(time.Time{}).Waves[0].Releases[0].ByName)

	name := release.ByName{Application: "stock", Environment: "production", Revision: 7}
	in.ByName = map[string]release.ByName{"stock": name}
	require.Equal(t, []*release.ByName{&name, &name}, []*release.ByName{in.Submission(r).ByName, in.Undo(r, "v-7").ByName}, "the way back has the name, too")
	shown := in.Progress(time.Time{}).Waves[0].Releases
	require.Equal(t, []*release.ByName{&name, nil}, []*release.ByName{shown[0].ByName, shown[1].ByName})
}

func TestSet_AfterWave(t *testing.T) {
	t.Parallel()
	const good, back, bad, alarm = release.PhaseSucceeded, release.PhaseRolledBack, release.PhaseFailed, release.PhaseNeedsAttention
	for _, c := range []struct {
		outcomes                []release.Phase
		stop, goOn, rollingBack release.SetAction
	}{
		{[]release.Phase{good}, release.SetGoOn, release.SetGoOn, release.SetGoOn},
		{[]release.Phase{good, good}, release.SetGoOn, release.SetGoOn, release.SetGoOn},
		{[]release.Phase{good, back}, release.SetEnd, release.SetGoOn, release.SetGoBack},
		{[]release.Phase{bad, good}, release.SetEnd, release.SetGoOn, release.SetGoBack},
		{[]release.Phase{release.PhaseAborted}, release.SetEnd, release.SetGoOn, release.SetGoBack},
		{[]release.Phase{bad, alarm}, release.SetEnd, release.SetGoOn, release.SetEnd},
		{[]release.Phase{good, alarm}, release.SetEnd, release.SetGoOn, release.SetEnd},
	} {
		require.Equal(t, c.stop, release.AfterWave(release.SetStop, c.outcomes), c.outcomes)
		require.Equal(t, c.goOn, release.AfterWave(release.SetContinue, c.outcomes), c.outcomes)
		require.Equal(t, c.rollingBack, release.AfterWave(release.SetRollback, c.outcomes), c.outcomes)
	}
}

func TestSet_AfterUndo(t *testing.T) {
	t.Parallel()
	require.Equal(t, release.SetGoOn, release.AfterUndo(nil), "nothing was to be rolled back")
	require.Equal(t, release.SetGoOn, release.AfterUndo([]release.Phase{release.PhaseSucceeded}))
	for _, bad := range []release.Phase{release.PhaseFailed, release.PhaseAborted, release.PhaseRolledBack, release.PhaseNeedsAttention} {
		require.Equal(t, release.SetEnd, release.AfterUndo([]release.Phase{release.PhaseSucceeded, bad}))
	}
}

func TestSet_EndOfSet(t *testing.T) {
	t.Parallel()
	const good = release.PhaseSucceeded
	for _, c := range []struct {
		outcomes      []release.Phase
		want, aborted release.Phase
	}{
		{[]release.Phase{good, good}, good, good},
		{[]release.Phase{good, ""}, release.PhaseFailed, release.PhaseAborted},
		{[]release.Phase{good, release.PhaseRolledBack}, release.PhaseFailed, release.PhaseAborted},
		{[]release.Phase{release.PhaseFailed, release.PhaseNeedsAttention}, release.PhaseNeedsAttention, release.PhaseNeedsAttention},
	} {
		require.Equal(t, c.want, release.EndOfSet(c.outcomes, false), c.outcomes)
		require.Equal(t, c.aborted, release.EndOfSet(c.outcomes, true), c.outcomes)
	}
}

func TestSet_Shortfall(t *testing.T) {
	t.Parallel()
	request := release.SetRequest{ID: "s-1", Set: validSet().WithDefaults()}
	p := request.Progress(time.Now())
	p.Waves[0].Releases[0].Run.Outcome = release.PhaseSucceeded
	p.Waves[0].Releases[1].Run = release.SetRun{ReleaseID: "r-2", Outcome: release.PhaseFailed}
	require.Equal(t, "prices (r-2) ended Failed; not begun: shop", p.Shortfall())
	require.Equal(t, []string{"stock"}, p.Left())
	p.Waves[0].Releases[0].Rollback = &release.SetRun{ReleaseID: "r-3", Outcome: release.PhaseAborted}
	require.Contains(t, p.Shortfall(), "the rollback of stock (r-3) ended Aborted")
	require.Equal(t, []string{"stock"}, p.Left())
	copied := p.Clone()
	p.Waves[0].Releases[0].Rollback.Outcome = release.PhaseSucceeded
	require.Empty(t, p.Left())
	require.Equal(t, release.PhaseAborted, copied.Waves[0].Releases[0].Rollback.Outcome, "a clone shares nothing")
}

func TestSet_EndOfARunOfASet(t *testing.T) {
	t.Parallel()
	var run release.SetRun
	run.End(release.Ending{Progress: release.Progress{Outcome: release.PhaseFailed, Reason: "quota"}}, time.Now())
	require.Equal(t, []string{"Failed", "quota"}, []string{string(run.Outcome), run.Reason})
	run.End(release.Ending{Lost: "terminated"}, time.Now())
	require.Equal(t, []string{"NeedsAttention", "it was lost: terminated"}, []string{string(run.Outcome), run.Reason})
}

func TestSet_AdmitSet(t *testing.T) {
	t.Parallel()
	request := release.SetRequest{ID: "s-1", Set: validSet().WithDefaults()}
	running := request.Progress(time.Now())
	waiting := running
	waiting.Phase, waiting.Awaiting = release.PhaseAwaitingConfirm, &release.Awaiting{Kind: release.AwaitConfirm, Batch: 2}
	waiting.Decisions = []release.Decision{{Kind: release.CommandConfirm, Batch: 1}}
	back, ended := running, running
	back.Phase, ended.Phase = release.PhaseRollingBack, release.PhaseFailed
	aborted := running
	aborted.Decisions = []release.Decision{{Kind: release.CommandAbort}}
	confirm := func(wave int) release.Command { return release.Command{Kind: release.CommandConfirm, Batch: wave} }
	abort := release.Command{Kind: release.CommandAbort}
	for name, c := range map[string]struct {
		p        release.SetProgress
		c        release.Command
		repeated bool
		refusal  string
	}{
		"the wave that waits":          {p: waiting, c: confirm(2)},
		"a wave that was confirmed":    {p: waiting, c: confirm(1), repeated: true},
		"a wave that is none":          {p: waiting, c: confirm(3), refusal: "there is no wave 3: the set has 2"},
		"another wave":                 {p: func() release.SetProgress { p := waiting; p.Decisions = nil; return p }(), c: confirm(1), refusal: "wave 1 does not wait for a confirmation: wave 2 does"},
		"a confirmation of nothing":    {p: running, c: confirm(2), refusal: "wave 2 does not wait for a confirmation: the set is RollingOut"},
		"an abort":                     {p: running, c: abort},
		"an abort of what waits":       {p: waiting, c: abort},
		"an abort again":               {p: aborted, c: abort, repeated: true},
		"an abort of what goes back":   {p: back, c: abort, refusal: "the set is rolling back already"},
		"an abort of what has ended":   {p: ended, c: abort, refusal: "set s-1 has ended: Failed"},
		"a word for a release":         {p: running, c: release.Command{Kind: release.CommandPause}, refusal: "say pause to one of its releases"},
		"a word about an artifact":     {p: waiting, c: release.Command{Kind: release.CommandConfirm, Batch: 2, Artifact: "shop:2"}, refusal: "neither an artifact nor a change"},
		"a word about a change":        {p: running, c: release.Command{Kind: release.CommandAbort, ChangeID: "co-1"}, refusal: "neither an artifact nor a change"},
		"all of its waves":             {p: waiting, c: release.Command{Kind: release.CommandConfirm, All: true, Artifact: "shop:2", ChangeID: "co-1"}, refusal: "one by one"},
		"a rollback of the whole":      {p: running, c: release.Command{Kind: release.CommandRollback}, refusal: "a set takes confirm and abort"},
		"an override, for all of them": {p: running, c: release.Command{Kind: release.CommandOverride}, refusal: "a set takes confirm and abort"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			repeated, err := release.AdmitSet(c.p, c.c)
			require.Equal(t, c.repeated, repeated)
			if c.refusal == "" {
				require.NoError(t, err)
				return
			}
			var refusal release.Refusal
			require.True(t, errors.As(err, &refusal))
			require.ErrorContains(t, err, c.refusal)
		})
	}
}
