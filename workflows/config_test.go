package workflows_test

import (
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"slipway/release"
	"slipway/saeclient"
	"slipway/saesim"
)

// configure carries out a release of configuration alone, which its lane has checked.
func (s *stage) configure(st release.Strategy, c *release.Config) release.Progress {
	s.t.Helper()
	spec := s.spec(st)
	spec.Artifact, spec.Config = release.Artifact{}, c
	spec = spec.WithDefaults()
	s.env.ExecuteWorkflow(spec.Workflow(), release.Request{ID: "r-test", Spec: spec, Checked: true})
	return s.result()
}

func TestConfig_AloneIsARelease(t *testing.T) {
	t.Parallel()
	s, c := newConfigStage(t)
	p := s.configure(release.Strategy{}, brings(0, "LOG_LEVEL=debug"))
	require.Equal(t, release.PhaseSucceeded, p.Outcome, p.Reason)
	require.True(t, p.OnlyConfig)
	require.Equal(t, oldImage, p.Artifact.Image, "what ran stays")
	require.Equal(t, []release.Setting{{Name: "variables.LOG_LEVEL", After: "sha256:0b8e9e995d8d"}}, p.Settings)
	require.Equal(t, map[string]string{"LOG_LEVEL": "debug"}, s.variables())
	require.Equal(t, p.Artifact, p.Runs.Artifact)
	require.NotEmpty(t, p.RollbackTo.Config)
	require.NotEmpty(t, p.Runs.Config)
	require.NotEqual(t, p.RollbackTo.Config, p.Runs.Config)
	require.Equal(t, brings(0, "LOG_LEVEL=debug"), c.begun[0].Config)
	require.Equal(t, []string{saeclient.CoTypeDeploy}, s.orders())
	s.requireRulesAsBefore()

	plain := newStage(t)
	require.Equal(t, release.PhaseSucceeded, plain.run(plain.spec(release.Strategy{})).Outcome)
	require.Equal(t, plain.cost.total(), s.cost.total(), "configuration costs no history")
}

// TestConfig_AResetReleaseKnowsWhatItBrings: what stays, and what it was before, is no part of the request
// and stands in the ledger.
func TestConfig_AResetReleaseKnowsWhatItBrings(t *testing.T) {
	t.Parallel()
	s, c := newConfigStage(t)
	changed := []release.Setting{{Name: release.SettingInstances, Before: "6", After: "5"}}
	s.recalled = map[string]release.Progress{"r-test": {
		Phase: release.PhaseAwaitingConfirm, Artifact: release.Artifact{Image: newImage}, Settings: changed,
		RollbackTo: &release.Version{Artifact: release.Artifact{Image: oldImage}},
	}}
	s.deployWith(saeclient.ReleaseManual, release.Token("r-test", string(release.StepRollout))+" "+newImage)
	s.abort(2 * time.Hour)
	p := s.configure(release.Strategy{Type: release.StrategyBatch, Batches: 2}, brings(5))
	require.Equal(t, release.PhaseAborted, p.Outcome, p.Reason)
	require.Equal(t, newImage, p.Artifact.Image)
	require.Equal(t, changed, p.Settings)
	require.Equal(t, 6, s.replicas(), "as many as before the release")
	require.Equal(t, oldImage, c.verified[0].Want.Artifact.Image)
}

func TestConfig_WithAnArtifact(t *testing.T) {
	t.Parallel()
	s, c := newConfigStage(t)
	spec := s.spec(release.Strategy{})
	spec.Config = brings(0, "LOG_LEVEL=debug")
	p := s.run(spec)
	require.Equal(t, release.PhaseSucceeded, p.Outcome, p.Reason)
	require.Equal(t, newImage, s.configured())
	require.False(t, p.OnlyConfig)
	require.Equal(t, spec.Config.Digest(), p.Config)
	require.Equal(t, release.VerifyInput{App: s.app, Want: release.Version{Artifact: release.Artifact{Image: newImage}}, Config: spec.Config}, c.verified[0])
}

