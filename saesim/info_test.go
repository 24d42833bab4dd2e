package saesim

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// callInfo calls the operations that tell about an application, and the jobs, for
// the test of the documented shapes.
func (h *harness) callInfo(t *testing.T, call func(op string, parameters ...string) map[string]any) {
	t.Helper()
	call("DescribeInstanceLog", "InstanceId", h.instances(t)[0])
	call("DescribeComponents", "Type", "TOMCAT")
	call("DescribeComponents", "Type", "JDK", "AppId", "")
	call("DescribeEdasContainers")
	call("DescribeApplicationImage", "ImageUrl", "registry-vpc.cn-beijing.aliyuncs.com/demo/demo:latest")
	call(opDeploy, "SlsConfigs", `[{"logDir":"","logType":"stdout"},{"logDir":"/tmp/a.log"}]`)
	h.settle(t)
	call("ListLogConfigs", "CurrentPage", "1", "PageSize", "10")
	call("ListAppEvents", "Namespace", DefaultRegion)
	call("QueryResourceStatics")
	call("DescribeJobStatus")
	id := call("ExecJob", "EventId", "a")["Data"].(string)
	for range 3 {
		call("DescribeJobStatus", "JobId", id)
		h.step(t, DefaultBatchDuration)
	}
}

// events lists an application's events as "Reason object-kind", oldest first.
func (h *harness) events(t tester, parameters ...string) []string {
	t.Helper()
	data := h.must(t, "ListAppEvents", append([]string{"Namespace", DefaultRegion, "PageSize", "10000"}, parameters...)...)
	var list []string
	for _, entry := range data["AppEventEntity"].([]any) {
		e := entry.(map[string]any)
		list = append([]string{e["Reason"].(string) + " " + e["ObjectKind"].(string)}, list...)
	}
	return list
}

func TestInfo_Events(t *testing.T) {
	t.Parallel()
	h := deployed(t, 1)
	require.Equal(t, []string{"Created Pod", "Started Pod"}, h.events(t))
	first := h.instances(t)[0]
	h.fault(t, Fault{Kind: FaultBatchFails})
	h.deploy(t, "2", single)
	h.step(t, time.Minute)
	broken := h.instances(t)[0]
	require.Equal(t, []string{"Created Pod", "Started Pod", "Killing Pod"}, h.events(t, "ObjectName", first))
	require.Equal(t, []string{"Created Pod", "Unhealthy Pod", "BackOff Pod"}, h.events(t, "ObjectName", broken))
	require.Equal(t, []string{"Unhealthy Pod", "BackOff Pod"}, h.events(t, "EventType", "Warning"))
	require.Equal(t, []string{"Killing Pod"}, h.events(t, "Reason", "Killing"))
	require.Empty(t, h.events(t, "ObjectKind", "Service"))
	require.Empty(t, h.events(t, "Namespace", DefaultRegion+":other"))

	h.addTimer(t, "office", timer("* * *", "08:00", 2, "20:00", 3))
	h.step(t, 24*time.Hour)
	require.Equal(t, []string{"SuccessfulRescale HorizontalPodAutoscaler", "SuccessfulRescale HorizontalPodAutoscaler"}, h.events(t, "ObjectKind", kindScaler))
	require.Equal(t, []string{"ScalingReplicaSet Deployment", "ScalingReplicaSet Deployment"}, h.events(t, "ObjectKind", kindDeployment))
	all := h.events(t)
	page := h.must(t, "ListAppEvents", "Namespace", DefaultRegion, "PageSize", "2", "CurrentPage", "2")
	require.InDelta(t, len(all), page["TotalSize"], 0)
	require.Equal(t, all[len(all)-3], page["AppEventEntity"].([]any)[0].(map[string]any)["Reason"].(string)+" "+
		page["AppEventEntity"].([]any)[0].(map[string]any)["ObjectKind"].(string), "newest first")
	require.Equal(t, codeNotEmpty, h.refused(t, "ListAppEvents"))
	require.Equal(t, codeAppIDNotFound, h.refused(t, "ListAppEvents", "Namespace", DefaultRegion, "AppId", "x"))
	require.Equal(t, codeWithMessage, h.refused(t, "ListAppEvents", "Namespace", DefaultRegion, "PageSize", "10001"))
}

