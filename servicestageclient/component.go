package servicestageclient

import (
	"encoding/json"
	"slices"
	"strings"
)

// UpdateInput is a request that would release the component as it is: its specification without what the platform
// adds by itself (environment variables that are marked as inner, and those that begin with CAS_ or PAAS_), and without
// the empty objects that answers have for probes, hooks, metrics and affinities that are not set.
// Source, Version and DeployStrategy are what a release changes; a version is used once.
func (c *Component) UpdateInput(applicationID, componentID string) *UpdateComponentInput {
	return &UpdateComponentInput{
		ApplicationID: applicationID, ComponentID: componentID,
		Name: c.Name, Labels: c.Labels, RuntimeStack: c.RuntimeStack, Description: set(c.Description), Source: c.Source, Build: c.Build,
		LimitCPU: c.LimitCPU, LimitMemory: c.LimitMemory, RequestCPU: c.RequestCPU, RequestMemory: c.RequestMemory,
		Version: c.Version, Envs: slices.DeleteFunc(slices.Clone(c.Envs), ofPlatform), Replica: c.Replica, Storages: c.Storages,
		DeployStrategy: c.DeployStrategy, Command: c.Command, PostStart: hook(c.PostStart), PreStop: hook(c.PreStop), Mesher: c.Mesher,
		Timezone: set(c.Timezone), JVMOpts: set(c.JVMOpts), TomcatOpts: c.TomcatOpts, HostAliases: c.HostAliases,
		DNSPolicy: set(c.DNSPolicy), DNSConfig: c.DNSConfig, WorkloadKind: set(c.WorkloadKind), SecurityContext: c.SecurityContext,
		Logs: c.Logs, CustomMetric: metric(c.CustomMetric), Affinity: affinities(c.Affinity), AntiAffinity: affinities(c.AntiAffinity),
		LivenessProbe: probe(c.LivenessProbe), ReadinessProbe: probe(c.ReadinessProbe), ReferResources: c.ReferResources, ExternalAccesses: c.ExternalAccesses,
	}
}

// probe is a probe, if it is one.
func probe(p *Probe) *Probe {
	if p == nil || p.Type == "" {
		return nil
	}
	return p
}

// hook is a hook, if it is one.
func hook(h *LifecycleHook) *LifecycleHook {
	if h == nil || h.Type == "" {
		return nil
	}
	return h
}

// metric is how metrics are read, if they are.
func metric(m *CustomMetric) *CustomMetric {
	if m == nil || m.Path == "" {
		return nil
	}
	return m
}

// affinities are those that say something.
func affinities(all []Affinity) []Affinity {
	all = slices.DeleteFunc(slices.Clone(all), func(a Affinity) bool { return a.Kind == "" && a.Condition == "" })
	if len(all) == 0 {
		return nil
	}
	return all
}

// set is a text that is sent when it is not empty.
func set(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}

// ofPlatform reports whether the platform sets an environment variable by itself.
func ofPlatform(env EnvVar) bool {
	var inner bool
	if mark, ok := env.Unknown["inner"]; ok && json.Unmarshal(mark, &inner) == nil && inner {
		return true
	}
	return PlatformEnv(env.Name)
}

// PlatformEnv reports whether the platform sets environment variables of this name by itself. Nobody else should.
func PlatformEnv(name string) bool {
	return strings.HasPrefix(name, "CAS_") || strings.HasPrefix(name, "PAAS_")
}
