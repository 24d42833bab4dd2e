package saesim

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const (
	tcp80   = `[{"port":80,"targetPort":8080,"protocol":"TCP"}]`
	https   = `{"port":%d,"targetPort":8080,"protocol":"HTTPS","httpsCertId":"%s"}`
	cert2nd = "1513561019707729_16f37aae5f3_-1_2"
)

// callSLB binds, describes and unbinds.
func (h *harness) callSLB(t *testing.T, call func(op string, parameters ...string) map[string]any) {
	t.Helper()
	call(opBindSLB, "Internet", tcp80, "Intranet", "["+fmt.Sprintf(https, 443, certificate)+"]", "IntranetSlbId", "lb-in")
	h.settle(t)
	call("DescribeApplicationSlbs")
	call("UnbindSlb", "Internet", "true", "Intranet", "true")
	h.settle(t)
	call("DescribeApplicationSlbs")
}

func TestSlb_AnSLBIsBoundWhenItsOrderSucceeds(t *testing.T) {
	t.Parallel()
	h := deployed(t, 2)
	id := h.begin(t, opBindSLB, "Internet", tcp80)
	require.Equal(t, typeBindSLB, h.order(t, id).CoTypeCode)
	require.Equal(t, codeOrderRunning, h.refused(t, "UnbindSlb", "Internet", "true"))
	require.Empty(t, h.must(t, "DescribeApplicationSlbs")["Internet"], "not before the order ends")
	h.settle(t)
	require.Equal(t, statusSuccess, h.order(t, id).Status)
	bound := h.must(t, "DescribeApplicationSlbs")
	require.Equal(t, []any{map[string]any{"Port": 80.0, "TargetPort": 8080.0, "Protocol": "TCP"}}, bound["Internet"])
	require.Regexp(t, `^lb-[0-9a-f]{20}$`, bound["InternetSlbId"], "the platform buys an instance")
	require.Equal(t, "shop", names(h.must(t, "ListApplications", "FieldType", "slbIps", "FieldValue", "10.0.0.1,"+bound["InternetIp"].(string))["Applications"], "AppName"))

	h.begin(t, opBindSLB, "Internet", strings.Replace(tcp80, "80", "81", 1), "Intranet", tcp80, "IntranetSlbId", "lb-in")
	h.settle(t)
	again := h.must(t, "DescribeApplicationSlbs")
	require.Equal(t, bound["InternetSlbId"], again["InternetSlbId"], "it keeps the instance it has")
	require.Equal(t, "81", names(again["Internet"], "Port"), "listeners are replaced")
	require.Equal(t, "lb-in", again["IntranetSlbId"])

	h.fault(t, Fault{Kind: FaultBatchFails})
	h.begin(t, "UnbindSlb", "Internet", "true")
	h.settle(t)
	require.Equal(t, again, h.must(t, "DescribeApplicationSlbs"), "an order that fails changes nothing")
	id = h.begin(t, "UnbindSlb", "Internet", "true")
	require.Equal(t, typeUnbindSLB, h.order(t, id).CoTypeCode)
	h.settle(t)
	last := h.must(t, "DescribeApplicationSlbs")
	require.NotContains(t, last, "InternetSlbId")
	require.Equal(t, again["Intranet"], last["Intranet"], "the other network is left alone")
	require.Equal(t, "1:2", h.images(t), "no instance is touched")
}

