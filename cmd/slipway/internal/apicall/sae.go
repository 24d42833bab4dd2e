package apicall

import (
	"cmp"
	"net/http"

	"github.com/aliyun/credentials-go/credentials"

	"slipway/cloudapi"
	"slipway/cmd/slipway/internal/connect"
	"slipway/release"
	"slipway/saeclient"
)

// SAE is the API of SAE.
func SAE() API {
	return API{
		Word: string(release.PlatformSAE), Product: "SAE", Reference: "SAE API reference",
		Vendor: alibaba, Credentials: connect.AlibabaCredentials,
		Operations: saeclient.Operations,
		Lookup:     saeclient.LookupOperation,
		LookupCode: saeclient.LookupErrorCode,
		Input:      inputOf[*saeclient.Client],
		Connect: func(p Place) (Connect, error) {
			config := saeclient.Config{Region: p.Region, Endpoint: p.Endpoint, UserAgent: p.UserAgent}
			return ConnectSAE(config), config.Validate()
		},
		Shown: []string{
			"x-acs-accesskey-id", "x-acs-action", "x-acs-content-sha256", "x-acs-credentials-provider", "x-acs-date",
			"x-acs-region-id", "x-acs-signature-nonce", "x-acs-signature-type", "x-acs-version",
		},
		Signed:    `ACS3-\S+ Credential=[^,]*,SignedHeaders=[^,]*,Signature=`,
		BodyHash:  "x-acs-content-sha256",
		Positions: []cloudapi.Position{cloudapi.InQuery, cloudapi.InForm, cloudapi.InBody},
		Path:      "/pop/v1/sam/app/getApplication",
		// SAE API reference ch. 7.
		Envelope:  []string{"RequestId", "TraceId", "Message", "Code", "ErrorCode", "Success"},
		RequestID: "RequestId",
		Running:   "ListChangeOrders AppId={AppId}",
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
