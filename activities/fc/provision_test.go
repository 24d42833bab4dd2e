package fc_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"slipway/activities/fc/fcworld"
	"slipway/activities/platform/platformtest"
	"slipway/fcclient"
	"slipway/release"
)

// TestScaling_TakenAwayAndPutBack: the rules of all functions, whatever their names, with members that are
// newer than the reference, and with the wanted numbers of instances as they are by then.
func TestScaling_TakenAwayAndPutBack(t *testing.T) {
	t.Parallel()
	h := newHost(t, 2)
	h.AddRules()
	h.addFunction()
	h.Move(h.Publish(), map[string]float64{})
	api := func(params map[string]string) {
		params["serviceName"], params["qualifier"], params["functionName"] = fcworld.Service, fcworld.Alias, "api"
		_, err := h.Client.Call(t.Context(), "PutProvisionConfig", params)
		require.NoError(t, err)
	}
	api(map[string]string{
		"target":                 "1",
		"scheduledActions":       `[{"name":"x","startTime":"2027-01-01T00:00:00Z","endTime":"2027-12-31T00:00:00Z","target":5,"scheduleExpression":"cron(0 0 8 * * *)"}]`,
		"targetTrackingPolicies": `[{"name":"x","startTime":"2027-01-01T00:00:00Z","endTime":"2027-12-31T00:00:00Z","metricType":"ProvisionedConcurrencyUtilization","metricTarget":0.5,"minCapacity":1,"maxCapacity":3}]`,
	})
	read := func() (out []string) {
		for p, err := range h.Client.ListProvisionConfigsAll(t.Context(), &fcclient.ListProvisionConfigsInput{ServiceName: new(fcworld.Service)}) {
			require.NoError(t, err)
			p.Current = 0
			text, err := fcclient.Wire(p).MarshalJSON()
			require.NoError(t, err)
			out = append(out, string(text))
		}
		return out
	}
	before := read()
	rules := h.snapshot(release.SnapshotInput{}).ScalingRules
	var names []string
	for _, r := range rules {
		names = append(names, r.Name)
		require.True(t, r.Enabled)
		require.NotEmpty(t, r.Revision)
	}
	require.Equal(t, []string{"api.x", "api.x.targetTrackingPolicies", "web.daily", "web.load"}, names)
	set := func(rules []release.ScalingRule, enable bool) []release.ScalingRule {
		return must[release.SetScalingResult](h, release.VerbSetScaling, release.SetScalingInput{App: h.App(), Rules: rules, Enable: enable, Override: enable}).Rules
	}
	off := set(rules, false)
	for i, r := range off {
		require.Equal(t, release.ScalingRule{Name: rules[i].Name, Revision: rules[i].Revision, Kept: rules[i].Kept}, r)
	}
	require.Empty(t, h.snapshot(release.SnapshotInput{}).ScalingRules)
	require.Equal(t, rules, set(off, true))
	require.Equal(t, before, read())

	require.Len(t, set(nil, false), 4, "no names are all")
	api(map[string]string{"target": "3"})
	require.Len(t, set(off, true), 4)
	require.NotEqual(t, before, read(), "another number of instances stays")
	api(map[string]string{"target": "1"})
	require.Equal(t, before, read())

	require.Empty(t, set([]release.ScalingRule{{Name: "web.gone"}}, true), "of which nothing was kept")
	gone := rules[2]
	gone.Name = "web.gone"
	require.Empty(t, set([]release.ScalingRule{gone}, false), "it was deleted before anything was sent")
	f, text := refused(h, release.VerbSetScaling, release.SetScalingInput{
		App: h.App(), Rules: []release.ScalingRule{{Name: "odd", Kept: json.RawMessage(`{}`)}}, Enable: true,
	})
	require.Equal(t, release.FaultInvalid, f)
	require.Contains(t, text, "scaling rule odd cannot be put back")
}

// TestScaling_OfADeletedFunction: nothing is left to put back.
func TestScaling_OfADeletedFunction(t *testing.T) {
	t.Parallel()
	h := newHost(t, 0)
	h.AddRules()
	rules := h.snapshot(release.SnapshotInput{}).ScalingRules
	for i := range rules {
		rules[i].Name = "api" + rules[i].Name[len(fcworld.Function):]
	}
	out := must[release.SetScalingResult](h, release.VerbSetScaling, release.SetScalingInput{App: h.App(), Rules: rules, Enable: true})
	require.Empty(t, out.Rules)
}

