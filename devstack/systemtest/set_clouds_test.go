package systemtest_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"slipway/devstack/scenario"
	"slipway/devstack/stack"
	"slipway/fcclient"
	"slipway/release"
	"slipway/saeclient"
	"slipway/saesim"
	"slipway/servicestageclient"
	"slipway/servicestagesim"
	"slipway/wire"
)

// A work is a change that a platform has carried out, and when, by the clock of the simulator of SAE.
type work struct {
	what         string
	began, ended time.Time
}

// A member is an application of a set, with what its platform itself shows of it.
type member struct {
	spec release.Spec
	// fails lets its release fail in a batch.
	fails func()
	// shows is all that a release could change: the rules and the configuration.
	shows func() any
	// changed are the changes that the platform has carried out for it, the first one first: on the way there, and on the way back.
	changed func() (there, back []work)
}

// automatic is a gray release for whose batches nobody is asked, with a variable.
func automatic(app release.App, st release.Strategy) release.Spec {
	st.Type, st.Confirm = release.StrategyGray, release.ConfirmAuto
	s := spec(app, st)
	s.Config = &release.Config{Variables: []release.Variable{{Name: "LOG_LEVEL", Value: new("debug")}}}
	return s
}

// memberOfSAE is an application, whose change orders are asked.
func (h *house) memberOfSAE() member {
	h.t.Helper()
	app := h.configured(usual())
	before := len(h.Sim().Orders(app.ID))
	return member{
		spec: automatic(app, release.Strategy{Gray: 1, Batches: 2}),
		fails: func() {
			_, err := h.Sim().AddFault(saesim.Fault{Kind: saesim.FaultBatchFails, AppID: app.ID, Batch: 2})
			require.NoError(h.t, err)
		},
		shows: func() any {
			rules, err := scenario.ReadRules(h.ctx, h.sae, app.ID)
			require.NoError(h.t, err)
			return []any{rules, h.configuration(app)}
		},
		changed: func() (there, back []work) {
			for _, o := range h.Sim().Orders(app.ID)[before:] {
				s := work{"SAE: " + o.Type, o.CreatedAt, o.FinishedAt}
				if o.Type == saeclient.CoTypeDeploy {
					there = append(there, s)
				} else {
					back = append(back, s)
				}
			}
			return there, back
		},
	}
}

// memberOfFC is a service, whose versions and whose alias are asked. Nothing on Function Compute fails by itself.
func (h *house) memberOfFC() member {
	h.t.Helper()
	app := h.service()
	m := member{spec: automatic(app, release.Strategy{Weights: []int{20}})}
	m.spec.Scaling.Suspend = new(true)
	alias := func() *fcclient.GetAliasOutput {
		out, err := h.fc.GetAlias(h.ctx, &fcclient.GetAliasInput{ServiceName: app.ID, AliasName: app.Qualifier})
		require.NoError(h.t, err)
		return out
	}
	m.shows = func() any {
		a := alias()
		provision, err := h.fc.GetProvisionConfig(h.ctx, &fcclient.GetProvisionConfigInput{
			ServiceName: app.ID, Qualifier: app.Qualifier, FunctionName: scenario.Function,
		})
		require.NoError(h.t, err)
		serves, err := h.fc.GetFunction(h.ctx, &fcclient.GetFunctionInput{ServiceName: app.ID, Qualifier: &app.Qualifier, FunctionName: scenario.Function})
		require.NoError(h.t, err)
		return []any{
			a.VersionID, len(a.AdditionalVersionWeight), provision.Target, provision.ScheduledActions, provision.TargetTrackingPolicies, serves.Function,
		}
	}
	m.changed = func() (there, back []work) {
		ahead := h.FCSim().Now().Sub(h.Sim().Now())
		out, err := h.fc.ListServiceVersions(h.ctx, &fcclient.ListServiceVersionsInput{ServiceName: app.ID, Direction: new("FORWARD")})
		require.NoError(h.t, err)
		for _, v := range out.Versions[1:] {
			at := v.CreatedTime.Add(-ahead)
			there = append(there, work{"Function Compute: version " + v.VersionID, at, at})
		}
		if a := alias(); a.VersionID == "1" {
			at := a.LastModifiedTime.Add(-ahead)
			back = []work{{"Function Compute: alias", at, at}}
		}
		return there, back
	}
	return m
}

