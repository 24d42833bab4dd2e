package servicestagesim

import (
	"fmt"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// seen is what a look at the component web shows: its status, its version and the ready replicas.
func (w world) seen(t tester) string {
	t.Helper()
	g := w.read(t)
	return fmt.Sprintf("%s %s %d", g.text("status.component_status"), g.text("version"), g.number("status.available_replica"))
}

// course looks at the component once now, and once after each of some seconds.
func (w world) course(t tester, seconds int) []string {
	t.Helper()
	seen := []string{w.seen(t)}
	for range seconds {
		w.advance(t, time.Second)
		seen = append(seen, w.seen(t))
	}
	return seen
}

func TestRelease_CourseByStrategy(t *testing.T) {
	t.Parallel()
	const surge = `"deploy_strategy":{"type":"GrayRelease","gray_release":{"type":"WEIGHT","first_batch_weight":5,"first_batch_replica":1,"remaining_batch":2,"replica_surge_mode":"NOSURGE"}}`
	const mirror = `"deploy_strategy":{"type":"GrayRelease","gray_release":{"type":"content","replica_surge_mode":"mirror","rule_match_mode":"all","rules":{"type":"header","key":"user","value":"qa","condition":"equal"}}}`
	for name, tt := range map[string]struct {
		strategy string
		course   []string
	}{
		"none, which means all at once": {"", []string{"UPGRADING 2.0.0 4", "UPGRADING 2.0.0 4", "UPGRADING 2.0.0 0", "RUNNING 2.0.0 4"}},
		"one batch":                     {`"deploy_strategy":{"type":"OneBatchRelease"}`, []string{"UPGRADING 2.0.0 4", "UPGRADING 2.0.0 4", "UPGRADING 2.0.0 0", "RUNNING 2.0.0 4"}},
		"rolling, the larger batch first": {rollingIn(3), []string{
			"UPGRADING 2.0.0 4", "UPGRADING 2.0.0 4", "UPGRADING 2.0.0 2", "UPGRADING 2.0.0 3", "UPGRADING 2.0.0 3", "RUNNING 2.0.0 4",
		}},
		"rolling, with the number of batches as a text": {`"deploy_strategy":{"type":"RollingRelease","rolling_release":{"batches":"1"}}`, []string{
			"UPGRADING 2.0.0 4", "UPGRADING 2.0.0 4", "UPGRADING 2.0.0 0", "RUNNING 2.0.0 4",
		}},
		"gray by weight":       {grayBy(20, 1, 3), []string{"UPGRADING 2.0.0 4", "UPGRADING 2.0.0 4", "UPGRADING 2.0.0 4", "GRAYING 2.0.0 4", "GRAYING 2.0.0 4"}},
		"gray without a surge": {surge, []string{"UPGRADING 2.0.0 4", "UPGRADING 2.0.0 4", "UPGRADING 2.0.0 3", "GRAYING 2.0.0 4"}},
		"gray beside":          {mirror, []string{"UPGRADING 2.0.0 4", "UPGRADING 2.0.0 4", "UPGRADING 2.0.0 4", "GRAYING 2.0.0 8", "GRAYING 2.0.0 8"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := deployed(t)
			job := w.release(t, "2.0.0", tt.strategy)
			require.Equal(t, tt.course, w.course(t, len(tt.course)-1))
			require.Equal(t, jobSucceeded, w.job(t, job).text("job.execution_status"))
			require.Equal(t, job, w.read(t).text("status.last_job_id"))
		})
	}
}

func TestRelease_GrayGoesOnOrBack(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		strategy, action, parameters string
		course                       []string
		current                      string
		statuses                     []string
	}{
		"on": {grayBy(20, 1, 2), "continue_deploy", "", []string{
			"UPGRADING 2.0.0 4", "UPGRADING 2.0.0 4", "UPGRADING 2.0.0 4", "UPGRADING 2.0.0 4", "RUNNING 2.0.0 4",
		}, "2.0.0", []string{jobSucceeded, jobSucceeded}},
		"back to a version": {grayBy(20, 1, 2), "rollback", `{"version":"1.0.0"}`, []string{
			"UPGRADING 1.0.0 4", "UPGRADING 1.0.0 4", "UPGRADING 1.0.0 4", "RUNNING 1.0.0 4",
		}, "1.0.0", []string{jobRollbacked, jobSucceeded}},
		"back to the version before": {grayBy(20, 1, 2), "rollback_current", "", []string{
			"UPGRADING 1.0.0 4", "UPGRADING 1.0.0 4", "UPGRADING 1.0.0 4", "RUNNING 1.0.0 4",
		}, "1.0.0", []string{jobRollbacked, jobSucceeded}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := deployed(t)
			first := w.release(t, "2.0.0", tt.strategy)
			w.advance(t, time.Minute)
			require.Equal(t, []string{"2.0.0", "1.0.0"}, w.must(t, w.about("GET", "/records"), "").texts("records", "version"))
			require.Equal(t, []string{"false", "true"}, w.must(t, w.about("GET", "/records"), "").texts("records", "current_used"))
			second := w.act(t, tt.action, tt.parameters)
			require.Equal(t, tt.course, w.course(t, len(tt.course)-1))
			records := w.must(t, w.about("GET", "/records"), "")
			require.Equal(t, tt.statuses, records.texts("records", "status"))
			for i, version := range []string{"2.0.0", "1.0.0"} {
				require.Equal(t, version == tt.current, records.at(fmt.Sprintf("records.%d.current_used", i)))
			}
			if tt.current == "2.0.0" {
				require.Equal(t, []string{first, second}, records.texts("records.0.jobs", "job_id"), "the jobs of a release are in one record")
				require.Equal(t, []string{"1", "2"}, records.texts("records.0.jobs", "sequence"))
				require.Equal(t, 20, records.number("records.0.jobs.0.job_info.first_batch_weight"))
			} else {
				require.Equal(t, second, records.text("records.1.jobs.1.job_id"), "a rollback deploys the version that it goes to")
			}
		})
	}
}

