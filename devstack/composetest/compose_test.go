package composetest_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/compose-spec/compose-go/v2/cli"
	"github.com/compose-spec/compose-go/v2/types"
	"github.com/stretchr/testify/require"
)

const (
	root        = "../.."
	composeFile = root + "/docker-compose.yml"
	exampleEnv  = root + "/.env.example"
)

// load reads the compose file as `docker compose` does with .env.example as
// its .env.
func load(t *testing.T) *types.Project {
	t.Helper()
	return loadWith(t, cli.WithEnvFiles(exampleEnv), cli.WithDotEnv)
}

func loadWith(t *testing.T, options ...cli.ProjectOptionsFn) *types.Project {
	t.Helper()
	settings, err := cli.NewProjectOptions([]string{composeFile}, options...)
	require.NoError(t, err)
	project, err := settings.LoadProject(t.Context())
	require.NoError(t, err)
	return project
}

func read(t *testing.T, path string) string {
	t.Helper()
	content, err := os.ReadFile(path)
	require.NoError(t, err)
	return string(content)
}

// withCodec is the file with the codec server and the other services that are begun on wish, and a key named.
func withCodec(t *testing.T) *types.Project {
	t.Helper()
	return loadWith(t, cli.WithEnvFiles(exampleEnv), cli.WithDotEnv, cli.WithProfiles([]string{"codec", "console", "notifier", "hooks", "observability"}), cli.WithEnv([]string{"SLIPWAY_PAYLOAD_KEY=2026-11"}))
}

// isJob tells services that run to their end from those that stay.
func isJob(service types.ServiceConfig) bool { return strings.HasPrefix(service.Restart, "on-failure") }

func TestCompose_TheStackIsComplete(t *testing.T) {
	t.Parallel()
	project := load(t)
	require.ElementsMatch(t, []string{
		"postgresql", "temporal-schema", "temporal", "temporal-namespace", "temporal-ui", "nats", "setup", "worker", "starter",
	}, project.ServiceNames())
	require.Contains(t, project.Volumes, "jetstream")
	require.Contains(t, project.Volumes, "postgresql")

	mounts := project.Services["nats"].Volumes
	require.True(t, slices.ContainsFunc(mounts, func(v types.ServiceVolumeConfig) bool {
		return v.Type == types.VolumeTypeVolume && v.Source == "jetstream" && v.Target == "/data"
	}), "JetStream keeps its messages on a named volume")
}

func TestCompose_ServicesAreHealthyAndRestarted(t *testing.T) {
	t.Parallel()
	for name, service := range withCodec(t).Services {
		if isJob(service) {
			continue
		}
		require.Equal(t, types.RestartPolicyUnlessStopped, service.Restart, name)
		require.NotNil(t, service.HealthCheck, "%s stays, so it reports whether it is well", name)
		require.False(t, service.HealthCheck.Disable, name)
		require.NotEmpty(t, service.HealthCheck.Test, name)
		require.NotNil(t, service.Deploy, "%s has a limit for its memory", name)
		require.Positive(t, service.Deploy.Resources.Limits.MemoryBytes, name)
	}
}

func TestCompose_ServicesWaitForWhatTheyNeed(t *testing.T) {
	t.Parallel()
	project := load(t)
	const healthy, done = types.ServiceConditionHealthy, types.ServiceConditionCompletedSuccessfully
	for name, want := range map[string]map[string]string{
		"temporal-schema":    {"postgresql": healthy},
		"temporal":           {"temporal-schema": done},
		"temporal-namespace": {"temporal": healthy},
		"temporal-ui":        {"temporal": healthy},
		"setup":              {"temporal": healthy, "temporal-namespace": done, "nats": healthy},
		"worker":             {"temporal": healthy, "nats": healthy, "setup": done},
		"starter":            {"temporal": healthy, "nats": healthy, "setup": done},
	} {
		got := map[string]string{}
		for needed, dependency := range project.Services[name].DependsOn {
			require.True(t, dependency.Required, "%s needs %s", name, needed)
			got[needed] = dependency.Condition
		}
		require.Equal(t, want, got, name)
	}
}

func TestCompose_PortsArePublishedOnLoopbackOnly(t *testing.T) {
	t.Parallel()
	published := 0
	for name, service := range load(t).Services {
		require.NotEqual(t, "host", service.NetworkMode, name)
		for _, port := range service.Ports {
			require.Equal(t, "127.0.0.1", port.HostIP, "%s publishes %s", name, port.Published)
			published++
		}
	}
	require.Equal(t, 3, published, "Temporal, its UI and NATS; health and metrics stay among the containers")
}

