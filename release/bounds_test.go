package release_test

import (
	"fmt"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"slipway/release"
)

// given is what comes from outside, with something in every place.
func given() map[string]any {
	item := []release.TrafficItem{{Type: "header", Name: "n", Operator: "rawvalue", Cond: "==", Value: "1"}}
	spec := release.Spec{
		App: qualified(anApp()), Operation: release.OperationRelease, Version: "v", Adopt: "co-1", RetryOf: "r-1", RequestedBy: "ci", Note: "n",
		Artifact: release.Artifact{
			Image: "shop:1", Package: &release.Package{URL: "https://x.example/a.jar", Version: "1"}, Registry: &release.Registry{Instance: "cri-1", Role: "acs:ram::1:role/r"}, Part: "pay",
		},
		Config: wholeConfig(), Job: wholeJob(),
		Strategy: release.Strategy{
			Type: release.StrategyGray, Weights: []int{5}, Confirm: release.ConfirmManual,
			Approval: wholeApproval(),
			Gates:    []release.Gate{wholeGate()},
			Schedule: []release.BatchSchedule{{Batch: 1, At: "10:00", Zone: "UTC"}},
			Watch:    &release.Watch{Gates: []release.Gate{wholeGate()}},
		},
		Approval: wholeApproval(),
		Traffic: &release.Traffic{
			SpringCloud: []release.TrafficRule{{Path: "/", Condition: "OR", Items: item}},
			Dubbo: []release.DubboTrafficRule{{
				ServiceName: "s", MethodName: "m", Group: "g", Version: "1", Condition: "OR",
				Items: []release.DubboTrafficItem{{Expr: "e", Operator: "mod", Cond: "<", Value: "5"}},
			}},
			ALB:     []release.ALBTrafficRule{{IngressID: 1, ServiceName: "s", Condition: "AND", Items: item}},
			Headers: headers(nil).Headers,
		},
		Limits: release.Limits{OnConfirmTimeout: release.TimeoutHold}, Lane: release.Lane{Policy: release.LaneQueue},
		Freeze: release.FreezePolicy{Override: "o"}, Policy: release.PolicyOverride{Override: []string{"p"}, Reason: "r"},
	}
	return map[string]any{
		"spec":    spec,
		"set":     release.Set{Name: "s", Waves: []release.Wave{{Name: "w", Confirm: release.ConfirmAuto, Releases: []release.SetRelease{{Name: "r", Spec: spec}}}}, OnFailure: release.SetStop, RequestedBy: "ci", Note: "n"},
		"command": release.Command{Kind: release.CommandAbort, ID: "c-1", Artifact: "shop:1", ChangeID: "co", Config: "sha256:1", Version: "v", By: "me", Via: "x", Source: "ci", Note: "n", Reason: "r", SignedBy: "k", Groups: []string{"managers"}},
		"word":    release.LaneCommand{By: "me", Reason: "r", ReleaseID: "r-1", Artifact: "shop:1"},
		"toggle":  release.ToggleRequest{App: qualified(anApp()), Names: []string{"cpu"}, By: "me", Reason: "r"},
	}
}

func qualified(a release.App) release.App {
	a.Qualifier = "live"
	return a
}

func wholeApproval() *release.Approval {
	return &release.Approval{From: []string{"ann"}, OnTimeout: release.TimeoutHold}
}

// wholeGate has something in every place, as wholeConfig does.
func wholeGate() release.Gate {
	return release.Gate{
		Name: "g", HTTP: &release.HTTPGate{
			URL: "https://x.example", Method: "GET", Status: []int{200}, BodyContains: "ok",
			Target: release.TargetGray, Path: "/healthz", Scheme: "http",
		},
		Prometheus: &release.PrometheusGate{Address: "https://x.example", Query: "up", Pass: "> 0", Fail: "< 1"}, NoData: release.VerdictFail,
	}
}

// wholeJob has something in every place, as wholeConfig does.
func wholeJob() *release.Job {
	return &release.Job{
		Run: true, Command: []string{"sh"}, Args: []string{"-c"}, Variables: wholeConfig().Variables,
		Runtime: &release.JobRuntime{Options: "-Xmx1g", Args: "--port=80"},
	}
}

