package servicestageclient_test

import (
	"context"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"slipway/cloudapi"
	"slipway/servicestageclient"
)

func jobIs(status string) http.HandlerFunc {
	return answerWith(http.StatusOK, `{"job":{"job_id":"JOB1","execution_status":"`+status+`"},"task_count":0,"tasks":[]}`)
}

func TestWait_UntilTheJobIsOver(t *testing.T) {
	t.Parallel()
	client, _ := recorder(t, asItIs, jobIs("SUBMITTED"), jobIs("RUNNING"), answerWith(http.StatusServiceUnavailable, ""), jobIs("UNKNOWN"), jobIs("ROLLBACKING"), jobIs("ROLLBACKED"))
	var seen []string
	var slept []time.Duration
	last, err := client.WaitJob(t.Context(), "JOB1", servicestageclient.WaitOptions{
		Seen:     func(out *servicestageclient.GetJobOutput) { seen = append(seen, out.Job.ExecutionStatus) },
		Failures: 1,
		Sleep:    func(_ context.Context, d time.Duration) error { slept = append(slept, d); return nil },
	})
	require.NoError(t, err)
	require.Equal(t, servicestageclient.JobRolledBack, last.Job.ExecutionStatus)
	require.Equal(t, []string{"SUBMITTED", "RUNNING", "UNKNOWN", "ROLLBACKING", "ROLLBACKED"}, seen)
	require.Len(t, slept, 5)
	require.Equal(t, servicestageclient.DefaultWaitDelay, slept[0])
}

func TestWait_EndsWithItsContextOrAnError(t *testing.T) {
	t.Parallel()
	client := serve(t, jobIs("RUNNING"))
	last, err := client.WaitJob(t.Context(), "JOB1", servicestageclient.WaitOptions{
		Delay: time.Second, Sleep: func(context.Context, time.Duration) error { return context.Canceled },
	})
	require.ErrorIs(t, err, context.Canceled)
	require.ErrorIs(t, err, cloudapi.ErrUnavailable)
	require.Equal(t, "RUNNING", last.Job.ExecutionStatus)
	client = serve(t, answerWith(http.StatusNotFound, `{"error_code":"SVCSTG.00100429","error_msg":"job not found"}`))
	_, err = client.WaitJob(t.Context(), "JOB1", servicestageclient.WaitOptions{})
	require.ErrorIs(t, err, cloudapi.ErrNotFound)
}

func TestReason_OfATask(t *testing.T) {
	t.Parallel()
	for messages, want := range map[string]string{
		`{"Message":"ECC1","Detail":"Building failed."}`: "Building failed.", `{"Message":"ECC1"}`: "ECC1", `{}`: "BUILD", ``: "BUILD", `oops`: "oops",
	} {
		out := servicestageclient.GetJobOutput{Tasks: []servicestageclient.Task{
			{TaskStatus: servicestageclient.JobSkipped}, {TaskStatus: servicestageclient.JobFailed, TaskName: "BUILD", Messages: messages},
		}}
		require.Equal(t, want, out.Reason(), messages)
	}
	require.Empty(t, new(servicestageclient.GetJobOutput).Reason())
}
