package manifest_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"slipway/manifest"
	"slipway/release"
)

const examples = "../examples"

func TestManifest_ExamplesAreValid(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob(filepath.Join(examples, "*.yaml"))
	require.NoError(t, err)
	require.NotEmpty(t, files)
	want := map[string]func(release.Spec) bool{
		"all.yaml":   func(s release.Spec) bool { return s.Strategy.Type == release.StrategyAll },
		"batch.yaml": func(s release.Spec) bool { return s.Strategy.Type == release.StrategyBatch && s.Strategy.Batches == 3 },
		"gray-manual.yaml": func(s release.Spec) bool {
			return s.Strategy.Confirm == release.ConfirmManual && s.Strategy.Gray == 1 && s.Strategy.Batches == 2
		},
		"gray-auto.yaml": func(s release.Spec) bool {
			return s.Strategy.Confirm == release.ConfirmAuto && s.Strategy.Bake == release.Duration(10*time.Minute)
		},
		"gates.yaml": func(s release.Spec) bool {
			return len(s.Strategy.Gates) == 3 && s.Strategy.Gates[1].HTTP.Target == release.TargetGray && s.Strategy.Gates[2].DryRun
		},
		"watch.yaml": func(s release.Spec) bool {
			return s.Strategy.Type == release.StrategyAll && s.Strategy.Watch.For == release.Duration(30*time.Minute) && s.Strategy.Watch.Gates[0].Samples == 5
		},
		"schedule.yaml": func(s release.Spec) bool { return s.Strategy.Schedule[0].At == "02:00" },
		"traffic.yaml":  func(s release.Spec) bool { return len(s.Traffic.SpringCloud) == 1 },
		"rollback.yaml": func(s release.Spec) bool { return s.Operation == release.OperationRollback },
		"restart.yaml":  func(s release.Spec) bool { return s.Operation == release.OperationRestart },
		"rescale.yaml":  func(s release.Spec) bool { return s.Operation == release.OperationRescale && s.Instances == 6 },
		"config.yaml": func(s release.Spec) bool {
			return s.Config != nil && len(s.Config.Variables) == 3 && *s.Config.Variables[1].Value == `你好, "$USER"` && s.Config.Resources.CPU == 1000
		},
		"config-only.yaml": func(s release.Spec) bool {
			return s.Artifact == release.Artifact{} && s.Config != nil && *s.Strategy.MaxSurge == 1
		},
		"job.yaml": func(s release.Spec) bool {
			return s.Operation == release.OperationJob && s.Job.Run && s.Job.Args[1] == "1.4.2"
		},
		"fc-all.yaml": func(s release.Spec) bool {
			return s.App == release.App{Platform: release.PlatformFC, Region: "cn-hangzhou", ID: "shop", Qualifier: "live"} && s.Strategy.Type == release.StrategyAll
		},
		"fc-gray.yaml": func(s release.Spec) bool {
			return s.App.Qualifier == "live" && s.Strategy.Type == release.StrategyGray && slices.Equal(s.Strategy.Weights, []int{5, 30})
		},
		"fc-rollback.yaml": func(s release.Spec) bool {
			return s.App.ID == "shop" && s.App.Platform == release.PlatformFC && s.Operation == release.OperationRollback
		},
		"fc-rescale.yaml": func(s release.Spec) bool {
			return s.Operation == release.OperationRescale && s.Artifact == release.Artifact{Part: "web"} && s.Instances == 5
		},
		"servicestage-gray.yaml": func(s release.Spec) bool {
			return s.App.Platform == release.PlatformServiceStage && s.Strategy.Gray == 1 && slices.Equal(s.Strategy.Weights, []int{20}) && s.Strategy.Batches == 2
		},
		"servicestage-headers.yaml": func(s release.Spec) bool {
			return s.App.Platform == release.PlatformServiceStage && s.Traffic.Headers.Match == release.MatchAny && len(s.Traffic.Headers.Rules) == 2
		},
		"servicestage-rollback.yaml": func(s release.Spec) bool {
			return s.App.Platform == release.PlatformServiceStage && s.Operation == release.OperationRollback && s.Strategy.Type == release.StrategyAll
		},
		"approval.yaml": func(s release.Spec) bool {
			return s.Approval.Count == 2 && len(s.Approval.From) == 3 && s.Approval.NotRequester && s.Strategy.Approval.Count == 1 && s.Strategy.Confirm == release.ConfirmManual
		},
		"freeze-override.yaml": func(s release.Spec) bool { return s.Freeze.Override != "" && s.Lane.Preempt },
	}
	require.Len(t, files, len(want)+3, "and the two sets and application.yaml")
	for _, path := range files {
		if base := filepath.Base(path); strings.HasPrefix(base, "set") || base == "application.yaml" {
			continue // see TestManifest_ExampleOfASet and TestReadApplication
		}
		t.Run(filepath.Base(path), func(t *testing.T) {
			t.Parallel()
			raw, err := os.ReadFile(path)
			require.NoError(t, err)
			spec, err := manifest.Read(bytes.NewReader(raw), manifest.Overrides{})
			require.NoError(t, err)
			require.True(t, want[filepath.Base(path)](spec), "%+v", spec)
		})
	}
}

