package fc_test

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"slipway/activities/fc/fcworld"
	"slipway/activities/platform/platformtest"
	"slipway/cloudapi"
	"slipway/fcclient"
	"slipway/release"
)

// TestRollout_ARejectedVersionIsReleasedAgain: nothing has changed in LATEST since it was published, so
// that the version is used again, with the steps of the new release, whatever answer is lost.
func TestRollout_ARejectedVersionIsReleasedAgain(t *testing.T) {
	t.Parallel()
	for call := range 3 {
		for _, loss := range append(platformtest.Losses(), "") {
			if loss == "" != (call == 0) {
				continue
			}
			t.Run(fmt.Sprint(call, loss), func(t *testing.T) {
				t.Parallel()
				h := newHost(t, 2)
				q := release.ReleaseQuestion{Artifact: h.Artifact(2), Strategy: gray(5, 30)}
				first := h.release("r-1", q)
				h.abort(first)
				require.Equal(t, "1", h.alias().VersionID)

				q.Strategy = gray(10, 20, 40)
				in := h.rollout("r-2", q)
				h.Changes, h.Changing = 0, map[int]platformtest.Loss{call: loss}
				again := h.begin(in)
				require.Equal(t, first.ID, again.ID, "the version is the one that there is")
				require.Equal(t, map[string]float64{"2": 0.1}, h.alias().AdditionalVersionWeight)
				require.Equal(t, []string{"1", "2"}, h.Truth().Changes)
				require.Equal(t, 2, min(h.Changes, 2), "an attempt to publish and a step")
				own := h.snapshot(release.SnapshotInput{Token: in.Token})
				require.Nil(t, own.Busy)
				require.Equal(t, again.ID, own.Own.Identity())
				seen := release.Observation{}
				for i, share := range []int{20, 40, 100} {
					seen = h.observe(again, seen)
					require.Equal(t, release.ChangeAwaitingConfirm, seen.State)
					require.Len(t, seen.Batches, 4)
					h.confirm(again, i+1)
					require.Equal(t, share, h.Truth().Shares[2])
				}
				require.Equal(t, release.ChangeSucceeded, h.observe(again, seen).State)
			})
		}
	}
}

// begin begins a release as a workflow does.
func (h *host) begin(in release.BeginRolloutInput) release.Change {
	h.t.Helper()
	for range 10 {
		change, err := platformtest.Try[release.Change](h.Harness, release.VerbBeginRollout, in,
			release.FaultConflict, release.FaultAmbiguous, release.FaultDeclined, platformtest.FaultDeath)
		switch platformtest.FaultOf(err) { //nolint:exhaustive // the others end it
		case "":
			return change
		case release.FaultDeclined:
			in, _ = in.Retried().(release.BeginRolloutInput)
		case release.FaultAmbiguous, platformtest.FaultDeath:
			found := must[release.FoundChange](h, release.VerbFindChange, release.FindChangeInput{
				App: h.App(), Verb: release.VerbBeginRollout, Token: in.Token, Mark: in.Mark, Since: h.Clock.Now(),
			})
			if found.Change != nil {
				return *found.Change
			}
		default:
			require.NoError(h.t, err)
		}
	}
	require.Fail(h.t, "it never begins")
	return release.Change{}
}

// TestRollout_BeginsFromWhatServes: what a rejected release has left in LATEST does not come along, and
// nothing that a release does not name is another one after it.
func TestRollout_BeginsFromWhatServes(t *testing.T) {
	t.Parallel()
	h := newHost(t, 0)
	before := h.function("1")
	rejected := h.release("r-1", release.ReleaseQuestion{Artifact: h.Artifact(2), Strategy: gray(5), Config: &release.Config{
		Variables: []release.Variable{{Name: "BAD", Value: new("1")}},
		Platform: release.Parameters{
			"timeout": json.RawMessage(`7`), "initializer": json.RawMessage(`"a.b"`), "layers": json.RawMessage(`["acs:fc:x"]`),
			"customHealthCheckConfig": json.RawMessage(`{"httpGetUrl":"/x"}`),
		},
	}})
	h.abort(rejected)
	require.Equal(t, 7, h.function("").Timeout, "LATEST has it")

	config := &release.Config{Variables: []release.Variable{{Name: "GOOD", Value: new("1"), Show: true}}}
	snap := h.snapshot(release.SnapshotInput{Release: &release.ReleaseQuestion{Strategy: all(), Config: config}})
	require.Equal(t, []release.Setting{{Name: "variables.GOOD", After: "1"}}, snap.Planned.Settings)
	require.Equal(t, h.Artifact(1).Image, snap.Planned.Artifact.Image)
	change := h.release("r-2", release.ReleaseQuestion{Strategy: all(), Config: config})
	after := h.function(change.ID)
	require.Equal(t, map[string]cloudapi.Secret{"PASSWORD": platformtest.Secret, "GOOD": "1"}, after.EnvironmentVariables)
	after.EnvironmentVariables, after.CreatedTime, after.LastModifiedTime = before.EnvironmentVariables, before.CreatedTime, before.LastModifiedTime
	if c := after.CustomHealthCheckConfig; c != nil {
		require.Equal(t, fcclient.CustomHealthCheckConfig{}, *c, "it is cleared")
		after.CustomHealthCheckConfig = nil
	}
	require.Empty(t, after.Layers)
	after.Layers = before.Layers
	require.Equal(t, before, after)
}

