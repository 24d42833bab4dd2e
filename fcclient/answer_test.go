package fcclient_test

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"slipway/cloudapi"
	"slipway/fcclient"
)

// Every sample of the reference is read: no member of one is left without a field but those that are known to be.
func TestAnswer_SamplesOfTheReference(t *testing.T) {
	t.Parallel()
	found, err := filepath.Glob(filepath.Join("testdata", "samples", "*.response.json"))
	require.NoError(t, err)
	require.Len(t, found, 38)
	facts := readFacts(t)
	for _, op := range facts.Operations {
		if op.ResponseBody != "" || len(op.Response) > 0 {
			continue
		}
		require.NoFileExists(t, filepath.Join("testdata", "samples", op.Name+".response.json"))
		t.Run(op.Name+", which answers nothing", func(t *testing.T) {
			t.Parallel()
			require.True(t, withoutHeaders(callWith(t, op, "")).IsZero())
			t.Attr("fc-sample", op.Name)
		})
	}
	for _, path := range found {
		name := strings.TrimSuffix(filepath.Base(path), ".response.json")
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			text, err := os.ReadFile(path)
			require.NoError(t, err)
			t.Attr("fc-sample", name)
			out := callWith(t, facts.operation(t, name), string(text))
			if name == "InvokeFunction" {
				require.JSONEq(t, string(text), string(out.FieldByName("Payload").Bytes()))
				return
			}
			requireNothingUnknown(t, out)
			require.False(t, withoutHeaders(out).IsZero(), "nothing was read")
		})
	}
}

func (f factFile) operation(t *testing.T, name string) factOperation {
	t.Helper()
	for _, op := range f.Operations {
		if op.Name == name {
			return op
		}
	}
	t.Fatalf("the facts have no %s", name)
	return factOperation{}
}

// callWith carries out an operation that is answered with a body, and gives the Output.
func callWith(t *testing.T, op factOperation, body string) reflect.Value {
	t.Helper()
	client := serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("ETag", "etag-1")
		answerWith(http.StatusOK, body)(w, r)
	})
	in, _ := readFacts(t).ask(op)
	encoded, err := json.Marshal(in)
	require.NoError(t, err)
	method := reflect.ValueOf(client.Unchecked()).MethodByName(op.Name)
	input := reflect.New(method.Type().In(1).Elem())
	require.NoError(t, json.Unmarshal(encoded, input.Interface()))
	out := method.Call([]reflect.Value{reflect.ValueOf(t.Context()), input})
	require.True(t, out[1].IsNil(), "%v", out[1])
	if field := out[0].Elem().FieldByName("ETag"); field.IsValid() {
		require.Equal(t, "etag-1", field.String())
	}
	return out[0].Elem()
}

// withoutHeaders is an Output without what came in headers.
func withoutHeaders(out reflect.Value) reflect.Value {
	copied := reflect.New(out.Type()).Elem()
	copied.Set(out)
	for field, value := range copied.Fields() {
		if field.Tag.Get("header") != "" {
			value.SetZero()
		}
	}
	return copied
}

// requireNothingUnknown looks through a value for members that had no field.
func requireNothingUnknown(t *testing.T, v reflect.Value) {
	t.Helper()
	switch v.Kind() { //nolint:exhaustive // no other kind holds values
	case reflect.Pointer:
		if !v.IsNil() {
			requireNothingUnknown(t, v.Elem())
		}
	case reflect.Slice:
		for i := range v.Len() {
			requireNothingUnknown(t, v.Index(i))
		}
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[time.Time]() {
			return
		}
		for field, value := range v.Fields() {
			if field.Name == "Unknown" {
				require.Empty(t, value.Interface(), "%s", v.Type())
				continue
			}
			requireNothingUnknown(t, value)
		}
	}
}

