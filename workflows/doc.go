// Package workflows holds the durable logic of Slipway: the Temporal workflows Deploy,
// GrayRelease, Rollback, Restart, Rescale, ToggleScalingRules, Lane, Watchdog,
// ReleaseSet and Delivery.
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
//	await the turn ─▶ snapshot ─▶ suspend scaling rules ─▶ begin the change
//	   ─▶ follow it (confirmations, the platform's approval, limits, abort) ─▶ settle: read back what
//	      runs, roll back where needed ─▶ restore the scaling rules ─▶ tell the outcome
//
// Outcomes are results, not workflow failures: a release that rolled back has done its
// job. Cancelling a release is a command like any other, an abort: everything runs in a
// context that outlives the cancellation.
//
// Waiting costs no history: a look at a change is an activity that the server
// retries until there is something new, and a wait for a person is a condition with
// one timer.
//
// # A lane
//
// Lane serialises the releases of one application. What it knows is its input, so that it
// can continue as new at any moment at which nothing is under way: the line, the hold, the
// denied artifacts, the IDs it has seen. Whoever is in the line is followed to the end, as
// a child or by an activity, and the end decides what comes next:
//
//	succeeded, failed, aborted ─▶ the next one begins
//	rolled back ─▶ the artifact is denied, the next one begins
//	needs attention ─▶ the lane is held
//	lost (terminated, failed) ─▶ Watchdog puts right what it can; held if something is left
package workflows
