package acskeys_test

import (
	"context"
	"errors"
	"net/http"
	"testing"

	"github.com/aliyun/credentials-go/credentials"
	"github.com/stretchr/testify/require"

	"slipway/cloudapi"
	"slipway/internal/acskeys"
	"slipway/internal/clientrt"
)

// credential answers as it is told.
type credential struct {
	credentials.Credential

	answer func() (*credentials.CredentialModel, error)
}

func (c credential) GetCredential() (*credentials.CredentialModel, error) { return c.answer() }

func source(t *testing.T, answer func() (*credentials.CredentialModel, error)) *acskeys.Source {
	t.Helper()
	s, err := acskeys.NewSource(credential{answer: answer})
	require.NoError(t, err)
	return s
}

func TestSource_GivesTheKeysOfACall(t *testing.T) {
	t.Parallel()
	want := &credentials.CredentialModel{AccessKeyId: new("id"), AccessKeySecret: new("secret")}
	s := source(t, func() (*credentials.CredentialModel, error) { return want, nil })
	x := &clientrt.Exchange{Operation: cloudapi.Operation{Name: "GetToy", Method: http.MethodGet}}
	for range 2 {
		got, err := s.Of(t.Context(), "toys", x)
		require.NoError(t, err)
		require.Same(t, want, got)
	}
}

func TestSource_WithoutKeys(t *testing.T) {
	t.Parallel()
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	for name, c := range map[string]struct {
		ctx    context.Context
		answer func() (*credentials.CredentialModel, error)
		want   cloudapi.Class
	}{
		"nothing": {t.Context(), func() (*credentials.CredentialModel, error) { return nil, nil }, cloudapi.ErrAuth},
		"empty keys": {t.Context(), func() (*credentials.CredentialModel, error) {
			return &credentials.CredentialModel{AccessKeyId: new("")}, nil
		}, cloudapi.ErrAuth},
		"a refusal":         {t.Context(), func() (*credentials.CredentialModel, error) { return nil, errors.New("no such role") }, cloudapi.ErrAuth},
		"nobody to ask":     {t.Context(), func() (*credentials.CredentialModel, error) { return nil, unreachable{} }, cloudapi.ErrUnavailable},
		"the call is ended": {ended, func() (*credentials.CredentialModel, error) { return nil, errors.New("is not asked") }, cloudapi.ErrUnavailable},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := source(t, c.answer).Of(c.ctx, "toys", &clientrt.Exchange{Operation: cloudapi.Operation{Name: "GetToy"}})
			require.ErrorIs(t, err, c.want)
			require.ErrorContains(t, err, "toys: GetToy")
		})
	}
}

// A credential that never answers does not hold a call whose context has ended, and no other asks it meanwhile.
func TestSource_DoesNotWaitBeyondTheCall(t *testing.T) {
	t.Parallel()
	asked, release := make(chan struct{}, 2), make(chan struct{})
	s := source(t, func() (*credentials.CredentialModel, error) {
		asked <- struct{}{}
		<-release
		return &credentials.CredentialModel{AccessKeyId: new("id")}, nil
	})
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		<-asked
		cancel()
	}()
	_, err := s.Resolve(ctx)
	require.ErrorIs(t, err, context.Canceled)
	_, err = s.Resolve(ctx)
	require.ErrorIs(t, err, context.Canceled)
	close(release)
	got, err := s.Resolve(t.Context())
	require.NoError(t, err)
	require.Equal(t, "id", *got.AccessKeyId)
	require.Len(t, asked, 1, "the first question, and this one")
}

// unreachable is the error of a network that is not there.
type unreachable struct{}

func (unreachable) Error() string   { return "network is unreachable" }
func (unreachable) Timeout() bool   { return true }
func (unreachable) Temporary() bool { return true }
