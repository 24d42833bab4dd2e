package saesim

import (
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestListApplicationsFiltersAndSorts(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	h.must(t, opCreateNamespace, paramNamespace, "cn-hangzhou:a", "NamespaceName", "a")
	for i, name := range []string{"shop", "shop-admin", "stock"} {
		h.must(t, opCreate, "AppName", name, "PackageType", "Image", "ImageUrl", "i:1", "Replicas", fmt.Sprint(3-i), "NamespaceId", []string{"", "cn-hangzhou:a", "cn-hangzhou:a"}[i])
	}
	h.settle(t)
	apps := h.sim.Apps()
	h.app = apps[2].ID
	address := h.must(t, "DescribeApplicationInstances", "GroupId", h.group())["Instances"].([]any)[0].(map[string]any)["InstanceContainerIp"].(string)
	for name, tt := range map[string]struct {
		parameters []string
		want       string
	}{
		"all":                {nil, "shop shop-admin stock"},
		"by name":            {[]string{"AppName", "shop"}, "shop shop-admin"},
		"by namespace":       {[]string{"NamespaceId", "cn-hangzhou:a"}, "shop-admin stock"},
		"default namespace":  {[]string{"NamespaceId", DefaultRegion}, "shop"},
		"by field":           {[]string{"FieldType", "appName", "FieldValue", "admin"}, "shop-admin"},
		"by IDs":             {[]string{"FieldType", "appIds", "FieldValue", apps[0].ID + "," + apps[2].ID}, "shop stock"},
		"by address":         {[]string{"FieldType", "instanceIps", "FieldValue", address}, "stock"},
		"by SLB":             {[]string{"FieldType", "slbIps", "FieldValue", "10.0.0.1"}, ""},
		"by tag":             {[]string{"Tags", `[{"key":"a","value":"b"}]`}, ""},
		"most running first": {[]string{"OrderBy", "runnings"}, "shop shop-admin stock"},
		"fewest first":       {[]string{"OrderBy", "instances", "Reverse", "true"}, "stock shop-admin shop"},
		"second page":        {[]string{"PageSize", "2", "CurrentPage", "2"}, "stock"},
		"beyond the end":     {[]string{"PageSize", "2", "CurrentPage", "9"}, ""},
		"default page size":  {[]string{"PageSize", "0"}, "shop shop-admin stock"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var names []string
			for _, entry := range h.must(t, "ListApplications", tt.parameters...)["Applications"].([]any) {
				names = append(names, entry.(map[string]any)["AppName"].(string))
			}
			require.Equal(t, tt.want, strings.Join(names, " "))
		})
	}
}

func TestListChangeOrdersFiltersAndPages(t *testing.T) {
	t.Parallel()
	h := deployed(t, 4)
	h.deploy(t, "2", single, "ChangeOrderDesc", "token-a")
	h.settle(t)
	h.fault(t, Fault{Kind: FaultBatchFails})
	h.deploy(t, "3", single, "ChangeOrderDesc", "token-b")
	h.settle(t)
	h.deploy(t, "2", single, "ChangeOrderDesc", "again")
	for name, tt := range map[string]struct {
		parameters []string
		total      float64
		want       string
	}{
		"newest first": {nil, 4, "again token-b token-a Version"},
		"by text":      {[]string{"Key", "token"}, 2, "token-b token-a"},
		"by type":      {[]string{"CoType", "CoCreateApp"}, 1, "Version"},
		"failed":       {[]string{"CoStatus", "3"}, 1, "token-b"},
		"unfinished":   {[]string{"CoStatus", "0"}, 1, "again"},
		"all at once":  {[]string{"CoStatus", "2", "CoType", "CoDeploy", "Key", "token"}, 1, "token-a"},
		"second page":  {[]string{"PageSize", "3", "CurrentPage", "2"}, 4, "Version"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			data := h.must(t, "ListChangeOrders", tt.parameters...)
			var texts []string
			for _, entry := range data["ChangeOrderList"].([]any) {
				order := entry.(map[string]any)
				text, _, _ := strings.Cut(order["Description"].(string), ":")
				texts = append(texts, text)
				_, err := time.ParseInLocation(time.DateTime, order["CreateTime"].(string), gmt8())
				require.NoError(t, err)
				require.Equal(t, text != "again", order["FinishTime"] != nil, "only finished orders have a finish time")
			}
			require.Equal(t, tt.want, strings.Join(texts, " "))
			require.InDelta(t, tt.total, data["TotalSize"], 0)
		})
	}
}

func TestList_TimesAreInTheirPrintedForms(t *testing.T) {
	t.Parallel()
	h := deployed(t, 1)
	orders := h.must(t, "ListChangeOrders")["ChangeOrderList"].([]any)
	order := orders[0].(map[string]any)
	require.Equal(t, "2026-11-02 16:00:00", order["CreateTime"], "GMT+8")
	require.Equal(t, "2026-11-02 16:00:02", order["FinishTime"])
	ms := start().UnixMilli()
	p := h.order(t, order["ChangeOrderId"].(string)).Pipelines[0]
	require.Equal(t, []int64{ms + prepare.Milliseconds(), ms + (prepare + DefaultBatchDuration).Milliseconds()}, []int64{p.StartTime, p.UpdateTime})
	require.Equal(t, fmt.Sprint(ms), h.must(t, "DescribeApplicationStatus")["CreateTime"])
}

func TestList_ParametersMayTravelInAForm(t *testing.T) {
	t.Parallel()
	for kind, body := range map[string]string{
		"application/x-www-form-urlencoded; charset=utf-8": "A=form&B=form+2&C=",
		"application/json": `{"A":"form","B":"form 2","C":{"k":1}}`,
		"text/plain":       "A=form",
	} {
		r := httptest.NewRequestWithContext(t.Context(), "POST", "/?A=query", strings.NewReader(body))
		r.Header.Set("Content-Type", kind)
		got := parseArgs(r, []byte(body))
		require.Equal(t, "query", got["A"], "the query comes first")
		if kind == "text/plain" {
			require.NotContains(t, got, "B")
			continue
		}
		require.Equal(t, "form 2", got["B"])
		require.Contains(t, got, "C")
	}
}
