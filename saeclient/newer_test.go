package saeclient_test

import (
	"encoding"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"slipway/cloudapi"
	"slipway/saeclient"
)

// TestNewer_PathsAndJSONBodies looks at what travels for operations whose parameters are parts of
// the path and members of a JSON body.
func TestNewer_PathsAndJSONBodies(t *testing.T) {
	t.Parallel()
	var path, body, contentType string
	client := serve(t, func(w http.ResponseWriter, r *http.Request) {
		text := make([]byte, r.ContentLength)
		_, _ = r.Body.Read(text)
		path, body, contentType = r.URL.EscapedPath()+"?"+r.URL.RawQuery, string(text), r.Header.Get("Content-Type")
		answerWith(http.StatusOK, `{"RequestId":"1","Success":true}`)(w, r)
	})
	traffic := &saeclient.UpdateWebApplicationTrafficConfigInput{
		ApplicationID: "a/b c+d*~", NamespaceID: "cn-hangzhou:demo", AuthType: new("Anonymous"), DisableURLInternet: new(false),
		RevisionsTrafficWeight: saeclient.WebTrafficWeights{"r2": 0.25, "r1": 0.75},
		WebAclConfig:           &saeclient.WebAclConfig{WebAclEntries: []saeclient.WebAclConfigWebAclEntries{{Entry: "10.0.0.1"}}},
	}
	_, err := client.UpdateWebApplicationTrafficConfig(t.Context(), traffic)
	require.NoError(t, err)
	require.Equal(t, "/pop/v2/api/web/application-traffic/a%2Fb%20c%2Bd%2A~?NamespaceId=cn-hangzhou%3Ademo", path)
	require.Equal(t, "application/json; charset=utf-8", contentType)
	want := `{"AuthType":"Anonymous","DisableURLInternet":false,"RevisionsTrafficWeight":{"r1":0.75,"r2":0.25},"WebAclConfig":{"WebAclEntries":[{"Entry":"10.0.0.1"}]}}`
	require.JSONEq(t, want, body)

	// By name, parameters are texts. What is no text in the body still is none there.
	_, err = client.Call(t.Context(), "UpdateWebApplicationTrafficConfig", map[string]string{
		"ApplicationId": "a/b c+d*~", "NamespaceId": "cn-hangzhou:demo", "AuthType": "Anonymous", "DisableURLInternet": "false",
		"RevisionsTrafficWeight": `{"r1":0.75,"r2":0.25}`, "WebAclConfig": `{"WebAclEntries":[{"Entry":"10.0.0.1"}]}`,
	})
	require.NoError(t, err)
	require.JSONEq(t, want, body)

	_, err = client.CreateConfigMap(t.Context(), &saeclient.CreateConfigMapInput{Name: "a", NamespaceID: "n", Data: saeclient.ConfigMapData{"k": "1"}})
	require.NoError(t, err)
	require.JSONEq(t, `{"Data":"{\"k\":\"1\"}"}`, body, "JSON text stays a text in the body")
}

// TestNewer_AnElementWithoutItsNameIsNotTheList: the path without the ID would be that of the list.
func TestNewer_AnElementWithoutItsNameIsNotTheList(t *testing.T) {
	t.Parallel()
	client := serve(t, func(http.ResponseWriter, *http.Request) { t.Error("a request went out") }).Unchecked()
	_, err := client.DeleteWebApplication(t.Context(), &saeclient.DeleteWebApplicationInput{NamespaceID: "n"})
	require.ErrorContains(t, err, "ApplicationId is required")
	_, err = client.Call(t.Context(), "DeleteWebApplication", nil)
	require.ErrorContains(t, err, "ApplicationId is required")
}

