package main

import (
	"net/http"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"slipway/cloudapi"
	"slipway/internal/simcmd"
	"slipway/internal/simcmd/simcmdtest"
	"slipway/servicestageclient"
	"slipway/servicestagesim"
	"slipway/servicestagesim/simadmin"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const project = "fedcba9876543210fedcba9876543210"

func TestRun_ReadyLineTellsAllAClientNeeds(t *testing.T) {
	t.Parallel()
	var ready readyLine
	running := simcmdtest.Start(t, program(), &ready, "--demo", "--region", "cn-south-1", "--project-id", project, "--speed", "2")
	require.Equal(t, readyLine{Ready: true, ServiceStage: ready.ServiceStage, ProjectID: project, Env: map[string]string{
		"SLIPWAY_SERVICESTAGE_ENDPOINT":   ready.ServiceStage,
		"SLIPWAY_SERVICESTAGE_REGION":     "cn-south-1",
		"SLIPWAY_SERVICESTAGE_PROJECT_ID": project,
		"HUAWEICLOUD_SDK_AK":              servicestagesim.TestAccessKeyID,
		"HUAWEICLOUD_SDK_SK":              servicestagesim.TestAccessKeySecret,
	}}, ready)

	client := new(http.Client)
	defer client.CloseIdleConnections()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, ready.ServiceStage+"/v4/default/registry/microservices", http.NoBody)
	require.NoError(t, err)
	response, err := client.Do(request)
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	require.Equal(t, http.StatusOK, response.StatusCode, "the registry answers without a token while no engine asks for one")
	require.Equal(t, simcmd.ExitOK, running.Stop())
}

func TestRun_StateOutlivesTheProcess(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "servicestage.json")
	client := new(http.Client)
	defer client.CloseIdleConnections()
	var first, second readyLine
	running := simcmdtest.Start(t, program(), &first, "--demo", "--speed", "0", "--state-file", file)
	reading, err := simadmin.New(first.ServiceStage, client).Advance(t.Context(), time.Hour)
	require.NoError(t, err)
	require.Equal(t, simcmd.ExitOK, running.Stop())

	simcmdtest.Start(t, program(), &second, "--speed", "0", "--state-file", file)
	again, err := simadmin.New(second.ServiceStage, client).Clock(t.Context())
	require.NoError(t, err)
	require.Equal(t, reading, again, "speed 0 stands still, and no time repeats")
}

func TestRun_AFlagThatIsEmptyMeansItsDefault(t *testing.T) {
	t.Parallel()
	var ready readyLine
	simcmdtest.Start(t, program(), &ready, "--region", "", "--project-id", "")
	require.Equal(t, servicestagesim.DefaultProjectID, ready.ProjectID)
	require.Equal(t, servicestagesim.DefaultRegion, ready.Env["SLIPWAY_SERVICESTAGE_REGION"])
}

func TestRun_TheLogNamesTheComponents(t *testing.T) {
	t.Parallel()
	_, stderr := simcmdtest.UntilLogged(t, program(), "component shop", "--addr", "127.0.0.1:0", "--demo")
	require.Contains(t, stderr, "url=http://127.0.0.1:")
}

func TestRun_WrongCommandLines(t *testing.T) {
	t.Parallel()
	simcmdtest.Refused(t, program, map[string]simcmdtest.Refusal{
		"negative speed": {Args: []string{"--speed", "-1"}, Code: simcmd.ExitUsage, Says: "Speed"},
		"bad region":     {Args: []string{"--region", "Mars"}, Code: simcmd.ExitUsage, Says: "Region"},
		"bad project":    {Args: []string{"--project-id", "me"}, Code: simcmd.ExitUsage, Says: "ProjectID"},
		"no such folder": {Args: []string{"--demo", "--state-file", filepath.Join(t.TempDir(), "no", "file")}, Code: simcmd.ExitFailed, Says: "state file"},
	})
}

func TestRun_HelpHasExamples(t *testing.T) {
	t.Parallel()
	simcmdtest.Helps(t, simcmdtest.In(map[string]string{"SERVICESTAGESIM_ADDR": "127.0.0.1:7777"}, program()),
		"Examples:", "--demo", "--state-file", "--project-id", "127.0.0.1:7777", servicestagesim.TestAccessKeyID, servicestagesim.TestUser)
}

// A client and the simulator read the key pair in the same place.
func TestRun_AcceptsTheKeyPairOfTheEnvironment(t *testing.T) {
	t.Parallel()
	var ready readyLine
	env := map[string]string{servicestageclient.VariableAccessKey: "own-id", servicestageclient.VariableSecretKey: "own-secret"}
	simcmdtest.Start(t, simcmdtest.In(env, program()), &ready)
	require.Equal(t, "own-id", ready.Env[servicestageclient.VariableAccessKey])
	require.NotContains(t, ready.Env, servicestageclient.VariableSecretKey)
	call := func(id string, secret cloudapi.Secret) error {
		client, err := servicestageclient.New(servicestageclient.Config{
			ProjectID: ready.ProjectID, Endpoint: ready.ServiceStage, Credential: servicestageclient.Keys{AccessKey: id, SecretKey: secret},
		})
		require.NoError(t, err)
		defer client.CloseIdleConnections()
		_, err = client.ListApplications(t.Context(), &servicestageclient.ListApplicationsInput{})
		return err
	}
	require.NoError(t, call("own-id", "own-secret"))
	require.ErrorIs(t, call(servicestagesim.TestAccessKeyID, servicestagesim.TestAccessKeySecret), cloudapi.ErrAuth)
}
