// Package workflows holds the durable logic of Slipway: the Temporal workflows Deploy,
// GrayRelease, Rollback, ToggleScalingRules, Lane and ReleaseSet.
//
// A workflow is a thin exported function around an unexported struct. It observes,
// decides and acts: what an observation means is answered by the pure functions of
// package release, and what is to be done is told to the platform through activities,
// by name (see platform). Nothing here does I/O, reads a clock or knows a platform's
// own words.
//
// # A release
//
// Deploy (one batch) and GrayRelease (several) carry out the same steps:
//
//	await the turn ─▶ snapshot ─▶ suspend scaling rules ─▶ begin the change order
//	   ─▶ follow it (confirmations, approval, limits, abort) ─▶ settle: read back what
//	      runs, roll back where needed ─▶ restore the scaling rules ─▶ tell the outcome
//
// Outcomes are results, not workflow failures: a release that rolled back has done its
// job. Cancelling a release is a word like any other, an abort: everything runs in a
// context that outlives the cancellation.
//
// Waiting costs no history: a look at a change order is an activity that the server
// retries until there is something new, and a wait for a person is a condition with
// one timer.
package workflows
