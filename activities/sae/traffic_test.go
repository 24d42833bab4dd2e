package sae

import (
	"context"
	"encoding/json"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"slipway/activities/platform/platformtest"
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

// routeText is the answer with the application's gray rule, as the platform gives it.
func (h *host) routeText(t tester) string {
	t.Helper()
	text, err := h.client.Call(t.Context(), "ListGreyTagRoute", map[string]string{"AppId": h.app.ID})
	require.NoError(t, err)
	return string(text)
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
		h.FreezeFrom, h.Asked = 1, 0
		require.NoError(t, h.applyTraffic(kept, false), "what is in force is not frozen")
		require.Equal(t, map[string]int{"ListGreyTagRoute": 1}, h.sim.Calls().Operations)
	}
}

func TestTraffic_AFreezeHoldsTrafficAndNotItsEnd(t *testing.T) {
	t.Parallel()
	for _, own := range []bool{false, true} {
		h := newHost(t)
		if own {
			h.setRoute(t)
		}
		kept, before := h.kept(t), h.routeNow(t)
		h.FreezeFrom = 1
		require.Equal(t, release.FaultFrozen, platformtest.FaultOf(h.applyTraffic(kept, false)))
		require.Equal(t, before, h.routeNow(t))
		require.NoError(t, h.applyTraffic(kept, true))
		asked := h.Asked
		require.False(t, h.clearTraffic(t, kept))
		require.Equal(t, before, h.routeNow(t))
		require.Equal(t, asked, h.Asked)
	}
}

