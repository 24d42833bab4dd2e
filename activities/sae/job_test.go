package sae

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"slipway/release"
	"slipway/saeclient"
	"slipway/saesim"
)

// jobHost is a host whose application is a job template that has image1.
func jobHost(t tester) *host {
	t.Helper()
	h := newHost(t)
	made, err := h.client.CreateJob(t.Context(), &saeclient.CreateJobInput{
		AppName: "migrate", PackageType: "Image", ImageURL: new(image1), Replicas: 2, Workload: "job",
		AcrInstanceID: new("cri-1"), Envs: []saeclient.EnvVar{{Name: "A", Value: "1"}, {Name: "B", Value: "2"}},
	})
	require.NoError(t, err)
	h.app.ID = made.Data.AppID
	_, err = h.sim.Advance(time.Hour)
	require.NoError(t, err)
	return h
}

func (h *host) jobSnapshot(t tester) release.Snapshot {
	t.Helper()
	snap, err := do[release.Snapshot](h, release.VerbSnapshot, release.SnapshotInput{App: h.app, Job: &release.JobQuestion{}})
	require.NoError(t, err)
	return snap
}

func (h *host) runJob(key string) (release.JobRun, error) {
	return do[release.JobRun](h, release.VerbRunJob, release.RunJobInput{App: h.app, Key: key, Job: release.Job{Run: true}})
}

func TestJob_TheSnapshotOfATemplate(t *testing.T) {
	t.Parallel()
	h := jobHost(t)
	snap := h.jobSnapshot(t)
	require.Equal(t, "migrate", snap.AppName)
	require.Equal(t, image1, snap.Version.Artifact.Image)
	require.Zero(t, snap.Instances)
	require.Empty(t, snap.ScalingRules)
	require.Equal(t, watermark{}, markOf(t, snap.Job.Runs))
	run, err := h.runJob("r-1")
	require.NoError(t, err)
	require.Equal(t, []string{run.ID}, markOf(t, h.jobSnapshot(t).Job.Runs).Known, "also before it has begun")
	_, err = do[release.Snapshot](h, release.VerbSnapshot, release.SnapshotInput{App: h.app, Job: &release.JobQuestion{}, Rollback: &release.RollbackQuestion{}})
	require.ErrorContains(t, err, "has no versions")
	_, err = do[release.Snapshot](h, release.VerbSnapshot, release.SnapshotInput{
		App: h.app, Job: &release.JobQuestion{Run: &release.Job{Runtime: &release.JobRuntime{Options: "-Xmx1G"}}},
	})
	require.ErrorContains(t, err, "job.runtime has no meaning for this job, which runs an image")
}

// TestJob_TheRegistryOfATemplateStays unless another one is given.
func TestJob_TheRegistryOfATemplateStays(t *testing.T) {
	t.Parallel()
	for want, registry := range map[string]*release.Registry{"cri-1": nil, "cri-2": {Instance: "cri-2"}} {
		h := jobHost(t)
		_, err := do[release.Change](h, release.VerbBeginJobUpdate, release.BeginJobUpdateInput{
			App: h.app, Artifact: release.Artifact{Image: image2, Registry: registry}, Mark: h.jobSnapshot(t).Mark,
		})
		require.NoError(t, err)
		_, err = h.sim.Advance(time.Hour)
		require.NoError(t, err)
		out, err := h.client.DescribeJob(t.Context(), &saeclient.DescribeJobInput{AppID: h.app.ID})
		require.NoError(t, err)
		require.Equal(t, want, out.Data.AcrInstanceID)
		require.Equal(t, image2, out.Data.ImageURL)
	}
}

