package charttest_test

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/rulefmt"
	"github.com/prometheus/prometheus/promql/parser"
	"github.com/stretchr/testify/require"
	"helm.sh/helm/v3/pkg/chart"
	"helm.sh/helm/v3/pkg/chart/loader"
	"helm.sh/helm/v3/pkg/chartutil"
	"helm.sh/helm/v3/pkg/engine"
	"helm.sh/helm/v3/pkg/releaseutil"
	appsv1 "k8s.io/api/apps/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/yaml"
)

const (
	root      = "../.."
	chartDir  = root + "/deploy/helm/slipway"
	alertFile = root + "/deploy/prometheus/alerts.yaml"
	// component is the label that tells roles apart.
	component = "app.kubernetes.io/component"
)

// releaseName and namespace are not what the chart is called, so that a name that is written down somewhere is found.
const (
	releaseName = "prod"
	namespace   = "releases"
)

// world is what a chart renders, read strictly.
type world struct {
	accounts    []corev1.ServiceAccount
	services    []corev1.Service
	deployments []appsv1.Deployment
	jobs        []batchv1.Job
	budgets     []policyv1.PodDisruptionBudget
	policies    []networkingv1.NetworkPolicy
	ingresses   []networkingv1.Ingress
	scalers     []autoscalingv2.HorizontalPodAutoscaler
	scaled      []scaledObject
	monitors    []serviceMonitor
	rules       []prometheusRule
	metas       []meta
}

// meta is what every object has.
type meta struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata"`
}

// scaledObject is the part of KEDA's that the chart uses, by apis/keda/v1alpha1 of github.com/kedacore/keda: the module has all of
// KEDA below it.
type scaledObject struct {
	meta `json:",inline"`
	Spec struct {
		ScaleTargetRef  autoscalingv2.CrossVersionObjectReference `json:"scaleTargetRef"`
		MinReplicaCount *int32                                    `json:"minReplicaCount"`
		MaxReplicaCount *int32                                    `json:"maxReplicaCount"`
		Fallback        *struct {
			FailureThreshold int32  `json:"failureThreshold"`
			Replicas         int32  `json:"replicas"`
			Behavior         string `json:"behavior"`
		} `json:"fallback"`
		Triggers []struct {
			Type              string            `json:"type"`
			Metadata          map[string]string `json:"metadata"`
			AuthenticationRef *struct {
				Name string `json:"name"`
			} `json:"authenticationRef"`
		} `json:"triggers"`
	} `json:"spec"`
}

// serviceMonitor is the part of the Prometheus operator's that the chart uses, by pkg/apis/monitoring/v1 of
// github.com/prometheus-operator/prometheus-operator: the module wants other versions of Kubernetes' types.
type serviceMonitor struct {
	meta `json:",inline"`
	Spec struct {
		Selector          metav1.LabelSelector `json:"selector"`
		NamespaceSelector struct {
			MatchNames []string `json:"matchNames"`
		} `json:"namespaceSelector"`
		Endpoints []struct {
			Port          string `json:"port"`
			Interval      string `json:"interval"`
			ScrapeTimeout string `json:"scrapeTimeout"`
			Relabelings   []struct {
				TargetLabel string `json:"targetLabel"`
				Replacement string `json:"replacement"`
			} `json:"relabelings"`
		} `json:"endpoints"`
	} `json:"spec"`
}

// prometheusRule is of the same package; what its spec has is read by Prometheus' own parser.
type prometheusRule struct {
	meta `json:",inline"`
	Spec map[string]any `json:"spec"`
}

// cases are the files of values that the chart is rendered with.
func cases(t *testing.T) map[string]map[string]any {
	t.Helper()
	paths, err := filepath.Glob(chartDir + "/ci/*-values.yaml")
	require.NoError(t, err)
	all := map[string]map[string]any{}
	for _, path := range paths {
		values, err := chartutil.ReadValuesFile(path)
		require.NoError(t, err, path)
		all[strings.TrimSuffix(filepath.Base(path), "-values.yaml")] = values
	}
	require.ElementsMatch(t, []string{"smallest", "simulated", "everything", "huawei"}, slices.Collect(maps.Keys(all)))
	return all
}

func loadChart(t *testing.T) *chart.Chart {
	t.Helper()
	loaded, err := loader.LoadDir(chartDir)
	require.NoError(t, err)
	return loaded
}

