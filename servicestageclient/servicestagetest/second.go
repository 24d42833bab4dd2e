package servicestagetest

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"slipway/cloudapi"
	"slipway/servicestageclient"
	"slipway/servicestageclient/v2"
)

// tellSecond tells the story of the second generation, and ends it.
func (s *suite) tellSecond(t *testing.T) {
	t.Helper()
	c, name := s.second, s.world.name+"-v2"
	runtimes := call(t, s, c.ListRuntimesV2, &v2.ListRuntimesV2Input{}).Runtimes
	require.True(t, slices.ContainsFunc(runtimes, func(r v2.Runtime) bool { return r.TypeName == "Docker" }))
	flavors := call(t, s, c.ListFlavorsV2, &v2.ListFlavorsV2Input{}).Flavors
	require.NotEmpty(t, flavors)

	cluster := v2.Resource{ID: s.World.Cluster, Type: "cce"}
	environment := call(t, s, c.CreateEnvironmentV2, &v2.CreateEnvironmentV2Input{
		Name: name, DeployMode: "container", EnterpriseProjectID: new("0"), VPCID: s.World.VPC, BaseResources: []v2.Resource{cluster},
	}).ID
	call(t, s, c.UpdateEnvironmentV2, &v2.UpdateEnvironmentV2Input{EnvironmentID: environment, Alias: new("second"), Description: new("changed")})
	call(t, s, c.ModifyEnvironmentResourcesV2, &v2.ModifyEnvironmentResourcesV2Input{
		EnvironmentID: environment, AddOptionalResources: []v2.OptionalResource{{ID: "default", Type: "cse"}},
	})
	require.Len(t, call(t, s, c.GetEnvironmentV2, &v2.GetEnvironmentV2Input{EnvironmentID: environment}).OptionalResources, 1)
	call(t, s, c.ListEnvironmentsV2, &v2.ListEnvironmentsV2Input{Limit: new(10), Offset: new(0)})

	application := call(t, s, c.CreateApplicationV2, &v2.CreateApplicationV2Input{Name: name, EnterpriseProjectID: new("0")}).ID
	call(t, s, c.UpdateApplicationV2, &v2.UpdateApplicationV2Input{ApplicationID: application, Name: &name, Description: new("changed")})
	call(t, s, c.GetApplicationV2, &v2.GetApplicationV2Input{ApplicationID: application})
	call(t, s, c.ListApplicationsV2, &v2.ListApplicationsV2Input{Limit: new(10), Offset: new(0)})
	call(t, s, c.UpdateApplicationConfigurationV2, &v2.UpdateApplicationConfigurationV2Input{
		ApplicationID: application, EnvironmentID: environment, Configuration: &v2.AppConfiguration{Env: []v2.AppEnvVar{{Name: "LANG", Value: "C"}}},
	})
	require.Len(t, call(t, s, c.GetApplicationConfigurationV2, &v2.GetApplicationConfigurationV2Input{ApplicationID: application, EnvironmentID: &environment}).Configuration, 1)
	call(t, s, c.DeleteApplicationConfigurationV2, &v2.DeleteApplicationConfigurationV2Input{ApplicationID: application, EnvironmentID: environment})

	source := &v2.Source{Kind: "artifact", Spec: &v2.SourceSpec{Storage: "swr", Type: "image", URL: s.World.Images[0], Auth: "iam"}}
	component := call(t, s, c.CreateComponentV2, &v2.CreateComponentV2Input{ApplicationID: application, Name: "shop", Runtime: "Docker", Category: "Common", Source: source}).ID
	call(t, s, c.UpdateComponentV2, &v2.UpdateComponentV2Input{ApplicationID: application, ComponentID: component, Description: new("changed")})
	require.Equal(t, "shop", call(t, s, c.GetComponentV2, &v2.GetComponentV2Input{ApplicationID: application, ComponentID: component}).Name)
	require.Len(t, call(t, s, c.ListComponentsV2, &v2.ListComponentsV2Input{ApplicationID: application, Limit: new(10), Offset: new(0)}).Components, 1)

	s.tellInstance(t, instance{application: application, component: component, environment: environment, flavor: flavors[0].FlavorID})

	call(t, s, c.DeleteComponentV2, &v2.DeleteComponentV2Input{ApplicationID: application, ComponentID: component})
	call(t, s, c.DeleteApplicationV2, &v2.DeleteApplicationV2Input{ApplicationID: application})
	call(t, s, c.DeleteEnvironmentV2, &v2.DeleteEnvironmentV2Input{EnvironmentID: environment})
}

