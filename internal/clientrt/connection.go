package clientrt

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"

	"slipway/cloudapi"
)

// Defaults of a Connection.
const (
	// DefaultConnectTimeout is how long making a connection may take.
	DefaultConnectTimeout = 5 * time.Second
	// DefaultReadTimeout is how long an answer may take once the connection is made.
	DefaultReadTimeout = 30 * time.Second
)

// Connection is what the configurations of all clients say of how a platform is reached. The
// fields are those of the configurations.
type Connection struct {
	// Endpoint is a URL with scheme http or https and no path, or a host with an optional port, which
	// means https. Empty means https and DefaultHost.
	Endpoint, DefaultHost string

	ConnectTimeout, ReadTimeout time.Duration
	Limiter                     cloudapi.Limiter
	ReadRetries                 int
	ReadDelay                   func(n int) time.Duration
	Observe                     cloudapi.Observer
	UserAgent                   string
	Transport                   http.RoundTripper
}

// Problems lists everything that is wrong.
func (c Connection) Problems() []error {
	var problems []error
	if _, _, err := c.Address(); err != nil {
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
	if strings.ContainsFunc(c.UserAgent, isControl) {
		problems = append(problems, errors.New("user agent holds control characters"))
	}
	return problems
}

// CheckRegion tells whether a text can be the ID of a region, such as the example.
func CheckRegion(region, example string) error {
	if !regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`).MatchString(region) {
		return fmt.Errorf("region %q is not a region ID such as %s", region, example)
	}
	return nil
}

// UserAgent is how a client calls itself, and what its user has to add.
func UserAgent(own, more string) string {
	if more == "" {
		return own
	}
	return own + " " + more
}

// isControl reports whether a character must not stand in a header.
func isControl(r rune) bool { return r < ' ' || r == 0x7f }

// Address gives the scheme and the host, with its port if any.
func (c Connection) Address() (scheme, host string, err error) {
	if c.Endpoint == "" {
		return "https", c.DefaultHost, nil
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

// WithDefaults fills in what is not set.
func (c Connection) WithDefaults() Connection {
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

// Timeout is how long a request takes at most.
func (c Connection) Timeout() time.Duration { return c.ConnectTimeout + c.ReadTimeout }

// Caller makes what carries out the calls of a client: send signs a request and hands it to [Exchange.Do]. What is not set
// has its default.
func (c Connection) Caller(api *API, send func(ctx context.Context, x *Exchange) error) Caller {
	c = c.WithDefaults()
	api.Decoder = api.Decoder.Remembering()
	return Caller{
		API: api, Send: send, Transport: c.Transport, Timeout: c.Timeout(),
		Limiter: c.Limiter, ReadRetries: c.ReadRetries, ReadDelay: c.ReadDelay, Observe: c.Observe,
	}
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
