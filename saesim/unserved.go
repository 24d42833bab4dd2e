package saesim

import (
	"slices"
	"strings"

	"slipway/cloudapi"
)

// Nothing that a call sends is ignored in silence: the simulator does what a parameter
// asks for, or refuses the call with codeUnserved, and counts it.

// unservedParams are the parameters of the API that the simulator has not got, by
// operation.
func unservedParams() map[string][]string {
	return map[string][]string{
		// The form of GpuConfig is stated nowhere; the others no answer shows.
		opCreate: {
			"EnableEbpf", "EnableNamespaceSlsConfig", "EnableSidecarResourceIsolated", "GpuConfig", "SaeVersion",
		},
		opDeploy:        {"EnableSidecarResourceIsolated", "GpuConfig"},
		"CreateIngress": {"AddressType", "LoadBalancerEdition", "ZoneMappings"}, // of a load balancer that the service buys

		"DescribeInstanceLog":          {"ContainerId"}, // containers beside the application's do not run
		"ListChangeOrders":             {"OrderBy"},     // its values are stated nowhere
		"CreateApplicationScalingRule": {"EnableIdle"},  // nothing puts load on an application, or takes it away
		"UpdateApplicationScalingRule": {"EnableIdle"},
		opBatchStart:                   {"Version"}, // its meaning is stated nowhere
		opBatchStop:                    {"Version"},
		opCreateJob:                    {paramTrigger, "EnableImageAccl"}, // no answer on jobs shows the second
		opUpdateJob:                    {paramTrigger, "EnableImageAccl", "Php"},
		"ListAppServices":              {"NacosInstanceId", "NacosNamespaceId"}, // there is no Nacos
		"DescribeAppServiceDetail":     {"NacosInstanceId", "NacosNamespaceId"},
	}
}

// clientExtras are parameters that an operation does not have and that real clients send
// with it all the same, which the service takes: the Terraform provider pages through
// lists without pages, Serverless Devs sends what it knows of an application. They are
// acted on, or have to say what is so already; see sameAsKnown.
func clientExtras(operation string) []string {
	switch operation {
	case opCreate:
		return []string{paramRegion, paramPort}
	case opDeploy:
		return []string{paramRegion, paramPort, paramAutoConfig, "AppName", "AppDescription", paramNamespace, "VpcId"}
	}
	var names []string
	for _, p := range pagesBeside(operation) {
		names = append(names, p.Name)
	}
	return names
}

// pagesBeside are the parameters of pages of lists that the API says have none. They are
// numbers as in other lists.
func pagesBeside(operation string) []cloudapi.Param {
	switch operation {
	case "DescribeApplicationScalingRules", "ListGreyTagRoute":
		return []cloudapi.Param{
			{Name: "CurrentPage", Kind: cloudapi.KindInteger, Min: new(int64(1))},
			{Name: "PageSize", Kind: cloudapi.KindInteger, Min: new(int64(0))},
		}
	}
	return nil
}

const (
	paramRegion     = "Region"
	paramPort       = "Port"
	paramAutoConfig = "AutoConfig"
	paramSource     = "AppSource"
)

// sameAsKnown checks what a client repeats of an application, if there is one yet: what
// the service would make of another value is not known. A port is that of the client's own
// load balancer and says nothing here.
func (c *call) sameAsKnown(app *application) *apiError {
	c.applies(paramPort)
	known := map[string]string{paramRegion: c.region}
	if app != nil {
		c.applies(paramAutoConfig) // how its network was found
		known["AppName"], known["AppDescription"] = app.Name, app.Config["AppDescription"]
		known[paramNamespace], known["VpcId"] = app.NamespaceID, app.settings()["VpcId"]
	}
	for _, name := range sortedKeys(known) {
		if value := c.arg(name); value != "" && value != known[name] {
			c.st.count(&c.st.Unserved, c.op.Name, []string{name})
			return refuse(codeUnserved, c.op.Name, name)
		}
	}
	return nil
}

// unserved lists the parameters of a call that the simulator has not got, or that the
// API does not have, the first maxUnserved of them. Empty ones count as not sent.
func (c *call) unserved() []string {
	missing, extra := unservedParams()[c.op.Name], clientExtras(c.op.Name)
	var names []string
	for _, name := range sortedKeys(c.args) {
		_, known := c.op.Param(name)
		known = known || slices.Contains(extra, name)
		if len(names) == maxUnserved {
			break
		}
		if c.args[name] != "" && (!known || slices.Contains(missing, name) || c.otherKind(name)) {
			names = append(names, strings.ToValidUTF8(name[:min(len(name), maxUnservedName)], ""))
		}
	}
	return names
}

const (
	// maxUnserved is how many parameters of one call a refusal names and the state counts; a body can have millions.
	maxUnserved = 20
	// maxUnservedName bounds the name of one in bytes.
	maxUnservedName = 100
	// maxCounted is how many parameters a state counts in all.
	maxCounted = 10_000
)

// otherKind reports whether a parameter makes an application of a kind that is not
// simulated: a web application, or a job.
func (c *call) otherKind(name string) bool {
	return name == paramSource && c.op.Name == opCreate && c.args[name] != kindByDefault(paramSource)
}

// count adds one to each parameter of an operation; an empty one stands for the operation.
func (s *state) count(counter *map[string]int, operation string, names []string) {
	if *counter == nil && len(names) > 0 {
		*counter = map[string]int{}
	}
	for _, name := range names {
		key := strings.TrimSpace(operation + " " + name)
		if _, known := (*counter)[key]; known || len(*counter) < maxCounted {
			(*counter)[key]++
		}
	}
}