func TestCompose_ImagesArePinned(t *testing.T) {
	t.Parallel()
	for name, service := range withCodec(t).Services {
		_, tag, ok := strings.Cut(service.Image, ":")
		require.True(t, ok && tag != "" && tag != "latest", "%s: image %q", name, service.Image)
	}
	for _, from := range regexp.MustCompile(`(?m)^FROM (\S+)`).FindAllStringSubmatch(read(t, root+"/Dockerfile"), -1) {
		require.Regexp(t, `^(scratch|\S+:\d+\.\d+\.\d+\S*)$`, from[1], "Dockerfile")
	}
}

func TestCompose_SlipwayRunsWithoutPrivileges(t *testing.T) {
	t.Parallel()
	project := withCodec(t)
	for _, name := range []string{"setup", "worker", "starter", "console", "notifier", "hooks", "codec-server"} {
		service := project.Services[name]
		require.True(t, service.ReadOnly, name)
		require.Equal(t, []string{"ALL"}, service.CapDrop, name)
		require.Contains(t, service.SecurityOpt, "no-new-privileges:true", name)
	}
	users := regexp.MustCompile(`(?m)^USER (\S+)`).FindAllStringSubmatch(read(t, root+"/Dockerfile"), -1)
	require.NotEmpty(t, users)
	require.Regexp(t, `^[1-9]\d*:[1-9]\d*$`, users[len(users)-1][1], "a number, because scratch has no names")
}

func TestCompose_MountedFilesExist(t *testing.T) {
	t.Parallel()
	for name, service := range withCodec(t).Services {
		for _, mount := range service.Volumes {
			if mount.Type == types.VolumeTypeBind {
				require.DirExists(t, mount.Source, name)
				require.True(t, mount.ReadOnly, "%s only reads %s", name, mount.Source)
			}
		}
		for _, word := range service.Command {
			if script, ok := strings.CutPrefix(word, "/deploy/"); ok {
				require.FileExists(t, filepath.Join(root, "deploy/temporal", script), name)
			}
		}
	}
}

// A name that the linker does not find changes nothing, in silence.
func TestBuilds_StampTheVersion(t *testing.T) {
	t.Parallel()
	for file, value := range map[string]string{root + "/Dockerfile": "${%s}", root + "/Makefile": "$(%s)"} {
		text := read(t, file)
		for name, argument := range map[string]string{"version": "VERSION", "revision": "REVISION"} {
			require.Contains(t, text, "-X slipway/internal/buildinfo."+name+"="+strings.Replace(value, "%s", argument, 1), file)
		}
	}
	variables := read(t, root+"/internal/buildinfo/buildinfo.go")
	require.Contains(t, variables, "var version, revision string")
	dockerfile := read(t, root+"/Dockerfile")
	require.Contains(t, dockerfile, `org.opencontainers.image.version="${VERSION}"`)
	require.Contains(t, dockerfile, `org.opencontainers.image.revision="${REVISION}"`)
	args := load(t).Services["worker"].Build.Args
	require.Contains(t, args, "VERSION")
	require.Contains(t, args, "REVISION")
	require.NotContains(t, read(t, root+"/Makefile"), "$(GO) build -o $(BIN)/ ", "each binary that people get is stamped")
}

// secretName matches the settings whose values must not be read by everybody.
func secretName() *regexp.Regexp {
	return regexp.MustCompile(`(?i)(password|passwd|pwd|secret|token|access_?key)`)
}

// Whatever looks like a secret follows the environment, so it does not stand in
// the file.
func TestCompose_NothingSecretStandsInTheFile(t *testing.T) {
	t.Parallel()
	const given = "given-from-outside"
	var env []string
	for key, value := range exampleValues(t) {
		if secretName().MatchString(key) {
			require.Contains(t, value, "example", "%s: nobody takes the example for a real value", key)
			value = given
		}
		env = append(env, key+"="+value)
	}
	project := loadWith(t, cli.WithEnv(env))
	checked := 0
	for name, service := range project.Services {
		for key, value := range service.Environment {
			require.NotContains(t, []string{"NATS_USER", "NATS_PASSWORD"}, key, "%s: they stand in a file", name)
			if !secretName().MatchString(key) || value == nil || strings.HasSuffix(key, "_FILE") {
				continue
			}
			require.Equal(t, given, *value, "%s: %s", name, key)
			checked++
		}
	}
	require.Positive(t, checked)
	require.Equal(t, "POSTGRES_PASSWORD", project.Secrets["postgres-password"].Environment)
	require.NotRegexp(t, `LTAI[0-9A-Za-z]{8,}|-----BEGIN`, read(t, composeFile))
}

func TestCompose_SecretsAreRequired(t *testing.T) {
	t.Parallel()
	const missing = "POSTGRES_PASSWORD"
	var env []string
	for key, value := range exampleValues(t) {
		if key != missing {
			env = append(env, key+"="+value)
		}
	}
	settings, err := cli.NewProjectOptions([]string{composeFile}, cli.WithEnv(env))
	require.NoError(t, err)
	_, err = settings.LoadProject(t.Context())
	require.ErrorContains(t, err, missing)
	require.ErrorContains(t, err, ".env.example", "the message says where to look")
}

