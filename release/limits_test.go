package release_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"slipway/release"
)

// TestLimits_AfterLimit is the whole table: each limit in every situation that makes a difference,
// with every policy.
func TestLimits_AfterLimit(t *testing.T) {
	t.Parallel()
	type situation = release.LimitSituation
	in := func(p release.Phase) situation { return situation{Phase: p, Begun: true} }
	queued := situation{Phase: release.PhaseQueued}
	waits := in(release.PhaseAwaitingConfirm)
	with := func(s situation, change func(*situation)) situation {
		change(&s)
		return s
	}
	stopping := func(s *situation) { s.Stopping = true }
	confirmed := func(s *situation) { s.Confirmed = true }
	for name, c := range map[string]struct {
		limit     release.Limit
		situation situation
		// want is the answer for each of [release.TimeoutPolicies]: abort, continue and hold.
		want [3]release.LimitAction
	}{
		"total while batches run":            {release.LimitTotal, in(release.PhaseRollingOut), same(release.LimitAbort)},
		"total before anything":              {release.LimitTotal, in(release.PhasePreparing), same(release.LimitAbort)},
		"total in a pause":                   {release.LimitTotal, in(release.PhasePaused), same(release.LimitAbort)},
		"total of a parked batch":            {release.LimitTotal, waits, [3]release.LimitAction{release.LimitAbort, release.LimitAbort, release.LimitEnd}},
		"total of a batch that is confirmed": {release.LimitTotal, with(waits, confirmed), same(release.LimitAbort)},
		"total of a batch that is aborted":   {release.LimitTotal, with(waits, stopping), same(release.LimitAbort)},
		"total on the way back":              {release.LimitTotal, with(in(release.PhaseRollingBack), func(s *situation) { s.Returning = true }), same(release.LimitEnd)},
		"total at the end":                   {release.LimitTotal, in(release.PhaseFinalizing), same(release.LimitIgnore)},
		"total of a watch":                   {release.LimitTotal, in(release.PhaseWatching), same(release.LimitIgnore)},
		"total while people are asked":       {release.LimitTotal, in(release.PhaseAwaitingApproval), same(release.LimitAbort)},
		"queue":                              {release.LimitQueue, queued, same(release.LimitAbort)},
		"queue that has come":                {release.LimitQueue, in(release.PhaseQueued), same(release.LimitIgnore)},
		"queue of what is aborted":           {release.LimitQueue, with(queued, stopping), same(release.LimitIgnore)},
		"approval":                           {release.LimitApproval, in(release.PhaseAwaitingApproval), [3]release.LimitAction{release.LimitAbort, release.LimitContinue, release.LimitHold}},
		"approval of a batch":                {release.LimitApproval, waits, [3]release.LimitAction{release.LimitAbort, release.LimitContinue, release.LimitHold}},
		"approval that was given":            {release.LimitApproval, with(in(release.PhaseAwaitingApproval), confirmed), same(release.LimitIgnore)},
		"approval of what is rejected":       {release.LimitApproval, with(in(release.PhaseAwaitingApproval), stopping), same(release.LimitIgnore)},
		"platform's approval":                {release.LimitPlatformApproval, in(release.PhaseAwaitingPlatformApproval), same(release.LimitAbort)},
		"platform's, of what is aborted":     {release.LimitPlatformApproval, with(in(release.PhaseAwaitingPlatformApproval), stopping), same(release.LimitIgnore)},
		"confirm":                            {release.LimitConfirm, waits, [3]release.LimitAction{release.LimitAbort, release.LimitContinue, release.LimitHold}},
		"confirm of a confirmed batch":       {release.LimitConfirm, with(waits, confirmed), same(release.LimitIgnore)},
		"confirm of what is aborted":         {release.LimitConfirm, with(waits, stopping), same(release.LimitIgnore)},
		"confirm in a pause":                 {release.LimitConfirm, with(waits, func(s *situation) { s.Paused = true }), same(release.LimitIgnore)},
		"no limit":                           {"", waits, same(release.LimitIgnore)},
	} {
		require.Len(t, c.want, len(release.TimeoutPolicies()))
		for i, policy := range release.TimeoutPolicies() {
			require.Equal(t, c.want[i], release.AfterLimit(c.limit, c.situation, policy), "%s, %s", name, policy)
		}
	}
}

// same is the answer that no policy changes.
func same(a release.LimitAction) [3]release.LimitAction { return [3]release.LimitAction{a, a, a} }

func TestLimits_ALimitThatHasPassedIsNamed(t *testing.T) {
	t.Parallel()
	limits := release.Spec{}.WithDefaults().Limits
	for _, l := range release.AllLimits() {
		if l != release.LimitApproval { // which belongs to the approval
			require.Contains(t, limits.Passed(l), " within ", l)
		}
	}
	require.Equal(t, "0 of 2 approvals were given within 4h", release.NewApproval(&release.Approval{Count: 2, Within: release.Duration(4 * time.Hour)}).Late())
	require.Empty(t, limits.Passed(""))
}
