package release

import (
	"fmt"
	"slices"
	"strings"
)

// maxOverrides is how many policies a request may pass over.
const maxOverrides = 20

// PolicyOverride says which policies do not hold a release.
type PolicyOverride struct {
	// Override are the names of the policies.
	Override []string `json:"override,omitempty"`
	// Reason is why; it is recorded.
	Reason string `json:"reason,omitempty"`
}

func (v *validator) policy(p PolicyOverride) {
	for i, name := range p.Override {
		at := fmt.Sprintf("policy.override[%d]", i)
		v.check(IsName(name), at, "%q is not the name of a policy: %s", name, NameWords)
		v.check(!slices.Contains(p.Override[:i], name), at, "%q is given twice", name)
	}
	said := strings.TrimSpace(p.Reason) != ""
	v.check(len(p.Override) == 0 || said, "policy.reason", "is required, to pass over a policy")
	v.check(len(p.Override) > 0 || p.Reason == "", "policy.reason", "has no meaning without policy.override, which names the policies")
}
