package fctest

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"slipway/cloudapi"
	"slipway/fcclient"
)

// Names of what the story makes in its service.
const (
	function = "order"
	alias    = "live"
	trigger  = "clock"
)

// world is what the story has made so far.
type world struct {
	service, layer string
	// domain is set while a custom domain is there, layers are the versions of the layer that are.
	domain string
	layers []int
	// first and second are versions of the service.
	first, second string
}

// tell tells the whole story.
func (s *suite) tell(t *testing.T) {
	t.Helper()
	name := "fctest" + strings.ToLower(rand.Text())[:6]
	s.world.service, s.world.layer = name, name
	t.Cleanup(func() { s.cleanUp(t) })
	s.step(t, "a service", s.makeService)
	s.step(t, "a function", s.makeFunction)
	s.step(t, "versions", s.publish)
	s.step(t, "an alias", s.makeAlias)
	s.step(t, "a gray version", s.moveAlias)
	s.step(t, "events", s.invoke)
	s.step(t, "provisioned instances", s.provision)
	s.step(t, "triggers", s.bind)
	s.step(t, "custom domains", s.mapDomain)
	s.step(t, "tags", s.tag)
	s.step(t, "events without waiting", s.invokeAsync)
	s.step(t, "layers", s.layers)
	s.step(t, "refusals", s.refuse)
	s.step(t, "the end", s.endIt)
}

// cleanUp ends what a story that was cut short has left.
func (s *suite) cleanUp(t *testing.T) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), s.Patience)
	defer cancel()
	w, c := s.world, s.client
	gone := func(what string, err error) {
		assert.True(t, err == nil || cloudapi.ClassOf(err) == cloudapi.ErrNotFound, "%s is left: %v", what, err)
	}
	for _, version := range w.layers {
		_, err := c.DeleteLayerVersion(ctx, &fcclient.DeleteLayerVersionInput{LayerName: w.layer, Version: version})
		gone("a layer", err)
	}
	if w.domain != "" {
		_, err := c.DeleteCustomDomain(ctx, &fcclient.DeleteCustomDomainInput{DomainName: w.domain})
		gone("a domain", err)
	}
	_, err := c.DeleteTrigger(ctx, &fcclient.DeleteTriggerInput{ServiceName: w.service, FunctionName: function, TriggerName: trigger})
	gone("a trigger", err)
	_, err = c.PutProvisionConfig(ctx, s.noInstances())
	gone("a provision config", err)
	_, err = c.DeleteAlias(ctx, &fcclient.DeleteAliasInput{ServiceName: w.service, AliasName: alias})
	gone("an alias", err)
	for _, version := range []string{w.first, w.second} {
		if version != "" {
			_, err = c.DeleteServiceVersion(ctx, &fcclient.DeleteServiceVersionInput{ServiceName: w.service, VersionID: version})
			gone("version "+version, err)
		}
	}
	_, err = c.DeleteFunction(ctx, &fcclient.DeleteFunctionInput{ServiceName: w.service, FunctionName: function})
	gone("a function", err)
	_, err = c.DeleteService(ctx, &fcclient.DeleteServiceInput{ServiceName: w.service})
	gone("service "+w.service, err)
}

func (s *suite) makeService(t *testing.T) {
	w, c := s.world, s.client
	create := &fcclient.CreateServiceInput{ServiceName: w.service, Description: new("made by fctest"), InternetAccess: new(false)}
	made := call(t, s, c.CreateService, create)
	require.Equal(t, w.service, made.ServiceName)
	require.False(t, made.InternetAccess)
	require.NotEmpty(t, made.ServiceID)
	refused(t, s, c.CreateService, create, fcclient.CodeServiceAlreadyExists)

	have := call(t, s, c.GetService, &fcclient.GetServiceInput{ServiceName: w.service})
	require.Equal(t, made.Service.ServiceID, have.ServiceID)
	require.Equal(t, made.ETag, have.ETag)
	changed := call(t, s, c.UpdateService, &fcclient.UpdateServiceInput{ServiceName: w.service, IfMatch: &have.ETag, Description: new("changed")})
	require.Equal(t, "changed", changed.Description)
	require.False(t, changed.InternetAccess, "what is not given stays")
	require.NotEqual(t, have.ETag, changed.ETag)
	refused(t, s, c.UpdateService, &fcclient.UpdateServiceInput{ServiceName: w.service, IfMatch: &have.ETag, Description: new("late")}, fcclient.CodePreconditionFailed)
	refused(t, s, c.DeleteService, &fcclient.DeleteServiceInput{ServiceName: w.service, IfMatch: &have.ETag}, fcclient.CodePreconditionFailed)

	listed := call(t, s, c.ListServices, &fcclient.ListServicesInput{Prefix: &w.service, Limit: new(1)})
	require.Len(t, listed.Services, 1)
	require.Equal(t, w.service, listed.Services[0].ServiceName)
}

