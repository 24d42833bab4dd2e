package charttest_test

import (
	"encoding/json"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// keyOf is where the values of a component stand, and commandOf the command that it runs.
func keyOf(role string) string {
	if role == "codec-server" {
		return "codecServer"
	}
	return role
}

func commandOf(role string) string {
	if role == "hooks" {
		return "console"
	}
	return role
}

// roles are all components.
func roles() []string {
	return []string{"setup", "worker", "starter", "console", "hooks", "notifier", "codec-server"}
}

// variablesOf are the variables of the settings that a command has, by its reference, which is written from the commands.
func variablesOf(t *testing.T, command string) map[string]bool {
	t.Helper()
	reference := read(t, root+"/docs/command-reference.md")
	_, section, found := strings.Cut(reference, "\n## slipway "+command+"\n")
	require.True(t, found, command)
	section, _, _ = strings.Cut(section, "\n## ")
	line := regexp.MustCompile(`(?m)^Settings: (.*)$`).FindStringSubmatch(section)
	require.NotNil(t, line, command)
	has := map[string]bool{"--config": true, "--log-level": true, "--log-format": true} // every command
	for _, flag := range regexp.MustCompile("`(--[a-z-]+)`").FindAllStringSubmatch(line[1], -1) {
		has[flag[1]] = true
	}
	variables := map[string]bool{}
	for _, row := range regexp.MustCompile("(?m)^\\| `([a-z-]+)`(, no flag)? \\| `([A-Z_]+)`").FindAllStringSubmatch(reference, -1) {
		if has[row[1]] || row[2] != "" && has["--nats-url"] {
			variables[row[3]] = true
		}
	}
	require.Contains(t, variables, "SLIPWAY_LOG_LEVEL")
	return variables
}

// foreign are the variables of libraries, which are no settings of Slipway, and who reads them.
func foreign() map[string]string {
	const (
		alibaba  = "github.com/aliyun/credentials-go, the default chain"
		huawei   = "servicestageclient"
		temporal = "go.temporal.io/sdk/contrib/envconfig"
		otel     = "the exporters of OpenTelemetry"
	)
	return map[string]string{
		"ALIBABA_CLOUD_ROLE_ARN": alibaba, "ALIBABA_CLOUD_OIDC_PROVIDER_ARN": alibaba, "ALIBABA_CLOUD_OIDC_TOKEN_FILE": alibaba, "ALIBABA_CLOUD_CREDENTIALS_FILE": alibaba,
		"HUAWEICLOUD_SDK_AK": huawei, "HUAWEICLOUD_SDK_SK": huawei, "HUAWEICLOUD_SDK_SECURITY_TOKEN": huawei,
		"TEMPORAL_TLS": temporal, "TEMPORAL_TLS_SERVER_NAME": temporal, "TEMPORAL_TLS_SERVER_CA_CERT_PATH": temporal, "TEMPORAL_TLS_CLIENT_CERT_PATH": temporal, "TEMPORAL_TLS_CLIENT_KEY_PATH": temporal, "TEMPORAL_CONFIG_FILE": temporal,
		"OTEL_EXPORTER_OTLP_ENDPOINT": otel, "OTEL_EXPORTER_OTLP_PROTOCOL": otel, "OTEL_TRACES_EXPORTER": otel, "OTEL_TRACES_SAMPLER": otel, "OTEL_TRACES_SAMPLER_ARG": otel, "OTEL_RESOURCE_ATTRIBUTES": otel,
	}
}

// left are the settings that the chart gives to nobody, and why.
func left() map[string]string {
	return map[string]string{
		"NATS_CONTEXT":                "a file of the nats command line, of people",
		"NATS_USER":                   "stands in the file of settings with the password",
		"NATS_PASSWORD":               "a secret, which stands in the file of settings",
		"SLIPWAY_CODEC_WITHOUT_TOKEN": "others of the cluster reach the codec server: it always wants a token",
	}
}

// schemaOf is what values.schema.json says of the place.
func schemaOf(t *testing.T, path ...string) map[string]any {
	t.Helper()
	var schema map[string]any
	require.NoError(t, json.Unmarshal([]byte(read(t, chartDir+"/values.schema.json")), &schema))
	for _, step := range path {
		properties, ok := schema["properties"].(map[string]any)
		require.True(t, ok, path)
		schema, ok = properties[step].(map[string]any)
		require.True(t, ok, path)
	}
	return schema
}

// named are the settings that values may have at a place.
func named(t *testing.T, path ...string) []string {
	t.Helper()
	properties, ok := schemaOf(t, append(path, "settings")...)["properties"].(map[string]any)
	require.True(t, ok)
	return slices.Collect(maps.Keys(properties))
}

// A variable that a role does not read is a setting without effect, in silence.
func TestSettings_AreThoseOfTheCommands(t *testing.T) {
	t.Parallel()
	known := foreign()
	for name, w := range worlds(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for role, pod := range w.pods() {
				require.Equal(t, []string{commandOf(role)}, pod.Spec.Containers[0].Args)
				has := variablesOf(t, commandOf(role))
				for name := range w.environment(t, role) {
					if known[name] == "" {
						require.Contains(t, has, name, "%s does not read it", role)
					}
				}
			}
		})
	}
	for _, role := range roles() {
		has := variablesOf(t, commandOf(role))
		for _, name := range append(named(t, keyOf(role)), named(t)...) {
			if known[name] == "" {
				require.Contains(t, has, name, "values let %s be set for %s, which does not read it", name, role)
			}
		}
	}
}

