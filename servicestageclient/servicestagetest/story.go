package servicestagetest

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"slipway/cloudapi"
	"slipway/servicestageclient"
	"slipway/servicestageclient/cse"
)

// made is what the story has made so far.
type made struct {
	// name begins the names of everything.
	name string

	environment, application, component string
	// built is a component that is built from code.
	built string
	// engine is one without security authentication.
	engine string
}

// tell tells the whole story.
func (s *suite) tell(t *testing.T) {
	t.Helper()
	s.world.name = "servicestagetest-" + strings.ToLower(rand.Text())[:6]
	t.Cleanup(func() { s.cleanUp(t) })
	s.step(t, "an environment", s.makeEnvironment)
	s.step(t, "resources that are declared", s.declare)
	s.step(t, "an application", s.makeApplication)
	s.step(t, "a component", s.makeComponent)
	s.step(t, "releases", s.release)
	s.step(t, "a gray release", s.releaseGray)
	s.step(t, "actions", s.act)
	s.step(t, "a workload of others", s.adopt)
	s.step(t, "runtime stacks", s.stacks)
	s.step(t, "configuration files", s.configure)
	s.step(t, "add-ons", s.addons)
	if s.World.Code != "" {
		s.step(t, "a build", s.build)
	}
	s.step(t, "the second generation", s.tellSecond)
	s.step(t, "source code", s.tellCode)
	s.step(t, "an engine", s.tellEngine)
	s.step(t, "the registry", s.tellRegistry)
	s.step(t, "the configuration center", s.tellCenter)
	s.step(t, "refusals", s.refuse)
	s.step(t, "the end", s.endIt)
}

// cleanUp ends what a story that was cut short has left.
func (s *suite) cleanUp(t *testing.T) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), s.Patience)
	defer cancel()
	w, c := s.world, s.client
	gone := func(what string, err error) {
		assert.True(t, err == nil || cloudapi.ClassOf(err) == cloudapi.ErrNotFound, "%s is left: %v", what, err)
	}
	for _, component := range []string{w.component, w.built} {
		if component != "" {
			gone("component "+component, s.force(ctx, component))
		}
	}
	if w.engine != "" {
		_, err := s.engines.DeleteEngine(ctx, &cse.DeleteEngineInput{EngineID: w.engine})
		gone("engine "+w.engine, err)
	}
	if w.application != "" {
		_, err := c.DeleteApplication(ctx, &servicestageclient.DeleteApplicationInput{ApplicationID: w.application})
		gone("application "+w.application, err)
	}
	if w.environment != "" {
		_, err := c.DeleteEnvironment(ctx, &servicestageclient.DeleteEnvironmentInput{EnvironmentID: w.environment})
		gone("environment "+w.environment, err)
	}
}

// force deletes a component whatever it is at, and waits until it is not there.
func (s *suite) force(ctx context.Context, component string) error {
	_, _ = s.client.ComponentAction(ctx, &servicestageclient.ComponentActionInput{ // ends a gray release, if there is one
		ApplicationID: s.world.application, ComponentID: component, Action: servicestageclient.ActionRollbackCurrent,
	})
	for {
		_, err := s.client.DeleteComponent(ctx, &servicestageclient.DeleteComponentInput{ApplicationID: s.world.application, ComponentID: component})
		if err != nil && !servicestageclient.EndsByItself(err) {
			return err
		}
		if err := s.Pass(ctx, pace); err != nil {
			return err
		}
	}
}

