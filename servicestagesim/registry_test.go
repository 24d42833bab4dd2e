package servicestagesim

import (
	"testing"
	"time"
)

// cart registers the microservice cart of the application shop.
func cart(steps ...step) []step {
	return append([]step{{
		line: "POST /v4/default/registry/microservices", body: `{"service":{"serviceName":"cart","appId":"shop","version":"1.0.0"},"tags":{"zone":"a"}}`,
		keep: map[string]string{"cart": "serviceId"},
	}}, steps...)
}

func TestRegistry_Stories(t *testing.T) {
	t.Parallel()
	const services = "/v4/default/registry/microservices"
	tellAll(t, map[string][]step{
		"a service is registered, read and deleted": cart(
			step{line: "GET " + services + "/{cart}", has: `{"service":{"serviceId":"{cart}","serviceName":"cart","appId":"shop","version":"1.0.0",
				"environment":"development","level":"BACK","status":"UP","timestamp":"1793606400"}}`},
			step{line: "GET /v4/{project}/registry/existence?type=microservice&appId=shop&serviceName=cart&version=1.0.0", has: `{"serviceId":"{cart}"}`},
			step{line: "PUT " + services + "/{cart}/properties", body: `{"properties":{"a":"b"}}`},
			step{line: "GET " + services, has: `{"services":[{"properties":{"a":"b"}}]}`},
			step{line: "DELETE " + services + "/{cart}"},
			step{line: "GET " + services + "/{cart}", status: 400, code: codeServiceNotFound, says: "errorMessage"},
		),
		"instances live by heartbeats": cart(
			step{line: "POST " + services + "/{cart}/instances", body: `{"instance":{"hostName":"h","endpoints":["rest:127.0.0.1:80"],"healthCheck":{"mode":"push","interval":10,"times":2}}}`, keep: map[string]string{"one": "instanceId"}},
			step{line: "POST " + services + "/{cart}/instances", body: `{"instance":{"hostName":"p","healthCheck":{"mode":"pull","interval":1,"times":1}}}`, keep: map[string]string{"two": "instanceId"}},
			step{line: "PUT " + services + "/{cart}/instances/{one}/heartbeat", after: 29 * time.Second},
			step{line: "GET " + services + "/{cart}/instances/{one}", after: 29 * time.Second, has: `{"instance":{"instanceId":"{one}","version":"1.0.0","status":"UP"}}`},
			step{line: "PUT " + services + "/{cart}/instances/{one}/heartbeat", after: time.Second, status: 400, code: codeInstanceGone},
			step{line: "GET " + services + "/{cart}/instances", has: `{"instances":[{"instanceId":"{two}","healthCheck":{"interval":5}}]}`},
		),
		"an instance is changed and registered anew": cart(
			step{line: "POST " + services + "/{cart}/instances", body: `{"instance":{"hostName":"h","endpoints":["rest:127.0.0.1:80"],"properties":{"a":"1"}}}`, keep: map[string]string{"one": "instanceId"}},
			step{line: "PUT " + services + "/{cart}/instances/{one}/properties", body: `{"properties":{"b":"2"}}`},
			step{line: "PUT " + services + "/{cart}/instances/{one}/status?value=OUTOFSERVICE"},
			step{line: "GET " + services + "/{cart}/instances/{one}", has: `{"instance":{"status":"OUTOFSERVICE","properties":{"a":"1","b":"2"}}}`},
			step{line: "POST " + services + "/{cart}/instances", body: `{"instance":{"hostName":"h","endpoints":["rest:127.0.0.1:80"]}}`, has: `{"instanceId":"{one}"}`},
			step{line: "GET " + services + "/{cart}/instances", has: `{"instances":[{"status":"UP"}]}`},
			step{line: "DELETE " + services + "/{cart}/instances/{one}"},
			step{line: "GET " + services + "/{cart}/instances", has: `{"instances":[]}`},
		),
		"instances are found by name, tags and consumer": cart(
			step{line: "POST " + services, body: `{"service":{"serviceName":"cart","appId":"shop","version":"2.0.0"},"instances":[{"hostName":"new","endpoints":[]}]}`},
			step{line: "POST " + services + "/{cart}/instances", body: `{"instance":{"hostName":"old"}}`, keep: map[string]string{"one": "instanceId"}},
			step{line: "GET /v4/default/registry/instances?appId=shop&serviceName=cart&env=development", has: `{"instances":[{},{}]}`},
			step{line: "GET /v4/default/registry/instances?appId=shop&serviceName=cart&tags=zone", has: `{"instances":[{"hostName":"old"}]}`},
			step{line: "GET /v4/default/registry/instances?appId=shop&serviceName=cart&env=production", status: 400, code: codeServiceNotFound},
			step{line: "GET /v4/default/registry/instances?appId=shop&serviceName=cart", headers: []string{"X-ConsumerId", "none"}, status: 400, code: codeServiceNotFound},
			step{line: "POST /v4/default/registry/instances/action?type=query", body: `{"services":[{"service":{"environment":"","appId":"shop","serviceName":"cart"},"rev":"0"},{"service":{"environment":"","appId":"shop","serviceName":"none"}}],
				"instances":[{"instance":{"serviceId":"{cart}","instanceId":"{one}"}}]}`, has: `{"services":{"updated":[{"index":0,"instances":[{},{}]}],"failed":[{"indexes":[1],"error":{"errorCode":"400012"}}]},
				"instances":{"updated":[{"index":0,"instances":[{"instanceId":"{one}"}]}]}}`, keep: map[string]string{"rev": "services.updated.0.rev"}},
			step{line: "POST /v4/default/registry/instances/action?type=query", body: `{"services":[{"service":{"environment":"","appId":"shop","serviceName":"cart"},"rev":"{rev}"}]}`, has: `{"services":{"notModified":[0]}}`},
			step{line: "DELETE " + services + "/{cart}/instances/{one}"},
			step{line: "POST /v4/default/registry/instances/action?type=query", body: `{"services":[{"service":{"environment":"","appId":"shop","serviceName":"cart"},"rev":"{rev}"}]}`, has: `{"services":{"updated":[{"instances":[{"hostName":"new"}]}]}}`},
		),
		"rules decide which consumers find a service": {
			{line: "POST " + services, body: `{"service":{"serviceName":"secret"},"rules":[{"ruleType":"WHITE","attribute":"tag_team","pattern":"^a"}],"instances":[{"hostName":"h","endpoints":[]}]}`},
			{line: "POST " + services, body: `{"service":{"serviceName":"friend"},"tags":{"team":"alpha"}}`, keep: map[string]string{"friend": "serviceId"}},
			{line: "POST " + services, body: `{"service":{"serviceName":"stranger"}}`, keep: map[string]string{"stranger": "serviceId"}},
			{line: "GET /v4/default/registry/instances?appId=default&serviceName=secret", headers: []string{"X-ConsumerId", "{friend}"}, has: `{"instances":[{}]}`},
			{line: "GET /v4/default/registry/instances?appId=default&serviceName=secret", headers: []string{"X-ConsumerId", "{stranger}"}, has: `{"instances":[]}`},
			{line: "GET /v4/default/registry/instances?appId=default&serviceName=secret", has: `{"instances":[{}]}`},
		},
		"schemas are declared, written and frozen in production": {
			{line: "POST " + services, body: `{"service":{"serviceName":"cart","environment":"production","schemas":["api"]}}`, keep: map[string]string{"id": "serviceId"}},
			{line: "GET " + services + "/{id}/schemas/api", status: 400, code: codeSchemaNotFound},
			{line: "PUT " + services + "/{id}/schemas/api", body: `{"schema":"text"}`},
			{line: "PUT " + services + "/{id}/schemas/api", body: `{"schema":"text"}`},
			{line: "PUT " + services + "/{id}/schemas/api", body: `{"schema":"other"}`, status: 400, code: codeSchemaFrozen},
			{line: "PUT " + services + "/{id}/schemas/new", body: `{"schema":"other"}`, status: 400, code: codeSchemaUndefined},
			{line: "GET " + services + "/{id}/schemas/api", has: `{"schema":"text"}`},
			{line: "GET /v4/default/registry/existence?type=schema&serviceId={id}&schemaId=api", has: `{"schemaId":"api"}`},
			{line: "GET " + services + "/{id}/schemas?withSchema=1", has: `{"schemas":[{"schemaId":"api","schema":"text"}]}`},
		},
		"schemas change in development": cart(
			step{line: "PUT " + services + "/{cart}/schemas/api", body: `{"schema":"one","summary":"s"}`},
			step{line: "PUT " + services + "/{cart}/schemas/api", body: `{"schema":"two"}`},
			step{line: "GET " + services + "/{cart}/schemas", has: `{"schemas":[{"schemaId":"api"}]}`},
			step{line: "GET " + services + "/{cart}", has: `{"service":{"schemas":["api"]}}`},
		),
		"dependencies hold a provider": cart(
			step{line: "POST " + services, body: `{"service":{"serviceName":"web","appId":"shop","version":"1.0.0"}}`, keep: map[string]string{"web": "serviceId"}},
			step{line: "PUT /v4/default/registry/dependencies", body: `{"dependencies":[{"consumer":{"environment":"","appId":"shop","serviceName":"web","version":"1.0.0"},
				"providers":[{"environment":"","appId":"shop","serviceName":"cart","version":"1.0.0"},{"environment":"","appId":"shop","serviceName":"web"},{"environment":"","appId":"shop","serviceName":"later"}]}]}`},
			step{line: "GET " + services + "/{web}/providers?noSelf=1", has: `{"providers":[{"serviceId":"{cart}"}]}`},
			step{line: "GET " + services + "/{web}/providers", has: `{"providers":[{"serviceId":"{cart}"},{"serviceId":"{web}"}]}`},
			step{line: "DELETE " + services + "/{cart}", status: 400, code: codeServiceHasConsumers},
			step{line: "PUT /v4/default/registry/dependencies", body: `{"dependencies":[{"consumer":{"environment":"","appId":"shop","serviceName":"web"}}]}`},
			step{line: "DELETE " + services + "/{cart}"},
			step{line: "GET " + services + "/{web}/providers", has: `{"providers":[]}`},
		),
		"several services go together or not at all": cart(
			step{line: "POST " + services, body: `{"service":{"serviceName":"web"},"instances":[{"hostName":"h","endpoints":[]}]}`, keep: map[string]string{"web": "serviceId"}},
			step{line: "DELETE " + services, body: `{"serviceIds":["{cart}","{web}"]}`, status: 400, code: codeServiceHasInstances},
			step{line: "GET " + services, has: `{"services":[{},{}]}`},
			step{line: "DELETE " + services + "?force=true", body: `{"serviceIds":["{cart}","{web}"]}`, has: `{"services":[{"serviceId":"{cart}"},{"serviceId":"{web}"}]}`},
			step{line: "GET " + services, has: `{"services":[]}`},
		),
	})
}

