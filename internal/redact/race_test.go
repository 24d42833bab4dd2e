//go:build race

package redact_test

// slower is how much more the race detector makes a message cost, in time and in memory.
const slower = 4
