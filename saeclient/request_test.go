package saeclient_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"slipway/cloudapi"
	"slipway/saeclient"
)

// seen is what a server saw of a request.
type seen struct {
	method, path, host, contentType string
	query, form                     url.Values
	body                            map[string]string
	raw                             string
	rawQuery                        string
	header                          http.Header
}

// recorder serves a successful answer and keeps the last request.
func recorder(t *testing.T, answer string) (*saeclient.Client, func() seen) {
	t.Helper()
	requests := make(chan seen, 16)
	client := serve(t, func(w http.ResponseWriter, r *http.Request) {
		raw, err := io.ReadAll(r.Body)
		assert.NoError(t, err)
		s := seen{
			method: r.Method, path: r.URL.Path, host: r.Host, query: r.URL.Query(), rawQuery: r.URL.RawQuery,
			contentType: r.Header.Get("Content-Type"), raw: string(raw), header: r.Header.Clone(),
		}
		switch {
		case strings.HasPrefix(s.contentType, "application/x-www-form-urlencoded"):
			s.form, err = url.ParseQuery(s.raw)
			assert.NoError(t, err)
		case strings.HasPrefix(s.contentType, "application/json"):
			assert.NoError(t, json.Unmarshal(raw, &s.body))
		}
		requests <- s
		answerWith(http.StatusOK, answer)(w, r)
	})
	return client, func() seen {
		select {
		case s := <-requests:
			return s
		default:
			t.Fatal("no request arrived")
			return seen{}
		}
	}
}

func TestRequest_ParametersTravelWhereTheReferenceSaysForEveryOperation(t *testing.T) {
	t.Parallel()
	for _, op := range factOperations(t) {
		t.Run(op.Name, func(t *testing.T) {
			t.Parallel()
			client, last := recorder(t, `{"RequestId":"1"}`)
			params := make(map[string]any)
			want := map[string]url.Values{"query": {}, "form": {}, "body": {}}
			for _, p := range op.Params {
				example := p.Example
				if p.ExampleJSON != nil {
					text, err := json.Marshal(p.ExampleJSON)
					require.NoError(t, err)
					example = string(text)
				}
				params[p.Name] = example
				want[p.In].Set(p.Name, textOf(example))
			}
			encoded, err := json.Marshal(params)
			require.NoError(t, err)

			// Unchecked: taken together, some examples of the reference exclude each other.
			method := reflect.ValueOf(client.Unchecked()).MethodByName(op.Name)
			require.True(t, method.IsValid(), "no method")
			in := reflect.New(method.Type().In(1).Elem())
			require.NoError(t, json.Unmarshal(encoded, in.Interface()))
			out := method.Call([]reflect.Value{reflect.ValueOf(t.Context()), in})
			require.True(t, out[1].IsNil(), "%v", out[1])

			got := last()
			require.Equal(t, op.Method, got.method)
			require.Equal(t, op.Path, got.path)
			requireSameValues(t, want["query"], got.query)
			requireSameValues(t, want["form"], got.form)
			body := url.Values{}
			for name, text := range got.body {
				body.Set(name, text)
			}
			requireSameValues(t, want["body"], body)
		})
	}
}

func textOf(example any) string {
	if number, ok := example.(float64); ok {
		return strconv.FormatFloat(number, 'f', -1, 64)
	}
	return fmt.Sprint(example)
}

// requireSameValues compares parameters; JSON texts are equal when they mean the same.
func requireSameValues(t *testing.T, want, got url.Values) {
	t.Helper()
	require.Len(t, got, len(want), "%v", got)
	for name := range want {
		require.Len(t, got[name], 1, name)
		if json.Valid([]byte(want.Get(name))) && json.Valid([]byte(got.Get(name))) {
			if name == "ScalingRuleMetric" {
				continue // the reference's example writes one key in two ways; TestStructured_ScalingRuleParameters looks closer
			}
			require.JSONEq(t, want.Get(name), got.Get(name), name)
			continue
		}
		require.Equal(t, want.Get(name), got.Get(name), name)
	}
}

