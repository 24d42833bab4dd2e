package saesim

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const (
	certificate = "1513561019707729_16f37aae5f3_-375882821_-169099"
	backend     = `{"appId":"%s","containerPort":8080%s}`
)

// rule is an ingress rule of the harness's application.
func (h *harness) rule(more string) string { return fmt.Sprintf(backend, h.app, more) }

func (h *harness) listener(port string, more ...string) []string {
	return append([]string{
		paramNamespace, DefaultRegion, "SlbId", "lb-1", paramListener, port, paramDefaultRule, h.rule(""),
		paramRules, "[" + h.rule(`,"domain":"a.test","path":"/a"`) + "]",
	}, more...)
}

// town makes a harness with something of every resource:
//   - application shop of the default namespace mounts config map 1 and has ingress 1
//     on port 80 of lb-1, and the tags a and b;
//   - namespace cn-hangzhou:full has an application, cn-hangzhou:empty has none.
func town(t tester) *harness {
	t.Helper()
	h := deployed(t, 4)
	for _, name := range []string{"full", "empty"} {
		h.must(t, opCreateNamespace, paramNamespace, "cn-hangzhou:"+name, "NamespaceName", name)
	}
	h.must(t, opCreate, "AppName", "other", "PackageType", "Image", "ImageUrl", "i:1", "Replicas", "1", paramNamespace, "cn-hangzhou:full",
		"VpcId", "vpc-1", "VSwitchId", "vsw-1", "SecurityGroupId", "sg-1")
	for _, name := range []string{"mounted", "spare"} {
		h.must(t, "CreateConfigMap", "Name", name, paramNamespace, DefaultRegion, "Data", `{"k":"v"}`)
	}
	h.deploy(t, "2", single, "ConfigMapMountDesc", `[{"configMapId":1,"key":"k","mountPath":"/etc/k"}]`)
	h.settle(t)
	h.must(t, "CreateIngress", h.listener("80")...)
	h.must(t, "TagResources", paramResources, h.ids(), paramTags, `[{"key":"a","value":"1"},{"key":"b","value":"2"}]`)
	return h
}

func (h *harness) ids() string { return `["` + h.app + `"]` }

// callResources calls what deals with resources around applications.
func (h *harness) callResources(t *testing.T, call func(op string, parameters ...string) map[string]any) {
	t.Helper()
	const space = "cn-hangzhou:shape"
	call("OpenSaeService")
	call(opRegions)
	namespace := []string{paramNamespace, space, "NamespaceName", "shape", "NamespaceDescription", "d"}
	call(opCreateNamespace, namespace...)
	call("UpdateNamespace", namespace...)
	call("UpdateNamespaceVpc", paramNamespace, space, "VpcId", "vpc-1")
	call("DescribeNamespace", paramNamespace, space)
	call("DescribeNamespaces", "CurrentPage", "1", "PageSize", "10")
	call("DescribeNamespaceList", "ContainCustom", "true")
	call("DescribeNamespaceResources", paramNamespace, space)
	call("DeleteNamespace", paramNamespace, space)

	id := number(call("CreateConfigMap", "Name", "shape", paramNamespace, DefaultRegion, "Data", `{"env.home":"/root","a b":"1"}`)[paramConfigMap])
	call("UpdateConfigMap", paramConfigMap, id, "Data", `{"env.home":"/"}`, "Description", "d")
	call("DescribeConfigMap", paramConfigMap, id)
	call("ListNamespacedConfigMaps", paramNamespace, DefaultRegion)
	call("DeleteConfigMap", paramConfigMap, id)

	id = number(call("CreateIngress", h.listener("443", "CertId", certificate)...)[paramIngress])
	call("UpdateIngress", paramIngress, id, "Description", "d")
	call("DescribeIngress", paramIngress, id)
	call("ListIngresses", paramNamespace, DefaultRegion)
	call("DeleteIngress", paramIngress, id)

	tags := []string{"RegionId", DefaultRegion, "ResourceType", "application", paramResources, h.ids()}
	call("TagResources", append(tags, paramTags, `[{"key":"k","value":"v"}]`)...)
	call("ListTagResources", tags...)
	call("UntagResources", append(tags, "DeleteAll", "true")...)
	h.callSLB(t, call)
	h.callServices(t, call)
}

