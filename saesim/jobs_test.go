package saesim

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// makeJob makes a job template of two instances and waits for its change order.
func (h *harness) makeJob(t tester, more ...string) string {
	t.Helper()
	data := h.must(t, opCreateJob, append([]string{
		"AppName", "nightly", "PackageType", packageImage, "ImageUrl", "registry.test/nightly:1", "Replicas", "2", "Workload", "job",
	}, more...)...)
	h.step(t, 2*DefaultBatchDuration)
	return data["AppId"].(string)
}

// jobbing is a harness whose application is a job template.
func jobbing(t tester, more ...string) *harness {
	t.Helper()
	h := newHarness(t)
	h.app = h.makeJob(t, more...)
	return h
}

func (h *harness) exec(t tester, parameters ...string) string {
	t.Helper()
	return h.must(t, opExecJob, parameters...)["Data"].(string)
}

// run is what DescribeJobStatus says of a run, without its times.
func (h *harness) run(t tester, id string) string {
	t.Helper()
	data := h.must(t, "DescribeJobStatus", paramJobID, id)
	return data["State"].(string) + " " + number(data["Active"]) + "/" + number(data["Succeeded"]) + "/" + number(data["Failed"]) +
		" " + data["Message"].(string)
}

// callJobs calls the operations on job templates and their history.
func (h *harness) callJobs(t *testing.T, call func(op string, parameters ...string) map[string]any) {
	t.Helper()
	created := call(opCreateJob, "AppName", "nightly", "PackageType", packageImage, "ImageUrl", "registry.test/nightly:1", "Replicas", "2",
		"ConcurrencyPolicy", "Allow", "BackoffLimit", "1", "Timeout", "60", "Slice", "true", "SliceEnvs", `["a","b"]`, "RefAppId", h.app,
		"MountDesc", `[{"mountPath":"/tmp","nasPath":"/"}]`, "Envs", `[{"name":"A","value":"1"}]`, "AppDescription", "at night",
		"OssMountDescs", `[{"bucketName":"b","bucketPath":"p","mountPath":"/m","readOnly":true}]`, "Workload", "job")
	id := []string{"AppId", created["AppId"].(string)}
	with := func(more ...string) []string { return append(more, id...) }
	h.settle(t)
	call("DescribeChangeOrder", "ChangeOrderId", created["ChangeOrderId"].(string))
	call("ListChangeOrders", id...)
	call("ListJobs", "Workload", "job", "OrderBy", "running", paramNamespace, DefaultRegion, "FieldType", "appName", "FieldValue", "night")
	call("TagResources", "RegionId", DefaultRegion, "ResourceType", "application", paramResources, `["`+id[1]+`"]`, paramTags, `[{"key":"a","value":"1"}]`)
	call("DescribeJob", id...)
	first := call(opExecJob, id...)["Data"].(string)
	call("DescribeJobHistory", with("State", jobNotRun)...)
	h.settle(t)
	call("DescribeJobHistory", with("CurrentPage", "1", "PageSize", "10")...)
	call("ListJobs")
	call("DescribeJob", with(paramJobID, first)...)
	call("DeleteHistoryJob", with(paramJobID, first)...)
	call("SuspendJob", with("Suspend", "false")...)
	call(opUpdateJob, with("Replicas", "1", "ImageUrl", "registry.test/nightly:2")...)
	h.settle(t)
	call("DeleteJob", id...)
}

