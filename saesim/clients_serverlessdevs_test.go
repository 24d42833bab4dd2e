package saesim

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"
)

// serverlessDevs calls as the SAE component of Serverless Devs does, which reads on from
// any answer that is not refused.
func (h *harness) serverlessDevs(t *testing.T, op string, parameters ...string) map[string]any {
	t.Helper()
	g := h.withBody(t, "{}", op, parameters...)
	require.Equal(t, http.StatusOK, g.status, "%s: %v", op, g.body)
	return g.body
}

// TestServerlessDevs_Deploy creates an application with all the component knows of it,
// binds a load balancer, deploys it again, changes its size, and removes it.
func TestServerlessDevs_Deploy(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	call := func(op string, parameters ...string) map[string]any {
		t.Helper()
		data, _ := h.serverlessDevs(t, op, parameters...)["Data"].(map[string]any)
		return data
	}
	first := list(h.serverlessDevs(t, "DescribeNamespaceList")["Data"])[0].(map[string]any)
	require.Equal(t, []any{DefaultRegion, false}, []any{first["NamespaceId"], first["Custom"]}, "the default namespace comes first")
	find := func() []any {
		return list(call("ListApplications", "AppName", "shop", paramNamespace, DefaultRegion)["Applications"])
	}
	require.Empty(t, find())

	application := []string{
		"Region", DefaultRegion, "Port", "8088", "AppName", "shop", "AppDescription", "An example", "PackageType", packageImage,
		"ImageUrl", "registry.test/shop:1", "Cpu", "500", "Memory", "1024", "Replicas", "1", "AutoConfig", "true", paramNamespace, DefaultRegion,
	}
	created := call(opCreate, application...)
	h.app = created["AppId"].(string)
	h.applied(t, created["ChangeOrderId"].(string))

	require.Empty(t, list(call("DescribeApplicationSlbs")["Internet"]))
	bound := call(opBindSLB, "Internet", `[{"port":80,"targetPort":8088,"protocol":"TCP"}]`)["ChangeOrderId"].(string)
	newest := func() map[string]any {
		orders := call("ListChangeOrders", "CurrentPage", "1", "PageSize", "10")["ChangeOrderList"]
		return list(orders)[0].(map[string]any)
	}
	require.Equal(t, []any{bound, typeBindSLB}, []any{newest()["ChangeOrderId"], newest()["CoTypeCode"]}, "the present order comes first")
	h.settle(t)
	require.InDelta(t, statusSuccess, newest()["Status"], 0)
	require.NotEmpty(t, call("DescribeApplicationSlbs")["InternetIp"])

	found := list(call("ListApplications", "FieldType", "appName", "FieldValue", "shop")["Applications"])[0].(map[string]any)
	h.applied(t, call(opDeploy, append(application, "AppId", fmt.Sprint(found["AppId"]), "ImageUrl", "registry.test/shop:2")...)["ChangeOrderId"].(string))
	require.Equal(t, "registry.test/shop:2", call(opConfig)["ImageUrl"])

	require.Empty(t, call(opRescale, "Replicas", "1")["ChangeOrderId"], "nothing changes: the component says so and ends")
	h.applied(t, call(opRescale, "Replicas", "2")["ChangeOrderId"].(string))
	h.applied(t, call("RescaleApplicationVertically", "Cpu", "1000", "Memory", "2048")["ChangeOrderId"].(string))
	require.NotContains(t, h.serverlessDevs(t, "UpdateAppSecurityGroup", "SecurityGroupId", "sg-2"), "Data", "the component reads an order here that nobody else knows")
	require.Equal(t, []any{"sg-2", 1000.0, 2048.0, 2.0}, []any{
		call(opConfig)["SecurityGroupId"], call(opConfig)["Cpu"], call(opConfig)["Memory"], call(opConfig)["Replicas"],
	})
	for _, op := range []string{"StopApplication", "StartApplication", "DeleteApplication"} {
		id := call(op)["ChangeOrderId"].(string)
		h.settle(t)
		require.Equal(t, statusSuccess, h.order(t, id).Status)
	}
	require.Empty(t, find())
}

// TestServerlessDevs_WhatItKnowsHasToBeSo: what the component repeats of an application is
// not ignored where it is wrong.
func TestServerlessDevs_WhatItKnowsHasToBeSo(t *testing.T) {
	t.Parallel()
	h := deployed(t, 1)
	for name, value := range map[string]string{"Region": "cn-beijing", "AppName": "other", "AppDescription": "d", paramNamespace: "cn-hangzhou:other", "VpcId": "vpc-other"} {
		require.Equal(t, codeUnserved, h.refused(t, opDeploy, "ImageUrl", "registry.test/shop:2", name, value), name)
	}
	require.Equal(t, codeUnserved, h.refused(t, opDeploy, "ImageUrl", "registry.test/shop:2", "Nonsense", "1"))
	require.Equal(t, "The specified NamespaceId does not exist.",
		h.withBody(t, "{}", "DescribeNamespace", paramNamespace, "cn-hangzhou:none").body["Message"], "the component looks for this text")
}
