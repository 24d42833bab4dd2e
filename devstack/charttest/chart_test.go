package charttest_test

import (
	"fmt"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"helm.sh/helm/v3/pkg/lint"
	"helm.sh/helm/v3/pkg/lint/support"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/apimachinery/pkg/util/validation"
	"sigs.k8s.io/yaml"

	"slipway/release"
	"slipway/wire"
)

func TestChart_IsLinted(t *testing.T) {
	t.Parallel()
	for name, values := range cases(t) {
		for _, message := range lint.All(chartDir, values, namespace, true).Messages {
			require.LessOrEqual(t, message.Severity, support.InfoSev, "%s: %v", name, message)
		}
	}
}

func TestChart_HasWhatIsOn(t *testing.T) {
	t.Parallel()
	all := cases(t)
	for name, want := range map[string][]string{
		"smallest":   {"setup", "worker", "starter"},
		"simulated":  {"setup", "worker", "starter"},
		"everything": roles(),
		"huawei":     {"worker", "starter", "console"},
	} {
		w := render(t, all[name])
		require.ElementsMatch(t, want, slices.Collect(maps.Keys(w.pods())), name)
	}
	require.Empty(t, render(t, all["simulated"]).policies)
	require.Empty(t, render(t, all["smallest"]).monitors)
}

func TestChart_NamesAreGoodAndThereOnce(t *testing.T) {
	t.Parallel()
	for name, w := range worlds(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			seen := map[string]bool{}
			for _, m := range w.metas {
				require.Empty(t, validation.IsDNS1035Label(m.Name), m.Name)
				require.Equal(t, namespace, m.Namespace, m.Name)
				require.Equal(t, releaseName, m.Labels["app.kubernetes.io/instance"], m.Name)
				for key, value := range m.Labels {
					require.Empty(t, validation.IsQualifiedName(key), key)
					require.Empty(t, validation.IsValidLabelValue(value), "%s: %s", key, value)
				}
				id := m.Kind + " " + m.Name
				require.NotContains(t, seen, id)
				seen[id] = true
			}
		})
	}
}

// The longest name of a release leaves room for what stands behind it.
func TestChart_LongNames(t *testing.T) {
	t.Parallel()
	values := cases(t)["everything"]
	values["fullnameOverride"] = strings.Repeat("a", 45)
	for _, m := range render(t, values).metas {
		require.LessOrEqual(t, len(m.Name), validation.DNS1035LabelMaxLength, m.Name)
	}
}

func TestPods_RunWithoutPrivileges(t *testing.T) {
	t.Parallel()
	for name, w := range worlds(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for role, pod := range w.pods() {
				spec := pod.Spec
				require.NotNil(t, spec.SecurityContext, role)
				require.True(t, *spec.SecurityContext.RunAsNonRoot, role)
				require.Equal(t, int64(65532), *spec.SecurityContext.RunAsUser, "%s: the user of the image", role)
				require.Equal(t, int64(65532), *spec.SecurityContext.FSGroup, role)
				require.Equal(t, corev1.SeccompProfileTypeRuntimeDefault, spec.SecurityContext.SeccompProfile.Type, role)
				require.False(t, *spec.AutomountServiceAccountToken, role)
				require.False(t, spec.HostNetwork || spec.HostPID || spec.HostIPC, role)
				require.Empty(t, spec.InitContainers, role)
				require.Len(t, spec.Containers, 1, role)
				c := spec.Containers[0]
				require.True(t, *c.SecurityContext.ReadOnlyRootFilesystem, role)
				require.False(t, *c.SecurityContext.AllowPrivilegeEscalation, role)
				require.Equal(t, []corev1.Capability{"ALL"}, c.SecurityContext.Capabilities.Drop, role)
				require.Empty(t, c.SecurityContext.Capabilities.Add, role)
				require.Positive(t, c.Resources.Limits.Memory().Value(), role)
				require.Positive(t, c.Resources.Requests.Memory().Value(), role)
				require.Positive(t, c.Resources.Requests.Cpu().MilliValue(), role)
			}
		})
	}
	require.Contains(t, read(t, root+"/Dockerfile"), "USER 65532:65532\n")
}

