// Package requests asks for releases and sets, and commands them, by events on NATS, for somebody who speaks as an identity
// or signs. What has come of it the ledger tells, so that NATS alone is enough.
package requests