// memberOfServiceStage is a component, whose records and jobs are asked.
func (h *house) memberOfServiceStage() member {
	h.t.Helper()
	c := h.component()
	first := h.records(c)[0].Jobs[0].JobID
	return member{
		spec: automatic(c.App, release.Strategy{Gray: 1, Batches: 1}),
		fails: func() {
			_, err := h.ServiceStageSim().AddFault(servicestagesim.Fault{Kind: servicestagesim.FaultJobFails, AppID: c.ID, Operation: "ComponentAction"})
			require.NoError(h.t, err)
		},
		shows: func() any {
			text, err := h.ss.Call(h.ctx, "GetComponent", map[string]string{"application_id": c.application, "component_id": c.ID})
			require.NoError(h.t, err)
			var out map[string]any
			require.NoError(h.t, json.Unmarshal(text, &out))
			delete(out, "status") // its last job, and when that was
			return out
		},
		changed: func() (there, back []work) {
			ahead := h.ServiceStageSim().Now().Sub(h.Sim().Now())
			for _, r := range h.records(c) {
				for _, j := range r.Jobs {
					if j.JobID == first {
						continue
					}
					job, err := h.ss.GetJob(h.ctx, &servicestageclient.GetJobInput{JobID: j.JobID})
					require.NoError(h.t, err)
					tasks := job.Tasks
					s := work{"ServiceStage: a job of " + r.Version, tasks[0].CreatedAt.Add(-ahead), tasks[len(tasks)-1].UpdatedAt.Add(-ahead)}
					if r.Version == "1.0.0" {
						back = append(back, s)
					} else {
						there = append(there, s)
					}
				}
			}
			return there, back
		},
	}
}

// An assembly is a set over all clouds, a wave each.
type assembly struct {
	id      string
	members []member
	before  []any
	events  *scenario.Events
}

// assemble asks for a set of members, a wave each, of which the last one fails. Each wave waits for a confirmation.
func (h *house) assemble(name string, members []member) *assembly {
	h.t.Helper()
	a := &assembly{members: members}
	set := release.Set{Name: name, OnFailure: release.SetRollback, RequestedBy: "systemtest"}
	for i, m := range members {
		a.before = append(a.before, m.shows())
		if i == len(members)-1 {
			m.fails()
		}
		set.Waves = append(set.Waves, release.Wave{
			Confirm: release.ConfirmManual, Releases: []release.SetRelease{{Name: string(m.spec.App.Platform), Spec: m.spec}},
		})
	}
	msg, err := wire.EncodeSetRequest(wire.Origin{Source: scenario.Source, ID: h.t.Name() + name}, wire.AskedSet{Set: set})
	require.NoError(h.t, err)
	h.send(msg)
	a.id = release.SetID(set.Name, scenario.Source, h.t.Name()+name)
	a.events = h.follow(a.id)
	return a
}

// calls counts the calls to all clouds.
func (h *house) calls() int {
	return h.Sim().Calls().Total + h.FCSim().Calls().Total + h.ServiceStageSim().Calls().Total
}

// killAgainAndAgain runs a worker and kills it so many times, each after a seeded number of calls to the clouds. The last one is stopped
// when it is over.
func (h *house) killAgainAndAgain(launch scenario.Launch, dice *rand.Rand, kills int, over <-chan struct{}) error {
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for kill := 0; ; kill++ {
		worker, err := launch.Start(h.ctx)
		if err != nil {
			return err
		}
		after := h.calls() + 10 + dice.IntN(60)
		for kill == kills || h.calls() < after {
			select {
			case <-tick.C:
			case <-h.ctx.Done():
				return h.ctx.Err()
			case <-over:
				if kill < kills {
					return fmt.Errorf("it was over after %d kills", kill)
				}
				return worker.Stop()
			}
		}
		if err := worker.Kill(); err != nil {
			return err
		}
	}
}

