package saetest

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"slipway/saeclient"
)

// What only today's service has: no code of a refusal is documented for these operations.
const (
	noSecret = "NotFound.Secret"

	bounds = `{"beginDate":"2040-01-01","endDate":"2040-02-01","period":"* * *","schedules":[{"atTime":"09:30","minReplicas":3,"maxReplicas":4}]}`
)

// makeShortNamespace makes a namespace, and names it without its region until it is deleted.
func (s *suite) makeShortNamespace(t *testing.T) {
	t.Helper()
	short := []string{"NameSpaceShortId", s.world.name + "s"}
	made := s.call(t, "CreateNamespace", append(short, "NamespaceName", s.world.name+"s", "EnableMicroRegistration", "false")...).data()
	s.world.short = made.text("NamespaceId")
	require.Equal(t, s.Region+":"+s.world.name+"s", s.world.short)
	described := s.call(t, "DescribeNamespace", short...).data()
	require.Equal(t, s.world.short, described.text("NamespaceId"))
	require.Equal(t, s.world.name+"s", described.text("NameSpaceShortId"))
	require.Equal(t, "false", described.text("EnableMicroRegistration"))
	s.call(t, "UpdateNamespace", append(short, "NamespaceName", "renamed", "EnableMicroRegistration", "true")...)
	require.Equal(t, "true", s.call(t, "DescribeNamespace", short...).data().text("EnableMicroRegistration"))
	if s.Have.VPC != "" {
		s.call(t, "UpdateNamespaceVpc", append(short, "VpcId", s.Have.VPC)...)
	}
	require.Equal(t, "0", s.call(t, "DescribeNamespaceResources", short...).data().text("AppCount"))
	s.call(t, "DeleteNamespace", short...)
	s.refused(t, "DescribeNamespace", noSpace, short...)
	s.world.short = ""
}

// makeSecrets makes a secret to pull images with, and one to mount.
func (s *suite) makeSecrets(t *testing.T) {
	t.Helper()
	space := []string{"NamespaceId", s.world.space}
	create := func(name, kind, data string) string {
		return s.call(t, "CreateSecret", append(space, "SecretName", name, "SecretType", kind, "SecretData", data)...).data().text("SecretId")
	}
	s.world.pull = create("pull", "kubernetes.io/dockerconfigjson", secretData(t, ".dockerconfigjson", `{"auths":{}}`))
	s.world.mounted = create("mounted", "Opaque", secretData(t, "greeting", "hello"))
	mounted := append(space, "SecretId", s.world.mounted)
	require.Equal(t, s.world.mounted, s.call(t, "UpdateSecret", append(mounted, "SecretData", secretData(t, "greeting", "good evening"))...).data().text("SecretId"))
	described := s.call(t, "DescribeSecret", mounted...).data()
	require.Equal(t, "mounted", described.text("SecretName"))
	require.NotEmpty(t, described.object("SecretData").text("greeting"))
	require.Len(t, s.call(t, "ListSecrets", space...).data().list("Secrets"), 2)
	s.refused(t, "CreateSecret", message, append(space, "SecretName", "mounted", "SecretType", "Opaque", "SecretData", secretData(t, "a", "b"))...)
}

// secretData is what a secret with one key is sent as: the values are in base64.
func secretData(t *testing.T, key, value string) string {
	t.Helper()
	inner := jsonText(t, map[string]string{key: base64.StdEncoding.EncodeToString([]byte(value))})
	return jsonText(t, map[string]string{"SecretData": inner})
}

// find looks for the application in every way that today's service has.
func (s *suite) find(t *testing.T) {
	t.Helper()
	found := s.call(t, "GetApplication", "AppName", s.world.name, "NamespaceId", s.world.space).object("Application")
	require.Equal(t, s.world.app, found.text("AppId"))
	require.Equal(t, "3", found.text("Instances"))
	listed := func(filters ...string) []string {
		var ids []string
		for _, app := range s.call(t, "ListApplications", append(filters, "NamespaceId", s.world.space)...).data().list("Applications") {
			ids = append(ids, app.text("AppId"))
		}
		return ids
	}
	require.Contains(t, listed("AppSource", "micro_service", "IsStateful", "false"), s.world.app)
	require.NotContains(t, listed("AppSource", "job"), s.world.app)
	if s.Have.AnySetting {
		require.Equal(t, []string{s.world.idle}, listed("NewSaeVersion", s.example("CreateApplication", "NewSaeVersion"),
			"ProgrammingLanguage", s.example("CreateApplication", "ProgrammingLanguage")))
	}
	first := s.call(t, "ListChangeOrders", "AppId", s.world.app, "Reverse", "true").data().list("ChangeOrderList")[0]
	require.Equal(t, "CoCreateApp", first.text("CoTypeCode"))
}

