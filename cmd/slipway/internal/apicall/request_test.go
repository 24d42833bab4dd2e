package apicall_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/aliyun/credentials-go/credentials"
	"github.com/stretchr/testify/require"

	"slipway/cloudapi"
	"slipway/cmd/slipway/internal/apicall"
	"slipway/cmd/slipway/internal/render"
	"slipway/saeclient"
	"slipway/saesim"
)

// simulated starts a simulator whose clock stands, with the demo applications.
func simulated(t *testing.T) (*saesim.Simulator, saeclient.Config) {
	t.Helper()
	sim, err := saesim.New(saesim.Config{Clock: saesim.SteppedClock(time.Date(2026, 11, 2, 8, 0, 0, 0, time.UTC)), Seed: 1})
	require.NoError(t, err)
	require.NoError(t, sim.SeedDemo())
	t.Cleanup(func() {
		require.Empty(t, sim.Calls().Ignored, "parameters that the simulator took and that did nothing")
	})
	server := httptest.NewServer(sim)
	t.Cleanup(server.Close)
	return sim, saeclient.Config{Region: saesim.DefaultRegion, Endpoint: server.URL, Credential: keys(t, "")}
}

// keys are those that the simulator knows, with a token when it is not empty.
func keys(t *testing.T, token string) credentials.Credential {
	t.Helper()
	config := new(credentials.Config).SetType("access_key").
		SetAccessKeyId(saesim.TestAccessKeyID).SetAccessKeySecret(saesim.TestAccessKeySecret)
	if token != "" {
		config.SetType("sts").SetSecurityToken(token)
	}
	credential, err := credentials.NewCredential(config)
	require.NoError(t, err)
	return credential
}

func do(t *testing.T, config saeclient.Config, c apicall.Call) (apicall.Answer, error) {
	t.Helper()
	return apicall.Do(t.Context(), c, apicall.ConnectSAE(config))
}

func TestRequest_ASignedRequestShowsNoSecretAndIsNotSent(t *testing.T) {
	t.Parallel()
	sim, config := simulated(t)
	for _, token := range []string{"", "token-of-a-role"} {
		config.Credential = keys(t, token)
		// Every operation, with every parameter of it: no value of a secret one is seen anywhere.
		for _, op := range saeclient.Operations() {
			values, secret := map[string]string{}, "Hidden Väl+ue/1"
			for _, p := range append(op.Params, op.Extra...) {
				values[p.Name] = "seen-" + strings.ToLower(p.Name)
				if p.Sensitive {
					values[p.Name] = secret
				}
			}
			r, signed, err := apicall.Sign(t.Context(), apicall.Call{API: apicall.SAE(), Operation: op, Values: values, Unchecked: true}, apicall.ConnectSAE(config))
			require.NoError(t, err, op.Name)
			require.True(t, signed)
			text := r.String()
			for _, part := range []string{"Hidden", "ue%2F1", saesim.TestAccessKeySecret, "token-of-a-role"} {
				require.NotContains(t, text, part, op.Name)
			}
			require.Equal(t, op.Method, r.Method)
			path := op.Path
			for _, p := range op.Params {
				path = strings.ReplaceAll(path, "{"+p.Name+"}", values[p.Name])
			}
			require.Contains(t, r.URL, config.Endpoint+path)
			require.Contains(t, r.Headers["authorization"], "Credential="+saesim.TestAccessKeyID+",")
			require.Regexp(t, `,Signature=\[redacted\]$`, r.Headers["authorization"])
			require.Equal(t, saeclient.APIVersion, r.Headers["x-acs-version"])
			require.Equal(t, token != "", r.Headers["x-acs-security-token"] == "[redacted]")
			for name, value := range values {
				if p, _ := op.Param(name); p.In == cloudapi.InPath {
					continue
				}
				if value == secret {
					value = "[redacted]"
				}
				require.True(t, strings.Contains(text, name+"="+value) || strings.Contains(text, `"`+name+`":"`+value+`"`), op.Name+" "+name)
			}
		}
	}
	require.Zero(t, sim.Calls().Total)
}

func TestRequest_TheHashOfABodyWithSecretsIsHidden(t *testing.T) {
	t.Parallel()
	_, config := simulated(t)
	sign := func(values map[string]string) apicall.Request {
		r, _, err := apicall.Sign(t.Context(), apicall.Call{API: apicall.SAE(), Operation: operation(t, "DeployApplication"), Values: values}, apicall.ConnectSAE(config))
		require.NoError(t, err)
		return r
	}
	open := sign(map[string]string{"AppId": "a", "AcrInstanceId": "cri-1"})
	require.Equal(t, "AcrInstanceId=cri-1", open.Body)
	require.Regexp(t, "^[0-9a-f]{64}$", open.Headers["x-acs-content-sha256"])
	require.Equal(t, "application/x-www-form-urlencoded", open.Headers["content-type"])
	closed := sign(map[string]string{"AppId": "a", "AcrInstanceId": "cri-1", "OssAkSecret": "1234"})
	require.Equal(t, "AcrInstanceId=cri-1&OssAkSecret=[redacted]", closed.Body)
	require.Equal(t, "[redacted]", closed.Headers["x-acs-content-sha256"])
	require.Equal(t, "OssAkSecret=", sign(map[string]string{"AppId": "a", "OssAkSecret": ""}).Body, "that a setting is cleared is no secret")
}

