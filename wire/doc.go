// Package wire is Slipway's protocol on NATS JetStream: the streams, the subjects, and the
// CloudEvents in them.
//
// Three streams hold everything:
//
//	SLIPWAY_IN          slipway.request.<platform>.<app-id>      a release is asked for
//	                    slipway.request.set.<name>               several releases as one are
//	                    slipway.command.<release-id>             a command to a release
//	                    slipway.command.<set-id>                 or to a set
//	SLIPWAY_EVENTS      slipway.event.<platform>.<app-id>.<release-id>.<kind>
//	                    slipway.event.set.<name>.<set-id>.<kind>
//	SLIPWAY_DEADLETTER  slipway.deadletter.<original subject>    messages that cannot be accepted
//
// Beside them the key-value bucket slipway-calendar holds the calendar of freezes, see
// [Calendars]. How all of it is kept is in [Streams], and can be changed by [Storage].
//
// Every message but a dead letter is a CloudEvent 1.0. Slipway writes structured JSON
// and reads both structured JSON and the binary mode, whose attributes are headers with
// the prefix ce-. The source and id of an event are its identity, for what it is sent to:
// the release ID of a request is [release.ID] of them and the application, so that an
// event stored twice still means one release. [EncodeRequest], [EncodeCommand] and
// [EncodeEvent] set the Nats-Msg-Id to the ID that is derived, so that the same event
// published twice within [DedupWindow] is stored once.
//
// [DecodeRequest] and [DecodeCommand] refuse an invalid message with a [PoisonError] that names
// the fields and the reasons, all of them at once. They are strict. What two readers could take
// for two things is a problem: an attribute or a field that is given twice, text that is not
// Unicode, a time or a source that is not what it should be. So is a field that does not exist,
// because a misspelt limit that is silently dropped would release with another one. Secrets are
// cut out of the dead letters that come of it. The JSON Schemas of the data are in api/schema.
package wire
