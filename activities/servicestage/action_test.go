package servicestage_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"slipway/activities/platform/platformtest"
	"slipway/release"
	"slipway/servicestageclient"
	"slipway/servicestagesim"
)

// TestFindChange_WhatSomebodyElseHasBegun looks for an action whose answer was lost, where the last job shows that it is
// another's.
func TestFindChange_WhatSomebodyElseHasBegun(t *testing.T) {
	t.Parallel()
	restart := func(h *host) { h.Act(servicestageclient.ActionRestart, "") }
	releases := func(h *host) { h.Release(3, "") }
	returns := func(h *host) { h.Act(servicestageclient.ActionRollback, `{"version":"1.0.0"}`) }
	for name, c := range map[string]struct {
		verb  release.Verb
		does  func(h *host)
		found bool
	}{
		"a restart for a restart":   {release.VerbBeginRestart, restart, true},
		"a restart for a rollback":  {release.VerbBeginRollback, restart, false},
		"a rollback for a rollback": {release.VerbBeginRollback, returns, true},
		"a rollback for a restart":  {release.VerbBeginRestart, returns, false},
		"a release for a rescale":   {release.VerbBeginRescale, releases, false},
		"a release for a rollback":  {release.VerbBeginRollback, releases, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h, _ := after(t, all(), servicestagesim.Fault{})
			in := release.FindChangeInput{App: h.App(), Verb: c.verb, Mark: h.snapshot(release.SnapshotInput{}).Mark, Since: h.World.Now()}
			c.does(h)
			h.pass()
			if c.found {
				require.NotNil(t, must[release.FoundChange](h, release.VerbFindChange, in).Change)
				return
			}
			f, _ := refused(h, release.VerbFindChange, in)
			require.Equal(t, release.FaultUndecidable, f)
		})
	}
}

// TestRestart_IsSentTwiceOnTheWay is a restart that was begun although its answer says that the state of the component allows none:
// what is on the way has sent it twice, and the second one has met the first.
func TestRestart_IsSentTwiceOnTheWay(t *testing.T) {
	t.Parallel()
	h, _ := after(t, all(), servicestagesim.Fault{})
	in := release.BeginRestartInput{App: h.App(), Mark: h.snapshot(release.SnapshotInput{}).Mark}
	before := len(h.Truth().Changes)
	_, err := h.AddFault(servicestagesim.Fault{
		Kind: servicestagesim.FaultErrorAfter, Operation: "ComponentAction", Code: servicestageclient.CodeWrongStatus, Count: 1,
	})
	require.NoError(t, err)
	_, err = platformtest.Try[release.Change](h.Harness, release.VerbBeginRestart, in, release.FaultConflict, release.FaultDeclined)
	require.Equal(t, release.FaultDeclined, platformtest.FaultOf(err), "it may have begun: it is no proof that another change is in the way")
	again, _ := in.Retried().(release.BeginRestartInput)
	change := must[release.Change](h, release.VerbBeginRestart, again)
	require.True(t, change.Adopted)
	require.Len(t, h.Truth().Changes, before+1)
}

func TestRollback_OnlyToWhatWasInService(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	rejected := h.begin(2, gray())
	h.pass()
	must[release.AbortRolloutResult](h, release.VerbAbortRollout, release.AbortRolloutInput{App: h.App(), ChangeID: rejected.ID})
	good := h.begin(3, all())
	h.pass()
	failing := fails("FAILED")
	_, err := h.AddFault(failing)
	require.NoError(t, err)
	failed := h.begin(4, release.Strategy{Type: release.StrategyBatch, Batches: 2})
	h.pass()
	require.Equal(t, release.ChangeFailed, h.look(failed).State)

	snap := h.snapshot(release.SnapshotInput{Rollback: &release.RollbackQuestion{}})
	require.Equal(t, good.Version, snap.Version.ID, "what is in service")
	require.Len(t, snap.Running, 2, "and what has failed runs beside it")
	require.Equal(t, good.Version, snap.Wanted.ID, "what the failed one was to replace, neither that nor the one that was rejected")
	f, why := refused(h, release.VerbSnapshot, release.SnapshotInput{App: h.App(), Rollback: &release.RollbackQuestion{VersionID: rejected.Version}})
	require.Equal(t, release.FaultInvalid, f)
	require.Contains(t, why, "never in service")
	// The way back of the failed release, and then further.
	back := must[release.Change](h, release.VerbBeginRollback, release.BeginRollbackInput{App: h.App(), Version: snap.Version, Strategy: all(), Mark: snap.Mark, Override: true})
	require.Equal(t, release.ChangeSucceeded, h.look(back).State)
	require.Equal(t, map[int]int{3: instances}, h.Truth().Shares)
}

