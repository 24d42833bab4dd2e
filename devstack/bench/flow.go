package bench

import (
	"context"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"

	"slipway/devstack/scenario"
	"slipway/devstack/stack"
	"slipway/release"
	"slipway/wire"
)

// publishers is how many publish at the same time.
const publishers = 32

// crowd is how many publish at the same time, and what is measured of it.
type crowd struct {
	*stack.Stack

	apps []release.App
	// rounds numbers what is published, so that each is another event.
	rounds int
}

// newCrowd creates the applications, each of which is asked for once a round.
func newCrowd(ctx context.Context, s *stack.Stack, n int) (*crowd, error) {
	sae, err := s.SAEClient()
	if err != nil {
		return nil, err
	}
	defer sae.CloseIdleConnections()
	c := &crowd{Stack: s, apps: make([]release.App, n)}
	var creating errgroup.Group
	creating.SetLimit(publishers)
	for i := range c.apps {
		creating.Go(func() (err error) {
			c.apps[i], err = scenario.CreateAppWithoutRules(ctx, sae, fmt.Sprintf("bench-%d", i))
			return err
		})
	}
	return c, creating.Wait()
}

// request publishes a release of the application of a number, and returns its ID.
func (c *crowd) request(ctx context.Context, app int, strategy release.Strategy) (string, error) {
	return scenario.Request(ctx, c.JetStream, fmt.Sprintf("bench-%d-%d", c.rounds, app), release.Spec{
		App: c.apps[app], Artifact: release.Artifact{Image: fmt.Sprintf("registry.example/shop:2.%d", c.rounds)},
		Strategy: strategy, RequestedBy: "bench",
	})
}

// latency is the time from the event until the platform has the order of its release, by the clock of its simulator, which is
// that of the machine. Each round is of the next application.
func (c *crowd) latency(ctx context.Context) (took time.Duration, workflowID string, err error) {
	c.rounds++
	app := c.rounds % len(c.apps)
	before, begun := len(c.Sim().Orders(c.apps[app].ID)), time.Now()
	id, err := c.request(ctx, app, release.Strategy{Type: release.StrategyAll})
	if err != nil {
		return 0, "", err
	}
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for {
		if orders := c.Sim().Orders(c.apps[app].ID); len(orders) > before {
			return orders[before].CreatedAt.Sub(begun), release.WorkflowID(id), nil
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return 0, "", fmt.Errorf("bench: release %s has no order: %w", id, context.Cause(ctx))
		}
	}
}

// burst is how long many take, published by 32 at the same time.
type burst struct {
	accepted, finished time.Duration
	// processor is how much processor time it took, of the servers, too.
	processor time.Duration
}

// send publishes numbers from 0 by 32 publishers, and waits until a work queue is empty, and then for the end of each workflow.
func (c *crowd) send(ctx context.Context, stream string, publish func(n int) (workflowID string, err error)) (b burst, err error) {
	begun, used := time.Now(), processorTime()
	ids := make([]string, len(c.apps))
	var publishing errgroup.Group
	for p := range publishers {
		publishing.Go(func() (err error) {
			for n := p; n < len(ids) && err == nil; n += publishers {
				ids[n], err = publish(n)
			}
			return err
		})
	}
	if err := publishing.Wait(); err != nil {
		return b, err
	}
	if err := c.drained(ctx, stream); err != nil {
		return b, err
	}
	b.accepted = time.Since(begun)
	err = c.ended(ctx, ids)
	b.finished, b.processor = time.Since(begun), processorTime()-used
	return b, err
}

// ended returns once all workflows have ended.
func (c *crowd) ended(ctx context.Context, workflowIDs []string) error {
	var ending errgroup.Group
	for _, id := range workflowIDs {
		ending.Go(func() error { return c.Client.GetWorkflow(ctx, id, "").Get(ctx, nil) })
	}
	return ending.Wait()
}

// lookEvery is how often it is looked whether a work queue is empty, or an order there.
const lookEvery = 5 * time.Millisecond

// drained returns once a work queue is empty.
func (c *crowd) drained(ctx context.Context, name string) error {
	stream, err := c.JetStream.Stream(ctx, name)
	if err != nil {
		return err
	}
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for {
		info, err := stream.Info(ctx)
		if err != nil || info.State.Msgs == 0 {
			return err
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return fmt.Errorf("bench: %s still has %d messages: %w", name, info.State.Msgs, context.Cause(ctx))
		}
	}
}

// releases sends a release of each application.
func (c *crowd) releases(ctx context.Context, strategy release.Strategy) (burst, error) {
	c.rounds++
	return c.send(ctx, wire.StreamIn, func(n int) (string, error) {
		id, err := c.request(ctx, n, strategy)
		return release.WorkflowID(id), err
	})
}

// errands sends as many errands to the floor.
func (c *crowd) errands(ctx context.Context, f *floor, steps int) (burst, error) {
	c.rounds++
	return c.send(ctx, floorStream, func(n int) (string, error) {
		e := errand{Key: fmt.Sprintf("%d-%d", c.rounds, n), Steps: steps}
		return e.mailboxID(), f.publish(ctx, e)
	})
}
