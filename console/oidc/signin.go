package oidc

import (
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/rs/zerolog"
	"golang.org/x/oauth2"

	"slipway/console/access"
	"slipway/console/problem"
	"slipway/release"
)

// atOnce is how many sign-ins may be under way, as each asks the provider.
const atOnce = 32

// The lines of sign-ins that have failed within a minute: anybody can have one fail.
const (
	failuresLogged = 60
	failuresWithin = time.Minute
)

// comeAgain is when to try again where the provider is away, or busy.
const comeAgain = 5 * time.Second

// maxLogged is the length of the reason of a failure in the log, in bytes.
const maxLogged = 500

// SignIn signs people in at one provider.
type SignIn struct {
	cfg      Config
	provider *provider
	cookies  *cookies
	failures zerolog.Logger
	under    chan struct{}
}

// New returns sign-in by what cfg says, or all that is wrong with it. The provider is asked nothing yet.
func New(cfg Config) (*SignIn, error) {
	cfg = cfg.withDefaults()
	if err := cfg.validate(); err != nil {
		return nil, err
	}
	sealed, err := newCookies(cfg)
	if err != nil {
		return nil, fmt.Errorf("oidc: %w", err)
	}
	return &SignIn{
		cfg: cfg, provider: newProvider(cfg), cookies: sealed, under: make(chan struct{}, atOnce),
		failures: cfg.Logger.Sample(&zerolog.BurstSampler{Burst: failuresLogged, Period: failuresWithin}),
	}, nil
}

// Name is what people know the provider by: its host.
func (s *SignIn) Name() string {
	at, err := url.Parse(s.cfg.Issuer)
	if err != nil {
		return s.cfg.Issuer // was parsed before
	}
	return at.Host
}

// Handler answers at [Path] and [CallbackPath]. It is for everybody: nobody who comes has signed in yet.
func (s *SignIn) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+Path, s.answer(s.begin))
	mux.HandleFunc("GET "+CallbackPath, s.answer(s.end))
	return mux
}

// failure is why somebody was not signed in: what they are told, and what the log says besides.
type failure struct {
	problem.Problem

	reason error
}

func failed(status int, reason error, format string, args ...any) *failure {
	return &failure{problem.New(status, format, args...), reason}
}

// away is a failure of the provider that passes.
func (s *SignIn) away(reason error) *failure {
	f := failed(http.StatusServiceUnavailable, reason, "the sign-in service %s cannot be asked just now; try again", s.Name())
	f.RetryAfter = comeAgain
	return f
}

// answer has one of the two steps be taken, and tells of its failure.
func (s *SignIn) answer(step func(http.ResponseWriter, *http.Request) *failure) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		select {
		case s.under <- struct{}{}:
			defer func() { <-s.under }()
		default:
			busy := problem.New(http.StatusServiceUnavailable, "too many people sign in just now; try again")
			busy.RetryAfter = comeAgain
			s.cfg.Refuse(w, r, busy)
			return
		}
		f := step(w, r)
		if f == nil {
			return
		}
		reason := f.Detail
		if f.reason != nil {
			reason = f.reason.Error()
		}
		s.failures.Warn().Str("issuer", s.cfg.Issuer).Int("status", f.Status).Str("reason", release.ShortenLine(reason, maxLogged)).Msg("not signed in by OpenID Connect")
		s.cfg.Refuse(w, r, f.Problem)
	}
}