// wholeConfig has something in every place, whether or not it could stand beside the rest.
func wholeConfig() *release.Config {
	key := &release.KeyOf{ID: "7", Key: "k"}
	probe := func() *release.Probe {
		return &release.Probe{HTTP: &release.ProbeHTTP{Path: "/", Port: 80, Scheme: "http", Contains: "UP", Lacks: "DOWN"}, Exec: []string{"true"}}
	}
	hook := &release.Hook{Exec: []string{"true"}}
	mounts := validMounts()
	mounts.ConfigMaps[0].Key, mounts.Secrets[0].Key = "k", "k"
	return &release.Config{
		Variables: []release.Variable{{Name: "A", Value: new("x"), ConfigMap: key, Secret: new(*key)}},
		Command:   []string{"sh"}, Args: []string{"-c"}, Probes: &release.Probes{Liveness: probe(), Readiness: probe(), Startup: probe()},
		Hooks: &release.Hooks{PostStart: hook, PreStop: new(*hook)}, Mounts: mounts,
		Runtime:  &release.Runtime{JDK: new("Open JDK 8"), Container: new("tomcat"), Options: new("-Xmx1g"), Args: new("--port=80")},
		Platform: release.Parameters{"Timezone": []byte(`"UTC"`)},
	}
}

// validate returns the problems of any of them.
func validate(t *testing.T, given any) release.Problems {
	t.Helper()
	var err error
	switch g := given.(type) {
	case release.Spec:
		err = g.Validate()
	case release.Set:
		err = g.Validate()
	case release.Command:
		g.Kind = release.CommandAbort
		err = g.Validate()
	case release.LaneCommand:
		err = g.Validate(release.UpdateHold)
	case release.ToggleRequest:
		err = g.Validate()
	}
	var problems release.Problems
	if err != nil {
		require.ErrorAs(t, err, &problems)
	}
	return problems
}

// places calls visit for each text and list that can be set within v, with its path. It is
// written for itself: what the check forgets, this finds.
func places(t *testing.T, v reflect.Value, path string, visit func(path string, at reflect.Value)) {
	t.Helper()
	switch v.Kind() { //nolint:exhaustive // the rest has no size
	case reflect.Pointer:
		require.True(t, v.IsNil() || v.CanSet(), path)
		if !v.IsNil() {
			places(t, v.Elem(), path, visit)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			name, _, _ := strings.Cut(v.Type().Field(i).Tag.Get("json"), ",")
			if name == "-" {
				continue
			}
			places(t, v.Field(i), strings.TrimPrefix(path+"."+name, "."), visit)
		}
	case reflect.Slice:
		require.NotZero(t, v.Len(), "%s is empty in the example", path)
		visit(path, v)
		for i := range v.Len() {
			places(t, v.Index(i), fmt.Sprintf("%s[%d]", path, i), visit)
		}
	case reflect.String:
		require.NotEmpty(t, v.String(), "%s is empty in the example", path)
		visit(path, v)
	case reflect.Map:
		require.NotZero(t, v.Len(), "%s is empty in the example", path)
		visit(path, v)
	}
}

// Whatever can be given has its bound, and is refused by its name beyond it.
func TestBounds_EverythingGivenHasABound(t *testing.T) {
	t.Parallel()
	const beyond = "; at most %d are taken"
	named := map[string]bool{}
	for name, example := range given() {
		whole := reflect.New(reflect.TypeOf(example)).Elem()
		whole.Set(reflect.ValueOf(example))
		places(t, whole, "", func(path string, at reflect.Value) {
			of := regexp.MustCompile(`\[\d+\]`).ReplaceAllString(path, "[]")
			most, isNamed := release.BoundOf(of)
			switch {
			case isNamed:
				named[strings.TrimPrefix(of, "waves[].releases[].spec.")] = true
			case at.Kind() == reflect.String:
				most = release.MaxText
			default:
				require.Fail(t, "a list must be in the table", path)
			}
			before := reflect.ValueOf(at.Interface())
			has := func(size int) bool {
				at.Set(grown(at, size))
				told := slices.ContainsFunc(validate(t, whole.Interface()), func(p release.Problem) bool {
					return p.Field == path && strings.HasSuffix(p.Message, fmt.Sprintf(beyond, most))
				})
				at.Set(before)
				return told
			}
			require.False(t, has(most), "%s %s of %d", name, path, most)
			require.True(t, has(most+1), "%s %s of %d", name, path, most+1)
		})
	}
	for _, b := range release.Bounds() {
		for _, field := range b.Fields {
			if b.What != "a duration" && !strings.HasSuffix(field, ".*") { // no text once it is read; a test of its own
				require.True(t, named[field], "%s is in the table, but nowhere else", field)
			}
		}
	}
}