// additionExamples are those of the parameters that an operation has beyond the reference and that are sent.
func additionExamples(operation string) map[string]string {
	spec, _ := saeclient.LookupOperation(operation)
	without := NotSent()
	all := map[string]string{}
	for _, p := range spec.Extra {
		if _, left := without[addition(operation, p.Name)]; !left {
			all[p.Name] = p.Example
		}
	}
	return all
}

// example is the example of a parameter.
func (s *suite) example(operation, parameter string) string {
	spec, _ := saeclient.LookupOperation(operation)
	param, _ := spec.Param(parameter)
	return param.Example
}

// additionalSettings are the settings of an application that an operation takes beyond the
// reference: those that need nothing of the account, and, where any setting is allowed, all others
// with the values of their examples.
func (s *suite) additionalSettings(operation string) map[string]string {
	own := map[string]string{
		"ImagePullSecrets": s.world.pull, "Labels": `{"team":"saetest"}`, "EmptyDirDesc": `[{"name":"work","mountPath":"/work"}]`,
		"InitContainersConfig":    container("init", s.Have.Image, `"Command":"/bin/sh","CommandArgs":"[\"-c\",\"true\"]"`),
		"SidecarContainersConfig": container("side", s.Have.Image, `"Cpu":500,"Memory":512`),
		"MaxSurgeInstances":       "1", "MaxSurgeInstanceRatio": "-1", "PackageType": "Image", "Replicas": "4", "Cpu": "1000", "Memory": "2048",
		"VSwitchId": s.Have.VSwitch, "SecurityGroupId": s.Have.SecurityGroup, "Deploy": "true", "IsStateful": "false",
		"SecretMountDesc": `[{"secretId":` + s.world.mounted + `,"key":"greeting","mountPath":"/etc/secret"}]`,
	}
	settings := additionExamples(operation)
	for name := range settings {
		if value, safe := own[name]; safe {
			settings[name] = value
		} else if !s.Have.AnySetting {
			delete(settings, name)
		}
	}
	maps.DeleteFunc(settings, func(_, value string) bool { return value == "" })
	return settings
}

// container is a further one of an application. It mounts a volume that all share, which is JSON
// text within JSON.
func container(name, image, more string) string {
	return `[{"Name":"` + name + `","ImageUrl":"` + image + `",` + more +
		`,"EmptyDirDesc":"[{\"name\":\"work\",\"mountPath\":\"/work\"}]"}]`
}

// requireSettings wants settings in what was read back: each as it was sent, if it was.
func requireSettings(t *testing.T, config answer, settings map[string]string) {
	t.Helper()
	for _, name := range sortedKeys(settings) {
		member := strings.TrimSuffix(name, "Svc") // three are answered without the ending
		require.True(t, settings[name] == "" || holds(parsed(settings[name]), parsed(config[member])), "%s was sent as %s and is %v", name, settings[name], config[member])
	}
}

// parsed is what a value holds: JSON as text is read.
func parsed(value any) any {
	text, isText := value.(string)
	if !isText {
		return value
	}
	dec := json.NewDecoder(strings.NewReader(text))
	dec.UseNumber()
	var inner any
	if dec.Decode(&inner) != nil || dec.More() {
		return text
	}
	return inner
}

