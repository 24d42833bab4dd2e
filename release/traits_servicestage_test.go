package release_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"slipway/release"
)

// aComponent is a release of a component that is valid.
func aComponent() release.Spec {
	return release.Spec{
		App:      release.App{Platform: release.PlatformServiceStage, Region: "cn-north-4", ID: "4b611997-4acd-4538-a06b-32fd2475e057"},
		Artifact: release.Artifact{Image: "registry.example/shop:1.4.2"},
	}
}

func TestServiceStage_Defaults(t *testing.T) {
	t.Parallel()
	for kind, want := range map[release.StrategyType]release.Strategy{
		release.StrategyAll:   {Type: release.StrategyAll},
		release.StrategyBatch: {Type: release.StrategyBatch, Batches: 2, Confirm: release.ConfirmAuto},
		release.StrategyGray:  {Type: release.StrategyGray, Gray: 1, Batches: 1, Confirm: release.ConfirmManual},
	} {
		s := aComponent()
		s.Strategy.Type = kind
		s = s.WithDefaults()
		require.NoError(t, s.Validate())
		require.Equal(t, want, s.Strategy)
		require.Empty(t, s.App.Qualifier)
		require.False(t, s.Scaling.Suspended(), "it has no rules")
		require.Zero(t, s.Limits.PlatformApproval)
	}
}

