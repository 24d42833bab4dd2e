package apicall

import (
	"net/http"

	"github.com/aliyun/credentials-go/credentials"

	"slipway/cloudapi"
	"slipway/cmd/slipway/internal/connect"
	"slipway/internal/acskeys"
)

// checked is a client of Alibaba Cloud, which checks what it is given unless it is told not to.
type checked[C any] interface {
	Client
	Unchecked() C
}

// onAlibaba makes clients with what a connection says of the transport and, unless nil, of the credential.
func onAlibaba[C checked[C]](client func(http.RoundTripper, credentials.Credential) (C, error)) Connect {
	return func(how Connection) (Client, error) {
		var credential credentials.Credential
		if how.Anonymous {
			var err error
			if credential, err = acskeys.Pair("none", "none"); err != nil { // no server accepts it
				return nil, err
			}
		}
		c, err := client(how.Transport, credential)
		if err != nil {
			return nil, err
		}
		if how.Unchecked {
			c = c.Unchecked()
		}
		return c, nil
	}
}

// alibabaRemedy is what to do about a failure in words of Alibaba Cloud.
func alibabaRemedy(failed *CallError) string {
	switch failed.Err.Class { //nolint:exhaustive // the others are told in words of every platform
	case cloudapi.ErrAuth:
		return "check " + connect.AlibabaCredentials + " and their permissions"
	case cloudapi.ErrBilling:
		return "settle the account of Alibaba Cloud"
	case cloudapi.ErrFailed:
		return "look at the " + failed.Call.API.Product + " console, or ask the support of Alibaba Cloud with the request ID"
	}
	return ""
}
