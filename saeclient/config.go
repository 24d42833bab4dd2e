package saeclient

import (
	"errors"
	"net/http"
	"time"

	"github.com/aliyun/credentials-go/credentials"

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

// Config says how a Client reaches SAE. Only Region is required.
type Config struct {
	// Region is the region's ID, for example cn-hangzhou. It is sent with every request and
	// names the default endpoint.
	Region string
	// Endpoint is where the API is: a URL with scheme http or https and no path, or a host with an optional port, which
	// means https. Empty means https://sae.<Region>.aliyuncs.com.
	Endpoint string
	// Credential signs the requests. Nil means Alibaba Cloud's default chain: environment, OIDC
	// role, profiles, instance role, credentials URI.
	Credential credentials.Credential
	// ConnectTimeout bounds making a connection, TLS included. Zero means DefaultConnectTimeout.
	ConnectTimeout time.Duration
	// ReadTimeout bounds the answer. Zero means DefaultReadTimeout. A request ends after
	// ConnectTimeout + ReadTimeout at the latest, and earlier when its context does.
	ReadTimeout time.Duration
	// Limiter paces all calls of the client, if it is not nil.
	Limiter cloudapi.Limiter
	// ReadRetries is how often a call that changes nothing is repeated after ErrUnavailable or
	// ErrThrottled. Zero repeats nothing. Calls that change state are never repeated,
	// ConfirmPipelineBatch and ExecJob among them, though they are GETs.
	ReadRetries int
	// ReadDelay is the pause before the nth repetition, counted from 1; the server's
	// Retry-After is waited for in any case. Nil means DefaultReadDelay.
	ReadDelay func(n int) time.Duration
	// Observe is told of each request, if it is not nil.
	Observe cloudapi.Observer
	// XML asks for answers in XML instead of JSON. Answers are read in the language that they
	// come in, whatever was asked for.
	XML bool
	// UserAgent is appended to the User-Agent of the SDK core.
	UserAgent string
	// Transport carries the signed requests. Nil means a transport of the client's own, with
	// the proxy of the environment (HTTPS_PROXY, HTTP_PROXY, NO_PROXY). One given here may
	// observe requests and add headers, but must not repeat a request: most operations are not
	// safe to repeat.
	Transport http.RoundTripper
}

// Validate returns all problems of the configuration at once, joined, or nil.
func (c Config) Validate() error {
	return errors.Join(append([]error{clientrt.CheckRegion(c.Region, "cn-hangzhou")}, c.connection().Problems()...)...)
}

// connection is how SAE is reached.
func (c Config) connection() clientrt.Connection {
	return clientrt.Connection{
		Endpoint: c.Endpoint, DefaultHost: "sae." + c.Region + ".aliyuncs.com",
		ConnectTimeout: c.ConnectTimeout, ReadTimeout: c.ReadTimeout, Limiter: c.Limiter, ReadRetries: c.ReadRetries,
		ReadDelay: c.ReadDelay, Observe: c.Observe, UserAgent: c.UserAgent, Transport: c.Transport,
	}
}