func (s *suite) makeFunction(t *testing.T) {
	w, c := s.world, s.client
	create := &fcclient.CreateFunctionInput{
		ServiceName: w.service, FunctionName: function, Runtime: new("nodejs12"), Handler: "index.handler",
		MemorySize: new(128), Timeout: new(10), Code: code(t, "one"),
	}
	made := call(t, s, c.CreateFunction, create)
	require.Equal(t, 128, made.MemorySize)
	refused(t, s, c.CreateFunction, create, fcclient.CodeFunctionAlreadyExists)

	have := call(t, s, c.GetFunction, &fcclient.GetFunctionInput{ServiceName: w.service, FunctionName: function})
	require.Equal(t, made.ETag, have.ETag)
	changed := call(t, s, c.UpdateFunction, &fcclient.UpdateFunctionInput{
		ServiceName: w.service, FunctionName: function, IfMatch: &have.ETag,
		EnvironmentVariables: map[string]cloudapi.Secret{"STEP": "one"},
	})
	require.Equal(t, map[string]cloudapi.Secret{"STEP": "one"}, changed.EnvironmentVariables)
	require.Equal(t, have.CodeChecksum, changed.CodeChecksum, "what is not given stays")
	refused(t, s, c.UpdateFunction, &fcclient.UpdateFunctionInput{ServiceName: w.service, FunctionName: function, IfMatch: &have.ETag, Timeout: new(20)}, fcclient.CodePreconditionFailed)
	refused(t, s, c.DeleteFunction, &fcclient.DeleteFunctionInput{ServiceName: w.service, FunctionName: function, IfMatch: &have.ETag}, fcclient.CodePreconditionFailed)

	download := call(t, s, c.GetFunctionCode, &fcclient.GetFunctionCodeInput{ServiceName: w.service, FunctionName: function})
	require.NotEmpty(t, string(download.URL))
	require.Equal(t, have.CodeChecksum, download.Checksum)
	listed := call(t, s, c.ListFunctions, &fcclient.ListFunctionsInput{ServiceName: w.service})
	require.Len(t, listed.Functions, 1)
	refused(t, s, c.DeleteService, &fcclient.DeleteServiceInput{ServiceName: w.service}, "ServiceNotEmpty")
}

// code is a package that differs by a text.
func code(t *testing.T, text string) *fcclient.Code {
	t.Helper()
	var b bytes.Buffer
	archive := zip.NewWriter(&b)
	file, err := archive.Create("index.js")
	require.NoError(t, err)
	_, err = file.Write([]byte("exports.handler = (event, context, callback) => callback(null, '" + text + "');\n"))
	require.NoError(t, err)
	require.NoError(t, archive.Close())
	return fcclient.ZipCode(b.Bytes())
}

func (s *suite) publish(t *testing.T) {
	w, c := &s.world, s.client
	publish := &fcclient.PublishServiceVersionInput{ServiceName: w.service, Description: new("the first")}
	w.first = call(t, s, c.PublishServiceVersion, publish).VersionID
	require.Equal(t, "1", w.first)
	refused(t, s, c.PublishServiceVersion, publish, fcclient.CodeVersionPublish)

	before := call(t, s, c.GetFunction, &fcclient.GetFunctionInput{ServiceName: w.service, FunctionName: function})
	after := call(t, s, c.UpdateFunction, &fcclient.UpdateFunctionInput{ServiceName: w.service, FunctionName: function, Code: code(t, "two")})
	require.NotEqual(t, before.CodeChecksum, after.CodeChecksum)
	w.second = call(t, s, c.PublishServiceVersion, &fcclient.PublishServiceVersionInput{ServiceName: w.service, Description: new("the second")}).VersionID
	require.Equal(t, "2", w.second)

	newest := call(t, s, c.ListServiceVersions, &fcclient.ListServiceVersionsInput{ServiceName: w.service, Limit: new(1)})
	require.Len(t, newest.Versions, 1)
	require.Equal(t, w.second, newest.Versions[0].VersionID, "the newest first")
	require.Equal(t, "the second", newest.Versions[0].Description)
	oldest := call(t, s, c.ListServiceVersions, &fcclient.ListServiceVersionsInput{ServiceName: w.service, Direction: new("FORWARD")})
	require.Len(t, oldest.Versions, 2)
	require.Equal(t, w.first, oldest.Versions[0].VersionID)

	frozen := call(t, s, c.GetFunction, &fcclient.GetFunctionInput{ServiceName: w.service, Qualifier: &w.first, FunctionName: function})
	require.Equal(t, before.CodeChecksum, frozen.CodeChecksum, "a version does not change")
	require.Equal(t, "the first", call(t, s, c.GetService, &fcclient.GetServiceInput{ServiceName: w.service, Qualifier: &w.first}).Description)
}

