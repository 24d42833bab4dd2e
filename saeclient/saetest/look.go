package saetest

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// enough is how many things of a kind are looked at.
const enough = 3

// some gives the first things of a list.
func some(list []answer) []answer { return list[:min(len(list), enough)] }

// lookAtWhatThereIs reads what happens to exist, and changes nothing.
func (s *suite) lookAtWhatThereIs(t *testing.T) {
	t.Helper()
	s.lookAtThePlatform(t)
	for _, space := range some(s.call(t, "DescribeNamespaceList", "ContainCustom", "true").list("Data")) {
		s.lookAtNamespace(t, space.text("NamespaceId"), space["Custom"] == true)
	}
	for _, app := range some(s.call(t, "ListApplications", "CurrentPage", "1", "PageSize", "10").data().list("Applications")) {
		s.lookAtApplication(t, app.text("AppId"))
		s.lookAtOrders(t, app.text("AppId"))
		s.lookAtRouting(t, app.text("AppId"))
		s.lookAtServices(t, app.text("AppId"))
	}
	for _, job := range some(s.call(t, "ListJobs", "Workload", "job", "CurrentPage", "1", "PageSize", "10").data().list("Applications")) {
		id := []string{"AppId", job.text("AppId")}
		s.call(t, "DescribeJob", id...)
		s.call(t, "DescribeJobStatus", id...)
		s.call(t, "DescribeJobHistory", id...)
	}
}

// lookAtThePlatform reads what is the same for all accounts.
func (s *suite) lookAtThePlatform(t *testing.T) {
	t.Helper()
	if !s.lacks("DescribeRegions") {
		require.NotEmpty(t, s.call(t, "DescribeRegions").object("Regions").list("Region"))
	}
	for _, kind := range []string{"TOMCAT", "JDK"} {
		for _, component := range s.call(t, "DescribeComponents", "Type", kind).list("Data") {
			require.Equal(t, kind, component.text("Type"))
		}
	}
	s.call(t, "DescribeEdasContainers")
	require.NotEmpty(t, s.call(t, "DescribeInstanceSpecifications").list("Data"))
	s.call(t, "DescribeNamespaces", "CurrentPage", "1", "PageSize", "10")
}

// lookAtNamespace reads a namespace and what is in it. The reference forbids to describe the default one.
func (s *suite) lookAtNamespace(t *testing.T, id string, custom bool) {
	t.Helper()
	if custom {
		require.Equal(t, id, s.call(t, "DescribeNamespace", "NamespaceId", id).data().text("NamespaceId"))
		s.call(t, "DescribeNamespaceResources", "NamespaceId", id)
	}
	s.call(t, "ListAppEvents", "Namespace", id, "CurrentPage", "1", "PageSize", "10")
	s.call(t, "ListNamespaceChangeOrders", "NamespaceId", id, "CurrentPage", "1", "PageSize", "10")
	for _, config := range some(s.call(t, "ListNamespacedConfigMaps", "NamespaceId", id).data().list("ConfigMaps")) {
		described := s.call(t, "DescribeConfigMap", "ConfigMapId", config.text("ConfigMapId")).data()
		require.Equal(t, config.text("Name"), described.text("Name"))
	}
	for _, secret := range some(s.call(t, "ListSecrets", "NamespaceId", id).data().list("Secrets")) {
		described := s.call(t, "DescribeSecret", "NamespaceId", id, "SecretId", secret.text("SecretId")).data()
		require.Equal(t, secret.text("SecretName"), described.text("SecretName"))
	}
	for _, ingress := range some(s.call(t, "ListIngresses", "NamespaceId", id, "CurrentPage", "1", "PageSize", "10").data().list("IngressList")) {
		described := s.call(t, "DescribeIngress", "IngressId", ingress.text("Id")).data()
		require.Equal(t, ingress.text("SlbId"), described.text("SlbId"))
	}
}

