// Package starter is the NATS side of Slipway: it takes requests and commands from the
// stream SLIPWAY_IN and hands them to Temporal.
//
//	a request ─▶ ledger ─▶ lane of its application, by Update-with-start ─▶ acknowledged
//	a request that the ledger has as accepted ─▶ acknowledged
//	a request that the ledger has with another content ─▶ as what can never be taken
//	a request for a set ─▶ its workflow starts ─▶ acknowledged
//	a command ─▶ its release or set, by signal ─▶ acknowledged
//	what can never be taken ─▶ SLIPWAY_DEADLETTER ─▶ terminated
//	what cannot be taken now ─▶ again later
//
// # Nothing is lost, nothing counts twice
//
// A message is acknowledged only when Temporal has durably accepted what it says, and
// terminated only when its dead letter is stored. Everything in between may fail or die:
// the message comes again, and its second coming changes nothing, because a release ID,
// a command ID and the ID of a dead letter are all derived from the message.
//
// The ledger is asked before the lane, and told after it: an event whose lane has not
// answered is submitted again, and one whose lane has is never submitted again, however
// long Temporal has forgotten the release. While the ledger is out of reach, requests wait.
//
// Update-with-start is not atomic: the lane may start though the submission fails. That
// does no harm, a lane without releases ends at once.
//
// # Order, and fairness
//
// Commands do not queue behind requests: each kind has a consumer and slots of its own.
// Messages of one subject (the requests for one application, the commands to one release)
// form a line: one after the other, in the order of the stream, whatever comes between. A
// line that cannot move takes no slot, so that it holds up no other; see [lines].
//
// # The parts
//
// What a message means ([planFor]) and what follows from Temporal's answer ([judge]) are
// pure functions; the rest carries them out.
package starter