// holds reports whether a value has all of another one. The names of members differ between what is
// sent and what is answered in the case of their letters, an empty text is as good as none, and one
// object as good as a list of it.
func holds(sent, got any) bool {
	switch s := sent.(type) {
	case map[string]any:
		if list, isList := got.([]any); isList && len(list) == 1 {
			got = list[0]
		}
		g, _ := got.(map[string]any)
		lower := make(map[string]any, len(g))
		for name, value := range g {
			lower[strings.ToLower(name)] = value
		}
		for name, value := range s {
			if !holds(parsed(value), parsed(lower[strings.ToLower(name)])) {
				return false
			}
		}
		return true
	case []any:
		g, ok := got.([]any)
		return ok && slices.EqualFunc(s, g, holds)
	}
	return sent == "" && got == nil || fmt.Sprint(sent) == fmt.Sprint(got)
}

// pairs are names and values in turn.
func pairs(settings map[string]string) []string {
	var params []string
	for _, name := range sortedKeys(settings) {
		params = append(params, name, settings[name])
	}
	return params
}

// changeSettings deploys with all that a deployment can bring today, reads it back, and returns to
// the version before with the parameters that today's service documents for it.
func (s *suite) changeSettings(t *testing.T) {
	t.Helper()
	id := []string{"AppId", s.world.app}
	settings := s.additionalSettings("DeployApplication")
	s.call(t, "EnableApplicationScalingRule", append(id, "ScalingRuleName", ruleName)...) // it is off since a deployment was aborted
	s.done(t, "DeployApplication", append(pairs(settings), "AppId", s.world.app, "ImageUrl", s.Have.NextImage)...)
	delete(settings, "Deploy") // it is said of the deployment
	requireSettings(t, s.configuration(t), settings)
	require.Len(t, s.instances(t, s.world.app), 4)
	shown := s.call(t, "DescribeSecret", "NamespaceId", s.world.space, "SecretId", s.world.pull).data().list("RelateApps")
	require.Equal(t, s.world.app, shown[0].text("AppId"))

	sparing := []string{"MinReadyInstances", "1", "MinReadyInstanceRatio", "-1", "AutoEnableApplicationScalingRule", "true"}
	with := func(more ...string) []string { return slices.Concat(id, sparing, more) }
	s.done(t, "RollbackApplication", with("VersionId", s.world.first, "BatchWaitTime", "1",
		"UpdateStrategy", `{"type":"BatchUpdate","batchUpdate":{"batch":2,"releaseType":"auto"}}`)...)
	require.Equal(t, s.Have.Image, s.configuration(t).text("ImageUrl"))
	s.done(t, "RescaleApplication", with("Replicas", "3")...)
	s.done(t, "RestartApplication", with()...)
	require.True(t, s.ruleEnabled(t), "scaling rules are on again")
}

// changeInstancesToday does to instances what only today's service does.
func (s *suite) changeInstancesToday(t *testing.T) {
	t.Helper()
	id := []string{"AppId", s.world.app}
	s.call(t, "UpdateApplicationDescription", append(id, "AppDescription", "described by a test")...)
	require.Equal(t, "described by a test", s.configuration(t).text("AppDescription"))
	one := append(id, "InstanceIds", s.instances(t, s.world.app)[0].text("InstanceId"))
	for _, operation := range []string{"SuspendTraffic", "ResumeTraffic"} {
		require.Equal(t, "true", s.call(t, operation, one...).text("Success"))
		s.instances(t, s.world.app)
	}
	s.done(t, "DeleteInstances", one...)
	s.refused(t, "DeleteInstances", obviously, one...)
	if s.Have.VSwitch != "" {
		s.call(t, "UpdateApplicationVswitches", append(id, "VSwitchId", s.Have.VSwitch, "Deploy", "true", "MinReadyInstances", "1", "MinReadyInstanceRatio", "-1")...)
		require.Equal(t, s.Have.VSwitch, s.configuration(t).text("VSwitchId"))
	}
}

