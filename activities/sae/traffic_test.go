package sae

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"slipway/release"
	"slipway/saeclient"
	"slipway/saesim"
)

const releaseID = "r-abcdefghij234567"

// onHeader sends requests with a header of the given value to the gray instances.
func onHeader(value string) release.Traffic {
	return release.Traffic{SpringCloud: []release.TrafficRule{{
		Path: "/orders", Condition: "OR",
		Items: []release.TrafficItem{{Type: "header", Name: "x-canary", Operator: "rawvalue", Cond: "==", Value: value}},
	}}}
}

// setRoute gives the application a gray rule of its own, which knows more than Slipway
// writes.
func (h *host) setRoute(t tester) {
	t.Helper()
	_, err := h.client.CreateGreyTagRoute(t.Context(), &saeclient.CreateGreyTagRouteInput{
		AppID: h.app.ID, Name: "by-hand", Description: new("the team's own"),
		DubboRules: []saeclient.DubboRule{{
			ServiceName: "com.shop.Orders", MethodName: "place", Group: "g", Version: "1", Condition: "AND",
			Items: []saeclient.DubboItem{{Index: 1, Expr: ".id", Operator: saeclient.OperatorPercentage, Cond: "<=", Value: "10"}},
		}},
	})
	require.NoError(t, err)
}

// routeNow is the gray rule as the platform has it; nil for none.
func (h *host) routeNow(t tester) *saeclient.ListGreyTagRouteDataResult {
	t.Helper()
	out, err := h.client.ListGreyTagRoute(t.Context(), &saeclient.ListGreyTagRouteInput{AppID: h.app.ID})
	require.NoError(t, err)
	if len(out.Data.Result) == 0 {
		return nil
	}
	r := out.Data.Result[0]
	r.UpdateTime = time.Time{}
	return &r
}

func (h *host) kept(t tester) *release.KeptTraffic {
	t.Helper()
	return h.snapshot(t, func(in *release.SnapshotInput) { in.Traffic = true }).Traffic
}

func (h *host) applyTraffic(kept *release.KeptTraffic, override bool) error {
	_, err := do[struct{}](h, release.VerbApplyTraffic, release.ApplyTrafficInput{
		App: h.app, ReleaseID: releaseID, Traffic: onHeader("1"), Kept: kept, Override: override,
	})
	return err
}

func (h *host) clearTraffic(t tester, kept *release.KeptTraffic) bool {
	t.Helper()
	return must[release.ClearTrafficResult](t, h, release.VerbClearTraffic, release.ClearTrafficInput{
		App: h.app, ReleaseID: releaseID, Traffic: onHeader("1"), Kept: kept,
	}).Foreign
}

// TestTrafficComesAndGoes with and without a rule of the application's own, whatever
// answer is lost.
func TestTrafficComesAndGoes(t *testing.T) {
	t.Parallel()
	for _, own := range []bool{false, true} {
		for _, operation := range []string{"", "ListGreyTagRoute", "CreateGreyTagRoute", "UpdateGreyTagRoute", "DeleteGreyTagRoute"} {
			for _, kind := range []saesim.FaultKind{saesim.FaultDropBefore, saesim.FaultDropAfter, saesim.FaultTruncate, saesim.FaultErrorAfter} {
				t.Run(operation+" "+string(kind), func(t *testing.T) {
					t.Parallel()
					h := newHost(t)
					if own {
						h.setRoute(t)
					}
					kept, before := h.kept(t), h.routeNow(t)
					require.Equal(t, own, kept != nil)
					trouble := func() {
						if operation != "" {
							h.fault(t, saesim.Fault{Kind: kind, Operation: operation})
						}
					}
					trouble()
					require.NoError(t, h.applyTraffic(kept, false))
					now := h.routeNow(t)
					require.Equal(t, map[bool]string{false: "slipway-" + releaseID, true: "by-hand"}[own], now.Name)
					require.Contains(t, now.Description, releaseID)
					require.Equal(t, "1", now.ScRules[0].Items[0].Value)
					require.Empty(t, now.DubboRules)

					require.NoError(t, h.sim.ClearFaults())
					trouble()
					require.False(t, h.clearTraffic(t, kept))
					require.NoError(t, h.sim.ClearFaults())
					require.Equal(t, before, h.routeNow(t), "as it was")
					require.False(t, h.clearTraffic(t, kept), "again is nothing new")
					require.Equal(t, before, h.routeNow(t))
				})
			}
		}
	}
}

func TestTrafficIsAppliedOnce(t *testing.T) {
	t.Parallel()
	for _, own := range []bool{false, true} {
		h := newHost(t)
		if own {
			h.setRoute(t)
		}
		kept := h.kept(t)
		require.NoError(t, h.applyTraffic(kept, false))
		h.sim.ResetCalls()
		h.freezeFrom, h.asked = 1, 0
		require.NoError(t, h.applyTraffic(kept, false), "what is in force is not frozen")
		require.Equal(t, map[string]int{"ListGreyTagRoute": 1}, h.sim.Calls().Operations)
	}
}