// TestResources_ResourceRefusals asks for what the reference forbids.
func TestResources_ResourceRefusals(t *testing.T) {
	t.Parallel()
	h := town(t)
	create := func(more ...string) []string {
		return append([]string{"AppName", "new", "PackageType", "Image", "ImageUrl", "i:1", "Replicas", "1"}, more...)
	}
	namespace := func(id string, more ...string) []string {
		return append([]string{paramNamespace, id, "NamespaceName", "n"}, more...)
	}
	tags := func(more ...string) []string {
		return append([]string{"RegionId", DefaultRegion, "ResourceType", "application", paramResources, h.ids()}, more...)
	}
	mount := func(text string) []string { return []string{"ConfigMapMountDesc", text} }
	space := func(id string, more ...string) []string { return append([]string{paramNamespace, id}, more...) }
	data := func(text string, more ...string) []string {
		return append([]string{"Name", "new", paramNamespace, DefaultRegion, "Data", text}, more...)
	}
	const full, empty = "cn-hangzhou:full", "cn-hangzhou:empty"
	tests := []struct {
		op         string
		parameters []string
		code       string
	}{
		{opCreateNamespace, nil, codeNotEmpty},
		{opCreateNamespace, namespace(full), codeNamespaceExists},
		{opCreateNamespace, namespace("cn-hangzhou:New"), codeNamespaceUppercase},
		{opCreateNamespace, namespace("new"), codeNamespaceFormat},
		{opCreateNamespace, namespace("cn-beijing:new"), codeNamespaceFormat},
		{opCreateNamespace, namespace("cn-hangzhou:" + strings.Repeat("n", 21)), codeNamespaceFormat},
		{opCreateNamespace, namespace("cn-hangzhou:n_w"), codeNamespaceSuffix},
		{opCreateNamespace, namespace("cn-hangzhou:"), codeNamespaceSuffix},
		{opCreateNamespace, namespace("cn-hangzhou:new", "NamespaceName", strings.Repeat("n", 65)), codeNamespaceName},
		{opCreateNamespace, namespace("cn-hangzhou:new", "NamespaceDescription", strings.Repeat("n", 101)), codeWithMessage},
		{"DeleteNamespace", space(full), codeNamespaceInUse},
		{"DeleteNamespace", space("cn-hangzhou:none"), codeNamespaceNotFound},
		{"DeleteNamespace", space(DefaultRegion), codeNamespaceNotFound},
		{"UpdateNamespace", namespace("cn-hangzhou:none"), codeNamespaceNotFound},
		{"UpdateNamespace", namespace("a:b:c"), codeNamespaceFormat},
		{"UpdateNamespace", namespace(full, "NamespaceName", strings.Repeat("n", 65)), codeNamespaceName},
		{"UpdateNamespaceVpc", space(full, "VpcId", "vpc-2"), codeNamespaceInUse},
		{"UpdateNamespaceVpc", space(DefaultRegion, "VpcId", "vpc-2"), codeNamespaceIngress},
		{"UpdateNamespaceVpc", space(empty, "VpcId", "none"), codeVPCNotFound},
		{"UpdateNamespaceVpc", space("cn-hangzhou:none", "VpcId", "vpc-2"), codeNamespaceNotFound},
		{"DescribeNamespace", space("cn-hangzhou:none"), codeNamespaceNotFound},
		{"DescribeNamespace", space(DefaultRegion), codeNamespaceNotFound},
		{"DescribeNamespaces", []string{"CurrentPage", "1", "PageSize", "100001"}, codeWithMessage},
		{"DescribeNamespaces", nil, codeNotEmpty},
		{"DescribeNamespaceResources", space("cn-hangzhou:none"), codeObviously},
		{opCreate, create(paramNamespace, "cn-hangzhou:none"), codeNamespaceNotFound},
		{opCreate, create("VpcId", "none"), codeVPCNotFound},
		{opCreate, create(paramNamespace, full, "VpcId", "vpc-2"), codeWithMessage},

		{"CreateConfigMap", data("[]"), codeWithMessage},
		{"CreateConfigMap", data("null"), codeWithMessage},
		{"CreateConfigMap", data(`{"a":1}`), codeWithMessage},
		{"CreateConfigMap", data(`{"":"a"}`), codeWithMessage},
		{"CreateConfigMap", data(`{"a":"` + strings.Repeat("x", maxConfigMapLength) + `"}`), codeConfigMapSize},
		{"CreateConfigMap", data("{}", "Name", "spare"), codeWithMessage},
		{"CreateConfigMap", data("{}", "Name", "1"), codeWithMessage},
		{"CreateConfigMap", data("{}", "Description", "a b"), codeWithMessage},
		{"CreateConfigMap", data("{}", paramNamespace, "cn-hangzhou:none"), codeObviously},
		{"CreateConfigMap", []string{"Name", "new", paramNamespace, DefaultRegion}, codeNotEmpty},
		{"DeleteConfigMap", []string{paramConfigMap, "1"}, codeConfigMapMounted},
		{"DeleteConfigMap", []string{paramConfigMap, "9"}, codeConfigMapNotFound},
		{"DeleteConfigMap", []string{paramConfigMap, "one"}, codeWithMessage},
		{"UpdateConfigMap", []string{paramConfigMap, "9", "Data", "{}"}, codeConfigMapNotFound},
		{"UpdateConfigMap", []string{paramConfigMap, "2", "Data", "[]"}, codeWithMessage},
		{"DescribeConfigMap", []string{paramConfigMap, "9"}, codeConfigMapNotFound},
		{"ListNamespacedConfigMaps", []string{paramNamespace, "cn-hangzhou:none"}, codeNamespaceNotFound},
		{opDeploy, mount(`[{"configMapId":9,"key":"k","mountPath":"/k"}]`), codeConfigMapNotFound},
		{opDeploy, mount(`[{"configMapId":2,"key":"x","mountPath":"/k"}]`), codeConfigMapKey},
		{opDeploy, mount(`[{"configMapId":2,"key":"k","mountPath":"/k"},{"configMapId":1,"key":"k","mountPath":"/k"}]`), codeMountConflict},
		{opDeploy, mount(`[{"configMapId":2,"key":"k"}]`), codeWithMessage},
		{opDeploy, mount(`{}`), codeWithMessage},
		{opCreate, create(append(mount(`[{"configMapId":1,"key":"k","mountPath":"/k"}]`), paramNamespace, full)...), codeConfigMapNotFound},

		{"CreateIngress", h.listener("80"), codeListenerTaken},
		{"CreateIngress", h.listener("0"), codeObviously},
		{"CreateIngress", h.listener("65536"), codeObviously},
		{"CreateIngress", h.listener("81", "SlbId", "slb"), codeSLBNotFound},
		{"CreateIngress", h.listener("81", "CertId", "none"), codeCertNotFound},
		{"CreateIngress", h.listener("81", "ListenerProtocol", "HTTPS"), codeNotEmpty},
		{"CreateIngress", h.listener("81", "ListenerProtocol", "TCP"), codeObviously},
		{"CreateIngress", h.listener("81", "LoadBalanceType", "nlb"), codeObviously},
		{"CreateIngress", h.listener("81", paramNamespace, "cn-hangzhou:none"), codeObviously},
		{"CreateIngress", h.listener("81", paramNamespace, full), codeWithMessage},
		{"CreateIngress", h.listener("81", paramDefaultRule, `{"appId":"x","containerPort":80}`), codeWithMessage},
		{"CreateIngress", h.listener("81", paramDefaultRule, "[]"), codeWithMessage},
		{"CreateIngress", h.listener("81", paramRules, "{}"), codeWithMessage},
		{"CreateIngress", h.listener("81", paramRules, "["+h.rule("")+"]"), codeWithMessage},
		{"CreateIngress", h.listener("81", paramRules, "["+h.rule(`,"path":"a"`)+"]"), codeWithMessage},
		{"CreateIngress", h.listener("81", paramRules, "["+strings.Repeat(h.rule(`,"path":"/a"`)+",", 1)+h.rule(`,"path":"/a"`)+"]"), codeWithMessage},
		{"CreateIngress", h.listener("81", paramRules, strings.Replace("["+h.rule(`,"path":"/a"`)+"]", "8080", "0", 1)), codeWithMessage},
		{"CreateIngress", h.listener("81", paramRules, "["+strings.Repeat(h.rule("")+",", maxIngressRules)+h.rule("")+"]"), codeIngressRules},
		{"CreateIngress", []string{paramNamespace, DefaultRegion}, codeNotEmpty},
		{"UpdateIngress", []string{paramIngress, "9"}, codeWithMessage},
		{"UpdateIngress", []string{paramIngress, "1", paramListener, "eighty"}, codeObviously},
		{"UpdateIngress", []string{paramIngress, "1", "CertId", "none"}, codeCertNotFound},
		{"UpdateIngress", []string{paramIngress, "1", paramRules, "{}"}, codeWithMessage},
		{"DescribeIngress", []string{paramIngress, "9"}, codeWithMessage},
		{"DeleteIngress", []string{paramIngress, "9"}, codeWithMessage},
		{"ListIngresses", []string{paramNamespace, "cn-hangzhou:none"}, codeObviously},

		{"TagResources", tags(), codeTagKeyMissing},
		{"TagResources", tags(paramTags, "[]"), codeTagKeyMissing},
		{"TagResources", tags(paramTags, `[{"value":"v"}]`), codeTagKeyMissing},
		{"TagResources", tags(paramTags, `[{"key":"k"}]`), codeTagValue},
		{"TagResources", tags(paramTags, `[{"key":"acs:k","value":"v"}]`), codeTagKey},
		{"TagResources", tags(paramTags, `[{"key":"`+strings.Repeat("k", 129)+`","value":"v"}]`), codeTagKey},
		{"TagResources", tags(paramTags, `[{"key":"k","value":"see https://a"}]`), codeTagValue},
		{"TagResources", tags(paramTags, `[{"key":"k","value":"v"},{"key":"k","value":"w"}]`), codeTagKeyTwice},
		{"TagResources", tags(paramTags, manyTags(21)), codeTooManyTags},
		{"TagResources", tags(paramTags, manyTags(19)), codeTooManyTags},
		{"TagResources", tags(paramTags, "{}"), codeObviously},
		{"TagResources", tags(paramTags, "k=v"), codeObviously},
		{"TagResources", tags(paramTags, manyTags(1), "ResourceType", "instance"), codeResourceType},
		{"TagResources", tags(paramTags, manyTags(1), paramResources, ""), codeObviously},
		{"TagResources", tags(paramTags, manyTags(1), paramResources, `["x"]`), codeObviously},
		{"TagResources", tags(paramTags, manyTags(1), paramResources, `["x"`+strings.Repeat(`,"x"`, 50)+`]`), codeTooManyResources},
		{"TagResources", tags(paramTags, manyTags(1), "RegionId", "cn-beijing"), codeRegionUnsupported},
		{"UntagResources", tags(), codeObviously},
		{"UntagResources", tags(paramTagKeys, `[""]`), codeTagKey},
		{"UntagResources", tags(paramTagKeys, `["a","a"]`), codeTagKeyTwice},
		{"UntagResources", tags(paramTagKeys, `["a"`+strings.Repeat(`,"a"`, maxTags)+`]`), codeTooManyTags},
		{"UntagResources", tags(paramTagKeys, `["a"]`, paramResources, `[]`), codeObviously},
		{"UntagResources", []string{"RegionId", DefaultRegion}, codeNotEmpty},
		{"UntagResources", tags("RegionId", "cn-beijing"), codeRegionUnsupported},
		{"ListApplications", []string{paramTags, `{}`}, codeWithMessage},
		{"ListApplications", []string{paramTags, `[{"key":"acs:a"}]`}, codeWithMessage},
		{"ListTagResources", tags(paramResources, ""), codeObviously},
		{"ListTagResources", tags("NextToken", "!"), codeObviously},
		{"ListTagResources", tags("NextToken", "1"), codeObviously},
		{"ListTagResources", tags("ResourceType", "instance"), codeResourceType},
		{"ListTagResources", tags(paramResources, `["x"]`), codeObviously},
		{"ListTagResources", tags("RegionId", "cn-beijing"), codeRegionUnsupported},
	}
	before := h.snapshot(t)
	for i, tt := range tests {
		t.Run(fmt.Sprintf("%d %s %s", i, tt.op, tt.code), func(t *testing.T) {
			t.Parallel()
			require.Equal(t, tt.code, h.refused(t, tt.op, tt.parameters...))
			require.JSONEq(t, before, h.snapshot(t), "a refusal changes nothing")
			requireDocumented(t, tt.op, tt.code)
		})
	}
}

