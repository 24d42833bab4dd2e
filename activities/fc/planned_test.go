package fc_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"slipway/activities/fc/fcworld"
	"slipway/activities/platform/platformtest"
	"slipway/cloudapi"
	"slipway/fcclient"
	"slipway/fcsim"
	"slipway/release"
)

// TestPlanned_Refusals: each is told with its field before anything is changed, by a plan as by the
// beginning of a release.
func TestPlanned_Refusals(t *testing.T) {
	t.Parallel()
	with := func(config release.Config) func(*host) release.ReleaseQuestion {
		return func(h *host) release.ReleaseQuestion {
			return release.ReleaseQuestion{Artifact: h.Artifact(2), Strategy: all(), Config: &config}
		}
	}
	by := func(s release.Strategy) func(*host) release.ReleaseQuestion {
		return func(h *host) release.ReleaseQuestion {
			return release.ReleaseQuestion{Artifact: h.Artifact(2), Strategy: s}
		}
	}
	of := func(a release.Artifact) func(*host) release.ReleaseQuestion {
		return func(*host) release.ReleaseQuestion { return release.ReleaseQuestion{Artifact: a, Strategy: all()} }
	}
	zip := &release.Package{URL: "oss://code/shop.zip", Version: "1"}
	for name, c := range map[string]struct {
		arrange func(*host)
		ask     func(*host) release.ReleaseQuestion
		want    []string
	}{
		"no weights":           {nil, by(gray()), []string{"strategy.weights: says how much"}},
		"weights of all":       {nil, by(release.Strategy{Type: release.StrategyAll, Weights: []int{5}}), []string{"strategy.weights: needs the strategy gray"}},
		"weights that fall":    {nil, by(gray(0, 30, 20, 100)), []string{"strategy.weights[0]", "strategy.weights[2]", "strategy.weights[3]"}},
		"a pace":               {nil, by(release.Strategy{Type: release.StrategyAll, MinReadyInstances: new(1)}), []string{"strategy.minReadyInstances: "}},
		"nothing would change": {nil, of(release.Artifact{Image: "registry.example/shop:1"}), []string{"artifact: nothing would change, version 1"}},
		"nothing of config": {nil, func(*host) release.ReleaseQuestion {
			return release.ReleaseQuestion{Strategy: all(), Config: &release.Config{}}
		}, []string{"nothing would change"}},
		"a package for an image": {nil, of(release.Artifact{Package: zip}), []string{"artifact.package: the function web is of the runtime custom-container and runs no package: give artifact.image"}},
		"a registry":             {nil, of(release.Artifact{Image: "x:1", Registry: &release.Registry{Instance: "cri-1"}}), []string{"artifact.registry: "}},
		"no such function":       {nil, of(release.Artifact{Image: "x:1", Part: "api"}), []string{"artifact.part: the service has no function api: name one of web"}},
		"no such function, gray": {nil, func(*host) release.ReleaseQuestion {
			return release.ReleaseQuestion{Artifact: release.Artifact{Image: "x:1", Part: "api"}, Strategy: gray(5)}
		}, []string{"artifact.part: the service has no function api: name one of web"}},
		"several functions":       {func(h *host) { h.addFunction(); h.Move(h.Publish(), nil) }, of(release.Artifact{Image: "x:1"}), []string{"artifact.part: the service has several functions: name one of api, web"}},
		"a function of LATEST":    {func(h *host) { h.addFunction() }, of(release.Artifact{Image: "x:1", Part: "api"}), []string{"artifact.part: the version that serves has no function api"}},
		"others come along":       {func(h *host) { h.addFunction() }, of(release.Artifact{Image: "x:1", Part: "web"}), []string{"app.id: a version ships all functions", "which serves: api (is new). Release each by itself first (artifact.part)", "slipway api fc GetFunction serviceName=shop --fc-region cn-hangzhou qualifier=1 functionName=NAME"}},
		"the service comes along": {func(h *host) { h.service(fcclient.UpdateServiceInput{Role: new("acs:ram::1:role/x")}) }, by(all()), []string{"app.id: a version ships the settings of its service", "role", "slipway api fc UpdateService"}},
		"the version was deleted": {func(h *host) { h.DeleteVersion("1") }, by(all()), []string{"app.qualifier: version 1, which the alias live points to, was deleted"}},
		"a trigger of LATEST": {func(h *host) { h.trigger("timer", ""); h.trigger("other", "live") }, by(gray(5)), []string{
			"strategy.type: these call LATEST", "trigger timer;",
		}},
		"a route to LATEST": {func(h *host) { h.route("shop.example.com", ""); h.route("live.example.com", "live") }, by(gray(5)), []string{
			"strategy.type: these call LATEST", "route shop.example.com/*;",
		}},
		"a secret":            {nil, with(release.Config{Variables: []release.Variable{{Name: "A", Secret: &release.KeyOf{ID: "1", Key: "k"}}}}), []string{"config.variables[0].secret: "}},
		"probes and the like": {nil, with(release.Config{Probes: &release.Probes{}, Hooks: &release.Hooks{}, Mounts: &release.Mounts{}, Runtime: &release.Runtime{}}), []string{"config.probes", "config.hooks", "config.mounts", "config.runtime"}},
		"odd memory":          {nil, with(release.Config{Resources: &release.Resources{Memory: 100}}), []string{"config.resources.memory: must be a multiple of 64"}},
		"platform settings": {nil, with(release.Config{Platform: release.Parameters{
			"environmentVariables": json.RawMessage(`{}`), "role": json.RawMessage(`"x"`), "nothing": json.RawMessage(`1`), "runtime": json.RawMessage(`"python3"`),
		}}), []string{"config.platform.environmentVariables", "config.platform.role", "config.platform.nothing", "config.platform.runtime: a function cannot change"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHost(t, 1)
			if c.arrange != nil {
				c.arrange(h)
			}
			refused := h.refusals(c.ask(h))
			for _, want := range c.want {
				require.Contains(t, refused, want)
			}
		})
	}
}

