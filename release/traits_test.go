package release_test

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"slipway/release"
)

func traitsOf(t *testing.T, p release.Platform) release.Traits {
	t.Helper()
	traits, served := release.TraitsOf(p)
	require.True(t, served, "%s", p)
	return traits
}

// aFunction is a release of a function that is valid.
func aFunction() release.Spec {
	return release.Spec{
		App:      release.App{Platform: release.PlatformFC, Region: "cn-hangzhou", ID: "_orders"},
		Artifact: release.Artifact{Image: "registry.example/orders:1.4.2"},
	}
}

func grayFunction(weights ...int) release.Spec {
	s := aFunction()
	s.Strategy = release.Strategy{Type: release.StrategyGray, Weights: weights}
	return s
}

// refusalsOf are the fields that are refused, each with what is said of it.
func refusalsOf(t *testing.T, given any) map[string]string {
	t.Helper()
	out := map[string]string{}
	for _, p := range validate(t, given) {
		require.NotContains(t, out, p.Field, "one problem a field")
		out[p.Field] = p.Message
	}
	return out
}

func TestTraits_DefaultsOfAPlatform(t *testing.T) {
	t.Parallel()
	s := grayFunction(5, 30).WithDefaults()
	require.NoError(t, s.Validate())
	require.Equal(t, release.Strategy{Type: release.StrategyGray, Weights: []int{5, 30}, Confirm: release.ConfirmManual}, s.Strategy)
	require.Equal(t, "live", s.App.Qualifier)
	require.False(t, s.Scaling.Suspended(), "a rule that is taken away costs capacity")
	require.Zero(t, s.Limits.PlatformApproval)

	canary := grayFunction(5)
	canary.App.Qualifier, canary.Scaling.Suspend = "canary", new(true)
	s = canary.WithDefaults()
	require.NoError(t, s.Validate())
	require.Equal(t, "canary", s.App.Qualifier)
	require.True(t, s.Scaling.Suspended())

	require.Empty(t, validSpec().WithDefaults().App.Qualifier)
}

// A default that a platform has is no part of a digest, and what differs from it is.
func TestTraits_Digest(t *testing.T) {
	t.Parallel()
	plain, said := aFunction(), aFunction()
	said.App.Qualifier, said.Scaling.Suspend = "live", new(false)
	require.Equal(t, plain.Digest(), said.Digest())
	require.Equal(t, plain.Digest(), plain.WithDefaults().Digest())
	said.App.Qualifier = "canary"
	require.NotEqual(t, plain.Digest(), said.Digest())
	said = aFunction()
	said.Scaling.Suspend = new(true)
	require.NotEqual(t, plain.Digest(), said.Digest())
	require.NotEqual(t, grayFunction(5).Digest(), grayFunction(5, 30).Digest())
	require.NotEqual(t, grayFunction(5).Digest(), grayFunction(6).Digest())
}

// Whichever alias a release moves: a service has one lane, and is in a set once.
func TestTraits_AnApplicationHasOneLane(t *testing.T) {
	t.Parallel()
	live, canary := aFunction().App.WithDefaults(), aFunction().App
	canary.Qualifier = "canary"
	require.Equal(t, live.Unqualified(), canary.Unqualified())
	require.Equal(t, release.LaneID(live), release.LaneID(canary))
	require.Equal(t, live.SearchValue(), canary.SearchValue())
	require.Equal(t, release.ID(live, "ci", "1"), release.ID(canary, "ci", "1"))
	require.True(t, release.Scope{App: live.ID}.Covers(canary))

	other := aFunction()
	other.App = canary
	set := release.Set{Name: "shop", Waves: []release.Wave{{Releases: []release.SetRelease{{Name: "a", Spec: aFunction()}, {Name: "b", Spec: other}}}}}
	require.Equal(t, map[string]string{"waves[0].releases[1].spec.app": "is the application of waves[0].releases[0] already; a set releases each once"},
		refusalsOf(t, set.WithDefaults()))
}

// rescale is one of a part; of the application where it is empty.
func rescale(app release.App, part string) release.Spec {
	return release.Spec{App: app, Operation: release.OperationRescale, Artifact: release.Artifact{Part: part}, Instances: 3}
}