func manyTags(n int) string {
	var tags []string
	for i := range n {
		tags = append(tags, fmt.Sprintf(`{"key":"k%d","value":"v"}`, i))
	}
	return "[" + strings.Join(tags, ",") + "]"
}

// names collects one field of a list of objects.
func names(list any, field string) string {
	var found []string
	for _, entry := range list.([]any) {
		found = append(found, fmt.Sprint(entry.(map[string]any)[field]))
	}
	return strings.Join(found, " ")
}

func TestResources_NamespacesHoldApplicationsAndTheirNetwork(t *testing.T) {
	t.Parallel()
	h := town(t)
	page := h.must(t, "DescribeNamespaces", "CurrentPage", "2", "PageSize", "2")
	require.Equal(t, "cn-hangzhou:full", names(page["Namespaces"], "NamespaceId"), "the default one is first, those of one moment are sorted")
	require.InDelta(t, 3, page["TotalSize"], 0)
	require.Equal(t, DefaultRegion, names(h.call(t, "DescribeNamespaceList").body["Data"], "NamespaceId"))
	all := h.call(t, "DescribeNamespaceList", "ContainCustom", "true").body["Data"]
	require.Equal(t, "false true true", names(all, "Custom"))
	require.Equal(t, "  vpc-1", names(all, "VpcId"), "the first application binds the VPC")

	h.must(t, opCreate, "AppName", "third", "PackageType", "Image", "ImageUrl", "i:1", "Replicas", "1", paramNamespace, "cn-hangzhou:full")
	resources := h.must(t, "DescribeNamespaceResources", paramNamespace, "cn-hangzhou:full")
	require.InDelta(t, 2, resources["AppCount"], 0)
	require.Equal(t, "vsw-1", resources["VSwitchId"])
	h.app = h.sim.Apps()[2].ID
	require.Equal(t, "vpc-1", h.must(t, "DescribeApplicationConfig")["VpcId"], "the next ones get it")

	h.must(t, opCreate, "AppName", "auto", "PackageType", "Image", "ImageUrl", "i:1", "Replicas", "1", "AutoConfig", "true",
		paramNamespace, "cn-hangzhou:none", "VpcId", "none")
	require.InDelta(t, 2, h.must(t, "DescribeNamespaceResources")["AppCount"], 0, "AutoConfig ignores the namespace; none named means the default one")

	h.must(t, "CreateConfigMap", "Name", "gone", paramNamespace, "cn-hangzhou:empty", "Data", "{}")
	h.must(t, "UpdateNamespaceVpc", paramNamespace, "cn-hangzhou:empty", "VpcId", "vpc-9")
	h.must(t, "UpdateNamespace", paramNamespace, "cn-hangzhou:empty", "NamespaceName", "renamed", "NamespaceDescription", "d")
	h.must(t, "UpdateNamespace", paramNamespace, "cn-hangzhou:empty", "NamespaceName", "again")
	require.Equal(t, map[string]any{
		"NamespaceId": "cn-hangzhou:empty", "NamespaceName": "again", "NamespaceDescription": "d", "RegionId": DefaultRegion,
		"NameSpaceShortId": "empty", "EnableMicroRegistration": true,
	}, h.must(t, "DescribeNamespace", paramNamespace, "cn-hangzhou:empty"))
	h.must(t, "DeleteNamespace", paramNamespace, "cn-hangzhou:empty")
	require.Equal(t, codeConfigMapNotFound, h.refused(t, "DescribeConfigMap", paramConfigMap, "3"), "its config maps are gone")
	h.must(t, opCreateNamespace, paramNamespace, "cn-hangzhou:with-hyphen", "NamespaceName", "n")
}