// Kubernetes asks for a role's health where it serves that, and waits for its end for as long as it takes.
func TestPods_TellTheirHealthAndEnd(t *testing.T) {
	t.Parallel()
	// Of the longest ending of each role: activities of a worker, messages of a starter and a notifier, requests.
	endings := map[string]int64{"worker": 20, "starter": 15, "notifier": 15, "console": 5, "hooks": 5, "codec-server": 5}
	for name, w := range worlds(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, d := range w.deployments {
				spec := d.Spec.Template.Spec
				role, c := d.Spec.Template.Labels[component], spec.Containers[0]
				require.Greater(t, *spec.TerminationGracePeriodSeconds, endings[role]+10, "%s: with the way to NATS and back", role)
				ports := map[string]int32{}
				for _, p := range c.Ports {
					ports[p.Name] = p.ContainerPort
				}
				require.Equal(t, int32(8080), ports["metrics"], role)
				require.Equal(t, "0.0.0.0:8080", w.environment(t, role)["SLIPWAY_HTTP_ADDR"], role)
				for name, probe := range map[string]*corev1.Probe{"/healthz": c.LivenessProbe, "/readyz": c.ReadinessProbe} {
					require.Equal(t, name, probe.HTTPGet.Path, role)
					require.Equal(t, intstr.FromString("metrics"), probe.HTTPGet.Port, role)
				}
				require.Len(t, spec.TopologySpreadConstraints, 2, role)
				for _, spread := range spec.TopologySpreadConstraints {
					require.True(t, selects(t, spread.LabelSelector, d.Spec.Template.Labels), role)
				}
				for port, name := range map[string]string{"console": "SLIPWAY_CONSOLE_ADDR", "hooks": "SLIPWAY_HOOKS_ADDR", "codec-server": "SLIPWAY_CODEC_LISTEN"} {
					if port == role {
						require.Equal(t, fmt.Sprintf("0.0.0.0:%d", ports["http"]), w.environment(t, role)[name])
					}
				}
			}
		})
	}
}

func TestPods_HaveTheImage(t *testing.T) {
	t.Parallel()
	all := cases(t)
	for name, want := range map[string]string{
		"smallest":   "registry.example/slipway:" + loadChart(t).AppVersion(),
		"simulated":  "registry.example/slipway:main",
		"everything": "registry.example/slipway@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
	} {
		for role, pod := range render(t, all[name]).pods() {
			require.Equal(t, want, pod.Spec.Containers[0].Image, "%s: %s", name, role)
		}
	}
}

// A secret is a file, which the role and its group alone may read. Where a client takes it from the environment alone, it comes
// from a Secret.
func TestPods_SecretsAreFiles(t *testing.T) {
	t.Parallel()
	secret := regexp.MustCompile(`(?i)(password|passwd|secret|token|access_?key|_AK$|_SK$|_KEY$)`)
	names := map[string]bool{"SLIPWAY_PAYLOAD_KEY": true} // the name of a key
	for name, w := range worlds(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for role, pod := range w.pods() {
				mounted := map[string]bool{}
				volumes := map[string]corev1.Volume{}
				for _, v := range pod.Spec.Volumes {
					volumes[v.Name] = v
					if v.Secret != nil {
						require.Equal(t, int32(0o440), *v.Secret.DefaultMode, "%s: %s", role, v.Name)
						require.NotEmpty(t, v.Secret.SecretName, "%s: %s", role, v.Name)
					} else {
						require.Equal(t, int32(0o440), *v.Projected.DefaultMode, "%s: %s", role, v.Name)
					}
				}
				for _, m := range pod.Spec.Containers[0].VolumeMounts {
					require.Contains(t, volumes, m.Name, role)
					require.True(t, m.ReadOnly, role)
					mounted[m.MountPath] = true
				}
				require.Len(t, mounted, len(volumes), "%s: each has a place of its own", role)
				for _, v := range pod.Spec.Containers[0].Env {
					switch {
					case v.ValueFrom != nil:
						require.Equal(t, "worker", role)
						require.True(t, strings.HasPrefix(v.Name, "HUAWEICLOUD_SDK_"), v.Name)
						require.NotNil(t, v.ValueFrom.SecretKeyRef, v.Name)
					case strings.HasPrefix(v.Value, "/run/slipway/"):
						require.True(t, mounted[v.Value] || mounted[path.Dir(v.Value)], "%s: nothing is mounted at %s", role, v.Value)
					default:
						require.False(t, secret.MatchString(v.Name) && !names[v.Name], "%s: %s has a value", role, v.Name)
					}
				}
			}
		})
	}
}

