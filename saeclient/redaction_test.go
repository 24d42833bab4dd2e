package saeclient_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"slipway/cloudapi"
	"slipway/saeclient"
)

const (
	password = "hunter2-äöü&="
	ossKey   = "oss-key-never-shown"
)

func secretInput() *saeclient.DeployApplicationInput {
	return &saeclient.DeployApplicationInput{
		AppID:       "app-1",
		ImageURL:    new("registry.example/shop:1.4.2"),
		Envs:        []saeclient.EnvVar{{Name: "DB_PASSWORD", Value: password}, {Value: "hush"}, {Value: "hush-hunter2"}},
		OssAkSecret: new(cloudapi.Secret(ossKey)),
	}
}

func envsText(t *testing.T) string {
	t.Helper()
	text, err := secretInput().Envs.MarshalText()
	require.NoError(t, err)
	return string(text)
}

func TestRedaction_SecretsAreNotShown(t *testing.T) {
	t.Parallel()
	in := secretInput()
	var log strings.Builder
	logger := slog.New(slog.NewJSONHandler(&log, nil))
	logger.Info("secret", "value", *in.OssAkSecret, "input", in.String())
	encoded, err := json.Marshal(in)
	require.NoError(t, err)
	secret := *in.OssAkSecret
	for name, text := range map[string]string{
		"%v of a secret":   fmt.Sprintf("%v", secret),
		"%s of a secret":   fmt.Sprintf("%s", secret),
		"%q of a secret":   fmt.Sprintf("%q", secret),
		"%x of a secret":   fmt.Sprintf("%x", secret),
		"%#v of a secret":  fmt.Sprintf("%#v", secret),
		"%+v in a struct":  fmt.Sprintf("%+v", saeclient.DescribeApplicationConfigData{OssAkSecret: secret}),
		"%#v in a struct":  fmt.Sprintf("%#v", saeclient.DescribeApplicationConfigData{OssAkSecret: secret}),
		"%v of an input":   fmt.Sprintf("%v", in),
		"%+v of an input":  fmt.Sprintf("%+v", *in),
		"%#v of an input":  fmt.Sprintf("%#v", in) + fmt.Sprintf("%#v", *in),
		"String":           in.String(),
		"JSON of an input": string(encoded),
		"log":              log.String(),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.NotContains(t, text, ossKey)
			require.Contains(t, text, "[redacted]")
			require.NotContains(t, text, "hunter2")
		})
	}
	require.Equal(t, `DeployApplication(AppId="app-1", ImageUrl="registry.example/shop:1.4.2", Envs=[redacted], OssAkSecret=[redacted])`, in.String())
	require.Equal(t, ossKey, string(secret), "a conversion reads it")
	require.Empty(t, cloudapi.Secret("").String())
}

func TestRedaction_SecretsAreNotLogged(t *testing.T) {
	t.Parallel()
	in := secretInput()
	in.Command, in.JarStartOptions = new("run --password="+password), new("-Dkey="+password)
	in.Liveness = &saeclient.Probe{Exec: &saeclient.ExecAction{Command: []string{"check", password}}}
	data := saeclient.ConfigMapData{"key": password}
	config := saeclient.DescribeApplicationConfigData{Envs: in.Envs, OssAkSecret: *in.OssAkSecret}
	for name, value := range map[string]any{
		"input": in, "input by value": *in, "list": in.Envs, "pointer to a list": &in.Envs, "element": in.Envs[0], "secret": *in.OssAkSecret,
		"data": data, "data of a request": &saeclient.UpdateConfigMapInput{ConfigMapID: 1, Data: data},
		"data of an answer": saeclient.DescribeConfigMapData{Data: data}, "configuration": config, "pointer to a configuration": &config,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var log strings.Builder
			slog.New(slog.NewTextHandler(&log, nil)).Info("m", "v", value)
			slog.New(slog.NewJSONHandler(&log, nil)).Info("m", "v", value)
			encoded, err := json.Marshal(value)
			require.NoError(t, err)
			for how, text := range map[string]string{
				"log": log.String(), "JSON": string(encoded), "%v": fmt.Sprintf("%v", value), "%+v": fmt.Sprintf("%+v", value), "%#v": fmt.Sprintf("%#v", value),
			} {
				require.NotContains(t, text, "hunter2", how)
				require.NotContains(t, text, ossKey, how)
				if strings.HasPrefix(name, "pointer") && how == "%#v" {
					continue // an address
				}
				require.Contains(t, text, "[redacted]", how)
			}
		})
	}
	encoded, err := json.Marshal(saeclient.RescaleApplicationInput{AppID: "a", Replicas: 3, AutoEnableApplicationScalingRule: new(false)})
	require.NoError(t, err)
	require.JSONEq(t, `{"AppId":"a","Replicas":3,"AutoEnableApplicationScalingRule":false}`, string(encoded))
}

func TestRedaction_ErrorsDoNotRepeatSecrets(t *testing.T) {
	t.Parallel()
	for name, echo := range map[string]string{
		"one value":          "The parameter is invalid {Envs}: " + password,
		"the whole":          "The parameter is invalid {Envs}: " + envsText(t),
		"escaped":            "server string to sign: Envs=" + "hunter2-%C3%A4%C3%B6%C3%BC%26%3D",
		"key":                "bad " + ossKey,
		"the signing secret": "signed with " + testSecret,
		"one inside another": "bad value hush-hunter2",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			body, err := json.Marshal(map[string]any{
				"RequestId": "req-1", "Code": "InvalidParameter.WithMessage", "Success": false, "Message": echo,
			})
			require.NoError(t, err)
			client := serve(t, answerWith(http.StatusBadRequest, string(body)))
			_, err = client.DeployApplication(t.Context(), secretInput())
			e, ok := errors.AsType[*cloudapi.Error](err)
			require.True(t, ok)
			for _, text := range []string{e.Error(), e.Message, fmt.Sprintf("%+v", e)} {
				require.Contains(t, text, "[redacted]")
				for _, secret := range []string{"hunter2", ossKey, testSecret} {
					require.NotContains(t, text, secret)
				}
			}
		})
	}
}

func TestRedaction_ErrorIsOneLineThatSaysEverything(t *testing.T) {
	t.Parallel()
	client := serve(t, answerWith(http.StatusBadRequest, errorBody(saeclient.CodeChangeOrderRunning)))
	require.EqualError(t, mutate(t.Context(), client),
		"SAE: DeployApplication: Application.ChangerOrderRunning: no "+
			"(conflict with the present state, HTTP 400, request req-1)")
}

func TestRedaction_LongMessagesAreCut(t *testing.T) {
	t.Parallel()
	client := serve(t, answerWith(http.StatusBadRequest, `{"Code":"Brand.New","Message":"`+strings.Repeat("ä", 5000)+`"}`))
	require.Less(t, len(mutate(t.Context(), client).Error()), 2200)
}
