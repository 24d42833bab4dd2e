package systemtest_test

import (
	"context"
	"maps"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"

	"slipway/devstack/scenario"
	"slipway/devstack/stack"
	"slipway/release"
	"slipway/saeclient"
	"slipway/wire"
)

// deployment is the Temporal worker deployment of the drill.
const deployment = "slipway"

// upgrade is the drill of docs/operations.md: roles of a version before this one carry releases out, and those of
// this one go on.
type upgrade struct {
	*house

	// before is the program of the version before, and now that of this one.
	before, now string
	// versioned has workers belong to versions of a worker deployment.
	versioned bool
}

// upgrading begins the drill with servers on which the version before has said `slipway setup`.
func upgrading(t *testing.T, versioned bool) *upgrade {
	t.Helper()
	before := os.Getenv("SLIPWAY_PREVIOUS_BIN") //nolint:forbidigo // the build says where the binary is
	require.NotEmpty(t, before, "SLIPWAY_PREVIOUS_BIN must name a slipway binary of before; run `make test-system`")
	h := start(t, stack.Config{WithoutWorker: true, WithoutStarter: true, WithoutConsole: true, WithoutSetup: true})
	u := &upgrade{house: h, before: before, now: slipwayBinary(t), versioned: versioned}
	u.setup(before)
	return u
}

// setup says `slipway setup`.
func (u *upgrade) setup(binary string) {
	u.t.Helper()
	cmd := exec.CommandContext(u.ctx, binary, "setup")
	cmd.Env = scenario.Environ(u.Env())
	out, err := cmd.CombinedOutput()
	require.NoError(u.t, err, "%s", out)
}

// role starts a role; its worker belongs to a version of the deployment where there are any.
func (u *upgrade) role(binary, name, buildID string) *scenario.Process {
	u.t.Helper()
	env := maps.Clone(u.Env())
	if u.versioned && name == "worker" {
		env["TEMPORAL_DEPLOYMENT_NAME"], env["TEMPORAL_WORKER_BUILD_ID"] = deployment, buildID
	}
	process, err := scenario.Launch{Binary: binary, Role: name, Env: env, Log: u.t.Output()}.Start(u.ctx)
	require.NoError(u.t, err)
	if u.versioned && name == "worker" {
		u.makeCurrent(buildID)
	}
	return process
}

// makeCurrent lets new releases begin on a version, once its workers have been seen.
func (u *upgrade) makeCurrent(buildID string) {
	u.t.Helper()
	handle := u.Client.WorkerDeploymentClient().GetHandle(deployment)
	require.Eventually(u.t, func() bool {
		_, err := handle.SetCurrentVersion(u.ctx, client.WorkerDeploymentSetCurrentVersionOptions{BuildID: buildID})
		return err == nil
	}, patience, 100*time.Millisecond, "version %s", buildID)
}

// versionOf is the version that carries a workflow out.
func (u *upgrade) versionOf(workflowID string) string {
	u.t.Helper()
	d, err := u.Client.DescribeWorkflowExecution(u.ctx, workflowID, "")
	require.NoError(u.t, err)
	return d.GetWorkflowExecutionInfo().GetVersioningInfo().GetDeploymentVersion().GetBuildId()
}

// underWay is what has begun before the upgrade.
type underWay struct {
	// app has a gray release, gray, with another one behind it, behind; service and part are the other platforms' with theirs.
	app, service   release.App
	part           component
	gray, behind   string
	shifted, other string
	// aborted is a release of a further application that is aborted after the upgrade.
	abortedApp release.App
	aborted    string
	// set is one whose second wave waits.
	set     string
	setApps [2]release.App
}