// TestNewer_SecretsOfStructuredParametersDoNotShow sends them and prints them.
func TestNewer_SecretsOfStructuredParametersDoNotShow(t *testing.T) {
	t.Parallel()
	client, last := recorder(t, `{"RequestId":"1"}`)
	secret := &saeclient.CreateSecretInput{
		NamespaceID: "n", SecretName: "s", SecretType: "Opaque", SecretData: saeclient.SecretData{SecretData: `{"k":"hush-hush"}`},
	}
	deploy := &saeclient.DeployApplicationInput{
		AppID: "a", SidecarContainersConfig: []saeclient.SidecarContainer{{Name: "log", Envs: `[{"name":"K","value":"hush-hush"}]`}},
	}
	for _, in := range []any{secret, *secret, deploy, *deploy, secret.SecretData, deploy.SidecarContainersConfig} {
		text, err := json.Marshal(in)
		require.NoError(t, err)
		var logged strings.Builder
		slog.New(slog.NewTextHandler(&logged, nil)).Info("shown", "in", in)
		slog.New(slog.NewJSONHandler(&logged, nil)).Info("shown", "in", in)
		for _, shown := range []string{string(text), fmt.Sprintf("%v %+v %#v", in, in, in), logged.String()} {
			require.NotContains(t, shown, "hush")
		}
	}
	_, err := client.CreateSecret(t.Context(), secret)
	require.NoError(t, err)
	require.Contains(t, last().rawQuery, url.QueryEscape(`hush-hush`))
	_, err = client.DeployApplication(t.Context(), deploy)
	require.NoError(t, err)
	sent := last()
	require.Contains(t, sent.rawQuery+sent.raw, "hush-hush")
}

// TestRegions_BothShapes reads the list as the reference's sample has it, and as every official SDK reads it.
func TestRegions_BothShapes(t *testing.T) {
	t.Parallel()
	const one = `{"RegionId":"cn-hangzhou","RecommendZones":%s}`
	for name, regions := range map[string]string{
		"lists":   "[" + fmt.Sprintf(one, `["cn-hangzhou-b"]`) + "]",
		"objects": `{"Region":[` + fmt.Sprintf(one, `{"RecommendZone":["cn-hangzhou-b"]}`) + `]}`,
	} {
		client := serve(t, answerWith(http.StatusOK, `{"RequestId":"1","Regions":`+regions+`}`))
		out, err := client.DescribeRegions(t.Context(), nil)
		require.NoError(t, err, name)
		require.Len(t, out.Regions, 1, name)
		require.Equal(t, "cn-hangzhou", out.Regions[0].RegionID, name)
		require.Equal(t, []string{"cn-hangzhou-b"}, out.Regions[0].RecommendZones, name)
	}
}

// TestErrors_Gone are the codes by which the platform says that something does not exist.
func TestErrors_Gone(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		operation, code string
		status          int
		gone            bool
	}{
		{"DescribeGreyTagRoute", "InvalidParameter.WithMessage", 400, true},
		{"DescribeIngress", "InvalidParameter.WithMessage", 400, true},
		{"DescribeIngress", "InvalidParameter.Obviously", 400, true},
		{"UpdateIngress", "InvalidParameter.WithMessage", 400, false},
		{"DescribeApplicationConfig", "InvalidAppId.NotFound", 404, true},
		{"DescribeApplicationConfig", "InvalidApplication.NotFound", 400, true},
		{"DescribeApplicationScalingRules", "InvalidAppId.NotFound", 404, true},
		{"DescribeNamespace", "InvalidNamespaceId.NotFound", 404, true},
		{"DescribeConfigMap", "NotFound.ConfigMap", 400, true},
		{"DescribeSecret", "No.Such.Code", 404, true},
		{"GetApplication", "InvalidAction.NotFound", 404, false},
	} {
		client := serve(t, answerWith(tt.status, fmt.Sprintf(`{"RequestId":"1","Code":%q,"Message":"m"}`, tt.code))).Unchecked()
		params := map[string]string{"IngressId": "1"}
		if op, _ := saeclient.LookupOperation(tt.operation); !hasParam(op, "IngressId") {
			params = nil
		}
		_, err := client.Call(t.Context(), tt.operation, params)
		require.Error(t, err)
		assert.Equal(t, tt.gone, cloudapi.ClassOf(err) == cloudapi.ErrNotFound, "%s %s", tt.operation, tt.code)
	}
}

