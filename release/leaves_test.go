package release_test

import (
	"errors"
	"maps"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"slipway/release"
)

// leaves returns the paths of all fields of a type that hold a value of their own, with [] for
// any place of a list, except those within a field that is left out.
func leaves(typ reflect.Type, path string, without ...string) []string {
	switch {
	case slices.Contains(without, path):
		return nil
	case typ.Kind() == reflect.Pointer:
		return leaves(typ.Elem(), path, without...)
	case typ.Kind() == reflect.Slice:
		return leaves(typ.Elem(), path+"[]", without...)
	case typ.Kind() != reflect.Struct || typ == reflect.TypeFor[time.Time]():
		return []string{path}
	}
	var found []string
	for f := range typ.Fields() {
		if name, _, _ := strings.Cut(f.Tag.Get("json"), ","); name != "-" {
			found = append(found, leaves(f.Type, strings.TrimPrefix(path+"."+name, "."), without...)...)
		}
	}
	return found
}

// leafAt returns the leaf at a path, in the first entry of each list; what is missing on the
// way is made.
func leafAt(t *testing.T, v reflect.Value, path string) reflect.Value {
	t.Helper()
	if v.Kind() == reflect.Pointer {
		if v.IsNil() {
			v.Set(reflect.New(v.Type().Elem()))
		}
		return leafAt(t, v.Elem(), path)
	}
	if path == "" {
		return v
	}
	if rest, ok := strings.CutPrefix(path, "[]"); ok {
		if v.Len() == 0 {
			v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		}
		return leafAt(t, v.Index(0), strings.TrimPrefix(rest, "."))
	}
	name := regexp.MustCompile(`^\w+`).FindString(path)
	for f, value := range v.Fields() {
		if of, _, _ := strings.Cut(f.Tag.Get("json"), ","); of == name {
			return leafAt(t, value, strings.TrimPrefix(path[len(name):], "."))
		}
	}
	require.Fail(t, "there is no such field", path)
	return v
}

// refusal is what is known of the leaves of a type.
type refusal struct {
	// valid makes a value in which the leaf has a meaning, and which is valid.
	valid func(path string) any
	// bad has a value of a leaf that is refused.
	bad map[string]any
	// free has why every value of a leaf is taken. How long a text may be is in
	// [release.Bounds], which has a test of its own.
	free map[string]string
	// without are fields that are of another type in this list.
	without []string
}

const (
	anyText   = "a text of any content"
	anySwitch = "both values have a meaning"
	ofSystem  = "filled in by Slipway itself"
)

// A field is checked, or somebody has decided that every value of it is good.
func TestValidate_RefusesABadValueOfEveryField(t *testing.T) {
	t.Parallel()
	for name, r := range map[string]refusal{
		"release":  {valid: validRelease, bad: badOfSpec(), free: freeOfSpec()},
		"set":      {valid: validSetWith, bad: badOfSet(), free: map[string]string{"note": anyText}, without: []string{"waves[].releases[].spec"}},
		"command":  {valid: validCommand, bad: badOfCommand(), free: freeOfCommand()},
		"calendar": {valid: validCalendar, bad: badOfCalendar(), free: freeOfCalendar()},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			all := leaves(reflect.TypeOf(r.valid("")), "", r.without...)
			for _, path := range all {
				bad, checked := r.bad[path]
				_, free := r.free[path]
				switch {
				case checked && free:
					t.Errorf("%s: a value of it is refused, and it is listed as free", path)
				case checked:
					requireRefused(t, r.valid(path), path, bad)
				case !free:
					t.Errorf("%s: no value of it is refused, and it is not listed as free", path)
				}
			}
			for path := range r.bad {
				require.Contains(t, all, path, "there is no such field any more")
			}
			for path := range r.free {
				require.Contains(t, all, path, "there is no such field any more")
			}
		})
	}
}

