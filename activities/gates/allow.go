package gates

import (
	"cmp"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// allowList holds the hosts that may be asked.
type allowList []allowed

// allowed is one entry of the list.
type allowed struct {
	// name is a host name or an IP address in its usual form.
	name string
	// below tells that every name below name is meant, but not name itself.
	below bool
	// port is empty for any port.
	port string
}

func parseAllowList(entries []string) (allowList, error) {
	list := make(allowList, 0, len(entries))
	var errs []error
	for _, entry := range entries {
		a, err := parseAllowed(entry)
		list, errs = append(list, a), append(errs, err)
	}
	return list, errors.Join(errs...)
}

// namePattern is a host name in lower case. Its last label is no number: that would be
// an IP address, or a part of one.
const namePattern = `^([a-z0-9_-]+\.)*[a-z0-9_-]*[a-z_][a-z0-9_-]*$`

func parseAllowed(entry string) (allowed, error) {
	var a allowed
	rest := strings.TrimSpace(entry)
	if host, port, err := net.SplitHostPort(rest); err == nil {
		rest, a.port = host, port
	}
	rest, a.below = strings.CutPrefix(rest, "*.")
	a.name = canonical(rest)
	_, notIP := netip.ParseAddr(a.name)
	named, err := regexp.MatchString(namePattern, a.name)
	isName := err == nil && named
	if notIP != nil && !isName || notIP == nil && a.below || a.port != "" && !isPort(a.port) {
		return a, fmt.Errorf("gates: %q is not a host that can be allowed; use shop.example, shop.example:8080 or *.shop.example", entry)
	}
	return a, nil
}

func isPort(s string) bool {
	n, err := strconv.ParseUint(s, 10, 16)
	return err == nil && n > 0
}

// canonical returns a host in the form in which hosts are compared.
func canonical(host string) string {
	if ip, err := netip.ParseAddr(strings.Trim(host, "[]")); err == nil {
		return ip.Unmap().String()
	}
	return strings.TrimSuffix(strings.ToLower(host), ".")
}

// has tells whether the address may be asked.
func (l allowList) has(u *url.URL) bool {
	host := canonical(u.Hostname())
	port := u.Port()
	if port == "" && u.Scheme == "https" {
		port = "443"
	}
	port = cmp.Or(port, "80")
	return slices.ContainsFunc(l, func(a allowed) bool {
		if a.port != "" && a.port != port {
			return false
		}
		if a.below {
			return strings.HasSuffix(host, "."+a.name)
		}
		return host == a.name
	})
}

// check names the host that may not be asked; never the whole address, whose query may
// hold a secret.
func (l allowList) check(address string) error {
	u, err := url.Parse(address)
	if err != nil {
		return errors.New("the address cannot be read")
	}
	if !l.has(u) {
		return fmt.Errorf("host %q is not allowed; the operator of the workers allows hosts with SLIPWAY_GATES_ALLOW", u.Host)
	}
	return nil
}
