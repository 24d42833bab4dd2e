package release

import (
	"fmt"
	"math"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

const gateNamePattern = `^[a-z0-9-]{1,40}$`

// gates lists every problem of a release's gates, which have their defaults.
func (v *validator) gates(field string, gates []Gate) {
	names := map[string]bool{}
	for i, g := range gates {
		at := fmt.Sprintf("%s[%d]", field, i)
		v.gate(at, g)
		v.check(!names[g.Name], at+".name", "%q is the name of another gate already", g.Name)
		names[g.Name] = true
	}
}

// Validate lists every problem of the gate at once, as [Problems], or returns nil. It
// wants a gate that has its defaults.
func (g Gate) Validate() error {
	v, fit := measureAt(g, "gate", "strategy.gates[]")
	if !fit {
		return v.err()
	}
	v.gate("gate", g)
	return v.err()
}

func (v *validator) gate(at string, g Gate) {
	v.check(matches(gateNamePattern, g.Name), at+".name", "%q is not a name of 1-40 lower-case letters, digits or hyphens", g.Name)
	v.sampling(at, g)
	v.check((g.HTTP == nil) != (g.Prometheus == nil), at, "give either http or prometheus")
	if g.HTTP != nil {
		v.httpGate(at+".http", *g.HTTP)
	}
	if g.Prometheus != nil {
		v.prometheusGate(at+".prometheus", *g.Prometheus)
	}
}

func (v *validator) sampling(at string, g Gate) {
	v.check(g.Samples >= 1 && g.Samples <= maxSamples, at+".samples", "must be 1-%d", maxSamples)
	v.check(g.Interval >= minGateInterval && g.Interval <= maxGateTime, at+".interval", "must be between %s and %s", minGateInterval, maxGateTime)
	v.check(g.Samples < 1 || g.Interval <= maxGateTime/Duration(g.Samples), at+".interval", "all samples must be within %s", maxGateTime)
	v.tolerance(at+".maxFailures", g.MaxFailures, g.Samples)
	v.tolerance(at+".maxInconclusive", g.MaxInconclusive, g.Samples)
	switch g.NoData {
	case VerdictPass, VerdictFail, VerdictInconclusive:
	default:
		v.check(false, at+".noData", "%q is unknown; use pass, fail or inconclusive", g.NoData)
	}
}

// tolerance refuses a number that would let no sample matter.
func (v *validator) tolerance(field string, n, samples int) {
	v.check(n >= 0 && n < max(samples, 1), field, "must be at least 0 and less than samples")
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

func (v *validator) prometheusGate(at string, p PrometheusGate) {
	v.gateURL(at+".address", p.Address)
	v.check(!strings.Contains(p.Address, "?"), at+".address", "must have no query; give the base address, and the expression in query")
	v.check(strings.TrimSpace(p.Query) != "", at+".query", "is missing")
	v.check(p.Pass != "" || p.Fail != "", at, "give pass, fail or both")
	v.condition(at+".pass", p.Pass)
	v.condition(at+".fail", p.Fail)
}

func (v *validator) condition(field, text string) {
	if text == "" {
		return
	}
	_, err := ParseCondition(text)
	v.check(err == nil, field, "%v", err)
}

// gateURL refuses what could carry a secret or has no meaning. It never repeats the
// address, which may hold what it is refused for.
func (v *validator) gateURL(field, address string) {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" {
		v.check(false, field, "must be an http or https address")
		return
	}
	v.check(u.User == nil, field, "must have no user info, which could hold a secret")
	v.check(!strings.Contains(address, "#"), field, "must have no fragment, which is never sent")
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

// Condition compares a number with a bound.
type Condition struct {
	op    string
	bound float64
}

// ParseCondition reads a condition such as "< 0.01", ">= 5" or "== 0": one of
// < <= > >= == != and a finite decimal number. Blanks do not matter.
func ParseCondition(text string) (Condition, error) {
	trimmed := strings.TrimSpace(text)
	for _, op := range []string{"<=", ">=", "==", "!=", "<", ">"} {
		rest, ok := strings.CutPrefix(trimmed, op)
		if !ok {
			continue
		}
		rest = strings.TrimSpace(rest)
		bound, err := strconv.ParseFloat(rest, 64)
		if err != nil || strings.Trim(rest, "0123456789.eE+-") != "" {
			break
		}
		return Condition{op: op, bound: bound}, nil
	}
	return Condition{}, fmt.Errorf("%q is not a condition such as \"< 0.01\" or \">= 5\"", text)
}

// String returns the condition as it is usually written.
func (c Condition) String() string {
	return c.op + " " + strconv.FormatFloat(c.bound, 'g', -1, 64)
}

// Holds tells whether the condition is true of a number; nothing is true of NaN.
func (c Condition) Holds(x float64) bool {
	switch c.op {
	case "<":
		return x < c.bound
	case "<=":
		return x <= c.bound
	case ">":
		return x > c.bound
	case ">=":
		return x >= c.bound
	case "==":
		return x == c.bound
	case "!=":
		return x != c.bound && !math.IsNaN(x)
	default:
		return false
	}
}

// Verdict judges a number. NaN is no number: it is for the caller to treat as no data.
// Without a condition, or with one that cannot be read, nothing is decided.
func (p PrometheusGate) Verdict(x float64) Verdict {
	pass, passErr := holds(p.Pass, x)
	fail, failErr := holds(p.Fail, x)
	switch {
	case passErr != nil || failErr != nil || p.Pass == "" && p.Fail == "":
		return VerdictInconclusive
	case fail:
		return VerdictFail
	case pass || p.Pass == "":
		return VerdictPass
	case p.Fail == "":
		return VerdictFail
	default:
		return VerdictInconclusive
	}
}

// holds tells whether a condition that is given holds.
func holds(text string, x float64) (bool, error) {
	if text == "" {
		return false, nil
	}
	c, err := ParseCondition(text)
	return err == nil && c.Holds(x), err
}