// requireRefused sets one leaf of a valid value to a bad one.
func requireRefused(t *testing.T, valid any, path string, bad any) {
	t.Helper()
	whole := reflect.New(reflect.TypeOf(valid)).Elem()
	whole.Set(reflect.ValueOf(valid))
	check := func() release.Problems {
		validated, ok := reflect.TypeAssert[interface{ Validate() error }](whole)
		require.True(t, ok)
		problems, _ := errors.AsType[release.Problems](validated.Validate())
		return problems
	}
	require.Empty(t, check(), "%s: the value without the bad leaf", path)
	leaf := leafAt(t, whole, path)
	leaf.Set(reflect.ValueOf(bad).Convert(leaf.Type()))
	field := strings.ReplaceAll(path, "[]", "[0]")
	for _, p := range check() {
		if p.Field == field || field == p.Field+"[0]" {
			return
		}
	}
	t.Errorf("%s: %v is not refused, or not under its own name: %v", path, bad, check())
}

// validRelease is a release in which the field has a meaning.
func validRelease(path string) any {
	s := release.Spec{App: anApp(), Artifact: release.Artifact{Image: "shop:1"}, Strategy: release.Strategy{Type: release.StrategyGray}}
	item := []release.TrafficItem{{Type: "header", Name: "n", Operator: "rawvalue", Cond: "==", Value: "1"}}
	if slices.Contains([]string{"app.qualifier", "artifact.part", "strategy.weights[]"}, path) {
		return grayFunction(5).WithDefaults()
	}
	switch begins := func(prefix string) bool { return strings.HasPrefix(path, prefix) }; {
	case begins("artifact.package"):
		s.Artifact = release.Artifact{Package: &release.Package{URL: "https://x.example/a.jar", Version: "1"}}
	case begins("strategy.gates[].prometheus"):
		s.Strategy.Gates = []release.Gate{prometheusGate()}
	case slices.Contains([]string{"target", "port", "path", "scheme"}, strings.TrimPrefix(path, "strategy.gates[].http.")):
		s.Strategy.Gates = []release.Gate{targetGate()}
	case begins("strategy.gates"):
		s.Strategy.Gates = []release.Gate{httpGate()}
		s.Strategy.Gates[0].HTTP.Method = map[bool]string{true: "HEAD"}[strings.HasSuffix(path, "bodyContains")]
	case begins("strategy.watch"):
		of := strings.Replace(path, ".watch", "", 1)
		gated, _ := validRelease(of).(release.Spec)
		s.Strategy.Watch = &release.Watch{For: release.Duration(time.Hour), Gates: gated.Strategy.Gates}
	case begins("strategy.schedule"):
		s.Strategy.Schedule = []release.BatchSchedule{{Batch: 2, At: "02:00", Zone: "UTC"}}
	case begins("traffic.springCloud"):
		s.Traffic = &release.Traffic{SpringCloud: []release.TrafficRule{{Path: "/", Condition: "OR", Items: item}}}
	case begins("traffic.dubbo"):
		s.Traffic = &release.Traffic{Dubbo: []release.DubboTrafficRule{{
			ServiceName: "s", MethodName: "m", Condition: "OR", Items: []release.DubboTrafficItem{{Operator: "mod", Cond: "<", Value: "5"}},
		}}}
	case begins("traffic.alb"):
		s.Traffic = &release.Traffic{ALB: []release.ALBTrafficRule{{IngressID: 1, ServiceName: "s", Condition: "AND", Items: item}}}
	case begins("traffic.headers"):
		s.App, s.Traffic = aComponent().App, headers(nil)
	case begins("job"):
		s.Operation, s.Strategy = release.OperationJob, release.Strategy{}
		s.Job = &release.Job{Run: true, Variables: []release.Variable{aVariable(path)}}
	case begins("lane.preempt"):
		s.Lane.Policy = release.LaneReject
	case begins("artifact.registry"):
		s.Artifact.Registry = &release.Registry{Instance: "cri-1"}
	case begins("config."):
		s.Config = validConfig(path)
	}
	return s.WithDefaults()
}

