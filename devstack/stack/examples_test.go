package stack_test

import (
	"bytes"
	"context"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"

	"slipway/devstack/scenario"
	"slipway/devstack/stack"
	"slipway/release"
	"slipway/releases"
)

// patience bounds every wait of a test; nothing takes it when all is well.
const patience = 5 * time.Minute

// example is one file of examples/, and how it ends.
type example struct {
	name string
	ends release.Phase
	// after says what the release has to show once it has ended.
	after func(t *testing.T, p release.Progress)
}

// examples is every file, in an order in which they can be submitted one after the other.
func examples() []example {
	return []example{
		{name: "all", ends: release.PhaseSucceeded},
		{name: "rollback", ends: release.PhaseSucceeded, after: func(t *testing.T, p release.Progress) {
			t.Helper()
			require.Contains(t, p.Artifact.String(), "shop:1.4.1", "back to what ran before all.yaml")
		}},
		{name: "fc-gray", ends: release.PhaseSucceeded},
		{name: "fc-rollback", ends: release.PhaseSucceeded, after: func(t *testing.T, p release.Progress) {
			t.Helper()
			require.Equal(t, "2", p.ChangeID, "the version before fc-gray.yaml")
		}},
		{name: "fc-all", ends: release.PhaseSucceeded},
		{name: "fc-rescale", ends: release.PhaseSucceeded},
		{name: "servicestage-gray", ends: release.PhaseSucceeded},
		{name: "servicestage-rollback", ends: release.PhaseSucceeded, after: func(t *testing.T, p release.Progress) {
			t.Helper()
			require.Contains(t, p.Artifact.String(), "shop/web:1.4.1", "back to what ran before servicestage-gray.yaml")
		}},
		{name: "servicestage-headers", ends: release.PhaseSucceeded, after: func(t *testing.T, p release.Progress) {
			t.Helper()
			require.Equal(t, &release.TrafficState{Applied: true, Cleared: true}, p.Traffic)
		}},
		{name: "batch", ends: release.PhaseSucceeded},
		{name: "gray-auto", ends: release.PhaseSucceeded},
		{name: "gray-manual", ends: release.PhaseSucceeded},
		{name: "gates", ends: release.PhaseSucceeded, after: func(t *testing.T, p release.Progress) {
			t.Helper()
			require.Len(t, p.Gates, 6, "three gates after each batch but the last")
			for _, verdict := range p.Gates {
				require.Equal(t, release.VerdictPass, verdict.Verdict, "%s: %s", verdict.Name, verdict.Reason)
			}
		}},
		{name: "approval", ends: release.PhaseSucceeded, after: func(t *testing.T, p release.Progress) {
			t.Helper()
			require.True(t, p.Approval.Granted())
			require.Equal(t, 1, p.Approval.Batch, "of the gray batch, after that of the release")
		}},
		{name: "traffic", ends: release.PhaseSucceeded},
		{name: "config", ends: release.PhaseSucceeded},
		{name: "config-only", ends: release.PhaseSucceeded},
		{name: "restart", ends: release.PhaseSucceeded},
		{name: "rescale", ends: release.PhaseSucceeded},
		{name: "job", ends: release.PhaseSucceeded, after: func(t *testing.T, p release.Progress) {
			t.Helper()
			require.Equal(t, release.RunSucceeded, p.Job.State)
		}},
		{name: "freeze-override", ends: release.PhaseSucceeded},
		{name: "watch", ends: release.PhaseSucceeded, after: func(t *testing.T, p release.Progress) {
			t.Helper()
			require.Len(t, p.Gates, 1)
			require.Equal(t, release.VerdictPass, p.Gates[0].Verdict, p.Gates[0].Reason)
		}},
		// It would wait for two o'clock at night; the test ends it then.
		{name: "schedule", ends: release.PhaseAborted},
	}
}

// demo starts what `make up` brings up, with faster clouds.
func demo(ctx context.Context, t *testing.T) *stack.Stack {
	t.Helper()
	starting, started := context.WithCancel(ctx)
	defer started() // what runs outlives the start
	s, err := stack.Start(starting, stack.Config{
		Demo: true, Speed: 20, Settle: time.Second, Log: zerolog.New(zerolog.NewTestWriter(t)).Level(zerolog.WarnLevel),
	})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	return s
}

