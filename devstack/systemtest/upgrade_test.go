package systemtest_test

import (
	"maps"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"

	"slipway/devstack/scenario"
	"slipway/devstack/stack"
	"slipway/release"
	"slipway/saeclient"
)

// deployment is the Temporal worker deployment of the test.
const deployment = "slipway"

// version starts a worker that belongs to a version of the deployment.
func (h *house) version(buildID string) *scenario.Process {
	h.t.Helper()
	env := maps.Clone(h.Env())
	env["TEMPORAL_DEPLOYMENT_NAME"], env["TEMPORAL_WORKER_BUILD_ID"] = deployment, buildID
	worker, err := scenario.Launch{Binary: slipwayBinary(h.t), Role: "worker", Env: env, Log: h.t.Output()}.Start(h.ctx)
	require.NoError(h.t, err)
	return worker
}

// makeCurrent lets new releases begin on a version, once its workers have been seen.
func (h *house) makeCurrent(buildID string) {
	h.t.Helper()
	handle := h.Client.WorkerDeploymentClient().GetHandle(deployment)
	require.Eventually(h.t, func() bool {
		_, err := handle.SetCurrentVersion(h.ctx, client.WorkerDeploymentSetCurrentVersionOptions{BuildID: buildID})
		return err == nil
	}, patience, 100*time.Millisecond, "version %s", buildID)
}

// versionOf is the version that carries a workflow out.
func (h *house) versionOf(workflowID string) string {
	h.t.Helper()
	d, err := h.Client.DescribeWorkflowExecution(h.ctx, workflowID, "")
	require.NoError(h.t, err)
	return d.GetWorkflowExecutionInfo().GetVersioningInfo().GetDeploymentVersion().GetBuildId()
}

// TestUpgrade_WorkersAreReplacedUnderAParkedRelease is the procedure of docs/operations.md: the
// new version runs beside the old one and becomes current; a parked release ends where it
// began, the next one begins on the new version, and so does the lane.
func TestUpgrade_WorkersAreReplacedUnderAParkedRelease(t *testing.T) {
	t.Parallel()
	h := start(t, stack.Config{WithoutWorker: true})
	old := h.version("v1")
	h.makeCurrent("v1")
	app := h.app()
	id, events := h.request(app, t.Name(), gray())
	h.until(events, release.EventBatchWaiting, 1)

	next := h.version("v2")
	h.makeCurrent("v2")
	for batch := 1; batch <= 2; batch++ {
		h.confirm(id, batch)
		if batch == 1 {
			h.until(events, release.EventBatchWaiting, 2)
		}
	}
	h.until(events, release.EventSucceeded, 0)
	h.result(id)
	require.Equal(t, "v1", h.versionOf(release.WorkflowID(id)), "a release ends on the version it began on")

	other := h.app()
	second, secondEvents := h.request(other, t.Name()+"-next", all())
	h.until(secondEvents, release.EventSucceeded, 0)
	h.result(second)
	require.Equal(t, "v2", h.versionOf(release.WorkflowID(second)))
	require.NoError(t, old.Stop())

	_, thirdEvents := h.request(app, t.Name()+"-third", all())
	h.until(thirdEvents, release.EventSucceeded, 0)
	require.Equal(t, []string{saeclient.CoTypeDeploy, saeclient.CoTypeDeploy}, h.orders(app))
	h.requireRulesAsBefore(app)
	require.NoError(t, next.Stop())
}
