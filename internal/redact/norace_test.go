//go:build !race

package redact_test

const larger = 1
