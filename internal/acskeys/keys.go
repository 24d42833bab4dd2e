// Package acskeys asks a credential of Alibaba Cloud for the keys of one call, for the clients of its products, and makes one of
// a key pair ([Pair]).
package acskeys

import (
	"context"
	"errors"
	"fmt"
	"net"

	"github.com/aliyun/credentials-go/credentials"

	"slipway/cloudapi"
	"slipway/internal/clientrt"
)

// Source gives the keys that requests are signed with. It is safe for concurrent use.
type Source struct {
	// Credential is what is asked.
	Credential credentials.Credential

	// turn holds one token while the credential is asked for keys: the default chain is not safe
	// for concurrent use. It is never held while the platform is called.
	turn chan struct{}
}

// Pair is a credential of one key pair.
func Pair(id, secret string) (credentials.Credential, error) {
	return credentials.NewCredential(new(credentials.Config).SetType("access_key").SetAccessKeyId(id).SetAccessKeySecret(secret))
}

// NewSource makes a source of a credential; nil means Alibaba Cloud's default chain.
func NewSource(credential credentials.Credential) (*Source, error) {
	if credential == nil {
		var err error
		if credential, err = credentials.NewCredential(nil); err != nil {
			return nil, fmt.Errorf("default credential chain: %w: %w", cloudapi.ErrAuth, err)
		}
	}
	return &Source{Credential: credential, turn: make(chan struct{}, 1)}, nil
}

// Of resolves the keys of one call of a client, and has them removed from what comes back. An
// error is a [*cloudapi.Error].
func (s *Source) Of(ctx context.Context, client string, x *clientrt.Exchange) (*credentials.CredentialModel, error) {
	model, err := s.Resolve(ctx)
	if err != nil {
		return nil, &cloudapi.Error{Client: client, Operation: x.Operation.Name, Class: ClassOf(ctx, err), Message: "no credentials were found", Err: err}
	}
	for _, secret := range []*string{model.AccessKeySecret, model.SecurityToken, model.BearerToken} {
		if secret != nil {
			x.Hide(*secret)
		}
	}
	return model, nil
}

// ClassOf is the class of an error of Resolve: an unreachable credential service passes, anything else needs a person.
func ClassOf(ctx context.Context, err error) cloudapi.Class {
	if _, network := errors.AsType[net.Error](err); network || ctx.Err() != nil {
		return cloudapi.ErrUnavailable
	}
	return cloudapi.ErrAuth
}

// Resolve asks the credential for keys. The chain knows no context and may wait for a credential
// service: when ctx ends first, the question is left to end by the chain's own timeouts.
func (s *Source) Resolve(ctx context.Context) (*credentials.CredentialModel, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	select {
	case s.turn <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	type resolved struct {
		model *credentials.CredentialModel
		err   error
	}
	done := make(chan resolved, 1)
	go func() {
		defer func() { <-s.turn }()
		model, err := s.Credential.GetCredential()
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