func TestRescale_NotOnVirtualMachines(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	mark := h.snapshot(release.SnapshotInput{}).Mark
	h.edit(`"deploy_mode":"container"`, `"deploy_mode":"virtualmachine"`)
	f, why := refused(h, release.VerbBeginRescale, release.BeginRescaleInput{App: h.App(), Instances: 5, Mark: mark})
	require.Equal(t, release.FaultInvalid, f)
	require.Contains(t, why, "virtual machines")
	q := release.ReleaseQuestion{Artifact: h.Artifact(2), Strategy: gray()}
	require.Contains(t, h.snapshot(release.SnapshotInput{Release: &q}).Planned.Refused.OneLine(), "strategy.type")
}

func TestMark_WhatIsNoMarkIsRefused(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	for _, mark := range []release.Mark{nil, release.Mark(`[]`)} {
		f, _ := refused(h, release.VerbBeginRestart, release.BeginRestartInput{App: h.App(), Mark: mark})
		require.Equal(t, release.FaultInvalid, f)
		f, _ = refused(h, release.VerbFindChange, release.FindChangeInput{App: h.App(), Verb: release.VerbBeginRestart, Mark: mark})
		require.Equal(t, release.FaultInvalid, f)
	}
}

func TestBusy_TellsWhoseReleaseItIs(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	const id = "r-abcdefghijklmnop"
	in := h.rollout(id, release.ReleaseQuestion{Artifact: h.Artifact(2), Strategy: gray()})
	change, err := platformtest.Try[release.Change](h.Harness, release.VerbBeginRollout, in)
	require.NoError(t, err)
	busy := h.snapshot(release.SnapshotInput{}).Busy
	require.Equal(t, change.ID, busy.ID)
	require.False(t, busy.Stuck)
	require.Contains(t, busy.Description, release.Token(id, "rollout"))
	h.pass()
	require.True(t, h.snapshot(release.SnapshotInput{}).Busy.Stuck, "it waits for somebody")
	must[release.AbortRolloutResult](h, release.VerbAbortRollout, release.AbortRolloutInput{App: h.App(), ChangeID: change.ID})
	job := h.Act(servicestageclient.ActionRestart, "")
	require.Equal(t, job, h.snapshot(release.SnapshotInput{}).Busy.ID, "a job of no release has its own ID")
}

// TestRollout_BeginsFromWhatIsInService releases after a release that has failed, whose configuration does not come along.
func TestRollout_BeginsFromWhatIsInService(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	text := "verbose"
	bad := h.rollout("r-bad", release.ReleaseQuestion{Artifact: h.Artifact(2), Strategy: all(), Config: &release.Config{
		Variables: []release.Variable{{Name: "LEVEL", Value: &text}}, Platform: release.Parameters{"host_aliases": []byte(`[{"ip":"10.0.0.1","hostnames":["db"]}]`)},
	}})
	_, err := h.AddFault(fails("FAILED"))
	require.NoError(t, err)
	must[release.Change](h, release.VerbBeginRollout, bad)
	require.Equal(t, "FAILED", h.component().Status.ComponentStatus)
	good := h.rollout("r-good", release.ReleaseQuestion{Artifact: h.Artifact(3), Strategy: all()})
	change := must[release.Change](h, release.VerbBeginRollout, good)
	require.Equal(t, release.ChangeSucceeded, h.look(change).State)
	require.NotContains(t, wire(t, h.specification()["envs"]), "LEVEL")
	require.Empty(t, h.specification()["host_aliases"])
}

func TestRollout_WhatAFailedReleaseHasBroughtIsInTheWay(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	bad := h.rollout("r-bad", release.ReleaseQuestion{Artifact: h.Artifact(2), Strategy: all(), Config: &release.Config{
		Probes: &release.Probes{Liveness: &release.Probe{TCP: 8080}},
	}})
	_, err := h.AddFault(fails("FAILED"))
	require.NoError(t, err)
	must[release.Change](h, release.VerbBeginRollout, bad)
	q := release.ReleaseQuestion{Artifact: h.Artifact(3), Strategy: all()}
	snap := h.snapshot(release.SnapshotInput{Release: &q})
	require.Contains(t, snap.Planned.Refused.OneLine(), "config.platform.liveness_probe")
	back := must[release.Change](h, release.VerbBeginRollback, release.BeginRollbackInput{App: h.App(), Version: snap.Version, Mark: snap.Mark})
	require.Equal(t, release.ChangeSucceeded, h.look(back).State)
	require.Empty(t, h.snapshot(release.SnapshotInput{Release: &q}).Planned.Refused)
}
