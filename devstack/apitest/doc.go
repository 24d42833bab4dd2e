// Package apitest holds the tests of package console/api that need a NATS server.
package apitest