// TestJobs_ATemplateIsReadBack: what a call sends is answered, and what is not sent again stays.
func TestJobs_ATemplateIsReadBack(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	settings := map[string]string{
		"Envs": `[{"name":"A","value":"1"}]`, "ConcurrencyPolicy": "Replace", "Command": "sleep", "CommandArgs": `["1d"]`,
		"AppDescription": "at night", "Timezone": "UTC",
	}
	var sent []string
	for name, value := range settings {
		sent = append(sent, name, value)
	}
	h.app = h.makeJob(t, append(sent, "BackoffLimit", "3", "Timeout", "60")...)
	job := h.must(t, "DescribeJob")
	for name, value := range settings {
		require.Equal(t, value, job[name], name)
	}
	require.Equal(t, "nightly registry.test/nightly:1 2 3 60", names([]any{job}, "AppName")+" "+job["ImageUrl"].(string)+
		" "+number(job["Replicas"])+" "+number(job["BackoffLimit"])+" "+number(job["Timeout"]))

	order := h.begin(t, opUpdateJob, "ImageUrl", "registry.test/nightly:2", "Command", "")
	require.Equal(t, "registry.test/nightly:1", h.must(t, "DescribeJob")["ImageUrl"], "until its order begins")
	require.Equal(t, codeOrderRunning, h.refused(t, opUpdateJob, "Replicas", "3"))
	require.Equal(t, codeOrderRunning, h.refused(t, "DeleteJob"))
	h.settle(t)
	require.Equal(t, statusSuccess, h.order(t, order).Status)
	job = h.must(t, "DescribeJob")
	require.Equal(t, "registry.test/nightly:2", job["ImageUrl"])
	require.NotContains(t, job, "Command", "an empty text clears a setting")
	require.Equal(t, "UTC", job["Timezone"])
	require.Equal(t, "2", number(job["Replicas"]))
	require.Len(t, list(h.must(t, "ListChangeOrders")["ChangeOrderList"]), 2)
}

// TestJobs_ATemplateIsNoApplication: it has none of an application's operations.
func TestJobs_ATemplateIsNoApplication(t *testing.T) {
	t.Parallel()
	h := deployed(t, 1)
	app := h.app
	h.app = h.makeJob(t)
	for _, op := range []string{opDeploy, opRestart, opDelete, "DescribeApplicationStatus", "DescribeApplicationConfig", "ListAppVersions"} {
		require.Contains(t, []string{codeAppNotFound, codeAppIDNotFound}, h.refused(t, op), op)
	}
	require.Len(t, list(h.must(t, "ListApplications")["Applications"]), 1)
	require.Len(t, h.sim.Apps(), 1)
	for _, op := range []string{"DescribeJob", opUpdateJob, "DeleteJob"} {
		require.Equal(t, codeAppIDNotFound, h.refused(t, op, "AppId", app), op)
		require.Equal(t, codeAppIDNotFound, h.refused(t, op, "AppId", "x"), op)
	}
	require.ErrorIs(t, h.sim.SetJobTemplate(h.app, JobTemplate{}), ErrNoSuchApp, "CreateJob says how its runs behave")
	require.Contains(t, h.statusPage(t), "registry.test/nightly:1")
}

func TestJobs_AFailedOrderIsTheLastOne(t *testing.T) {
	t.Parallel()
	h := jobbing(t)
	listed := func() map[string]any { return list(h.must(t, "ListJobs")["Applications"])[0].(map[string]any) }
	require.Equal(t, lastOrderSucceeded, listed()["LastChangeorderState"])
	require.Equal(t, jobNotRun, listed()["LastJobState"])
	h.fault(t, Fault{Operation: opUpdateJob, Kind: FaultBatchFails})
	order := h.begin(t, opUpdateJob, "Replicas", "3")
	require.Equal(t, lastOrderSucceeded, listed()["LastChangeorderState"], "of the orders that have ended")
	h.settle(t)
	require.Equal(t, statusFailed, h.order(t, order).Status)
	require.Equal(t, lastOrderFailed, listed()["LastChangeorderState"])
	order = h.begin(t, opUpdateJob, "Replicas", "4")
	h.step(t, prepare)
	h.must(t, "AbortAndRollbackChangeOrder", "ChangeOrderId", order)
	h.settle(t)
	require.Equal(t, statusAborted, h.order(t, order).Status)
	require.Equal(t, "3", number(h.must(t, "DescribeJob")["Replicas"]), "what was before")
}