// TestScaling_SomebodyWritesInBetween: what is put back is put beside what has come meanwhile.
func TestScaling_SomebodyWritesInBetween(t *testing.T) {
	t.Parallel()
	h := newHost(t, 2)
	h.AddRules()
	rules := h.snapshot(release.SnapshotInput{}).ScalingRules
	in := release.SetScalingInput{App: h.App(), Rules: rules[:1]}
	h.on("PUT", "/provision-config", func() { h.ChangeRule("web.load") })
	must[release.SetScalingResult](h, release.VerbSetScaling, in)
	now := h.snapshot(release.SnapshotInput{}).ScalingRules
	require.Len(t, now, 1)
	require.NotEqual(t, rules[1].Revision, now[0].Revision, "the change of somebody else stays")
}

// TestScaling_WhatHasChangedIsNotTakenAway: a rule that somebody has changed since it was kept could not be put
// back as it is, be it that they do so right before it is written.
func TestScaling_WhatHasChangedIsNotTakenAway(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(h *host){
		"before":              func(h *host) { h.ChangeRule("web.load") },
		"right before a call": func(h *host) { h.on("GET", "/web/provision-config", func() { h.ChangeRule("web.load") }) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHost(t, 2)
			h.AddRules()
			rules := h.snapshot(release.SnapshotInput{}).ScalingRules
			change(h)
			f, text := refused(h, release.VerbSetScaling, release.SetScalingInput{App: h.App(), Rules: rules})
			require.Equal(t, release.FaultConflict, f)
			require.Contains(t, text, "web.load was changed elsewhere")
			require.Len(t, h.snapshot(release.SnapshotInput{}).ScalingRules, len(rules))
		})
	}
}

// TestRescale_OfWhichFunction: the one that has provisioned instances, where that is one.
func TestRescale_OfWhichFunction(t *testing.T) {
	t.Parallel()
	h := newHost(t, 2)
	rescale := func(n int) release.BeginRescaleInput {
		return release.BeginRescaleInput{App: h.App(), Instances: n, Mark: h.snapshot(release.SnapshotInput{}).Mark}
	}
	asks := rescale(3)
	change := must[release.Change](h, release.VerbBeginRescale, asks)
	require.Equal(t, "p-3-web", change.ID)
	require.Equal(t, release.ChangeSucceeded, h.observe(change, release.Observation{}).State)
	require.NotEmpty(t, h.instances(change.ID))
	sent := h.Changes
	require.Equal(t, change, must[release.Change](h, release.VerbBeginRescale, asks), "an earlier call of the same has done it, and is followed")
	require.Equal(t, release.Change{Nothing: true}, must[release.Change](h, release.VerbBeginRescale, rescale(3)), "there were three before")
	require.Equal(t, sent, h.Changes, "it is so already")
	require.True(t, must[release.AbortRolloutResult](h, release.VerbAbortRollout, release.AbortRolloutInput{App: h.App(), ChangeID: change.ID}).Ended)

	h.addFunction()
	h.Move(h.Publish(), map[string]float64{})
	require.Equal(t, "p-4-web", must[release.Change](h, release.VerbBeginRescale, rescale(4)).ID)
	require.Equal(t, 4, h.snapshot(release.SnapshotInput{}).Instances)
	seen := h.observe(change, release.Observation{})
	require.Equal(t, []any{release.ChangeAborted, "p-4-web"}, []any{seen.State, seen.ReplacedBy}, "another number is wanted now")
	_, err := h.Client.PutProvisionConfig(t.Context(), &fcclient.PutProvisionConfigInput{ServiceName: fcworld.Service, Qualifier: fcworld.Alias, FunctionName: "api", Target: 1})
	require.NoError(t, err)
	f, text := refused(h, release.VerbBeginRescale, rescale(5))
	require.Equal(t, release.FaultInvalid, f)
	require.Contains(t, text, "artifact.part: the service has several functions, and those with provisioned instances are not one (api, web): name the one that is meant")
	asked := func(part string) release.SnapshotInput {
		return release.SnapshotInput{App: h.App(), Rescale: &release.RescaleQuestion{Part: part}}
	}
	_, text = refused(h, release.VerbSnapshot, asked(""))
	require.Contains(t, text, "(api, web): name the one that is meant", "before anything is changed")
	_, text = refused(h, release.VerbSnapshot, asked("pay"))
	require.Contains(t, text, "artifact.part: the version that serves has no function pay: name one of api, web")
	require.Equal(t, []int{4, 1}, []int{h.snapshot(asked("web")).Instances, h.snapshot(asked("api")).Instances})
	require.Equal(t, 5, h.snapshot(release.SnapshotInput{}).Instances, "all of them")
	named := rescale(1)
	named.Part = "web"
	require.Equal(t, "p-1-web", must[release.Change](h, release.VerbBeginRescale, named).ID)
	require.Equal(t, 2, h.snapshot(release.SnapshotInput{}).Instances)
	q := &release.ReleaseQuestion{Artifact: release.Artifact{Image: "registry.example/api:2", Part: "api"}, Strategy: all()}
	require.Equal(t, 1, h.snapshot(release.SnapshotInput{Release: q}).Planned.Instances)

	empty := hostOf(t, platformtest.Setup{Empty: true})
	_, text = refused(empty, release.VerbBeginRescale, release.BeginRescaleInput{App: empty.App(), Instances: 1, Mark: empty.snapshot(release.SnapshotInput{}).Mark})
	require.Contains(t, text, "the first release makes")
}