// TestTraffic_WhatSomebodyElseSetStays: a rule that is neither the release's nor the one it keeps.
func TestTraffic_WhatSomebodyElseSetStays(t *testing.T) {
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
		require.Equal(t, release.FaultInvalid, platformtest.FaultOf(h.applyTraffic(kept, false)))
		require.Equal(t, theirs, h.routeNow(t))
		require.True(t, h.clearTraffic(t, kept))
		require.Equal(t, theirs, h.routeNow(t))
	})
	t.Run("made before", func(t *testing.T) {
		t.Parallel()
		h := newHost(t)
		h.setRoute(t)
		theirs := h.routeNow(t)
		require.Equal(t, release.FaultInvalid, platformtest.FaultOf(h.applyTraffic(nil, false)))
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

// TestTraffic_WhatADeadReleaseLeftIsNotTheApplicationsOwn: a terminated workflow clears nothing.
func TestTraffic_WhatADeadReleaseLeftIsNotTheApplicationsOwn(t *testing.T) {
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

// TestTraffic_TheOwnRuleIsWrittenBackAsItWasRead: to the letter, with what means nothing for its
// kind, and without a look at what it says.
func TestTraffic_TheOwnRuleIsWrittenBackAsItWasRead(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	h.setRoute(t)
	const update = "UpdateGreyTagRoute"
	text := h.routeText(t)
	require.Contains(t, text, `"cond":"<="`, "a text that JSON in JSON would be written otherwise")
	kept := h.kept(t)
	// On its way through a history the rule is written as JSON again.
	history, err := json.Marshal(kept)
	require.NoError(t, err)
	kept = new(release.KeptTraffic)
	require.NoError(t, json.Unmarshal(history, kept))

	require.NoError(t, h.applyTraffic(kept, false))
	require.False(t, h.clearTraffic(t, kept))
	require.Len(t, h.sent[update], 3, "the own rule over itself, the release's, the own one again")
	for _, written := range []url.Values{h.sent[update][0], h.sent[update][2]} {
		require.Contains(t, text, `"DubboRules":`+written.Get("DubboRules")+`,`)
		require.Equal(t, "the team's own", written.Get("Description"))
		require.False(t, written.Has("ScRules"))
	}
	require.True(t, h.sent[update][1].Has("ScRules"))
}

// strangeRules are changes of what is read of the application's own rule that
// UpdateGreyTagRoute is not known to take.
func strangeRules() map[string][2]string {
	return map[string][2]string{
		"DubboRules.weight":        {`"condition":"AND"`, `"condition":"AND","weight":3`},
		"DubboRules.items.name":    {`"name":"N/A"`, `"name":"x"`},
		"DubboRules.items.options": {`"index":1`, `"index":1,"options":{"a":["b"]}`},
		"MqRules":                  {`"CreateTime"`, `"MqRules":[{"topic":"t"}],"CreateTime"`},
	}
}

func TestTraffic_ARuleThatCannotBePutBackStopsTheRelease(t *testing.T) {
	t.Parallel()
	for member, change := range strangeRules() {
		t.Run(member, func(t *testing.T) {
			t.Parallel()
			h := newHost(t)
			h.setRoute(t)
			before, kept := h.routeText(t), h.kept(t)
			h.edits["ListGreyTagRoute"] = func(text string) string { return strings.Replace(text, change[0], change[1], 1) }
			fault, text := refusedAs(t, h, release.VerbSnapshot, release.SnapshotInput{App: h.app, Traffic: true})
			require.Equal(t, release.FaultInvalid, fault)
			require.Contains(t, text, "gray rule by-hand could not be put back after the release: UpdateGreyTagRoute takes no "+member)

			inHistory := strings.NewReplacer(`"`, `\"`)
			kept.Rule = json.RawMessage(strings.Replace(string(kept.Rule), inHistory.Replace(change[0]), inHistory.Replace(change[1]), 1))
			err := h.applyTraffic(kept, false)
			require.Equal(t, release.FaultInvalid, platformtest.FaultOf(err))
			require.ErrorContains(t, err, member)
			require.Zero(t, h.Asked)
			require.Empty(t, h.sent["UpdateGreyTagRoute"], "nothing was overwritten")
			require.Equal(t, before, withoutTrace(h.routeText(t), before))
			require.NotEmpty(t, h.snapshot(t, nil).Version, "a release without traffic rules is not concerned")
		})
	}
}

// withoutTrace gives an answer the IDs of another call.
func withoutTrace(text, like string) string {
	data := func(s string) string { return s[strings.Index(s, `"Data"`):] }
	return strings.Replace(like, data(like), data(text), 1)
}

// TestTrafficKeepsRulesOfTwoKinds: an application's own rule may have rules for Spring
// Cloud and for Dubbo, and is put back with both.
func TestTrafficKeepsRulesOfTwoKinds(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	_, err := h.client.Call(t.Context(), "CreateGreyTagRoute", map[string]string{
		"AppId": h.app.ID, "Name": "by-hand",
		"ScRules":    `[{"path":"/a","condition":"AND","items":[{"type":"cookie","name":"c","operator":"rawvalue","value":"1","cond":"=="}]}]`,
		"DubboRules": `[{"serviceName":"s","methodName":"m","condition":"OR","items":[{"index":0,"expr":".x","operator":"mod","value":"100","cond":"=="}]}]`,
	})
	require.NoError(t, err)
	kept, before := h.kept(t), h.routeNow(t)
	require.NoError(t, h.applyTraffic(kept, false))
	require.Empty(t, h.routeNow(t).DubboRules)
	require.False(t, h.clearTraffic(t, kept))
	require.Equal(t, before, h.routeNow(t))
}

// TestSAEIsAskedWhetherItTakesTheRuleBack before the rule is overwritten.
func TestSAEIsAskedWhetherItTakesTheRuleBack(t *testing.T) {
	t.Parallel()
	const percentage = `"operator":"deterministic_proportional_steaming_division"`
	tests := map[string]struct {
		// edit changes what is read; written tells how often a rule was written by then.
		edit func(text string, written int) string
		text string
	}{
		"an operator that it does not take": {
			func(text string, _ int) string { return strings.Replace(text, percentage, `"operator":"regex"`, 1) },
			"SAE does not take the application's gray rule by-hand back as it was read: ",
		},
		"a rule without conditions": {
			func(text string, _ int) string {
				return strings.Replace(text, `"DubboRules"`, `"ScRules":[{"path":"/a","condition":"OR","items":[]}],"DubboRules"`, 1)
			},
			"items is empty",
		},
		"something that it changes": {
			func(text string, written int) string {
				if written == 0 {
					return strings.Replace(text, `"group":"g"`, `"group":"G"`, 1)
				}
				return strings.Replace(text, `"group":"G"`, `"group":"g"`, 1)
			},
			"gray rule by-hand could not be put back after the release: written as it was read",
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHost(t)
			h.setRoute(t)
			h.edits["ListGreyTagRoute"] = func(text string) string { return tt.edit(text, len(h.sent["UpdateGreyTagRoute"])) }
			kept := h.kept(t)
			require.NotNil(t, kept)
			err := h.applyTraffic(kept, false)
			require.Equal(t, release.FaultInvalid, platformtest.FaultOf(err))
			require.ErrorContains(t, err, tt.text)
			require.Len(t, h.sent["UpdateGreyTagRoute"], 1)
			require.NotEmpty(t, h.routeNow(t).DubboRules, "the release's rule was not written")
		})
	}
}

// TestTraffic_TheRuleIsReadBackOnceItWasPutBack.
func TestTraffic_TheRuleIsReadBackOnceItWasPutBack(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		// edit changes what is read once the rule was put back; text is what was read before.
		edit func(text, before string) string
		want release.Fault
		puts int
	}{
		"a look that lags":      {func(_, before string) string { return before }, "", 2},
		"rules of another kind": {func(text, _ string) string { return strings.Replace(text, `"g"`, `"h"`, 1) }, release.FaultUndecidable, 1},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHost(t)
			h.setRoute(t)
			kept, before := h.kept(t), h.routeNow(t)
			require.NoError(t, h.applyTraffic(kept, false))
			ours, looks := h.routeText(t), 0
			h.edits["ListGreyTagRoute"] = func(text string) string {
				if looks++; looks == 2 {
					return tt.edit(text, ours)
				}
				return text
			}
			h.sent["UpdateGreyTagRoute"] = nil
			_, err := do[release.ClearTrafficResult](h, release.VerbClearTraffic, release.ClearTrafficInput{
				App: h.app, ReleaseID: releaseID, Traffic: onHeader("1"), Kept: kept,
			})
			require.Equal(t, tt.want, platformtest.FaultOf(err))
			require.Equal(t, before, h.routeNow(t))
			require.LessOrEqual(t, len(h.sent["UpdateGreyTagRoute"]), tt.puts)
		})
	}
}

