package servicestageclient

import (
	"context"
	"errors"
	"net"

	"slipway/cloudapi"
)

// Credential says who calls. It is asked before each request, by several goroutines at the same time.
type Credential interface {
	// Keys gives what the next request is authenticated with. An error that is a *cloudapi.Error is that of the call; of any
	// other, one of the network passes, and all else needs a person.
	Keys(ctx context.Context) (Keys, error)
}

// forgetter is a credential that keeps what it gave.
type forgetter interface {
	// Forget drops what it gave, which was refused.
	Forget(keys Keys)
}

// Keys authenticate a request: an access key that signs it, or a token. They are a [Credential] that stays the same.
type Keys struct {
	// AccessKey and SecretKey sign requests.
	AccessKey string
	SecretKey cloudapi.Secret
	// SecurityToken belongs to a temporary access key.
	SecurityToken cloudapi.Secret
	// Token of IAM, for the project, travels instead of a signature.
	Token cloudapi.Secret
}

// Keys gives the keys.
func (k Keys) Keys(context.Context) (Keys, error) { return k, nil }

// Validate names what is missing.
func (k Keys) Validate() error {
	if k.Token == "" && (k.AccessKey == "" || k.SecretKey == "") {
		return errors.New("the credential gives neither an access key with its secret nor a token")
	}
	return nil
}

// Names of the environment variables of [KeysFrom], which are those of Huawei Cloud's SDKs.
const (
	VariableAccessKey     = "HUAWEICLOUD_SDK_AK"
	VariableSecretKey     = "HUAWEICLOUD_SDK_SK"
	VariableSecurityToken = "HUAWEICLOUD_SDK_SECURITY_TOKEN"
)

// KeysFrom reads an access key where Huawei Cloud's SDKs read it: getenv is [os.Getenv].
func KeysFrom(getenv func(name string) string) Keys {
	return Keys{
		AccessKey: getenv(VariableAccessKey), SecretKey: cloudapi.Secret(getenv(VariableSecretKey)),
		SecurityToken: cloudapi.Secret(getenv(VariableSecurityToken)),
	}
}

// refusedCredential is the error of a call whose credential gave no keys.
func refusedCredential(ctx context.Context, op cloudapi.Operation, err error) error {
	class := cloudapi.ErrAuth
	if _, network := errors.AsType[net.Error](err); network || ctx.Err() != nil {
		class = cloudapi.ErrUnavailable
	}
	if e, ok := errors.AsType[*cloudapi.Error](err); ok {
		class = e.Class
	}
	return &cloudapi.Error{Client: product, Operation: op.Name, Class: class, Message: "no credentials were given", Err: err}
}
