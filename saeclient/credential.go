package saeclient

import (
	"context"
	"errors"
	"net"

	"github.com/aliyun/credentials-go/credentials"

	"slipway/cloudapi"
)

// fixedCredential hands the core the keys that were resolved for one call, so that the core
// never waits for a credential service out of reach of the call's context.
type fixedCredential struct {
	credentials.Credential

	model *credentials.CredentialModel
}

// GetCredential returns the resolved keys.
func (f fixedCredential) GetCredential() (*credentials.CredentialModel, error) { return f.model, nil }

// resolveCredential asks the credential for keys. The chain knows no context and may wait for a
// credential service: when ctx ends first, the question is left to end by the chain's own
// timeouts.
func (s *signer) resolveCredential(ctx context.Context) (*credentials.CredentialModel, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	select {
	case s.credentialTurn <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	type resolved struct {
		model *credentials.CredentialModel
		err   error
	}
	done := make(chan resolved, 1)
	go func() {
		defer func() { <-s.credentialTurn }()
		model, err := s.credential.GetCredential()
		done <- resolved{model, err}
	}()
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case r := <-done:
		if r.err == nil && !hasKeys(r.model) {
			r.err = errors.New("the credential gives no keys")
		}
		return r.model, r.err
	}
}

// hasKeys reports whether there is anything to sign or to identify with.
func hasKeys(model *credentials.CredentialModel) bool {
	if model == nil {
		return false
	}
	for _, part := range []*string{model.AccessKeyId, model.BearerToken, model.SecurityToken} {
		if part != nil && *part != "" {
			return true
		}
	}
	return false
}

// credentialError classifies a failure to get keys: an unreachable credential service passes,
// anything else needs a person.
func credentialError(ctx context.Context, op cloudapi.Operation, err error) *cloudapi.Error {
	class := cloudapi.ErrAuth
	if _, network := errors.AsType[net.Error](err); network || ctx.Err() != nil {
		class = cloudapi.ErrUnavailable
	}
	return &cloudapi.Error{Client: "SAE", Operation: op.Name, Class: class, Message: "no credentials were found", Err: err}
}
