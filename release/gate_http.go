package release

import (
	"cmp"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"
)

// HTTPGate asks an address, or instances of the application, and looks at the answer. No
// answer at all fails, because what does not answer is the thing being probed. It has either
// a URL, or a target with its port and path.
type HTTPGate struct {
	// URL is an http or https address without user info and fragment. Its host must be
	// one that the operator of the workers allows.
	URL string `json:"url,omitempty"`
	// Target asks instances of the application in the place of a URL, each at its own address,
	// which must be one that the operator of the workers allows. A sample passes when all of
	// them pass.
	Target GateTarget `json:"target,omitempty"`
	// Port is the one on which instances are asked.
	Port int `json:"port,omitempty"`
	// Path is what instances are asked for: it begins with a slash and may have a query.
	Path string `json:"path,omitempty"`
	// Scheme is how instances are asked: http, or https without a look at the certificate,
	// which cannot be for an address that comes and goes. Unset means http.
	Scheme string `json:"scheme,omitempty"`
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

// GateTarget is which instances of its application a gate asks.
type GateTarget string

// TargetGray are the instances that run what the release brings: while batches are left, those
// of the finished ones; after the last, all.
const TargetGray GateTarget = "gray"

// The defaults and the bound of an HTTP gate.
const (
	defaultGateTimeout = Duration(5 * time.Second)
	maxGateTimeout     = Duration(30 * time.Second)
	defaultGateScheme  = "http"
)

func (h HTTPGate) withDefaults() HTTPGate {
	h.Method = cmp.Or(h.Method, "GET")
	h.Timeout = cmp.Or(h.Timeout, defaultGateTimeout)
	if h.Target != "" {
		h.Scheme = cmp.Or(h.Scheme, defaultGateScheme)
	}
	return h
}

// withoutDefaults is the contrary, for digests.
func (h HTTPGate) withoutDefaults() HTTPGate {
	def := HTTPGate{}.withDefaults()
	drop(&h.Method, def.Method)
	drop(&h.Timeout, def.Timeout)
	drop(&h.Scheme, defaultGateScheme)
	return h
}

func (v *validator) httpGate(at string, h HTTPGate) {
	if h.Target == "" {
		v.gateAddress(at, h)
	} else {
		v.gateInstances(at, h)
	}
	for i, s := range h.Status {
		v.check(s >= 200 && s <= 599, fmt.Sprintf("%s.status[%d]", at, i), "must be 200-599")
	}
	v.check(h.BodyContains == "" || h.Method != "HEAD", at+".bodyContains", "has no meaning with method HEAD, whose answer has no body")
	v.check(h.Timeout > 0 && h.Timeout <= maxGateTimeout, at+".timeout", "must be more than 0s and at most %s", maxGateTimeout)
}

// gateAddress checks a gate that asks the address of a URL.
func (v *validator) gateAddress(at string, h HTTPGate) {
	if h.URL == "" {
		v.check(false, at+".url", "is missing; give url, or target with port and path")
	} else {
		v.gateURL(at+".url", h.URL)
	}
	v.noSecretIn(at+".url", h.URL)
	v.check(slices.Contains([]string{"GET", "HEAD", "POST"}, h.Method), at+".method", "%q is not possible; use GET, HEAD or POST", h.Method)
	v.check(h.Port == 0, at+".port", "has no meaning without target; url has it")
	v.check(h.Path == "", at+".path", "has no meaning without target; url has it")
	v.check(h.Scheme == "", at+".scheme", "has no meaning without target; url has it")
}

// gateInstances checks a gate that asks instances. Of the path it repeats nothing, as of a URL.
func (v *validator) gateInstances(at string, h HTTPGate) {
	v.check(h.Target == TargetGray, at+".target", "%q is unknown; use %s, or give url", h.Target, TargetGray)
	v.check(h.URL == "", at+".url", "is not given together with target, which asks addresses that the platform gives; give port and path")
	v.check(isPort(h.Port), at+".port", "must be 1-%d: with target, it is the port on which each instance is asked", maxPort)
	u, err := url.ParseRequestURI(h.Path)
	v.check(err == nil && strings.HasPrefix(h.Path, "/") && !strings.HasPrefix(h.Path, "//") && u.Host == "", at+".path", "must begin with one slash, such as /healthz: with target, it is what each instance is asked for")
	v.check(!strings.Contains(h.Path, "#"), at+".path", "must have no fragment, which is never sent")
	v.noSecretIn(at+".path", h.Path)
	v.check(h.Scheme == "http" || h.Scheme == "https", at+".scheme", "%q is not possible; use http or https", h.Scheme)
	v.check(h.Method == "GET" || h.Method == "HEAD", at+".method", "%q is not possible with target; use GET or HEAD", h.Method)
}

func (v *validator) noSecretIn(field, address string) {
	v.check(!asksWithSecret(address), field, "must have no secret in its query: the address is kept with the release; ask for something that needs none")
}

// secretParameter is what the name of a parameter has that carries a secret.
var secretParameter = regexp.MustCompile(`(?i)token|secret|passw|passphrase|signature|credential|api[-_.]?key|access[-_.]?key|^(key|sig|sign|auth|auth_key|hmac|jwt|sas|pwd)$`)

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