// begin sends the browser to the provider.
func (s *SignIn) begin(w http.ResponseWriter, r *http.Request) *failure {
	next := r.URL.Query().Get("next")
	if next == "" {
		next = "/"
	}
	if !isPath(next) {
		f := failed(http.StatusUnprocessableEntity, nil, "the parameter next is no page of this console; open %s", s.cfg.URL)
		f.Errors = []release.Problem{{Field: "next", Message: "must be a path of this console, which begins with one slash, and is not one to sign in at"}}
		return f
	}
	at, err := s.provider.find(r.Context())
	if err != nil {
		return s.away(err)
	}
	b := begun{State: oauth2.GenerateVerifier(), Nonce: oauth2.GenerateVerifier(), Verifier: oauth2.GenerateVerifier(), Next: next, Until: s.cfg.Now().Add(beginTime)}
	if err := s.cookies.set(w, b); err != nil {
		return failed(http.StatusInternalServerError, err, "signing in cannot begin; the log of the console says why")
	}
	w.Header().Set("Cache-Control", "no-store")
	http.Redirect(w, r, at.oauth.AuthCodeURL(b.State, oidc.Nonce(b.Nonce), oauth2.S256ChallengeOption(b.Verifier)), http.StatusSeeOther)
	return nil
}

// maxNext bounds the page at which a browser ends, so that the cookie is kept by every browser.
const maxNext = 1024

// isPath reports whether a browser that is sent to next stays at this console, and does not sign in once more.
func isPath(next string) bool {
	if len(next) > maxNext || !strings.HasPrefix(next, "/") || strings.HasPrefix(next, "//") || strings.ContainsFunc(next, func(r rune) bool { return r == '\\' || r <= ' ' || r == 0x7F }) {
		return false
	}
	at, err := url.Parse(next)
	return err == nil && at.Host == "" && at.Scheme == "" && at.Path != "/sign-in" && !strings.HasPrefix(at.Path, "/sign-in/")
}

// end takes the browser back from the provider.
func (s *SignIn) end(w http.ResponseWriter, r *http.Request) *failure {
	b, err := s.cookies.find(r, s.cfg.Now())
	s.cookies.forget(w) // it counts once
	if err != nil {
		return failed(http.StatusBadRequest, err, "%v; open %s and sign in again", err, s.cfg.URL)
	}
	said := r.URL.Query()
	if subtle.ConstantTimeCompare([]byte(said.Get("state")), []byte(b.State)) != 1 {
		return failed(http.StatusBadRequest, errors.New("the state is another one than that of the browser"), "this answers another sign-in than the last one that was begun in this browser; open %s and sign in again", s.cfg.URL)
	}
	if issuer := said.Get("iss"); issuer != "" && issuer != s.cfg.Issuer { // RFC 9207
		return failed(http.StatusBadRequest, fmt.Errorf("the answer is of the issuer %q", issuer), "this answers a sign-in at another service; open %s and sign in again", s.cfg.URL)
	}
	if code := said.Get("error"); code != "" {
		return s.refused(code, said.Get("error_description"))
	}
	who, f := s.exchange(r.Context(), said.Get("code"), b)
	if f != nil {
		return f
	}
	if err := s.cfg.Begin(w, r, who); err != nil {
		if p, is := errors.AsType[problem.Problem](err); is {
			return &failure{p, err}
		}
		return failed(http.StatusServiceUnavailable, err, "%s was recognised, and cannot be let in just now; try again", who.Identity)
	}
	s.cfg.Logger.Info().Str("identity", who.Identity).Int("groups", len(who.Groups)).Str("issuer", s.cfg.Issuer).Msg("signed in by OpenID Connect")
	w.Header().Set("Cache-Control", "no-store")
	http.Redirect(w, r, b.Next, http.StatusSeeOther)
	return nil
}

// errorPattern is the form of a code of an error. Nothing else that stands in the address is shown.
var errorPattern = regexp.MustCompile(`^[a-z_]{1,64}$`)

// refused is a failure that the provider tells of.
func (s *SignIn) refused(code, description string) *failure {
	reason := fmt.Errorf("the provider says %.64q: %s", code, release.ShortenLine(description, maxLogged))
	switch {
	case code == "access_denied":
		return failed(http.StatusForbidden, reason, "the sign-in service %s did not let you in, or you have not agreed", s.Name())
	case code == "temporarily_unavailable" || code == "server_error":
		return s.away(reason)
	case errorPattern.MatchString(code):
		return failed(http.StatusBadGateway, reason, "the sign-in service %s says %s; the log of the console says more", s.Name(), code)
	}
	return failed(http.StatusBadGateway, reason, "the sign-in service %s has not signed you in; the log of the console says why", s.Name())
}

