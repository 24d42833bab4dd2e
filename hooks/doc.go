// Package hooks takes what container registries and pipelines post when an image was pushed: each payload is read into
// [wire.Published], whoever sent it, and published to JetStream.
package hooks
