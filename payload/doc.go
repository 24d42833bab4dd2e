// Package payload encrypts what Temporal keeps of a workflow: arguments, results, signals,
// updates, summaries, and the messages of failures.
//
// A [Codec] seals each payload, metadata and data, with AES-256-GCM and writes the ID of
// the key beside it, in the form of Temporal's own samples, so that Temporal's tools show
// it as encrypted:
//
//	metadata  encoding           binary/encrypted
//	          encryption-key-id  2026-11
//	data      12 bytes nonce, the sealed payload, 16 bytes tag
//
// The ID of the key is authenticated with it. A payload that is not encrypted is decoded to
// itself, so that a namespace can begin with encryption at any time.
//
// [Converter] and [FailureConverter] are what a Temporal client needs. [Keys] is where keys
// come from: a directory of files ([KeysFromFiles]), or a key management service behind the
// same two methods. Package codecserver below serves a codec to Temporal's UI and command
// line.
//
// Temporal itself reads search attributes, IDs and types, so that these are not encrypted.
package payload
