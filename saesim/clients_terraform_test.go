package saesim

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// A terraformed application is one that is managed as the Terraform provider for Alibaba
// Cloud does it: each deployment sends all settings that are held, the changed one among
// them, and everything is read back after it.
type terraformed struct {
	*harness

	held map[string]string
}

// terraform creates an application as the provider does.
func terraform(t *testing.T, settings ...string) *terraformed {
	t.Helper()
	h := &terraformed{harness: newHarness(t), held: map[string]string{}}
	created := h.must(t, opCreate, settings...)
	h.app = created["AppId"].(string)
	h.applied(t, created["ChangeOrderId"].(string))
	ofCreation := map[string]bool{"AppName": true, paramNamespace: true, "VpcId": true, "PackageType": true, "AppDescription": true, "ProgrammingLanguage": true}
	config := h.stable(t, opConfig)
	for i := 0; i < len(settings); i += 2 {
		requireRead(t, config, settings[i], settings[i+1])
		if !ofCreation[settings[i]] {
			h.held[settings[i]] = settings[i+1]
		}
	}
	return h
}

// set changes settings by a deployment and reads everything back.
func (h *terraformed) set(t *testing.T, settings ...string) {
	t.Helper()
	for i := 0; i < len(settings); i += 2 {
		h.held[settings[i]] = settings[i+1]
	}
	h.apply(t)
}

func (h *terraformed) apply(t *testing.T) {
	t.Helper()
	var parameters []string
	for _, name := range sortedKeys(h.held) {
		parameters = append(parameters, name, h.held[name])
	}
	h.applied(t, h.begin(t, opDeploy, parameters...))
	config := h.stable(t, opConfig)
	for name, value := range h.held {
		if name != "AutoEnableApplicationScalingRule" { // of the order alone
			requireRead(t, config, name, value)
		}
	}
	require.InDelta(t, config["Replicas"], h.must(t, "DescribeApplicationStatus")["RunningInstances"], 0)
}

// TestTerraform_ImageSettings changes every setting of an application that runs an image
// in a step of its own.
func TestTerraform_ImageSettings(t *testing.T) {
	t.Parallel()
	h := terraform(t, "AppName", "tf", "PackageType", packageImage, "Replicas", "1", "PackageVersion", "1700000000",
		"ImageUrl", "registry.test/shop:1", "VpcId", "vpc-1", "VSwitchId", "vsw-1", "Cpu", "500", "Memory", "2048",
		"AppDescription", "made", "Timezone", "Asia/Shanghai", "TerminationGracePeriodSeconds", "30", "MicroRegistration", "0",
		"Envs", `[{"name":"a","value":"b"}]`, "NamespaceId", DefaultRegion)
	h.must(t, "CreateConfigMap", "NamespaceId", DefaultRegion, "Name", "tf-example", "Data", `{"k":"v"}`)
	for _, step := range [][]string{
		{"Replicas", "5"},
		{"Cpu", "1000"},
		{"Memory", "4096"},
		{"VSwitchId", "vsw-2"},
		{"SecurityGroupId", "sg-2"},
		{"ImageUrl", "registry.test/shop:2"},
		{"MicroRegistration", "1"},
		{"ImagePullSecrets", "16"},
		{"Envs", `[{"name":"a","value":"c"},{"name":"m","valueFrom":{"configMapRef":{"configMapId":1,"key":"k"}}}]`},
		{"Command", "sleep", "CommandArgs", `["1d"]`},
		{"CustomHostAlias", `[{"hostName":"test.host.name","ip":"0.0.0.0"}]`},
		{"Liveness", `{"exec":{"command":["sleep","1s"]},"initialDelaySeconds":5,"timeoutSeconds":11,"failureThreshold":9}`},
		{"Readiness", `{"httpGet":{"path":"/","port":80,"scheme":"HTTP"},"successThreshold":1}`},
		{"StartupProbe", `{"tcpSocket":{"port":80}}`},
		{"PostStart", `{"exec":{"command":["cat"]}}`, "PreStop", `{"exec":{"command":["cat"]}}`},
		{"NasConfigs", `[{"mountPath":"/m","nasId":"n","mountDomain":"d","nasPath":"/"}]`},
		{"KafkaConfigs", `{"kafkaEndpoint":"k:9092","kafkaInstanceId":"i","kafkaConfigs":[]}`},
		{"PvtzDiscoverySvc", `{"serviceName":"s","namespaceId":"cn-hangzhou","portProtocols":[{"port":80,"protocol":"TCP"}],"enable":true}`},
		{"SlsConfigs", `[{"logDir":"","logType":"stdout"},{"logDir":"/tmp/a"}]`},
		{"OssMountDescs", `[{"bucketName":"b","bucketPath":"p","mountPath":"/oss","readOnly":true}]`},
		{"ConfigMapMountDesc", `[{"configMapId":"1","key":"k","mountPath":"/config"}]`},
		{"TerminationGracePeriodSeconds", "35"},
		{"Timezone", "Asia/Beijing"},
		{"EnableAhas", "true", "EnableGreyTagRoute", "true"},
		{"MinReadyInstances", "2", "MinReadyInstanceRatio", "-1", "BatchWaitTime", "1"},
		{"UpdateStrategy", batch2Wait},
		{"PackageVersion", "1700000001", "Replicas", "3", "AutoEnableApplicationScalingRule", "true"},
	} {
		h.set(t, step...)
		h.writeBack(t)
	}
	require.IsType(t, 0.0, list(h.must(t, opConfig)["ConfigMapMountDesc"])[0].(map[string]any)["ConfigMapId"])
}

