package sae

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"slipway/saeclient"
	"slipway/saesim"
)

// A world is an application as real ones are configured.
type world struct {
	name string
	// kind are the parameters that it is made with, and has those of a deployment that
	// configures it. @map and @secret stand for the IDs of a config map and a secret.
	kind map[string]string
	has  map[string]string
}

// The kinds of applications.
func ofImage() map[string]string {
	return map[string]string{"PackageType": "Image", "ImageUrl": image1}
}

func ofPackage(kind string, more ...string) map[string]string {
	out := map[string]string{"PackageType": kind, "PackageUrl": "https://b.oss-cn-hangzhou.aliyuncs.com/shop", "PackageVersion": "1.0"}
	for i := 0; i < len(more); i += 2 {
		out[more[i]] = more[i+1]
	}
	return out
}

// oddVariables are what variables may hold.
const oddVariables = `[{"name":"QUOTES","value":"say \"hi\" and 'ho'"},{"name":"DOLLAR","value":"$HOME ${A:-b} $$"},` +
	`{"name":"LINES","value":"one\ntwo\r\n\tthree"},{"name":"CHINESE","value":"中文：商店"},{"name":"HTML","value":"<a href='x'>&amp;</a>"},` +
	`{"name":"ESCAPED","value":"\u4e2d\u003c\\n"},{"name":"JSON","value":"{\"a\": [1, 2]}"},{"name":"EMPTY","value":""},` +
	`{"name":"MORE","value":"x","hint":{"since":"2027","levels":[1,2]}},{"value":"late","name":"ORDER"}]`