func TestResources_ADeletedApplicationLeavesNothingBehind(t *testing.T) {
	t.Parallel()
	h := town(t)
	shop := h.app
	h.begin(t, opBindSLB, "Internet", tcp80, "InternetSlbId", "lb-own")
	h.settle(t)
	h.app = h.must(t, opCreate, "AppName", "second", "PackageType", "Image", "ImageUrl", "i:1", "Replicas", "1")["AppId"].(string)
	h.must(t, "CreateIngress", h.listener("81", paramRules, strings.ReplaceAll("["+h.rule(`,"path":"/a"`)+"]", h.app, shop))...)
	h.settle(t)
	second := h.app
	h.app = shop
	h.begin(t, opDelete)
	h.settle(t)
	require.Equal(t, "2", names(h.must(t, "ListIngresses", paramNamespace, DefaultRegion, "AppId", second)["IngressList"], "Id"))
	require.Equal(t, codeWithMessage, h.refused(t, "DescribeIngress", paramIngress, "1"), "its default was the application")
	require.Empty(t, h.must(t, "DescribeIngress", paramIngress, "2")["Rules"])
	h.must(t, "DeleteConfigMap", paramConfigMap, "1")
	h.begin(t, opBindSLB, "AppId", second, "Internet", tcp80, "InternetSlbId", "lb-own")
	require.Equal(t, codeObviously, h.refused(t, "TagResources", paramResources, `["`+shop+`"]`, paramTags, manyTags(1)))
}

