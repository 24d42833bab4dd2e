package servicestageclient_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"slipway/cloudapi"
	"slipway/internal/loosejson"
	"slipway/servicestageclient"
	"slipway/servicestageclient/catalog"
	"slipway/servicestageclient/cse"
	"slipway/servicestageclient/v2"
)

// validated is every Input.
type validated interface{ Validate() error }

func TestValidate_Rules(t *testing.T) {
	t.Parallel()
	update := func(change func(*servicestageclient.UpdateComponentInput)) *servicestageclient.UpdateComponentInput {
		in := &servicestageclient.UpdateComponentInput{
			ApplicationID: "a", ComponentID: "c", Name: "shop", Version: "1.0.2", Replica: 2,
			RuntimeStack: &servicestageclient.RuntimeStackRef{Name: "Docker", Type: "Docker", Version: "1", DeployMode: "container"},
			Source:       &servicestageclient.Source{Kind: "image", URL: "swr/shop:2", Storage: "swr"},
		}
		change(in)
		return in
	}
	strategy := func(s servicestageclient.DeployStrategy) *servicestageclient.UpdateComponentInput {
		return update(func(in *servicestageclient.UpdateComponentInput) { in.DeployStrategy = &s })
	}
	gray := func(g servicestageclient.GrayRelease) *servicestageclient.UpdateComponentInput {
		return strategy(servicestageclient.DeployStrategy{Type: servicestageclient.StrategyGray, GrayRelease: &g})
	}
	rule := []servicestageclient.GrayRule{{Type: "header", Key: "user", Value: "ada", Condition: "equal"}}
	action := func(name string, p *servicestageclient.ActionParameters) *servicestageclient.ComponentActionInput {
		return &servicestageclient.ComponentActionInput{ApplicationID: "a", ComponentID: "c", Action: name, Parameters: p}
	}
	for name, c := range map[string]struct {
		in   validated
		want []string
	}{
		"nothing given": {
			new(servicestageclient.UpdateComponentInput),
			[]string{"application_id is required", "component_id is required", "name is required", "runtime_stack is required", "source is required", "version is required"},
		},
		"a release":      {update(func(*servicestageclient.UpdateComponentInput) {}), nil},
		"a version":      {update(func(in *servicestageclient.UpdateComponentInput) { in.Version = "1.0" }), []string{`version must match ^[0-9]+(\.[0-9]+){2,3}$`}},
		"all at once":    {strategy(servicestageclient.DeployStrategy{Type: servicestageclient.StrategyOneBatch}), nil},
		"batches":        {strategy(servicestageclient.DeployStrategy{Type: servicestageclient.StrategyRolling, RollingRelease: &servicestageclient.RollingRelease{Batches: 2}}), nil},
		"no batches":     {strategy(servicestageclient.DeployStrategy{Type: servicestageclient.StrategyRolling, RollingRelease: &servicestageclient.RollingRelease{}}), []string{"deploy_strategy.rolling_release.batches must be at least 1"}},
		"which batches":  {strategy(servicestageclient.DeployStrategy{Type: servicestageclient.StrategyRolling}), []string{"deploy_strategy.rolling_release is required for the type RollingRelease"}},
		"which gray":     {strategy(servicestageclient.DeployStrategy{Type: servicestageclient.StrategyGray}), []string{"deploy_strategy.gray_release is required for the type GrayRelease"}},
		"which strategy": {strategy(servicestageclient.DeployStrategy{}), []string{"deploy_strategy.type is required"}},
		"a strategy of its own": {
			strategy(servicestageclient.DeployStrategy{Type: servicestageclient.StrategyOneBatch, RollingRelease: &servicestageclient.RollingRelease{Batches: 2}, GrayRelease: &servicestageclient.GrayRelease{Type: "weight"}}),
			[]string{"deploy_strategy.rolling_release belongs to the type RollingRelease only", "deploy_strategy.gray_release belongs to the type GrayRelease only"},
		},
		"gray by weight":         {gray(servicestageclient.GrayRelease{Type: "weight", FirstBatchWeight: new(5), FirstBatchReplica: new(1), RemainingBatch: new(2)}), nil},
		"gray, of newer clients": {gray(servicestageclient.GrayRelease{Type: "WEIGHT", FirstBatchWeight: new(5), FirstBatchReplica: new(1), RemainingBatch: new(2), ReplicaSurgeMode: "EXTRA"}), nil},
		"gray by weight, nothing said": {
			gray(servicestageclient.GrayRelease{Type: "weight", Rules: rule}),
			[]string{
				"deploy_strategy.gray_release.first_batch_weight is required for the type weight",
				"deploy_strategy.gray_release.first_batch_replica is required for the type weight",
				"deploy_strategy.gray_release.remaining_batch is required for the type weight",
				"deploy_strategy.gray_release.rules belong to the type content only",
			},
		},
		"gray by weight, too much": {
			gray(servicestageclient.GrayRelease{Type: "weight", FirstBatchWeight: new(101), FirstBatchReplica: new(0), RemainingBatch: new(1)}),
			[]string{"deploy_strategy.gray_release.first_batch_weight must be at most 100", "deploy_strategy.gray_release.first_batch_replica must be at least 1"},
		},
		"gray by content":   {gray(servicestageclient.GrayRelease{Type: "content", ReplicaSurgeMode: "mirror", RuleMatchMode: "all", Rules: rule}), nil},
		"gray by something": {gray(servicestageclient.GrayRelease{Type: "luck"}), []string{"deploy_strategy.gray_release.type must be weight or content"}},
		"gray by content, nothing said": {
			gray(servicestageclient.GrayRelease{Type: "content", FirstBatchWeight: new(5)}),
			[]string{
				"deploy_strategy.gray_release.replica_surge_mode is required for the type content",
				"deploy_strategy.gray_release.rule_match_mode is required for the type content",
				"deploy_strategy.gray_release.rules is required for the type content",
				"deploy_strategy.gray_release.first_batch_weight belongs to the type weight only",
			},
		},
		"gray by content, in batches": {
			gray(servicestageclient.GrayRelease{Type: "content", ReplicaSurgeMode: "extra", RuleMatchMode: "any", Rules: []servicestageclient.GrayRule{{Type: "header", Key: "a", Condition: "equal"}}}),
			[]string{
				"deploy_strategy.gray_release.rules[0].value is required",
				"deploy_strategy.gray_release.first_batch_replica is required for the type content without a mirror",
				"deploy_strategy.gray_release.remaining_batch is required for the type content without a mirror",
			},
		},
		"a source that is nowhere": {
			update(func(in *servicestageclient.UpdateComponentInput) {
				in.Source = &servicestageclient.Source{Kind: "package"}
			}),
			[]string{"source.url is required for a source of kind package", "source.storage is required for a source of kind package"},
		},
		"code that is nowhere": {
			update(func(in *servicestageclient.UpdateComponentInput) {
				in.Source = &servicestageclient.Source{Kind: "code"}
			}),
			[]string{"source.repo_url is required for a source of kind code"},
		},
		"labels": {
			update(func(in *servicestageclient.UpdateComponentInput) {
				in.Labels = []servicestageclient.Label{{Key: "app", Value: "a"}, {Key: "b"}, {Key: "b"}}
			}),
			[]string{"labels[0].key is reserved: app, casid and version are the platform's own", "labels[2].key is that of another label"},
		},
		"variables": {
			update(func(in *servicestageclient.UpdateComponentInput) {
				in.Envs = []servicestageclient.EnvVar{
					{Name: "A", Value: "a", ValueFrom: &servicestageclient.EnvValueFrom{ReferenceType: "secretKey", Name: "s"}}, {Name: "A"}, {},
				}
			}),
			[]string{"envs[2].name is required", "envs[0] has both value and value_from", "envs[1].name is that of another variable"},
		},
		"volumes, hooks and probes": {
			update(func(in *servicestageclient.UpdateComponentInput) {
				mounts := []servicestageclient.StorageMount{{Path: "/m"}}
				in.Storages = []servicestageclient.Storage{
					{Type: "HostPath", Name: "h", Parameters: &servicestageclient.StorageParameters{}, Mounts: mounts},
					{Type: "Secret", Name: "s", Parameters: &servicestageclient.StorageParameters{}, Mounts: mounts},
					{Type: "EmptyDir", Name: "e", Mounts: mounts},
				}
				in.PostStart = &servicestageclient.LifecycleHook{Type: "command"}
				in.PreStop = &servicestageclient.LifecycleHook{Type: "http"}
				in.LivenessProbe = &servicestageclient.Probe{Type: "tcp"}
				in.ReadinessProbe = &servicestageclient.Probe{Type: "command"}
			}),
			[]string{
				"storages[2].parameters is required",
				"storages[0].parameters.path is required for a volume of type HostPath",
				"storages[1].parameters.name is required for a volume of type Secret",
				"post_start.command is required for a hook of type command",
				"pre_stop.port is required for a hook of type http",
				"liveness_probe.port is required for a probe of type tcp",
				"readiness_probe.command is required for a probe of type command",
			},
		},
		"an import": {
			&servicestageclient.ImportComponentInput{
				ApplicationID: "a", CreateMode: "create", Name: "shop", WorkloadName: "w", EnvironmentID: "e", Version: "1.0.2", WorkloadKind: "deployment",
				RuntimeStack:   &servicestageclient.RuntimeStackRef{Name: "Java", Type: "Java", Version: "8", DeployMode: "container"},
				ReferResources: []servicestageclient.ReferResource{{ID: "c", Type: "cce"}},
			}, []string{`create_mode must be one of ["import"]`, "create_mode must be import"},
		},
		"scale":              {action("scale", nil), []string{"parameters needs replica, or hosts for virtual machines, for the action scale"}},
		"rollback":           {action("rollback", &servicestageclient.ActionParameters{}), []string{"parameters.version is required for the action rollback"}},
		"go back one":        {action("rollback_current", nil), nil},
		"of a newer edition": {action("sync_workload", nil), nil},
		"an add-on":          {&servicestageclient.CreateAddonInput{EnvironmentID: "e", CCEID: "c", Name: "sermantInjector"}, []string{"cse_id is required for the add-on sermantInjector"}},
		"an archive": {
			&servicestageclient.ImportConfigsInput{UploadFile: make([]byte, 500<<10+1)}, []string{"upload_file has 512001 bytes, at most 512000 are allowed"},
		},
		"a variable twice": {
			&servicestageclient.UpdateApplicationConfigurationInput{ApplicationID: "a", EnvironmentID: "e", Configuration: &servicestageclient.AppConfiguration{
				Env: []servicestageclient.AppEnvVar{{Name: "A"}, {Name: "A"}, {Name: "1"}},
			}},
			[]string{"configuration.env[2].name must match ^[A-Za-z_-][A-Za-z0-9_.-]{0,63}$", "configuration.env[1].name is that of another variable"},
		},
		"labels of an environment": {
			&servicestageclient.CreateEnvironmentInput{Name: "env-1", VPCID: "v", Labels: make([]servicestageclient.Label, 21)},
			append([]string{"labels must have at most 20 elements"}, repeated(21)...),
		},
		"v2, a page":   {&v2.ListEnvironmentsV2Input{Limit: new(101)}, []string{"limit must be at most 100, or 1000 for all at once"}},
		"v2, all":      {&v2.ListComponentsV2Input{ApplicationID: "a", Limit: new(1000)}, nil},
		"v2, scale":    {&v2.InstanceActionV2Input{ApplicationID: "a", ComponentID: "c", InstanceID: "i", Action: "scale"}, []string{"parameters needs replica, or hosts for virtual machines, for the action scale"}},
		"v2, rollback": {&v2.InstanceActionV2Input{ApplicationID: "a", ComponentID: "c", InstanceID: "i", Action: "rollback"}, []string{"parameters.version is required for the action rollback"}},
		"an engine": {
			&cse.CreateEngineInput{Name: "default", Payment: "1", Flavor: "cse.s1.small2", AZList: []string{"az"}, AuthType: "NONE", VPC: "v", VPCID: "v", NetworkID: "n", SubnetCIDR: "c", SpecType: "CSE2"},
			[]string{"name is reserved"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, c.want, problemsOf(t, c.in.Validate()))
		})
	}
}

