package release

import (
	"cmp"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"
)

// HTTPGate asks an address and looks at the answer. No answer at all fails, because
// what does not answer is the thing being probed.
type HTTPGate struct {
	// URL is an http or https address without user info and fragment. Its host must be
	// one that the operator of the workers allows.
	URL string `json:"url"`
	// Method is GET, HEAD or, where the operator allows it for the path, POST (with an
	// empty body). Unset means GET.
	Method string `json:"method,omitempty"`
	// Status lists the statuses that pass. None means any 2xx.
	Status []int `json:"status,omitempty"`
	// BodyContains is a text that must be within the first 64 KiB of the answer.
	BodyContains string `json:"bodyContains,omitempty"`
	// Timeout bounds one sample, at most 30s. Unset means 5s.
	Timeout Duration `json:"timeout,omitzero"`
}

// The default and the bound of an HTTP gate.
const (
	defaultGateTimeout = Duration(5 * time.Second)
	maxGateTimeout     = Duration(30 * time.Second)
)

func (h HTTPGate) withDefaults() HTTPGate {
	h.Method = cmp.Or(h.Method, "GET")
	h.Timeout = cmp.Or(h.Timeout, defaultGateTimeout)
	return h
}

// withoutDefaults is the contrary, for digests.
func (h HTTPGate) withoutDefaults() HTTPGate {
	def := HTTPGate{}.withDefaults()
	drop(&h.Method, def.Method)
	drop(&h.Timeout, def.Timeout)
	return h
}

func (v *validator) httpGate(at string, h HTTPGate) {
	v.gateURL(at+".url", h.URL)
	v.check(!asksWithSecret(h.URL), at+".url", "must have no secret in its query: the address is kept with the release; ask for something that needs none")
	v.check(slices.Contains([]string{"GET", "HEAD", "POST"}, h.Method), at+".method", "%q is not possible; use GET, HEAD or POST", h.Method)
	for i, s := range h.Status {
		v.check(s >= 200 && s <= 599, fmt.Sprintf("%s.status[%d]", at, i), "must be 200-599")
	}
	v.check(h.BodyContains == "" || h.Method != "HEAD", at+".bodyContains", "has no meaning with method HEAD, whose answer has no body")
	v.check(h.Timeout > 0 && h.Timeout <= maxGateTimeout, at+".timeout", "must be more than 0s and at most %s", maxGateTimeout)
}

// secretParameter is what the name of a parameter has that carries a secret.
const secretParameter = `(?i)token|secret|passw|passphrase|signature|credential|api[-_.]?key|access[-_.]?key|^(key|sig|sign|auth|auth_key|hmac|jwt|sas|pwd)$`

// asksWithSecret reports whether the query of an address names a secret. A name that cannot be
// read is taken for one.
func asksWithSecret(address string) bool {
	_, asked, _ := strings.Cut(address, "?")
	for _, pair := range strings.FieldsFunc(asked, func(r rune) bool { return r == '&' || r == ';' }) {
		written, _, _ := strings.Cut(pair, "=")
		name, err := url.QueryUnescape(written)
		if err != nil || matches(secretParameter, name) {
			return true
		}
	}
	return false
}