func TestResources_StatesOfResources(t *testing.T) {
	t.Parallel()
	h := town(t)
	good, err := h.sim.Snapshot()
	require.NoError(t, err)
	type object = map[string]any
	for name, spoil := range map[string]func(state object){
		"a namespace of null":         func(s object) { s["namespaces"] = object{"cn-hangzhou:a": nil} },
		"a namespace filed elsewhere": func(s object) { s["namespaces"] = object{"cn-hangzhou:a": object{"id": "b"}} },
		"an ingress of null":          func(s object) { s["ingresses"] = object{"1": nil} },
		"an ingress filed elsewhere":  func(s object) { s["ingresses"].(object)["1"].(object)["id"] = 2 },
		"an ingress to come":          func(s object) { s["nextIngress"] = 0 },
		"a config map of null":        func(s object) { s["configMaps"] = object{"1": nil} },
		"a config map to come":        func(s object) { s["nextConfigMap"] = 1 },
		"negative numbers":            func(s object) { s["ingresses"], s["nextIngress"] = object{}, -1 },
	} {
		var state object
		require.NoError(t, json.Unmarshal(good, &state))
		spoil(state)
		text, err := json.Marshal(state)
		require.NoError(t, err)
		require.Error(t, newHarness(t).sim.Restore(text), name)
	}
	var state object
	require.NoError(t, json.Unmarshal(good, &state))
	delete(state, "namespaces")
	text, err := json.Marshal(state)
	require.NoError(t, err)
	require.NoError(t, h.sim.Restore(text), "a state from before there were namespaces")
	require.Equal(t, "full", h.must(t, "DescribeNamespace", paramNamespace, "cn-hangzhou:full")["NamespaceName"])

	require.NoError(t, h.sim.Restore(good))
	before := h.snapshot(t)
	other := newHarness(t)
	require.NoError(t, other.sim.Restore(good))
	require.JSONEq(t, before, other.snapshot(t), "nothing is lost on the way")
	require.Equal(t, "shop", names(other.must(t, "DescribeConfigMap", paramConfigMap, "1")["RelateApps"], "AppName"))
}

