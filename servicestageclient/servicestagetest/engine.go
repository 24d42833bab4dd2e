package servicestagetest

import (
	"testing"

	"github.com/stretchr/testify/require"

	"slipway/cloudapi"
	"slipway/servicestageclient/cse"
	"slipway/servicestageclient/servicecomb"
)

func toSecret(text string) cloudapi.Secret { return cloudapi.Secret(text) }

// tellEngine makes an engine, and deletes it.
func (s *suite) tellEngine(t *testing.T) {
	t.Helper()
	c := s.engines
	require.NotEmpty(t, call(t, s, c.ListEngineFlavors, &cse.ListEngineFlavorsInput{SpecType: new("CSE2")}).Data)
	call(t, s, c.ListEngines, &cse.ListEnginesInput{Limit: new(10), Offset: new(0)})
	if !s.World.Engines {
		return
	}
	create := s.engineOf("b", "RBAC")
	create.AuthCred = &cse.AuthCred{Password: "Engine-Password-1"}
	out := call(t, s, c.CreateEngine, create)
	s.refused(t, ask(c.CreateEngine, create), "SVCSTG.00501111", "SVCSTG.00501201")
	s.refused(t, ask(c.DeleteEngine, &cse.DeleteEngineInput{EngineID: out.ID}), "SVCSTG.00501117")
	s.finished(t, out.ID, out.JobID)
	require.Equal(t, out.ID, call(t, s, c.GetEngine, &cse.GetEngineInput{EngineID: out.ID}).ID)
	token := call(t, s, s.registry.CreateEngineToken, &servicecomb.CreateEngineTokenInput{Name: "root", Password: create.AuthCred.Password})
	require.NotEmpty(t, token.Token)
	bearer := new("Bearer " + token.Token)
	call(t, s, s.registry.ListMicroservices, &servicecomb.ListMicroservicesInput{Authorization: bearer})
	_, err := s.registry.ListMicroservices(t.Context(), &servicecomb.ListMicroservicesInput{Authorization: new(toSecret("Bearer none"))})
	require.ErrorIs(t, err, cloudapi.ErrAuth)
	gone := call(t, s, c.DeleteEngine, &cse.DeleteEngineInput{EngineID: out.ID})
	s.finished(t, out.ID, gone.JobID)

	open := call(t, s, c.CreateEngine, s.engineOf("a", "NONE"))
	s.world.engine = open.ID
	s.finished(t, open.ID, open.JobID)
}

// engineOf is an engine of a name that ends so, with or without security authentication.
func (s *suite) engineOf(end, authentication string) *cse.CreateEngineInput {
	return &cse.CreateEngineInput{
		Name: s.world.name[len("service"):] + end, Payment: "1", Flavor: "cse.s1.small2", AZList: []string{"az1"}, AuthType: authentication,
		VPC: s.World.VPC, VPCID: s.World.VPC, NetworkID: "servicestagetest-network", SubnetCIDR: "192.168.0.0/24", SpecType: "CSE2",
	}
}

// endEngine deletes the engine of the story.
func (s *suite) endEngine(t *testing.T) {
	t.Helper()
	if s.world.engine != "" {
		gone := call(t, s, s.engines.DeleteEngine, &cse.DeleteEngineInput{EngineID: s.world.engine})
		s.finished(t, s.world.engine, gone.JobID)
		s.world.engine = ""
	}
}

// finished waits for the end of a job of an engine.
func (s *suite) finished(t *testing.T, engine string, job int) {
	t.Helper()
	s.await(t, "the job of engine "+engine, func() bool {
		have := call(t, s, s.engines.GetEngineJob, &cse.GetEngineJobInput{EngineID: engine, JobID: textOf(job)})
		require.NotContains(t, []string{"Error", "Failed"}, have.Status)
		return have.Status == "Finished"
	})
}

