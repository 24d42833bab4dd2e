package servicestageclient

import (
	"slices"
	"strings"

	"slipway/cloudapi"
	"slipway/internal/clientrt"
)

// Types of releases, in [DeployStrategy].
const (
	StrategyOneBatch = "OneBatchRelease"
	StrategyRolling  = "RollingRelease"
	StrategyGray     = "GrayRelease"
)

// Limits that concern more than one value, or that the table of parameters cannot say.
const (
	maxArchive = 500 << 10
)

func (in *CreateComponentInput) rules(r *clientrt.Request) {
	s := specification{labels: in.Labels, source: in.Source, strategy: in.DeployStrategy, envs: in.Envs, storages: in.Storages}
	s.rules(r)
	checkHooks(r, map[string]*LifecycleHook{"post_start": in.PostStart, "pre_stop": in.PreStop})
	checkProbes(r, map[string]*Probe{"liveness_probe": in.LivenessProbe, "readiness_probe": in.ReadinessProbe})
}

func (in *UpdateComponentInput) rules(r *clientrt.Request) {
	s := specification{labels: in.Labels, source: in.Source, strategy: in.DeployStrategy, envs: in.Envs, storages: in.Storages}
	s.rules(r)
	checkHooks(r, map[string]*LifecycleHook{"post_start": in.PostStart, "pre_stop": in.PreStop})
	checkProbes(r, map[string]*Probe{"liveness_probe": in.LivenessProbe, "readiness_probe": in.ReadinessProbe})
}

func (in *ImportComponentInput) rules(r *clientrt.Request) {
	checkComponentLabels(r, in.Labels)
	if in.CreateMode != "" && in.CreateMode != "import" {
		r.Fail("create_mode", "must be import")
	}
}

// specification is what creating and updating a component have in common.
type specification struct {
	labels   []Label
	source   *Source
	strategy *DeployStrategy
	envs     []EnvVar
	storages []Storage
}

func (s specification) rules(r *clientrt.Request) {
	checkComponentLabels(r, s.labels)
	checkSource(r, s.source)
	checkStrategy(r, s.strategy)
	checkEnvs(r, s.envs)
	checkStorages(r, s.storages)
}

// checkComponentLabels: some keys are the platform's own, and a component that has one cannot be deployed.
func checkComponentLabels(r *clientrt.Request, labels []Label) {
	seen := make(map[string]bool)
	for i, label := range labels {
		place := cloudapi.Element("labels", i) + ".key"
		switch {
		case slices.Contains([]string{"app", "casid", "version"}, label.Key):
			r.Fail(place, "is reserved: app, casid and version are the platform's own")
		case seen[label.Key]:
			r.Fail(place, "is that of another label")
		}
		seen[label.Key] = true
	}
}

// checkSource: a package and an image have an address and a storage, code has a repository.
func checkSource(r *clientrt.Request, s *Source) {
	if s == nil {
		return
	}
	switch s.Kind {
	case "package", "image":
		if s.URL == "" {
			r.Fail("source.url", "is required for a source of kind %s", s.Kind)
		}
		if s.Storage == "" {
			r.Fail("source.storage", "is required for a source of kind %s", s.Kind)
		}
	case "code":
		if s.RepoURL == "" {
			r.Fail("source.repo_url", "is required for a source of kind code")
		}
	}
}

// checkStrategy: each type of release has an object of its own, and only that one.
func checkStrategy(r *clientrt.Request, s *DeployStrategy) {
	if s == nil {
		return
	}
	if s.RollingRelease != nil && s.Type != StrategyRolling {
		r.Fail("deploy_strategy.rolling_release", "belongs to the type %s only", StrategyRolling)
	}
	if s.GrayRelease != nil && s.Type != StrategyGray {
		r.Fail("deploy_strategy.gray_release", "belongs to the type %s only", StrategyGray)
	}
	switch {
	case s.Type == StrategyRolling && s.RollingRelease == nil:
		r.Fail("deploy_strategy.rolling_release", "is required for the type %s", StrategyRolling)
	case s.Type == StrategyGray && s.GrayRelease == nil:
		r.Fail("deploy_strategy.gray_release", "is required for the type %s", StrategyGray)
	case s.Type == StrategyGray:
		checkGray(r, s.GrayRelease)
	}
}

