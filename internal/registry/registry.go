// Package registry asks registries of container images which digest a tag has.
package registry

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"time"

	"github.com/docker/cli/cli/config"
	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/remote/transport"

	"slipway/internal/buildinfo"
)

const (
	// askTime bounds one question, with what it takes to be let in and to try again.
	askTime = 10 * time.Second
	// maxAnswer is how much is read of one answer, in bytes: as much as a registry takes as a manifest.
	maxAnswer = 4 << 20
)

// Registries asks the registry of each image. Its methods may be called concurrently.
type Registries struct{ authFile string }

// New returns registries that are asked with the credentials of a file such as Docker's config.json, which is read
// for each question. Without one they are those of Docker or Podman on this machine (DOCKER_CONFIG), where there are any.
func New(authFile string) *Registries { return &Registries{authFile} }

// RefusedError means that a registry has answered, and that asking again would not change the answer.
type RefusedError struct{ Reason string }

// Error implements error.
func (e *RefusedError) Error() string { return e.Reason }

// Digest returns the digest of the manifest, or of the index of manifests, that a tag of a repository has just now. What the registry
// refuses is a [RefusedError]; any other error may pass.
func (r *Registries) Digest(ctx context.Context, repository, tag string) (string, error) {
	ref, err := name.NewTag(repository + ":" + tag)
	if err != nil {
		return "", &RefusedError{fmt.Sprintf("%s:%s is no tag of a registry", repository, tag)}
	}
	keys, err := r.keys()
	if err != nil {
		return "", err
	}
	ctx, cancel := context.WithTimeout(ctx, askTime)
	defer cancel()
	with := []remote.Option{
		remote.WithContext(ctx), remote.WithAuthFromKeychain(keys), remote.WithTransport(bounded{remote.DefaultTransport}),
		remote.WithUserAgent("slipway/" + buildinfo.Read().Version),
	}
	found, err := remote.Head(ref, with...)
	if err == nil {
		return found.Digest.String(), nil
	}
	if !saysNothing(err) {
		return "", told(ref, err)
	}
	manifest, err := remote.Get(ref, with...)
	if err != nil {
		return "", told(ref, err)
	}
	return manifest.Digest.String(), nil
}

// saysNothing reports whether a registry that is there does not answer HEAD, or leaves the headers out that HEAD is for.
// The manifest itself has the digest then.
func saysNothing(err error) bool {
	if answer, answered := errors.AsType[*transport.Error](err); answered {
		return answer.StatusCode == http.StatusMethodNotAllowed
	}
	_, away := errors.AsType[*url.Error](err)
	return !away
}

// keys are the credentials.
func (r *Registries) keys() (authn.Keychain, error) {
	if r.authFile == "" {
		return authn.DefaultKeychain, nil
	}
	file, err := os.Open(r.authFile)
	if err != nil {
		return nil, fmt.Errorf("credentials of registries: %w", err)
	}
	defer func() { _ = file.Close() }()
	read, err := config.LoadFromReader(io.LimitReader(file, maxAnswer))
	if err != nil { // which may have a secret in it
		return nil, fmt.Errorf("credentials of registries: %s is no file such as Docker's config.json", r.authFile)
	}
	return keychain(func(host string) (authn.AuthConfig, error) {
		c, err := read.GetAuthConfig(host)
		return authn.AuthConfig{Username: c.Username, Password: c.Password, Auth: c.Auth, IdentityToken: c.IdentityToken, RegistryToken: c.RegistryToken}, err
	}), nil
}

// keychain looks credentials up by what a file of Docker calls a registry.
type keychain func(host string) (authn.AuthConfig, error)

// Resolve implements [authn.Keychain].
func (k keychain) Resolve(target authn.Resource) (authn.Authenticator, error) {
	for _, host := range []string{target.String(), target.RegistryStr()} {
		if host == name.DefaultRegistry {
			host = authn.DefaultAuthKey
		}
		found, err := k(host)
		if err != nil {
			return nil, errors.New("credentials of registries: the helper that the file names does not give any")
		}
		if (found != authn.AuthConfig{}) {
			return authn.FromConfig(found), nil
		}
	}
	return authn.Anonymous, nil
}

// told says in one line why there is no answer, without what a registry has sent.
func told(ref name.Tag, err error) error {
	answer, answered := errors.AsType[*transport.Error](err)
	_, large := errors.AsType[*http.MaxBytesError](err)
	switch {
	case large:
		return &RefusedError{fmt.Sprintf("registry %s tells of tag %s of %s in more than %d bytes", ref.RegistryStr(), ref.TagStr(), ref.RepositoryStr(), maxAnswer)}
	case !answered:
		return fmt.Errorf("registry %s: %w", ref.RegistryStr(), err)
	case answer.StatusCode == http.StatusNotFound:
		return &RefusedError{fmt.Sprintf("registry %s has no tag %s of %s", ref.RegistryStr(), ref.TagStr(), ref.RepositoryStr())}
	case answer.StatusCode == http.StatusUnauthorized, answer.StatusCode == http.StatusForbidden:
		return &RefusedError{fmt.Sprintf("registry %s does not let the starter read %s (status %d); give it credentials with --registry-auth", ref.RegistryStr(), ref.RepositoryStr(), answer.StatusCode)}
	case answer.StatusCode == http.StatusRequestTimeout, answer.StatusCode == http.StatusTooEarly, answer.StatusCode == http.StatusTooManyRequests,
		answer.StatusCode < 400, answer.StatusCode >= 500:
		return fmt.Errorf("registry %s: status %d", ref.RegistryStr(), answer.StatusCode)
	}
	return &RefusedError{fmt.Sprintf("registry %s refuses to tell of tag %s of %s (status %d)", ref.RegistryStr(), ref.TagStr(), ref.RepositoryStr(), answer.StatusCode)}
}

// bounded reads no more of an answer than there can be of use.
type bounded struct{ http.RoundTripper }

// RoundTrip implements [http.RoundTripper].
func (b bounded) RoundTrip(r *http.Request) (*http.Response, error) {
	answer, err := b.RoundTripper.RoundTrip(r)
	if err == nil {
		answer.Body = http.MaxBytesReader(nil, answer.Body, maxAnswer) // part of a manifest would have another digest
	}
	return answer, err
}
