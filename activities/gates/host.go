package gates

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"regexp"
	"strconv"
	"strings"
)

// host is an address or a name, never both.
type host struct {
	addr netip.Addr
	name string
}

var (
	// namePattern is a host name in lower case. Others than ASCII letters are not in it: the
	// HTTP client would make other letters of them, and so another host.
	namePattern = regexp.MustCompile(`^([a-z0-9_-]+\.)*[a-z0-9_-]+$`)
	// numberPattern is the last label of what resolvers take for an IPv4 address, in whatever
	// way it is written: 127.1, 2130706433, 0177.0.0.1, 0x7f000001.
	numberPattern = regexp.MustCompile(`(^|\.)([0-9]+|0x[0-9a-f]*|0b[01]*|0o[0-7]*)$`)
	// plainPattern is a path of characters that no server reads in two ways.
	plainPattern = regexp.MustCompile(`^(/[A-Za-z0-9_.~@:+=-]+)*/?$`)
)

// parseHost reads a host without brackets. What could be an address is one or an error, so
// that no address is ever compared with a name.
func parseHost(text string) (host, error) {
	if addr, err := netip.ParseAddr(text); err == nil {
		if addr.Zone() != "" {
			return host{}, errors.New("an address with a zone is never asked")
		}
		return host{addr: addr.Unmap()}, nil
	}
	name := strings.TrimSuffix(lower(text), ".")
	if !namePattern.MatchString(name) {
		return host{}, fmt.Errorf("host %q is neither an address nor a name of ASCII letters, digits, hyphens and dots", text)
	}
	if numberPattern.MatchString(name) {
		return host{}, fmt.Errorf("host %q is a number and no name; write an IPv4 address as 192.0.2.7", text)
	}
	return host{name: name}, nil
}

// lower makes lower case of ASCII alone: other letters have ASCII ones as their lower case.
func lower(text string) string {
	return strings.Map(func(r rune) rune {
		if 'A' <= r && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}, text)
}

// target is where a request goes.
type target struct {
	host

	port uint16
	// path is as it is sent.
	path string
}

func targetOf(u *url.URL) (target, error) {
	port := u.Port()
	switch {
	case u.Scheme != "http" && u.Scheme != "https" || u.Opaque != "":
		return target{}, errors.New("the address is none of http or https")
	case port == "" && u.Scheme == "https":
		port = "443"
	case port == "":
		port = "80"
	}
	n, err := parsePort(port)
	if err != nil {
		return target{}, err
	}
	h, err := parseHost(u.Hostname())
	if err != nil {
		return target{}, err
	}
	to := target{host: h, port: n, path: u.EscapedPath()}
	if to.path == "" {
		to.path = "/"
	}
	return to, nil
}

func parsePort(text string) (uint16, error) {
	n, err := strconv.ParseUint(text, 10, 16)
	if err != nil || n == 0 {
		return 0, fmt.Errorf("port %q is not 1-65535", text)
	}
	return uint16(n), nil
}