// mixRules makes a scaling rule with a metric and other bounds at given times.
func (s *suite) mixRules(t *testing.T) {
	t.Helper()
	rule := []string{"AppId", s.world.app, "ScalingRuleName", "mix", "ScalingRuleType", "mix", "ScalingRuleTimer", bounds}
	metrics := []string{`{"metricType":"CPU","metricTargetAverageUtilization":90}`}
	if s.Have.AnySetting {
		for _, kind := range []string{"QPS", "RT", "SLB_QPS", "SLB_RT", "INTRANET_SLB_QPS", "INTRANET_SLB_RT"} {
			metrics = append(metrics, `{"metricType":"`+kind+`","metricTargetAverageUtilization":20,"slbId":"lb-1","slbProject":"p","slbLogstore":"l","vport":"80"}`)
		}
	}
	rule = append(rule, "ScalingRuleMetric", `{"maxReplicas":4,"minReplicas":3,"metrics":[`+strings.Join(metrics, ",")+`]}`, "MinReadyInstances", "1", "MinReadyInstanceRatio", "-1")
	s.call(t, "CreateApplicationScalingRule", append(rule, "ScalingRuleEnable", "false")...)
	s.call(t, "UpdateApplicationScalingRule", rule...)
	described := s.call(t, "DescribeApplicationScalingRule", rule[:4]...).data()
	require.Equal(t, "mix", described.text("ScaleRuleType"))
	require.Equal(t, "1", described.text("MinReadyInstances"))
	require.Equal(t, "4", described.object("Timer").list("Schedules")[0].text("MaxReplicas"))
	goals := described.object("Metric").list("Metrics")
	if s.Have.AnySetting {
		require.Equal(t, "lb-1", goals[len(goals)-1].text("SlbId"))
		require.Equal(t, "80", goals[len(goals)-1].text("Vport"))
	}
	s.call(t, "DescribeApplicationScalingRules", "AppId", s.world.app)
	s.call(t, "DeleteApplicationScalingRule", rule[:4]...)
}

// newerReadRefusals are those of operations that only today's service has and that change nothing.
func (s *suite) newerReadRefusals() []refusal {
	nowhere := []string{"NamespaceId", s.Region + ":saetest-none"}
	return []refusal{
		{"GetApplication", noAppID, []string{"AppId", nobody}},
		{"GetApplication", noAppID, []string{"AppName", "saetest-none"}},
		{"GetApplication", empty, nil},
		{"ListAppServices", noAppID, []string{"AppId", nobody}},
		{"DescribeJob", noAppID, []string{"AppId", nobody}},
		{"DescribeJobHistory", noAppID, []string{"AppId", nobody}},
		{"ListJobs", obviously, []string{"OrderBy", "none"}},
		{"ListSecrets", noSpace, nowhere},
		{"DescribeSecret", noSpace, append(nowhere, "SecretId", "1")},
		{"DescribeSecret", noSecret, []string{"NamespaceId", s.Region, "SecretId", "999999999"}},
	}
}

// newerWriteRefusals are those of changes that only today's service has.
func (s *suite) newerWriteRefusals(t *testing.T) []refusal {
	t.Helper()
	app, own := []string{"AppId", nobody}, []string{"AppId", s.world.app}
	secret := []string{"NamespaceId", s.world.space, "SecretId", "999999999"}
	data := []string{"SecretType", "Opaque", "SecretData", secretData(t, "a", "b")}
	refusals := []refusal{
		{"UpdateApplicationDescription", noAppID, append(app, "AppDescription", "none")},
		{"UpdateApplicationVswitches", noAppID, append(app, "VSwitchId", "vsw-none")},
		{"UpdateApplicationVswitches", message, append(own, "VSwitchId", "none")},
		{"BatchRestartApplications", obviously, []string{"NamespaceId", s.world.space, "AppIds", nobody}},
		{"CreateSecret", noSpace, append(data, "NamespaceId", s.Region+":saetest-none", "SecretName", "a")},
		{"CreateSecret", message, append(data, "NamespaceId", s.world.space, "SecretName", "1")},
		{"UpdateSecret", noSecret, append(secret, data[2:]...)},
		{"DeleteSecret", noSecret, secret},
		{"CreateJob", empty, []string{"AppName", "saetest-none"}},
		{"UpdateJob", noAppID, append(app, "Replicas", "1")},
		{"DeleteJob", noAppID, app},
		{"SuspendJob", noAppID, append(app, "Suspend", "true")},
		{"DeleteHistoryJob", noAppID, append(app, "JobId", "none")},
	}
	for _, operation := range []string{"DeleteInstances", "SuspendTraffic", "ResumeTraffic"} {
		refusals = append(refusals,
			refusal{operation, noAppID, append(app, "InstanceIds", "none")}, refusal{operation, obviously, append(own, "InstanceIds", "none")})
	}
	return refusals
}