// instance says which component an instance deploys, and where.
type instance struct{ application, component, environment, flavor string }

// tellInstance makes an instance, releases it, goes back and deletes it.
func (s *suite) tellInstance(t *testing.T, of instance) {
	t.Helper()
	c := s.second
	out := call(t, s, c.CreateInstanceV2, &v2.CreateInstanceV2Input{
		ApplicationID: of.application, ComponentID: of.component, EnvironmentID: of.environment, Name: "shop-1", Version: "1.0.0", Replica: 2, FlavorID: of.flavor,
		ReferResources: []v2.ReferResource{{ID: s.World.Cluster, Type: "cce", Parameters: namespace()}},
		Artifacts:      s.artifacts(0),
	})
	id := out.InstanceID
	s.succeededV2(t, out.JobID, id)
	s.refused(t, ask(c.DeleteComponentV2, &v2.DeleteComponentV2Input{ApplicationID: of.application, ComponentID: of.component}), "SVCSTG.00100402")

	update := &v2.UpdateInstanceV2Input{ApplicationID: of.application, ComponentID: of.component, InstanceID: id, Version: "1.0.1", Artifacts: s.artifacts(1)}
	update.Configuration = &v2.InstanceConfiguration{Strategy: &v2.UpgradeStrategy{Upgrade: "RollingUpdate"}, Env: []v2.EnvVar{{Name: "LANG", Value: "C"}}}
	s.succeededV2(t, call(t, s, c.UpdateInstanceV2, update).JobID, id)
	have := call(t, s, c.GetInstanceV2, &v2.GetInstanceV2Input{ApplicationID: of.application, ComponentID: of.component, InstanceID: id})
	require.Equal(t, "1.0.1", have.Version)
	require.Equal(t, servicestageclient.ComponentRunning, have.StatusDetail.Status)
	list := call(t, s, c.ListInstancesV2, &v2.ListInstancesV2Input{ApplicationID: of.application, ComponentID: of.component, Limit: new(10), Offset: new(0)})
	require.Len(t, list.Instances, 1)
	snapshots := call(t, s, c.ListInstanceSnapshotsV2, &v2.ListInstanceSnapshotsV2Input{ApplicationID: of.application, ComponentID: of.component, InstanceID: id, Limit: new(10), Offset: new(0)})
	require.NotEmpty(t, snapshots.Snapshots)

	for _, action := range []v2.InstanceActionV2Input{
		{Action: "rollback", Parameters: &v2.ActionParameters{Version: snapshots.Snapshots[len(snapshots.Snapshots)-1].Version}},
		{Action: "scale", Parameters: &v2.ActionParameters{Replica: new(1)}},
		{Action: "restart"},
		{Action: "stop"},
		{Action: "start"},
	} {
		action.ApplicationID, action.ComponentID, action.InstanceID = of.application, of.component, id
		s.succeededV2(t, call(t, s, c.InstanceActionV2, &action).JobID, id)
	}
	s.succeededV2(t, call(t, s, c.DeleteInstanceV2, &v2.DeleteInstanceV2Input{ApplicationID: of.application, ComponentID: of.component, InstanceID: id}).JobID, id)
	_, err := c.GetInstanceV2(t.Context(), &v2.GetInstanceV2Input{ApplicationID: of.application, ComponentID: of.component, InstanceID: id})
	require.ErrorIs(t, err, cloudapi.ErrNotFound)
}

// artifacts are those of an instance, by the name of the component.
func (s *suite) artifacts(image int) map[string]v2.Artifact {
	return map[string]v2.Artifact{"shop": {Storage: "swr", Type: "image", URL: s.World.Images[image], Auth: "iam"}}
}

// succeededV2 waits for the end of a job, which has to be a success.
func (s *suite) succeededV2(t *testing.T, id, instance string) {
	t.Helper()
	status := ""
	s.await(t, "job "+id, func() bool {
		job := call(t, s, s.second.GetJobV2, &v2.GetJobV2Input{JobID: id, InstanceID: &instance, Limit: new(100), Offset: new(0)})
		require.NotZero(t, job.TaskCount, "clients look at the last task")
		require.Len(t, job.Tasks, job.TaskCount)
		status = job.Job.ExecutionStatus
		return status != servicestageclient.JobRunning && status != servicestageclient.JobSubmitted && status != servicestageclient.JobScheduled
	})
	require.Equal(t, servicestageclient.JobSucceeded, status)
}
