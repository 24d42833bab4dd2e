package charttest_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"helm.sh/helm/v3/pkg/strvals"
)

// Values that are wrong are refused by what they are called.
func TestValues_Refused(t *testing.T) {
	t.Parallel()
	for given, wants := range map[string][]string{
		"image.repository=":   {"image.repository is empty"},
		"image.digest=abc":    {"image/digest", "pattern"},
		"image.repo=x":        {"/image", "additional properties 'repo' not allowed"},
		"workers.replicas=3":  {"additional properties 'workers' not allowed"},
		"worker.replicas=0":   {"/worker/replicas", "minimum"},
		"worker.replicas=two": {"/worker/replicas", "want integer"},
		"worker.settings.SLIPWAY_SAE_REGOIN=cn-hangzhou":   {"/worker/settings", "SLIPWAY_SAE_REGOIN"},
		"starter.settings.SLIPWAY_SAE_REGION=cn-hangzhou":  {"/starter/settings", "SLIPWAY_SAE_REGION"},
		"worker.settings.SLIPWAY_FC_ACCOUNT_ID=1234567890": {"/worker/settings/SLIPWAY_FC_ACCOUNT_ID", "want string"},
		"worker.settings.NATS_PASSWORD=x":                  {"/worker/settings", "NATS_PASSWORD"},
		"worker.settings.SLIPWAY_SAE_REGION=":              {"worker.settings names no region"},
		"worker.resources.limits=null":                     {"/worker/resources", "missing property 'limits'"},
		"temporal.address=":                                {"temporal.address is empty"},
		"temporal.address=https://temporal.example":        {"/temporal/address", "pattern"},
		"temporal.tls.caSecret=ca":                         {"temporal.tls.enabled is false"},
		"nats.url=":                                        {"nats.url is empty"},
		"nats.url=nats://user:hush@nats:4222":              {"/nats/url", "pattern"},
		"nats.login=password":                              {"/nats/login"},
		"nats.login=none":                                  {"nats.login is none, and nats.secret names a Secret"},
		"nats.login=none,worker.natsSecret=nats-worker":    {"nats.login is none, and worker.natsSecret names a Secret", "and nats.secret names"},
		"nats.secret=":                                     {"setup.natsSecret is empty", "worker.natsSecret is empty", "starter.natsSecret is empty"},
		"nats.secret=Not_A_Name":                           {"/nats/secret", "pattern"},
		"payloadKeys.secret=keys":                          {"payloadKeys needs both secret and key"},
		"consoleUrl=http://slipway.example":                {"/consoleUrl", "pattern"},
		"console.enabled=true":                             {"console lets nobody sign in"},
		"console.enabled=true,console.tokensSecret=t,console.ingress.enabled=true": {"consoleUrl is empty, and console.ingress"},
		"hooks.enabled=true":    {"hooks.senders is empty", "hooks.secret is empty"},
		"hooks.senders={gitea}": {"/hooks/senders/0"},
		"hooks.ingress.enabled=true,hooks.enabled=true,hooks.secret=h,hooks.senders={acr}": {"hooks.ingress.host is empty"},
		"notifier.enabled=true": {"notifier.filesSecret is empty"},
		"notifier.enabled=true,notifier.filesSecret=n,linkKeySecret=l": {"consoleUrl is empty, and the notifier signs"},
		"codecServer.enabled=true":                                     {"codecServer.tokenSecret is empty", "codecServer needs payloadKeys"},
		"worker.alibaba.rrsa.roleArn=acs:ram::1:role/r":                {"worker.alibaba.rrsa needs both"},
		"worker.alibaba.rrsa.roleArn=arn:aws:iam::1:role/r":            {"/worker/alibaba/rrsa/roleArn", "pattern"},
		"worker.alibaba.rrsa.roleArn=acs:ram::1:role/r,worker.alibaba.rrsa.providerArn=acs:ram::1:oidc-provider/p,worker.alibaba.profileSecret=profile": {"both rrsa and profileSecret"},
		"worker.autoscaling.by=memory":                                {"/worker/autoscaling/by"},
		"worker.autoscaling.by=cpu,worker.autoscaling.max=1":          {"worker.autoscaling.min is more than max"},
		"starter.autoscaling.by=backlog":                              {"starter.autoscaling.natsMonitoring is empty"},
		"monitoring.serviceMonitor.interval=soon":                     {"/monitoring/serviceMonitor/interval", "pattern"},
		"networkPolicy.nats.ports={70000}":                            {"/networkPolicy/nats/ports/0", "maximum"},
		"image.repository=,nats.url=,temporal.address=,nats.secret=x": {"image.repository is empty", "nats.url is empty", "temporal.address is empty"},
	} {
		t.Run(given, func(t *testing.T) {
			t.Parallel()
			values := cases(t)["smallest"]
			require.NoError(t, strvals.ParseInto(given, values))
			_, err := renderText(t, values)
			require.Error(t, err)
			for _, want := range wants {
				require.ErrorContains(t, err, want)
			}
		})
	}
}

// Values alone do nothing: what must be said is said at once.
func TestValues_DefaultsAreNotEnough(t *testing.T) {
	t.Parallel()
	_, err := renderText(t, map[string]any{})
	for _, want := range []string{"image.repository is empty", "nats.url is empty", "temporal.address is empty", "worker.settings names no region", "setup.natsSecret is empty"} {
		require.ErrorContains(t, err, want)
	}
}
