package scenario

import (
	"context"
	"fmt"

	"slipway/fcclient"
	"slipway/release"
)

// Function is the function of a service that [CreateService] makes.
const Function = "web"

// CreateService creates a service of Function Compute with one function that runs OldImage, published as
// version 1, and the alias live, which its callers name. The alias has Instances provisioned instances and two
// rules that change their number.
func CreateService(ctx context.Context, fc *fcclient.Client, name string) (release.App, error) {
	app := release.App{Platform: release.PlatformFC, Region: fc.Region(), ID: name, Qualifier: "live"}
	_, err := fc.CreateService(ctx, &fcclient.CreateServiceInput{
		ServiceName: name, LogConfig: &fcclient.LogConfig{Project: "p", Logstore: "l", EnableInstanceMetrics: new(true)},
	})
	if err != nil {
		return app, fmt.Errorf("scenario: create the service: %w", err)
	}
	_, err = fc.CreateFunction(ctx, &fcclient.CreateFunctionInput{
		ServiceName: name, FunctionName: Function, Runtime: new("custom-container"), Handler: "-",
		CustomContainerConfig: &fcclient.CustomContainerConfig{Image: OldImage},
	})
	if err != nil {
		return app, fmt.Errorf("scenario: create the function: %w", err)
	}
	version, err := fc.PublishServiceVersion(ctx, &fcclient.PublishServiceVersionInput{ServiceName: name})
	if err != nil {
		return app, fmt.Errorf("scenario: publish a version: %w", err)
	}
	_, err = fc.CreateAlias(ctx, &fcclient.CreateAliasInput{ServiceName: name, AliasName: app.Qualifier, VersionID: version.VersionID})
	if err != nil {
		return app, fmt.Errorf("scenario: create the alias: %w", err)
	}
	_, err = fc.PutProvisionConfig(ctx, &fcclient.PutProvisionConfigInput{
		ServiceName: name, Qualifier: app.Qualifier, FunctionName: Function, Target: Instances,
		ScheduledActions: []fcclient.ScheduledAction{{
			Name: "office-hours", StartTime: "2027-01-01T00:00:00Z", EndTime: "2036-01-01T00:00:00Z",
			Target: new(int64(Instances)), ScheduleExpression: "cron(0 0 8 * * *)",
		}},
		TargetTrackingPolicies: []fcclient.TargetTrackingPolicy{{
			Name: "load", StartTime: "2027-01-01T00:00:00Z", EndTime: "2036-01-01T00:00:00Z",
			MetricType: "ProvisionedConcurrencyUtilization", MetricTarget: new(0.6), MinCapacity: new(int64(1)), MaxCapacity: new(int64(20)),
		}},
	})
	if err != nil {
		return app, fmt.Errorf("scenario: provision instances: %w", err)
	}
	return app, nil
}

// Service is what a service of Function Compute shows of itself.
type Service struct {
	// Versions are the published ones by number, the first one first.
	Versions []string
	// Main is the version that the alias points to, and Gray the percentages of the traffic that other versions get.
	Main string
	Gray map[string]int
	// Target is how many instances are provisioned, and Rules the names of what changes their number.
	Target int
	Rules  []string
}

// ReadService reads a service that [CreateService] has made.
func ReadService(ctx context.Context, fc *fcclient.Client, app release.App) (Service, error) {
	s := Service{Gray: map[string]int{}}
	versions, err := fc.ListServiceVersions(ctx, &fcclient.ListServiceVersionsInput{ServiceName: app.ID, Direction: new("FORWARD"), Limit: new(100)})
	if err != nil {
		return s, fmt.Errorf("scenario: versions: %w", err)
	}
	for _, v := range versions.Versions {
		s.Versions = append(s.Versions, v.VersionID)
	}
	alias, err := fc.GetAlias(ctx, &fcclient.GetAliasInput{ServiceName: app.ID, AliasName: app.Qualifier})
	if err != nil {
		return s, fmt.Errorf("scenario: alias: %w", err)
	}
	s.Main = alias.VersionID
	for version, weight := range alias.AdditionalVersionWeight {
		s.Gray[version] = int(weight*100 + 0.5)
	}
	provision, err := fc.GetProvisionConfig(ctx, &fcclient.GetProvisionConfigInput{ServiceName: app.ID, Qualifier: app.Qualifier, FunctionName: Function})
	if err != nil {
		return s, fmt.Errorf("scenario: provision config: %w", err)
	}
	s.Target = int(provision.Target)
	for _, rule := range provision.ScheduledActions {
		s.Rules = append(s.Rules, rule.Name)
	}
	for _, rule := range provision.TargetTrackingPolicies {
		s.Rules = append(s.Rules, rule.Name)
	}
	return s, nil
}

// Invoke invokes the function of a service so many times by its alias, and counts which versions have
// answered.
func Invoke(ctx context.Context, fc *fcclient.Client, app release.App, times int) (map[string]int, error) {
	answered := map[string]int{}
	for range times {
		out, err := fc.InvokeFunction(ctx, &fcclient.InvokeFunctionInput{ServiceName: app.ID, Qualifier: &app.Qualifier, FunctionName: Function})
		if err != nil {
			return nil, fmt.Errorf("scenario: invoke: %w", err)
		}
		answered[out.InvocationCodeVersion]++
	}
	return answered, nil
}