func TestTraits_RefusedBeforeAnythingBegins(t *testing.T) {
	t.Parallel()
	const shifts = "shifts traffic and replaces no instances"
	gate := func(s *release.Spec) {
		s.Strategy.Gates = []release.Gate{targetGate()}
	}
	for name, c := range map[string]struct {
		spec  release.Spec
		spoil func(*release.Spec)
		want  map[string]string // fields, and a part of what is said of each
	}{
		"a function": {aFunction(), func(*release.Spec) {}, nil},
		"a package":  {aFunction(), func(s *release.Spec) { s.Artifact = aPackage("oss://code/orders-1.zip") }, nil},
		"a package by http": {aFunction(), func(s *release.Spec) { s.Artifact = aPackage("https://code.example/orders-1.zip") }, map[string]string{
			"artifact.package.url": "must be an oss address",
		}},
		"a bucket without an object": {aFunction(), func(s *release.Spec) { s.Artifact = aPackage("oss://code/") }, map[string]string{
			"artifact.package.url": "must name a bucket and an object in it",
		}},
		"a package of a bucket on SAE": {validSpec(), func(s *release.Spec) { s.Artifact = aPackage("oss://code/orders-1.zip") }, map[string]string{
			"artifact.package.url": "must be an http or https address",
		}},
		"the name of a service": {aFunction(), func(s *release.Spec) { s.App.ID = "1shop" }, map[string]string{"app.id": "the first no digit and no hyphen"}},
		"an alias":              {aFunction(), func(s *release.Spec) { s.App.Qualifier = "-live" }, map[string]string{"app.qualifier": "must be the name of an alias"}},
		"an alias on SAE":       {validSpec(), func(s *release.Spec) { s.App.Qualifier = "live" }, map[string]string{"app.qualifier": "leave it out"}},
		"a function by name":    {aFunction(), func(s *release.Spec) { s.Artifact.Part = "pay" }, nil},
		"a function by no name": {aFunction(), func(s *release.Spec) { s.Artifact.Part = "pay.v1" }, map[string]string{"artifact.part": "must be the name of a function: 1-64"}},
		"a part on SAE":         {validSpec(), func(s *release.Spec) { s.Artifact.Part = "pay" }, map[string]string{"artifact.part": "has no parts"}},
		"a part of nothing": {aFunction(), func(s *release.Spec) { s.Artifact = release.Artifact{Part: "pay"} }, map[string]string{
			"artifact": "give image or package", "artifact.part": "has no meaning without",
		}},
		"a part whose configuration is changed": {aFunction(), func(s *release.Spec) {
			s.Artifact, s.Config = release.Artifact{Part: "pay"}, &release.Config{Instances: new(2)}
		}, nil},
		"a registry": {aFunction(), func(s *release.Spec) { s.Artifact.Registry = &release.Registry{Instance: "x"} }, map[string]string{
			"artifact.registry": "keeps the registry that the function has",
		}},
		"no weights": {grayFunction(), func(*release.Spec) {}, map[string]string{"strategy.weights": "are missing"}},
		"weights that are none": {grayFunction(0, 100, 5, 5), func(*release.Spec) {}, map[string]string{
			"strategy.weights[0]": "must be 1-99 percent", "strategy.weights[1]": "must be 1-99", "strategy.weights[2]": "must be more than the 100 before it", "strategy.weights[3]": "must be more than the 100",
		}},
		"weights that fall": {grayFunction(30, 5, 5), func(*release.Spec) {}, map[string]string{
			"strategy.weights[1]": "must be more than the 30 before it", "strategy.weights[2]": "must be more than the 30 before it",
		}},
		"too many weights":   {grayFunction(make([]int, 21)...), func(*release.Spec) {}, map[string]string{"strategy.weights": "at most 20 are taken"}},
		"weights of all":     {aFunction(), func(s *release.Spec) { s.Strategy.Weights = []int{5} }, map[string]string{"strategy.weights": "use type gray"}},
		"weights on SAE":     {grayOnSAE(), func(s *release.Spec) { s.Strategy.Weights = []int{5} }, map[string]string{"strategy.weights": "use gray and batches"}},
		"gray by instances":  {grayFunction(5), func(s *release.Spec) { s.Strategy.Gray = 1 }, map[string]string{"strategy.gray": shifts}},
		"batches after gray": {grayFunction(5), func(s *release.Spec) { s.Strategy.Batches = 2 }, map[string]string{"strategy.batches": shifts}},
		"batches": {aFunction(), func(s *release.Spec) { s.Strategy.Type = release.StrategyBatch }, map[string]string{
			"strategy.type": "use gray with weights, or all",
		}},
		"an unknown strategy": {aFunction(), func(s *release.Spec) { s.Strategy.Type = "rainbow" }, map[string]string{"strategy.type": "is unknown"}},
		"pace": {aFunction(), func(s *release.Spec) {
			s.Strategy.MinReadyInstances, s.Strategy.MinReadyRatio, s.Strategy.MaxSurge, s.Strategy.MaxSurgeRatio = new(0), new(50), new(1), new(10)
		}, map[string]string{
			"strategy.minReadyInstances": shifts, "strategy.minReadyRatio": shifts, "strategy.maxSurge": shifts, "strategy.maxSurgeRatio": shifts,
		}},
		"gates at instances": {grayFunction(5), gate, map[string]string{"strategy.gates[0].http.target": "whose instances have no addresses"}},
		"a watch of instances": {aFunction(), func(s *release.Spec) {
			s.Strategy.Watch = &release.Watch{For: release.Duration(time.Hour), Gates: []release.Gate{targetGate()}}
		}, map[string]string{"strategy.watch.gates[0].http.target": "whose instances have no addresses"}},
		"traffic rules":    {grayFunction(5), func(s *release.Spec) { s.Traffic = canary() }, map[string]string{"traffic": "use strategy.weights"}},
		"rules by headers": {grayFunction(5), func(s *release.Spec) { s.Traffic = headers(nil) }, map[string]string{"traffic": "use strategy.weights"}},
		"headers on SAE":   {graySpec(nil), func(s *release.Spec) { s.Traffic = headers(nil) }, map[string]string{"traffic.headers": "use traffic.springCloud or traffic.alb, with items of type header"}},
		"no rules on SAE":  {graySpec(nil), func(s *release.Spec) { s.Traffic = &release.Traffic{} }, map[string]string{"traffic": "exactly one kind: springCloud, dubbo or alb"}},
		"an approval": {aFunction(), func(s *release.Spec) { s.Limits.PlatformApproval = release.DefaultTotalLimit }, map[string]string{
			"limits.platformApproval": "asks for no approval",
		}},
		"an adopted change": {aFunction(), func(s *release.Spec) { s.Adopt = "7" }, map[string]string{"adopt": "there is none that could be taken over"}},
		"a schedule of the last weight": {grayFunction(5, 30), func(s *release.Spec) {
			s.Strategy.Schedule = []release.BatchSchedule{{Batch: 3, At: "02:00", Zone: "UTC"}}
		}, nil},
		"a schedule beyond it": {grayFunction(5, 30), func(s *release.Spec) {
			s.Strategy.Schedule = []release.BatchSchedule{{Batch: 4, At: "02:00", Zone: "UTC"}}
		}, map[string]string{"strategy.schedule[0].batch": "1-3"}},
		"a restart": {release.Spec{App: aFunction().App, Operation: release.OperationRestart}, func(*release.Spec) {}, map[string]string{"operation": "nothing to restart"}},
		"a job": {release.Spec{App: aFunction().App, Operation: release.OperationJob, Job: wholeJob()}, func(*release.Spec) {}, map[string]string{
			"operation": "there are no jobs", "job": "has no jobs",
		}},
		"a rescale":                {rescale(aFunction().App, ""), func(*release.Spec) {}, nil},
		"a rescale of a function":  {rescale(aFunction().App, "pay"), func(*release.Spec) {}, nil},
		"a rescale of no function": {rescale(aFunction().App, "pay.v1"), func(*release.Spec) {}, map[string]string{"artifact.part": "must be the name of a function"}},
		"a rescale of a function with its code": {rescale(aFunction().App, "pay"), func(s *release.Spec) { s.Artifact.Image = "pay:1" }, map[string]string{
			"artifact": "has no meaning for a rescale, but for its part",
		}},
		"a rescale of a part on SAE": {rescale(validSpec().App, "pay"), func(*release.Spec) {}, map[string]string{"artifact.part": "has no parts"}},
		"a rollback":                 {release.Spec{App: aFunction().App, Operation: release.OperationRollback, Version: "7"}, func(*release.Spec) {}, nil},
		"a rollback to no number": {release.Spec{App: aFunction().App, Operation: release.OperationRollback, Version: "v7"}, func(*release.Spec) {}, map[string]string{
			"version": "a whole number, such as 7",
		}},
		"a gray rollback": {release.Spec{
			App: aFunction().App, Operation: release.OperationRollback, Strategy: release.Strategy{Type: release.StrategyGray, Weights: []int{5}},
		}, func(*release.Spec) {}, map[string]string{"strategy.type": "a rollback on Function Compute cannot be gray; use all"}},
		"a gray rollback on SAE": {release.Spec{
			App: validSpec().App, Operation: release.OperationRollback, Strategy: release.Strategy{Type: release.StrategyGray},
		}, func(*release.Spec) {}, nil},
		"a platform that is not served": {aFunction(), func(s *release.Spec) { s.App.Platform = "edas" }, map[string]string{
			"app.platform": `"edas" is not a platform served here; use sae, fc or servicestage`, "app.id": "is not an application ID",
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c.spoil(&c.spec)
			got := refusalsOf(t, c.spec.WithDefaults())
			for field, part := range c.want {
				require.Contains(t, got[field], part, field)
			}
			require.Len(t, got, len(c.want), "%v", got)
		})
	}
}

