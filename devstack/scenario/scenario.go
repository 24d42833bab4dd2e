// Package scenario holds the moves from which the demo and the whole-system tests are
// made: create an application, publish an event, follow what the world is told, run a
// role as a process of its own and kill it.
package scenario

import (
	"context"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"slipway/release"
	"slipway/saeclient"
	"slipway/wire"
)

// pollInterval is how often a condition on the platform is looked at.
const pollInterval = 50 * time.Millisecond

// Source is the CloudEvents source of everything a scenario publishes.
const Source = "https://ci.example/shop"

// Instances is the number of instances of the application.
const Instances = 5

// OldImage and NewImage are what the application runs and what is released.
const (
	OldImage = "registry.example/shop:1.4.1"
	NewImage = "registry.example/shop:1.4.2"
)

// Rules are the scaling rules of the application and whether they are enabled.
func Rules() map[string]bool { return map[string]bool{"office-hours": true, "sale-weekend": false} }

// CreateApp creates an application that runs OldImage with its scaling rules, and
// returns when it stands.
func CreateApp(ctx context.Context, sae *saeclient.Client, name string) (release.App, error) {
	return createApp(ctx, sae, saeclient.CreateApplicationInput{AppName: name, PackageType: "Image", ImageURL: new(OldImage)})
}

// CreatePackageApp creates an application of the same kind that runs a code package, in its
// version 1.
func CreatePackageApp(ctx context.Context, sae *saeclient.Client, name, packageURL string) (release.App, error) {
	return createApp(ctx, sae, saeclient.CreateApplicationInput{
		AppName: name, PackageType: "FatJar", PackageURL: &packageURL, PackageVersion: new("1"), Jdk: new("Open JDK 8"),
	})
}

// CreateAppWithoutRules creates an application that runs OldImage and has no scaling rules.
func CreateAppWithoutRules(ctx context.Context, sae *saeclient.Client, name string) (release.App, error) {
	return create(ctx, sae, saeclient.CreateApplicationInput{AppName: name, PackageType: "Image", ImageURL: new(OldImage)})
}

func createApp(ctx context.Context, sae *saeclient.Client, in saeclient.CreateApplicationInput) (release.App, error) {
	app, err := create(ctx, sae, in)
	if err != nil {
		return release.App{}, err
	}
	for rule, enabled := range Rules() {
		if err := createRule(ctx, sae, app.ID, release.ScalingRule{Name: rule, Enabled: enabled}); err != nil {
			return release.App{}, fmt.Errorf("scenario: scaling rule %s: %w", rule, err)
		}
	}
	return app, nil
}

func create(ctx context.Context, sae *saeclient.Client, in saeclient.CreateApplicationInput) (release.App, error) {
	in.Replicas, in.CPU, in.Memory = Instances, new(1000), new(2048)
	created, err := sae.CreateApplication(ctx, &in)
	if err != nil {
		return release.App{}, fmt.Errorf("scenario: create the application: %w", err)
	}
	app := release.App{Platform: release.PlatformSAE, Region: sae.Region(), ID: created.Data.AppID}
	return app, awaitOrder(ctx, sae, created.Data.ChangeOrderID)
}

// CreateJob creates a job template that has OldImage, and returns when it stands.
func CreateJob(ctx context.Context, sae *saeclient.Client, name string) (release.App, error) {
	created, err := sae.CreateJob(ctx, &saeclient.CreateJobInput{
		AppName: name, PackageType: "Image", ImageURL: new(OldImage), Replicas: 1, Workload: "job",
		Envs: []saeclient.EnvVar{{Name: "DB", Value: "orders"}},
	})
	if err != nil {
		return release.App{}, fmt.Errorf("scenario: create the job: %w", err)
	}
	return release.App{Platform: release.PlatformSAE, Region: sae.Region(), ID: created.Data.AppID}, awaitOrder(ctx, sae, created.Data.ChangeOrderID)
}

// farAway is a time of day of SAE's zone (GMT+8) that no test lives to see: rules that took effect would change the number of
// instances.
func farAway() string { return time.Now().UTC().Add((8 + 12) * time.Hour).Format("15:04") }

func createRule(ctx context.Context, sae *saeclient.Client, appID string, rule release.ScalingRule) error {
	_, err := sae.CreateApplicationScalingRule(ctx, &saeclient.CreateApplicationScalingRuleInput{
		AppID: appID, ScalingRuleName: rule.Name, ScalingRuleType: "timing",
		ScalingRuleTimer: &saeclient.ScalingRuleTimer{
			Period:    map[bool]string{true: "* * Mon,Tue,Wed,Thu,Fri", false: "* * Sat,Sun"}[rule.Enabled],
			Schedules: []saeclient.ScalingSchedule{{AtTime: farAway(), TargetReplicas: Instances}},
		},
	})
	if err != nil || rule.Enabled {
		return err
	}
	_, err = sae.DisableApplicationScalingRule(ctx, &saeclient.DisableApplicationScalingRuleInput{AppID: appID, ScalingRuleName: rule.Name})
	return err
}

