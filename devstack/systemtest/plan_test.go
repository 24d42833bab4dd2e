package systemtest_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/txtar"
	"github.com/stretchr/testify/require"
	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/workflowservice/v1"

	"slipway/devstack/scenario"
	"slipway/devstack/stack"
	"slipway/release"
	"slipway/releases"
	"slipway/saeclient"
	"slipway/wire"
)

// TestPlan_ChangesNothing plans over HTTP, with the real servers, and counts what is called.
func TestPlan_ChangesNothing(t *testing.T) {
	t.Parallel()
	h := start(t, stack.Config{})
	cli := &commandLine{house: h, binary: slipwayBinary(t)}
	app := h.app()
	h.Sim().ResetCalls()

	good := cli.plan(0, "plan", "-f", cli.releaseFile(app, "{type: gray, batches: 2}"))
	require.Equal(t, scenario.NewImage, good.Brings.Artifact.Image)
	require.Len(t, good.Batches, 3)
	require.NotEmpty(t, good.ScalingRules)
	require.Empty(t, good.Waits)
	bad := cli.plan(2, "plan", "-f", cli.releaseFile(app, "{type: batch, batches: 99}"))
	require.Len(t, bad.Refusals, 1)
	require.Equal(t, 4, cli.plan(0, "rescale", app.SearchValue(), "--instances", "4", "--plan").Instances.After)
	require.Empty(t, cli.plan(0, "restart", app.SearchValue(), "--plan").Refusals)
	require.NotEmpty(t, cli.plan(2, "rollback", app.SearchValue(), "--plan").Refusals, "there is one version only")
	require.Contains(t, cli.errOut(2, "rollback", app.SearchValue(), "--plan"), "the release would be refused as it is; nothing was submitted")
	watched := cli.plan(0, "plan", "-f", cli.releaseFile(app, "{type: all, watch: {for: 30m}}"))
	require.Equal(t, 30*time.Minute, watched.Watch.For.Std())
	config := cli.plan(0, "deploy", app.SearchValue(), "--instances", "6", "--variable", "LEVEL=debug", "--plan")
	require.Equal(t, release.PlannedInstances{Before: scenario.Instances, After: 6}, *config.Instances)
	require.Len(t, config.Settings, 2)
	require.Equal(t, scenario.OldImage, config.Brings.Artifact.Image)
	require.Empty(t, h.orders(app))
	h.planJob(cli)

	h.requireReads()
	require.Empty(t, h.orders(app))
	h.requireRulesAsBefore(app)
	require.Empty(t, cli.rows("--app", app.SearchValue()), "no plan is listed as a release")
	stream, err := h.JetStream.Stream(h.ctx, wire.StreamIn)
	require.NoError(t, err)
	info, err := stream.Info(h.ctx)
	require.NoError(t, err)
	require.Zero(t, info.State.LastSeq, "nothing was submitted")

	// The release itself ends with the words of its plan.
	_, refused := h.request(app, "refused", release.Strategy{Type: release.StrategyBatch, Batches: 99, Confirm: release.ConfirmAuto})
	p := h.until(refused, release.EventFailed, 0)
	require.Equal(t, bad.Refusals[0].String()+"; nothing was changed", p.Reason)

	// While a release is parked, another one would wait for it.
	id, events := h.request(app, "parked", gray())
	h.until(events, release.EventBatchWaiting, 1)
	waits := cli.plan(0, "plan", "-f", cli.releaseFile(app, "{type: all}"))
	require.Contains(t, waits.Waits, "release "+id+", which runs")
	h.confirmAll(id)
	h.result(id)
}

// planJob plans releases of a job template.
func (h *house) planJob(cli *commandLine) {
	h.t.Helper()
	h.requireReads()
	job, err := scenario.CreateJob(h.ctx, h.sae, "planned")
	require.NoError(h.t, err)
	h.Sim().ResetCalls()
	both := cli.plan(0, "job", job.SearchValue(), "--image", scenario.NewImage, "--run", "--plan", "--", "migrate", "--all")
	require.Equal(h.t, release.PlannedJob{Brings: true, Runs: true, Command: []string{"migrate", "--all"}}, *both.Job)
	require.Equal(h.t, scenario.OldImage, both.Runs.Artifact.Image)
	require.Equal(h.t, scenario.NewImage, both.Brings.Artifact.Image)
	require.False(h.t, cli.plan(0, "job", job.SearchValue(), "--image", scenario.NewImage, "--keep", "--plan").Return.OnFailure)
	require.Nil(h.t, cli.plan(0, "job", job.SearchValue(), "--run", "--plan").Return)
	h.requireJob(job, scenario.OldImage)
}

