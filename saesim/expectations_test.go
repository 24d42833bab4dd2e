package saesim

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// The tests of this file hold the simulator to what real clients of SAE (the vendor's
// CLI, its SDKs, its Terraform provider, other deployment tools) send and expect, where
// that goes beyond the API reference or corrects it.

const (
	springRules  = `[{"path":"/a","condition":"AND","items":[{"type":"cookie","name":"c","operator":"rawvalue","value":"1","cond":"=="}]}]`
	dubboWithMod = `[{"serviceName":"s","methodName":"m","group":"","version":"","condition":"OR","items":[{"index":0,"expr":".x","operator":"mod","value":"test2","cond":"=="}]}]`
)

// TestClients_GrayRulesOfTwoKinds: both kinds are sent together, read back, and sent
// with each update.
func TestClients_GrayRulesOfTwoKinds(t *testing.T) {
	t.Parallel()
	h := deployed(t, 1)
	id := fmt.Sprint(h.must(t, "CreateGreyTagRoute", "Name", "r", "ScRules", springRules, "DubboRules", dubboWithMod)["GreyTagRouteId"])
	kinds := func() (int, int) {
		route := h.must(t, "DescribeGreyTagRoute", "GreyTagRouteId", id)
		return len(list(route["ScRules"])), len(list(route["DubboRules"]))
	}
	sc, dubbo := kinds()
	require.Equal(t, []int{1, 1}, []int{sc, dubbo})
	h.must(t, "UpdateGreyTagRoute", "GreyTagRouteId", id, "ScRules", springRules, "DubboRules", dubboWithMod)
	sc, dubbo = kinds()
	require.Equal(t, []int{1, 1}, []int{sc, dubbo})
	h.must(t, "UpdateGreyTagRoute", "GreyTagRouteId", id, "DubboRules", dubboWithMod)
	sc, dubbo = kinds()
	require.Equal(t, []int{0, 1}, []int{sc, dubbo}, "what is sent takes the place of all")
	h.must(t, "UpdateGreyTagRoute", "GreyTagRouteId", id, "Description", "d")
	sc, dubbo = kinds()
	require.Equal(t, []int{0, 1}, []int{sc, dubbo})
}

// TestClients_PackageVersionOfAnImage: it is kept as sent, as often as it is sent.
func TestClients_PackageVersionOfAnImage(t *testing.T) {
	t.Parallel()
	h := deployed(t, 1)
	made := h.must(t, opConfig)["PackageVersion"]
	require.NotEmpty(t, made, "a time stamp where none was sent")
	for range 2 {
		h.deploy(t, "2", single, "PackageVersion", "v7")
		h.settle(t)
		require.Equal(t, "v7", h.must(t, opConfig)["PackageVersion"])
	}
	h.deploy(t, "3", single)
	h.settle(t)
	require.NotEqual(t, "v7", h.must(t, opConfig)["PackageVersion"])
}

// TestClients_ImageWithJDK: the reference has an image bring its own; clients send one.
func TestClients_ImageWithJDK(t *testing.T) {
	t.Parallel()
	h := deployed(t, 1)
	h.deploy(t, "2", single, "Jdk", "Open JDK 8")
	h.settle(t)
	require.Equal(t, "Open JDK 8", h.must(t, opConfig)["Jdk"])
}

// TestClients_CodesThatMeanGone: a client takes a resource for deleted by these alone.
func TestClients_CodesThatMeanGone(t *testing.T) {
	t.Parallel()
	h := deployed(t, 1)
	tests := map[string]struct {
		call   []string
		status int
		code   string
	}{
		"application":   {[]string{opConfig, "AppId", "x"}, http.StatusNotFound, codeAppIDNotFound},
		"scaling rules": {[]string{"DescribeApplicationScalingRules", "AppId", "x"}, http.StatusNotFound, codeAppIDNotFound},
		"namespace":     {[]string{"DescribeNamespace", "NamespaceId", "cn-beijing:x"}, http.StatusNotFound, codeNamespaceNotFound},
		"gray rule":     {[]string{"DescribeGreyTagRoute", "GreyTagRouteId", "99"}, http.StatusBadRequest, codeWithMessage},
		"ingress":       {[]string{"DescribeIngress", "IngressId", "99"}, http.StatusBadRequest, codeWithMessage},
		"config map":    {[]string{"DescribeConfigMap", "ConfigMapId", "99"}, http.StatusBadRequest, "NotFound.ConfigMap"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := h.call(t, tt.call[0], tt.call[1:]...)
			require.Equal(t, tt.code, g.code())
			require.Equal(t, tt.status, g.status)
		})
	}
}

// TestClients_RescaleToThePresentCount: there is nothing to do, and no order.
func TestClients_RescaleToThePresentCount(t *testing.T) {
	t.Parallel()
	h := deployed(t, 2)
	require.Empty(t, h.must(t, opRescale, "Replicas", "2")["ChangeOrderId"])
	require.Len(t, h.sim.Orders(h.app), 1)
	require.NotEmpty(t, h.must(t, opRescale, "Replicas", "3")["ChangeOrderId"])
}