func TestServiceStage_RefusedBeforeAnythingBegins(t *testing.T) {
	t.Parallel()
	url := release.Gate{Name: "home", HTTP: &release.HTTPGate{URL: "https://shop.example/"}}
	gray := func(s *release.Spec) { s.Strategy = release.Strategy{Type: release.StrategyGray, Gray: 2, Batches: 3} }
	batch := func(s *release.Spec) { s.Strategy = release.Strategy{Type: release.StrategyBatch, Batches: 3} }
	operation := func(op release.Operation) func(*release.Spec) {
		return func(s *release.Spec) { s.Operation, s.Artifact = op, release.Artifact{} }
	}
	and := func(all ...func(*release.Spec)) []func(*release.Spec) { return all }
	for name, c := range map[string]struct {
		spoil []func(*release.Spec)
		want  map[string]string // fields, and a part of what is said of each
	}{
		"a component":                 {nil, nil},
		"a package of a bucket":       {and(func(s *release.Spec) { s.Artifact = aPackage("obs://code/shop-1.jar") }), nil},
		"a package by https":          {and(func(s *release.Spec) { s.Artifact = aPackage("https://code.example/shop-1.jar") }), nil},
		"a package by http":           {and(func(s *release.Spec) { s.Artifact = aPackage("http://code.example/shop-1.jar") }), map[string]string{"artifact.package.url": "must be an obs or https address"}},
		"a package of another bucket": {and(func(s *release.Spec) { s.Artifact = aPackage("oss://code/shop-1.jar") }), map[string]string{"artifact.package.url": "must be an obs or https address"}},
		"a name instead of an ID":     {and(func(s *release.Spec) { s.App.ID = "shop" }), map[string]string{"app.id": "the ID of a component, such as"}},
		"a qualifier":                 {and(func(s *release.Spec) { s.App.Qualifier = "live" }), map[string]string{"app.qualifier": "leave it out"}},
		"a part":                      {and(func(s *release.Spec) { s.Artifact.Part = "web" }), map[string]string{"artifact.part": "a component has no parts"}},
		"a registry":                  {and(func(s *release.Spec) { s.Artifact.Registry = &release.Registry{Instance: "x"} }), map[string]string{"artifact.registry": "leave it out"}},
		"pace": {and(gray, func(s *release.Spec) {
			s.Strategy.MinReadyInstances, s.Strategy.MinReadyRatio, s.Strategy.MaxSurge, s.Strategy.MaxSurgeRatio = new(0), new(50), new(1), new(10)
		}), map[string]string{
			"strategy.minReadyInstances": "decides itself", "strategy.minReadyRatio": "leave it out", "strategy.maxSurge": "leave it out", "strategy.maxSurgeRatio": "leave it out",
		}},
		"a weight":              {and(gray, func(s *release.Spec) { s.Strategy.Weights = []int{20} }), nil},
		"a weight of nothing":   {and(gray, func(s *release.Spec) { s.Strategy.Weights = []int{0} }), map[string]string{"strategy.weights[0]": "must be 1-99 percent"}},
		"two weights":           {and(gray, func(s *release.Spec) { s.Strategy.Weights = []int{5, 30} }), map[string]string{"strategy.weights": "takes 1 at most"}},
		"a weight of batches":   {and(batch, func(s *release.Spec) { s.Strategy.Weights = []int{5} }), map[string]string{"strategy.weights": "use type gray"}},
		"a bake of batches":     {and(batch, func(s *release.Spec) { s.Strategy.Bake = release.Duration(time.Minute) }), map[string]string{"strategy.bake": "runs through the batches of type batch"}},
		"batches one by one":    {and(batch, func(s *release.Spec) { s.Strategy.Confirm = release.ConfirmManual }), map[string]string{"strategy.confirm": "use type gray"}},
		"batches by themselves": {and(batch, func(s *release.Spec) { s.Strategy.Confirm = release.ConfirmAuto }), nil},
		"gates of batches":      {and(batch, func(s *release.Spec) { s.Strategy.Gates = []release.Gate{url} }), map[string]string{"strategy.gates": "use type gray"}},
		"a schedule of batches": {and(batch, func(s *release.Spec) {
			s.Strategy.Schedule = []release.BatchSchedule{{Batch: 2, At: "02:00", Zone: "UTC"}}
		}), map[string]string{"strategy.schedule": "use type gray"}},
		"all that may be after the gray batch": {and(gray, func(s *release.Spec) {
			s.Strategy.Bake, s.Strategy.Gates = release.Duration(time.Minute), []release.Gate{url}
			s.Strategy.Schedule = []release.BatchSchedule{{Batch: 2, At: "02:00", Zone: "UTC"}}
		}), nil},
		"a schedule of a later batch": {and(gray, func(s *release.Spec) {
			s.Strategy.Schedule = []release.BatchSchedule{{Batch: 3, At: "02:00", Zone: "UTC"}}
		}), map[string]string{"strategy.schedule[0].batch": "must be 2: ServiceStage waits after the gray batch alone"}},
		"a schedule of no batch": {and(gray, func(s *release.Spec) {
			s.Strategy.Schedule = []release.BatchSchedule{{Batch: 5, At: "02:00", Zone: "UTC"}}
		}), map[string]string{"strategy.schedule[0].batch": "1-4"}},
		"a watch": {and(batch, func(s *release.Spec) {
			s.Strategy.Watch = &release.Watch{For: release.Duration(time.Hour), Gates: []release.Gate{url}}
		}), nil},
		"gates at instances": {and(gray, func(s *release.Spec) {
			s.Strategy.Gates = []release.Gate{targetGate()}
			s.Strategy.Watch = &release.Watch{For: release.Duration(time.Hour), Gates: []release.Gate{targetGate()}}
		}), map[string]string{"strategy.gates[0].http.target": "does not list the instances", "strategy.watch.gates[0].http.target": "give url"}},
		"rules by headers":   {and(gray, func(s *release.Spec) { s.Traffic = headers(nil) }), nil},
		"no rules":           {and(gray, func(s *release.Spec) { s.Traffic = &release.Traffic{} }), map[string]string{"traffic": "exactly one kind: headers"}},
		"rules of requests":  {and(gray, func(s *release.Spec) { s.Traffic = canary() }), map[string]string{"traffic.springCloud": "use traffic.headers, or strategy.weights"}},
		"rules of calls":     {and(gray, func(s *release.Spec) { s.Traffic = &release.Traffic{Dubbo: []release.DubboTrafficRule{{}}} }), map[string]string{"traffic.dubbo": "use traffic.headers"}},
		"rules of a route":   {and(gray, func(s *release.Spec) { s.Traffic = &release.Traffic{ALB: []release.ALBTrafficRule{{}}} }), map[string]string{"traffic.alb": "use traffic.headers"}},
		"scaling rules":      {and(func(s *release.Spec) { s.Scaling.Suspend = new(true) }), map[string]string{"scaling.suspend": "has no scaling rules"}},
		"no scaling rules":   {and(func(s *release.Spec) { s.Scaling.Suspend = new(false) }), nil},
		"an approval":        {and(func(s *release.Spec) { s.Limits.PlatformApproval = release.DefaultTotalLimit }), map[string]string{"limits.platformApproval": "asks for no approval"}},
		"an adopted change":  {and(func(s *release.Spec) { s.Adopt = "JOB1" }), map[string]string{"adopt": "begin a release instead"}},
		"a restart":          {and(operation(release.OperationRestart)), nil},
		"a rescale":          {and(operation(release.OperationRescale), func(s *release.Spec) { s.Instances = 3 }), nil},
		"a rollback":         {and(operation(release.OperationRollback), func(s *release.Spec) { s.Version = "2026.1129.15181" }), nil},
		"a rollback by four": {and(operation(release.OperationRollback), func(s *release.Spec) { s.Version = "733007.1048575.12.90431" }), nil},
		"a rollback to what is no version": {and(operation(release.OperationRollback), func(s *release.Spec) { s.Version = "v7" }), map[string]string{
			"version": "three or four numbers",
		}},
		"a rollback to a long version": {and(operation(release.OperationRollback), func(s *release.Spec) { s.Version = "1234567890.1234567890.12345678901" }), map[string]string{
			"version": "of 32 characters at most",
		}},
		"a rollback in batches": {and(operation(release.OperationRollback), func(s *release.Spec) { s.Strategy.Type = release.StrategyBatch }), map[string]string{
			"strategy.type": "a rollback on ServiceStage cannot be batch; use all",
		}},
		"a job": {and(operation(release.OperationJob), func(s *release.Spec) { s.Job = wholeJob() }), map[string]string{"operation": "no jobs to run", "job": "leave it out"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := aComponent()
			for _, spoil := range c.spoil {
				spoil(&s)
			}
			got := refusalsOf(t, s.WithDefaults())
			for field, part := range c.want {
				require.Contains(t, got[field], part, field)
			}
			require.Len(t, got, len(c.want), "%v", got)
		})
	}
}