func (h *host) service(in fcclient.UpdateServiceInput) {
	h.t.Helper()
	in.ServiceName = fcworld.Service
	_, err := h.Client.UpdateService(h.t.Context(), &in)
	require.NoError(h.t, err)
}

func (h *host) trigger(name, qualifier string) {
	h.t.Helper()
	in := &fcclient.CreateTriggerInput{
		ServiceName: fcworld.Service, FunctionName: fcworld.Function, TriggerName: name, TriggerType: "timer",
		TriggerConfig: json.RawMessage(`{"cronExpression":"@every 5m","enable":true,"payload":"x"}`),
	}
	if qualifier != "" {
		in.Qualifier = &qualifier
	}
	_, err := h.Client.CreateTrigger(h.t.Context(), in)
	require.NoError(h.t, err)
}

func (h *host) route(domain, qualifier string) {
	h.t.Helper()
	_, err := h.Client.CreateCustomDomain(h.t.Context(), &fcclient.CreateCustomDomainInput{
		DomainName: domain, Protocol: new("HTTP"),
		RouteConfig: &fcclient.RouteConfig{Routes: []fcclient.PathConfig{{Path: "/*", ServiceName: fcworld.Service, FunctionName: fcworld.Function, Qualifier: qualifier}}},
	})
	require.NoError(h.t, err)
}

// TestPlanned_TheFirstRelease has no alias yet.
func TestPlanned_TheFirstRelease(t *testing.T) {
	t.Parallel()
	h := hostOf(t, platformtest.Setup{Empty: true})
	require.Contains(t, h.refusals(release.ReleaseQuestion{Artifact: h.Artifact(1), Strategy: gray(5)}), "strategy.type: there is no alias live yet")
	_, text := refused(h, release.VerbSnapshot, release.SnapshotInput{App: h.App(), Rollback: &release.RollbackQuestion{}})
	require.Contains(t, text, "app.qualifier: the service shop has no alias live", "there is no version to return to")
	f, _ := refused(h, release.VerbVerify, release.VerifyInput{App: h.App(), Want: release.Version{ID: "1"}})
	require.Equal(t, release.FaultNotFound, f)
	require.Equal(t, release.ChangeGone, h.observe(release.Change{ID: "1"}, release.Observation{}).State)
	h.release("r-1", release.ReleaseQuestion{Artifact: h.Artifact(0), Strategy: all(), Config: &release.Config{Instances: new(2)}})
	require.Equal(t, map[int]int{0: 100}, h.Truth().Shares, "what LATEST holds already is published")
	require.Equal(t, 2, h.Truth().Instances)
}

