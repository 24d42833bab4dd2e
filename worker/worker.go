// Package worker assembles Slipway's Temporal workers from a [Config]: the workflows and
// the event activities on the task queue "slipway", and the platform's verbs on the
// platform's own task queue with its rate limit.
package worker

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/interceptor"
	sdkworker "go.temporal.io/sdk/worker"

	"slipway/activities/attempt"
	"slipway/activities/calendar"
	"slipway/activities/events"
	"slipway/activities/gates"
	"slipway/activities/platform"
	"slipway/activities/promotion"
	"slipway/activities/releases"
	"slipway/apps"
	"slipway/ledger"
	"slipway/release"
	"slipway/workflows"
)

// DefaultCallsPerSecond is the default rate limit of calls to a platform.
const DefaultCallsPerSecond = 20

// stopTimeout is how long activities may still run once the worker is asked to stop.
const stopTimeout = 20 * time.Second

// heartbeatInterval is the shortest time between two heartbeats of an activity that reach
// the server; the SDK keeps others back. It is shorter than a third of ten seconds, so that
// the beats of such a heartbeat timeout reach it.
const heartbeatInterval = 3 * time.Second

// Config holds what a worker needs.
type Config struct {
	// Temporal is connected to the namespace that the worker serves.
	Temporal client.Client
	// DataConverter is the one that Temporal was connected with, for what a client does not
	// encode by itself; default Temporal's own.
	DataConverter converter.DataConverter
	// JetStream publishes the lifecycle events and keeps the ledger.
	JetStream jetstream.JetStream
	// Platforms are those whose verbs the worker carries out, one at least.
	Platforms []Platform
	// GatesAllow lists the hosts that gates may call, see [gates.Config]; none allows none.
	GatesAllow []string
	// CDEvents has the lifecycle of releases published as CDEvents, too.
	CDEvents bool
	// Deployment makes the worker a version of a Temporal worker deployment; empty leaves
	// versioning off.
	Deployment Deployment
	// Metrics count the releases that end; nil counts none.
	Metrics *Metrics
	// Tuning bounds how much is done at the same time.
	Tuning Tuning
	// Identity names the worker in histories; default the SDK's process@host.
	Identity string
}

// Platform is one platform in one region, with one account.
type Platform struct {
	Name   release.Platform
	Region string
	// CallsPerSecond limits the verbs started each second on the platform's task queue. The
	// Temporal server enforces it across all workers, because clouds limit calls by account and
	// region. Default [DefaultCallsPerSecond].
	CallsPerSecond float64
	// Driver returns what carries the verbs out; it asks guard what a freeze holds back.
	Driver func(guard platform.Guard) (platform.Driver, error)
	// Remedies are what an operator does where the platform refuses the worker, by fault; an error
	// without a fault is [release.FaultUnavailable]. They follow the error of [Worker.Ready].
	Remedies map[release.Fault]string
}

func (p Platform) validate(field string) error {
	var problems []error
	if p.Name == "" || p.Region == "" {
		problems = append(problems, fmt.Errorf("worker: %s needs a name and a region", field))
	}
	if p.Driver == nil {
		problems = append(problems, fmt.Errorf("worker: %s.Driver is missing", field))
	}
	if p.CallsPerSecond < 0 {
		problems = append(problems, fmt.Errorf("worker: %s.CallsPerSecond must be positive", field))
	}
	return errors.Join(problems...)
}

// Deployment is a version of a Temporal worker deployment: a release ends on the version
// it began on. Both fields are set, or none.
type Deployment struct{ Name, BuildID string }

// options are Temporal's own; without a name they leave versioning off.
func (d Deployment) options() sdkworker.DeploymentOptions {
	if d.Name == "" {
		return sdkworker.DeploymentOptions{}
	}
	return sdkworker.DeploymentOptions{
		UseVersioning: true,
		Version:       sdkworker.WorkerDeploymentVersion{DeploymentName: d.Name, BuildID: d.BuildID},
	}
}

// Tuning bounds how much a worker does at the same time. What is 0 has the default of Temporal's
// SDK. A release that is parked takes no slot.
type Tuning struct {
	// Activities and WorkflowTasks are slots, ActivityPollers and WorkflowPollers are requests
	// for the next task that wait at Temporal; those for activities count for each task queue.
	Activities, WorkflowTasks        int
	ActivityPollers, WorkflowPollers int
	// CachedWorkflows are kept in memory between their tasks, for the whole process.
	CachedWorkflows int
}

// The bounds of a tuning.
const (
	// LeastWorkflowTasks is the smallest number of slots and pollers for workflow tasks: one is
	// for workflows that are in the cache.
	LeastWorkflowTasks = 2
	// LeastActivities is the smallest number of slots for activities: some wait for what another
	// one does.
	LeastActivities = 2
	// MostPollers is the largest number of pollers: each is a request that waits at Temporal,
	// which bounds those of a namespace.
	MostPollers = 100
	// MostSlots is the largest number of slots and of cached workflows.
	MostSlots = 1_000_000
)

func (t Tuning) validate() error {
	var problems []error
	for field, c := range map[string]struct{ n, least, most int }{
		"Activities":      {t.Activities, LeastActivities, MostSlots},
		"WorkflowTasks":   {t.WorkflowTasks, LeastWorkflowTasks, MostSlots},
		"ActivityPollers": {t.ActivityPollers, 1, MostPollers},
		"WorkflowPollers": {t.WorkflowPollers, LeastWorkflowTasks, MostPollers},
		"CachedWorkflows": {t.CachedWorkflows, 1, MostSlots},
	} {
		if c.n != 0 && (c.n < c.least || c.n > c.most) {
			problems = append(problems, fmt.Errorf("worker: Config.Tuning.%s must be from %d to %d", field, c.least, c.most))
		}
	}
	return errors.Join(problems...)
}