// validConfig is a configuration in which the field has a meaning.
func validConfig(path string) *release.Config {
	has := func(part string) bool { return strings.Contains(path, part) }
	c := &release.Config{Instances: new(2)}
	probe := release.Probe{TCP: 80, Period: release.Duration(time.Second)}
	switch {
	case has(".http."):
		probe = release.Probe{HTTP: &release.ProbeHTTP{Path: "/", Port: 80}}
		if has(".lacks") {
			probe.HTTP.Contains = "UP"
		}
	case has(".exec"):
		probe = release.Probe{Exec: []string{"true"}}
	}
	switch {
	case has("config.variables"):
		c.Variables, c.Replace = []release.Variable{aVariable(path)}, has(".remove")
	case has("config.probes"):
		c.Probes = &release.Probes{Liveness: &probe, Readiness: new(probe), Startup: new(probe)}
	case has("config.hooks"):
		c.Hooks = &release.Hooks{PostStart: &release.Hook{Exec: []string{"true"}}, PreStop: &release.Hook{Exec: []string{"true"}}}
	case has("config.mounts"):
		c.Mounts = validMounts()
	case has("config.platform"):
		c.Platform = release.Parameters{"Timezone": []byte(`"UTC"`)}
	}
	return c
}

// aVariable is one in which the field has a meaning.
func aVariable(path string) release.Variable {
	key := release.KeyOf{ID: "7", Key: "k"}
	switch {
	case strings.Contains(path, ".configMap."):
		return release.Variable{Name: "A", ConfigMap: &key}
	case strings.Contains(path, ".secret."), strings.HasSuffix(path, ".show"):
		return release.Variable{Name: "A", Secret: &key}
	default:
		return release.Variable{Name: "A", Value: new("x")}
	}
}

func validMounts() *release.Mounts {
	return &release.Mounts{
		ConfigMaps: []release.MountKey{{ID: "7", Path: "/a"}}, Secrets: []release.MountKey{{ID: "7", Path: "/b"}},
		NAS:     []release.MountNAS{{ID: "n-1", Domain: "n-1.example", Directory: "/", Path: "/c"}},
		Buckets: []release.MountBucket{{Bucket: "files", Directory: "/", Path: "/d"}}, Scratch: []release.MountScratch{{Name: "work", Path: "/e"}},
	}
}

func badOfSpec() map[string]any {
	const negative = release.Duration(-1)
	bad := map[string]any{
		"app.platform": "edas", "app.region": "Hangzhou", "app.id": "a.b", "app.qualifier": "1", "artifact.part": "a.b", "strategy.weights[]": 100,
		"operation": "explode", "version": "v-7", "instances": 3, "adopt": "co 1", "retryOf": "s-abcdefghijklmnop", "requestedBy": release.Slipway,
		"artifact.image": "no image", "artifact.package.url": "https://x.example/a.jar?token=x", "artifact.package.version": "1 2",
		"strategy.type": "rainbow", "strategy.gray": -1, "strategy.batches": -1, "strategy.confirm": "perhaps", "strategy.bake": negative, "strategy.watch.for": negative, "strategy.minReadyInstances": -1,
		"strategy.gates[].name": "A gate", "strategy.gates[].samples": 101, "strategy.gates[].interval": negative,
		"strategy.gates[].maxFailures": -1, "strategy.gates[].maxInconclusive": -1, "strategy.gates[].noData": "perhaps",
		"strategy.gates[].http.url": "file:///etc/passwd", "strategy.gates[].http.method": "DELETE", "strategy.gates[].http.status[]": 99,
		"strategy.gates[].http.target": "blue", "strategy.gates[].http.port": 65536, "strategy.gates[].http.path": "healthz", "strategy.gates[].http.scheme": "ftp",
		"strategy.gates[].http.bodyContains": "UP", "strategy.gates[].http.timeout": negative,
		"strategy.gates[].prometheus.address": "prometheus:9090", "strategy.gates[].prometheus.query": " ",
		"strategy.gates[].prometheus.pass": "low", "strategy.gates[].prometheus.fail": "high",
		"strategy.schedule[].batch": 3, "strategy.schedule[].at": "noon", "strategy.schedule[].zone": "Nowhere",
		"traffic.springCloud[].path": "orders", "traffic.springCloud[].condition": "XOR",
		"traffic.dubbo[].serviceName": " ", "traffic.dubbo[].methodName": " ", "traffic.dubbo[].condition": "XOR", "traffic.dubbo[].items[].index": -1,
		"traffic.alb[].ingressId": -1, "traffic.alb[].serviceName": " ", "traffic.alb[].condition": "OR",
		"traffic.headers.match": "AND", "traffic.headers.rules[].name": "x canary", "traffic.headers.rules[].op": "==", "traffic.headers.rules[].value": " ",
		"limits.confirm": negative, "limits.platformApproval": negative, "limits.queue": negative, "limits.total": negative, "limits.onConfirmTimeout": "explode",
		"job.run": false, "job.command[]": " ", "job.instances": -1, "job.variables[].name": "A=B", "job.variables[].value": "a\x00b", "job.variables[].remove": true, "job.variables[].show": true,
		"job.variables[].configMap.id": "a b", "job.variables[].configMap.key": "", "job.variables[].secret.id": "a b", "job.variables[].secret.key": "",
		"lane.policy": "jump", "lane.preempt": true, "policy.override[]": "No name", "policy.reason": " ",
	}
	maps.Copy(bad, badOfConfig())
	for _, approval := range []string{"approval.", "strategy.approval."} {
		maps.Copy(bad, map[string]any{approval + "count": 21, approval + "from[]": " ", approval + "within": negative, approval + "onTimeout": "explode"})
	}
	for path, value := range maps.Clone(bad) {
		if of, gate := strings.CutPrefix(path, "strategy.gates[]"); gate {
			bad["strategy.watch.gates[]"+of] = value
		}
	}
	for _, items := range []string{"traffic.springCloud[].items[].", "traffic.dubbo[].items[].", "traffic.alb[].items[]."} {
		maps.Copy(bad, map[string]any{items + "operator": "like", items + "cond": "~", items + "value": ""})
		if !strings.Contains(items, "dubbo") {
			maps.Copy(bad, map[string]any{items + "type": "body", items + "name": " "})
		}
	}
	return bad
}

