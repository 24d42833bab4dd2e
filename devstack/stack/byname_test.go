package stack_test

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"slipway/devstack/scenario"
	"slipway/devstack/stack"
	"slipway/release"
	"slipway/releases"
)

// TestExamples_AnApplicationIsReleasedByItsName applies the document of examples/, and releases by the
// name that it gives: the release is a gray one, as the document says, and tells by which name it came. Then it
// runs every command of docs/applications.md.
func TestExamples_AnApplicationIsReleasedByItsName(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	s := demo(ctx, t)
	binary := slipwayBinary(t)
	slipway := func(args ...string) string {
		cmd := exec.CommandContext(ctx, binary, args...)
		var stdout, stderr bytes.Buffer
		cmd.Stdout, cmd.Stderr = &stdout, &stderr
		cmd.Env = scenario.Environ(s.Env())
		require.NoError(t, cmd.Run(), "%v: %s", args, stderr.String())
		return strings.TrimSpace(stdout.String())
	}
	const production = "sae/cn-hangzhou/f80db7f6-0d46-4563-bd41-99f11e3a2eb4"
	written := slipway("app", "import", production, "--name", "shop")
	require.Contains(t, written, "name: shop")
	require.Contains(t, written, "id: f80db7f6-0d46-4563-bd41-99f11e3a2eb4")
	file := filepath.Join(t.TempDir(), "shop.yaml")
	require.NoError(t, os.WriteFile(file, []byte(written), 0o600))
	slipway("app", "lint", "-f", file)
	slipway("app", "apply", "-f", "../../examples/application.yaml")
	id := slipway("deploy", "shop", "--image", "registry.example/shop:2.0.0", "--to", "production")
	require.Eventually(t, func() bool {
		_, err := s.Client.DescribeWorkflowExecution(ctx, release.CommandTargetID(id), "")
		return err == nil
	}, patience, 20*time.Millisecond)
	p := confirmAll(ctx, t, releases.New(s.Client), id)
	require.Equal(t, release.PhaseSucceeded, p.Outcome, p.Reason)
	require.Equal(t, release.StrategyGray, p.Strategy.Type)
	require.Len(t, p.Batches, 3)
	require.Equal(t, "shop/production", p.ByName.String())
	require.Contains(t, slipway("history", "shop/production"), id)
	require.Contains(t, slipway("history", "shop"), "production")
	for _, args := range [][]string{{"--app", "shop/production"}, {"--application", "shop"}, {"--application", "shop/production"}} {
		listed := slipway(append([]string{"release", "list"}, args...)...)
		require.Contains(t, listed, id)
		require.Contains(t, listed, "shop/production")
	}
	require.NotContains(t, slipway("release", "list", "--application", "shop/staging"), id)
	require.Contains(t, slipway("release", "get", id), "shop/production ("+production+")")
	again := slipway("release", "retry", id, "--dry-run")
	require.Contains(t, again, `"subject": "shop/production"`)
	require.NotContains(t, again, "8h", "the document says so")
	require.Contains(t, slipway("lane", "get", "shop/production"), "sae/cn-hangzhou/f80db7f6-0d46-4563-bd41-99f11e3a2eb4")

	// A set of which one release is named.
	planned := slipway("plan", "-f", "../../examples/set-by-name.yaml")
	require.Contains(t, planned, "release shop (shop/production)")
	set := slipway("set", "submit", "-f", "../../examples/set-by-name.yaml")
	slipway("set", "watch", set, "--timeout", "4m")
	require.Contains(t, slipway("set", "get", set), "shop (shop/production)")
	member := release.SetReleaseID(set, "shop")
	require.Contains(t, slipway("release", "list", "--application", "shop/production"), member)
	status, err := releases.New(s.Client).Get(ctx, member)
	require.NoError(t, err)
	require.Equal(t, release.PhaseSucceeded, status.Progress.Outcome, status.Progress.Reason)
	require.Equal(t, release.StrategyGray, status.Progress.Strategy.Type, "the document says so")

	appliedByName(ctx, t, s, slipway)
	runPage(ctx, t, &shell{s: s, dir: "../.."}, "applications")
}

// appliedByName applies a document that says what the platform calls the application: a worker finds its ID, which is stored
// and which releases go by. What is stored is applied again without a change; a name that no application has is refused.
func appliedByName(ctx context.Context, t *testing.T, s *stack.Stack, slipway func(args ...string) string) {
	t.Helper()
	const inventory = "765baf30-4f13-4e5f-8c5b-b4220dee0cc6"
	written := block(t, "applications", "yaml", "kind: Application")
	require.NotContains(t, written, "id:")
	file := filepath.Join(t.TempDir(), "inventory.yaml")
	write := func(text string) { require.NoError(t, os.WriteFile(file, []byte(text), 0o600)) }
	write(written)
	slipway("app", "lint", "-f", file)
	slipway("app", "apply", "-f", file, "--reason", "it has a name")
	stored := slipway("app", "get", "inventory", "-o", "yaml")
	require.Contains(t, stored, "id: "+inventory)
	require.Contains(t, stored, "namespace: cn-hangzhou")
	require.Equal(t, "[]", slipway("app", "diff", "-f", file, "-o", "json"), "its ID is known by its name")
	history := slipway("app", "history", "inventory", "-o", "json")
	write(stored)
	slipway("app", "apply", "-f", file)
	require.Equal(t, history, slipway("app", "history", "inventory", "-o", "json"), "nothing differs")

	slipway("deploy", "inventory", "--image", "registry.example/inventory:2.0.5", "--wait")
	require.Contains(t, slipway("history", "inventory"), "inventory:2.0.5")

	refused := func(text string, wants ...string) {
		t.Helper()
		write(text)
		cmd := exec.CommandContext(ctx, slipwayBinary(t), "app", "apply", "-f", file)
		cmd.Env = scenario.Environ(s.Env())
		told, err := cmd.CombinedOutput()
		require.Error(t, err)
		require.Equal(t, 2, cmd.ProcessState.ExitCode(), "%s", told)
		for _, want := range wants {
			require.Contains(t, strings.Join(strings.Fields(string(told)), " "), want)
		}
	}
	refused(strings.Replace(written, "name: inventory\n  environments", "name: stock\n  environments", 1), "is inventory/production already")
	refused(strings.Replace(written, "        name: inventory", "        name: inventori", 1),
		"environments[0].app.name: no application in sae/cn-hangzhou is called cn-hangzhou/inventori", "cn-hangzhou/inventory ("+inventory+")")
	refused(strings.Replace(stored, inventory, "f80db7f6-0d46-4563-bd41-99f11e3a2eb4", 1), "environments[0].app.id", "that is "+inventory)
	require.Equal(t, history, slipway("app", "history", "inventory", "-o", "json"), "what is refused is not stored")
}
