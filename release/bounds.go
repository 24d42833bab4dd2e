package release

import (
	"fmt"
	"reflect"
	"strings"
)

// The bounds of what comes from outside, in bytes.
const (
	// MaxEvent is the size of an event with its data.
	MaxEvent = 256 << 10
	// MaxAttribute is the length of an attribute of an event, its id and source among them.
	MaxAttribute = 1 << 10
	// MaxText is the length of a text that [Bounds] does not name.
	MaxText = 4 << 10
	// MaxWords is the length of what people say: a reason, a note, who they are.
	MaxWords = 1 << 10
	// MaxAddress is the length of the address of a package or a gate.
	MaxAddress = 2 << 10
	// MaxID is the length of an ID, ours or the platform's.
	MaxID = 128
	// MaxWord is the length of a word of ours, a region, a time zone or a duration.
	MaxWord = 64

	// MaxCommands is how many commands a release or a set takes by events and signals, each of
	// which stands in its history.
	MaxCommands = 200
	// MaxHistory and MaxHistorySize are the number of events and the bytes of a history to which
	// no command is added by an event: Temporal warns there, and ends a workflow at five times as
	// much.
	MaxHistory     = 10_000
	MaxHistorySize = 10 << 20

	maxApprovers = 50
	maxEntries   = 100 // of a list that [Bounds] does not name
)

// Bound is how much there may be of something.
type Bound struct {
	// What says what is bounded.
	What string
	// Fields are paths of the data of requests and commands, with [] for any place of a
	// list. Those of a set's specs are the same as in a request.
	Fields []string
	// Max is in bytes of UTF-8, or in entries of a list.
	Max  int
	List bool
}

// Bounds is the one table of what may be given at most. The JSON Schemas and
// docs/requests.md say the same. What comes from outside is held against it before
// anything else is asked of it, so that neither the work nor the words of a refusal grow
// beyond it.
func Bounds() []Bound {
	return []Bound{
		{What: "an event with its data", Max: MaxEvent},
		{What: "an attribute of an event", Max: MaxAttribute, Fields: []string{"source"}},
		{What: "a text that is not named here", Max: MaxText},
		{What: "what people say", Max: MaxWords, Fields: []string{"by", "requestedBy", "note", "reason", "freeze.override", "policy.reason"}},
		{What: "an address", Max: MaxAddress, Fields: []string{
			"artifact.package.url", "strategy.gates[].http.url", "strategy.watch.gates[].http.url", "strategy.gates[].http.path", "strategy.watch.gates[].http.path", "strategy.gates[].prometheus.address", "strategy.watch.gates[].prometheus.address",
		}},
		{What: "what is looked for", Max: 1 << 10, Fields: []string{
			"strategy.gates[].http.bodyContains", "strategy.watch.gates[].http.bodyContains", "traffic.springCloud[].items[].value", "traffic.dubbo[].items[].value", "traffic.alb[].items[].value", "traffic.headers.rules[].value",
		}},
		{What: "a name in a request for the application", Max: 256, Fields: []string{
			"traffic.springCloud[].path", "traffic.springCloud[].items[].name", "traffic.dubbo[].serviceName", "traffic.dubbo[].methodName",
			"traffic.dubbo[].group", "traffic.dubbo[].version", "traffic.dubbo[].items[].expr", "traffic.alb[].serviceName", "traffic.alb[].items[].name", "traffic.headers.rules[].name",
		}},
		{What: "an ID", Max: MaxID, Fields: []string{
			"app.id", "app.qualifier", "artifact.part", "version", "adopt", "retryOf", "changeId", "config", "artifact.package.version", "releaseId", "id", "names[]",
			"artifact.registry.instance", "config.variables[].configMap.id", "config.variables[].secret.id", "config.mounts.configMaps[].id",
			"config.mounts.secrets[].id", "config.mounts.nas[].id", "config.mounts.buckets[].bucket", "config.mounts.scratch[].name",
			"job.variables[].configMap.id", "job.variables[].secret.id",
		}},
		{What: "a word", Max: MaxWord, Fields: []string{
			"app.region", "strategy.schedule[].at", "strategy.schedule[].zone", "strategy.gates[].prometheus.pass", "strategy.gates[].prometheus.fail",
			"strategy.watch.gates[].prometheus.pass", "strategy.watch.gates[].prometheus.fail", "via",
		}},
		{What: "a duration", Max: MaxWord, Fields: []string{
			"approval.within", "strategy.approval.within", "strategy.bake", "strategy.gates[].interval", "strategy.watch.gates[].interval", "strategy.gates[].http.timeout", "strategy.watch.gates[].http.timeout", "strategy.watch.for", "limits.confirm", "limits.platformApproval",
			"limits.queue", "limits.total",
			"config.hooks.grace", "config.probes.liveness.initialDelay", "config.probes.liveness.period", "config.probes.liveness.timeout",
			"config.probes.readiness.initialDelay", "config.probes.readiness.period", "config.probes.readiness.timeout",
			"config.probes.startup.initialDelay", "config.probes.startup.period", "config.probes.startup.timeout",
		}},
		{What: "the name of a variable, or of a key", Max: 256, Fields: []string{
			"config.variables[].name", "config.variables[].configMap.key", "config.variables[].secret.key", "config.mounts.configMaps[].key", "config.mounts.secrets[].key",
			"job.variables[].name", "job.variables[].configMap.key", "job.variables[].secret.key",
		}},
		{What: "the value of a variable, or of a setting of the platform's own as JSON", Max: 16 << 10, Fields: []string{"config.variables[].value", "job.variables[].value", platformOwn}},
		{What: "variables", Max: 300, List: true, Fields: []string{"config.variables", "job.variables"}},
		{What: "settings of the platform's own", Max: maxEntries, List: true, Fields: []string{"config.platform"}},
		{What: "a command, arguments, and mounts of one kind", Max: maxEntries, List: true, Fields: []string{
			"config.command", "config.args", "config.probes.liveness.exec", "config.probes.readiness.exec", "config.probes.startup.exec",
			"config.hooks.postStart.exec", "config.hooks.preStop.exec", "config.mounts.configMaps", "config.mounts.secrets", "config.mounts.nas",
			"config.mounts.buckets", "config.mounts.scratch",
		}},
		{What: "a name", Max: 40, Fields: []string{"name", "waves[].name", "waves[].releases[].name", "strategy.gates[].name", "strategy.watch.gates[].name", "policy.override[]", "groups[]", "signedBy"}},
		{What: "the name of somebody who may approve", Max: 256, Fields: []string{"approval.from[]", "strategy.approval.from[]"}},
		{What: "people who may approve", Max: maxApprovers, List: true, Fields: []string{"approval.from", "strategy.approval.from"}},
		{What: "groups of who gives a command", Max: maxEntries, List: true, Fields: []string{"groups"}},
		{What: "waves", Max: MaxWaves, List: true, Fields: []string{"waves"}},
		{What: "releases of a set in all", Max: MaxSetReleases, List: true, Fields: []string{"waves[].releases"}},
		{What: "gates, statuses, traffic rules and their items", Max: maxGates, List: true, Fields: []string{
			"strategy.gates", "strategy.gates[].http.status", "strategy.watch.gates", "strategy.watch.gates[].http.status", "traffic.springCloud", "traffic.springCloud[].items", "traffic.dubbo",
			"traffic.dubbo[].items", "traffic.alb", "traffic.alb[].items", "traffic.headers.rules",
		}},
		{What: "words of a command and arguments of a run", Max: maxEntries, List: true, Fields: []string{"job.command", "job.args"}},
		{What: "policies to pass over", Max: maxOverrides, List: true, Fields: []string{"policy.override"}},
		{What: "weights", Max: maxWeights, List: true, Fields: []string{"strategy.weights"}},
		{What: "batches with a schedule", Max: 50, List: true, Fields: []string{"strategy.schedule"}},
		{What: "scaling rules to switch", Max: maxEntries, List: true, Fields: []string{"names"}},
	}
}

