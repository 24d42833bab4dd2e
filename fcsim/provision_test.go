package fcsim

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

const provisionLive = "/services/shop.live/functions/web/provision-config"

// provisioned reads "current/target" of the config behind live.
func (h *harness) provisioned(t tester) string {
	t.Helper()
	g := h.must(t, "GET "+provisionLive, "")
	return fmt.Sprintf("%v/%v", g.body["current"], g.body["target"])
}

// running reads the versions of the provisioned instances behind live, in order.
func (h *harness) running(t tester) string {
	t.Helper()
	var versions []string
	for _, item := range h.must(t, "GET /services/shop.live/functions/web/instances", "").list("instances") {
		versions = append(versions, fmt.Sprint(item.(map[string]any)["versionId"]))
	}
	slices.Sort(versions)
	return strings.Join(versions, " ")
}

func TestProvision_InstancesArriveOverTime(t *testing.T) {
	t.Parallel()
	h := published(t)
	require.Equal(t, "0/0", h.provisioned(t), "one that was never put has none")
	g := h.must(t, "PUT "+provisionLive, `{"target":3}`)
	require.Equal(t, DefaultAccountID+"#shop#live#web", g.text("resource"))
	require.NotEmpty(t, g.header.Get("ETag"))
	for _, want := range []string{"0/3", "1/3", "2/3", "3/3", "3/3"} {
		require.Equal(t, want, h.provisioned(t))
		h.advance(t, DefaultInstanceStart)
	}
	require.Equal(t, "1 1 1", h.running(t))
	provided := h.must(t, invokeLive, "x").header.Get("X-Fc-Instance-Id")
	require.Contains(t, string(h.must(t, "GET /services/shop.live/functions/web/instances", "").raw), provided, "invocations run on them")
	require.Empty(t, h.must(t, "GET /services/shop.1/functions/web/instances", "").list("instances"), "they show under the alias alone")
	h.must(t, "PUT "+provisionLive, `{"target":0}`)
	require.Equal(t, "3/0", h.provisioned(t))
	h.advance(t, DefaultInstanceStart)
	require.Equal(t, "0/0", h.provisioned(t))
}

func TestProvision_OneLookIsAsGoodAsMany(t *testing.T) {
	t.Parallel()
	body := `{"target":4,"scheduledActions":[{"name":"a","target":7,"scheduleExpression":"cron(30 * * * * *)"}],
		"targetTrackingPolicies":[{"name":"p","metricType":"ProvisionedConcurrencyUtilization","metricTarget":0.5,"minCapacity":2,"maxCapacity":9}]}`
	run := func(steps int) string {
		h := published(t)
		h.must(t, "PUT "+provisionLive, body)
		h.must(t, "POST /services/shop/aliases", `{"aliasName":"test","versionId":"2"}`)
		h.must(t, "PUT /services/shop.test/functions/web/provision-config", `{"target":3}`)
		for range 3 {
			h.must(t, invokeLive, "x", headerType, "Async")
		}
		_, err := h.sim.AddFault(Fault{Kind: FaultNoInstance, Count: 5, Probability: 0.5})
		require.NoError(t, err)
		require.NoError(t, h.sim.SetBehaviour(Behaviour{Code: "registry.test/shop:1", Result: ResultUnhandled, Rate: 0.5}))
		require.NoError(t, h.sim.SetLoad(Load{Service: "shop", Alias: "live", Function: "web", Busy: 1.2}))
		h.must(t, "PUT /services/shop/aliases/live", `{"additionalVersionWeight":{"2":0.4}}`)
		for range steps {
			h.advance(t, 10*time.Minute/time.Duration(steps))
		}
		return h.frozen(t)
	}
	require.Equal(t, run(1), run(600))
}

