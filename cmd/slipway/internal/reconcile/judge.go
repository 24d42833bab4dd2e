package reconcile

import (
	"time"

	"slipway/ledger"
	"slipway/releases/execution"
)

// verdict is how Temporal and the ledger differ about a release.
type verdict string

const (
	// agree means that they do not differ, as far as this can be told.
	agree verdict = ""
	// forgotten: the ledger has it without an outcome, and Temporal does not know it.
	forgotten verdict = "forgotten"
	// stale: the ledger has its outcome, and Temporal has it as it was before.
	stale verdict = "stale"
	// unrecorded: Temporal has it, and the ledger does not.
	unrecorded verdict = "unrecorded"
	// untold: Temporal has its outcome, and the ledger has none.
	untold verdict = "untold"
	// lost: its workflow has ended without a result, and the ledger has no outcome.
	lost verdict = "lost"
	// owing: it has ended, and something that it has changed is not put back.
	owing verdict = "owing"
)

// staleAfter is how long ago a release must have ended, as the ledger says, so that Temporal has missed it: a release tells its
// outcome a moment before its workflow ends.
const staleAfter = 30 * time.Second

// sight is what Temporal has of a release.
type sight struct {
	// known is false where Temporal has no workflow of it.
	known bool
	end   execution.End
}

// judge holds what Temporal has of a release against its record, which is nil where there is none.
func judge(s sight, r *ledger.Record, now time.Time) verdict {
	switch {
	case r == nil:
		return judgeUnrecorded(s)
	case s.known && s.end == execution.Open:
		if r.Ended() && now.Sub(r.EndedAt) > staleAfter {
			return stale
		}
		return agree
	case r.Ended():
		if r.Owes() {
			return owing
		}
		return agree
	case !r.Accepted:
		return agree // its request waits to be taken, and is submitted again
	case !s.known:
		return forgotten
	case s.end == execution.Completed:
		return untold
	}
	return lost
}

func judgeUnrecorded(s sight) verdict {
	switch {
	case !s.known:
		return agree
	case s.end.Abnormal():
		return lost
	}
	return unrecorded
}