func TestAFreezeHoldsTrafficAndNotItsEnd(t *testing.T) {
	t.Parallel()
	for _, own := range []bool{false, true} {
		h := newHost(t)
		if own {
			h.setRoute(t)
		}
		kept, before := h.kept(t), h.routeNow(t)
		h.freezeFrom = 1
		require.Equal(t, release.FaultFrozen, faultOfVerb(h.applyTraffic(kept, false)))
		require.Equal(t, before, h.routeNow(t))
		require.NoError(t, h.applyTraffic(kept, true))
		asked := h.asked
		require.False(t, h.clearTraffic(t, kept))
		require.Equal(t, before, h.routeNow(t))
		require.Equal(t, asked, h.asked)
	}
}

// TestWhatSomebodyElseSetStays: a rule that is neither the release's nor the one it keeps.
func TestWhatSomebodyElseSetStays(t *testing.T) {
	t.Parallel()
	edit := func(t *testing.T, h *host) {
		t.Helper()
		_, err := h.client.UpdateGreyTagRoute(t.Context(), &saeclient.UpdateGreyTagRouteInput{
			GreyTagRouteID: h.routeNow(t).GreyTagRouteID, ScRules: rulesOf(onHeader("theirs")).SpringCloud,
		})
		require.NoError(t, err)
	}
	remove := func(t *testing.T, h *host) {
		t.Helper()
		_, err := h.client.DeleteGreyTagRoute(t.Context(), &saeclient.DeleteGreyTagRouteInput{GreyTagRouteID: h.routeNow(t).GreyTagRouteID})
		require.NoError(t, err)
	}
	t.Run("changed before", func(t *testing.T) {
		t.Parallel()
		h := newHost(t)
		h.setRoute(t)
		kept := h.kept(t)
		edit(t, h)
		theirs := h.routeNow(t)
		require.Equal(t, release.FaultInvalid, faultOfVerb(h.applyTraffic(kept, false)))
		require.Equal(t, theirs, h.routeNow(t))
		require.True(t, h.clearTraffic(t, kept))
		require.Equal(t, theirs, h.routeNow(t))
	})
	t.Run("made before", func(t *testing.T) {
		t.Parallel()
		h := newHost(t)
		h.setRoute(t)
		theirs := h.routeNow(t)
		require.Equal(t, release.FaultInvalid, faultOfVerb(h.applyTraffic(nil, false)))
		require.True(t, h.clearTraffic(t, nil))
		require.Equal(t, theirs, h.routeNow(t))
	})
	t.Run("changed while the release used it", func(t *testing.T) {
		t.Parallel()
		h := newHost(t)
		h.setRoute(t)
		kept := h.kept(t)
		require.NoError(t, h.applyTraffic(kept, false))
		edit(t, h)
		theirs := h.routeNow(t)
		require.True(t, h.clearTraffic(t, kept))
		require.Equal(t, theirs, h.routeNow(t))
	})
	t.Run("removed while the release used it", func(t *testing.T) {
		t.Parallel()
		h := newHost(t)
		h.setRoute(t)
		kept := h.kept(t)
		require.NoError(t, h.applyTraffic(kept, false))
		remove(t, h)
		require.True(t, h.clearTraffic(t, kept))
		require.Nil(t, h.routeNow(t))
	})
	t.Run("removed before, and the release made one", func(t *testing.T) {
		t.Parallel()
		h := newHost(t)
		h.setRoute(t)
		kept := h.kept(t)
		remove(t, h)
		require.NoError(t, h.applyTraffic(kept, false))
		require.True(t, h.clearTraffic(t, kept))
		require.Nil(t, h.routeNow(t), "somebody wanted none")
	})
	t.Run("another in place of the release's", func(t *testing.T) {
		t.Parallel()
		h := newHost(t)
		require.NoError(t, h.applyTraffic(nil, false))
		remove(t, h)
		h.setRoute(t)
		require.True(t, h.clearTraffic(t, nil))
		require.Equal(t, "by-hand", h.routeNow(t).Name)
	})
}

// TestWhatADeadReleaseLeftIsNotTheApplicationsOwn: a terminated workflow clears nothing.
func TestWhatADeadReleaseLeftIsNotTheApplicationsOwn(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	_, err := do[struct{}](h, release.VerbApplyTraffic, release.ApplyTrafficInput{App: h.app, ReleaseID: "r-dead", Traffic: onHeader("dead")})
	require.NoError(t, err)
	require.Nil(t, h.kept(t))
	require.NoError(t, h.applyTraffic(nil, false))
	require.Equal(t, "slipway-"+releaseID, h.routeNow(t).Name)
	require.False(t, h.clearTraffic(t, nil))
	require.Nil(t, h.routeNow(t))
}

