package workflows_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"slipway/activities/servicestage/servicestageworld"
	"slipway/release"
	"slipway/servicestageclient"
	"slipway/servicestagesim"
)

// console is a component on whose release a story of a test acts, as a person at the console or the platform would.
type console struct {
	*trial
	*servicestageworld.World

	spec *release.Spec
}

// fails lets a job fail that an operation begins.
func (c *console) fails(operation, code string) {
	_, err := c.AddFault(servicestagesim.Fault{Kind: servicestagesim.FaultJobFails, Operation: operation, Code: code, Batch: 1, Message: "no nodes"})
	require.NoError(c.t, err)
}

// stop stops the component at the console before the release begins.
func (c *console) stop() {
	c.Act("stop", "")
	c.over()
}

// over lets what was begun at the console come to its end.
func (c *console) over() {
	_, err := c.Advance(time.Minute)
	require.NoError(c.t, err)
}

// failed makes a component whose last release has failed: it shows version 9.9.2, and serves 9.9.1.
func (c *console) failed() {
	c.fails("UpdateComponent", servicestageclient.JobFailed)
	c.Release(4, "")
	c.over()
}

// unready releases what no instance becomes ready of, and lets somebody do something then.
func (c *console) unready(does func()) {
	c.Spoil()
	c.spec.Limits.Total = release.Duration(2 * time.Hour)
	c.at(10*time.Minute, func() {
		c.reach()
		does()
	})
}

// operation makes the release another operation.
func (c *console) operation(o release.Operation) {
	c.spec.Operation, c.spec.Artifact = o, release.Artifact{}
	if o == release.OperationRescale {
		c.spec.Instances = 3
	}
}

// TestServiceStage_Endings is what becomes of a release where the platform, or somebody at its console, does what
// a release does not expect.
func TestServiceStage_Endings(t *testing.T) {
	t.Parallel()
	const update, action = "UpdateComponent", "ComponentAction"
	batched := release.Strategy{Type: release.StrategyGray, Gray: 1, Batches: 2, Confirm: release.ConfirmAuto}
	for name, row := range map[string]struct {
		with    func(c *console)
		outcome release.Phase
		reason  string
		// runs is the version that runs in the end by its artifact; 0 where that is not said.
		runs int
	}{
		"the way back fails": {func(c *console) {
			c.fails(update, servicestageclient.JobFailed)
			c.fails(action, servicestageclient.JobFailed)
		}, release.PhaseNeedsAttention, "the rollback did not bring the old version back", 0},
		"the way back of a gray release fails once": {func(c *console) {
			c.spec.Strategy = release.Strategy{Type: release.StrategyGray, Gray: 1, Batches: 2}
			c.fails(action, servicestageclient.JobFailed)
			c.abort(time.Hour)
		}, release.PhaseAborted, "too many errors", 2},
		"the platform goes back by itself": {func(c *console) {
			c.fails(update, servicestageclient.JobRolledBack)
		}, release.PhaseRolledBack, "ServiceStage has gone back by itself: no nodes", 2},
		"somebody goes back at the console": {func(c *console) {
			c.unready(func() { c.Act("rollback_current", "") })
		}, release.PhaseRolledBack, "such as in the platform's console", 2},
		"the rest of a gray release fails": {func(c *console) {
			c.spec.Strategy = batched
			c.fails(action, servicestageclient.JobFailed)
		}, release.PhaseRolledBack, "the rest of the gray release has failed", 2},
		"no instance is ready, and somebody looks at the workload": {func(c *console) {
			c.unready(func() { c.Act("sync_workload", "") })
		}, release.PhaseAborted, "not done within 2h", 2},
		"no instance is ready, and somebody restarts": {func(c *console) {
			c.unready(func() { c.Act("restart", "") })
		}, release.PhaseAborted, "not done within 2h", 2},
		"no instance is ready, and somebody stops the component": {func(c *console) {
			c.unready(func() { c.Act("stop", "") })
		}, release.PhaseFailed, "web:3, with 0 of 5 instances", 3},
		"a component that is stopped": {func(c *console) { c.stop() }, release.PhaseFailed, "the component is stopped", 2},
		"a restart of one that is stopped": {func(c *console) {
			c.stop()
			c.operation(release.OperationRestart)
		}, release.PhaseFailed, "start it at the console first", 2},
		"a rescale of one that is stopped": {func(c *console) {
			c.stop()
			c.operation(release.OperationRescale)
		}, release.PhaseFailed, "start it at the console first", 2},
		"a rollback of one that is stopped": {func(c *console) {
			c.stop()
			c.operation(release.OperationRollback)
		}, release.PhaseFailed, "start it at the console first", 2},
		"a gray release of one that has failed": {func(c *console) {
			c.failed()
			c.spec.Strategy = batched
		}, release.PhaseFailed, "use all or batch, or roll back first", 0},
		"a restart of one that has failed": {func(c *console) {
			c.failed()
			c.operation(release.OperationRestart)
		}, release.PhaseFailed, "roll back, or release a version first", 0},
		"a rollback of one that has failed": {func(c *console) {
			c.failed()
			c.operation(release.OperationRollback)
		}, release.PhaseSucceeded, "", 2},
		"a rollback of one that has failed to the version that serves": {func(c *console) {
			c.failed()
			c.operation(release.OperationRollback)
			c.spec.Version = "9.9.1"
		}, release.PhaseSucceeded, "", 2},
		"a rollback to the version that runs": {func(c *console) {
			c.operation(release.OperationRollback)
			c.spec.Version = "9.9.1"
		}, release.PhaseFailed, "the application runs version 9.9.1 already", 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newTrial(t, subjectServiceStage())
			world, _ := s.world.(*servicestageworld.World)
			spec := s.spec(release.Strategy{})
			spec.Artifact = s.world.Artifact(3)
			c := &console{trial: s, World: world, spec: &spec}
			row.with(c)
			p := s.run(spec)
			require.Equal(t, row.outcome, p.Outcome, p.Reason)
			require.Contains(t, p.Reason, row.reason)
			require.Less(t, p.EndedAt.Sub(p.StartedAt), 3*time.Hour, "nobody waits for what does not come")
			if row.runs == 0 {
				require.Nil(t, p.Runs)
				return
			}
			require.NotNil(t, p.Runs)
			require.Equal(t, s.world.Artifact(row.runs), p.Runs.Artifact)
		})
	}
}