// begin begins one of each, up to where people are waited for.
func (u *upgrade) begin() underWay {
	u.t.Helper()
	w := underWay{app: u.app(), abortedApp: u.app(), service: u.service(), part: u.component(), setApps: [2]release.App{u.app(), u.app()}}
	w.gray = u.park(w.app, "-gray")
	w.behind, _ = u.request(w.app, u.t.Name()+"-behind", all())
	w.aborted = u.park(w.abortedApp, "-aborted")
	w.shifted = u.parkAs(w.service, "-shifted", weighted())
	w.other = u.parkAs(w.part.App, "-other", grayOnce())
	set := release.Set{Name: "shop", RequestedBy: "systemtest", Waves: []release.Wave{
		{Releases: []release.SetRelease{{Name: "stock", Spec: spec(w.setApps[0], all())}}},
		{Confirm: release.ConfirmManual, Releases: []release.SetRelease{{Name: "shop", Spec: spec(w.setApps[1], all())}}},
	}}
	msg, err := wire.EncodeSetRequest(wire.Origin{Source: scenario.Source, ID: u.t.Name()}, wire.AskedSet{Set: set})
	require.NoError(u.t, err)
	u.send(msg)
	w.set = release.SetID(set.Name, scenario.Source, u.t.Name())
	u.until(u.follow(w.set), release.EventWaveWaiting, 0)
	u.until(u.follow(w.behind), release.EventAccepted, 0)
	return w
}

// upToWorkers has releases under way with all roles of before, and goes through the upgrade up to where workers are replaced.
func (u *upgrade) upToWorkers() (w underWay, starter, old *scenario.Process) {
	u.t.Helper()
	starter, old = u.role(u.before, "starter", ""), u.role(u.before, "worker", "v1")
	w = u.begin()
	u.setup(u.now)
	require.NoError(u.t, starter.Stop())
	return w, u.role(u.now, "starter", ""), old
}

// workflows are the IDs of all that is under way, lanes included.
func (w underWay) workflows() (ids []string) {
	ids = []string{release.SetWorkflowID(w.set)}
	for _, id := range []string{w.gray, w.behind, w.aborted, w.shifted, w.other} {
		ids = append(ids, release.WorkflowID(id))
	}
	for _, app := range append(w.setApps[:], w.app, w.abortedApp, w.service, w.part.App) {
		ids = append(ids, release.LaneID(app))
	}
	return ids
}

// finish has people go on with everything that was begun. It ends as soon as a worker fails at what is recorded.
func (u *upgrade) finish(w underWay) {
	u.t.Helper()
	defer u.unlessTasksFail(w.workflows())()
	require.NoError(u.t, scenario.Command(u.ctx, u.JetStream, w.aborted, release.Command{ID: w.aborted + "-abort", Kind: release.CommandAbort, By: "ann"}))
	require.NoError(u.t, scenario.Command(u.ctx, u.JetStream, w.set, release.Command{ID: w.set + "-confirm", Kind: release.CommandConfirm, Batch: 2, By: "ann"}))
	u.confirmTo(w.gray, 2)
	u.confirmTo(w.shifted, 2)
	u.confirmTo(w.other, 1)
	for id, kind := range map[string]release.EventKind{
		w.gray: release.EventSucceeded, w.behind: release.EventSucceeded, w.aborted: release.EventAborted,
		w.shifted: release.EventSucceeded, w.other: release.EventSucceeded, w.set: release.EventSucceeded,
	} {
		u.until(u.follow(id), kind, 0)
	}
}

// unlessTasksFail ends whatever waits, until what it returns is called, once a worker has failed at what is recorded of a workflow.
func (u *upgrade) unlessTasksFail(workflowIDs []string) (enough func()) {
	ctx, cancel := context.WithCancel(u.ctx)
	before, done := u.ctx, make(chan struct{})
	u.ctx = ctx
	go func() {
		defer close(done)
		for tick := time.Tick(time.Second); ctx.Err() == nil; {
			select {
			case <-tick:
				failed, err := u.failedAt(before, workflowIDs)
				if err == nil && failed != "" { // what could not be read is read again in a moment
					u.t.Error(failed)
					cancel()
				}
			case <-ctx.Done():
			}
		}
	}()
	return func() {
		cancel()
		<-done
		u.ctx = before
	}
}

