package cli

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/coreos/go-systemd/v22/unit"
	"github.com/spf13/cobra"
	"github.com/stretchr/testify/require"

	"slipway/cmd/slipway/internal/config"
)

const (
	systemdDir = "../../../../deploy/systemd"
	// commonUnit is what systemd reads for every unit whose name begins with slipway-.
	commonUnit = "slipway-.service.d/common.conf"
	// unitBinary is where the units have the binary.
	unitBinary = "/usr/local/bin/slipway"
)

// unitFile is a unit, or a part of one: the values of each directive by its section, such as Service.ExecStart.
type unitFile map[string][]string

// one returns the value of a directive that stands there once.
func (u unitFile) one(t *testing.T, directive string) string {
	t.Helper()
	require.Len(t, u[directive], 1, directive)
	return u[directive][0]
}

// readUnit reads a unit as systemd does, and refuses what that would pass over with a warning.
func readUnit(t *testing.T, where, text string) unitFile {
	t.Helper()
	options, err := unit.DeserializeOptions(strings.NewReader(text))
	require.NoError(t, err, where)
	require.NotEmpty(t, options, where)
	known := unitDirectives(t)
	u := unitFile{}
	for _, o := range options {
		name := o.Section + "." + o.Name
		require.True(t, known[name], "%s: systemd knows no %s", where, name)
		u[name] = append(u[name], o.Value)
	}
	return u
}

// unitDirectives are those of systemd, such as Service.ExecStart.
func unitDirectives(t *testing.T) map[string]bool {
	t.Helper()
	text, err := os.ReadFile("testdata/systemd-directives.txt")
	require.NoError(t, err)
	known, section := map[string]bool{}, ""
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSpace(line)
		if name, heads := strings.CutPrefix(line, "["); heads {
			section = strings.TrimSuffix(name, "]")
			continue
		}
		known[section+"."+line] = true
	}
	require.True(t, known["Service.ExecStart"] && known["Unit.After"] && known["Install.WantedBy"])
	return known
}

// systemdUnits are the units of deploy/systemd by their names, with what they have in common put behind what each has.
func systemdUnits(t *testing.T) map[string]unitFile {
	t.Helper()
	paths, err := filepath.Glob(systemdDir + "/*.service")
	require.NoError(t, err)
	require.NotEmpty(t, paths)
	common := readDeployed(t, commonUnit)
	all := map[string]unitFile{}
	for _, path := range paths {
		name := strings.TrimSuffix(filepath.Base(path), ".service")
		require.True(t, strings.HasPrefix(name, "slipway-"), "%s has not what all have in common", name)
		u := readDeployed(t, filepath.Base(path))
		for directive, values := range common {
			u[directive] = append(u[directive], values...)
		}
		all[name] = u
	}
	return all
}

func readDeployed(t *testing.T, name string) unitFile {
	t.Helper()
	return readUnit(t, name, readSystemd(t, name))
}

func readSystemd(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(systemdDir, name))
	require.NoError(t, err)
	return string(text)
}

// unitCommand is what a unit runs.
func unitCommand(t *testing.T, u unitFile) *cobra.Command {
	t.Helper()
	words := strings.Fields(u.one(t, "Service.ExecStart"))
	require.Equal(t, unitBinary, words[0])
	var commands trees
	require.NoError(t, commands.parses(words[1:]))
	cmd, _, err := complete().Find(words[1:])
	require.NoError(t, err)
	return cmd
}

// variables are those of a unit, with their values.
func (u unitFile) variables(t *testing.T) map[string]string {
	t.Helper()
	all := map[string]string{}
	for _, line := range u["Service.Environment"] {
		for each := range strings.FieldsSeq(line) {
			name, value, ok := strings.Cut(each, "=")
			require.True(t, ok, each)
			require.NotContains(t, all, name)
			all[name] = value
		}
	}
	return all
}