// TestConfig_BatchesAreThoseOfTheInstancesThatThereWillBe: a plan over those of before would not be what
// the platform carries out.
func TestConfig_BatchesAreThoseOfTheInstancesThatThereWillBe(t *testing.T) {
	t.Parallel()
	s, _ := newConfigStage(t)
	s.confirm(time.Hour, 1)
	s.confirm(2*time.Hour, 2)
	p := s.configure(gray(), brings(9))
	require.Equal(t, release.PhaseSucceeded, p.Outcome, p.Reason)
	var planned []int
	for _, b := range p.Batches {
		planned = append(planned, b.Instances)
	}
	require.Equal(t, []int{1, 4, 4}, planned)
}

func TestConfig_WhatThePlatformRefusesChangesNothing(t *testing.T) {
	t.Parallel()
	s, c := newConfigStage(t)
	p := s.configure(release.Strategy{}, &release.Config{Resources: &release.Resources{CPU: 300}})
	require.Equal(t, release.PhaseFailed, p.Outcome)
	require.Contains(t, p.Reason, "config.resources: SAE has no instances with cpu 300 and memory 2048")
	require.Contains(t, p.Reason, "nothing was changed")
	require.Empty(t, c.begun)
	require.Empty(t, s.orders())
}

// TestConfig_ThatDoesNotHoldNeedsAttention: the artifact runs, but a setting is not what was asked for.
func TestConfig_ThatDoesNotHoldNeedsAttention(t *testing.T) {
	t.Parallel()
	s, c := newConfigStage(t)
	c.drops = []string{"B"}
	p := s.configure(release.Strategy{}, brings(0, "A=1", "B=2"))
	require.Equal(t, release.PhaseNeedsAttention, p.Outcome)
	require.Contains(t, p.Reason, "but the application runs "+oldImage+", with other settings than asked for: variables.B;")
}

// TestConfig_GoesBack: the configuration of before is back, by whom the change is rolled back, and is
// known by the version that ran before.
func TestConfig_GoesBack(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		strategy release.Strategy
		before   func(*stage)
		outcome  release.Phase
		orders   []string
	}{
		"the platform's own way": {gray(), func(s *stage) { s.abort(time.Hour) }, release.PhaseAborted, []string{saeclient.CoTypeDeploy}},
		"with a change of its own": {
			release.Strategy{},
			func(s *stage) { s.fault(saesim.Fault{Kind: saesim.FaultBatchFails}) }, release.PhaseRolledBack,
			[]string{saeclient.CoTypeDeploy, saeclient.CoTypeDeployHistroy},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, configs := newConfigStage(t)
			c.before(s)
			p := s.configure(c.strategy, brings(0, "A=1"))
			require.Equal(t, c.outcome, p.Outcome, p.Reason)
			require.Equal(t, p.RollbackTo, p.Runs)
			require.Equal(t, p.RollbackTo.ID, configs.verified[len(configs.verified)-1].Want.ID)
			require.Empty(t, s.variables())
			require.Equal(t, c.orders, s.orders())
			s.requireRulesAsBefore()
		})
	}
}

// TestConfig_MixedConfigurationsCannotBeSeen: instances show their artifact alone. A way back that failed
// may have left both configurations.
func TestConfig_MixedConfigurationsCannotBeSeen(t *testing.T) {
	t.Parallel()
	s, _ := newConfigStage(t)
	s.fault(saesim.Fault{Kind: saesim.FaultBatchFails, Count: 2})
	p := s.configure(release.Strategy{}, brings(0, "A=1"))
	require.Equal(t, release.PhaseNeedsAttention, p.Outcome, p.Reason)
	require.Contains(t, p.Reason, "which configuration each instance has cannot be read back")
}

