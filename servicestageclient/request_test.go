package servicestageclient_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"slipway/cloudapi"
	"slipway/internal/huaweisign"
	"slipway/servicestageclient"
	"slipway/servicestageclient/catalog"
	"slipway/servicestageclient/git"
	"slipway/servicestageclient/servicecomb"
)

// wanted is where parameters have to travel.
type wanted struct {
	path   string
	query  url.Values
	header http.Header
	body   map[string]any
	parts  map[string]string
}

// ask makes values of all parameters of an operation: for an Input as JSON, and as they have to travel.
func (op factOperation) ask() (in map[string]any, texts map[string]string, want wanted) {
	in, texts = map[string]any{}, map[string]string{}
	want = wanted{path: strings.ReplaceAll(op.Path, "{project_id}", testProject), query: url.Values{}, header: http.Header{}, parts: map[string]string{}}
	for _, p := range op.Params {
		shape := factShape{Type: p.Type}
		if p.Shape != nil {
			shape = *p.Shape
		}
		if p.Type == "bytes" {
			in[p.Name], texts[p.Name], want.parts[p.Name] = base64.StdEncoding.EncodeToString([]byte("PK\x00")), "PK\x00", "PK\x00"
			continue
		}
		value := op.facts.value(shape)
		in[p.Name], texts[p.Name] = value, textOf(value)
		switch p.In {
		case "path":
			want.path = strings.ReplaceAll(want.path, "{"+p.Name+"}", fmt.Sprint(value))
		case "header":
			want.header.Set(p.Name, fmt.Sprint(value))
		case "query":
			want.query.Set(p.Name, fmt.Sprint(value))
		case "multipart":
			want.parts[p.Name] = fmt.Sprint(value)
		case "body":
			if want.body == nil {
				want.body = map[string]any{}
			}
			want.body[p.Name] = value
		}
	}
	return in, texts, want
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

func TestRequest_ParametersTravelWhereTheReferenceSaysForEveryOperation(t *testing.T) {
	t.Parallel()
	for _, op := range readFacts(t) {
		t.Run(op.Name, func(t *testing.T) {
			t.Parallel()
			body := ""
			if op.answer() != nil {
				body = "{}"
			}
			client, last := recorder(t, asItIs, answerWith(op.StatusCodes[0], body))
			in, texts, want := op.ask()

			// Unchecked: values of any shape, taken together, break rules.
			_, err := op.call(t, client, in)
			require.NoError(t, err)
			want.require(t, op, last())

			// By name, with parameters as text, the same request goes out.
			_, err = catalog.New(client).Call(t.Context(), op.Name, texts)
			require.NoError(t, err)
			want.require(t, op, last())
			t.Attr("servicestage-typed", op.Name)
		})
	}
}

func (w wanted) require(t *testing.T, op factOperation, got seen) {
	t.Helper()
	r := got.request
	require.Equal(t, op.Method, r.Method)
	require.Equal(t, w.path, r.URL.Path)
	require.Equal(t, w.query, r.URL.Query())
	for name := range w.header {
		require.Equal(t, w.header[name], r.Header[name])
	}
	require.NotEmpty(t, r.Header.Get("Content-Type"), "the reference wants one of every request")
	switch {
	case len(w.parts) > 0:
		require.Equal(t, w.parts, partsOf(t, got))
	case w.body == nil:
		require.Empty(t, got.body)
	default:
		var body map[string]any
		require.NoError(t, json.Unmarshal(got.body, &body))
		require.Equal(t, w.body, body)
	}
	if w.header.Get("Authorization") != "" {
		return // the token of an engine travels instead of a signature
	}
	require.Equal(t, testProject, r.Header.Get("X-Project-Id"))
	requireSigned(t, got)
}

// requireSigned verifies a signature as a server does.
func requireSigned(t *testing.T, got seen) {
	t.Helper()
	verifier := &huaweisign.Verifier{Keys: map[string]string{testKey: testSecret}, Wall: time.Now}
	require.NoError(t, verifier.Verify(got.request, got.body))
}

// partsOf reads a form with files.
func partsOf(t *testing.T, got seen) map[string]string {
	t.Helper()
	kind, params, err := mime.ParseMediaType(got.request.Header.Get("Content-Type"))
	require.NoError(t, err)
	require.Equal(t, "multipart/form-data", kind)
	reader := multipart.NewReader(bytes.NewReader(got.body), params["boundary"])
	parts := map[string]string{}
	for {
		part, err := reader.NextPart()
		if err == io.EOF { //nolint:errorlint // what the reader documents
			return parts
		}
		require.NoError(t, err)
		text, err := io.ReadAll(part)
		require.NoError(t, err)
		parts[part.FormName()] = string(text)
		require.Equal(t, part.FormName() == "upload_file", part.FileName() != "")
	}
}

func TestRequest_NamesAreThoseOfOneOperationOnly(t *testing.T) {
	t.Parallel()
	names, facts := map[string]bool{}, map[string]factOperation{}
	for _, op := range readFacts(t) {
		facts[op.Name] = op
	}
	all := catalog.Operations()
	require.Len(t, all, 155)
	for _, op := range all {
		require.False(t, names[op.Name], "%s is there twice", op.Name)
		names[op.Name] = true
		found, ok := catalog.LookupOperation(op.Name)
		require.True(t, ok)
		require.Equal(t, op, found)
		fact := facts[op.Name]
		require.Equal(t, fact.Method, op.Method)
		require.Equal(t, fact.Path, op.Path)
		require.Equal(t, fact.Group, op.Group)
		require.NotEmpty(t, op.Chapter)
	}
	_, ok := catalog.LookupOperation("ReadMind")
	require.False(t, ok)
}

func TestRequest_SlashesInGitTravelAsColons(t *testing.T) {
	t.Parallel()
	client, last := recorder(t, asItIs, answerWith(http.StatusOK, `{"path":"a/b c.yaml","sha":"1"}`))
	out, err := git.New(client).GetGitFile(t.Context(), &git.GetGitFileInput{
		Namespace: "ns", Project: "group/shop", Path: "a/b c.yaml", Ref: "main", RepoAuth: "mine",
	})
	require.NoError(t, err)
	require.Equal(t, "1", out.SHA)
	got := last()
	require.Equal(t, "/v1/"+testProject+"/git/files/ns/group%3Ashop/a%3Ab%20c.yaml", got.request.URL.EscapedPath())
	require.Equal(t, "mine", got.request.Header.Get("X-Repo-Auth"))
	requireSigned(t, got)
}

func TestRequest_EnginesHaveAddressesAndTokensOfTheirOwn(t *testing.T) {
	t.Parallel()
	engine, last := recorder(t, asItIs, answerWith(http.StatusOK, `{}`), answerWith(http.StatusOK, `{"token":"t-1"}`), answerWith(http.StatusOK, `{"services":[]}`))
	away := serve(t, func(http.ResponseWriter, *http.Request) { t.Error("a request went to ServiceStage") })
	at, err := away.At(endpointOf(t, engine, last))
	require.NoError(t, err)
	registry := servicecomb.New(at)
	token, err := registry.CreateEngineToken(t.Context(), &servicecomb.CreateEngineTokenInput{Name: "root", Password: "engine-password"})
	require.NoError(t, err)
	require.Equal(t, "t-1", string(token.Token))
	last()
	_, err = registry.ListMicroservices(t.Context(), &servicecomb.ListMicroservicesInput{Authorization: new("Bearer " + token.Token)})
	require.NoError(t, err)
	got := last()
	require.Equal(t, "Bearer t-1", got.request.Header.Get("Authorization"))
	for _, name := range []string{"X-Auth-Token", "X-Sdk-Date", "X-Project-Id"} {
		require.Empty(t, got.request.Header.Get(name), "an engine learns nothing else of the caller")
	}
	for _, wrong := range []string{"", "ftp://engine", "http://engine/path"} {
		_, err := away.At(wrong)
		require.ErrorIs(t, err, cloudapi.ErrInvalid, wrong)
	}
}

// endpointOf finds out where the server of a client is.
func endpointOf(t *testing.T, client *servicestageclient.Client, last func() seen) string {
	t.Helper()
	_, err := client.ListEnvironments(t.Context(), nil)
	require.NoError(t, err)
	return "http://" + last().request.Host
}

func TestRequest_WhatIsSent(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		call func(context.Context, *servicestageclient.Client) error
		body string
	}{
		"an action without parameters": {
			func(ctx context.Context, c *servicestageclient.Client) error {
				_, err := c.ComponentAction(ctx, &servicestageclient.ComponentActionInput{ApplicationID: "a", ComponentID: "c", Action: servicestageclient.ActionContinueDeploy})
				return err
			}, `{"action":"continue_deploy"}`,
		},
		"to no instances": {
			func(ctx context.Context, c *servicestageclient.Client) error {
				_, err := c.ComponentAction(ctx, &servicestageclient.ComponentActionInput{
					ApplicationID: "a", ComponentID: "c", Action: servicestageclient.ActionScale, Parameters: &servicestageclient.ActionParameters{Replica: new(0)},
				})
				return err
			}, `{"action":"scale","parameters":{"replica":0}}`,
		},
		"a variable without a value": {
			func(ctx context.Context, c *servicestageclient.Client) error {
				_, err := c.UpdateApplicationConfiguration(ctx, &servicestageclient.UpdateApplicationConfigurationInput{
					ApplicationID: "a", EnvironmentID: "e",
					Configuration: &servicestageclient.AppConfiguration{Env: []servicestageclient.AppEnvVar{{Name: "EMPTY"}}},
				})
				return err
			}, `{"environment_id":"e","configuration":{"env":[{"name":"EMPTY","value":""}]}}`,
		},
		"no resources": {
			func(ctx context.Context, c *servicestageclient.Client) error {
				_, err := c.ModifyEnvironmentResources(ctx, &servicestageclient.ModifyEnvironmentResourcesInput{EnvironmentID: "e", Resources: []servicestageclient.EnvironmentResource{}})
				return err
			}, `{"resources":[]}`,
		},
		"a description that is cleared": {
			func(ctx context.Context, c *servicestageclient.Client) error {
				_, err := c.UpdateApplication(ctx, &servicestageclient.UpdateApplicationInput{ApplicationID: "a", Description: new("")})
				return err
			}, `{"description":""}`,
		},
		"nothing that changes": {
			func(ctx context.Context, c *servicestageclient.Client) error {
				_, err := c.UpdateApplication(ctx, &servicestageclient.UpdateApplicationInput{ApplicationID: "a"})
				return err
			}, `{}`,
		},
		"nothing to say": {
			func(ctx context.Context, c *servicestageclient.Client) error {
				_, err := c.RefreshComponent(ctx, &servicestageclient.RefreshComponentInput{ApplicationID: "a", ComponentID: "c"})
				return err
			}, "",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client, last := recorder(t, asItIs, answerWith(http.StatusOK, `{}`))
			require.NoError(t, c.call(t.Context(), client))
			got := last()
			if c.body == "" {
				require.Empty(t, got.body)
				return
			}
			require.JSONEq(t, c.body, string(got.body))
		})
	}
}

