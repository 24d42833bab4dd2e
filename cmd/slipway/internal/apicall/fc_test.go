package apicall_test

import (
	"encoding/json"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"slipway/cloudapi"
	"slipway/cmd/slipway/internal/apicall"
	"slipway/cmd/slipway/internal/render"
	"slipway/fcclient"
	"slipway/fcsim"
	"slipway/internal/acskeys"
)

// functions starts a simulator of Function Compute whose clock stands.
func functions(t *testing.T) (*fcsim.Simulator, fcclient.Config) {
	t.Helper()
	sim, err := fcsim.New(fcsim.Config{Clock: fcsim.SteppedClock(time.Date(2026, 11, 2, 8, 0, 0, 0, time.UTC)), Seed: 1})
	require.NoError(t, err)
	server := httptest.NewServer(sim)
	t.Cleanup(server.Close)
	credential, err := acskeys.Pair(fcsim.TestAccessKeyID, fcsim.TestAccessKeySecret)
	require.NoError(t, err)
	return sim, fcclient.Config{Region: fcsim.DefaultRegion, AccountID: fcsim.DefaultAccountID, Endpoint: server.URL, Credential: credential}
}

func fcOperation(t *testing.T, name string) cloudapi.Operation {
	t.Helper()
	op, ok := fcclient.LookupOperation(name)
	require.True(t, ok, name)
	return op
}

func TestFC_ExamplesOfTheReferencePass(t *testing.T) {
	t.Parallel()
	for _, op := range fcclient.Operations() {
		values := map[string]string{}
		for _, p := range op.Params {
			values[p.Name] = p.Example
		}
		found := problems(t, apicall.FC().Check(op, values))
		for _, p := range op.Params {
			// The reference masks the end of some IDs.
			if p.Example != "" && !strings.Contains(p.Example, "****") {
				require.NotContains(t, strings.Join(found, "\n"), p.Name+": ", op.Name)
			}
			if p.Required {
				delete(values, p.Name)
				require.Contains(t, problems(t, apicall.FC().Check(op, values)), p.Name+": is required")
			}
		}
	}
}

func TestFC_ChecksNameEverythingAtOnce(t *testing.T) {
	t.Parallel()
	require.Equal(t, []string{
		"serviceName: is required", "aliasName: must match ^[_a-zA-Z][-_a-zA-Z0-9]*$", "additionalVersionWeight: must be JSON",
	}, problems(t, apicall.FC().Check(fcOperation(t, "UpdateAlias"), map[string]string{
		"aliasName": "7live", "versionId": "7", "additionalVersionWeight": "half",
	})))
	require.NoError(t, apicall.FC().Check(fcOperation(t, "InvokeFunction"), map[string]string{
		"serviceName": "shop", "functionName": "web", "payload": "\x00 anything",
	}))
	require.NoError(t, apicall.FC().Check(fcOperation(t, "CreateFunction"), map[string]string{
		"serviceName": "shop", "functionName": "web", "runtime": "python3", "handler": "index.handler", "cpu": "0.35",
		"code": `{"ossBucketName":"b","ossObjectName":"o"}`, "environmentVariables": `{"A":"b"}`,
	}))
	require.Equal(t, []string{"cpu: must be a number"}, problems(t, apicall.FC().Check(fcOperation(t, "UpdateFunction"), map[string]string{
		"serviceName": "shop", "functionName": "web", "cpu": "half",
	})))
}

// Every operation, with every parameter of it: no value of a secret one is seen anywhere.
func TestFC_ASignedRequestShowsNoSecretAndIsNotSent(t *testing.T) {
	t.Parallel()
	sim, config := functions(t)
	for _, op := range fcclient.Operations() {
		const secret = "Hidden Väl+ue/1"
		values := map[string]string{}
		for _, p := range append(op.Params, op.Extra...) {
			values[p.Name] = "seen-" + strings.ToLower(p.Name)
			if p.Sensitive {
				values[p.Name] = secret
			}
			if p.Kind == cloudapi.KindValue || p.Kind == cloudapi.KindJSON {
				values[p.Name] = `"` + values[p.Name] + `"`
			}
		}
		r, signed, err := apicall.Sign(t.Context(), apicall.Call{API: apicall.FC(), Operation: op, Values: values, Unchecked: true}, apicall.ConnectFC(config))
		require.NoError(t, err, op.Name)
		require.True(t, signed)
		text := r.String()
		for _, part := range []string{"Hidden", "ue%2F1", fcsim.TestAccessKeySecret} {
			require.NotContains(t, text, part, op.Name)
		}
		require.Equal(t, op.Method, r.Method)
		require.Equal(t, "FC "+fcsim.TestAccessKeyID+":[redacted]", r.Headers["authorization"])
		require.Equal(t, fcsim.DefaultAccountID, r.Headers["x-fc-account-id"])
		for _, p := range append(op.Params, op.Extra...) {
			if !p.Sensitive {
				require.Contains(t, text, "seen-"+strings.ToLower(p.Name), op.Name+" "+p.Name)
			}
		}
	}
	require.Zero(t, sim.Calls().Total)
}

