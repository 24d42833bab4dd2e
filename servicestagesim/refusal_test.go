package servicestagesim

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// grayWith is a gray release with some members.
func grayWith(members string) string {
	return `"deploy_strategy":{"type":"GrayRelease","gray_release":{` + members + `}}`
}

// content are the members of a gray release by content, with rules.
func content(rules string) string {
	return `"type":"content","replica_surge_mode":"extra","rule_match_mode":"all","first_batch_replica":1,"remaining_batch":1,"rules":` + rules
}

func TestRefusals_ChangeNothingAndSayWhat(t *testing.T) {
	t.Parallel()
	const component = `{"name":"api","version":"1.0.0","environment_id":"{env}","replica":2,` + docker + `,` + cluster + `,`
	const source = `"source":{"kind":"image","storage":"swr","url":"a/b:1"}`
	for name, tt := range map[string]struct {
		line, body string
		code       string
		says       string
	}{
		"an unknown path":          {"GET /v3/{project}/nothing", "", codeNoSuchAPI, "GET /v3/"},
		"another method":           {"PATCH /v3/{project}/cas/environments", "", codeNoSuchAPI, ""},
		"an empty segment":         {"GET /v3/{project}/cas//environments", "", codeNoSuchAPI, ""},
		"a body that is no JSON":   {"POST" + cas + "/environments", "{", codeInvalid, "the body must be a JSON object"},
		"a body that is a list":    {"POST" + cas + "/environments", "[]", codeInvalid, "the body must be a JSON object"},
		"everything wrong at once": {"POST" + cas + "/environments", `{"name":"1","deploy_mode":"x","more":1}`, codeInvalid, `deploy_mode must be one of`},
		"an unknown member":        {"POST" + cas + "/environments", `{"name":"e1","vpc_id":"v","more":1}`, codeInvalid, `"more" is no member of the body of CreateEnvironment`},
		"no network":               {"POST" + cas + "/environments", `{"name":"e1"}`, codeInvalid, "vpc_id must be given"},
		"an empty network":         {"POST" + cas + "/environments", `{"name":"e1","vpc_id":""}`, codeInvalid, "vpc_id must not be empty"},
		"a name of a digit":        {"POST" + cas + "/environments", `{"name":"1e","vpc_id":"v"}`, codeInvalid, "name must match"},
		"a name that is a number":  {"POST" + cas + "/environments", `{"name":12,"vpc_id":"v"}`, codeInvalid, "name must be a text"},
		"a short label":            {"POST" + cas + "/environments", `{"name":"e1","vpc_id":"v","labels":[{"key":"a","value":"b"}]}`, codeInvalid, "labels[0].value"},
		"another way to pay":       {"POST" + cas + "/environments", `{"name":"e1","vpc_id":"v","charge_mode":"x"}`, codeInvalid, "charge_mode must be provided"},
		"a limit of 101":           {"GET" + cas + "/environments?limit=101", "", codeInvalid, "limit must be a number from 0 to 100"},
		"a limit that is a word":   {"GET" + cas + "/environments?limit=all&offset=-1", "", codeInvalid, `is "all"; offset must be`},
		"no such environment":      {"GET" + cas + "/environments/none", "", codeNoEnvironment, "environment not found: none"},
		"servers for containers":   {"PUT" + cas + "/environments/{env}/resources", `{"resources":[{"id":"a","type":"ecs"}]}`, codeInvalid, "does not take"},
		"a resource twice":         {"PUT" + cas + "/environments/{env}/resources", `{"resources":[{"id":"a","type":"elb"},{"id":"a","type":"elb"}]}`, codeInvalid, "is there twice"},
		"no such application":      {"GET" + cas + "/applications/none", "", codeNoApplication, ""},
		"variables of a bad name":  {"PUT" + cas + "/applications/{app}/configuration", `{"environment_id":"{env}","configuration":{"env":[{"name":"1","value":"x"}]}}`, codeInvalid, "configuration.env[0].name"},
		"variables for nothing":    {"PUT" + cas + "/applications/{app}/configuration", `{"environment_id":"none","configuration":{"env":[]}}`, codeNoEnvironment, ""},
		"no such job":              {"GET" + cas + "/jobs/JOB1", "", codeNoJob, "JOB1"},
		"no such configuration":    {"GET" + cas + "/configs/none", "", codeNotFound, ""},
		"a file of no group":       {"POST" + cas + "/configs", file("none", "aa", "x"), codeNotFound, ""},
		"a file of another type":   {"POST" + cas + "/configs", strings.Replace(file("none", "aa", "x"), "yaml", "toml", 1), codeInvalid, "type must be one of"},
		"a stack for containers":   {"POST" + cas + "/runtimestacks", `{"name":"a","deploy_mode":"container","type":"Java","version":"1"}`, codeInvalid, "deploy_mode must be one of"},
		"no such stack":            {"GET" + cas + "/runtimestacks/none", "", codeNotFound, ""},

		"a component without a name":    {"POST {components}", `{"version":"1.0.0"}`, codeInvalid, "name must be given"},
		"of the same name":              {"POST {components}", strings.Replace(component, "api", "WEB", 1) + source + "}", codeNameExists, "WEB"},
		"no environment":                {"POST {components}", strings.Replace(component, `"environment_id":"{env}",`, "", 1) + source + "}", codeInvalid, "environment_id must be given"},
		"an environment there is not":   {"POST {components}", strings.Replace(component, "{env}", "none", 1) + source + "}", codeNoEnvironment, ""},
		"an unknown stack":              {"POST {components}", strings.ReplaceAll(component, "Docker", "Cobol") + source + "}", codeNoRuntime, "Cobol"},
		"a stack for servers":           {"POST {components}", strings.Replace(component, docker, `"runtime_stack":{"name":"OpenJDK8","type":"Java","version":"1.1.1","deploy_mode":"virtualmachine"}`, 1) + `"source":{"kind":"package","storage":"obs","url":"obs://a/b"}}`, codeInvalid, "that of the environment container"},
		"no cluster":                    {"POST {components}", strings.Replace(component, cluster, `"refer_resources":[]`, 1) + source + "}", codeNoResource, "type cce"},
		"a version of two numbers":      {"POST {components}", strings.Replace(component, "1.0.0", "1.0", 1) + source + "}", codeInvalid, "version must"},
		"a version of 33 characters":    {"POST {components}", strings.Replace(component, "1.0.0", "1.0."+strings.Repeat("1", 29), 1) + source + "}", codeInvalid, "version must"},
		"too many replicas":             {"POST {components}", strings.Replace(component, `"replica":2`, `"replica":10001`, 1) + source + "}", codeInvalid, "replica must be from 0 to 10000"},
		"an image without an address":   {"POST {components}", component + `"source":{"kind":"image","storage":"swr"}}`, codeInvalid, "source.url must be given"},
		"an image in a bucket":          {"POST {components}", component + `"source":{"kind":"image","storage":"obs","url":"a"}}`, codeInvalid, "must be swr"},
		"code without a repository":     {"POST {components}", component + `"source":{"kind":"code"}}`, codeInvalid, "source.repo_url must be given"},
		"a build without a cluster":     {"POST {components}", component + source + `,"build":{"parameters":{"build_cmd":"x"}}}`, codeInvalid, "build.parameters.cluster_id"},
		"a variable of a digit":         {"POST {components}", component + source + `,"envs":[{"name":"1A","value":"x"}]}`, codeInvalid, "envs[0].name must begin"},
		"a first release, gray, of one": {"POST {components}", strings.Replace(component, `"replica":2`, `"replica":1`, 1) + source + "," + grayBy(10, 1, 1) + "}", codeInvalid, "needs 2 replicas at least"},
		"another application":           {"POST {components}", component + source + `,"application_id":"none"}`, codeInvalid, "application_id must be the one in the path"},
		"no such component":             {"GET {components}/none", "", codeNoComponent, "component not found: none"},
		"no such version":               {"GET {web}?version=9.0.0", "", codeNoSnapshot, "9.0.0"},

		"an update without a version":       {"PUT {web}", `{"name":"web",` + source + `}`, codeInvalid, "version must be given"},
		"the version that runs":             {"PUT {web}", update("1.0.0", ""), codeVersionUsed, "1.0.0"},
		"another name":                      {"PUT {web}", strings.Replace(update("2.0.0", ""), "web", "api", 1), codeInvalid, "name cannot be changed, it is web"},
		"another stack":                     {"PUT {web}", update("2.0.0", strings.ReplaceAll(docker, "Docker", "Java")), codeInvalid, "runtime_stack cannot be changed"},
		"another number of replicas":        {"PUT {web}", update("2.0.0", `"replica":5`), codeInvalid, "it is changed by the action scale"},
		"another kind of source":            {"PUT {web}", `{"version":"2.0.0","source":{"kind":"package","storage":"obs","url":"obs://a/b"}}`, codeInvalid, "source.kind cannot be changed"},
		"another ID":                        {"PUT {web}", update("2.0.0", `"id":"none"`), codeInvalid, "id must be the one in the path"},
		"no strategy that there is":         {"PUT {web}", update("2.0.0", `"deploy_strategy":{"type":"Canary"}`), codeInvalid, `is "Canary"`},
		"a strategy that is a text":         {"PUT {web}", update("2.0.0", `"deploy_strategy":"GrayRelease"`), codeInvalid, "deploy_strategy"},
		"rolling without batches":           {"PUT {web}", update("2.0.0", `"deploy_strategy":{"type":"RollingRelease"}`), codeInvalid, "rolling_release must be given"},
		"more batches than replicas":        {"PUT {web}", update("2.0.0", rollingIn(5)), codeInvalid, "from 1 to the number of replicas, 4, is 5"},
		"no batch":                          {"PUT {web}", update("2.0.0", rollingIn(0)), codeInvalid, "is 0"},
		"gray without settings":             {"PUT {web}", update("2.0.0", `"deploy_strategy":{"type":"GrayRelease"}`), codeInvalid, "gray_release must be given"},
		"gray by chance":                    {"PUT {web}", update("2.0.0", grayWith(`"type":"chance"`)), codeInvalid, "type must be weight or content"},
		"gray of all replicas":              {"PUT {web}", update("2.0.0", grayBy(10, 4, 1)), codeInvalid, "first_batch_replica must be given, from 1 to 3"},
		"gray with more batches than rest":  {"PUT {web}", update("2.0.0", grayBy(10, 2, 3)), codeInvalid, "remaining_batch must be given, from 1 to 2"},
		"gray with 101 percent":             {"PUT {web}", update("2.0.0", grayBy(101, 1, 1)), codeInvalid, "first_batch_weight must be given, from 0 to 100"},
		"gray by content without rules":     {"PUT {web}", update("2.0.0", grayWith(content("[]"))), codeInvalid, "rules must be given"},
		"gray by a cookie":                  {"PUT {web}", update("2.0.0", grayWith(content(`[{"type":"cookie","key":"a","value":"b","condition":"equal"}]`))), codeInvalid, "rules[0].type must be header"},
		"gray by an unknown condition":      {"PUT {web}", update("2.0.0", grayWith(content(`[{"type":"header","key":"a","value":"b","condition":"like"}]`))), codeInvalid, "rules[0].condition must be"},
		"gray by content through ELB":       {"PUT {web}", update("2.0.0", grayWith(content(`[{"type":"header","key":"a","value":"b","condition":"in"}]`)+`,"deployment_mode":4`)), codeInvalid, "type must be weight where ELB"},
		"gray of a microservice, no engine": {"PUT {web}", update("2.0.0", grayWith(`"type":"weight","first_batch_weight":1,"first_batch_replica":1,"remaining_batch":1,"deployment_mode":3`)), codeInvalid, "needs an engine"},

		"no action":                    {"POST {web}/action", "{}", codeInvalid, "action must be given"},
		"an unknown action":            {"POST {web}/action", acting("explode", ""), codeNoAction, "explode"},
		"scale to nothing said":        {"POST {web}/action", acting("scale", "{}"), codeInvalid, "parameters.replica must be given"},
		"scale to less than none":      {"POST {web}/action", acting("scale", `{"replica":-1}`), codeInvalid, "replica"},
		"roll back to nothing said":    {"POST {web}/action", acting("rollback", ""), codeInvalid, "parameters.version must be given"},
		"roll back to an unknown one":  {"POST {web}/action", acting("rollback", `{"version":"9.0.0"}`), codeNoSnapshot, "9.0.0"},
		"roll back to the present one": {"POST {web}/action", acting("rollback", `{"version":"1.0.0"}`), codeWrongStatus, "is in service"},
		"roll the first release back":  {"POST {web}/action", acting("rollback_current", ""), codeWrongStatus, "no version before"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := deployed(t)
			fill := strings.NewReplacer("{env}", w.env, "{app}", w.app, "{components}", w.components("", "")[1:], "{web}", w.about("", "")[1:])
			before := w.frozen(t)
			g := w.send(t, fill.Replace(tt.line), fill.Replace(tt.body))
			require.Contains(t, g.refusedBy(t, tt.code), tt.says)
			require.JSONEq(t, before, w.frozen(t), "a refusal changes nothing")
		})
	}
}

