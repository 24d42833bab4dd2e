package saetest

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"slipway/cloudapi"
)

// refusal is a request that the reference forbids.
type refusal struct {
	operation, code string
	params          []string
}

const (
	empty     = "InvalidParameter.NotEmpty"
	obviously = "InvalidParameter.Obviously"
	message   = "InvalidParameter.WithMessage"
	noApp     = "InvalidApplication.NotFound"
	noAppID   = "InvalidAppId.NotFound"
	noSpace   = "InvalidNamespaceId.NotFound"
	noOrder   = "InvalidChangeOrder.NotFound"
	noRegion  = "InvalidServerlessRegion.Unsupported"

	// nobody is the ID of an application that does not exist.
	nobody = "00000000-0000-0000-0000-000000000000"
)

// refuseReads asks for things that do not exist, and changes nothing even where it is not refused.
func (s *suite) refuseReads(t *testing.T) {
	t.Helper()
	lanes, _ := s.laneRefusals()
	for _, r := range slices.Concat(s.readRefusals(), s.newerReadRefusals(), lanes) {
		s.refused(t, r.operation, r.code, r.params...)
	}
	if s.Elsewhere == nil {
		return
	}
	for _, op := range Operations() {
		if !op.Mutates {
			s.refusedBy(t, s.Elsewhere, op.Name, noRegion, examples(op)...)
		}
	}
}

// examples are the parameters of the reference's own request.
func examples(op cloudapi.Operation) []string {
	var params []string
	for _, p := range op.Params {
		if p.Required {
			params = append(params, p.Name, p.Example)
		}
	}
	return params
}

// readRefusals are those of operations that change nothing.
func (s *suite) readRefusals() []refusal {
	nowhere := []string{"NamespaceId", s.Region + ":saetest-none"}
	app := []string{"AppId", nobody}
	tagged := []string{"RegionId", s.Region, "ResourceType", "application", "ResourceIds", `["` + nobody + `"]`}
	refusals := []refusal{
		{"DescribeNamespace", noSpace, nowhere},
		{"DescribeNamespaces", message, []string{"CurrentPage", "1", "PageSize", "100001"}},
		{"DescribeNamespaceResources", obviously, nowhere},
		{"DescribeIngress", message, []string{"IngressId", "999999999"}},
		{"ListIngresses", obviously, nowhere},
		{"ListIngresses", empty, nil},
		{"DescribeApplicationConfig", noAppID, app},
		{"DescribeInstanceLog", empty, nil},
		{"DescribeComponents", "InvalidComponentType.NotFound", []string{"Type", "PYTHON"}},
		{"DescribeApplicationImage", noAppID, append(app, "ImageUrl", "a/b:1")},
		{"DescribeApplicationInstances", noAppID, append(app, "GroupId", "none")},
		{"DescribeApplicationGroups", noAppID, app},
		{"ListApplications", message, []string{"PageSize", "10001", "CurrentPage", "1"}},
		{"ListLogConfigs", noAppID, append(app, "PageSize", "10", "CurrentPage", "1")},
		{"ListAppEvents", empty, nil},
		{"ListAppVersions", noApp, app},
		{"QueryResourceStatics", noApp, app},
		{"DescribeApplicationScalingRule", noAppID, append(app, "ScalingRuleName", "none")},
		{"DescribeApplicationScalingRules", noAppID, app},
		{"DescribeApplicationStatus", noApp, app},
		{"DescribeApplicationStatus", empty, nil},
		{"DescribeJobStatus", noAppID, app},
		{"ListNamespaceChangeOrders", empty, nil},
		{"ListChangeOrders", noAppID, app},
		{"ListChangeOrders", empty, nil},
		{"DescribeChangeOrder", noOrder, []string{"ChangeOrderId", nobody}},
		{"DescribeChangeOrder", empty, nil},
		{"DescribePipeline", message, []string{"PipelineId", nobody}},
		{"DescribePipeline", empty, nil},
		{"DescribeApplicationSlbs", noApp, app},
		{"ListConsumedServices", noAppID, app},
		{"ListPublishedServices", noAppID, app},
		{"ListPublishedServices", empty, nil},
		{"ListAppServicesPage", obviously, []string{"AppId", nobody, "ServiceType", "grpc"}},
		{"DescribeAppServiceDetail", obviously, []string{"ServiceType", "springCloud"}},
		{"ListTagResources", obviously, tagged},
		{"ListTagResources", "InvalidResourceType.NotFound", []string{"RegionId", s.Region, "ResourceType", "instance", "ResourceIds", `["a"]`}},
		{"DescribeConfigMap", "NotFound.ConfigMap", []string{"ConfigMapId", "999999999"}},
		{"ListNamespacedConfigMaps", noSpace, nowhere},
		{"ListNamespacedConfigMaps", empty, nil},
		{"ListGreyTagRoute", noAppID, app},
		{"ListGreyTagRoute", empty, nil},
		{"DescribeGreyTagRoute", message, []string{"GreyTagRouteId", "999999999"}},
	}
	if s.Have.Consumer != "" {
		refusals = append(refusals, refusal{"ListAppServicesPage", "Micro.Service.NotFound", []string{"AppId", s.Have.Consumer, "ServiceType", "dubbo"}})
	}
	if s.Have.Provider != "" {
		refusals = append(refusals, refusal{
			"DescribeAppServiceDetail", "Micro.Service.MetaData.NotFound",
			[]string{"AppId", s.Have.Provider, "ServiceType", "springCloud", "ServiceName", "none"},
		})
	}
	return refusals
}