// TestSnapshot_OfWhatThereIsNot says the field, what there is, and what to do.
func TestSnapshot_OfWhatThereIsNot(t *testing.T) {
	t.Parallel()
	h := newHost(t, 1)
	h.release("r-2", h.image(2))
	elsewhere := h.App()
	elsewhere.ID = "shops"
	for _, v := range []release.Verb{release.VerbSnapshot, release.VerbAwaitIdle} {
		f, text := refused(h, v, release.SnapshotInput{App: elsewhere, Release: &release.ReleaseQuestion{Artifact: h.Artifact(3), Strategy: all()}})
		require.Equal(t, release.FaultNotFound, f)
		require.Contains(t, text, "app.id: there is no service shops in cn-hangzhou: name one that there is (slipway api fc ListServices --fc-region cn-hangzhou)", v)
	}
	back := func(app release.App, id string) string {
		f, text := refused(h, release.VerbSnapshot, release.SnapshotInput{App: app, Rollback: &release.RollbackQuestion{VersionID: id}})
		require.Equal(t, release.FaultNotFound, f)
		return text
	}
	require.Contains(t, back(h.App(), "99"), "version: the service shop has no version 99; it has 2, 1: name one of them")
	for n := 3; n < 15; n++ {
		h.Elsewhere(n, true)
	}
	require.Contains(t, back(h.App(), "99"), "it has 14, 13, 12, 11, 10, 9, 8, 7, 6, 5 and 4 more: name one of them")
	other := h.App()
	other.Qualifier = "canary"
	require.Contains(t, back(other, "1"), "app.qualifier: the service shop has no alias canary, so that no version serves by it: name another one (slipway api fc ListAliases serviceName=shop --fc-region cn-hangzhou)")
}

// TestPlanned_OfAnUnknownFunction knows nothing of its instances.
func TestPlanned_OfAnUnknownFunction(t *testing.T) {
	t.Parallel()
	h := newHost(t, 5)
	require.False(t, h.snapshot(release.SnapshotInput{Release: new(h.image(2))}).Planned.PartUnknown)
	h.addFunction()
	h.Move(h.Publish(), nil)
	require.True(t, h.snapshot(release.SnapshotInput{Release: new(h.image(2))}).Planned.PartUnknown)
}

// TestPlanned_WarnsOfCallersOfLATEST where all of the traffic is moved at once: what is released is live for
// them before the alias has it.
func TestPlanned_WarnsOfCallersOfLATEST(t *testing.T) {
	t.Parallel()
	h := newHost(t, 0)
	warning := func() string {
		p := h.snapshot(release.SnapshotInput{Release: new(h.image(2))}).Planned
		require.Empty(t, p.Refused)
		return p.Warning
	}
	h.trigger("fine", "live")
	require.Empty(t, warning())
	h.trigger("timer", "")
	h.route("shop.example.com", "LATEST")
	require.Equal(t, "these call LATEST, which has what is released before the alias live has it, and keeps it when the alias returns: "+
		"trigger timer, route shop.example.com/*; let them name the alias", warning())
	_, err := h.AddFault(fcsim.Fault{Kind: fcsim.FaultError, Operation: "ListCustomDomains", Code: "AccessDenied", Count: -1})
	require.NoError(t, err)
	require.Contains(t, warning(), "could not be read", "who may not read them may release all the same")
	h.release("r-2", h.image(2))
}