// TestSet_OverThreeCloudsUnderKilledWorkers releases an application of SAE, a service of Function Compute and a component of ServiceStage as one,
// a wave each and one confirmation a wave. One set ends with the component, the other with the application, and the last wave fails. The
// worker is killed after seeded numbers of calls, and answers of all clouds are lost. By what each simulator itself has written down, every
// step has changed something once, the way back was the reverse of the way there, each change after the one before it had ended, and all
// rules and configuration are as before.
func TestSet_OverThreeCloudsUnderKilledWorkers(t *testing.T) {
	t.Parallel()
	const seed, kills = 21, 4
	h := start(t, stack.Config{WithoutWorker: true, Seed: seed})
	orders := [][]member{
		{h.memberOfSAE(), h.memberOfFC(), h.memberOfServiceStage()},
		{h.memberOfServiceStage(), h.memberOfFC(), h.memberOfSAE()},
	}
	var sets []*assembly
	for i, members := range orders {
		sets = append(sets, h.assemble(fmt.Sprintf("shop%d", i), members))
	}
	h.Sim().ResetCalls()
	h.FCSim().ResetCalls()
	h.ServiceStageSim().ResetCalls()
	h.loseAnswers()

	over, killer := make(chan struct{}), make(chan error, 1)
	launch := scenario.Launch{Binary: slipwayBinary(t), Role: "worker", Env: h.Env(), Log: t.Output()}
	go func() { killer <- h.killAgainAndAgain(launch, rand.New(rand.NewPCG(seed, 0)), kills, over) }()
	for wave := 1; wave <= len(orders[0]); wave++ {
		for _, set := range sets {
			h.until(set.events, release.EventWaveWaiting, 0)
			h.confirm(set.id, wave)
		}
	}
	for _, set := range sets {
		h.until(set.events, release.EventRolledBack, 0)
	}
	close(over)
	require.NoError(t, <-killer)
	sae, fc, ss := h.Sim().Calls().Operations, h.FCSim().Calls().Operations, h.ServiceStageSim().Calls().Operations
	t.Logf("calls: %v, %v, %v", sae, fc, ss)
	require.Equal(t, []int{2, 1}, []int{sae["DeployApplication"], sae["RollbackApplication"]}, "%v", sae)
	require.Equal(t, []int{2, 6}, []int{fc["PublishServiceVersion"], fc["UpdateAlias"]}, "%v", fc)
	require.Equal(t, []int{2, 4}, []int{ss["UpdateComponent"], ss["ComponentAction"]}, "%v", ss)
	require.NoError(t, h.Sim().ClearFaults())
	require.NoError(t, h.FCSim().ClearFaults())
	require.NoError(t, h.ServiceStageSim().ClearFaults())
	h.requireReverse(sets[0], 4, 3) // the component has failed in the second of its two jobs
	h.requireReverse(sets[1], 4, 2) // SAE has gone back within its change order
}

// loseAnswers lets each cloud carry out one call in ten and lose its answer.
func (h *house) loseAnswers() {
	h.t.Helper()
	for _, add := range []func(saesim.Fault) (saesim.Fault, error){h.Sim().AddFault, h.FCSim().AddFault, h.ServiceStageSim().AddFault} {
		_, err := add(saesim.Fault{Kind: saesim.FaultDropAfter, Count: -1, Probability: 0.1})
		require.NoError(h.t, err)
	}
}

// requireReverse checks the end of a set: each wave was confirmed once, all is as before, and the clouds have changed one thing after the
// other, in the order of the waves and back: so many changes there, and so many back.
func (h *house) requireReverse(a *assembly, changes, undone int) {
	h.t.Helper()
	var p release.SetProgress
	require.NoError(h.t, h.Client.GetWorkflow(h.ctx, release.SetWorkflowID(a.id), "").Get(h.ctx, &p))
	require.Equal(h.t, release.PhaseRolledBack, p.Outcome, p.Reason)
	var confirmed []int
	for _, d := range p.Decisions {
		require.Empty(h.t, d.Refused)
		confirmed = append(confirmed, d.Batch)
	}
	require.Equal(h.t, []int{1, 2, 3}, confirmed)
	var there, back []work
	for i, m := range a.members {
		require.Equal(h.t, a.before[i], m.shows(), "%s of %s", m.spec.App.Platform, p.Name)
		to, from := m.changed()
		there, back = append(there, to...), append(from, back...)
	}
	spans := slices.Concat(there, back)
	for i, s := range spans {
		h.t.Logf("%s: %s from %s to %s", p.Name, s.what, s.began.Format(time.TimeOnly), s.ended.Format(time.TimeOnly))
		if i > 0 { // times are written down in seconds
			require.False(h.t, s.began.Before(spans[i-1].ended.Add(-time.Second)), "%s began before %s had ended", s.what, spans[i-1].what)
		}
	}
	require.Len(h.t, there, changes)
	require.Len(h.t, back, undone)
}