func TestProvision_InstancesThatDoNotStart(t *testing.T) {
	t.Parallel()
	h := published(t)
	fault, err := h.sim.AddFault(Fault{Kind: FaultNoInstance, AppID: "shop", Count: -1})
	require.NoError(t, err)
	h.must(t, "PUT "+provisionLive, `{"target":2}`)
	h.advance(t, 24*time.Hour)
	require.Equal(t, "0/2", h.provisioned(t))
	require.NoError(t, h.sim.RemoveFault(fault.ID))
	h.advance(t, 2*DefaultInstanceStart)
	require.Equal(t, "2/2", h.provisioned(t))
	_, err = h.sim.AddFault(Fault{Kind: FaultNoInstance, Operation: "PutProvisionConfig"})
	require.ErrorContains(t, err, "instances start by themselves")
}

func TestProvision_InstancesFollowTheAlias(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		target int
		alias  string
		want   string
	}{
		"a tenth of ten":           {10, `{"additionalVersionWeight":{"2":0.1}}`, "1 1 1 1 1 1 1 1 1 2"},
		"a little of four":         {4, `{"additionalVersionWeight":{"2":0.01}}`, "1 1 1 2"},
		"most of four":             {4, `{"additionalVersionWeight":{"2":0.9}}`, "2 2 2 2"},
		"all":                      {3, `{"additionalVersionWeight":{"2":1}}`, "2 2 2"},
		"a weight of nothing":      {3, `{"additionalVersionWeight":{"2":0}}`, "1 1 1"},
		"moved":                    {3, `{"versionId":"2","additionalVersionWeight":{}}`, "2 2 2"},
		"the only one":             {1, `{"additionalVersionWeight":{"2":0.05}}`, "2"},
		"the main one by a weight": {2, `{"additionalVersionWeight":{"1":0.5}}`, "1 1"},
		"none":                     {0, `{"additionalVersionWeight":{"2":0.5}}`, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := published(t)
			h.must(t, "PUT "+provisionLive, fmt.Sprintf(`{"target":%d}`, tt.target))
			h.advance(t, time.Minute)
			before := h.running(t)
			h.must(t, "PUT /services/shop/aliases/live", tt.alias)
			require.Equal(t, before, h.running(t), "the new version's have to start first")
			h.advance(t, time.Minute)
			require.Equal(t, tt.want, h.running(t))
			require.Equal(t, fmt.Sprintf("%d/%d", tt.target, tt.target), h.provisioned(t))
		})
	}
}

func TestProvision_NothingRunsAVersionThatIsGone(t *testing.T) {
	t.Parallel()
	h := published(t)
	h.must(t, "PUT "+provisionLive, `{"target":2}`)
	h.must(t, "PUT /services/shop/aliases/live", `{"additionalVersionWeight":{"2":0.5}}`)
	h.advance(t, time.Minute)
	require.Equal(t, "1 2", h.running(t))
	h.must(t, "DELETE /services/shop/versions/2", "")
	h.advance(t, time.Minute)
	require.Equal(t, "1", h.running(t), "the alias still gives the other half to a version that is gone")
	require.Equal(t, "1/2", h.provisioned(t))
}