// TestJob_TheRegistryIsThatOfTheImage: a plain image has none, and the image before gets its own back.
func TestJob_TheRegistryIsThatOfTheImage(t *testing.T) {
	t.Parallel()
	h := jobHost(t)
	before := h.jobSnapshot(t).Version.Artifact
	require.Equal(t, &release.Registry{Instance: "cri-1"}, before.Registry)
	for _, a := range []release.Artifact{{Image: personalImage}, before} {
		_, err := do[release.Change](h, release.VerbBeginJobUpdate, release.BeginJobUpdateInput{
			App: h.app, Artifact: a, Mark: h.jobSnapshot(t).Mark,
		})
		require.NoError(t, err)
		_, err = h.sim.Advance(time.Hour)
		require.NoError(t, err)
		require.Equal(t, a, h.jobSnapshot(t).Version.Artifact)
	}
}

// TestJob_AnUpdateBegunElsewhereIsInTheWay, whatever type its order has.
func TestJob_AnUpdateBegunElsewhereIsInTheWay(t *testing.T) {
	t.Parallel()
	h := jobHost(t)
	snap := h.jobSnapshot(t)
	_, err := h.client.UpdateJob(t.Context(), &saeclient.UpdateJobInput{AppID: h.app.ID, ImageURL: new(image3)})
	require.NoError(t, err)
	begin := release.BeginJobUpdateInput{App: h.app, Artifact: release.Artifact{Image: image2}, Mark: snap.Mark}
	_, err = do[release.Change](h, release.VerbBeginJobUpdate, begin)
	require.ErrorContains(t, err, "is unfinished")
	_, err = h.sim.Advance(time.Hour)
	require.NoError(t, err)
	_, err = do[release.Change](h, release.VerbBeginJobUpdate, begin)
	require.ErrorContains(t, err, "was begun elsewhere")
}

func addFault(h *host, f saesim.Fault) error {
	_, err := h.sim.AddFault(f)
	return err
}

func TestJob_ARunThatWasOverIsNotStopped(t *testing.T) {
	t.Parallel()
	h := jobHost(t)
	run, err := h.runJob("r-1")
	require.NoError(t, err)
	_, err = h.sim.Advance(time.Hour)
	require.NoError(t, err)
	ended, err := do[release.JobRun](h, release.VerbStopRun, release.StopRunInput{App: h.app, RunID: run.ID})
	require.NoError(t, err)
	require.Equal(t, release.RunSucceeded, ended.State)
	require.EqualValues(t, 2, ended.Succeeded)
	require.Empty(t, h.sent["DeleteHistoryJob"])
}

func TestJob_ARunThatIsStoppedTwice(t *testing.T) {
	t.Parallel()
	h := jobHost(t)
	require.NoError(t, addFault(h, saesim.Fault{Kind: saesim.FaultHang, Operation: "ExecJob"}))
	run, err := h.runJob("r-1")
	require.NoError(t, err)
	for range 2 {
		stopped, err := do[release.JobRun](h, release.VerbStopRun, release.StopRunInput{App: h.app, RunID: run.ID})
		require.NoError(t, err)
		require.Equal(t, release.RunStopped, stopped.State)
	}
	require.Len(t, h.sent["DeleteHistoryJob"], 1)
}

// TestJob_FindsTheRunOfALostAnswer by what is newer than the watermark; two cannot be told apart.
func TestJob_FindsTheRunOfALostAnswer(t *testing.T) {
	t.Parallel()
	h := jobHost(t)
	_, err := h.runJob("r-0")
	require.NoError(t, err)
	find := release.FindChangeInput{App: h.app, Verb: release.VerbRunJob, Mark: h.jobSnapshot(t).Job.Runs}
	found, err := do[release.FoundChange](h, release.VerbFindChange, find)
	require.NoError(t, err)
	require.Nil(t, found.Change)
	run, err := h.runJob("r-1")
	require.NoError(t, err)
	for range 2 {
		found, err = do[release.FoundChange](h, release.VerbFindChange, find)
		require.NoError(t, err)
		require.Equal(t, run.ID, found.Change.ID)
		_, err = h.sim.Advance(time.Hour)
		require.NoError(t, err)
	}
	_, err = h.runJob("r-2")
	require.NoError(t, err)
	_, err = do[release.FoundChange](h, release.VerbFindChange, find)
	require.ErrorContains(t, err, "each of the runs")
}