func badOfConfig() map[string]any {
	const part = release.Duration(1500 * time.Millisecond)
	const nul = "a\x00b"
	bad := map[string]any{
		"artifact.registry.instance": "acr-1", "artifact.registry.role": "pull",
		"strategy.minReadyRatio": 101, "strategy.maxSurge": -1, "strategy.maxSurgeRatio": 101,
		"config.variables[].name": "1A", "config.variables[].value": nul, "config.variables[].configMap.id": "shop", "config.variables[].configMap.key": "",
		"config.variables[].secret.id": "shop", "config.variables[].secret.key": "", "config.variables[].remove": true, "config.variables[].show": true,
		"config.replace": true, "config.command[]": " ", "config.args[]": nul, "config.resources.cpu": -1, "config.resources.memory": -1, "config.instances": 0,
		"config.hooks.postStart.exec[]": " ", "config.hooks.postStart.none": true, "config.hooks.preStop.exec[]": " ", "config.hooks.preStop.none": true,
		"config.hooks.grace":            part,
		"config.mounts.configMaps[].id": "shop", "config.mounts.configMaps[].key": "sae-sys-configmap-all", "config.mounts.configMaps[].path": "a",
		"config.mounts.secrets[].id": "shop", "config.mounts.secrets[].key": "sae-sys-secret-all", "config.mounts.secrets[].path": "/a/../b",
		"config.mounts.nas[].id": "a b", "config.mounts.nas[].domain": "a/b", "config.mounts.nas[].directory": "a", "config.mounts.nas[].path": "/",
		"config.mounts.buckets[].bucket": "Files", "config.mounts.buckets[].directory": "../x", "config.mounts.buckets[].path": "",
		"config.mounts.scratch[].name": "Work", "config.mounts.scratch[].path": "/a",
		"config.runtime.jdk": "", "config.runtime.container": "", "config.runtime.options": nul, "config.runtime.args": nul,
		"config.platform": release.Parameters{},
	}
	for _, probe := range []string{"config.probes.liveness.", "config.probes.readiness.", "config.probes.startup."} {
		maps.Copy(bad, map[string]any{
			probe + "http.path": "healthz", probe + "http.port": 65536, probe + "http.scheme": "ftp", probe + "http.contains": nul, probe + "http.lacks": "DOWN",
			probe + "tcp": 65536, probe + "exec[]": " ", probe + "none": true,
			probe + "initialDelay": part, probe + "period": part, probe + "timeout": part, probe + "failureThreshold": -1, probe + "successThreshold": -1,
		})
	}
	return bad
}