// TestClients_NewestOrderFirst: a client takes the first of the list for the present one.
func TestClients_NewestOrderFirst(t *testing.T) {
	t.Parallel()
	h := deployed(t, 1)
	h.step(t, time.Minute)
	id := h.deploy(t, "2", single)
	require.Equal(t, id, list(h.must(t, "ListChangeOrders")["ChangeOrderList"])[0].(map[string]any)["ChangeOrderId"])
}

// TestClients_PauseInsideABatch: BatchWaitTime of a deployment is a pause, in seconds,
// between the instances of one batch; the strategy's own is in minutes, between batches.
func TestClients_PauseInsideABatch(t *testing.T) {
	t.Parallel()
	const wave = DefaultBatchDuration / 4
	h := deployed(t, 4)
	id := h.deploy(t, "2", single, "BatchWaitTime", "10", "MinReadyInstances", "3")
	h.step(t, prepare+wave)
	for _, images := range []string{"1:3 2:1", "1:2 2:2", "1:1 2:3"} {
		h.step(t, 10*time.Second-time.Nanosecond)
		require.Equal(t, images, h.images(t), "nothing happens in the pause")
		require.Equal(t, statusRunning, h.order(t, id).Status)
		h.step(t, time.Nanosecond)
		require.Contains(t, h.images(t), "2:1!", "the next instance")
		h.step(t, wave)
	}
	require.Equal(t, statusSuccess, h.order(t, id).Status)

	id = h.deploy(t, "3", batch2Wait, "BatchWaitTime", "10", "MinReadyInstances", "3")
	h.step(t, prepare+2*wave+10*time.Second)
	require.Equal(t, statusRunning, h.order(t, id).Status)
	h.step(t, 2*wave)
	require.Equal(t, []int{statusWaitAuto, 1}, []int{h.order(t, id).Status, h.order(t, id).BatchWaitTime})
	h.step(t, time.Minute)
	require.Equal(t, "2:1 3:2 3:1!", h.images(t))
}

// TestClients_AbortInAPause: what has not begun yet is left alone.
func TestClients_AbortInAPause(t *testing.T) {
	t.Parallel()
	for rollback, want := range map[string]string{"true": "1:4", "false": "1:3 2:1"} {
		t.Run("rollback "+rollback, func(t *testing.T) {
			t.Parallel()
			h := deployed(t, 4)
			id := h.deploy(t, "2", single, "BatchWaitTime", "10", "MinReadyInstances", "3")
			h.step(t, prepare+DefaultBatchDuration/4+time.Second)
			events := h.must(t, "ListAppEvents", "Namespace", DefaultRegion)["TotalSize"]
			h.must(t, "AbortChangeOrder", "ChangeOrderId", id, "Rollback", rollback)
			if rollback == "false" {
				require.Equal(t, events, h.must(t, "ListAppEvents", "Namespace", DefaultRegion)["TotalSize"], "no instance came up")
			}
			h.settle(t)
			require.Equal(t, statusAborted, h.order(t, id).Status)
			require.Equal(t, want, h.images(t))
		})
	}
}

// TestClients_Components: those of today are listed, and those to come are taken.
func TestClients_Components(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	known := func(kind string) (names []string) {
		for _, entry := range list(h.call(t, "DescribeComponents", "Type", kind).body["Data"]) {
			names = append(names, entry.(map[string]any)["ComponentKey"].(string))
		}
		return names
	}
	require.Subset(t, known("JDK"), []string{"Open JDK 8", "Dragonwell 17", "Dragonwell 21"})
	require.Subset(t, known("TOMCAT"), []string{"apache-tomcat-8.5.42", "apache-tomcat-8.5.58"})
	war := func(jdk, tomcat string) []string {
		return []string{
			"AppName", "war", "PackageType", packageWar, "PackageUrl", "u", "PackageVersion", "1", "Replicas", "1", "Deploy", "false",
			paramJDK, jdk, paramTomcat, tomcat,
		}
	}
	h.must(t, opCreate, war("Dragonwell 25", "apache-tomcat-10.1.0")...)
	require.Equal(t, codeComponent, h.refused(t, opCreate, war("Dragonwel 21", "apache-tomcat-8.5.58")...))
	require.Equal(t, codeComponent, h.refused(t, opCreate, war("Dragonwell 21", "tomcat 8")...))
	h.must(t, opCreate, "AppName", "net", "PackageType", "DotnetZip", "PackageUrl", "u", "PackageVersion", "1", "Replicas", "1", "Deploy", "false", "Dotnet", ".NET 9.0")
	require.Equal(t, codeUnserved, h.refused(t, opCreate, append(war("Dragonwell 21", "apache-tomcat-8.5.58"), paramSource, "web")...))
}

