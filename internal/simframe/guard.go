package simframe

import (
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// Guard lets only those use the admin API that mean to: it takes no signature, and a page in a
// browser reaches what listens on the machine of its reader. A request that changes something
// must not come from another origin; and the name by which the simulator is called must not be one
// that somebody else can make lead here. Whether it is up, /healthz, anybody may ask.
func (a Admin) Guard(next http.Handler) http.Handler {
	origins := http.NewCrossOriginProtection()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet && r.URL.Path == "/healthz" {
			next.ServeHTTP(w, r)
			return
		}
		if !a.isOwnName(r.Host) {
			a.Refuse(w, http.StatusForbidden, fmt.Sprintf(
				"%q is not a name of this simulator; call it by its address, by localhost or by a name that it was given (Config.Hosts, --host)", r.Host))
			return
		}
		if err := origins.Check(r); err != nil {
			a.Refuse(w, http.StatusForbidden, "a page of another origin must not use the admin API: "+err.Error())
			return
		}
		next.ServeHTTP(w, r)
	})
}

// isOwnName reports whether a Host header is an address, a name of one label, such as localhost or
// that of a container, or one of the names that were given: nobody can register those elsewhere.
func (a Admin) isOwnName(host string) bool {
	name, _, err := net.SplitHostPort(host)
	if err != nil {
		name = strings.Trim(host, "[]")
	}
	if _, err := netip.ParseAddr(name); err == nil {
		return true
	}
	return name != "" && !strings.Contains(name, ".") || slices.Contains(a.Hosts, strings.ToLower(name))
}