func grayOnSAE() release.Spec {
	s := validSpec()
	s.Strategy.Type = release.StrategyGray
	return s
}

func aPackage(address string) release.Artifact {
	return release.Artifact{Package: &release.Package{URL: address, Version: "1"}}
}

func TestTraits_RefusedConfiguration(t *testing.T) {
	t.Parallel()
	key := &release.KeyOf{ID: "7", Key: "k"}
	for name, c := range map[string]struct {
		config release.Config
		want   map[string]string
	}{
		"what a function has": {release.Config{
			Variables: []release.Variable{{Name: "A", Value: new("x")}, {Name: "B", Remove: true}}, Command: []string{"/orders"}, Args: []string{},
			Resources: &release.Resources{CPU: 350, Memory: 512}, Instances: new(2),
			Platform: release.Parameters{
				"timeout": raw(`60`), "handler": raw(`"index.handler"`), "runtime": raw(`"python3"`), "instanceConcurrency": raw(`10`), "layers": raw(`[]`),
				"initializer": raw(`"index.init"`), "customHealthCheckConfig": raw(`{"httpGetUrl":"/healthz"}`),
			},
		}, nil},
		"references": {release.Config{Variables: []release.Variable{{Name: "A", ConfigMap: key}, {Name: "B", Secret: key}}}, map[string]string{
			"config.variables[0].configMap": "give", "config.variables[1].secret": "with the role of its service",
		}},
		"what it has not": {*wholeConfig(), map[string]string{
			"config.variables[0].configMap": "", "config.variables[0].secret": "", "config.variables[0]": "", "config.probes": "use config.platform.customHealthCheckConfig",
			"config.hooks": "use config.platform.initializer", "config.mounts": "at the service itself", "config.runtime": "use config.platform.runtime", "config.platform.Timezone": "is not a parameter of a deployment on Function Compute",
		}},
		"an odd size": {release.Config{Resources: &release.Resources{Memory: 500}}, map[string]string{"config.resources.memory": "must be a multiple of 64 MB"}},
		"settings": {release.Config{Platform: release.Parameters{
			"code": raw(`{}`), "memorySize": raw(`512`), "cpu": raw(`1`), "environmentVariables": raw(`{}`), "customContainerConfig": raw(`{}`), "role": raw(`"x"`),
			"vpcConfig": raw(`{}`), "description": raw(`"x"`), "scheduledActions": raw(`[]`), "target": raw(`1`), "timeout": raw(`0`), "layers": raw(`"x"`), "Handler": raw(`"x"`),
		}}, map[string]string{
			"config.platform.code": "use artifact.package", "config.platform.memorySize": "use config.resources.memory", "config.platform.cpu": "use config.resources.cpu",
			"config.platform.environmentVariables": "use config.variables", "config.platform.customContainerConfig": "is given by artifact.image", "config.platform.role": "setting of the service",
			"config.platform.vpcConfig": "setting of the service", "config.platform.description": "changes nothing that runs", "config.platform.scheduledActions": "is a scaling rule",
			"config.platform.target": "use config.instances", "config.platform.timeout": "must be a whole number of 1 or more", "config.platform.layers": "must be a list", "config.platform.Handler": "did you mean handler?",
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := refusalsOf(t, release.Spec{App: aFunction().App, Config: &c.config}.WithDefaults())
			for field, part := range c.want {
				require.Contains(t, got[field], part, field)
			}
			require.Len(t, got, len(c.want), "%v", got)
		})
	}
}

