package composetest_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"
	"go.temporal.io/server/common/config"
	"go.temporal.io/server/common/dynamicconfig"
	"sigs.k8s.io/yaml"

	"slipway/devstack/embedded"
	"slipway/setup"
)

// natsServer is the real server with the settings of NATS and the passwords of a directory, as its container has them. What the
// server takes from its environment there stands in its file here.
func natsServer(t *testing.T, secrets string) *server.Server {
	t.Helper()
	const include = "include users.conf\n"
	settings := read(t, root+"/deploy/nats/nats.conf")
	require.Contains(t, settings, include)
	text := read(t, filepath.Join(secrets, "nats-passwords")) + strings.Replace(settings, include, read(t, usersFile), 1)
	file := filepath.Join(t.TempDir(), "nats.conf")
	require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
	options, err := server.ProcessConfigFile(file)
	require.NoError(t, err)
	require.Equal(t, "/data", options.StoreDir, "where the volume is")
	require.Equal(t, "127.0.0.1", options.HTTPHost, "monitoring is for the health check alone")
	require.Equal(t, 8222, options.HTTPPort)

	options.Host, options.Port, options.HTTPPort = "127.0.0.1", server.RANDOM_PORT, 0
	options.StoreDir, options.NoSigs, options.NoLog, options.JetStreamMaxStore = t.TempDir(), true, true, embedded.MaxStore
	broker, err := server.NewServer(options)
	require.NoError(t, err)
	broker.Start()
	t.Cleanup(func() { broker.Shutdown(); broker.WaitForShutdown() })
	require.True(t, broker.ReadyForConnections(10*time.Second))
	return broker
}

// The settings of NATS start the real server, which knows each role by the file that it is given.
func TestEngines_NATSUnderstandsItsSettings(t *testing.T) {
	t.Parallel()
	secrets := drawSecrets(t)
	broker := natsServer(t, secrets)
	_, err := nats.Connect(broker.ClientURL())
	require.ErrorIs(t, err, nats.ErrAuthorization)
	for _, user := range append(roleUsers(), "slipway") {
		var given struct {
			User     string `json:"nats-user"`     //nolint:tagliatelle // the name of the setting
			Password string `json:"nats-password"` //nolint:tagliatelle // the name of the setting
		}
		require.NoError(t, yaml.UnmarshalStrict([]byte(read(t, filepath.Join(secrets, user+".yaml"))), &given))
		require.Equal(t, user, given.User)
		conn, err := nats.Connect(broker.ClientURL(), nats.UserInfo(given.User, given.Password))
		require.NoError(t, err, user)
		t.Cleanup(conn.Close)
		if user == "slipway" || user == setup.UserSetup {
			js, err := jetstream.New(conn)
			require.NoError(t, err)
			_, err = js.AccountInfo(t.Context())
			require.NoError(t, err, "JetStream is on")
		}
	}
}

// The users are those that `slipway setup nats-users` prints for the roles, and one that may do everything.
func TestEngines_EachRoleHasAUserOfItsOwn(t *testing.T) {
	t.Parallel()
	users := append(setup.ServiceUsers(), setup.User{Name: "slipway", For: "people of this machine", Publish: []string{">"}})
	want := setup.ServerConfig(users, nil)
	if os.Getenv("UPDATE_GOLDEN") != "" { //nolint:forbidigo // as all golden files are written
		require.NoError(t, os.WriteFile(usersFile, []byte(want), 0o600))
	}
	require.Equal(t, want, read(t, usersFile), "UPDATE_GOLDEN=1 writes it anew")

	project := withCodec(t)
	roles := map[string]string{
		"setup": setup.UserSetup, "worker": setup.UserWorker, "starter": setup.UserStarter, "notifier": setup.UserNotifier,
		"console": setup.UserConsole, "hooks": setup.UserConsole,
	}
	for name, service := range project.Services {
		user, ours := roles[name]
		if !ours {
			continue
		}
		require.Len(t, service.Secrets, 1, name)
		require.Equal(t, user+".yaml", filepath.Base(project.Secrets[service.Secrets[0].Source].File), name)
		require.Equal(t, "/run/secrets/"+service.Secrets[0].Target, *service.Environment["SLIPWAY_CONFIG"], name)
	}
	require.Equal(t, "nats-passwords", filepath.Base(project.Secrets["nats-passwords"].File))
	require.Contains(t, project.Services["nats"].Command[2], ". /run/secrets/nats-passwords ")
	require.Contains(t, project.Services["nats"].Command[2], "--config "+project.Services["nats"].Volumes[1].Target+"/nats.conf")
}

// Passwords are drawn once, for whoever is missing one, and nobody else of the machine reads them.
func TestSecrets_AreDrawnOnce(t *testing.T) {
	t.Parallel()
	directory := drawSecrets(t)
	info, err := os.Stat(directory)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o700), info.Mode().Perm())
	before := read(t, directory+"/nats-passwords")
	require.Len(t, strings.Fields(before), len(roleUsers())+1)
	draw(t, directory)
	require.Equal(t, before, read(t, directory+"/nats-passwords"))

	lines := strings.SplitAfter(before, "\n")
	require.NoError(t, os.WriteFile(directory+"/nats-passwords", []byte(strings.Join(lines[1:], "")), 0o600))
	worker := read(t, directory+"/slipway-worker.yaml")
	draw(t, directory)
	require.Equal(t, worker, read(t, directory+"/slipway-worker.yaml"))
	_, renewed, _ := strings.Cut(read(t, directory+"/slipway.yaml"), "nats-password: ")
	require.Contains(t, read(t, directory+"/nats-passwords"), "NATS_PASSWORD_SLIPWAY="+renewed, "a password that is gone is drawn anew, for both sides")
	require.NotContains(t, before, renewed)
}

const usersFile = root + "/deploy/nats/users.conf"

// roleUsers are the users of NATS that roles have.
func roleUsers() []string {
	var names []string
	for _, user := range setup.ServiceUsers() {
		names = append(names, user.Name)
	}
	return names
}

// drawSecrets runs deploy/secrets.sh for a new directory.
func drawSecrets(t *testing.T) string {
	t.Helper()
	directory := filepath.Join(t.TempDir(), "secrets")
	draw(t, directory)
	return directory
}

func draw(t *testing.T, directory string) {
	t.Helper()
	said, err := exec.CommandContext(t.Context(), "/bin/sh", root+"/deploy/secrets.sh", directory).CombinedOutput()
	require.NoError(t, err, string(said))
	require.Empty(t, said, "no password is told")
}

// The server's own file of settings takes the number of shards, which is 4 where nobody says it.
//
//nolint:paralleltest // the file takes its values from the environment
func TestEngines_TemporalDividesHistories(t *testing.T) {
	for name, value := range load(t).Services["temporal"].Environment {
		t.Setenv(name, *value)
	}
	settings, err := config.Load(config.WithEmbedded())
	require.NoError(t, err)
	require.Equal(t, int32(512), settings.Persistence.NumHistoryShards)
}

// A misspelt or removed setting of the Temporal server would be ignored in
// silence by the server itself.
func TestEngines_TemporalUnderstandsItsSettings(t *testing.T) {
	t.Parallel()
	settings := dynamicconfig.LoadYamlFile([]byte(read(t, root+"/deploy/temporal/dynamicconfig.yaml")))
	require.NoError(t, settings.Err())
	require.Empty(t, settings.Warnings)
	require.Equal(t, []dynamicconfig.ConstrainedValue{{Value: true}},
		settings.Map[dynamicconfig.MatchingEnableFairness.Key()])
}
