package schema_test

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"io/fs"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/require"

	"slipway/api/schema"
	"slipway/apps"
	"slipway/authority"
	"slipway/notify"
	"slipway/policy"
	"slipway/release"
	"slipway/wire"
)

// node is the part of JSON Schema that the files here use.
type node struct {
	ID                   string          `json:"$id"`
	Description          string          `json:"description"`
	Ref                  string          `json:"$ref"`
	Type                 string          `json:"type"`
	Properties           map[string]node `json:"properties"`
	Required             []string        `json:"required"`
	AdditionalProperties any             `json:"additionalProperties"`
	Items                *node           `json:"items"`
	Else                 *node           `json:"else"`
	Enum                 []string        `json:"enum"`
	Default              any             `json:"default"`
	Pattern              string          `json:"pattern"`
	MaxLength            *int            `json:"maxLength"`
	MaxItems             *int            `json:"maxItems"`
	Examples             []any           `json:"examples"`
	Defs                 map[string]node `json:"$defs"`
}

func load(t *testing.T, name string) node {
	t.Helper()
	data, err := schema.Files.ReadFile(name)
	require.NoError(t, err)
	var root node
	require.NoError(t, json.Unmarshal(data, &root))
	return root
}

// schemas are the names of all of them.
func schemas(t *testing.T) []string {
	t.Helper()
	found, err := fs.Glob(schema.Files, "*.schema.json")
	require.NoError(t, err)
	return found
}

// compile knows every schema by its $id, by which they refer to each other.
func compile(t *testing.T, name string) *jsonschema.Schema {
	t.Helper()
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	for _, each := range schemas(t) {
		data, err := schema.Files.ReadFile(each)
		require.NoError(t, err)
		doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
		require.NoError(t, err)
		require.NoError(t, c.AddResource(load(t, each).ID, doc))
	}
	compiled, err := c.Compile(load(t, name).ID)
	require.NoError(t, err)
	return compiled
}

func validate(t *testing.T, s *jsonschema.Schema, data []byte) error {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
	require.NoError(t, err)
	return s.Validate(doc)
}

func TestSchemasMatchTheTypes(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		typ reflect.Type
		// strict schemas refuse fields that do not exist.
		strict bool
	}{
		schema.Request:    {reflect.TypeFor[release.Spec](), true},
		schema.Command:    {reflect.TypeFor[wire.CommandData](), true},
		schema.Event:      {reflect.TypeFor[release.Progress](), false},
		schema.SetRequest: {reflect.TypeFor[release.Set](), true},
		schema.SetEvent:   {reflect.TypeFor[release.SetProgress](), false},

		schema.LaneEvent:      {reflect.TypeFor[release.LaneChange](), false},
		schema.PromotionEvent: {reflect.TypeFor[release.HeldPromotion](), false},

		schema.DeadLetterEvent: {reflect.TypeFor[release.LetterChange](), false},
		schema.PushEvent:       {reflect.TypeFor[release.Push](), false},

		schema.Application: {reflect.TypeFor[apps.Application](), true},
		schema.Authority:   {reflect.TypeFor[authority.Document](), true},
		schema.Policy:      {reflect.TypeFor[policy.Policy](), true},

		schema.Notifications: {reflect.TypeFor[notify.Document](), true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := newMatcher(t, name)
			m.strict = c.strict
			m.match("", m.files[m.file], c.typ)
			for def := range m.files[m.file].Defs {
				require.True(t, m.used[m.file+defs+def] || def == unknown, "$defs/%s is not used", def)
			}
		})
	}
}

// TestSchemasMatchTheTypes_NamesTheField holds what the comparison says of a type and a schema
// that differ in one field: one line, which says where the field is and where it is not.
func TestSchemasMatchTheTypes_NamesTheField(t *testing.T) {
	t.Parallel()
	const limits = `{"type": "object", "additionalProperties": false, "properties": {"total": {"type": "string"}, "queue": {"type": "string"}}}`
	for name, c := range map[string]struct {
		typ  reflect.Type
		want []string
	}{
		"a field of the schema": {reflect.TypeFor[struct {
			Total release.Duration `json:"total,omitzero"`
		}](), []string{"limits.queue: in a.schema.json, not in the Go type"}},
		"a field of the type": {reflect.TypeFor[struct {
			Total release.Duration `json:"total,omitzero"`
			Queue int              `json:"queue,omitempty"`
			Batch release.Duration `json:"batch,omitzero"`
		}](), []string{
			"limits.batch: in the Go type, not in a.schema.json",
			"limits.queue: integer in the Go type, string in a.schema.json",
		}},
		"a field that may be left out": {reflect.TypeFor[struct {
			Total release.Duration `json:"total"`
			Queue string           `json:"queue,omitempty"`
		}](), []string{"limits.total: always there in the Go type, not required in a.schema.json"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var n node
			require.NoError(t, json.Unmarshal([]byte(limits), &n))
			var said []string
			m := matcher{t: t, file: "a", names: map[string]string{"a": "a.schema.json"}, strict: true, say: func(line string) { said = append(said, line) }}
			m.match("limits", n, c.typ)
			slices.Sort(said)
			require.Equal(t, c.want, said)
		})
	}
}

// defs stands in a reference between the $id of a file and the name of a definition.
const defs = "#/$defs/"

