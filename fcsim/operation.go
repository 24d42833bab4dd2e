package fcsim

import (
	"net/http"
	"net/url"
	"strings"
	"time"
)

const (
	// apiVersion begins every path of the API.
	apiVersion = "2016-08-15"
	// proxyPrefix is where calls of HTTP triggers live.
	proxyPrefix = "/" + apiVersion + "/proxy/"
	// opTrigger names calls of HTTP triggers where operations are named.
	opTrigger = "HTTPTrigger"
	// opLayerByArn is the one operation here that the reference has not.
	opLayerByArn = "GetLayerVersionByArn"
)

// qualified says whether a version or an alias may follow the service's name in a path.
type qualified int

const (
	unqualified qualified = iota
	mayQualify
	mustQualify
)

// A handler carries out one operation. It checks everything before it changes anything, so that
// a refusal leaves the state as it was.
type handler func(c *call) (reply, *apiError)

// operation is an operation of the API with its handler.
type operation struct {
	name      string
	method    string
	path      string // below the version; parameters are whole segments in braces
	qualified qualified
	serve     handler
}

// operations are all operations of the API, and one that its clients have beside them.
func operations() []operation {
	const (
		services  = "/services"
		service   = "/services/{serviceName}"
		functions = service + "/functions"
		function  = service + "/functions/{functionName}"
		triggers  = function + "/triggers"
		trigger   = function + "/triggers/{triggerName}"
		versions  = service + "/versions"
		aliases   = service + "/aliases"
		alias     = service + "/aliases/{aliasName}"
		domains   = "/custom-domains"
		domain    = "/custom-domains/{domainName}"
		provision = function + "/provision-config"
		async     = function + "/async-invoke-config"
		stateful  = function + "/stateful-async-invocations"
		layers    = "/layers/{layerName}/versions"
		layer     = "/layers/{layerName}/versions/{version}"
	)
	return []operation{
		{"CreateService", http.MethodPost, services, unqualified, createService},
		{"DeleteService", http.MethodDelete, service, unqualified, deleteService},
		{"UpdateService", http.MethodPut, service, unqualified, updateService},
		{"GetService", http.MethodGet, service, mayQualify, getService},
		{"ListServices", http.MethodGet, services, unqualified, listServices},

		{"CreateFunction", http.MethodPost, functions, unqualified, createFunction},
		{"DeleteFunction", http.MethodDelete, function, unqualified, deleteFunction},
		{"UpdateFunction", http.MethodPut, function, unqualified, updateFunction},
		{"GetFunction", http.MethodGet, function, mayQualify, getFunction},
		{"GetFunctionCode", http.MethodGet, function + "/code", mayQualify, getFunctionCode},
		{"ListFunctions", http.MethodGet, functions, mayQualify, listFunctions},
		{"InvokeFunction", http.MethodPost, function + "/invocations", mayQualify, invokeFunction},
		{"ListInstances", http.MethodGet, function + "/instances", mayQualify, listInstances},

		{"PublishServiceVersion", http.MethodPost, versions, unqualified, publishVersion},
		{"DeleteServiceVersion", http.MethodDelete, versions + "/{versionId}", unqualified, deleteVersion},
		{"ListServiceVersions", http.MethodGet, versions, unqualified, listVersions},

		{"CreateAlias", http.MethodPost, aliases, unqualified, createAlias},
		{"DeleteAlias", http.MethodDelete, alias, unqualified, deleteAlias},
		{"UpdateAlias", http.MethodPut, alias, unqualified, updateAlias},
		{"GetAlias", http.MethodGet, alias, unqualified, getAlias},
		{"ListAliases", http.MethodGet, aliases, unqualified, listAliases},

		{"PutProvisionConfig", http.MethodPut, provision, mustQualify, putProvision},
		{"GetProvisionConfig", http.MethodGet, provision, mustQualify, getProvision},
		{"ListProvisionConfigs", http.MethodGet, "/provision-configs", unqualified, listProvisions},

		{"CreateTrigger", http.MethodPost, triggers, unqualified, createTrigger},
		{"DeleteTrigger", http.MethodDelete, trigger, unqualified, deleteTrigger},
		{"UpdateTrigger", http.MethodPut, trigger, unqualified, updateTrigger},
		{"GetTrigger", http.MethodGet, trigger, unqualified, getTrigger},
		{"ListTriggers", http.MethodGet, triggers, unqualified, listTriggers},

		{"CreateCustomDomain", http.MethodPost, domains, unqualified, createCustomDomain},
		{"DeleteCustomDomain", http.MethodDelete, domain, unqualified, deleteCustomDomain},
		{"UpdateCustomDomain", http.MethodPut, domain, unqualified, updateCustomDomain},
		{"GetCustomDomain", http.MethodGet, domain, unqualified, getCustomDomain},
		{"ListCustomDomains", http.MethodGet, domains, unqualified, listCustomDomains},

		{"TagResource", http.MethodPost, "/tag", unqualified, tagResource},
		{"UntagResource", http.MethodDelete, "/tag", unqualified, untagResource},
		{"GetResourceTags", http.MethodGet, "/tag", unqualified, getResourceTags},

		{"PutFunctionAsyncInvokeConfig", http.MethodPut, async, mayQualify, putAsyncConfig},
		{"DeleteFunctionAsyncInvokeConfig", http.MethodDelete, async, mayQualify, deleteAsyncConfig},
		{"GetFunctionAsyncInvokeConfig", http.MethodGet, async, mayQualify, getAsyncConfig},
		{"ListFunctionAsyncInvokeConfigs", http.MethodGet, function + "/async-invoke-configs", unqualified, listAsyncConfigs},
		{"GetStatefulAsyncInvocation", http.MethodGet, stateful + "/{statefulAsyncInvocationId}", mayQualify, getInvocation},
		{"ListStatefulAsyncInvocations", http.MethodGet, stateful, mayQualify, listInvocations},
		{"StopStatefulAsyncInvocation", http.MethodPut, stateful + "/{statefulAsyncInvocationId}", mayQualify, stopInvocation},

		{"PublishLayerVersion", http.MethodPost, layers, unqualified, publishLayerVersion},
		{"DeleteLayerVersion", http.MethodDelete, layer, unqualified, deleteLayerVersion},
		{"GetLayerVersion", http.MethodGet, layer, unqualified, getLayerVersion},
		{"ListLayerVersions", http.MethodGet, layers, unqualified, listLayerVersions},
		{"ListLayers", http.MethodGet, "/layers", unqualified, listLayers},
		{opLayerByArn, http.MethodGet, "/layerarn/{arn}", unqualified, getLayerVersionByArn},
	}
}

