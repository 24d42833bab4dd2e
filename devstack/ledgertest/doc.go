// Package ledgertest tests the ledger on a real NATS server: how records are created and
// changed by several at the same time, how they are read, and how the bucket is kept. It
// needs no Temporal server.
package ledgertest
