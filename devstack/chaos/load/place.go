package load

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"time"

	"slipway/devstack/chaos/system"
	"slipway/devstack/scenario"
	"slipway/release"
	"slipway/saeclient"
)

// Place is an application of the plan where it stands on its platform.
type Place struct {
	Application

	App release.App
	// Group is the application of ServiceStage that the component is a part of; empty on other platforms.
	Group string
	// Before is how it stood before anything was asked for.
	Before State
}

// State is what an application shows of itself that a release could change.
type State struct {
	// Image is what runs for whoever asks for it, and Variable the value of [Variable]; empty where it has none.
	Image, Variable string
	Instances       int
	// Rules are the scaling rules by their names, and whether they are enabled.
	Rules map[string]bool
	// Route is the traffic rule of the application; empty where it has none.
	Route string
	// Divided says how the traffic is divided between versions; empty where one version has all of it.
	Divided string
	// Rest is all else that the platform shows of the configuration.
	Rest map[string]any
}

// create creates an application on its platform. What it begins may not have ended.
func create(ctx context.Context, a system.Access, app Application) (p Place, err error) {
	p.Application = app
	switch app.Platform {
	case release.PlatformSAE:
		if app.Job {
			p.App, err = scenario.CreateJob(ctx, a.SAE, app.Name)
			return p, err
		}
		if p.App, err = scenario.CreateApp(ctx, a.SAE, app.Name); err == nil && app.Route {
			err = createRoute(ctx, a, p.App)
		}
	case release.PlatformFC:
		p.App, err = scenario.CreateService(ctx, a.FC, app.Name)
	case release.PlatformServiceStage:
		p.App, p.Group, err = scenario.CreateComponent(ctx, a.ServiceStage, app.Name)
	}
	return p, err
}

// createRoute gives an application of SAE a traffic rule of its own.
func createRoute(ctx context.Context, a system.Access, app release.App) error {
	_, err := a.SAE.CreateGreyTagRoute(ctx, &saeclient.CreateGreyTagRouteInput{
		AppID: app.ID, Name: "by-hand", Description: new("the team's own"),
		DubboRules: []saeclient.DubboRule{{
			ServiceName: "com.shop.Orders", MethodName: "place", Group: "g", Version: "1", Condition: "AND",
			Items: []saeclient.DubboItem{{Index: 1, Expr: ".id", Operator: saeclient.OperatorPercentage, Cond: "<=", Value: "10"}},
		}},
	})
	return err
}

// readRoute is the traffic rule of an application of SAE, without when it was written.
func readRoute(ctx context.Context, a system.Access, app release.App) (string, error) {
	out, err := a.SAE.ListGreyTagRoute(ctx, &saeclient.ListGreyTagRouteInput{AppID: app.ID})
	if err != nil || len(out.Data.Result) == 0 {
		return "", err
	}
	rule := out.Data.Result[0]
	rule.CreateTime, rule.UpdateTime = time.Time{}, time.Time{}
	text, err := json.Marshal(rule)
	return string(text), err
}

// settleTime is longer than the first jobs of components take by the clock of their simulator.
const settleTime = time.Hour

// Read reads how an application stands.
func (p Place) Read(ctx context.Context, a system.Access) (s State, err error) {
	if p.Job {
		return s, nil // a template has neither instances nor rules; its runs are its changes
	}
	switch p.Platform {
	case release.PlatformSAE:
		s, err = p.readSAE(ctx, a)
	case release.PlatformFC:
		s, err = p.readFC(ctx, a)
	case release.PlatformServiceStage:
		s, err = p.readServiceStage(ctx, a)
	}
	if err != nil {
		return s, fmt.Errorf("load: read %s: %w", p.App.SearchValue(), err)
	}
	return s, nil
}

// variable is an environment variable as platforms list them.
type variable struct{ Name, Value string }

func valueOf(all []variable) string {
	for _, v := range all {
		if v.Name == Variable {
			return v.Value
		}
	}
	return ""
}

