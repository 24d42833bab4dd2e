package relfile_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"slipway/cmd/slipway/internal/relfile"
	"slipway/release"
)

const examples = "../../../../examples"

func TestExamplesAreValid(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob(filepath.Join(examples, "*.yaml"))
	require.NoError(t, err)
	require.NotEmpty(t, files)
	want := map[string]release.Strategy{
		"all.yaml":         {Type: release.StrategyAll},
		"batch.yaml":       {Type: release.StrategyBatch, Batches: 3, Confirm: release.ConfirmManual},
		"gray-manual.yaml": {Type: release.StrategyGray, Gray: 1, Batches: 2, Confirm: release.ConfirmManual, Bake: release.Duration(5 * time.Minute)},
		"gray-auto.yaml":   {Type: release.StrategyGray, Gray: 2, Batches: 3, Confirm: release.ConfirmAuto, Bake: release.Duration(10 * time.Minute)},
	}
	require.Len(t, files, len(want))
	for _, path := range files {
		t.Run(filepath.Base(path), func(t *testing.T) {
			t.Parallel()
			f, err := os.Open(path)
			require.NoError(t, err)
			defer f.Close()
			spec, err := relfile.Read(f)
			require.NoError(t, err)
			spec = spec.WithDefaults()
			require.NoError(t, spec.Validate())
			strategy := spec.Strategy
			strategy.MinReadyInstances = nil
			require.Equal(t, want[filepath.Base(path)], strategy)
		})
	}
}

const head = "apiVersion: slipway.dev/v1\nkind: Release\n"

func TestRead(t *testing.T) {
	t.Parallel()
	cases := []struct{ name, file string }{
		{"YAML", head + "spec:\n  app: {platform: sae, region: cn-hangzhou, id: a-1}\n  artifact: {package: {url: https://x.example/a.jar, version: '1.10'}}\n  limits: {total: 1h}\n  scaling: {suspend: false}\n"},
		{"markers around it", "---\n" + head + "spec: {app: {platform: sae, region: cn-hangzhou, id: a-1}, artifact: {package: {url: https://x.example/a.jar, version: '1.10'}}, limits: {total: 1h}, scaling: {suspend: false}}\n---\n"},
		{"JSON", `{"apiVersion":"slipway.dev/v1","kind":"Release","spec":{"app":{"platform":"sae","region":"cn-hangzhou","id":"a-1"},
			"artifact":{"package":{"url":"https://x.example/a.jar","version":"1.10"}},"limits":{"total":"1h"},"scaling":{"suspend":false}}}`},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			spec, err := relfile.Read(strings.NewReader(c.file))
			require.NoError(t, err)
			require.Equal(t, release.Spec{
				App:      release.App{Platform: release.PlatformSAE, Region: "cn-hangzhou", ID: "a-1"},
				Artifact: release.Artifact{Package: &release.Package{URL: "https://x.example/a.jar", Version: "1.10"}},
				Limits:   release.Limits{Total: release.Duration(time.Hour)},
				Scaling:  release.Scaling{Suspend: new(false)},
			}, spec)
		})
	}
}

func TestReadKeepsFreeFormTraffic(t *testing.T) {
	t.Parallel()
	spec, err := relfile.Read(strings.NewReader(head + "spec: {traffic: {springCloud: [{path: /orders, n: 1}]}}\n"))
	require.NoError(t, err)
	require.JSONEq(t, `{"springCloud":[{"path":"/orders","n":1}]}`, string(spec.Traffic))
}

func TestReadRefuses(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name, file string
		want       []string
	}{
		{"nothing", "", []string{"is empty"}},
		{"only comments", "# nothing\n---\n", []string{"is empty"}},
		{"text", "hello\n", []string{"must have apiVersion, kind and spec"}},
		{"broken", "a: [\n", []string{"is neither YAML nor JSON"}},
		{"two documents", head + "---\n" + head, []string{"more than one document"}},
		{"too large", strings.Repeat("#", 300<<10), []string{"larger than 256 KiB"}},
		{"no envelope", "spec: {}\n", []string{`apiVersion: is ""; this version reads slipway.dev/v1`, `kind: is ""; must be Release`}},
		{"other kind", "apiVersion: slipway.dev/v2\nkind: Lane\n", []string{`apiVersion: is "slipway.dev/v2"`, `kind: is "Lane"`}},
		{"unknown field", head + "spec:\n  artifact:\n    imagee: x\n", []string{"artifact.imagee: unknown field; known here: image, package (line 5)"}},
		{"unknown group", head + "spec:\n  strtegy: {type: gray}\n", []string{"strtegy: unknown field; known here: app, artifact, strategy,"}},
		{"wrong case", head + "spec: {App: {}}\n", []string{"App: unknown field"}},
		{"unknown at the top", head + "metadata: {}\n", []string{"metadata: unknown field; known here: apiVersion, kind, spec (line 3)"}},
		{"given twice", head + "spec:\n  note: a\n  note: b\n", []string{"note: is given twice (line 5)"}},
		{"number for text", head + "spec: {artifact: {package: {version: 1.10}}}\n", []string{`artifact.package.version: must be text; write it in quotes: "1.10"`}},
		{"text for number", head + "spec: {strategy: {gray: one}}\n", []string{"strategy.gray: must be a whole number"}},
		{"fraction", head + "spec: {strategy: {gray: 1.5}}\n", []string{"strategy.gray: must be a whole number"}},
		{"text for switch", head + "spec: {scaling: {suspend: yes please}}\n", []string{"scaling.suspend: must be true or false"}},
		{"not a duration", head + "spec: {limits: {confirm: 5 minutes}}\n", []string{`limits.confirm: "5 minutes" is not a duration such as 90s, 5m or 24h`}},
		{"value for group", head + "spec: {strategy: gray}\n", []string{"strategy: must be a group of fields"}},
		{"group for text", head + "spec: {note: {a: b}}\n", []string{"note: must be text"}},
		{"list for group", head + "spec: {app: [a]}\n", []string{"app: must be a group of fields"}},
		{"alias", head + "spec: {note: &n x, requestedBy: *n}\n", []string{"requestedBy: is a YAML alias"}},
		{"not a number", head + "spec: {strategy: {gray: .nan}}\n", []string{"strategy.gray: .nan is no value that JSON has"}},
		{
			"everything at once", head + "spec:\n  strategy: {gray: x, batchs: 2}\n  limits: {total: soon}\n",
			[]string{"strategy.gray: must be a whole number (line 4)", "strategy.batchs: unknown field", `limits.total: "soon" is not a duration`},
		},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, err := relfile.Read(strings.NewReader(c.file))
			for _, want := range c.want {
				require.ErrorContains(t, err, want)
			}
			if problems, ok := errors.AsType[release.Problems](err); ok {
				require.Len(t, problems, len(c.want))
			}
		})
	}
}

func TestReadKeepsTextAsItIsWritten(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"2026-11-22", "yes", "v1.10", "0755a"} {
		spec, err := relfile.Read(strings.NewReader(head + "spec: {note: " + text + "}\n"))
		require.NoError(t, err)
		require.Equal(t, text, spec.Note)
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte(head + "spec: {note: x, traffic: [1, {a: b}]}\n"))
	f.Add([]byte("a: &a [*a]\n"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		spec, err := relfile.Read(strings.NewReader(string(raw)))
		if err != nil {
			require.NotEmpty(t, err.Error())
			return
		}
		_ = spec.WithDefaults().Validate()
	})
}
