package release_test

import (
	"encoding/json"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"slipway/release"
)

// refusedOf are the problems of a release that changes only this.
func refusedOf(t *testing.T, config release.Config) map[string]string {
	t.Helper()
	out := map[string]string{}
	for _, p := range validate(t, release.Spec{App: anApp(), Config: &config}.WithDefaults()) {
		require.NotContains(t, out, p.Field, "one problem a field")
		out[p.Field] = p.Message
	}
	return out
}

func TestConfig_EveryProblemAtOnceWithItsRemedy(t *testing.T) {
	t.Parallel()
	value, key := new("x"), &release.KeyOf{ID: "7", Key: "k"}
	const second = release.Duration(time.Second)
	for name, c := range map[string]struct {
		config release.Config
		want   map[string]string // fields, and a part of what is said of each
	}{
		"nothing":      {release.Config{}, map[string]string{"config": "changes nothing"}},
		"empty groups": {release.Config{Resources: &release.Resources{}, Probes: &release.Probes{}, Hooks: &release.Hooks{}, Mounts: &release.Mounts{}, Runtime: &release.Runtime{}}, map[string]string{"config.resources": "names nothing", "config.probes": "names nothing", "config.hooks": "names nothing", "config.mounts": "names nothing", "config.runtime": "names nothing"}},
		"empty lists that remove": {
			release.Config{Command: []string{}, Args: []string{}, Mounts: &release.Mounts{NAS: []release.MountNAS{}}}, map[string]string{},
		},
		"all of it":          {*validConfig("config.variables"), map[string]string{}},
		"replace by nothing": {release.Config{Replace: true}, map[string]string{"config.replace": "needs variables"}},
		"variables": {
			release.Config{Variables: []release.Variable{
				{Name: "A", Value: value},
				{Name: "A", Value: value},
				{Name: "no name", Value: value},
				{Name: "B"},
				{Name: "C", Value: value, Secret: key},
				{Name: "D", ConfigMap: key, Show: true},
				{Name: "spring.profile", Remove: true},
				{Name: "E", Secret: &release.KeyOf{ID: "shop", Key: ""}},
			}},
			map[string]string{
				"config.variables[1].name": "is given twice", "config.variables[2].name": "must be letters, digits and underscores",
				"config.variables[3]": "give exactly one of value, configMap, secret and remove", "config.variables[4]": "exactly one",
				"config.variables[5].show": "has no meaning without a value", "config.variables[7].secret.id": "it must be the number that SAE has", "config.variables[7].secret.key": "it is missing",
			},
		},
		"removed where all the rest is": {
			release.Config{Replace: true, Variables: []release.Variable{{Name: "A", Value: value}, {Name: "B", Remove: true}}},
			map[string]string{"config.variables[1].remove": "has no meaning with replace"},
		},
		"a size":       {release.Config{Resources: &release.Resources{CPU: 1000, Memory: 4096}}, map[string]string{}},
		"half a size":  {release.Config{Resources: &release.Resources{Memory: 12288}}, map[string]string{}},
		"no such size": {release.Config{Resources: &release.Resources{CPU: 4000, Memory: 1024}}, map[string]string{"config.resources.cpu": "SAE has no instances with 4000 thousandths of a core and 1024 MiB; use 500, 1000 with this memory"}},
		"no such memory": {
			release.Config{Resources: &release.Resources{CPU: 500, Memory: 1000}},
			map[string]string{"config.resources.memory": "SAE has no instances with 1000 MiB; use 1024, 2048, 4096"},
		},
		"no such CPU": {
			release.Config{Resources: &release.Resources{CPU: 2}},
			map[string]string{"config.resources.cpu": "SAE has no instances with 2 thousandths of a core; use 500, 1000, 2000, 4000, 8000, 12000, 16000, 32000"},
		},
		"probes": {
			release.Config{Probes: &release.Probes{
				Liveness: &release.Probe{}, Readiness: &release.Probe{None: true, Period: second},
				Startup: &release.Probe{TCP: 80, HTTP: &release.ProbeHTTP{Path: "/", Port: 80, Scheme: "HTTP", Contains: "UP", Lacks: "DOWN"}, Timeout: second + 1, Exec: nil},
			}},
			map[string]string{
				"config.probes.liveness": "give exactly one of http, tcp, exec and none", "config.probes.readiness.none": "leave its times and thresholds out",
				"config.probes.startup": "exactly one", "config.probes.startup.http.scheme": `"HTTP" is unknown; use http or https`,
				"config.probes.startup.http.lacks": "cannot be given with contains", "config.probes.startup.timeout": "must be whole seconds",
			},
		},
		"hooks": {
			release.Config{Hooks: &release.Hooks{PostStart: &release.Hook{}, PreStop: &release.Hook{Exec: []string{}, None: true}, Grace: 301 * second}},
			map[string]string{
				"config.hooks.postStart": "give either exec or none", "config.hooks.preStop.none": "cannot be given with exec", "config.hooks.preStop.exec": "is empty",
				"config.hooks.grace": "must be whole seconds, 1s-5m",
			},
		},
		"one path twice": {
			release.Config{Mounts: &release.Mounts{ConfigMaps: []release.MountKey{{ID: "7", Path: "/etc/shop/"}}, Scratch: []release.MountScratch{{Name: "work", Path: "/etc/shop"}}}},
			map[string]string{"config.mounts.scratch[0].path": "is that of config.mounts.configMaps[0].path already"},
		},
		"settings of the platform": {
			release.Config{Platform: release.Parameters{
				"Timezone": raw(`"UTC"`), "AssociateEip": raw(`true`), "BatchWaitTime": raw(`10`), "SlsConfigs": raw(`[]`), "TomcatConfig": raw(`{"port":8080}`),
				"EnableAhas": raw(`"true"`), "MicroRegistration": raw(`"2"`), "CustomImageNetworkType": raw(`""`), "Dotnet": raw(`".NET 99"`),
			}},
			map[string]string{},
		},
		"settings that are refused": {
			release.Config{Platform: release.Parameters{
				"Envs": raw(`[]`), "OssAkSecret": raw(`"x"`), "OssAkId": raw(`"x"`), "Deploy": raw(`"true"`), "ChangeOrderDesc": raw(`"x"`), "TimeZone": raw(`"UTC"`),
				"Frobnicate": raw(`1`), "Timezone": raw(`8`), "AssociateEip": raw(`"true"`), "BatchWaitTime": raw(`-1`), "SlsConfigs": raw(`""`), "TomcatConfig": raw(`null`),
				"EnableAhas": raw(`"yes"`), "MicroRegistration": raw(`2`), "Replicas": raw(`2`), strings.Repeat("x", 200): raw(`1`),
			}},
			map[string]string{
				"config.platform.Envs": "is given by a field of its own; use config.variables", "config.platform.Replicas": "use config.instances",
				"config.platform.OssAkSecret": "is a secret", "config.platform.OssAkId": "is a secret", "config.platform.Deploy": "a release brings instances up",
				"config.platform.ChangeOrderDesc": "use note", "config.platform.TimeZone": "is not a parameter of a deployment on Serverless App Engine; did you mean Timezone?",
				"config.platform.Frobnicate": "is not a parameter of a deployment on Serverless App Engine", "config.platform.Timezone": "must be a text; write a number or a switch in quotes",
				"config.platform.AssociateEip": "must be true or false, without quotes", "config.platform.BatchWaitTime": "must be a whole number of 0 or more",
				"config.platform.SlsConfigs": "must be a list", "config.platform.TomcatConfig": "must be a group of fields",
				"config.platform.EnableAhas": `must be a text in quotes: "true" or "false"`, "config.platform.MicroRegistration": `must be a text in quotes: "0" or "1" or "2"`,
				"config.platform": "has a name of 200 bytes",
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := refusedOf(t, c.config)
			for field, part := range c.want {
				require.Contains(t, got[field], part, field)
			}
			require.Len(t, got, len(c.want), "%v", got)
		})
	}
}