func TestProvision_ListsAreKeptOrCleared(t *testing.T) {
	t.Parallel()
	h := published(t)
	rules := `"scheduledActions":[{"name":"a","target":5,"startTime":"2026-11-02T00:00:00Z","endTime":"2026-12-02T00:00:00Z","scheduleExpression":"cron(0 30 8 * * *)"}],
		"targetTrackingPolicies":[{"name":"p","metricType":"ProvisionedConcurrencyUtilization","metricTarget":0.6,"minCapacity":1,"maxCapacity":10}]`
	put := h.must(t, "PUT "+provisionLive, `{"target":2,`+rules+`,"alwaysAllocateCPU":true}`)
	var want map[string]any
	require.NoError(t, json.Unmarshal([]byte(`{`+rules+`}`), &want))
	same := func(g got, wantActions, wantPolicies any) {
		t.Helper()
		var read map[string]any
		require.NoError(t, json.Unmarshal(g.raw, &read))
		require.Equal(t, wantActions, read["scheduledActions"])
		require.Equal(t, wantPolicies, read["targetTrackingPolicies"])
	}
	same(put, want["scheduledActions"], want["targetTrackingPolicies"])
	kept := h.must(t, "PUT "+provisionLive, `{"target":3,"scheduledActions":null}`, "If-Match", put.header.Get("ETag"))
	same(kept, want["scheduledActions"], want["targetTrackingPolicies"])
	same(h.must(t, "PUT "+provisionLive, `{"target":3,"scheduledActions":[]}`), []any{}, want["targetTrackingPolicies"])
	cleared := h.must(t, "PUT "+provisionLive, `{"target":3,"targetTrackingPolicies":[]}`)
	same(cleared, []any{}, []any{})
	require.Equal(t, true, cleared.body["alwaysAllocateCPU"])
	require.NotEqual(t, put.header.Get("ETag"), kept.header.Get("ETag"))
}

func TestProvision_PoliciesNeedMetrics(t *testing.T) {
	t.Parallel()
	h := published(t)
	h.must(t, "PUT /services/shop", `{"logConfig":{"project":"p","logstore":"l"}}`)
	policy := `{"target":1,"targetTrackingPolicies":[{"name":"p","metricType":"ProvisionedConcurrencyUtilization","metricTarget":0.6,"minCapacity":1,"maxCapacity":10}]}`
	require.Equal(t, "Target tracking policy required instance metrics enabled.", h.send(t, "PUT "+provisionLive, policy).refusedBy(t, codeMetricsRequired))
	h.must(t, "PUT /services/shop", `{"logConfig":{"project":"p","logstore":"l","enableInstanceMetrics":true}}`)
	h.must(t, "PUT "+provisionLive, policy)
}

func TestProvision_Schedules(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		action string
		at     map[time.Duration]string // targets by the time since 08:00
	}{
		"once": {
			`{"name":"a","target":5,"scheduleExpression":"at(2026-11-02T08:10:00Z)"}`,
			map[time.Duration]string{10*time.Minute - time.Second: "2", 10 * time.Minute: "5", 48 * time.Hour: "5"},
		},
		"once, and past": {
			`{"name":"a","target":5,"scheduleExpression":"at(2026-11-02T07:00:00Z)"}`,
			map[time.Duration]string{time.Hour: "2"},
		},
		"daily": {
			`{"name":"a","target":5,"scheduleExpression":"cron(0 30 8 * * *)"}`,
			map[time.Duration]string{29 * time.Minute: "2", 30 * time.Minute: "5"},
		},
		"not before its beginning": {
			`{"name":"a","target":5,"startTime":"2026-11-03T00:00:00Z","scheduleExpression":"cron(0 30 8 * * *)"}`,
			map[time.Duration]string{24*time.Hour + 29*time.Minute: "2", 24*time.Hour + 30*time.Minute: "5"},
		},
		"at its beginning": {
			`{"name":"a","target":5,"startTime":"2026-11-02T08:30:00Z","scheduleExpression":"cron(0 30 8 * * *)"}`,
			map[time.Duration]string{30 * time.Minute: "5"},
		},
		"not after its end": {
			`{"name":"a","target":5,"endTime":"2026-11-02T08:30:00Z","scheduleExpression":"cron(0 30 8 * * *)"}`,
			map[time.Duration]string{48 * time.Hour: "2"},
		},
		"one after another": {
			`{"name":"a","target":5,"scheduleExpression":"cron(0 10 * * * *)"},{"name":"b","target":1,"scheduleExpression":"cron(0 20 * * * *)"}`,
			map[time.Duration]string{10 * time.Minute: "5", 19 * time.Minute: "5", 20 * time.Minute: "1", 70 * time.Minute: "5"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for after, target := range tt.at {
				h := published(t)
				h.must(t, "PUT "+provisionLive, `{"target":2,"scheduledActions":[`+tt.action+`]}`)
				h.advance(t, after)
				require.Equal(t, target, fmt.Sprint(h.must(t, "GET "+provisionLive, "").body["target"]), after)
			}
		})
	}
}

