package saeclient_test

import (
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"slipway/cloudapi"
	"slipway/saeclient"
)

// validator is implemented by every Input.
type validator interface{ Validate() error }

// problems lists what Validate finds, one a line.
func problems(t *testing.T, in validator) []string {
	t.Helper()
	err := in.Validate()
	if err == nil {
		return nil
	}
	require.ErrorIs(t, err, cloudapi.ErrInvalid)
	invalid, ok := errors.AsType[*cloudapi.ValidationError](err)
	require.True(t, ok)
	require.NotEmpty(t, invalid.Operation)
	var lines []string
	for _, p := range invalid.Problems {
		lines = append(lines, p.String())
	}
	require.Equal(t, strings.Join(lines, "; "), err.Error())
	return lines
}

func TestValidate_RulesOfTheReference(t *testing.T) {
	t.Parallel()
	deploy := func(change func(*saeclient.DeployApplicationInput)) *saeclient.DeployApplicationInput {
		in := &saeclient.DeployApplicationInput{AppID: "app-1"}
		change(in)
		return in
	}
	create := func(kind string, change func(*saeclient.CreateApplicationInput)) *saeclient.CreateApplicationInput {
		in := &saeclient.CreateApplicationInput{AppName: "shop", PackageType: kind, Replicas: 2}
		change(in)
		return in
	}
	strategy := func(s saeclient.UpdateStrategy) *saeclient.DeployApplicationInput {
		return deploy(func(in *saeclient.DeployApplicationInput) { in.UpdateStrategy = &s })
	}
	timer := func(rule saeclient.ScalingRuleTimer) *saeclient.CreateApplicationScalingRuleInput {
		return &saeclient.CreateApplicationScalingRuleInput{AppID: "a", ScalingRuleName: "r", ScalingRuleType: "timing", ScalingRuleTimer: &rule}
	}
	metric := func(rule saeclient.ScalingRuleMetric) *saeclient.UpdateApplicationScalingRuleInput {
		return &saeclient.UpdateApplicationScalingRuleInput{AppID: "a", ScalingRuleName: "r", ScalingRuleMetric: &rule}
	}
	at8 := []saeclient.ScalingSchedule{{AtTime: "08:00", TargetReplicas: 3}}
	tests := map[string]struct {
		in   validator
		want []string
	}{
		"nothing wrong":                 {deploy(func(*saeclient.DeployApplicationInput) {}), nil},
		"nil lacks what is required":    {(*saeclient.DeployApplicationInput)(nil), []string{"AppId is required"}},
		"no parameters, nothing wrong":  {(*saeclient.DescribeRegionsInput)(nil), nil},
		"a required list":               {&saeclient.UntagResourcesInput{RegionID: "r", ResourceType: "application", ResourceIDs: []string{}}, []string{"ResourceIds is required"}},
		"a required object":             {&saeclient.CreateIngressInput{NamespaceID: "n", SlbID: new("s"), ListenerPort: 80, Rules: []saeclient.IngressRule{{}}}, []string{"DefaultRule is required"}},
		"data without keys is data":     {&saeclient.UpdateConfigMapInput{ConfigMapID: 1, Data: saeclient.ConfigMapData{}}, nil},
		"no data":                       {&saeclient.UpdateConfigMapInput{ConfigMapID: 1}, []string{"Data is required"}},
		"an empty optional text clears": {&saeclient.ListChangeOrdersInput{AppID: "a", CoStatus: new("")}, nil},
		"the mark of a redacted secret": {
			deploy(func(in *saeclient.DeployApplicationInput) { in.OssAkSecret = new(cloudapi.Secret("[redacted]")) }),
			[]string{"OssAkSecret holds the mark of a redacted secret, not the secret"},
		},
		"all problems at once": {
			&saeclient.CreateApplicationScalingRuleInput{ScalingRuleName: "Night", ScalingRuleType: "none", MinReadyInstanceRatio: new(101)},
			[]string{
				"AppId is required", "ScalingRuleName must match ^[a-z][a-z0-9-]{0,31}$",
				`ScalingRuleType must be one of ["timing" "metric" "mix"]`, "MinReadyInstanceRatio must be at most 100",
			},
		},
		"two problems of one value": {
			&saeclient.CreateGreyTagRouteInput{AppID: "a", Name: strings.Repeat("A", 65), ScRules: []saeclient.SpringCloudRule{{}}},
			[]string{"Name must have at most 64 characters", `Name must match ^[a-z]([a-z0-9\p{Han}-]*[a-z0-9])?$`},
		},
		"a namespace with a hyphen, as in the samples": {
			&saeclient.CreateNamespaceInput{NamespaceID: new("cn-beijing:sae-test"), NamespaceName: "n"}, nil,
		},
		"a namespace with a capital": {
			&saeclient.CreateNamespaceInput{NamespaceID: new("cn-beijing:Test"), NamespaceName: "n"},
			[]string{"NamespaceId must match ^[a-z0-9-]+:[a-z0-9-]+$"},
		},

		"a strategy":       {strategy(saeclient.UpdateStrategy{Type: "BatchUpdate", BatchUpdate: &saeclient.BatchUpdate{Batch: 2, ReleaseType: "auto"}}), nil},
		"single batch":     {strategy(saeclient.UpdateStrategy{}), nil},
		"unknown strategy": {strategy(saeclient.UpdateStrategy{Type: "Rolling", BatchUpdate: &saeclient.BatchUpdate{}}), []string{`UpdateStrategy.type must be one of ["GrayBatchUpdate" "BatchUpdate"]`}},
		"gray without gray": {
			strategy(saeclient.UpdateStrategy{Type: "GrayBatchUpdate", BatchUpdate: &saeclient.BatchUpdate{ReleaseType: "soon", BatchWaitTime: new(-1)}}),
			[]string{
				`UpdateStrategy.batchUpdate.releaseType must be one of ["auto" "manual"]`,
				"UpdateStrategy.grayUpdate is required for type GrayBatchUpdate", "UpdateStrategy.batchUpdate.batchWaitTime must be at least 0",
			},
		},
		"strategy without a type or batches": {
			&saeclient.RollbackApplicationInput{AppID: "a", VersionID: "v", UpdateStrategy: &saeclient.UpdateStrategy{GrayUpdate: &saeclient.GrayUpdate{Gray: 1}}},
			[]string{"UpdateStrategy.type is required", "UpdateStrategy.batchUpdate is required"},
		},
		"probes": {
			deploy(func(in *saeclient.DeployApplicationInput) {
				in.Liveness = &saeclient.Probe{PeriodSeconds: new(3)}
				in.Readiness = &saeclient.Probe{
					Exec:    &saeclient.ExecAction{Command: []string{"true"}},
					HTTPGet: &saeclient.HTTPGetAction{Scheme: "FTP", KeyWord: "up"},
				}
			}),
			[]string{
				`Readiness.httpGet.scheme must be one of ["HTTP" "HTTPS"]`,
				"Liveness must have exactly one of exec, httpGet and tcpSocket",
				"Readiness must have exactly one of exec, httpGet and tcpSocket", "Readiness.httpGet.keyWord needs isContainKeyWord",
			},
		},
		"a probe that is cleared": {deploy(func(in *saeclient.DeployApplicationInput) { in.Liveness = new(saeclient.Probe{}) }), nil},
		"Tomcat": {
			deploy(func(in *saeclient.DeployApplicationInput) {
				in.TomcatConfig = &saeclient.TomcatConfig{Port: 80, URIEncoding: "latin1"}
			}),
			[]string{"TomcatConfig.port must be at least 1024", `TomcatConfig.uriEncoding must be one of ["UTF-8" "ISO-8859-1" "GBK" "GB2312"]`},
		},
		"logs": {
			deploy(func(in *saeclient.DeployApplicationInput) {
				in.SlsConfigs = []saeclient.SLSConfig{{LogType: "stdout"}, {LogType: "stdout"}, {LogDir: "/a", ProjectName: "sae-1"}}
			}),
			[]string{
				"SlsConfigs may have stdout at most once", "SlsConfigs[2] must have projectName and logstoreName together",
				"SlsConfigs[2].projectName must not begin with sae-",
			},
		},

		"an image": {create("Image", func(in *saeclient.CreateApplicationInput) { in.ImageURL = new("i:1") }), nil},
		"an image without address": {
			create("Image", func(in *saeclient.CreateApplicationInput) {
				in.Jdk, in.WebContainer = new("Open JDK 8"), new("apache-tomcat-8.5.42")
			}),
			[]string{"ImageUrl is required for PackageType Image"},
		},
		"a War": {
			create("War", func(*saeclient.CreateApplicationInput) {}),
			[]string{
				"PackageVersion is required for PackageType War", "PackageUrl is required for PackageType War",
				"Jdk is required for PackageType War", "WebContainer is required for PackageType War",
			},
		},
		"PHP": {create("PhpZip", func(in *saeclient.CreateApplicationInput) { in.PackageURL = new("u") }), []string{"PackageVersion is required for PackageType PhpZip"}},
		"sizes": {
			create("Image", func(in *saeclient.CreateApplicationInput) {
				in.ImageURL, in.CPU, in.Memory = new("i"), new(500), new(4096)
			}),
			[]string{"Cpu and Memory must be one of the sizes of InstanceSpecs"},
		},
		"a size as text": {&saeclient.RescaleApplicationVerticallyInput{AppID: "a", CPU: "1000", Memory: "2048"}, nil},
		"no such size as text": {
			&saeclient.RescaleApplicationVerticallyInput{AppID: "a", CPU: "1", Memory: "1"},
			[]string{"Cpu and Memory must be one of the sizes of InstanceSpecs"},
		},

		"a timer":              {timer(saeclient.ScalingRuleTimer{Period: "* * Fri,Mon", Schedules: at8}), nil},
		"a timer by the month": {timer(saeclient.ScalingRuleTimer{Period: "1,2,31 * *", BeginDate: new("2026-01-01"), EndDate: new("2026-01-01"), Schedules: at8}), nil},
		"a timer that never fires": {
			timer(saeclient.ScalingRuleTimer{Period: "32 * *", BeginDate: new("2026-02-01"), EndDate: new("2026-01-31")}),
			[]string{
				"ScalingRuleTimer.beginDate must not be after endDate",
				`ScalingRuleTimer.period must be "* * *", "* * Fri,Mon" or "1,15 * *"`, "ScalingRuleTimer.schedules is required",
			},
		},
		"times of a timer": {
			timer(saeclient.ScalingRuleTimer{Period: "* * *", BeginDate: new("1 May"), Schedules: []saeclient.ScalingSchedule{{AtTime: "8 am", TargetReplicas: 51}}}),
			[]string{
				"ScalingRuleTimer.beginDate must have the form yyyy-MM-dd", "ScalingRuleTimer.schedules[0].atTime must have the form HH:mm",
				"ScalingRuleTimer.schedules[0].targetReplicas must be at most 50", "ScalingRuleTimer must have both beginDate and endDate or neither",
			},
		},
		"too many times": {
			timer(saeclient.ScalingRuleTimer{Period: "* * *", Schedules: slices.Repeat(at8, 21)}),
			[]string{"ScalingRuleTimer.schedules must have at most 20 times"},
		},
		"a rule without its kind": {
			&saeclient.CreateApplicationScalingRuleInput{AppID: "a", ScalingRuleName: "r", ScalingRuleType: "metric"},
			[]string{"ScalingRuleMetric is required for ScalingRuleType metric"},
		},
		"metrics": {
			metric(saeclient.ScalingRuleMetric{
				MinReplicas: 3, MaxReplicas: 2, Metrics: []saeclient.ScalingMetric{{MetricType: "SLB_QPS"}, {MetricType: "DISK"}},
				ScaleUpRules: &saeclient.ScalingPace{StabilizationWindowSeconds: 3601},
			}),
			[]string{
				`ScalingRuleMetric.metrics[1].metricType must be one of ["CPU" "MEMORY" "QPS" "RT" "tcpActiveConn" "SLB_QPS" "SLB_RT" "INTRANET_SLB_QPS" "INTRANET_SLB_RT"]`,
				"ScalingRuleMetric.scaleUpRules.stabilizationWindowSeconds must be at most 3600",
				"ScalingRuleMetric.minReplicas must not be above maxReplicas", "ScalingRuleMetric.metrics[0] needs slbProject, slbLogstore and vport",
			},
		},

		"two frameworks": {
			&saeclient.CreateGreyTagRouteInput{AppID: "a", Name: "r", ScRules: []saeclient.SpringCloudRule{{}}, DubboRules: []saeclient.DubboRule{{}}},
			nil,
		},
		"no framework":         {&saeclient.CreateGreyTagRouteInput{AppID: "a", Name: "r"}, []string{"ScRules or DubboRules or AlbRules is required"}},
		"no change of a route": {&saeclient.UpdateGreyTagRouteInput{GreyTagRouteID: 1}, nil},
		"gray rules": {
			&saeclient.UpdateGreyTagRouteInput{GreyTagRouteID: 1, ScRules: []saeclient.SpringCloudRule{
				{Condition: "XOR", Items: []saeclient.SpringCloudItem{{Type: "body", Cond: "~", Operator: "like"}}},
			}},
			[]string{
				`ScRules[0].condition must be one of ["AND" "OR"]`, `ScRules[0].items[0].type must be one of ["param" "cookie" "header"]`,
				`ScRules[0].items[0].cond must be one of [">" "<" ">=" "<=" "==" "!="]`,
				`ScRules[0].items[0].operator must be one of ["rawvalue" "list" "mod" "deterministic_proportional_steaming_division"]`,
			},
		},
		"ALB rules": {
			&saeclient.UpdateGreyTagRouteInput{GreyTagRouteID: 1, AlbRules: []saeclient.ALBRule{{Condition: "OR"}}},
			[]string{`AlbRules[0].condition must be one of ["AND"]`},
		},

		"too many ingress rules": {&saeclient.UpdateIngressInput{IngressID: 1, Rules: make([]saeclient.IngressRule, 41)}, []string{"Rules must have at most 40 elements"}},
		"HTTPS without a certificate": {
			&saeclient.CreateIngressInput{
				NamespaceID: "n", SlbID: new("s"), ListenerPort: 443, ListenerProtocol: new("HTTPS"),
				DefaultRule: saeclient.IngressBackend{AppID: "a", ContainerPort: 80}, Rules: []saeclient.IngressRule{{}},
			},
			[]string{"CertId or CertIds is required for ListenerProtocol HTTPS"},
		},
		"listeners": {
			&saeclient.BindSlbInput{AppID: "a", Internet: []saeclient.SLBListener{
				{Protocol: "HTTPS"}, {Protocol: "TCP", HTTPSCertID: "c"}, {Protocol: "HTTPS", HTTPSCertID: "c"}, {Protocol: "HTTPS", HTTPSCertID: "d"}, {Protocol: "UDP"},
			}},
			[]string{
				`Internet[4].protocol must be one of ["TCP" "HTTP" "HTTPS"]`, "Internet[0].httpsCertId is required for protocol HTTPS",
				"Internet[1].httpsCertId is allowed for protocol HTTPS only", "Internet[3].httpsCertId must be the same for all listeners",
			},
		},
		"tags": {
			&saeclient.TagResourcesInput{Tags: []saeclient.Tag{{Key: "aliyun-x", Value: strings.Repeat("v", 129)}, {Value: "http://x"}}},
			[]string{
				"Tags[0].value must have at most 128 characters", "Tags[1].key must have at least 1 characters",
				"Tags[0].key must not begin with aliyun", "Tags[1] must not hold http://",
			},
		},
		"too much to tag": {
			&saeclient.TagResourcesInput{Tags: slices.Repeat([]saeclient.Tag{{Key: "k", Value: "v"}}, 21), ResourceIDs: slices.Repeat([]string{"r"}, 51)},
			[]string{"Tags must have at most 20 elements", "ResourceIds must have at most 50 elements"},
		},
		"neither tags nor resources": {&saeclient.ListTagResourcesInput{RegionID: "r", ResourceType: "application"}, []string{"Tags or ResourceIds is required"}},
		"opaque, but JSON":           {deploy(func(in *saeclient.DeployApplicationInput) { in.KafkaLogfileConfig = new("logs") }), []string{"KafkaLogfileConfig must be JSON"}},
		"opaque":                     {deploy(func(in *saeclient.DeployApplicationInput) { in.KafkaLogfileConfig = new(`{"any":"shape"}`) }), nil},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, tt.want, problems(t, tt.in))
		})
	}
}