func raw(text string) json.RawMessage { return json.RawMessage(text) }

func TestConfig_BelongsToAReleaseOfItsOwn(t *testing.T) {
	t.Parallel()
	config := &release.Config{Instances: new(2)}
	image := release.Artifact{Image: "shop:1"}
	for name, c := range map[string]struct {
		spec release.Spec
		want string
	}{
		"configuration alone":  {release.Spec{Config: config}, ""},
		"with an image":        {release.Spec{Config: config, Artifact: image}, ""},
		"nothing":              {release.Spec{}, "artifact: give image or package, or config: a release brings an artifact, configuration or both"},
		"a rollback":           {release.Spec{Config: config, Operation: release.OperationRollback}, "config: has no meaning for a rollback; only a release changes the configuration"},
		"a rescale":            {release.Spec{Config: config, Operation: release.OperationRescale, Instances: 2}, "config: has no meaning for a rescale; only a release changes the configuration"},
		"an adopted change":    {release.Spec{Config: config, Artifact: image, Adopt: "co-1"}, "config: cannot be changed by a change that runs already; leave it out to adopt one"},
		"a registry of images": {release.Spec{Artifact: release.Artifact{Image: "shop:1", Registry: &release.Registry{Instance: "cri-1"}}}, ""},
		"a registry of nothing": {
			release.Spec{Config: config, Artifact: release.Artifact{Registry: &release.Registry{Instance: "cri-1"}}},
			"artifact.registry: has no meaning without an image, which is pulled from it",
		},
		"adopted without an image": {
			release.Spec{Config: config, Adopt: "co-1"},
			"artifact: give either image or package: what the change that is adopted brings\nconfig: cannot be changed by a change that runs already; leave it out to adopt one",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c.spec.App = anApp()
			if err := c.spec.WithDefaults().Validate(); c.want != "" {
				require.EqualError(t, err, c.want)
			} else {
				require.NoError(t, err)
			}
		})
	}
}

