package manifest_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"
	"pgregory.net/rapid"

	"slipway/manifest"
	"slipway/release"
)

const configured = `apiVersion: slipway.dev/v1
kind: Release
spec:
  app: {platform: sae, region: cn-hangzhou, id: app-1}
  config:
`

func TestManifest_ConfigurationKeepsWhatYAMLSays(t *testing.T) {
	t.Parallel()
	spec, err := manifest.Read(strings.NewReader(configured+`    variables:
      - {name: MOTTO, value: 'it''s "$HOME"'}
      - {name: PORT, value: "8080"}
      - name: SCRIPT
        value: |
          a
          购物车
    args: []
    platform:
      Timezone: Asia/Shanghai
      BatchWaitTime: 10
      AssociateEip: true
      EnableAhas: "true"
      SlsConfigs: []
      TomcatConfig: {port: 8080, contextPath: /}
`), manifest.Overrides{})
	require.NoError(t, err)
	c := spec.Config
	require.Equal(t, []string{`it's "$HOME"`, "8080", "a\n购物车\n"}, []string{*c.Variables[0].Value, *c.Variables[1].Value, *c.Variables[2].Value})
	require.Equal(t, []string{}, c.Args, "an empty list removes")
	require.Nil(t, c.Command, "one that is absent keeps")
	want := map[string]string{
		"Timezone": `"Asia/Shanghai"`, "BatchWaitTime": `10`, "AssociateEip": `true`, "EnableAhas": `"true"`, "SlsConfigs": `[]`, "TomcatConfig": `{"contextPath":"/","port":8080}`,
	}
	require.Len(t, c.Platform, len(want))
	for name, value := range want {
		require.Equal(t, value, string(c.Platform[name]), name)
	}
}

func TestManifest_ProblemsOfAConfigurationHaveTheirLine(t *testing.T) {
	t.Parallel()
	_, err := manifest.Read(strings.NewReader(configured+`    variables:
      - {name: DB_PASSWORD, value: hunter2}
      - {name: PORT, value: 8080}
      - name: 1A
        remove: true
      - {name: A-B, value: x}
    probes:
      liveness:
        http: {path: healthz, port: 80}
        period: 90
    platform:
      TimeZone: UTC
      Envs: []
      AssociateEip: "true"
`), manifest.Overrides{})
	require.ErrorAs(t, err, new(release.Problems))
	for _, want := range []string{
		"config.variables[0].value: looks like a secret, and a request is kept: give it by reference, with secret {id, key}; what is none and only looks like one, with configMap {id, key} (line 7)",
		"config.variables[1].value: must be a string, not a number; write it in quotes (line 8)",
		"config.variables[3].name: must be letters, digits and underscores, and not begin with a digit (line 11)",
		"config.probes.liveness.http.path: must begin with / and have no blanks, such as /healthz (line 14)",
		`config.probes.liveness.period: must be a string, not 90; write for example "90s" (line 15)`,
		"config.platform.TimeZone: is not a parameter of a deployment on Serverless App Engine; did you mean Timezone? (line 17)",
		"config.platform.Envs: is given by a field of its own; use config.variables (line 18)",
		"config.platform.AssociateEip: must be true or false, without quotes (line 19)",
	} {
		require.Contains(t, err.Error(), want)
	}
	require.Len(t, strings.Split(err.Error(), "\n"), 8, err.Error())
	require.NotContains(t, err.Error(), "hunter2")
	require.NotContains(t, err.Error(), "8080")
}

