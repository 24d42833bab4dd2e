package release

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// parametersOfSAE are those of DeployApplication.
func parametersOfSAE() []Parameter {
	return slices.Concat(fieldsOfSAE(), refusedOfSAE(), freeOfSAE())
}

// fieldsOfSAE are the parameters that have a field of their own.
func fieldsOfSAE() (out []Parameter) {
	for _, of := range [][2]string{
		{"AppId", "app.id"},
		{"ImageUrl", "artifact.image"},
		{"PackageUrl", "artifact.package.url"},
		{"PackageVersion", "artifact.package.version"},
		{"AcrInstanceId", "artifact.registry.instance"},
		{"AcrAssumeRoleArn", "artifact.registry.role"},
		{"UpdateStrategy", "strategy"},
		{"MinReadyInstances", "strategy.minReadyInstances"},
		{"MinReadyInstanceRatio", "strategy.minReadyRatio"},
		{"MaxSurgeInstances", "strategy.maxSurge"},
		{"MaxSurgeInstanceRatio", "strategy.maxSurgeRatio"},
		{"AutoEnableApplicationScalingRule", "scaling.suspend"},
		{"EnableGreyTagRoute", "traffic"},
		{"ChangeOrderDesc", "note"},
		{"Envs", "config.variables"},
		{"Command", "config.command"},
		{"CommandArgs", "config.args"},
		{"Cpu", "config.resources.cpu"},
		{"Memory", "config.resources.memory"},
		{"Replicas", "config.instances"},
		{"Liveness", "config.probes.liveness"},
		{"Readiness", "config.probes.readiness"},
		{"StartupProbe", "config.probes.startup"},
		{"PostStart", "config.hooks.postStart"},
		{"PreStop", "config.hooks.preStop"},
		{"TerminationGracePeriodSeconds", "config.hooks.grace"},
		{"ConfigMapMountDesc", "config.mounts.configMaps"},
		{"SecretMountDesc", "config.mounts.secrets"},
		{"OssMountDescs", "config.mounts.buckets"},
		{"NasConfigs", "config.mounts.nas"},
		{"NasId", "config.mounts.nas"},
		{"MountHost", "config.mounts.nas"},
		{"MountDesc", "config.mounts.nas"},
		{"EmptyDirDesc", "config.mounts.scratch"},
		{"Jdk", "config.runtime.jdk"},
		{"WebContainer", "config.runtime.container"},
		{"JarStartOptions", "config.runtime.options"},
		{"WarStartOptions", "config.runtime.options"},
		{"JarStartArgs", "config.runtime.args"},
	} {
		out = append(out, Parameter{Name: of[0], Field: of[1]})
	}
	return out
}

// refusedOfSAE are the parameters that nobody gives.
func refusedOfSAE() []Parameter {
	const secret = "is a secret, and a request is kept; SAE keeps the one that the application has, and it is changed in SAE itself"
	return []Parameter{
		{Name: "OssAkId", Why: secret},
		{Name: "OssAkSecret", Why: secret},
		{Name: "Deploy", Why: "lets a stopped application be changed without being started, and a release brings instances up"},
	}
}