func hasParam(op cloudapi.Operation, name string) bool {
	_, ok := op.Param(name)
	return ok
}

// TestWriteBack_WhatIsAnsweredIsTaken gives to parameters what the platform is known to answer:
// our own rules refuse none of it.
func TestWriteBack_WhatIsAnsweredIsTaken(t *testing.T) {
	t.Parallel()
	app := func(kind string, change func(*saeclient.CreateApplicationInput)) *saeclient.CreateApplicationInput {
		in := &saeclient.CreateApplicationInput{
			AppName: "a", PackageType: kind, Replicas: 1, PackageVersion: new("1"), PackageURL: new("http://a.test/a.zip"), ImageURL: new("a/b:1"),
			Command: new("dotnet"), CommandArgs: new(`["a.dll"]`),
		}
		change(in)
		return in
	}
	none := func(*saeclient.CreateApplicationInput) {}
	rule := func(kind string, timer *saeclient.ScalingRuleTimer, metric *saeclient.ScalingRuleMetric) *saeclient.CreateApplicationScalingRuleInput {
		return &saeclient.CreateApplicationScalingRuleInput{AppID: "a", ScalingRuleName: "r", ScalingRuleType: kind, ScalingRuleTimer: timer, ScalingRuleMetric: metric}
	}
	metric := func(kind string) *saeclient.ScalingRuleMetric {
		return &saeclient.ScalingRuleMetric{MinReplicas: 1, MaxReplicas: 3, Metrics: []saeclient.ScalingMetric{
			{MetricType: kind, MetricTargetAverageUtilization: 20, SLBID: "lb-1", SLBProject: "p", SLBLogstore: "l", Vport: "80"},
		}}
	}
	both := &saeclient.UpdateGreyTagRouteInput{
		GreyTagRouteID: 1,
		ScRules: []saeclient.SpringCloudRule{{Path: "/a", Condition: "AND", Items: []saeclient.SpringCloudItem{
			{Type: "cookie", Name: "n", Cond: "==", Operator: "mod", Value: "test2"},
		}}},
		DubboRules: []saeclient.DubboRule{{ServiceName: "s", Condition: "OR", Items: []saeclient.DubboItem{{Cond: "==", Operator: "rawvalue", Value: "v"}}}},
	}
	tests := map[string]validator{
		"both kinds of a gray rule":   both,
		"a gray rule of both kinds":   &saeclient.CreateGreyTagRouteInput{AppID: "a", Name: "r", ScRules: both.ScRules, DubboRules: both.DubboRules},
		"an ALB rule by its service":  &saeclient.UpdateGreyTagRouteInput{GreyTagRouteID: 1, AlbRules: []saeclient.ALBRule{{ServiceID: "s", Path: "/", Condition: "AND"}}},
		"a ConfigMap with a hyphen":   &saeclient.CreateConfigMapInput{Name: "tf-example", NamespaceID: "n", Data: saeclient.ConfigMapData{"k": "v"}},
		"a namespace by its short ID": &saeclient.CreateNamespaceInput{NameSpaceShortID: new("team"), NamespaceName: "team"},
		"an ingress on a new ALB":     &saeclient.CreateIngressInput{NamespaceID: "n", ListenerPort: 443, ListenerProtocol: new("HTTPS"), CertIDs: new("1,2"), Rules: []saeclient.IngressRule{{AppID: "a", RewritePath: "/b", BackendProtocol: "grpc"}}, DefaultRule: saeclient.IngressBackend{AppID: "a", ContainerPort: 80}},
		"PythonZip":                   app("PythonZip", none),
		"DotnetZip":                   app("DotnetZip", none),
		"a JDK with an image":         app("Image", func(in *saeclient.CreateApplicationInput) { in.Jdk = new("Open JDK 8") }),
		"a JDK of today":              app("FatJar", func(in *saeclient.CreateApplicationInput) { in.Jdk = new("Dragonwell 21") }),
		"a JDK of tomorrow":           app("FatJar", func(in *saeclient.CreateApplicationInput) { in.Jdk = new("Dragonwell 25") }),
		"a Tomcat of today": app("War", func(in *saeclient.CreateApplicationInput) {
			in.Jdk, in.WebContainer = new("Open JDK 8"), new("apache-tomcat-8.5.58")
		}),
		"12 cores":                          app("Image", func(in *saeclient.CreateApplicationInput) { in.CPU, in.Memory = new(12000), new(24576) }),
		"a rule of type mix without a time": rule(saeclient.ScalingRuleMix, nil, metric(saeclient.MetricCPU)),
		"a rule of type mix": rule(saeclient.ScalingRuleMix, &saeclient.ScalingRuleTimer{
			Period: "* * *", Schedules: []saeclient.ScalingSchedule{{AtTime: "08:00", MinReplicas: 2, MaxReplicas: 5}},
		}, metric(saeclient.MetricCPU)),
		"applications in large pages": &saeclient.ListApplicationsInput{CurrentPage: new(1), PageSize: new(10000)},
		"orders of today":             &saeclient.ListChangeOrdersInput{AppID: "a", CoType: new(saeclient.CoTypeStartApplication)},
	}
	for _, kind := range []string{
		saeclient.MetricQPS, saeclient.MetricRT, saeclient.MetricTCPActiveConn, saeclient.MetricSLBQPS, saeclient.MetricSLBRT,
		saeclient.MetricIntranetSLBQPS, saeclient.MetricIntranetSLBRT,
	} {
		tests["metric "+kind] = rule(saeclient.ScalingRuleOnMetric, nil, metric(kind))
	}
	for name, in := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Empty(t, problems(t, in))
		})
	}
}