func TestServiceStage_Configuration(t *testing.T) {
	t.Parallel()
	key := &release.KeyOf{ID: "shop-config", Key: "level"}
	probe := func(p release.Probe) *release.Probe { return &p }
	for name, c := range map[string]struct {
		config release.Config
		want   map[string]string
	}{
		"what a component has": {release.Config{
			Variables: []release.Variable{{Name: "A", Value: new("x")}, {Name: "B", ConfigMap: key}, {Name: "C", Secret: key}, {Name: "D", Remove: true}},
			Command:   []string{"/shop"}, Args: []string{"-v"}, Resources: &release.Resources{CPU: 350, Memory: 700},
			Probes: &release.Probes{
				Liveness:  probe(release.Probe{HTTP: &release.ProbeHTTP{Path: "/healthz", Port: 8080, Scheme: "https"}, InitialDelay: release.Duration(time.Minute), Timeout: release.Duration(time.Second)}),
				Readiness: probe(release.Probe{TCP: 8080}),
			},
			Hooks:    &release.Hooks{PostStart: &release.Hook{Exec: []string{"/up"}}, PreStop: &release.Hook{Exec: []string{"/down"}}},
			Platform: release.Parameters{"jvm_opts": raw(`"-Xmx512m"`), "dns_policy": raw(`"Default"`), "host_aliases": raw(`[]`), "tomcat_opts": raw(`{"server_xml":""}`)},
		}, nil},
		"what it has not": {release.Config{
			Probes: &release.Probes{
				Liveness:  probe(release.Probe{HTTP: &release.ProbeHTTP{Path: "/", Port: 80, Contains: "UP"}, Period: release.Duration(time.Second), FailureThreshold: 3}),
				Readiness: probe(release.Probe{HTTP: &release.ProbeHTTP{Path: "/", Port: 80, Lacks: "DOWN"}, SuccessThreshold: 1}),
				Startup:   probe(release.Probe{TCP: 80}),
			},
			Hooks: &release.Hooks{Grace: release.Duration(time.Minute)}, Mounts: &release.Mounts{Scratch: []release.MountScratch{{Name: "a", Path: "/a"}}},
			Runtime: &release.Runtime{Options: new("-Xmx1g")}, Instances: new(3), Platform: release.Parameters{"Timezone": raw(`"UTC"`)},
		}, map[string]string{
			"config.probes.liveness.http.contains": "do not look into the answer", "config.probes.liveness.period": "initialDelay and timeout alone", "config.probes.liveness.failureThreshold": "leave it out",
			"config.probes.readiness.http.lacks": "do not look into the answer", "config.probes.readiness.successThreshold": "leave it out", "config.probes.startup": "use config.probes.liveness",
			"config.hooks.grace": "no such time", "config.mounts": "use config.platform.storages", "config.runtime": "config.platform.jvm_opts", "config.instances": "use operation rescale",
			"config.platform.Timezone": "did you mean timezone?",
		}},
		"removals": {release.Config{
			Probes: &release.Probes{Liveness: probe(release.Probe{None: true}), Readiness: probe(release.Probe{None: true})},
			Hooks:  &release.Hooks{PostStart: &release.Hook{None: true}, PreStop: &release.Hook{None: true}},
		}, map[string]string{
			"config.probes.liveness.none": "keeps what an update leaves out", "config.probes.readiness.none": "remove it", "config.hooks.postStart.none": "remove it", "config.hooks.preStop.none": "remove it",
		}},
		"a secret by a number": {release.Config{Variables: []release.Variable{{Name: "A", Secret: &release.KeyOf{ID: "Shop_1", Key: "k"}}}}, map[string]string{
			"config.variables[0].secret.id": "lower case letters",
		}},
		"settings": {release.Config{Platform: release.Parameters{
			"name": raw(`"x"`), "runtime_stack": raw(`{}`), "version": raw(`"1.2.3"`), "replica": raw(`2`), "request_cpu": raw(`1`), "labels": raw(`[]`), "build": raw(`{}`),
			"refer_resources": raw(`[]`), "envs": raw(`[]`), "limit_memory": raw(`1`), "dns_policy": raw(`"x"`),
		}}, map[string]string{
			"config.platform.name": "as the component has it", "config.platform.runtime_stack": "as the component has it", "config.platform.version": "made of the ID", "config.platform.replica": "use operation rescale",
			"config.platform.request_cpu": "lowered to the limit", "config.platform.labels": "for people", "config.platform.build": "made of code", "config.platform.refer_resources": "binds the component",
			"config.platform.envs": "use config.variables", "config.platform.limit_memory": "use config.resources.memory", "config.platform.dns_policy": `"Default" or "ClusterFirst"`,
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := refusalsOf(t, release.Spec{App: aComponent().App, Config: &c.config}.WithDefaults())
			for field, part := range c.want {
				require.Contains(t, got[field], part, field)
			}
			require.Len(t, got, len(c.want), "%v", got)
		})
	}
}

