// Package embedded runs the two engines Slipway stands on inside the calling
// process: a real Temporal server, on SQLite or on a PostgreSQL server, and a
// real NATS server with JetStream. Nothing here imitates them; what works against this package works
// against their clusters, and what does not is a difference of size.
//
// Both engines
//   - listen on loopback only, on a given port or on any free one,
//   - are ready for clients when their Start function returns,
//   - keep their state in a data directory, where the next start finds it
//     again, or in memory (Temporal) or a temporary directory (NATS) when none
//     is given,
//   - hold a lock on that directory while they run, because two servers on one
//     directory destroy its content,
//   - say nothing but warnings and errors, through the logger they are given.
//
// This package is for development and tests. It is the reason why devstack is
// a module of its own: the Temporal server brings hundreds of modules along
// that no production binary needs.
package embedded