// unknown is the definition of what becomes of fields that do not exist: events, which refer to
// definitions of the request, take them.
const unknown = "unknown"

type matcher struct {
	t *testing.T
	// files are all schemas by their $id, and names are those of the files; file is the one
	// that is walked.
	files  map[string]node
	names  map[string]string
	file   string
	strict bool
	// used are the definitions that were met, with the $id of their file.
	used map[string]bool
	// say takes a difference, in one line.
	say func(line string)
}

// newMatcher knows all schemas, and begins with the one of this name.
func newMatcher(t *testing.T, name string) matcher {
	t.Helper()
	m := matcher{
		t: t, files: map[string]node{}, names: map[string]string{}, file: load(t, name).ID, used: map[string]bool{},
		say: func(line string) { t.Error(line) },
	}
	for _, each := range schemas(t) {
		file := load(t, each)
		require.NotContains(t, m.files, file.ID)
		m.files[file.ID], m.names[file.ID] = file, each
	}
	return m
}

// resolve follows the reference of a node, where it has one, also into another file.
func (m matcher) resolve(path string, n node) (matcher, node) {
	m.t.Helper()
	if n.Ref == "" && n.Else != nil && n.Else.Ref != "" {
		n = *n.Else
	}
	if n.Ref == "" {
		return m, n
	}
	file, def, part := strings.Cut(n.Ref, defs)
	m.file = cmp.Or(file, m.file)
	require.Contains(m.t, m.names, m.file, path)
	if !part {
		return m, m.files[m.file]
	}
	m.used[m.file+defs+def] = true
	at, there := m.files[m.file].Defs[def]
	require.True(m.t, there, "%s: $defs/%s is not in %s", path, def, m.names[m.file])
	return m, at
}

func (m matcher) match(path string, n node, typ reflect.Type) {
	m.t.Helper()
	m, n = m.resolve(path, n)
	if typ.Kind() == reflect.Pointer {
		typ = typ.Elem()
	}
	want := jsonType(m.t, path, typ)
	switch {
	case want != n.Type:
		m.say(fmt.Sprintf("%s: %s in the Go type, %s in %s", path, want, n.Type, m.names[m.file]))
	case want == "array":
		m.match(path+"[]", *n.Items, typ.Elem())
	case want == "object" && typ.Kind() == reflect.Struct:
		m.matchObject(path, n, typ)
	}
}

func (m matcher) matchObject(path string, n node, typ reflect.Type) {
	m.t.Helper()
	file := m.names[m.file]
	inType := map[string]bool{}
	for _, f := range reflect.VisibleFields(typ) {
		if f.Anonymous {
			continue // its fields stand for themselves
		}
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		at := strings.TrimPrefix(path+"."+name, ".")
		property, there := n.Properties[name]
		required := slices.Contains(n.Required, name)
		switch {
		case !there:
			m.say(at + ": in the Go type, not in " + file)
		case options == "" && !required:
			m.say(at + ": always there in the Go type, not required in " + file)
		case options != "" && required:
			m.say(at + ": may be left out of the Go type, required in " + file)
		default:
			m.match(at, property, f.Type)
		}
		inType[name] = true
	}
	for name := range n.Properties {
		if !inType[name] {
			m.say(strings.TrimPrefix(path+"."+name, ".") + ": in " + file + ", not in the Go type")
		}
	}
	m.matchUnknown(path, n)
}

// matchUnknown checks what becomes of fields that do not exist. Definitions that requests and
// events share leave it to the schema that refers to them.
func (m matcher) matchUnknown(path string, n node) {
	m.t.Helper()
	shared := reflect.DeepEqual(n.AdditionalProperties, map[string]any{"$dynamicRef": "#" + unknown})
	switch {
	case shared:
	case m.strict && n.AdditionalProperties != false:
		m.say(fmt.Sprintf("%s: %s takes fields that do not exist", path, m.names[m.file]))
	case !m.strict && n.AdditionalProperties != nil:
		m.say(fmt.Sprintf("%s: %s refuses fields that may come", path, m.names[m.file]))
	}
}

func jsonType(t *testing.T, path string, typ reflect.Type) string {
	t.Helper()
	switch typ {
	case reflect.TypeFor[release.Duration](), reflect.TypeFor[time.Time]():
		return "string"
	case reflect.TypeFor[json.RawMessage]():
		return "" // of any type
	}
	kinds := map[reflect.Kind]string{
		reflect.String: "string", reflect.Int: "integer", reflect.Int64: "integer", reflect.Uint64: "integer", reflect.Bool: "boolean",
		reflect.Slice: "array", reflect.Map: "object", reflect.Struct: "object",
	}
	require.Contains(t, kinds, typ.Kind(), path)
	return kinds[typ.Kind()]
}

