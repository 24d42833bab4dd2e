package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/rs/zerolog"
	enumspb "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/api/temporalproto"
	"go.temporal.io/sdk/client"

	"slipway/devstack/scenario"
	"slipway/devstack/stack"
	"slipway/release"
	"slipway/saeclient"
	"slipway/saesim"
)

// timeLimit bounds the recording.
const timeLimit = 5 * time.Minute

// recorder plays stories and writes down the histories.
type recorder struct {
	*stack.Stack

	dir string
	out io.Writer
	sae *saeclient.Client
}

// story is one release from its event to its end.
type story struct {
	name     string
	strategy release.Strategy
	limits   release.Limits
	fault    saesim.Fault
	// words are said in their order, each when a batch waits.
	words []release.Command
}

func stories() []story {
	gray := release.Strategy{Type: release.StrategyGray, Gray: 1, Batches: 2, Confirm: release.ConfirmManual}
	confirm := func(batch int) release.Command {
		return release.Command{Kind: release.CommandConfirm, Batch: batch, By: "ann", Note: "fine"}
	}
	soon := release.Duration(time.Second)
	return []story{
		{name: "deploy-succeeded"},
		{name: "deploy-rolled-back", fault: saesim.Fault{Kind: saesim.FaultBatchFails}},
		{name: "deploy-adopted", fault: saesim.Fault{Kind: saesim.FaultDropAfter, Operation: "DeployApplication"}},
		{name: "gray-succeeded", strategy: gray, words: []release.Command{confirm(1), confirm(2)}},
		{name: "gray-failed", strategy: gray, fault: saesim.Fault{Kind: saesim.FaultBatchFails, Batch: 2}, words: []release.Command{confirm(1)}},
		{name: "gray-stuck", strategy: gray, fault: saesim.Fault{Kind: saesim.FaultHang}},
		{name: "gray-aborted", strategy: gray, words: []release.Command{{Kind: release.CommandAbort, By: "ann", Reason: "latency"}}},
		{name: "gray-confirm-limit", strategy: gray, limits: release.Limits{Confirm: soon}},
		{name: "gray-promoted-by-limit", strategy: gray, limits: release.Limits{Confirm: soon, OnConfirmTimeout: release.TimeoutPromote}},
		{name: "batch-auto", strategy: release.Strategy{Type: release.StrategyBatch, Batches: 2, Confirm: release.ConfirmAuto}},
	}
}

func run(ctx context.Context, args []string, out io.Writer) (err error) {
	if len(args) != 1 {
		return errors.New("usage: record-histories DIRECTORY")
	}
	ctx, cancel := context.WithTimeout(ctx, timeLimit)
	defer cancel()
	s, err := stack.Start(ctx, stack.Config{Speed: 20, Settle: time.Second, Log: zerolog.Nop()})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	r := &recorder{Stack: s, dir: args[0], out: out}
	if r.sae, err = s.SAEClient(); err != nil {
		return err
	}
	if err := os.MkdirAll(r.dir, 0o755); err != nil {
		return err
	}
	for i, each := range stories() {
		if err := r.play(ctx, i, each); err != nil {
			return fmt.Errorf("%s: %w", each.name, err)
		}
	}
	return r.playAlone(ctx)
}

// play carries one story out and writes its release and, for the first, its lane.
func (r *recorder) play(ctx context.Context, i int, s story) error {
	app, err := scenario.CreateApp(ctx, r.sae, fmt.Sprintf("app%d", i))
	if err != nil {
		return err
	}
	if s.fault.Kind != "" {
		s.fault.AppID = app.ID
		if _, err := r.Sim().AddFault(s.fault); err != nil {
			return err
		}
	}
	id, err := scenario.Request(ctx, r.JetStream, s.name, release.Spec{
		App: app, Artifact: release.Artifact{Image: scenario.NewImage}, Strategy: s.strategy, Limits: s.limits, RequestedBy: "ci",
	})
	if err != nil {
		return err
	}
	events, err := scenario.Follow(ctx, r.JetStream, id)
	if err != nil {
		return err
	}
	defer events.Stop()
	if _, err := events.Until(ctx, release.EventAccepted, 0); err != nil {
		return err
	}
	for n, word := range s.words {
		if _, err := events.Until(ctx, release.EventBatchWaiting, 0); err != nil {
			return err
		}
		word.ID = fmt.Sprintf("%s-%d", s.name, n)
		if err := scenario.Command(ctx, r.JetStream, id, word); err != nil {
			return err
		}
	}
	if err := r.write(ctx, s.name, r.Client.GetWorkflow(ctx, release.WorkflowID(id), "")); err != nil || i > 0 {
		return err
	}
	return r.write(ctx, "lane", r.Client.GetWorkflow(ctx, release.LaneID(app), ""))
}

// playAlone records the workflows that no event starts.
func (r *recorder) playAlone(ctx context.Context) error {
	app, err := scenario.CreateApp(ctx, r.sae, "alone")
	if err != nil {
		return err
	}
	versions, err := r.sae.ListAppVersions(ctx, &saeclient.ListAppVersionsInput{AppID: &app.ID})
	if err != nil {
		return err
	}
	for name, start := range map[string]struct {
		workflow string
		in       any
	}{
		"rollback": {release.WorkflowRollback, release.Request{ID: "r-rollback", Spec: release.Spec{App: app, Operation: release.OperationRollback, Version: versions.Data[0].ID, RequestedBy: "ann"}}},
		"toggle":   {release.WorkflowToggleScalingRules, release.ToggleRequest{App: app}},
	} {
		handle, err := r.Client.ExecuteWorkflow(ctx, client.StartWorkflowOptions{ID: name, TaskQueue: release.WorkflowTaskQueue}, start.workflow, start.in)
		if err != nil {
			return err
		}
		if err := r.write(ctx, name, handle); err != nil {
			return err
		}
	}
	return nil
}

// write waits for a workflow's end and writes its history.
func (r *recorder) write(ctx context.Context, name string, handle client.WorkflowRun) error {
	if err := handle.Get(ctx, nil); err != nil {
		return err
	}
	var h historypb.History
	events := r.Client.GetWorkflowHistory(ctx, handle.GetID(), "", false, enumspb.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	for events.HasNext() {
		e, err := events.Next()
		if err != nil {
			return err
		}
		h.Events = append(h.Events, e)
	}
	text, err := temporalproto.CustomJSONMarshalOptions{Indent: " "}.Marshal(&h)
	if err != nil {
		return err
	}
	if _, err := fmt.Fprintf(r.out, "%-24s %d events\n", name, len(h.GetEvents())); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(r.dir, name+".json"), append(text, '\n'), 0o644)
}
