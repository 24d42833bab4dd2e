// Package calendartest tests the freeze calendar on a real NATS server: how it is kept,
// and the commands of slipway that change it. It needs no Temporal server.
package calendartest
