package systemtest_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"

	"slipway/devstack/scenario"
	"slipway/devstack/stack"
	"slipway/ledger"
	"slipway/release"
	"slipway/saeclient"
)

// TestCLI_CommandLine drives the slipway binary against a stack as a person would.
func TestCLI_CommandLine(t *testing.T) {
	t.Parallel()
	h := start(t, stack.Config{})
	cli := &commandLine{house: h, binary: slipwayBinary(t)}
	app := h.app()
	file := cli.releaseFile(app, "{type: gray, batches: 2}")

	id := cli.out(0, "release", "submit", "-f", file, "--event-id", "build-1")
	require.Equal(t, id, cli.out(0, "release", "submit", "-f", file, "--event-id", "build-1"), "the same event is the same release")
	require.Eventually(t, func() bool {
		r, err := ledger.New(h.JetStream).GetOf(h.ctx, app, id)
		return err == nil && r.Accepted
	}, patience, 10*time.Millisecond)
	conflict := cli.errOut(2, "release", "submit", "-f", cli.releaseFile(app, "{type: all}"), "--event-id", "build-1", "--wait")
	require.Regexp(t, `another content: recorded is sha256:[0-9a-f]{64}, asked for is sha256:[0-9a-f]{64}`, conflict)
	h.until(h.follow(id), release.EventBatchWaiting, 1)

	require.Contains(t, cli.errOut(7, "release", "confirm", id, "--batch", "2"), "batch 2 does not wait for a confirmation: batch 1 does")
	require.Contains(t, cli.errOut(1, "release", "get", "r-aaaaaaaaaaaaaaaa"), "slipway release list")
	require.Contains(t, cli.out(0, "release", "list", "--phase", "AwaitingConfirm"), id)
	require.Contains(t, cli.out(0, "release", "get", id), "AwaitingConfirm")
	require.Contains(t, cli.out(0, "waiting"), "slipway release confirm "+id+" --batch 1")

	cli.offers(id, "confirm", "abort", "pause", "rollback", "override")
	require.Regexp(t, `(?s)office-hours .*disabled .*release `+id+` `, cli.out(0, "scaling", "list", app.SearchValue()))

	cli.out(0, "release", "confirm", id, "--batch", "1", "--by", "ann", "--note", "fine")
	h.until(h.follow(id), release.EventBatchWaiting, 2)
	cli.out(0, "release", "abort", id, "--by", "ann", "--reason", "latency")
	cli.out(4, "release", "watch", id)
	var p release.Progress
	require.NoError(t, json.Unmarshal([]byte(cli.out(0, "release", "get", id, "-o", "json")), &p))
	require.Equal(t, release.PhaseAborted, p.Outcome)
	require.Equal(t, "update", p.Decisions[0].Via)
	require.Contains(t, cli.errOut(7, "release", "abort", id), "has ended")
	cli.offers(id, "retry")

	cli.out(0, "release", "submit", "-f", cli.releaseFile(app, "{type: all}"), "--event-id", "build-2", "--wait", "--timeout", patience.String())
	require.Equal(t, []string{saeclient.CoTypeDeploy, saeclient.CoTypeDeploy}, h.orders(app))
	h.requireRulesAsBefore(app)
	cli.remembers(app, id)
	_, told := cli.run(4, "release", "submit", "-f", file, "--event-id", "build-1", "--wait", "--timeout", patience.String())
	require.Contains(t, told, "Temporal has forgotten the release")
	cli.listsOneRun(h.app())
}

// offers checks for which commands a shell is offered the release, which Temporal lists a moment
// after it has changed.
func (c *commandLine) offers(id string, commands ...string) {
	c.t.Helper()
	for _, command := range []string{"confirm", "abort", "pause", "resume", "rollback", "override", "retry"} {
		require.Eventually(c.t, func() bool {
			return slices.Contains(commands, command) == strings.Contains(c.out(0, "__complete", "release", command, ""), id)
		}, patience, 50*time.Millisecond, command)
	}
}

// listsOneRun checks that a release that was reset is listed once.
func (c *commandLine) listsOneRun(app release.App) {
	c.t.Helper()
	id, events := c.request(app, "reset", gray())
	c.until(events, release.EventBatchWaiting, 1)
	c.resetParked(id)
	want := []row{{ID: id, Artifact: scenario.NewImage}}
	lists := func(want []row, filter ...string) { // what Temporal lists follows a moment later
		c.t.Helper()
		require.Eventually(c.t, func() bool { return slices.Equal(want, c.rows(filter...)) }, patience, 50*time.Millisecond)
	}
	lists(want, "--app", app.SearchValue())
	lists(want, "--app", app.SearchValue(), "--phase", "AwaitingConfirm")
	c.confirmAll(id)
	c.result(id)
	lists(want, "--app", app.SearchValue(), "--outcome", "Succeeded")
	require.Empty(c.t, c.rows("--app", app.SearchValue(), "--phase", "AwaitingConfirm"), "the run that was reset is in that phase for ever")
}

// row is a release in a list.
type row struct{ ID, Stopped, Artifact string }

