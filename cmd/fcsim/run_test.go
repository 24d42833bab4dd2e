package main

import (
	"net/http"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"slipway/cloudapi"
	"slipway/fcclient"
	"slipway/fcsim"
	"slipway/fcsim/simadmin"
	"slipway/internal/acskeys"
	"slipway/internal/simcmd"
	"slipway/internal/simcmd/simcmdtest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestRun_ReadyLineTellsAllAClientNeeds(t *testing.T) {
	t.Parallel()
	var ready readyLine
	running := simcmdtest.Start(t, program(), &ready, "--demo", "--region", "cn-beijing", "--account-id", "42", "--speed", "2")
	require.Equal(t, readyLine{Ready: true, FC: ready.FC, AccountID: "42", Env: map[string]string{
		"SLIPWAY_FC_ENDPOINT":             ready.FC,
		"SLIPWAY_FC_REGION":               "cn-beijing",
		"SLIPWAY_FC_ACCOUNT_ID":           "42",
		"ALIBABA_CLOUD_ACCESS_KEY_ID":     fcsim.TestAccessKeyID,
		"ALIBABA_CLOUD_ACCESS_KEY_SECRET": fcsim.TestAccessKeySecret,
	}}, ready)

	client := new(http.Client)
	defer client.CloseIdleConnections()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, ready.FC+"/2016-08-15/proxy/shop.live/web/", http.NoBody)
	require.NoError(t, err)
	response, err := client.Do(request)
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	require.Equal(t, http.StatusOK, response.StatusCode, "the demo's HTTP trigger answers")
	require.Equal(t, simcmd.ExitOK, running.Stop())
}

func TestRun_StateOutlivesTheProcess(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "fc.json")
	client := new(http.Client)
	defer client.CloseIdleConnections()
	var first, second readyLine
	running := simcmdtest.Start(t, program(), &first, "--demo", "--speed", "0", "--state-file", file)
	reading, err := simadmin.New(first.FC, client).Advance(t.Context(), time.Hour)
	require.NoError(t, err)
	require.Equal(t, simcmd.ExitOK, running.Stop())

	simcmdtest.Start(t, program(), &second, "--speed", "0", "--state-file", file)
	admin := simadmin.New(second.FC, client)
	again, err := admin.Clock(t.Context())
	require.NoError(t, err)
	require.Equal(t, reading, again, "speed 0 stands still, and no time repeats")
	require.NoError(t, admin.SetLoad(t.Context(), fcsim.Load{Service: fcsim.DemoService, Alias: fcsim.DemoAlias, Function: fcsim.DemoWeb, Busy: 2}), "the service is there")
}

func TestRun_AFlagThatIsEmptyMeansItsDefault(t *testing.T) {
	t.Parallel()
	var ready readyLine
	simcmdtest.Start(t, program(), &ready, "--region", "", "--account-id", "")
	require.Equal(t, fcsim.DefaultAccountID, ready.AccountID)
	require.Equal(t, fcsim.DefaultAccountID, ready.Env["SLIPWAY_FC_ACCOUNT_ID"])
	require.Equal(t, fcsim.DefaultRegion, ready.Env["SLIPWAY_FC_REGION"])
}

func TestRun_TheLogNamesTheServices(t *testing.T) {
	t.Parallel()
	_, stderr := simcmdtest.UntilLogged(t, program(), "service shop (live)", "--addr", "127.0.0.1:0", "--demo")
	require.Contains(t, stderr, "url=http://127.0.0.1:")
}

func TestRun_WrongCommandLines(t *testing.T) {
	t.Parallel()
	simcmdtest.Refused(t, program, map[string]simcmdtest.Refusal{
		"negative speed": {Args: []string{"--speed", "-1"}, Code: simcmd.ExitUsage, Says: "Speed"},
		"bad region":     {Args: []string{"--region", "Mars"}, Code: simcmd.ExitUsage, Says: "Region"},
		"bad account":    {Args: []string{"--account-id", "me"}, Code: simcmd.ExitUsage, Says: "AccountID"},
		"no such folder": {Args: []string{"--demo", "--state-file", filepath.Join(t.TempDir(), "no", "file")}, Code: simcmd.ExitFailed, Says: "state file"},
	})
}

func TestRun_HelpHasExamples(t *testing.T) {
	t.Parallel()
	simcmdtest.Helps(t, simcmdtest.In(map[string]string{"FCSIM_ADDR": "127.0.0.1:7777"}, program()),
		"Examples:", "--demo", "--state-file", "--account-id", "127.0.0.1:7777", fcsim.TestAccessKeyID)
}

// A worker that calls several simulators has one key pair for them.
func TestRun_AcceptsTheKeyPairOfTheEnvironment(t *testing.T) {
	t.Parallel()
	var ready readyLine
	env := map[string]string{"ALIBABA_CLOUD_ACCESS_KEY_ID": "own-id", "ALIBABA_CLOUD_ACCESS_KEY_SECRET": "own-secret"}
	simcmdtest.Start(t, simcmdtest.In(env, program()), &ready)
	require.Equal(t, "own-id", ready.Env["ALIBABA_CLOUD_ACCESS_KEY_ID"])
	require.NotContains(t, ready.Env, "ALIBABA_CLOUD_ACCESS_KEY_SECRET")
	call := func(id, secret string) error {
		credential, err := acskeys.Pair(id, secret)
		require.NoError(t, err)
		client, err := fcclient.New(fcclient.Config{Region: ready.Env["SLIPWAY_FC_REGION"], AccountID: ready.AccountID, Endpoint: ready.FC, Credential: credential})
		require.NoError(t, err)
		defer client.CloseIdleConnections()
		_, err = client.ListServices(t.Context(), &fcclient.ListServicesInput{})
		return err
	}
	require.NoError(t, call("own-id", "own-secret"))
	require.ErrorIs(t, call(fcsim.TestAccessKeyID, fcsim.TestAccessKeySecret), cloudapi.ErrAuth)
}
