// Package release is the domain of Slipway: what a release is, which phases it
// passes, what may be asked of it, and what an observation of the platform means
// for it.
//
// Nothing here talks to anything: there is no client, clock, logger or context.
// A [Spec] says what is wanted, [Spec.WithDefaults] and [Spec.Validate] make it
// whole and refuse what cannot work. [Phase] is the state machine, [Progress] the
// public picture of one release, [Command] a person's word, [Admit] the rule that
// accepts or refuses it. [Decide] is the heart: given what was asked for and what
// the platform shows, it answers what to do next; the workflows carry that out.
//
// A [Set] is several releases as one, in waves; [AfterWave] and [AfterUndo] decide about
// it, [SetProgress] shows it, [AdmitSet] is what it may be told.
//
// What is told of a release or a set is cut to its place by [Progress.Fit] and
// [SetProgress.Fit].
//
// The inputs and outputs of the platform verbs (Snapshot, BeginRollout, Observe …)
// live here too, in neutral words, because workflows and activities must agree on
// them while neither may import the other.
package release
