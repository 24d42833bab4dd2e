// Package demo is the main job in a minute: one event becomes a gray release that waits
// for confirmations, survives the death of its worker, and puts everything back.
package demo

import (
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"slipway/devstack/scenario"
	"slipway/devstack/stack"
	"slipway/release"
	"slipway/saeclient"
)

// Config says with what the demo runs.
type Config struct {
	// Slipway is the path of the slipway binary, which runs as the worker process.
	Slipway string
	// Out receives the story; Log the workers' lines.
	Out, Log io.Writer
}

// show is the demo under way.
type show struct {
	Config

	began  time.Time
	stack  *stack.Stack
	sae    *saeclient.Client
	worker *scenario.Process
	app    release.App
	id     string
	events *scenario.Events
}

// Run plays the demo on a stack without a worker; an error is a release that did not
// end as promised.
func Run(ctx context.Context, st *stack.Stack, c Config) error {
	s := &show{Config: c, began: time.Now(), stack: st}
	for _, scene := range []func(context.Context) error{s.open, s.request, s.untilParked, s.loseWorker, s.confirmRest, s.check} {
		if err := scene(ctx); err != nil {
			return err
		}
	}
	return nil
}

// printf prints one line. A reader who stops reading stops nothing.
func (s *show) printf(format string, args ...any) {
	_, _ = fmt.Fprintf(s.Out, "%6.1fs  %s\n", time.Since(s.began).Seconds(), fmt.Sprintf(format, args...))
}

// open starts the worker and creates the application.
func (s *show) open(ctx context.Context) (err error) {
	s.printf("Temporal %s · NATS %s · SAE simulator %s", s.stack.Temporal(), s.stack.NATS(), s.stack.SAE())
	if err := s.startWorker(ctx); err != nil {
		return err
	}
	if s.sae, err = s.stack.SAEClient(); err != nil {
		return err
	}
	if s.app, err = scenario.CreateApp(ctx, s.sae, "shop"); err != nil {
		return err
	}
	s.printf("application shop (%s): %d instances of %s, scaling rules %s", s.app.ID, scenario.Instances, scenario.OldImage, switches(scenario.Rules()))
	return nil
}

func (s *show) startWorker(ctx context.Context) (err error) {
	s.worker, err = scenario.Launch{Binary: s.Slipway, Role: "worker", Env: s.stack.Env(), Log: s.Log}.Start(ctx)
	if err == nil {
		s.printf("worker process %d started", s.worker.PID())
	}
	return err
}

// request publishes the one event.
func (s *show) request(ctx context.Context) (err error) {
	s.id, err = scenario.Request(ctx, s.stack.JetStream, "build-42", release.Spec{
		App: s.app, Artifact: release.Artifact{Image: scenario.NewImage},
		Strategy:    release.Strategy{Type: release.StrategyGray, Gray: 1, Batches: 2, Confirm: release.ConfirmManual},
		RequestedBy: "demo", Note: "orders: fix rounding",
	})
	if err != nil {
		return err
	}
	s.printf("event published: release %s of %s, gray 1 + 2 batches, manual", s.id, scenario.NewImage)
	s.events, err = scenario.Follow(ctx, s.stack.JetStream, s.id)
	return err
}

// untilParked follows the release until a batch waits for a person.
func (s *show) untilParked(ctx context.Context) error {
	p, err := s.follow(ctx, release.EventBatchWaiting)
	if err != nil {
		return err
	}
	rules, err := scenario.ReadRules(ctx, s.sae, s.app.ID)
	if err != nil {
		return err
	}
	s.printf("parked after batch %d; scaling rules meanwhile: %s", p.Awaiting.Batch, switches(rules))
	return nil
}

// loseWorker kills the worker while the batch is parked and starts another.
func (s *show) loseWorker(ctx context.Context) error {
	if err := s.worker.Kill(); err != nil {
		return err
	}
	s.printf("worker process %d killed with SIGKILL", s.worker.PID())
	return s.startWorker(ctx)
}

// confirmRest confirms each batch that waits, by events, until the release ends.
func (s *show) confirmRest(ctx context.Context) error {
	for batch := 1; batch <= 2; batch++ {
		err := scenario.Command(ctx, s.stack.JetStream, s.id, release.Command{
			ID: fmt.Sprintf("confirm-%d", batch), Kind: release.CommandConfirm, Batch: batch, By: "release-engineer", Note: "looks good",
		})
		if err != nil {
			return err
		}
		s.printf("confirmation of batch %d published", batch)
		next := release.EventBatchWaiting
		if batch == 2 {
			next = release.EventSucceeded
		}
		if _, err := s.follow(ctx, next); err != nil {
			return err
		}
	}
	return nil
}

// follow shows each event up to the one of the given kind.
func (s *show) follow(ctx context.Context, until release.EventKind) (release.Progress, error) {
	for {
		event, err := s.events.Next(ctx)
		if err != nil {
			return release.Progress{}, err
		}
		p := event.Progress
		s.printf("event %-16s %-16s %s", event.Kind, p.Phase, batches(p))
		if event.Kind == until {
			return p, nil
		}
		if p.Phase.Ended() {
			return p, fmt.Errorf("the release ended %s: %s", p.Phase, p.Reason)
		}
	}
}

// switches names rules and whether they are on, in the order of their names.
func switches(rules map[string]bool) string {
	words := map[bool]string{true: "on", false: "off"}
	var all []string
	for _, name := range slices.Sorted(maps.Keys(rules)) {
		all = append(all, name+" "+words[rules[name]])
	}
	return strings.Join(all, ", ")
}

func batches(p release.Progress) string {
	all := make([]string, len(p.Batches))
	for i, b := range p.Batches {
		all[i] = fmt.Sprintf("%d:%s(%d)", b.Number, b.State, b.Instances)
	}
	return strings.Join(all, "  ")
}

// check compares the end with what was promised.
func (s *show) check(ctx context.Context) error {
	s.events.Stop()
	rules, err := scenario.ReadRules(ctx, s.sae, s.app.ID)
	if err != nil {
		return err
	}
	if !maps.Equal(rules, scenario.Rules()) {
		return fmt.Errorf("scaling rules are %v and were %v", rules, scenario.Rules())
	}
	deploys := 0
	for _, o := range s.stack.Sim().Orders(s.app.ID) {
		if o.Type != saeclient.CoTypeCreateApp {
			deploys++
		}
	}
	if deploys != 1 {
		return fmt.Errorf("%d change orders were begun instead of one", deploys)
	}
	s.printf("Succeeded: one change order, scaling rules exactly as before: %s", switches(rules))
	return s.worker.Stop()
}
