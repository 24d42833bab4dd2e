package fcclient

import (
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"time"

	"github.com/aliyun/credentials-go/credentials"

	"slipway/cloudapi"
	"slipway/internal/clientrt"
)

// APIVersion is the version of the API. It is the first segment of every path.
const APIVersion = "2016-08-15"

// Defaults of Config.
const (
	// DefaultConnectTimeout is how long making a connection may take.
	DefaultConnectTimeout = clientrt.DefaultConnectTimeout
	// DefaultReadTimeout is how long an answer may take once the connection is made.
	DefaultReadTimeout = clientrt.DefaultReadTimeout
)

// Config says how a Client reaches Function Compute: by AccountID and Region, or by Endpoint.
type Config struct {
	// Region is the region's ID, for example cn-hangzhou. It is required without an Endpoint.
	Region string
	// AccountID is the ID of the account, digits. It is required without an Endpoint. Where it is
	// known, it is sent with every request.
	AccountID string
	// Endpoint is where the API is: a URL with scheme http or https and no path, or a host with an optional port, which
	// means https. Empty means https://<AccountID>.<Region>.fc.aliyuncs.com; from inside of Alibaba
	// Cloud, https://<AccountID>.<Region>-internal.fc.aliyuncs.com can be given.
	Endpoint string
	// Credential signs the requests. Nil means Alibaba Cloud's default chain: environment, OIDC
	// role, profiles, instance role, credentials URI. The security token of temporary keys is sent
	// with them. Bearer tokens are refused: this API knows none.
	Credential credentials.Credential
	// ConnectTimeout bounds making a connection, TLS included. Zero means DefaultConnectTimeout.
	ConnectTimeout time.Duration
	// ReadTimeout bounds the answer. Zero means DefaultReadTimeout. A request ends after
	// ConnectTimeout + ReadTimeout at the latest, and earlier when its context does. Invoking a
	// function takes as long as the function does.
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
	// observe requests and add headers, but none that begin with X-Fc-, which are signed; and it must
	// not repeat a request: most operations are not safe to repeat.
	Transport http.RoundTripper
}

// Validate returns all problems of the configuration at once, joined, or nil.
func (c Config) Validate() error {
	var problems []error
	if c.Region != "" || c.Endpoint == "" {
		problems = append(problems, clientrt.CheckRegion(c.Region, "cn-hangzhou"))
	}
	if (c.AccountID != "" || c.Endpoint == "") && !regexp.MustCompile(`^[0-9]+$`).MatchString(c.AccountID) {
		problems = append(problems, fmt.Errorf("account ID %q is not a number; without an endpoint it names the host", c.AccountID))
	}
	return errors.Join(append(problems, c.connection().Problems()...)...)
}

// connection is how Function Compute is reached.
func (c Config) connection() clientrt.Connection {
	return clientrt.Connection{
		Endpoint: c.Endpoint, DefaultHost: c.AccountID + "." + c.Region + ".fc.aliyuncs.com",
		ConnectTimeout: c.ConnectTimeout, ReadTimeout: c.ReadTimeout, Limiter: c.Limiter, ReadRetries: c.ReadRetries,
		ReadDelay: c.ReadDelay, Observe: c.Observe, UserAgent: c.UserAgent, Transport: c.Transport,
	}
}