// TestClients_MountsOfContainers: mounts are read back as lists with numbers, wherever
// they are.
func TestClients_MountsOfContainers(t *testing.T) {
	t.Parallel()
	h := deployed(t, 1)
	h.must(t, "CreateConfigMap", "NamespaceId", DefaultRegion, "Name", "files", "Data", `{"k":"v"}`)
	h.must(t, "CreateSecret", "NamespaceId", DefaultRegion, "SecretName", "keys", "SecretType", "Opaque", "SecretData", `{"k":"dg=="}`)
	h.begin(t, opDeploy, "ConfigMapMountDesc", `[{"configMapId":"1","key":"k","mountPath":"/a"}]`,
		"SecretMountDesc", `[{"secretId":"1","key":"k","mountPath":"/b"}]`,
		"SidecarContainersConfig", `[{"Name":"s","ImageUrl":"i","ConfigMapMountDesc":"[{\"configMapId\":1,\"key\":\"k\",\"mountPath\":\"/c\"}]"}]`)
	h.settle(t)
	config := h.must(t, opConfig)
	mounted := map[string]any{"ConfigMapId": 1.0, "ConfigMapName": "files", "Key": "k", "MountPath": "/a"}
	require.Equal(t, []any{mounted}, config["ConfigMapMountDesc"])
	require.Equal(t, []any{map[string]any{"SecretId": 1.0, "SecretName": "keys", "Key": "k", "MountPath": "/b"}}, config["SecretMountDesc"])
	mounted["MountPath"] = "/c"
	require.Equal(t, []any{mounted}, list(config["SidecarContainersConfig"])[0].(map[string]any)["ConfigMapMountDesc"])
}

// TestClients_OptionsOfAListener: they are kept and read back, and stay when they are not
// sent again.
func TestClients_OptionsOfAListener(t *testing.T) {
	t.Parallel()
	h := deployed(t, 1)
	rule := `{"appId":"` + h.app + `","containerPort":8080,"backendProtocol":"grpc"}`
	id := fmt.Sprint(h.must(t, "CreateIngress", "NamespaceId", DefaultRegion, "SlbId", "alb-0", "LoadBalanceType", "alb", "ListenerPort", "443",
		"CertIds", "123-cn-hangzhou,124-cn-hangzhou", "DefaultRule", rule, "Rules", `[{"appId":"`+h.app+`","containerPort":8080,"domain":"a.test"}]`,
		"IdleTimeout", "15", "RequestTimeout", "60", "EnableGzip", "true", "EnableXForwardedFor", "false", "SecurityPolicyId", "tls",
		"CorsConfig", `{"Enable":"true"}`)[paramIngress])
	want := map[string]any{
		"CertIds": "123-cn-hangzhou,124-cn-hangzhou", "ListenerProtocol": protocolHTTPS, "IdleTimeout": 15.0, "RequestTimeout": 60.0,
		"EnableGzip": true, "EnableXForwardedFor": false, "SecurityPolicyId": "tls", "CorsConfig": map[string]any{"Enable": "true"},
	}
	requireOptions := func() {
		t.Helper()
		read := h.must(t, "DescribeIngress", paramIngress, id)
		for name, value := range want {
			require.Equal(t, value, read[name], name)
		}
		require.NotContains(t, read, "EnableXForwardedForProto")
		require.Equal(t, "grpc", read["DefaultRule"].(map[string]any)["BackendProtocol"])
	}
	requireOptions()
	h.must(t, "UpdateIngress", paramIngress, id, "Description", "d")
	requireOptions()
	h.must(t, "UpdateIngress", paramIngress, id, "IdleTimeout", "30", "EnableGzip", "false")
	want["IdleTimeout"], want["EnableGzip"] = 30.0, false
	requireOptions()
	require.Equal(t, codeUnserved, h.refused(t, "CreateIngress", "NamespaceId", DefaultRegion, "LoadBalanceType", "alb", "AddressType", "Internet",
		"ListenerPort", "80", "DefaultRule", rule, "Rules", "[]"))
}

// TestClients_ChargeType: how a load balancer is paid is read back as long as it is bound.
func TestClients_ChargeType(t *testing.T) {
	t.Parallel()
	h := deployed(t, 1)
	const listener = `[{"port":80,"targetPort":8080,"protocol":"TCP"}]`
	bind := func(more ...string) any {
		h.begin(t, opBindSLB, append([]string{"Internet", listener}, more...)...)
		h.settle(t)
		return h.must(t, "DescribeApplicationSlbs")["InternetSlbChargeType"]
	}
	require.Equal(t, "PayByCLCU", bind("InternetSlbChargeType", "PayByCLCU"))
	require.Equal(t, "PayByCLCU", bind())
	require.Nil(t, bind("InternetSlbId", "lb-2"), "another instance")
	require.Equal(t, codeNotEmpty, h.refused(t, opBindSLB, "Internet", listener, "IntranetSlbChargeType", "PayByCLCU"))
}

