package saetest

import (
	"slices"

	"slipway/cloudapi"
	"slipway/saeclient"
)

// Operations are the operations that the story calls: all that LeftOut does not name.
func Operations() []cloudapi.Operation {
	without := LeftOut()
	return slices.DeleteFunc(saeclient.Operations(), func(op cloudapi.Operation) bool {
		_, left := without[op.Name]
		return left
	})
}

// LeftOut are the operations that the story does not call, each with the reason. They are all
// of today's service and not in the reference.
func LeftOut() map[string]string {
	const instruments = "measured by ARMS, a service of its own"
	groups := map[string]string{
		"web-application": "web applications are functions without change orders, instances or batches: another product under the same API",
		"nlb":             "needs a network load balancer, which SAE does not make",
		"arms":            instruments,
		"metric":          instruments,
	}
	names := map[string]string{
		"DescribeApplicationMseService":         "needs microservice governance, a service of its own",
		"DescribeConfigurationPrice":            "prices belong to the account",
		"DescribeVSwitches":                     "vSwitches belong to the VPC, a service of its own",
		"GetWebshellToken":                      "opens a terminal in an instance",
		"ListApplicationCenterServiceInstances": "the application center is a product of its own",
		"UpdateNamespaceSlsConfigs":             "no text says what its settings do",
		"UpdateAppMode":                         "the idle mode has no description beyond its name",
	}
	out := map[string]string{}
	for _, op := range saeclient.Operations() {
		if op.Since == "" {
			continue
		}
		if reason := names[op.Name]; reason != "" {
			out[op.Name] = reason
		} else if reason := groups[op.Group]; reason != "" {
			out[op.Name] = reason
		}
	}
	return out
}

// Additions are the parameters that today's service has beyond the reference, of the operations
// of the reference, as Operation.Parameter.
func Additions() []string {
	var names []string
	for _, op := range saeclient.Operations() {
		for _, p := range op.Extra {
			if p.Since != "" {
				names = append(names, addition(op.Name, p.Name))
			}
		}
	}
	return names
}

func addition(operation, parameter string) string { return operation + "." + parameter }

// NotSent are the additions that the story does not send, each with the reason.
func NotSent() map[string]string {
	const (
		unknown    = "its values are not stated"
		bought     = "buys a load balancer"
		containers = "needs an instance with several containers"
		idle       = "the idle mode is not described"
		registry   = "needs a registry outside of SAE"
	)
	out := map[string]string{}
	because := func(reason, operation string, parameters ...string) {
		for _, name := range parameters {
			out[addition(operation, name)] = reason
		}
	}
	because(bought, "CreateIngress", "AddressType", "LoadBalancerEdition", "ZoneMappings")
	because(unknown, "CreateApplication", "EnableEbpf", "GpuConfig", "SaeVersion")
	because("needs log settings of the namespace", "CreateApplication", "EnableNamespaceSlsConfig")
	because(containers, "CreateApplication", "EnableSidecarResourceIsolated")
	because(containers, "DeployApplication", "EnableSidecarResourceIsolated")
	because(unknown, "DeployApplication", "GpuConfig")
	because(containers, "DescribeInstanceLog", "ContainerId")
	because(unknown, "ListChangeOrders", "OrderBy")
	because(idle, "CreateApplicationScalingRule", "EnableIdle")
	because(idle, "UpdateApplicationScalingRule", "EnableIdle")
	because(unknown, "BatchStartApplications", "Version")
	because(unknown, "BatchStopApplications", "Version")
	because(registry, "DescribeAppServiceDetail", "NacosInstanceId", "NacosNamespaceId")
	return out
}