func TestSchema_EnumsMatchTheConstants(t *testing.T) {
	t.Parallel()
	request, event := load(t, schema.Request), load(t, schema.Event)
	strategies := words(release.StrategyAll, release.StrategyBatch, release.StrategyGray)
	confirms := words(release.ConfirmManual, release.ConfirmAuto)
	operations := words(release.OperationRelease, release.OperationRollback, release.OperationRestart, release.OperationRescale, release.OperationJob)
	var served []string
	for _, on := range release.Platforms() {
		served = append(served, string(on.Platform))
	}
	verdicts := words(release.VerdictPass, release.VerdictFail, release.VerdictInconclusive)
	for name, c := range map[string]struct{ want, got []string }{
		"operations":          {operations, request.Properties["operation"].Enum},
		"operations reported": {operations, event.Properties["operation"].Enum},
		"no data":             {verdicts, request.Defs["gate"].Properties["noData"].Enum},
		"targets of gates":    {words(release.TargetGray), request.Defs["httpGate"].Properties["target"].Enum},
		"verdicts":            {verdicts, event.Defs["verdict"].Enum},
		"traffic operators": {
			[]string{release.OperatorCompare, release.OperatorList, release.OperatorMod, release.OperatorPercent, release.OperatorPercentLong},
			request.Defs["trafficOperator"].Enum,
		},
		"matches of headers": {[]string{release.MatchAll, release.MatchAny}, request.Defs["headerTraffic"].Properties["match"].Enum},
		"headers compared":   {[]string{release.HeaderEqual, release.HeaderMatch, release.HeaderIn}, request.Defs["headerRule"].Properties["op"].Enum},
		"platforms":          {served, request.Defs["app"].Properties["platform"].Enum},
		"strategies":         {strategies, request.Defs["strategy"].Properties["type"].Enum},
		"confirms":           {confirms, request.Defs["strategy"].Properties["confirm"].Enum},
		"timeout policies":   {words(release.TimeoutPolicies()...), request.Defs["limits"].Properties["onConfirmTimeout"].Enum},
		"approval policies":  {words(release.TimeoutPolicies()...), request.Defs["approval"].Properties["onTimeout"].Enum},
		"lane policies":      {words(release.LaneQueue, release.LaneSupersede, release.LaneReject), request.Defs["lane"].Properties["policy"].Enum},
		"phases":             {words(release.Phases()...), event.Defs["phase"].Enum},
		"batch states":       {words(release.BatchPending, release.BatchRunning, release.BatchDone, release.BatchFailed, release.BatchConfirmed, release.BatchAborted), event.Defs["batch"].Properties["state"].Enum},
		"kinds of waiting":   {words(release.AwaitQueue, release.AwaitOtherChange, release.AwaitBake, release.AwaitConfirm, release.AwaitApproval, release.AwaitPlatformApproval, release.AwaitGates, release.AwaitResume, release.AwaitSchedule, release.AwaitWatch, release.AwaitFreeze), event.Defs["awaiting"].Properties["kind"].Enum},
		"kinds of decisions": {words(release.CommandKinds()...), event.Defs["decision"].Properties["kind"].Enum},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, c.want, c.got)
		})
	}
}

// The defaults that a schema names are those that are filled in.
func TestSchema_DefaultsMatchWithDefaults(t *testing.T) {
	t.Parallel()
	spec := release.Spec{Strategy: release.Strategy{Gates: []release.Gate{{HTTP: &release.HTTPGate{}}}}}
	set := release.Set{Waves: []release.Wave{{}}}
	for name, filled := range map[string]any{schema.Request: spec.WithDefaults(), schema.SetRequest: set.WithDefaults()} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			data, err := json.Marshal(filled)
			require.NoError(t, err)
			var got any
			require.NoError(t, json.Unmarshal(data, &got))
			m := newMatcher(t, name)
			require.NotZero(t, m.defaults("", m.files[m.file], got))
		})
	}
}

// defaults compares those of a node, and of all within it, with what is filled in. It returns
// how many there were.
func (m matcher) defaults(path string, n node, got any) int {
	m.t.Helper()
	count := 0
	if n.Default != nil {
		count++
		if got == nil && n.Default == false { // left out
			got = false
		}
		require.Equal(m.t, n.Default, got, "%s: the default in %s, and what is filled in", path, m.names[m.file])
	}
	m, n = m.resolve(path, n)
	switch got := got.(type) {
	case []any:
		for _, each := range got {
			count += m.defaults(path+"[]", *n.Items, each)
		}
	case map[string]any:
		for name, property := range n.Properties {
			count += m.defaults(strings.TrimPrefix(path+"."+name, "."), property, got[name])
		}
	}
	return count
}

func words[T ~string](values ...T) []string {
	out := make([]string, len(values))
	for i, v := range values {
		out[i] = string(v)
	}
	return out
}

func TestSchema_ExamplesAreValidAndTaken(t *testing.T) {
	t.Parallel()
	take := map[string]func(data []byte) error{
		schema.Request: func(data []byte) error {
			_, err := wire.ParseSpec(data)
			return err
		},
		schema.Command: func(data []byte) error {
			kind := "abort"
			for field, of := range map[string]string{`"batch"`: "confirm", `"all"`: "confirm", `"version"`: "rollback"} {
				if bytes.Contains(data, []byte(field)) {
					kind = of
				}
			}
			_, _, err := wire.DecodeCommand(&nats.Msg{Subject: "slipway.command.r-1", Data: slices.Concat(
				[]byte(`{"specversion":"1.0","source":"s","id":"1","type":"dev.slipway.command.`+kind+`.v1","data":`), data, []byte("}"),
			)})
			return err
		},
		schema.Event:          strictly[release.Progress],
		schema.LaneEvent:      strictly[release.LaneChange],
		schema.PromotionEvent: strictly[release.HeldPromotion],

		schema.DeadLetterEvent: strictly[release.LetterChange],
		schema.PushEvent:       strictly[release.Push],
		schema.SetRequest: func(data []byte) error {
			_, err := wire.ParseSet(data)
			return err
		},
		schema.SetEvent: strictly[release.SetProgress],
	}
	for name, take := range take {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			compiled, root := compile(t, name), load(t, name)
			require.NotEmpty(t, root.Examples)
			for _, example := range root.Examples {
				data, err := json.Marshal(example)
				require.NoError(t, err)
				require.NoError(t, validate(t, compiled, data))
				require.NoError(t, take(data))
			}
		})
	}
}