// TestClients_SizeAtOnceOrLater: a vertical rescale takes the network and the disk along,
// and can leave the instances that run alone.
func TestClients_SizeAtOnceOrLater(t *testing.T) {
	t.Parallel()
	for deploy, vSwitches := range map[string][]any{"true": {"vsw-2", "vsw-2"}, "false": {"vsw-1", "vsw-1"}} {
		t.Run("deploy "+deploy, func(t *testing.T) {
			t.Parallel()
			h := deployed(t, 2)
			h.must(t, "UpdateApplicationVswitches", "VSwitchId", "vsw-1")
			group := list(h.call(t, "DescribeApplicationGroups").body["Data"])[0].(map[string]any)["GroupId"].(string)
			instances := func() (ids, vSwitches []any) {
				for _, entry := range list(h.must(t, "DescribeApplicationInstances", "GroupId", group)["Instances"]) {
					ids = append(ids, entry.(map[string]any)["InstanceId"])
					vSwitches = append(vSwitches, entry.(map[string]any)["VSwitchId"])
				}
				return ids, vSwitches
			}
			before, _ := instances()
			order := h.must(t, opVertical, "Cpu", "2000", "Memory", "4096", "VSwitchId", "vsw-2", "DiskSize", "50", "ResourceType", "haiguang", "Deploy", deploy)
			require.Equal(t, deploy == "true", order["ChangeOrderId"] != "")
			h.settle(t)
			config := h.must(t, opConfig)
			require.Equal(t, []any{2000.0, 4096.0, "vsw-2", 50.0, "haiguang"}, []any{
				config["Cpu"], config["Memory"], config["VSwitchId"], config["DiskSize"], config["ResourceType"],
			})
			after, on := instances()
			require.Equal(t, vSwitches, on)
			require.Equal(t, deploy == "false", fmt.Sprint(before) == fmt.Sprint(after), "the same instances")
			require.Equal(t, codeWithMessage, h.refused(t, opVertical, "Cpu", "2000", "Memory", "4096", "VSwitchId", "none"))
		})
	}
}

// TestClients_LogBeforeTheLastRestart: only what restarted has one.
func TestClients_LogBeforeTheLastRestart(t *testing.T) {
	t.Parallel()
	h := deployed(t, 2)
	h.fault(t, Fault{Kind: FaultBatchFails, Batch: 1})
	h.deploy(t, "2", single)
	h.settle(t)
	group := list(h.call(t, "DescribeApplicationGroups").body["Data"])[0].(map[string]any)["GroupId"].(string)
	logs := map[any]string{}
	for _, entry := range list(h.must(t, "DescribeApplicationInstances", "GroupId", group)["Instances"]) {
		i := entry.(map[string]any)
		text, _ := h.call(t, "DescribeInstanceLog", "InstanceId", i["InstanceId"].(string), "Previous", "true").body["Data"].(string)
		logs[i["InstanceContainerStatus"]] = text
	}
	require.Empty(t, logs[instanceRunning])
	require.Contains(t, logs[instanceCrashing], "shop starts")
	require.Len(t, logs, 2)
}

// TestClients_WhatNothingProves holds what the simulator does where no client of the
// service proves anything; the README lists it so.
func TestClients_WhatNothingProves(t *testing.T) {
	t.Parallel()
	h := deployed(t, 1)
	require.Equal(t, codeAppNotFound, h.refused(t, "DescribeApplicationStatus", "AppId", "x"))
	require.NotContains(t, h.call(t, "UpdateAppSecurityGroup", "SecurityGroupId", "sg-1").body, "Data")
	for _, op := range [][]string{{"UntagResources", "TagKeys", `["a"]`}, {"TagResources", "Tags", `[{"key":"a","value":"b"}]`}} {
		parameters := append(op[1:], "RegionId", DefaultRegion, "ResourceType", "application", "ResourceIds", "[]")
		require.Equal(t, codeObviously, h.refused(t, op[0], parameters...), op[0])
	}
	r := h.request(t, "ListChangeOrders")
	r.Header.Set("Cookie", "aliyun_lang=zh")
	w := httptest.NewRecorder()
	h.sim.ServeHTTP(w, r)
	require.Equal(t, "Create application", list(read(t, w).data()["ChangeOrderList"])[0].(map[string]any)["CoType"])
}

// TestClients_EmptyKeys: members of JSON parameters that are empty count as not sent.
func TestClients_EmptyKeys(t *testing.T) {
	t.Parallel()
	h := deployed(t, 1)
	h.must(t, "CreateApplicationScalingRule", "ScalingRuleName", "cpu", "ScalingRuleType", "metric", "ScalingRuleTimer", "{}",
		"ScalingRuleMetric", `{"maxReplicas":3,"minReplicas":1,"metrics":[{"metricType":"CPU","metricTargetAverageUtilization":20,
			"slbId":"","slbProject":"","slbLogstore":"","vport":""}],"scaleUpRules":{"step":10},"scaleDownRules":{"step":10}}`)
}

