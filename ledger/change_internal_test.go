package ledger

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"slipway/release"
)

// progress is one of release r-a.
func progress(phase release.Phase) release.Progress {
	p := release.Progress{ReleaseID: "r-a", App: shop(), Artifact: image("1"), Phase: phase, StartedAt: at(1), RequestedBy: "mei"}
	if phase.Ended() {
		p.Outcome, p.EndedAt = phase, at(9)
	}
	return p
}

func TestChange_WhichReportCounts(t *testing.T) {
	t.Parallel()
	const (
		none      = release.Phase("")
		rolling   = release.PhaseRollingOut
		succeeded = release.PhaseSucceeded
		attention = release.PhaseNeedsAttention
	)
	for name, c := range map[string]struct {
		outcome    release.Phase // of the record
		transition uint64
		lost       string
		report     release.Phase
		number     uint64
		want       bool
	}{
		"first":                                {none, 0, "", rolling, 1, true},
		"later":                                {none, 1, "", rolling, 2, true},
		"the same again":                       {none, 2, "", rolling, 2, true},
		"earlier":                              {none, 3, "", rolling, 2, false},
		"without numbers":                      {none, 0, "", rolling, 0, true},
		"without a number after one":           {none, 3, "", rolling, 0, false},
		"an end":                               {none, 3, "", succeeded, 4, true},
		"an end without a number":              {none, 3, "", succeeded, 0, true},
		"an end of a release that was reset":   {none, 8, "", succeeded, 5, true},
		"after the end":                        {succeeded, 4, "", rolling, 5, false},
		"before the end":                       {succeeded, 4, "", rolling, 3, false},
		"the same end again":                   {succeeded, 4, "", succeeded, 4, true},
		"the same end, later":                  {succeeded, 4, "", succeeded, 5, true},
		"the same end, earlier":                {succeeded, 4, "", succeeded, 3, false},
		"another end":                          {succeeded, 4, "", release.PhaseAborted, 5, false},
		"attention after another end":          {succeeded, 4, "", attention, 5, false},
		"another end after attention":          {attention, 4, "", succeeded, 5, false},
		"after it was lost":                    {attention, 4, "terminated", rolling, 5, false},
		"the same end after it was lost":       {attention, 4, "terminated", attention, 5, false},
		"of a release lost after it has ended": {succeeded, 4, "terminated", succeeded, 5, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			have := Record{ReleaseID: "r-a", App: shop(), Outcome: c.outcome, Transition: c.transition, Lost: c.lost, Progress: progress(release.PhasePreparing)}
			got := have.reported(Report{Progress: progress(c.report), Transition: c.number})
			require.True(t, got.Accepted, "who reports was accepted")
			if !c.want {
				have.Accepted = true
				require.Equal(t, have, got)
				return
			}
			require.Equal(t, c.report, got.Progress.Phase)
			require.Equal(t, max(c.transition, c.number), got.Transition)
			require.Equal(t, progress(c.report).Outcome, got.Outcome)
			require.Equal(t, progress(c.report).EndedAt, got.EndedAt)
			require.Equal(t, at(1), got.StartedAt)
			require.Equal(t, image("1"), got.Artifact)
			require.Equal(t, "mei", got.RequestedBy)
		})
	}
}

// TestChange_WhatIsHeldOutlivesAReset: a release that is reset tells the transitions again that it told
// before, without what it had recorded since (R13, R15).
func TestChange_WhatIsHeldOutlivesAReset(t *testing.T) {
	t.Parallel()
	noted := progress(release.PhasePreparing)
	noted.ScalingRules = []release.HeldRule{{Name: "daily"}}
	r := Record{ReleaseID: "r-a", App: shop()}.reported(Report{Progress: noted, Transition: 2})
	r = r.reported(Report{Progress: progress(release.PhaseQueued), Transition: 1})
	r = r.reported(Report{Progress: progress(release.PhasePreparing), Transition: 2})
	require.Equal(t, noted.ScalingRules, r.Progress.ScalingRules)
	require.Equal(t, release.PhaseRollingOut, r.reported(Report{Progress: progress(release.PhaseRollingOut), Transition: 3}).Progress.Phase)
}

