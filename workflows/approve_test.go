package workflows_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"slipway/release"
	"slipway/saesim"
)

// approving is a release that these people must approve, two of them.
func (s *stage) approving(from ...string) release.Spec {
	spec := s.spec(release.Strategy{})
	spec.Approval = &release.Approval{Count: 2, From: from, NotRequester: true, Within: release.Duration(8 * time.Hour)}
	return spec
}

func approve(by string, changes ...func(*release.Command)) release.Command {
	c := release.Command{Kind: release.CommandApprove, By: by, Artifact: newImage, ID: "c-" + by}
	for _, change := range changes {
		change(&c)
	}
	return c
}

func reject(by, reason string) release.Command {
	return release.Command{Kind: release.CommandReject, By: by, Reason: reason}
}

// requireUntouched checks that the platform was asked for nothing but what it shows.
func (s *stage) requireUntouched() {
	s.t.Helper()
	require.Empty(s.t, s.orders())
	s.requireRulesAsBefore()
}

func TestApproval_TwoPeopleLetTheReleaseBegin(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.awaiting(time.Hour, release.PhaseAwaitingApproval, release.AwaitApproval)
	s.at(time.Hour, func() {
		s.requireUntouched()
		p := s.progress()
		require.Equal(t, newImage, p.Approval.Artifact)
		require.Equal(t, p.Awaiting.Until, p.Approval.Until)
		require.Equal(t, release.TimeoutAbort, p.Awaiting.OnTimeout)
		require.Equal(t, 8*time.Hour, p.Approval.Until.Sub(p.Approval.AskedAt))
	})
	s.say(2*time.Hour, approve("test"))
	s.say(2*time.Hour, approve("mallory"))
	s.say(2*time.Hour, approve("li", func(c *release.Command) { c.Artifact = oldImage }))
	s.say(2*time.Hour, approve("li", func(c *release.Command) { c.Config = "sha256:0123456789ab" }))
	s.say(3*time.Hour, approve("ann"))
	s.say(3*time.Hour+time.Minute, approve("ann"))
	s.say(3*time.Hour+2*time.Minute, approve("ann", func(c *release.Command) { c.ID = "c-other" }))
	s.awaiting(4*time.Hour, release.PhaseAwaitingApproval, release.AwaitApproval)
	s.say(5*time.Hour, approve("li"))
	p := s.run(s.approving("ann", "li", "mei"))
	require.Equal(t, release.PhaseSucceeded, p.Outcome, p.Reason)
	const refusals = 4
	want := []release.EventKind{release.EventAccepted, release.EventStarted, release.EventApprovalWaiting}
	want = append(want, slices.Repeat([]release.EventKind{release.EventDecided}, refusals)...) // each is told of when it was said
	want = append(want, release.EventApprovalGiven)
	require.Equal(t, want, s.kinds()[:len(want)])
	require.Contains(t, s.kinds(), release.EventApprovalGranted)
	var refused, counted []string
	for _, d := range p.Decisions {
		if d.Refused != "" {
			refused = append(refused, d.Refused)
			continue
		}
		counted = append(counted, string(d.Kind)+" by "+d.By)
	}
	require.Equal(t, []string{"approve by ann", "approve by li"}, counted, "each person counts once")
	require.Len(t, refused, 4)
	for i, why := range []string{"mallory is not among those", "mallory is not among those", "about another artifact", "about another configuration"} {
		if i == 0 {
			why = "test is not among those"
		}
		require.Contains(t, refused[i], why)
	}
	require.True(t, p.Approval.Granted())
	require.Equal(t, "ann, li", p.Approval.Names())
	require.GreaterOrEqual(t, p.Waited.Std(), 5*time.Hour-time.Minute, "it has waited for people")
	s.requireRulesAsBefore()
}

func TestApproval_TheRequesterAThirdAndALateOneAreRefused(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	first := s.update(time.Hour, release.CommandApprove, approve("test"))
	ann := s.update(2*time.Hour, release.CommandApprove, approve("ann"))
	li := s.update(3*time.Hour, release.CommandApprove, approve("li"))
	third := s.update(3*time.Hour+time.Second, release.CommandApprove, approve("mei"))
	p := s.run(s.approving())
	require.Equal(t, release.PhaseSucceeded, p.Outcome, p.Reason)
	require.ErrorContains(t, first.rejected, "test has asked for the release, and may not approve it")
	require.NoError(t, ann.err)
	require.NoError(t, li.err)
	require.ErrorContains(t, third.rejected, "approved already, by ann, li")
	require.Len(t, p.Approval.Given, 2)
	require.Equal(t, release.ViaUpdate, p.Decisions[0].Via)
}