// strictly reads a value that has no field that its type has not.
func strictly[T any](data []byte) error {
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.DisallowUnknownFields()
	return decoder.Decode(new(T))
}

// What is told of words that no transition tells of, of lanes and of promotions is as the schemas say, as it is
// published.
func TestSchema_EventsAsTheyArePublished(t *testing.T) {
	t.Parallel()
	app := release.App{Platform: release.PlatformSAE, Region: "cn-hangzhou", ID: "a"}
	at := time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)
	hold := &release.Hold{By: "li", Reason: "incident 7", Since: at}
	lane := release.LaneChange{App: app, By: "li", Via: release.ViaUpdate, Reason: "incident 7"}
	held, resumed, dropped, allowed := lane, lane, lane, lane
	held.After, resumed.Before, dropped.ReleaseID, allowed.Artifact = hold, hold, "r-1", "shop:1"
	refused := []release.Decision{{Kind: release.CommandConfirm, Batch: 7, By: "li", At: at, Via: release.ViaEvent, Refused: "batch 7 does not wait"}}
	for schemaOf, events := range map[string][]release.Event{
		schema.LaneEvent: {
			{Kind: release.EventHeld, Lane: &held},
			{Kind: release.EventResumed, Lane: &resumed},
			{Kind: release.EventDropped, Lane: &dropped},
			{Kind: release.EventAllowed, Lane: &allowed},
		},
		schema.PromotionEvent: {{Kind: release.EventHeld, Promotion: &release.HeldPromotion{
			Application: "shop", From: "staging", To: "production", App: app, ReleaseID: "r-1", Artifact: "shop:1", Reason: "release r-2 has rolled it back",
		}}},
		schema.PushEvent: {
			{Kind: release.EventFired, Push: &release.Push{
				Sequence: 7, StoredAt: at, Image: "registry.example/team/shop", Tag: "1.4.2", Sender: "harbor", Source: "/ci", EventID: "7", By: "ann", PushedAt: at,
				Rules: []release.PushRule{{Application: "shop", Rule: "versions", Environment: "staging", ReleaseID: "r-1"}},
			}},
			{Kind: release.EventIgnored, Push: &release.Push{Sequence: 8, StoredAt: at, Image: "registry.example/team/shop", Tag: "1", Sender: "acr", Source: "/ci", EventID: "8"}},
		},
		schema.DeadLetterEvent: {
			{Kind: release.EventDropped, Letter: &release.LetterChange{Sequence: 17, By: "li", Subject: "slipway.command.r-1", About: "r-1"}},
			{Kind: release.EventReplayed, Letter: &release.LetterChange{Sequence: 17, By: "li", Subject: "elsewhere"}},
		},
		schema.Event: {{Kind: release.EventDecided, Progress: release.Progress{
			ReleaseID: "r-1", App: app, Transition: 4, Phase: release.PhaseAwaitingConfirm, Strategy: release.Strategy{Type: release.StrategyGray}, Decisions: refused,
		}}},
		schema.SetEvent: {{Kind: release.EventDecided, Set: &release.SetProgress{
			SetID: "s-1", Name: "checkout", Phase: release.PhaseRollingOut, OnFailure: release.SetStop, Decisions: refused,
			Waves: []release.WaveProgress{{Number: 1, Name: "front", Confirm: release.ConfirmAuto, Releases: []release.SetStanding{{Name: "shop", App: app, Run: release.SetRun{ReleaseID: "r-1"}}}}},
		}}},
	} {
		compiled := compile(t, schemaOf)
		for _, e := range events {
			e.ID = "id"
			msg, err := wire.EncodeEvent(e, at)
			require.NoError(t, err)
			var envelope struct{ Data json.RawMessage }
			require.NoError(t, json.Unmarshal(msg.Data, &envelope))
			require.NoError(t, validate(t, compiled, envelope.Data), "%s %s", schemaOf, e.Kind)
		}
	}
}

// A confirmation of all is refused by the schema as it is at the door.
func TestSchema_CommandSchemaAgreesWithTheDoor(t *testing.T) {
	t.Parallel()
	compiled := compile(t, schema.Command)
	for data, good := range map[string]bool{
		`{"by":"me","batch":1}`:                                             true,
		`{"by":"me","batch":1,"all":false}`:                                 true,
		`{"by":"me","all":true,"artifact":"shop:2","changeId":"co-1"}`:      true,
		`{"by":"me","all":true}`:                                            false,
		`{"by":"me","all":true,"artifact":"shop:2"}`:                        false,
		`{"by":"me","all":true,"artifact":"","changeId":"co-1"}`:            false,
		`{"by":"me","all":true,"batch":1,"artifact":"s:2","changeId":"co"}`: false,
	} {
		_, _, err := wire.DecodeCommand(&nats.Msg{Subject: "slipway.command.r-1", Data: []byte(
			`{"specversion":"1.0","source":"s","id":"1","type":"dev.slipway.command.confirm.v1","data":` + data + "}",
		)})
		require.Equal(t, good, err == nil, "%s at the door: %v", data, err)
		require.Equal(t, good, validate(t, compiled, []byte(data)) == nil, "%s by the schema", data)
	}
}