func TestChange_AReportReplacesWhatWasCut(t *testing.T) {
	t.Parallel()
	r := Record{ReleaseID: "r-a", App: shop(), Artifact: image("1"), RequestedBy: "ci", Cut: release.Cut{Samples: 3}}
	p := progress(release.PhasePreparing)
	p.Artifact = release.Artifact{} // of a rollback that does not know its version yet
	got := r.reported(Report{Progress: p})
	require.Zero(t, got.Cut)
	require.Equal(t, image("1"), got.Artifact)
	require.Equal(t, "ci", got.RequestedBy, "what the request said stands")

	p = progress(release.PhaseAborted)
	p.Outcome = "" // the phase says it as well
	require.Equal(t, release.PhaseAborted, r.reported(Report{Progress: p}).Outcome)
}

func TestChange_AskedAgain(t *testing.T) {
	t.Parallel()
	first := Record{
		ReleaseID: "r-a", App: shop(), Identity: Identity{Source: "ci", EventID: "42", Digest: "sha256:one"}, RequestedBy: "mei",
		RequestedAt: at(1), Sequence: 7,
	}
	again := first
	again.RequestedAt, again.Sequence, again.RequestedBy, again.Identity.Source = at(5), 8, "li", "elsewhere"
	got, err := first.askedAgain(again)
	require.NoError(t, err)
	require.Equal(t, first, got)

	again.Accepted = true
	got, err = first.askedAgain(again)
	require.NoError(t, err)
	require.True(t, got.Accepted)

	again.Identity.Digest = "sha256:two"
	_, err = first.askedAgain(again)
	var conflict *ConflictError
	require.ErrorAs(t, err, &conflict)
	require.Equal(t, ConflictError{ID: "r-a", Recorded: "sha256:one", Asked: "sha256:two"}, *conflict)
	require.ErrorContains(t, err, "release r-a was asked for before with another content: recorded is sha256:one, asked for is sha256:two")

	// The bucket was lost while the release ran, and its event comes again.
	p := progress(release.PhaseRollingOut)
	alone := Record{ReleaseID: "r-a", App: shop()}.reported(Report{Progress: p, Transition: 3})
	got, err = alone.askedAgain(first)
	require.NoError(t, err)
	require.Equal(t, first.Identity, got.Identity)
	require.Equal(t, at(1), got.RequestedAt)
	require.EqualValues(t, 7, got.Sequence)
	require.EqualValues(t, 3, got.Transition)
	require.True(t, got.Accepted)

	// It was submitted without an event, and told the digest of its content.
	p = progress(release.PhaseRollingOut)
	p.Digest = "sha256:one"
	alone = Record{ReleaseID: "r-a", App: shop()}.reported(Report{Progress: p, Transition: 3})
	got, err = alone.askedAgain(first)
	require.NoError(t, err)
	require.Equal(t, first.Identity, got.Identity)
	_, err = alone.askedAgain(again)
	require.ErrorAs(t, err, &conflict)
}

func TestChange_OnlyTheRequestIsTakenOfARequest(t *testing.T) {
	t.Parallel()
	asked := Record{
		ReleaseID: "r-a", App: shop(), Identity: Identity{Digest: "sha256:one"}, SetID: "s-a", RequestedBy: "mei", RequestedAt: at(1),
		Sequence: 7, Artifact: image("1"), Accepted: true,
	}
	full := asked
	full.Outcome, full.Lost, full.Transition, full.Progress = release.PhaseSucceeded, "x", 3, progress(release.PhaseSucceeded)
	full.Paid, full.Held, full.Cut, full.StartedAt = []Payment{{All: true}}, Held{More: 1}, release.Cut{Held: 1}, at(2)
	require.Equal(t, asked, full.request())
}