// BoundOf returns the bound of a field by its path, as [Bound.Fields] writes it.
func BoundOf(field string) (most int, named bool) {
	most, named = boundsByField()[strings.TrimPrefix(field, specOfSet)]
	return most, named
}

// platformOwn is any setting under config.platform.
const platformOwn = "config.platform.*"

// specOfSet is where the specs of a set stand in it.
const specOfSet = "waves[].releases[].spec."

func boundsByField() map[string]int {
	out := map[string]int{}
	for _, b := range Bounds() {
		for _, field := range b.Fields {
			out[field] = b.Max
		}
	}
	return out
}

// measure begins the check of what was given with what is too large in it. Where that is a
// list, nothing else is to be asked.
func measure(given any) (v *validator, fit bool) { return measureAt(given, "", "") }

// measureAt does so for what stands at a field, which is at of in the table.
func measureAt(given any, field, of string) (v *validator, fit bool) {
	m := &measurer{bounds: boundsByField(), fit: true}
	walk(m, given, field, of)
	v = &validator{problems: m.problems, told: map[string]bool{}}
	for _, p := range m.problems {
		v.told[p.Field] = true
	}
	return v, m.fit
}

// measurer looks at the sizes of what was given.
type measurer struct {
	bounds   map[string]int
	problems Problems
	// fit tells that no list is too long.
	fit bool
}

func (m *measurer) visit(v reflect.Value, field, of string) (within bool) {
	switch v.Kind() { //nolint:exhaustive // numbers and switches have no size
	case reflect.Slice:
		if !m.within(field, v.Len(), m.most(of, maxEntries), "entries") {
			m.fit = false
			return false
		}
	case reflect.String:
		m.within(field, v.Len(), m.most(of, MaxText), "bytes")
	case reflect.Map:
		m.parameters(v, field, of)
	}
	return true
}

// parameters looks at settings of the platform's own, each of which is JSON.
func (m *measurer) parameters(v reflect.Value, field, of string) {
	given, ok := reflect.TypeAssert[Parameters](v)
	if !ok || !m.within(field, len(given), m.most(of, maxEntries), "entries") {
		m.fit = false
		return
	}
	for _, name := range given.names() {
		m.within(dotted(field, name), len(given[name]), m.most(dotted(of, "*"), MaxText), "bytes")
	}
}

func (m *measurer) most(of string, otherwise int) int {
	if most, named := m.bounds[strings.TrimPrefix(of, specOfSet)]; named {
		return most
	}
	return otherwise
}

func (m *measurer) within(field string, count, most int, unit string) bool {
	if count <= most {
		return true
	}
	m.problems = append(m.problems, Problem{Field: field, Message: fmt.Sprintf("has %d %s; at most %d are taken", count, unit, most)})
	return false
}