func (s *suite) makeAlias(t *testing.T) {
	w, c := s.world, s.client
	create := &fcclient.CreateAliasInput{ServiceName: w.service, AliasName: alias, VersionID: w.first, Description: new("fctest")}
	made := call(t, s, c.CreateAlias, create)
	require.Equal(t, w.first, made.VersionID)
	require.Empty(t, made.AdditionalVersionWeight)
	refused(t, s, c.CreateAlias, create, fcclient.CodeAliasAlreadyExists)
	refused(t, s, c.CreateAlias, &fcclient.CreateAliasInput{ServiceName: w.service, AliasName: "gray", VersionID: "9"}, fcclient.CodeVersionNotFound)
	require.Len(t, call(t, s, c.ListAliases, &fcclient.ListAliasesInput{ServiceName: w.service}).Aliases, 1)
}

func (s *suite) moveAlias(t *testing.T) {
	w, c := s.world, s.client
	have := call(t, s, c.GetAlias, &fcclient.GetAliasInput{ServiceName: w.service, AliasName: alias})
	require.Nil(t, have.AdditionalVersionWeight, "null until a map was given")
	move := func(main string, weights map[string]float64) *fcclient.UpdateAliasOutput {
		return call(t, s, c.UpdateAlias, &fcclient.UpdateAliasInput{ServiceName: w.service, AliasName: alias, VersionID: &main, AdditionalVersionWeight: weights})
	}
	gray := map[string]float64{w.second: 0.3}
	require.Equal(t, gray, move(w.first, gray).AdditionalVersionWeight)
	described := call(t, s, c.UpdateAlias, &fcclient.UpdateAliasInput{ServiceName: w.service, AliasName: alias, Description: new("gray")})
	require.Equal(t, gray, described.AdditionalVersionWeight, "what is not given stays")
	require.Equal(t, w.first, described.VersionID)
	through := call(t, s, c.GetFunction, &fcclient.GetFunctionInput{ServiceName: w.service, Qualifier: new(alias), FunctionName: function})
	main := call(t, s, c.GetFunction, &fcclient.GetFunctionInput{ServiceName: w.service, Qualifier: &w.first, FunctionName: function})
	require.Equal(t, main.CodeChecksum, through.CodeChecksum, "an alias shows its main version")
	promoted := move(w.second, map[string]float64{})
	require.Equal(t, w.second, promoted.VersionID)
	require.Empty(t, promoted.AdditionalVersionWeight)
	refused(t, s, c.UpdateAlias, &fcclient.UpdateAliasInput{ServiceName: w.service, AliasName: alias, IfMatch: &have.ETag, VersionID: &w.first}, fcclient.CodePreconditionFailed)
	require.Equal(t, w.first, move(w.first, map[string]float64{}).VersionID, "and back")
	refused(t, s, c.UpdateAlias, &fcclient.UpdateAliasInput{ServiceName: w.service, AliasName: alias, VersionID: new("9")}, fcclient.CodeVersionNotFound)
}

func (s *suite) invoke(t *testing.T) {
	w, c := s.world, s.client
	out := call(t, s, c.InvokeFunction, &fcclient.InvokeFunctionInput{
		ServiceName: w.service, Qualifier: new(alias), FunctionName: function, Payload: []byte("event"), LogType: new("Tail"),
	})
	require.NoError(t, out.ErrInvocation())
}