func (s *suite) makeEnvironment(t *testing.T) {
	t.Helper()
	c := s.client
	create := &servicestageclient.CreateEnvironmentInput{
		Name: s.world.name, DeployMode: new("container"), Description: new("made by servicestagetest"), EnterpriseProjectID: new("0"), VPCID: s.World.VPC,
	}
	out := call(t, s, c.CreateEnvironment, create)
	s.world.environment = out.ID
	require.Equal(t, s.world.name, out.Name)
	require.Equal(t, s.World.VPC, out.VPCID)
	require.False(t, out.CreateTime.IsZero())
	s.refused(t, ask(c.CreateEnvironment, create), servicestageclient.CodeEnvironmentNameUsed)

	cluster := servicestageclient.EnvironmentResource{ID: s.World.Cluster, Type: "cce"}
	call(t, s, c.ModifyEnvironmentResources, &servicestageclient.ModifyEnvironmentResourcesInput{
		EnvironmentID: out.ID, Resources: []servicestageclient.EnvironmentResource{cluster},
	})
	listed := call(t, s, c.ListEnvironmentResources, &servicestageclient.ListEnvironmentResourcesInput{EnvironmentID: out.ID})
	require.Len(t, listed.Resources, 1)
	require.Equal(t, cluster.ID, listed.Resources[0].ID)
	have := call(t, s, c.GetEnvironment, &servicestageclient.GetEnvironmentInput{EnvironmentID: out.ID})
	require.Len(t, have.Resources, 1)
	changed := call(t, s, c.UpdateEnvironment, &servicestageclient.UpdateEnvironmentInput{EnvironmentID: out.ID, Name: s.world.name, Description: new("changed")})
	require.Equal(t, "changed", changed.Description)
	all := call(t, s, c.ListEnvironments, &servicestageclient.ListEnvironmentsInput{Name: &s.world.name, Limit: new(10), Offset: new(0)})
	require.True(t, slices.ContainsFunc(all.Environments, func(e servicestageclient.Environment) bool { return e.ID == out.ID }))
	past := call(t, s, c.ListEnvironments, &servicestageclient.ListEnvironmentsInput{Limit: new(10), Offset: new(100000)})
	require.Empty(t, past.Environments, "a page past the end is empty")
}

func (s *suite) declare(t *testing.T) {
	t.Helper()
	c, environment := s.client, s.world.environment
	added := call(t, s, c.AddEnvironmentIacResources, &servicestageclient.AddEnvironmentIacResourcesInput{
		EnvironmentID: environment, IACResources: []servicestageclient.IACResource{{ID: "dcs-1", Name: "cache", Type: "dcs"}},
	})
	require.Len(t, added.IACResources, 1)
	require.Len(t, call(t, s, c.ListEnvironmentIacResources, &servicestageclient.ListEnvironmentIacResourcesInput{EnvironmentID: environment}).IACResources, 1)
	call(t, s, c.UpdateEnvironmentIacResource, &servicestageclient.UpdateEnvironmentIacResourceInput{
		EnvironmentID: environment, ResourceID: "dcs-1", ID: new("dcs-1"), Name: new("cache"), Type: new("dcs"),
		VarsBody: map[string]json.RawMessage{"capacity": json.RawMessage(`"1"`)},
	})
	begun := call(t, s, c.ProvisionEnvironmentResources, &servicestageclient.ProvisionEnvironmentResourcesInput{EnvironmentID: environment})
	require.NotEmpty(t, begun.Status)
	var run servicestageclient.ProvisionHistory
	s.await(t, "the declared resources", func() bool {
		runs := call(t, s, c.ListProvisionHistories, &servicestageclient.ListProvisionHistoriesInput{EnvironmentID: environment, Limit: new(10), Offset: new(0)})
		require.NotEmpty(t, runs.List)
		run = runs.List[0]
		return !strings.HasSuffix(run.Status, "ING") && !strings.HasSuffix(run.Status, "PROGRESS")
	})
	require.NotContains(t, run.Status, "FAIL")
	call(t, s, c.GetProvisionHistory, &servicestageclient.GetProvisionHistoryInput{EnvironmentID: environment, HistoryID: run.ID})
	events := call(t, s, c.ListProvisionHistoryEvents, &servicestageclient.ListProvisionHistoryEventsInput{EnvironmentID: environment, HistoryID: run.ID})
	require.NotEmpty(t, events.StackEvents)
	gone := call(t, s, c.DeleteEnvironmentIacResource, &servicestageclient.DeleteEnvironmentIacResourceInput{EnvironmentID: environment, ResourceID: "dcs-1"})
	require.Empty(t, gone.IACResources)
}