// call is one request to an operation, at one moment, with the state locked.
type call struct {
	config *Config
	op     *operation
	// params are the parameters of the path; the service's name is without its qualifier.
	params map[string]string
	// qualifier is the version or alias after the service's name; empty means LATEST.
	qualifier string
	query     url.Values
	header    http.Header
	body      []byte
	requestID string
	// host is the address by which the caller reached the simulator.
	host string

	st  *state
	now time.Time
}

// route finds the operation of a request and reads the parameters of its path. A path that fits
// none, or whose qualifier is not in place, is refused.
func (s *Simulator) route(method, escaped string) (*call, *apiError) {
	segments, ok := split(escaped)
	if ok {
		for i := range s.operations {
			op := &s.operations[i]
			if op.method != method {
				continue
			}
			if params, fits := match(op.path, segments); fits {
				c := &call{config: &s.config, op: op, params: params}
				return c, c.qualify()
			}
		}
	}
	return nil, refuse(codePathNotSupported, method, escaped)
}

// split cuts a path as it is on the wire into its decoded segments below the API's version.
func split(escaped string) ([]string, bool) {
	rest, ok := strings.CutPrefix(escaped, "/"+apiVersion+"/")
	if !ok {
		return nil, false
	}
	segments := strings.Split(rest, "/")
	for i, segment := range segments {
		text, err := url.PathUnescape(segment)
		if err != nil || text == "" {
			return nil, false
		}
		segments[i] = text
	}
	return segments, true
}

// match reads the parameters of a path that fits a template.
func match(template string, segments []string) (map[string]string, bool) {
	want := strings.Split(strings.TrimPrefix(template, "/"), "/")
	if len(want) != len(segments) {
		return nil, false
	}
	params := map[string]string{}
	for i, segment := range want {
		name, parameter := strings.CutPrefix(segment, "{")
		switch {
		case parameter:
			params[strings.TrimSuffix(name, "}")] = segments[i]
		case segment != segments[i]:
			return nil, false
		}
	}
	return params, true
}

// qualify takes the qualifier from the service's name.
func (c *call) qualify() *apiError {
	name, qualifier, given := strings.Cut(c.params["serviceName"], ".")
	switch {
	case c.op.qualified == mustQualify && qualifier == "":
		return refuse(codeInvalidArgument, "the path must name an alias: services/{serviceName}.{qualifier}/...")
	case given && (c.op.qualified == unqualified || qualifier == ""):
		return refuse(codeInvalidArgument, c.op.name+" takes no qualifier after the service's name")
	case c.params["serviceName"] != "":
		c.params["serviceName"], c.qualifier = name, qualifier
	}
	if c.qualifier == latest {
		c.qualifier = ""
	}
	return nil
}

// isRead reports whether a call changes nothing.
func (c *call) isRead() bool { return c.op.method == http.MethodGet }
