// Package policy says what an organisation demands of releases, whoever asks for them and whatever their
// applications say: the documents that an operator writes and a stranger can read, the judgment of one
// spec by them, and the bucket that keeps them.
//
// A [Policy] demands something of the releases of its scopes. [Judge] is pure, and tells everything that is
// refused at once, with the policy, the field and what helps. A policy only ever refuses: what no policy
// demands is as free as before. Rollbacks, restarts, rescales and jobs are never refused: a policy about what
// is brought must not stand in the way of who brings nothing, least of all of the way back.
//
// A request may pass over policies by their names, with a reason ([release.PolicyOverride]). Who may is said by
// the authority document.
package policy