// What the schema refuses is refused at the door, too, and what is filled in at the door
// is still valid.
func TestSchema_RequestSchemaAgreesWithTheDoor(t *testing.T) {
	t.Parallel()
	compiled := compile(t, schema.Request)
	with := func(more string) string {
		return `{"app":{"platform":"sae","region":"cn-hangzhou","id":"a"},"artifact":{"image":"shop:1"}` + more + `}`
	}
	gate := func(g string) string { return with(`,"strategy":{"type":"gray","gates":[` + g + `]}`) }
	on := func(more string) string {
		return `{"app":{"platform":"sae","region":"cn-hangzhou","id":"a"},` + more + `}`
	}
	onFC := func(more string) string { return strings.Replace(on(more), `"sae"`, `"fc"`, 1) }
	onServiceStage := func(more string) string {
		return `{"app":{"platform":"servicestage","region":"cn-north-4","id":"4b611997-4acd-4538-a06b-32fd2475e057"},` + more + `}`
	}
	const item = `{"type":"header","name":"x","operator":"rawvalue","cond":"==","value":"1"}`
	component := func(fields string) string {
		return `{"app":{"platform":"servicestage","region":"cn-north-4","id":"4b611997-4acd-4538-a06b-32fd2475e057"},"artifact":{"image":"shop:1"},"strategy":{"type":"gray"},` + fields + `}`
	}
	for name, c := range map[string]struct {
		data string
		good bool
	}{
		"the least":            {with(""), true},
		"batch":                {with(`,"strategy":{"type":"batch","batches":3,"confirm":"auto","bake":"10m"}`), true},
		"gray":                 {with(`,"strategy":{"type":"gray","minReadyInstances":0}`), true},
		"no scaling":           {with(`,"scaling":{"suspend":false},"rollback":{"onFailure":false}`), true},
		"limits":               {with(`,"limits":{"confirm":"1h30m","onConfirmTimeout":"hold"}`), true},
		"nothing":              {`{}`, false},
		"an unknown field":     {with(`,"artefact":{}`), false},
		"a deep unknown field": {with(`,"strategy":{"type":"gray","grey":1}`), false},
		"another case":         {with(`,"Note":"x"`), false},
		"a wrong type":         {with(`,"strategy":{"type":"gray","gray":"1"}`), false},
		"a fraction":           {with(`,"strategy":{"type":"gray","gray":1.5}`), false},
		"none":                 {with(`,"strategy":{"type":"gray","gray":0}`), false},
		"no batches":           {with(`,"strategy":{"type":"gray","batches":0}`), false},
		"too many":             {with(`,"strategy":{"type":"gray","gray":501}`), false},
		"no duration":          {with(`,"limits":{"confirm":"soon"}`), false},
		"an unknown policy":    {with(`,"limits":{"onConfirmTimeout":"explode"}`), false},
		"another lane":         {with(`,"lane":{"policy":"jump"}`), false},
		"a hotfix":             {with(`,"lane":{"policy":"supersede","preempt":true},"freeze":{"override":"orders are lost"}`), true},
		"an adopted order":     {with(`,"adopt":"co-1"`), true},
		"what is no order":     {with(`,"adopt":"co 1"`), false},
		"a release again":      {with(`,"retryOf":"r-s-abcdefghijklmnop"`), true},
		"a set again":          {with(`,"retryOf":"s-abcdefghijklmnop"`), false},
		"a gate":               {gate(`{"name":"errors","http":{"url":"https://shop.example/healthz"}}`), true},
		"a gate with samples":  {gate(`{"name":"errors","prometheus":{"address":"http://prom.example","query":"up","fail":"!=1"},"samples":3,"maxFailures":2}`), true},
		"a gate of nothing":    {gate(`{"name":"errors"}`), false},
		"a gate of two":        {gate(`{"name":"errors","http":{"url":"https://x.example"},"prometheus":{"address":"http://x.example","query":"up","pass":"> 0"}}`), false},
		"a gate without name":  {gate(`{"http":{"url":"https://shop.example"}}`), false},
		"a gate of a file":     {gate(`{"name":"errors","http":{"url":"file:///etc/passwd"}}`), false},
		"a gate's condition":   {gate(`{"name":"errors","prometheus":{"address":"http://x.example","query":"up","pass":"low"}}`), false},
		"no condition":         {gate(`{"name":"errors","prometheus":{"address":"http://x.example","query":"up"}}`), false},
		"a status":             {gate(`{"name":"errors","http":{"url":"https://shop.example","status":[99]}}`), false},
		"a gate of instances":  {gate(`{"name":"errors","http":{"target":"gray","port":8080,"path":"/healthz?deep=1"}}`), true},
		"a target by https":    {gate(`{"name":"errors","http":{"target":"gray","port":8443,"path":"/","scheme":"https","method":"HEAD"}}`), true},
		"another target":       {gate(`{"name":"errors","http":{"target":"blue","port":8080,"path":"/"}}`), false},
		"a target and a URL":   {gate(`{"name":"errors","http":{"target":"gray","port":8080,"path":"/","url":"https://shop.example"}}`), false},
		"a target, no port":    {gate(`{"name":"errors","http":{"target":"gray","path":"/"}}`), false},
		"a target, no path":    {gate(`{"name":"errors","http":{"target":"gray","port":8080}}`), false},
		"a port of none":       {gate(`{"name":"errors","http":{"target":"gray","port":65536,"path":"/"}}`), false},
		"a path with a host":   {gate(`{"name":"errors","http":{"target":"gray","port":8080,"path":"//x.example/"}}`), false},
		"a POST to instances":  {gate(`{"name":"errors","http":{"target":"gray","port":8080,"path":"/","method":"POST"}}`), false},
		"a port and a URL":     {gate(`{"name":"errors","http":{"url":"https://shop.example","port":8080}}`), false},
		"a scheme and a URL":   {gate(`{"name":"errors","http":{"url":"https://shop.example","scheme":"http"}}`), false},
		"a target of numbers":  {gate(`{"name":"errors","prometheus":{"target":"gray","address":"http://x.example","query":"up","pass":"> 0"}}`), false},
		"a schedule":           {with(`,"strategy":{"type":"gray","schedule":[{"batch":2,"at":"02:00","zone":"Asia/Shanghai"}]}`), true},
		"a schedule at noon":   {with(`,"strategy":{"type":"gray","schedule":[{"batch":2,"at":"noon","zone":"Asia/Shanghai"}]}`), false},
		"a schedule of none":   {with(`,"strategy":{"type":"gray","schedule":[{"at":"02:00","zone":"Asia/Shanghai"}]}`), false},
		"no traffic rules":     {with(`,"strategy":{"type":"gray"},"traffic":{"springCloud":[]}`), false},
		"a path":               {with(`,"strategy":{"type":"gray"},"traffic":{"springCloud":[{"path":"/o","condition":"OR","items":[` + item + `]}]}`), true},
		"a call":               {with(`,"strategy":{"type":"gray"},"traffic":{"dubbo":[{"serviceName":"s","methodName":"m","condition":"AND","items":[{"index":0,"operator":"mod","cond":"<","value":"5"}]}]}`), true},
		"a route":              {with(`,"strategy":{"type":"gray"},"traffic":{"alb":[{"ingressId":7,"serviceName":"s","condition":"AND","items":[` + item + `]}]}`), true},
		"a route or another":   {with(`,"strategy":{"type":"gray"},"traffic":{"alb":[{"ingressId":7,"serviceName":"s","condition":"OR","items":[` + item + `]}]}`), false},
		"headers":              {component(`"traffic":{"headers":{"match":"any","rules":[{"name":"x-canary","op":"in","value":"a,b"}]}}`), true},
		"headers, no match":    {component(`"traffic":{"headers":{"rules":[{"name":"x-canary","op":"in","value":"a,b"}]}}`), false},
		"headers, no rules":    {component(`"traffic":{"headers":{"match":"any","rules":[]}}`), false},
		"headers, a prefix":    {component(`"traffic":{"headers":{"match":"any","rules":[{"name":"x-canary","op":"prefix","value":"a"}]}}`), false},
		"headers, a space":     {component(`"traffic":{"headers":{"match":"any","rules":[{"name":"x canary","op":"equal","value":"a"}]}}`), false},
		"an operator":          {with(`,"strategy":{"type":"gray"},"traffic":{"springCloud":[{"path":"/o","condition":"OR","items":[` + strings.Replace(item, "rawvalue", "like", 1) + `]}]}`), false},
		"a rollback":           {on(`"operation":"rollback"`), true},
		"a rollback to one":    {on(`"operation":"rollback","version":"v-7","strategy":{"type":"batch"}`), true},
		"a rollback to none":   {on(`"operation":"rollback","version":"v 7"`), false},
		"a restart":            {on(`"operation":"restart"`), true},
		"a rescale":            {on(`"operation":"rescale","instances":3`), true},
		"a rescale to nothing": {on(`"operation":"rescale"`), false},
		"a rescaled part":      {onFC(`"operation":"rescale","instances":3,"artifact":{"part":"pay"}`), true},
		"a rescaled image":     {onFC(`"operation":"rescale","instances":3,"artifact":{"image":"shop:1"}`), false},
		"a job":                {on(`"operation":"job","artifact":{"image":"shop:1"},"job":{"run":true,"variables":[{"name":"A","value":"1"}]}`), true},
		"a job to run":         {on(`"operation":"job","job":{"run":true}`), true},
		"a job to bring":       {on(`"operation":"job","artifact":{"image":"shop:1"}`), true},
		"a job of nothing":     {on(`"operation":"job"`), false},
		"a job that runs not":  {on(`"operation":"job","job":{"run":false}`), false},
		"a job by traffic":     {on(`"operation":"job","job":{"run":true},"traffic":{"springCloud":[]}`), false},
		"a variable of two":    {on(`"operation":"job","job":{"run":true,"variables":[{"name":"A","value":"1","remove":true}]}`), false},
		"a job to release":     {with(`,"job":{"run":true}`), false},
		"an operation":         {on(`"operation":"explode"`), false},
		"nothing to release":   {on(`"note":"x"`), false},
		"a registry":           {on(`"artifact":{"image":"shop:1","registry":{"instance":"cri-1","role":"acs:ram::1:role/pull"}}`), true},
		"another registry":     {on(`"artifact":{"image":"shop:1","registry":{"instance":"acr-1"}}`), false},
		"a registry of a jar":  {on(`"artifact":{"package":{"url":"http://x/y","version":"1"},"registry":{"instance":"cri-1"}}`), false},
		"a ratio":              {with(`,"strategy":{"minReadyRatio":100,"maxSurge":1}`), true},
		"a large ratio":        {with(`,"strategy":{"minReadyRatio":101}`), false},
		"less than no surge":   {with(`,"strategy":{"maxSurge":-1}`), false},
		"configuration":        {on(`"config":{"instances":3}`), true},
		"and an image":         {with(`,"config":{"args":[]}`), true},
		"no configuration":     {on(`"config":{}`), false},
		"configured restart":   {on(`"operation":"restart","config":{"instances":3}`), false},
		"configured adoption":  {with(`,"adopt":"co-1","config":{"instances":3}`), false},
		"adopted nothing":      {on(`"adopt":"co-1","config":{"instances":3}`), false},
		"a variable":           {on(`"config":{"variables":[{"name":"A","value":"$B \"\n购物"},{"name":"B","secret":{"id":"7","key":"k"}},{"name":"c.d","remove":true}]}`), true},
		"no variables":         {on(`"config":{"variables":[]}`), false},
		"two values":           {on(`"config":{"variables":[{"name":"A","value":"x","remove":true}]}`), false},
		"no value":             {on(`"config":{"variables":[{"name":"A"}]}`), false},
		"a secret by a name":   {onServiceStage(`"config":{"variables":[{"name":"A","secret":{"id":"shop.tokens","key":"k"}}]}`), true},
		"a secret by no name":  {onServiceStage(`"config":{"variables":[{"name":"A","secret":{"id":"Shop","key":"k"}}]}`), false},
		"a rollback by dots":   {onServiceStage(`"operation":"rollback","version":"733007.1048575.12.90431"`), true},
		"a package of obs":     {onServiceStage(`"artifact":{"package":{"url":"obs://code/shop.jar","version":"1"}}`), true},
		"a weighed gray batch": {onServiceStage(`"artifact":{"image":"shop:1"},"strategy":{"type":"gray","gray":1,"batches":2,"weights":[20]}`), true},
		"a name that is none":  {on(`"config":{"variables":[{"name":"A=","value":"x"}]}`), false},
		"a size":               {on(`"config":{"resources":{"cpu":1000,"memory":2048}}`), true},
		"no size":              {on(`"config":{"resources":{}}`), false},
		"no cores":             {on(`"config":{"resources":{"cpu":0}}`), false},
		"probes":               {on(`"config":{"probes":{"liveness":{"tcp":80,"period":"10s"},"readiness":{"none":true},"startup":{"http":{"path":"/","port":80}}}}`), true},
		"two probes":           {on(`"config":{"probes":{"liveness":{"tcp":80,"exec":["true"]}}}`), false},
		"no probe":             {on(`"config":{"probes":{"liveness":{"period":"10s"}}}`), false},
		"a probe of nothing":   {on(`"config":{"probes":{"liveness":{"none":true,"period":"10s"}}}`), false},
		"a probe of a port":    {on(`"config":{"probes":{"liveness":{"tcp":65536}}}`), false},
		"hooks":                {on(`"config":{"hooks":{"preStop":{"exec":["sh","-c","sleep 5"]},"postStart":{"none":true},"grace":"60s"}}`), true},
		"a hook of two":        {on(`"config":{"hooks":{"preStop":{"exec":["true"],"none":true}}}`), false},
		"mounts": {on(`"config":{"mounts":{"configMaps":[{"id":"7","path":"/a"}],"nas":[{"id":"n","domain":"n.example","directory":"/","path":"/b"}],
			"buckets":[{"bucket":"abc","directory":"/","path":"/c"}],"scratch":[]}}`), true},
		"a relative mount":     {on(`"config":{"mounts":{"scratch":[{"name":"w","path":"w"}]}}`), false},
		"a runtime":            {on(`"config":{"runtime":{"jdk":"Open JDK 8","args":""}}`), true},
		"no runtime":           {on(`"config":{"runtime":{"jdk":""}}`), false},
		"platform's own":       {on(`"config":{"platform":{"Timezone":"UTC","SlsConfigs":[],"AssociateEip":true}}`), true},
		"none of platform's":   {on(`"config":{"platform":{}}`), false},
		"a restart of another": {with(`,"operation":"restart"`), false},
		"a restart by traffic": {on(`"operation":"restart","traffic":{"springCloud":[]}`), false},
		"a version to release": {with(`,"version":"v-7"`), false},
		"a number to release":  {with(`,"instances":3`), false},
		"a long note":          {with(`,"note":"` + strings.Repeat("é", 1025) + `"`), false},
		"a digest alone":       {strings.Replace(with(""), "shop:1", "sha256:"+strings.Repeat("ab", 32), 1), false},
		"half a digest alone":  {strings.Replace(with(""), "shop:1", strings.Repeat("ab", 32), 1), false},
		"an image by digest":   {strings.Replace(with(""), "shop:1", "shop@sha256:"+strings.Repeat("ab", 32), 1), true},
		"a long image":         {strings.Replace(with(""), "shop:1", strings.Repeat("a", 4097), 1), false},
		"a long region":        {strings.Replace(with(""), "cn-hangzhou", "cn-"+strings.Repeat("a", 1000), 1), false},
		"a long duration":      {with(`,"limits":{"total":"` + strings.Repeat("1h", 33) + `"}`), false},
		"many schedules":       {with(`,"strategy":{"type":"batch","batches":100,"schedule":[` + strings.Repeat(`{"batch":1,"at":"02:00","zone":"UTC"},`, 50) + `{"batch":2,"at":"02:00","zone":"UTC"}]}`), false},
		"two artifacts":        {`{"app":{"platform":"sae","region":"cn-hangzhou","id":"a"},"artifact":{"image":"shop:1","package":{"url":"http://x/y","version":"1"}}}`, false},
		"no region":            {`{"app":{"platform":"sae","id":"a"},"artifact":{"image":"shop:1"}}`, false},
		"an id with a dot":     {`{"app":{"platform":"sae","region":"cn-hangzhou","id":"a.b"},"artifact":{"image":"shop:1"}}`, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			invalid := validate(t, compiled, []byte(c.data))
			spec, err := wire.ParseSpec([]byte(c.data))
			if !c.good {
				require.Error(t, invalid)
				require.Error(t, err)
				return
			}
			require.NoError(t, invalid)
			require.NoError(t, err)
			whole, err := json.Marshal(spec)
			require.NoError(t, err)
			require.NoError(t, validate(t, compiled, whole))
		})
	}
}