// The worker alone speaks to clouds, as a role of its service account where RRSA is.
func TestPods_WorkloadIdentity(t *testing.T) {
	t.Parallel()
	w := render(t, cases(t)["everything"])
	for role, pod := range w.pods() {
		environment := w.environment(t, role)
		if role != "worker" {
			for name := range environment {
				require.NotRegexp(t, "^(ALIBABA|HUAWEI)", name, role)
			}
			continue
		}
		require.Equal(t, "acs:ram::1234567890123456:role/slipway-worker", environment["ALIBABA_CLOUD_ROLE_ARN"])
		require.Equal(t, "acs:ram::1234567890123456:oidc-provider/ack-rrsa-c0123456789abcdef", environment["ALIBABA_CLOUD_OIDC_PROVIDER_ARN"])
		at := slices.IndexFunc(pod.Spec.Volumes, func(v corev1.Volume) bool { return v.Projected != nil })
		require.GreaterOrEqual(t, at, 0)
		token := pod.Spec.Volumes[at].Projected.Sources[0].ServiceAccountToken
		require.Equal(t, "sts.aliyuncs.com", token.Audience)
		require.Equal(t, "/run/slipway/"+pod.Spec.Volumes[at].Name+"/"+token.Path, environment["ALIBABA_CLOUD_OIDC_TOKEN_FILE"])
		require.Equal(t, "prod-slipway-worker", pod.Spec.ServiceAccountName, "what the trust policy of the role names")
	}
	huawei := render(t, cases(t)["huawei"]).environment(t, "worker")
	require.Contains(t, huawei, "HUAWEICLOUD_SDK_AK")
	require.Equal(t, "/run/slipway/alibaba/credentials", huawei["ALIBABA_CLOUD_CREDENTIALS_FILE"])
}

// Webhooks have the files of the senders that are named, and no others.
func TestPods_WebhooksHaveTheFilesOfTheirSenders(t *testing.T) {
	t.Parallel()
	values := cases(t)["everything"]
	hooks, ok := values["hooks"].(map[string]any)
	require.True(t, ok)
	hooks["senders"] = []any{"acr", "harbor"}
	environment := render(t, values).environment(t, "hooks")
	require.Equal(t, "acr,harbor", environment["SLIPWAY_HOOKS_SENDERS"])
	require.Equal(t, "/run/slipway/hooks/path-secret", environment["SLIPWAY_HOOKS_SECRET_FILE"])
	require.Contains(t, environment, "SLIPWAY_HARBOR_TOKEN_FILE")
	require.NotContains(t, environment, "SLIPWAY_GENERIC_KEY_FILE")
	require.NotContains(t, environment, "TEMPORAL_ADDRESS", "they need NATS alone")
}

func selects(t *testing.T, s *metav1.LabelSelector, of map[string]string) bool {
	t.Helper()
	selector, err := metav1.LabelSelectorAsSelector(s)
	require.NoError(t, err)
	return selector.Matches(labels.Set(of))
}

// What belongs to a role selects its pods, and nobody else's.
func TestObjects_BelongToTheirRole(t *testing.T) {
	t.Parallel()
	for name, w := range worlds(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			pods := w.pods()
			only := func(role, what string, s *metav1.LabelSelector) {
				t.Helper()
				for each, pod := range pods {
					require.Equal(t, each == role, selects(t, s, pod.Labels), "%s of %s and the pods of %s", what, role, each)
				}
			}
			accounts := map[string]bool{"default": true}
			for _, a := range w.accounts {
				require.False(t, *a.AutomountServiceAccountToken)
				accounts[a.Name] = true
			}
			for _, d := range w.deployments {
				only(d.Labels[component], "Deployment", d.Spec.Selector)
				require.Contains(t, accounts, d.Spec.Template.Spec.ServiceAccountName)
				require.Equal(t, 0, d.Spec.Strategy.RollingUpdate.MaxUnavailable.IntValue())
			}
			require.Len(t, w.budgets, len(w.deployments))
			for _, b := range w.budgets {
				only(b.Labels[component], "PodDisruptionBudget", b.Spec.Selector)
				require.Equal(t, 1, b.Spec.MaxUnavailable.IntValue(), "a node can be drained, however few there are")
			}
			require.Len(t, w.services, len(w.deployments))
			for _, s := range w.services {
				only(s.Labels[component], "Service", &metav1.LabelSelector{MatchLabels: s.Spec.Selector})
				var served []string
				for _, p := range pods[s.Labels[component]].Spec.Containers[0].Ports {
					served = append(served, p.Name)
				}
				require.Len(t, s.Spec.Ports, len(served))
				for _, p := range s.Spec.Ports {
					require.Contains(t, served, p.TargetPort.StrVal, s.Name)
				}
			}
			for _, i := range w.ingresses {
				backend := i.Spec.Rules[0].HTTP.Paths[0].Backend.Service
				at := slices.IndexFunc(w.services, func(s corev1.Service) bool { return s.Name == backend.Name })
				require.GreaterOrEqual(t, at, 0, i.Name)
				require.True(t, slices.ContainsFunc(w.services[at].Spec.Ports, func(p corev1.ServicePort) bool { return p.Name == backend.Port.Name }))
			}
		})
	}
	hosts := map[string]string{}
	for _, i := range render(t, cases(t)["everything"]).ingresses {
		hosts[i.Labels[component]] = i.Spec.Rules[0].Host
		require.Equal(t, []string{i.Spec.Rules[0].Host}, i.Spec.TLS[0].Hosts)
	}
	require.Equal(t, map[string]string{"console": "slipway.example", "hooks": "hooks.slipway.example"}, hosts)
}