// exampleValues are the settings of .env.example that are not commented out.
func exampleValues(t *testing.T) map[string]string {
	t.Helper()
	values := map[string]string{}
	for _, match := range regexp.MustCompile(`(?m)^([A-Z_]+)=(.+)$`).FindAllStringSubmatch(read(t, exampleEnv), -1) {
		values[match[1]] = match[2]
	}
	require.NotEmpty(t, values)
	return values
}

func TestCompose_TheExampleNamesWhatTheFileReads(t *testing.T) {
	t.Parallel()
	file := read(t, composeFile)
	var named []string
	for _, match := range regexp.MustCompile(`(?m)^#?([A-Z_]+)=`).FindAllStringSubmatch(read(t, exampleEnv), -1) {
		require.Regexp(t, `(\$\{`+match[1]+`[:}]|(?m)^ +`+match[1]+`:$)`, file, "%s has no effect", match[1])
		named = append(named, match[1])
	}
	for _, match := range regexp.MustCompile(`(?m)\$\{([A-Z_]+)|^ +([A-Z_]+):$`).FindAllStringSubmatch(file, -1) {
		require.Contains(t, named, match[1]+match[2], "the example tells of every setting")
	}
}

func TestCompose_RolesAreConfiguredByTheirUsualNames(t *testing.T) {
	t.Parallel()
	project := load(t)
	for _, role := range []string{"setup", "worker", "starter"} {
		environment := project.Services[role].Environment
		require.Equal(t, "temporal:7233", *environment["TEMPORAL_ADDRESS"], role)
		require.Equal(t, "nats://nats:4222", *environment["NATS_URL"], role)
		require.Equal(t, []string{role}, []string(project.Services[role].Command))
	}
	worker := project.Services["worker"].Environment
	require.Equal(t, "cn-hangzhou", *worker["SLIPWAY_SAE_REGION"])
	for _, name := range []string{
		"SLIPWAY_FC_REGION", "SLIPWAY_FC_ACCOUNT_ID", "SLIPWAY_FC_ENDPOINT",
		"SLIPWAY_SERVICESTAGE_REGION", "SLIPWAY_SERVICESTAGE_PROJECT_ID", "SLIPWAY_SERVICESTAGE_ENDPOINT",
	} {
		require.Contains(t, worker, name)
	}
	require.Equal(t, exampleValues(t)["ALIBABA_CLOUD_ACCESS_KEY_ID"], *worker["ALIBABA_CLOUD_ACCESS_KEY_ID"])
	for _, key := range []string{"ALIBABA_CLOUD_ACCESS_KEY_ID", "HUAWEICLOUD_SDK_AK"} {
		require.NotContains(t, project.Services["starter"].Environment, key, "only the worker speaks to the platform")
	}
}

// The codec server decrypts for whoever reaches it, so that nobody does but this machine.
func TestCompose_TheCodecServerIsReachedFromThisMachineOnly(t *testing.T) {
	t.Parallel()
	require.NotContains(t, load(t).ServiceNames(), "codec-server", "it is begun on wish")
	project := withCodec(t)
	server := project.Services["codec-server"]
	require.Equal(t, []string{"codec-server"}, []string(server.Command))
	require.Equal(t, []string{"codec"}, server.NetworksByPriority())
	for name, service := range project.Services {
		if name != "codec-server" {
			require.NotContains(t, service.NetworksByPriority(), "codec", name)
		}
	}
	require.Len(t, server.Ports, 1)
	require.Equal(t, "127.0.0.1", server.Ports[0].HostIP)
	require.NotContains(t, *server.Environment["SLIPWAY_CODEC_ORIGINS"], "*")
	require.NotContains(t, server.Environment, "SLIPWAY_CONFIG")
	require.Empty(t, server.Secrets)
}

// What takes webhooks has their secrets, and nothing to reach Temporal or a platform with.
func TestCompose_WebhooksAreTakenOnWish(t *testing.T) {
	t.Parallel()
	require.NotContains(t, load(t).ServiceNames(), "hooks")
	hooks := withCodec(t).Services["hooks"]
	require.Equal(t, []string{"console"}, []string(hooks.Command))
	require.Len(t, hooks.Ports, 1)
	require.Equal(t, "127.0.0.1", hooks.Ports[0].HostIP)
	require.Len(t, hooks.Volumes, 1)
	require.True(t, strings.HasPrefix(*hooks.Environment["SLIPWAY_HOOKS_SECRET_FILE"], hooks.Volumes[0].Target+"/"))
	for _, name := range []string{"TEMPORAL_ADDRESS", "SLIPWAY_PAYLOAD_KEYS", "ALIBABA_CLOUD_ACCESS_KEY_ID", "SLIPWAY_CONSOLE_ADDR", "SLIPWAY_CONSOLE_URL", "SLIPWAY_CONSOLE_TOKENS_FILE"} {
		require.NotContains(t, hooks.Environment, name)
	}
}

