// Package audittest tests the audit on a real NATS server: that each thing that is done becomes one entry.
package audittest