func TestRegistry_Refusals(t *testing.T) {
	t.Parallel()
	const services = "/v4/default/registry/microservices"
	steps := map[string]step{
		"a service without a name":      {line: "POST " + services, body: `{"service":{}}`, code: codeRegistryInvalid, says: "serviceName"},
		"no service":                    {line: "POST " + services, body: `{}`, code: codeRegistryInvalid, says: "service"},
		"a service twice":               {line: "POST " + services, body: `{"service":{"serviceName":"cart","appId":"shop","version":"1.0.0"}}`, code: codeServiceExists},
		"an ID twice":                   {line: "POST " + services, body: `{"service":{"serviceName":"x","serviceId":"{cart}"}}`, code: codeServiceExists},
		"an environment that is none":   {line: "POST " + services, body: `{"service":{"serviceName":"x","environment":"moon"}}`, code: codeRegistryInvalid, says: "environment"},
		"rules of both kinds":           {line: "POST " + services, body: `{"service":{"serviceName":"x"},"rules":[{"ruleType":"WHITE","attribute":"AppId","pattern":"a"},{"ruleType":"BLACK","attribute":"AppId","pattern":"a"}]}`, code: codeRulesMixed},
		"a rule that is none":           {line: "POST " + services, body: `{"service":{"serviceName":"x"},"rules":[{"ruleType":"GRAY","attribute":"x","pattern":"["}]}`, code: codeRegistryInvalid, says: "rules[0].pattern"},
		"an instance without a host":    {line: "POST " + services + "/{cart}/instances", body: `{"instance":{"endpoints":[]}}`, code: codeRegistryInvalid, says: "hostName"},
		"an instance of nothing":        {line: "POST " + services + "/none/instances", body: `{"instance":{"hostName":"h"}}`, code: codeServiceNotFound},
		"a health check that is none":   {line: "POST " + services + "/{cart}/instances", body: `{"instance":{"hostName":"h","healthCheck":{"mode":"ask","interval":0,"times":1}}}`, code: codeRegistryInvalid, says: "interval"},
		"a status that is none":         {line: "PUT " + services + "/{cart}/instances/x/status?value=UP", code: codeInstanceGone},
		"properties of no instance":     {line: "PUT " + services + "/{cart}/instances/x/properties", body: `{}`, code: codeInstanceGone},
		"properties that are absent":    {line: "PUT " + services + "/{cart}/properties", body: `{}`, code: codeRegistryInvalid, says: "properties"},
		"existence of what":             {line: "GET /v4/default/registry/existence?type=x", code: codeRegistryInvalid, says: "type"},
		"existence without names":       {line: "GET /v4/default/registry/existence?type=microservice", code: codeRegistryInvalid, says: "serviceName"},
		"a schema without a text":       {line: "PUT " + services + "/{cart}/schemas/a", body: `{}`, code: codeRegistryInvalid, says: "schema"},
		"a search without a name":       {line: "GET /v4/default/registry/instances?appId=shop", code: codeRegistryInvalid, says: "serviceName"},
		"a search of nothing":           {line: "POST /v4/default/registry/instances/action?type=query", body: `{}`, code: codeRegistryInvalid, says: "services or instances"},
		"a search that is none":         {line: "POST /v4/default/registry/instances/action?type=x", body: `{"services":[{}]}`, code: codeRegistryInvalid, says: "type"},
		"dependencies of nobody":        {line: "PUT /v4/default/registry/dependencies", body: `{"dependencies":[{"consumer":{"environment":"","appId":"shop","serviceName":"none"}}]}`, code: codeServiceNotFound},
		"no dependencies":               {line: "PUT /v4/default/registry/dependencies", body: `{"dependencies":[]}`, code: codeRegistryInvalid, says: "dependencies"},
		"force that is no truth":        {line: "DELETE " + services + "/{cart}?force=maybe", code: codeRegistryInvalid, says: "force"},
		"deleting a few without a list": {line: "DELETE " + services, body: `{"serviceIds":[]}`, code: codeRegistryInvalid, says: "serviceIds"},
	}
	for name, s := range steps {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s.status = 400
			tell(t, newHarness(t), cart(s))
		})
	}
}

func TestRegistry_EndpointsBelongToOneService(t *testing.T) {
	t.Parallel()
	tell(t, newHarness(t), cart(
		step{line: "POST /v4/default/registry/microservices/{cart}/instances", body: `{"instance":{"hostName":"h","endpoints":["rest:127.0.0.1:80"]}}`},
		step{line: "POST /v4/default/registry/microservices", body: `{"service":{"serviceName":"web"},"instances":[{"hostName":"h","endpoints":["rest:127.0.0.1:80"]}]}`, status: 400, code: codeEndpointTaken},
	))
}