func TestReadConfig_IsTheConfigurationAlone(t *testing.T) {
	t.Parallel()
	f, err := manifest.ReadConfig(strings.NewReader("variables:\n  - {name: A, value: x}\nargs: []\nplatform: {Timezone: UTC}\n"))
	require.NoError(t, err)
	require.Equal(t, &release.Config{
		Variables: []release.Variable{{Name: "A", Value: new("x")}}, Args: []string{}, Platform: release.Parameters{"Timezone": json.RawMessage(`"UTC"`)},
	}, f.Config)
	require.Equal(t, release.Problems{
		{Field: "config.variables[0].name", Message: "is wrong (line 2)"}, {Field: "config.platform.Timezone", Message: "too (line 4)"}, {Field: "artifact", Message: "is not in it"},
	}, f.Locate(release.Problems{{Field: "config.variables[0].name", Message: "is wrong"}, {Field: "config.platform.Timezone", Message: "too"}, {Field: "artifact", Message: "is not in it"}}))

	_, err = manifest.ReadConfig(strings.NewReader("variables:\n  - {name: PIN, value: 123456}\nargs: none\napiVersion: x\nruntime: {jdk: 8}\n"))
	require.EqualError(t, err, "config.variables[0].value: must be a string, not a number; write it in quotes (line 2)\n"+
		"config.args: must be a list, not a string (line 3)\nconfig.runtime.jdk: must be a string, not 8; write it in quotes: \"8\" (line 5)\n"+
		"config.apiVersion: is not a field here; there are variables, replace, command, args, resources, instances, probes, hooks, mounts, runtime, platform (line 4)")
	for text, want := range map[string]string{"": "is empty", "[]": "is no configuration; it must have the fields of config, such as variables", "a: 1\na: 2\n": "config.a: is given twice (line 2)"} {
		_, err = manifest.ReadConfig(strings.NewReader(text))
		require.EqualError(t, err, want)
	}
}

// A configuration that is written as YAML or as JSON is read as it was, whatever stands in it.
func TestManifest_ConfigurationSurvivesYAML(t *testing.T) {
	t.Parallel()
	text := rapid.OneOf(
		rapid.StringOfN(rapid.RuneFrom([]rune("ab1\"'`$\\(){}[] \n\t<>&é购🛒\u2028#%,;|>-?!*@")), 0, 40, -1),
		rapid.SampledFrom([]string{"", "yes", "null", "~", "0x1F", "1e3", "2026-11-29", "- a\n- b", " a", "a ", "a\n", "\n\na\n\n", "${A}", "$(A)"}),
	)
	rapid.Check(t, func(t *rapid.T) {
		value, own := text.Draw(t, "value"), text.Draw(t, "own")
		label, err := json.Marshal(map[string]any{"a": own, "b": 7, "c": true})
		require.NoError(t, err)
		spec := release.Spec{
			App: release.App{Platform: release.PlatformSAE, Region: "cn-hangzhou", ID: "app-1"}, RequestedBy: "ci",
			Config: &release.Config{
				Variables: []release.Variable{{Name: "A", Value: &value}, {Name: "B", Remove: true}}, Args: rapid.SampledFrom([][]string{nil, {}, {value, own}}).Draw(t, "args"),
				Mounts: &release.Mounts{Scratch: []release.MountScratch{}}, Runtime: &release.Runtime{Options: &own}, Platform: release.Parameters{"Labels": label},
			},
		}.WithDefaults()
		asJSON, err := json.Marshal(map[string]any{"apiVersion": release.APIVersion, "kind": release.KindRelease, "spec": spec})
		require.NoError(t, err)
		var tree any
		require.NoError(t, json.Unmarshal(asJSON, &tree))
		files := []string{string(asJSON)}
		if !unreadable(value) && !unreadable(own) {
			asYAML, err := yaml.Marshal(tree)
			require.NoError(t, err)
			files = append(files, string(asYAML))
		}
		for _, file := range files {
			again, err := manifest.Read(strings.NewReader(file), manifest.Overrides{})
			require.NoError(t, err, file)
			require.Equal(t, spec, again)
			require.Equal(t, spec.Digest(), again.Digest())
		}
	})
}

// unreadable tells of texts of several lines, the first of which begins with a blank or is empty: the
// library writes them with an indentation that it cannot read.
func unreadable(text string) bool {
	return strings.ContainsAny(text, "\n\u2028") && strings.TrimLeft(text, " \t\n\u2028") != text
}