// Validate returns all problems at once.
func (c Config) Validate() error {
	var problems []error
	if c.Temporal == nil {
		problems = append(problems, errors.New("worker: Config.Temporal is missing"))
	}
	if c.JetStream == nil {
		problems = append(problems, errors.New("worker: Config.JetStream is missing"))
	}
	if len(c.Platforms) == 0 {
		problems = append(problems, errors.New("worker: Config.Platforms is missing"))
	}
	for i, p := range c.Platforms {
		problems = append(problems, p.validate(fmt.Sprintf("Config.Platforms[%d]", i)))
	}
	if (c.Deployment.Name == "") != (c.Deployment.BuildID == "") {
		problems = append(problems, errors.New("worker: Config.Deployment needs both a name and a build ID"))
	}
	return errors.Join(append(problems, c.Tuning.validate())...)
}

// Worker serves one Temporal namespace.
type Worker struct {
	workers []sdkworker.Worker
	served  []*served
}

// New assembles a worker; nothing runs yet.
func New(c Config) (*Worker, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	freezes, err := calendar.New(apps.NewCalendar(c.JetStream), time.Now)
	if err != nil {
		return nil, err
	}
	records := ledger.New(c.JetStream)
	publisher, err := c.publisher(records)
	if err != nil {
		return nil, err
	}
	gateActivities, err := gates.New(gates.Config{Allow: c.GatesAllow})
	if err != nil {
		return nil, fmt.Errorf("worker: Config.GatesAllow: %w", err)
	}
	releaseActivities, err := releases.New(c.Temporal, records)
	if err != nil {
		return nil, err
	}
	if c.Tuning.CachedWorkflows > 0 {
		sdkworker.SetStickyWorkflowCacheSize(c.Tuning.CachedWorkflows)
	}
	options := c.options(attempt.New(attempt.Config{DataConverter: c.DataConverter}))
	main := sdkworker.New(c.Temporal, release.WorkflowTaskQueue, options)
	workflows.Register(main)
	publisher.Register(main)
	freezes.Register(main)
	gateActivities.Register(main)
	releaseActivities.Register(main)
	if err := promotes(c, records, main); err != nil {
		return nil, err
	}
	w := &Worker{workers: []sdkworker.Worker{main}}
	options.DisableWorkflowWorker = true
	for _, p := range c.Platforms {
		driver, err := p.Driver(freezes.Guard)
		if err != nil {
			return nil, err
		}
		options.TaskQueueActivitiesPerSecond = cmp.Or(p.CallsPerSecond, DefaultCallsPerSecond)
		of := sdkworker.New(c.Temporal, release.PlatformTaskQueue(p.Name, p.Region), options)
		platform.Register(of, p.Name, driver)
		platform.RegisterLookup(of, p.Name, driver)
		asking, err := gates.New(gates.Config{Allow: c.GatesAllow, Instances: driver})
		if err != nil {
			return nil, fmt.Errorf("worker: Config.GatesAllow: %w", err)
		}
		asking.RegisterMeasure(of)
		w.workers = append(w.workers, of)
		w.served = append(w.served, &served{platform: p, check: driver.Check})
	}
	return w, nil
}

// publisher tells of releases, as the configuration has it.
func (c Config) publisher(records *ledger.Ledger) (*events.Publisher, error) {
	publisher, err := events.New(c.JetStream, records)
	if err != nil {
		return nil, err
	}
	if c.Metrics != nil {
		publisher.OnEnd(c.Metrics.ended)
	}
	if c.CDEvents {
		publisher.TellCDEvents()
	}
	return publisher, nil
}

// promotes registers the activities of promotions.
func promotes(c Config, records *ledger.Ledger, to sdkworker.ActivityRegistry) error {
	promotions, err := promotion.New(promotion.Config{Documents: apps.NewStore(c.JetStream), Ledger: records, Bus: c.JetStream, Now: time.Now})
	if err == nil {
		promotions.Register(to)
	}
	return err
}

// options are those of both workers.
func (c Config) options(attempts *attempt.Interceptor) sdkworker.Options {
	return sdkworker.Options{
		Identity: c.Identity, WorkerStopTimeout: stopTimeout, DeploymentOptions: c.Deployment.options(),
		Interceptors: []interceptor.WorkerInterceptor{&naming{}, attempts}, MaxHeartbeatThrottleInterval: heartbeatInterval,
		MaxConcurrentActivityExecutionSize: c.Tuning.Activities, MaxConcurrentWorkflowTaskExecutionSize: c.Tuning.WorkflowTasks,
		MaxConcurrentActivityTaskPollers: c.Tuning.ActivityPollers, MaxConcurrentWorkflowTaskPollers: c.Tuning.WorkflowPollers,
	}
}

// Run polls until ctx is done, then lets running activities finish.
func (w *Worker) Run(ctx context.Context) error {
	for i, each := range w.workers {
		if err := each.Start(); err != nil {
			for _, started := range w.workers[:i] {
				started.Stop()
			}
			return fmt.Errorf("worker: start: %w", err)
		}
	}
	<-ctx.Done()
	for _, each := range w.workers {
		each.Stop()
	}
	return nil
}
