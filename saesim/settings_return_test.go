package saesim

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// TestSettings_EnterpriseRegistries: an image of one is pulled by the ID of its instance.
func TestSettings_EnterpriseRegistries(t *testing.T) {
	t.Parallel()
	const image = "shop-registry-vpc.cn-hangzhou.cr.aliyuncs.com/shop/web:1"
	h := deployed(t, 2)
	create := []string{"AppName", "new", "PackageType", "Image", "ImageUrl", image, "Replicas", "1", "Deploy", "false"}
	require.Equal(t, codeNotEmpty, h.refused(t, opCreate, create...))
	for _, address := range []string{image, "shop-registry.cn-hangzhou.cr.aliyuncs.com/shop/web:1"} {
		require.Equal(t, codeNotEmpty, h.refused(t, opDeploy, "ImageUrl", address))
	}
	const role = "acs:ram::1234567890123456:role/pull"
	require.Equal(t, codeWithMessage, h.refused(t, opDeploy, "ImageUrl", image, "AcrInstanceId", "cri-1", "AcrAssumeRoleArn", "pull"))
	h.begin(t, opDeploy, "ImageUrl", image, "AcrInstanceId", "cri-1", "AcrAssumeRoleArn", role)
	h.settle(t)
	config := h.must(t, opConfig)
	require.Equal(t, []any{image, "cri-1", role}, []any{config["ImageUrl"], config["AcrInstanceId"], config["AcrAssumeRoleArn"]})
	h.begin(t, opDeploy, "ImageUrl", image+"1") // the registry stays
	h.settle(t)
	require.Equal(t, codeNotEmpty, h.refused(t, opDeploy, "AcrInstanceId", ""))
	require.Equal(t, codeACRDomain, h.refused(t, opDeploy, "ImageUrl", "registry.cn-hangzhou.aliyuncs.com/shop/web:1"), "no instance has that domain")
	h.begin(t, opDeploy, "AcrInstanceId", "", "AcrAssumeRoleArn", "", "ImagePullSecrets", "16")
	h.settle(t)
	require.NotContains(t, h.must(t, opConfig), "AcrInstanceId")
	h.must(t, opCreate, append(create, "ImagePullSecrets", "16")...)
}

// TestSettings_AnAbortedDeploymentLeavesWhatWas: the configuration and the number of instances.
func TestSettings_AnAbortedDeploymentLeavesWhatWas(t *testing.T) {
	t.Parallel()
	changes := []string{
		"Cpu", "2000", "Memory", "4096", "Envs", `[{"name":"A","value":"2"}]`, "Liveness", "", "MinReadyInstances", "1", "Timezone", "UTC",
	}
	for name, replicas := range map[string]string{"more": "6", "fewer": "3", "as many": "4"} {
		for when, strategy := range map[string]string{"while it prepares": batch2Man, "after its first batch": batch2Man, "after its gray batch": gray1and2} {
			t.Run(name+" "+when, func(t *testing.T) {
				t.Parallel()
				h := deployed(t, 4)
				h.deploy(t, "1", single, "Envs", `[{"name":"A","value":"1"}]`, "Liveness", `{"tcpSocket":{"port":80}}`)
				h.settle(t)
				before := h.must(t, opConfig)
				order := h.deploy(t, "2", strategy, append(changes, "Replicas", replicas)...)
				if when != "while it prepares" {
					h.settle(t)
					require.Equal(t, statusWaitConfirm, h.order(t, order).Status)
					require.NotEqual(t, before, h.must(t, opConfig), "what it brings")
				}
				h.must(t, "AbortAndRollbackChangeOrder", "ChangeOrderId", order)
				h.settle(t)
				require.Equal(t, statusAborted, h.order(t, order).Status)
				require.Equal(t, before, h.must(t, opConfig))
				require.Equal(t, "1:4", h.images(t))
			})
		}
	}
}

// TestSettings_ARollbackBringsAConfigurationBack, and leaves the number of instances alone.
func TestSettings_ARollbackBringsAConfigurationBack(t *testing.T) {
	t.Parallel()
	h := deployed(t, 4)
	h.deploy(t, "1", single, "Envs", `[{"name":"A","value":"1"}]`, "NasConfigs", `[{"nasId":"n"}]`)
	h.settle(t)
	before, version := h.must(t, opConfig), h.versions(t)[0]
	h.deploy(t, "2", single, "Envs", `[]`, "NasConfigs", "", "Replicas", "6", "Cpu", "2000")
	h.settle(t)
	h.begin(t, opRollback, "VersionId", version, "MinReadyInstances", "2", "UpdateStrategy", single)
	h.settle(t)
	after := h.must(t, opConfig)
	require.InDelta(t, 6, after["Replicas"], 0)
	after["Replicas"] = before["Replicas"]
	require.Equal(t, before, after)
}