// plan runs a command that plans a release.
func (c *commandLine) plan(code int, args ...string) (p release.Plan) {
	c.t.Helper()
	require.NoError(c.t, json.Unmarshal([]byte(c.out(code, append([]string{"-o", "json"}, args...)...)), &p))
	return p
}

// requireReads checks that nothing but reads were asked of the platform.
func (h *house) requireReads() {
	h.t.Helper()
	mutates := map[string]bool{}
	for _, o := range saeclient.Operations() {
		mutates[o.Name] = o.Mutates
	}
	calls := h.Sim().Calls()
	require.NotZero(h.t, calls.Total)
	for name, n := range calls.Operations {
		require.False(h.t, mutates[name], "%s was called %d times", name, n)
	}
}

// TestPlan_KeepsNoValueButInTheQuestion plants a value into a variable of the request: the answer has
// none, and the history only where it is asked about.
func TestPlan_KeepsNoValueButInTheQuestion(t *testing.T) {
	t.Parallel()
	h := start(t, stack.Config{})
	asked := spec(h.app(), all())
	asked.Config = &release.Config{Variables: []release.Variable{{Name: "TOKEN", Value: new(hush)}}}
	plan, err := releases.New(h.Client).Plan(h.ctx, asked)
	require.NoError(t, err)
	answer, err := json.Marshal(plan)
	require.NoError(t, err)
	require.NotContains(t, string(answer), hush)

	var id string
	require.Eventually(t, func() bool {
		found, err := h.Client.ListWorkflow(h.ctx, &workflowservice.ListWorkflowExecutionsRequest{Query: "WorkflowType = 'Plan'"})
		if err == nil && len(found.GetExecutions()) == 1 {
			id = found.GetExecutions()[0].GetExecution().GetWorkflowId()
		}
		return id != ""
	}, patience, 50*time.Millisecond)
	asks := 0
	history := h.Client.GetWorkflowHistory(h.ctx, id, "", false, enums.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	for history.HasNext() {
		e, err := history.Next()
		require.NoError(t, err)
		question := e.GetEventType() == enums.EVENT_TYPE_WORKFLOW_EXECUTION_STARTED ||
			e.GetActivityTaskScheduledEventAttributes().GetActivityType().GetName() == release.ActivityName(release.PlatformSAE, release.VerbSnapshot)
		if question {
			require.Contains(t, e.String(), hush, e.GetEventType())
			asks++
			continue
		}
		require.NotContains(t, e.String(), hush, e.GetEventType())
	}
	require.Equal(t, 2, asks, "the request, and what the platform is asked")
}

// TestPlan_ThePageShowsWhatTheScreensShow holds the pictures of docs/plan.md against the golden screens.
func TestPlan_ThePageShowsWhatTheScreensShow(t *testing.T) {
	t.Parallel()
	archive, err := txtar.ParseFile(filepath.Join("testdata", "screens.txtar"))
	require.NoError(t, err)
	page, err := os.ReadFile(filepath.Join("..", "..", "docs", "plan.md"))
	require.NoError(t, err)
	pictures := []string{"plan.golden", "plan-config.golden", "plan-job.golden", "plan-refused.golden"}
	shown := 0
	for _, f := range archive.Files {
		if f.Name == "plan.yaml" || f.Name == "config.yaml" {
			require.Contains(t, string(page), string(f.Data))
		}
		if !slices.Contains(pictures, f.Name) {
			continue
		}
		_, screen, found := strings.Cut("\n"+string(f.Data), "\n80 columns $ slipway ")
		require.True(t, found, f.Name)
		screen, _, _ = strings.Cut(screen, "\n120 columns $ ")
		_, screen, _ = strings.Cut(screen, "\n") // the page names the command as people give it
		require.Contains(t, string(page), strings.TrimRight(regexp.MustCompile(`(?m)^exits with \d+\n`).ReplaceAllString(screen, ""), "\n"), f.Name)
		shown++
	}
	require.Equal(t, len(pictures), shown)
}
