package fcclient_test

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"slipway/cloudapi"
	"slipway/fcclient"
)

const password = "hunter2-äöü&="

// shownForms are the ways in which a value could show itself.
func shownForms(t *testing.T, v any) map[string]string {
	t.Helper()
	var log strings.Builder
	slog.New(slog.NewJSONHandler(&log, nil)).Info("seen", "value", v)
	encoded, err := json.Marshal(v)
	require.NoError(t, err)
	return map[string]string{
		"%v": fmt.Sprintf("%v", v), "%+v": fmt.Sprintf("%+v", v), "%#v": fmt.Sprintf("%#v", v), "JSON": string(encoded), "log": log.String(),
	}
}

func TestRedaction_SecretsAreNotShown(t *testing.T) {
	t.Parallel()
	config := json.RawMessage(`{"payload":"` + password + `"}`)
	for name, v := range map[string]any{
		"environment variables": &fcclient.UpdateFunctionInput{ServiceName: "shop", FunctionName: "order", EnvironmentVariables: map[string]cloudapi.Secret{"DB": password}},
		"code":                  fcclient.CreateFunctionInput{ServiceName: "shop", Code: &fcclient.Code{ZipFile: password}},
		"an event":              &fcclient.InvokeFunctionInput{ServiceName: "shop", Payload: []byte(password)},
		"a private key":         &fcclient.CreateCustomDomainInput{DomainName: "a.example", CertConfig: &fcclient.CertConfig{PrivateKey: password}},
		"tracing":               fcclient.CreateServiceInput{ServiceName: "shop", TracingConfig: &fcclient.TracingConfig{Params: map[string]cloudapi.Secret{"endpoint": password}}},
		"a trigger's config":    &fcclient.CreateTriggerInput{ServiceName: "shop", TriggerConfig: config},
		"a function":            fcclient.GetFunctionOutput{Function: fcclient.Function{EnvironmentVariables: map[string]cloudapi.Secret{"DB": password}}},
		"an address of code":    &fcclient.GetFunctionCodeOutput{URL: password},
		"a domain":              fcclient.CustomDomain{CertConfig: &fcclient.CertConfig{PrivateKey: password}},
		"an invocation":         &fcclient.StatefulAsyncInvocation{InvocationPayload: password, ReturnPayload: password},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for form, text := range shownForms(t, v) {
				require.NotContains(t, text, "hunter2", form)
			}
		})
	}
}

func TestRedaction_WhatIsNoSecretIsShown(t *testing.T) {
	t.Parallel()
	in := &fcclient.UpdateAliasInput{ServiceName: "shop", AliasName: "live", VersionID: new("1"), AdditionalVersionWeight: map[string]float64{"2": 0.05}}
	require.Equal(t, `UpdateAlias(serviceName="shop", aliasName="live", additionalVersionWeight="{\"2\":0.05}", versionId="1")`, in.String())
}

func TestRedaction_MessagesOfThePlatform(t *testing.T) {
	t.Parallel()
	client := serve(t, func(w http.ResponseWriter, r *http.Request) {
		text, err := json.Marshal(map[string]string{
			"ErrorCode":    "SignatureNotMatch",
			"ErrorMessage": "refused " + password + " of " + r.Header.Get("Authorization") + " and " + testSecret,
		})
		if err != nil {
			t.Error(err)
		}
		answerWith(http.StatusForbidden, string(text))(w, r)
	})
	_, err := client.UpdateFunction(t.Context(), &fcclient.UpdateFunctionInput{
		ServiceName: "shop", FunctionName: "order", EnvironmentVariables: map[string]cloudapi.Secret{"DB": password},
	})
	require.ErrorIs(t, err, cloudapi.ErrAuth)
	require.ErrorContains(t, err, cloudapi.Redacted)
	require.NotContains(t, err.Error(), "hunter2")
	require.NotContains(t, err.Error(), testSecret)
	_, err = client.InvokeFunction(t.Context(), &fcclient.InvokeFunctionInput{ServiceName: "shop", FunctionName: "order", Payload: []byte(password)})
	require.NotContains(t, err.Error(), "hunter2")
}

func TestRedaction_SecretsTravel(t *testing.T) {
	t.Parallel()
	client, last := recorder(t, answerWith(http.StatusOK, `{}`))
	_, err := client.UpdateFunction(t.Context(), &fcclient.UpdateFunctionInput{
		ServiceName: "shop", FunctionName: "order", EnvironmentVariables: map[string]cloudapi.Secret{"DB": password}, Code: fcclient.ZipCode([]byte("zip")),
	})
	require.NoError(t, err)
	require.JSONEq(t, `{"environmentVariables":{"DB":"`+password+`"},"code":{"zipFile":"emlw"}}`, string(last().body))
}

func TestCodeChecksum(t *testing.T) {
	t.Parallel()
	require.Equal(t, "0", fcclient.CodeChecksum(nil))
	require.Equal(t, "11051210869376104954", fcclient.CodeChecksum([]byte("123456789")), "the check value of CRC-64/XZ")
}