func TestTraits_RulesThatAreTakenAwayComeBack(t *testing.T) {
	t.Parallel()
	fc, sae := release.ToggleRequest{App: aFunction().App, By: "mei"}, release.ToggleRequest{App: validSpec().App, By: "mei"}
	require.NoError(t, sae.Validate())
	require.Contains(t, refusalsOf(t, fc)["for"], "must be more than 0s to disable rules")
	fc.For = release.Duration(time.Hour)
	require.NoError(t, fc.Validate())
	fc.For, fc.Enable = 0, true
	require.NoError(t, fc.Validate())
	sae.App.Qualifier = "live"
	require.Contains(t, refusalsOf(t, sae)["app.qualifier"], "leave it out")
}

func TestTraits_PatternsOfAPlatform(t *testing.T) {
	t.Parallel()
	scope := func(s release.Scope) error {
		return release.Stop{Name: "x", Reason: "r", By: "mei", Scope: s}.Validate()
	}
	require.NoError(t, scope(release.Scope{App: "_orders"}))
	require.NoError(t, scope(release.Scope{App: "7171a6ca"}))
	require.NoError(t, scope(release.Scope{Platform: release.PlatformFC, App: "_orders"}))
	require.ErrorContains(t, scope(release.Scope{Platform: release.PlatformSAE, App: "_orders"}), "scope.app")
	require.ErrorContains(t, scope(release.Scope{Platform: release.PlatformFC, App: "7171a6ca"}), "scope.app")
	require.ErrorContains(t, scope(release.Scope{App: "a.b"}), "scope.app")
	require.ErrorContains(t, scope(release.Scope{Platform: "edas"}), "use sae, fc or servicestage, or leave it out for any")

	p := release.Progress{ReleaseID: "r-1", App: aFunction().App, Phase: release.PhaseRollingOut, ChangeID: "8"}
	_, err := release.Admit(p, release.Command{Kind: release.CommandRollback, Version: "7", By: "mei"})
	require.NoError(t, err)
	_, err = release.Admit(p, release.Command{Kind: release.CommandRollback, Version: "0026ff7e", By: "mei"})
	require.ErrorContains(t, err, `"0026ff7e" is not a version ID: a whole number, such as 7`)
}