// TestClients_ApplicationLoadBalancer: an ingress of kind alb names one.
func TestClients_ApplicationLoadBalancer(t *testing.T) {
	t.Parallel()
	h := deployed(t, 1)
	rule := `{"appId":"` + h.app + `","containerPort":8080}`
	create := func(kind, id string) got {
		return h.call(t, "CreateIngress", "NamespaceId", DefaultRegion, "SlbId", id, "LoadBalanceType", kind, "ListenerPort", "80",
			"DefaultRule", rule, "Rules", `[{"appId":"`+h.app+`","containerPort":8080,"domain":"a.test","path":"/x"}]`)
	}
	require.Equal(t, http.StatusOK, create("alb", "alb-0123abc").status)
	require.Equal(t, http.StatusOK, create("clb", "lb-0123abc").status)
	require.Equal(t, codeSLBNotFound, create("clb", "alb-0123abc").code())
}

// TestClients_GatewayRules: a rule by its path, as the example of a request has it, and each answer
// written back.
func TestClients_GatewayRules(t *testing.T) {
	t.Parallel()
	h := deployed(t, 1)
	const items = `"condition":"AND","items":[{"type":"header","name":"gray","cond":"==","operator":"rawvalue","value":"true"}]`
	id := number(h.must(t, "CreateGreyTagRoute", "Name", "rule", "AlbRules", `[{`+items+`,"path":"/"}]`)["GreyTagRouteId"])
	describe := func() any { return h.must(t, "DescribeGreyTagRoute", "GreyTagRouteId", id)["AlbRules"] }
	first := describe()
	require.NotEmpty(t, list(first)[0].(map[string]any)["ingressId"])
	h.must(t, "UpdateGreyTagRoute", "GreyTagRouteId", id, "AlbRules", number(first))
	require.Equal(t, first, describe())

	h.must(t, "UpdateGreyTagRoute", "GreyTagRouteId", id, "AlbRules", `[{`+items+`,"ingressId":"23","serviceName":"s"}]`)
	listed := list(h.must(t, "ListGreyTagRoute")["Result"])[0].(map[string]any)["AlbRules"]
	require.Equal(t, "s", list(listed)[0].(map[string]any)["serviceName"])
	described := describe()
	require.Equal(t, "s", list(described)[0].(map[string]any)["serviceId"])
	for _, answer := range []any{listed, described} {
		h.must(t, "UpdateGreyTagRoute", "GreyTagRouteId", id, "AlbRules", number(answer))
		require.Equal(t, described, describe())
	}
	require.Equal(t, codeWithMessage, h.refused(t, "UpdateGreyTagRoute", "GreyTagRouteId", id, "AlbRules", `[{`+items+`}]`))
	for _, twoThings := range []string{`"ingressId":"23","path":"/"`, `"ingressId":"23","serviceId":"a","serviceName":"b"`} {
		require.Equal(t, codeWithMessage, h.refused(t, "UpdateGreyTagRoute", "GreyTagRouteId", id, "AlbRules", `[{`+items+`,`+twoThings+`}]`))
	}
}

// TestClients_PagesOfIngresses have what describes one ingress; without a size all are on one.
func TestClients_PagesOfIngresses(t *testing.T) {
	t.Parallel()
	h := deployed(t, 1)
	backend := `"appId":"` + h.app + `","containerPort":8080,"backendProtocol":"https"`
	for n := range 25 {
		h.must(t, "CreateIngress", paramNamespace, DefaultRegion, "SlbId", "alb-1", "LoadBalanceType", "alb", "ListenerPort", fmt.Sprint(8000+n),
			"CertIds", "1-cn-hangzhou,2-cn-hangzhou", "DefaultRule", `{`+backend+`}`, "Rules", `[{`+backend+`,"domain":"a.test","path":"/x"}]`)
	}
	all := h.must(t, "ListIngresses", paramNamespace, DefaultRegion)
	require.Len(t, all["IngressList"], 25)
	page := h.must(t, "ListIngresses", paramNamespace, DefaultRegion, "CurrentPage", "3", "PageSize", "10")
	require.Len(t, page["IngressList"], 5)
	require.Equal(t, []any{3.0, 10.0, 25.0}, []any{page["CurrentPage"], page["PageSize"], page["TotalSize"]})
	listed := list(page["IngressList"])[0].(map[string]any)
	described := h.must(t, "DescribeIngress", paramIngress, number(listed["Id"]))
	for _, name := range []string{"CertIds", "DefaultRule", "Rules"} {
		require.NotEmpty(t, described[name])
		require.Equal(t, described[name], listed[name])
	}
	require.Equal(t, "https", described["DefaultRule"].(map[string]any)["BackendProtocol"])
}