// A component that was read is released again with another source, and nothing else changes.
func TestRequest_AReleaseRepeatsTheSpecification(t *testing.T) {
	t.Parallel()
	const read = `{"name":"shop","runtime_stack":{"name":"Docker","type":"Docker","version":"1","deploy_mode":"container"},"environment_id":"e","application_id":"a",
		"source":{"kind":"image","url":"swr/shop:1","storage":"swr","auth":"iam"},"version":"1.0.1","replica":3,"limit_cpu":0.5,"jvm_opts":"",
		"envs":[{"name":"LANG","value":"C"},{"name":"ID","value":"1","inner":true},{"name":"CAS_APP","value":"x","inner":false},{"name":"PAAS_X","value":"x"}],
		"labels":null,"affinity":{"kind":"pod","condition":"required","weight":1,"match_expressions":[{"key":"a","operation":"In","value":"b"}]},
		"liveness_probe":[{"type":"tcp","delay":1,"timeout":2,"port":80}],"readiness_probe":{},"anti_affinity":{},"pre_stop":{},"post_start":null,"custom_metric":{"path":"","port":0,"dimensions":""},
		"deploy_strategy":{"type":"RollingRelease","rolling_release":{"batches":"2"},"later":1},
		"refer_resources":[{"id":"cce-1","type":"cce","parameters":{"namespace":"default","hosts":["h"]}}],
		"status":{"component_status":"RUNNING","available_replica":3,"replica":3,"create_time":1689564968283}}`
	client, last := recorder(t, asItIs, answerWith(http.StatusOK, read), answerWith(http.StatusOK, `{"job_id":"JOB1"}`))
	component, err := client.GetComponent(t.Context(), &servicestageclient.GetComponentInput{ApplicationID: "a", ComponentID: "c"})
	require.NoError(t, err)
	require.Equal(t, time.UnixMilli(1689564968283).UTC(), component.Status.CreateTime)
	last()
	in := component.UpdateInput("a", "c")
	in.Source.URL, in.Version = "swr/shop:2", "1.0.2"
	out, err := client.UpdateComponent(t.Context(), in)
	require.NoError(t, err)
	require.Equal(t, "JOB1", out.JobID)
	require.JSONEq(t, `{"name":"shop","runtime_stack":{"name":"Docker","type":"Docker","version":"1","deploy_mode":"container"},
		"source":{"kind":"image","url":"swr/shop:2","storage":"swr","auth":"iam"},"version":"1.0.2","replica":3,"limit_cpu":0.5,
		"envs":[{"name":"LANG","value":"C"}],
		"affinity":[{"kind":"pod","condition":"required","weight":1,"match_expressions":[{"key":"a","operation":"In","value":"b"}]}],
		"liveness_probe":{"type":"tcp","delay":1,"timeout":2,"port":80},
		"deploy_strategy":{"type":"RollingRelease","rolling_release":{"batches":2},"later":1},
		"refer_resources":[{"id":"cce-1","type":"cce","parameters":{"namespace":"default","hosts":["h"]}}]}`, string(last().body))
}

