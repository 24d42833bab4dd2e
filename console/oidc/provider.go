package oidc

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
	"golang.org/x/sync/singleflight"
)

// The bounds of what the provider is asked.
const (
	providerTime = 10 * time.Second
	maxBody      = 1 << 20
	// againAfter is when a provider that was away is asked again, at the earliest.
	againAfter = 2 * time.Second
)

// provider is the provider, which is asked for its document once somebody signs in, and again until it has given it.
type provider struct {
	cfg    Config
	client *http.Client
	asking singleflight.Group

	mu     sync.Mutex
	known  *endpoints
	failed error
	asked  time.Time
}

// endpoints are what the document of the provider says.
type endpoints struct {
	oauth    oauth2.Config
	verifier *oidc.IDTokenVerifier
}

func newProvider(cfg Config) *provider {
	return &provider{cfg: cfg, client: &http.Client{
		Timeout:       providerTime,
		Transport:     bounded{http.DefaultTransport},
		CheckRedirect: func(*http.Request, []*http.Request) error { return errRedirected },
	}}
}

var errRedirected = errors.New("the provider redirects, and is not followed: what it is asked for holds secrets")

// bounded bounds how much of an answer is read.
type bounded struct{ next http.RoundTripper }

// RoundTrip implements http.RoundTripper.
func (b bounded) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := b.next.RoundTrip(r)
	if err == nil {
		resp.Body = http.MaxBytesReader(nil, resp.Body, maxBody)
	}
	return resp, err
}

// find returns what the document of the provider says.
func (p *provider) find(ctx context.Context) (*endpoints, error) {
	if known, err := p.have(); known != nil || err != nil {
		return known, err
	}
	// Whoever asks first may be gone before the answer comes, which is for all who wait.
	answer := p.asking.DoChan("", func() (any, error) {
		if known, err := p.have(); known != nil || err != nil {
			return known, err
		}
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), providerTime)
		defer cancel()
		known, err := p.discover(ctx)
		p.mu.Lock()
		defer p.mu.Unlock()
		p.known, p.failed, p.asked = known, err, p.cfg.Now()
		return known, err
	})
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case got := <-answer:
		known, _ := got.Val.(*endpoints)
		return known, got.Err
	}
}

// have is what is known of the provider, or why it was not found a moment ago; neither where it is to be asked.
func (p *provider) have() (*endpoints, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.failed != nil && p.cfg.Now().Sub(p.asked) < againAfter {
		return nil, p.failed
	}
	return p.known, nil
}

// discover reads the document of the provider.
func (p *provider) discover(ctx context.Context) (*endpoints, error) {
	found, err := oidc.NewProvider(oidc.ClientContext(ctx, p.client), p.cfg.Issuer)
	if err != nil {
		return nil, fmt.Errorf("read the document of the provider: %w", err)
	}
	var says struct {
		Authorization string   `json:"authorization_endpoint"`
		Token         string   `json:"token_endpoint"`
		Keys          string   `json:"jwks_uri"`
		Methods       []string `json:"token_endpoint_auth_methods_supported"`
	}
	if err := found.Claims(&says); err != nil {
		return nil, fmt.Errorf("read the document of the provider: %w", err)
	}
	for name, text := range map[string]string{"authorization_endpoint": says.Authorization, "token_endpoint": says.Token, "jwks_uri": says.Keys} {
		at, err := url.Parse(text)
		if err != nil || at.Host == "" {
			return nil, fmt.Errorf("the document of the provider has no URL as %s", name)
		}
		if err := protected(at); err != nil {
			return nil, fmt.Errorf("the document of the provider has as %s what cannot be used: %w", name, err)
		}
	}
	endpoint := found.Endpoint()
	if endpoint.AuthStyle, err = styleOf(p.cfg.ClientSecret != "", says.Methods); err != nil {
		return nil, err
	}
	return &endpoints{
		oauth: oauth2.Config{
			ClientID: p.cfg.ClientID, ClientSecret: p.cfg.ClientSecret, Endpoint: endpoint, RedirectURL: p.cfg.URL + CallbackPath, Scopes: p.cfg.Scopes,
		},
		verifier: found.Verifier(&oidc.Config{ClientID: p.cfg.ClientID, Now: p.cfg.Now}),
	}, nil
}

// styleOf is how a client says who it is, by what the provider takes; without a word of that it takes the first.
func styleOf(secret bool, methods []string) (oauth2.AuthStyle, error) {
	switch {
	case !secret || !slices.Contains(methods, "client_secret_basic") && slices.Contains(methods, "client_secret_post"):
		return oauth2.AuthStyleInParams, nil
	case len(methods) == 0 || slices.Contains(methods, "client_secret_basic"):
		return oauth2.AuthStyleInHeader, nil
	}
	return 0, errors.New("the provider takes a client secret neither as client_secret_basic nor as client_secret_post")
}
