package servicestageclient_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"slipway/cloudapi"
	"slipway/servicestageclient"
	"slipway/servicestageclient/cse"
	"slipway/servicestageclient/git"
	"slipway/servicestageclient/servicecomb"
	"slipway/servicestageclient/v2"
)

// secret is what must not be shown.
const secret = "hush-9f3c-do-not-show"

// secretInputs are Inputs that hold a secret, one for each place of one.
func secretInputs() []any {
	return []any{
		servicestageclient.UpdateComponentInput{Envs: []servicestageclient.EnvVar{{Name: "A", Value: secret}}},
		servicestageclient.CreateComponentInput{Envs: []servicestageclient.EnvVar{{Name: "A", Value: secret}}, JVMOpts: new("-Dpassword=" + secret)},
		servicestageclient.UpdateApplicationConfigurationInput{Configuration: &servicestageclient.AppConfiguration{Env: []servicestageclient.AppEnvVar{{Name: "A", Value: secret}}}},
		servicestageclient.CreateConfigInput{Content: secret},
		servicestageclient.UpdateConfigInput{Content: secret},
		servicestageclient.ImportConfigsInput{UploadFile: []byte(secret)},
		servicestageclient.AddEnvironmentIacResourcesInput{IACResources: []servicestageclient.IACResource{{VarsBody: map[string]json.RawMessage{"a": json.RawMessage(`"` + secret + `"`)}}}},
		servicestageclient.UpdateEnvironmentIacResourceInput{VarsStructure: []servicestageclient.IACVariable{{VarKey: "a", VarValue: secret}}},
		git.CreateGitTokenAuthorizationInput{Token: secret},
		git.CreateGitPasswordAuthorizationInput{Password: secret},
		git.CreateGitOauthAuthorizationInput{Code: secret},
		git.CreateGitHookInput{Secret: secret},
		git.ListGitTagsInput{RepoAuth: secret},
		cse.CreateEngineInput{AuthCred: &cse.AuthCred{Password: secret}},
		servicecomb.CreateEngineTokenInput{Password: secret},
		servicecomb.CreateKvInput{Value: new(cloudapi.Secret(secret))},
		servicecomb.ListMicroservicesInput{Authorization: new(cloudapi.Secret(secret))},
		v2.CreateInstanceV2Input{Configuration: &v2.InstanceConfiguration{Env: []v2.EnvVar{{Name: "A", Value: secret}}}},
		v2.UpdateApplicationConfigurationV2Input{Configuration: &v2.AppConfiguration{Env: []v2.AppEnvVar{{Name: "A", Value: secret}}}},
	}
}

func TestRedaction_InputsDoNotShowSecrets(t *testing.T) {
	t.Parallel()
	for _, in := range secretInputs() {
		t.Run(fmt.Sprintf("%T", in), func(t *testing.T) {
			t.Parallel()
			encoded, err := json.Marshal(in)
			require.NoError(t, err)
			for _, shown := range []string{string(encoded), fmt.Sprint(in), fmt.Sprintf("%+v", in), fmt.Sprintf("%#v", in)} {
				require.NotContains(t, shown, secret)
				require.Contains(t, shown, cloudapi.Redacted)
			}
		})
	}
	keys := servicestageclient.Keys{AccessKey: "ak", SecretKey: secret, SecurityToken: secret, Token: secret}
	require.NotContains(t, fmt.Sprintf("%v %+v %#v", keys, keys, keys), secret)
}

func TestRedaction_AnswersAndErrorsDoNotShowSecrets(t *testing.T) {
	t.Parallel()
	client := serve(t, answerWith(http.StatusOK, `{"name":"shop","envs":[{"name":"A","value":"`+secret+`"}]}`))
	component, err := client.GetComponent(t.Context(), &servicestageclient.GetComponentInput{ApplicationID: "a", ComponentID: "c"})
	require.NoError(t, err)
	require.Equal(t, secret, string(component.Envs[0].Value), "who needs it reads it")
	encoded, err := json.Marshal(component)
	require.NoError(t, err)
	require.NotContains(t, string(encoded)+fmt.Sprintf("%+v", component), secret)

	client = serve(t, answerWith(http.StatusBadRequest, `{"error_code":"SVCSTG.00100400","error_msg":"env A has the value `+secret+`; signed with `+testSecret+`"}`))
	_, err = client.UpdateApplicationConfiguration(t.Context(), &servicestageclient.UpdateApplicationConfigurationInput{
		ApplicationID: "a", EnvironmentID: "e",
		Configuration: &servicestageclient.AppConfiguration{Env: []servicestageclient.AppEnvVar{{Name: "A", Value: secret}}},
	})
	require.ErrorContains(t, err, "env A has the value "+cloudapi.Redacted)
	require.NotContains(t, err.Error(), secret)
	require.NotContains(t, err.Error(), testSecret)
}