// TestTraffic_ALateRuleIsWaitedFor before it is cleared: it would come after its end.
func TestTraffic_ALateRuleIsWaitedFor(t *testing.T) {
	t.Parallel()
	for _, own := range []bool{false, true} {
		h := newHost(t)
		last := 1 // the call that makes the rule, after a look
		if own {
			h.setRoute(t)
			last = 3 // the call that changes it, after the own one was written and read back
		}
		kept, before := h.kept(t), h.routeNow(t)
		h.Calls, h.Late[last] = 0, DefaultSettle-time.Second
		_, err := try[struct{}](h, release.VerbApplyTraffic, release.ApplyTrafficInput{
			App: h.app, ReleaseID: releaseID, Traffic: onHeader("1"), Kept: kept,
		}, release.FaultAmbiguous)
		require.Equal(t, release.FaultAmbiguous, platformtest.FaultOf(err))
		lost := h.sim.Now()
		h.sim.ResetCalls()
		_, err = try[release.ClearTrafficResult](h, release.VerbClearTraffic, release.ClearTrafficInput{
			App: h.app, ReleaseID: releaseID, Traffic: onHeader("1"), Kept: kept, Late: lost,
		})
		require.NoError(t, err)
		require.Equal(t, DefaultSettle, h.sim.Now().Sub(lost))
		h.pass(t, time.Minute)
		require.Equal(t, before, h.routeNow(t))
	}
}