func TestResources_NamespacesHaveAQuota(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	for i := range maxNamespaces {
		h.must(t, opCreateNamespace, paramNamespace, fmt.Sprintf("cn-hangzhou:n%d", i), "NamespaceName", "n")
	}
	require.Equal(t, codeNamespaceQuota, h.refused(t, opCreateNamespace, paramNamespace, "cn-hangzhou:more", "NamespaceName", "n"))
}

func TestResources_ConfigMapsAreHeldByWhatMountsThem(t *testing.T) {
	t.Parallel()
	h := town(t)
	apps := func(id string) string {
		return names(h.must(t, "DescribeConfigMap", paramConfigMap, id)["RelateApps"], "AppName")
	}
	require.Equal(t, "shop", apps("1"))
	require.Empty(t, apps("2"))
	maps := h.must(t, "ListNamespacedConfigMaps", paramNamespace, DefaultRegion)["ConfigMaps"]
	require.Equal(t, "mounted spare", names(maps, "Name"))

	id := h.deploy(t, "3", gray1and2, "ConfigMapMountDesc", `[{"configMapId":2,"key":"`+allKeys+`","mountPath":"/etc/all"}]`)
	require.Equal(t, "shop", apps("2"), "an order that has just been accepted holds what it brings")
	h.settle(t)
	require.Equal(t, "shop", apps("1"), "instances still run the old version")
	require.Equal(t, codeConfigMapMounted, h.refused(t, "DeleteConfigMap", paramConfigMap, "1"))
	for range 2 {
		h.next(t, id)
		h.settle(t)
	}
	require.Empty(t, apps("1"))
	h.must(t, "UpdateConfigMap", paramConfigMap, "2", "Data", `{"x":"y"}`)
	require.Equal(t, map[string]any{"x": "y"}, h.must(t, "DescribeConfigMap", paramConfigMap, "2")["Data"], "data is replaced")
	h.must(t, "DeleteConfigMap", paramConfigMap, "1")
	require.Equal(t, codeConfigMapNotFound, h.refused(t, opRollback, "VersionId", h.versions(t)[1]), "there is no way back to a version without its config map")
	requireDocumented(t, opRollback, codeConfigMapNotFound)
}