func (s *suite) makeApplication(t *testing.T) {
	t.Helper()
	c := s.client
	create := &servicestageclient.CreateApplicationInput{Name: s.world.name, Description: new("made by servicestagetest"), EnterpriseProjectID: new("0")}
	out := call(t, s, c.CreateApplication, create)
	s.world.application = out.ID
	s.refused(t, ask(c.CreateApplication, create), servicestageclient.CodeApplicationNameUsed, servicestageclient.CodeInstanceNameUsed)
	changed := call(t, s, c.UpdateApplication, &servicestageclient.UpdateApplicationInput{ApplicationID: out.ID, Name: &s.world.name, Description: new("changed")})
	require.Equal(t, "changed", changed.Description)
	require.Equal(t, s.world.name, call(t, s, c.GetApplication, &servicestageclient.GetApplicationInput{ApplicationID: out.ID}).Name)
	all := call(t, s, c.ListApplications, &servicestageclient.ListApplicationsInput{Limit: new(100), Offset: new(0), OrderBy: new("create_time"), Order: new("desc")})
	require.True(t, slices.ContainsFunc(all.Applications, func(a servicestageclient.Application) bool { return a.ID == out.ID }))

	wanted := &servicestageclient.AppConfiguration{Env: []servicestageclient.AppEnvVar{{Name: "LANG", Value: "C"}, {Name: "EMPTY"}}}
	call(t, s, c.UpdateApplicationConfiguration, &servicestageclient.UpdateApplicationConfigurationInput{
		ApplicationID: out.ID, EnvironmentID: s.world.environment, Configuration: wanted,
	})
	have := call(t, s, c.GetApplicationConfiguration, &servicestageclient.GetApplicationConfigurationInput{ApplicationID: out.ID, EnvironmentID: &s.world.environment})
	require.Len(t, have.Configuration, 1)
	require.Equal(t, wanted.Env, have.Configuration[0].Configuration.Env)
	call(t, s, c.DeleteApplicationConfiguration, &servicestageclient.DeleteApplicationConfigurationInput{ApplicationID: out.ID, EnvironmentID: s.world.environment})
}

// stack is what the components of the story run on.
func stack() *servicestageclient.RuntimeStackRef {
	return &servicestageclient.RuntimeStackRef{Name: "Docker", Type: "Docker", DeployMode: "container"}
}

// cluster is where they run.
func (s *suite) cluster() []servicestageclient.ReferResource {
	return []servicestageclient.ReferResource{{ID: s.World.Cluster, Type: "cce", Parameters: &servicestageclient.ReferResourceParameters{Namespace: "default"}}}
}

func (s *suite) makeComponent(t *testing.T) {
	t.Helper()
	c := s.client
	out := call(t, s, c.CreateComponent, &servicestageclient.CreateComponentInput{
		ApplicationID: s.world.application, EnvironmentID: &s.world.environment, Name: s.world.name, Version: "1.0.0", Replica: 3,
		RuntimeStack: stack(), Source: &servicestageclient.Source{Kind: "image", URL: s.World.Images[0], Storage: "swr"},
		Labels:         []servicestageclient.Label{{Key: "team", Value: "shop"}},
		Envs:           []servicestageclient.EnvVar{{Name: "LANG", Value: "C"}},
		LimitCPU:       new(0.25),
		LimitMemory:    new(0.5),
		RequestCPU:     new(0.25),
		RequestMemory:  new(0.5),
		ReferResources: s.cluster(),
	})
	s.world.component = out.ComponentID
	s.refused(t, ask(c.ComponentAction, s.action(servicestageclient.ActionRestart)), busy()...)
	s.succeeded(t, out.JobID)
	component := s.running(t, "1.0.0")
	require.Equal(t, 3, component.Replica)
	require.Equal(t, out.JobID, component.Status.LastJobID)
	for _, list := range [][]servicestageclient.ComponentSummary{
		call(t, s, c.ListApplicationComponents, &servicestageclient.ListApplicationComponentsInput{ApplicationID: s.world.application, Limit: new(10), Offset: new(0)}).Components,
		call(t, s, c.ListComponents, &servicestageclient.ListComponentsInput{ComponentName: &s.world.name, Limit: new(10), Offset: new(0)}).Components,
	} {
		require.True(t, slices.ContainsFunc(list, func(c servicestageclient.ComponentSummary) bool {
			return c.ID == out.ComponentID && c.ApplicationID == s.world.application && c.EnvironmentID == s.world.environment
		}))
	}
	options := call(t, s, c.GetComponentFilterOptions, &servicestageclient.GetComponentFilterOptionsInput{}).FilterOptions
	require.True(t, slices.ContainsFunc(options.Applications, func(l servicestageclient.IDLabel) bool { return l.ID == s.world.application }))
	require.NotEmpty(t, call(t, s, c.RefreshComponent, &servicestageclient.RefreshComponentInput{ApplicationID: s.world.application, ComponentID: out.ComponentID}).Message)
}

