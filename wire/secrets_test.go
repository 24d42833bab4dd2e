package wire_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/stretchr/testify/require"

	"slipway/release"
	"slipway/wire"
)

const byReference = "give it by reference, with secret {id, key}"

// withConfig is a request for a release of a configuration.
func withConfig(config string) string {
	return `{"app":{"platform":"sae","region":"cn-hangzhou","id":"app-1"},"config":` + config + `}`
}

// What looks like a secret is refused under its field, and nothing of it is repeated.
func TestParseSpec_SecretsAreRefusedAndNotRepeated(t *testing.T) {
	t.Parallel()
	const planted = "hunter2hunter2"
	text := func(field string) map[string]string {
		return map[string]string{field: "holds what looks like a secret"}
	}
	variable := map[string]string{"config.variables[0].value": byReference}
	for config, want := range map[string]map[string]string{
		`{"variables":[{"name":"DB_PASSWORD","value":"hunter2hunter2"}]}`:                                                 variable,
		`{"variables":[{"value":"hunter2hunter2","name":"apiKey"}]}`:                                                      variable,
		`{"variables":[{"name":"ACCESS_KEY_ID","value":"hunter2hunter2"}]}`:                                               variable,
		`{"variables":[{"name":"PIN_TOKEN","value":"123456","show":true}]}`:                                               variable,
		`{"variables":[{"name":"DSN","value":"mysql://root:hunter2hunter2@db.example/shop"}]}`:                            variable,
		`{"variables":[{"name":"JAVA_OPTS","value":"-Xmx1g -Dspring.datasource.password=hunter2hunter2"}]}`:               variable,
		`{"variables":[{"name":"DB_PASSWORD","value":"${VAULT:-hunter2hunter2}"}]}`:                                       variable,
		`{"variables":[{"name":"KEY","value":"-----BEGIN RSA PRIVATE KEY-----\nhunter2hunter2\n"}]}`:                      variable,
		`{"variables":[{"name":"CONF","value":"[{\"name\":\"DB_PASSWORD\",\"value\":\"hunter2hunter2\"}]"}]}`:             variable,
		`{"variables":[{"name":"A","value":123456}]}`:                                                                     {"config.variables[0].value": "must be a string, not a number"},
		`{"args":["--password","hunter2hunter2"]}`:                                                                        text("config.args[1]"),
		`{"args":["--password=hunter2hunter2"]}`:                                                                          text("config.args[0]"),
		`{"command":["sh","-c","export TOKEN=hunter2hunter2; run"]}`:                                                      text("config.command[2]"),
		`{"runtime":{"options":"-Dtoken=hunter2hunter2"}}`:                                                                text("config.runtime.options"),
		`{"probes":{"liveness":{"http":{"path":"/healthz?token=hunter2hunter2","port":80}}}}`:                             text("config.probes.liveness.http.path"),
		`{"hooks":{"preStop":{"exec":["curl","-H","Authorization: Bearer hunter2hunter2"]}}}`:                             text("config.hooks.preStop.exec[2]"),
		`{"platform":{"PhpConfig":"db.password=hunter2hunter2"}}`:                                                         text("config.platform.PhpConfig"),
		`{"platform":{"Labels":{"api_key":"hunter2hunter2"}}}`:                                                            text("config.platform.Labels.api_key"),
		`{"platform":{"SidecarContainersConfig":[{"Envs":"[{\"name\":\"DB_PASSWORD\",\"value\":\"hunter2hunter2\"}]"}]}}`: text("config.platform.SidecarContainersConfig[0].Envs"),
		`{"platform":{"OssAkSecret":"hunter2hunter2"}}`:                                                                   {"config.platform.OssAkSecret": "is a secret, and a request is kept"},
	} {
		_, err := wire.ParseSpec([]byte(withConfig(config)))
		problems, ok := errors.AsType[release.Problems](err)
		require.True(t, ok, config)
		require.Len(t, problems, len(want), "%s: %v", config, problems)
		for field, part := range want {
			require.Equal(t, field, problems[0].Field, config)
			require.Contains(t, problems[0].Message, part, config)
		}
		require.NotContains(t, err.Error(), planted)
		require.NotContains(t, err.Error(), "123456")
	}
}

