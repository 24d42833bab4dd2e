package embedded_test

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	sdklog "go.temporal.io/sdk/log"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"slipway/devstack/embedded"
)

const taskQueue = "embedded-test"

// quiet is the logger of the SDK's clients and workers in these tests.
func quiet() sdklog.Logger { return sdklog.NewStructuredLogger(slog.New(slog.DiscardHandler)) }

func startTemporal(t *testing.T, cfg embedded.TemporalConfig) *embedded.Temporal {
	t.Helper()
	cfg.Logger = slog.New(slog.NewTextHandler(t.Output(), nil))
	server, err := embedded.StartTemporal(t.Context(), cfg)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, server.Close()) })
	return server
}

func dial(t *testing.T, server *embedded.Temporal, namespace string) client.Client {
	t.Helper()
	c, err := client.DialContext(t.Context(), client.Options{
		HostPort: server.Addr(), Namespace: namespace, Logger: quiet(),
	})
	require.NoError(t, err)
	t.Cleanup(c.Close)
	return c
}

func startWorker(t *testing.T, c client.Client, register func(worker.Registry)) {
	t.Helper()
	w := worker.New(c, taskQueue, worker.Options{})
	register(w)
	require.NoError(t, w.Start())
	t.Cleanup(w.Stop)
}

func TestTemporalRunsAWorkflowInMemory(t *testing.T) {
	t.Parallel()
	server := startTemporal(t, embedded.TemporalConfig{})
	c := dial(t, server, "default")
	startWorker(t, c, func(r worker.Registry) {
		r.RegisterWorkflowWithOptions(func(_ workflow.Context, name string) (string, error) {
			return "hello " + name, nil
		}, workflow.RegisterOptions{Name: "greet"})
	})

	run, err := c.ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{TaskQueue: taskQueue}, "greet", "slipway")
	require.NoError(t, err)
	var greeting string
	require.NoError(t, run.Get(t.Context(), &greeting))
	require.Equal(t, "hello slipway", greeting)
}

func TestTemporalFindsItsStateAgain(t *testing.T) {
	t.Parallel()
	// Characters with a meaning in a database URI are part of a path here.
	first := filepath.Join(t.TempDir(), "100% data?dir#1")
	cfg := embedded.TemporalConfig{DataDir: first, Namespace: "orders", Retention: 8 * 24 * time.Hour, Keywords: []string{"SlipwayApp"}}

	server := startTemporal(t, cfg)
	c := dial(t, server, cfg.Namespace)
	app := temporal.NewSearchAttributeKeyKeyword("SlipwayApp")
	_, err := c.ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{
		ID: "parked", TaskQueue: taskQueue,
		TypedSearchAttributes: temporal.NewSearchAttributes(app.ValueSet("shop")),
	}, "no-worker-takes-this")
	require.NoError(t, err, "an attribute can be used from the start")
	require.NoError(t, server.Close())

	// A server keeps its database open within a process. Under another name it
	// has to read what is on disk.
	cfg.DataDir = filepath.Join(t.TempDir(), "moved")
	require.NoError(t, os.Rename(first, cfg.DataDir))
	server = startTemporal(t, cfg)
	c = dial(t, server, cfg.Namespace)

	described, err := c.DescribeWorkflowExecution(t.Context(), "parked", "")
	require.NoError(t, err)
	require.Equal(t, enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING, described.GetWorkflowExecutionInfo().GetStatus())
	require.Contains(t, described.GetWorkflowExecutionInfo().GetSearchAttributes().GetIndexedFields(), "SlipwayApp")
	listed, err := c.ListWorkflow(t.Context(), &workflowservice.ListWorkflowExecutionsRequest{Query: "SlipwayApp = 'shop'"})
	require.NoError(t, err)
	require.Len(t, listed.GetExecutions(), 1)

	namespace, err := c.WorkflowService().DescribeNamespace(t.Context(),
		&workflowservice.DescribeNamespaceRequest{Namespace: cfg.Namespace})
	require.NoError(t, err)
	require.Equal(t, cfg.Retention, namespace.GetConfig().GetWorkflowExecutionRetentionTtl().AsDuration())
}