// everyMember is a value of each member of a function, other than the one that it is made with.
func everyMember() map[string]string {
	return map[string]string{
		"customContainerConfig":   `{"image":"registry.example/shop:1","command":"[\"run\"]","args":"[\"--quiet\"]","accelerationType":"Default","instanceID":"cri-1","webServerMode":false}`,
		"layers":                  `["acs:fc:layer"]`,
		"description":             `a function & <more>`,
		"environmentVariables":    `{"PASSWORD":"` + platformtest.Secret + `","EMPTY":"","ODD":"<&> \" 中"}`,
		"handler":                 `main.run`,
		"memorySize":              `1024`,
		"runtime":                 `custom-container`,
		"timeout":                 `77`,
		"initializationTimeout":   `9`,
		"initializer":             `main.init`,
		"caPort":                  `9001`,
		"instanceConcurrency":     `12`,
		"cpu":                     `0.50`,
		"customDNS":               `{"nameServers":["10.0.0.1"],"dnsOptions":[{"name":"ndots","value":"1"}]}`,
		"customHealthCheckConfig": `{"httpGetUrl":"/ready","periodSeconds":3}`,
		"customRuntimeConfig":     `{"command":["run"],"args":["a b"]}`,
		"diskSize":                `10240`,
		"gpuMemorySize":           `2048`,
		"instanceLifecycleConfig": `{"preStop":{"handler":"main.stop","timeout":3}}`,
		"instanceSoftConcurrency": `6`,
		"instanceType":            `fc.gpu.tesla.1`,
	}
}

// TestRollout_KeepsEveryMember that a release does not name, byte for byte, also where LATEST has
// another one meanwhile; and a release that names none of them sends none of them.
func TestRollout_KeepsEveryMember(t *testing.T) {
	t.Parallel()
	op, _ := fcclient.LookupOperation("UpdateFunction")
	params := map[string]string{"serviceName": fcworld.Service, "functionName": fcworld.Function}
	for _, p := range append(op.Params, op.Extra...) {
		if p.In == cloudapi.InBody && p.Name != "code" {
			require.NotEmpty(t, everyMember()[p.Name], "a new member: %s", p.Name)
			params[p.Name] = everyMember()[p.Name]
		}
	}
	h := newHost(t, 0)
	_, err := h.Client.Call(t.Context(), "UpdateFunction", params)
	require.NoError(t, err)
	h.Move(h.Publish(), map[string]float64{})
	read := func(version string) map[string]json.RawMessage {
		text, err := h.Client.Call(t.Context(), "GetFunction", map[string]string{"serviceName": fcworld.Service + version, "functionName": fcworld.Function})
		require.NoError(t, err)
		var members map[string]json.RawMessage
		require.NoError(t, json.Unmarshal(text, &members))
		out := map[string]json.RawMessage{}
		for name := range everyMember() {
			out[name] = members[name]
		}
		return out
	}
	before := read(".2")
	for i, latest := range []map[string]string{nil, {"timeout": "1", "cpu": "2", "layers": "[]", "customDNS": `{"searches":["x"]}`, "description": "other", "environmentVariables": "{}"}} {
		if latest != nil {
			latest["serviceName"], latest["functionName"] = fcworld.Service, fcworld.Function
			_, err := h.Client.Call(t.Context(), "UpdateFunction", latest)
			require.NoError(t, err)
		}
		change := h.release(fmt.Sprint("r-", i), h.image(5+i))
		after := read("." + change.ID)
		require.Contains(t, string(after["customContainerConfig"]), fmt.Sprintf(`"image":"registry.example/shop:%d"`, 5+i))
		require.Contains(t, string(after["customContainerConfig"]), `"webServerMode":false`)
		after["customContainerConfig"] = before["customContainerConfig"]
		require.Equal(t, before, after)
	}
}