// refuseWrites asks for changes that the reference forbids. Most name things that do not exist.
func (s *suite) refuseWrites(t *testing.T) {
	t.Helper()
	_, lanes := s.laneRefusals()
	for _, r := range slices.Concat(
		s.lifecycleRefusals(), s.resourceRefusals(), s.deployRefusals(), s.balancerRefusals(), s.tagRefusals(t), s.newerWriteRefusals(t), lanes,
	) {
		s.refused(t, r.operation, r.code, r.params...)
	}
}

func (s *suite) lifecycleRefusals() []refusal {
	app, own := []string{"AppId", nobody}, []string{"AppId", s.world.app}
	refusals := []refusal{
		{"RestartInstances", noApp, append(app, "InstanceIds", "none")},
		{"RestartInstances", obviously, append(own, "InstanceIds", "none")},
		{"RestartInstances", empty, own},
		{"RollbackApplication", noApp, append(app, "VersionId", "none")},
		{"RollbackApplication", empty, own},
		{"RescaleApplication", noApp, append(app, "Replicas", "3")},
		{"RescaleApplication", "NoComputeResourceQuota.App.Exceed", append(own, "Replicas", "51")},
		{"RescaleApplication", "MinReadyInstances.Not.Smaller.Replicas", append(own, "Replicas", "3", "MinReadyInstances", "3")},
		{"RescaleApplication", "MinReadyInstanceRatio.Invalid", append(own, "Replicas", "3", "MinReadyInstanceRatio", "101")},
		{"RescaleApplicationVertically", noApp, append(app, "Cpu", "1000", "Memory", "2048")},
		{"RescaleApplicationVertically", empty, own},
		{"RescaleApplicationVertically", "InvalidInstanceSpecification.Unsupported", append(own, "Cpu", "500", "Memory", "131072")},
		{"ReduceApplicationCapacityByInstanceIds", noApp, append(app, "InstanceIds", "none")},
		{"ReduceApplicationCapacityByInstanceIds", obviously, append(own, "InstanceIds", "none")},
		{"UpdateAppSecurityGroup", noApp, append(app, "SecurityGroupId", "sg-none")},
		{"UpdateAppSecurityGroup", message, append(own, "SecurityGroupId", "none")},
		{"UpdateAppSecurityGroup", empty, own},
		{"ExecJob", noApp, app},
		{"RollbackApplication", "MinReadyInstanceRatio.Invalid", append(own, "VersionId", s.world.first, "MinReadyInstanceRatio", "101")},
		{"AbortChangeOrder", empty, nil},
		{"AbortAndRollbackChangeOrder", empty, nil},
		{"AbortAndRollbackChangeOrder", noOrder, []string{"ChangeOrderId", nobody}},
		{"ConfirmPipelineBatch", empty, nil},
		{"ConfirmPipelineBatch", message, []string{"PipelineId", nobody, "Confirm", "true"}},
		{"BatchStartApplications", obviously, []string{"NamespaceId", s.world.space, "AppIds", nobody}},
		{"BatchStartApplications", "Invalid.App.List.Not.Same.Namespace", []string{"NamespaceId", s.Region, "AppIds", s.world.app}},
		{"BatchStopApplications", obviously, []string{"NamespaceId", s.world.space, "AppIds", nobody}},
		{"BatchStopApplications", "Invalid.App.List.Not.Same.Namespace", []string{"NamespaceId", s.Region, "AppIds", s.world.app}},
	}
	for _, operation := range []string{"DeleteApplication", "StartApplication", "StopApplication", "RestartApplication"} {
		refusals = append(refusals, refusal{operation, noApp, app}, refusal{operation, empty, nil})
	}
	for _, operation := range []string{"EnableApplicationScalingRule", "DisableApplicationScalingRule", "DeleteApplicationScalingRule"} {
		refusals = append(refusals, refusal{operation, noAppID, append(app, "ScalingRuleName", "none")})
	}
	return refusals
}