func TestTraits_PlanOfWeights(t *testing.T) {
	t.Parallel()
	fc := traitsOf(t, release.PlatformFC)
	rapid.Check(t, func(t *rapid.T) {
		weights := rapid.SliceOfNDistinct(rapid.IntRange(1, 99), 1, 20, rapid.ID).Draw(t, "weights")
		slices.Sort(weights)
		s := grayFunction(weights...).WithDefaults()
		require.NoError(t, s.Validate())
		plan, err := release.PlanBatches(fc, release.OperationRelease, s.Strategy, rapid.IntRange(0, 60).Draw(t, "instances"))
		require.NoError(t, err)
		require.Len(t, plan, len(weights)+1)
		for i, b := range plan {
			require.Equal(t, i+1, b.Number)
			require.Equal(t, append(weights, 100)[i], b.Weight)
			require.Zero(t, b.Instances, "the platform replaces none")
			require.Equal(t, release.BatchPending, b.State)
		}
	})
	plan, err := release.PlanBatches(fc, release.OperationRelease, release.Strategy{Type: release.StrategyAll}, 3)
	require.NoError(t, err)
	require.Equal(t, []release.Batch{{Number: 1, Weight: 100, State: release.BatchPending}}, plan)
	plan, err = release.PlanBatches(fc, release.OperationRescale, release.Strategy{Type: release.StrategyAll}, 3)
	require.NoError(t, err)
	require.Equal(t, release.BatchesOf(3), plan, "a rescale moves no traffic")
}