func TestManifest_ExampleOfASet(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile(filepath.Join(examples, "set.yaml"))
	require.NoError(t, err)
	s, err := manifest.ReadSet(bytes.NewReader(raw), manifest.Overrides{AskedBy: "mei"})
	require.NoError(t, err)
	require.Equal(t, release.SetRollback, s.Set.OnFailure)
	require.Len(t, s.Set.Waves, 2)
	require.Equal(t, release.ConfirmManual, s.Set.Waves[1].Confirm)
	_, err = manifest.Read(bytes.NewReader(raw), manifest.Overrides{})
	require.ErrorContains(t, err, "kind: must be Release (line")
}

func TestManifest_ReadSet(t *testing.T) {
	t.Parallel()
	const head = "apiVersion: slipway.dev/v1\nkind: ReleaseSet\n"
	const one = "    - releases:\n        - name: shop\n          spec: {app: {platform: sae, region: cn-hangzhou, id: a-1}, artifact: {image: shop:1}}\n"
	s, err := manifest.ReadSet(strings.NewReader(head+"spec:\n  name: checkout\n  waves:\n"+one), manifest.Overrides{AskedBy: "mei", Note: "said", Image: "shop:9"})
	require.NoError(t, err)
	require.Equal(t, []string{"mei", "said"}, []string{s.Set.RequestedBy, s.Set.Note})
	require.Equal(t, "shop:1", s.Set.Waves[0].Releases[0].Spec.Artifact.Image)
	for name, c := range map[string]struct {
		file string
		want []string
	}{
		"a release":       {"apiVersion: slipway.dev/v1\nkind: Release\nspec: {}\n", []string{"kind: must be ReleaseSet"}},
		"no spec":         {head, []string{"spec: must be a group of fields; name and waves are required"}},
		"an empty spec":   {head + "spec: {}\n", []string{"name:", "waves: must be 1-20"}},
		"what is deep":    {head + "spec:\n  name: checkout\n  waves:\n" + one + "    - releases:\n        - name: web\n          spec: {app: {platform: sae, region: cn-hangzhou, id: a-2}, artifact: {image: web:1}, strategy: {type: grey}}\n", []string{`waves[1].releases[0].spec.strategy.type: "grey" is unknown; use all, batch or gray (line 11)`}},
		"a field of none": {head + "spec:\n  name: checkout\n  wave: []\n  waves:\n" + one, []string{"wave: is not a field here; there are name, waves, onFailure, limits, requestedBy, note (line 5)"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := manifest.ReadSet(strings.NewReader(c.file), manifest.Overrides{})
			for _, want := range c.want {
				require.ErrorContains(t, err, want)
			}
		})
	}
}