// failedAt tells at which of the workflows a worker has failed, because what is recorded is not what it would have done; empty is at none.
func (u *upgrade) failedAt(ctx context.Context, workflowIDs []string) (string, error) {
	for _, id := range workflowIDs {
		events := u.Client.GetWorkflowHistory(ctx, id, "", false, enums.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
		for events.HasNext() {
			e, err := events.Next()
			if err != nil {
				return "", err
			}
			failed := e.GetWorkflowTaskFailedEventAttributes()
			if failed.GetCause() == enums.WORKFLOW_TASK_FAILED_CAUSE_NON_DETERMINISTIC_ERROR {
				return id + ": " + failed.GetFailure().GetMessage(), nil
			}
		}
	}
	return "", nil
}

// confirmTo confirms each batch once it waits.
func (u *upgrade) confirmTo(id string, batches int) {
	u.t.Helper()
	events := u.follow(id)
	for batch := 1; batch <= batches; batch++ {
		u.until(events, release.EventBatchWaiting, batch)
		u.confirm(id, batch)
	}
}

// requireWell checks that each release has done what it should, once, and has put everything back.
func (u *upgrade) requireWell(w underWay) {
	u.t.Helper()
	require.Equal(u.t, []string{saeclient.CoTypeDeploy, saeclient.CoTypeDeploy}, u.orders(w.app))
	require.Equal(u.t, []string{saeclient.CoTypeDeploy}, u.orders(w.abortedApp))
	for _, app := range append(w.setApps[:], w.app, w.abortedApp) {
		u.requireRulesAsBefore(app)
	}
	for _, app := range w.setApps {
		require.Equal(u.t, []string{saeclient.CoTypeDeploy}, u.orders(app))
	}
	u.requireService(w.service, "2", "2", none())
	require.Len(u.t, u.records(w.part), 2, "one version beside the first one")
	failed, err := u.failedAt(u.ctx, w.workflows())
	require.NoError(u.t, err)
	require.Empty(u.t, failed, "workers replay what was recorded before them")
}

// TestUpgrade_ReleasesGoOnWithTheNextVersion replaces all roles of the version before while releases are under way, as docs/operations.md
// has it: setup, starters, workers. All end well on the new version.
func TestUpgrade_ReleasesGoOnWithTheNextVersion(t *testing.T) {
	t.Parallel()
	u := upgrading(t, false)
	w, starter, old := u.upToWorkers()
	require.NoError(t, old.Stop())
	worker := u.role(u.now, "worker", "")
	u.finish(w)
	u.requireWell(w)
	require.NoError(t, starter.Stop())
	require.NoError(t, worker.Stop())
}

// TestUpgrade_ReleasesEndOnTheVersionTheyBeganOn is the procedure of docs/operations.md for workers with versions: the
// new version runs beside the old one and becomes current; parked releases end where they began, those that begin
// later do so on the new version, and lanes go on there.
func TestUpgrade_ReleasesEndOnTheVersionTheyBeganOn(t *testing.T) {
	t.Parallel()
	u := upgrading(t, true)
	w, starter, old := u.upToWorkers()
	next := u.role(u.now, "worker", "v2")
	u.finish(w)
	u.requireWell(w)
	for id, version := range map[string]string{w.gray: "v1", w.aborted: "v1", w.shifted: "v1", w.other: "v1", w.behind: "v1"} {
		require.Equal(t, version, u.versionOf(release.WorkflowID(id)), id)
	}
	for _, app := range []release.App{w.app, w.service, w.part.App} {
		require.Equal(t, "v2", u.versionOf(release.LaneID(app)), "a lane moves to the newest version")
	}

	require.NoError(t, old.Stop())
	later, events := u.request(w.app, t.Name()+"-later", all())
	u.until(events, release.EventSucceeded, 0)
	require.Equal(t, "v2", u.versionOf(release.WorkflowID(later)))
	require.Equal(t, []string{saeclient.CoTypeDeploy, saeclient.CoTypeDeploy, saeclient.CoTypeDeploy}, u.orders(w.app))
	u.requireRulesAsBefore(w.app)
	require.NoError(t, next.Stop())
	require.NoError(t, starter.Stop())
}