func TestRequest_TemporaryKeysAndTokens(t *testing.T) {
	t.Parallel()
	client, last := recorder(t, func(c *servicestageclient.Config) {
		c.Credential = servicestageclient.Keys{AccessKey: testKey, SecretKey: testSecret, SecurityToken: "temporary"}
		c.DomainID = "account-1"
	}, answerWith(http.StatusOK, `{}`))
	_, err := client.ListApplications(t.Context(), nil)
	require.NoError(t, err)
	got := last()
	require.Equal(t, "temporary", got.request.Header.Get("X-Security-Token"))
	require.Equal(t, "account-1", got.request.Header.Get("X-Domain-Id"))
	claim, ok := huaweisign.ParseClaim(got.request.Header.Get("Authorization"))
	require.True(t, ok)
	require.Equal(t, []string{"host", "x-domain-id", "x-project-id", "x-sdk-date", "x-security-token"}, claim.Signed)
	verifier := &huaweisign.Verifier{Keys: map[string]string{testKey: testSecret}, Tokens: map[string]string{testKey: "temporary"}, Wall: time.Now}
	require.NoError(t, verifier.Verify(got.request, got.body))

	client, last = recorder(t, func(c *servicestageclient.Config) { c.Credential = servicestageclient.Keys{Token: "t-1"} }, answerWith(http.StatusOK, `{}`))
	_, err = client.ListApplications(t.Context(), nil)
	require.NoError(t, err)
	got = last()
	require.Equal(t, "t-1", got.request.Header.Get("X-Auth-Token"))
	require.Empty(t, got.request.Header.Get("Authorization"))
}

