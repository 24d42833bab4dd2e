package gates

import (
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"slices"
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
// would hide that no new one can be made. A nil resolver is the usual one.
func guardedTransport(resolver *net.Resolver) *http.Transport {
	dialer := &net.Dialer{
		Timeout:  connectTimeout,
		Resolver: resolver,
		Control:  func(_, address string, _ syscall.RawConn) error { return refuse(address) },
	}
	return &http.Transport{
		DialContext:            dialer.DialContext,
		TLSHandshakeTimeout:    connectTimeout,
		DisableKeepAlives:      true,
		ForceAttemptHTTP2:      true,
		MaxResponseHeaderBytes: maxAnswer,
	}
}

// refusedError is the error of an address that is never asked.
type refusedError struct{ address netip.Addr }

// Error implements error.
func (e *refusedError) Error() string {
	return fmt.Sprintf("address %s is never asked: it is link-local or belongs to a metadata service", e.address)
}

// refuse checks the address that a name was resolved to, just before the connection.
func refuse(address string) error {
	to, err := netip.ParseAddrPort(address)
	if err != nil {
		return fmt.Errorf("address %q cannot be read: %w", address, err)
	}
	ip := to.Addr().Unmap().WithZone("")
	if ip.IsLinkLocalUnicast() || ip.IsMulticast() || slices.Contains(metadataServices(), ip) {
		return &refusedError{ip}
	}
	return nil
}

// metadataServices are the addresses of metadata services that are not link-local:
// Alibaba Cloud's, and Amazon's for IPv6.
func metadataServices() []netip.Addr {
	return []netip.Addr{netip.MustParseAddr("100.100.100.200"), netip.MustParseAddr("fd00:ec2::254")}
}

// client returns a client that follows redirects to allowed hosts only. A redirect that
// is not followed, because of its host or because its status is one that is wanted, is
// the answer.
func (g *Gates) client(transport http.RoundTripper, wanted []int) *http.Client {
	return &http.Client{
		Transport: transport,
		CheckRedirect: func(next *http.Request, via []*http.Request) error {
			if len(via) > maxRedirects || !g.allowed.has(next.URL) || next.URL.User != nil ||
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