// TestParseSpec_ANumberInThePlaceOfAValueIsNotRepeated: it may be a secret, of a job as of an application.
func TestParseSpec_ANumberInThePlaceOfAValueIsNotRepeated(t *testing.T) {
	t.Parallel()
	for _, spec := range []string{
		`{"operation":"job","job":{"run":true,"variables":[{"name":"PIN","value":123456}]}}`,
		`{"config":{"variables":[{"name":"PIN","value":123456}]}}`,
	} {
		_, err := wire.ParseSpec([]byte(spec))
		require.ErrorContains(t, err, "must be a string, not a number", spec)
		require.NotContains(t, err.Error(), "123456", spec)
	}
}

func TestParseSpec_WhatIsAboutASecretIsNone(t *testing.T) {
	t.Parallel()
	for _, config := range []string{
		`{"variables":[{"name":"TOKEN_TTL","value":"3600"},{"name":"MAX_TOKENS","value":"4096"},{"name":"PASSWORD_FILE","value":"/run/secrets/db"}]}`,
		`{"variables":[{"name":"DB_PASSWORD","value":"${VAULT_PASSWORD}"},{"name":"DSN","value":"mysql://root:${DB_PASSWORD}@db.example/shop"}]}`,
		`{"variables":[{"name":"OPTS","value":"-Dpassword=$(DB_PASSWORD)"},{"name":"USE_TOKEN","value":"false"},{"name":"SECRET","value":""}]}`,
		`{"variables":[{"name":"DB_PASSWORD","secret":{"id":"7","key":"password"}},{"name":"API_TOKEN","remove":true}]}`,
		`{"args":["--password","$(DB_PASSWORD)","--token-file","/run/token"],"mounts":{"secrets":[{"id":"7","path":"/run/secrets"}]}}`,
		`{"platform":{"ImagePullSecrets":"7","SidecarContainersConfig":[{"SecretMountDesc":"[{\"secretId\":\"7\",\"key\":\"password\"}]"}]}}`,
		`{"variables":[{"name":"MOTTO","value":"it's \"$HOME\"\nand\t100% 购物 & <b>"}],"args":["a=b","c:d"]}`,
	} {
		spec, err := wire.ParseSpec([]byte(withConfig(config)))
		require.NoError(t, err, config)
		_, err = wire.EncodeRequest(wire.Origin{Source: "ci", ID: "1"}, spec)
		require.NoError(t, err, config)
	}
}

// Nobody sends a secret, whatever a caller has made of a spec, and of a set.
func TestEncodeRequest_RefusesSecrets(t *testing.T) {
	t.Parallel()
	spec := release.Spec{
		App:    release.App{Platform: release.PlatformSAE, Region: "cn-hangzhou", ID: "app-1"},
		Config: &release.Config{Variables: []release.Variable{{Name: "DB_PASSWORD", Value: new("hunter2")}}},
	}.WithDefaults()
	require.NoError(t, spec.Validate(), "release does not know what a secret looks like")
	set := release.Set{Name: "shop", Waves: []release.Wave{{Releases: []release.SetRelease{{Name: "shop", Spec: spec}}}}}.WithDefaults()
	origin := wire.Origin{Source: "ci", ID: "1"}
	_, ofSpec := wire.EncodeRequest(origin, spec)
	_, ofSet := wire.EncodeSetRequest(origin, wire.AskedSet{Set: set})
	for field, err := range map[string]error{
		"config.variables[0].value": ofSpec, "waves[0].releases[0].spec.config.variables[0].value": ofSet,
		"config.variables[0].value: ": wire.Validate(spec), "waves[0].releases[0].spec.config.variables[0].value: ": wire.ValidateSet(set),
	} {
		require.ErrorContains(t, err, field)
		require.ErrorContains(t, err, byReference)
		require.NotContains(t, err.Error(), "hunter2")
	}
}