// Requests and events share the definition of a strategy. A request refuses a field that does
// not exist; a reader of events, which may come from a newer Slipway, passes over it.
func TestSchema_StrategyOfAnEventTakesFieldsThatMayCome(t *testing.T) {
	t.Parallel()
	const app = `"app":{"platform":"sae","region":"cn-hangzhou","id":"a"},"artifact":{"image":"shop:1"}`
	event, request := compile(t, schema.Event), compile(t, schema.Request)
	for name, strategy := range map[string]string{
		"of the strategy":   `"pace":1`,
		"of a gate":         `"gates":[{"name":"g","http":{"url":"https://x.example"},"pace":1}]`,
		"of an HTTP gate":   `"gates":[{"name":"g","http":{"url":"https://x.example","pace":1}}]`,
		"of a query":        `"gates":[{"name":"g","prometheus":{"address":"https://x.example","query":"up","pass":"> 0","pace":1}}]`,
		"of a batch's time": `"schedule":[{"batch":1,"at":"02:00","zone":"UTC","pace":1}]`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			of := func(strategy string) []byte { return []byte(`,"strategy":{"type":"gray",` + strategy + `}}`) }
			known := strings.Replace(strategy, `"pace":1`, `"gray":1`, 1)
			if name != "of the strategy" {
				known = strings.Replace(strategy, `,"pace":1`, "", 1)
			}
			require.NoError(t, validate(t, request, append([]byte("{"+app), of(known)...)))
			require.Error(t, validate(t, request, append([]byte("{"+app), of(strategy)...)))
			require.NoError(t, validate(t, event, append([]byte(`{"releaseId":"r-1","phase":"Queued",`+app), of(strategy)...)))
		})
	}
}