// TestClients_ProtectionIsAList: one is sent, and a list of them read.
func TestClients_ProtectionIsAList(t *testing.T) {
	t.Parallel()
	h := deployed(t, 1)
	h.deploy(t, "2", single, "RaspConfig", `{"EnableRasp":true,"RaspAppName":"demo"}`)
	h.settle(t)
	require.Equal(t, []any{map[string]any{"EnableRasp": true, "RaspAppName": "demo"}}, h.must(t, opConfig)["RaspConfig"])
}

func list(v any) []any {
	entries, _ := v.([]any)
	return entries
}

// TestClients_DeployChangesTheSize: the count, the size and the network that a
// deployment brings are in force when its order has ended, and the version before
// keeps its own.
func TestClients_DeployChangesTheSize(t *testing.T) {
	t.Parallel()
	size := func(t *testing.T, h *harness, more ...string) []any {
		t.Helper()
		config := h.must(t, opConfig, more...)
		return []any{config["Replicas"], config["Cpu"], config["Memory"]}
	}
	for name, strategy := range map[string]string{"at once": single, "in batches": batch2} {
		for _, replicas := range []string{"5", "3"} {
			t.Run(name+" to "+replicas, func(t *testing.T) {
				t.Parallel()
				h := deployed(t, 4)
				before := h.versions(t)[0]
				was := size(t, h)
				h.deploy(t, "2", strategy, "Replicas", replicas, "Cpu", "2000", "Memory", "4096", "SecurityGroupId", "sg-7", "VSwitchId", "vsw-7")
				h.settle(t)
				require.Equal(t, "2:"+replicas, h.images(t))
				require.Equal(t, replicas, fmt.Sprint(size(t, h)[0]))
				require.Equal(t, "[2000 4096]", fmt.Sprint(size(t, h)[1:]))
				require.Equal(t, "sg-7", h.must(t, opConfig)["SecurityGroupId"])
				require.Equal(t, "vsw-7", h.must(t, opConfig)["VSwitchId"])
				require.Equal(t, was, size(t, h, "VersionId", before))
			})
		}
	}
	h := deployed(t, 2)
	require.Equal(t, codeAppQuota, h.refused(t, opDeploy, "ImageUrl", "a/b:2", "Replicas", "51"))
	require.Equal(t, codeWithMessage, h.refused(t, opDeploy, "ImageUrl", "a/b:2", "Replicas", "0"))
	require.Equal(t, codeInstanceSpec, h.refused(t, opDeploy, "ImageUrl", "a/b:2", "Cpu", "500", "Memory", "65536"))
}

// TestClients_RollbackOfASize: a release that also changes the count goes back with both.
func TestClients_RollbackOfASize(t *testing.T) {
	t.Parallel()
	for _, replicas := range []string{"6", "3"} {
		for name, fails := range map[string]bool{"aborted": false, "failed": true} {
			t.Run(name+" at "+replicas, func(t *testing.T) {
				t.Parallel()
				h := deployed(t, 4)
				if fails {
					h.fault(t, Fault{Kind: FaultBatchFails, Batch: 2})
				}
				id := h.deploy(t, "2", batch2Wait, "Replicas", replicas)
				want := statusFailed
				if !fails {
					h.step(t, prepare+DefaultBatchDuration+time.Minute+time.Second) // the second batch is on its way
					h.must(t, "AbortAndRollbackChangeOrder", "ChangeOrderId", id)
					want = statusAborted
				}
				h.settle(t)
				require.Equal(t, want, h.order(t, id).Status)
				require.Equal(t, "1:4", h.images(t))
				require.Equal(t, "4", fmt.Sprint(h.must(t, opConfig)["Replicas"]))
			})
		}
	}
}

// TestClients_DeployOfAStoppedApplication: Deploy=false stores the settings alone; an
// application that runs is deployed all the same.
func TestClients_DeployOfAStoppedApplication(t *testing.T) {
	t.Parallel()
	h := deployed(t, 2)
	require.NotEmpty(t, h.must(t, opDeploy, "ImageUrl", "registry.test/shop:2", "Deploy", "false")["ChangeOrderId"])
	h.settle(t)
	h.begin(t, "StopApplication")
	h.settle(t)
	orders := len(h.sim.Orders(h.app))
	require.Empty(t, h.must(t, opDeploy, "ImageUrl", "registry.test/shop:3", "Deploy", "false", "Replicas", "3")["ChangeOrderId"])
	require.Len(t, h.sim.Orders(h.app), orders)
	require.Empty(t, h.images(t))
	require.Equal(t, "registry.test/shop:3", h.configImage(t))
	h.begin(t, "StartApplication")
	h.settle(t)
	require.Equal(t, "3:3", h.images(t))
}