// Whoever runs the chart can set whatever a role can be told.
func TestSettings_EveryOneCanBeGiven(t *testing.T) {
	t.Parallel()
	given := map[string]map[string]bool{}
	for _, login := range []string{"creds", "nkey", "settings"} {
		values := cases(t)["everything"]
		nats, ok := values["nats"].(map[string]any)
		require.True(t, ok)
		nats["login"] = login
		w := render(t, values)
		for role := range w.pods() {
			command := commandOf(role)
			if given[command] == nil {
				given[command] = map[string]bool{}
			}
			for name := range w.environment(t, role) {
				given[command][name] = true
			}
		}
	}
	unused := left()
	for _, role := range roles() {
		for _, name := range append(named(t, keyOf(role)), named(t)...) {
			given[commandOf(role)][name] = true
		}
	}
	for command, names := range given {
		for name := range variablesOf(t, command) {
			if left()[name] != "" {
				delete(unused, name)
				require.NotContains(t, names, name, "%s: %s", command, left()[name])
				continue
			}
			if command == "codec-server" && (name == "TEMPORAL_ADDRESS" || name == "SLIPWAY_CONFIG") {
				continue // it connects to nothing
			}
			require.Contains(t, names, name, "the chart cannot tell %s of it", command)
		}
	}
	require.Empty(t, unused, "no role has these any more")
}

// Everything that values can say stands in values.yaml with its meaning, and nothing else.
func TestValues_AreDocumented(t *testing.T) {
	t.Parallel()
	defaults := loadChart(t).Values
	var compare func(path string, schema, values map[string]any)
	compare = func(path string, schema, values map[string]any) {
		properties, ok := schema["properties"].(map[string]any)
		if !ok {
			return
		}
		want := slices.Sorted(maps.Keys(properties))
		want = slices.DeleteFunc(want, func(name string) bool { return path == "" && name == "global" })
		require.Equal(t, want, slices.Sorted(maps.Keys(values)), "values.yaml at %q", path)
		for name, below := range values {
			if table, ok := below.(map[string]any); ok && name != "settings" { // which is the operator's alone
				each, ok := properties[name].(map[string]any)
				require.True(t, ok)
				compare(path+"."+name, each, table)
			}
		}
	}
	compare("", schemaOf(t), defaults)
}