func TestServiceStage_HasNoScalingRules(t *testing.T) {
	t.Parallel()
	for _, enable := range []bool{true, false} {
		r := release.ToggleRequest{App: aComponent().App, By: "mei", Enable: enable, For: release.Duration(time.Hour)}
		require.Contains(t, refusalsOf(t, r)["app"], "has no scaling rules to switch")
	}
}

func TestServiceStage_Plan(t *testing.T) {
	t.Parallel()
	on := traitsOf(t, release.PlatformServiceStage)
	for name, c := range map[string]struct {
		strategy  release.Strategy
		instances int
		want      []int
		weight    int
		refused   string
	}{
		"the larger batches first":   {release.Strategy{Type: release.StrategyGray, Gray: 2, Batches: 3}, 7, []int{2, 2, 2, 1}, 28, ""},
		"rolling":                    {release.Strategy{Type: release.StrategyBatch, Batches: 3}, 5, []int{2, 2, 1}, 0, ""},
		"a weight of one's own":      {release.Strategy{Type: release.StrategyGray, Gray: 3, Batches: 1, Weights: []int{5}}, 4, []int{3, 1}, 5, ""},
		"one of very many":           {release.Strategy{Type: release.StrategyGray, Gray: 1, Batches: 1}, 400, []int{1, 399}, 1, ""},
		"more than half":             {release.Strategy{Type: release.StrategyGray, Gray: 3, Batches: 2}, 5, []int{3, 1, 1}, 60, ""},
		"all of them are not gray":   {release.Strategy{Type: release.StrategyGray, Gray: 2, Batches: 1}, 2, nil, 0, "2 gray instances are more than 99 % of the application's 2, which is the most on ServiceStage"},
		"one instance has no gray":   {release.Strategy{Type: release.StrategyGray, Gray: 1, Batches: 1}, 1, nil, 0, "more than 99 %"},
		"more batches than the rest": {release.Strategy{Type: release.StrategyGray, Gray: 2, Batches: 3}, 4, nil, 0, "2 are left"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			plan, err := release.PlanBatches(on, release.OperationRelease, c.strategy, c.instances)
			if c.refused != "" {
				require.ErrorContains(t, err, c.refused)
				return
			}
			require.NoError(t, err)
			want := release.BatchesOf(c.want...)
			want[0].Weight = c.weight
			require.Equal(t, want, plan)
		})
	}
}