// TestTraffic_ACancelledAttemptChangesNoRule, and what was on the wire is answered.
func TestTraffic_ACancelledAttemptChangesNoRule(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	h.cancelOn = atGuard
	require.Error(t, h.applyTraffic(nil, false))
	require.Equal(t, context.Canceled, h.Cancelled)
	require.Nil(t, h.routeNow(t))
	h.cancelOn = "CreateGreyTagRoute"
	require.NoError(t, h.applyTraffic(nil, false))
	h.cancelOn = "DeleteGreyTagRoute"
	require.False(t, h.clearTraffic(t, nil))
	require.Nil(t, h.routeNow(t))

	h = newHost(t)
	h.setRoute(t)
	kept, before := h.kept(t), h.routeNow(t)
	h.cancelOn = "UpdateGreyTagRoute"
	require.Error(t, h.applyTraffic(kept, false))
	require.Equal(t, context.Canceled, h.Cancelled, "the own rule was written over itself, and the release's not any more")
	require.Equal(t, before, h.routeNow(t))

	h.cancelOn = ""
	require.NoError(t, h.applyTraffic(kept, false))
	h.cancelOn = "UpdateGreyTagRoute"
	require.False(t, h.clearTraffic(t, kept), "what was put back is read back")
	require.Equal(t, before, h.routeNow(t))
}

// TestTraffic_TheOwnRuleDoesNotComeLate over the release's: the next attempt waits for it.
func TestTraffic_TheOwnRuleDoesNotComeLate(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	h.setRoute(t)
	kept := h.kept(t)
	h.Calls, h.Late[1] = 0, DefaultSettle-time.Second
	require.NoError(t, h.applyTraffic(kept, false))
	require.NotEmpty(t, h.routeNow(t).ScRules)
}

// TestTraffic_RulesAreNotChangedWhileAnOrderRuns: the release waits for it by looking. What needs
// no change waits for nothing.
func TestTraffic_RulesAreNotChangedWhileAnOrderRuns(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	h.setRoute(t)
	kept, before := h.kept(t), h.routeNow(t)
	h.deploy(t, image2, inOneBatch, 0)
	require.Equal(t, release.FaultConflict, platformtest.FaultOf(h.applyTraffic(kept, false)))
	require.Equal(t, before, h.routeNow(t))
	require.NoError(t, h.applyTraffic(kept, false))
	h.deploy(t, image3, inOneBatch, 0)
	require.NoError(t, h.applyTraffic(kept, false))
	h.deploy(t, image2, inOneBatch, 0)
	clearing := release.ClearTrafficInput{App: h.app, ReleaseID: releaseID, Traffic: onHeader("1"), Kept: kept}
	fault, _ := refusedAs(t, h, release.VerbClearTraffic, clearing)
	require.Equal(t, release.FaultConflict, fault)
	require.False(t, h.clearTraffic(t, kept))
	require.Equal(t, before, h.routeNow(t))
}