// busy are the codes of changes of what changes already.
func busy() []string {
	return []string{servicestageclient.CodeWrongStatus, servicestageclient.CodeReleasing}
}

// read is the component of the story.
func (s *suite) read(t *testing.T) *servicestageclient.Component {
	t.Helper()
	return &call(t, s, s.client.GetComponent, &servicestageclient.GetComponentInput{ApplicationID: s.world.application, ComponentID: s.world.component}).Component
}

// running waits until a version of it runs.
func (s *suite) running(t *testing.T, version string) *servicestageclient.Component {
	t.Helper()
	var component *servicestageclient.Component
	s.await(t, "version "+version, func() bool {
		component = s.read(t)
		return component.Status.ComponentStatus == servicestageclient.ComponentRunning
	})
	require.Equal(t, version, component.Version)
	require.Equal(t, component.Replica, component.Status.AvailableReplica)
	return component
}

// succeeded waits for the end of a job, which has to be a success.
func (s *suite) succeeded(t *testing.T, id string) {
	t.Helper()
	require.True(t, strings.HasPrefix(id, "JOB"), "%s is not the ID of a job", id)
	var job *servicestageclient.GetJobOutput
	s.await(t, "job "+id, func() bool {
		job = call(t, s, s.client.GetJob, &servicestageclient.GetJobInput{JobID: id, Limit: new(100), Offset: new(0)})
		require.Equal(t, id, job.Job.JobID)
		return job.Job.Finished()
	})
	require.Equal(t, servicestageclient.JobSucceeded, job.Job.ExecutionStatus, "%s", job.Reason())
	require.Len(t, job.Tasks, job.TaskCount)
}

// update is a release of an image.
func (s *suite) update(t *testing.T, version string, image int, strategy *servicestageclient.DeployStrategy) *servicestageclient.UpdateComponentInput {
	t.Helper()
	in := s.read(t).UpdateInput(s.world.application, s.world.component)
	in.Version, in.Source.URL, in.DeployStrategy = version, s.World.Images[image], strategy
	return in
}

// current is the version whose record is the current one.
func (s *suite) current(t *testing.T) (version string, records []servicestageclient.ReleaseRecord) {
	t.Helper()
	out := call(t, s, s.client.ListComponentRecords, &servicestageclient.ListComponentRecordsInput{
		ApplicationID: s.world.application, ComponentID: s.world.component, Limit: new(100), Offset: new(0),
	})
	for _, record := range out.Records {
		if record.CurrentUsed {
			require.Empty(t, version, "one record is current")
			version = record.Version
		}
	}
	return version, out.Records
}

func (s *suite) release(t *testing.T) {
	t.Helper()
	c := s.client
	all := s.update(t, "1.0.1", 1, &servicestageclient.DeployStrategy{Type: servicestageclient.StrategyOneBatch})
	out := call(t, s, c.UpdateComponent, all)
	require.Equal(t, servicestageclient.ComponentUpgrading, s.read(t).Status.ComponentStatus, "from the answer on")
	s.refused(t, ask(c.UpdateComponent, all), append(busy(), servicestageclient.CodeVersionUsed)...)
	s.refused(t, ask(c.DeleteApplication, &servicestageclient.DeleteApplicationInput{ApplicationID: s.world.application}), servicestageclient.CodeApplicationNotEmpty)
	s.succeeded(t, out.JobID)
	s.running(t, "1.0.1")
	s.refused(t, ask(c.UpdateComponent, all), servicestageclient.CodeVersionUsed)
	s.refused(t, ask(c.DeleteEnvironment, &servicestageclient.DeleteEnvironmentInput{EnvironmentID: s.world.environment}), servicestageclient.CodeEnvironmentInUse)

	rolling := s.update(t, "1.0.2", 0, &servicestageclient.DeployStrategy{
		Type: servicestageclient.StrategyRolling, RollingRelease: &servicestageclient.RollingRelease{Batches: 2},
	})
	s.succeeded(t, call(t, s, c.UpdateComponent, rolling).JobID)
	s.running(t, "1.0.2")
	version, records := s.current(t)
	require.Equal(t, "1.0.2", version)
	require.Len(t, records, 3)
	require.Equal(t, "1.0.2", records[0].Version, "the newest first")
	require.Equal(t, servicestageclient.StrategyRolling, records[0].DeployType)
	old := call(t, s, c.GetComponent, &servicestageclient.GetComponentInput{ApplicationID: s.world.application, ComponentID: s.world.component, Version: new("1.0.1")})
	require.Equal(t, s.World.Images[1], old.Source.URL, "what a version was is read back")
}

