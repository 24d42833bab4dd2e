package servicestagesim

import (
	"strings"
	"testing"
	"time"
)

// openEngine is the body that creates an engine without security authentication.
func openEngine(name string) string {
	return `{"name":"` + name + `","payment":"1","flavor":"cse.s1.small2","azList":["az1"],"authType":"NONE","vpc":"v","vpcId":"v-1",
		"networkId":"n-1","subnetCidr":"192.168.0.0/24","specType":"CSE2"}`
}

// securedEngine is the body that creates an engine with security authentication.
func securedEngine(name, password string) string {
	return strings.Replace(openEngine(name), `"authType":"NONE"`, `"authType":"RBAC","auth_cred":{"pwd":"`+password+`"}`, 1)
}

func TestEngines_Stories(t *testing.T) {
	t.Parallel()
	tellAll(t, map[string][]step{
		"an engine is created and deleted by jobs": {
			{line: "POST /v2/{project}/enginemgr/engines", body: openEngine("one"), has: `{"name":"one"}`, keep: map[string]string{"id": "id", "job": "jobId"}},
			{line: "GET /v2/{project}/enginemgr/engines/{id}", has: `{"id":"{id}","status":"Creating","engineAdditionalActions":[],"specType":"CSE2","projectId":"{project}"}`},
			{line: "GET /v2/{project}/enginemgr/engines/{id}/jobs/{job}", has: `{"type":"Create","status":"Executing","endTime":0,"tasks":[{"status":"Executing"},{"status":"Init","startTime":0},{"status":"Init"}]}`},
			{line: "DELETE /v2/{project}/enginemgr/engines/{id}", status: 400, code: codeEngineNotNow},
			{line: "GET /v2/{project}/enginemgr/engines/{id}/jobs/{job}", after: 3 * time.Second, has: `{"status":"Finished","tasks":[{"status":"Finished"},{"status":"Finished"},{"status":"Finished"}]}`},
			{line: "GET /v2/{project}/enginemgr/engines", has: `{"total":1,"data":[{"id":"{id}","status":"Available","engineAdditionalActions":["Delete"],"usedInstance":0}]}`},
			{line: "DELETE /v2/{project}/enginemgr/engines/{id}", has: `{"id":"{id}","name":"one"}`, keep: map[string]string{"job": "jobId"}},
			{line: "GET /v2/{project}/enginemgr/engines/{id}", has: `{"status":"Deleting"}`},
			{line: "GET /v2/{project}/enginemgr/engines/{id}", after: 2 * time.Second, status: 400, code: codeEngineNotFound},
			{line: "GET /v2/{project}/enginemgr/engines/{id}/jobs/{job}", has: `{"type":"Delete","status":"Finished"}`},
		},
		"engines are listed by pages and types": {
			{line: "POST /v2/{project}/enginemgr/engines", body: openEngine("one")},
			{line: "POST /v2/{project}/enginemgr/engines", after: time.Second, body: openEngine("two")},
			{line: "GET /v2/{project}/enginemgr/engines?limit=1", has: `{"total":2,"data":[{"name":"two"}]}`},
			{line: "GET /v2/{project}/enginemgr/engines?limit=1&offset=1", has: `{"total":2,"data":[{"name":"one"}]}`},
			{line: "GET /v2/{project}/enginemgr/engines?type=CSE_SHARE", has: `{"total":0,"data":[]}`},
			{line: "GET /v2/{project}/enginemgr/flavors?specType=CSE2", has: `{"total":4}`},
		},
		"metrics are counted": {
			{line: "POST /v2/{project}/csemonitor/metric", body: `{"name":"cart","cpu":0.5,"interfaces":[{"name":"i","qps":1}]}`, headers: []string{"x-domain-name", "d"}},
		},
		"an engine with security authentication asks for a token": {
			{line: "GET /v4/default/registry/microservices", has: `{"services":[]}`},
			{line: "POST /v4/token", body: `{"name":"root","password":"secret"}`, status: 401, code: codePasswordWrong},
			{line: "POST /v2/{project}/enginemgr/engines", body: securedEngine("one", "secret")},
			{line: "GET /v4/default/registry/microservices", after: 3 * time.Second, status: 401, code: codeNoAuthorization},
			{line: "POST /v4/token", body: `{"name":"root","password":"wrong"}`, status: 401, code: codePasswordWrong},
			{line: "POST /v4/token", body: `{"name":"root","password":"secret"}`, keep: map[string]string{"token": "token"}},
			{line: "GET /v4/default/registry/microservices", headers: []string{"Authorization", "Bearer {token}"}, has: `{"services":[]}`},
			{line: "GET /v1/default/kie/kv", headers: []string{"Authorization", "Bearer {token}"}, has: `{"total":0}`},
			{line: "GET /v1/default/kie/kv", headers: []string{"Authorization", "Bearer x"}, status: 401, code: codeBearerRefused},
			{line: "GET /v4/default/registry/microservices", after: tokenLife, headers: []string{"Authorization", "Bearer {token}"}, status: 401, code: codeBearerRefused},
		},
	})
}

func TestEngines_Refusals(t *testing.T) {
	t.Parallel()
	replaced := func(old, with string) string { return strings.Replace(openEngine("new"), old, with, 1) }
	steps := map[string]step{
		"a name that is taken":        {body: openEngine("there"), code: codeEngineExists},
		"a name that is forbidden":    {body: openEngine("default"), code: codeEngineName},
		"a name that ends wrong":      {body: openEngine("x-"), code: codeEngineName},
		"no type":                     {body: replaced(`,"specType":"CSE2"`, ``), code: codeEngineTypeBlank},
		"a payment that is none":      {body: replaced(`"payment":"1"`, `"payment":"2"`), code: codeEnginePayment},
		"a flavor that is none":       {body: replaced("small2", "tiny"), code: codeEngineFlavor},
		"no zones":                    {body: replaced(`["az1"]`, `[]`), code: codeEngineZones},
		"security without a password": {body: replaced("NONE", "RBAC"), code: codeEngineInvalid, says: "auth_cred.pwd"},
		"all problems at once":        {body: `{"name":"x","payment":"2","flavor":"f","azList":[],"authType":"NONE","vpc":"v","vpcId":"v","networkId":"n","subnetCidr":"s","specType":"CSE"}`, code: codeEngineName, says: "azList"},
		"an unknown engine":           {line: "GET /v2/{project}/enginemgr/engines/none", code: codeEngineNotFound},
		"a job that is no number":     {line: "GET /v2/{project}/enginemgr/engines/{id}/jobs/x", code: codeEngineTaskFormat},
		"a job that is not there":     {line: "GET /v2/{project}/enginemgr/engines/{id}/jobs/1", code: codeEngineTaskUnknown},
		"a limit that is none":        {line: "GET /v2/{project}/enginemgr/engines?limit=x", code: codeEngineInvalid, says: "limit"},
		"a type that is none":         {line: "GET /v2/{project}/enginemgr/engines?type=x", code: codeEngineInvalid, says: "type"},
		"metrics of no domain":        {line: "POST /v2/{project}/csemonitor/metric", body: `{}`, code: codeEngineInvalid, says: "x-domain-name"},
	}
	for name, s := range steps {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s.status = 400
			if s.line == "" {
				s.line = "POST /v2/{project}/enginemgr/engines"
			}
			there := step{line: "POST /v2/{project}/enginemgr/engines", body: openEngine("there"), keep: map[string]string{"id": "id"}}
			tell(t, newHarness(t), []step{there, s})
		})
	}
}