// TestClients_AbortWithRollback: AbortChangeOrder puts changed instances back when told so.
func TestClients_AbortWithRollback(t *testing.T) {
	t.Parallel()
	for rollback, want := range map[string]string{"true": "1:4", "false": "1:3 2:1", "": "1:3 2:1"} {
		t.Run("rollback "+rollback, func(t *testing.T) {
			t.Parallel()
			h := deployed(t, 4)
			id := h.deploy(t, "2", gray1and2)
			h.settle(t)
			require.Equal(t, statusWaitConfirm, h.order(t, id).Status)
			h.must(t, "AbortChangeOrder", "ChangeOrderId", id, "Rollback", rollback)
			h.settle(t)
			require.Equal(t, statusAborted, h.order(t, id).Status)
			require.Equal(t, want, h.images(t))
		})
	}
}

// TestClients_InstancesOfABatch: a client looks at the instances of one batch.
func TestClients_InstancesOfABatch(t *testing.T) {
	t.Parallel()
	h := deployed(t, 4)
	id := h.deploy(t, "2", gray1and2)
	h.settle(t)
	group := list(h.call(t, "DescribeApplicationGroups").body["Data"])[0].(map[string]any)["GroupId"].(string)
	look := func(more ...string) []any {
		return list(h.must(t, "DescribeApplicationInstances", append([]string{"GroupId", group}, more...)...)["Instances"])
	}
	gray := look("PipelineId", h.order(t, id).CurrentPipelineID)
	require.Len(t, gray, 1)
	require.Equal(t, "registry.test/shop:2", gray[0].(map[string]any)["ImageUrl"])
	require.Equal(t, gray, look("InstanceId", gray[0].(map[string]any)["InstanceId"].(string)))
	require.Len(t, look("PageSize", "1000"), 4)
}

// TestClients_AFreshApplication shows the members that clients want after each creation.
func TestClients_AFreshApplication(t *testing.T) {
	t.Parallel()
	config := deployed(t, 1).must(t, opConfig)
	for _, name := range []string{
		"BatchWaitTime", "EnableGreyTagRoute", "MinReadyInstances", "MinReadyInstanceRatio", "SecurityGroupId", "Envs", "Timezone",
		"TerminationGracePeriodSeconds",
	} {
		require.Contains(t, config, name)
		require.NotEqual(t, "", config[name], name)
	}
	require.NotZero(t, config["MinReadyInstances"])
	require.NotZero(t, config["MinReadyInstanceRatio"])
	for _, name := range []string{"ConfigMapMountDesc", "OssMountDescs", "CustomHostAlias", "NasConfigs"} {
		require.NotContains(t, config, name, "a list that is not set is absent, never null and never an empty text")
	}
}

// TestClients_NamespacesByTheirShortIDs: a namespace is made and named without its region.
func TestClients_NamespacesByTheirShortIDs(t *testing.T) {
	t.Parallel()
	h := deployed(t, 1)
	made := h.must(t, opCreateNamespace, paramShortID, "team", "NamespaceName", "n", "EnableMicroRegistration", "false")
	require.Equal(t, "cn-hangzhou:team", made["NamespaceId"])
	require.Equal(t, "team", made["NameSpaceShortId"])
	require.Equal(t, false, h.must(t, "DescribeNamespace", paramShortID, "team")["EnableMicroRegistration"])
	require.Equal(t, "team", list(h.must(t, "DescribeNamespaces", "CurrentPage", "1", "PageSize", "10")["Namespaces"])[1].(map[string]any)["NameSpaceShortId"])
	h.must(t, "UpdateNamespace", paramShortID, "team", "NamespaceName", "renamed", "EnableMicroRegistration", "true")
	require.Equal(t, codeWithMessage, h.refused(t, "UpdateNamespace", paramShortID, "team", "NamespaceName", "n", "EnableMicroRegistration", "false"))
	h.must(t, "DeleteNamespace", paramShortID, "team")
	require.Equal(t, codeNotEmpty, h.refused(t, opCreateNamespace, "NamespaceName", "n"))
}

