package servicestage_test

import (
	"encoding/json"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"slipway/activities/platform/platformtest"
	"slipway/activities/servicestage/servicestageworld"
	"slipway/release"
	"slipway/servicestagesim"
)

// headed is a gray release by the headers of requests, on the component as it is now.
func (h *host) headed() release.BeginRolloutInput {
	h.t.Helper()
	in := h.rollout("r-headed", release.ReleaseQuestion{Artifact: h.Artifact(2), Strategy: gray(), Traffic: servicestageworld.Headers()})
	in.Traffic = servicestageworld.Headers()
	return in
}

// led is what a look shows of a change in whose pause requests are led by rules.
func (h *host) led(change release.Change) release.Observation {
	h.t.Helper()
	seen, err := platformtest.Try[release.Observation](h.Harness, release.VerbObserve, release.ObserveInput{
		App: h.App(), ChangeID: change.ID, Traffic: servicestageworld.Headers(),
	})
	require.NoError(h.t, err)
	return seen
}

// TestHeaders_LeadRequestsUntilTheConfirmation is a gray release by headers in both forms of the answers: testers reach the new
// version in the pause, nobody else does, and in the end everybody.
func TestHeaders_LeadRequestsUntilTheConfirmation(t *testing.T) {
	t.Parallel()
	for name, form := range map[string]servicestageworld.Form{"graying": {}, "upgrading": {PauseIsUpgrading: true}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := hostOf(t, form)
			in := h.headed()
			var body map[string]json.RawMessage
			h.sent(http.MethodPut, func(sent map[string]json.RawMessage) { body = sent })
			change := must[release.Change](h, release.VerbBeginRollout, in)
			h.OnCall = nil
			require.JSONEq(t, `{"type":"GrayRelease","gray_release":{"type":"content","first_batch_replica":1,"remaining_batch":2,"replica_surge_mode":"extra",
				"rule_match_mode":"any","rules":[
					{"type":"header","key":"x-canary","condition":"equal","value":"1"},{"type":"header","key":"x-user","condition":"in","value":"ada, eva"}]}}`,
				string(body["deploy_strategy"]), "rules have no weight, and no kind of what leads the requests")
			h.pass()
			seen := h.led(change)
			require.Equal(t, release.ChangeAwaitingConfirm, seen.State)
			require.Empty(t, seen.Traffic)
			require.Equal(t, map[int]int{1: instances - 1, 2: 1}, h.Truth().Shares, "an instance was added before one was taken away")
			answers := func() []int {
				return []int{h.Answers("x-canary", "1"), h.Answers("X-User", "eva"), h.Answers("x-canary", "0"), h.Answers("other", "1")}
			}
			require.Equal(t, []int{2, 2, 1, 1}, answers())

			v := must[release.Verification](h, release.VerbVerify, release.VerifyInput{App: h.App(), Want: release.Version{ID: change.Version}})
			require.Len(t, v.Running, 2)
			must[struct{}](h, release.VerbConfirmBatch, release.ConfirmBatchInput{App: h.App(), ChangeID: change.ID, Batch: 1})
			seen = h.led(change)
			require.Equal(t, release.ChangeSucceeded, seen.State)
			require.Len(t, seen.Batches, 3)
			require.Equal(t, []int{2, 2, 2, 2}, answers())
		})
	}
}

func TestHeaders_AnAbortLeadsAllRequestsBack(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	change := must[release.Change](h, release.VerbBeginRollout, h.headed())
	require.Equal(t, 2, h.Answers("x-canary", "1"))
	must[release.AbortRolloutResult](h, release.VerbAbortRollout, release.AbortRolloutInput{App: h.App(), ChangeID: change.ID})
	require.Equal(t, release.ChangeAborted, h.led(change).State)
	require.Equal(t, []int{1, 1}, []int{h.Answers("x-canary", "1"), h.Answers("x-canary", "0")})
	require.Equal(t, map[int]int{1: instances}, h.Truth().Shares)
}

// TestHeaders_LostAnswers loses the answer of each call that changes something: one release is begun, it is continued or left once.
func TestHeaders_LostAnswers(t *testing.T) {
	t.Parallel()
	for _, operation := range []string{"UpdateComponent", "ComponentAction"} {
		for _, aborts := range []bool{false, true} {
			t.Run(operation+map[bool]string{true: ", aborted"}[aborts], func(t *testing.T) {
				t.Parallel()
				h := newHost(t)
				in := h.headed()
				_, err := h.AddFault(servicestagesim.Fault{Kind: servicestagesim.FaultDropAfter, Operation: operation, Count: 1})
				require.NoError(t, err)
				change, err := platformtest.Try[release.Change](h.Harness, release.VerbBeginRollout, in)
				if operation == "UpdateComponent" {
					require.Equal(t, release.FaultAmbiguous, platformtest.FaultOf(err))
					found := must[release.FoundChange](h, release.VerbFindChange, release.FindChangeInput{
						App: h.App(), Verb: release.VerbBeginRollout, Token: in.Token, Mark: in.Mark, Since: h.World.Now(),
					})
					require.NotNil(t, found.Change)
					change = *found.Change
					again := must[release.Change](h, release.VerbBeginRollout, in)
					require.Equal(t, change.ID, again.ID, "said again, it is the same change")
				}
				h.pass()
				require.Equal(t, release.ChangeAwaitingConfirm, h.led(change).State)
				want := map[int]int{2: instances}
				if aborts {
					want = map[int]int{1: instances}
					must[release.AbortRolloutResult](h, release.VerbAbortRollout, release.AbortRolloutInput{App: h.App(), ChangeID: change.ID})
				} else {
					must[struct{}](h, release.VerbConfirmBatch, release.ConfirmBatchInput{App: h.App(), ChangeID: change.ID, Batch: 1})
				}
				h.pass()
				require.True(t, h.led(change).State.Ended())
				require.Equal(t, want, h.Truth().Shares)
				require.Len(t, h.Truth().Changes, 2, "one beside the first one of the component")
			})
		}
	}
}

