package release

import "slices"

// Asked is what a release was asked for with that decides about it, and that nothing else of its progress shows:
// so that it can be judged again once nobody has its spec any more.
type Asked struct {
	// Limits bound its waits.
	Limits Limits `json:"limits,omitzero"`
	// RollbackOnFailure tells that a failed rollout is rolled back.
	RollbackOnFailure bool `json:"rollbackOnFailure,omitempty"`
	// Adopt is the change that it takes over; empty where it begins one of its own.
	Adopt string `json:"adopt,omitempty"`
	// Override are the policies that do not hold it, also where it meets them.
	Override []string `json:"override,omitempty"`
}

// Asked is that part of the spec.
func (s Spec) Asked() *Asked {
	return &Asked{Limits: s.Limits, RollbackOnFailure: s.Rollback.Wanted(), Adopt: s.Adopt, Override: s.Policy.Override}
}

// clone returns a copy that shares nothing with a; nil of nil.
func (a *Asked) clone() *Asked {
	if a == nil {
		return nil
	}
	c := *a
	c.Override = slices.Clone(a.Override)
	return &c
}

// texts are those that have no bound of their own.
func (a *Asked) texts() (out []*string) {
	if a == nil {
		return nil
	}
	out = append(out, &a.Adopt)
	for i := range a.Override {
		out = append(out, &a.Override[i])
	}
	return out
}
