package fcclient_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"slipway/cloudapi"
	"slipway/fcclient"
)

// wanted is where parameters have to travel.
type wanted struct {
	path    string
	query   url.Values
	header  http.Header
	body    map[string]any
	payload []byte
}

// ask makes values of all parameters of an operation: for an Input as JSON, and as they have to travel.
func (f factFile) ask(op factOperation) (in map[string]any, want wanted) {
	in = map[string]any{}
	want = wanted{path: op.Path, query: url.Values{}, header: http.Header{}}
	for _, p := range op.Params {
		if p.In == "payload" {
			want.payload = []byte(`{"k":1}`)
			in[p.Name] = base64.StdEncoding.EncodeToString(want.payload)
			continue
		}
		shape := factShape{Type: p.Type}
		if p.Shape != nil {
			shape = *p.Shape
		}
		value := f.value(shape)
		in[p.Name] = value
		switch p.In {
		case "path":
			want.path = strings.ReplaceAll(want.path, "{"+p.Name+"}", fmt.Sprint(value))
			want.path = strings.ReplaceAll(want.path, "{."+p.Name+"}", "."+fmt.Sprint(value))
		case "header":
			want.header.Set(p.Name, fmt.Sprint(value))
		case "query":
			want.addQuery(p.Name, value)
		case "body":
			if want.body == nil {
				want.body = map[string]any{}
			}
			want.body[p.Name] = value
		}
	}
	return in, want
}

func (w wanted) addQuery(name string, value any) {
	switch value := value.(type) {
	case []any:
		for _, element := range value {
			w.query.Add(name, fmt.Sprint(element))
		}
	case map[string]any:
		for key, member := range value {
			w.query.Add(name+key, fmt.Sprint(member))
		}
	default:
		w.query.Add(name, fmt.Sprint(value))
	}
}

// sampleAnswer is an answer in the documented shape.
func (f factFile) sampleAnswer(op factOperation) http.HandlerFunc {
	body := ""
	if op.ResponseBody != "" || len(op.Response) > 0 {
		body = "{}"
	}
	return answerWith(op.StatusCodes[0], body)
}

func TestRequest_ParametersTravelWhereTheReferenceSaysForEveryOperation(t *testing.T) {
	t.Parallel()
	facts := readFacts(t)
	for _, op := range facts.Operations {
		t.Run(op.Name, func(t *testing.T) {
			t.Parallel()
			client, last := recorder(t, facts.sampleAnswer(op))
			in, want := facts.ask(op)
			encoded, err := json.Marshal(in)
			require.NoError(t, err)

			// Unchecked: values of any shape, taken together, break rules.
			method := reflect.ValueOf(client.Unchecked()).MethodByName(op.Name)
			require.True(t, method.IsValid(), "no method")
			input := reflect.New(method.Type().In(1).Elem())
			require.NoError(t, json.Unmarshal(encoded, input.Interface()))
			out := method.Call([]reflect.Value{reflect.ValueOf(t.Context()), input})
			require.True(t, out[1].IsNil(), "%v", out[1])
			require.Equal(t, testRequestID, out[0].Elem().FieldByName("RequestID").String())
			want.require(t, op, last())

			// By name, with parameters as text, the same request goes out.
			texts := map[string]string{}
			for name, value := range in {
				texts[name] = textOf(value)
			}
			if want.payload != nil {
				texts["payload"] = string(want.payload)
			}
			_, err = client.Call(t.Context(), op.Name, texts)
			require.NoError(t, err)
			want.require(t, op, last())
		})
	}
}

// textOf is a value as a text, JSON where it has parts.
func textOf(value any) string {
	switch value.(type) {
	case []any, map[string]any:
		text, err := json.Marshal(value)
		if err != nil {
			return err.Error()
		}
		return string(text)
	}
	return fmt.Sprint(value)
}

func (w wanted) require(t *testing.T, op factOperation, got seen) {
	t.Helper()
	require.Equal(t, op.Method, got.method)
	require.Equal(t, w.path, got.path)
	query, err := url.ParseQuery(got.rawQuery)
	require.NoError(t, err)
	require.Equal(t, w.query, query)
	for name := range w.header {
		require.Equal(t, w.header[name], got.header[name])
	}
	switch {
	case w.payload != nil:
		require.Equal(t, w.payload, got.body)
	case w.body == nil:
		require.Empty(t, got.body)
	default:
		var body map[string]any
		require.NoError(t, json.Unmarshal(got.body, &body))
		require.Equal(t, w.body, body)
		require.Equal(t, "application/json; charset=utf-8", got.header.Get("Content-Type"))
	}
	require.Equal(t, testAccount, got.header.Get("X-Fc-Account-Id"))
	require.Regexp(t, `^FC testAK:[A-Za-z0-9+/]{43}=$`, got.header.Get("Authorization"))
	require.Equal(t, "fcclient/2016-08-15", got.header.Get("User-Agent"))
}

