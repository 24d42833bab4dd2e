// Package sae drives Alibaba Cloud Serverless App Engine: it carries out the platform
// verbs of package release with the operations of package saeclient.
//
// It is the only place, with saeclient and the simulator, that knows SAE's words: change
// order statuses, pipelines, error codes. A reading verb is safe to repeat by nature, and an
// idempotent one because it checks the state first. A verb that begins a change order sends
// its call once: whether it has acted when its answer is lost, FindChange finds out.
package sae

import (
	"errors"
	"fmt"
	"time"

	"slipway/activities/cloud"
	"slipway/activities/platform"
	"slipway/cloudapi"
	"slipway/release"
	"slipway/saeclient"
)

// The settle delay and the timeouts that a worker calls SAE with, which are those of every platform.
const (
	DefaultSettle  = cloud.DefaultSettle
	ConnectTimeout = cloud.ConnectTimeout
	ReadTimeout    = cloud.ReadTimeout
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
	frame  cloud.Frame
	traits release.Traits
	// deployment is the operation that deploys, with all that can be set of an application.
	deployment cloudapi.Operation
}

var _ platform.Driver = (*Driver)(nil)

// New returns a driver.
func New(c Config) (*Driver, error) {
	if c.Client == nil {
		return nil, errors.New("sae: Config.Client is missing")
	}
	frame, err := cloud.Frame{Settle: c.Settle, Guard: c.Guard, Now: c.Now}.Complete()
	if err != nil {
		return nil, fmt.Errorf("sae: %w", err)
	}
	d := &Driver{client: c.Client, frame: frame}
	d.traits, _ = release.TraitsOf(release.PlatformSAE)
	d.deployment, _ = saeclient.LookupOperation(opDeploy)
	return d, nil
}

// Opener returns what opens a driver with a client once there is a guard, for a worker.
func Opener(client *saeclient.Client, settle time.Duration) func(platform.Guard) (platform.Driver, error) {
	return func(guard platform.Guard) (platform.Driver, error) {
		return New(Config{Client: client, Settle: settle, Guard: guard})
	}
}
