package servicestageclient

import (
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"time"

	"slipway/cloudapi"
	"slipway/internal/clientrt"
)

// Defaults of Config.
const (
	// DefaultConnectTimeout is how long making a connection may take.
	DefaultConnectTimeout = clientrt.DefaultConnectTimeout
	// DefaultReadTimeout is how long an answer may take once the connection is made.
	DefaultReadTimeout = clientrt.DefaultReadTimeout
)

// Config says how a Client reaches ServiceStage: which project, where, and as whom.
type Config struct {
	// Region is the region's ID, for example cn-north-4. It is required without an Endpoint.
	Region string
	// ProjectID is the project that all calls are about. It is required: it is a part of the paths.
	ProjectID string
	// DomainID is the account, which only calls of global services name. It is sent where it is given.
	DomainID string
	// Endpoint is where the API is: a URL with scheme http or https and no path, or a host with an optional port, which
	// means https. Empty means https://servicestage.<Region>.myhuaweicloud.com.
	Endpoint string
	// Credential says who calls. It is required: [Keys], [KeysFrom] or a [TokenSource].
	Credential Credential
	// ConnectTimeout bounds making a connection, TLS included. Zero means DefaultConnectTimeout.
	ConnectTimeout time.Duration
	// ReadTimeout bounds the answer. Zero means DefaultReadTimeout. A request ends after
	// ConnectTimeout + ReadTimeout at the latest, and earlier when its context does.
	ReadTimeout time.Duration
	// Limiter paces all calls of the client, if it is not nil.
	Limiter cloudapi.Limiter
	// ReadRetries is how often a call that changes nothing is repeated after ErrUnavailable or
	// ErrThrottled. Zero repeats nothing. Calls that change state are never repeated.
	ReadRetries int
	// ReadDelay is the pause before the nth repetition, counted from 1; the server's
	// Retry-After is waited for in any case. Nil means cloudapi.DefaultReadDelay.
	ReadDelay func(n int) time.Duration
	// Observe is told of each request, if it is not nil.
	Observe cloudapi.Observer
	// UserAgent follows the client's own User-Agent.
	UserAgent string
	// Transport carries the signed requests. Nil means a transport of the client's own, with
	// the proxy of the environment (HTTPS_PROXY, HTTP_PROXY, NO_PROXY). One given here may
	// observe requests and add headers, but none that begin with X-, which are signed; and it must
	// not repeat a request: most operations are not safe to repeat.
	Transport http.RoundTripper
}

// Validate returns all problems of the configuration at once, joined, or nil.
func (c Config) Validate() error {
	var problems []error
	if c.Region != "" || c.Endpoint == "" {
		problems = append(problems, clientrt.CheckRegion(c.Region, exampleRegion))
	}
	if !regexp.MustCompile(`^[A-Za-z0-9_-]+$`).MatchString(c.ProjectID) {
		problems = append(problems, fmt.Errorf("project ID %q is not an ID; it is a part of every path", c.ProjectID))
	}
	if c.DomainID != "" && !regexp.MustCompile(`^[A-Za-z0-9_-]+$`).MatchString(c.DomainID) {
		problems = append(problems, fmt.Errorf("domain ID %q is not an ID", c.DomainID))
	}
	if c.Credential == nil {
		problems = append(problems, errors.New("there is no credential; Keys, KeysFrom and NewTokenSource make one"))
	}
	return errors.Join(append(problems, c.connection().Problems()...)...)
}

// connection is how ServiceStage is reached.
func (c Config) connection() clientrt.Connection {
	return clientrt.Connection{
		Endpoint: c.Endpoint, DefaultHost: "servicestage." + c.Region + ".myhuaweicloud.com",
		ConnectTimeout: c.ConnectTimeout, ReadTimeout: c.ReadTimeout, Limiter: c.Limiter, ReadRetries: c.ReadRetries,
		ReadDelay: c.ReadDelay, Observe: c.Observe, UserAgent: c.UserAgent, Transport: c.Transport,
	}
}

const (
	// ownUserAgent is how the client calls itself.
	ownUserAgent = "servicestageclient/v3"
	// exampleRegion is the ID of a region, for errors.
	exampleRegion = "cn-north-4"
)
