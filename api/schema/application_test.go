package schema_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"sigs.k8s.io/yaml"

	"slipway/api/schema"
	"slipway/apps"
)

// What the schema refuses is refused where the document is stored, too. Where a path leads, and what
// fields say together, only the latter knows.
func TestApplicationSchemaAgreesWithTheStore(t *testing.T) {
	t.Parallel()
	compiled := compile(t, schema.Application)
	const app = `"app":{"platform":"sae","region":"cn-hangzhou","id":"a"}`
	document := func(rest string) string {
		return `{"name":"shop","environments":[{"name":"production",` + app + rest + `}]}`
	}
	by := func(fields string) string { return strings.Replace(document(""), `"id":"a"`, fields, 1) }
	triggers := func(of string) string {
		return strings.TrimSuffix(document(""), "}") + `,"triggers":[{"name":"main",` + of + `}]}`
	}
	told := func(rest string) string { return strings.TrimSuffix(document(""), "}") + "," + rest + "}" }
	for name, c := range map[string]struct {
		data string
		good bool
	}{
		"the least":                   {document(""), true},
		"defaults":                    {document(`,"release":{"strategy":{"type":"gray","gray":2},"limits":{"total":"8h"},"lane":{"policy":"supersede"}}`), true},
		"no environment":              {`{"name":"shop","environments":[]}`, false},
		"nothing":                     {`{}`, false},
		"a name with a dot":           {strings.Replace(document(""), "shop", "sh.op", 1), false},
		"the name of a release":       {strings.Replace(document(""), "shop", "r-shop", 1), false},
		"an environment in capitals":  {strings.Replace(document(""), "production", "Production", 1), false},
		"an artifact":                 {document(`,"release":{"artifact":{"image":"shop:1"}}`), false},
		"an override":                 {document(`,"release":{"freeze":{"override":"now"}}`), false},
		"a strategy of another world": {document(`,"release":{"strategy":{"type":"canary"}}`), false},
		"a limit":                     {document(`,"release":{"limits":{"total":"soon"}}`), false},
		"locks":                       {document(`,"locked":["strategy","limits.total","config.platform.Timezone"]`), true},
		"a lock within a list":        {document(`,"locked":["strategy.gates[0]"]`), false},
		"the artifact locked":         {document(`,"locked":["artifact.image"]`), false},
		"a name":                      {by(`"namespace":"cn-hangzhou:test","name":"shop"`), true},
		"a name beside the ID":        {by(`"id":"a","name":"shop"`), true},
		"neither a name nor an ID":    {by(`"qualifier":"live"`), false},
		"a namespace alone":           {by(`"namespace":"cn-hangzhou:test","id":"a"`), false},
		"a namespace with a blank":    {by(`"namespace":"a b","name":"shop"`), false},
		"a name with a slash":         {by(`"name":"test/shop"`), false},
		"triggers":                    {triggers(`"artifact":{"image":"registry.example/team/shop","tag":{"semver":">=1.0"}},"environment":"production","from":["harbor"]`), true},
		"a trigger of any tag":        {triggers(`"artifact":{"image":"shop"},"paused":true`), true},
		"a trigger of nothing":        {triggers(`"paused":true`), false},
		"a trigger of both":           {triggers(`"artifact":{"image":"shop","tag":{"semver":"1","pattern":"v.*"}}`), false},
		"who is told":                 {told(`"notify":[{"to":["team"],"when":["waiting","batch.done"],"environments":["production"]}],"waiting":[{"after":"30m","tell":"team"},{"after":"2h","page":"oncall"}]`), true},
		"nobody told":                 {told(`"notify":[{"to":[]}]`), false},
		"an event that is none":       {told(`"notify":[{"to":["team"],"when":["wait"]}]`), false},
		"a step for nobody":           {told(`"waiting":[{"after":"30m"}]`), false},
		"a step for both":             {told(`"waiting":[{"after":"30m","tell":"a","page":"b"}]`), false},
		"a step without a time":       {told(`"waiting":[{"tell":"a"}]`), false},
		"a trigger with a sender":     {triggers(`"artifact":{"image":"shop"},"from":["Har bor"]`), false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := apps.ParseNamed([]byte(c.data))
			if c.good {
				require.NoError(t, err)
				require.NoError(t, validate(t, compiled, []byte(c.data)))
				return
			}
			require.Error(t, err)
			require.Error(t, validate(t, compiled, []byte(c.data)))
		})
	}
}

func TestApplicationSchemaHasTheDefaults(t *testing.T) {
	t.Parallel()
	data, err := schema.Files.ReadFile(schema.Application)
	require.NoError(t, err)
	var root struct {
		Defs struct {
			Environment struct {
				Properties struct {
					Release struct {
						PropertyNames node   `json:"propertyNames"`
						AllOf         []node `json:"allOf"`
					} `json:"release"`
				} `json:"properties"`
			} `json:"environment"`
		} `json:"$defs"`
	}
	require.NoError(t, json.Unmarshal(data, &root))
	release := root.Defs.Environment.Properties.Release
	want := apps.Defaults()
	got := release.PropertyNames.Enum
	slices.Sort(want)
	slices.Sort(got)
	require.Equal(t, want, got)
	for _, name := range want {
		require.Contains(t, release.AllOf[0].Properties, name)
	}
}

func TestApplicationSchema_TheExampleIsValid(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile(filepath.Join("..", "..", "examples", "application.yaml"))
	require.NoError(t, err)
	var file struct {
		Spec json.RawMessage `json:"spec"`
	}
	require.NoError(t, yaml.Unmarshal(raw, &file))
	require.NoError(t, validate(t, compile(t, schema.Application), file.Spec))
}

// What an application is has the same rules as in a release.
func TestApplicationSchema_AnApplicationIsThatOfARelease(t *testing.T) {
	t.Parallel()
	own, of := load(t, schema.Application).Defs["app"], load(t, schema.Request).Defs["app"]
	require.NotEmpty(t, of.Properties)
	for name, want := range of.Properties {
		got, there := own.Properties[name]
		require.True(t, there, name)
		require.Equal(t, []any{want.Type, want.Enum, want.Pattern, want.MaxLength}, []any{got.Type, got.Enum, got.Pattern, got.MaxLength}, name)
	}
}