func (s *suite) provision(t *testing.T) {
	w, c := s.world, s.client
	action := fcclient.ScheduledAction{
		Name: "nightly", StartTime: "2036-10-10T10:10:10Z", EndTime: "2036-12-10T10:10:10Z", Target: new(int64(3)), ScheduleExpression: "cron(0 30 8 * * *)",
	}
	put := call(t, s, c.PutProvisionConfig, &fcclient.PutProvisionConfigInput{
		ServiceName: w.service, Qualifier: alias, FunctionName: function, Target: 2, ScheduledActions: []fcclient.ScheduledAction{action},
	})
	require.EqualValues(t, 2, put.Target)
	get := &fcclient.GetProvisionConfigInput{ServiceName: w.service, Qualifier: alias, FunctionName: function}
	have := call(t, s, c.GetProvisionConfig, get)
	require.Equal(t, []fcclient.ScheduledAction{action}, have.ScheduledActions)
	require.True(t, strings.HasSuffix(have.Resource, "#"+w.service+"#"+alias+"#"+function), have.Resource)
	s.await(t, "instances come", func() bool { return call(t, s, c.GetProvisionConfig, get).Current == 2 })
	instances := call(t, s, c.ListInstances, &fcclient.ListInstancesInput{ServiceName: w.service, Qualifier: new(alias), FunctionName: function})
	require.GreaterOrEqual(t, len(instances.Instances), 2, "beside those of events")

	kept := call(t, s, c.PutProvisionConfig, &fcclient.PutProvisionConfigInput{ServiceName: w.service, Qualifier: alias, FunctionName: function, Target: 1})
	require.Equal(t, []fcclient.ScheduledAction{action}, kept.ScheduledActions, "a list that is not given stays")
	listed := call(t, s, c.ListProvisionConfigs, &fcclient.ListProvisionConfigsInput{ServiceName: &w.service, Qualifier: new(alias)})
	require.Len(t, listed.ProvisionConfigs, 1)
	require.Empty(t, call(t, s, c.PutProvisionConfig, s.noInstances()).ScheduledActions, "an empty list takes them away")
	s.await(t, "instances go", func() bool { return call(t, s, c.GetProvisionConfig, get).Current == 0 })
}

// noInstances takes away what was provisioned.
func (s *suite) noInstances() *fcclient.PutProvisionConfigInput {
	return &fcclient.PutProvisionConfigInput{
		ServiceName: s.world.service, Qualifier: alias, FunctionName: function, Target: 0,
		ScheduledActions: []fcclient.ScheduledAction{}, TargetTrackingPolicies: []fcclient.TargetTrackingPolicy{},
	}
}

func (s *suite) bind(t *testing.T) {
	w, c := s.world, s.client
	create := &fcclient.CreateTriggerInput{
		ServiceName: w.service, FunctionName: function, TriggerName: trigger, TriggerType: "timer", Qualifier: new(alias),
		TriggerConfig: json.RawMessage(`{"cronExpression":"0 0 4 1 1 *","enable":false,"payload":"x"}`),
	}
	made := call(t, s, c.CreateTrigger, create)
	require.Equal(t, alias, made.Qualifier)
	refused(t, s, c.CreateTrigger, create, fcclient.CodeTriggerAlreadyExists)
	have := call(t, s, c.GetTrigger, &fcclient.GetTriggerInput{ServiceName: w.service, FunctionName: function, TriggerName: trigger})
	require.JSONEq(t, string(made.TriggerConfig), string(have.TriggerConfig))
	changed := call(t, s, c.UpdateTrigger, &fcclient.UpdateTriggerInput{
		ServiceName: w.service, FunctionName: function, TriggerName: trigger, IfMatch: &have.ETag, Qualifier: &w.first,
	})
	require.Equal(t, w.first, changed.Qualifier)
	refused(t, s, c.UpdateTrigger, &fcclient.UpdateTriggerInput{ServiceName: w.service, FunctionName: function, TriggerName: trigger, IfMatch: &have.ETag, Qualifier: new(alias)}, fcclient.CodePreconditionFailed)
	require.Len(t, call(t, s, c.ListTriggers, &fcclient.ListTriggersInput{ServiceName: w.service, FunctionName: function}).Triggers, 1)
	refused(t, s, c.DeleteFunction, &fcclient.DeleteFunctionInput{ServiceName: w.service, FunctionName: function}, "FunctionNotEmpty")
	call(t, s, c.DeleteTrigger, &fcclient.DeleteTriggerInput{ServiceName: w.service, FunctionName: function, TriggerName: trigger})
	refused(t, s, c.GetTrigger, &fcclient.GetTriggerInput{ServiceName: w.service, FunctionName: function, TriggerName: trigger}, fcclient.CodeTriggerNotFound)
	refused(t, s, c.DeleteTrigger, &fcclient.DeleteTriggerInput{ServiceName: w.service, FunctionName: function, TriggerName: trigger}, fcclient.CodeTriggerNotFound)
}