// checkGray: by weight, a gray release has the weight and the batches; by content, it has rules. How instances are added
// says whether it has batches then: a mirror has none. Newer clients of the vendor spell these words with capitals.
func checkGray(r *clientrt.Request, g *GrayRelease) {
	const place = "deploy_strategy.gray_release."
	required := func(name string, given bool, why string) {
		if !given {
			r.Fail(place+name, "is required for %s", why)
		}
	}
	batches := func(why string) {
		required("first_batch_replica", g.FirstBatchReplica != nil, why)
		required("remaining_batch", g.RemainingBatch != nil, why)
	}
	switch {
	case strings.EqualFold(g.Type, "weight"):
		required("first_batch_weight", g.FirstBatchWeight != nil, "the type weight")
		batches("the type weight")
		if len(g.Rules) > 0 {
			r.Fail(place+"rules", "belong to the type content only")
		}
	case strings.EqualFold(g.Type, "content"):
		required("replica_surge_mode", g.ReplicaSurgeMode != "", "the type content")
		required("rule_match_mode", g.RuleMatchMode != "", "the type content")
		required("rules", len(g.Rules) > 0, "the type content")
		if g.ReplicaSurgeMode != "" && !strings.EqualFold(g.ReplicaSurgeMode, "mirror") {
			batches("the type content without a mirror")
		}
		if g.FirstBatchWeight != nil {
			r.Fail(place+"first_batch_weight", "belongs to the type weight only")
		}
	case g.Type != "":
		r.Fail(place+"type", "must be weight or content")
	}
}

// checkEnvs: a variable has one value and its name once.
func checkEnvs(r *clientrt.Request, envs []EnvVar) {
	seen := make(map[string]bool)
	for i, env := range envs {
		place := cloudapi.Element("envs", i)
		if env.Value != "" && env.ValueFrom != nil {
			r.Fail(place, "has both value and value_from")
		}
		if seen[env.Name] && env.Name != "" {
			r.Fail(place+".name", "is that of another variable")
		}
		seen[env.Name] = true
	}
}

// checkStorages: what a volume is made of depends on its type.
func checkStorages(r *clientrt.Request, storages []Storage) {
	for i, s := range storages {
		if s.Parameters == nil {
			continue // is required anyhow
		}
		place := cloudapi.Element("storages", i) + ".parameters."
		switch s.Type {
		case "HostPath":
			if s.Parameters.Path == "" {
				r.Fail(place+"path", "is required for a volume of type HostPath")
			}
		case "ConfigMap", "Secret", "PersistentVolumeClaim":
			if s.Parameters.Name == "" {
				r.Fail(place+"name", "is required for a volume of type %s", s.Type)
			}
		}
	}
}

// checkHooks: a hook runs a command or calls an address.
func checkHooks(r *clientrt.Request, hooks map[string]*LifecycleHook) {
	for _, name := range []string{"post_start", "pre_stop"} {
		h := hooks[name]
		switch {
		case h == nil:
		case h.Type == "command" && len(h.Command) == 0:
			r.Fail(name+".command", "is required for a hook of type command")
		case h.Type == "http" && h.Port == nil:
			r.Fail(name+".port", "is required for a hook of type http")
		}
	}
}

// checkProbes: a probe runs a command or calls a port.
func checkProbes(r *clientrt.Request, probes map[string]*Probe) {
	for _, name := range []string{"liveness_probe", "readiness_probe"} {
		p := probes[name]
		switch {
		case p == nil:
		case p.Type == "command" && len(p.Command) == 0:
			r.Fail(name+".command", "is required for a probe of type command")
		case (p.Type == "http" || p.Type == "tcp") && p.Port == nil:
			r.Fail(name+".port", "is required for a probe of type %s", p.Type)
		}
	}
}

func (in *ComponentActionInput) rules(r *clientrt.Request) {
	p := in.Parameters
	if p == nil {
		p = new(ActionParameters)
	}
	switch in.Action {
	case ActionScale:
		if p.Replica == nil && len(p.Hosts) == 0 {
			r.Fail("parameters", "needs replica, or hosts for virtual machines, for the action scale")
		}
	case ActionRollback:
		if p.Version == "" {
			r.Fail("parameters.version", "is required for the action rollback")
		}
	}
}

func (in *CreateAddonInput) rules(r *clientrt.Request) {
	if in.Name == "sermantInjector" && clientrt.ValueOf(in.CSEID) == "" {
		r.Fail("cse_id", "is required for the add-on sermantInjector")
	}
}

func (in *ImportConfigsInput) rules(r *clientrt.Request) {
	if len(in.UploadFile) > maxArchive {
		r.Fail("upload_file", "has %d bytes, at most %d are allowed", len(in.UploadFile), maxArchive)
	}
}

func (in *UpdateApplicationConfigurationInput) rules(r *clientrt.Request) {
	if in.Configuration == nil {
		return
	}
	seen := make(map[string]bool)
	for i, env := range in.Configuration.Env {
		if seen[env.Name] && env.Name != "" {
			r.Fail(cloudapi.Element("configuration.env", i)+".name", "is that of another variable")
		}
		seen[env.Name] = true
	}
}
