package apicall

import (
	"cmp"
	"net/http"

	"github.com/aliyun/credentials-go/credentials"

	"slipway/cloudapi"
	"slipway/cmd/slipway/internal/connect"
	"slipway/fcclient"
	"slipway/release"
)

// FC is the API of Function Compute.
func FC() API {
	return API{
		Word: string(release.PlatformFC), Product: "Function Compute", Reference: "Function Compute API reference",
		Vendor: alibaba, Credentials: connect.AlibabaCredentials,
		Operations: fcclient.Operations,
		Lookup:     fcclient.LookupOperation,
		LookupCode: fcclient.LookupErrorCode,
		Input:      inputOf[*fcclient.Client],
		Connect: func(p Place) (Connect, error) {
			config := fcclient.Config{Region: p.Region, AccountID: p.Owner, Endpoint: p.Endpoint, UserAgent: p.UserAgent}
			return ConnectFC(config), config.Validate()
		},
		Shown:     []string{"date", "x-fc-account-id"},
		Signed:    `FC [^:]+:`,
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