// lost is a credential that cannot be had.
type lost struct{ credentials.Credential }

func (lost) GetCredential() (*credentials.CredentialModel, error) { return nil, errLost }

var errLost = errors.New("no keys")

func TestRequest_WithoutCredentialsTheRequestIsShownUnsigned(t *testing.T) {
	t.Parallel()
	_, config := simulated(t)
	config.Credential = lost{}
	call := apicall.Call{API: apicall.SAE(), Operation: operation(t, "ListApplications")}
	r, signed, err := apicall.Sign(t.Context(), call, apicall.ConnectSAE(config))
	require.NoError(t, err)
	require.False(t, signed)
	require.Contains(t, r.Headers["authorization"], "Credential=none,")

	ended, cancel := context.WithCancel(t.Context())
	cancel()
	_, _, err = apicall.Sign(ended, call, apicall.ConnectSAE(config))
	require.ErrorIs(t, err, context.Canceled)

	config.Region = "somewhere else"
	_, _, err = apicall.Sign(t.Context(), call, apicall.ConnectSAE(config))
	require.ErrorIs(t, err, cloudapi.ErrInvalid)
}

func TestRequest_CallsAndWhatTheyChange(t *testing.T) {
	t.Parallel()
	sim, config := simulated(t)
	app := sim.Apps()[0].ID
	listed, err := do(t, config, apicall.Call{API: apicall.SAE(), Operation: operation(t, "ListApplications"), Values: map[string]string{"AppName": "shop"}})
	require.NoError(t, err)
	require.Empty(t, listed.Change())
	table, err := listed.Table(render.Style{})
	require.NoError(t, err)
	require.Regexp(t, `(?m)^shop +cn-hangzhou `, table)

	deploy := apicall.Call{API: apicall.SAE(), Operation: operation(t, "DeployApplication"), Values: map[string]string{"AppId": app, "ImageUrl": "registry.example/shop:2"}}
	started, err := do(t, config, deploy)
	require.NoError(t, err)
	require.NotEmpty(t, started.Change())
	require.NotEmpty(t, started.RequestID())

	_, err = do(t, config, deploy)
	var failed *apicall.CallError
	require.ErrorAs(t, err, &failed)
	require.ErrorIs(t, err, cloudapi.ErrConflict)
	require.Equal(t, "DeployApplication failed: An application change process is in progress. Please try again later.\n"+
		"code     Application.ChangerOrderRunning (HTTP 400)\n"+
		"class    conflict\n"+
		"request  "+failed.Err.RequestID+"\n"+
		"remedy   wait until the running change order is finished, then call again; slipway api sae ListChangeOrders AppId="+app+" shows it"+
		" (another change order of the application is unfinished; wait for it, never in parallel)", err.Error())
}

func TestRequest_UncheckedSendsWhatTheReferenceForbids(t *testing.T) {
	t.Parallel()
	_, config := simulated(t)
	call := apicall.Call{API: apicall.SAE(), Operation: operation(t, "DescribeApplicationStatus"), Values: map[string]string{}}
	_, err := do(t, config, call)
	require.ErrorContains(t, err, "AppId is required")
	call.Unchecked = true
	_, err = do(t, config, call)
	var failed *apicall.CallError
	require.ErrorAs(t, err, &failed)
	require.Equal(t, http.StatusBadRequest, failed.Err.HTTPStatus, "the platform was asked")
}

func TestRequest_Remedies(t *testing.T) {
	t.Parallel()
	op := operation(t, "DeployApplication")
	said := map[string]cloudapi.Class{}
	for _, class := range []cloudapi.Class{
		cloudapi.ErrInvalid, cloudapi.ErrNotFound, cloudapi.ErrAuth, cloudapi.ErrBilling, cloudapi.ErrQuota,
		cloudapi.ErrConflict, cloudapi.ErrFailed, cloudapi.ErrThrottled, cloudapi.ErrUnavailable, cloudapi.ErrAmbiguous,
	} {
		remedy := (&apicall.CallError{Call: apicall.Call{API: apicall.SAE(), Operation: op}, Err: &cloudapi.Error{Class: class}}).Remedy()
		require.NotEmpty(t, remedy, class)
		require.NotContains(t, said, remedy, "%s and %s have one remedy", class, said[remedy])
		said[remedy] = class
	}
	e := &apicall.CallError{Call: apicall.Call{API: apicall.SAE(), Operation: op}, Err: &cloudapi.Error{
		Class: cloudapi.ErrThrottled, RetryAfter: 3 * time.Second, Message: "slow\x1b[2J\ndown",
	}}
	require.Equal(t, "DeployApplication failed: slow [2J down\nclass    throttled\nremedy   call again later; the server asks to wait 3s", e.Error())
}