// What a pipeline says of the turn and of freezes stands in place of what the file says.
func TestManifest_OverridesLaneAndFreeze(t *testing.T) {
	t.Parallel()
	const file = head + "spec:\n  app: {platform: sae, region: cn-hangzhou, id: a-1}\n  artifact: {image: shop:1}\n"
	read := func(more string, o manifest.Overrides) (release.Spec, error) {
		return manifest.Read(strings.NewReader(file+more), o)
	}
	spec, err := read("", manifest.Overrides{LanePolicy: release.LaneSupersede, Preempt: new(true), FreezeOverride: "the sale"})
	require.NoError(t, err)
	require.Equal(t, release.Lane{Policy: release.LaneSupersede, Preempt: true}, spec.Lane)
	require.Equal(t, "the sale", spec.Freeze.Override)
	spec, err = read("  lane: {policy: supersede, preempt: true}\n  freeze: {override: why}\n", manifest.Overrides{Preempt: new(false)})
	require.NoError(t, err)
	require.Equal(t, release.Lane{Policy: release.LaneSupersede}, spec.Lane)
	require.Equal(t, "why", spec.Freeze.Override)
	_, err = read("  lane: first\n", manifest.Overrides{LanePolicy: release.LaneQueue})
	require.ErrorContains(t, err, "lane: must be an object")
}

const head = "apiVersion: slipway.dev/v1\nkind: Release\n"

func TestManifest_Read(t *testing.T) {
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
			spec, err := manifest.Read(strings.NewReader(c.file), manifest.Overrides{})
			require.NoError(t, err)
			require.Equal(t, release.Spec{
				App:      release.App{Platform: release.PlatformSAE, Region: "cn-hangzhou", ID: "a-1"},
				Artifact: release.Artifact{Package: &release.Package{URL: "https://x.example/a.jar", Version: "1.10"}},
				Limits:   release.Limits{Total: release.Duration(time.Hour)},
				Scaling:  release.Scaling{Suspend: new(false)},
			}.WithDefaults(), spec)
		})
	}
}

// body is a file with a good application and artifact, and more fields of the spec.
func body(more string) string {
	return head + "spec:\n  app: {platform: sae, region: cn-hangzhou, id: a-1}\n  artifact: {image: shop:1}\n" + more
}

func TestManifest_Overrides(t *testing.T) {
	t.Parallel()
	file := body("  note: written\n  requestedBy: ci\n")
	cases := []struct {
		name, file               string
		over                     manifest.Overrides
		image, note, requestedBy string
	}{
		{"none", file, manifest.Overrides{AskedBy: "mei"}, "shop:1", "written", "ci"},
		{"all", file, manifest.Overrides{Image: "shop:2", Note: "said", RequestedBy: "li", AskedBy: "mei"}, "shop:2", "said", "li"},
		{"nobody named", body(""), manifest.Overrides{AskedBy: "mei"}, "shop:1", "", "mei"},
		{
			"image for package", strings.Replace(file, "{image: shop:1}", "{package: {url: https://x.example/a.jar, version: '1'}}", 1),
			manifest.Overrides{Image: "shop:3"},
			"shop:3", "written", "ci",
		},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			spec, err := manifest.Read(strings.NewReader(c.file), c.over)
			require.NoError(t, err)
			require.Equal(t, release.Artifact{Image: c.image}, spec.Artifact)
			require.Equal(t, c.note, spec.Note)
			require.Equal(t, c.requestedBy, spec.RequestedBy)
		})
	}
}