func (s *suite) deployRefusals() []refusal {
	deploy := func(more ...string) []string { return append([]string{"AppId", s.world.app}, more...) }
	create := func(more ...string) []string {
		return append([]string{"AppName", "saetest-none", "NamespaceId", s.world.space, "Replicas", "1"}, more...)
	}
	image := []string{"PackageType", "Image", "ImageUrl", s.Have.Image}
	jar := []string{"PackageUrl", "https://a.test/a.jar", "PackageVersion", "1"}
	mount := func(config, key string) []string {
		return deploy("ConfigMapMountDesc", `[{"configMapId":`+config+`,"key":"`+key+`","mountPath":"/etc/a"}]`)
	}
	twice := `[{"configMapId":` + s.world.config + `,"key":"greeting","mountPath":"/etc/a"},` +
		`{"configMapId":` + s.world.spare + `,"key":"greeting","mountPath":"/etc/a"}]`
	return slices.Concat(s.settingRefusals(deploy, create, image), []refusal{
		{"DeployApplication", noApp, []string{"AppId", nobody, "ImageUrl", s.Have.Image}},
		{"DeployApplication", "BatchWaitTime.Not.Smaller.Zero", deploy("ImageUrl", s.Have.Image, "BatchWaitTime", "-1")},
		{"DeployApplication", "MinReadyInstances.Not.Smaller.Replicas", deploy("ImageUrl", s.Have.Image, "MinReadyInstances", "50")},
		{"DeployApplication", "MinReadyInstanceRatio.Invalid", deploy("ImageUrl", s.Have.Image, "MinReadyInstanceRatio", "101")},
		{"DeployApplication", message, deploy("ImageUrl", s.Have.Image, "UpdateStrategy", `{"type":"RollingUpdate"}`)},
		{"DeployApplication", "MountConflict.ConfigMap", deploy("ConfigMapMountDesc", twice)},
		{"CreateApplication", "MountConflict.ConfigMap", create(append(image, "ConfigMapMountDesc", twice)...)},
		{"CreateApplication", "NotFound.ConfigMap", create(append(image, "ConfigMapMountDesc", `[{"configMapId":999999999,"key":"a","mountPath":"/a"}]`)...)},
		{"CreateApplication", "InvalidNamespace.WithUppercase", append(create(image...), "NamespaceId", s.Region+":None")},
		{"DeployApplication", "VolumnPath.Conflict", deploy("SlsConfigs", `[{"logDir":"/data/a.log"}]`, "MountDesc", `[{"mountPath":"/data","nasPath":"/"}]`)},
		{"CreateApplication", "InvalidVpcId.NotFound", append(create(image...), "VpcId", "none", "NamespaceId", s.Region)},
		{"DeployApplication", "NotFound.ConfigMap", mount("999999999", "greeting")},
		{"DeployApplication", "NotFound.ConfigMapKey", mount(s.world.config, "none")},
		{"CreateApplication", empty, []string{"AppName", "saetest-none"}},
		{"CreateApplication", "InvalidPackageType.NotFound", create("PackageType", "Tarball", "ImageUrl", s.Have.Image)},
		{"CreateApplication", "NoComputeResourceQuota.App.Exceed", append(create(image...), "Replicas", "51")},
		{"CreateApplication", "InvalidInstanceSpecification.Unsupported", create(append(image, "Cpu", "500", "Memory", "131072")...)},
		{"CreateApplication", "JarApplication.MissingJdk", create(append(jar, "PackageType", "FatJar")...)},
		{"CreateApplication", "WarApplication.MissingJdkWebcontainer", create(append(jar, "PackageType", "War", "Jdk", "Open JDK 8")...)},
		{"CreateApplication", noSpace, append(create(image...), "NamespaceId", s.Region+":saetest-none")},
		{"CreateApplication", "PandoraApplication.MissingJdk", create(append(jar, "PackageType", "FatJar", "EdasContainerVersion", "3.5.3")...)},
		{"CreateApplication", "PandoraApplication.OnlyJdk", create(append(jar, "PackageType", "War", "EdasContainerVersion", "3.5.3",
			"Jdk", "Open JDK 8", "WebContainer", "apache-tomcat-7.0.91")...)},
		{"CreateApplication", "InvalidComponent.NotFound", create(append(jar, "PackageType", "FatJar", "Jdk", "JDK 0")...)},
	})
}