// TestWriteBack_TheConfigurationIsReadAndSentUnchanged reads JSON texts of DescribeApplicationConfig
// into the types of the parameters, and writes them again.
func TestWriteBack_TheConfigurationIsReadAndSentUnchanged(t *testing.T) {
	t.Parallel()
	texts := map[string]string{
		"Liveness":                 `{"tcpSocket":{"port":80},"failureThreshold":4,"successThreshold":1,"newKey":"n"}`,
		"Envs":                     `[{"name":"A","value":"1"},{"name":"B","valueFrom":{"configMapRef":{"configMapId":7,"key":"k"}}},{"name":"C","valueFrom":{"secretRef":{"secretId":8,"key":""}}}]`,
		"NasConfigs":               `[{"mountPath":"/m","readOnly":false,"nasId":"n","mountDomain":"d","nasPath":"/","newKey":{"x":1}}]`,
		"PvtzDiscovery":            `{"serviceName":"s","namespaceId":"n","portProtocols":[{"port":80,"protocol":"TCP","newKey":true}],"enable":false}`,
		"MicroRegistrationConfig":  `{"instanceId":"i","namespace":"n"}`,
		"MicroserviceEngineConfig": `{"enable":true,"mseLosslessRule":{"delayTime":10,"enable":false,"notice":true,"warmupTime":120,"funcType":2}}`,
		"StartupProbe":             `{"exec":{"command":["true"]},"failureThreshold":3}`,
		"HeadlessPvtzDiscovery":    `{"serviceName":"s","namespaceId":"n"}`,
		"SwimlanePvtzDiscovery":    `{"enable":true,"portAndProtocol":{"80:TCP":"8080"},"portProtocols":[{"port":80,"protocol":"TCP","targetPort":8080}]}`,
		"UpdateStrategy":           `{"type":"GrayBatchUpdate","batchUpdate":{"batch":2,"releaseType":"auto","batchWaitTime":1,"newKey":1},"grayUpdate":{"gray":1},"newKey":[true]}`,
		"TomcatConfig":             `{"port":8080,"contextPath":"/","useBodyEncodingForUri":true}`,
		"CustomHostAlias":          `[{"hostName":"h","ip":"1.2.3.4","newKey":null}]`,
	}
	answer, err := json.Marshal(map[string]any{"RequestId": "1", "Data": texts})
	require.NoError(t, err)
	client := serve(t, answerWith(http.StatusOK, string(answer)))
	out, err := client.DescribeApplicationConfig(t.Context(), &saeclient.DescribeApplicationConfigInput{AppID: "a"})
	require.NoError(t, err)
	require.Empty(t, out.Data.Unknown)

	data := out.Data
	again, last := recorder(t, `{"RequestId":"1"}`)
	_, err = again.DeployApplication(t.Context(), &saeclient.DeployApplicationInput{
		AppID: "a", Liveness: data.Liveness, Envs: data.Envs, NasConfigs: data.NasConfigs, PvtzDiscoverySvc: data.PvtzDiscovery,
		MicroRegistrationConfig: data.MicroRegistrationConfig, MicroserviceEngineConfig: data.MicroserviceEngineConfig,
		StartupProbe:   data.StartupProbe,
		UpdateStrategy: data.UpdateStrategy, TomcatConfig: data.TomcatConfig, CustomHostAlias: data.CustomHostAlias,
	})
	require.NoError(t, err)
	sent := last()
	for name, svc := range map[string]encoding.TextMarshaler{ // DeployApplication does not take these
		"HeadlessPvtzDiscovery": data.HeadlessPvtzDiscovery, "SwimlanePvtzDiscovery": data.SwimlanePvtzDiscovery,
	} {
		text, err := svc.MarshalText()
		require.NoError(t, err)
		require.Equal(t, texts[name], string(text))
		delete(texts, name)
	}
	for name, text := range texts {
		param := name
		if _, isParam := sent.query[param]; !isParam && sent.form.Get(param) == "" {
			param += "Svc"
		}
		require.Equal(t, text, sent.query.Get(param)+sent.form.Get(param), name)
	}
}