func TestRelease_BackFromACompleteRelease(t *testing.T) {
	t.Parallel()
	w := deployed(t)
	w.release(t, "2.0.0", "")
	w.advance(t, time.Minute)
	w.send(t, w.about("POST", "/action"), acting("rollback", `{"version":"2.0.0"}`)).refusedBy(t, codeWrongStatus)
	w.act(t, "rollback_current", "")
	require.Equal(t, []string{"UPGRADING 1.0.0 4", "UPGRADING 1.0.0 4", "UPGRADING 1.0.0 0", "RUNNING 1.0.0 4"}, w.course(t, 3))
	require.Contains(t, w.send(t, w.about("POST", "/action"), acting("rollback_current", "")).refusedBy(t, codeWrongStatus), "no version before")
	w.act(t, "rollback", `{"version":"2.0.0"}`)
	w.advance(t, time.Minute)
	require.Equal(t, "RUNNING 2.0.0 4", w.seen(t))
	w.send(t, w.about("PUT", ""), update("1.0.0", "")).refusedBy(t, codeVersionUsed)
}

func TestRelease_ABadSource(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		result   Result
		strategy string
		job      string
		ends     string
	}{
		"missing, at once":    {ResultMissing, "", jobFailed, "FAILED 2.0.0 0"},
		"missing, rolling":    {ResultMissing, rollingIn(4), jobFailed, "FAILED 2.0.0 3"},
		"missing, gray":       {ResultMissing, grayBy(10, 1, 1), jobFailed, "FAILED 2.0.0 4"},
		"not ready, at once":  {ResultUnready, "", jobSucceeded, "PENDING 2.0.0 0"},
		"not ready, gray":     {ResultUnready, grayBy(10, 1, 1), jobSucceeded, "GRAYING 2.0.0 3"},
		"good after all, too": {ResultOK, "", jobSucceeded, "RUNNING 2.0.0 4"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := deployed(t)
			require.NoError(t, w.sim.SetBehaviour(Behaviour{Source: "swr.test/shop/web:2.0.0", Result: tt.result}))
			job := w.release(t, "2.0.0", tt.strategy)
			w.advance(t, time.Minute)
			require.Equal(t, tt.ends, w.seen(t))
			shown := w.job(t, job)
			require.Equal(t, tt.job, shown.text("job.execution_status"))
			if tt.job == jobFailed {
				require.Contains(t, string(shown.raw), `does not exist`)
				require.Equal(t, statusFailed, w.must(t, w.about("GET", "/records"), "").text("records.0.status"))
				require.Equal(t, true, w.must(t, w.about("GET", "/records"), "").at("records.1.current_used"))
				w.act(t, "rollback", `{"version":"1.0.0"}`)
				w.advance(t, time.Minute)
				require.Equal(t, "RUNNING 1.0.0 4", w.seen(t))
			}
		})
	}
}