// A body that is signed with an access key has a limit, and one that comes with a token has none.
func TestRequest_ABodyThatIsTooGreat(t *testing.T) {
	t.Parallel()
	great := strings.Repeat("x", 12<<20)
	create := func(c *servicestageclient.Client) error {
		_, err := c.Unchecked().CreateConfig(t.Context(), &servicestageclient.CreateConfigInput{Name: "x", Content: cloudapi.Secret(great)})
		return err
	}
	client := serve(t, func(http.ResponseWriter, *http.Request) { t.Error("a request went out") })
	err := create(client)
	require.ErrorIs(t, err, cloudapi.ErrInvalid)
	require.ErrorContains(t, err, "a TokenSource has no such limit")
	client = serve(t, answerWith(http.StatusOK, `{}`), func(c *servicestageclient.Config) { c.Credential = servicestageclient.Keys{Token: "t-1"} })
	require.NoError(t, create(client))
}

func TestRequest_KeysOfTheEnvironment(t *testing.T) {
	t.Parallel()
	env := map[string]string{"HUAWEICLOUD_SDK_AK": "ak", "HUAWEICLOUD_SDK_SK": "sk", "HUAWEICLOUD_SDK_SECURITY_TOKEN": "st"}
	keys := servicestageclient.KeysFrom(func(name string) string { return env[name] })
	require.Equal(t, servicestageclient.Keys{AccessKey: "ak", SecretKey: "sk", SecurityToken: "st"}, keys)
	require.NoError(t, keys.Validate())
	client := serve(t, func(http.ResponseWriter, *http.Request) { t.Error("a request went out") },
		func(c *servicestageclient.Config) {
			c.Credential = servicestageclient.KeysFrom(func(string) string { return "" })
		})
	_, err := client.ListApplications(t.Context(), nil)
	require.ErrorContains(t, err, "neither an access key with its secret nor a token")
}