// What is given is sent, be it empty, and nothing else is.
func TestRequest_WhatIsSent(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		call  func(*fcclient.Client) error
		path  string
		query string
		body  string
	}{
		"an alias on one version, weights cleared": {
			func(c *fcclient.Client) error {
				_, err := c.UpdateAlias(t.Context(), &fcclient.UpdateAliasInput{
					ServiceName: "shop", AliasName: "live", VersionID: new("2"), AdditionalVersionWeight: map[string]float64{},
				})
				return err
			},
			"/2016-08-15/services/shop/aliases/live", "", `{"versionId":"2","additionalVersionWeight":{}}`,
		},
		"a gray step": {
			func(c *fcclient.Client) error {
				_, err := c.UpdateAlias(t.Context(), &fcclient.UpdateAliasInput{
					ServiceName: "shop", AliasName: "live", VersionID: new("1"), AdditionalVersionWeight: map[string]float64{"2": 0.05},
				})
				return err
			},
			"/2016-08-15/services/shop/aliases/live", "", `{"versionId":"1","additionalVersionWeight":{"2":0.05}}`,
		},
		"a target alone": {
			func(c *fcclient.Client) error {
				_, err := c.PutProvisionConfig(t.Context(), &fcclient.PutProvisionConfigInput{
					ServiceName: "shop", Qualifier: "live", FunctionName: "order", Target: 0,
				})
				return err
			},
			"/2016-08-15/services/shop.live/functions/order/provision-config", "", `{"target":0}`,
		},
		"a target, the rules taken away": {
			func(c *fcclient.Client) error {
				_, err := c.PutProvisionConfig(t.Context(), &fcclient.PutProvisionConfigInput{
					ServiceName: "shop", Qualifier: "live", FunctionName: "order", Target: 10,
					ScheduledActions: []fcclient.ScheduledAction{}, TargetTrackingPolicies: []fcclient.TargetTrackingPolicy{},
				})
				return err
			},
			"/2016-08-15/services/shop.live/functions/order/provision-config", "",
			`{"target":10,"scheduledActions":[],"targetTrackingPolicies":[]}`,
		},
		"a description that is cleared": {
			func(c *fcclient.Client) error {
				_, err := c.UpdateService(t.Context(), &fcclient.UpdateServiceInput{ServiceName: "shop", Description: new("")})
				return err
			},
			"/2016-08-15/services/shop", "", `{"description":""}`,
		},
		"a version without a description": {
			func(c *fcclient.Client) error {
				_, err := c.PublishServiceVersion(t.Context(), &fcclient.PublishServiceVersionInput{ServiceName: "shop"})
				return err
			},
			"/2016-08-15/services/shop/versions", "", `{}`,
		},
		"without a qualifier": {
			func(c *fcclient.Client) error {
				_, err := c.GetFunction(t.Context(), &fcclient.GetFunctionInput{ServiceName: "shop", FunctionName: "order"})
				return err
			},
			"/2016-08-15/services/shop/functions/order", "", "",
		},
		"with a qualifier": {
			func(c *fcclient.Client) error {
				_, err := c.GetFunction(t.Context(), &fcclient.GetFunctionInput{ServiceName: "shop", Qualifier: new("live"), FunctionName: "order"})
				return err
			},
			"/2016-08-15/services/shop.live/functions/order", "", "",
		},
		"with an empty qualifier": {
			func(c *fcclient.Client) error {
				_, err := c.GetService(t.Context(), &fcclient.GetServiceInput{ServiceName: "shop", Qualifier: new("")})
				return err
			},
			"/2016-08-15/services/shop", "", "",
		},
		"services by tags": {
			func(c *fcclient.Client) error {
				_, err := c.ListServices(t.Context(), &fcclient.ListServicesInput{Tags: map[string]string{"k1": "v1", "k2": ""}})
				return err
			},
			"/2016-08-15/services", "tag_k1=v1&tag_k2=", "",
		},
		"several instances": {
			func(c *fcclient.Client) error {
				_, err := c.ListInstances(t.Context(), &fcclient.ListInstancesInput{
					ServiceName: "shop", FunctionName: "order", InstanceIDs: []string{"a", "b"}, Limit: new(int64(0)),
				})
				return err
			},
			"/2016-08-15/services/shop/functions/order/instances", "instanceIds=a&instanceIds=b&limit=0", "",
		},
		"a body of DELETE": {
			func(c *fcclient.Client) error {
				_, err := c.UntagResource(t.Context(), &fcclient.UntagResourceInput{ResourceARN: "services/shop", TagKeys: []string{"k1"}, All: new(false)})
				return err
			},
			"/2016-08-15/tag", "", `{"resourceArn":"services/shop","tagKeys":["k1"],"all":false}`,
		},
		"what has no field": {
			func(c *fcclient.Client) error {
				_, err := c.UpdateService(t.Context(), &fcclient.UpdateServiceInput{
					ServiceName: "shop",
					VPCConfig:   &fcclient.VPCConfig{VPCID: "vpc-1", Unknown: cloudapi.UnknownFields{"later": json.RawMessage(`[1]`)}},
				})
				return err
			},
			"/2016-08-15/services/shop", "", `{"vpcConfig":{"vpcId":"vpc-1","later":[1]}}`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client, last := recorder(t, answerWith(http.StatusOK, `{}`))
			require.NoError(t, c.call(client))
			got := last()
			require.Equal(t, c.path, got.path)
			require.Equal(t, c.query, got.rawQuery)
			if c.body == "" {
				require.Empty(t, got.body)
				return
			}
			require.JSONEq(t, c.body, string(got.body))
		})
	}
}