// repeated are the problems of labels without a key and a value.
func repeated(n int) []string {
	var problems []string
	for i := range n {
		problems = append(problems, cloudapi.Element("labels", i)+".key is required", cloudapi.Element("labels", i)+".value must have at least 2 characters")
	}
	return problems
}

// Every limit of the table of parameters is one: a value beyond it is refused.
func TestValidate_LimitsOfTheTable(t *testing.T) {
	t.Parallel()
	limits := 0
	for _, op := range catalog.Operations() {
		for _, p := range op.Params {
			if p.Pattern != "" {
				_, err := regexp.Compile(p.Pattern)
				require.NoError(t, err, "%s.%s", op.Name, p.Name)
			}
			for _, value := range beyond(p) {
				limits++
				require.Error(t, p.Check(value), "%s.%s takes %q", op.Name, p.Name, value)
			}
			if p.Example != "" && p.Kind != cloudapi.KindValue {
				require.NoError(t, p.Check(p.Example), "%s.%s: the example of the reference", op.Name, p.Name)
			}
			compile(t, p.Shape)
		}
	}
	require.Greater(t, limits, 200)
}

// compile compiles every pattern in a shape.
func compile(t *testing.T, s *cloudapi.Shape) {
	t.Helper()
	if s == nil {
		return
	}
	_, err := regexp.Compile(s.Pattern)
	require.NoError(t, err, "%s", s.Name)
	compile(t, s.Items)
	for _, member := range s.Members {
		compile(t, member)
	}
}

