package release

import (
	"fmt"
	"net/url"
	"regexp"
	"strings"
)

var gateNamePattern = regexp.MustCompile(`^[a-z0-9-]{1,40}$`)

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
	_, one := g.Kind()
	v.check(one, at, "give either %s", joined(GateKinds(), " or "))
	for _, kind := range g.kinds() {
		v.gateKind(at+"."+string(kind), kind, g)
	}
}

// gateKind checks what a gate has of one kind.
func (v *validator) gateKind(at string, kind GateKind, g Gate) {
	switch kind {
	case GateHTTP:
		v.httpGate(at, *g.HTTP)
	case GatePrometheus:
		v.prometheusGate(at, *g.Prometheus)
	default:
		v.check(false, at, "is not checked, and so not allowed")
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
