package schema_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"sigs.k8s.io/yaml"

	"slipway/api/schema"
	"slipway/release"
	"slipway/wire"
)

func TestSet_EnumsOfSetsMatchTheConstants(t *testing.T) {
	t.Parallel()
	request, event := load(t, schema.SetRequest), load(t, schema.SetEvent)
	policies := words(release.SetStop, release.SetContinue, release.SetRollback)
	confirms := words(release.ConfirmManual, release.ConfirmAuto)
	for name, c := range map[string]struct{ want, got []string }{
		"policies":          {policies, request.Properties["onFailure"].Enum},
		"policies reported": {policies, event.Properties["onFailure"].Enum},
		"confirms":          {confirms, request.Defs["wave"].Properties["confirm"].Enum},
		"confirms reported": {confirms, event.Defs["wave"].Properties["confirm"].Enum},
		"standings": {
			words(release.StandingStarted, release.StandingQueued, release.StandingDuplicate, release.StandingRefused),
			event.Defs["run"].Properties["standing"].Enum,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, c.want, c.got)
		})
	}
}

func TestSet_TheSetOfTheExamplesIsValid(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile(filepath.Join("..", "..", "examples", "set.yaml"))
	require.NoError(t, err)
	var file struct {
		Spec json.RawMessage `json:"spec"`
	}
	require.NoError(t, yaml.Unmarshal(raw, &file))
	require.NoError(t, validate(t, compile(t, schema.SetRequest), file.Spec))
}

// What the schema refuses is refused at the door, too, and what is filled in at the door
// is still valid.
func TestSetRequestSchemaAgreesWithTheDoor(t *testing.T) {
	t.Parallel()
	compiled := compile(t, schema.SetRequest)
	for name, c := range map[string]struct {
		data string
		good bool
	}{
		"the least":              {aSet(aWave(0, 1, "")), true},
		"all of it":              {aSet(aWave(0, 1, `,"name":"w","confirm":"manual"`), `"onFailure":"continue","limits":{"total":"2h"},"requestedBy":"ci","note":"n"`), true},
		"as many waves":          {aSet(waves(release.MaxWaves)), true},
		"too many waves":         {aSet(waves(release.MaxWaves + 1)), false},
		"no wave":                {aSet(""), false},
		"as many releases":       {aSet(aWave(0, release.MaxSetReleases, "")), true},
		"too many releases":      {aSet(aWave(0, release.MaxSetReleases+1, "")), false},
		"a wave of nothing":      {aSet(`{"releases":[]}`), false},
		"a wave without any":     {aSet(`{"name":"w"}`), false},
		"nothing":                {`{}`, false},
		"a name of 40":           {strings.Replace(aSet(aWave(0, 1, "")), "checkout", strings.Repeat("a", 40), 1), true},
		"a name of 41":           {strings.Replace(aSet(aWave(0, 1, "")), "checkout", strings.Repeat("a", 41), 1), false},
		"a name with a dot":      {strings.Replace(aSet(aWave(0, 1, "")), "checkout", "check.out", 1), false},
		"a release's name":       {aSet(strings.Replace(aWave(0, 1, ""), "r-0", "R0", 1)), false},
		"a wave's name":          {aSet(aWave(0, 1, `,"name":"-w"`)), false},
		"a confirm":              {aSet(aWave(0, 1, `,"confirm":"perhaps"`)), false},
		"a policy":               {aSet(aWave(0, 1, ""), `"onFailure":"explode"`), false},
		"a limit":                {aSet(aWave(0, 1, ""), `"limits":{"total":"soon"}`), false},
		"a limit of nothing":     {aSet(aWave(0, 1, ""), `"limits":{"confirm":"1h"}`), false},
		"a long note":            {aSet(aWave(0, 1, ""), `"note":"`+strings.Repeat("é", 1025)+`"`), false},
		"a long name of who":     {aSet(aWave(0, 1, ""), `"requestedBy":"`+strings.Repeat("é", 1025)+`"`), false},
		"an unknown field":       {aSet(aWave(0, 1, ""), `"pace":1`), false},
		"a field of a wave":      {aSet(aWave(0, 1, `,"pace":1`)), false},
		"a field of a release":   {aSet(strings.Replace(aWave(0, 1, ""), `"name":`, `"pace":1,"name":`, 1)), false},
		"a field of a spec":      {aSet(strings.Replace(aWave(0, 1, ""), `"app":`, `"pace":1,"app":`, 1)), false},
		"a spec of no release":   {aSet(strings.Replace(aWave(0, 1, ""), `"artifact":{"image":"a:1"}`, `"note":"x"`, 1)), false},
		"a rescale":              {aSet(rescale()), true},
		"a rescale to roll back": {aSet(rescale(), `"onFailure":"rollback"`), false},
		"a way back":             {aSet(aWave(0, 1, ""), `"onFailure":"rollback"`), true},

		"by name":                        {aSet(named(`"application":"shop","environment":"production","artifact":{"image":"a:1"}`)), true},
		"by name, without a default":     {aSet(named(`"application":"shop","environment":"production","lane":null`)), true},
		"by name and otherwise":          {aSet(named(`"application":"shop","environment":"production"`) + "," + aWave(1, 1, "")), true},
		"a name without its environment": {aSet(named(`"application":"shop"`)), false},
		"an environment of nothing":      {aSet(named(`"environment":"production"`)), false},
		"a name that is none":            {aSet(named(`"application":"Shop","environment":"production"`)), false},
		"a name and where it is":         {aSet(strings.Replace(aWave(0, 1, ""), `"app":`, `"application":"shop","app":`, 1)), false},
		"by name, with an unknown field": {aSet(named(`"application":"shop","environment":"production","pace":1`)), false},
		"by name, with a promotion":      {aSet(named(`"application":"shop","environment":"production","promotedFrom":{"release":"r-aaaaaaaaaaaaaaaa"}`)), false},
		"by name, with a trigger":        {aSet(named(`"application":"shop","environment":"production","trigger":{"rule":"main"}`)), false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			invalid := validate(t, compiled, []byte(c.data))
			set, err := wire.ParseSet([]byte(c.data))
			if !c.good {
				require.Error(t, invalid)
				require.Error(t, err)
				return
			}
			require.NoError(t, invalid)
			require.NoError(t, err)
			whole, err := json.Marshal(set)
			require.NoError(t, err)
			require.NoError(t, validate(t, compiled, whole))
		})
	}
}

// aSet is the set checkout of these waves, with more fields.
func aSet(waves string, more ...string) string {
	fields := append([]string{`"name":"checkout"`, `"waves":[` + waves + `]`}, more...)
	return "{" + strings.Join(fields, ",") + "}"
}

// aWave has count releases, r-<first> and on, and more fields.
func aWave(first, count int, more string) string {
	releases := make([]string, count)
	for i := range releases {
		releases[i] = fmt.Sprintf(`{"name":"r-%[1]d","spec":{"app":{"platform":"sae","region":"cn-hangzhou","id":"a%[1]d"},"artifact":{"image":"a:1"}}}`, first+i)
	}
	return `{"releases":[` + strings.Join(releases, ",") + `]` + more + `}`
}

func waves(count int) string {
	out := make([]string, count)
	for i := range out {
		out[i] = aWave(i, 1, "")
	}
	return strings.Join(out, ",")
}

// named is a wave of one release, with a spec of these fields.
func named(spec string) string { return `{"releases":[{"name":"shop","spec":{` + spec + `}}]}` }

func rescale() string {
	return strings.Replace(aWave(0, 1, ""), `"artifact":{"image":"a:1"}`, `"operation":"rescale","instances":3`, 1)
}
