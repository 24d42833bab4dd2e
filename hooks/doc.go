// Package hooks takes what container registries and pipelines post when an image was pushed: each payload is read into
// [wire.Published], whoever sent it, and published to JetStream.
//
//	POST /hooks/<secret>/<sender>
//
// The path has a secret that cannot be guessed; a sender that can prove who it is does so besides. An answer of 202 means
// that JetStream has stored the pushes; any other that the sender may post the same again.
package hooks