func TestChange_Lost(t *testing.T) {
	t.Parallel()
	running := Record{ReleaseID: "r-a", App: shop()}.reported(Report{Progress: progress(release.PhasePaused), Transition: 3})
	running.Progress.Awaiting, running.Progress.Paused = &release.Awaiting{}, true
	running.Progress.Stalled = &release.Stall{}
	running.Progress.ScalingRules = []release.HeldRule{{Name: "cpu", Suspended: true}}
	got := running.lost(Loss{How: "terminated", At: at(5)})
	require.Equal(t, "terminated", got.Lost)
	require.Equal(t, release.PhaseNeedsAttention, got.Outcome)
	require.Equal(t, at(5), got.EndedAt)
	require.Equal(t, release.PhaseNeedsAttention, got.Progress.Phase)
	require.Equal(t, "terminated", got.Progress.Reason)
	require.Nil(t, got.Progress.Awaiting)
	require.Nil(t, got.Progress.Stalled)
	require.False(t, got.Progress.Paused)
	require.Equal(t, running.Progress.ScalingRules, got.Progress.ScalingRules)
	require.Equal(t, Held{ScalingRules: []string{"cpu"}}, got.held())
	require.Equal(t, got, got.lost(Loss{How: "lost again", At: at(6)}))

	ended := Record{ReleaseID: "r-a", App: shop()}.reported(Report{Progress: progress(release.PhaseSucceeded)})
	got = ended.lost(Loss{How: "terminated", At: at(5)})
	require.Equal(t, "terminated", got.Lost)
	require.Equal(t, release.PhaseSucceeded, got.Outcome, "an outcome that was told stands")
	require.Equal(t, ended.Progress, got.Progress)
	require.Equal(t, ended.EndedAt, got.EndedAt)

	unknown := Record{ReleaseID: "r-a", App: shop(), Artifact: image("1")}.lost(Loss{At: at(5)})
	require.NotEmpty(t, unknown.Lost)
	require.Equal(t, release.Progress{
		ReleaseID: "r-a", App: shop(), Artifact: image("1"), Phase: release.PhaseNeedsAttention, Outcome: release.PhaseNeedsAttention,
		Reason: unknown.Lost, EndedAt: at(5),
	}, unknown.Progress)
}

// holding is the record of a release that holds three rules, its traffic rule and a change.
func holding(phase release.Phase) Record {
	p := progress(phase)
	p.ScalingRules = []release.HeldRule{
		{Name: "cpu", Suspended: true},
		{Name: "clock"},
		{Name: "night", Suspended: true, Revision: "7"},
		{Name: "back", Suspended: true, Restored: true},
		{Name: "gone", Gone: true},
		{Name: "another's", Suspended: true, Owed: "r-b"},
	}
	p.Traffic, p.ChangeID = &release.TrafficState{Applied: true}, "co-1"
	return Record{ReleaseID: "r-a", App: shop()}.reported(Report{Progress: p})
}

func TestChange_WhatIsHeld(t *testing.T) {
	t.Parallel()
	all := Held{ScalingRules: []string{"cpu", "clock", "night"}, Traffic: true, ChangeID: "co-1"}
	for _, phase := range release.Phases() {
		r := holding(phase)
		r.Held = r.held()
		switch {
		case !phase.Ended(), phase == release.PhaseNeedsAttention:
			require.Equal(t, all, r.Held, phase)
		default:
			require.True(t, r.Held.Empty(), "%s has put everything back", phase)
		}
		require.Equal(t, phase == release.PhaseNeedsAttention, r.Owes(), phase)
	}
	for name, change := range map[string]func(*release.TrafficState){
		"cleared": func(s *release.TrafficState) { s.Cleared = true },
		"left":    func(s *release.TrafficState) { s.Note = "changed by somebody meanwhile, and left so" },
	} {
		r := holding(release.PhaseRollingOut)
		change(r.Progress.Traffic)
		require.False(t, r.held().Traffic, name)
	}
	r := holding(release.PhaseRollingOut).lost(Loss{How: "terminated"})
	r.Held = r.held()
	require.True(t, r.Owes())
	r.Cut.Held = 2
	require.Equal(t, 2, r.held().More)
}

func TestChange_Payments(t *testing.T) {
	t.Parallel()
	r := holding(release.PhaseNeedsAttention)
	require.Equal(t, r, r.paid(Payment{Rules: []string{"back", "gone", "unknown"}, ChangeID: "co-2", By: "li"}), "nothing of that is held")

	r = r.paid(Payment{Rules: []string{"cpu", "back"}, By: "r-b", At: at(7)})
	require.Equal(t, []Payment{{Rules: []string{"cpu"}, By: "r-b", At: at(7)}}, r.Paid)
	require.Equal(t, Held{ScalingRules: []string{"clock", "night"}, Traffic: true, ChangeID: "co-1"}, r.held())
	require.Equal(t, r, r.paid(Payment{Rules: []string{"cpu"}, By: "r-b", At: at(8)}), "it was paid before")

	again := r.reported(Report{Progress: holding(release.PhaseNeedsAttention).Progress})
	require.Equal(t, r.held(), again.held(), "what was paid is not held again because the same is told again")

	r = r.paid(Payment{Traffic: true, ChangeID: "co-1"})
	require.Equal(t, Held{ScalingRules: []string{"clock", "night"}}, r.held())
	r.Cut.Held = 3
	r = r.paid(Payment{All: true, By: "mei", Note: "looked at it"})
	require.True(t, r.held().Empty())
	require.Equal(t, Payment{Rules: []string{"clock", "night"}, All: true, By: "mei", Note: "looked at it"}, r.Paid[2])
	require.Equal(t, r, r.paid(Payment{All: true}))
}

