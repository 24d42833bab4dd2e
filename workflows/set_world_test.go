package workflows_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/workflow"

	"slipway/release"
	"slipway/saeclient"
	"slipway/saesim"
)

// testSetID is the ID of the set under test.
const testSetID = "s-test"

// market is a world with several applications, each with its lane, and a set that
// releases them. It plays the part of the client with which releases are submitted.
type market struct {
	*world

	// apps are the applications by the names that their releases have in the set.
	apps  map[string]release.App
	names []string
	// lost is how many more answers of lanes are lost on their way, by release ID, and
	// submits counts the submissions; both are guarded by stage.mu.
	lost    map[string]int
	submits map[string]int
}

func newMarket(t *testing.T, names ...string) *market {
	t.Helper()
	m := &market{world: newWorld(t), apps: map[string]release.App{}, lost: map[string]int{}, submits: map[string]int{}, names: names}
	m.env.SetDetachedChildWait(false) // lanes remember what was rolled back, and stay
	m.env.RegisterActivityWithOptions(m.submit, activity.RegisterOptions{Name: release.SubmitActivity})
	m.env.RegisterWorkflowWithOptions(m.host, workflow.RegisterOptions{Name: "Market"})
	m.inStep = false
	m.apps[names[0]] = m.app
	for _, name := range names[1:] {
		created, err := m.client.CreateApplication(t.Context(), &saeclient.CreateApplicationInput{
			AppName: name, PackageType: "Image", ImageURL: new(oldImage), Replicas: 5, CPU: new(1000), Memory: new(2048),
		})
		require.NoError(t, err)
		m.apps[name] = release.App{Platform: release.PlatformSAE, Region: m.app.Region, ID: created.Data.AppID}
	}
	_, err := m.sim.Advance(time.Minute)
	require.NoError(t, err)
	m.inStep = true
	return m
}

// host lets the set run beside the lanes of its applications.
func (m *market) host(ctx workflow.Context, in release.SetRequest) (release.SetProgress, error) {
	for _, name := range m.names {
		app := m.apps[name]
		lane := workflow.ExecuteChildWorkflow(workflow.WithChildOptions(ctx, workflow.ChildWorkflowOptions{
			WorkflowID: release.LaneID(app), ParentClosePolicy: enumspb.PARENT_CLOSE_POLICY_ABANDON,
		}), release.WorkflowLane, release.LaneInput{App: app, Denied: []release.Denial{{Artifact: release.Artifact{Image: "registry.example/bad"}}}})
		if err := lane.GetChildWorkflowExecution().Get(ctx, nil); err != nil {
			return release.SetProgress{}, err
		}
	}
	var p release.SetProgress
	err := workflow.ExecuteChildWorkflow(workflow.WithChildOptions(ctx, workflow.ChildWorkflowOptions{
		WorkflowID: release.SetWorkflowID(in.ID), WaitForCancellation: true,
	}), release.WorkflowReleaseSet, in).Get(ctx, &p)
	return p, err
}