// settingOf is the setting of a variable that a command reads; false where it reads none of that name.
func settingOf(cmd *cobra.Command, variable string) (config.Setting, bool) {
	all := append(config.All(), config.File())
	at := slices.IndexFunc(all, func(s config.Setting) bool { return s.Env == variable && hasSetting(cmd, s) })
	if at < 0 {
		return config.Setting{}, false
	}
	return all[at], true
}

func TestSystemd_ThereIsAUnitForEachRole(t *testing.T) {
	t.Parallel()
	runs := map[string]string{}
	for name, u := range systemdUnits(t) {
		runs[name] = unitCommand(t, u).Name()
		require.Equal(t, []string{"slipway.target"}, u["Install.WantedBy"], name)
		require.Equal(t, []string{"slipway.target"}, u["Unit.PartOf"], "%s ends with the target", name)
		if name != "slipway-setup" && name != "slipway-codec-server" {
			require.Contains(t, u["Unit.After"], "slipway-setup.service", name)
		}
	}
	require.Equal(t, map[string]string{
		"slipway-setup": "setup", "slipway-worker": "worker", "slipway-starter": "starter", "slipway-console": "console",
		"slipway-notifier": "notifier", "slipway-hooks": "console", "slipway-codec-server": "codec-server",
	}, runs)
	require.Equal(t, []string{"multi-user.target"}, readDeployed(t, "slipway.target")["Install.WantedBy"])
}

// A variable that the command does not read has no effect, in silence; a secret can be read by everybody in a unit.
func TestSystemd_VariablesAreSettings(t *testing.T) {
	t.Parallel()
	addresses := map[string]string{}
	for name, u := range systemdUnits(t) {
		cmd := unitCommand(t, u)
		given := map[string]bool{}
		for _, credential := range u["Service.LoadCredential"] {
			id, path, ok := strings.Cut(credential, ":")
			require.True(t, ok && filepath.IsAbs(path), "%s: %s", name, credential)
			given[id] = true
		}
		for variable, value := range u.variables(t) {
			s, has := settingOf(cmd, variable)
			require.True(t, has, "%s: %s does not read %s", name, cmd.Name(), variable)
			require.False(t, s.Secret, "%s: %s", name, variable)
			if id, ok := strings.CutPrefix(value, "%d/"); ok {
				require.True(t, given[id], "%s: nothing is given as %s", name, id)
				delete(given, id)
			}
			if strings.HasSuffix(variable, "_ADDR") || strings.HasSuffix(variable, "_LISTEN") {
				host, _, err := net.SplitHostPort(value)
				require.NoError(t, err, name)
				require.Equal(t, "127.0.0.1", host, "%s: %s", name, variable)
				require.Empty(t, addresses[value], "%s and %s cannot both have %s", name, addresses[value], value)
				addresses[value] = name
			}
		}
		require.Empty(t, given, "%s is given files that no setting names", name)
	}
}

// What all roles have in the file of the environment, each line of it, is a setting of some of them, and no secret.
func TestSystemd_TheEnvironmentIsOfSettings(t *testing.T) {
	t.Parallel()
	units := systemdUnits(t)
	lines := regexp.MustCompile(`(?m)^#?([A-Z][A-Z_]+)=(\S*)$`).FindAllStringSubmatch(readSystemd(t, "slipway.env"), -1)
	require.NotEmpty(t, lines)
	for _, line := range lines {
		if strings.HasPrefix(line[1], "OTEL_") {
			continue // the exporters of OpenTelemetry read it
		}
		read := 0
		for _, u := range units {
			if s, has := settingOf(unitCommand(t, u), line[1]); has {
				require.False(t, s.Secret, line[1])
				read++
			}
		}
		require.Positive(t, read, "no role reads %s", line[1])
	}
	for name, u := range units {
		require.Equal(t, "/etc/slipway/slipway.env", u.one(t, "Service.EnvironmentFile"), name)
	}
}

