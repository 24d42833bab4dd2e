package saesim

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"
)

const (
	contentRule = `{"ConditionJoiner":"AND","Conditions":[{"Type":"header","Name":"gray","Condition":"in","Value":"a,b"}],"Paths":["/"]}`
	gatewayRule = `{"ConditionJoiner":"OR","Conditions":[{"Type":"Header","Name":"gray","Condition":"==","Value":"true"}],"RouteIds":[7,1]}`
	shareRule   = `{"Percentage":10,"IndependentPercentageEnable":true,"PercentageByPath":{"/a":20}}`
)

// laned is a harness with a gray twin of its application, which has the tag g1.
func laned(t tester) (h *harness, twin string) {
	t.Helper()
	h = deployed(t, 1)
	twin = h.must(t, opCreate, "AppName", "shop-g1", "PackageType", packageImage, "ImageUrl", "i:2", "Replicas", "1",
		paramBaseApp, h.app, "ServiceTags", `{"alicloud.service.tag":"g1"}`)["AppId"].(string)
	h.settle(t)
	return h, twin
}

// group makes a lane group with an entry of a type.
func (h *harness) laneGroup(t tester, name, entryType, entry string) string {
	t.Helper()
	return number(h.must(t, opSetLaneGroup, "GroupName", name, paramEntryType, entryType, paramEntryApp, entry, "AppIds", h.ids())["GroupId"])
}

// laneIn makes a lane of a group.
func (h *harness) laneIn(t tester, group, tag string, more ...string) string {
	t.Helper()
	return number(h.must(t, opSetLane, append([]string{paramLaneGroup, group, "LaneName", "lane-" + tag, paramLaneTag, tag}, more...)...)["LaneId"])
}

// lanes lists what an operation on lanes answers.
func (h *harness) lanes(t tester, op string, parameters ...string) []any {
	t.Helper()
	g := h.call(t, op, parameters...)
	require.Equal(t, 200, g.status, g.body)
	return list(g.body["Data"])
}

// callLanes calls the operations on swimming lanes, behind an application and behind a gateway.
func (h *harness) callLanes(t *testing.T, call func(op string, parameters ...string) map[string]any) {
	t.Helper()
	call(opCreate, "AppName", "shop-g1", "PackageType", packageImage, "ImageUrl", "i:2", "Replicas", "1", paramBaseApp, h.app,
		"ServiceTags", `{"alicloud.service.tag":"g1"}`)
	call("ListApplications")
	space := []string{paramNamespace, DefaultRegion}
	for entry, rule := range map[string][]string{"mse": {paramAppRule, contentRule}, "mse-gw": {paramGatewayRule, gatewayRule}} {
		of := append([]string{paramLaneGroup, number(call(opSetLaneGroup, "GroupName", entry, paramEntryType, entry, paramEntryApp, h.app,
			"AppIds", h.ids(), "SwimVersion", "2")["GroupId"])}, space...)
		with := func(more ...string) []string { return append(more, of...) }
		id := number(call(opSetLane, with(append(rule, "LaneName", "gray", paramLaneTag, "g1", "Enable", "true", "CanaryModel", "0")...)...)["LaneId"])
		call("DescribeSwimmingLane", with(paramLane, id)...)
		call("ListAllSwimmingLanes", of...)
		call("ListAllSwimmingLaneGroups", space...)
		call("ListSwimmingLaneGroupTags", of...)
		call("ListApplicationsForSwimmingLane", with("Tag", `{"alicloud.service.tag":"g1"}`)...)
		call("ListSwimmingLaneGatewayRoutes", append(space, "GatewayUniqueId", h.app)...)
		call("UpdateSwimmingLaneEnableAttribute", with(paramLane, id, "Enable", "false")...)
		call("DeleteSwimmingLaneGroup", of...)
	}
}