func TestInfo_OldEventsGo(t *testing.T) {
	t.Parallel()
	app := &application{}
	for n := range maxEvents + 5 {
		app.note(appEvent{At: start().Add(time.Duration(n) * time.Second)})
	}
	require.Len(t, app.Events, maxEvents)
	require.Equal(t, start().Add(5*time.Second), app.Events[0].At)
}

func TestInfo_InstanceLog(t *testing.T) {
	t.Parallel()
	h := deployed(t, 2)
	h.fault(t, Fault{Kind: FaultHang})
	h.deploy(t, "2", batch2)
	h.settle(t)
	for n, want := range []string{"Back-off", "Started container"} {
		text, _ := h.call(t, "DescribeInstanceLog", "InstanceId", h.instances(t)[n]).body["Data"].(string)
		require.Contains(t, text, "shop starts.")
		require.Contains(t, text, want)
		require.True(t, strings.HasSuffix(text, "\n"))
	}
	require.Equal(t, codeObviously, h.refused(t, "DescribeInstanceLog", "InstanceId", "x"))
	require.Equal(t, codeNotEmpty, h.refused(t, "DescribeInstanceLog"))
}

func TestInfo_Components(t *testing.T) {
	t.Parallel()
	h := deployed(t, 1)
	require.Equal(t, codeComponentType, h.refused(t, "DescribeComponents", "Type", "PHP"))
	require.Equal(t, codeAppIDNotFound, h.refused(t, "DescribeComponents", "Type", "JDK", "AppId", "x"))
	for kind, n := range map[string]int{"JDK": 8, "TOMCAT": 3} {
		list := h.call(t, "DescribeComponents", "Type", kind).body["Data"].([]any)
		require.Len(t, list, n)
		require.Equal(t, kind, list[0].(map[string]any)["Type"])
	}
}

func TestInfo_Images(t *testing.T) {
	t.Parallel()
	h := deployed(t, 1)
	for url, want := range map[string][]string{ // namespace, name, tag, region
		"registry-vpc.cn-beijing.aliyuncs.com/demo/app:1.2": {"demo", "app", "1.2", "cn-beijing"},
		"registry.test/shop":                {"registry.test", "shop", "latest", DefaultRegion},
		"nginx:1":                           {"", "nginx", "1", DefaultRegion},
		"localhost:5000/a/b@sha256:00":      {"a", "b", "sha256:00", DefaultRegion},
		"localhost:5000/a/b:tag@sha256:00":  {"a", "b", "sha256:00", DefaultRegion},
		"cn-beijing.registry.test/x/y/z:v1": {"y", "z", "v1", "cn-beijing"},
	} {
		data := h.must(t, "DescribeApplicationImage", "ImageUrl", url)
		require.Equal(t, want, []string{
			data["RepoNamespace"].(string), data["RepoName"].(string), data["RepoTag"].(string), data["RegionId"].(string),
		}, url)
	}
	for _, url := range []string{"a//b", "a/b:", "a@", "/"} {
		require.Equal(t, codeWithMessage, h.refused(t, "DescribeApplicationImage", "ImageUrl", url), url)
	}
}

func TestInfo_LogConfigs(t *testing.T) {
	t.Parallel()
	h := deployed(t, 1)
	list := func() []any {
		return h.must(t, "ListLogConfigs", "CurrentPage", "1", "PageSize", "10")["LogConfigs"].([]any)
	}
	require.Empty(t, list())
	h.deploy(t, "2", single, "SlsConfigs",
		`[{"logDir":"","logType":"stdout"},{"logDir":"/a.log"},{"logDir":"/b.log","projectName":"p","logstoreName":"s","logtailName":"l"}]`)
	h.settle(t)
	made, own := list()[0].(map[string]any), list()[1].(map[string]any)
	require.Equal(t, "sae-"+h.app, made["SlsProject"])
	require.Equal(t, "/a.log", made["LogDir"])
	require.Equal(t, []any{"p", "s", "l"}, []any{own["SlsProject"], own["SlsLogStore"], own["ConfigName"]})
	require.Equal(t, codeNotEmpty, h.refused(t, "ListLogConfigs", "CurrentPage", "1"))
	h.deploy(t, "3", single, "SlsConfigs", "")
	h.settle(t)
	require.Empty(t, list(), "an empty text switches it off")
}

