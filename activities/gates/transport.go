package gates

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"sync"
	"syscall"
	"time"
)

// maxAnswer is how much of an answer is read, headers apart.
const maxAnswer = 64 << 10

// maxRedirects is how many redirects are followed.
const maxRedirects = 5

// connectTimeout bounds one connection attempt; the timeout of the sample is usually
// shorter.
const connectTimeout = 10 * time.Second

// guardedTransport asks the network directly. It uses no proxy, because a proxy would
// resolve the names itself, and a fresh connection for every sample, because an open one
// would hide that no new one can be made.
func guardedTransport(d guardedDialer) *http.Transport {
	return &http.Transport{
		DialContext:            d.plain,
		DialTLSContext:         d.secure,
		DisableKeepAlives:      true,
		ForceAttemptHTTP2:      true,
		MaxResponseHeaderBytes: maxAnswer,
	}
}

// refuseResolved checks the address that a name was resolved to, just before the
// connection.
func (l allowList) refuseResolved(address string) error {
	to, err := netip.ParseAddrPort(address)
	if err != nil {
		return fmt.Errorf("address %q cannot be read: %w", address, err)
	}
	return l.refuse(to.Addr(), to.Port())
}

// guardedDialer makes the connections of gates.
type guardedDialer struct {
	*net.Dialer

	// roots are the authorities of certificates; nil for those of the system.
	roots *x509.CertPool
	// unnamed tells that certificates are not looked at: none names an address that comes and
	// goes. What is asked is still told apart by its address.
	unnamed bool
}

func newDialer(allowed allowList) guardedDialer {
	return guardedDialer{Dialer: &net.Dialer{
		Timeout: connectTimeout,
		Control: func(_, address string, _ syscall.RawConn) error { return allowed.refuseResolved(address) },
	}}
}

func (d guardedDialer) plain(ctx context.Context, network, address string) (net.Conn, error) {
	conn, err := d.DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	return newAskedFirst(conn), nil
}

func (d guardedDialer) secure(ctx context.Context, network, address string) (net.Conn, error) {
	name, _, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	raw, err := d.DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, connectTimeout)
	defer cancel()
	conn := tls.Client(raw, &tls.Config{
		ServerName: name, RootCAs: d.roots, NextProtos: []string{"h2", "http/1.1"}, MinVersion: tls.VersionTLS12,
		InsecureSkipVerify: d.unnamed, //nolint:gosec // only for instances, as Kubernetes' own probes do: see unnamed
	})
	if err := conn.HandshakeContext(ctx); err != nil {
		_ = raw.Close()
		return nil, &handshakeError{err}
	}
	if conn.ConnectionState().NegotiatedProtocol == "h2" {
		return conn, nil // which the HTTP client knows by its type
	}
	return newAskedFirst(conn), nil
}

// handshakeError tells that there is a connection and no TLS.
type handshakeError struct{ err error }

// Error implements error.
func (e *handshakeError) Error() string { return "TLS handshake: " + e.err.Error() }

// Unwrap returns the cause.
func (e *handshakeError) Unwrap() error { return e.err }

// askedFirst is a connection that reads nothing before something was written. The HTTP
// client would write what a server says unasked to the log of the process.
type askedFirst struct {
	net.Conn

	asked chan struct{}
	once  sync.Once
}

func newAskedFirst(conn net.Conn) *askedFirst {
	return &askedFirst{Conn: conn, asked: make(chan struct{})}
}

// Read implements net.Conn.
func (c *askedFirst) Read(b []byte) (int, error) {
	<-c.asked
	return c.Conn.Read(b)
}

// Write implements net.Conn.
func (c *askedFirst) Write(b []byte) (int, error) {
	c.once.Do(func() { close(c.asked) })
	return c.Conn.Write(b)
}

// Close implements net.Conn.
func (c *askedFirst) Close() error {
	err := c.Conn.Close()
	c.once.Do(func() { close(c.asked) })
	return err
}

// client returns a client that follows redirects to what is allowed only. A redirect that
// is not followed, because of where it leads or because its status is one that is wanted,
// is the answer.
func (g *Gates) client(transport http.RoundTripper, wanted []int) *http.Client {
	return &http.Client{
		Transport: transport,
		CheckRedirect: func(next *http.Request, via []*http.Request) error {
			// It would be the address before, with its query.
			next.Header.Del("Referer")
			if len(via) > maxRedirects || g.allowed.check(next.Method, next.URL) != nil || next.URL.User != nil ||
				slices.Contains(wanted, next.Response.StatusCode) {
				return http.ErrUseLastResponse
			}
			return nil
		},
	}
}

// limited cuts every answer off with an error beyond [maxAnswer].
type limited struct{ next http.RoundTripper }

// RoundTrip implements http.RoundTripper.
func (l limited) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := l.next.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	resp.Body = http.MaxBytesReader(nil, resp.Body, maxAnswer)
	return resp, nil
}