// TestTraffic_WhatAnswersPrintCanBeWritten: the samples of the reference (ch. 19.4) and of the page
// of ListGreyTagRoute print members that mean nothing for their kind.
func TestTraffic_WhatAnswersPrintCanBeWritten(t *testing.T) {
	t.Parallel()
	const item = `"operator":"rawvalue","value":"test","cond":"=="`
	for name, tt := range map[string]struct {
		text string
		rule ruleText
		more string
	}{
		"Spring Cloud": {
			`"ScRules":[{"path":"/path","condition":"OR","items":[{"type":"cookie","name":"test","index":0,"expr":"N/A",` + item + `}]}]`,
			ruleText{"ScRules": `[{"path":"/path","condition":"OR","items":[{"type":"cookie","name":"test","index":0,"expr":"N/A",` + item + `}]}]`},
			"",
		},
		"Dubbo": {
			`"DubboRules":[{"serviceName":"s","group":"DUBBO","version":"1.0.0","methodName":"echo","condition":"OR","items":[{"index":0,"expr":".name","type":"N/A","name":"N/A",` + item + `}]}]`,
			ruleText{"DubboRules": `[{"serviceName":"s","group":"DUBBO","version":"1.0.0","methodName":"echo","condition":"OR","items":[{"index":0,"expr":".name","type":"N/A","name":"N/A",` + item + `}]}]`},
			"",
		},
		"ALB": {
			`"AlbRules":[{"ingressId":"23","serviceName":"s-6366","condition":"AND","items":[{"type":"cookie","name":"n","index":0,"expr":"N/A",` + item + `}]}]`,
			ruleText{"AlbRules": `[{"ingressId":"23","serviceName":"s-6366","condition":"AND","items":[{"type":"cookie","name":"n","index":0,"expr":"N/A",` + item + `}]}]`},
			"",
		},
		"ALB, as another page shows it": {
			`"AlbRules":[{"ingressId":"23","serviceId":"d0ff","condition":"AND","items":[]}]`,
			ruleText{"AlbRules": `[{"ingressId":"23","serviceId":"d0ff","condition":"AND","items":[]}]`},
			"",
		},
		"ALB, with what is not known": {
			`"AlbRules":[{"ingressId":"23","weight":1,"condition":"AND","items":[]}]`,
			ruleText{"AlbRules": `[{"ingressId":"23","weight":1,"condition":"AND","items":[]}]`},
			"AlbRules.weight",
		},
		"JSON as text":      {`"ScRules":"[{\"path\":\"/a\"}]"`, ruleText{"ScRules": `[{"path":"/a"}]`}, ""},
		"what is empty":     {`"ScRules":[],"DubboRules":null,"AlbRules":"","MqRules":[],"Mode":null,"Note":""`, ruleText{"AlbRules": "", "DubboRules": ""}, ""},
		"no list":           {`"ScRules":[["a"]]`, ruleText{"ScRules": `[["a"]]`}, "ScRules"},
		"no JSON":           {`"ScRules":"?"`, ruleText{"ScRules": "?"}, "ScRules of an unknown form"},
		"a value of values": {`"ScRules":[{"path":["/a"]}]`, ruleText{"ScRules": `[{"path":["/a"]}]`}, "ScRules.path"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var members map[string]json.RawMessage
			require.NoError(t, json.Unmarshal([]byte(`{"GreyTagRouteId":1,"Name":"rule-name","Description":"test",`+tt.text+`,"CreateTime":1619007592013,"UpdateTime":1609434061000}`), &members))
			r := routeOf(members)
			tt.rule["Description"] = "test"
			require.Equal(t, tt.rule, r.rule)
			require.Equal(t, []string{"1", "rule-name"}, []string{r.id, r.name})
			if tt.more == "" {
				require.NoError(t, r.writable())
				return
			}
			require.ErrorContains(t, r.writable(), "takes no "+tt.more)
		})
	}
}

func TestTraffic_RulesAreTheSameWhateverBlanksAreBetween(t *testing.T) {
	t.Parallel()
	rule := ruleText{"Description": "d", "ScRules": `[{"path":"/a","items":[{"value":"1"}]}]`}
	require.True(t, rule.same(ruleText{"Description": "d", "ScRules": `[ {"items":[{"value":"1"}], "path":"/a"} ]`, "DubboRules": ""}))
	for _, other := range []ruleText{
		{"Description": "e", "ScRules": rule["ScRules"]},
		{"Description": "d", "ScRules": `[{"path":"/b","items":[{"value":"1"}]}]`},
		{"Description": "d", "ScRules": `[{"path":"/a","items":[{"value":"1"}],"more":1}]`},
		{"Description": "d", "ScRules": rule["ScRules"], "DubboRules": `[{}]`},
		{"Description": "d"},
		nil,
	} {
		require.False(t, rule.same(other), other)
	}
}

func TestTraffic_DeployingWithTrafficSwitchesItOn(t *testing.T) {
	t.Parallel()
	for _, traffic := range []*release.Traffic{nil, {}, new(onHeader("1"))} {
		h := newHost(t)
		must[release.Change](t, h, release.VerbBeginRollout, release.BeginRolloutInput{
			App: h.app, Artifact: release.Artifact{Image: image2}, Token: "slipway:r-test:rollout", Traffic: traffic,
		})
		config, err := h.client.DescribeApplicationConfig(t.Context(), &saeclient.DescribeApplicationConfigInput{AppID: h.app.ID})
		require.NoError(t, err)
		require.Equal(t, !traffic.Empty(), config.Data.EnableGreyTagRoute)
	}
}

func TestTraffic_RulesAreTranslated(t *testing.T) {
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

// TestTraffic_ALBRulesAreServed over HTTP: the parameter is not in the reference's own chapter.
func TestTraffic_ALBRulesAreServed(t *testing.T) {
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

func TestTraffic_NamesOfGrayRules(t *testing.T) {
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
