package cli

import (
	"strings"

	"github.com/spf13/cobra"

	"slipway/cmd/slipway/internal/config"
	"slipway/cmd/slipway/internal/render"
)

// settingsTopic lists every setting with the names it has.
func settingsTopic() *cobra.Command {
	table := render.Table{Columns: render.Columns("FLAG", "ENVIRONMENT", "FILE KEY")}
	for _, s := range append([]config.Setting{config.File()}, config.All()...) {
		flag, key := "--"+s.Name, s.Name
		if s.Secret {
			flag = "-"
		}
		if s.Name == config.ConfigFile {
			key = "-"
		}
		table.Rows = append(table.Rows, render.Text(flag, s.Env, key))
	}
	return &cobra.Command{
		Use:   "settings",
		Short: "Settings by flag, environment and file",
		Long: `A setting has the same name everywhere. A flag wins over the environment, the
environment over the file, the file over the default; an empty variable counts as unset.

` + strings.TrimSuffix(table.Draw(render.Style{}), "\n") + `

The file is YAML with one setting a line:

  sae-region: cn-hangzhou
  temporal-address: temporal.example:7233
  nats-url: nats://nats.example:4222

Temporal is also configured by the rest of its own environment: TEMPORAL_PROFILE,
TEMPORAL_CONFIG_FILE, TEMPORAL_API_KEY, TEMPORAL_TLS and TEMPORAL_TLS_*. gRPC metadata
comes from its profile file only.

NATS contexts are those of the nats command line: NATS_CONTEXT is a name, or the path of
a context file. What a flag or the environment says wins over the context.

Credentials for SAE come from Alibaba Cloud's default chain:
ALIBABA_CLOUD_ACCESS_KEY_ID and ALIBABA_CLOUD_ACCESS_KEY_SECRET, an OIDC role, a profile
in ~/.alibabacloud or ~/.aliyun, the role of the instance. The access key of Huawei Cloud is taken from
HUAWEICLOUD_SDK_AK, HUAWEICLOUD_SDK_SK and, where it is temporary, HUAWEICLOUD_SDK_SECURITY_TOKEN.`,
	}
}
