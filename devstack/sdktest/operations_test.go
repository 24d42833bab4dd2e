package sdktest

import (
	"github.com/aliyun/alibaba-cloud-sdk-go/sdk/requests"
	"github.com/aliyun/alibaba-cloud-sdk-go/sdk/responses"
	"github.com/aliyun/alibaba-cloud-sdk-go/services/sae"
)

// An operation is called as its users do: make a request, set its fields, hand it to
// the client's method.
type operation func(client *sae.Client, set func(requests.AcsRequest) error) (responses.AcsResponse, error)

// of makes an operation of the two functions that the SDK has for each.
func of[Q requests.AcsRequest, S responses.AcsResponse](create func() Q, call func(*sae.Client, Q) (S, error)) operation {
	return func(client *sae.Client, set func(requests.AcsRequest) error) (responses.AcsResponse, error) {
		request := create()
		if err := set(request); err != nil {
			return nil, err
		}
		return call(client, request)
	}
}

// operations are all 79 operations of the reference and those of today's that the SDK has, each under
// the same name.
func operations() map[string]operation {
	return map[string]operation{
		"AbortAndRollbackChangeOrder":            of(sae.CreateAbortAndRollbackChangeOrderRequest, (*sae.Client).AbortAndRollbackChangeOrder),
		"AbortChangeOrder":                       of(sae.CreateAbortChangeOrderRequest, (*sae.Client).AbortChangeOrder),
		"BatchStartApplications":                 of(sae.CreateBatchStartApplicationsRequest, (*sae.Client).BatchStartApplications),
		"BatchStopApplications":                  of(sae.CreateBatchStopApplicationsRequest, (*sae.Client).BatchStopApplications),
		"BindSlb":                                of(sae.CreateBindSlbRequest, (*sae.Client).BindSlb),
		"ConfirmPipelineBatch":                   of(sae.CreateConfirmPipelineBatchRequest, (*sae.Client).ConfirmPipelineBatch),
		"CreateApplication":                      of(sae.CreateCreateApplicationRequest, (*sae.Client).CreateApplication),
		"CreateApplicationScalingRule":           of(sae.CreateCreateApplicationScalingRuleRequest, (*sae.Client).CreateApplicationScalingRule),
		"CreateConfigMap":                        of(sae.CreateCreateConfigMapRequest, (*sae.Client).CreateConfigMap),
		"CreateGreyTagRoute":                     of(sae.CreateCreateGreyTagRouteRequest, (*sae.Client).CreateGreyTagRoute),
		"CreateIngress":                          of(sae.CreateCreateIngressRequest, (*sae.Client).CreateIngress),
		"CreateNamespace":                        of(sae.CreateCreateNamespaceRequest, (*sae.Client).CreateNamespace),
		"DeleteApplication":                      of(sae.CreateDeleteApplicationRequest, (*sae.Client).DeleteApplication),
		"DeleteApplicationScalingRule":           of(sae.CreateDeleteApplicationScalingRuleRequest, (*sae.Client).DeleteApplicationScalingRule),
		"DeleteConfigMap":                        of(sae.CreateDeleteConfigMapRequest, (*sae.Client).DeleteConfigMap),
		"DeleteGreyTagRoute":                     of(sae.CreateDeleteGreyTagRouteRequest, (*sae.Client).DeleteGreyTagRoute),
		"DeleteIngress":                          of(sae.CreateDeleteIngressRequest, (*sae.Client).DeleteIngress),
		"DeleteNamespace":                        of(sae.CreateDeleteNamespaceRequest, (*sae.Client).DeleteNamespace),
		"DeployApplication":                      of(sae.CreateDeployApplicationRequest, (*sae.Client).DeployApplication),
		"DescribeAppServiceDetail":               of(sae.CreateDescribeAppServiceDetailRequest, (*sae.Client).DescribeAppServiceDetail),
		"DescribeApplicationConfig":              of(sae.CreateDescribeApplicationConfigRequest, (*sae.Client).DescribeApplicationConfig),
		"DescribeApplicationGroups":              of(sae.CreateDescribeApplicationGroupsRequest, (*sae.Client).DescribeApplicationGroups),
		"DescribeApplicationImage":               of(sae.CreateDescribeApplicationImageRequest, (*sae.Client).DescribeApplicationImage),
		"DescribeApplicationInstances":           of(sae.CreateDescribeApplicationInstancesRequest, (*sae.Client).DescribeApplicationInstances),
		"DescribeApplicationScalingRule":         of(sae.CreateDescribeApplicationScalingRuleRequest, (*sae.Client).DescribeApplicationScalingRule),
		"DescribeApplicationScalingRules":        of(sae.CreateDescribeApplicationScalingRulesRequest, (*sae.Client).DescribeApplicationScalingRules),
		"DescribeApplicationSlbs":                of(sae.CreateDescribeApplicationSlbsRequest, (*sae.Client).DescribeApplicationSlbs),
		"DescribeApplicationStatus":              of(sae.CreateDescribeApplicationStatusRequest, (*sae.Client).DescribeApplicationStatus),
		"DescribeChangeOrder":                    of(sae.CreateDescribeChangeOrderRequest, (*sae.Client).DescribeChangeOrder),
		"DescribeComponents":                     of(sae.CreateDescribeComponentsRequest, (*sae.Client).DescribeComponents),
		"DescribeConfigMap":                      of(sae.CreateDescribeConfigMapRequest, (*sae.Client).DescribeConfigMap),
		"DescribeEdasContainers":                 of(sae.CreateDescribeEdasContainersRequest, (*sae.Client).DescribeEdasContainers),
		"DescribeGreyTagRoute":                   of(sae.CreateDescribeGreyTagRouteRequest, (*sae.Client).DescribeGreyTagRoute),
		"DescribeIngress":                        of(sae.CreateDescribeIngressRequest, (*sae.Client).DescribeIngress),
		"DescribeInstanceLog":                    of(sae.CreateDescribeInstanceLogRequest, (*sae.Client).DescribeInstanceLog),
		"DescribeInstanceSpecifications":         of(sae.CreateDescribeInstanceSpecificationsRequest, (*sae.Client).DescribeInstanceSpecifications),
		"DescribeJobStatus":                      of(sae.CreateDescribeJobStatusRequest, (*sae.Client).DescribeJobStatus),
		"DescribeNamespace":                      of(sae.CreateDescribeNamespaceRequest, (*sae.Client).DescribeNamespace),
		"DescribeNamespaceList":                  of(sae.CreateDescribeNamespaceListRequest, (*sae.Client).DescribeNamespaceList),
		"DescribeNamespaceResources":             of(sae.CreateDescribeNamespaceResourcesRequest, (*sae.Client).DescribeNamespaceResources),
		"DescribeNamespaces":                     of(sae.CreateDescribeNamespacesRequest, (*sae.Client).DescribeNamespaces),
		"DescribePipeline":                       of(sae.CreateDescribePipelineRequest, (*sae.Client).DescribePipeline),
		"DescribeRegions":                        of(sae.CreateDescribeRegionsRequest, (*sae.Client).DescribeRegions),
		"DisableApplicationScalingRule":          of(sae.CreateDisableApplicationScalingRuleRequest, (*sae.Client).DisableApplicationScalingRule),
		"EnableApplicationScalingRule":           of(sae.CreateEnableApplicationScalingRuleRequest, (*sae.Client).EnableApplicationScalingRule),
		"ExecJob":                                of(sae.CreateExecJobRequest, (*sae.Client).ExecJob),
		"ListAppEvents":                          of(sae.CreateListAppEventsRequest, (*sae.Client).ListAppEvents),
		"ListAppServicesPage":                    of(sae.CreateListAppServicesPageRequest, (*sae.Client).ListAppServicesPage),
		"ListAppVersions":                        of(sae.CreateListAppVersionsRequest, (*sae.Client).ListAppVersions),
		"ListApplications":                       of(sae.CreateListApplicationsRequest, (*sae.Client).ListApplications),
		"ListChangeOrders":                       of(sae.CreateListChangeOrdersRequest, (*sae.Client).ListChangeOrders),
		"ListConsumedServices":                   of(sae.CreateListConsumedServicesRequest, (*sae.Client).ListConsumedServices),
		"ListGreyTagRoute":                       of(sae.CreateListGreyTagRouteRequest, (*sae.Client).ListGreyTagRoute),
		"ListIngresses":                          of(sae.CreateListIngressesRequest, (*sae.Client).ListIngresses),
		"ListLogConfigs":                         of(sae.CreateListLogConfigsRequest, (*sae.Client).ListLogConfigs),
		"ListNamespaceChangeOrders":              of(sae.CreateListNamespaceChangeOrdersRequest, (*sae.Client).ListNamespaceChangeOrders),
		"ListNamespacedConfigMaps":               of(sae.CreateListNamespacedConfigMapsRequest, (*sae.Client).ListNamespacedConfigMaps),
		"ListPublishedServices":                  of(sae.CreateListPublishedServicesRequest, (*sae.Client).ListPublishedServices),
		"ListTagResources":                       of(sae.CreateListTagResourcesRequest, (*sae.Client).ListTagResources),
		"OpenSaeService":                         of(sae.CreateOpenSaeServiceRequest, (*sae.Client).OpenSaeService),
		"QueryResourceStatics":                   of(sae.CreateQueryResourceStaticsRequest, (*sae.Client).QueryResourceStatics),
		"ReduceApplicationCapacityByInstanceIds": of(sae.CreateReduceApplicationCapacityByInstanceIdsRequest, (*sae.Client).ReduceApplicationCapacityByInstanceIds),
		"RescaleApplication":                     of(sae.CreateRescaleApplicationRequest, (*sae.Client).RescaleApplication),
		"RescaleApplicationVertically":           of(sae.CreateRescaleApplicationVerticallyRequest, (*sae.Client).RescaleApplicationVertically),
		"RestartApplication":                     of(sae.CreateRestartApplicationRequest, (*sae.Client).RestartApplication),
		"RestartInstances":                       of(sae.CreateRestartInstancesRequest, (*sae.Client).RestartInstances),
		"RollbackApplication":                    of(sae.CreateRollbackApplicationRequest, (*sae.Client).RollbackApplication),
		"StartApplication":                       of(sae.CreateStartApplicationRequest, (*sae.Client).StartApplication),
		"StopApplication":                        of(sae.CreateStopApplicationRequest, (*sae.Client).StopApplication),
		"TagResources":                           of(sae.CreateTagResourcesRequest, (*sae.Client).TagResources),
		"UnbindSlb":                              of(sae.CreateUnbindSlbRequest, (*sae.Client).UnbindSlb),
		"UntagResources":                         of(sae.CreateUntagResourcesRequest, (*sae.Client).UntagResources),
		"UpdateAppSecurityGroup":                 of(sae.CreateUpdateAppSecurityGroupRequest, (*sae.Client).UpdateAppSecurityGroup),
		"UpdateApplicationScalingRule":           of(sae.CreateUpdateApplicationScalingRuleRequest, (*sae.Client).UpdateApplicationScalingRule),
		"UpdateConfigMap":                        of(sae.CreateUpdateConfigMapRequest, (*sae.Client).UpdateConfigMap),
		"UpdateGreyTagRoute":                     of(sae.CreateUpdateGreyTagRouteRequest, (*sae.Client).UpdateGreyTagRoute),
		"UpdateIngress":                          of(sae.CreateUpdateIngressRequest, (*sae.Client).UpdateIngress),
		"UpdateNamespace":                        of(sae.CreateUpdateNamespaceRequest, (*sae.Client).UpdateNamespace),
		"UpdateNamespaceVpc":                     of(sae.CreateUpdateNamespaceVpcRequest, (*sae.Client).UpdateNamespaceVpc),

		"CreateJob":                    of(sae.CreateCreateJobRequest, (*sae.Client).CreateJob),
		"DeleteHistoryJob":             of(sae.CreateDeleteHistoryJobRequest, (*sae.Client).DeleteHistoryJob),
		"DeleteJob":                    of(sae.CreateDeleteJobRequest, (*sae.Client).DeleteJob),
		"DescribeJob":                  of(sae.CreateDescribeJobRequest, (*sae.Client).DescribeJob),
		"DescribeJobHistory":           of(sae.CreateDescribeJobHistoryRequest, (*sae.Client).DescribeJobHistory),
		"ListJobs":                     of(sae.CreateListJobsRequest, (*sae.Client).ListJobs),
		"SuspendJob":                   of(sae.CreateSuspendJobRequest, (*sae.Client).SuspendJob),
		"UpdateJob":                    of(sae.CreateUpdateJobRequest, (*sae.Client).UpdateJob),
		"CreateSecret":                 of(sae.CreateCreateSecretRequest, (*sae.Client).CreateSecret),
		"DeleteSecret":                 of(sae.CreateDeleteSecretRequest, (*sae.Client).DeleteSecret),
		"DescribeSecret":               of(sae.CreateDescribeSecretRequest, (*sae.Client).DescribeSecret),
		"ListSecrets":                  of(sae.CreateListSecretsRequest, (*sae.Client).ListSecrets),
		"UpdateSecret":                 of(sae.CreateUpdateSecretRequest, (*sae.Client).UpdateSecret),
		"UpdateApplicationDescription": of(sae.CreateUpdateApplicationDescriptionRequest, (*sae.Client).UpdateApplicationDescription),
		"UpdateApplicationVswitches":   of(sae.CreateUpdateApplicationVswitchesRequest, (*sae.Client).UpdateApplicationVswitches),
	}
}