// grown returns a text or a list of another size.
func grown(v reflect.Value, size int) reflect.Value {
	if v.Kind() == reflect.String {
		return reflect.ValueOf(strings.Repeat("é", size/2) + strings.Repeat("x", size%2)).Convert(v.Type())
	}
	if v.Kind() == reflect.Map {
		out := release.Parameters{}
		for i := range size {
			out[fmt.Sprintf("P%d", i)] = []byte(`"x"`)
		}
		return reflect.ValueOf(out)
	}
	out := reflect.MakeSlice(v.Type(), 0, size)
	for range size {
		out = reflect.Append(out, v.Index(0))
	}
	return out
}

// A setting of the platform's own is bounded as the JSON that it is.
func TestBounds_ASettingOfThePlatformHasABound(t *testing.T) {
	t.Parallel()
	most, named := release.BoundOf("config.platform.*")
	require.True(t, named)
	for size, fits := range map[int]bool{most: true, most + 1: false} {
		text := `"` + strings.Repeat("x", size-2) + `"`
		spec := release.Spec{App: anApp(), Config: &release.Config{Platform: release.Parameters{"PhpConfig": []byte(text)}}}.WithDefaults()
		problems := validate(t, spec)
		if fits {
			require.Empty(t, problems)
			continue
		}
		require.Equal(t, release.Problems{{Field: "config.platform.PhpConfig", Message: "has 16385 bytes; at most 16384 are taken"}}, problems)
	}
}

// What is too large is told with its size and not repeated, and the rest is told with it.
func TestBounds_WhatIsTooLargeIsNotRepeated(t *testing.T) {
	t.Parallel()
	spec := release.Spec{App: anApp(), Artifact: release.Artifact{Image: "shop:1"}}.WithDefaults()
	spec.App.Region = strings.Repeat("x", 1003)
	spec.Operation = release.Operation(strings.Repeat("y", release.MaxText+1))
	spec.Limits.OnConfirmTimeout = "explode"
	require.Equal(t, release.Problems{
		{Field: "app.region", Message: "has 1003 bytes; at most 64 are taken"},
		{Field: "operation", Message: "has 4097 bytes; at most 4096 are taken"},
		{Field: "limits.onConfirmTimeout", Message: `"explode" is unknown; use abort, continue or hold`},
	}, validate(t, spec))

	spec.Strategy.Gates = make([]release.Gate, 100_000)
	require.Contains(t, validate(t, spec), release.Problem{Field: "strategy.gates", Message: "has 100000 entries; at most 20 are taken"})
	require.Less(t, len(validate(t, spec)), 10, "nobody looks into a list that is too long")
}

// An artifact that can be given can be named in a command.
func TestBounds_ACommandCanNameEveryArtifact(t *testing.T) {
	t.Parallel()
	url := "https://x.example/" + strings.Repeat("a", release.MaxAddress-len("https://x.example/"))
	for _, a := range []release.Artifact{
		{Image: "shop:1"}, {Package: &release.Package{URL: url, Version: strings.Repeat("1", release.MaxID)}},
	} {
		require.NoError(t, release.Spec{App: anApp(), Artifact: a}.WithDefaults().Validate())
		require.NoError(t, release.Command{Kind: release.CommandAbort, By: "me", Artifact: a.String()}.Validate())
		require.NoError(t, release.LaneCommand{By: "me", Artifact: a.String()}.Validate(release.UpdateAllow))
	}
}

// The page that senders read has the table as it is.
func TestBounds_TheTableOfBoundsIsDocumented(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../docs/requests.md")
	require.NoError(t, err)
	for _, b := range release.Bounds() {
		fields := make([]string, len(b.Fields))
		for i, f := range b.Fields {
			fields[i] = "`" + f + "`"
		}
		row := fmt.Sprintf("| %s | %s | %s |\n", b.What, strings.Join(fields, ", "), size(b))
		require.Contains(t, string(page), strings.ReplaceAll(row, "|  |", "| |"))
	}
	require.Equal(t, len(release.Bounds()), len(regexp.MustCompile(`(?m) \| \d+( KiB| bytes| entries)? \|$`).FindAll(page, -1)), "and no row that is not so")
}

func size(b release.Bound) string {
	switch {
	case b.List:
		return fmt.Sprintf("%d entries", b.Max)
	case b.Max%1024 == 0:
		return fmt.Sprintf("%d KiB", b.Max/1024)
	}
	return fmt.Sprintf("%d bytes", b.Max)
}