// TestTrafficWaitsWhileAnOrderRuns: SAE refuses changes of a rule then.
func TestTrafficWaitsWhileAnOrderRuns(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	h.setRoute(t)
	kept, before := h.kept(t), h.routeNow(t)
	h.deploy(t, image2, inOneBatch, 0)
	require.NoError(t, h.applyTraffic(kept, false))
	h.deploy(t, image3, inOneBatch, 0)
	require.False(t, h.clearTraffic(t, kept))
	require.Equal(t, before, h.routeNow(t))
}

func TestDeployingWithTrafficSwitchesItOn(t *testing.T) {
	t.Parallel()
	for _, traffic := range []bool{false, true} {
		h := newHost(t)
		must[release.Change](t, h, release.VerbBeginRollout, release.BeginRolloutInput{
			App: h.app, Artifact: release.Artifact{Image: image2}, Token: "slipway:r-test:rollout", Traffic: traffic,
		})
		config, err := h.client.DescribeApplicationConfig(t.Context(), &saeclient.DescribeApplicationConfigInput{AppID: h.app.ID})
		require.NoError(t, err)
		require.Equal(t, traffic, config.Data.EnableGreyTagRoute)
	}
}

func TestRulesAreTranslated(t *testing.T) {
	t.Parallel()
	item := release.TrafficItem{Type: "cookie", Name: "c", Operator: "percent", Cond: "<=", Value: "30"}
	rules := rulesOf(release.Traffic{
		SpringCloud: []release.TrafficRule{{Path: "/a", Condition: "AND", Items: []release.TrafficItem{item}}},
		Dubbo: []release.DubboTrafficRule{{
			ServiceName: "s", MethodName: "m", Group: "g", Version: "v", Condition: "OR",
			Items: []release.DubboTrafficItem{{Index: 2, Expr: ".x", Operator: "deterministic_proportional_steaming_division", Cond: ">", Value: "1"}},
		}},
		ALB: []release.ALBTrafficRule{{
			IngressID: 23, ServiceName: "s-1", Condition: "AND",
			Items: []release.TrafficItem{{Type: "sourceIp", Operator: "rawvalue", Cond: "==", Value: "192.0.2.1"}},
		}},
	})
	const percentage = "deterministic_proportional_steaming_division"
	require.Equal(t, trafficRules{
		SpringCloud: []saeclient.SpringCloudRule{{Path: "/a", Condition: "AND", Items: []saeclient.SpringCloudItem{
			{Type: "cookie", Name: "c", Operator: percentage, Cond: "<=", Value: "30"},
		}}},
		Dubbo: []saeclient.DubboRule{{ServiceName: "s", MethodName: "m", Group: "g", Version: "v", Condition: "OR", Items: []saeclient.DubboItem{
			{Index: 2, Expr: ".x", Operator: percentage, Cond: ">", Value: "1"},
		}}},
		ALB: []saeclient.ALBRule{{IngressID: "23", ServiceName: "s-1", Condition: "AND", Items: []saeclient.ALBItem{
			{Type: "sourceIp", Operator: "rawvalue", Cond: "==", Value: "192.0.2.1"},
		}}},
	}, rules)
}

// TestALBRulesAreServed over HTTP: the parameter is not in the reference's own chapter.
func TestALBRulesAreServed(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	in := release.ApplyTrafficInput{App: h.app, ReleaseID: releaseID, Traffic: release.Traffic{ALB: []release.ALBTrafficRule{{
		IngressID: 23, ServiceName: "s-1", Condition: "AND",
		Items: []release.TrafficItem{{Type: "sourceIp", Operator: "rawvalue", Cond: "==", Value: "192.0.2.1"}},
	}}}}
	must[struct{}](t, h, release.VerbApplyTraffic, in)
	require.Equal(t, "23", h.routeNow(t).AlbRules[0].IngressID)
	h.sim.ResetCalls()
	must[struct{}](t, h, release.VerbApplyTraffic, in)
	require.Equal(t, map[string]int{"ListGreyTagRoute": 1}, h.sim.Calls().Operations, "it is recognized as it is read back")
}

func TestNamesOfGrayRules(t *testing.T) {
	t.Parallel()
	operation, _ := saeclient.LookupOperation("CreateGreyTagRoute")
	param, _ := operation.Param("Name")
	for id, want := range map[string]string{
		releaseID:                "slipway-" + releaseID,
		"R-Upper_Case.":          "slipway-r-upper-case",
		strings.Repeat("x-", 60): "slipway-" + strings.Repeat("x-", 27) + "x",
		"":                       "slipway",
	} {
		require.Equal(t, want, routeName(id))
		require.NoError(t, param.Check(want))
		require.LessOrEqual(t, len([]rune(routeDescription(id))), 64)
	}
}