func (s *suite) mapDomain(t *testing.T) {
	w, c := &s.world, s.client
	if s.Domain == "" {
		call(t, s, c.ListCustomDomains, new(fcclient.ListCustomDomainsInput))
		return
	}
	route := func(qualifier string) *fcclient.RouteConfig {
		return &fcclient.RouteConfig{Routes: []fcclient.PathConfig{{Path: "/*", ServiceName: w.service, FunctionName: function, Qualifier: qualifier}}}
	}
	create := &fcclient.CreateCustomDomainInput{DomainName: s.Domain, Protocol: new("HTTP"), RouteConfig: route(alias)}
	made := call(t, s, c.CreateCustomDomain, create)
	w.domain = s.Domain
	require.Equal(t, "HTTP", made.Protocol)
	refused(t, s, c.CreateCustomDomain, create, fcclient.CodeDomainNameAlreadyExists)
	changed := call(t, s, c.UpdateCustomDomain, &fcclient.UpdateCustomDomainInput{DomainName: s.Domain, RouteConfig: route(w.first)})
	require.Equal(t, w.first, changed.RouteConfig.Routes[0].Qualifier)
	have := call(t, s, c.GetCustomDomain, &fcclient.GetCustomDomainInput{DomainName: s.Domain})
	require.Equal(t, changed.RouteConfig, have.RouteConfig)
	require.NotEmpty(t, call(t, s, c.ListCustomDomains, &fcclient.ListCustomDomainsInput{Prefix: &s.Domain}).CustomDomains)
	call(t, s, c.DeleteCustomDomain, &fcclient.DeleteCustomDomainInput{DomainName: s.Domain})
	w.domain = ""
	refused(t, s, c.GetCustomDomain, &fcclient.GetCustomDomainInput{DomainName: s.Domain}, fcclient.CodeDomainNameNotFound)
	refused(t, s, c.UpdateCustomDomain, &fcclient.UpdateCustomDomainInput{DomainName: s.Domain, Protocol: new("HTTP")}, fcclient.CodeDomainNameNotFound)
	refused(t, s, c.DeleteCustomDomain, &fcclient.DeleteCustomDomainInput{DomainName: s.Domain}, fcclient.CodeDomainNameNotFound)
}

func (s *suite) tag(t *testing.T) {
	w, c := s.world, s.client
	arn := "services/" + w.service
	call(t, s, c.TagResource, &fcclient.TagResourceInput{ResourceARN: arn, Tags: map[string]string{"team": "shop", "step": ""}})
	have := call(t, s, c.GetResourceTags, &fcclient.GetResourceTagsInput{ResourceARN: arn})
	require.Equal(t, map[string]string{"team": "shop", "step": ""}, have.Tags)
	require.True(t, strings.HasPrefix(have.ResourceARN, "acs:fc:"), have.ResourceARN)
	listed := call(t, s, c.ListServices, &fcclient.ListServicesInput{Tags: map[string]string{"team": "shop"}, Prefix: &w.service})
	require.Len(t, listed.Services, 1)
	call(t, s, c.UntagResource, &fcclient.UntagResourceInput{ResourceARN: arn, TagKeys: []string{"step"}})
	require.Equal(t, map[string]string{"team": "shop"}, call(t, s, c.GetResourceTags, &fcclient.GetResourceTagsInput{ResourceARN: arn}).Tags)
	call(t, s, c.UntagResource, &fcclient.UntagResourceInput{ResourceARN: arn, TagKeys: []string{}, All: new(true)})
	require.Empty(t, call(t, s, c.GetResourceTags, &fcclient.GetResourceTagsInput{ResourceARN: arn}).Tags)
}

