package saesim

import (
	"encoding/json"
	"net/netip"
	"path"
	"regexp"
	"strings"
)

// Codes of settings of an application.
const (
	codeComponent        = "InvalidComponent.NotFound"
	codeHost             = "InvalidHostnameIp.Invalid"
	codeACRInstance      = "InvalidAcrInstanceId.NotFound"
	codeACRDomain        = "InvalidImageUrl.AcrInstanceId.Domain.NotMatch"
	codeVSwitchNotFound  = "vswitch.not.exist"
	codePandoraNoJDK     = "PandoraApplication.MissingJdk"
	codePandoraOnlyJDK   = "PandoraApplication.OnlyJdk"
	codeVolumePath       = "VolumnPath.Conflict"
	codeLogDir           = "LogService.LogDirInvalid"
	codeLogProjects      = "Sls.Config.Mixed.Multi.Project"
	codeLogNoStore       = "Sls.Config.User.Defined.Missing.Logstore.Info"
	codeLogNoProject     = "Sls.Config.User.Defined.Missing.Project.Info"
	codeLogProjectName   = "Sls.Project.Name.Invalid"
	codeLogStoreName     = "Sls.Logstore.Name.Invalid"
	codeLogTailName      = "Sls.Logtail.Name.Invalid"
	paramLogs            = "SlsConfigs"
	paramHosts           = "CustomHostAlias"
	paramNAS             = "MountDesc"
	paramContainer       = "EdasContainerVersion"
	paramJDK             = "Jdk"
	paramTomcat          = "WebContainer"
	presentContainer     = "3.5.3"
	prefixOfThePlatform  = "sae-"
	logTypeStandardPrint = "stdout"
)

// logConfig is an entry of SlsConfigs (SAE API reference ch. 12.1).
type logConfig struct{ LogType, LogDir, ProjectName, LogstoreName, LogtailName string }

// logConfigs reads what a configuration collects; what cannot be read collects
// nothing.
func logConfigs(config map[string]string) []logConfig {
	var list []logConfig
	if json.Unmarshal([]byte(config[paramLogs]), &list) != nil {
		return nil
	}
	return list
}

// checkSettings applies the rules of single settings of a configuration that have
// codes of their own (SAE API reference ch. 12.1, 12.3).
func checkSettings(config map[string]string) *apiError {
	acr := config["AcrInstanceId"]
	switch {
	case acr != "" && !strings.HasPrefix(acr, "cri-"):
		return refuse(codeACRInstance)
	case acr == "" && config["ImagePullSecrets"] == "" && enterpriseImage().MatchString(config["ImageUrl"]):
		return missingParameter("AcrInstanceId")
	case acr != "" && personalImage().MatchString(config["ImageUrl"]):
		return refuse(codeACRDomain)
	case config["AcrAssumeRoleArn"] != "" && !rolePattern().MatchString(config["AcrAssumeRoleArn"]):
		return invalidParameter("AcrAssumeRoleArn", "it must be acs:ram::<account>:role/<name>")
	case config[paramContainer] != "" && config[paramContainer] != presentContainer:
		return refuse(codeComponent)
	}
	for _, check := range []func(map[string]string) *apiError{checkHosts, checkLogs, checkVolumes} {
		if refused := check(config); refused != nil {
			return refused
		}
	}
	return nil
}

// enterpriseImage is what the address of an image in an enterprise registry looks like. The
// platform finds such a registry by the ID of its instance (SAE API reference ch. 12.1).
func enterpriseImage() *regexp.Regexp {
	return regexp.MustCompile(`^[a-z0-9-]+-registry(-vpc)?\.[a-z0-9-]+\.cr\.aliyuncs\.com/`)
}

// personalImage is what the address of an image in a registry without an instance looks like: no
// instance has that domain (reading). Other domains may be some that an instance was given.
func personalImage() *regexp.Regexp {
	return regexp.MustCompile(`^registry(-vpc|-internal)?\.[a-z0-9-]+\.aliyuncs\.com/`)
}

func rolePattern() *regexp.Regexp { return regexp.MustCompile(`^acs:ram::[0-9]+:role/[^/\s]+$`) }

// checkHosts checks the host entries.
func checkHosts(config map[string]string) *apiError {
	if config[paramHosts] == "" {
		return nil
	}
	var hosts []struct{ HostName, IP string }
	if json.Unmarshal([]byte(config[paramHosts]), &hosts) != nil {
		return invalidParameter(paramHosts, "it is not a list of hosts in JSON")
	}
	for _, host := range hosts {
		if _, err := netip.ParseAddr(host.IP); err != nil || !hostPattern().MatchString(host.HostName) {
			return refuse(codeHost, host.HostName, host.IP)
		}
	}
	return nil
}

func hostPattern() *regexp.Regexp {
	return regexp.MustCompile(`^[0-9A-Za-z]([0-9A-Za-z-]*[0-9A-Za-z])?(\.[0-9A-Za-z]([0-9A-Za-z-]*[0-9A-Za-z])?)*$`)
}

// checkLogs checks what is collected: a project and a logstore of one's own come
// together, one project for all, under names that are not the platform's.
func checkLogs(config map[string]string) *apiError {
	project := ""
	for _, entry := range logConfigs(config) {
		switch {
		case entry.LogType != logTypeStandardPrint && !path.IsAbs(entry.LogDir):
			return refuse(codeLogDir)
		case entry.ProjectName != "" && entry.LogstoreName == "":
			return refuse(codeLogNoStore)
		case entry.ProjectName == "" && entry.LogstoreName != "":
			return refuse(codeLogNoProject)
		case strings.HasPrefix(entry.ProjectName, prefixOfThePlatform):
			return refuse(codeLogProjectName)
		case strings.HasPrefix(entry.LogstoreName, prefixOfThePlatform):
			return refuse(codeLogStoreName)
		case strings.HasPrefix(entry.LogtailName, prefixOfThePlatform):
			return refuse(codeLogTailName)
		case project != "" && entry.ProjectName != "" && entry.ProjectName != project:
			return refuse(codeLogProjects)
		case entry.ProjectName != "":
			project = entry.ProjectName
		}
	}
	return nil
}

// checkVolumes checks that no log is collected from persistent storage.
func checkVolumes(config map[string]string) *apiError {
	var mounts []struct{ MountPath string }
	_ = json.Unmarshal([]byte(config[paramNAS]), &mounts) // what cannot be read mounts nothing
	for _, mount := range mounts {
		for _, entry := range logConfigs(config) {
			if entry.LogDir != "" && mount.MountPath != "" && below(entry.LogDir, mount.MountPath) {
				return refuse(codeVolumePath)
			}
		}
	}
	return nil
}

// below reports whether a path is a directory or lies in it.
func below(place, directory string) bool {
	return strings.HasPrefix(path.Clean(place)+"/", strings.TrimSuffix(path.Clean(directory), "/")+"/")
}