// TestPlanned_WarnsOfAnAliasThatIsNew so that a name that was mistyped is seen before it exists.
func TestPlanned_WarnsOfAnAliasThatIsNew(t *testing.T) {
	t.Parallel()
	h := newHost(t, 0)
	warning := func(alias string) string {
		app := h.App()
		app.Qualifier = alias
		p := must[release.Snapshot](h, release.VerbSnapshot, release.SnapshotInput{App: app, Release: new(h.image(2))}).Planned
		require.Empty(t, p.Refused)
		return p.Warning
	}
	require.Empty(t, warning("live"))
	const created = "the service shop has no alias liev: this release creates it, and moves no other one; " +
		"those that there are: slipway api fc ListAliases serviceName=shop --fc-region cn-hangzhou"
	require.Equal(t, created, warning("liev"))
	h.trigger("timer", "")
	require.Equal(t, created+"; these call LATEST, which has what is released before the alias liev has it, and keeps it when the alias returns: "+
		"trigger timer; let them name the alias", warning("liev"))
}

// TestPlanned_WhatARejectedReleaseHasLeft stands in the way of the release of another function, and it is
// said which function that is, since when, and what to do.
func TestPlanned_WhatARejectedReleaseHasLeft(t *testing.T) {
	t.Parallel()
	h := newHost(t, 0)
	h.addFunction()
	h.Move(h.Publish(), map[string]float64{})
	web := release.ReleaseQuestion{Artifact: h.Artifact(2), Strategy: gray(5)}
	web.Artifact.Part = fcworld.Function
	h.abort(h.release("r-1", web))
	api := release.ReleaseQuestion{Artifact: release.Artifact{Image: "registry.example/api:2", Part: "api"}, Strategy: all()}
	require.Equal(t, "app.id: a version ships all functions of a service, and LATEST has other ones than version 2, which serves: "+
		"web (customContainerConfig), as version 3 has it, which was published and does not serve. "+
		"Release each by itself first (artifact.part), or put it back as version 2 has it: "+
		"slipway api fc GetFunction serviceName=shop --fc-region cn-hangzhou qualifier=2 functionName=NAME shows that, "+
		"and slipway api fc UpdateFunction changes LATEST", h.refusals(api))
	h.Update(fcclient.UpdateFunctionInput{CustomContainerConfig: &fcclient.CustomContainerConfig{Image: h.Artifact(1).Image, Args: `["--quiet"]`}})
	h.release("r-2", api)
}

// TestVersions_OfSeveralFunctions are known by the function that their release was of, where none is named,
// and no number of instances of it alone.
func TestVersions_OfSeveralFunctions(t *testing.T) {
	t.Parallel()
	h := newHost(t, 4)
	h.addFunction()
	h.Move(h.Publish(), map[string]float64{})
	web := release.ReleaseQuestion{Artifact: h.Artifact(2), Strategy: all()}
	web.Artifact.Part = fcworld.Function
	h.release("r-3", web)
	h.release("r-4", release.ReleaseQuestion{Artifact: release.Artifact{Image: "registry.example/api:2", Part: "api"}, Strategy: all()})
	snap := h.snapshot(release.SnapshotInput{Rollback: &release.RollbackQuestion{}})
	require.Equal(t, []string{"4", "3"}, []string{snap.Version.ID, snap.Wanted.ID})
	require.Equal(t, release.Artifact{Image: "registry.example/api:2", Part: "api"}, snap.Version.Artifact)
	require.Equal(t, web.Artifact, snap.Wanted.Artifact)
	require.Equal(t, 4, snap.Instances, "of all functions")
	by := h.snapshot(release.SnapshotInput{Rollback: &release.RollbackQuestion{VersionID: "2"}})
	require.False(t, by.Wanted.Artifact.Known(), "no release of ours has published it")
}