func (s *suite) tellRegistry(t *testing.T) {
	t.Helper()
	c, name := s.registry, s.world.name
	create := func(service string) *servicecomb.CreateMicroserviceInput {
		return &servicecomb.CreateMicroserviceInput{Service: &servicecomb.Microservice{
			ServiceName: service, AppID: name, Version: "1.0.0", Environment: "development", Schemas: []string{"api"},
		}}
	}
	provider := call(t, s, c.CreateMicroservice, create("stock")).ServiceID
	consumer := call(t, s, c.CreateMicroservice, create("shop")).ServiceID
	require.Equal(t, provider, call(t, s, c.CheckMicroserviceExistence, &servicecomb.CheckMicroserviceExistenceInput{
		Type: "microservice", AppID: &name, ServiceName: new("stock"), Version: new("1.0.0"), Env: new("development"),
	}).ServiceID)
	require.Equal(t, "stock", call(t, s, c.GetMicroservice, &servicecomb.GetMicroserviceInput{ServiceID: provider}).Service.ServiceName)
	require.NotEmpty(t, call(t, s, c.ListMicroservices, &servicecomb.ListMicroservicesInput{}).Services)
	call(t, s, c.UpdateMicroserviceProperties, &servicecomb.UpdateMicroservicePropertiesInput{ServiceID: provider, Properties: map[string]string{"team": "shop"}})
	call(t, s, c.UpdateMicroserviceSchema, &servicecomb.UpdateMicroserviceSchemaInput{ServiceID: provider, SchemaID: "api", Schema: "swagger: '2.0'", Summary: new("00")})
	require.NotEmpty(t, call(t, s, c.GetMicroserviceSchema, &servicecomb.GetMicroserviceSchemaInput{ServiceID: provider, SchemaID: "api"}).Schema)
	require.NotEmpty(t, call(t, s, c.ListMicroserviceSchemas, &servicecomb.ListMicroserviceSchemasInput{ServiceID: provider, WithSchema: new(1)}).Schemas)
	call(t, s, c.CreateMicroserviceDependencies, &servicecomb.CreateMicroserviceDependenciesInput{Dependencies: []servicecomb.Dependency{{
		Consumer:  &servicecomb.DependencyService{AppID: name, ServiceName: "shop", Environment: "development"},
		Providers: []servicecomb.DependencyService{{AppID: name, ServiceName: "stock", Environment: "development"}},
	}}})
	call(t, s, c.ListMicroserviceProviders, &servicecomb.ListMicroserviceProvidersInput{ConsumerID: consumer})

	s.tellInstances(t, provider)
	s.refused(t, ask(c.GetMicroservice, &servicecomb.GetMicroserviceInput{ServiceID: "servicestagetest-nothing"}), "400012", "404001")
	call(t, s, c.DeleteMicroservice, &servicecomb.DeleteMicroserviceInput{ServiceID: consumer, Force: new(true)})
	call(t, s, c.BatchDeleteMicroservices, &servicecomb.BatchDeleteMicroservicesInput{Force: new(true), ServiceIDs: []string{provider}})
}