// TestValidate_EveryParameterIsChecked breaks each limit of the table in turn, in a typed call,
// and sees that nothing goes out.
func TestValidate_EveryParameterIsChecked(t *testing.T) {
	t.Parallel()
	client := serve(t, func(http.ResponseWriter, *http.Request) { t.Error("a request went out") })
	facts := slices.Concat(factOperations(t), newerOperations(t))
	broken := 0
	for i, op := range saeclient.Operations() {
		fact := facts[slices.IndexFunc(facts, func(f factOperation) bool { return f.Name == op.Name })]
		for _, p := range op.Params {
			for rule, value := range wrongValues(p) {
				broken++
				method := reflect.ValueOf(client).MethodByName(op.Name)
				in := reflect.New(method.Type().In(1).Elem())
				fillRequired(t, fact, in)
				encoded, err := json.Marshal(map[string]any{p.Name: value})
				require.NoError(t, err)
				require.NoError(t, json.Unmarshal(encoded, in.Interface()), "%d %s.%s %s", i, op.Name, p.Name, rule)
				err, _ = reflect.TypeAssert[error](method.Call([]reflect.Value{reflect.ValueOf(t.Context()), in})[1])
				require.ErrorIs(t, err, cloudapi.ErrInvalid, "%s.%s: %s", op.Name, p.Name, rule)
				e, ok := errors.AsType[*cloudapi.Error](err)
				require.True(t, ok)
				require.Equal(t, op.Name, e.Operation)
				invalid, ok := errors.AsType[*cloudapi.ValidationError](err)
				require.True(t, ok)
				require.True(t, slices.ContainsFunc(invalid.Problems, func(found cloudapi.Problem) bool { return found.Param == p.Name }),
					"%s.%s: %s: %v", op.Name, p.Name, rule, err)
			}
		}
	}
	require.Equal(t, 300, broken, "limits in the table")
}