func TestRelease_MayBecomeReadyLater(t *testing.T) {
	t.Parallel()
	w := deployed(t)
	source := "swr.test/shop/web:2.0.0"
	require.NoError(t, w.sim.SetBehaviour(Behaviour{Source: source, Result: ResultUnready}))
	w.release(t, "2.0.0", "")
	w.advance(t, time.Minute)
	require.Equal(t, "PENDING 2.0.0 0", w.seen(t))
	require.NoError(t, w.sim.SetBehaviour(Behaviour{Source: source, Result: ResultOK}))
	require.Equal(t, "RUNNING 2.0.0 4", w.seen(t))
}

func TestFaults_OfJobs(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		fault  Fault
		more   string
		job    string
		detail string
		ends   string
	}{
		"a batch fails":          {Fault{Batch: 2, Message: "no space left"}, rollingIn(4), jobFailed, "no space left", "FAILED 2.0.0 3"},
		"the gray batch fails":   {Fault{}, grayBy(10, 1, 1), jobFailed, "the task failed", "FAILED 2.0.0 4"},
		"partially":              {Fault{Code: jobPartiallyFailed}, "", jobPartiallyFailed, "the task failed", "PARTIALLY_FAILED 2.0.0 0"},
		"cancelled":              {Fault{Code: jobCancelled}, "", jobCancelled, "the task failed", "FAILED 2.0.0 0"},
		"back by itself":         {Fault{Code: jobRollbacked}, "", jobRollbacked, "the task failed", "RUNNING 1.0.0 4"},
		"a batch there is not":   {Fault{Batch: 2}, "", jobSucceeded, "", "RUNNING 2.0.0 4"},
		"of another operation":   {Fault{Operation: "ComponentAction"}, "", jobSucceeded, "", "RUNNING 2.0.0 4"},
		"of this very operation": {Fault{Operation: "UpdateComponent"}, "", jobFailed, "the task failed", "FAILED 2.0.0 0"},
		"of another component":   {Fault{AppID: "other"}, "", jobSucceeded, "", "RUNNING 2.0.0 4"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := deployed(t)
			tt.fault.Kind = FaultJobFails
			_, err := w.sim.AddFault(tt.fault)
			require.NoError(t, err)
			job := w.release(t, "2.0.0", tt.more)
			w.advance(t, time.Minute)
			require.Equal(t, tt.ends, w.seen(t))
			shown := w.job(t, job)
			require.Equal(t, tt.job, shown.text("job.execution_status"))
			if tt.detail != "" {
				require.Contains(t, string(shown.raw), tt.detail)
				w.release(t, "3.0.0", rollingIn(2))
				w.advance(t, time.Minute)
				require.Equal(t, "RUNNING 3.0.0 4", w.seen(t), "a failed release can be repaired by the next one")
			}
		})
	}
}

func TestFaults_AFailedRestOfAGrayReleaseWaitsAgain(t *testing.T) {
	t.Parallel()
	w := deployed(t)
	w.release(t, "2.0.0", grayBy(10, 1, 3))
	w.advance(t, time.Minute)
	_, err := w.sim.AddFault(Fault{Kind: FaultJobFails, Batch: 2})
	require.NoError(t, err)
	job := w.act(t, "continue_deploy", "")
	w.advance(t, time.Minute)
	require.Equal(t, jobFailed, w.job(t, job).text("job.execution_status"))
	require.Equal(t, []string{jobSucceeded, jobSucceeded, jobFailed, jobCancelled}, w.job(t, job).texts("tasks", "task_status"))
	require.Equal(t, "GRAYING 2.0.0 4", w.seen(t))
	require.Equal(t, 3, len(w.job(t, w.act(t, "continue_deploy", "")).list("tasks")), "two replicas are left, for at most three batches")
	w.advance(t, time.Minute)
	require.Equal(t, "RUNNING 2.0.0 4", w.seen(t))
}

