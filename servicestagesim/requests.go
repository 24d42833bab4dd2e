package servicestagesim

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"slipway/internal/simframe"
)

// A Request is one that somebody sends to a component, as far as gray releases look at it.
type Request struct {
	// Component is the ID of the component.
	Component string `json:"component"`
	// Headers are those of the request by their names, whose case has no meaning.
	Headers map[string]string `json:"headers,omitempty"`
}

// Served is what has answered a request.
type Served struct {
	// Version is that of the component, and Source the address of the image or the package that it runs.
	Version string `json:"version"`
	Source  string `json:"source"`
}

// Serve says which version of a component answers a request: in a gray release by its weight or by its rules, else by the
// replicas that there are of each. What is drawn comes from the seed. The services that lead requests are no part of the API:
// this is how the reference describes what they do [4.3.1].
func (s *Simulator) Serve(r Request) (Served, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.look()
	of := s.st.Components[r.Component]
	if of == nil {
		return Served{}, fmt.Errorf("%w: %q", ErrNoSuchComponent, simframe.Shorten(r.Component))
	}
	if of.Serving.Count+of.Next.Count == 0 {
		return Served{}, fmt.Errorf("%w: it is %s", ErrNoReplica, of.status(s.st))
	}
	s.st.Asked++
	draw := simframe.Stream(s.st.Seed, fmt.Sprintf("request/%d", s.st.Asked)).Float64()
	version := of.serves(r, draw)
	return Served{Version: version, Source: of.release(version).Spec.Source.URL}, s.save()
}

// serves is the version that answers a request; draw is from 0 to below 1.
func (w *workload) serves(r Request, draw float64) string {
	const whole = 100
	next := float64(w.Next.Count) / float64(w.Serving.Count+w.Next.Count)
	if w.Next.Count > 0 && w.Serving.Count > 0 {
		switch g := w.release(w.Next.Version).Spec.Strategy.Gray; {
		case g == nil:
		case g.Type == grayContent && g.leads(r):
			next = 1
		case g.Type == grayContent:
			next = 0
		default:
			next = float64(g.FirstWeight.value()) / whole
		}
	}
	if draw < next {
		return w.Next.Version
	}
	return w.Serving.Version
}

// leads reports whether the rules lead a request to the gray replicas.
func (g *grayRelease) leads(r Request) bool {
	met := func(rule grayRule) bool {
		for name, value := range r.Headers {
			if strings.EqualFold(name, rule.Key) {
				return rule.met(value)
			}
		}
		return false
	}
	if g.Match == matchAny {
		return slices.ContainsFunc(g.Rules, met)
	}
	return !slices.ContainsFunc(g.Rules, func(rule grayRule) bool { return !met(rule) })
}

// met reports whether a header has a value that the rule wants. What match and in mean the reference does not say: here match is
// a regular expression of the whole value, and in a list with commas.
func (r grayRule) met(value string) bool {
	switch r.Condition {
	case conditionMatch:
		pattern, err := r.pattern()
		return err == nil && pattern.MatchString(value)
	case conditionIn:
		return slices.ContainsFunc(strings.Split(r.Value, ","), func(one string) bool { return strings.TrimSpace(one) == value })
	}
	return r.Value == value
}

// pattern is that of a rule with the condition match.
func (r grayRule) pattern() (*regexp.Regexp, error) { return regexp.Compile("^(?:" + r.Value + ")$") }