// TestConfig_OfAFunction is brought, shown as it may be, and read back.
func TestConfig_OfAFunction(t *testing.T) {
	t.Parallel()
	h := newHost(t, 1)
	h.Update(fcclient.UpdateFunctionInput{EnvironmentVariables: map[string]cloudapi.Secret{"PASSWORD": platformtest.Secret, "LEVEL": "info", "OLD": "x"}})
	h.Move(h.Publish(), map[string]float64{})
	config := &release.Config{
		Variables: []release.Variable{
			{Name: "LEVEL", Value: new("debug"), Show: true}, {Name: "OLD", Remove: true}, {Name: "NEVER", Remove: true}, {Name: "NEW", Value: new(platformtest.Secret)},
		},
		Command: []string{"run", "<it>"}, Args: []string{}, Resources: &release.Resources{CPU: 500, Memory: 512}, Instances: new(3),
		Platform: release.Parameters{"timeout": json.RawMessage("90"), "handler": json.RawMessage(`"main.run"`), "instanceLifecycleConfig": json.RawMessage(`{"preStop":{"handler":"a.b"}}`)},
	}
	snap := h.snapshot(release.SnapshotInput{Release: &release.ReleaseQuestion{Strategy: all(), Config: config}})
	require.Empty(t, snap.Planned.Refused)
	require.Equal(t, 3, snap.Planned.Instances)
	shown := map[string][2]string{}
	for _, s := range snap.Planned.Settings {
		shown[s.Name] = [2]string{s.Before, s.After}
	}
	digests := shown["variables.NEW"]
	require.Regexp(t, `^sha256:[0-9a-f]{12}$`, digests[1])
	delete(shown, "variables.NEW")
	for _, name := range []string{"command", "args", "platform.handler", "platform.instanceLifecycleConfig", "variables.OLD"} {
		require.Contains(t, shown, name)
		require.Contains(t, shown[name][0]+shown[name][1], "sha256:", name)
		delete(shown, name)
	}
	require.Regexp(t, `^sha256:`, shown["variables.LEVEL"][0], "what was there before is not the release's to show")
	require.Equal(t, "debug", shown["variables.LEVEL"][1])
	delete(shown, "variables.LEVEL")
	require.Equal(t, map[string][2]string{
		"resources.cpu": {"", "0.5"}, "resources.memory": {"128", "512"}, "instances": {"1", "3"}, "platform.timeout": {"60", "90"},
	}, shown)

	change := h.release("r-1", release.ReleaseQuestion{Strategy: all(), Config: config})
	f := h.function(change.ID)
	require.Equal(t, map[string]cloudapi.Secret{"PASSWORD": platformtest.Secret, "LEVEL": "debug", "NEW": platformtest.Secret}, f.EnvironmentVariables)
	require.Equal(t, []any{`["run","<it>"]`, "", "registry.example/shop:1"}, []any{f.CustomContainerConfig.Command, f.CustomContainerConfig.Args, f.CustomContainerConfig.Image})
	require.Equal(t, []any{0.5, 512, 90, "main.run"}, []any{f.CPU, f.MemorySize, f.Timeout, f.Handler})
	require.Equal(t, 3, h.Truth().Instances)
	want := release.Version{ID: change.Version, Artifact: h.Artifact(1)}
	v := must[release.Verification](h, release.VerbVerify, release.VerifyInput{App: h.App(), Want: want, Config: config})
	require.True(t, v.Holds(want), v.Words())
	require.Equal(t, []int{3, 3}, []int{v.Instances, v.Wanted})
	config.Resources.CPU, config.Replace, config.Instances = 1000, true, new(4)
	v = must[release.Verification](h, release.VerbVerify, release.VerifyInput{App: h.App(), Want: want, Config: config})
	require.ElementsMatch(t, []string{"resources.cpu", "variables.PASSWORD", "instances"}, v.Differs)
}

// TestSecrets_AreNotToldByErrors: the platform may quote what it was sent.
func TestSecrets_AreNotToldByErrors(t *testing.T) {
	t.Parallel()
	for _, code := range []string{"InvalidArgument", "InternalServerError", "AccessDenied"} {
		h := newHost(t, 0)
		in := h.rollout("r-1", release.ReleaseQuestion{Artifact: h.Artifact(2), Strategy: all(), Config: h.Config(platformtest.Secret)})
		_, err := h.AddFault(fault(code))
		require.NoError(t, err)
		_, text := refused(h, release.VerbBeginRollout, in)
		require.Contains(t, text, code)
		require.NotContains(t, text, platformtest.Secret)
	}
}