// gray is a release by weight to one instance of three.
func gray() *servicestageclient.DeployStrategy {
	return &servicestageclient.DeployStrategy{Type: servicestageclient.StrategyGray, GrayRelease: &servicestageclient.GrayRelease{
		Type: "weight", FirstBatchWeight: new(20), FirstBatchReplica: new(1), RemainingBatch: new(2), DeploymentMode: new(4),
	}}
}

// paused waits until a gray release waits for a decision.
func (s *suite) paused(t *testing.T, job string) {
	t.Helper()
	s.succeeded(t, job)
	status := s.read(t).Status.ComponentStatus
	require.Contains(t, []string{servicestageclient.ComponentGraying, servicestageclient.ComponentUpgrading}, status, "the first batch is not the end")
	s.refused(t, ask(s.client.ComponentAction, s.action(servicestageclient.ActionRestart)), busy()...)
}

func (s *suite) releaseGray(t *testing.T) {
	t.Helper()
	c := s.client
	s.paused(t, call(t, s, c.UpdateComponent, s.update(t, "1.0.3", 1, gray())).JobID)
	check := call(t, s, c.ComponentAction, s.action(servicestageclient.ActionCheckGrayRelease))
	require.NotEmpty(t, check.Result+check.JobID)
	s.succeeded(t, call(t, s, c.ComponentAction, s.action(servicestageclient.ActionContinueDeploy)).JobID)
	s.running(t, "1.0.3")
	version, records := s.current(t)
	require.Equal(t, "1.0.3", version)
	require.Len(t, records[0].Jobs, 2, "the jobs of a release are in one record")

	s.paused(t, call(t, s, c.UpdateComponent, s.update(t, "1.0.4", 0, gray())).JobID)
	back := s.action(servicestageclient.ActionRollback)
	back.Parameters = &servicestageclient.ActionParameters{Version: "1.0.3"}
	s.succeeded(t, call(t, s, c.ComponentAction, back).JobID)
	s.running(t, "1.0.3")
	version, _ = s.current(t)
	require.Equal(t, "1.0.3", version)
}

// action is an action on the component of the story.
func (s *suite) action(name string) *servicestageclient.ComponentActionInput {
	return &servicestageclient.ComponentActionInput{ApplicationID: s.world.application, ComponentID: s.world.component, Action: name}
}

func (s *suite) act(t *testing.T) {
	t.Helper()
	c := s.client
	s.refused(t, ask(c.ComponentAction, s.action("dance")), servicestageclient.CodeUnknownAction)
	s.refused(t, ask(c.ComponentAction, s.action(servicestageclient.ActionContinueDeploy)), busy()...)
	scale := s.action(servicestageclient.ActionScale)
	scale.Parameters = &servicestageclient.ActionParameters{Replica: new(2)}
	s.succeeded(t, call(t, s, c.ComponentAction, scale).JobID)
	require.Equal(t, 2, s.running(t, "1.0.3").Replica)
	s.succeeded(t, call(t, s, c.ComponentAction, s.action(servicestageclient.ActionRestart)).JobID)
	s.running(t, "1.0.3")
	s.succeeded(t, call(t, s, c.ComponentAction, s.action(servicestageclient.ActionStop)).JobID)
	require.Equal(t, servicestageclient.ComponentStopped, s.read(t).Status.ComponentStatus)
	s.succeeded(t, call(t, s, c.ComponentAction, s.action(servicestageclient.ActionStart)).JobID)
	s.running(t, "1.0.3")
}