// settingRefusals are of settings that a new application and a deployment share.
func (s *suite) settingRefusals(deploy, create func(more ...string) []string, image []string) []refusal {
	var refusals []refusal
	for _, r := range []struct{ code, name, value string }{
		{"InvalidHostnameIp.Invalid", "CustomHostAlias", `[{"hostName":"db.test","ip":"none"}]`},
		{"LogService.LogDirInvalid", "SlsConfigs", `[{"logDir":"a.log"}]`},
		{"Sls.Config.User.Defined.Missing.Logstore.Info", "SlsConfigs", `[{"logDir":"/a.log","projectName":"p"}]`},
		{"Sls.Config.User.Defined.Missing.Project.Info", "SlsConfigs", `[{"logDir":"/a.log","logstoreName":"s"}]`},
		{"Sls.Project.Name.Invalid", "SlsConfigs", `[{"logDir":"/a.log","projectName":"sae-p","logstoreName":"s"}]`},
		{"Sls.Logstore.Name.Invalid", "SlsConfigs", `[{"logDir":"/a.log","projectName":"p","logstoreName":"sae-s"}]`},
		{"Sls.Logtail.Name.Invalid", "SlsConfigs", `[{"logDir":"/a.log","logtailName":"sae-t"}]`},
		{
			"Sls.Config.Mixed.Multi.Project", "SlsConfigs",
			`[{"logDir":"/a.log","projectName":"p","logstoreName":"s"},{"logDir":"/b.log","projectName":"q","logstoreName":"s"}]`,
		},
		{"InvalidAcrInstanceId.NotFound", "AcrInstanceId", "none"},
	} {
		refusals = append(refusals,
			refusal{"DeployApplication", r.code, deploy("ImageUrl", s.Have.Image, r.name, r.value)},
			refusal{"CreateApplication", r.code, append(create(image...), r.name, r.value)})
	}
	return refusals
}

func (s *suite) resourceRefusals() []refusal {
	nowhere := []string{"NamespaceId", s.Region + ":saetest-none"}
	space := func(id string) []string { return []string{"NamespaceId", id, "NamespaceName", "none"} }
	own := []string{"AppId", s.world.app}
	data := []string{"Name", "none", "NamespaceId", s.world.space, "Data", `{"a":"b"}`}
	return []refusal{
		{"CreateNamespace", empty, nil},
		{"CreateNamespace", "InvalidNamespace.WithUppercase", space(s.Region + ":None")},
		{"CreateNamespace", "InvalidNamespaceId.Format", space("none")},
		{"CreateNamespace", "InvalidNamespaceIdSuffix.Format", space(s.Region + ":n_o")},
		{"CreateNamespace", "InvalidNamespaceName.Format", []string{"NamespaceId", s.Region + ":saetest-none", "NamespaceName", strings.Repeat("n", 65)}},
		{"DeleteNamespace", noSpace, nowhere},
		{"UpdateNamespace", noSpace, append(nowhere, "NamespaceName", "none")},
		{"UpdateNamespace", "InvalidNamespaceId.Format", []string{"NamespaceId", "a:b:c", "NamespaceName", "none"}},
		{"UpdateNamespaceVpc", noSpace, append(nowhere, "VpcId", "vpc-none")},
		{"CreateIngress", empty, nowhere},
		{"UpdateIngress", message, []string{"IngressId", "999999999", "Description", "none"}},
		{"DeleteIngress", message, []string{"IngressId", "999999999"}},
		{"CreateConfigMap", empty, nowhere},
		{"CreateConfigMap", message, append(data, "Name", "1none")},
		{"CreateConfigMap", "TooMany.Configmap", append(data, "Data", `{"a":"`+strings.Repeat("x", 1<<20)+`"}`)},
		{"UpdateConfigMap", "NotFound.ConfigMap", []string{"ConfigMapId", "999999999", "Data", `{"a":"b"}`}},
		{"DeleteConfigMap", "NotFound.ConfigMap", []string{"ConfigMapId", "999999999"}},
		{"CreateGreyTagRoute", empty, append(own, "Name", "none")},
		{"CreateGreyTagRoute", message, append(own, "Name", "None-", "ScRules", springRules)},
		{"UpdateGreyTagRoute", message, []string{"GreyTagRouteId", "999999999", "Description", "none"}},
		{"DeleteGreyTagRoute", message, []string{"GreyTagRouteId", "999999999"}},
		{"BindSlb", noApp, []string{"AppId", nobody, "Internet", listener}},
		{"BindSlb", empty, own},
		{"BindSlb", "SlbListenerType.Invalid", append(own, "Internet", strings.Replace(listener, "TCP", "UDP", 1))},
		{"BindSlb", "SlbHttpsCert.NotFound", append(own, "Internet", strings.Replace(listener, "TCP", "HTTPS", 1))},
		{"UnbindSlb", noApp, []string{"AppId", nobody, "Internet", "true"}},
		{"UnbindSlb", empty, own},
		{"UnbindSlb", message, append(own, "Internet", "true")},
	}
}