func TestLanes_ALaneBehindAnApplication(t *testing.T) {
	t.Parallel()
	h, twin := laned(t)
	group := h.laneGroup(t, "orders", entryApplication, h.app)
	id := h.laneIn(t, group, "g1", paramAppRule, contentRule)
	of := []string{paramLaneGroup, group, paramLane, id}
	lane := h.must(t, "DescribeSwimmingLane", of...)
	require.JSONEq(t, `{"alicloud.service.tag":"g1"}`, lane["LaneTag"].(string), "JSON text here")
	require.Equal(t, "g1", names(h.lanes(t, "ListAllSwimmingLanes"), "LaneTag"), "and its value in lists")
	require.Equal(t, twin, names(lane["Apps"], "AppId"), "the application that has the tag")
	require.NotContains(t, lane, paramGatewayRule)
	rule := lane[paramAppRule].(map[string]any)
	require.Equal(t, []any{"/"}, rule["Paths"])
	require.Equal(t, []any{"a", "b"}, rule["Conditions"].([]any)[0].(map[string]any)["Values"])
	require.Equal(t, false, lane["Enable"])

	h.must(t, "UpdateSwimmingLaneEnableAttribute", append(of, "Enable", "true")...)
	require.Equal(t, true, h.must(t, "DescribeSwimmingLane", of...)["Enable"])
	h.must(t, opSetLane, append(of, "CanaryModel", "1", paramAppRule, shareRule, "LaneName", "share")...)
	lane = h.must(t, "DescribeSwimmingLane", of...)
	require.Equal(t, []any{"share", true, 1.0}, []any{lane["LaneName"], lane["Enable"], lane["CanaryModel"]}, "what is not sent stays")
	require.InDelta(t, 20, lane[paramAppRule].(map[string]any)["PercentageByPath"].(map[string]any)["/a"], 0)
	groups := h.lanes(t, "ListAllSwimmingLaneGroups")
	require.Equal(t, "1", names(groups, "CanaryModel"))
	require.Equal(t, "shop", groups[0].(map[string]any)["EntryApp"].(map[string]any)["AppName"])
	require.Contains(t, h.statusPage(t), "share")
}

// TestLanes_WhatWasReadCanBeSentBack: a rule of an answer is a rule of a request.
func TestLanes_WhatWasReadCanBeSentBack(t *testing.T) {
	t.Parallel()
	h, _ := laned(t)
	for entry, parameter := range map[string]string{entryApplication: paramAppRule, "mse-gw": paramGatewayRule} {
		group := h.laneGroup(t, entry, entry, h.app)
		rule := map[string]string{paramAppRule: contentRule, paramGatewayRule: gatewayRule}[parameter]
		of := []string{paramLaneGroup, group, paramLane, h.laneIn(t, group, "g1", parameter, rule)}
		before := h.must(t, "DescribeSwimmingLane", of...)
		text, err := json.Marshal(before[parameter])
		require.NoError(t, err)
		h.must(t, opSetLane, append(of, parameter, string(text), paramLaneTag, before["LaneTag"].(string), "LaneName", before["LaneName"].(string))...)
		require.Equal(t, before, h.must(t, "DescribeSwimmingLane", of...))
	}
}

func TestLanes_ALaneBehindAGateway(t *testing.T) {
	t.Parallel()
	h, _ := laned(t)
	group := h.laneGroup(t, "edge", "apig", "gw-1")
	id := h.laneIn(t, group, `{"my.tag":"blue"}`, paramGatewayRule, gatewayRule)
	lane := h.must(t, "DescribeSwimmingLane", paramLaneGroup, group, paramLane, id)
	require.JSONEq(t, `{"my.tag":"blue"}`, lane["LaneTag"].(string))
	require.Empty(t, lane["Apps"])
	rule := lane[paramGatewayRule].(map[string]any)
	require.Equal(t, "7 1", names(rule["Routes"], "RouteId"))
	require.NotContains(t, h.lanes(t, "ListAllSwimmingLaneGroups")[0], "EntryApp", "a gateway is none")
	require.Equal(t, "1 7", names(h.lanes(t, "ListSwimmingLaneGatewayRoutes", "GatewayUniqueId", "gw-1"), "RouteId"))
	require.Equal(t, "1", names(h.lanes(t, "ListSwimmingLaneGatewayRoutes", "GatewayUniqueId", "gw-2"), "RouteId"))
	path := func(answer any, member string) any {
		route := answer.(map[string]any)[paramGatewayRule].(map[string]any)["Routes"].([]any)[0].(map[string]any)
		return route["RoutePredicate"].(map[string]any)["PathPredicate"].(map[string]any)[member]
	}
	require.Equal(t, "/", path(lane, "Path"))
	require.Equal(t, "/", path(h.lanes(t, "ListAllSwimmingLanes", paramLaneGroup, group)[0], "path"), "in lower case, in lists")
}

