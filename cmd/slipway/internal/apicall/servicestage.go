package apicall

import (
	"cmp"
	"regexp"

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
		Remedy:    serviceStageRemedy,
		Header:    sdkHeader,
		Positions: []cloudapi.Position{cloudapi.InQuery, cloudapi.InBody, cloudapi.InHeader},
		Path:      "/v3/{project_id}/cas/applications",
		Filled:    []string{"project_id"},
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
	return func(how Connection) (Client, error) {
		config := config // each client has its own
		config.Transport = how.Transport
		if how.Anonymous {
			config.Credential = servicestageclient.Keys{AccessKey: "none", SecretKey: "none"} // no server accepts it
		}
		c, err := servicestageclient.New(config)
		if err != nil {
			return nil, err
		}
		if how.Unchecked {
			c = c.Unchecked()
		}
		return c, nil
	}
}

// serviceStageRemedy is what to do about a failure in words of Huawei Cloud.
func serviceStageRemedy(failed *CallError, advice cloudapi.Retry) string {
	switch failed.Err.Class { //nolint:exhaustive // the others are told in words of every platform
	case cloudapi.ErrAuth:
		return "check " + connect.HuaweiCredentials + " and their permissions in the project"
	case cloudapi.ErrBilling:
		return "settle the account of Huawei Cloud"
	case cloudapi.ErrFailed:
		return "look at the ServiceStage console, or ask the support of Huawei Cloud with the request ID"
	}
	if advice == cloudapi.RetryAfterChangeOrder {
		return "wait until the running job is finished, then call again; " +
			failed.Call.API.command("ListComponentRecords application_id=") + cmp.Or(failed.Call.Values["application_id"], "…") +
			" component_id=" + cmp.Or(failed.Call.Values["component_id"], "…") + " shows it"
	}
	return ""
}

// sdkHeader is the value of a header that may be shown. What is not known to be harmless is
// redacted; the ID of an access key is no secret.
func sdkHeader(name, value string) string {
	switch name {
	case "accept", "content-type", "host", "user-agent", "x-domain-id", "x-project-id", "x-sdk-content-sha256", "x-sdk-date":
		return value
	case "authorization":
		if signed := regexp.MustCompile(`^SDK-HMAC-SHA256 Access=[^,]*, ?SignedHeaders=[^,]*, ?Signature=`).FindString(value); signed != "" {
			return signed + redacted
		}
	}
	return redacted
}