// TestExamples_EachCanBeSubmittedAsItIs submits every file of examples/ to what `make up` brings
// up. The times between batches are cut short and the addresses of gates are those of this stack; all else is
// as it stands in the file.
func TestExamples_EachCanBeSubmittedAsItIs(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	s := demo(ctx, t)
	t.Cleanup(func() {
		require.Empty(t, s.Sim().Calls().Ignored, "parameters that the simulator took and that did nothing")
	})
	c := releases.New(s.Client)

	submitted := map[string]bool{"set": true, "set-by-name": true, "application": true} // the last two by TestExamples_AnApplicationIsReleasedByItsName
	for _, e := range examples() {
		submitted[e.name] = true
		id := submit(t, s, "release", e.name)
		p := confirmAll(ctx, t, c, id)
		require.Equal(t, e.ends, p.Outcome, "examples/%s.yaml: %s", e.name, p.Reason)
		if e.after != nil {
			e.after(t, p)
		}
	}
	set := submit(t, s, "set", "set")
	require.Eventually(t, func() bool {
		status, err := c.GetSet(ctx, set)
		require.NoError(t, err)
		if awaiting := status.Progress.Awaiting; awaiting != nil {
			_, err = c.SendSetCommand(ctx, set, release.Command{Kind: release.CommandConfirm, Batch: awaiting.Batch, By: "ann"})
			require.NoError(t, err)
		}
		require.Contains(t, []release.Phase{"", release.PhaseSucceeded}, status.Progress.Outcome, status.Progress.Reason)
		return status.Progress.Outcome == release.PhaseSucceeded
	}, patience, 50*time.Millisecond)

	files, err := filepath.Glob("../../examples/*.yaml") // what is in folders is no release
	require.NoError(t, err)
	for _, file := range files {
		require.True(t, submitted[strings.TrimSuffix(filepath.Base(file), ".yaml")], "no test submits %s", file)
	}
}

// submit submits an example by the command line and returns the ID once Temporal has it.
func submit(t *testing.T, s *stack.Stack, kind, name string) string {
	t.Helper()
	ctx := t.Context()
	text, err := os.ReadFile(filepath.Join("../../examples", name+".yaml"))
	require.NoError(t, err)
	short := regexp.MustCompile(`(bake|interval): \d+[ms]`).ReplaceAll(text, []byte("$1: 1s"))
	short = bytes.ReplaceAll(short, []byte("for: 30m"), []byte("for: 6s"))
	short = bytes.ReplaceAll(short, []byte("http://127.0.0.1:8098"), []byte(s.Monitor()))
	monitor, err := url.Parse(s.Monitor())
	require.NoError(t, err)
	short = bytes.ReplaceAll(short, []byte("port: 8098"), []byte("port: "+monitor.Port()))
	file := filepath.Join(t.TempDir(), name+".yaml")
	require.NoError(t, os.WriteFile(file, short, 0o600))

	binary := os.Getenv("SLIPWAY_BIN") //nolint:forbidigo // the build says where the binary is
	require.NotEmpty(t, binary, "SLIPWAY_BIN must name a slipway binary; run `make test-system`")
	cmd := exec.CommandContext(ctx, binary, kind, "submit", "-f", file)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	cmd.Env = scenario.Environ(s.Env())
	require.NoError(t, cmd.Run(), "examples/%s.yaml: %s", name, stderr.String())
	id := strings.TrimSpace(stdout.String())
	require.Eventually(t, func() bool {
		_, err := s.Client.DescribeWorkflowExecution(ctx, release.CommandTargetID(id), "")
		return err == nil
	}, patience, 20*time.Millisecond)
	return id
}

// confirmAll confirms every batch that waits for it, and returns the release once it has ended.
func confirmAll(ctx context.Context, t *testing.T, c *releases.Client, id string) release.Progress {
	t.Helper()
	var p release.Progress
	require.Eventually(t, func() bool {
		status, err := c.Get(ctx, id)
		require.NoError(t, err)
		p = status.Progress
		if p.Outcome != "" || p.Awaiting == nil {
			return p.Outcome != ""
		}
		switch p.Awaiting.Kind { //nolint:exhaustive // the others end by themselves
		case release.AwaitConfirm:
			_, err = c.SendCommand(ctx, id, release.Command{Kind: release.CommandConfirm, Batch: p.Awaiting.Batch, By: "ann"})
		case release.AwaitApproval:
			approve := p.Deciding(release.CommandApprove)
			approve.By = p.Approval.From[len(p.Approval.Given)]
			_, err = c.SendCommand(ctx, id, approve)
		case release.AwaitSchedule:
			zone, zoneErr := time.LoadLocation("Asia/Shanghai")
			require.NoError(t, zoneErr)
			require.Equal(t, "02:00", p.Awaiting.Until.In(zone).Format("15:04"))
			_, err = c.SendCommand(ctx, id, release.Command{Kind: release.CommandAbort, By: "ann"})
		default:
		}
		require.NoError(t, err)
		return false
	}, patience, 20*time.Millisecond)
	return p
}
