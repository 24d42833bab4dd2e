package ledgertest_test

import (
	"bytes"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/stretchr/testify/require"

	"slipway/setup"
)

// TestDenied_ADeniedRightIsToldAtOnce: NATS answers nothing to a request that it denies; what waits for an
// answer must not wait for its own time to be up.
func TestDenied_ADeniedRightIsToldAtOnce(t *testing.T) {
	t.Parallel()
	binary := os.Getenv("SLIPWAY_BIN") //nolint:forbidigo // the build says where the binary is
	require.NotEmpty(t, binary, "SLIPWAY_BIN must name a slipway binary; run `make test-system`")
	inbox := &server.SubjectPermission{Allow: []string{"_INBOX.>"}}
	s := start(t, server.Options{Users: []*server.User{
		{Username: "all", Password: "all"},
		{Username: "nothing", Password: "nothing", Permissions: &server.Permissions{
			Publish: &server.SubjectPermission{Deny: []string{">"}}, Subscribe: inbox,
		}},
		{Username: "deaf", Password: "deaf", Permissions: &server.Permissions{Subscribe: &server.SubjectPermission{Deny: []string{">"}}}},
		{Username: "asks", Password: "asks", Permissions: &server.Permissions{
			Publish: &server.SubjectPermission{Allow: []string{"slipway.request.>"}}, Subscribe: inbox,
		}},
	}})
	_, err := setup.NATS(t.Context(), connect(t, s.ClientURL(), nats.UserInfo("all", "all")), setup.Config{})
	require.NoError(t, err)
	file := t.TempDir() + "/release.yaml"
	require.NoError(t, os.WriteFile(file, []byte(`{apiVersion: slipway.dev/v1, kind: Release, spec: {app: {platform: sae, region: cn-hangzhou, id: shop}, artifact: {image: "shop:1"}}}`), 0o600))

	run := func(user string, args ...string) (code int, told string) {
		cmd := exec.CommandContext(t.Context(), binary, args...)
		var errs bytes.Buffer
		cmd.Stderr = &errs
		cmd.Env = []string{"NATS_URL=" + s.ClientURL(), "NATS_USER=" + user, "NATS_PASSWORD=" + user, "TEMPORAL_ADDRESS=127.0.0.1:1", "SLIPWAY_BY=ann"}
		begun := time.Now()
		_ = cmd.Run()
		require.Less(t, time.Since(begun), 10*time.Second, "%s %v", user, args)
		return cmd.ProcessState.ExitCode(), errs.String()
	}
	for subject, args := range map[string][]string{
		"slipway.request.sae.shop":                {"release", "submit", "-f", file},
		"$JS.API.STREAM.INFO.KV_slipway-calendar": {"freeze", "list"},
		"$JS.API.STREAM.INFO.KV_slipway-ledger":   {"history", "sae/cn-hangzhou/shop"},
		"$JS.API.STREAM.INFO.SLIPWAY_DEADLETTER":  {"deadletter", "list"},
	} {
		code, told := run("nothing", args...)
		require.Equal(t, 1, code, told)
		require.Contains(t, told, `Permissions Violation for Publish to "`+subject+`"`)
		require.Contains(t, told, "allow this user what the page operations lists under permissions")
	}
	for _, args := range [][]string{{"freeze", "list"}, {"deadletter", "list"}, {"restart", "sae/cn-hangzhou/shop"}} {
		code, told := run("deaf", args...)
		require.Equal(t, 1, code, told)
		require.Contains(t, told, `Permissions Violation for Subscription to "_INBOX.`, "who hears no answer learns it, too")
	}
	code, told := run("nothing", "setup")
	require.Equal(t, 1, code, told)
	require.Contains(t, told, `Permissions Violation for Publish to "$JS.API.`)
	require.Contains(t, told, "connect to Temporal at 127.0.0.1:1", "one that fails does not hide the other")
	code, told = run("asks", "release", "submit", "-f", file)
	require.Zero(t, code, told, "who may not read the ledger may submit all the same")
}

// TestDenied_WithoutSetupEveryCommandSaysWhatToDo: what is missing on NATS is created by one command.
func TestDenied_WithoutSetupEveryCommandSaysWhatToDo(t *testing.T) {
	t.Parallel()
	binary := os.Getenv("SLIPWAY_BIN") //nolint:forbidigo // the build says where the binary is
	require.NotEmpty(t, binary, "SLIPWAY_BIN must name a slipway binary; run `make test-system`")
	s := start(t, server.Options{})
	for _, args := range [][]string{
		{"restart", "sae/cn-hangzhou/shop"},
		{"freeze", "list"},
		{"freeze", "stop", "x", "--reason", "fire"},
		{"history", "sae/cn-hangzhou/shop"},
		{"deadletter", "list"},
		{"deadletter", "drop", "1"},
	} {
		cmd := exec.CommandContext(t.Context(), binary, args...)
		cmd.Env = []string{"NATS_URL=" + s.ClientURL(), "SLIPWAY_BY=ann"}
		var errs bytes.Buffer
		cmd.Stderr = &errs
		_ = cmd.Run()
		require.Equal(t, 1, cmd.ProcessState.ExitCode(), "%v: %s", args, errs.String())
		require.Contains(t, errs.String(), "with: slipway setup", "%v", args)
	}
}