// TestConfig_InstancesArePutBack: a rollback brings a version back, not the number of its instances.
func TestConfig_InstancesArePutBack(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		fault   saesim.Fault
		outcome release.Phase
		begun   []string
	}{
		"once":                     {saesim.Fault{}, release.PhaseRolledBack, []string{saeclient.CoTypeScaleIn}},
		"once, an answer was lost": {saesim.Fault{Kind: saesim.FaultDropAfter}, release.PhaseRolledBack, []string{saeclient.CoTypeScaleIn}},
		"refused": {
			saesim.Fault{Kind: saesim.FaultError, Code: "InvalidParameter.WithMessage", Status: http.StatusBadRequest, Count: -1},
			release.PhaseNeedsAttention, nil,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStage(t)
			address, status := probe(t)
			status.Store(http.StatusInternalServerError)
			s.before("RollbackApplication", func() {
				require.Equal(t, 7, s.replicas())
				s.before("RescaleApplication", func() {
					require.False(t, s.rules()["daily"], "the rules stay suspended until the number is back")
				})
				if c.fault.Kind != "" {
					c.fault.Operation = "RescaleApplication"
					s.fault(c.fault)
				}
			})
			watch := &release.Watch{For: hour, Gates: []release.Gate{health(address, release.Duration(time.Minute))}}
			p := s.configure(release.Strategy{Watch: watch}, brings(7))
			require.Equal(t, c.outcome, p.Outcome, p.Reason)
			require.Equal(t, append([]string{saeclient.CoTypeDeploy, saeclient.CoTypeDeployHistroy}, c.begun...), s.orders())
			if c.outcome == release.PhaseNeedsAttention {
				require.Contains(t, p.Reason, "not rescaled to the 5 instances that it had before")
				return
			}
			require.Equal(t, 5, s.replicas())
			s.requireRulesAsBefore()
		})
	}
}

// TestConfig_InstancesThatSomebodyHasPutBack: there is no change to follow then.
func TestConfig_InstancesThatSomebodyHasPutBack(t *testing.T) {
	t.Parallel()
	s, c := newConfigStage(t)
	address, status := probe(t)
	status.Store(http.StatusInternalServerError)
	c.beforeRescale = func() {
		_, err := s.client.RescaleApplication(t.Context(), &saeclient.RescaleApplicationInput{
			AppID: s.app.ID, Replicas: 5, AutoEnableApplicationScalingRule: new(false),
		})
		require.NoError(t, err)
	}
	watch := &release.Watch{For: hour, Gates: []release.Gate{health(address, release.Duration(time.Minute))}}
	p := s.configure(release.Strategy{Watch: watch}, brings(7))
	require.Equal(t, release.PhaseRolledBack, p.Outcome, p.Reason)
	require.Equal(t, []release.Change{{Nothing: true}}, c.rescaled)
	require.Equal(t, []string{saeclient.CoTypeDeploy, saeclient.CoTypeDeployHistroy, saeclient.CoTypeScaleIn}, s.orders(), "the last one is somebody else's")
	require.NotEmpty(t, p.ChangeID, "the last change of the release is still told of")
	require.Equal(t, 5, s.replicas())
	s.requireRulesAsBefore()
}

// TestConfig_RollbackAfterAReleaseOfConfiguration returns to the configuration before, with the artifact
// that runs (R19).
func TestConfig_RollbackAfterAReleaseOfConfiguration(t *testing.T) {
	t.Parallel()
	s, c := newConfigStage(t)
	versions := s.released()
	s.inStep = false
	_, err := s.client.DeployApplication(t.Context(), &saeclient.DeployApplicationInput{
		AppID: s.app.ID, ImageURL: new(newImage), Envs: []saeclient.EnvVar{{Name: "A", Value: "1"}},
	})
	require.NoError(t, err)
	_, err = s.sim.Advance(time.Minute)
	require.NoError(t, err)
	s.inStep = true
	p := s.run(s.rollback(versions[1]))
	require.Equal(t, release.PhaseSucceeded, p.Outcome, p.Reason)
	require.Equal(t, newImage, p.RollbackTo.Artifact.Image)
	require.Equal(t, newImage, p.Artifact.Image)
	require.Equal(t, versions[1], p.Runs.ID)
	require.Equal(t, versions[1], c.verified[0].Want.ID)
}