// freeOfSAE are the parameters that stand under config.platform.
func freeOfSAE() []Parameter {
	out := []Parameter{
		{Name: "BatchWaitTime", Kind: ParameterNumber},
		{Name: "EnableAhas", Kind: ParameterText, Values: []string{"true", "false"}},
		{Name: "CustomImageNetworkType", Kind: ParameterText, Values: []string{"internet", "intranet", ""}},
		{Name: "MicroRegistration", Kind: ParameterText, Values: []string{"0", "1", "2"}},
	}
	for _, of := range []struct {
		kind  ParameterKind
		names []string
	}{
		{ParameterText, []string{
			"AgentVersion", "AlbIngressReadinessGate", "Dotnet", "EdasContainerVersion", "GpuConfig", "Html", "ImagePullSecrets", "KafkaEndpoint",
			"KafkaInstanceId", "LokiConfigs", "NewSaeVersion", "OidcRoleName", "PackageType", "Php", "PhpArmsConfigLocation", "PhpConfig",
			"PhpConfigLocation", "Python", "PythonModules", "SecurityGroupId", "SlsLogEnvTags", "Timezone", "VSwitchId",
		}},
		{ParameterSwitch, []string{
			"AssociateEip", "EnableCpuBurst", "EnableNamespaceAgentVersion", "EnableNewArms", "EnablePrometheus", "EnableSidecarResourceIsolated",
			"OpenCollectToKafka",
		}},
		{ParameterList, []string{"CustomHostAlias", "InitContainersConfig", "KafkaLogfileConfig", "SidecarContainersConfig", "SlsConfigs"}},
		{ParameterObject, []string{
			"KafkaConfigs", "Labels", "MicroRegistrationConfig", "MicroserviceEngineConfig", "PvtzDiscoverySvc", "RaspConfig", "ServiceTags",
			"SwimlanePvtzDiscoverySvc", "TomcatConfig",
		}},
	} {
		for _, name := range of.names {
			out = append(out, Parameter{Name: name, Kind: of.kind})
		}
	}
	return out
}

// sizesOfSAE are the memory sizes, in MiB, that an instance on SAE can have, and the CPUs for each,
// in thousandths of a core.
func sizesOfSAE() []struct {
	Memory int
	CPU    []int
} {
	return []struct {
		Memory int
		CPU    []int
	}{
		{1024, []int{500, 1000}},
		{2048, []int{500, 1000, 2000}},
		{4096, []int{1000, 2000, 4000}},
		{8192, []int{2000, 4000, 8000}},
		{12288, []int{12000}},
		{16384, []int{4000, 8000, 16000}},
		{24576, []int{12000}},
		{32768, []int{16000}},
		{65536, []int{8000, 16000, 32000}},
		{131072, []int{32000}},
	}
}

// sizeOfSAE checks that there are instances of a size. Where only one of the two is given, the
// other one is the application's, which is looked at when the release begins.
func (v *validator) sizeOfSAE(field string, r Resources) {
	var memories, all, fit []string
	for _, size := range sizesOfSAE() {
		memories = append(memories, strconv.Itoa(size.Memory))
		for _, cpu := range size.CPU {
			all = append(all, strconv.Itoa(cpu))
			if size.Memory == r.Memory {
				fit = append(fit, strconv.Itoa(cpu))
			}
		}
	}
	cpu, memory := strconv.Itoa(r.CPU), strconv.Itoa(r.Memory)
	slices.SortFunc(all, func(a, b string) int { return len(a)*1000 - len(b)*1000 + strings.Compare(a, b) })
	all = slices.Compact(all)
	switch {
	case r.CPU != 0 && !slices.Contains(all, cpu):
		v.check(false, field+".cpu", "SAE has no instances with %s thousandths of a core; use %s", cpu, strings.Join(all, ", "))
	case r.Memory != 0 && !slices.Contains(memories, memory):
		v.check(false, field+".memory", "SAE has no instances with %s MiB; use %s", memory, strings.Join(memories, ", "))
	case r.CPU != 0 && r.Memory != 0 && !slices.Contains(fit, cpu):
		v.check(false, field+".cpu", "SAE has no instances with %s thousandths of a core and %s MiB; use %s with this memory", cpu, memory, strings.Join(fit, ", "))
	}
}

// numberOfSAE is what SAE numbers config maps and secrets with.
var numberOfSAE = regexp.MustCompile(`^[1-9][0-9]{0,17}$`)

// holderOfSAE checks the ID of a config map or a secret.
func (v *validator) holderOfSAE(field, id string) {
	v.check(matches(numberOfSAE, id), field, "it must be the number that SAE has for it, in quotes: "+
		"\"slipway api sae ListNamespacedConfigMaps NamespaceId=…\" and \"slipway api sae ListSecrets NamespaceId=…\" list them")
}

// wholeOfSAE refuses the keys by which SAE itself says that all keys are mounted.
func (v *validator) wholeOfSAE(field, key string) {
	v.check(key != "sae-sys-configmap-all" && key != "sae-sys-secret-all", field, "leave it out to mount all keys")
}
