package apicall

import (
	"cmp"
	"net/http"
	"regexp"

	"github.com/aliyun/credentials-go/credentials"

	"slipway/cloudapi"
	"slipway/release"
	"slipway/saeclient"
)

// SAE is the API of SAE.
func SAE() API {
	return API{
		Word: string(release.PlatformSAE), Product: "SAE", Reference: "SAE API reference",
		Operations: saeclient.Operations,
		Lookup:     saeclient.LookupOperation,
		LookupCode: saeclient.LookupErrorCode,
		Input:      inputOf[*saeclient.Client],
		Connect: func(p Place) (Connect, error) {
			config := saeclient.Config{Region: p.Region, Endpoint: p.Endpoint, UserAgent: p.UserAgent}
			return ConnectSAE(config), config.Validate()
		},
		Remedy:    saeRemedy,
		Header:    acsHeader,
		BodyHash:  "x-acs-content-sha256",
		Positions: []cloudapi.Position{cloudapi.InQuery, cloudapi.InForm, cloudapi.InBody},
		Path:      "/pop/v1/sam/app/getApplication",
		// SAE API reference ch. 7.
		Envelope:  []string{"RequestId", "TraceId", "Message", "Code", "ErrorCode", "Success"},
		RequestID: "RequestId",
		Starts:    "change order", Change: "ChangeOrderId", Watch: "DescribeChangeOrder ChangeOrderId=",
	}
}

// ConnectSAE makes clients of a configuration.
func ConnectSAE(config saeclient.Config) Connect {
	return onAlibaba(func(transport http.RoundTripper, credential credentials.Credential) (*saeclient.Client, error) {
		config := config // each client has its own
		config.Transport, config.Credential = transport, cmp.Or(credential, config.Credential)
		return saeclient.New(config)
	})
}

// saeRemedy is what the advice of a code says more than its class, and what is Alibaba Cloud's own.
func saeRemedy(failed *CallError, advice cloudapi.Retry) string {
	if advice == cloudapi.RetryAfterChangeOrder {
		return "wait until the running change order is finished, then call again; " +
			failed.Call.API.command("ListChangeOrders AppId=") +
			cmp.Or(failed.Call.Values["AppId"], "…") + " shows it"
	}
	if advice == cloudapi.RetryAfterStateChange {
		return ""
	}
	return alibabaRemedy(failed)
}

// acsHeader is the value of a header that may be shown. What is not known to be harmless is
// redacted; the ID of an access key is no secret.
func acsHeader(name, value string) string {
	switch name {
	case "accept", "content-type", "host", "user-agent",
		"x-acs-accesskey-id", "x-acs-action", "x-acs-content-sha256", "x-acs-credentials-provider", "x-acs-date",
		"x-acs-region-id", "x-acs-signature-nonce", "x-acs-signature-type", "x-acs-version":
		return value
	case "authorization":
		if signed := regexp.MustCompile(`^(ACS3-\S+ Credential=[^,]*,SignedHeaders=[^,]*,Signature=)`).FindString(value); signed != "" {
			return signed + redacted
		}
	}
	return redacted
}
