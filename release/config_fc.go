package release

import "slices"

// parametersOfFC are those of UpdateFunction; what a service or its provisioned instances have besides
// is listed with the reason why a release leaves it alone. A struct whose members are given by fields of
// their own is listed by them.
func parametersOfFC() (out []Parameter) {
	for _, of := range [][2]string{
		{"code", "artifact.package"},
		{"customContainerConfig.image", "artifact.image"},
		{"customContainerConfig.command", "config.command"},
		{"customContainerConfig.args", "config.args"},
		{"environmentVariables", "config.variables"},
		{"memorySize", "config.resources.memory"},
		{"cpu", "config.resources.cpu"},
		{"target", "config.instances"},
	} {
		out = append(out, Parameter{Name: of[0], Field: of[1]})
	}
	return slices.Concat(out, refusedOfFC(), freeOfFC())
}

// refusedOfFC are the parameters that nobody gives.
func refusedOfFC() (out []Parameter) {
	const (
		container = "is given by artifact.image, config.command and config.args; the rest of it stays as the function has it"
		service   = "is a setting of the service, which all of its functions share; change it at the service itself, and the next release publishes it"
		rule      = "is a scaling rule, which a release can only suspend (scaling.suspend); change it at the function itself"
	)
	for _, of := range [][2]string{
		{"customContainerConfig", container},
		{"customContainerConfig.accelerationType", container},
		{"customContainerConfig.instanceID", container},
		{"customContainerConfig.webServerMode", container},
		{"description", "is a text for people, which changes nothing that runs; change it at the function itself"},
		{"internetAccess", service},
		{"logConfig", service},
		{"nasConfig", service},
		{"ossMountConfig", service},
		{"role", service},
		{"tracingConfig", service},
		{"vpcConfig", service},
		{"alwaysAllocateCPU", "is a setting of the provisioned instances, which stays as it is; change it at the function itself"},
		{"scheduledActions", rule},
		{"targetTrackingPolicies", rule},
	} {
		out = append(out, Parameter{Name: of[0], Why: of[1]})
	}
	return out
}

// freeOfFC are the parameters that stand under config.platform.
func freeOfFC() []Parameter {
	return []Parameter{
		{Name: "caPort", Kind: ParameterNumber, Least: 1, Most: maxPort},
		{Name: "customDNS", Kind: ParameterObject},
		{Name: "customHealthCheckConfig", Kind: ParameterObject},
		{Name: "customRuntimeConfig", Kind: ParameterObject},
		{Name: "diskSize", Kind: ParameterNumber, Least: 1},
		{Name: "gpuMemorySize", Kind: ParameterNumber, Least: 1},
		{Name: "handler", Kind: ParameterText},
		{Name: "initializationTimeout", Kind: ParameterNumber, Least: 1},
		{Name: "initializer", Kind: ParameterText},
		{Name: "instanceConcurrency", Kind: ParameterNumber, Least: 1},
		{Name: "instanceLifecycleConfig", Kind: ParameterObject},
		{Name: "instanceSoftConcurrency", Kind: ParameterNumber, Least: 1},
		{Name: "instanceType", Kind: ParameterText},
		{Name: "layers", Kind: ParameterList},
		{Name: "runtime", Kind: ParameterText},
		{Name: "timeout", Kind: ParameterNumber, Least: 1, Most: 86400},
	}
}

// unsupportedConfigOfFC is what a configuration can say and Function Compute has no counterpart for.
func unsupportedConfigOfFC() []Unsupported {
	const (
		reference = "has no meaning on Function Compute, which has no config maps and no secrets to refer to; give the value or, of a secret, let the function read it itself, with the role of its service"
		mounts    = "have no meaning for a release on Function Compute, where the service has them for all of its functions (nasConfig and ossMountConfig); change them at the service itself"
	)
	return []Unsupported{
		{Field: "config.variables[].configMap", Why: reference},
		{Field: "config.variables[].secret", Why: reference},
		{Field: "config.probes", Why: "have no meaning on Function Compute, which has one check of its own; use config.platform.customHealthCheckConfig"},
		{Field: "config.hooks", Why: "have no meaning on Function Compute, which calls handlers instead of commands; use config.platform.initializer and config.platform.instanceLifecycleConfig"},
		{Field: "config.mounts", Why: mounts},
		{Field: "config.runtime", Why: "has no meaning on Function Compute; use config.platform.runtime and config.platform.handler"},
	}
}

// memoryStep is what the memory of a function is a multiple of, in MB (Function Compute API reference
// ch. 7.3).
const memoryStep = 64

// sizeOfFC checks the memory of a function.
func (v *validator) sizeOfFC(field string, r Resources) {
	v.check(r.Memory%memoryStep == 0, field+".memory", "must be a multiple of %d MB on Function Compute", memoryStep)
}