// What may be given at most is in one table. A schema counts characters where the door
// counts bytes, so that what is too long for it is too long there, too.
func TestSchemasHaveTheBoundsOfTheTable(t *testing.T) {
	t.Parallel()
	for _, name := range []string{schema.Request, schema.Command, schema.SetRequest} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := newMatcher(t, name)
			m.bounds("", m.files[m.file])
		})
	}
}

func (m matcher) bounds(path string, n node) {
	m.t.Helper()
	m, n = m.resolve(path, n)
	most, named := release.BoundOf(path)
	switch {
	case n.Type == "array":
		require.True(m.t, named, "%s has no bound", path)
		require.NotNil(m.t, n.MaxItems, path)
		require.Equal(m.t, most, *n.MaxItems, path)
		m.bounds(path+"[]", *n.Items)
	case n.Type == "object":
		for name, property := range n.Properties {
			m.bounds(strings.TrimPrefix(path+"."+name, "."), property)
		}
	case n.Type == "string" && len(n.Enum) == 0:
		if !named {
			most = release.MaxText
		}
		require.NotNil(m.t, n.MaxLength, path)
		require.Equal(m.t, most, *n.MaxLength, path)
	}
}

// JetStream drops by Nats-Msg-Id what another pipeline has asked for. Whoever writes an
// event by a schema is told so there.
func TestSchemasOfWhatIsPublishedWarnOfTheMessageID(t *testing.T) {
	t.Parallel()
	for _, name := range []string{schema.Request, schema.Command, schema.SetRequest} {
		require.Contains(t, load(t, name).Description, "Leave the header Nats-Msg-Id out, or give it a value that nobody else has")
	}
}
