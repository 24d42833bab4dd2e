// Package starter is the NATS side of Slipway: it takes requests and commands from the
// stream SLIPWAY_IN and hands them to Temporal.
//
//	a request ─▶ ledger ─▶ lane of its application, by Update-with-start ─▶ acknowledged
//	a request that the ledger has as accepted ─▶ acknowledged
//	a request that the ledger has with another content ─▶ SLIPWAY_DEADLETTER
//	a request for a set ─▶ its workflow starts ─▶ acknowledged
//	a command ─▶ its release or set, by signal ─▶ acknowledged
//	what no redelivery mends ─▶ SLIPWAY_DEADLETTER ─▶ terminated
//	what cannot be accepted now ─▶ nak with delay ─▶ redelivered
//
// # Nothing is lost, nothing counts twice
//
// A message is acknowledged only when Temporal has durably accepted it, and terminated only
// when its dead letter is stored. Everything in between may fail or die: the message is
// redelivered, and that changes nothing, because a release ID, a command ID and the ID of a
// dead letter are all derived from the message.
//
// The ledger is read before the lane is called, and written after it: an event that its lane
// has not accepted is submitted again, and one that it has accepted is never submitted again,
// however long ago Temporal has forgotten the release. While the ledger is unreachable,
// requests are retried.
//
// Update-with-start is not atomic: the lane may start though the submission fails. That
// does no harm, a lane without releases completes at once.
//
// # Order, and fairness
//
// Commands do not queue behind requests: each kind has a consumer and slots of its own.
// Messages of one line (the requests for one application, the commands to one release, whoever
// publishes them) form a queue: one after the other, in the order of the stream, whatever comes between. A
// queue that is blocked takes no slot, so that it blocks no other; see [queues].
//
// # The parts
//
// What a message means ([planFor]) and what follows from Temporal's answer ([classify]) are
// pure functions; the rest carries them out.
package starter
