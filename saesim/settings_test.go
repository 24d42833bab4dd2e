package saesim

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestSettingsThatTheReferenceForbids tries each at a new application and at a
// deployment.
func TestSettingsThatTheReferenceForbids(t *testing.T) {
	t.Parallel()
	h := deployed(t, 2)
	before := h.snapshot(t)
	for i, tt := range []struct{ name, value, code string }{
		{paramHosts, `[{"hostName":"db.test","ip":"10.0.0"}]`, codeHost},
		{paramHosts, `[{"hostName":"","ip":"10.0.0.1"}]`, codeHost},
		{paramHosts, `[{"hostName":"a b","ip":"10.0.0.1"}]`, codeHost},
		{paramHosts, `{}`, codeWithMessage},
		{"AcrInstanceId", "none", codeACRInstance},
		{paramContainer, "9.9.9", codeComponent},
		{"WebContainer", "tomcat-8.5.42", codeComponent},
		{paramLogs, `[{"logDir":""}]`, codeLogDir},
		{paramLogs, `[{"logDir":"a.log"}]`, codeLogDir},
		{paramLogs, `[{"logDir":"/a","projectName":"p"}]`, codeLogNoStore},
		{paramLogs, `[{"logDir":"/a","logstoreName":"s"}]`, codeLogNoProject},
		{paramLogs, `[{"logDir":"/a","projectName":"sae-p","logstoreName":"s"}]`, codeLogProjectName},
		{paramLogs, `[{"logDir":"/a","projectName":"p","logstoreName":"sae-s"}]`, codeLogStoreName},
		{paramLogs, `[{"logDir":"/a","logtailName":"sae-t"}]`, codeLogTailName},
		{paramLogs, `[{"logDir":"/a","projectName":"p","logstoreName":"s"},{"logDir":"/b"},{"logDir":"/c","projectName":"q","logstoreName":"s"}]`, codeLogProjects},
	} {
		t.Run(fmt.Sprintf("%d %s", i, tt.code), func(t *testing.T) {
			t.Parallel()
			require.Equal(t, tt.code, h.refused(t, opDeploy, "ImageUrl", "i:2", tt.name, tt.value))
			requireDocumented(t, opDeploy, tt.code)
			require.Equal(t, tt.code, h.refused(t, opCreate, "AppName", "new", "PackageType", "Image", "ImageUrl", "i:1", "Replicas", "1", tt.name, tt.value))
			requireDocumented(t, opCreate, tt.code)
			require.JSONEq(t, before, h.snapshot(t), "a refusal changes nothing")
		})
	}
}

func TestSettings_LogsAreNotCollectedFromStorage(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	create := func(logDir, mountPath string) []string {
		return []string{
			"AppName", "new", "PackageType", "Image", "ImageUrl", "i:1", "Replicas", "1", "Deploy", "false",
			paramLogs, `[{"logDir":"` + logDir + `"}]`, paramNAS, `[{"mountPath":"` + mountPath + `","nasPath":"/"}]`,
		}
	}
	for _, logDir := range []string{"/data", "/data/logs/a.log", "/data/../data/a"} {
		require.Equal(t, codeVolumePath, h.refused(t, opCreate, create(logDir, "/data/")...), logDir)
	}
	require.Equal(t, codeVolumePath, h.refused(t, opCreate, create("/a", "/")...))
	requireDocumented(t, opCreate, codeVolumePath)
	requireDocumented(t, opDeploy, codeVolumePath)
	h.must(t, opCreate, create("/database/a.log", "/data")...)
}

func TestSettings_ApplicationsInAnEdasContainer(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	create := func(packageType string, more ...string) []string {
		return append([]string{
			"AppName", "new", "PackageType", packageType, "PackageUrl", "u", "PackageVersion", "1", "Replicas", "1", "Deploy", "false",
			paramContainer, presentContainer,
		}, more...)
	}
	for _, packageType := range []string{packageFatJar, packageWar} {
		require.Equal(t, codePandoraNoJDK, h.refused(t, opCreate, create(packageType)...))
		require.Equal(t, codePandoraOnlyJDK, h.refused(t, opCreate, create(packageType, "Jdk", "Open JDK 8", "WebContainer", "apache-tomcat-7.0.91")...))
		h.must(t, opCreate, create(packageType, "AppName", "new-"+packageType, "Jdk", "Open JDK 8")...)
	}
	requireDocumented(t, opCreate, codePandoraNoJDK)
	requireDocumented(t, opCreate, codePandoraOnlyJDK)
	require.Equal(t, codeVSwitchNotFound, h.refused(t, opCreate, create(packageFatJar, "Jdk", "Open JDK 8", "VpcId", "vpc-1", "VSwitchId", "none")...))
	requireDocumented(t, opCreate, codeVSwitchNotFound)
}

func TestSettings_AConfigurationShowsTagsAndTheNamesOfConfigMaps(t *testing.T) {
	t.Parallel()
	h := town(t)
	config := h.must(t, "DescribeApplicationConfig")
	require.Equal(t, "a b", names(config["Tags"], "Key"))
	require.Equal(t, "mounted", names(config["ConfigMapMountDesc"], "ConfigMapName"))
	require.Equal(t, "k", names(config["ConfigMapMountDesc"], "Key"))
}