func TestJobs_RunsOfATemplate(t *testing.T) {
	t.Parallel()
	h := jobbing(t)
	first := h.exec(t, "Command", "sleep", "EventId", "e")
	require.Equal(t, first, h.exec(t, "EventId", "e"))
	require.Equal(t, first, h.exec(t, "EventId", "e", "Command", "sleep", "Replicas", "2", paramTime, "2026-11-02T09:00:00Z"), "as often as it is said")
	require.Equal(t, "0 0/0/0 ", h.run(t, first))
	h.step(t, prepare)
	require.Equal(t, "3 2/0/0 running", h.run(t, first))
	h.step(t, DefaultBatchDuration)
	require.Equal(t, "1 0/2/0 success", h.run(t, first))
	require.Equal(t, "sleep", h.must(t, "DescribeJob", paramJobID, first)["Command"], "what the run was told")
	require.NotContains(t, h.must(t, "DescribeJob"), "Command")
	require.Equal(t, codeObviously, h.refused(t, "DescribeJob", paramJobID, "x"))

	second := h.exec(t, "Replicas", "5")
	h.step(t, prepare)
	require.Equal(t, "3 5/0/0 running", h.run(t, second))
	job := list(h.must(t, "ListJobs")["Applications"])[0].(map[string]any)
	require.Equal(t, "5 3", number(job["Active"])+" "+job["LastJobState"].(string))
	for value, code := range map[string]string{"0": codeWithMessage, "many": codeWithMessage, "51": codeAppQuota} {
		require.Equal(t, code, h.refused(t, opExecJob, "Replicas", value))
		require.Equal(t, code, h.refused(t, opUpdateJob, "Replicas", value))
	}
}

// TestJobs_ARunAtItsTime waits for it, whatever comes before.
func TestJobs_ARunAtItsTime(t *testing.T) {
	t.Parallel()
	h := jobbing(t)
	later := h.exec(t, paramTime, "2026-11-02T09:00:00Z")
	h.step(t, 50*time.Minute)
	require.Equal(t, "0 0/0/0 ", h.run(t, later))
	h.step(t, 10*time.Minute)
	require.Equal(t, "1 0/2/0 success", h.run(t, later))
	passed := h.exec(t, paramTime, "2026-11-02T08:00:00Z")
	h.step(t, prepare)
	require.Equal(t, "3 2/0/0 running", h.run(t, passed), "a time that has passed is at once")
	require.Equal(t, codeWithMessage, h.refused(t, opExecJob, paramTime, "soon"))
}

func TestJobs_OneRunAfterAnother(t *testing.T) {
	t.Parallel()
	for policy, want := range map[string]string{"": "3 2/0/0 running", "Allow": "3 2/0/0 running", "Replace": "2 0/0/2 " + jobReplaced} {
		t.Run("policy "+policy, func(t *testing.T) {
			t.Parallel()
			h := jobbing(t, "ConcurrencyPolicy", policy)
			first := h.exec(t)
			h.step(t, prepare)
			second := h.exec(t)
			h.step(t, prepare)
			require.Equal(t, want, h.run(t, first))
			require.Equal(t, "3 2/0/0 running", h.run(t, second))
		})
	}
	h := jobbing(t, "ConcurrencyPolicy", "Forbid")
	first := h.exec(t)
	require.Equal(t, codeJobForbidden, h.refused(t, opExecJob))
	h.must(t, "DeleteHistoryJob", paramJobID, first)
	h.exec(t)
}

// TestJobs_AFailedRunIsRepeated as often as BackoffLimit says, and no longer than Timeout.
func TestJobs_AFailedRunIsRepeated(t *testing.T) {
	t.Parallel()
	h := jobbing(t, "BackoffLimit", "1")
	h.fault(t, Fault{Operation: opExecJob, Kind: FaultBatchFails})
	repeated := h.exec(t)
	h.step(t, prepare+DefaultBatchDuration)
	require.Equal(t, "3 2/0/1 running", h.run(t, repeated))
	h.step(t, DefaultBatchDuration)
	require.Equal(t, "1 0/2/1 success", h.run(t, repeated))
	for attempt := range 2 {
		h.fault(t, Fault{Operation: opExecJob, Kind: FaultBatchFails, Batch: attempt + 1})
	}
	failed := h.exec(t)
	h.settle(t)
	require.Equal(t, "2 0/1/2 failed", h.run(t, failed))

	h = jobbing(t, "Timeout", "1")
	late := h.exec(t)
	h.step(t, prepare+time.Second)
	require.Equal(t, "2 0/0/2 "+jobTimedOut, h.run(t, late), "a batch takes longer")
	h.begin(t, opUpdateJob, "Timeout", "10")
	h.settle(t)
	h.fault(t, Fault{Operation: opExecJob, Kind: FaultHang})
	hanging := h.exec(t)
	h.step(t, 9*time.Second)
	require.Equal(t, "3 2/0/0 running", h.run(t, hanging))
	h.settle(t)
	require.Equal(t, "2 0/0/2 "+jobTimedOut, h.run(t, hanging))
}