// The job prepares what roles need before they are there, and again before they are newer.
func TestSetup_RunsBeforeInstallAndUpgrade(t *testing.T) {
	t.Parallel()
	w := render(t, cases(t)["everything"])
	require.Len(t, w.jobs, 1)
	job := w.jobs[0]
	require.Equal(t, "pre-install,pre-upgrade", job.Annotations["helm.sh/hook"])
	require.Equal(t, "default", job.Spec.Template.Spec.ServiceAccountName, "those of the chart are not there yet")
	require.Equal(t, corev1.RestartPolicyOnFailure, job.Spec.Template.Spec.RestartPolicy)
	require.Positive(t, *job.Spec.ActiveDeadlineSeconds)
	environment := w.environment(t, "setup")
	require.Equal(t, "3", environment["SLIPWAY_NATS_REPLICAS"])
	require.Equal(t, "/run/slipway/nats/settings.yaml", environment["SLIPWAY_CONFIG"])
}

// Each pod is selected by one policy, which lets it reach what its role needs, and be reached where it serves.
func TestPolicies_LetRolesReachWhatTheyNeed(t *testing.T) {
	t.Parallel()
	reaches := map[string][]int32{
		"setup": {53, 4222, 7233}, "worker": {53, 443, 4222, 4318, 7233, 9090}, "starter": {53, 443, 4222, 7233}, "console": {53, 443, 4222, 7233},
		"hooks": {53, 4222}, "notifier": {53, 443, 465, 4222}, "codec-server": nil,
	}
	w := render(t, cases(t)["everything"])
	require.Len(t, w.policies, len(w.pods()))
	for role, pod := range w.pods() {
		var by []networkingv1.NetworkPolicy
		for _, p := range w.policies {
			if selects(t, &p.Spec.PodSelector, pod.Labels) {
				by = append(by, p)
			}
		}
		require.Len(t, by, 1, role)
		require.Equal(t, []networkingv1.PolicyType{"Ingress", "Egress"}, by[0].Spec.PolicyTypes, role)
		var ports []int32
		for _, rule := range by[0].Spec.Egress {
			require.NotEmpty(t, rule.Ports, "%s: every port would be open", role)
			for _, p := range rule.Ports {
				if !slices.Contains(ports, p.Port.IntVal) {
					ports = append(ports, p.Port.IntVal)
				}
			}
		}
		require.ElementsMatch(t, reaches[role], ports, role)
		var served []string
		for _, p := range pod.Spec.Containers[0].Ports {
			served = append(served, p.Name)
		}
		var open []string
		for _, rule := range by[0].Spec.Ingress {
			require.NotEmpty(t, rule.From, "%s: everybody would reach it", role)
			open = append(open, rule.Ports[0].Port.StrVal)
		}
		require.Equal(t, served, open, role)
	}
	for _, p := range render(t, cases(t)["smallest"]).policies {
		require.Empty(t, p.Spec.Ingress, "%s: nobody was named", p.Name)
	}
}

// Metadata services have the credentials of the machine.
func TestPolicies_MetadataServicesAreOutOfReach(t *testing.T) {
	t.Parallel()
	for _, p := range render(t, cases(t)["smallest"]).policies {
		for _, rule := range p.Spec.Egress {
			for _, to := range rule.To {
				if to.IPBlock != nil && to.IPBlock.CIDR == "0.0.0.0/0" {
					require.ElementsMatch(t, []string{"100.100.100.200/32", "169.254.0.0/16"}, to.IPBlock.Except, p.Name)
				}
			}
		}
	}
}