// tellInstances registers an instance of a microservice, finds it and takes it out.
func (s *suite) tellInstances(t *testing.T, service string) {
	t.Helper()
	c, name := s.registry, s.world.name
	id := call(t, s, c.RegisterMicroserviceInstance, &servicecomb.RegisterMicroserviceInstanceInput{ServiceID: service, Instance: &servicecomb.Instance{
		HostName: "host-1", Endpoints: []string{"rest:127.0.0.1:8080"}, HealthCheck: &servicecomb.HealthCheck{Mode: "push", Interval: 30, Times: 3},
	}}).InstanceID
	require.Equal(t, id, call(t, s, c.GetMicroserviceInstance, &servicecomb.GetMicroserviceInstanceInput{ServiceID: service, InstanceID: id}).Instance.InstanceID)
	require.Len(t, call(t, s, c.ListMicroserviceInstances, &servicecomb.ListMicroserviceInstancesInput{ServiceID: service}).Instances, 1)
	require.Len(t, call(t, s, c.FindMicroserviceInstances, &servicecomb.FindMicroserviceInstancesInput{AppID: name, ServiceName: "stock", Env: new("development")}).Instances, 1)
	call(t, s, c.BatchFindMicroserviceInstances, &servicecomb.BatchFindMicroserviceInstancesInput{Type: "query", Services: []servicecomb.FindService{
		{Service: &servicecomb.DependencyKey{Environment: "development", AppID: name, ServiceName: "stock"}},
	}})
	call(t, s, c.UpdateMicroserviceInstanceProperties, &servicecomb.UpdateMicroserviceInstancePropertiesInput{ServiceID: service, InstanceID: id, Properties: map[string]string{"zone": "a"}})
	call(t, s, c.UpdateMicroserviceInstanceStatus, &servicecomb.UpdateMicroserviceInstanceStatusInput{ServiceID: service, InstanceID: id, Value: "OUTOFSERVICE"})
	call(t, s, c.SendInstanceHeartbeat, &servicecomb.SendInstanceHeartbeatInput{ServiceID: service, InstanceID: id})
	call(t, s, s.center.ReportMicroserviceMetrics, &cse.ReportMicroserviceMetricsInput{
		DomainName: "servicestagetest", Name: new("stock"), AppID: &name, ServiceID: &service, InstanceID: &id, Version: new("1.0.0"),
	})
	call(t, s, c.DeregisterMicroserviceInstance, &servicecomb.DeregisterMicroserviceInstanceInput{ServiceID: service, InstanceID: id})
}

func (s *suite) tellCenter(t *testing.T) {
	t.Helper()
	c, labels := s.registry, map[string]string{"app": s.world.name, "service": "stock"}
	label := "app:" + s.world.name
	made := call(t, s, c.CreateKv, &servicecomb.CreateKvInput{Key: "timeout", Value: new(toSecret("1s")), Labels: labels, ValueType: new("text"), Status: new("enabled")})
	call(t, s, c.UpdateKv, &servicecomb.UpdateKvInput{KVID: made.ID, Value: "2s", Status: new("enabled")})
	require.Equal(t, "2s", string(call(t, s, c.GetKv, &servicecomb.GetKvInput{KVID: made.ID}).Value))
	list := call(t, s, c.ListKvs, &servicecomb.ListKvsInput{Label: &label})
	require.Equal(t, 1, list.Total)
	call(t, s, s.center.GetConfigurationItems, &cse.GetConfigurationItemsInput{DimensionsInfo: "stock@" + s.world.name})
	if s.world.engine != "" {
		exported := call(t, s, s.center.ExportCseConfigs, &cse.ExportCseConfigsInput{EngineID: s.world.engine, Label: &label, IDs: []string{made.ID}})
		require.Len(t, exported.Data, 1)
	}
	call(t, s, c.DeleteKv, &servicecomb.DeleteKvInput{KVID: made.ID})
	s.refused(t, ask(c.GetKv, &servicecomb.GetKvInput{KVID: made.ID}), "SVCSTG.00400106", "404001")
	if s.world.engine == "" {
		return
	}
	imported := call(t, s, s.center.ImportCseConfigs, &cse.ImportCseConfigsInput{
		EngineID: s.world.engine, Override: "force", UploadFile: []byte(`{"data":[{"key":"timeout","value":"3s","labels":{"app":"` + s.world.name + `"},"status":"enabled","value_type":"text"}]}`),
	})
	require.Len(t, imported.Success, 1)
	var ids []string
	for _, item := range call(t, s, c.ListKvs, &servicecomb.ListKvsInput{Label: &label}).Data {
		ids = append(ids, item.ID)
	}
	call(t, s, c.BatchDeleteKvs, &servicecomb.BatchDeleteKvsInput{IDs: ids})
}