// wrongValues gives one value for each rule of a parameter that it breaks.
func wrongValues(p cloudapi.Param) map[string]any {
	wrong := make(map[string]any)
	if p.Required && p.Kind == cloudapi.KindString {
		wrong["required"] = ""
	}
	if len(p.Enum) > 0 && !p.Open {
		wrong["enum"] = any("no such value")
		if p.Kind == cloudapi.KindInteger {
			wrong["enum"] = 7
		}
	}
	if p.MaxLength > 0 {
		wrong["length"] = strings.Repeat("a", p.MaxLength+1)
	}
	if p.Pattern != "" {
		wrong["pattern"] = " - "
	}
	if p.Min != nil {
		wrong["min"] = *p.Min - 1
	}
	if p.Max != nil {
		wrong["max"] = *p.Max + 1
	}
	return wrong
}

// TestValidate_SampleRequestsOfTheReferencePass sends nothing: it compares the reference's own
// samples with its rules.
func TestValidate_SampleRequestsOfTheReferencePass(t *testing.T) {
	t.Parallel()
	client := reflect.TypeFor[*saeclient.Client]()
	for _, op := range factOperations(t) {
		t.Run(op.Name, func(t *testing.T) {
			t.Parallel()
			params := make(map[string]any)
			for _, part := range []map[string]any{op.Sample.Query, op.Sample.Form, op.Sample.Body} {
				maps.Copy(params, part)
			}
			for _, p := range op.Params { // texts in the sample, numbers and booleans in an Input
				if text, ok := params[p.Name].(string); ok && slices.Contains([]string{"integer", "long", "boolean"}, p.Type) {
					params[p.Name] = json.RawMessage(text)
				}
				if text, ok := params[p.Name].(string); ok && p.Type == "json" && !json.Valid([]byte(text)) {
					params[p.Name] = p.ExampleJSON // some samples are cut off or not JSON
				}
			}
			text, err := json.Marshal(params)
			require.NoError(t, err)
			method, ok := client.MethodByName(op.Name)
			require.True(t, ok)
			in := reflect.New(method.Type.In(2).Elem())
			require.NoError(t, json.Unmarshal(text, in.Interface()))
			checked, ok := reflect.TypeAssert[validator](in)
			require.True(t, ok)
			require.Empty(t, problems(t, checked))
		})
	}
}

