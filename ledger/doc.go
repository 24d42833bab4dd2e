// Package ledger keeps one record of every release in the JetStream key-value bucket
// slipway-ledger: who asked for it and with what content, whether its lane has it, how far
// it has come, what it still holds of the application, and how it ended.
//
// A record is created once, before anything else is done about a release, and is bound to
// the digest of its content ([Ledger.Create]); that is what makes an event count once for
// as long as the bucket keeps records. It is changed by compare-and-set only: it never
// loses its identity, never goes back to an older progress, and keeps its outcome
// ([Ledger.Update], [Ledger.MarkLost]). What a release has not put back stays in its record
// until somebody has paid it ([Ledger.Affairs], [Ledger.Pay]).
//
// The ledger remembers, Temporal decides: nothing is begun or ended because of a record
// alone, and a ledger that is out of reach ([ErrUnavailable]) stops no release.
package ledger