// TestApproval_IsNoClaim: an identity is verified by a door, not by who sends a command.
func TestApproval_IsNoClaim(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	claims := func(via string) func(*release.Command) {
		return func(c *release.Command) { c.Verified, c.SignedBy, c.Via, c.ID = true, "ann-laptop", via, via }
	}
	s.say(time.Hour, approve("ann", claims(release.ViaSignal)))
	updated := s.update(2*time.Hour, release.CommandApprove, approve("ann", claims(release.ViaEvent)))
	s.say(3*time.Hour, approve("ann", claims(release.ViaEvent)))
	spec := s.approving()
	spec.Approval.Count, spec.Approval.Verified = 1, true
	p := s.run(spec)
	require.Equal(t, release.PhaseSucceeded, p.Outcome, p.Reason)
	require.ErrorContains(t, updated.rejected, "only a verified identity may approve it")
	require.Contains(t, p.Decisions[0].Refused, "only a verified identity")
	require.False(t, p.Decisions[0].Verified)
	require.Empty(t, p.Decisions[0].SignedBy)
	last := p.Decisions[len(p.Decisions)-1]
	require.Empty(t, last.Refused)
	require.True(t, last.Verified)
	require.Equal(t, "ann-laptop", last.SignedBy)
	require.True(t, p.Approval.Given[0].Verified)
}

// TestApproval_Ends is every end of a release that waits for approval: nothing was changed.
func TestApproval_Ends(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		say    []release.Command
		change func(*release.Approval)
		want   release.Phase
		reason string
	}{
		"one rejects":            {[]release.Command{approve("ann"), reject("li", "orders are open")}, nil, release.PhaseAborted, "rejected by li: orders are open; nothing was changed"},
		"aborted":                {[]release.Command{{Kind: release.CommandAbort, By: "ann", Reason: "a hotfix"}}, nil, release.PhaseAborted, "aborted by ann: a hotfix; nothing was changed"},
		"preempted":              {[]release.Command{{Kind: release.CommandAbort, By: release.Slipway, Via: release.ViaLane, AtSafePoint: true, Reason: "r-2 comes first"}}, nil, release.PhaseAborted, "r-2 comes first; nothing was changed"},
		"nobody in time":         {[]release.Command{approve("ann")}, nil, release.PhaseAborted, "aborted by slipway: 1 of 2 approvals were given within 8h; nothing was changed"},
		"nobody, and it waits":   {nil, func(a *release.Approval) { a.OnTimeout = release.TimeoutHold }, release.PhaseAborted, "the release was not done within 168h; nothing was changed"},
		"nobody, and it goes on": {nil, func(a *release.Approval) { a.OnTimeout = release.TimeoutContinue }, release.PhaseSucceeded, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStage(t)
			for i, command := range c.say {
				s.say(time.Duration(i+1)*time.Hour, command)
			}
			spec := s.approving()
			if c.change != nil {
				c.change(spec.Approval)
			}
			p := s.run(spec)
			require.Equal(t, c.want, p.Outcome, p.Reason)
			require.Contains(t, p.Reason, c.reason)
			if c.want == release.PhaseAborted {
				s.requireUntouched()
				return
			}
			require.Equal(t, "slipway", p.Approval.Names())
			require.Equal(t, release.ViaLimit, p.Decisions[0].Via)
		})
	}
}

// A release that waits on after its time still takes approvals.
func TestApproval_HeldTakesALateWord(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	spec := s.approving()
	spec.Approval.OnTimeout = release.TimeoutHold
	s.at(9*time.Hour, func() {
		p := s.progress()
		require.Equal(t, "0 of 2 approvals were given within 8h; held until the total limit", p.Reason)
		require.True(t, p.Approval.Until.IsZero() && p.Awaiting.Until.IsZero())
		require.Empty(t, p.Awaiting.OnTimeout, "nothing happens by time any more")
	})
	s.say(10*time.Hour, approve("ann"))
	s.say(11*time.Hour, approve("li"))
	require.Equal(t, release.PhaseSucceeded, s.run(spec).Outcome)
}