func TestResources_ConfigMapsAreHeldByInstancesThatAnAbortLeft(t *testing.T) {
	t.Parallel()
	h := town(t)
	h.deploy(t, "3", gray1and2, "ConfigMapMountDesc", "[]")
	h.settle(t)
	h.must(t, "AbortChangeOrder", "ChangeOrderId", h.sim.Orders(h.app)[2].ID)
	require.Equal(t, "2:3 3:1", h.images(t))
	require.Equal(t, codeConfigMapMounted, h.refused(t, "DeleteConfigMap", paramConfigMap, "1"))
	h.deploy(t, "4", single)
	h.settle(t)
	h.must(t, "DeleteConfigMap", paramConfigMap, "1")
}

func TestResources_ConfigMapsHaveAQuota(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	for i := range maxConfigMaps {
		h.must(t, "CreateConfigMap", "Name", fmt.Sprintf("m%d", i), paramNamespace, DefaultRegion, "Data", "{}")
	}
	require.Equal(t, codeConfigMapQuota, h.refused(t, "CreateConfigMap", "Name", "more", paramNamespace, DefaultRegion, "Data", "{}"))
}

func TestResources_IngressesKeepWhatIsNotSent(t *testing.T) {
	t.Parallel()
	h := town(t)
	before := h.must(t, "DescribeIngress", paramIngress, "1")
	require.InDelta(t, 80, before["ListenerPort"], 0)
	require.Equal(t, "HTTP clb internet ingress-1", fmt.Sprint(before["ListenerProtocol"], " ", before["LoadBalanceType"], " ", before["SlbType"], " ", before["Name"]))
	require.Equal(t, "shop", before["DefaultRule"].(map[string]any)["AppName"])

	h.must(t, "UpdateIngress", paramIngress, "1", paramListener, "443", "CertId", certificate, "ListenerProtocol", "HTTPS", "Description", "front")
	listed := h.must(t, "ListIngresses", paramNamespace, DefaultRegion)["IngressList"]
	require.Equal(t, "443 front", names(listed, "ListenerPort")+" "+names(listed, "Name"))
	after := h.must(t, "DescribeIngress", paramIngress, "1")
	require.Equal(t, before["Rules"], after["Rules"])
	h.must(t, "UpdateIngress", paramIngress, "1", paramRules, "[]")
	require.Empty(t, h.must(t, "DescribeIngress", paramIngress, "1")["Rules"])

	h.must(t, "CreateIngress", h.listener("80")...)
	require.Equal(t, codeListenerTaken, h.refused(t, "UpdateIngress", paramIngress, "2", paramListener, "443"))
	h.must(t, "CreateIngress", h.listener("443", "SlbId", "lb-2", "CertId", certificate)...)
	require.Equal(t, "HTTPS", h.must(t, "DescribeIngress", paramIngress, "3")["ListenerProtocol"], "a certificate means HTTPS")
	h.must(t, "DeleteIngress", paramIngress, "1")
	h.must(t, "UpdateIngress", paramIngress, "2", paramListener, "443")
	require.Equal(t, "2 3", names(h.must(t, "ListIngresses", paramNamespace, DefaultRegion)["IngressList"], "Id"))
	require.Empty(t, h.must(t, "ListIngresses", paramNamespace, DefaultRegion, "AppId", "nobody")["IngressList"])
}