func TestRefusals_TellEverythingAtOnce(t *testing.T) {
	t.Parallel()
	w := deployed(t)
	message := w.send(t, w.components("POST", ""), `{"name":"a","version":"1","replica":"x","source":{"kind":"image"},"refer_resources":[],"runtime_stack":{}}`).refusedBy(t, codeInvalid)
	for _, part := range []string{"name must match", "replica must be an integer", "version must be three", "source.url must be given", "source.storage must be given"} {
		require.Contains(t, message, part)
	}
}

func TestRefusals_AreBounded(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	var members strings.Builder
	for i := range 20_000 {
		fmt.Fprintf(&members, ",\"m%d\":1", i)
	}
	g := h.send(t, "POST"+cas+"/environments", `{"name":"e1","vpc_id":"v"`+members.String()+"}")
	require.Contains(t, g.refusedBy(t, codeInvalid), "; and 19980 more")
	require.Less(t, len(g.raw), 12_000)
	h.send(t, "POST"+cas+"/environments", strings.Repeat(" ", maxBody+1)).refusedBy(t, codeTooLarge)
}

// The real service answers what is missing in version 3 by 401, which clients must not take for bad credentials.
func TestRefusals_MissingAsUnauthorized(t *testing.T) {
	t.Parallel()
	h := serve(t, Config{Clock: SteppedClock(start()), MissingIsUnauthorized: true})
	for _, path := range []string{"/environments/none", "/applications/none", "/applications/none/components/none"} {
		g := h.send(t, "GET"+cas+path, "")
		require.Equal(t, 401, g.status, path)
		require.Equal(t, codeNotEmpty, g.text("error_code"), path)
	}
	h.send(t, "GET"+cas+"/jobs/none", "").refusedBy(t, codeNoJob)
}
