package apicall

import (
	"cmp"
	"net/http"
	"regexp"

	"github.com/aliyun/credentials-go/credentials"

	"slipway/cloudapi"
	"slipway/fcclient"
	"slipway/release"
)

// FC is the API of Function Compute.
func FC() API {
	return API{
		Word: string(release.PlatformFC), Product: "Function Compute", Reference: "Function Compute API reference",
		Operations: fcclient.Operations,
		Lookup:     fcclient.LookupOperation,
		LookupCode: fcclient.LookupErrorCode,
		Input:      inputOf[*fcclient.Client],
		Connect: func(p Place) (Connect, error) {
			config := fcclient.Config{Region: p.Region, AccountID: p.Owner, Endpoint: p.Endpoint, UserAgent: p.UserAgent}
			return ConnectFC(config), config.Validate()
		},
		Remedy:    func(failed *CallError, _ cloudapi.Retry) string { return alibabaRemedy(failed) },
		Header:    fcHeader,
		Positions: []cloudapi.Position{cloudapi.InQuery, cloudapi.InBody, cloudapi.InHeader},
		Path:      "/" + fcclient.APIVersion + "/services",
		Envelope:  []string{fcRequestID},
		RequestID: fcRequestID,
	}
}

// fcRequestID is the header that identifies a request, a member of every answer.
const fcRequestID = "X-Fc-Request-Id"

// ConnectFC makes clients of a configuration.
func ConnectFC(config fcclient.Config) Connect {
	return onAlibaba(func(transport http.RoundTripper, credential credentials.Credential) (*fcclient.Client, error) {
		config := config // each client has its own
		config.Transport, config.Credential = transport, cmp.Or(credential, config.Credential)
		return fcclient.New(config)
	})
}

// fcHeader is the value of a header that may be shown. What is not known to be harmless is
// redacted; the ID of an access key is no secret.
func fcHeader(name, value string) string {
	switch name {
	case "accept", "content-type", "date", "host", "user-agent", "x-fc-account-id":
		return value
	case "authorization":
		if signed := regexp.MustCompile(`^FC [^:]+:`).FindString(value); signed != "" {
			return signed + redacted
		}
	}
	return redacted
}