func TestRequest_AnEventTravelsAsItIs(t *testing.T) {
	t.Parallel()
	answer := func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("X-Fc-Request-Id", testRequestID)
		w.Header().Set("X-Fc-Error-Type", "UnhandledInvocationError")
		w.Header().Set("X-Fc-Log-Result", "bG9n")
		w.Header().Set("X-Fc-Invocation-Code-Version", "2")
		w.Header().Set("Content-Type", "application/octet-stream")
		_, _ = w.Write([]byte{0xff, 0, 1})
	}
	client, last := recorder(t, answer)
	out, err := client.InvokeFunction(t.Context(), &fcclient.InvokeFunctionInput{
		ServiceName: "shop", Qualifier: new("live"), FunctionName: "order", Payload: []byte{0, 0xfe}, LogType: new("Tail"), InvocationType: new("Sync"),
	})
	require.NoError(t, err, "a function that fails is no error of the call")
	require.Equal(t, []byte{0xff, 0, 1}, out.Payload)
	require.Equal(t, "2", out.InvocationCodeVersion)
	require.Equal(t, "bG9n", out.LogResult)
	require.True(t, out.Failed())
	require.ErrorIs(t, out.ErrInvocation(), cloudapi.ErrFailed)
	require.ErrorContains(t, out.ErrInvocation(), "UnhandledInvocationError (request "+testRequestID+")")
	got := last()
	require.Equal(t, []byte{0, 0xfe}, got.body)
	require.Equal(t, "application/octet-stream", got.header.Get("Content-Type"))
	require.Equal(t, "Sync", got.header.Get("X-Fc-Invocation-Type"))

	client, last = recorder(t, answerWith(http.StatusAccepted, ""))
	out, err = client.InvokeFunction(t.Context(), &fcclient.InvokeFunctionInput{
		ServiceName: "shop", FunctionName: "order", Payload: []byte(`{"k":1}`), ContentType: new("application/json"), InvocationType: new("Async"),
	})
	require.NoError(t, err)
	require.Empty(t, out.Payload)
	require.NoError(t, out.ErrInvocation())
	require.Equal(t, "application/json", last().header.Get("Content-Type"))
}

