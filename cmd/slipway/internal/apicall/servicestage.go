package apicall

import (
	"slipway/cloudapi"
	"slipway/cmd/slipway/internal/connect"
	"slipway/release"
	"slipway/servicestageclient"
	"slipway/servicestageclient/build"
	"slipway/servicestageclient/catalog"
	"slipway/servicestageclient/cse"
	"slipway/servicestageclient/git"
	"slipway/servicestageclient/servicecomb"
	"slipway/servicestageclient/v2"
)

// ServiceStage is the API of ServiceStage with all its parts.
func ServiceStage() API {
	return API{
		Word: string(release.PlatformServiceStage), Product: "ServiceStage", Reference: "ServiceStage API reference",
		Vendor: "Huawei Cloud", Credentials: connect.HuaweiCredentials,
		Operations: catalog.Operations,
		Lookup:     catalog.LookupOperation,
		LookupCode: servicestageclient.LookupErrorCode,
		Input:      serviceStageInput,
		Connect: func(p Place) (Connect, error) {
			config := servicestageclient.Config{
				Region: p.Region, ProjectID: p.Owner, Endpoint: p.Endpoint, UserAgent: p.UserAgent, Credential: servicestageclient.KeysFrom(p.Getenv),
			}
			return ConnectServiceStage(config), config.Validate()
		},
		Shown:     []string{"x-domain-id", "x-project-id", "x-sdk-content-sha256", "x-sdk-date"},
		Signed:    `SDK-HMAC-SHA256 Access=[^,]*, ?SignedHeaders=[^,]*, ?Signature=`,
		Positions: []cloudapi.Position{cloudapi.InQuery, cloudapi.InBody, cloudapi.InHeader},
		Path:      "/v3/{project_id}/cas/applications",
		Filled:    []string{"project_id"},
		Running:   "ListComponentRecords application_id={application_id} component_id={component_id}",
		Starts:    "job", Change: "job_id", Watch: "GetJob job_id=",
	}
}

// serviceStageInput makes the typed parameters of an operation: its name is that of a method of one client only.
func serviceStageInput(operation string) (Input, bool) {
	for _, of := range []func(string) (Input, bool){
		inputOf[*servicestageclient.Client], inputOf[*v2.Client], inputOf[*git.Client], inputOf[*cse.Client], inputOf[*servicecomb.Client], inputOf[*build.Client],
	} {
		if in, ok := of(operation); ok {
			return in, true
		}
	}
	return nil, false
}

// ConnectServiceStage makes clients of a configuration.
func ConnectServiceStage(config servicestageclient.Config) Connect {
	return clients(func(how Connection) (*servicestageclient.Client, error) {
		config := config // each client has its own
		config.Transport = how.Transport
		if how.Anonymous {
			config.Credential = servicestageclient.Keys{AccessKey: "none", SecretKey: "none"} // no server accepts it
		}
		return servicestageclient.New(config)
	})
}