// exchange returns who a code is of.
func (s *SignIn) exchange(ctx context.Context, code string, b begun) (access.Person, *failure) {
	if code == "" {
		return access.Person{}, failed(http.StatusBadRequest, errors.New("there is no code"), "the sign-in service %s has sent no code; open %s and sign in again", s.Name(), s.cfg.URL)
	}
	at, err := s.provider.find(ctx)
	if err != nil {
		return access.Person{}, s.away(err)
	}
	ctx, cancel := context.WithTimeout(oidc.ClientContext(ctx, s.provider.client), providerTime)
	defer cancel()
	tokens, err := at.oauth.Exchange(ctx, code, oauth2.VerifierOption(b.Verifier))
	if err != nil {
		return access.Person{}, s.notExchanged(err)
	}
	raw, _ := tokens.Extra("id_token").(string)
	if raw == "" {
		return access.Person{}, s.unproven(errors.New("there is no ID token in the answer"))
	}
	found, err := s.verify(ctx, at, idToken{raw, b.Nonce})
	if err != nil {
		return access.Person{}, s.unproven(err)
	}
	who, err := s.person(found)
	if err != nil {
		return access.Person{}, failed(http.StatusForbidden, nil, "%v", err)
	}
	return who, nil
}

// notExchanged is a failure of the exchange of a code. What the provider answers is not quoted: it may hold what it was sent.
func (s *SignIn) notExchanged(err error) *failure {
	answer, is := errors.AsType[*oauth2.RetrieveError](err)
	switch {
	case !is:
		return s.away(fmt.Errorf("exchange the code: %w", err))
	case answer.ErrorCode == "invalid_grant":
		return failed(http.StatusBadRequest, errors.New("the provider does not take the code: invalid_grant"), "the sign-in service %s does not take the code, which counts once and for a short time; open %s and sign in again", s.Name(), s.cfg.URL)
	case answer.Response != nil && answer.Response.StatusCode >= http.StatusInternalServerError:
		return s.away(fmt.Errorf("exchange the code: the provider answers %s", answer.Response.Status))
	case errorPattern.MatchString(answer.ErrorCode):
		return failed(http.StatusBadGateway, fmt.Errorf("exchange the code: the provider says %s; look at the client ID and secret", answer.ErrorCode), "the sign-in service %s does not take this console for its client; who runs the console finds more in its log", s.Name())
	}
	return failed(http.StatusBadGateway, errors.New("exchange the code: the answer of the provider is no token"), "the sign-in service %s gives no token; who runs the console finds more in its log", s.Name())
}

// unproven is a failure of what the provider has sent.
func (s *SignIn) unproven(reason error) *failure {
	return failed(http.StatusBadGateway, reason, "what the sign-in service %s has sent proves nothing; sign in again, and where that does not help, who runs the console finds more in its log", s.Name())
}

// idToken is a token that is to be verified, with the nonce that it must have.
type idToken struct{ raw, nonce string }

// verify returns the claims of an ID token that is of this provider, for this client and for what was begun.
func (s *SignIn) verify(ctx context.Context, at *endpoints, t idToken) (claims, error) {
	token, err := at.verifier.Verify(ctx, t.raw)
	if err != nil {
		return nil, err
	}
	if subtle.ConstantTimeCompare([]byte(token.Nonce), []byte(t.nonce)) != 1 {
		return nil, errors.New("the ID token has another nonce than was asked for")
	}
	found := claims{}
	if err := token.Claims(&found); err != nil {
		return nil, errors.New("the claims of the ID token cannot be read")
	}
	var party struct {
		AZP string `json:"azp"`
	}
	_ = token.Claims(&party)
	if party.AZP != "" && party.AZP != s.cfg.ClientID || party.AZP == "" && len(token.Audience) > 1 {
		return nil, fmt.Errorf("the ID token was made for %.100q (azp), and not for this client", party.AZP)
	}
	return found, nil
}