// However instances are divided: none is left out, and no batch is larger by more than one.
func TestServiceStage_PlansEachInstance(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		on := rapid.SampledFrom([]release.Platform{release.PlatformServiceStage, release.PlatformSAE}).Draw(t, "platform")
		traits, _ := release.TraitsOf(on)
		instances := rapid.IntRange(2, 500).Draw(t, "instances")
		s := release.Strategy{Type: release.StrategyBatch, Batches: rapid.IntRange(2, instances).Draw(t, "batches")}
		plan, err := release.PlanBatches(traits, release.OperationRelease, s, instances)
		require.NoError(t, err)
		require.Len(t, plan, s.Batches)
		sum, first, last := 0, plan[0].Instances, plan[len(plan)-1].Instances
		for _, b := range plan {
			sum += b.Instances
			require.LessOrEqual(t, b.Instances, max(first, last))
			require.GreaterOrEqual(t, b.Instances, min(first, last))
		}
		require.Equal(t, instances, sum)
		require.LessOrEqual(t, max(first, last)-min(first, last), 1)
		require.Equal(t, traits.LargerFirst || first == last, first >= last)
	})
}

// Where a platform waits, by its strategies.
func TestTraits_PausesAfter(t *testing.T) {
	t.Parallel()
	for _, on := range release.Platforms() {
		every := on.Platform != release.PlatformServiceStage
		require.False(t, on.PausesAfter(release.StrategyAll, 1), on.Platform)
		require.True(t, on.PausesAfter(release.StrategyGray, 1), on.Platform)
		require.Equal(t, every, on.PausesAfter(release.StrategyGray, 2), on.Platform)
		require.Equal(t, every, on.PausesAfter(release.StrategyBatch, 1), on.Platform)
	}
}