// rows are the releases that are listed.
func (c *commandLine) rows(filter ...string) (rows []row) {
	c.t.Helper()
	out := c.out(0, append([]string{"release", "list", "-o", "json"}, filter...)...)
	require.NoError(c.t, json.Unmarshal([]byte(out), &rows))
	return rows
}

// remembers checks what the command line knows of an aborted release once Temporal has
// forgotten it.
func (c *commandLine) remembers(app release.App, id string) {
	c.t.Helper()
	c.forget(id)
	picture, told := c.run(0, "release", "get", id)
	require.Contains(c.t, told, "Temporal has forgotten the release")
	require.Contains(c.t, picture, "Aborted")
	require.Contains(c.t, c.out(4, "release", "watch", id, "--timeout", patience.String()), "Aborted")
	var p release.Progress
	require.NoError(c.t, json.Unmarshal([]byte(c.out(0, "release", "get", id, "-o", "json")), &p))
	require.Equal(c.t, id, p.ReleaseID)
	require.Equal(c.t, release.PhaseAborted, p.Outcome)

	require.NotContains(c.t, c.out(0, "release", "list", "--app", app.SearchValue()), id)
	require.Contains(c.t, c.out(0, "release", "list", "--app", app.SearchValue(), "--forgotten"), id)
	require.Contains(c.t, c.out(0, "release", "list", "--forgotten", "--outcome", "Aborted", "--all"), id)
	require.NotContains(c.t, c.out(0, "release", "list", "--forgotten", "--outcome", "Succeeded", "--all"), id)

	require.Regexp(c.t, `(?s)Succeeded.*Aborted.*`+id, c.out(0, "history", app.SearchValue()))
	var records []ledger.Record
	require.NoError(c.t, json.Unmarshal([]byte(c.out(0, "history", app.SearchValue(), "-o", "json", "--limit", "1")), &records))
	require.Len(c.t, records, 1)
	require.Equal(c.t, release.PhaseSucceeded, records[0].Outcome)
	require.Contains(c.t, c.out(0, "__complete", "history", ""), app.SearchValue())
	require.Contains(c.t, c.errOut(0, "history", "sae/cn-hangzhou/nobody"), "the ledger has no release")
}

// forget deletes the workflow of a release or set, as Temporal does once its retention has passed.
func (h *house) forget(id string) {
	h.t.Helper()
	ticker := time.NewTicker(20 * time.Millisecond)
	defer ticker.Stop()
	for h.started(id) {
		// Asked again and again: the server puts a deletion off for long that comes before it is
		// done with the end of the workflow.
		_, err := h.Client.WorkflowService().DeleteWorkflowExecution(h.ctx, &workflowservice.DeleteWorkflowExecutionRequest{
			Namespace: stack.Namespace, WorkflowExecution: &commonpb.WorkflowExecution{WorkflowId: release.CommandTargetID(id)},
		})
		if _, gone := errors.AsType[*serviceerror.NotFound](err); !gone {
			require.NoError(h.t, err)
		}
		select {
		case <-ticker.C:
		case <-h.ctx.Done():
			require.Fail(h.t, "Temporal does not forget "+id)
		}
	}
}

// commandLine runs the binary in the environment of the stack.
type commandLine struct {
	*house

	binary string
	// without are variables that the commands do not have.
	without []string
	// with are variables that count before those of the stack, as name=value.
	with []string
	// dir is where the commands run; empty is the folder of the test.
	dir string
}

// command is the binary with arguments, in the environment of the stack.
func (c *commandLine) command(args ...string) *exec.Cmd {
	cmd := exec.CommandContext(c.ctx, c.binary, args...)
	cmd.Dir = c.dir
	env := c.Env()
	maps.DeleteFunc(env, func(key, _ string) bool { return slices.Contains(c.without, key) })
	cmd.Env = append(scenario.Environ(env), c.with...)
	return cmd
}

func (c *commandLine) releaseFile(app release.App, strategy string) string {
	path := filepath.Join(c.t.TempDir(), "release.yaml")
	text := fmt.Sprintf("apiVersion: slipway.dev/v1\nkind: Release\nspec:\n  app: {platform: sae, region: %s, id: %s}\n  artifact: {image: %q}\n  strategy: %s\n",
		app.Region, app.ID, scenario.NewImage, strategy)
	require.NoError(c.t, os.WriteFile(path, []byte(text), 0o600))
	return path
}

// run returns what the command wrote, and checks its exit code.
func (c *commandLine) run(code int, args ...string) (stdout, stderr string) {
	c.t.Helper()
	var out, errs bytes.Buffer
	cmd := c.command(args...)
	cmd.Stdout, cmd.Stderr = &out, &errs
	err := cmd.Run()
	got := 0
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		got = exit.ExitCode()
	} else {
		require.NoError(c.t, err)
	}
	require.Equal(c.t, code, got, "slipway %v\n%s%s", args, out.String(), errs.String())
	return string(bytes.TrimSpace(out.Bytes())), errs.String()
}

func (c *commandLine) out(code int, args ...string) string {
	c.t.Helper()
	stdout, _ := c.run(code, args...)
	return stdout
}

func (c *commandLine) errOut(code int, args ...string) string {
	c.t.Helper()
	_, stderr := c.run(code, args...)
	return stderr
}