// Whatever is done to a record in whatever order: it keeps its identity, the lane does not
// give it back, what has ended stays ended in the same way, and a number never goes back.
func TestChange_RecordsNeverGoBack(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		r, exists := Record{ReleaseID: "r-a", App: shop()}, false
		for range rapid.IntRange(1, 30).Draw(t, "changes") {
			before := r
			switch rapid.SampledFrom([]string{"create", "accept", "report", "lose", "pay"}).Draw(t, "what") {
			case "create":
				asked := Record{ReleaseID: "r-a", App: shop(), Identity: Identity{Digest: rapid.SampledFrom([]string{"one", "two"}).Draw(t, "digest")}}
				if !exists {
					r = asked
					break
				}
				var err error
				r, err = r.askedAgain(asked)
				require.Equal(t, before.Identity.Digest != "" && before.Identity != asked.Identity, err != nil)
			case "accept":
				r.Accepted = true
			case "report":
				p := holding(rapid.SampledFrom(release.Phases()).Draw(t, "phase")).Progress
				r = r.reported(Report{Progress: p, Transition: rapid.Uint64Range(0, 5).Draw(t, "number")})
			case "lose":
				r = r.lost(Loss{How: "terminated", At: at(5)})
			case "pay":
				r = r.paid(Payment{
					Rules:   rapid.SliceOf(rapid.SampledFrom([]string{"cpu", "night", "other"})).Draw(t, "rules"),
					Traffic: rapid.Bool().Draw(t, "traffic"), All: rapid.Bool().Draw(t, "all"),
				})
			}
			exists = true
			next, value, err := r.fit()
			require.NoError(t, err)
			requireForward(t, before, next)
			key, _ := keyOf(shop(), "r-a")
			r, err = decode[Record](key, value, at(0))
			require.NoError(t, err)
		}
	})
}

// requireForward requires that a record may follow another one.
func requireForward(t require.TestingT, before, after Record) {
	require.Equal(t, before.ReleaseID, after.ReleaseID)
	require.Equal(t, before.App, after.App)
	if before.Identity.Digest != "" {
		require.Equal(t, before.Identity, after.Identity)
	}
	require.True(t, !before.Accepted || after.Accepted)
	require.GreaterOrEqual(t, after.Transition, before.Transition)
	if before.Lost != "" {
		require.Equal(t, before.Lost, after.Lost)
	}
	if before.Ended() {
		require.Equal(t, before.Outcome, after.Outcome)
		require.Equal(t, before.Outcome, after.Progress.Outcome)
	}
	require.GreaterOrEqual(t, len(after.Paid), len(before.Paid))
	for _, p := range after.Paid {
		for _, name := range p.Rules {
			require.NotContains(t, after.Held.ScalingRules, name)
		}
		require.False(t, p.Traffic && after.Held.Traffic)
	}
}

func TestChange_ASetIsKnownByWhatItsReleasesTell(t *testing.T) {
	t.Parallel()
	p := progress(release.PhaseRollingOut)
	p.Set = "s-a"
	require.Equal(t, "s-a", Record{ReleaseID: "r-a", App: shop()}.reported(Report{Progress: p}).SetID)
	require.Equal(t, "s-b", Record{ReleaseID: "r-a", App: shop(), SetID: "s-b"}.reported(Report{Progress: p}).SetID)
}

// What was kept of a rule stays where a later report had no room for it, and goes once the rule is back.
func TestChange_WhatWasKeptOfARuleStays(t *testing.T) {
	t.Parallel()
	rule := release.HeldRule{Name: "api.daily", Revision: "a", Kept: []byte(`{"target":5}`), Suspended: true}
	told := func(transition uint64, rule release.HeldRule, cut int) Report {
		p := progress(release.PhaseRollingOut)
		p.ScalingRules, p.Cut.Kept = []release.HeldRule{rule}, cut
		return Report{Progress: p, Transition: transition}
	}
	bare := rule
	bare.Kept = nil
	r := Record{ReleaseID: "r-a"}.reported(told(1, rule, 0)).reported(told(2, bare, 1))
	require.Equal(t, rule, r.Progress.ScalingRules[0])
	require.Zero(t, r.Cut.Kept)
	bare.Restored = true
	r = r.reported(told(3, bare, 0))
	require.Nil(t, r.Progress.ScalingRules[0].Kept)
}