// beyond are values beyond the limits of a parameter.
func beyond(p cloudapi.Param) []string {
	var values []string
	if p.Min != nil {
		values = append(values, strconv.FormatInt(*p.Min-1, 10))
	}
	if p.Max != nil {
		values = append(values, strconv.FormatInt(*p.Max+1, 10))
	}
	if p.MaxLength > 0 {
		values = append(values, strings.Repeat("x", p.MaxLength+1))
	}
	if len(p.Enum) > 0 && !p.Open {
		values = append(values, "none-of-them")
	}
	switch p.Kind {
	case cloudapi.KindInteger, cloudapi.KindNumber, cloudapi.KindBoolean:
		values = append(values, "text")
	case cloudapi.KindValue, cloudapi.KindJSON:
		values = append(values, "{")
	case cloudapi.KindString, cloudapi.KindFile:
	}
	return values
}

// What the reference sends is right, but for what its examples contradict in its tables.
func TestValidate_SamplesOfTheReference(t *testing.T) {
	t.Parallel()
	found, err := filepath.Glob(filepath.Join("testdata", "samples", "*.request.json"))
	require.NoError(t, err)
	require.NotEmpty(t, found)
	facts := operations(t)
	for _, path := range found {
		name, variant, _ := strings.Cut(strings.TrimSuffix(filepath.Base(path), ".request.json"), ".")
		t.Run(name+variant, func(t *testing.T) {
			t.Parallel()
			text, err := os.ReadFile(path)
			require.NoError(t, err)
			body := map[string]any{}
			require.NoError(t, json.Unmarshal(text, &body))
			op := facts[name]
			for _, p := range op.Params {
				if p.In != "body" && p.In != "multipart" && p.Required {
					body[p.Name] = p.first()
				}
			}
			encoded, err := json.Marshal(body)
			require.NoError(t, err)
			method := reflect.ValueOf(clientsOf(newClient(t, "http://127.0.0.1:1"))[op.folder]).MethodByName(name)
			input := reflect.New(method.Type().In(1).Elem())
			require.NoError(t, loosejson.Decoder{Singles: true}.Decode(encoded, input.Interface()), "some examples have texts for numbers, and one thing for a list")
			in, ok := reflect.TypeAssert[validated](input)
			require.True(t, ok)
			for _, problem := range problemsOf(t, in.Validate()) {
				assert.Contains(t, contradictions()[name+variant], problem)
			}
		})
	}
}

// contradictions are where examples of the reference break the rules of its tables.
func contradictions() map[string][]string {
	return map[string][]string{
		"CreateKv":      {`value_type must be one of ["text" "yaml" "json" "properties" "ini" "xml"]`}, // the example says string
		"ImportConfigs": {"upload_file is required"},                                                   // the example has no file
		"CreateComponentworked": {
			"custom_metric.path is required", "custom_metric.dimensions is required",
			"affinity[0].condition is required", "affinity[0].kind is required", "affinity[0].match_expressions is required",
			"anti_affinity[0].condition is required", "anti_affinity[0].kind is required", "anti_affinity[0].match_expressions is required",
		},
		"UpdateComponentworked": { // it has empty objects, see Component.UpdateInput, and leaves out the stack
			"runtime_stack is required", "affinity[0].condition is required", "affinity[0].kind is required", "affinity[0].match_expressions is required",
			"anti_affinity[0].condition is required", "anti_affinity[0].kind is required", "anti_affinity[0].match_expressions is required",
			"liveness_probe.type is required", "readiness_probe.type is required",
		},
	}
}