// TestApproval_BeatsALimitThatPassedLater is R12: both come in one workflow task.
func TestApproval_BeatsALimitThatPassedLater(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	spec := s.approving()
	spec.Approval.Count = 1
	s.say(8*time.Hour-time.Second, approve("ann"))
	p := s.run(spec)
	require.Equal(t, release.PhaseSucceeded, p.Outcome, p.Reason)
}

func TestApproval_OfEachBatch(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	st := gray()
	st.Approval = &release.Approval{Count: 2, From: []string{"ann", "li"}}
	of := func(batch int) func(*release.Command) {
		return func(c *release.Command) {
			p := s.progress()
			c.Batch, c.ChangeID, c.ID = batch, p.ChangeID, fmt.Sprint(c.By, batch)
		}
	}
	say := func(d time.Duration, by string, batch int) {
		s.at(d, func() { s.env.SignalWorkflow(string(release.CommandApprove), approve(by, of(batch))) })
	}
	s.awaiting(time.Hour, release.PhaseAwaitingConfirm, release.AwaitApproval)
	s.confirm(time.Hour, 1)
	say(2*time.Hour, "ann", 1)
	s.say(3*time.Hour, release.Command{Kind: release.CommandPause})
	say(4*time.Hour, "li", 1)
	s.say(5*time.Hour, release.Command{Kind: release.CommandResume})
	s.awaiting(6*time.Hour, release.PhaseAwaitingConfirm, release.AwaitApproval)
	s.at(6*time.Hour, func() { require.Equal(t, "ann", s.progress().Approval.Names(), "a pause takes nothing back") })
	say(7*time.Hour, "li", 1)
	s.at(8*time.Hour, func() {
		p := s.progress()
		require.Equal(t, 2, p.Approval.Batch)
		require.Empty(t, p.Approval.Given)
	})
	s.say(9*time.Hour, release.Command{Kind: release.CommandApprove, Batch: 1, ChangeID: "another", Artifact: newImage, By: "ann"})
	say(9*time.Hour, "ann", 1)
	say(10*time.Hour, "ann", 2)
	say(11*time.Hour, "li", 2)
	p := s.run(s.spec(st))
	require.Equal(t, release.PhaseSucceeded, p.Outcome, p.Reason)
	require.Equal(t, release.BatchConfirmed, p.Batches[0].State)
	var refused []string
	counted := 0
	for _, d := range p.Decisions {
		if d.Refused != "" {
			refused = append(refused, d.Refused)
		} else if d.Kind == release.CommandApprove {
			counted++
			require.NotEmpty(t, d.ChangeID)
		}
	}
	require.Equal(t, 4, counted)
	require.Contains(t, refused[0], "batch 1 does not wait for a confirmation: it waits for approval of batch 1 of 3 by 2 of ann, li")
	require.Equal(t, "the release is paused; resume it first", refused[1])
	require.Contains(t, refused[2], "about change another")
	s.requireRulesAsBefore()
}

func TestApproval_ABatchThatIsRejectedGoesBack(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	st := gray()
	st.Approval = &release.Approval{}
	s.at(time.Hour, func() {
		s.env.SignalWorkflow(string(release.CommandReject), release.Command{Batch: 1, By: "ann", Reason: "orders are lost"})
	})
	p := s.run(s.spec(st))
	require.Equal(t, release.PhaseAborted, p.Outcome, p.Reason)
	require.Contains(t, p.Reason, "rejected by ann: orders are lost")
	require.Equal(t, oldImage, p.Runs.Artifact.Image)
	s.requireRulesAsBefore()
}

// TestApproval_OfABatchEndsAsItsPolicySays is what becomes of a batch that nobody approves.
func TestApproval_OfABatchEndsAsItsPolicySays(t *testing.T) {
	t.Parallel()
	for policy, want := range map[release.TimeoutPolicy]release.Phase{
		release.TimeoutAbort: release.PhaseAborted, release.TimeoutContinue: release.PhaseSucceeded, release.TimeoutHold: release.PhaseNeedsAttention,
	} {
		t.Run(string(policy), func(t *testing.T) {
			t.Parallel()
			s := newStage(t)
			st := gray()
			st.Approval = &release.Approval{Within: release.Duration(time.Hour), OnTimeout: policy}
			require.Equal(t, want, s.run(s.spec(st)).Outcome)
		})
	}
}