// lookAtApplication reads an application, its versions and its instances.
func (s *suite) lookAtApplication(t *testing.T, id string) {
	t.Helper()
	s.call(t, "DescribeApplicationStatus", "AppId", id)
	require.Equal(t, id, s.call(t, "GetApplication", "AppId", id).object("Application").text("AppId"))
	config := s.call(t, "DescribeApplicationConfig", "AppId", id).data()
	require.Equal(t, id, config.text("AppId"))
	if image := config.text("ImageUrl"); image != "" {
		s.call(t, "DescribeApplicationImage", "AppId", id, "ImageUrl", image)
	}
	for _, version := range some(s.call(t, "ListAppVersions", "AppId", id).list("Data")) {
		s.call(t, "DescribeApplicationConfig", "AppId", id, "VersionId", version.text("Id"))
	}
	for _, instance := range some(s.instances(t, id)) {
		s.call(t, "DescribeInstanceLog", "InstanceId", instance.text("InstanceId"))
		s.call(t, "DescribeInstanceLog", "InstanceId", instance.text("InstanceId"), "Previous", "true")
	}
	s.call(t, "ListLogConfigs", "AppId", id, "CurrentPage", "1", "PageSize", "10")
	s.call(t, "QueryResourceStatics", "AppId", id)
}

// instances lists the instances of an application that filters leave.
func (s *suite) instances(t *testing.T, app string, filters ...string) []answer {
	t.Helper()
	var all []answer
	for _, group := range s.call(t, "DescribeApplicationGroups", "AppId", app, "CurrentPage", "1", "PageSize", "10").list("Data") {
		page := s.call(t, "DescribeApplicationInstances", append(filters, "AppId", app, "GroupId", group.text("GroupId"), "CurrentPage", "1", "PageSize", "50")...)
		all = append(all, page.data().list("Instances")...)
	}
	return all
}

// lookAtOrders reads the change orders of an application with their batches.
func (s *suite) lookAtOrders(t *testing.T, app string) {
	t.Helper()
	for _, listed := range some(s.call(t, "ListChangeOrders", "AppId", app, "CurrentPage", "1", "PageSize", "10").data().list("ChangeOrderList")) {
		described := s.order(t, listed.text("ChangeOrderId"))
		require.Equal(t, listed.text("CoTypeCode"), described.CoTypeCode)
		for _, pipeline := range described.Pipelines {
			s.call(t, "DescribePipeline", "PipelineId", pipeline.PipelineID)
		}
	}
}

// lookAtRouting reads scaling rules, gray routes, load balancers and tags of an application.
func (s *suite) lookAtRouting(t *testing.T, app string) {
	t.Helper()
	for _, rule := range some(s.call(t, "DescribeApplicationScalingRules", "AppId", app).data().list("ApplicationScalingRules")) {
		described := s.call(t, "DescribeApplicationScalingRule", "AppId", app, "ScalingRuleName", rule.text("ScaleRuleName")).data()
		require.Equal(t, rule.text("ScaleRuleType"), described.text("ScaleRuleType"))
	}
	for _, route := range some(s.call(t, "ListGreyTagRoute", "AppId", app).data().list("Result")) {
		s.call(t, "DescribeGreyTagRoute", "GreyTagRouteId", route.text("GreyTagRouteId"))
	}
	s.call(t, "DescribeApplicationSlbs", "AppId", app)
	s.call(t, "ListTagResources", "RegionId", s.Region, "ResourceType", "application", "ResourceIds", jsonText(t, []string{app}))
}

// lookAtServices reads the microservices of an application, and tells how many it publishes and consumes.
func (s *suite) lookAtServices(t *testing.T, app string) (published, consumed int) {
	t.Helper()
	consumed = len(s.call(t, "ListConsumedServices", "AppId", app).list("Data"))
	services := s.call(t, "ListPublishedServices", "AppId", app).list("Data")
	s.call(t, "ListAppServices", "AppId", app, "RegistryType", "0", "PageNumber", "1", "PageSize", "10")
	if len(services) == 0 {
		return 0, consumed
	}
	kind := "springCloud"
	if services[0].text("Type") == "dubbo" {
		kind = "dubbo"
	}
	for _, page := range s.call(t, "ListAppServicesPage", "AppId", app, "ServiceType", kind, "PageNumber", "1", "PageSize", "10").list("Data") {
		for _, service := range some(page.list("Result")) {
			s.call(t, "DescribeAppServiceDetail", "AppId", app, "ServiceName", service.text("ServiceName"),
				"ServiceVersion", service.text("Version"), "ServiceGroup", service.text("Group"), "ServiceType", kind)
		}
	}
	return len(services), consumed
}
