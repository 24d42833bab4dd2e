package saetest

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"slipway/saeclient"
)

// jobEnded is the state of a run that has succeeded.
const jobEnded = "1"

// jobs makes a job template, changes it, runs it and looks at its runs until it is deleted.
func (s *suite) jobs(t *testing.T) {
	t.Helper()
	settings, order := s.makeJob(t)
	s.await(t, order, saeclient.ChangeOrderSuccess)
	id := []string{"AppId", s.world.job}
	requireSettings(t, s.call(t, "DescribeJob", id...).data(), settings)
	listed := s.call(t, "ListJobs", "Workload", "job", "NamespaceId", s.world.space, "CurrentPage", "1", "PageSize", "10").data()
	require.Equal(t, s.world.job, listed.list("Applications")[0].text("AppId"))
	s.done(t, "UpdateJob", append(id, "ImageUrl", s.Have.NextImage, "Replicas", "1")...)
	changed := s.call(t, "DescribeJob", id...).data()
	require.Equal(t, s.Have.NextImage, changed.text("ImageUrl"))
	require.Equal(t, "1", changed.text("Replicas"))

	first := s.runJob(t, "EventId", s.world.name, "Replicas", "1")
	require.Equal(t, first, s.runJob(t, "EventId", s.world.name), "an event makes one run")
	second := s.runJob(t, "Time", s.example("ExecJob", "Time")) // it has passed
	runs := jsonText(t, s.call(t, "DescribeJobHistory", append(id, "State", jobEnded, "CurrentPage", "1", "PageSize", "10")...).data())
	require.Contains(t, runs, first)
	require.Contains(t, runs, second)
	s.call(t, "DescribeJob", append(id, "JobId", first)...)
	s.call(t, "DeleteHistoryJob", append(id, "JobId", first)...)
	require.NotContains(t, jsonText(t, s.call(t, "DescribeJobHistory", id...).data()), first)
	s.call(t, "ListJobs", "AppName", s.world.name)

	s.call(t, "SuspendJob", append(id, "Suspend", "false")...) // all texts say that true starts a template
	s.refused(t, "ExecJob", "JobSuspend", id...)
	s.call(t, "SuspendJob", append(id, "Suspend", "true")...)
	s.call(t, "DeleteJob", id...)
	s.refused(t, "DescribeJob", noAppID, id...)
	s.world.job = ""
}

// makeJob makes a job template, and gives what it is made of and the ID of its change order.
func (s *suite) makeJob(t *testing.T) (settings map[string]string, order string) {
	t.Helper()
	settings = map[string]string{
		"AppName": s.world.name + "-job", "NamespaceId": s.world.space, "PackageType": "Image", "ImageUrl": s.Have.Image, "Replicas": "2",
		"Cpu": "500", "Memory": "1024", "VpcId": s.Have.VPC, "VSwitchId": s.Have.VSwitch, "SecurityGroupId": s.Have.SecurityGroup,
		"Command": "/bin/sh", "CommandArgs": `["-c","true"]`, "ConcurrencyPolicy": "Allow", "BackoffLimit": "1", "Timeout": "600",
		"AppDescription": "made by a test", "Envs": `[{"name":"LANG","value":"C"}]`, "ImagePullSecrets": s.world.pull,
	}
	made := s.call(t, "CreateJob", append(pairs(settings), "Workload", "job")...).data()
	s.world.job = made.text("AppId")
	return settings, made.text("ChangeOrderId")
}

// runJob runs the template, and waits until the run has succeeded.
func (s *suite) runJob(t *testing.T, params ...string) string {
	t.Helper()
	run := s.call(t, "ExecJob", append(params, "AppId", s.world.job)...).data().text("Data")
	require.NotEmpty(t, run)
	for waited := time.Duration(0); ; waited += pace {
		state := s.call(t, "DescribeJobStatus", "AppId", s.world.job, "JobId", run).data()
		require.Equal(t, run, state.text("JobId"))
		if state.text("State") == jobEnded {
			return run
		}
		require.Less(t, waited, s.Patience, "run %s of a job is at %s", run, state.text("State"))
		require.NoError(t, s.Pass(t.Context(), pace))
	}
}