func TestJobs_Shards(t *testing.T) {
	t.Parallel()
	h := jobbing(t, "Slice", "true", "SliceEnvs", `["a","b","c"]`)
	id := h.exec(t)
	h.settle(t)
	require.Equal(t, "1 0/3/0 success", h.run(t, id), "an instance for each")
	h.begin(t, opUpdateJob, "Slice", "false")
	h.settle(t)
	id = h.exec(t)
	h.settle(t)
	require.Equal(t, "1 0/2/0 success", h.run(t, id))
}

func TestJobs_ASuspendedTemplateBeginsNoRun(t *testing.T) {
	t.Parallel()
	h := jobbing(t)
	running := h.exec(t)
	h.must(t, "SuspendJob", "Suspend", "false")
	require.Equal(t, true, h.must(t, "DescribeJob")["Suspend"])
	require.Equal(t, codeJobSuspended, h.refused(t, opExecJob))
	h.settle(t)
	require.Equal(t, "1 0/2/0 success", h.run(t, running))
	h.must(t, "SuspendJob", "Suspend", "true")
	require.Equal(t, false, h.must(t, "DescribeJob")["Suspend"])
	h.exec(t)
	require.Equal(t, codeNotEmpty, h.refused(t, "SuspendJob"))
}

func TestJobs_History(t *testing.T) {
	t.Parallel()
	h := jobbing(t)
	var ids []string
	for range 3 {
		ids = append(ids, h.exec(t))
	}
	h.step(t, time.Minute)
	h.fault(t, Fault{Operation: opExecJob, Kind: FaultSystemFails})
	ids = append(ids, h.exec(t))
	h.settle(t)
	runs := func(parameters ...string) string {
		return names(h.must(t, "DescribeJobHistory", parameters...)["Jobs"], "JobId")
	}
	require.Equal(t, ids[3]+" "+ids[2]+" "+ids[1]+" "+ids[0], runs(), "the newest first")
	require.Equal(t, ids[3], runs("State", jobFailed))
	require.Equal(t, ids[0], runs("State", jobSucceeded, "CurrentPage", "2", "PageSize", "2"))
	require.Equal(t, "4", number(h.must(t, "DescribeJobHistory", "PageSize", "1")["TotalSize"]))
	require.Equal(t, codeObviously, h.refused(t, "DescribeJobHistory", "State", "4"))
	require.Equal(t, codeWithMessage, h.refused(t, "DescribeJobHistory", "PageSize", "10001"))

	h.must(t, "DeleteHistoryJob", paramJobID, ids[3])
	require.Equal(t, codeObviously, h.refused(t, "DeleteHistoryJob", paramJobID, ids[3]))
	require.Equal(t, codeObviously, h.refused(t, "DescribeJobStatus", paramJobID, ids[3]))
	require.Empty(t, runs("State", jobFailed))
	h.must(t, "DeleteJob")
	require.Equal(t, codeAppIDNotFound, h.refused(t, "DescribeJobHistory"))
	require.Equal(t, codeAppNotFound, h.refused(t, opExecJob))
	require.Equal(t, codeAppIDNotFound, h.refused(t, "DeleteJob"))
}

