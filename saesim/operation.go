package saesim

import (
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"slipway/cloudapi"
	"slipway/saeclient"
)

// Names of operations that more than one place needs.
const (
	opCreate   = "CreateApplication"
	opDeploy   = "DeployApplication"
	opRollback = "RollbackApplication"
	opRestart  = "RestartApplication"
	opRescale  = "RescaleApplication"
	opConfig   = "DescribeApplicationConfig"
)

// call is one request to an operation, at one moment, with the state locked.
type call struct {
	engine

	op     cloudapi.Operation
	serve  handler
	args   args
	used   map[string]bool // parameters that were read
	st     *state
	now    time.Time
	region string
	// console is true for what a person does at the SAE console.
	console bool
	// appID is the ID of the application that the call creates; empty draws one.
	appID string
}

// A handler carries out one operation. It checks everything before it changes
// anything, so that a refusal leaves the state as it was.
type handler func(c *call) (any, *apiError)

// handlers are the operations this simulator serves.
func handlers() map[string]handler {
	served := map[string]handler{
		"DescribeApplicationStatus":    describeStatus,
		opConfig:                       describeConfig,
		"DescribeApplicationInstances": describeInstances,
		"DescribeApplicationGroups":    describeGroups,
		"ListApplications":             listApplications,
		"ListAppVersions":              listVersions,

		opCreate:   createApplication,
		opDeploy:   deployApplication,
		opRollback: rollbackApplication,
		opRestart:  restartApplication,
		opRescale:  rescaleApplication,

		"DescribeChangeOrder":         describeOrder,
		"ListChangeOrders":            listOrders,
		"DescribePipeline":            describePipeline,
		"ConfirmPipelineBatch":        confirmBatch,
		"AbortChangeOrder":            abortOrder,
		"AbortAndRollbackChangeOrder": abortAndRollbackOrder,

		"CreateApplicationScalingRule":    createRule,
		"DescribeApplicationScalingRule":  describeRule,
		"DescribeApplicationScalingRules": describeRules,
		"EnableApplicationScalingRule":    enableRule,
		"DeleteApplicationScalingRule":    deleteRule,
		"UpdateApplicationScalingRule":    updateRule,
		"DisableApplicationScalingRule":   disableRule,

		"CreateGreyTagRoute":   createRoute,
		"DeleteGreyTagRoute":   deleteRoute,
		"UpdateGreyTagRoute":   updateRoute,
		"ListGreyTagRoute":     listRoutes,
		"DescribeGreyTagRoute": describeRoute,
	}
	maps.Copy(served, resourceHandlers())
	maps.Copy(served, lifecycleHandlers())
	maps.Copy(served, namespaceOrderHandlers())
	maps.Copy(served, infoHandlers())
	maps.Copy(served, jobHandlers())
	maps.Copy(served, templateHandlers())
	maps.Copy(served, laneHandlers())
	maps.Copy(served, newerHandlers())
	return served
}

// operation is an operation of the API with its handler.
type operation struct {
	cloudapi.Operation

	serve handler
}

type route struct{ method, path string }

// routes indexes all operations of the API by method and path, which may have
// parameters in braces. OpenSaeService answers to POST and GET alike (SAE API
// reference ch. 8.1).
func routes() map[route]*operation {
	served := handlers()
	index := map[route]*operation{}
	for _, op := range saeclient.Operations() {
		entry := &operation{Operation: op, serve: served[op.Name]}
		index[route{op.Method, op.Path}] = entry
		if op.Name == opOpen {
			index[route{http.MethodGet, op.Path}] = entry
		}
	}
	return index
}

// find returns the operation of a request, or nil.
func (s *Simulator) find(method, path string) *operation {
	if op := s.routes[route{method, path}]; op != nil {
		return op
	}
	for at, op := range s.routes {
		if at.method == method && fits(at.path, path) {
			return op
		}
	}
	return nil
}

// fits reports whether a path is one of a template, whose parameters are whole
// segments in braces.
func fits(template, path string) bool {
	want, got := strings.Split(template, "/"), strings.Split(path, "/")
	if len(want) != len(got) {
		return false
	}
	for i, segment := range want {
		if parameter := strings.HasPrefix(segment, "{") && got[i] != ""; !parameter && segment != got[i] {
			return false
		}
	}
	return true
}

// subject is the application a call is about, or empty: named directly, or by one
// of its change orders, pipelines or gray rules.
func (c *call) subject() string {
	if id := c.args["AppId"]; id != "" {
		return id
	}
	if order := c.st.Orders[c.args["ChangeOrderId"]]; order != nil {
		return order.AppID
	}
	if id := c.args["PipelineId"]; id != "" {
		if order, _ := c.st.findPipeline(id); order != nil {
			return order.AppID
		}
	}
	if r := c.routeByID(); r != nil {
		return r.AppID
	}
	return ""
}

// app returns the application a call names. The reference has two codes for a
// missing one; each operation gets the one its table lists, except
// DescribeApplicationConfig: real clients see a deletion by its InvalidAppId.NotFound.
func (c *call) app() (*application, *apiError) {
	if app := c.st.application(c.arg("AppId")); app != nil {
		return app, nil
	}
	return nil, c.noApp()
}

// workload is app for operations that take a job template as well.
func (c *call) workload() (*application, *apiError) {
	if app := c.st.workload(c.arg("AppId")); app != nil {
		return app, nil
	}
	return nil, c.noApp()
}

func (c *call) noApp() *apiError {
	if slices.Contains(c.op.Errors, codeAppNotFound) && c.op.Name != opConfig {
		return refuse(codeAppNotFound)
	}
	return refuse(codeAppIDNotFound)
}

// idleApp is app for operations that refuse while a change order runs.
func (c *call) idleApp() (*application, *apiError) {
	app, refused := c.app()
	if refused != nil {
		return nil, refused
	}
	return app, c.st.requireIdle(app)
}

// accept makes a change order of an application on behalf of the call.
func (c *call) accept(app *application, wanted newOrder) *changeOrder {
	wanted.Operation, wanted.Source = c.op.Name, sourceAPI
	if c.console {
		wanted.Operation, wanted.Source = "", sourceConsole
	}
	return c.engine.accept(c.st, app, wanted, c.now)
}

// order returns the change order a call names.
func (c *call) order() (*changeOrder, *apiError) {
	if order := c.st.Orders[c.arg("ChangeOrderId")]; order != nil && c.st.found(order) {
		return order, nil
	}
	return nil, refuse(codeOrderNotFound)
}