// adopt imports a workload that was made without ServiceStage, and deletes it.
func (s *suite) adopt(t *testing.T) {
	t.Helper()
	c, name := s.client, s.world.name+"-i"
	out := call(t, s, c.ImportComponent, &servicestageclient.ImportComponentInput{
		ApplicationID: s.world.application, CreateMode: "import", Name: name, WorkloadName: name, WorkloadKind: "deployment",
		EnvironmentID: s.world.environment, Version: "1.0.0", RuntimeStack: stack(), ReferResources: s.cluster(),
	})
	require.NotEmpty(t, out.InstanceID)
	s.deleted(t, out.InstanceID)
}

// deleted deletes a component and waits until it is not there.
func (s *suite) deleted(t *testing.T, id string) {
	t.Helper()
	call(t, s, s.client.DeleteComponent, &servicestageclient.DeleteComponentInput{ApplicationID: s.world.application, ComponentID: id})
	s.await(t, "the end of component "+id, func() bool {
		_, err := s.client.GetComponent(t.Context(), &servicestageclient.GetComponentInput{ApplicationID: s.world.application, ComponentID: id})
		require.True(t, err == nil || cloudapi.ClassOf(err) == cloudapi.ErrNotFound, "%v", err)
		return err != nil
	})
}

func (s *suite) stacks(t *testing.T) {
	t.Helper()
	c := s.client
	require.NotEmpty(t, call(t, s, c.ListRuntimeStacks, &servicestageclient.ListRuntimeStacksInput{}).RuntimeStacks)
	require.NotEmpty(t, call(t, s, c.ListInnerImages, &servicestageclient.ListInnerImagesInput{}).RuntimeStacks)
	create := &servicestageclient.CreateRuntimeStackInput{Name: s.world.name, DeployMode: "virtualmachine", Type: "Java", Version: "1.0.0", Description: new("made by servicestagetest")}
	create.Spec = &servicestageclient.RuntimeStackSpec{OS: "Linux", SDK: "OpenJDK-8", Parameters: map[string]string{"url": "swr.test/team/java:8"}}
	out := call(t, s, c.CreateRuntimeStack, create)
	call(t, s, c.UpdateRuntimeStack, &servicestageclient.UpdateRuntimeStackInput{
		RuntimestackID: out.ID, Name: create.Name, DeployMode: create.DeployMode, Type: create.Type, Version: "1.0.1", Spec: create.Spec,
	})
	require.Equal(t, "1.0.1", call(t, s, c.GetRuntimeStack, &servicestageclient.GetRuntimeStackInput{RuntimestackID: out.ID}).Version)
	for _, action := range []string{"Supported", "Disable"} {
		call(t, s, c.ReleaseRuntimeStacks, &servicestageclient.ReleaseRuntimeStacksInput{
			Action: action, Parameters: &servicestageclient.ReleaseRuntimeStacksParameters{Runtimestacks: []servicestageclient.RuntimeStackID{{ID: out.ID}}},
		})
	}
	call(t, s, c.DeleteRuntimeStack, &servicestageclient.DeleteRuntimeStackInput{RuntimestackID: out.ID})
}

// archive is a zip file with one configuration file.
func archive(t *testing.T, group string) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	file, err := w.Create(group + "/imported.yaml")
	require.NoError(t, err)
	_, err = file.Write([]byte("a: 1\n"))
	require.NoError(t, err)
	require.NoError(t, w.Close())
	return b.Bytes()
}

