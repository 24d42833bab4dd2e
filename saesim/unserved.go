package saesim

import (
	"slices"
	"strings"
)

// Nothing that a call sends is ignored in silence: the simulator does what a parameter
// asks for, or refuses the call with codeUnserved, and counts it.

// unservedParams are the parameters of the API that the simulator has not got, by
// operation.
func unservedParams() map[string][]string {
	return map[string][]string{
		opCreate: {
			"EnableEbpf", "EnableNamespaceSlsConfig", "EnableSidecarResourceIsolated", "GpuConfig", "SaeVersion",
		},
		opDeploy:        {"EnableSidecarResourceIsolated", "GpuConfig"},
		"CreateIngress": append(listenerSettings(), "AddressType", "LoadBalancerEdition", "ZoneMappings"),
		"UpdateIngress": listenerSettings(),

		"DescribeInstanceLog":          {"ContainerId", "Previous"},
		"ListChangeOrders":             {"OrderBy"}, // its values are stated nowhere
		"CreateApplicationScalingRule": {"EnableIdle"},
		"UpdateApplicationScalingRule": {"EnableIdle"},
		opBatchStart:                   {"Version"},
		opBatchStop:                    {"Version"},
		"RescaleApplicationVertically": {"Deploy", "DiskSize", "ResourceType", "VSwitchId"},
		opCreateJob:                    {paramTrigger},
		opUpdateJob:                    {paramTrigger},
		opBindSLB:                      {"InternetSlbChargeType", "IntranetSlbChargeType"},
		"ListAppServices":              {"NacosInstanceId", "NacosNamespaceId"},
		"DescribeAppServiceDetail":     {"NacosInstanceId", "NacosNamespaceId"},
	}
}

// listenerSettings are parameters of ingresses that change how a load balancer answers,
// which nothing here does.
func listenerSettings() []string {
	return []string{
		"CorsConfig", "EnableGzip", "EnableXForwardedFor", "EnableXForwardedForClientSrcPort", "EnableXForwardedForProto",
		"EnableXForwardedForSlbId", "EnableXForwardedForSlbPort", "IdleTimeout", "RequestTimeout", "SecurityPolicyId",
	}
}

// unserved lists the parameters of a call that the simulator has not got, or that the
// API does not have. Empty ones count as not sent.
func (c *call) unserved() []string {
	missing := unservedParams()[c.op.Name]
	var names []string
	for _, name := range sortedKeys(c.args) {
		_, known := c.op.Param(name)
		if c.args[name] != "" && (!known || slices.Contains(missing, name)) {
			names = append(names, name)
		}
	}
	return names
}

// count adds one to each parameter of an operation; an empty one stands for the operation.
func (s *state) count(counter *map[string]int, operation string, names []string) {
	if *counter == nil && len(names) > 0 {
		*counter = map[string]int{}
	}
	for _, name := range names {
		(*counter)[strings.TrimSpace(operation+" "+name)]++
	}
}