func freeOfSpec() map[string]string {
	return map[string]string{
		"scaling.suspend": anySwitch, "rollback.onFailure": anySwitch, "strategy.gates[].dryRun": anySwitch, "strategy.watch.gates[].dryRun": anySwitch,
		"note": anyText, "freeze.override": anyText, "config.mounts.nas[].readOnly": anySwitch, "config.mounts.buckets[].readOnly": anySwitch,
		"approval.verified": anySwitch, "strategy.approval.verified": anySwitch, "approval.notRequester": "needs a requestedBy, which has a test of its own", "strategy.approval.notRequester": "the same",
		"job.args[]": anyText, "job.runtime.options": anyText, "job.runtime.args": anyText,
		"traffic.dubbo[].group": "none or any group that the application has", "traffic.dubbo[].version": "none or any version that the application has",
		"traffic.dubbo[].items[].expr": "the language of the application; none is the argument itself",
	}
}

func validSetWith(string) any { return validSet().WithDefaults() }

func badOfSet() map[string]any {
	return map[string]any{
		"name": "No name", "waves[].name": "No name", "waves[].confirm": "perhaps", "waves[].releases[].name": "No name",
		"onFailure": "explode", "limits.total": release.Duration(-1), "requestedBy": release.Temporal,
	}
}

// validCommand is a confirmation, or another command where the field has no meaning for one.
func validCommand(path string) any {
	if path == "reason" {
		return release.Command{Kind: release.CommandOverride, By: "mei", Reason: "orders are lost"}
	}
	if path == "config" {
		return release.Command{Kind: release.CommandPause, By: "mei"}
	}
	if path == "all" {
		return release.Command{Kind: release.CommandAbort, By: "mei"}
	}
	return release.Command{Kind: release.CommandConfirm, Batch: 1, By: "mei"}
}

func badOfCommand() map[string]any {
	return map[string]any{"batch": 0, "all": true, "version": "v-7", "atSafePoint": true, "denied": true, "config": "sha256:1", "verified": true, "signedBy": "mei-laptop", "groups[]": "managers", "by": release.Slipway, "reason": ""}
}

func freeOfCommand() map[string]string {
	return map[string]string{
		"id": ofSystem, "via": ofSystem, "source": "an attribute of the event, which is checked in package wire", "note": anyText,
		"artifact": "compared with what the release brings; another one is refused by Admit", "changeId": "compared with that of the release in the same way",
	}
}

// validCalendar has one window, single where its span is asked for, and one stop.
func validCalendar(path string) any {
	w := nightly("nights", "22:00-06:00", "UTC", "Mon")
	if path == "windows[].from" || path == "windows[].to" {
		from := time.Date(2026, time.November, 11, 0, 0, 0, 0, time.UTC)
		w = release.FreezeWindow{Name: "double-11", Reason: "festival", From: from, To: from.AddDate(0, 0, 1)}
	}
	stop := release.Stop{Name: "incident", Reason: "fire"}
	if _, leaf, _ := strings.Cut(path, "scope."); leaf == "application" || leaf == "environment" || strings.HasPrefix(leaf, "apps") {
		w.Scope = release.Scope{Application: "shop", Environment: "production", Apps: []release.App{anApp()}}
		stop.Scope = release.Scope{Application: "shop", Environment: "production", Apps: []release.App{anApp()}}
	}
	return release.Calendar{Windows: []release.FreezeWindow{w}, Stops: []release.Stop{stop}}
}

func badOfCalendar() map[string]any {
	bad := map[string]any{
		"windows[].from": time.Time{}, "windows[].to": time.Time{},
		"windows[].days[]": "someday", "windows[].start": "25:00", "windows[].end": "25:00", "windows[].zone": "Nowhere",
	}
	for _, each := range []string{"windows[].", "stops[]."} {
		maps.Copy(bad, map[string]any{
			each + "name": "no name", each + "reason": "", each + "by": release.Slipway,
			each + "scope.platform": "edas", each + "scope.region": "Hangzhou", each + "scope.app": "a.b",
			each + "scope.application": "Shop", each + "scope.environment": "B!",
			each + "scope.apps[].platform": "edas", each + "scope.apps[].region": "Hangzhou", each + "scope.apps[].id": "a.b",
			each + "scope.apps[].qualifier": "live", // SAE has none
		})
	}
	return bad
}

func freeOfCalendar() map[string]string {
	return map[string]string{"windows[].at": ofSystem, "stops[].at": ofSystem}
}