// A request with a secret is kept as a dead letter, without it.
func TestDeadLetter_OfAConfigurationHasNoSecret(t *testing.T) {
	t.Parallel()
	msg := &nats.Msg{Subject: "slipway.request.sae.app-1", Data: []byte(`{"specversion":"1.0","type":"` + wire.TypeRequested + `","source":"ci","id":"1","data":` +
		withConfig(`{"variables":[{"name":"DB_PASSWORD","value":"hunter2"}]}`) + `}`)}
	_, err := wire.DecodeRequest(msg)
	poison, ok := errors.AsType[*wire.PoisonError](err)
	require.True(t, ok)
	require.Equal(t, "config.variables[0].value", poison.Field)
	letter := wire.DeadLetter(msg, wire.Delivery{Stream: wire.StreamIn, Sequence: 1, Count: 1, Stored: time.Unix(0, 1)}, poison)
	whole, err := json.Marshal(letter)
	require.NoError(t, err)
	require.NotContains(t, string(letter.Data), "hunter2")
	require.NotContains(t, string(whole), "hunter2")
	require.NotEmpty(t, letter.Header.Get(wire.HeaderRedacted))
}

// An explicit 0 would count as left out.
func TestParseSpec_AnExplicitZeroOfAConfiguration(t *testing.T) {
	t.Parallel()
	for config, field := range map[string]string{
		`{"resources":{"cpu":0,"memory":1024}}`:                   "config.resources.cpu",
		`{"instances":0}`:                                         "config.instances",
		`{"probes":{"liveness":{"tcp":80,"initialDelay":"0s"}}}`:  "config.probes.liveness.initialDelay",
		`{"probes":{"liveness":{"tcp":80,"failureThreshold":0}}}`: "config.probes.liveness.failureThreshold",
		`{"hooks":{"grace":"0s","preStop":{"none":true}}}`:        "config.hooks.grace",
		`{"platform":[]}`:                                         "config.platform",
		`{"variables":[{"name":"A","value":"x"}],"platforms":{}}`: "config.platforms",
	} {
		_, err := wire.ParseSpec([]byte(withConfig(config)))
		problems, ok := errors.AsType[release.Problems](err)
		require.True(t, ok, config)
		require.Len(t, problems, 1, "%s: %v", config, problems)
		require.Equal(t, field, problems[0].Field)
	}
	spec, err := wire.ParseSpec([]byte(withConfig(`{"args":[],"platform":{"Timezone":"UTC"}}`)))
	require.NoError(t, err)
	require.Equal(t, []string{}, spec.Config.Args)
	require.Equal(t, release.Parameters{"Timezone": json.RawMessage(`"UTC"`)}, spec.Config.Platform)
}

// TestValidate_TrafficRulesHaveNoSecrets: what a rule compares with is kept, in the stream and in histories.
func TestValidate_TrafficRulesHaveNoSecrets(t *testing.T) {
	t.Parallel()
	for field, rules := range map[string]string{
		"traffic.headers.rules[0].value":        `{"headers":{"match":"all","rules":[{"name":"Authorization","op":"equal","value":"Bearer hushhushhushhush1"}]}}`,
		"traffic.springCloud[0].items[0].value": `{"springCloud":[{"path":"/","condition":"AND","items":[{"type":"cookie","name":"session_token","operator":"rawvalue","cond":"==","value":"hushhush"}]}]}`,
		"":                                      `{"headers":{"match":"all","rules":[{"name":"x-canary","op":"equal","value":"yes"}]}}`,
	} {
		platform := `"sae","region":"cn-hangzhou"`
		if strings.Contains(rules, "headers") {
			platform = `"servicestage","region":"cn-north-4"`
		}
		_, err := wire.ParseSpec([]byte(`{"app":{"platform":` + platform + `,"id":"shop"},"artifact":{"image":"shop:1"},"strategy":{"type":"gray"},"traffic":` + rules + `}`))
		found := fmt.Sprint(err)
		require.Equal(t, field != "", strings.Contains(found, "looks like a secret"), "%s: %s", rules, found)
		require.Contains(t, found, field)
		require.NotContains(t, found, "hush")
	}
}
