package saesim

import (
	"encoding/json"
	"strconv"
	"strings"

	"slipway/internal/simframe"
)

// describeConfig serves DescribeApplicationConfig (SAE API reference ch. 10.1).
func describeConfig(c *call) (any, *apiError) {
	app, refused := c.app()
	if refused != nil {
		return nil, refused
	}
	config := app.settings()
	if id := c.arg("VersionId"); id != "" {
		v := app.version(id)
		if v == nil {
			return nil, refuse(codeObviously, "VersionId")
		}
		config = v.Config
	}
	replicas := app.Replicas
	if v := app.version(c.arg("VersionId")); v != nil && v.ID != app.CurrentVersion {
		replicas = v.Replicas
	}
	data := map[string]any{}
	for _, name := range []string{
		"VpcId", "VSwitchId", "SecurityGroupId", "Jdk", "WebContainer", "ImageUrl", "PackageUrl", "PackageVersion",
		"SlsConfigs", "Liveness", "Readiness", "PreStop", "PostStart", "JarStartArgs", "JarStartOptions", "UpdateStrategy",
		"PhpConfig", "PhpConfigLocation", "PhpArmsConfigLocation", "CommandArgs", "Command", "MountHost", "NasId",
		"TomcatConfig", "Envs", "EnableAhas", "CustomHostAlias", "WarStartOptions", "OssAkId", "OssAkSecret",
		"EdasContainerVersion", "Timezone", "AcrAssumeRoleArn", "AppDescription", paramKafka,
	} {
		if value := config[name]; value != "" {
			data[name] = value
		}
	}
	for _, name := range []string{"MountDesc", paramMaps, "OssMountDescs"} {
		if list := listSetting(name, config[name]); list != nil {
			data[name] = list
			c.st.nameMounts(list)
		}
	}
	for _, name := range []string{"Cpu", "Memory", "BatchWaitTime", "MinReadyInstances", "MinReadyInstanceRatio", "TerminationGracePeriodSeconds"} {
		if n := args(config).integer(name); n != nil {
			data[name] = *n
		}
	}
	c.st.showNewerSettings(config, data)
	for name, value := range shownByDefault(app) {
		if _, there := data[name]; !there {
			data[name] = value
		}
	}
	data["EnableGreyTagRoute"] = config["EnableGreyTagRoute"] == "true"
	data["AssociateEip"] = config["AssociateEip"] == "true"
	data["Tags"] = app.showTags()
	data["AppId"], data["AppName"], data["NamespaceId"] = app.ID, app.Name, app.NamespaceID
	data["RegionId"], data["PackageType"], data["Replicas"] = c.region, app.PackageType, replicas
	return data, nil
}

// showNewerSettings adds the settings that today's service has beyond the API reference,
// as its answers have them: as the texts they were sent as, or read from those.
func (s *state) showNewerSettings(config map[string]string, data map[string]any) {
	for _, name := range []string{
		"AcrInstanceId", "AgentVersion", "AlbIngressReadinessGate", "AppSource", paramBaseApp, "CustomImageNetworkType", "Dotnet", "EnableCpuBurst", "Html",
		"ImagePullSecrets", "LokiConfigs", "MicroRegistration", "MicroRegistrationConfig", "MicroserviceEngineConfig", "NasConfigs",
		"NewSaeVersion", "OidcRoleName", "Php", "ProgrammingLanguage", "Python", "PythonModules", "ResourceType", "SlsLogEnvTags", "StartupProbe",
	} {
		if value := config[name]; value != "" {
			data[name] = value
		}
	}
	for _, name := range []string{"HeadlessPvtzDiscovery", "PvtzDiscovery", "SwimlanePvtzDiscovery"} {
		if value := config[name+"Svc"]; value != "" { // answered under a name of its own
			data[name] = value
		}
	}
	for _, name := range []string{"DiskSize", "MaxSurgeInstanceRatio", "MaxSurgeInstances"} {
		if n := args(config).integer(name); n != nil {
			data[name] = *n
		}
	}
	for _, name := range []string{"EnableNamespaceAgentVersion", "EnableNewArms", "EnablePrometheus", "IsStateful"} {
		if value := config[name]; value != "" {
			data[name] = value == "true"
		}
	}
	for _, name := range []string{"EmptyDirDesc", "InitContainersConfig", "SecretMountDesc", "SidecarContainersConfig"} {
		if list := listSetting(name, config[name]); list != nil {
			data[name] = list
			s.nameMounts(list)
		}
	}
	for _, name := range []string{"Labels", "ServiceTags"} {
		var tags map[string]any
		if json.Unmarshal([]byte(config[name]), &tags) == nil {
			data[name] = tags
		}
	}
	// One protection is sent, and a list of them answered.
	if list := listSetting("RaspConfig", "["+config["RaspConfig"]+"]"); len(list) > 0 {
		data["RaspConfig"] = list
	}
}

// shownByDefault is what DescribeApplicationConfig shows of settings that were never
// sent: real clients want these members after each creation, and skip counts of 0. A
// security group belongs to the namespace.
func shownByDefault(app *application) map[string]any {
	return map[string]any{
		"BatchWaitTime": 0, "MinReadyInstances": systemMinimum, "MinReadyInstanceRatio": systemMinimum, "Envs": "[]",
		"SecurityGroupId": "sg-" + strings.ReplaceAll(simframe.UUID(0, "security group/"+app.NamespaceID), "-", "")[:20],
	}
}

// listSetting turns a setting that is sent as JSON text into the list it is
// answered as. Two of the three come back with upper-case keys (ch. 10.1).
func listSetting(name, text string) []map[string]any {
	var sent []map[string]any
	if json.Unmarshal([]byte(text), &sent) != nil {
		return nil
	}
	if name == "OssMountDescs" {
		return sent
	}
	list := make([]map[string]any, len(sent))
	for i, entry := range sent {
		list[i] = map[string]any{}
		for key, value := range entry {
			if key != "" {
				key = strings.ToUpper(key[:1]) + key[1:]
				list[i][key] = answered(key, value)
			}
		}
	}
	return list
}

// answered is a member of a mount or of a container as answers have it: an identifier is
// a number, though clients send it as a text, too, and the mounts of a container, which
// are sent as a text, are a list.
func answered(key string, value any) any {
	text, isText := value.(string)
	if !isText {
		return value
	}
	switch key {
	case paramConfigMap, paramSecret:
		if id, err := strconv.ParseInt(text, 10, 64); err == nil {
			return float64(id)
		}
	case paramMaps, "EmptyDirDesc", "SecretMountDesc":
		if list := listSetting(key, text); list != nil {
			return list
		}
	}
	return value
}

// nameMounts adds the names of config maps and secrets to a list of mounts, or of
// containers that have such lists; what was deleted since has none.
func (s *state) nameMounts(mounts []map[string]any) {
	for _, mount := range mounts {
		id, _ := mount[paramConfigMap].(float64)
		if m := s.ConfigMaps[int64(id)]; m != nil {
			mount["ConfigMapName"] = m.Name
		}
		id, _ = mount[paramSecret].(float64)
		if kept := s.Secrets[int64(id)]; kept != nil {
			mount["SecretName"] = kept.Name
		}
		for _, name := range []string{paramMaps, "SecretMountDesc"} {
			if inner, nested := mount[name].([]map[string]any); nested {
				s.nameMounts(inner)
			}
		}
	}
}
