package oidc

import (
	"cmp"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/rs/zerolog"

	"slipway/console/access"
	"slipway/console/problem"
)

// Where a browser begins, with the page that it is to end at as the parameter next, and where the provider sends it back to.
const (
	Path         = "/sign-in/oidc"
	CallbackPath = Path + "/callback"
)

// The claims of an ID token that are read by default.
const (
	DefaultIdentityClaim = "preferred_username"
	DefaultGroupsClaim   = "groups"
)

// DefaultScopes are what is asked of the provider by default.
func DefaultScopes() []string { return []string{oidc.ScopeOpenID, oidc.ScopeProfile, oidc.ScopeEmail} }

// Config says who signs people in, and what that begins.
type Config struct {
	// Issuer is the URL of the provider, exactly as its tokens have it: https, or http on loopback.
	Issuer string
	// ClientID is what the console is called at the provider.
	ClientID string
	// ClientSecret proves that it is the console. Empty is a public client, whose sign-ins end at the process that has begun
	// them.
	ClientSecret string
	// URL is the origin at which people reach the console: the provider sends them back to [CallbackPath] there. It is https, or
	// http on loopback.
	URL string
	// IdentityClaim is the claim that says who somebody is, and GroupsClaim the one that lists their groups; the defaults are
	// [DefaultIdentityClaim] and [DefaultGroupsClaim]. Who is known by the claim email must have it verified.
	IdentityClaim, GroupsClaim string
	// Scopes are what is asked of the provider, openid among them; the default is [DefaultScopes].
	Scopes []string
	// Begin lets somebody in who has signed in, before the browser is sent on. An error that is a [problem.Problem] is shown as
	// it is, and any other one is logged.
	Begin func(http.ResponseWriter, *http.Request, access.Person) error
	// Refuse answers where signing in has failed; nil writes the problem itself.
	Refuse func(http.ResponseWriter, *http.Request, problem.Problem)
	// Now is the time; nil is that of the machine.
	Now func() time.Time
	// Logger tells who has signed in, and why somebody was not. No token, code or secret is logged.
	Logger zerolog.Logger
}

func (c Config) withDefaults() Config {
	c.IdentityClaim = cmp.Or(c.IdentityClaim, DefaultIdentityClaim)
	c.GroupsClaim = cmp.Or(c.GroupsClaim, DefaultGroupsClaim)
	if len(c.Scopes) == 0 {
		c.Scopes = DefaultScopes()
	}
	if c.Refuse == nil {
		c.Refuse = func(w http.ResponseWriter, _ *http.Request, p problem.Problem) { p.Write(w) }
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	return c
}

func (c Config) validate() error {
	var problems []error
	check := func(err error, field string) {
		if err != nil {
			problems = append(problems, fmt.Errorf("oidc: Config.%s %w", field, err))
		}
	}
	check(IssuerFault(c.Issuer), "Issuer")
	check(URLFault(c.URL), "URL")
	check(ScopesFault(c.Scopes), "Scopes")
	check(ClaimFault(c.IdentityClaim), "IdentityClaim")
	check(ClaimFault(c.GroupsClaim), "GroupsClaim")
	if c.ClientID == "" {
		check(errMissing, "ClientID")
	}
	if c.Begin == nil {
		check(errMissing, "Begin")
	}
	return errors.Join(problems...)
}

var errMissing = errors.New("is missing")

// IssuerFault says what is wrong with the URL of a provider; nil where nothing is.
func IssuerFault(text string) error {
	at, err := url.Parse(text)
	if err != nil || at.Host == "" || at.User != nil || at.RawQuery != "" || at.Fragment != "" {
		return fmt.Errorf("%.200q is no issuer: scheme, host and path, as its tokens have it", text)
	}
	return protected(at)
}

// URLFault says what is wrong with the origin of a console at which people sign in; nil where nothing is.
func URLFault(text string) error {
	at, err := url.Parse(text)
	if err != nil || at.Host == "" || text != at.Scheme+"://"+at.Host {
		return fmt.Errorf("%.200q is no address of a console: scheme, host and port, and no path", text)
	}
	return protected(at)
}

// protected refuses a URL at which others on the way could read what is sent.
func protected(at *url.URL) error {
	if at.Scheme == "https" || at.Scheme == "http" && loopback(at.Hostname()) {
		return nil
	}
	return fmt.Errorf("%.200q must be https, or http on loopback", at.Scheme+"://"+at.Host)
}

func loopback(host string) bool {
	at, err := netip.ParseAddr(host)
	return strings.EqualFold(host, "localhost") || err == nil && at.IsLoopback()
}

// LoopbackURL is the origin of a console that people reach at the address that it listens on; false where that is not loopback, or
// has no port of its own.
func LoopbackURL(addr string) (string, bool) {
	host, port, err := net.SplitHostPort(addr)
	return "http://" + addr, err == nil && loopback(host) && port != "0" && port != ""
}

// ScopesFault says what is wrong with scopes; nil where nothing is. None are the default.
func ScopesFault(scopes []string) error {
	if len(scopes) > 0 && !slices.Contains(scopes, oidc.ScopeOpenID) {
		return errors.New("must have openid among them")
	}
	for _, s := range scopes {
		if !scopePattern.MatchString(s) {
			return fmt.Errorf("has %.100q, which is no scope: letters, digits and signs, and no blanks", s)
		}
	}
	return nil
}

// scopePattern is the form of a scope (RFC 6749, section 3.3).
var scopePattern = regexp.MustCompile(`^[\x21\x23-\x5B\x5D-\x7E]{1,100}$`)

// ClaimFault says what is wrong with the name of a claim; nil where nothing is.
func ClaimFault(name string) error {
	if !scopePattern.MatchString(name) {
		return fmt.Errorf("%.100q is no claim: write the name as the ID token has it, such as preferred_username", name)
	}
	return nil
}