func TestFaults_Queued(t *testing.T) {
	t.Parallel()
	w := deployed(t)
	_, err := w.sim.AddFault(Fault{Kind: FaultQueued, Delay: time.Hour})
	require.NoError(t, err)
	job := w.release(t, "2.0.0", "")
	w.advance(t, time.Hour)
	require.Equal(t, jobSubmitted, w.job(t, job).text("job.execution_status"))
	w.advance(t, time.Second)
	require.Equal(t, jobRunning, w.job(t, job).text("job.execution_status"))
}

// What the component allows depends on its status, and a refusal changes nothing.
func TestRules_WhatMayBeDoneInWhichStatus(t *testing.T) {
	t.Parallel()
	calls := map[string][2]string{
		"update":   {"PUT", update("9.0.0", "")},
		"gray":     {"PUT", update("9.0.1", grayBy(10, 1, 1))},
		"start":    {"POST /action", acting("start", "")},
		"stop":     {"POST /action", acting("stop", "")},
		"restart":  {"POST /action", acting("restart", "")},
		"scale":    {"POST /action", acting("scale", `{"replica":2}`)},
		"rollback": {"POST /action", acting("rollback", `{"version":"0.9.0"}`)},
		"current":  {"POST /action", acting("rollback_current", "")},
		"continue": {"POST /action", acting("continue_deploy", "")},
		"check":    {"POST /action", acting("check_gray_release", "")},
		"delete":   {"DELETE", ""},
	}
	for status, tt := range map[string]struct {
		into    func(tester, world)
		allowed []string
		// code refuses all others, but for what needs a gray release that waits.
		code string
	}{
		"running":   {func(tester, world) {}, []string{"update", "gray", "stop", "restart", "scale", "rollback", "current", "delete"}, codeWrongStatus},
		"stopped":   {func(t tester, w world) { w.act(t, "stop", ""); w.advance(t, time.Minute) }, []string{"start", "delete"}, codeWrongStatus},
		"stopping":  {func(t tester, w world) { w.act(t, "stop", "") }, nil, codeWrongStatus},
		"upgrading": {func(t tester, w world) { w.release(t, "8.0.0", "") }, nil, codeReleasing},
		"graying": {func(t tester, w world) {
			w.release(t, "8.0.0", grayBy(10, 1, 1))
			w.advance(t, time.Minute)
		}, []string{"rollback", "current", "continue", "check"}, codeReleasing},
		"deleting": {func(t tester, w world) { w.must(t, w.about("DELETE", ""), "") }, nil, codeWrongStatus},
		"failed": {func(t tester, w world) {
			_, err := w.sim.AddFault(Fault{Kind: FaultJobFails})
			require.NoError(t, err)
			w.release(t, "8.0.0", "")
			w.advance(t, time.Minute)
		}, []string{"update", "rollback", "current", "delete"}, codeWrongStatus},
	} {
		for call, request := range calls {
			t.Run(status+" "+call, func(t *testing.T) {
				t.Parallel()
				w := deployed(t)
				w.release(t, "0.9.0", "")
				w.advance(t, time.Minute)
				w.release(t, "1.1.0", "")
				w.advance(t, time.Minute)
				tt.into(t, w)
				before := w.frozen(t)
				method, rest := request[0], ""
				if method == "POST /action" {
					method, rest = "POST", "/action"
				}
				g := w.send(t, w.about(method, rest), request[1])
				if slices.Contains(tt.allowed, call) {
					require.Equal(t, http.StatusOK, g.status, string(g.raw))
					return
				}
				if call == "continue" || call == "check" {
					g.refusedBy(t, codeWrongStatus)
				} else {
					g.refusedBy(t, tt.code)
				}
				require.JSONEq(t, before, w.frozen(t), "a refusal changes nothing")
			})
		}
	}
}