// TestParts_OfAService: a release brings one function, and every other one is as it was.
func TestParts_OfAService(t *testing.T) {
	t.Parallel()
	h := newHost(t, 0)
	h.addFunction()
	h.Move(h.Publish(), map[string]float64{})
	before := h.snapshot(release.SnapshotInput{}).Version
	require.False(t, before.Artifact.Known(), "which function is meant is not known")
	web := release.ReleaseQuestion{Artifact: release.Artifact{Image: "registry.example/shop:2", Part: "web"}, Strategy: gray(5)}
	rejected := h.release("r-1", web)
	h.abort(rejected)
	api := release.ReleaseQuestion{Artifact: release.Artifact{Image: "registry.example/api:2", Part: "api"}, Strategy: all()}
	require.Contains(t, h.refusals(api), "app.id: a version ships all functions of a service, and LATEST has other ones than version 2, which serves: web")
	web.Strategy, web.Artifact.Image = all(), "registry.example/shop:3"
	h.release("r-2", web)
	change := h.release("r-3", api)
	out, err := h.Client.GetFunction(t.Context(), &fcclient.GetFunctionInput{ServiceName: fcworld.Service, FunctionName: "api", Qualifier: &change.ID})
	require.NoError(t, err)
	require.Equal(t, "registry.example/api:2", out.CustomContainerConfig.Image)
	require.Equal(t, "registry.example/shop:3", h.function(change.ID).CustomContainerConfig.Image)
	v := must[release.Verification](h, release.VerbVerify, release.VerifyInput{App: h.App(), Want: release.Version{ID: change.ID, Artifact: api.Artifact}})
	require.Equal(t, api.Artifact, v.Configured.Artifact)
}

// TestCalls_OfARelease: how many calls each verb makes.
func TestCalls_OfARelease(t *testing.T) {
	t.Parallel()
	h := newHost(t, 2)
	made := map[string]int{}
	count := func(what string, do func()) {
		before := h.Calls
		do()
		made[what] = h.Calls - before
	}
	var snap release.Snapshot
	var change release.Change
	q := release.ReleaseQuestion{Artifact: h.Artifact(2), Strategy: gray(5, 30)}
	count("snapshot", func() { h.snapshot(release.SnapshotInput{}) })
	count("plan", func() { snap = h.snapshot(release.SnapshotInput{Release: &q}) })
	count("begin", func() {
		change = must[release.Change](h, release.VerbBeginRollout, release.BeginRolloutInput{
			App: h.App(), Artifact: q.Artifact, Strategy: q.Strategy, Token: release.Token("r-1", "rollout"), Mark: snap.Mark,
		})
	})
	_, err := h.Advance(time.Minute)
	require.NoError(t, err)
	var seen release.Observation
	count("observe a step", func() { seen = h.observe(change, seen) })
	count("confirm", func() { h.confirm(change, 1) })
	count("abort", func() { h.abort(change) })
	count("observe the end", func() { h.observe(change, seen) })
	count("verify", func() {
		must[release.Verification](h, release.VerbVerify, release.VerifyInput{App: h.App(), Want: release.Version{ID: "1"}})
	})
	require.Equal(t, map[string]int{
		"snapshot": 4, "plan": 9, "begin": 14, "observe a step": 3, "confirm": 2, "abort": 2, "observe the end": 1, "verify": 3,
	}, made)
}

// instances lists the instances of a change.
func (h *host) instances(id string) (found []release.Instance) {
	h.t.Helper()
	h.Ask(func() {
		var err error
		found, err = h.Driver.Instances(h.t.Context(), release.InstancesInput{App: h.App(), ChangeID: id})
		require.NoError(h.t, err)
	})
	return found
}