func TestProvision_Policies(t *testing.T) {
	t.Parallel()
	const policy = `"name":"p","metricType":"ProvisionedConcurrencyUtilization","metricTarget":0.5,"minCapacity":4,"maxCapacity":40`
	for name, tt := range map[string]struct {
		target  int
		policy  string
		busy    float64 // below 0 is unknown
		minutes int
		want    string
	}{
		"not before the minute":        {20, policy, 15, 0, "20"},
		"up at once":                   {20, policy, 15, 1, "30"},
		"up, not above the most":       {20, policy, 30, 1, "40"},
		"down by a tenth":              {20, policy, 5, 1, "18"},
		"down by at least one":         {6, policy, 1, 1, "5"},
		"down to where it is right":    {20, policy, 9.5, 2, "19"},
		"down, not below the least":    {20, policy, 0, 60, "4"},
		"an unknown load stays":        {20, policy, -1, 60, "20"},
		"an unknown load within":       {2, policy, -1, 1, "4"},
		"not before its beginning":     {20, policy + `,"startTime":"2026-11-02T08:05:00Z"`, 15, 4, "20"},
		"from its beginning":           {20, policy + `,"startTime":"2026-11-02T08:05:00Z"`, 15, 5, "30"},
		"not at its end":               {20, policy + `,"endTime":"2026-11-02T08:01:00Z"`, 15, 60, "20"},
		"the greatest of two policies": {20, policy + `},{"name":"q","metricType":"ProvisionedConcurrencyUtilization","metricTarget":0.25,"minCapacity":0,"maxCapacity":100`, 15, 1, "60"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := published(t)
			h.must(t, "PUT "+provisionLive, fmt.Sprintf(`{"target":%d,"targetTrackingPolicies":[{%s}]}`, tt.target, tt.policy))
			if tt.busy >= 0 {
				require.NoError(t, h.sim.SetLoad(Load{Service: "shop", Alias: "live", Function: "web", Busy: tt.busy}))
			}
			h.advance(t, time.Duration(tt.minutes)*time.Minute+30*time.Second)
			require.Equal(t, tt.want, fmt.Sprint(h.must(t, "GET "+provisionLive, "").body["target"]))
		})
	}
}

func TestProvision_ManyFiringsAreBounded(t *testing.T) {
	t.Parallel()
	h := published(t)
	h.must(t, "PUT "+provisionLive, `{"target":1,"scheduledActions":[
		{"name":"a","target":1,"scheduleExpression":"cron(*/2 * * * * *)"},{"name":"b","target":2,"scheduleExpression":"cron(1/2 * * * * *)"}]}`)
	h.advance(t, 10*365*24*time.Hour)
	h.advance(t, time.Hour)
	require.Contains(t, []string{"1", "2"}, fmt.Sprint(h.must(t, "GET "+provisionLive, "").body["target"]))
}

// When an action fires next is remembered; the answer is the one that is worked out anew.
func TestScheduledAction_WhatIsRememberedIsRight(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		remembering := scheduledAction{
			Name: "a", StartTime: rapid.SampledFrom([]string{"", "2026-11-02T09:00:00Z"}).Draw(t, "start"),
			EndTime: rapid.SampledFrom([]string{"", "2026-11-02T11:30:00Z"}).Draw(t, "end"),
			ScheduleExpression: rapid.SampledFrom([]string{
				"cron(0 */7 * * * *)", "cron(0 0 10 * * *)", "cron(0 0 0 30 2 *)", "at(2026-11-02T10:00:00Z)", "at(2020-01-01T00:00:00Z)",
			}).Draw(t, "schedule"),
		}
		for _, minutes := range rapid.SliceOfN(rapid.IntRange(-60, 600), 1, 20).Draw(t, "minutes") {
			after := start().Add(time.Duration(minutes) * time.Minute)
			anew := remembering
			anew.known = nil
			if want, got := anew.next(after), remembering.next(after); !want.Equal(got) {
				t.Fatalf("after %v it fires at %v, not at %v", after, want, got)
			}
		}
	})
}