// What scales a role looks at the queues that it takes from.
func TestScaling_ByWhatWaits(t *testing.T) {
	t.Parallel()
	w := render(t, cases(t)["everything"])
	require.Empty(t, w.scalers)
	require.Len(t, w.scaled, 2)
	for _, s := range w.scaled {
		require.Equal(t, s.Name, s.Spec.ScaleTargetRef.Name)
		require.LessOrEqual(t, *s.Spec.MinReplicaCount, *s.Spec.MaxReplicaCount)
		require.GreaterOrEqual(t, *s.Spec.MinReplicaCount, int32(1), "a lane is never without a worker")
		var from []string
		for _, trigger := range s.Spec.Triggers {
			switch s.Labels[component] {
			case "worker":
				require.Equal(t, "temporal", trigger.Type)
				require.Equal(t, "shop.a1b2c.tmprl.cloud:7233", trigger.Metadata["endpoint"])
				require.Equal(t, "shop.a1b2c", trigger.Metadata["namespace"])
				require.Equal(t, "v1", trigger.Metadata["workerDeploymentBuildId"])
				require.Equal(t, "slipway-temporal", trigger.AuthenticationRef.Name)
				from = append(from, trigger.Metadata["taskQueue"])
			case "starter":
				require.Equal(t, "nats-jetstream", trigger.Type)
				require.Equal(t, wire.StreamIn, trigger.Metadata["stream"])
				from = append(from, trigger.Metadata["consumer"])
			}
		}
		require.Equal(t, map[string][]string{
			"worker": {
				release.WorkflowTaskQueue, release.PlatformTaskQueue(release.PlatformSAE, "cn-hangzhou"), release.PlatformTaskQueue(release.PlatformSAE, "cn-shanghai"),
				release.PlatformTaskQueue(release.PlatformFC, "cn-hangzhou"),
			},
			"starter": {wire.ConsumerRequests, wire.ConsumerCommands, wire.ConsumerPushes},
		}[s.Labels[component]], from)
	}
	for _, d := range w.deployments {
		scaled := slices.ContainsFunc(w.scaled, func(s scaledObject) bool { return s.Name == d.Name })
		require.Equal(t, scaled, d.Spec.Replicas == nil, "%s: one of the two says how many", d.Name)
	}
}

func TestScaling_ByProcessor(t *testing.T) {
	t.Parallel()
	w := render(t, cases(t)["huawei"])
	require.Empty(t, w.scaled)
	require.Len(t, w.scalers, 2)
	for _, s := range w.scalers {
		require.Equal(t, s.Name, s.Spec.ScaleTargetRef.Name)
		require.Equal(t, corev1.ResourceCPU, s.Spec.Metrics[0].Resource.Name)
	}
}

// The alerts are those of deploy/prometheus, word for word, and find the jobs that they know.
func TestMonitoring_AlertsFindTheirJobs(t *testing.T) {
	t.Parallel()
	w := render(t, cases(t)["everything"])
	require.Len(t, w.rules, 1)
	spec, err := yaml.Marshal(w.rules[0].Spec)
	require.NoError(t, err)
	want, got := groups(t, []byte(read(t, alertFile))), groups(t, spec)
	require.NotEmpty(t, want.Groups)
	require.Equal(t, len(want.Groups), len(got.Groups))
	for i, group := range want.Groups {
		require.Equal(t, group.Rules, got.Groups[i].Rules, group.Name)
	}
	require.Len(t, w.monitors, len(w.services))
	for _, m := range w.monitors {
		role := m.Labels[component]
		require.Equal(t, []string{namespace}, m.Spec.NamespaceSelector.MatchNames)
		require.Len(t, m.Spec.Endpoints, 1)
		require.Equal(t, "metrics", m.Spec.Endpoints[0].Port)
		require.Equal(t, "job", m.Spec.Endpoints[0].Relabelings[0].TargetLabel)
		job := m.Spec.Endpoints[0].Relabelings[0].Replacement
		require.Equal(t, "slipway-"+role, job)
		if role != "codec-server" { // alone on its network in docker-compose.yml
			require.Contains(t, read(t, root+"/deploy/prometheus/prometheus.yml"), "job_name: "+job+"\n")
		}
		for _, s := range w.services {
			require.Equal(t, s.Labels[component] == role, selects(t, &m.Spec.Selector, s.Labels), "%s and %s", m.Name, s.Name)
		}
	}
}