// What a function gets is its own: nobody knows which part of it is a secret.
func TestFC_APayloadIsHiddenAsAWhole(t *testing.T) {
	t.Parallel()
	_, config := functions(t)
	for _, payload := range []string{"hunter2", `{"qualifier":"hunter2"}`} {
		r, _, err := apicall.Sign(t.Context(), apicall.Call{API: apicall.FC(), Operation: fcOperation(t, "InvokeFunction"), Values: map[string]string{
			"serviceName": "shop", "qualifier": "live", "functionName": "web", "payload": payload,
		}}, apicall.ConnectFC(config))
		require.NoError(t, err)
		require.Equal(t, config.Endpoint+"/2016-08-15/services/shop.live/functions/web/invocations", r.URL)
		require.Equal(t, "[redacted]", r.Body)
	}
}

func TestFC_CallsAnswersAndRemedies(t *testing.T) {
	t.Parallel()
	_, config := functions(t)
	call := func(name string, values map[string]string) (apicall.Answer, error) {
		return apicall.Do(t.Context(), apicall.Call{API: apicall.FC(), Operation: fcOperation(t, name), Values: values}, apicall.ConnectFC(config))
	}
	created, err := call("CreateService", map[string]string{"serviceName": "shop", "description": "sells"})
	require.NoError(t, err)
	require.Len(t, created.RequestID(), 36)
	require.Empty(t, created.Change(), "nothing goes on after an answer")
	table, err := created.Table(render.Style{})
	require.NoError(t, err)
	require.Regexp(t, `(?m)^serviceName +shop$`, table)
	require.Regexp(t, `(?m)^ETag +\S+$`, table)
	require.NotContains(t, table, "X-Fc-Request-Id")

	_, err = call("GetAlias", map[string]string{"serviceName": "shop", "aliasName": "live"})
	var failed *apicall.CallError
	require.ErrorAs(t, err, &failed)
	require.ErrorIs(t, err, cloudapi.ErrNotFound)
	require.Contains(t, err.Error(), "\ncode     AliasNotFound (HTTP 404)\n")
	require.Contains(t, err.Error(), "\nremedy   check the ID, and that the region is the right one")
	failed.Err.Class = cloudapi.ErrFailed
	require.Contains(t, failed.Remedy(), "the Function Compute console")
	failed.Err.Class, failed.Err.Code = cloudapi.ErrInvalid, ""
	require.Contains(t, failed.Remedy(), "slipway api fc GetAlias --help")
}

func TestFC_DescribesItself(t *testing.T) {
	t.Parallel()
	text := apicall.FC().Describe(fcOperation(t, "UpdateAlias"))
	require.Contains(t, text, "Function Compute API reference ch. 10.3; PUT /2016-08-15/services/{serviceName}/aliases/{aliasName}\nChanges something.\n")
	require.Contains(t, text, "AliasNotFound")
	require.Equal(t, "  slipway api fc DeleteAlias serviceName=service_name aliasName=alias_test", apicall.FC().Example(fcOperation(t, "DeleteAlias")))
	require.Len(t, apicall.FC().Catalog(""), 49)
	for _, entry := range apicall.FC().Catalog("") {
		require.False(t, entry.CreatesChangeOrder, entry.Name)
	}
	answer := apicall.FC().Answer(json.RawMessage(`{"Data":{"ChangeOrderId":"c"}}`))
	require.Empty(t, answer.Change(), "these are words of SAE")
}