// renderText renders as `helm install` does, and refuses a template that reads what is not there.
func renderText(t *testing.T, values map[string]any) (map[string]string, error) {
	t.Helper()
	loaded := loadChart(t)
	given, err := chartutil.ToRenderValues(loaded, values, chartutil.ReleaseOptions{Name: releaseName, Namespace: namespace, IsInstall: true}, chartutil.DefaultCapabilities)
	if err != nil {
		return nil, err
	}
	return engine.Engine{Strict: true}.Render(loaded, given)
}

func render(t *testing.T, values map[string]any) *world {
	t.Helper()
	files, err := renderText(t, values)
	require.NoError(t, err)
	w := &world{}
	for _, path := range slices.Sorted(maps.Keys(files)) {
		if !strings.HasSuffix(path, ".yaml") {
			continue
		}
		for _, text := range releaseutil.SplitManifests(files[path]) {
			w.read(t, text)
		}
	}
	return w
}

// add reads one object strictly: a field that its type does not have, or that stands there twice, is refused.
func add[T any](t *testing.T, to *[]T, text string) {
	t.Helper()
	var one T
	require.NoError(t, yaml.UnmarshalStrict([]byte(text), &one), text)
	*to = append(*to, one)
}

func (w *world) read(t *testing.T, text string) {
	t.Helper()
	var m meta
	require.NoError(t, yaml.Unmarshal([]byte(text), &m), text)
	if m.Kind == "" {
		var content any
		require.NoError(t, yaml.Unmarshal([]byte(text), &content))
		require.Nil(t, content, "what has no kind is a comment")
		return
	}
	w.metas = append(w.metas, m)
	switch m.APIVersion + " " + m.Kind {
	case "v1 ServiceAccount":
		add(t, &w.accounts, text)
	case "v1 Service":
		add(t, &w.services, text)
	case "apps/v1 Deployment":
		add(t, &w.deployments, text)
	case "batch/v1 Job":
		add(t, &w.jobs, text)
	case "policy/v1 PodDisruptionBudget":
		add(t, &w.budgets, text)
	case "networking.k8s.io/v1 NetworkPolicy":
		add(t, &w.policies, text)
	case "networking.k8s.io/v1 Ingress":
		add(t, &w.ingresses, text)
	case "autoscaling/v2 HorizontalPodAutoscaler":
		add(t, &w.scalers, text)
	case "keda.sh/v1alpha1 ScaledObject":
		add(t, &w.scaled, text)
	case "monitoring.coreos.com/v1 ServiceMonitor":
		add(t, &w.monitors, text)
	case "monitoring.coreos.com/v1 PrometheusRule":
		add(t, &w.rules, text)
	default:
		require.Fail(t, "no type is known for it", "%s %s", m.APIVersion, m.Kind)
	}
}

// worlds are what all files of values render.
func worlds(t *testing.T) map[string]*world {
	t.Helper()
	all := map[string]*world{}
	for name, values := range cases(t) {
		all[name] = render(t, values)
	}
	return all
}

// pods are the templates of all pods, by component.
func (w *world) pods() map[string]corev1.PodTemplateSpec {
	all := map[string]corev1.PodTemplateSpec{}
	for _, d := range w.deployments {
		all[d.Spec.Template.Labels[component]] = d.Spec.Template
	}
	for _, j := range w.jobs {
		all[j.Spec.Template.Labels[component]] = j.Spec.Template
	}
	return all
}

// environment is that of a role, without what comes from Secrets.
func (w *world) environment(t *testing.T, role string) map[string]string {
	t.Helper()
	pod, ok := w.pods()[role]
	require.True(t, ok, role)
	values := map[string]string{}
	for _, v := range pod.Spec.Containers[0].Env {
		require.NotContains(t, values, v.Name, "%s has it twice", role)
		values[v.Name] = v.Value
	}
	return values
}

// groups reads alerts as Prometheus does.
func groups(t *testing.T, text []byte) *rulefmt.RuleGroups {
	t.Helper()
	read, problems := rulefmt.Parse(text, false, model.UTF8Validation, parser.NewParser(parser.Options{}))
	require.Empty(t, problems)
	return read
}

func read(t *testing.T, path string) string {
	t.Helper()
	content, err := os.ReadFile(path)
	require.NoError(t, err)
	return string(content)
}