func TestRequest_EmptyTextIsSentAndUnsetIsNot(t *testing.T) {
	t.Parallel()
	client, last := recorder(t, `{"RequestId":"1","Success":true}`)
	_, err := client.DeployApplication(t.Context(), &saeclient.DeployApplicationInput{
		AppID:          "app-1",
		SlsConfigs:     []saeclient.SLSConfig{},
		Envs:           []saeclient.EnvVar{},
		UpdateStrategy: new(saeclient.UpdateStrategy{}),
		TomcatConfig:   new(saeclient.TomcatConfig{}),
		PhpConfig:      new(""),
		BatchWaitTime:  new(0),
	})
	require.NoError(t, err)
	got := last()
	require.Equal(t, url.Values{
		"AppId": {"app-1"}, "SlsConfigs": {""}, "Envs": {"[]"}, "UpdateStrategy": {""}, "TomcatConfig": {""}, "BatchWaitTime": {"0"},
	}, got.query)
	require.Contains(t, got.rawQuery, "SlsConfigs=&")
	require.Equal(t, url.Values{"PhpConfig": {""}}, got.form)
}

func TestRequest_RequiredParameterMustBeGiven(t *testing.T) {
	t.Parallel()
	client := serve(t, func(http.ResponseWriter, *http.Request) { t.Error("a request went out") })
	for name, call := range map[string]func() error{
		"typed, empty": func() error {
			_, err := client.DeployApplication(t.Context(), new(saeclient.DeployApplicationInput))
			return err
		},
		"typed, nil": func() error {
			_, err := client.DescribeChangeOrder(t.Context(), nil)
			return err
		},
		"by name": func() error {
			_, err := client.Call(t.Context(), "DescribeChangeOrder", nil)
			return err
		},
		"by name, empty": func() error {
			_, err := client.Call(t.Context(), "DescribeChangeOrder", map[string]string{"ChangeOrderId": ""})
			return err
		},
		"by name, unknown parameter": func() error {
			_, err := client.Call(t.Context(), "DescribeRegions", map[string]string{"Zone": "a"})
			return err
		},
		"unknown operation": func() error {
			_, err := client.Call(t.Context(), "ReadMind", nil)
			return err
		},
		"redacted secret": func() error {
			_, err := client.DeployApplication(t.Context(), &saeclient.DeployApplicationInput{
				AppID: "app-1", OssAkSecret: new(cloudapi.Secret("[redacted]")),
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

func TestRequestIsSignedByTheCore(t *testing.T) {
	t.Parallel()
	client, last := recorder(t, `{"RequestId":"1","Success":true}`)
	nonces := make(map[string]bool)
	for range 2 {
		_, err := client.CreateConfigMap(t.Context(), &saeclient.CreateConfigMapInput{
			Name: "settings", NamespaceID: "cn-hangzhou:test", Data: saeclient.ConfigMapData{"k": "v"},
		})
		require.NoError(t, err)
		got := last()
		authorization := got.header.Get("Authorization")
		require.Contains(t, authorization, "ACS3-HMAC-SHA256 Credential="+testKeyID+",SignedHeaders=content-type;host;")
		require.Regexp(t, `,Signature=[0-9a-f]{64}$`, authorization)
		require.NotContains(t, authorization, testSecret)
		sum := sha256.Sum256([]byte(got.raw))
		require.Equal(t, hex.EncodeToString(sum[:]), got.header.Get("x-acs-content-sha256"))
		require.Equal(t, "2019-05-06", got.header.Get("x-acs-version"))
		require.Equal(t, "CreateConfigMap", got.header.Get("x-acs-action"))
		require.Equal(t, "cn-hangzhou", got.header.Get("x-acs-region-id"))
		require.JSONEq(t, `{"Data":"{\"k\":\"v\"}"}`, got.raw)
		nonces[got.header.Get("x-acs-signature-nonce")] = true
	}
	require.Len(t, nonces, 2)
}

func TestRequest_CallByNameReturnsTheAnswerAsItCame(t *testing.T) {
	t.Parallel()
	const body = `{"RequestId":"1","Success":true,"Code":"200","Data":{"Status":2,"New":"field"}}`
	client, last := recorder(t, body)
	text, err := client.Call(t.Context(), "DescribeChangeOrder", map[string]string{"ChangeOrderId": "co-1"})
	require.NoError(t, err)
	require.JSONEq(t, body, string(text))
	require.Equal(t, url.Values{"ChangeOrderId": {"co-1"}}, last().query)
}

func TestRequest_EverySampleAnswerIsDecodedWithoutLoss(t *testing.T) {
	t.Parallel()
	for _, op := range factOperations(t) {
		t.Run(op.Name, func(t *testing.T) {
			t.Parallel()
			sample, err := os.ReadFile(filepath.Join("testdata", "samples", op.Name+".json"))
			require.NoError(t, err)
			client := serve(t, answerWith(http.StatusOK, string(sample)))
			method := reflect.ValueOf(client.Unchecked()).MethodByName(op.Name)
			in := reflect.New(method.Type().In(1).Elem())
			fillRequired(t, op, in)
			results := method.Call([]reflect.Value{reflect.ValueOf(t.Context()), in})
			require.True(t, results[1].IsNil(), "%v", results[1])

			back, err := json.Marshal(results[0].Interface())
			require.NoError(t, err)
			require.NotContains(t, string(back), `"Unknown"`, "the sample holds nothing that is not documented")
			var want, got any
			require.NoError(t, json.Unmarshal(sample, &want))
			require.NoError(t, json.Unmarshal(back, &got))
			for _, missing := range lost("", want, got) {
				t.Errorf("lost in decoding: %s", missing)
			}
		})
	}
}

func fillRequired(t *testing.T, op factOperation, in reflect.Value) {
	t.Helper()
	params := make(map[string]any)
	for _, p := range op.Params {
		if p.Required {
			params[p.Name] = p.Example
		}
	}
	encoded, err := json.Marshal(params)
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(encoded, in.Interface()))
}

// lost lists what the wanted JSON has and the other does not. Secrets are redacted, empty
// values may be left out, a number may have become a text or the reverse, times have one form,
// and JSON may be outside of a text.
func lost(at string, want, got any) []string {
	if got == nil && (want == nil || reflect.ValueOf(want).IsZero()) {
		return nil
	}
	if got == "[redacted]" || sameTime(want, got) {
		return nil
	}
	switch w := insideText(want).(type) {
	case map[string]any:
		g, _ := insideText(got).(map[string]any)
		var out []string
		for name, member := range w {
			out = append(out, lost(at+"."+name, member, g[name])...)
		}
		return out
	case []any:
		g, _ := insideText(got).([]any)
		if len(g) != len(w) {
			return []string{fmt.Sprintf("%s: %d of %d elements", at, len(g), len(w))}
		}
		var out []string
		for i := range w {
			out = append(out, lost(fmt.Sprintf("%s[%d]", at, i), w[i], g[i])...)
		}
		return out
	}
	if fmt.Sprint(want) != fmt.Sprint(got) {
		return []string{fmt.Sprintf("%s: %v became %v", at, want, got)}
	}
	return nil
}

// insideText gives the object or list that a JSON text holds.
func insideText(value any) any {
	var inner any
	if text, ok := value.(string); ok && strings.ContainsAny(text, "[{") && json.Unmarshal([]byte(text), &inner) == nil {
		return inner
	}
	return value
}

// sameTime compares a time as the reference writes it with one as Go writes it.
func sameTime(want, got any) bool {
	text, _ := got.(string)
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return false
	}
	switch w := want.(type) {
	case float64:
		return at.UnixMilli() == int64(w) || at.Unix() == int64(w)
	case string:
		local, _ := saeclient.ParseLocalTime(w)
		return strconv.FormatInt(at.UnixMilli(), 10) == w || at.Equal(local)
	}
	return false
}