func TestJobs_Lists(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	h.must(t, opCreateNamespace, paramNamespace, "cn-hangzhou:full", "NamespaceName", "full")
	one := h.makeJob(t)
	two := h.makeJob(t, "AppName", "weekly", "Replicas", "3", paramNamespace, "cn-hangzhou:full")
	h.must(t, "TagResources", "RegionId", DefaultRegion, "ResourceType", "application", paramResources, `["`+two+`"]`, paramTags, `[{"key":"a","value":"1"}]`)
	listed := func(parameters ...string) string {
		return names(h.must(t, "ListJobs", parameters...)["Applications"], "AppName")
	}
	require.Equal(t, "nightly weekly", listed())
	require.Equal(t, "weekly nightly", listed("OrderBy", "instances"))
	require.Equal(t, "nightly weekly", listed("OrderBy", "instances", "Reverse", "true"))
	h.exec(t, "AppId", two)
	h.step(t, prepare)
	require.Equal(t, "weekly nightly", listed("OrderBy", "running"))
	for _, parameters := range [][]string{
		{paramNamespace, "cn-hangzhou:full"},
		{"AppName", "week"},
		{"FieldType", "appIds", "FieldValue", two},
		{paramTags, `[{"key":"a"}]`},
		{"CurrentPage", "2", "PageSize", "1"},
	} {
		require.Equal(t, "weekly", listed(parameters...), "%v", parameters)
	}
	require.Equal(t, codeWithMessage, h.refused(t, "ListJobs", "PageSize", "201"))
	g := h.call(t, "ListJobs", "PageSize", "1")
	require.Equal(t, "2", number(g.body["TotalSize"]), "beside the data, too")
	require.Equal(t, codeNamespaceInUse, h.refused(t, "DeleteNamespace", paramNamespace, "cn-hangzhou:full"))
	h.must(t, "DeleteJob", "AppId", two)
	h.must(t, "DeleteNamespace", paramNamespace, "cn-hangzhou:full")
	require.Equal(t, "nightly", listed())
	require.Equal(t, []any{}, h.must(t, "DescribeJob", "AppId", one)["RefedAppIds"])
}

func TestJobs_References(t *testing.T) {
	t.Parallel()
	h := town(t)
	job := h.makeJob(t, "ConfigMapMountDesc", `[{"configMapId":2,"key":"k","mountPath":"/m"}]`)
	secret := number(h.must(t, "CreateSecret", paramNamespace, DefaultRegion, "SecretName", "pull", "SecretType", "Opaque", "SecretData", `{"k":"v"}`)["SecretId"])
	other := h.makeJob(t, "RefAppId", job, "ImagePullSecrets", secret)
	h.app = job
	described := h.must(t, "DescribeJob")
	require.Equal(t, "spare", names(described["ConfigMapMountDesc"], "ConfigMapName"))
	require.Equal(t, []any{other}, described["RefedAppIds"])
	require.Equal(t, codeConfigMapMounted, h.refused(t, "DeleteConfigMap", paramConfigMap, "2"), "the template mounts it")
	require.Equal(t, codeWithMessage, h.refused(t, "DeleteSecret", paramNamespace, DefaultRegion, paramSecret, secret), "and pulls with it")
	require.Equal(t, codeConfigMapNotFound, h.refused(t, opUpdateJob, "ConfigMapMountDesc", `[{"configMapId":9,"key":"k","mountPath":"/m"}]`))
}

// TestJobs_Refusals: a template is checked as an application is, and its runs.
func TestJobs_Refusals(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	for _, c := range []struct {
		code       string
		parameters []string
	}{
		{codeNotEmpty, []string{"ImageUrl", ""}},
		{codeNotEmpty, []string{"Replicas", ""}},
		{codeWithMessage, []string{"AppName", "1"}},
		{codePackageType, []string{"PackageType", "DotnetZip"}},
		{codeNamespaceNotFound, []string{paramNamespace, "cn-hangzhou:none"}},
		{codeInstanceSpec, []string{"Cpu", "500", "Memory", "131072"}},
		{codeAppQuota, []string{"Replicas", "51"}},
		{codeObviously, []string{"ConcurrencyPolicy", "Sometimes"}},
		{codeWithMessage, []string{"BackoffLimit", "-1"}},
		{codeWithMessage, []string{"Timeout", "-1"}},
		{codeWithMessage, []string{"SliceEnvs", "a"}},
		{codeNotEmpty, []string{"Slice", "true"}},
		{codeWithMessage, []string{"RefAppId", "x"}},
		{codeObviously, []string{"Workload", "web"}},
		{codeNotEmpty, []string{"Workload", ""}},
		{codeUnserved, []string{"TriggerConfig", "{}"}},
	} {
		parameters := append([]string{
			"AppName", "nightly", "PackageType", packageImage, "ImageUrl", "registry.test/nightly:1", "Replicas", "2", "Workload", "job",
		}, c.parameters...)
		require.Equal(t, c.code, h.refused(t, opCreateJob, parameters...), "%v", c.parameters)
	}
	require.Empty(t, list(h.must(t, "ListJobs")["Applications"]))
	require.Equal(t, http.StatusOK, h.call(t, "DescribeNamespaceResources", paramNamespace, DefaultRegion).status)
}