func TestValidate_UncheckedSendsWhatBreaksTheRules(t *testing.T) {
	t.Parallel()
	client, last := recorder(t, `{"RequestId":"1"}`)
	in := &saeclient.CreateApplicationInput{PackageType: "Wasm", Jdk: new("JDK 99")}
	_, err := client.CreateApplication(t.Context(), in)
	require.ErrorIs(t, err, cloudapi.ErrInvalid)
	_, err = client.Unchecked().CreateApplication(t.Context(), in)
	require.NoError(t, err)
	got := last()
	require.Equal(t, []string{"AppName", "Jdk", "PackageType", "Replicas"}, slices.Sorted(maps.Keys(got.query)))
	require.Equal(t, []string{""}, got.query["AppName"], "also a required one that is empty")
	_, err = client.Unchecked().Call(t.Context(), "DescribeChangeOrder", nil)
	require.NoError(t, err)
	require.Empty(t, last().query)
	_, err = client.Unchecked().Call(t.Context(), "DescribeChangeOrder", map[string]string{"Zone": "a"})
	require.ErrorIs(t, err, cloudapi.ErrInvalid, "where an unknown parameter travels is not known")
}

func TestValidate_EveryPatternOfTheTableCompiles(t *testing.T) {
	t.Parallel()
	patterns := 0
	for _, op := range saeclient.Operations() {
		for _, p := range op.Params {
			if p.Pattern == "" || p.Name == "NamespaceId" {
				continue // the reference's example of a namespace breaks its own rule
			}
			patterns++
			require.NoError(t, p.Check(p.Example), op.Name)
		}
	}
	require.NotZero(t, patterns)
}
