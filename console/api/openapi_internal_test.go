package api

import (
	"encoding/json"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"slipway/apps"
	"slipway/console/problem"
	"slipway/policy"
	"slipway/promotion"
	"slipway/release"
	"slipway/releases"
	"slipway/requests"
	"slipway/wire"
)

// described is the part of the description that the tests here read.
type described struct {
	Paths map[string]map[string]struct {
		OperationID string
		Parameters  []struct{ Name, In string }
		RequestBody *struct{}
		Responses   map[string]json.RawMessage
		Security    *[]struct{}
	}
	Components struct {
		Schemas map[string]struct {
			ID         string `json:"$id"`
			Properties map[string]json.RawMessage
			Required   []string
		}
	}
}

func read(t *testing.T) (d described, text string) {
	t.Helper()
	data, err := describe()
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(data, &d))
	return d, string(data)
}

// TestOpenAPI_HasTheRoutes: every route with its parameters, and no other.
func TestOpenAPI_HasTheRoutes(t *testing.T) {
	t.Parallel()
	d, _ := read(t)
	ids := map[string]bool{}
	count := 0
	for path, methods := range d.Paths {
		for method, operation := range methods {
			count++
			require.False(t, ids[operation.OperationID], operation.OperationID)
			ids[operation.OperationID] = true
			at := slices.IndexFunc(routes(), func(r route) bool { return "/"+r.path == path && strings.EqualFold(r.method, method) })
			require.GreaterOrEqual(t, at, 0, "%s %s is no route", method, path)
			r := routes()[at]
			var query, inPath []string
			for _, p := range operation.Parameters {
				switch p.In {
				case "query":
					query = append(query, p.Name)
				case "path":
					inPath = append(inPath, "{"+p.Name+"}")
				}
			}
			require.ElementsMatch(t, r.query, query, path)
			for _, part := range inPath {
				require.Contains(t, path, part)
			}
			require.Len(t, inPath, strings.Count(path, "{"), path)
			require.Equal(t, r.method == http.MethodPost, operation.RequestBody != nil, path)
			require.Equal(t, r.open, operation.Security != nil, path)
			require.Equal(t, !r.open, operation.Responses["401"] != nil, path)
		}
	}
	require.Len(t, routes(), count)
}

// TestOpenAPI_RefersToWhatThereIs: a reference to a schema of events is to one that the description has.
func TestOpenAPI_RefersToWhatThereIs(t *testing.T) {
	t.Parallel()
	d, text := read(t)
	known := map[string]bool{}
	for _, s := range d.Components.Schemas {
		known[s.ID] = true
	}
	for i, part := range strings.Split(text, `"$ref":"urn:`) {
		if i == 0 {
			continue
		}
		id, _, _ := strings.Cut(part, `"`)
		id, _, _ = strings.Cut("urn:"+id, "#")
		require.True(t, known[id], id)
	}
	for i, part := range strings.Split(text, `"$ref":"#/components/schemas/`) {
		if name, _, _ := strings.Cut(part, `"`); i > 0 {
			require.Contains(t, d.Components.Schemas, name)
		}
	}
}

