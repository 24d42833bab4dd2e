// Package records reads what is recorded of releases and of requests that policies have refused, for package whatif:
// from the ledger, the events and the dead letters on NATS, and where histories are asked for, from Temporal. It changes
// nothing, and what it reads is bounded by how many releases are asked for.
package records