func TestManifest_ReadRefuses(t *testing.T) {
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
		{"no envelope", "a: {}\n", []string{
			"a: is not a field here; there are apiVersion, kind, spec (line 1)", "apiVersion: must be slipway.dev/v1", "kind: must be Release", "spec: must be a group of fields",
		}},
		{"other kind", "apiVersion: slipway.dev/v2\nkind: Lane\nspec: {}\n", []string{"apiVersion: must be slipway.dev/v1", "kind: must be Release"}},
		{"list as spec", head + "spec: [a]\n", []string{"spec: must be a group of fields"}},
		{"empty spec", head + "spec: {}\n", []string{"app.platform", "app.region", "app.id", "artifact: give image or package, or config"}},
		{"unknown field", body("  strategy:\n    grey: 1\n"), []string{"strategy.grey: is not a field here; there are type, gray, weights, batches, confirm, approval, bake, minReadyInstances, minReadyRatio, maxSurge, maxSurgeRatio, gates, watch, schedule (line 7)"}},
		{"unknown group", body("  strtegy: {type: gray}\n"), []string{"strtegy: is not a field here; there are app, operation, artifact, config, job, version,"}},
		{"wrong case", body("  Note: x\n"), []string{"Note: is not a field here"}},
		{"given twice", body("  note: a\n  note: b\n"), []string{"spec.note: is given twice (line 7)"}},
		{"number for text", body("  requestedBy: 1.10\n"), []string{`requestedBy: must be a string, not 1.10; write it in quotes: "1.10" (line 6)`}},
		{"switch for text", body("  note: true\n"), []string{`note: must be a string, not a boolean; write it in quotes: "true" (line 6)`}},
		{"number for a duration", body("  strategy: {type: gray, bake: 5}\n"), []string{`strategy.bake: must be a string, not 5; write for example "5s" (line 6)`}},
		{"switch for a duration", body("  limits: {total: true}\n"), []string{`limits.total: must be a string, not a boolean; write for example "5s" (line 6)`}},
		{"text for number", body("  strategy: {type: gray, gray: one}\n"), []string{"strategy.gray: must be a whole number"}},
		{"fraction", body("  strategy: {type: gray, gray: 1.5}\n"), []string{"strategy.gray: must be a whole number, not 1.5"}},
		{"text for switch", body("  scaling: {suspend: yes please}\n"), []string{"scaling.suspend: must be true or false"}},
		{"not a duration", body("  limits: {confirm: 5 minutes}\n"), []string{`limits.confirm: "5 minutes" is not a duration such as 90s, 5m or 24h (line 6)`}},
		{"value for group", body("  strategy: gray\n"), []string{"strategy: must be an object, not a string (line 6)"}},
		{"group for text", body("  note: {a: b}\n"), []string{"note: must be a string, not an object (line 6)"}},
		{"alias", body("  note: &n x\n  requestedBy: *n\n"), []string{"requestedBy: is a YAML alias"}},
		{"not a number", body("  strategy: {gray: .nan}\n"), []string{"strategy.gray: .nan is no value that JSON has"}},
		{"deep", body("  traffic: " + strings.Repeat("[", 40) + strings.Repeat("]", 40) + "\n"), []string{"traffic: is nested too deeply"}},
		{"traffic", body("  strategy: {type: gray}\n  traffic:\n    springCloud:\n      - {path: /orders, condition: OR, n: 1, items: [{type: header, name: x, operator: rawvalue, cond: ==, value: 1}]}\n"), []string{
			"traffic.springCloud[0].n: is not a field here; there are path, condition, items",
			`traffic.springCloud[0].items[0].value: must be a string, not 1; write it in quotes: "1" (line 9)`,
		}},
		{"gates", body("  strategy:\n    type: gray\n    gates:\n      - name: ok\n        http: {url: https://shop.example}\n      - name: NO\n        http: {url: https://shop.example}\n"), []string{
			`strategy.gates[1].name: "NO" is not a name of 1-40 lower-case letters, digits or hyphens (line 11)`,
		}},
		{"value for list", body("  strategy: {type: gray, schedule: {batch: 2}}\n"), []string{"strategy.schedule: must be a list, not an object (line 6)"}},
		{
			"everything at once", body("  strategy: {type: batch, batches: 1, batchs: 2}\n  limits: {totl: soon}\n"),
			[]string{"strategy.batchs: is not a field", "strategy.batches: must be 2-500 for type batch (line 6)", "limits.totl: is not a field"},
		},
		{
			"wrong kinds at once", body("  strategy: {gray: x}\n  limits: {total: soon}\n"),
			[]string{"strategy.gray: must be a whole number", `limits.total: "soon" is not a duration`},
		},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, err := manifest.Read(strings.NewReader(c.file), manifest.Overrides{})
			for _, want := range c.want {
				require.ErrorContains(t, err, want)
			}
			if problems, ok := errors.AsType[release.Problems](err); ok {
				require.Len(t, problems, len(c.want))
			}
		})
	}
}

