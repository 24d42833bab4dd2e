// Package reconcile holds what Temporal, the ledger and the platforms say of the same releases against each
// other, and puts right what can be: they differ after one of them was restored from a backup, or both were.
//
// It has no way of its own to change anything: what a release has left behind its watchdog restores, what the
// ledger lacks is reported to it as a release does that itself, and what a person must decide is only named.
package reconcile
