package saesim

import (
	"encoding/base64"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"
)

// callNewer calls the operations that only today's service has.
func (h *harness) callNewer(t *testing.T, call func(op string, parameters ...string) map[string]any) {
	t.Helper()
	h.settle(t)
	call(opGetApplication)
	call("UpdateApplicationDescription", "AppDescription", "d")
	call("UpdateApplicationVswitches", "VSwitchId", "vsw-1,vsw-2")
	instance := h.instanceList(t)[0]["InstanceId"].(string)
	call(opSuspendTraffic, "InstanceIds", instance)
	call("DescribeApplicationInstances", "GroupId", h.group())
	call(opResumeTraffic, "InstanceIds", instance)
	call("DescribeChangeOrder", "ChangeOrderId", call("DeleteInstances", "InstanceIds", instance)["ChangeOrderId"].(string))
	h.settle(t)
	call(opBatchRestart, paramNamespace, DefaultRegion, "AppIds", h.app) // no source prints the type of its order
	h.settle(t)
	id := number(call("CreateSecret", paramNamespace, DefaultRegion, "SecretName", "pull-1", "SecretType", "Opaque", "SecretData", `{"k":"v"}`)["SecretId"])
	call("UpdateSecret", paramNamespace, DefaultRegion, paramSecret, id, "SecretData", `{"k":"w"}`)
	call("DescribeSecret", paramNamespace, DefaultRegion, paramSecret, id)
	call("ListSecrets", paramNamespace, DefaultRegion)
	call("DeleteSecret", paramNamespace, DefaultRegion, paramSecret, id)
	h.callJobs(t, call)
	h.callLanes(t, call)
	h.callListServices(t, call)
}

func (h *harness) instanceList(t tester) []map[string]any {
	t.Helper()
	var all []map[string]any
	for _, entry := range list(h.must(t, "DescribeApplicationInstances", "GroupId", h.group(), "PageSize", "100")["Instances"]) {
		all = append(all, entry.(map[string]any))
	}
	return all
}

// TestNewer_AnApplicationByItsName is found in the namespace that is named, or the default one.
func TestNewer_AnApplicationByItsName(t *testing.T) {
	t.Parallel()
	h := deployed(t, 2)
	id := h.app
	h.app = ""
	g := h.call(t, opGetApplication, "AppName", "shop")
	require.Equal(t, http.StatusOK, g.status)
	require.Equal(t, "success", g.body["Message"])
	for _, absent := range []string{"Data", "Code", "Success"} {
		require.NotContains(t, g.body, absent)
	}
	found := g.body["Application"].(map[string]any)
	require.Equal(t, id, found["AppId"])
	require.InDelta(t, 2, found["RunningInstances"], 0)
	require.Equal(t, codeAppIDNotFound, h.refused(t, opGetApplication, "AppName", "other"))
	require.Equal(t, codeAppIDNotFound, h.refused(t, opGetApplication, "AppId", "x"))
	require.Equal(t, codeNotEmpty, h.refused(t, opGetApplication))
	require.Equal(t, http.StatusOK, h.call(t, opGetApplication, "AppId", id, "AppName", "shop", paramNamespace, DefaultRegion).status)
	require.Equal(t, codeAppIDNotFound, h.refused(t, opGetApplication, "AppId", id, "AppName", "other"))
	require.Equal(t, codeAppIDNotFound, h.refused(t, opGetApplication, "AppId", id, paramNamespace, "cn-hangzhou:none"))
	require.Equal(t, codeAppIDNotFound, h.refused(t, opGetApplication, "AppName", "shop", paramNamespace, "cn-hangzhou:none"))
}

func TestNewer_ADescriptionIsReadBack(t *testing.T) {
	t.Parallel()
	h := deployed(t, 1)
	h.must(t, "UpdateApplicationDescription", "AppDescription", "sells")
	require.Equal(t, "sells", h.must(t, opConfig)["AppDescription"])
	h.deploy(t, "2", single)
	require.Equal(t, codeOrderRunning, h.refused(t, "UpdateApplicationDescription", "AppDescription", "later"))
}

// TestNewer_InstancesAreReplaced: others take the place of those that are deleted.
func TestNewer_InstancesAreReplaced(t *testing.T) {
	t.Parallel()
	h := deployed(t, 3)
	gone := h.instanceList(t)[0]["InstanceId"].(string)
	h.begin(t, "DeleteInstances", "InstanceIds", gone)
	h.settle(t)
	require.Equal(t, "1:3", h.images(t))
	for _, i := range h.instanceList(t) {
		require.NotEqual(t, gone, i["InstanceId"])
	}
	require.Equal(t, codeObviously, h.refused(t, "DeleteInstances", "InstanceIds", gone))
}

func TestNewer_TrafficOfInstances(t *testing.T) {
	t.Parallel()
	h := deployed(t, 2)
	id := h.instanceList(t)[0]["InstanceId"].(string)
	suspended := func() int {
		n := 0
		for _, i := range h.instanceList(t) {
			if i["TrafficStatus"] == trafficSuspended {
				n++
			}
		}
		return n
	}
	g := h.call(t, opSuspendTraffic, "InstanceIds", id)
	require.Equal(t, "true", g.body["Success"], "a text, in these two operations alone")
	require.Equal(t, 1, suspended())
	h.must(t, opResumeTraffic, "InstanceIds", id)
	require.Zero(t, suspended())
}

