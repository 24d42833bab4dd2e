package servicestageclient

import (
	"encoding/json"
	"slices"
	"strings"
)

// UpdateInput is a request that would release the component as it is: its specification without what the platform
// adds by itself (environment variables that are marked as inner, and those that begin with CAS_ or PAAS_).
// Source, Version and DeployStrategy are what a release changes; a version is used once.
func (c *Component) UpdateInput(applicationID, componentID string) *UpdateComponentInput {
	return &UpdateComponentInput{
		ApplicationID: applicationID, ComponentID: componentID,
		Name: c.Name, Labels: c.Labels, RuntimeStack: c.RuntimeStack, Description: set(c.Description), Source: c.Source, Build: c.Build,
		LimitCPU: c.LimitCPU, LimitMemory: c.LimitMemory, RequestCPU: c.RequestCPU, RequestMemory: c.RequestMemory,
		Version: c.Version, Envs: slices.DeleteFunc(slices.Clone(c.Envs), ofPlatform), Replica: c.Replica, Storages: c.Storages,
		DeployStrategy: c.DeployStrategy, Command: c.Command, PostStart: c.PostStart, PreStop: c.PreStop, Mesher: c.Mesher,
		Timezone: set(c.Timezone), JVMOpts: set(c.JVMOpts), TomcatOpts: c.TomcatOpts, HostAliases: c.HostAliases,
		DNSPolicy: set(c.DNSPolicy), DNSConfig: c.DNSConfig, WorkloadKind: set(c.WorkloadKind), SecurityContext: c.SecurityContext,
		Logs: c.Logs, CustomMetric: c.CustomMetric, Affinity: c.Affinity, AntiAffinity: c.AntiAffinity,
		LivenessProbe: c.LivenessProbe, ReadinessProbe: c.ReadinessProbe, ReferResources: c.ReferResources, ExternalAccesses: c.ExternalAccesses,
	}
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