func awaitOrder(ctx context.Context, sae *saeclient.Client, id string) error {
	tick := time.NewTicker(pollInterval)
	defer tick.Stop()
	for {
		o, err := sae.DescribeChangeOrder(ctx, &saeclient.DescribeChangeOrderInput{ChangeOrderID: id})
		switch {
		case err != nil:
			return fmt.Errorf("scenario: change order %s: %w", id, err)
		case o.Data.Status == saeclient.ChangeOrderSuccess:
			return nil
		case saeclient.ChangeOrderFinished(o.Data.Status):
			return fmt.Errorf("scenario: change order %s ended with status %d", id, o.Data.Status)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
}

// ReadRules reads the scaling rules of an application and whether they are enabled.
func ReadRules(ctx context.Context, sae *saeclient.Client, appID string) (map[string]bool, error) {
	out, err := sae.DescribeApplicationScalingRules(ctx, &saeclient.DescribeApplicationScalingRulesInput{AppID: appID})
	if err != nil {
		return nil, fmt.Errorf("scenario: scaling rules: %w", err)
	}
	rules := map[string]bool{}
	for _, r := range out.Data.ApplicationScalingRules {
		rules[r.ScaleRuleName] = r.ScaleRuleEnabled
	}
	return rules, nil
}

// answerTimeout bounds each question to NATS: one of a cluster that was put to a server that is gone is never answered, and would be if it were
// put again.
const answerTimeout = 10 * time.Second

// Request publishes a request event and returns the ID of the release it asks for.
func Request(ctx context.Context, js jetstream.JetStream, eventID string, spec release.Spec) (string, error) {
	msg, err := wire.EncodeRequest(origin(eventID), spec)
	if err != nil {
		return "", err
	}
	ctx, cancel := context.WithTimeout(ctx, answerTimeout)
	defer cancel()
	if _, err := js.PublishMsg(ctx, msg); err != nil {
		return "", fmt.Errorf("scenario: publish the request: %w", err)
	}
	return release.ID(spec.App, Source, eventID), nil
}

// Command publishes a command event; its ID is the event's.
func Command(ctx context.Context, js jetstream.JetStream, releaseID string, c release.Command) error {
	msg, err := wire.EncodeCommand(origin(c.ID), releaseID, c)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, answerTimeout)
	defer cancel()
	if _, err := js.PublishMsg(ctx, msg); err != nil {
		return fmt.Errorf("scenario: publish the command: %w", err)
	}
	return nil
}

func origin(eventID string) wire.Origin {
	return wire.Origin{Source: Source, ID: eventID, Time: time.Now()}
}

// Events follows the lifecycle events of one release from its first.
type Events struct{ messages jetstream.MessagesContext }

// Follow begins to follow a release.
func Follow(ctx context.Context, js jetstream.JetStream, releaseID string) (*Events, error) {
	begin, cancel := context.WithTimeout(ctx, answerTimeout)
	defer cancel()
	consumer, err := js.OrderedConsumer(begin, wire.StreamEvents, jetstream.OrderedConsumerConfig{
		FilterSubjects: []string{wire.EventsOfRelease(releaseID)},
	})
	if err != nil {
		return nil, fmt.Errorf("scenario: events of %s: %w", releaseID, err)
	}
	messages, err := consumer.Messages()
	if err != nil {
		return nil, fmt.Errorf("scenario: events of %s: %w", releaseID, err)
	}
	return &Events{messages: messages}, nil
}

// Next returns the next event.
func (e *Events) Next(ctx context.Context) (wire.LifecycleEvent, error) {
	msg, err := e.messages.Next(jetstream.NextContext(ctx))
	if err != nil {
		return wire.LifecycleEvent{}, fmt.Errorf("scenario: next event: %w", err)
	}
	return wire.DecodeEvent(&nats.Msg{Subject: msg.Subject(), Header: msg.Headers(), Data: msg.Data()})
}

// Until returns the first event of the given kind and batch; 0 is any batch.
func (e *Events) Until(ctx context.Context, kind release.EventKind, batch int) (release.Progress, error) {
	for {
		event, err := e.Next(ctx)
		if err != nil {
			return release.Progress{}, fmt.Errorf("no event %s: %w", kind, err)
		}
		if event.Kind == kind && (batch == 0 || event.Progress.Awaiting != nil && event.Progress.Awaiting.Batch == batch) {
			return event.Progress, nil
		}
	}
}

// Stop ends the following.
func (e *Events) Stop() { e.messages.Stop() }