func TestRequest_ByNameAnAnswerIsJSON(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		operation string
		answer    http.HandlerFunc
		want      string
	}{
		"a resource with its ETag": {"GetAlias", func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("ETag", "e19d")
			answerWith(http.StatusOK, `{"aliasName":"live","later":12345678901234567890}`)(w, r)
		}, `{"ETag":"e19d","X-Fc-Request-Id":"` + testRequestID + `","aliasName":"live","later":12345678901234567890}`},
		"nothing":            {"DeleteAlias", answerWith(http.StatusNoContent, ""), `{"X-Fc-Request-Id":"` + testRequestID + `"}`},
		"the output, JSON":   {"InvokeFunction", answerWith(http.StatusOK, `[1]`), `{"Content-Type":"application/json","X-Fc-Request-Id":"` + testRequestID + `","payload":[1]}`},
		"the output, a text": {"InvokeFunction", answerWith(http.StatusOK, `done`), `{"Content-Type":"application/json","X-Fc-Request-Id":"` + testRequestID + `","payload":"done"}`},
		"a list of its own":  {"ListInstances", answerWith(http.StatusOK, `[]`), `{"X-Fc-Request-Id":"` + testRequestID + `","payload":[]}`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client := serve(t, c.answer)
			params := map[string]string{"serviceName": "shop", "aliasName": "live"}
			if c.operation == "InvokeFunction" || c.operation == "ListInstances" {
				params = map[string]string{"serviceName": "shop", "functionName": "order"}
			}
			got, err := client.Call(t.Context(), c.operation, params)
			require.NoError(t, err)
			require.Equal(t, c.want, string(got))
		})
	}
}

func TestRequest_WhatCannotBeSentIsNot(t *testing.T) {
	t.Parallel()
	client := serve(t, func(http.ResponseWriter, *http.Request) { t.Error("a request went out") })
	for name, call := range map[string]func() error{
		"typed, empty": func() error {
			_, err := client.UpdateAlias(t.Context(), new(fcclient.UpdateAliasInput))
			return err
		},
		"typed, nil": func() error {
			_, err := client.GetService(t.Context(), nil)
			return err
		},
		"by name": func() error {
			_, err := client.Call(t.Context(), "GetService", nil)
			return err
		},
		"by name, unknown parameter": func() error {
			_, err := client.Call(t.Context(), "ListServices", map[string]string{"zone": "a"})
			return err
		},
		"unknown operation": func() error {
			_, err := client.Call(t.Context(), "ReadMind", nil)
			return err
		},
		"the path of the list, unchecked": func() error {
			_, err := client.Unchecked().DeleteService(t.Context(), new(fcclient.DeleteServiceInput))
			return err
		},
		"another path, unchecked": func() error {
			_, err := client.Unchecked().DeleteFunction(t.Context(), &fcclient.DeleteFunctionInput{ServiceName: "..", FunctionName: "x"})
			return err
		},
		"two headers in one": func() error {
			_, err := client.Unchecked().DeleteService(t.Context(), &fcclient.DeleteServiceInput{ServiceName: "shop", IfMatch: new("a\r\nX-Fc-Account-Id: 1")})
			return err
		},
		"what is left of a secret": func() error {
			_, err := client.UpdateFunction(t.Context(), &fcclient.UpdateFunctionInput{
				ServiceName: "shop", FunctionName: "order", EnvironmentVariables: map[string]cloudapi.Secret{"A": cloudapi.Redacted},
			})
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.ErrorIs(t, call(), cloudapi.ErrInvalid)
		})
	}
}

func TestRequest_IsObservedAndPaced(t *testing.T) {
	t.Parallel()
	observed := make(chan cloudapi.Observed, 8)
	client, last := recorder(t, answerWith(http.StatusServiceUnavailable, `{"ErrorCode":"ResourceThrottled","ErrorMessage":"later"}`), answerWith(http.StatusOK, `{}`))
	_ = last
	client = newClient(t, endpointOf(t, client), func(c *fcclient.Config) {
		c.ReadRetries, c.ReadDelay = 2, func(int) time.Duration { return 0 }
		c.Observe = func(_ context.Context, o cloudapi.Observed) { observed <- o }
	})
	_, err := client.GetService(t.Context(), &fcclient.GetServiceInput{ServiceName: "shop"})
	require.NoError(t, err)
	require.Len(t, observed, 2)
	first, second := <-observed, <-observed
	require.Equal(t, cloudapi.ErrUnavailable, first.Class)
	require.Empty(t, second.Class)
}

// endpointOf is the address of the server that a client calls.
func endpointOf(t *testing.T, client *fcclient.Client) string {
	t.Helper()
	u, err := client.TriggerURL(fcclient.HTTPTrigger{ServiceName: "s", FunctionName: "f"})
	require.NoError(t, err)
	return u.Scheme + "://" + u.Host
}
