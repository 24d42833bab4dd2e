package apicall

import (
	"cmp"
	"reflect"
	"regexp"

	"github.com/aliyun/credentials-go/credentials"

	"slipway/cloudapi"
	"slipway/saeclient"
)

// SAE is the API of SAE.
func SAE() API {
	return API{
		Reference:  "SAE API reference",
		Operations: saeclient.Operations,
		LookupCode: saeclient.LookupErrorCode,
		Input:      inputOf[*saeclient.Client],
		Remedy:     saeRemedy,
		Header:     acsHeader,
		BodyHash:   "x-acs-content-sha256",
	}
}

// ConnectSAE makes clients of a configuration, for [Sign].
func ConnectSAE(config saeclient.Config) func(Connection) (*saeclient.Client, error) {
	return func(how Connection) (*saeclient.Client, error) {
		config := config // each client has its own
		config.Transport = how.Transport
		if how.Anonymous {
			var err error
			if config.Credential, err = placeholder(); err != nil {
				return nil, err
			}
		}
		return saeclient.New(config)
	}
}

// placeholder is a credential that no server accepts.
func placeholder() (credentials.Credential, error) {
	return credentials.NewCredential(new(credentials.Config).
		SetType("access_key").SetAccessKeyId("none").SetAccessKeySecret("none"))
}

// inputOf makes the typed parameters of an operation, which are those of the client's method of
// the same name.
func inputOf[C any](operation string) (Input, bool) {
	method, ok := reflect.TypeFor[C]().MethodByName(operation)
	if !ok || method.Type.NumIn() != 3 {
		return nil, false
	}
	return reflect.TypeAssert[Input](reflect.New(method.Type.In(2).Elem()))
}

// saeRemedy is what the advice of a code says more than its class, and what is Alibaba Cloud's own.
func saeRemedy(failed *CallError, advice cloudapi.Retry) string {
	if advice == cloudapi.RetryAfterChangeOrder {
		return "wait until the running change order is finished, then call again; slipway api ListChangeOrders AppId=" +
			cmp.Or(failed.Call.Values["AppId"], "…") + " shows it"
	}
	if advice == cloudapi.RetryAfterStateChange {
		return ""
	}
	if failed.Err.Class == cloudapi.ErrAuth {
		return "check the credentials of Alibaba Cloud (ALIBABA_CLOUD_ACCESS_KEY_ID and …_SECRET, a profile or a role) and their permissions"
	}
	if failed.Err.Class == cloudapi.ErrBilling {
		return "settle the account of Alibaba Cloud"
	}
	if failed.Err.Class == cloudapi.ErrFailed {
		return "look at the SAE console, or ask the support of Alibaba Cloud with the request ID"
	}
	return ""
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