func TestLanes_ApplicationsAndTags(t *testing.T) {
	t.Parallel()
	h, twin := laned(t)
	group := h.laneGroup(t, "orders", "apig", "gw-1")
	other := h.must(t, opCreate, "AppName", "other", "PackageType", packageImage, "ImageUrl", "i:2", "Replicas", "1",
		"ServiceTags", `{"alicloud.service.tag":"g2"}`)["AppId"].(string)
	h.settle(t)
	apps := func(parameters ...string) string {
		return names(h.lanes(t, "ListApplicationsForSwimmingLane", append(parameters, paramNamespace, DefaultRegion)...), "AppId")
	}
	require.Equal(t, twin+" "+other, apps())
	require.Equal(t, twin, apps(paramLaneGroup, group), "a twin of one of the group's")
	require.Equal(t, other, apps("Tag", `{"alicloud.service.tag":"g2"}`))
	require.Empty(t, apps("Tag", `{"other":"g2"}`))
	require.Equal(t, "g1 g2", names(h.lanes(t, "ListSwimmingLaneGroupTags"), "Tag"))
	require.Equal(t, "g1", names(h.lanes(t, "ListSwimmingLaneGroupTags", paramLaneGroup, group), "Tag"))
	candidate := h.lanes(t, "ListApplicationsForSwimmingLane", paramNamespace, DefaultRegion)[0].(map[string]any)
	require.Equal(t, []any{h.app, "shop"}, []any{candidate[paramBaseApp], candidate["BaseAppName"]})
	require.Equal(t, h.app, h.call(t, opGetApplication, "AppId", twin).body["Application"].(map[string]any)[paramBaseApp])
	require.Equal(t, codeNotEmpty, h.refused(t, "ListApplicationsForSwimmingLane"))
	require.Equal(t, codeWithMessage, h.refused(t, "ListApplicationsForSwimmingLane", paramNamespace, DefaultRegion, "Tag", "{"))
	require.Equal(t, codeWithMessage, h.refused(t, opCreate, "AppName", "lost", "PackageType", packageImage, "ImageUrl", "i:2", "Replicas", "1",
		paramBaseApp, "x"))
}

// TestLanes_WhatIsDeletedLeavesThem: an application its groups, an entry with its group, a
// namespace with all of them.
func TestLanes_WhatIsDeletedLeavesThem(t *testing.T) {
	t.Parallel()
	h, twin := laned(t)
	entry := h.app
	h.app = twin
	own := h.laneGroup(t, "own", entryApplication, twin)
	edge := h.laneGroup(t, "edge", "apig", "gw-1")
	h.laneIn(t, own, "g1", paramAppRule, contentRule)
	h.must(t, "CreateGreyTagRoute", "AppId", entry, "Name", "rule", "ScRules", scRules)
	h.must(t, opDelete)
	h.settle(t)
	groups := h.lanes(t, "ListAllSwimmingLaneGroups")
	require.Equal(t, edge, names(groups, "GroupId"))
	require.Empty(t, groups[0].(map[string]any)["AppIds"])
	require.Empty(t, h.lanes(t, "ListAllSwimmingLanes"))
	require.Equal(t, "1", number(h.must(t, "ListGreyTagRoute", "AppId", entry)["TotalSize"]), "gray rules are another thing")
	h.must(t, "DeleteSwimmingLaneGroup", paramLaneGroup, edge)
	require.Equal(t, codeWithMessage, h.refused(t, "DeleteSwimmingLaneGroup", paramLaneGroup, edge))

	const space = "cn-hangzhou:gone"
	for range 2 {
		h.must(t, opCreateNamespace, paramNamespace, space, "NamespaceName", "gone")
		require.Empty(t, h.lanes(t, "ListAllSwimmingLaneGroups", paramNamespace, space))
		require.Empty(t, h.must(t, "ListSecrets", paramNamespace, space)["Secrets"])
		h.must(t, opSetLaneGroup, paramNamespace, space, "GroupName", "edge", paramEntryType, "apig", paramEntryApp, "gw-1")
		h.must(t, "CreateSecret", paramNamespace, space, "SecretName", "pull", "SecretType", "Opaque", "SecretData", `{"k":"v"}`)
		h.must(t, "DeleteNamespace", paramNamespace, space)
	}
}

