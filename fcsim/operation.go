package fcsim

import (
	"net/http"
	"net/url"
	"strings"
	"time"

	"slipway/cloudapi"
	"slipway/fcclient"
	"slipway/internal/simframe"
)

const (
	apiVersion = "2016-08-15"
	// versionPrefix begins every path of the API.
	versionPrefix = "/" + apiVersion + "/"
	// proxyPrefix is where calls of HTTP triggers live.
	proxyPrefix = versionPrefix + "proxy/"
	// opTrigger names calls of HTTP triggers where operations are named.
	opTrigger = "HTTPTrigger"
	// opLayerByArn is an operation that the reference has not, and that both of the vendor's clients have.
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

// handlers are the operations this simulator serves.
func handlers() map[string]handler {
	return map[string]handler{
		"CreateService": createService,
		"DeleteService": deleteService,
		"UpdateService": updateService,
		"GetService":    getService,
		"ListServices":  listServices,

		"CreateFunction":  createFunction,
		"DeleteFunction":  deleteFunction,
		"UpdateFunction":  updateFunction,
		"GetFunction":     getFunction,
		"GetFunctionCode": getFunctionCode,
		"ListFunctions":   listFunctions,
		"InvokeFunction":  invokeFunction,
		"ListInstances":   listInstances,

		"PublishServiceVersion": publishVersion,
		"DeleteServiceVersion":  deleteVersion,
		"ListServiceVersions":   listVersions,

		"CreateAlias": createAlias,
		"DeleteAlias": deleteAlias,
		"UpdateAlias": updateAlias,
		"GetAlias":    getAlias,
		"ListAliases": listAliases,

		"PutProvisionConfig":   putProvision,
		"GetProvisionConfig":   getProvision,
		"ListProvisionConfigs": listProvisions,

		"CreateTrigger": createTrigger,
		"DeleteTrigger": deleteTrigger,
		"UpdateTrigger": updateTrigger,
		"GetTrigger":    getTrigger,
		"ListTriggers":  listTriggers,

		"CreateCustomDomain": createCustomDomain,
		"DeleteCustomDomain": deleteCustomDomain,
		"UpdateCustomDomain": updateCustomDomain,
		"GetCustomDomain":    getCustomDomain,
		"ListCustomDomains":  listCustomDomains,

		"TagResource":     tagResource,
		"UntagResource":   untagResource,
		"GetResourceTags": getResourceTags,

		"PutFunctionAsyncInvokeConfig":    putAsyncConfig,
		"DeleteFunctionAsyncInvokeConfig": deleteAsyncConfig,
		"GetFunctionAsyncInvokeConfig":    getAsyncConfig,
		"ListFunctionAsyncInvokeConfigs":  listAsyncConfigs,
		"GetStatefulAsyncInvocation":      getInvocation,
		"ListStatefulAsyncInvocations":    listInvocations,
		"StopStatefulAsyncInvocation":     stopInvocation,

		"PublishLayerVersion": publishLayerVersion,
		"DeleteLayerVersion":  deleteLayerVersion,
		"GetLayerVersion":     getLayerVersion,
		"ListLayerVersions":   listLayerVersions,
		"ListLayers":          listLayers,
		opLayerByArn:          getLayerVersionByArn,
	}
}

// operation is an operation of the API with its handler.
type operation struct {
	cloudapi.Operation

	// path is the one below the API's version; parameters are in braces.
	path      simframe.PathTemplate
	qualified qualified
	serve     handler
}

// operations are all operations of the API, and one that its clients have beside them.
func operations() []operation {
	served := handlers()
	var all []operation
	byArn := cloudapi.Operation{Name: opLayerByArn, Method: http.MethodGet, Path: versionPrefix + "layerarn/{arn}"}
	for _, op := range append(fcclient.Operations(), byArn) {
		o := operation{Operation: op, serve: served[op.Name], path: simframe.ParsePath(strings.TrimPrefix(op.Path, versionPrefix))}
		for i, segment := range o.path {
			switch segment {
			case "{serviceName}{.qualifier}":
				o.path[i], o.qualified = "{serviceName}", mayQualify
			case "{serviceName}.{qualifier}":
				o.path[i], o.qualified = "{serviceName}", mustQualify
			}
		}
		all = append(all, o)
	}
	return all
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
			if op.Method != method {
				continue
			}
			if params, fits := op.path.Match(segments); fits {
				c := &call{config: &s.config, op: op, params: params}
				return c, c.qualify()
			}
		}
	}
	return nil, refuse(codePathNotSupported, method, escaped)
}

// split cuts a path as it is on the wire into its decoded segments below the API's version.
func split(escaped string) ([]string, bool) {
	rest, ok := strings.CutPrefix(escaped, versionPrefix)
	if !ok {
		return nil, false
	}
	return simframe.SplitPath(rest)
}

// qualify takes the qualifier from the service's name.
func (c *call) qualify() *apiError {
	name, qualifier, given := strings.Cut(c.params["serviceName"], ".")
	switch {
	case c.op.qualified == mustQualify && qualifier == "":
		return refuse(codeInvalidArgument, "the path must name an alias: services/{serviceName}.{qualifier}/...")
	case given && (c.op.qualified == unqualified || qualifier == ""):
		return refuse(codeInvalidArgument, c.op.Name+" takes no qualifier after the service's name")
	case c.params["serviceName"] != "":
		c.params["serviceName"], c.qualifier = name, qualifier
	}
	if c.qualifier == latest {
		c.qualifier = ""
	}
	return nil
}

// isRead reports whether a call changes nothing.
func (c *call) isRead() bool { return !c.op.Mutates }