// TestCallOperation_WhatTheTableLacksIsSent describes an operation, and a parameter of a known one.
func TestCallOperation_WhatTheTableLacksIsSent(t *testing.T) {
	t.Parallel()
	var method, path, body string
	client := serve(t, func(w http.ResponseWriter, r *http.Request) {
		text, _ := io.ReadAll(r.Body)
		method, path, body = r.Method, r.URL.RequestURI(), string(text)
		answerWith(http.StatusOK, `{"RequestId":"1"}`)(w, r)
	})
	op := cloudapi.Operation{Name: "New", Method: http.MethodPut, Path: "/new/{Id}", Mutates: true, Extra: []cloudapi.Param{
		{Name: "Id", In: cloudapi.InPath, Kind: cloudapi.KindString, Required: true},
		{Name: "Zone", In: cloudapi.InQuery, Kind: cloudapi.KindString},
		{Name: "Plan", In: cloudapi.InBody, Kind: cloudapi.KindValue},
		{Name: "Word", In: cloudapi.InBody, Kind: cloudapi.KindValue},
	}}
	_, err := client.CallOperation(t.Context(), op, map[string]string{"Id": "7", "Zone": "z", "Plan": `{"size":2}`, "Word": "two words"})
	require.NoError(t, err)
	require.Equal(t, "PUT /new/7?Zone=z", method+" "+path)
	require.JSONEq(t, `{"Plan":{"size":2},"Word":"two words"}`, body)
	known, _ := saeclient.LookupOperation("ListApplications")
	known.Extra = append(known.Extra, op.Extra[1])
	_, err = client.CallOperation(t.Context(), known, map[string]string{"Zone": "z"})
	require.NoError(t, err)
	require.Equal(t, "GET /pop/v1/sam/app/listApplications?Zone=z", method+" "+path)
}