// TestClients_RulesOfBothKinds: a metric with other bounds at given times.
func TestClients_RulesOfBothKinds(t *testing.T) {
	t.Parallel()
	h := deployed(t, 2)
	h.step(t, local(time.December, 14, 16).Sub(h.sim.Now()))
	const metric = `{"maxReplicas":9,"minReplicas":1,"metrics":[{"metricType":"CPU","metricTargetAverageUtilization":20},
		{"metricType":"SLB_QPS","metricTargetAverageUtilization":20,"slbId":"lb-1","slbProject":"p","slbLogstore":"l","vport":"80"},
		{"metricType":"INTRANET_SLB_RT","metricTargetAverageUtilization":20,"slbId":"lb-1","slbProject":"p","slbLogstore":"l","vport":"80"},
		{"metricType":"QPS","metricTargetAverageUtilization":20},{"metricType":"RT","metricTargetAverageUtilization":20}]}`
	h.must(t, "CreateApplicationScalingRule", "ScalingRuleName", "mix", "ScalingRuleType", "mix", "ScalingRuleMetric", metric,
		"MinReadyInstances", "1", "ScalingRuleTimer",
		`{"beginDate":null,"endDate":null,"period":"* * *","schedules":[{"atTime":"18:00","minReplicas":4,"maxReplicas":6}]}`)
	rule := h.must(t, "DescribeApplicationScalingRule", "ScalingRuleName", "mix")
	require.Equal(t, "mix", rule["ScaleRuleType"])
	require.InDelta(t, 1, rule["MinReadyInstances"], 0)
	schedule := list(rule["Timer"].(map[string]any)["Schedules"])[0].(map[string]any)
	require.Equal(t, []any{4.0, 6.0}, []any{schedule["MinReplicas"], schedule["MaxReplicas"]})
	goal := list(rule["Metric"].(map[string]any)["Metrics"])[1].(map[string]any)
	require.Equal(t, []any{"lb-1", "p", "l", "80"}, []any{goal["SlbId"], goal["SlbProject"], goal["SlbLogstore"], goal["Vport"]})
	h.step(t, 3*time.Hour)
	require.InDelta(t, 4, h.replicas(t), 0, "the count is brought within the bounds")
}

// TestClients_SettingsAreReadBack: what today's service keeps of an application is answered
// as it was sent, and rolled back with its version.
func TestClients_SettingsAreReadBack(t *testing.T) {
	t.Parallel()
	h := deployed(t, 2)
	before := h.versions(t)[0]
	texts := map[string]string{
		"MicroRegistration": "1", "NasConfigs": `[{"mountPath":"/m","nasId":"n","mountDomain":"d","nasPath":"/"}]`,
		"KafkaConfigs": `{"kafkaEndpoint":"k:9092","kafkaInstanceId":"i","kafkaConfigs":[]}`, "StartupProbe": `{"tcpSocket":{"port":80}}`,
		"AlbIngressReadinessGate": "default", "ProgrammingLanguage": "",
	}
	sent := []string{
		"ImageUrl", "registry.test/shop:2", "MaxSurgeInstances", "1", "MaxSurgeInstanceRatio", "-1", "PvtzDiscoverySvc", `{"enable":true}`,
		"PackageType", packageImage, "Labels", `{"a":"b"}`,
	}
	for name, value := range texts {
		if value != "" {
			sent = append(sent, name, value)
		}
	}
	h.begin(t, opDeploy, sent...)
	h.settle(t)
	config := h.must(t, opConfig)
	for name, value := range texts {
		if value == "" {
			require.NotContains(t, config, name)
		} else {
			require.Equal(t, value, config[name], name)
		}
	}
	require.JSONEq(t, `{"enable":true}`, config["PvtzDiscovery"].(string))
	require.InDelta(t, 1, config["MaxSurgeInstances"], 0)
	require.InDelta(t, -1, config["MaxSurgeInstanceRatio"], 0)
	require.Equal(t, map[string]any{"a": "b"}, config["Labels"])
	h.begin(t, opRollback, "VersionId", before)
	h.settle(t)
	require.NotContains(t, h.must(t, opConfig), "NasConfigs")
	require.Equal(t, codeWithMessage, h.refused(t, opDeploy, "ImageUrl", "a/b:1", "PackageType", packageFatJar))
	require.Equal(t, codeUnserved, h.refused(t, opDeploy, "ImageUrl", "a/b:1", "GpuConfig", "1"))
}

// TestClients_Orders: a filter takes the longer names of two types, and lists can begin
// with the oldest.
func TestClients_Orders(t *testing.T) {
	t.Parallel()
	h := deployed(t, 1)
	h.begin(t, "StopApplication")
	h.settle(t)
	orders := func(more ...string) []any { return list(h.must(t, "ListChangeOrders", more...)["ChangeOrderList"]) }
	require.Len(t, orders("CoType", "CoStopApplication"), 1)
	require.Len(t, orders("CoType", typeStop), 1)
	require.Equal(t, typeCreate, orders("Reverse", "true")[0].(map[string]any)["CoTypeCode"])
	require.Equal(t, typeStop, orders()[0].(map[string]any)["CoTypeCode"])
}

// TestClients_ListsOfApplications have what other tools read, and pages of up to 10000.
func TestClients_ListsOfApplications(t *testing.T) {
	t.Parallel()
	h := deployed(t, 1)
	app := list(h.must(t, "ListApplications", "PageSize", "1000", "Tags", "", "AppName", "", "AppSource", "micro_service")["Applications"])[0].(map[string]any)
	require.Equal(t, "registry.test/shop:1", app["ImageUrl"])
	require.InDelta(t, 1000, app["Cpu"], 0)
	require.InDelta(t, 2048, app["Mem"], 0)
	require.Empty(t, list(h.must(t, "ListApplications", "AppSource", "web")["Applications"]))
}