func TestManifest_ReadKeepsTextAsItIsWritten(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"2026-11-22", "yes", "v1.10", "0755a"} {
		spec, err := manifest.Read(strings.NewReader(body("  note: "+text+"\n")), manifest.Overrides{})
		require.NoError(t, err)
		require.Equal(t, text, spec.Note)
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte(body("  strategy: {type: gray}\n")))
	f.Add([]byte("a: &a [*a]\n"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		spec, err := manifest.Read(strings.NewReader(string(raw)), manifest.Overrides{Image: "x", AskedBy: "y"})
		if err != nil {
			require.NotEmpty(t, err.Error())
			return
		}
		require.NoError(t, spec.Validate())
	})
}

func TestReadAny_ReadsWhatTheKindSays(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob(filepath.Join(examples, "*.yaml"))
	require.NoError(t, err)
	for _, path := range files {
		if filepath.Base(path) == "application.yaml" {
			continue // it is stored, not submitted
		}
		raw, err := os.ReadFile(path)
		require.NoError(t, err)
		got, err := manifest.ReadAny(bytes.NewReader(raw), manifest.Overrides{})
		require.NoError(t, err, path)
		isSet := strings.HasPrefix(filepath.Base(path), "set")
		require.Equal(t, isSet, got.Set != nil, path)
		require.Equal(t, !isSet, got.Release != nil, path)
		if isSet {
			_, err := manifest.ReadAny(bytes.NewReader(raw), manifest.Overrides{Image: "shop:2"})
			require.ErrorContains(t, err, "one image has no meaning")
		}
	}
	for text, want := range map[string]string{
		"apiVersion: slipway.dev/v1\nkind: ReleaseSet\nspec: {name: x}": "waves",
		"apiVersion: slipway.dev/v1\nkind: Freeze\nspec: {}":            "kind: must be Release",
		"kind: [a":                  "is neither YAML nor JSON",
		"":                          "is empty",
		strings.Repeat("# ", 1<<20): "is larger than",
	} {
		_, err := manifest.ReadAny(strings.NewReader(text), manifest.Overrides{})
		require.ErrorContains(t, err, want)
	}
}

func TestReadAuthority(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile(filepath.Join(examples, "authority", "authority.yaml"))
	require.NoError(t, err)
	document, err := manifest.ReadAuthority(bytes.NewReader(raw))
	require.NoError(t, err)
	require.Len(t, document.Bindings, 4)

	_, err = manifest.ReadAuthority(strings.NewReader("apiVersion: slipway.dev/v1\nkind: Authority\nspec:\n  bindings:\n  - name: a\n    identities: [ann]\n    roles: [boss]\n    scope: [sae]\n"))
	var problems release.Problems
	require.ErrorAs(t, err, &problems)
	told := problems.Error()
	require.Contains(t, told, "bindings[0].roles[0]: \"boss\" is no role")
	require.Contains(t, told, "(line 7)")
	require.Contains(t, told, "bindings[0].scope: is not a field here")
	require.Contains(t, told, "bindings[0].scopes: is required")

	_, err = manifest.ReadAuthority(strings.NewReader("apiVersion: slipway.dev/v1\nkind: Release\nspec: {}\n"))
	require.ErrorContains(t, err, "must be Authority (line 1); a release is submitted with")
	_, err = manifest.Read(bytes.NewReader(raw), manifest.Overrides{})
	require.ErrorContains(t, err, "slipway authority apply -f FILE")
}
