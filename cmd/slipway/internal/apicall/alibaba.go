package apicall

import (
	"github.com/aliyun/credentials-go/credentials"

	"slipway/cloudapi"
)

// placeholder is a credential that no server accepts.
func placeholder() (credentials.Credential, error) {
	return credentials.NewCredential(new(credentials.Config).
		SetType("access_key").SetAccessKeyId("none").SetAccessKeySecret("none"))
}

// alibabaRemedy is what to do about a failure in words of Alibaba Cloud.
func alibabaRemedy(failed *CallError) string {
	switch failed.Err.Class { //nolint:exhaustive // the others are told in words of every platform
	case cloudapi.ErrAuth:
		return "check the credentials of Alibaba Cloud (ALIBABA_CLOUD_ACCESS_KEY_ID and …_SECRET, a profile or a role) and their permissions"
	case cloudapi.ErrBilling:
		return "settle the account of Alibaba Cloud"
	case cloudapi.ErrFailed:
		return "look at the " + failed.Call.API.Product + " console, or ask the support of Alibaba Cloud with the request ID"
	}
	return ""
}