func TestSLBRefusals(t *testing.T) {
	t.Parallel()
	h := town(t)
	h.begin(t, opBindSLB, "Internet", tcp80, "InternetSlbId", "lb-own")
	h.settle(t)
	other := h.sim.Apps()[1].ID
	h.begin(t, opBindSLB, "AppId", other, "Intranet", tcp80, "IntranetSlbId", "lb-other") // its order is under way
	later := h.must(t, opCreate, "AppName", "later", "PackageType", "Image", "ImageUrl", "i:1", "Replicas", "1", "Deploy", "false")["AppId"].(string)
	fresh := h.must(t, opCreate, "AppName", "fresh", "PackageType", "Image", "ImageUrl", "i:1", "Replicas", "1")["AppId"].(string)
	h.sim.st.Apps[fresh].ActiveOrder = "" // deployed, and no instance is up yet
	h.sim.st.Apps[fresh].CurrentVersion = h.sim.st.Apps[fresh].Versions[0].ID
	listeners := func(list ...string) []string { return []string{"Internet", "[" + strings.Join(list, ",") + "]"} }
	instance := func(id string) []string { return []string{"Internet", tcp80, "InternetSlbId", id} }
	before := h.snapshot(t)
	for i, tt := range []struct {
		op         string
		parameters []string
		code       string
	}{
		{opBindSLB, nil, codeNotEmpty},
		{opBindSLB, []string{"AppId", "x"}, codeAppNotFound},
		{opBindSLB, []string{"AppId", later, "Internet", tcp80}, codeNotDeployYet},
		{opBindSLB, []string{"AppId", fresh, "Internet", tcp80}, codeNoInstance},
		{opBindSLB, []string{"AppId", other, "Internet", tcp80}, codeOrderRunning},
		{opBindSLB, []string{"Internet", "{}"}, codeObviously},
		{opBindSLB, []string{"Internet", "[]"}, codeObviously},
		{opBindSLB, []string{"Internet", "80"}, codeObviously},
		{opBindSLB, listeners(`{"port":0,"targetPort":80}`), codeObviously},
		{opBindSLB, listeners(`{"port":80}`), codeObviously},
		{opBindSLB, listeners(`{"port":80,"targetPort":80,"protocol":"UDP"}`), codeListenerType},
		{opBindSLB, listeners(`{"port":80,"targetPort":80}`, `{"port":80,"targetPort":81}`), codeListenerTaken},
		{opBindSLB, listeners(`{"port":80,"targetPort":80,"protocol":"HTTPS"}`), codeHTTPSNoCert},
		{opBindSLB, listeners(fmt.Sprintf(https, 443, "none")), codeCertNotFound},
		{opBindSLB, listeners(fmt.Sprintf(https, 443, certificate), fmt.Sprintf(https, 444, cert2nd)), codeHTTPSCerts},
		{opBindSLB, instance("slb"), codeSLBNotFound},
		{opBindSLB, instance("lb-shared-1"), codeSLBSpec},
		{opBindSLB, instance("lb-1"), codeSLBTaken},
		{opBindSLB, instance("lb-other"), codeSLBTaken},
		{opBindSLB, []string{"Intranet", tcp80, "IntranetSlbId", "lb-own"}, codeSLBType},
		{opBindSLB, []string{"Internet", tcp80, "InternetSlbId", "lb-x", "Intranet", tcp80, "IntranetSlbId", "lb-x"}, codeSLBType},
		{"CreateIngress", h.listener("80", "SlbId", "lb-own"), codeListenerTaken},
		{"CreateIngress", h.listener("80", "SlbId", "lb-other"), codeListenerTaken},
		{"UnbindSlb", nil, codeNotEmpty},
		{"UnbindSlb", []string{"Internet", "yes"}, codeWithMessage},
		{"UnbindSlb", []string{"Intranet", "true"}, codeWithMessage},
		{"UnbindSlb", []string{"AppId", later, "Internet", "true"}, codeNotDeployYet},
		{"DescribeApplicationSlbs", []string{"AppId", "x"}, codeAppNotFound},
	} {
		t.Run(fmt.Sprintf("%d %s %s", i, tt.op, tt.code), func(t *testing.T) {
			t.Parallel()
			require.Equal(t, tt.code, h.refused(t, tt.op, tt.parameters...))
			require.JSONEq(t, before, h.snapshot(t), "a refusal changes nothing")
			requireDocumented(t, tt.op, tt.code)
		})
	}
}
