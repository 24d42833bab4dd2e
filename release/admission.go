package release

// Admission is what the starter says of who has asked for a release or a set, and why that was let in.
// No request can say it of itself.
type Admission struct {
	// Verified tells that who asked is proven, and not only claimed.
	Verified bool `json:"verified,omitempty"`
	// SignedBy names the key of the authority document whose signature proves it; empty where the request was
	// not signed, so that it is its subject that proves who asked, if anything does.
	SignedBy string `json:"signedBy,omitempty"`
	// Binding names what of the authority document has allowed it, with commas where it took several
	// bindings; empty where there was no document, so that everybody could ask for everything.
	Binding string `json:"binding,omitempty"`
	// Policies names the policies that a release was held against, as name@revision with commas, and
	// PolicyOverride those of them that it was let past, with the reason. Of a set they are of all its releases.
	Policies       string `json:"policies,omitempty"`
	PolicyOverride string `json:"policyOverride,omitempty"`
	// DirectRefused tells that commands which come past the starter, by update or signal, are refused.
	DirectRefused bool `json:"directRefused,omitempty"`
}

// direct refuses a command that came past the starter, where these are refused. A cancellation in
// Temporal is none: it ends a workflow, whatever that thinks of it.
func (a Admission) direct(c Command) error {
	if a.DirectRefused && (c.Via == ViaUpdate || c.Via == ViaSignal) {
		return Refusal("commands count here only where a starter has let them in, which the authority document wants (directCommands: refuse); " +
			"publish the command on slipway.by.<identity>.command.…")
	}
	return nil
}
