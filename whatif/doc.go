// Package whatif says which decisions about releases would have been others with another policy, another threshold of
// a gate or another limit, by what is recorded of them.
//
// It is pure. [Change] is what is to be otherwise, [Recorded] what is known of one release or of one request that
// was refused, and [Change.Decisions] judges each decision again, with the rules that took it. Nothing is guessed:
// where the answer hangs on something that is not recorded the decision is [EffectUndecidable], with what is missing.
// Each decision is judged for itself, as if everything before it had gone as it went.
package whatif
