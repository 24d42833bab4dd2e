// Package fc drives Alibaba Cloud Function Compute 2.0: it carries out the platform verbs of package
// release with the operations of package fcclient.
//
// An application is a service, and what a release moves is an alias of it, from one published version
// to the next, at once or by steps of traffic. Function Compute keeps no record of a change, so the
// driver writes one: into the description of the version that it publishes, and into that of the alias
// with each of its steps, in the same call (see [record]). All writes are absolute and carry the ETag of
// what was read; only publishing adds up, and is looked for before it is said again.
//
// LATEST, the state of a service that can be changed, is the place where a release prepares a version.
// A release begins from what serves, whatever LATEST holds: what an earlier one has left there, which was
// rejected, never comes along.
package fc

import (
	"cmp"
	"errors"
	"fmt"
	"time"

	"go.temporal.io/sdk/temporal"

	"slipway/activities/cloud"
	"slipway/activities/platform"
	"slipway/cloudapi"
	"slipway/fcclient"
	"slipway/release"
)

// Config holds what the driver needs.
type Config struct {
	// Client calls Function Compute in one region with one account.
	Client *fcclient.Client
	// Settle defaults to [cloud.DefaultSettle].
	Settle time.Duration
	// Guard holds back what a freeze holds back; nil guards nothing.
	Guard platform.Guard
	// Now tells the time by which the settle delay passes; default [time.Now].
	Now func() time.Time
}

// Driver carries out the platform verbs on Function Compute. It holds no state.
type Driver struct {
	cloud.NoJobs
	cloud.NoTraffic

	client *fcclient.Client
	frame  cloud.Frame
	traits release.Traits
	// members are the settings of a function that can be changed, by their names.
	members []cloudapi.Param
}

var _ platform.Driver = (*Driver)(nil)

// New returns a driver.
func New(c Config) (*Driver, error) {
	if c.Client == nil {
		return nil, errors.New("fc: Config.Client is missing")
	}
	frame, err := cloud.Frame{Settle: c.Settle, Guard: c.Guard, Now: c.Now}.Complete()
	if err != nil {
		return nil, fmt.Errorf("fc: %w", err)
	}
	t, _ := release.TraitsOf(release.PlatformFC)
	return &Driver{
		NoJobs: cloud.NoJobs{Of: t}, NoTraffic: cloud.NoTraffic{Of: t}, client: c.Client, frame: frame, traits: t, members: membersOfFunctions(),
	}, nil
}

// Opener returns what opens a driver with a client once there is a guard, for a worker.
func Opener(client *fcclient.Client, settle time.Duration) func(platform.Guard) (platform.Driver, error) {
	return func(guard platform.Guard) (platform.Driver, error) {
		return New(Config{Client: client, Settle: settle, Guard: guard})
	}
}

// errorsOfFC are the errors of Function Compute as faults. Two writes that met, and an ETag that is no
// longer the one of what was read, pass: the verb reads again, and judges again.
func errorsOfFC() cloud.Errors { return cloud.Errors{Lookup: fcclient.LookupErrorCode} }

// failed maps an error of the client, and leaves one that is mapped already.
func failed(err error) error {
	if _, mapped := errors.AsType[*temporal.ApplicationError](err); mapped {
		return err
	}
	return errorsOfFC().Failed(err)
}

// qualifier is the alias of an application.
func qualifier(app release.App) string {
	traits, _ := release.TraitsOf(release.PlatformFC)
	return cmp.Or(app.Qualifier, traits.Qualifier)
}