// TestNewer_VSwitches: instances move at once, or stay where they are until they are replaced.
func TestNewer_VSwitches(t *testing.T) {
	t.Parallel()
	for deploy, want := range map[string]any{"true": "vsw-2", "false": "vsw-1"} {
		t.Run("deploy "+deploy, func(t *testing.T) {
			t.Parallel()
			h := deployed(t, 1)
			h.must(t, "UpdateApplicationVswitches", "VSwitchId", "vsw-1")
			h.must(t, "UpdateApplicationVswitches", "VSwitchId", "vsw-2", "Deploy", deploy)
			require.Equal(t, want, h.instanceList(t)[0]["VSwitchId"])
			require.Equal(t, "vsw-2", h.must(t, opConfig)["VSwitchId"])
			h.begin(t, opRestart)
			h.settle(t)
			require.Equal(t, "vsw-2", h.instanceList(t)[0]["VSwitchId"])
			require.Equal(t, codeWithMessage, h.refused(t, "UpdateApplicationVswitches", "VSwitchId", "switch"))
		})
	}
}

// TestNewer_VSwitchesOfAStoppedApplication: there is nothing to move, and Deploy has been read
// all the same.
func TestNewer_VSwitchesOfAStoppedApplication(t *testing.T) {
	t.Parallel()
	h := deployed(t, 1)
	h.begin(t, opStop)
	h.settle(t)
	h.must(t, "UpdateApplicationVswitches", "VSwitchId", "vsw-2", "Deploy", "false")
	h.begin(t, opStart)
	h.settle(t)
	require.Equal(t, "vsw-2", h.instanceList(t)[0]["VSwitchId"])
}

// TestNewer_InstancesMoveOneAfterTheOther: an instance is where it was made until another takes
// its place, whichever order brings another vSwitch.
func TestNewer_InstancesMoveOneAfterTheOther(t *testing.T) {
	t.Parallel()
	for name, parameters := range map[string][]string{
		opVertical: {"Cpu", "2000", "Memory", "4096"},
		opDeploy:   {"ImageUrl", "registry.test/shop:2"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := deployed(t, 4)
			h.must(t, "UpdateApplicationVswitches", "VSwitchId", "vsw-1")
			h.begin(t, name, append(parameters, "VSwitchId", "vsw-2")...)
			h.step(t, prepare)
			count := map[any]int{}
			for _, i := range h.instanceList(t) {
				count[i["VSwitchId"]]++
			}
			require.Equal(t, map[any]int{"vsw-1": 1, "vsw-2": 3}, count)
			h.settle(t)
			require.Equal(t, "vsw-2", h.instanceList(t)[3]["VSwitchId"])
		})
	}
}

func TestNewer_BatchRestart(t *testing.T) {
	t.Parallel()
	h := deployed(t, 2)
	before := h.instanceList(t)
	order := h.begin(t, opBatchRestart, paramNamespace, DefaultRegion, "AppIds", h.app)
	h.settle(t)
	require.Equal(t, statusSuccess, int(h.must(t, "DescribeChangeOrder", "ChangeOrderId", order)["Status"].(float64)))
	require.NotEqual(t, before[0]["InstanceId"], h.instanceList(t)[0]["InstanceId"])
	require.Equal(t, "1:2", h.images(t))
}

func TestNewer_Secrets(t *testing.T) {
	t.Parallel()
	h := deployed(t, 1)
	create := func(name, data string) got {
		return h.call(t, "CreateSecret", paramNamespace, DefaultRegion, "SecretName", name, "SecretType", "Opaque", "SecretData", data)
	}
	g := create("pull-1", `{"SecretData":"{\"user\":\"u\"}"}`)
	require.Equal(t, http.StatusOK, g.status, g.body)
	id := number(g.data()["SecretId"])
	require.Equal(t, codeWithMessage, create("pull-1", `{"k":"v"}`).code(), "the name is taken")
	require.Equal(t, codeWithMessage, create("1", `{"k":"v"}`).code())
	require.Equal(t, codeWithMessage, create("other", "[]").code())
	of := []string{paramNamespace, DefaultRegion, paramSecret, id}
	described := h.must(t, "DescribeSecret", of...)
	require.Equal(t, map[string]any{"user": base64.StdEncoding.EncodeToString([]byte("u"))}, described["SecretData"])

	h.deploy(t, "2", single, "ImagePullSecrets", id)
	h.settle(t)
	require.Equal(t, id, h.must(t, opConfig)["ImagePullSecrets"])
	listed := list(h.must(t, "ListSecrets", paramNamespace, DefaultRegion)["Secrets"])
	require.Len(t, listed, 1)
	require.NotContains(t, listed[0], "SecretData")
	require.Len(t, listed[0].(map[string]any)["RelateApps"], 1)
	require.Equal(t, codeWithMessage, h.refused(t, "DeleteSecret", of...), "it is in use")
	h.deploy(t, "3", single, "ImagePullSecrets", "")
	h.settle(t)
	h.must(t, "DeleteSecret", of...)
	require.Equal(t, codeSecretNotFound, h.refused(t, "DescribeSecret", of...))
}