// TestJobs_AreKept in a snapshot with their runs.
func TestJobs_AreKept(t *testing.T) {
	t.Parallel()
	h := jobbing(t, "ConcurrencyPolicy", "Forbid")
	done := h.exec(t)
	h.settle(t)
	running := h.exec(t)
	h.step(t, prepare)
	snapshot, err := h.sim.Snapshot()
	require.NoError(t, err)
	again := newHarness(t)
	again.app = h.app
	require.NoError(t, again.sim.Restore(snapshot))
	require.Equal(t, "1 0/2/0 success", again.run(t, done))
	require.Equal(t, "3 2/0/0 running", again.run(t, running))
	require.Equal(t, codeJobForbidden, again.refused(t, opExecJob))
	require.Equal(t, h.must(t, "DescribeJob"), again.must(t, "DescribeJob"))
}

// TestJobs_ARunFarAhead is refused where its end could not be written down.
func TestJobs_ARunFarAhead(t *testing.T) {
	t.Parallel()
	h := jobbing(t)
	h.exec(t, paramTime, start().Add(maxAhead).Format("2006-01-02T15:04:05Z"))
	require.Equal(t, codeWithMessage, h.refused(t, opExecJob, paramTime, "9999-12-31T23:59:59Z"))
	snapshot, err := h.sim.Snapshot()
	require.NoError(t, err)
	require.NoError(t, h.sim.Restore(snapshot))
}

// TestJobs_OldRunsAreForgotten: a simulator that is up for weeks does not grow by each run;
// one that is not over stays, however old it is.
func TestJobs_OldRunsAreForgotten(t *testing.T) {
	t.Parallel()
	h := jobbing(t)
	h.fault(t, Fault{Kind: FaultHang, Operation: opExecJob})
	hanging, second := h.exec(t), h.exec(t)
	h.settle(t)
	var last string
	for range maxRuns {
		last = h.exec(t)
	}
	require.InDelta(t, maxRuns+1, h.must(t, "DescribeJobHistory")["TotalSize"], 0, "those that are not over")
	h.settle(t)
	h.exec(t)
	require.InDelta(t, maxRuns, h.must(t, "DescribeJobHistory")["TotalSize"], 0)
	require.Equal(t, "3 2/0/0 running", h.run(t, hanging))
	require.Equal(t, "1 0/2/0 success", h.run(t, last))
	require.Equal(t, codeObviously, h.refused(t, "DescribeJobStatus", paramJobID, second))
}

// TestJobs_NothingIsKeptThatNoAnswerShows: it would be ignored in silence.
func TestJobs_NothingIsKeptThatNoAnswerShows(t *testing.T) {
	t.Parallel()
	h := jobbing(t)
	require.Equal(t, codeUnserved, h.refused(t, opUpdateJob, "EnableImageAccl", "true"))
	require.Equal(t, codeUnserved, h.refused(t, opUpdateJob, "Php", "PHP 8.1"))
	require.Equal(t, codeUnserved, h.refused(t, opCreateJob, "AppName", "n", "PackageType", packageImage, "ImageUrl", "i:1", "Replicas", "1",
		"Workload", "job", "EnableImageAccl", "true"))
}