// worlds are applications of the kinds that people deploy. Together they have every parameter of a
// deployment that can be read back.
func worlds() []world {
	return []world{
		{"probes with thresholds", ofImage(), map[string]string{
			"Liveness":     `{"httpGet":{"path":"/live","port":8080,"scheme":"HTTP","isContainKeyWord":true,"keyWord":"ok"},"initialDelaySeconds":20,"periodSeconds":10,"timeoutSeconds":3,"failureThreshold":5}`,
			"Readiness":    `{"tcpSocket":{"port":8080},"initialDelaySeconds":5,"successThreshold":2,"failureThreshold":4}`,
			"StartupProbe": `{"exec":{"command":["sh","-c","test -f /ready && echo \"$A\""]},"failureThreshold":60}`,
		}},
		{"hooks", ofImage(), map[string]string{
			"PostStart": `{"exec":{"command":["sh","-c","echo started > /log"]}}`, "PreStop": `{"exec":{"command":["nginx","-s","quit"]}}`,
			"TerminationGracePeriodSeconds": "120",
		}},
		{"logs to SLS", ofImage(), map[string]string{
			"SlsConfigs":    `[{"logDir":"","logType":"stdout","projectName":"p","logstoreName":"s"},{"logDir":"/var/log/*.log","projectName":"p","logstoreName":"t","logtailName":"u"}]`,
			"SlsLogEnvTags": "team,tier",
		}},
		{"host aliases", ofImage(), map[string]string{
			"CustomHostAlias": `[{"hostName":"db.test","ip":"10.0.0.1"},{"hostName":"cache.test","ip":"10.0.0.2"}]`, "Timezone": "UTC",
		}},
		{"PHP", ofPackage("PhpZip"), map[string]string{
			"Php": "PHP-FPM 7.3", "PhpConfig": "[PHP]\nmemory_limit = \"512M\"\n; 中文", "PhpConfigLocation": "/etc/php/php.ini", "PhpArmsConfigLocation": "/etc/php/arms.ini",
		}},
		{"a war in Tomcat", ofPackage("War", "Jdk", "Open JDK 8", "WebContainer", "apache-tomcat-8.5.42"), map[string]string{
			"TomcatConfig":    `{"port":8081,"contextPath":"/shop","maxThreads":200,"uriEncoding":"UTF-8","useBodyEncodingForUri":false}`,
			"WarStartOptions": `-Dkey="a b" -Xmx1g`,
		}},
		{"a fat jar", ofPackage("FatJar", "Jdk", "Open JDK 8"), map[string]string{
			"JarStartOptions": `-Xms1g -XX:+UseG1GC -Da='$b'`, "JarStartArgs": "--spring.profiles.active=prod --name=中文",
		}},
		{"a jar in an HSF container", ofPackage("FatJar", "Jdk", "Open JDK 8"), map[string]string{"EdasContainerVersion": "3.5.3"}},
		{"an image of an enterprise registry", map[string]string{
			"PackageType": "Image", "ImageUrl": "shop-registry-vpc.cn-hangzhou.cr.aliyuncs.com/shop/web:1", "AcrInstanceId": "cri-1",
		}, map[string]string{"AcrAssumeRoleArn": "acs:ram::1234567890123456:role/pull", "CustomImageNetworkType": "intranet"}},
		{"config maps", ofImage(), map[string]string{
			"ConfigMapMountDesc": `[{"configMapId":@map,"key":"sae-sys-configmap-all","mountPath":"/etc/shop"},{"configMapId":@map,"key":"level","mountPath":"/etc/level"}]`,
			"Envs":               `[{"name":"LEVEL","valueFrom":{"configMapRef":{"configMapId":@map,"key":"level"}}},{"name":"sae-sys-configmap-all-shop","valueFrom":{"configMapRef":{"configMapId":@map,"key":""}}}]`,
		}},
		{"secrets", ofImage(), map[string]string{
			"SecretMountDesc":  `[{"secretId":@secret,"key":"sae-sys-secret-all","mountPath":"/etc/secret"}]`,
			"Envs":             `[{"name":"PASSWORD","valueFrom":{"secretRef":{"secretId":@secret,"key":"password"}}}]`,
			"ImagePullSecrets": "@secret",
		}},
		{"a network file system", ofImage(), map[string]string{
			"NasConfigs": `[{"mountPath":"/mnt","readOnly":true,"nasId":"nas-1","mountDomain":"nas-1.cn-hangzhou.nas.aliyuncs.com","nasPath":"/a"},{"mountPath":"/tmp/x","readOnly":false,"nasId":"nas-2","mountDomain":"nas-2.cn-hangzhou.nas.aliyuncs.com","nasPath":"/"}]`,
		}},
		{"a network file system in the older form", ofImage(), map[string]string{
			"NasId": "nas-3", "MountHost": "nas-3.cn-hangzhou.nas.aliyuncs.com", "MountDesc": `[{"mountPath":"/mnt","nasPath":"/a"}]`,
		}},
		{"object buckets", ofImage(), map[string]string{
			"OssMountDescs": `[{"bucketName":"b","bucketPath":"/a/","mountPath":"/oss","readOnly":true}]`, "OssAkId": "LTAI5tPlanted", "OssAkSecret": "oss-planted-secret",
		}},
		{"containers beside the application's", ofImage(), map[string]string{
			"SidecarContainersConfig": `[{"Name":"proxy","ImageUrl":"registry.example.com/team/proxy:1.0","Cpu":500,"Memory":512,"Command":"sh","CommandArgs":"[\"-c\",\"run $A\"]","Envs":"[{\"name\":\"A\",\"value\":\"中 \\\"文\\\"\"}]","EmptyDirDesc":"[{\"name\":\"work\",\"mountPath\":\"/work\"}]"}]`,
			"InitContainersConfig":    `[{"Name":"init","ImageUrl":"registry.example.com/team/init:1.0","Command":"sh","CommandArgs":"[\"-c\",\"true\"]"}]`,
			"EmptyDirDesc":            `[{"name":"work","mountPath":"/work"}]`,
		}},
		{"logs to Kafka, as the reference has it", ofImage(), map[string]string{
			"OpenCollectToKafka": "true", "KafkaEndpoint": "kafka-1:9092", "KafkaInstanceId": "alikafka-1",
			"KafkaLogfileConfig": `[{"logType":"stdout","logDir":"","kafkaTopic":"logs"}]`,
		}},
		{"logs to Kafka", ofImage(), map[string]string{
			"KafkaConfigs": `{"kafkaEndpoint":"kafka-2:9092","kafkaInstanceId":"alikafka-2","kafkaConfigs":[{"logType":"file_log","logDir":"/a.log","kafkaTopic":"files"}]}`, "LokiConfigs": "loki",
		}},
		{"microservices", ofImage(), map[string]string{
			"MicroRegistration": "2", "MicroRegistrationConfig": `{"instanceId":"mse-1","namespace":"public"}`,
			"MicroserviceEngineConfig": `{"enable":true,"mseLosslessRule":{"delayTime":10,"enable":true,"notice":false,"warmupTime":60}}`,
			"PvtzDiscoverySvc":         `{"serviceName":"shop-x","namespaceId":"cn-hangzhou","portProtocols":[{"port":8080,"protocol":"TCP"}],"enable":true}`,
			"SwimlanePvtzDiscoverySvc": `{"enable":true,"namespaceId":"cn-hangzhou","portProtocols":[{"port":80,"protocol":"TCP","targetPort":8080}],"serviceName":"shop-gray"}`,
			"ServiceTags":              `{"alicloud.service.tag":"g1"}`, "EnableAhas": "true", "EnableNewArms": "true", "AgentVersion": "4.1.1",
			"EnableNamespaceAgentVersion": "true", "EnablePrometheus": "true", "EnableGreyTagRoute": "true",
			"RaspConfig": `{"EnableRasp":true,"RaspAppKey":"k","RaspAppName":"shop"}`,
		}},
		{"odd variables", ofImage(), map[string]string{"Envs": oddVariables, "Command": "/bin/sh", "CommandArgs": `["-c","exec \"$0\" -- '中文' \\\n"]`}},
		{"network and size", ofImage(), map[string]string{
			"VSwitchId": "vsw-1", "SecurityGroupId": "sg-1", "AssociateEip": "true", "AlbIngressReadinessGate": "default", "Labels": `{"Team":"a","tier":"web"}`,
			"OidcRoleName": "role", "NewSaeVersion": "std", "EnableCpuBurst": "true", "Cpu": "2000", "Memory": "4096", "Replicas": "5",
			"BatchWaitTime": "3", "MinReadyInstances": "1", "MinReadyInstanceRatio": "25", "MaxSurgeInstances": "1", "MaxSurgeInstanceRatio": "20",
		}},
		{"Python", ofPackage("PythonZip"), map[string]string{"Python": "PYTHON 3.9.15", "PythonModules": "Flask==2.0\nrequests"}},
		{".NET", ofPackage("DotnetZip", "Command", "dotnet", "CommandArgs", `["Shop.dll"]`), map[string]string{"Dotnet": ".NET 8.0"}},
		{"a static site", ofImage(), map[string]string{"Html": "nginx 1.28"}},
	}
}