// What a batch does not have is not told of it.
func TestTraits_BatchesInJSON(t *testing.T) {
	t.Parallel()
	shifted, err := release.PlanBatches(traitsOf(t, release.PlatformFC), release.OperationRelease, release.Strategy{Type: release.StrategyAll}, 3)
	require.NoError(t, err)
	text, err := json.Marshal(shifted)
	require.NoError(t, err)
	require.JSONEq(t, `[{"number":1,"weight":100,"state":"pending"}]`, string(text))
	text, err = json.Marshal(grayFunction(5).PlannedBatches(time.Time{}, shifted))
	require.NoError(t, err)
	require.JSONEq(t, `[{"number":1,"weight":100}]`, string(text))
	var recorded []release.Batch
	require.NoError(t, json.Unmarshal([]byte(`[{"number":1,"instances":0,"weight":100,"state":"pending"}]`), &recorded))
	require.Equal(t, shifted, recorded, "with a number of 0 it is the same")
}

// An ID of a change says nothing by itself.
func TestTraits_WhatAChangeIs(t *testing.T) {
	t.Parallel()
	for id, want := range map[string]string{"": "", "3": "3 (published version)", "p-5-web": "p-5-web (provisioned instances)"} {
		require.Equal(t, want, release.Progress{App: aFunction().App, ChangeID: id}.ChangeText())
	}
	p := release.Progress{App: validSpec().App, ChangeID: "co-1"}
	require.Equal(t, "co-1 (change order)", p.ChangeText())
	p.Operation = release.OperationJob
	require.Equal(t, "co-1", p.ChangeText(), "that of a template is none")
	p.App.Platform = "other"
	require.Equal(t, "co-1", p.ChangeText())
}

// The table agrees with itself: what a platform has not is refused, with the reason, and every setting
// of a configuration is carried out or refused.
func TestTraits_AreWhole(t *testing.T) {
	t.Parallel()
	fields := leaves(reflect.TypeFor[release.Spec](), "")
	for _, on := range release.Platforms() {
		t.Run(string(on.Platform), func(t *testing.T) {
			t.Parallel()
			for op, has := range map[release.Operation]bool{release.OperationRestart: on.Restart, release.OperationRescale: on.Rescale, release.OperationJob: on.Job} {
				require.Equal(t, has, on.Does(op))
				require.Equal(t, !has, refuses(on, "operation", string(op)), op)
			}
			require.NotEmpty(t, on.ChangeWords("7"))
			require.Equal(t, on.Adopt, on.Takes("adopt"))
			require.Equal(t, on.Job, on.Takes("job"))
			require.Equal(t, on.Approval, on.Takes("limits.platformApproval"))
			require.Equal(t, on.Qualifier != "", on.Takes("app.qualifier"))
			require.Equal(t, on.Weights > 0, on.Takes("strategy.weights"))
			require.Equal(t, on.Scaling == release.ScalingNone, refuses(on, "scaling.suspend", "true"))
			require.NotEmpty(t, on.Pauses)
			require.Equal(t, on.Step == release.StepInstances, on.Takes("strategy.gray") && on.Takes("strategy.batches"))
			for _, l := range on.Unsupported {
				require.NotEmpty(t, l.Why)
				require.True(t, slices.ContainsFunc(fields, func(field string) bool { return within(field, l.Field) }), "%s is not a field", l.Field)
			}
			for _, field := range leaves(reflect.TypeFor[release.Config](), "config", "config.replace", "config.platform") {
				carried, lacked := "", ""
				for _, p := range on.Parameters() {
					if p.Field != "" && within(field, p.Field) {
						carried = p.Field
					}
				}
				for _, l := range on.Unsupported {
					if within(field, l.Field) {
						lacked = l.Field
					}
				}
				require.NotEqual(t, carried, lacked, "%s is neither carried out nor refused, or both", field)
				require.True(t, lacked == "" || len(lacked) > len(carried), "%s is refused as a part of %s, and carried out as one of %s", field, lacked, carried)
			}
		})
	}
}

// within reports whether a field is another one, or stands in it.
func within(field, other string) bool {
	rest, begins := strings.CutPrefix(field, other)
	return begins && (rest == "" || strings.ContainsAny(rest[:1], ".["))
}

func refuses(on release.Traits, field, value string) bool {
	return slices.ContainsFunc(on.Unsupported, func(l release.Unsupported) bool { return l.Field == field && l.Value == value })
}