// TestApproval_IsForWhatTheReleaseBringsThen is R9: what people were asked about is what is begun.
func TestApproval_IsForWhatTheReleaseBringsThen(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	spec := s.approving()
	spec.Artifact, spec.Config = release.Artifact{}, &release.Config{Variables: []release.Variable{{Name: "A", Value: new("1")}}}
	spec.Approval.Count = 1
	s.at(time.Hour, func() {
		p := s.progress()
		require.NotEmpty(t, p.Config)
		s.env.SignalWorkflow(string(release.CommandApprove), release.Command{By: "ann", Artifact: p.Artifact.String(), Config: p.Config})
	})
	s.at(30*time.Minute, func() { // configuration alone leaves what runs, which is another image by then
		_, err := s.sim.BeginConsoleOrder(s.app.ID, saesim.ConsoleRelease{Image: newImage})
		require.NoError(t, err)
	})
	p := s.run(spec)
	require.Equal(t, release.PhaseFailed, p.Outcome, p.Reason)
	require.Contains(t, p.Reason, "what the release would bring is not what was approved any more: that was "+oldImage+", and by now it is "+newImage)
	require.Contains(t, p.Reason, "nothing was changed")
}

func TestApproval_OfAJobAndOfOtherOperations(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*stage, *release.Spec){
		"job": func(s *stage, spec *release.Spec) { s.makeJob(nil); *spec = s.job() },
		"restart": func(_ *stage, spec *release.Spec) {
			spec.Operation, spec.Artifact = release.OperationRestart, release.Artifact{}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStage(t)
			spec := s.spec(release.Strategy{})
			change(s, &spec)
			spec.Approval = &release.Approval{}
			s.awaiting(time.Hour, release.PhaseAwaitingApproval, release.AwaitApproval)
			s.at(2*time.Hour, func() {
				s.env.SignalWorkflow(string(release.CommandApprove), release.Command{By: "ann", Artifact: s.progress().Artifact.String()})
			})
			p := s.run(spec)
			require.Equal(t, release.PhaseSucceeded, p.Outcome, p.Reason)
		})
	}
}

// A freeze that begins while people are asked holds what they have approved, and asks nobody again.
func TestApproval_AFreezeComesAfterIt(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.freeze(s.closed(time.Hour, 6*time.Hour))
	spec := s.approving()
	spec.Approval.Count = 1
	s.awaiting(90*time.Minute, release.PhaseAwaitingApproval, release.AwaitApproval)
	s.say(2*time.Hour, approve("ann"))
	s.awaiting(3*time.Hour, release.PhasePaused, release.AwaitFreeze)
	p := s.run(spec)
	require.Equal(t, release.PhaseSucceeded, p.Outcome, p.Reason)
	require.Equal(t, 1, s.told(release.EventApprovalWaiting))
}

// A pause that was given before holds the question back.
func TestApproval_NobodyIsAskedWhileItIsPaused(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.before("DescribeApplicationConfig", func() {
		s.env.SignalWorkflow(string(release.CommandPause), release.Command{By: "ann"})
	})
	s.awaiting(time.Hour, release.PhasePaused, release.AwaitResume)
	s.say(2*time.Hour, release.Command{Kind: release.CommandResume})
	s.awaiting(3*time.Hour, release.PhaseAwaitingApproval, release.AwaitApproval)
	s.say(4*time.Hour, approve("li"))
	spec := s.approving()
	spec.Approval.Count = 1
	p := s.run(spec)
	require.Equal(t, release.PhaseSucceeded, p.Outcome, p.Reason)
}

// A release that waits for approval costs no history beyond what happens (R5).
func TestApproval_WaitingCostsNoHistory(t *testing.T) {
	t.Parallel()
	of := func(wait time.Duration) int {
		s := newStage(t)
		spec := s.approving()
		spec.Approval.Count = 1
		s.say(wait, approve("ann"))
		require.Equal(t, release.PhaseSucceeded, s.run(spec).Outcome)
		return s.cost.activities + s.cost.markers + s.cost.timers + s.cost.upserts
	}
	require.Equal(t, of(time.Hour), of(7*time.Hour))
}
