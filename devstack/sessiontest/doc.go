// Package sessiontest tests the sessions of consoles against a NATS server.
package sessiontest
