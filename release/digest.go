package release

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
)

// Digest names what a spec asks for: sha256: and 64 hexadecimal digits. The same request has
// the same digest however its JSON was written: a field that is set to its default counts
// like one that was left out. So a later version that knows more fields, with defaults of
// their own, still gives an old request its old digest.
func (s Spec) Digest() string { return digest(s.withoutDefaults()) }

// Digest names what a set asks for, as [Spec.Digest] does for a release.
func (s Set) Digest() string { return digest(s.withoutDefaults()) }

// Digest names what is asked for of a configuration: sha256: and 12 hexadecimal digits; empty of
// nil. The same configuration has the same digest however its JSON was written.
func (c *Config) Digest() string {
	if c == nil {
		return ""
	}
	return digest(c.withoutDefaults())[:MaxConfigDigest]
}

func digest(content any) string {
	var e encoded = encodedJSON{content} // workflows name contents, too
	return DigestOf(e.bytes())
}

// withoutDefaults is the inverse of [Set.WithDefaults].
func (s Set) withoutDefaults() Set {
	s = s.WithDefaults()
	def := Set{Waves: make([]Wave, len(s.Waves))}.WithDefaults()
	drop(&s.OnFailure, def.OnFailure)
	drop(&s.Limits.Total, def.Limits.Total)
	for i := range s.Waves { // slices of its own: WithDefaults has copied them
		w := &s.Waves[i]
		drop(&w.Name, def.Waves[i].Name)
		drop(&w.Confirm, def.Waves[i].Confirm)
		for j := range w.Releases {
			w.Releases[j].Spec = w.Releases[j].Spec.withoutDefaults()
		}
	}
	return s
}

// withoutDefaults is the inverse of [Spec.WithDefaults]: the spec with every field unset
// that is at its default. A default that is added there is dropped here.
func (s Spec) withoutDefaults() Spec {
	s = s.WithDefaults()
	def := Spec{App: s.App.Unqualified(), Strategy: Strategy{Type: s.Strategy.Type}}.WithDefaults()
	drop(&s.App.Qualifier, def.App.Qualifier)
	drop(&s.Operation, def.Operation)
	drop(&s.Strategy.Gray, def.Strategy.Gray)
	drop(&s.Strategy.Batches, def.Strategy.Batches)
	drop(&s.Strategy.Confirm, def.Strategy.Confirm)
	drop(&s.Strategy.Type, StrategyAll)
	drop(&s.Limits.Confirm, def.Limits.Confirm)
	drop(&s.Limits.PlatformApproval, def.Limits.PlatformApproval)
	drop(&s.Limits.Queue, def.Limits.Queue)
	drop(&s.Limits.Total, def.Limits.Total)
	drop(&s.Limits.OnConfirmTimeout, def.Limits.OnConfirmTimeout)
	drop(&s.Lane.Policy, def.Lane.Policy)
	if *s.Scaling.Suspend == *def.Scaling.Suspend {
		s.Scaling.Suspend = nil
	}
	if s.Rollback.Wanted() {
		s.Rollback.OnFailure = nil
	}
	s.Approval, s.Strategy.Approval = s.Approval.withoutDefaults(), s.Strategy.Approval.withoutDefaults()
	if s.Traffic.Empty() {
		s.Traffic = nil
	}
	if s.Config != nil {
		s.Config = new(s.Config.withoutDefaults())
	}
	if len(s.Strategy.Gates) == 0 {
		s.Strategy.Gates = nil
	}
	if len(s.Strategy.Schedule) == 0 {
		s.Strategy.Schedule = nil
	}
	gates := [][]Gate{s.Strategy.Gates}
	if s.Strategy.Watch != nil {
		gates = append(gates, s.Strategy.Watch.Gates)
	}
	for _, all := range gates {
		for i, g := range all { // slices of their own: WithDefaults has copied them
			all[i] = g.withoutDefaults()
		}
	}
	return s
}

// withoutDefaults leaves empty lists that mean something: they remove what the application has.
// The fields of a setting of the platform's own have one order.
func (c Config) withoutDefaults() Config {
	if len(c.Variables) == 0 {
		c.Variables = nil
	}
	own := Parameters{}
	for _, name := range c.Platform.names() {
		var e encoded = orderedJSON{c.Platform[name]}
		own[name] = e.bytes()
	}
	c.Platform = own
	return c
}

func (g Gate) withoutDefaults() Gate {
	def := Gate{}.WithDefaults()
	drop(&g.Samples, def.Samples)
	drop(&g.Interval, def.Interval)
	drop(&g.NoData, def.NoData)
	if g.HTTP != nil {
		g.HTTP = new(g.HTTP.withoutDefaults())
	}
	return g
}

// orderedJSON writes JSON with the fields of objects in one order.
type orderedJSON struct{ raw json.RawMessage }

func (o orderedJSON) bytes() []byte {
	decoder := json.NewDecoder(bytes.NewReader(o.raw))
	decoder.UseNumber()
	var value any
	if err := decoder.Decode(&value); err != nil {
		return o.raw
	}
	return encodedJSON{value}.bytes()
}

// drop unsets a field that is at its default.
func drop[T comparable](field *T, def T) {
	if *field == def {
		var unset T
		*field = unset
	}
}

// DigestOf names a content by its bytes: sha256: and 64 hexadecimal digits.
func DigestOf(content []byte) string {
	sum := sha256.Sum256(content)
	return "sha256:" + hex.EncodeToString(sum[:])
}
