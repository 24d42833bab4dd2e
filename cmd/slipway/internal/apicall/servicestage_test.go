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
	"slipway/servicestageclient"
	"slipway/servicestageclient/catalog"
	"slipway/servicestagesim"
)

// components starts a simulator of ServiceStage whose clock stands.
func components(t *testing.T) (*servicestagesim.Simulator, servicestageclient.Config) {
	t.Helper()
	sim, err := servicestagesim.New(servicestagesim.Config{Clock: servicestagesim.SteppedClock(time.Date(2026, 11, 2, 8, 0, 0, 0, time.UTC)), Seed: 1})
	require.NoError(t, err)
	server := httptest.NewServer(sim)
	t.Cleanup(server.Close)
	return sim, servicestageclient.Config{
		Region: servicestagesim.DefaultRegion, ProjectID: servicestagesim.DefaultProjectID, Endpoint: server.URL,
		Credential: servicestageclient.Keys{AccessKey: servicestagesim.TestAccessKeyID, SecretKey: servicestagesim.TestAccessKeySecret},
	}
}

func ssOperation(t *testing.T, name string) cloudapi.Operation {
	t.Helper()
	op, ok := catalog.LookupOperation(name)
	require.True(t, ok, name)
	return op
}

// Each of the 155 operations has typed parameters, whose required ones are asked for.
func TestServiceStage_EveryOperationIsChecked(t *testing.T) {
	t.Parallel()
	require.Len(t, apicall.ServiceStage().Catalog(""), 155)
	for _, op := range catalog.Operations() {
		_, typed := apicall.ServiceStage().Input(op.Name)
		require.True(t, typed, op.Name)
		for _, p := range op.Params {
			if p.Required {
				require.Contains(t, problems(t, apicall.ServiceStage().Check(op, nil)), p.Name+": is required", op.Name)
			}
		}
	}
}

// Every operation, with every parameter of it: no value of a secret one is seen anywhere.
func TestServiceStage_ASignedRequestShowsNoSecretAndIsNotSent(t *testing.T) {
	t.Parallel()
	sim, config := components(t)
	for _, op := range catalog.Operations() {
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
		r, signed, err := apicall.Sign(t.Context(), apicall.Call{API: apicall.ServiceStage(), Operation: op, Values: values, Unchecked: true}, apicall.ConnectServiceStage(config))
		require.NoError(t, err, op.Name)
		require.True(t, signed)
		text := r.String()
		for _, part := range []string{"Hidden", "ue%2F1", servicestagesim.TestAccessKeySecret} {
			require.NotContains(t, text, part, op.Name)
		}
		require.Equal(t, op.Method, r.Method)
		require.NotContains(t, r.URL, "{", op.Name)
	}
	require.Zero(t, sim.Calls().Total)
}

// Without credentials, a dry run is signed by nobody.
func TestServiceStage_ADryRunNeedsNoCredentials(t *testing.T) {
	t.Parallel()
	_, config := components(t)
	config.Credential = servicestageclient.KeysFrom(func(string) string { return "" })
	call := apicall.Call{API: apicall.ServiceStage(), Operation: ssOperation(t, "ListComponents")}
	r, signed, err := apicall.Sign(t.Context(), call, apicall.ConnectServiceStage(config))
	require.NoError(t, err)
	require.False(t, signed)
	require.Regexp(t, `^SDK-HMAC-SHA256 Access=none,.*Signature=\[redacted\]$`, r.Headers["authorization"])
	require.Equal(t, servicestagesim.DefaultProjectID, r.Headers["x-project-id"])

	_, err = apicall.Do(t.Context(), call, apicall.ConnectServiceStage(config))
	require.ErrorIs(t, err, cloudapi.ErrAuth)
	require.ErrorContains(t, err, "neither an access key")
}

func TestServiceStage_RemediesAndJobs(t *testing.T) {
	t.Parallel()
	_, config := components(t)
	config.Credential = servicestageclient.Keys{AccessKey: servicestagesim.TestAccessKeyID, SecretKey: "wrong"}
	_, err := apicall.Do(t.Context(), apicall.Call{API: apicall.ServiceStage(), Operation: ssOperation(t, "ListComponents")}, apicall.ConnectServiceStage(config))
	require.ErrorIs(t, err, cloudapi.ErrAuth)
	require.ErrorContains(t, err, "check the credentials of Huawei Cloud (HUAWEICLOUD_SDK_AK and HUAWEICLOUD_SDK_SK) and their permissions")
	require.Equal(t, "JOB1", apicall.ServiceStage().Answer(json.RawMessage(`{"job_id":"JOB1","component_id":"c"}`)).Change())
	require.Equal(t, "Starts a job.", apicall.ServiceStage().Effect(ssOperation(t, "ComponentAction")))
	require.Empty(t, apicall.ServiceStage().Placeholders(cloudapi.Operation{Path: "/v3/{project_id}/cas/things"}, nil))
}
