// Package servicestage drives Huawei Cloud ServiceStage: it carries out the platform verbs of package
// release with the third generation of the API, by package servicestageclient.
//
// An application is a component: one workload in one environment. A release is a job, whose ID is that of
// the change, filed in a record by the version that it brings. The API takes no token, so the version is
// the token: it is derived from the release, used once by the platform, and found again among the records
// whatever answer was lost. Actions (rollback, restart, scale) leave no trace of who has begun them; they
// are told by the last job of the component, which is another one than before.
//
// No job can be stopped, and the platform pauses once, after the first batch of a gray release. It never goes
// back by itself.
package servicestage

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"go.temporal.io/sdk/temporal"

	"slipway/activities/cloud"
	"slipway/activities/platform"
	"slipway/cloudapi"
	"slipway/release"
	"slipway/servicestageclient"
)

// Config holds what the driver needs.
type Config struct {
	// Client calls ServiceStage in one project of one region.
	Client *servicestageclient.Client
	// Settle defaults to [cloud.DefaultSettle].
	Settle time.Duration
	// Guard holds back what a freeze holds back; nil guards nothing.
	Guard platform.Guard
	// Now tells the time by which the settle delay passes; default [time.Now].
	Now func() time.Time
}

// Driver carries out the platform verbs on ServiceStage.
type Driver struct {
	cloud.NoJobs
	cloud.NoTraffic

	client *servicestageclient.Client
	frame  cloud.Frame
	traits release.Traits
	// members are the settings of a component that a release can change or has to write again.
	members []cloudapi.Param
	places  *places
}

var _ platform.Driver = (*Driver)(nil)

// New returns a driver.
func New(c Config) (*Driver, error) {
	if c.Client == nil {
		return nil, errors.New("servicestage: Config.Client is missing")
	}
	frame, err := cloud.Frame{Settle: c.Settle, Guard: c.Guard, Now: c.Now}.Complete()
	if err != nil {
		return nil, fmt.Errorf("servicestage: %w", err)
	}
	t, _ := release.TraitsOf(release.PlatformServiceStage)
	return &Driver{
		NoJobs: cloud.NoJobs{Of: t}, NoTraffic: cloud.NoTraffic{Of: t}, client: c.Client, frame: frame, traits: t,
		members: membersOfComponents(), places: &places{known: map[string]string{}},
	}, nil
}

// Opener returns what opens a driver with a client once there is a guard, for a worker.
func Opener(client *servicestageclient.Client, settle time.Duration) func(platform.Guard) (platform.Driver, error) {
	return func(guard platform.Guard) (platform.Driver, error) {
		return New(Config{Client: client, Settle: settle, Guard: guard})
	}
}

// errorsOfServiceStage are the errors of ServiceStage as faults. What is refused while a job runs passes: the verb reads
// again, and judges again.
func errorsOfServiceStage() cloud.Errors {
	return cloud.Errors{Lookup: servicestageclient.LookupErrorCode}
}

// failed maps an error of the client, and leaves one that is mapped already.
func failed(err error) error {
	if _, mapped := errors.AsType[*temporal.ApplicationError](err); mapped {
		return err
	}
	return errorsOfServiceStage().Failed(err)
}

// places remembers which application each component belongs to, which never changes.
type places struct {
	mu    sync.Mutex
	known map[string]string
}

// A place is a component with the application that every path names before it.
type place struct{ application, component string }

// place finds the application of a component: the API finds components by their applications alone, and lists those of
// the project.
func (d *Driver) place(ctx context.Context, app release.App) (place, error) {
	d.places.mu.Lock()
	known := d.places.known[app.ID]
	d.places.mu.Unlock()
	if known != "" {
		return place{known, app.ID}, nil
	}
	for c, err := range d.client.ListComponentsAll(ctx, &servicestageclient.ListComponentsInput{Limit: new(mostListed)}) {
		if err != nil {
			return place{}, err
		}
		if c.ID == app.ID {
			d.places.mu.Lock()
			d.places.known[app.ID] = c.ApplicationID
			d.places.mu.Unlock()
			return place{c.ApplicationID, app.ID}, nil
		}
	}
	return place{}, errNoComponent
}

// errNoComponent tells that the project has no such component.
var errNoComponent = fmt.Errorf("servicestage: the project has no such component: %w", cloudapi.ErrNotFound)

// mostListed is how many things a page of a list has at most.
const mostListed = 100

// Check reports whether ServiceStage accepts the client's calls.
func (d *Driver) Check(ctx context.Context) error { return failed(TryAccess(ctx, d.client)) }

// TryAccess lists the components of the project, one at most. Its error is that of the call; [cloudapi.ErrAuth]
// means that the credentials are missing, wrong or lack a permission. A platform that throttles has accepted them.
func TryAccess(ctx context.Context, client *servicestageclient.Client) error {
	_, err := client.ListComponents(ctx, &servicestageclient.ListComponentsInput{Limit: new(1)})
	if errors.Is(err, cloudapi.ErrThrottled) {
		return nil
	}
	return err
}
