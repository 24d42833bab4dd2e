//go:build race

package redact_test

// larger is how much more memory a message takes with the race detector.
const larger = 4