// TestRollout_SomebodyWritesInBetween: what is published is read back before it gets any traffic, and an
// ETag tells of a write that came before.
func TestRollout_SomebodyWritesInBetween(t *testing.T) {
	t.Parallel()
	other := fcclient.UpdateFunctionInput{Timeout: new(99)}
	t.Run("between the update and the publishing", func(t *testing.T) {
		t.Parallel()
		h := newHost(t, 0)
		in := h.rollout("r-1", h.image(2))
		h.on("POST", "/versions", func() { h.Update(other) })
		f, text := refused(h, release.VerbBeginRollout, in)
		require.Equal(t, release.FaultInvalid, f)
		require.Contains(t, text, "version 2 is not what was asked for (timeout)")
		require.Equal(t, map[int]int{1: 100}, h.Truth().Shares)
		change := h.release("r-2", h.image(2))
		require.Equal(t, "3", change.ID)
		require.NotEqual(t, 99, h.function("3").Timeout, "the next release takes it back")
	})
	t.Run("a new function before the publishing", func(t *testing.T) {
		t.Parallel()
		h := newHost(t, 0)
		in := h.rollout("r-1", h.image(2))
		h.on("POST", "/versions", func() { h.addFunction() })
		_, text := refused(h, release.VerbBeginRollout, in)
		require.Contains(t, text, "function api")
		require.Equal(t, map[int]int{1: 100}, h.Truth().Shares)
	})
	t.Run("before the update", func(t *testing.T) {
		t.Parallel()
		h := newHost(t, 0)
		in := h.rollout("r-1", h.image(2))
		h.on("PUT", "/functions/web", func() { h.Update(other) })
		change := must[release.Change](h, release.VerbBeginRollout, in)
		require.NotEqual(t, 99, h.function(change.ID).Timeout, "it was read again, and taken back")
		require.Equal(t, []string{"1", "2"}, h.Truth().Changes)
	})
	for name, move := range map[string]func(*host){
		"the alias before its step": func(h *host) { h.Move("1", map[string]float64{"2": 0.5}) },
		"the alias to another one":  func(h *host) { h.Move("2", map[string]float64{}) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHost(t, 0)
			in := h.rollout("r-1", h.image(2))
			h.on("PUT", "/aliases/live", func() { move(h) })
			f, _ := refused(h, release.VerbBeginRollout, in)
			require.Equal(t, release.FaultConflict, f, "it is read again, and judged again")
		})
	}
}

// addFunction adds the function api to LATEST.
func (h *host) addFunction() {
	h.t.Helper()
	_, err := h.Client.CreateFunction(h.t.Context(), &fcclient.CreateFunctionInput{
		ServiceName: fcworld.Service, FunctionName: "api", Runtime: new("custom-container"), Handler: "-",
		CustomContainerConfig: &fcclient.CustomContainerConfig{Image: "registry.example/api:1"},
	})
	require.NoError(h.t, err)
}

// TestRollout_ProvidesInstances whatever answer is lost on the way: they are a part of the change.
func TestRollout_ProvidesInstances(t *testing.T) {
	t.Parallel()
	for call := 1; call <= 4; call++ {
		for _, loss := range platformtest.Losses() {
			t.Run(fmt.Sprint(call, loss), func(t *testing.T) {
				t.Parallel()
				h := newHost(t, 2)
				in := h.rollout("r-1", release.ReleaseQuestion{Artifact: h.Artifact(2), Strategy: all(), Config: &release.Config{Instances: new(3)}})
				h.Changing = map[int]platformtest.Loss{call: loss}
				change := h.begin(in)
				require.GreaterOrEqual(t, h.Changes, call)
				require.Equal(t, 3, h.Truth().Instances)
				require.Equal(t, map[int]int{2: 100}, h.Truth().Shares)
				want := release.Version{ID: change.Version, Artifact: in.Artifact}
				v := must[release.Verification](h, release.VerbVerify, release.VerifyInput{App: h.App(), Want: want, Config: in.Config})
				require.True(t, v.Holds(want), v.Words())
			})
		}
	}
}