// TestOpenAPI_SchemasHaveTheFieldsOfTheTypes: what is written by hand has every field of its type, and no other.
func TestOpenAPI_SchemasHaveTheFieldsOfTheTypes(t *testing.T) {
	t.Parallel()
	d, _ := read(t)
	for name, typ := range map[string]reflect.Type{
		"Problem": reflect.TypeFor[problem.Problem](), "Receipt": reflect.TypeFor[requests.Receipt](), "CommandBody": reflect.TypeFor[wire.CommandData](),
		"FreezeBody": reflect.TypeFor[FreezeBody](), "Freeze": reflect.TypeFor[wire.ListedFreeze](), "Scope": reflect.TypeFor[release.Scope](), "FreezeList": reflect.TypeFor[listed[wire.ListedFreeze]](),
		"Found": reflect.TypeFor[found](), "FoundList": reflect.TypeFor[listed[found]](),
		"ListedEvent": reflect.TypeFor[listedEvent](), "EventList": reflect.TypeFor[listed[listedEvent]](),
		"LaneBody": reflect.TypeFor[LaneBody](), "Listed": reflect.TypeFor[releases.Listed](), "Queue": reflect.TypeFor[releases.Queue](),
		"ReleaseList": reflect.TypeFor[listedReleases](), "SetList": reflect.TypeFor[listed[releases.Listed]](), "LaneEntry": reflect.TypeFor[release.LaneEntry](),
		"Lane": reflect.TypeFor[releases.ShownLane](), "LaneStatus": reflect.TypeFor[releases.LaneStatus](), "NextStep": reflect.TypeFor[release.NextStep](),
		"Waiting": reflect.TypeFor[releases.Waiting](), "WaitingList": reflect.TypeFor[listed[releases.Waiting]](), "Plan": reflect.TypeFor[release.Plan](),
		"Me": reflect.TypeFor[me](), "Policy": reflect.TypeFor[policy.Document](), "PolicyList": reflect.TypeFor[listed[policy.Document]](),
		"Application": reflect.TypeFor[apps.Document](), "ApplicationList": reflect.TypeFor[listed[apps.Document]](), "LaneList": reflect.TypeFor[listed[releases.LaneStatus]](),
		"Standing": reflect.TypeFor[promotion.Standing](), "Running": reflect.TypeFor[promotion.Running](), "UnderWay": reflect.TypeFor[promotion.UnderWay](),
		"Promotion": reflect.TypeFor[promotion.Verdict](), "StandingList": reflect.TypeFor[listed[promotion.Standing]](),
		"DeadLetter": reflect.TypeFor[requests.ShownLetter](), "DeadLetterList": reflect.TypeFor[listed[requests.ShownLetter]](),
		"DeadLetterBody": reflect.TypeFor[letterBody](), "DeadLetterResult": reflect.TypeFor[requests.LetterResult](),
		"ScalingBody": reflect.TypeFor[ScalingBody](), "Switching": reflect.TypeFor[switching](),
		"ScalingRule": reflect.TypeFor[shownRule](), "RuleHold": reflect.TypeFor[releases.RuleHold](), "ScalingList": reflect.TypeFor[listed[shownRule]](),
		"PastRelease": reflect.TypeFor[pastRelease](), "HistoryList": reflect.TypeFor[listed[pastRelease]](),
	} {
		want, always := fields(typ)
		var have []string
		for field := range d.Components.Schemas[name].Properties {
			have = append(have, field)
		}
		require.ElementsMatch(t, want, have, name)
		if name != "CommandBody" { // whose by is who has signed in
			require.Subset(t, always, d.Components.Schemas[name].Required, name)
		}
	}
}

// fields are the names of the fields of a type, and those that are there always.
func fields(t reflect.Type) (all, always []string) {
	for f := range t.Fields() {
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		switch {
		case f.Anonymous && name == "":
			inner, there := fields(f.Type)
			all, always = append(all, inner...), append(always, there...)
		case name == "-":
		default:
			all = append(all, name)
			if options == "" {
				always = append(always, name)
			}
		}
	}
	return all, always
}

// TestKinds: each kind of problem has a status of its own meaning, and is told where OpenAPI says it.
func TestKinds(t *testing.T) {
	t.Parallel()
	for _, k := range []kind{
		kindMalformed, kindSignIn, kindForbidden, kindNotFound, kindMethod, kindRefused, kindConflict, kindTooLarge, kindMediaType, kindInvalid, kindTooMany, kindInternal, kindAway, kindUnanswered,
	} {
		p := k.is("because")
		require.GreaterOrEqual(t, p.Status, http.StatusBadRequest)
		require.Equal(t, k == kindInternal, p.Status == http.StatusInternalServerError, k)
		require.Equal(t, "urn:slipway:problem:"+string(k), p.Type)
		require.NotEmpty(t, p.Title)
	}
}