func (s *suite) configure(t *testing.T) {
	t.Helper()
	c := s.client
	group := call(t, s, c.CreateConfigGroup, &servicestageclient.CreateConfigGroupInput{Name: s.world.name, Description: new("made by servicestagetest")})
	require.Equal(t, group.Name, call(t, s, c.GetConfigGroup, &servicestageclient.GetConfigGroupInput{ConfigGroupID: group.ID}).Name)
	require.NotEmpty(t, call(t, s, c.ListConfigGroups, &servicestageclient.ListConfigGroupsInput{Name: &s.world.name, Limit: new(10), Offset: new(0)}).ConfigGroups)
	file := call(t, s, c.CreateConfig, &servicestageclient.CreateConfigInput{ConfigGroupID: group.ID, Name: "first", Content: "a: 1\n", Type: "yaml", Sensitive: false})
	call(t, s, c.UpdateConfig, &servicestageclient.UpdateConfigInput{ConfigID: file.ID, ConfigGroupID: group.ID, Content: "a: 2\n", Type: "yaml"})
	require.Equal(t, "a: 2\n", string(call(t, s, c.GetConfig, &servicestageclient.GetConfigInput{ConfigID: file.ID}).Content))
	histories := call(t, s, c.ListConfigHistories, &servicestageclient.ListConfigHistoriesInput{ConfigID: file.ID, Limit: new(10), Offset: new(0)}).Histories
	require.NotEmpty(t, histories)
	oldest := histories[len(histories)-1].ConfigHistoryID
	require.Equal(t, "a: 1\n", string(call(t, s, c.GetConfigHistory, &servicestageclient.GetConfigHistoryInput{ConfigID: file.ID, ConfigHistoryID: oldest}).Content))
	call(t, s, c.DeleteConfigHistory, &servicestageclient.DeleteConfigHistoryInput{ConfigID: file.ID, ConfigHistoryID: oldest})
	imported := call(t, s, c.ImportConfigs, &servicestageclient.ImportConfigsInput{UploadFile: archive(t, s.world.name), RepetitionPolicy: new("covered")})
	require.Equal(t, 1, imported.TotalNum)
	files := call(t, s, c.ListConfigs, &servicestageclient.ListConfigsInput{ConfigGroupID: &group.ID, Limit: new(10), Offset: new(0)}).Configs
	require.Len(t, files, 2)
	for _, file := range files {
		call(t, s, c.DeleteConfig, &servicestageclient.DeleteConfigInput{ConfigID: file.ID})
	}
	call(t, s, c.DeleteConfigGroup, &servicestageclient.DeleteConfigGroupInput{ConfigGroupID: group.ID})
}

func (s *suite) addons(t *testing.T) {
	t.Helper()
	c, environment := s.client, s.world.environment
	metadata := call(t, s, c.ListAddonMetadata, &servicestageclient.ListAddonMetadataInput{EnvironmentID: environment}).Addons
	require.NotEmpty(t, metadata)
	out := call(t, s, c.CreateAddon, &servicestageclient.CreateAddonInput{EnvironmentID: environment, CCEID: s.World.Cluster, CSEID: new("default"), Name: metadata[0].Name})
	s.succeeded(t, out.JobID)
	require.Equal(t, out.ID, call(t, s, c.GetAddon, &servicestageclient.GetAddonInput{EnvironmentID: environment, AddonID: out.ID}).ID)
	require.NotEmpty(t, call(t, s, c.ListAddons, &servicestageclient.ListAddonsInput{EnvironmentID: environment}).Addons)
	s.succeeded(t, call(t, s, c.AddonAction, &servicestageclient.AddonActionInput{EnvironmentID: environment, AddonID: out.ID, Action: "restart"}).JobID)
	s.succeeded(t, call(t, s, c.DeleteAddon, &servicestageclient.DeleteAddonInput{EnvironmentID: environment, AddonID: out.ID}).JobID)
}

// endIt deletes what the story has made.
func (s *suite) endIt(t *testing.T) {
	t.Helper()
	for _, component := range []string{s.world.built, s.world.component} {
		if component != "" {
			s.deleted(t, component)
		}
	}
	s.world.component, s.world.built = "", ""
	s.endEngine(t)
	call(t, s, s.client.DeleteApplication, &servicestageclient.DeleteApplicationInput{ApplicationID: s.world.application})
	call(t, s, s.client.DeleteEnvironment, &servicestageclient.DeleteEnvironmentInput{EnvironmentID: s.world.environment})
	_, err := s.client.GetEnvironment(t.Context(), &servicestageclient.GetEnvironmentInput{EnvironmentID: s.world.environment})
	require.ErrorIs(t, err, cloudapi.ErrNotFound)
	s.world.application, s.world.environment = "", ""
}
