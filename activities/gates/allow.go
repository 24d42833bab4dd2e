package gates

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"path"
	"slices"
	"strings"
)

// allowList holds what may be asked.
type allowList []allowed

// allowed is one entry of the list. It has either a name or a prefix of addresses.
type allowed struct {
	// name is a host name; below tells that every name below it is meant, but not itself.
	name  string
	below bool
	// prefix holds the addresses; for a single one it is as long as the address.
	prefix netip.Prefix
	// port is 0 for any port.
	port uint16
	// post is the path to which POST is allowed, and nothing else is. With a slash at its end
	// all that begins with it is meant. Empty in an entry for GET and HEAD.
	post string
}

func parseAllowList(entries []string) (allowList, error) {
	list := make(allowList, 0, len(entries))
	var errs []error
	for _, entry := range entries {
		a, err := parseAllowed(entry)
		if err != nil {
			err = fmt.Errorf("gates: %q cannot be allowed: %w; use shop.example, shop.example:8080, *.shop.example, 192.0.2.7, 192.0.2.0/24 or POST shop.example/checks/run", entry, err)
		}
		list, errs = append(list, a), append(errs, err)
	}
	return list, joined(errs)
}

// joined is one error of several, in one line; nil where there is none. It ends up in the reason
// of a release, which has one line.
func joined(errs []error) error {
	var words []string
	for _, err := range errs {
		if err != nil {
			words = append(words, err.Error())
		}
	}
	if len(words) == 0 {
		return nil
	}
	return errors.New(strings.Join(words, "; "))
}

func parseAllowed(entry string) (allowed, error) {
	var a allowed
	// The word alone is no host, though one could be called so.
	rest, post := strings.CutPrefix(strings.TrimSpace(entry)+" ", http.MethodPost+" ")
	rest = strings.TrimSpace(rest)
	if post {
		at := strings.Index(rest, "/")
		if _, err := netip.ParsePrefix(rest); err == nil || at < 0 || !plain(rest[at:]) {
			return a, errors.New("POST is allowed for a host and a path without escapes, empty parts and dots")
		}
		rest, a.post = rest[:at], rest[at:]
	}
	if name, port, err := net.SplitHostPort(rest); err == nil {
		if a.port, err = parsePort(port); err != nil {
			return a, err
		}
		rest = name
	} else if inner, ok := strings.CutPrefix(rest, "["); ok {
		rest = strings.TrimSuffix(inner, "]")
	}
	return a, a.setHost(rest)
}

// setHost reads what an entry says of the host, without the port.
func (a *allowed) setHost(text string) error {
	if strings.Contains(text, "/") {
		return a.setPrefix(text)
	}
	text, a.below = strings.CutPrefix(text, "*.")
	h, err := parseHost(text)
	switch {
	case err != nil:
		return err
	case !h.addr.IsValid():
		a.name = h.name
		return nil
	case a.below:
		return errors.New("an address has nothing below it")
	}
	a.prefix = netip.PrefixFrom(h.addr, h.addr.BitLen())
	if why := neverAsked(h.addr); why != "" {
		return &refusedError{h.addr, why}
	}
	return nil
}

func (a *allowed) setPrefix(text string) error {
	prefix, err := netip.ParsePrefix(text)
	switch {
	case err != nil:
		return errors.New("what has a slash is neither a prefix of addresses nor allowed for POST")
	case prefix.Addr().Is4In6():
		return errors.New("a prefix of IPv4 addresses is written in their usual form")
	case prefix != prefix.Masked():
		return fmt.Errorf("the prefix would be %s", prefix.Masked())
	}
	a.prefix = prefix
	return nil
}

// plain reports whether a path means the same to every server: nothing is escaped, no part is
// empty or a dot, and there are no two dots.
func plain(p string) bool {
	return plainPattern.MatchString(p) && !strings.Contains(p, "..") && (p == "/" || path.Clean(p) == strings.TrimSuffix(p, "/"))
}

// leadsTo reports whether the entry is about the host and port of a request. An address is
// compared with addresses only, and a name with names.
func (a allowed) leadsTo(to target) bool {
	switch {
	case a.port != 0 && a.port != to.port:
		return false
	case to.addr.IsValid() || a.prefix.IsValid():
		return a.prefix.Contains(to.addr)
	case a.below:
		return strings.HasSuffix(to.name, "."+a.name)
	default:
		return a.name == to.name
	}
}

func (a allowed) allows(method string, to target) bool {
	if !a.leadsTo(to) {
		return false
	}
	switch method {
	case http.MethodGet, http.MethodHead:
		return a.post == ""
	case http.MethodPost:
		return a.post != "" && plain(to.path) && (a.post == to.path || strings.HasSuffix(a.post, "/") && strings.HasPrefix(to.path, a.post))
	default:
		return false
	}
}

// checkAddress says why the address of a gate may not be asked.
func (l allowList) checkAddress(method, address string) error {
	u, err := url.Parse(address)
	if err != nil {
		return errors.New("the address cannot be read")
	}
	return l.check(method, u)
}

// checkPort says why no address at all may be asked on a port: instances have addresses, which
// are not known before there are instances.
func (l allowList) checkPort(port int) error {
	if slices.ContainsFunc(l, func(a allowed) bool {
		return a.prefix.IsValid() && a.post == "" && (a.port == 0 || int(a.port) == port)
	}) {
		return nil
	}
	return fmt.Errorf("no address is allowed on port %d, on which instances are asked; the operator of the workers allows the addresses of instances with SLIPWAY_GATES_ALLOW, such as 10.0.0.0/8:%d", port, port)
}

// check says why a request may not be made. It names the host and never the rest of the
// address, which may hold a secret.
func (l allowList) check(method string, u *url.URL) error {
	to, err := targetOf(u)
	if err != nil {
		return err
	}
	if slices.ContainsFunc(l, func(a allowed) bool { return a.allows(method, to) }) {
		return l.refuse(to.addr, to.port)
	}
	if method == http.MethodPost {
		return fmt.Errorf("method POST is not allowed for this path of host %q; use GET or HEAD, or let the operator of the workers add POST %s and the path to SLIPWAY_GATES_ALLOW", u.Host, u.Host)
	}
	return fmt.Errorf("host %q is not allowed; the operator of the workers allows hosts with SLIPWAY_GATES_ALLOW", u.Host)
}

// refuse says why an address that an allowed host is, or was resolved to, is not asked all
// the same. The zero address is that of a name, which is looked at when it is resolved.
func (l allowList) refuse(addr netip.Addr, port uint16) error {
	if !addr.IsValid() {
		return nil
	}
	if why := neverAsked(addr); why != "" {
		return &refusedError{addr, why}
	}
	for _, ip := range readings(addr) {
		if ip.IsLoopback() && !l.namesLoopback(ip, port) {
			return &refusedError{addr, "this machine itself, which is asked only where an entry of SLIPWAY_GATES_ALLOW is this address or localhost"}
		}
	}
	return nil
}

// namesLoopback reports whether an entry says that this machine itself may be asked. A prefix
// of more than loopback, such as 0.0.0.0/0, does not say it.
func (l allowList) namesLoopback(ip netip.Addr, port uint16) bool {
	return slices.ContainsFunc(l, func(a allowed) bool {
		if a.port != 0 && a.port != port {
			return false
		}
		named := a.prefix.IsValid() && a.prefix.Addr().IsLoopback() && a.prefix.Contains(ip)
		return named || a.name == "localhost" && !a.below
	})
}
