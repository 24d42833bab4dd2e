// Package systemtest holds the whole-system tests: events in, change orders and events
// out, on the real Temporal and NATS servers, with the SAE simulator over HTTP.
//
// The tests that kill a worker run it as the process that the environment variable
// SLIPWAY_BIN names, a slipway binary built with the race detector; `make test-system`
// builds it.
package systemtest