// arranged makes the application of a world, with four instances unless it has others.
func (w world) arranged(t tester) *host {
	t.Helper()
	kind := maps.Clone(w.kind)
	kind["Replicas"] = "4"
	h := newHostOf(t, kind)
	h.configure(t, w.has)
	return h
}

// configure deploys settings past the driver.
func (h *host) configure(t tester, has map[string]string) {
	t.Helper()
	ids := strings.NewReplacer("@map", h.configMap(t), "@secret", h.secret(t))
	params := map[string]string{"AppId": h.app.ID}
	for name, value := range has {
		params[name] = ids.Replace(value)
	}
	if h.has(t).text("PackageType") != typeImage {
		params["PackageVersion"] = "1.1"
	}
	_, err := h.client.Call(t.Context(), opDeploy, params)
	require.NoError(t, err)
	h.pass(t, time.Minute)
}

// configMap is the ID of a config map, which is made once.
func (h *host) configMap(t tester) string {
	t.Helper()
	if h.mapID == 0 {
		out, err := h.client.CreateConfigMap(t.Context(), &saeclient.CreateConfigMapInput{
			Name: "shop", NamespaceID: saesim.DefaultRegion, Data: saeclient.ConfigMapData{"level": "info", "other": "x"},
		})
		require.NoError(t, err)
		h.mapID = out.Data.ConfigMapID
	}
	return strconv.FormatInt(h.mapID, 10)
}

// secret is the ID of a secret, which is made once.
func (h *host) secret(t tester) string {
	t.Helper()
	if h.secretID == 0 {
		out, err := h.client.CreateSecret(t.Context(), &saeclient.CreateSecretInput{
			NamespaceID: saesim.DefaultRegion, SecretName: "shop", SecretType: "Opaque", SecretData: saeclient.SecretData{SecretData: `{"password":"cGxhbnRlZA=="}`},
		})
		require.NoError(t, err)
		h.secretID = out.Data.SecretID
	}
	return strconv.FormatInt(h.secretID, 10)
}

// has is the application's configuration.
func (h *host) has(t tester) settings {
	t.Helper()
	s, err := h.driver.config(t.Context(), h.app.ID, "")
	require.NoError(t, err)
	return s
}

// members are what a configuration says, member by member, but for the named ones.
func members(t tester, s settings, but ...string) map[string]string {
	t.Helper()
	out := map[string]string{}
	for name, raw := range s {
		if slices.Contains(but, name) {
			continue
		}
		var value any
		require.NoError(t, json.Unmarshal(raw, &value))
		text, isText := value.(string)
		if !isText {
			text = string(raw)
		}
		out[name] = text
	}
	return out
}

// TestWorlds_HaveEveryParameter: what the worlds are proof of holds for all of a deployment.
func TestWorlds_HaveEveryParameter(t *testing.T) {
	t.Parallel()
	has := map[string]bool{}
	for _, w := range worlds() {
		for _, params := range []map[string]string{w.kind, w.has} {
			for name := range params {
				has[name] = true
			}
		}
	}
	deploy, _ := saeclient.LookupOperation(opDeploy)
	all := slices.Concat(deploy.Params, deploy.Extra)
	require.Len(t, all, 90)
	var missing []string
	for _, p := range all {
		if !has[p.Name] {
			missing = append(missing, p.Name)
		}
	}
	require.ElementsMatch(t, []string{
		"AppId", "ChangeOrderDesc", "AutoEnableApplicationScalingRule", "Deploy", "UpdateStrategy", // of a single deployment
		"EnableSidecarResourceIsolated", "GpuConfig", // no answer shows them
	}, missing)
}