// TestHeaders_RulesThatSomebodyChanges are told in the pause, in words without secrets; what newer services spell in another way,
// or do not show, is no change.
func TestHeaders_RulesThatSomebodyChanges(t *testing.T) {
	t.Parallel()
	const same = `{"type":"CONTENT","first_batch_replica":1,"remaining_batch":2,"replica_surge_mode":"EXTRA","rule_match_mode":"ANY","rules":[
		{"type":"HEADER","key":"X-User","condition":"IN","value":"ada, eva"},{"type":"header","key":"X-Canary","condition":"EQUAL","value":"1"}]}`
	rules := func(match, rules string) string {
		return `{"type":"content","first_batch_replica":1,"remaining_batch":2,"replica_surge_mode":"extra","rule_match_mode":"` + match + `","rules":[` + rules + `]}`
	}
	const one = `{"type":"header","key":"x-canary","condition":"equal","value":"1"}`
	const two = one + `,{"type":"header","key":"x-user","condition":"in","value":"ada, eva"}`
	for name, c := range map[string]struct{ gray, told string }{
		"the same":      {rules("any", two), ""},
		"other letters": {same, ""},
		"not shown":     {rules("any", ""), ""},
		"fewer":         {rules("any", one), "changed elsewhere: the gray batch gets requests whose headers meet any of: x-canary equal 1"},
		"all of them":   {rules("all", two), "changed elsewhere: the gray batch gets requests whose headers meet all of: x-canary equal 1; x-user in ada, eva"},
		"a weight": {
			`{"type":"weight","first_batch_weight":30,"first_batch_replica":1,"remaining_batch":2}`, "changed elsewhere: the gray batch gets 30 % of the traffic",
		},
		"a secret": {
			rules("any", `{"type":"header","key":"password","condition":"equal","value":"password=`+platformtest.Secret+`"}`),
			"changed elsewhere: the gray batch gets requests whose headers meet any of: password equal password=",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHost(t)
			change := must[release.Change](h, release.VerbBeginRollout, h.headed())
			h.Lead(c.gray)
			seen := h.led(change)
			require.Equal(t, release.ChangeAwaitingConfirm, seen.State)
			require.Contains(t, seen.Traffic, c.told)
			require.Equal(t, c.told == "", seen.Traffic == "")
			require.Empty(t, h.look(change).Traffic, "nobody has asked")
			require.Equal(t, c.told != "", release.Changed(release.Observation{State: seen.State, Batch: seen.Batch}, seen), "it is news")
			must[release.AbortRolloutResult](h, release.VerbAbortRollout, release.AbortRolloutInput{App: h.App(), ChangeID: change.ID})
			require.Empty(t, h.led(change).Traffic)
		})
	}
}

func TestHeaders_RefusedBeforeAnythingIsChanged(t *testing.T) {
	t.Parallel()
	other := &release.Traffic{ALB: []release.ALBTrafficRule{{IngressID: 1}}}
	for field, c := range map[string]struct {
		strategy release.Strategy
		traffic  *release.Traffic
	}{
		"traffic: needs the strategy gray":                 {all(), servicestageworld.Headers()},
		"traffic: ServiceStage leads requests by their":    {gray(), other},
		"strategy.weights: has no meaning beside traffic.": {gray(20), servicestageworld.Headers()},
	} {
		t.Run(field, func(t *testing.T) {
			t.Parallel()
			h := newHost(t)
			q := release.ReleaseQuestion{Artifact: h.Artifact(2), Strategy: c.strategy, Traffic: c.traffic}
			snap := h.snapshot(release.SnapshotInput{Release: &q})
			require.Contains(t, snap.Planned.Refused.OneLine(), field)
			f, why := refused(h, release.VerbBeginRollout, release.BeginRolloutInput{
				App: h.App(), Artifact: q.Artifact, Strategy: q.Strategy, Traffic: q.Traffic, Token: release.Token("r-refused", "rollout"), Mark: snap.Mark,
			})
			require.Equal(t, release.FaultInvalid, f)
			require.Contains(t, why, field)
			require.Zero(t, h.Changes)
		})
	}
}