func TestProvision_Lists(t *testing.T) {
	t.Parallel()
	h := published(t)
	h.must(t, "POST /services/shop/aliases", `{"aliasName":"test","versionId":"2"}`)
	h.must(t, "PUT /services/shop.test/functions/web/provision-config", `{"target":1}`)
	h.must(t, "PUT "+provisionLive, `{"target":2}`)
	resources := func(query string) string {
		return strings.Join(h.must(t, "GET /provision-configs?"+query, "").names("provisionConfigs", "resource"), " ")
	}
	const live, test = DefaultAccountID + "#shop#live#web", DefaultAccountID + "#shop#test#web"
	require.Equal(t, live+" "+test, resources(""))
	require.Equal(t, live+" "+test, resources("serviceName=shop&qualifier="))
	require.Equal(t, test, resources("serviceName=shop&qualifier=test"))
	require.Empty(t, resources("serviceName=other"))
	first := h.must(t, "GET /provision-configs?limit=1", "")
	require.Equal(t, test, first.text("nextToken"))
	require.Equal(t, test, resources("limit=1&nextToken="+strings.ReplaceAll(test, "#", "%23")))
	h.must(t, "DELETE /services/shop/aliases/test", "")
	require.Equal(t, live, resources(""), "it goes with its alias")
	h.send(t, "GET /services/shop.test/functions/web/provision-config", "").refusedBy(t, codeAliasNotFound)
}

func TestSetLoad_Refusals(t *testing.T) {
	t.Parallel()
	h := published(t)
	require.ErrorIs(t, h.sim.SetLoad(Load{Service: "shop", Alias: "live", Function: "web"}), ErrNoSuchProvision)
	require.ErrorIs(t, h.sim.SetLoad(Load{Service: "other"}), ErrNoSuchProvision)
	require.ErrorContains(t, h.sim.SetLoad(Load{Busy: -1}), "must be 0 or more")
	require.Equal(t, http.StatusNotFound, statusOf(ErrNoSuchProvision))
}

// TestProvision_AlwaysArrives draws targets and weights: whatever happened before, the instances
// are in the end those that the alias wants, and never more than both numbers on the way.
func TestProvision_AlwaysArrives(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		h := direct(t).published(t)
		most := 0
		for range rapid.IntRange(1, 5).Draw(t, "steps") {
			target := rapid.IntRange(0, 12).Draw(t, "target")
			weight := rapid.Float64Range(0, 1).Draw(t, "weight")
			most = max(most, target)
			h.must(t, "PUT "+provisionLive, fmt.Sprintf(`{"target":%d}`, target))
			h.must(t, "PUT /services/shop/aliases/live", fmt.Sprintf(`{"versionId":"%d","additionalVersionWeight":{"2":%v}}`, rapid.IntRange(1, 2).Draw(t, "version"), weight))
			h.advance(t, time.Duration(rapid.IntRange(0, 8000).Draw(t, "milliseconds"))*time.Millisecond)
			require.LessOrEqual(t, len(strings.Fields(h.running(t))), most)
		}
		h.advance(t, time.Minute)
		p := h.sim.st.Services["shop"].Provisions["live/web"]
		require.Len(t, p.Instances, p.Target)
		_, lacks, surplus := p.next(h.sim.st.Services["shop"])
		require.False(t, lacks)
		require.Equal(t, -1, surplus)
		require.True(t, p.Due.IsZero())
	})
}