// submit is the activity as the test environment can do it: through the lane's update.
func (m *market) submit(ctx context.Context, sub release.Submission) (release.Receipt, error) {
	answer := make(chan *answered, 1)
	m.env.RegisterDelayedCallback(func() {
		a := &answered{}
		m.updateBy(release.LaneID(sub.Spec.App), release.UpdateSubmit, sub, func(result any, err error) {
			a.receipt, _ = result.(release.Receipt)
			a.err = err
			answer <- a
		})
	}, 0)
	var a *answered
	select {
	case a = <-answer:
	case <-ctx.Done():
		return release.Receipt{}, ctx.Err()
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.submits[sub.ReleaseID]++
	if a.err == nil && m.lost[sub.ReleaseID] > 0 {
		m.lost[sub.ReleaseID]--
		return release.Receipt{}, temporal.NewApplicationError("the answer was lost", string(release.FaultUnavailable))
	}
	return a.receipt, a.err
}

// updateBy says something to a workflow; a rejection is an answer, too.
func (m *market) updateBy(workflowID, name string, arg any, answer func(result any, err error)) {
	m.updates++
	id := fmt.Sprint(m.updates)
	callbacks := &testsuite.TestUpdateCallback{OnAccept: func() {}, OnReject: func(err error) { answer(nil, err) }, OnComplete: answer}
	if err := m.env.UpdateWorkflowByID(workflowID, name, id, callbacks, arg); err != nil {
		answer(nil, err)
	}
}

// member is a release of the set.
func (m *market) member(name string, st release.Strategy) release.SetRelease {
	spec := m.spec(st)
	spec.App = m.apps[name]
	return release.SetRelease{Name: name, Spec: spec}
}

// wave releases the named applications at once.
func (m *market) wave(names ...string) release.Wave {
	var w release.Wave
	for _, name := range names {
		w.Releases = append(w.Releases, m.member(name, release.Strategy{}))
	}
	return w
}

// runSet carries a set out to its end.
func (m *market) runSet(s release.Set) release.SetProgress {
	m.t.Helper()
	if s.Name == "" {
		s.Name = "checkout"
	}
	m.env.ExecuteWorkflow("Market", release.SetRequest{ID: testSetID, Set: s})
	require.True(m.t, m.env.IsWorkflowCompleted())
	require.NoError(m.t, m.env.GetWorkflowError())
	var p release.SetProgress
	require.NoError(m.t, m.env.GetWorkflowResult(&p))
	require.Zero(m.t, m.due, "the set ended before all had happened that was to happen")
	require.Equal(m.t, p.Outcome, p.Phase)
	return p
}

// set is the set as it shows itself.
func (m *market) set() release.SetProgress {
	m.t.Helper()
	value, err := m.env.QueryWorkflowByID(release.SetWorkflowID(testSetID), release.QueryProgress)
	require.NoError(m.t, err)
	var p release.SetProgress
	require.NoError(m.t, value.Get(&p))
	return p
}

// heard is what a set answered to a word that came by update.
type heard struct {
	p   release.SetProgress
	err error
}

func (m *market) saySet(d time.Duration, c release.Command) *heard {
	a := &heard{}
	m.at(d, func() {
		c.By = "ann"
		m.updateBy(release.SetWorkflowID(testSetID), string(c.Kind), c, func(result any, err error) {
			a.p, _ = result.(release.SetProgress)
			a.err = err
		})
	})
	return a
}

// breakApp lets the next change of an application fail.
func (m *market) breakApp(name string) {
	m.fault(saesim.Fault{Kind: saesim.FaultBatchFails, AppID: m.apps[name].ID})
}

// runs is what an application is configured to run.
func (m *market) runs(name string) string {
	m.t.Helper()
	out, err := m.client.DescribeApplicationConfig(m.t.Context(), &saeclient.DescribeApplicationConfigInput{AppID: m.apps[name].ID})
	require.NoError(m.t, err)
	return out.Data.ImageURL
}

// outcomes are the outcomes of the releases by name, and of the rollbacks as back/name.
func outcomes(p release.SetProgress) map[string]release.Phase {
	all := map[string]release.Phase{}
	for _, w := range p.Waves {
		for _, r := range w.Releases {
			all[r.Name] = r.Run.Outcome
			if r.Rollback != nil {
				all["back/"+r.Name] = r.Rollback.Outcome
			}
		}
	}
	return all
}

// begun are the releases in the order in which they began, as outcomes names them.
func (m *market) begunOrder() []string {
	m.t.Helper()
	names := map[string]string{}
	for name := range m.apps {
		names[release.SetReleaseID(testSetID, name)] = name
		names[release.SetUndoID(testSetID, name)] = "back/" + name
	}
	var order []string
	for _, id := range m.order() {
		require.Contains(m.t, names, id)
		order = append(order, names[id])
	}
	return order
}

// setKinds are the events of the set, each told once.
func (m *market) setKinds() []release.EventKind {
	m.t.Helper()
	m.mu.Lock()
	defer m.mu.Unlock()
	var kinds []release.EventKind
	ids := map[string]bool{}
	for _, e := range m.events {
		if e.Set == nil {
			continue
		}
		require.False(m.t, ids[e.ID], "event %s twice", e.ID)
		ids[e.ID] = true
		kinds = append(kinds, e.Kind)
	}
	return kinds
}
