package release

import (
	"regexp"
	"slices"
)

// parametersOfServiceStage are those of UpdateComponent (ServiceStage API reference ch. 4.3.5). A struct whose
// members are given by fields of their own is listed by them.
func parametersOfServiceStage() (out []Parameter) {
	for _, of := range [][2]string{
		{"deploy_strategy", "strategy"},
		{"source", "artifact"},
		{"envs", "config.variables"},
		{"command.command", "config.command"},
		{"command.args", "config.args"},
		{"limit_cpu", "config.resources.cpu"},
		{"limit_memory", "config.resources.memory"},
		{"liveness_probe", "config.probes.liveness"},
		{"readiness_probe", "config.probes.readiness"},
		{"post_start", "config.hooks.postStart"},
		{"pre_stop", "config.hooks.preStop"},
	} {
		out = append(out, Parameter{Name: of[0], Field: of[1]})
	}
	return slices.Concat(out, refusedOfServiceStage(), freeOfServiceStage())
}

// refusedOfServiceStage are the parameters that nobody gives.
func refusedOfServiceStage() (out []Parameter) {
	const (
		fixed   = "cannot be changed by a release: ServiceStage wants it as the component has it"
		request = "stays as the component has it, or is lowered to the limit (config.resources); change it at the component itself"
		people  = "is for people and lists, and changes nothing that runs; change it at the component itself"
	)
	for _, of := range [][2]string{
		{"name", fixed},
		{"runtime_stack", fixed},
		{"workload_kind", fixed},
		{"version", "is made of the ID of the release, so that the release is found by it"},
		{"replica", "stays as it is during a release; use operation rescale before or after it"},
		{"command", "is given by config.command and config.args"},
		{"request_cpu", request},
		{"request_memory", request},
		{"description", people},
		{"labels", people},
		{"build", "is how an image is made of code, which a release does not bring; change it at the component itself"},
		{"refer_resources", "binds the component to resources of its environment; change it at the component itself"},
	} {
		out = append(out, Parameter{Name: of[0], Why: of[1]})
	}
	return out
}

// freeOfServiceStage are the parameters that stand under config.platform.
func freeOfServiceStage() []Parameter {
	return []Parameter{
		{Name: "affinity", Kind: ParameterList},
		{Name: "anti_affinity", Kind: ParameterList},
		{Name: "custom_metric", Kind: ParameterObject},
		{Name: "dns_config", Kind: ParameterObject},
		{Name: "dns_policy", Kind: ParameterText, Values: []string{"Default", "ClusterFirst", "ClusterFirstWithHostNet", "None"}},
		{Name: "external_accesses", Kind: ParameterList},
		{Name: "host_aliases", Kind: ParameterList},
		{Name: "jvm_opts", Kind: ParameterText},
		{Name: "logs", Kind: ParameterList},
		{Name: "mesher", Kind: ParameterObject},
		{Name: "security_context", Kind: ParameterObject},
		{Name: "storages", Kind: ParameterList},
		{Name: "timezone", Kind: ParameterText},
		{Name: "tomcat_opts", Kind: ParameterObject},
	}
}

// unsupportedConfigOfServiceStage is what a configuration can say and ServiceStage has no counterpart for. A
// probe and a hook that an update leaves out stay, so that a release cannot remove one.
func unsupportedConfigOfServiceStage() (out []Unsupported) {
	const (
		kept  = "cannot be asked of a release on ServiceStage, which keeps what an update leaves out; remove it at the component itself"
		times = "has no meaning on ServiceStage, whose probes have initialDelay and timeout alone; leave it out"
		body  = "has no meaning on ServiceStage, whose probes do not look into the answer; leave it out"
	)
	for _, probe := range []string{"config.probes.liveness.", "config.probes.readiness."} {
		out = append(
			out,
			Unsupported{Field: probe + "none", Why: kept},
			Unsupported{Field: probe + "period", Why: times},
			Unsupported{Field: probe + "failureThreshold", Why: times},
			Unsupported{Field: probe + "successThreshold", Why: times},
			Unsupported{Field: probe + "http.contains", Why: body},
			Unsupported{Field: probe + "http.lacks", Why: body},
		)
	}
	return append(
		out,
		Unsupported{Field: "config.probes.startup", Why: "has no meaning on ServiceStage, which has no such probe; use config.probes.liveness with an initialDelay"},
		Unsupported{Field: "config.hooks.postStart.none", Why: kept},
		Unsupported{Field: "config.hooks.preStop.none", Why: kept},
		Unsupported{Field: "config.hooks.grace", Why: "has no meaning on ServiceStage, which has no such time; leave it out"},
		Unsupported{Field: "config.instances", Why: "cannot be changed by a release on ServiceStage, whose releases keep the number of instances; use operation rescale before or after it"},
		Unsupported{Field: "config.mounts", Why: "have no meaning on ServiceStage, which has volumes of its own; use config.platform.storages"},
		Unsupported{Field: "config.runtime", Why: "cannot be changed by a release on ServiceStage; options of the Java machine are config.platform.jvm_opts"},
	)
}

// clusterName is what a config map or a secret of a cluster may be called.
var clusterName = regexp.MustCompile(`^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$`)

// holderOfServiceStage checks the name of a config map or a secret, which are those of the cluster.
func (v *validator) holderOfServiceStage(field, name string) {
	v.check(matches(clusterName, name), field, "it must be the name of a config map or a secret in the namespace of the component: lower case letters, digits, dots and hyphens")
}
