package embedded

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strconv"

	"go.temporal.io/server/common/testing/freeport"
)

// ErrNotLoopback refuses an address that other machines could reach. The
// embedded servers ask nobody for credentials.
var ErrNotLoopback = errors.New("not a loopback address")

// ErrAddressInUse tells that another process already listens there.
var ErrAddressInUse = errors.New("address cannot be listened on")

const loopback = "127.0.0.1"

// resolve turns "host:port" into the loopback address to listen on. An empty
// addr means any free port of 127.0.0.1, as port 0 does. A port given
// explicitly is tried once, because the servers behind this package end the
// whole process when they cannot listen.
func resolve(ctx context.Context, addr string) (netip.AddrPort, error) {
	if addr == "" {
		addr = net.JoinHostPort(loopback, "0")
	}
	host, portText, err := net.SplitHostPort(addr)
	if err != nil {
		return netip.AddrPort{}, fmt.Errorf("address %q: %w", addr, err)
	}
	port, err := strconv.ParseUint(portText, 10, 16)
	if err != nil {
		return netip.AddrPort{}, fmt.Errorf("address %q: port: %w", addr, err)
	}
	ip, err := loopbackIP(host)
	if err != nil {
		return netip.AddrPort{}, fmt.Errorf("address %q: %w", addr, err)
	}
	if port == 0 {
		return freeAddr(ip), nil
	}

	at := netip.AddrPortFrom(ip, uint16(port))
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", at.String())
	if err != nil {
		return netip.AddrPort{}, fmt.Errorf("%w: %w", ErrAddressInUse, err)
	}
	return at, listener.Close()
}

// freeAddr picks a free port. The chosen port stays reserved for a minute (the
// library leaves a socket in TIME_WAIT on it), so that nothing else is given it
// before the server listens.
func freeAddr(ip netip.Addr) netip.AddrPort {
	return netip.AddrPortFrom(ip, uint16(freeport.MustGetFreePort()))
}

func loopbackIP(host string) (netip.Addr, error) {
	if host == "" || host == "localhost" {
		host = loopback
	}
	ip, err := netip.ParseAddr(host)
	if err != nil {
		return netip.Addr{}, err
	}
	if !ip.IsLoopback() {
		return netip.Addr{}, ErrNotLoopback
	}
	return ip, nil
}