func TestResources_TagsAreSetListedAndTakenAway(t *testing.T) {
	t.Parallel()
	h := town(t)
	other := h.sim.Apps()[1].ID
	both := `["` + h.app + `","` + other + `"]`
	list := func(parameters ...string) string {
		data := h.must(t, "ListTagResources", append([]string{"RegionId", DefaultRegion, "ResourceType", "application"}, parameters...)...)
		require.Empty(t, data["NextToken"])
		var tags []string
		for _, entry := range data["TagResources"].([]any) {
			tag := entry.(map[string]any)
			require.Equal(t, "ALIYUN::SAE::APPLICATION", tag["ResourceType"])
			who := "shop"
			if tag["ResourceId"] == other {
				who = "other"
			}
			tags = append(tags, fmt.Sprintf("%s:%s=%s", who, tag["TagKey"], tag["TagValue"]))
		}
		return strings.Join(tags, " ")
	}
	h.must(t, "TagResources", paramResources, both, paramTags, `[{"key":"a","value":"9"}]`)
	require.Equal(t, "shop:a=9 shop:b=2 other:a=9", list(paramResources, both), "the same key gets the new value")
	require.Equal(t, "shop:a=9 shop:b=2", list(paramTags, `[{"key":"b","value":"2"}]`))
	require.Equal(t, "shop:a=9 shop:b=2", list(paramTags, `[{"key":"a","value":"9"},{"key":"b"}]`), "no value means any")
	require.Empty(t, list(paramTags, `[{"key":"a","value":"1"}]`))
	listed := h.must(t, "ListApplications", paramTags, `[{"key":"a","value":"9"}]`)["Applications"].([]any)
	require.Equal(t, "shop other", names(listed, "AppName"))
	require.Equal(t, []any{map[string]any{"Key": "a", "Value": "9"}}, listed[1].(map[string]any)["Tags"])
	require.Equal(t, "shop", names(h.must(t, "ListApplications", paramTags, `[{"key":"b","value":"2"}]`)["Applications"], "AppName"))

	h.must(t, "UntagResources", "RegionId", DefaultRegion, "ResourceType", "application", paramResources, both, paramTagKeys, `["a"]`)
	require.Equal(t, "shop:b=2", list(paramResources, both))
	h.must(t, "UntagResources", "RegionId", DefaultRegion, "ResourceType", "application", paramResources, both, "DeleteAll", "true", paramTagKeys, `["x"]`)
	require.Empty(t, list(paramResources, both))
}

func TestResources_TagsComeInPagesOfFifty(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	var ids []string
	for i := range 6 {
		data := h.must(t, opCreate, "AppName", fmt.Sprintf("a%d", i), "PackageType", "Image", "ImageUrl", "i:1", "Replicas", "1", "Deploy", "false")
		ids = append(ids, data["AppId"].(string))
	}
	all := `["` + strings.Join(ids, `","`) + `"]`
	h.must(t, "TagResources", paramResources, all, paramTags, manyTags(20))
	var sizes []int
	for token, more := "", true; more; more = token != "" {
		data := h.must(t, "ListTagResources", "RegionId", DefaultRegion, "ResourceType", "application", paramResources, all, "NextToken", token)
		sizes = append(sizes, len(data["TagResources"].([]any)))
		token = data["NextToken"].(string)
	}
	require.Equal(t, []int{50, 50, 20}, sizes)
}

func TestResources_TheServiceOpensOnce(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	require.NotEmpty(t, h.call(t, "OpenSaeService").body["OrderId"])
	require.Equal(t, codeAlreadyOpen, h.refused(t, "OpenSaeService"))
}

func TestResources_RegionsAreThoseOfTheReference(t *testing.T) {
	t.Parallel()
	g := newHarness(t).call(t, opRegions)
	require.InDelta(t, 200, g.body["Code"], 0, "an integer here")
	require.NotContains(t, g.body, "Success")
	require.NotContains(t, g.body, "TraceId")
	regions := list(g.body["Regions"].(map[string]any)["Region"])
	require.Len(t, regions, 15)
	at := slices.IndexFunc(regions, func(r any) bool { return r.(map[string]any)["RegionId"] == "us-west-1" })
	require.Equal(t, map[string]any{"RecommendZone": []any{"us-west-1b"}}, regions[at].(map[string]any)["RecommendZones"])
}