func TestInfo_ResourceUse(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	h.app = h.must(t, opCreate, "AppName", "shop", "PackageType", "Image", "ImageUrl", "a/b:1", "Replicas", "2", "Cpu", "500", "Memory", "2048")["AppId"].(string)
	h.step(t, prepare+2*time.Hour)
	data := h.must(t, "QueryResourceStatics")
	require.Equal(t, map[string]any{"Cpu": 120.0, "Memory": 480.0}, data["Summary"])
	require.Equal(t, map[string]any{"Cpu": 1.0, "Memory": 4.0}, data["RealTimeRes"])
	h.must(t, opVertical, "Cpu", "1000", "Memory", "2048")
	h.step(t, time.Hour)
	require.InDelta(t, 240, h.must(t, "QueryResourceStatics")["Summary"].(map[string]any)["Cpu"], 0.1, "what was used before keeps its size")
	h.must(t, opStop)
	h.step(t, time.Hour)
	data = h.must(t, "QueryResourceStatics")
	require.Equal(t, map[string]any{"Cpu": 0.0, "Memory": 0.0}, data["RealTimeRes"])
	require.InDelta(t, 240, data["Summary"].(map[string]any)["Cpu"], 0.1)
	require.Equal(t, codeAppNotFound, h.refused(t, "QueryResourceStatics", "AppId", "x"))
}

func TestInfo_Jobs(t *testing.T) {
	t.Parallel()
	h := deployed(t, 2)
	status := func(id string) map[string]any {
		data := h.must(t, "DescribeJobStatus", "JobId", id)
		return map[string]any{"state": data["State"], "active": data["Active"], "succeeded": data["Succeeded"], "failed": data["Failed"]}
	}
	require.Equal(t, jobNotRun, h.must(t, "DescribeJobStatus")["State"])
	require.NoError(t, h.sim.SetJobTemplate(h.app, JobTemplate{Instances: 3, Forbid: true}))
	id := h.must(t, "ExecJob", "EventId", "e1")["Data"].(string)
	require.Equal(t, id, h.must(t, "ExecJob", "EventId", "e1")["Data"], "one run for an event, even while another is forbidden")
	require.Equal(t, codeJobForbidden, h.refused(t, "ExecJob"))
	require.Equal(t, map[string]any{"state": jobNotRun, "active": 0.0, "succeeded": 0.0, "failed": 0.0}, status(id))
	h.step(t, prepare)
	require.Equal(t, map[string]any{"state": jobRunning, "active": 3.0, "succeeded": 0.0, "failed": 0.0}, status(id))
	h.step(t, DefaultBatchDuration)
	require.Equal(t, map[string]any{"state": jobSucceeded, "active": 0.0, "succeeded": 3.0, "failed": 0.0}, status(id))
	data := h.must(t, "DescribeJobStatus")
	require.Equal(t, id, data["JobId"], "without an ID it is the last run")
	require.InDelta(t, DefaultBatchDuration.Seconds(), data["CompletionTime"].(float64)-data["StartTime"].(float64), 1, "in seconds")

	h.fault(t, Fault{Kind: FaultBatchFails, Operation: "ExecJob"})
	failed := h.must(t, "ExecJob")["Data"].(string)
	require.NotEqual(t, id, failed)
	h.settle(t)
	require.Equal(t, map[string]any{"state": jobFailed, "active": 0.0, "succeeded": 2.0, "failed": 1.0}, status(failed))
	h.fault(t, Fault{Kind: FaultHang, Operation: "ExecJob"})
	hanging := h.must(t, "ExecJob")["Data"].(string)
	h.settle(t)
	require.Equal(t, jobRunning, status(hanging)["state"])
	require.Equal(t, codeJobForbidden, h.refused(t, "ExecJob"))

	require.NoError(t, h.sim.SetJobTemplate(h.app, JobTemplate{Suspended: true}))
	require.Equal(t, codeJobSuspended, h.refused(t, "ExecJob"))
	require.Equal(t, codeObviously, h.refused(t, "DescribeJobStatus", "JobId", "x"))
	require.Equal(t, codeAppIDNotFound, h.refused(t, "DescribeJobStatus", "AppId", "x"))
	require.Equal(t, codeAppNotFound, h.refused(t, "ExecJob", "AppId", "x"))
	require.ErrorIs(t, h.sim.SetJobTemplate("x", JobTemplate{}), ErrNoSuchApp)
	require.ErrorContains(t, h.sim.SetJobTemplate(h.app, JobTemplate{Instances: -1}), "instances")

	snapshot, err := h.sim.Snapshot()
	require.NoError(t, err)
	require.NoError(t, h.sim.Restore(snapshot))
	require.Equal(t, jobRunning, status(hanging)["state"])
}
