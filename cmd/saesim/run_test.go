package main

import (
	"net/http"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"slipway/cloudapi"
	"slipway/internal/acskeys"
	"slipway/internal/simcmd"
	"slipway/internal/simcmd/simcmdtest"
	"slipway/saeclient"
	"slipway/saesim"
	"slipway/saesim/simadmin"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestRun_ReadyLineTellsAllAClientNeeds(t *testing.T) {
	t.Parallel()
	var ready readyLine
	running := simcmdtest.Start(t, program(), &ready, "--demo", "--region", "cn-beijing")
	require.True(t, ready.Ready)
	require.Equal(t, map[string]string{
		"SLIPWAY_SAE_ENDPOINT":            ready.SAE,
		"SLIPWAY_SAE_REGION":              "cn-beijing",
		"ALIBABA_CLOUD_ACCESS_KEY_ID":     saesim.TestAccessKeyID,
		"ALIBABA_CLOUD_ACCESS_KEY_SECRET": saesim.TestAccessKeySecret,
	}, ready.Env)
	require.Len(t, ready.Apps, 3)

	client := new(http.Client)
	defer client.CloseIdleConnections()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, ready.SAE+"/healthz", http.NoBody)
	require.NoError(t, err)
	response, err := client.Do(request)
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	require.Equal(t, http.StatusOK, response.StatusCode)
	require.Equal(t, simcmd.ExitOK, running.Stop())
}

func TestRun_StateOutlivesTheProcess(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "sae.json")
	var first, second readyLine
	running := simcmdtest.Start(t, program(), &first, "--demo", "--speed", "0", "--state-file", file)
	require.Equal(t, simcmd.ExitOK, running.Stop())
	simcmdtest.Start(t, program(), &second, "--speed", "0", "--state-file", file)
	require.Equal(t, first.Apps, second.Apps)
	http := new(http.Client)
	defer http.CloseIdleConnections()
	clock, err := simadmin.New(second.SAE, http).Clock(t.Context())
	require.NoError(t, err)
	require.Zero(t, clock.Speed, "speed 0 stands still")
}

func TestRun_TheLogNamesTheApplications(t *testing.T) {
	t.Parallel()
	_, stderr := simcmdtest.UntilLogged(t, program(), "application orders", "--addr", "127.0.0.1:0", "--demo")
	require.Contains(t, stderr, "application shop "+saesim.DemoShop)
	require.Contains(t, stderr, "url=http://127.0.0.1:")
}

func TestRun_WrongCommandLines(t *testing.T) {
	t.Parallel()
	simcmdtest.Refused(t, program, map[string]simcmdtest.Refusal{
		"negative speed": {Args: []string{"--speed", "-1"}, Code: simcmd.ExitUsage, Says: "Speed"},
		"bad region":     {Args: []string{"--region", "Mars"}, Code: simcmd.ExitUsage, Says: "Region"},
		"no such folder": {Args: []string{"--demo", "--state-file", filepath.Join(t.TempDir(), "no", "file")}, Code: simcmd.ExitFailed, Says: "state file"},
	})
}

func TestRun_HelpHasExamples(t *testing.T) {
	t.Parallel()
	simcmdtest.Helps(t, simcmdtest.In(map[string]string{"SAESIM_ADDR": "127.0.0.1:7777"}, program()),
		"Examples:", "--demo", "--state-file", "127.0.0.1:7777", saesim.TestAccessKeyID)
}

func TestRun_AFlagThatIsEmptyMeansItsDefault(t *testing.T) {
	t.Parallel()
	var ready readyLine
	simcmdtest.Start(t, program(), &ready, "--region", "")
	require.Equal(t, saesim.DefaultRegion, ready.Env["SLIPWAY_SAE_REGION"])
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
		client, err := saeclient.New(saeclient.Config{Region: ready.Env["SLIPWAY_SAE_REGION"], Endpoint: ready.SAE, Credential: credential})
		require.NoError(t, err)
		defer client.CloseIdleConnections()
		_, err = client.ListApplications(t.Context(), &saeclient.ListApplicationsInput{})
		return err
	}
	require.NoError(t, call("own-id", "own-secret"))
	require.ErrorIs(t, call(saesim.TestAccessKeyID, saesim.TestAccessKeySecret), cloudapi.ErrAuth)
}