// balancerRefusals need a load balancer.
func (s *suite) balancerRefusals() []refusal {
	if s.Have.SLB == "" {
		return nil
	}
	backend := `{"appId":"` + s.world.app + `","containerPort":8080,"domain":"a.test","path":"/a"}`
	front := func(more ...string) []string {
		return append([]string{
			"NamespaceId", s.world.space, "SlbId", s.Have.SLB, "ListenerPort", "18081", "DefaultRule", `{"appId":"` + s.world.app + `","containerPort":8080}`,
			"Rules", "[" + backend + "]",
		}, more...)
	}
	bind := func(listeners string, more ...string) []string {
		return append([]string{"AppId", s.world.app, "Internet", listeners}, more...)
	}
	return []refusal{
		{"CreateIngress", "Slb.NotFound", front("SlbId", "none")},
		{"CreateIngress", "SSLCert.NotFound", front("CertId", "none")},
		{"CreateIngress", "Exceed.IngressRule", front("Rules", "["+strings.Repeat(backend+",", 40)+backend+"]")},
		{"CreateIngress", obviously, front("ListenerPort", "65536")},
		{"BindSlb", "Slb.NotFound", bind(listener, "InternetSlbId", "none")},
		{"BindSlb", "SlbType.Invalid", bind(listener, "InternetSlbId", s.Have.SLB, "Intranet", listener, "IntranetSlbId", s.Have.SLB)},
		{"BindSlb", "SSLCert.NotFound", bind(`[{"port":18080,"targetPort":8080,"protocol":"HTTPS","httpsCertId":"none"}]`)},
		{"BindSlb", "SlbListenerPort.NotAvailable", bind(`[{"port":18080,"targetPort":8080},{"port":18080,"targetPort":8081}]`)},
	}
}

func (s *suite) tagRefusals(t *testing.T) []refusal {
	t.Helper()
	tags := func(more ...string) []string {
		return append([]string{"RegionId", s.Region, "ResourceType", "application", "ResourceIds", jsonText(t, []string{s.world.app})}, more...)
	}
	var keys []string
	var pairs []map[string]string
	for i := range 51 {
		keys = append(keys, fmt.Sprintf("k%d", i))
		pairs = append(pairs, map[string]string{"key": keys[i], "value": "v"})
	}
	many, one := jsonText(t, keys), jsonText(t, pairs[:1])
	return []refusal{
		{"TagResources", "NumberExceed.Tags", tags("Tags", jsonText(t, pairs))},
		{"TagResources", "NumberExceed.ResourceIds", tags("Tags", one, "ResourceIds", many)},
		{"TagResources", "InvalidResourceType.NotFound", tags("Tags", one, "ResourceType", "instance")},
		{"TagResources", obviously, tags("Tags", one, "ResourceIds", `["`+nobody+`"]`)},
		{"UntagResources", "NumberExceed.Tags", tags("TagKeys", many)},
		{"UntagResources", "NumberExceed.ResourceIds", tags("TagKeys", `["a"]`, "ResourceIds", many)},
		{"UntagResources", "InvalidParameter.TagKey", tags("TagKeys", `[""]`)},
		{"UntagResources", "InvalidResourceType.NotFound", tags("TagKeys", `["a"]`, "ResourceType", "instance")},
		{"UntagResources", obviously, tags()},
		{"ListTagResources", "NumberExceed.Tags", tags("Tags", jsonText(t, pairs))},
		{"ListTagResources", "NumberExceed.ResourceIds", tags("ResourceIds", many)},
	}
}