// without returns what a platform shows, but for fields of which a state tells in another way, or which say when and how it was
// changed last.
func without(shown map[string]any, fields ...string) map[string]any {
	rest := maps.Clone(shown)
	for _, field := range fields {
		delete(rest, field)
	}
	return rest
}

func (p Place) readSAE(ctx context.Context, a system.Access) (s State, err error) {
	raw, err := a.SAE.Call(ctx, "DescribeApplicationConfig", map[string]string{"AppId": p.App.ID})
	if err != nil {
		return s, err
	}
	var out struct {
		Data struct {
			ImageURL string `json:"ImageUrl"` //nolint:tagliatelle // the platform's name
			Envs     string `json:"Envs"`     //nolint:tagliatelle // the platform's name
			Replicas int    `json:"Replicas"` //nolint:tagliatelle // the platform's name
		} `json:"Data"` //nolint:tagliatelle // the platform's name
	}
	var all struct {
		Data map[string]any `json:"Data"` //nolint:tagliatelle // the platform's name
	}
	if err := decode(raw, &out, &all); err != nil {
		return s, err
	}
	var envs []variable
	if out.Data.Envs != "" {
		if err := json.Unmarshal([]byte(out.Data.Envs), &envs); err != nil {
			return s, err
		}
	}
	s = State{Image: out.Data.ImageURL, Variable: valueOf(envs), Instances: out.Data.Replicas}
	// EnableGreyTagRoute is set by each deployment for itself.
	s.Rest = without(all.Data, "ImageUrl", "Envs", "Replicas", "UpdateStrategy", "PackageVersion", "EnableGreyTagRoute")
	if s.Rules, err = scenario.ReadRules(ctx, a.SAE, p.App.ID); err != nil {
		return s, err
	}
	s.Route, err = readRoute(ctx, a, p.App)
	return s, err
}

func (p Place) readFC(ctx context.Context, a system.Access) (s State, err error) {
	raw, err := a.FC.Call(ctx, "GetFunction", map[string]string{"serviceName": p.App.ID, "qualifier": p.App.Qualifier, "functionName": scenario.Function})
	if err != nil {
		return s, err
	}
	var out struct {
		CustomContainerConfig struct{ Image string }
		EnvironmentVariables  map[string]string
	}
	var all map[string]any
	if err := decode(raw, &out, &all); err != nil {
		return s, err
	}
	service, err := scenario.ReadService(ctx, a.FC, p.App)
	if err != nil {
		return s, err
	}
	s = State{Image: out.CustomContainerConfig.Image, Variable: out.EnvironmentVariables[Variable], Instances: service.Target, Rules: map[string]bool{}}
	for _, rule := range service.Rules {
		s.Rules[rule] = true
	}
	if len(service.Gray) > 0 {
		s.Divided = fmt.Sprintf("version %s, and by percentages %v", service.Main, service.Gray)
	}
	s.Rest = without(all, "customContainerConfig", "environmentVariables", "lastModifiedTime", "codeChecksum", "createdTime", "functionId", "ETag", "X-Fc-Request-Id")
	return s, nil
}

func (p Place) readServiceStage(ctx context.Context, a system.Access) (s State, err error) {
	raw, err := a.ServiceStage.Call(ctx, "GetComponent", map[string]string{"application_id": p.Group, "component_id": p.App.ID})
	if err != nil {
		return s, err
	}
	var out struct {
		Source struct{ URL string }
		Envs   []variable
		Status struct {
			Replica int
			Status  string `json:"component_status"` //nolint:tagliatelle // the platform's name
		}
	}
	var all map[string]any
	if err := decode(raw, &out, &all); err != nil {
		return s, err
	}
	s = State{Image: out.Source.URL, Variable: valueOf(out.Envs), Instances: out.Status.Replica}
	if out.Status.Status != "RUNNING" {
		s.Divided = "the component is " + out.Status.Status
	}
	s.Rest = without(all, "source", "envs", "replica", "version", "status", "update_time", "updated_at", "deploy_strategy")
	return s, nil
}

// decode reads a JSON text into several values.
func decode(raw []byte, into ...any) error {
	for _, each := range into {
		if err := json.Unmarshal(raw, each); err != nil {
			return err
		}
	}
	return nil
}