// A backlog of one busy key and one quiet key with one slot to run them: with
// priorities the urgent task comes first, with fairness the quiet key does not
// wait for the busy one to finish.
func TestTemporalKnowsPriorityAndFairness(t *testing.T) {
	t.Parallel()
	const busyTasks = 12
	server := startTemporal(t, embedded.TemporalConfig{})
	c := dial(t, server, "default")

	started := make(chan string, busyTasks+2)
	start := func(id string, priority temporal.Priority) {
		_, err := c.ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{
			ID: id, TaskQueue: taskQueue, Priority: priority,
		}, "note")
		require.NoError(t, err)
	}
	for i := range busyTasks {
		start(fmt.Sprintf("busy-%02d", i), temporal.Priority{PriorityKey: 3, FairnessKey: "busy"})
	}
	start("quiet", temporal.Priority{PriorityKey: 3, FairnessKey: "quiet"})
	start("urgent", temporal.Priority{PriorityKey: 1, FairnessKey: "busy"})

	w := worker.New(c, taskQueue, worker.Options{
		MaxConcurrentWorkflowTaskPollers:       2, // the SDK wants one of them for its sticky queue
		MaxConcurrentWorkflowTaskExecutionSize: 2,
	})
	w.RegisterWorkflowWithOptions(func(ctx workflow.Context) error {
		started <- workflow.GetInfo(ctx).WorkflowExecution.ID
		return nil
	}, workflow.RegisterOptions{Name: "note"})
	require.NoError(t, w.Start())
	t.Cleanup(w.Stop)

	position := map[string]int{}
	for i := range busyTasks + 2 {
		select {
		case id := <-started:
			position[id] = i
		case <-t.Context().Done():
			require.FailNow(t, "not all workflows started", "so far: %v", position)
		}
	}
	require.Less(t, position["urgent"], 3, "positions: %v", position)
	require.Less(t, position["quiet"], busyTasks/2, "positions: %v", position)
}

func TestTemporalUpdatesWithStart(t *testing.T) {
	t.Parallel()
	server := startTemporal(t, embedded.TemporalConfig{})
	c := dial(t, server, "default")
	startWorker(t, c, func(r worker.Registry) {
		r.RegisterWorkflowWithOptions(func(ctx workflow.Context) error {
			submitted := 0
			if err := workflow.SetUpdateHandler(ctx, "submit", func(_ workflow.Context) (int, error) {
				submitted++
				return submitted, nil
			}); err != nil {
				return err
			}
			return workflow.Await(ctx, func() bool { return submitted == 2 })
		}, workflow.RegisterOptions{Name: "lane"})
	})

	for want := 1; want <= 2; want++ {
		handle, err := c.UpdateWithStartWorkflow(t.Context(), client.UpdateWithStartWorkflowOptions{
			StartWorkflowOperation: c.NewWithStartWorkflowOperation(client.StartWorkflowOptions{
				ID: "lane", TaskQueue: taskQueue,
				WorkflowIDConflictPolicy: enumspb.WORKFLOW_ID_CONFLICT_POLICY_USE_EXISTING,
			}, "lane"),
			UpdateOptions: client.UpdateWorkflowOptions{
				UpdateName: "submit", WaitForStage: client.WorkflowUpdateStageCompleted,
			},
		})
		require.NoError(t, err)
		var got int
		require.NoError(t, handle.Get(t.Context(), &got))
		require.Equal(t, want, got)
	}
}

func TestTemporalServesItsUI(t *testing.T) {
	t.Parallel()
	server := startTemporal(t, embedded.TemporalConfig{UIAddr: "localhost:0"})
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet,
		server.UIURL()+"/api/v1/namespaces/default", nil)
	require.NoError(t, err)
	response, err := http.DefaultClient.Do(request)
	require.NoError(t, err)
	defer func() { require.NoError(t, response.Body.Close()) }()
	require.Equal(t, http.StatusOK, response.StatusCode, "the UI reaches the server")
}

func TestTemporalRefuses(t *testing.T) {
	t.Parallel()
	taken := startTemporal(t, embedded.TemporalConfig{DataDir: t.TempDir()})
	dir := t.TempDir()
	startTemporal(t, embedded.TemporalConfig{DataDir: dir})

	for name, test := range map[string]struct {
		cfg  embedded.TemporalConfig
		want error
	}{
		"an address other machines reach": {embedded.TemporalConfig{Addr: "0.0.0.0:0"}, embedded.ErrNotLoopback},
		"a UI other machines reach":       {embedded.TemporalConfig{UIAddr: "0.0.0.0:0"}, embedded.ErrNotLoopback},
		"a taken port":                    {embedded.TemporalConfig{Addr: taken.Addr()}, embedded.ErrAddressInUse},
		"a data directory in use":         {embedded.TemporalConfig{DataDir: dir}, embedded.ErrDataDirInUse},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := embedded.StartTemporal(t.Context(), test.cfg)
			require.ErrorIs(t, err, test.want)
		})
	}
}

func TestTemporalStartEndsWithItsContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	dir := t.TempDir()
	_, err := embedded.StartTemporal(ctx, embedded.TemporalConfig{DataDir: dir})
	require.ErrorIs(t, err, context.Canceled)
	startTemporal(t, embedded.TemporalConfig{DataDir: dir})
}
