package saeclient

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"

	"github.com/aliyun/credentials-go/credentials"

	"slipway/cloudapi"
)

// Defaults of Config.
const (
	// DefaultConnectTimeout is how long making a connection may take.
	DefaultConnectTimeout = 5 * time.Second
	// DefaultReadTimeout is how long an answer may take once the connection is made.
	DefaultReadTimeout = 30 * time.Second
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
	var problems []error
	if !regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`).MatchString(c.Region) {
		problems = append(problems, fmt.Errorf("region %q is not a region ID such as cn-hangzhou", c.Region))
	}
	if _, _, err := c.endpoint(); err != nil {
		problems = append(problems, err)
	}
	if c.ConnectTimeout < 0 {
		problems = append(problems, errors.New("connect timeout is negative"))
	}
	if c.ReadTimeout < 0 {
		problems = append(problems, errors.New("read timeout is negative"))
	}
	if c.ReadRetries < 0 {
		problems = append(problems, errors.New("number of read retries is negative"))
	}
	if strings.ContainsFunc(c.UserAgent, func(r rune) bool { return r < ' ' || r == 0x7f }) {
		problems = append(problems, errors.New("user agent holds control characters"))
	}
	return errors.Join(problems...)
}

// endpoint gives the scheme and the host, with its port if any.
func (c Config) endpoint() (scheme, host string, err error) {
	if c.Endpoint == "" {
		return "https", "sae." + c.Region + ".aliyuncs.com", nil
	}
	text := c.Endpoint
	if !strings.Contains(text, "://") {
		text = "https://" + text
	}
	u, err := url.Parse(text)
	switch {
	case err != nil:
		// The text may hold a password; the parser's error repeats the text.
		return "", "", errors.New("endpoint is not a URL or a host")
	case u.Scheme != "http" && u.Scheme != "https":
		return "", "", fmt.Errorf("endpoint has scheme %q, want http or https", u.Scheme)
	case u.User != nil:
		return "", "", errors.New("endpoint holds a user name; credentials go into Credential")
	case u.Hostname() == "":
		return "", "", errors.New("endpoint has no host")
	case strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.Fragment != "":
		return "", "", errors.New("endpoint has a path, query or fragment; the path is part of what is signed and is fixed")
	}
	return u.Scheme, u.Host, nil
}

// withDefaults fills in what is not set.
func (c Config) withDefaults() Config {
	if c.ConnectTimeout == 0 {
		c.ConnectTimeout = DefaultConnectTimeout
	}
	if c.ReadTimeout == 0 {
		c.ReadTimeout = DefaultReadTimeout
	}
	if c.Transport == nil {
		c.Transport = newTransport(c.ConnectTimeout)
	}
	return c
}

// newTransport makes the transport that is used when none is given.
func newTransport(connectTimeout time.Duration) *http.Transport {
	dialer := &net.Dialer{Timeout: connectTimeout, KeepAlive: 30 * time.Second}
	return &http.Transport{
		Proxy:                 http.ProxyFromEnvironment,
		DialContext:           dialer.DialContext,
		TLSHandshakeTimeout:   connectTimeout,
		MaxIdleConns:          100,
		MaxIdleConnsPerHost:   16,
		IdleConnTimeout:       30 * time.Second,
		ExpectContinueTimeout: time.Second,
	}
}