func TestStrategy_OneMeasureForWhatMayBeAway(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		strategy release.Strategy
		want     string
	}{
		"a ratio and a surge": {release.Strategy{MinReadyRatio: new(100), MaxSurge: new(1)}, ""},
		"two of ready":        {release.Strategy{MinReadyInstances: new(1), MinReadyRatio: new(50)}, "strategy.minReadyRatio: says the same as minReadyInstances; give one of them"},
		"two of surge":        {release.Strategy{MaxSurge: new(1), MaxSurgeRatio: new(50)}, "strategy.maxSurgeRatio: says the same as maxSurge; give one of them"},
		"no room":             {release.Strategy{MinReadyRatio: new(100), MaxSurge: new(0)}, "strategy.maxSurge: must not be 0 with minReadyRatio 100: no instance could be replaced"},
		"no room in percent":  {release.Strategy{MinReadyRatio: new(100), MaxSurgeRatio: new(0)}, "strategy.maxSurgeRatio: must not be 0 with minReadyRatio 100: no instance could be replaced"},
		"an outage":           {release.Strategy{MinReadyRatio: new(0), MaxSurgeRatio: new(0)}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := release.Spec{App: anApp(), Artifact: release.Artifact{Image: "shop:1"}, Strategy: c.strategy}.WithDefaults().Validate()
			if c.want != "" {
				require.EqualError(t, err, c.want)
			} else {
				require.NoError(t, err)
			}
		})
	}
}

// What nobody may know is in no message, wherever somebody has put it.
func TestConfig_ProblemsQuoteNoValue(t *testing.T) {
	t.Parallel()
	const planted = "hunter2"
	config := release.Config{
		Variables: []release.Variable{{Name: "A=" + planted, Value: new(planted + "\x00")}, {Name: "B", Value: new(planted), Remove: true}},
		Args:      []string{planted + "\x00"}, Command: []string{planted + "\x00"},
		Runtime:  &release.Runtime{Options: new(planted + "\x00"), JDK: new(planted + "\n")},
		Probes:   &release.Probes{Liveness: &release.Probe{HTTP: &release.ProbeHTTP{Path: planted}}},
		Platform: release.Parameters{"EnableAhas": raw(`"` + planted + `"`), "BatchWaitTime": raw(`"` + planted + `"`), "OssAkSecret": raw(`"` + planted + `"`)},
	}
	got := refusedOf(t, config)
	require.Len(t, got, 12)
	for field, message := range got {
		require.NotContains(t, message, planted, field)
	}
}

func TestSpec_TitleOfConfiguration(t *testing.T) {
	t.Parallel()
	config := &release.Config{Variables: []release.Variable{{Name: "A", Value: new("x")}}, Args: []string{}, Platform: release.Parameters{"Timezone": raw(`"UTC"`), "Labels": raw(`{}`)}}
	require.Equal(t, "configuration: variables, args, Labels, Timezone", release.Spec{Config: config}.WithDefaults().Title())
	require.Equal(t, "shop:1 with configuration", release.Spec{Config: config, Artifact: release.Artifact{Image: "shop:1"}}.WithDefaults().Title())
}