// TestConfig_TheLaneDeniesTheConfiguration: the artifact ran before and is not bad.
func TestConfig_TheLaneDeniesTheConfiguration(t *testing.T) {
	t.Parallel()
	s, _ := newConfigStage(t)
	w := newWorldOn(t, s)
	w.fault(saesim.Fault{Kind: saesim.FaultBatchFails})
	same := func(c *release.Config) release.Spec {
		spec := w.spec(release.Strategy{})
		spec.Artifact.Image, spec.Config = oldImage, c
		return spec
	}
	bad := same(brings(0, "A=1"))
	w.send(0, "r-1", bad)
	w.send(time.Second, "r-2", bad)
	w.send(2*time.Second, "r-3", same(brings(0, "A=2")))
	other := bad
	other.Artifact.Image = newImage
	w.send(3*time.Second, "r-4", other)
	refused := w.send(time.Hour, "r-5", bad)
	w.at(2*time.Hour, func() {
		denied := w.lane().Denied
		require.Len(t, denied, 1)
		require.Equal(t, bad.Config.Digest(), denied[0].Config)
		require.Equal(t, oldImage, denied[0].Artifact.Image)
	})
	allow := w.command(3*time.Hour, release.UpdateAllow, release.LaneCommand{By: "ann", Artifact: oldImage})
	w.runLane()

	w.requireEnded("r-1", release.PhaseRolledBack, "")
	w.requireEnded("r-2", release.PhaseAborted, "configuration "+bad.Config.Digest()+" for "+oldImage+" was rolled back on")
	w.requireEnded("r-3", release.PhaseSucceeded, "")
	w.requireEnded("r-4", release.PhaseSucceeded, "")
	require.Equal(t, release.StandingRefused, refused.receipt.Standing)
	require.Contains(t, refused.receipt.Reason, "--artifact "+oldImage)
	require.Empty(t, allow.state.Denied)
}

// TestConfig_ValuesStayInTheRequest plants a value, and looks for it in all that the releases and their
// lane show, tell and ask of others than the platform.
func TestConfig_ValuesStayInTheRequest(t *testing.T) {
	t.Parallel()
	const planted = "do-not-show-7f3a"
	s, c := newConfigStage(t)
	w := newWorldOn(t, s)
	spec := w.spec(gray())
	spec.Config = brings(0, "PASSPHRASE="+planted)
	w.send(0, "r-1", spec)
	w.send(time.Second, "r-2", spec)
	var shown []any
	look := func() { shown = append(shown, w.progressOf("r-1"), w.progressOf("r-2")) }
	w.at(time.Hour, func() { shown = append(shown, w.lane()); look() })
	w.tell(2*time.Hour, "r-1", release.Command{Kind: release.CommandRollback, By: "ann"})
	w.at(3*time.Hour, func() { shown = append(shown, w.lane()); look() })
	w.command(4*time.Hour, release.UpdateAllow, release.LaneCommand{By: "ann"})
	w.runLane()
	require.NotEmpty(t, w.progressOf("r-1").Settings)
	require.NotEmpty(t, c.logs.String())
	look()
	shown = append(shown, c.logs.String(), w.onBus(), w.noted, w.settled, w.cost.handed, w.cost.searchable, w.cost.summaries)
	for _, each := range shown {
		text, err := json.Marshal(each)
		require.NoError(t, err)
		require.NotContains(t, string(text), planted)
	}
	require.NotEmpty(t, w.cost.summaries)
}