func TestLanes_Refusals(t *testing.T) {
	t.Parallel()
	h, _ := laned(t)
	group := h.laneGroup(t, "orders", entryApplication, h.app)
	edge := h.laneGroup(t, "edge", "mse-gw", "gw-1")
	lane := h.laneIn(t, group, "g1", paramAppRule, contentRule)
	const space = "cn-hangzhou:full"
	h.must(t, opCreateNamespace, paramNamespace, space, "NamespaceName", "full")
	elsewhere := h.must(t, opCreate, "AppName", "far", "PackageType", packageImage, "ImageUrl", "i:1", "Replicas", "1", paramNamespace, space)["AppId"].(string)
	h.settle(t)
	setGroup := func(more ...string) []string {
		return append([]string{"GroupName", "new", paramEntryType, "apig", paramEntryApp, "gw-1"}, more...)
	}
	set := func(more ...string) []string {
		return append([]string{paramLaneGroup, group, "LaneName", "new", paramLaneTag, "new", paramAppRule, contentRule}, more...)
	}
	condition := func(text string) []string { return set(paramAppRule, `{"Conditions":[`+text+`]}`) }
	before := h.snapshot(t)
	for _, c := range []struct {
		op, code   string
		parameters []string
	}{
		{opSetLaneGroup, codeNotEmpty, setGroup("GroupName", "")},
		{opSetLaneGroup, codeNotEmpty, setGroup(paramEntryType, "")},
		{opSetLaneGroup, codeNotEmpty, setGroup(paramEntryApp, "")},
		{opSetLaneGroup, codeObviously, setGroup(paramEntryType, "slb")},
		{opSetLaneGroup, codeObviously, setGroup("SwimVersion", "1")},
		{opSetLaneGroup, codeWithMessage, setGroup("GroupName", "edge")},
		{opSetLaneGroup, codeWithMessage, setGroup("AppIds", "x")},
		{opSetLaneGroup, codeAppIDNotFound, setGroup("AppIds", `["x"]`)},
		{opSetLaneGroup, codeAppIDNotFound, setGroup(paramEntryType, entryApplication)},
		{opSetLaneGroup, codeAppIDNotFound, setGroup("AppIds", `["`+elsewhere+`"]`)},
		{opSetLaneGroup, codeWithMessage, []string{paramLaneGroup, group, paramNamespace, space}},
		{opSetLaneGroup, codeNamespaceNotFound, setGroup(paramNamespace, "cn-hangzhou:none")},
		{opSetLaneGroup, codeWithMessage, setGroup(paramLaneGroup, "99")},
		{opSetLaneGroup, codeWithMessage, []string{paramLaneGroup, group, paramEntryType, "apig"}},
		{opSetLane, codeNotEmpty, set(paramLaneGroup, "")},
		{opSetLane, codeWithMessage, set(paramLaneGroup, "x")},
		{opSetLane, codeWithMessage, set(paramLane, "99")},
		{opSetLane, codeNotEmpty, set("LaneName", "")},
		{opSetLane, codeNotEmpty, set(paramLaneTag, "")},
		{opSetLane, codeNotEmpty, set(paramAppRule, "")},
		{opSetLane, codeWithMessage, set(paramLaneTag, "{}")},
		{opSetLane, codeWithMessage, set(paramLaneTag, `{"":"a"}`)},
		{opSetLane, codeWithMessage, set("LaneName", "lane-g1")},
		{opSetLane, codeWithMessage, set(paramLaneTag, "g1")},
		{opSetLane, codeObviously, set("CanaryModel", "2")},
		{opSetLane, codeWithMessage, set("CanaryModel", "1")},
		{opSetLane, codeWithMessage, set(paramGatewayRule, gatewayRule)},
		{opSetLane, codeWithMessage, set(paramLaneGroup, edge)},
		{opSetLane, codeWithMessage, set(paramAppRule, "[]")},
		{opSetLane, codeWithMessage, set(paramAppRule, `{"Conditions":[]}`)},
		{opSetLane, codeWithMessage, set(paramAppRule, `{"Speed":1}`)},
		{opSetLane, codeWithMessage, set(paramAppRule, gatewayRule)},
		{opSetLane, codeWithMessage, set("CanaryModel", "1", paramAppRule, `{"Percentage":101}`)},
		{opSetLane, codeWithMessage, set("CanaryModel", "1", paramAppRule, `{"Percentage":1,"IndependentPercentageEnable":true}`)},
		{opSetLane, codeWithMessage, set("CanaryModel", "1", paramAppRule, `{"PercentageByPath":{"/":-1}}`)},
		{opSetLane, codeWithMessage, set(paramAppRule, `{"ConditionJoiner":"XOR","Conditions":[{"Type":"header","Name":"a","Condition":"=="}]}`)},
		{opSetLane, codeWithMessage, condition(`{"Type":"body","Name":"a","Condition":"==","Value":"b"}`)},
		{opSetLane, codeWithMessage, condition(`{"Type":"param","Name":"","Condition":"==","Value":"b"}`)},
		{opSetLane, codeWithMessage, condition(`{"Type":"param","Name":"a","Condition":"=","Value":"b"}`)},
		{opSetLane, codeWithMessage, condition(`{"Type":"cookie","Name":"a","Condition":"regex","Value":"("}`)},
		{opSetLane, codeWithMessage, condition(`{"Type":"cookie","Name":"a","Condition":"percentage","Value":"101"}`)},
		{"DescribeSwimmingLane", codeNotEmpty, []string{paramLaneGroup, group}},
		{"DescribeSwimmingLane", codeWithMessage, []string{paramLaneGroup, edge, paramLane, lane}},
		{"UpdateSwimmingLaneEnableAttribute", codeNotEmpty, []string{paramLaneGroup, group, paramLane, lane}},
		{"ListAllSwimmingLanes", codeWithMessage, []string{paramLaneGroup, "99"}},
		{"ListAllSwimmingLaneGroups", codeNamespaceNotFound, []string{paramNamespace, "cn-hangzhou:none"}},
		{"ListSwimmingLaneGatewayRoutes", codeNotEmpty, nil},
	} {
		require.Equal(t, c.code, h.refused(t, c.op, c.parameters...), "%s %v", c.op, c.parameters)
	}
	require.JSONEq(t, before, h.snapshot(t), "a refusal changes nothing")
}

func TestLanes_AreKept(t *testing.T) {
	t.Parallel()
	h, _ := laned(t)
	group := h.laneGroup(t, "orders", entryApplication, h.app)
	of := []string{paramLaneGroup, group, paramLane, h.laneIn(t, group, "g1", paramAppRule, contentRule, "Enable", "true")}
	snapshot, err := h.sim.Snapshot()
	require.NoError(t, err)
	again := newHarness(t)
	again.app = h.app
	require.NoError(t, again.sim.Restore(snapshot))
	require.Equal(t, h.must(t, "DescribeSwimmingLane", of...), again.must(t, "DescribeSwimmingLane", of...))
	require.NotEqual(t, group, again.laneGroup(t, "another", "apig", "gw-1"), "numbers are not used twice")
}