// The page has every parameter, those that stand under platform and those that do not.
func TestPlatformParameters_AreDocumented(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../docs/configuration.md")
	require.NoError(t, err)
	free, refused, ok := strings.Cut(string(text), "The others are refused there:")
	require.True(t, ok)
	refused, _, ok = strings.Cut(refused, "\n## ")
	require.True(t, ok)
	_, free, ok = strings.Cut(free, "### The platform's own")
	require.True(t, ok)
	for _, p := range release.PlatformParameters(release.PlatformSAE) {
		table := free
		if p.Field != "" || p.Why != "" {
			table = refused
		}
		row := ""
		for line := range strings.Lines(table) {
			if strings.HasPrefix(line, "| ") && strings.Contains(line, "`"+p.Name+"`") {
				row = line
			}
		}
		require.NotEmpty(t, row, "%s is not in its table", p.Name)
		if p.Field != "" {
			require.Contains(t, row, "`"+p.Field+"`", p.Name)
		}
	}
}

// configs generates configurations with all kinds of texts in them.
func configs() *rapid.Generator[release.Config] {
	text := rapid.OneOf(rapid.String(), rapid.StringOf(rapid.SampledFrom([]rune("a\"'`$\\{}\n\t <>&é购🛒\u2028=:#"))))
	list := rapid.Custom(func(t *rapid.T) []string {
		return rapid.SampledFrom([][]string{nil, {}, {text.Draw(t, "first"), text.Draw(t, "second")}}).Draw(t, "list")
	})
	return rapid.Custom(func(t *rapid.T) release.Config {
		own, err := json.Marshal(map[string]any{"b": text.Draw(t, "own"), "a": rapid.Int().Draw(t, "number")})
		require.NoError(t, err)
		return release.Config{
			Variables: []release.Variable{{Name: "A", Value: new(text.Draw(t, "value"))}, {Name: "B", Value: new("")}, {Name: "C", Remove: true}},
			Command:   list.Draw(t, "command"), Args: list.Draw(t, "args"), Instances: rapid.Ptr(rapid.IntRange(1, 9), true).Draw(t, "instances"),
			Mounts:   &release.Mounts{Scratch: rapid.SampledFrom([][]release.MountScratch{nil, {}, {{Name: "work", Path: "/work"}}}).Draw(t, "scratch")},
			Runtime:  &release.Runtime{Options: new(text.Draw(t, "options"))},
			Platform: release.Parameters{"TomcatConfig": own},
		}
	})
}

// A configuration that is written and read again is the same, and has the same digest: an empty
// list is not one that was left out.
func TestConfig_SurvivesJSON(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		config := configs().Draw(t, "config")
		spec := release.Spec{App: anApp(), Config: &config}
		data, err := json.Marshal(spec)
		require.NoError(t, err)
		var again release.Spec
		require.NoError(t, json.Unmarshal(data, &again))
		require.Equal(t, spec, again)
		require.Equal(t, spec.Digest(), again.Digest())
	})
}

func TestDigest_OfConfigurations(t *testing.T) {
	t.Parallel()
	const app = `"app":{"platform":"sae","region":"cn-hangzhou","id":"app-1"}`
	of := func(config string) string { return digestOf(t, `{`+app+`,"config":`+config+`}`) }
	seen := map[string]string{}
	for _, config := range []string{
		`null`, `{"instances":2}`, `{"instances":3}`, `{"args":[]}`, `{"args":["a"]}`, `{"command":[]}`, `{"mounts":{"nas":[]}}`, `{"mounts":{"scratch":[]}}`,
		`{"runtime":{"args":""}}`, `{"variables":[{"name":"A","value":""}]}`, `{"variables":[{"name":"A","value":"x"}]}`, `{"variables":[{"name":"A","value":"x"}],"replace":true}`,
		`{"platform":{"Labels":{"a":1,"b":"2"}}}`, `{"platform":{"Labels":{"a":1.0,"b":"2"}}}`,
	} {
		require.Empty(t, seen[of(config)], "%s has the digest of another", config)
		seen[of(config)] = config
	}
	for _, same := range [][2]string{
		{`{"instances":2}`, `{"instances": 2, "args": null, "variables": [], "platform": {}, "replace": false}`},
		{`{"platform":{"Labels":{"a":1,"b":"<é>"}}}`, `{"platform":{"Labels":{"b":"\u003c\u00e9>" , "a": 1}}}`},
	} {
		require.Equal(t, of(same[0]), of(same[1]), "%s", same)
	}
}