// TestTerraform_PackageSettings: a package needs a version of its own in each step.
func TestTerraform_PackageSettings(t *testing.T) {
	t.Parallel()
	const oldTomcat, newTomcat = `{"port":8080,"contextPath":"/","maxThreads":400,"uriEncoding":"ISO-8859-1","useBodyEncodingForUri":"true"}`,
		`{"port":8088,"contextPath":"/a","maxThreads":401,"uriEncoding":"GBK","useBodyEncodingForUri":"false"}`
	tests := map[string]struct {
		create []string
		steps  [][]string
	}{
		"war": {
			[]string{"PackageType", packageWar, "Jdk", "Open JDK 8", "WebContainer", "apache-tomcat-8.5.42", "TomcatConfig", oldTomcat},
			[][]string{{"TomcatConfig", newTomcat}, {"WebContainer", "apache-tomcat-8.5.58"}, {"WarStartOptions", "CATALINA_OPTS=\"$CATALINA_OPTS\" catalina.sh run"}},
		},
		"jar": {
			[]string{"PackageType", packageFatJar, "Jdk", "Dragonwell 11"},
			[][]string{{"Jdk", "Dragonwell 21"}, {"JarStartOptions", "-Xms1G"}, {"JarStartArgs", "a b"}, {"Replicas", "2"}},
		},
		"php": {
			[]string{"PackageType", "PhpZip", "Php", "PHP-FPM 7.2", "ProgrammingLanguage", "php", "PhpConfig", "a=b", "PhpConfigLocation", "/usr/local/etc/php/php.ini"},
			[][]string{{"Php", "PHP-FPM 7.3"}, {"PhpConfig", "k1=v1"}, {"PhpArmsConfigLocation", "/usr/local/etc/php/conf.d/arms.ini"}, {"SecurityGroupId", "sg-2"}},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := terraform(t, append(tt.create, "AppName", "tf", "Replicas", "1", "PackageVersion", "0", "PackageUrl", "https://oss.test/a.zip", "Cpu", "1000", "Memory", "2048")...)
			for i, step := range tt.steps {
				h.set(t, append(step, "PackageVersion", fmt.Sprint(i+1))...)
			}
			require.Equal(t, codeVersionExists, h.refused(t, opDeploy, "PackageVersion", "1"))
		})
	}
}