func (s *suite) invokeAsync(t *testing.T) {
	w, c := s.world, s.client
	put := call(t, s, c.PutFunctionAsyncInvokeConfig, &fcclient.PutFunctionAsyncInvokeConfigInput{
		ServiceName: w.service, Qualifier: new(alias), FunctionName: function, MaxAsyncRetryAttempts: new(int64(1)), StatefulInvocation: new(true),
	})
	require.True(t, put.StatefulInvocation)
	get := &fcclient.GetFunctionAsyncInvokeConfigInput{ServiceName: w.service, Qualifier: new(alias), FunctionName: function}
	require.EqualValues(t, 1, call(t, s, c.GetFunctionAsyncInvokeConfig, get).MaxAsyncRetryAttempts)
	require.Len(t, call(t, s, c.ListFunctionAsyncInvokeConfigs, &fcclient.ListFunctionAsyncInvokeConfigsInput{ServiceName: w.service, FunctionName: function}).Configs, 1)

	id := "fctest-" + strings.ToLower(rand.Text())
	call(t, s, c.InvokeFunction, &fcclient.InvokeFunctionInput{
		ServiceName: w.service, Qualifier: new(alias), FunctionName: function, Payload: []byte("event"),
		InvocationType: new("Async"), StatefulAsyncInvocationID: &id,
	})
	call(t, s, c.StopStatefulAsyncInvocation, &fcclient.StopStatefulAsyncInvocationInput{
		ServiceName: w.service, Qualifier: new(alias), FunctionName: function, StatefulAsyncInvocationID: id,
	})
	look := &fcclient.GetStatefulAsyncInvocationInput{ServiceName: w.service, Qualifier: new(alias), FunctionName: function, StatefulAsyncInvocationID: id}
	s.await(t, "an invocation ends", func() bool {
		status := call(t, s, c.GetStatefulAsyncInvocation, look).Status
		return status == "Stopped" || status == "Succeeded"
	})
	listed := call(t, s, c.ListStatefulAsyncInvocations, &fcclient.ListStatefulAsyncInvocationsInput{
		ServiceName: w.service, Qualifier: new(alias), FunctionName: function, InvocationIDPrefix: &id,
	})
	require.Len(t, listed.Invocations, 1)
	call(t, s, c.DeleteFunctionAsyncInvokeConfig, &fcclient.DeleteFunctionAsyncInvokeConfigInput{ServiceName: w.service, Qualifier: new(alias), FunctionName: function})
	refused(t, s, c.GetFunctionAsyncInvokeConfig, get, fcclient.CodeAsyncConfigNotExists)
}

func (s *suite) layers(t *testing.T) {
	w, c := &s.world, s.client
	for range 2 {
		made := call(t, s, c.PublishLayerVersion, &fcclient.PublishLayerVersionInput{LayerName: w.layer, Code: code(t, "layer"), CompatibleRuntime: []string{"nodejs12"}})
		w.layers = append(w.layers, made.Version)
	}
	require.Equal(t, w.layers[0]+1, w.layers[1])
	have := call(t, s, c.GetLayerVersion, &fcclient.GetLayerVersionInput{LayerName: w.layer, Version: w.layers[0]})
	require.Equal(t, []string{"nodejs12"}, have.CompatibleRuntime)
	require.Len(t, call(t, s, c.ListLayerVersions, &fcclient.ListLayerVersionsInput{LayerName: w.layer}).Layers, 2)
	require.Len(t, call(t, s, c.ListLayers, &fcclient.ListLayersInput{Prefix: &w.layer}).Layers, 1)
}

func (s *suite) endIt(t *testing.T) {
	w, c := &s.world, s.client
	for _, version := range w.layers {
		call(t, s, c.DeleteLayerVersion, &fcclient.DeleteLayerVersionInput{LayerName: w.layer, Version: version})
	}
	w.layers = nil
	call(t, s, c.DeleteAlias, &fcclient.DeleteAliasInput{ServiceName: w.service, AliasName: alias})
	refused(t, s, c.GetAlias, &fcclient.GetAliasInput{ServiceName: w.service, AliasName: alias}, fcclient.CodeAliasNotFound)
	for _, version := range []string{w.first, w.second} {
		call(t, s, c.DeleteServiceVersion, &fcclient.DeleteServiceVersionInput{ServiceName: w.service, VersionID: version})
	}
	w.first, w.second = "", ""
	call(t, s, c.DeleteFunction, &fcclient.DeleteFunctionInput{ServiceName: w.service, FunctionName: function})
	refused(t, s, c.GetFunction, &fcclient.GetFunctionInput{ServiceName: w.service, FunctionName: function}, fcclient.CodeFunctionNotFound)
	call(t, s, c.DeleteService, &fcclient.DeleteServiceInput{ServiceName: w.service})
	refused(t, s, c.GetService, &fcclient.GetServiceInput{ServiceName: w.service}, fcclient.CodeServiceNotFound)
}