// What tells people has the files of its channels, and nothing to reach Temporal or a platform with.
func TestCompose_PeopleAreToldOnWish(t *testing.T) {
	t.Parallel()
	require.NotContains(t, load(t).ServiceNames(), "notifier")
	notifier := withCodec(t).Services["notifier"]
	require.Equal(t, []string{"notifier"}, []string(notifier.Command))
	require.Empty(t, notifier.Ports)
	require.Len(t, notifier.Volumes, 1)
	require.True(t, notifier.Volumes[0].ReadOnly)
	require.True(t, strings.HasPrefix(*notifier.Environment["SLIPWAY_NOTIFICATIONS"], notifier.Volumes[0].Target+"/"))
	for _, name := range []string{"TEMPORAL_ADDRESS", "SLIPWAY_PAYLOAD_KEYS", "ALIBABA_CLOUD_ACCESS_KEY_ID", "SLIPWAY_CONSOLE_TOKENS_FILE"} {
		require.NotContains(t, notifier.Environment, name)
	}
}

// The console has the digests of tokens, and nothing to reach a platform with.
func TestCompose_TheConsoleIsServedOnWish(t *testing.T) {
	t.Parallel()
	require.NotContains(t, load(t).ServiceNames(), "console")
	console := withCodec(t).Services["console"]
	require.Equal(t, []string{"console"}, []string(console.Command))
	require.Len(t, console.Ports, 1)
	require.Equal(t, "127.0.0.1", console.Ports[0].HostIP)
	require.Equal(t, "8090", console.Ports[0].Published)
	require.Len(t, console.Volumes, 2)
	require.True(t, strings.HasPrefix(*console.Environment["SLIPWAY_CONSOLE_TOKENS_FILE"], console.Volumes[1].Target+"/"))
	require.Equal(t, "temporal:7233", *console.Environment["TEMPORAL_ADDRESS"])
	for _, name := range []string{"ALIBABA_CLOUD_ACCESS_KEY_ID", "SLIPWAY_HOOKS_SECRET_FILE"} {
		require.NotContains(t, console.Environment, name)
	}
}

// Who looks at metrics needs no secret, and only this machine may look: Grafana lets anybody in, as a viewer.
func TestCompose_MetricsAreShownOnWish(t *testing.T) {
	t.Parallel()
	project := withCodec(t)
	for name, port := range map[string]string{"prometheus": "9090", "grafana": "3000"} {
		require.NotContains(t, load(t).ServiceNames(), name)
		service := project.Services[name]
		require.Regexp(t, `:v?\d+\.\d+\.\d+(@|$)`, service.Image)
		require.Len(t, service.Ports, 1)
		require.Equal(t, "127.0.0.1", service.Ports[0].HostIP)
		require.Equal(t, port, service.Ports[0].Published)
		require.NotContains(t, service.NetworksByPriority(), "codec")
		require.NotContains(t, service.Environment, "GF_AUTH_ANONYMOUS_ORG_ROLE", "a viewer, as Grafana has it by default")
	}
	grafana := project.Services["grafana"]
	mounted := grafana.Volumes[0]
	inside := func(path string) string {
		rest, ok := strings.CutPrefix(path, mounted.Target+"/")
		require.True(t, ok, path)
		return filepath.Join(mounted.Source, rest)
	}
	require.FileExists(t, inside(*grafana.Environment["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"]))
	require.DirExists(t, filepath.Join(inside(*grafana.Environment["GF_PATHS_PROVISIONING"]), "dashboards"))
	require.FileExists(t, filepath.Join(project.Services["prometheus"].Volumes[0].Source, "prometheus.yml"))
}

func TestCompose_EveryRoleHasTheKeys(t *testing.T) {
	t.Parallel()
	with, without := withCodec(t), load(t)
	for _, role := range []string{"setup", "worker", "starter", "codec-server"} {
		service := with.Services[role]
		require.Equal(t, "2026-11", *service.Environment["SLIPWAY_PAYLOAD_KEY"], role)
		require.Len(t, service.Volumes, 1, role)
		require.Equal(t, *service.Environment["SLIPWAY_PAYLOAD_KEYS"], service.Volumes[0].Target, role)
		if role != "codec-server" {
			require.Empty(t, *without.Services[role].Environment["SLIPWAY_PAYLOAD_KEYS"], "no key, no directory: nothing is encrypted")
		}
	}
}