// TestTerraform_BesideADeployment: what is changed by operations of its own leaves the
// application as it is.
func TestTerraform_BesideADeployment(t *testing.T) {
	t.Parallel()
	h := terraform(t, "AppName", "tf", "PackageType", packageImage, "Replicas", "2", "ImageUrl", "registry.test/shop:1", "AppDescription", "made")
	h.must(t, "UpdateApplicationDescription", "AppDescription", "changed")
	require.Equal(t, "changed", h.stable(t, opConfig)["AppDescription"])
	h.apply(t)
	require.Equal(t, "changed", h.must(t, opConfig)["AppDescription"], "a deployment keeps it")

	h.applied(t, h.begin(t, "StopApplication"))
	require.Equal(t, "STOPPED", h.must(t, "DescribeApplicationStatus")["CurrentStatus"])
	h.applied(t, h.begin(t, "StartApplication"))
	require.Equal(t, "RUNNING", h.must(t, "DescribeApplicationStatus")["CurrentStatus"])

	tags := func() []any {
		return list(h.must(t, "ListTagResources", "RegionId", DefaultRegion, "ResourceType", "application", "ResourceIds", `["`+h.app+`"]`)["TagResources"])
	}
	tag := []string{"RegionId", DefaultRegion, "ResourceType", "application", "ResourceIds", `["` + h.app + `"]`}
	require.Equal(t, http.StatusOK, h.call(t, "TagResources", append(tag, "Tags", `[{"key":"Created","value":"TF"},{"key":"For","value":"Test"}]`)...).status)
	require.Len(t, tags(), 2)
	require.Equal(t, http.StatusOK, h.call(t, "UntagResources", append(tag, "TagKeys", `["For"]`)...).status)
	require.Len(t, tags(), 1)
	require.Equal(t, []any{map[string]any{"Key": "Created", "Value": "TF"}}, h.stable(t, opConfig)["Tags"])
}

// TestTerraform_ChangedElsewhere: a refresh shows what another client deployed, and the
// next apply puts back what is held.
func TestTerraform_ChangedElsewhere(t *testing.T) {
	t.Parallel()
	h := terraform(t, "AppName", "tf", "PackageType", packageImage, "Replicas", "2", "ImageUrl", "registry.test/shop:1", "Cpu", "1000",
		"Memory", "2048", "Envs", `[{"name":"a","value":"b"}]`)
	held := h.must(t, opConfig)
	other := h.begin(t, opDeploy, "ImageUrl", "registry.test/shop:2", "Replicas", "4", "Cpu", "2000", "Memory", "4096", "Envs", "[]")
	require.Equal(t, codeOrderRunning, h.refused(t, opDeploy, "ImageUrl", "registry.test/shop:1"), "waited for and repeated")
	require.Equal(t, codeOrderRunning, h.refused(t, "UpdateApplicationDescription", "AppDescription", "d"))
	h.applied(t, other)
	config := h.stable(t, opConfig)
	require.Equal(t, []any{"registry.test/shop:2", 4.0, 2000.0, 4096.0, "[]"}, []any{
		config["ImageUrl"], config["Replicas"], config["Cpu"], config["Memory"], config["Envs"],
	})
	h.applied(t, h.begin(t, opRescale, "Replicas", "1"))
	require.InDelta(t, 1, h.stable(t, opConfig)["Replicas"], 0)
	h.apply(t)
	again := h.must(t, opConfig)
	again["PackageVersion"] = held["PackageVersion"] // a time stamp, as none is held
	require.Equal(t, held, again)
}

// TestTerraform_Destroy: a busy application is asked again, and gone is what its
// description says.
func TestTerraform_Destroy(t *testing.T) {
	t.Parallel()
	h := terraform(t, "AppName", "tf", "PackageType", packageImage, "Replicas", "2", "ImageUrl", "registry.test/shop:1")
	busy := h.begin(t, opDeploy, "ImageUrl", "registry.test/shop:2")
	require.Equal(t, codeOrderRunning, h.refused(t, "DeleteApplication"))
	h.applied(t, busy)
	id := h.begin(t, "DeleteApplication")
	require.Equal(t, http.StatusOK, h.call(t, opConfig).status, "until its order has ended")
	h.settle(t)
	require.Equal(t, statusSuccess, h.order(t, id).Status)
	require.Equal(t, http.StatusNotFound, h.call(t, opConfig).status)
	h.requireGone(t, codeAppIDNotFound, opConfig)
	require.True(t, strings.HasPrefix(h.refused(t, "DeleteApplication"), "InvalidApp"))
}
