// Package hookstest tests the role console against a NATS server.
package hookstest