// A unit can do what its role does, and nothing else on the machine.
func TestSystemd_UnitsRunWithoutPrivileges(t *testing.T) {
	t.Parallel()
	for name, u := range systemdUnits(t) {
		for directive, want := range map[string]string{
			"DynamicUser": "yes", "NoNewPrivileges": "yes", "CapabilityBoundingSet": "", "AmbientCapabilities": "", "ProtectSystem": "strict", "ProtectHome": "yes",
			"PrivateTmp": "yes", "PrivateDevices": "yes", "ProtectKernelTunables": "yes", "ProtectKernelModules": "yes", "ProtectKernelLogs": "yes", "ProtectControlGroups": "yes",
			"ProtectProc": "invisible", "RestrictNamespaces": "yes", "RestrictSUIDSGID": "yes", "LockPersonality": "yes", "MemoryDenyWriteExecute": "yes",
			"SystemCallArchitectures": "native", "RestrictAddressFamilies": "AF_INET AF_INET6 AF_UNIX",
		} {
			require.Equal(t, want, u.one(t, "Service."+directive), "%s: %s", name, directive)
		}
		require.Equal(t, []string{"@system-service", "~@privileged @resources"}, u["Service.SystemCallFilter"], name)
		require.NotEmpty(t, u.one(t, "Service.MemoryMax"), name)
	}
	groups := regexp.MustCompile(`(?m)^g (\S+) -$`).FindStringSubmatch(readSystemd(t, "slipway.sysusers.conf"))
	require.NotNil(t, groups)
	require.Equal(t, groups[1], readDeployed(t, commonUnit).one(t, "Service.SupplementaryGroups"), "a unit with a group that does not exist does not start")
}

// A role that dies is started again, one whose settings are wrong is not, and each has the time that its end takes.
func TestSystemd_UnitsAreStartedAgainAndEnd(t *testing.T) {
	t.Parallel()
	// Of the longest ending of each: activities of a worker, messages of a starter and a notifier, requests.
	endings := map[string]int{"slipway-worker": 20, "slipway-starter": 15, "slipway-notifier": 15, "slipway-console": 5, "slipway-hooks": 5, "slipway-codec-server": 5}
	for name, u := range systemdUnits(t) {
		require.Equal(t, strconv.Itoa(exitUsage), u.one(t, "Service.RestartPreventExitStatus"), name)
		require.Equal(t, "0", u.one(t, "Unit.StartLimitIntervalSec"), name)
		if name == "slipway-setup" {
			require.Equal(t, "oneshot", u.one(t, "Service.Type"))
			require.Equal(t, "on-failure", u.one(t, "Service.Restart"))
			limit, err := strconv.Atoi(u.one(t, "Service.TimeoutStartSec"))
			require.NoError(t, err)
			require.Greater(t, limit, int(setupTime.Seconds()))
			continue
		}
		require.Equal(t, "always", u.one(t, "Service.Restart"), name)
		limit, err := strconv.Atoi(u.one(t, "Service.TimeoutStopSec"))
		require.NoError(t, err, name)
		require.Greater(t, limit, endings[name]+10, name)
	}
}

// requireDropIn holds a part of a unit in a document against systemd, and its variables against the settings of all roles.
func requireDropIn(t *testing.T, where, text string) {
	t.Helper()
	u := readUnit(t, where, text)
	known := map[string]bool{"ALIBABA_CLOUD_CREDENTIALS_FILE": true, "TEMPORAL_CONFIG_FILE": true} // which libraries read
	for _, s := range append(config.All(), config.File()) {
		known[s.Env] = !s.Secret
	}
	credentials := fmt.Sprint(u["Service.LoadCredential"])
	for variable, value := range u.variables(t) {
		require.True(t, known[variable], "%s: %s", where, variable)
		if id, ok := strings.CutPrefix(value, "%d/"); ok {
			require.Contains(t, credentials, id+":", where)
		}
	}
}

// A directive that systemd does not know is seen.
func TestSystemd_AWrongDirectiveIsNotKnown(t *testing.T) {
	t.Parallel()
	known := unitDirectives(t)
	for _, name := range []string{"Service.NoNewPrivilege", "Unit.ExecStart", "Service.WantedBy", "Install.Restart"} {
		require.False(t, known[name], name)
	}
}