// Every field of every documented answer is read into the field that has its name.
func TestAnswer_EveryMemberHasAField(t *testing.T) {
	t.Parallel()
	facts := readFacts(t)
	for _, op := range facts.Operations {
		var want any
		switch {
		case op.ResponseBody == "bytes" || op.ResponseBody == "" && len(op.Response) == 0:
			continue
		case op.ResponseBody != "":
			want = facts.value(factShape{Type: op.ResponseBody})
		default:
			want = facts.value(factShape{Type: "object", Keys: op.Response})
		}
		t.Run(op.Name, func(t *testing.T) {
			t.Parallel()
			text, err := json.Marshal(timesIn(want))
			require.NoError(t, err)
			out := callWith(t, op, string(text))
			requireNothingUnknown(t, out)
			sent := withoutHeaders(out).Interface()
			if op.ResponseBody != "" {
				sent = out.FieldByName(op.ResponseBody).Interface()
			}
			back, err := fcclient.Wire(sent).MarshalJSON()
			require.NoError(t, err)
			if op.ResponseBody != "" {
				require.JSONEq(t, string(text), string(back), "what is written is what was read")
			}
		})
	}
}

// timesIn puts times where the facts have them.
func timesIn(value any) any {
	switch value := value.(type) {
	case []any:
		for i := range value {
			value[i] = timesIn(value[i])
		}
	case map[string]any:
		for name, member := range value {
			if object, empty := member.(map[string]any); empty && len(object) == 0 {
				// Of a shape without members: a time. Those of stateful invocations are numbers.
				value[name] = "2020-07-15T06:13:25Z"
				if name == "startedTime" || name == "endTime" {
					value[name] = 1594793605000
				}
				continue
			}
			value[name] = timesIn(member)
		}
	}
	return value
}

func TestAnswer_IsReadAsTheServiceVariesIt(t *testing.T) {
	t.Parallel()
	client := serve(t, answerWith(http.StatusOK, `[{"instanceId":"i-1","versionId":"3"},{"InstanceID":"i-2","versionId":0}]`))
	instances, err := client.ListInstances(t.Context(), &fcclient.ListInstancesInput{ServiceName: "shop", FunctionName: "order"})
	require.NoError(t, err)
	require.Equal(t, []fcclient.Instance{{InstanceID: "i-1", VersionID: 3}, {InstanceID: "i-2"}}, instances.Instances)

	for name, c := range map[string]struct {
		answer string
		want   map[string]float64
	}{
		"null":      {`{"additionalVersionWeight":null}`, nil},
		"absent":    {`{}`, nil},
		"empty":     {`{"additionalVersionWeight":{}}`, map[string]float64{}},
		"a version": {`{"additionalVersionWeight":{"2":0.05}}`, map[string]float64{"2": 0.05}},
		"text":      {`{"additionalVersionWeight":{"2":"1"}}`, map[string]float64{"2": 1}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client := serve(t, answerWith(http.StatusOK, c.answer))
			alias, err := client.GetAlias(t.Context(), &fcclient.GetAliasInput{ServiceName: "shop", AliasName: "live"})
			require.NoError(t, err)
			require.Equal(t, c.want, alias.AdditionalVersionWeight)
		})
	}
}

func TestAnswer_WhatIsNewIsKeptAndSentAgain(t *testing.T) {
	t.Parallel()
	const policy = `{"name":"nightly","target":3,"scheduleExpression":"cron(0 30 8 * * *)","timeZone":"Asia/Shanghai"}`
	client := serve(t, answerWith(http.StatusOK, `{"target":1,"scheduledActions":[`+policy+`],"currentErrors":["x"]}`))
	config, err := client.GetProvisionConfig(t.Context(), &fcclient.GetProvisionConfigInput{ServiceName: "shop", Qualifier: "live", FunctionName: "order"})
	require.NoError(t, err)
	require.JSONEq(t, `["x"]`, string(config.Unknown["currentErrors"]))
	back, err := fcclient.Wire(config.ScheduledActions).MarshalJSON()
	require.NoError(t, err)
	require.JSONEq(t, `[`+policy+`]`, string(back))
}

