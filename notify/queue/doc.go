// Package queue takes lifecycle events to the channels that are to be told of them: durably, in order, and each
// of them as often as the channel itself can tell a repetition from a message, which is once, or at most once more.
//
// Each event becomes one message of the stream SLIPWAY_NOTIFY for each channel. A channel has a consumer of its own, so
// that one that does not answer holds up nobody else. What is due later, because a person may be waited for in vain, stands
// in the same stream, and is looked at again when it is due.
package queue