func TestRequest_WhatCannotBeSentIsNot(t *testing.T) {
	t.Parallel()
	client := serve(t, func(http.ResponseWriter, *http.Request) { t.Error("a request went out") })
	for name, call := range map[string]func() error{
		"typed, empty": func() error {
			_, err := client.CreateEnvironment(t.Context(), new(servicestageclient.CreateEnvironmentInput))
			return err
		},
		"typed, nil": func() error {
			_, err := client.GetApplication(t.Context(), nil)
			return err
		},
		"by name": func() error {
			_, err := client.Call(t.Context(), "GetApplication", nil)
			return err
		},
		"by name, the project": func() error {
			_, err := client.Call(t.Context(), "ListApplications", map[string]string{"project_id": "other"})
			return err
		},
		"unknown operation": func() error {
			_, err := catalog.New(client).Call(t.Context(), "ReadMind", nil)
			return err
		},
		"the path of the list, unchecked": func() error {
			_, err := client.Unchecked().DeleteApplication(t.Context(), new(servicestageclient.DeleteApplicationInput))
			return err
		},
		"another path, unchecked": func() error {
			_, err := client.Unchecked().DeleteApplication(t.Context(), &servicestageclient.DeleteApplicationInput{ApplicationID: ".."})
			return err
		},
		"two headers in one": func() error {
			_, err := git.New(client).ListGitNamespaces(t.Context(), &git.ListGitNamespacesInput{RepoAuth: "a\r\nX-Project-Id: 1"})
			return err
		},
		"what is left of a secret": func() error {
			_, err := client.UpdateApplicationConfiguration(t.Context(), &servicestageclient.UpdateApplicationConfigurationInput{
				ApplicationID: "a", EnvironmentID: "e",
				Configuration: &servicestageclient.AppConfiguration{Env: []servicestageclient.AppEnvVar{{Name: "A", Value: cloudapi.Redacted}}},
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

func TestRequest_IsObservedAndRepeatedWhereItOnlyReads(t *testing.T) {
	t.Parallel()
	observed := make(chan cloudapi.Observed, 8)
	busy := answerWith(http.StatusTooManyRequests, `{"error_code":"APIGW.0308","error_msg":"throttled"}`)
	client, last := recorder(t, func(c *servicestageclient.Config) {
		c.ReadRetries, c.ReadDelay = 2, func(int) time.Duration { return 0 }
		c.Observe = func(_ context.Context, o cloudapi.Observed) { observed <- o }
	}, busy, answerWith(http.StatusOK, `{}`), busy)
	_, err := client.ListApplications(t.Context(), nil)
	require.NoError(t, err)
	require.Equal(t, cloudapi.ErrThrottled, (<-observed).Class)
	require.Equal(t, cloudapi.Class(""), (<-observed).Class)
	last()
	last()
	_, err = client.RefreshComponent(t.Context(), &servicestageclient.RefreshComponentInput{ApplicationID: "a", ComponentID: "c"})
	require.ErrorIs(t, err, cloudapi.ErrThrottled)
	require.Equal(t, "RefreshComponent", (<-observed).Operation)
	require.Empty(t, observed, "a change is never repeated")
}

func TestConfig_NamesAllProblemsAtOnce(t *testing.T) {
	t.Parallel()
	_, err := servicestageclient.New(servicestageclient.Config{Region: "Mars!", DomainID: "/", ReadRetries: -1})
	require.ErrorIs(t, err, cloudapi.ErrInvalid)
	for _, problem := range []string{"region", "project ID", "domain ID", "no credential", "retries"} {
		require.ErrorContains(t, err, problem)
	}
	client, err := servicestageclient.New(servicestageclient.Config{Region: "cn-north-4", ProjectID: "p", Credential: testKeys()})
	require.NoError(t, err)
	require.Equal(t, "cn-north-4", client.Region())
	require.Equal(t, "p", client.ProjectID())
}