func TestAnswer_OfAnotherShapeIsAnError(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		body string
		want cloudapi.Class
	}{
		"nothing":   {"", cloudapi.ErrAmbiguous},
		"no JSON":   {"<html>", cloudapi.ErrAmbiguous},
		"a text":    {`"ok"`, cloudapi.ErrAmbiguous},
		"a list":    {`[1]`, cloudapi.ErrAmbiguous},
		"cut off":   {`{"versionId":"1"`, cloudapi.ErrAmbiguous},
		"no number": {`{"additionalVersionWeight":{"2":"many"}}`, cloudapi.ErrAmbiguous},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client := serve(t, answerWith(http.StatusOK, c.body))
			_, err := client.UpdateAlias(t.Context(), &fcclient.UpdateAliasInput{ServiceName: "shop", AliasName: "live", VersionID: new("1")})
			require.ErrorIs(t, err, c.want)
			require.ErrorContains(t, err, testRequestID)
			_, err = client.GetAlias(t.Context(), &fcclient.GetAliasInput{ServiceName: "shop", AliasName: "live"})
			require.ErrorIs(t, err, cloudapi.ErrUnavailable)
			_, err = client.DeleteAlias(t.Context(), &fcclient.DeleteAliasInput{ServiceName: "shop", AliasName: "live"})
			require.NoError(t, err, "nothing is read of an answer that says nothing")
		})
	}
}

func TestPages_AreReadToTheEnd(t *testing.T) {
	t.Parallel()
	facts := readFacts(t)
	lists := 0
	for _, op := range facts.Operations {
		paged := op.Response["nextToken"].Type != "" || op.Response["nextVersion"].Type != ""
		method, ok := reflect.TypeFor[*fcclient.Client]().MethodByName(op.Name + "All")
		require.Equal(t, paged, ok, op.Name)
		if ok {
			lists++
			require.Equal(t, 3, method.Type.NumIn())
		}
	}
	require.Equal(t, 11, lists)

	for name, end := range map[string]string{"absent": ``, "null": `,"nextToken":null`, "empty": `,"nextToken":""`} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client, last := recorder(t,
				answerWith(http.StatusOK, `{"services":[{"serviceName":"a"},{"serviceName":"b"}],"nextToken":"c"}`),
				answerWith(http.StatusOK, `{"services":[],"nextToken":"d"}`),
				answerWith(http.StatusOK, `{"services":[{"serviceName":"d"}]`+end+`}`))
			var names []string
			for service, err := range client.ListServicesAll(t.Context(), &fcclient.ListServicesInput{Prefix: new("x"), Limit: new(2)}) {
				require.NoError(t, err)
				names = append(names, service.ServiceName)
			}
			require.Equal(t, []string{"a", "b", "d"}, names)
			for _, query := range []string{"limit=2&prefix=x", "limit=2&nextToken=c&prefix=x", "limit=2&nextToken=d&prefix=x"} {
				require.Equal(t, query, last().rawQuery)
			}
		})
	}
	client, last := recorder(t,
		answerWith(http.StatusOK, `{"layers":[{"version":3},{"version":2}],"nextVersion":1}`), answerWith(http.StatusOK, `{"layers":[{"version":1}]}`))
	var versions []int
	for layer, err := range client.ListLayerVersionsAll(t.Context(), &fcclient.ListLayerVersionsInput{LayerName: "base"}) {
		require.NoError(t, err)
		versions = append(versions, layer.Version)
	}
	require.Equal(t, []int{3, 2, 1}, versions)
	require.Empty(t, last().rawQuery)
	require.Equal(t, "startVersion=1", last().rawQuery)
}

func TestPages_AnErrorEndsThem(t *testing.T) {
	t.Parallel()
	client, _ := recorder(t,
		answerWith(http.StatusOK, `{"aliases":[{"aliasName":"a"}],"nextToken":"b"}`),
		answerWith(http.StatusForbidden, `{"ErrorCode":"AccessDenied","ErrorMessage":"no"}`))
	var got []error
	for _, err := range client.ListAliasesAll(t.Context(), &fcclient.ListAliasesInput{ServiceName: "shop"}) {
		got = append(got, err)
	}
	require.Len(t, got, 2)
	require.NoError(t, got[0])
	require.ErrorIs(t, got[1], cloudapi.ErrAuth)
}
