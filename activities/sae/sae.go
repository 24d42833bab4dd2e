// Package sae drives Alibaba Cloud Serverless App Engine: it carries out the platform
// verbs of package release with the operations of package saeclient.
//
// It is the only place, with saeclient and the simulator, that knows SAE's words: change
// order statuses, pipelines, error codes. A reading verb is safe to repeat by nature, and an
// idempotent one because it checks the state first. A verb that begins a change order sends
// its call once: whether it has acted when its answer is lost, FindChange finds out.
package sae

import (
	"context"
	"errors"
	"time"

	"slipway/activities/platform"
	"slipway/cloudapi"
	"slipway/release"
	"slipway/saeclient"
)

// DefaultSettle is how long a call whose answer was lost may still be at work on the
// platform before a change order that is not found counts as never begun. It must be
// longer than a call can take, see [saeclient.Client.Timeout].
const DefaultSettle = 15 * time.Second

// The timeouts that a worker calls SAE with. With them a platform that cannot be reached
// or does not answer is noticed soon, and well within [DefaultSettle].
const (
	ConnectTimeout = 3 * time.Second
	ReadTimeout    = 10 * time.Second
)

// Config holds what the driver needs.
type Config struct {
	// Client calls SAE in one region with one account.
	Client *saeclient.Client
	// Settle defaults to [DefaultSettle].
	Settle time.Duration
	// Guard holds back what a freeze holds back; nil guards nothing.
	Guard platform.Guard
	// Now tells the time by which the settle delay passes; default [time.Now].
	Now func() time.Time
}

// Driver carries out the platform verbs on SAE. It holds no state.
type Driver struct {
	client *saeclient.Client
	settle time.Duration
	guard  platform.Guard
	now    func() time.Time
	// deployment is the operation that deploys, with all that can be set of an application.
	deployment cloudapi.Operation
}

var _ platform.Driver = (*Driver)(nil)

// New returns a driver.
func New(c Config) (*Driver, error) {
	if c.Client == nil {
		return nil, errors.New("sae: Config.Client is missing")
	}
	if c.Settle < 0 {
		return nil, errors.New("sae: Config.Settle must not be negative")
	}
	d := &Driver{client: c.Client, settle: c.Settle, guard: c.Guard, now: c.Now}
	d.deployment, _ = saeclient.LookupOperation(opDeploy)
	if d.settle == 0 {
		d.settle = DefaultSettle
	}
	if d.now == nil {
		d.now = time.Now
	}
	return d, nil
}

// Opener returns what opens a driver with a client once there is a guard, for a worker.
func Opener(client *saeclient.Client, settle time.Duration) func(platform.Guard) (platform.Driver, error) {
	return func(guard platform.Guard) (platform.Driver, error) {
		return New(Config{Client: client, Settle: settle, Guard: guard})
	}
}

// settling is for how long yet a call may be at work that was sent before a time; nothing
// for the zero time, which stands for no call.
func (d *Driver) settling(sent time.Time) time.Duration {
	if sent.IsZero() {
		return 0
	}
	return max(sent.Add(d.settle).Sub(d.now()), 0)
}

// guarded asks whether a freeze holds a change back.
func (d *Driver) guarded(ctx context.Context, app release.App, override bool) error {
	if d.guard == nil || override {
		return nil
	}
	return d.guard(ctx, app)
}
