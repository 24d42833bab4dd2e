package apitest_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"slipway/internal/documents"
	"slipway/ledger"
	"slipway/policy"
	"slipway/release"
)

const setID = "s-abcdefghijklmnop"

func someSet() release.SetProgress {
	return release.SetProgress{SetID: setID, Name: "shops", Phase: release.PhaseRollingOut, OnFailure: release.SetRollback, Waves: []release.WaveProgress{{
		Number: 1, Name: "first", Confirm: release.ConfirmAuto, Releases: []release.SetStanding{{Name: "shop", App: shop()}},
	}}}
}

func TestSets_AreShownAndFollowed(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	require.Equal(t, http.StatusNotFound, h.get("sets/"+setID).status)
	require.Equal(t, http.StatusNotFound, h.get("sets/"+id).status)
	h.engine.set(release.SetWorkflowID(setID), someSet(), false)
	got := h.get("sets/" + setID)
	require.Equal(t, http.StatusOK, got.status, got.body)
	require.Contains(t, got.body, `"name":"shops"`)
	h.authorize()
	require.Equal(t, http.StatusOK, h.get("sets/"+setID).status)
	require.Contains(t, h.as("eve").send(http.MethodGet, "sets/"+setID, "").problem(t).Detail, `lets "eve" view on set/shops`)
	require.Equal(t, http.StatusOK, h.get("sets?phase=RollingOut&open=true").status)
	h.engine.set(release.SetWorkflowID(setID), someSet(), true)
	require.Equal(t, http.StatusNoContent, h.get("sets/"+setID+"/events").status)
}

func TestSets_TheLedgerKnowsWhatTemporalHasForgotten(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	_, _, err := h.known.CreateSet(t.Context(), ledger.Set{SetID: setID, RequestedBy: "ann", Identity: ledger.Identity{Digest: "sha256:1"}})
	require.NoError(t, err)
	require.Contains(t, h.get("sets/"+setID).body, "has not been accepted yet")
	require.NoError(t, h.known.AcceptSet(t.Context(), setID))
	require.NoError(t, h.known.UpdateSet(t.Context(), someSet()))
	require.Contains(t, h.get("sets/"+setID).body, "Temporal has forgotten it")
}

func TestSets_AreAskedFor(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	r := receipt(t, h.as("ann").send(http.MethodPost, "sets", `{"name": "shops", "waves": [{"releases": [{"name": "shop", "spec": `+asked+`}]}]}`, "Idempotency-Key", "1"))
	require.Equal(t, release.SetID("shops", "urn:slipway:api:ann", "1"), r.SetID)
	require.Equal(t, "slipway.by.ann.request.set.shops", h.stored().Subject)
	require.Contains(t, h.get("sets/"+r.SetID).body, "no starter has accepted it yet")
	require.Equal(t, http.StatusUnprocessableEntity, h.as("ann").send(http.MethodPost, "sets", `{"name": "shops"}`).status)
	require.Equal(t, http.StatusNotFound, h.as("ann").send(http.MethodPost, "sets/"+setID+"/commands/pause", "").status, "a set takes no such command")
	require.Equal(t, http.StatusNotFound, h.as("ann").send(http.MethodPost, "sets/"+setID+"/commands/abort", "").status)
}

func TestLanes_AreShownToWhoMayLook(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	const lane = "lanes/sae/cn-hangzhou/shop"
	require.Contains(t, h.get(lane).body, `"app":{"platform":"sae","region":"cn-hangzhou","id":"shop"}`)
	h.engine.set(release.LaneID(shop()), release.LaneState{App: shop(), Held: &release.Hold{By: "ann", Reason: "migration", Since: start()}}, false)
	require.Contains(t, h.get(lane).body, "migration")
	require.Equal(t, http.StatusUnprocessableEntity, h.get("lanes/aws/x/y").status)
	require.Equal(t, http.StatusOK, h.get("lanes?held=true").status)
	h.authorize()
	require.Equal(t, http.StatusForbidden, h.as("eve").send(http.MethodGet, lane, "").status)
}

func TestLanes_AreCommandedByWhoMay(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	const commands = "lanes/sae/cn-hangzhou/shop/commands/"
	for path, c := range map[string]struct {
		body   string
		status int
	}{
		"dance":  {"", http.StatusNotFound},
		"hold":   {"", http.StatusUnprocessableEntity},
		"drop":   {`{"reason": "x"}`, http.StatusUnprocessableEntity},
		"allow":  {`{"artifact": "a:1", "all": true}`, http.StatusUnprocessableEntity},
		"resume": {`{"force": true}`, http.StatusUnprocessableEntity},
	} {
		got := h.as("ann").send(http.MethodPost, commands+path, c.body)
		require.Equal(t, c.status, got.status, path+": "+got.body)
	}
	got := h.as("ann").send(http.MethodPost, commands+"hold", `{"reason": "migration"}`)
	require.Contains(t, got.problem(t).Detail, "Temporal remembers no release of this application; force holds its lane all the same")
	held := release.LaneState{App: shop(), Held: &release.Hold{By: "ann", Reason: "migration", Since: start()}}
	h.engine.set(release.LaneID(shop()), held, false)
	got = h.as("ann").send(http.MethodPost, commands+"resume", `{"reason": "done"}`, "Idempotency-Key", "1")
	require.Equal(t, http.StatusOK, got.status, got.body)
	require.Equal(t, "ann/1", h.engine.updated)
	long := h.as("ann").send(http.MethodPost, commands+"resume", "", "Idempotency-Key", strings.Repeat("k", 513)).problem(t)
	require.Equal(t, []release.Problem{{Field: "Idempotency-Key", Message: "has 513 bytes; at most 512 are taken"}}, long.Errors, "Temporal takes no such ID")
	h.authorize()
	require.Contains(t, h.as("vic").send(http.MethodPost, commands+"resume", "").problem(t).Detail, `lets "vic" hold on sae/cn-hangzhou/shop`)
}

func TestWaiting_IsListed(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.engine.listed = append(h.engine.listed, info(t, id, shop()))
	h.engine.set(release.WorkflowID(id), waitingRelease(), false)
	require.Contains(t, h.get("waiting").body, `"need":"confirm"`)
	require.Contains(t, h.get("approvals").body, `"items":[]`)
	p := waitingRelease()
	p.Phase, p.Awaiting = release.PhaseAwaitingApproval, &release.Awaiting{Kind: release.AwaitApproval}
	p.Approval = &release.ApprovalState{Approval: release.Approval{Count: 1}}
	h.engine.set(release.WorkflowID(id), p, false)
	require.Contains(t, h.get("approvals?app=sae/cn-hangzhou/shop").body, `"need":"approval"`)
	h.authorize()
	require.Contains(t, h.as("eve").send(http.MethodGet, "approvals", "").body, `"items":[]`)
	require.Equal(t, http.StatusUnprocessableEntity, h.get("waiting?app=a").status)
}

func TestPlan_NeedsAWorker(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	got := h.as("ann").send(http.MethodPost, "plan", asked)
	require.Equal(t, http.StatusOK, got.status, got.body)
	require.Contains(t, got.body, `"operation":"release"`)
	require.Equal(t, http.StatusUnprocessableEntity, h.as("ann").send(http.MethodPost, "plan", `{}`).status)
	require.Equal(t, "promotedFrom", h.as("ann").send(http.MethodPost, "plan", `{"application": "shop", "environment": "p", "promotedFrom": {"release": "r-abcdefghijklmnop"}}`).problem(t).Errors[0].Field)
	h.authorize()
	require.Equal(t, http.StatusForbidden, h.as("eve").send(http.MethodPost, "plan", asked).status)
}

func TestFreezes_AreAddedAndEndedByWhoMay(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	const stop = `{"kind": "stop", "name": "incident", "reason": "database on fire", "scope": {"platform": "sae", "region": "cn-hangzhou", "app": "shop"}}`
	got := h.as("ann").send(http.MethodPost, "freezes", stop)
	require.Equal(t, http.StatusCreated, got.status, got.body)
	require.Contains(t, got.body, `"by":"ann"`)
	require.Equal(t, http.StatusConflict, h.as("ann").send(http.MethodPost, "freezes", stop).status)
	const window = `{"kind": "window", "name": "nights", "reason": "nobody is awake", "start": "22:00", "end": "06:00", "zone": "Asia/Shanghai"}`
	require.Equal(t, http.StatusCreated, h.as("ann").send(http.MethodPost, "freezes", window).status)
	require.Equal(t, http.StatusConflict, h.as("ann").send(http.MethodPost, "freezes", window).status)
	require.Equal(t, http.StatusCreated, h.as("ann").send(http.MethodPost, "freezes", strings.Replace(window, `{`, `{"replace": true, `, 1)).status)
	require.Contains(t, h.get("freezes?active=true&app=sae/cn-hangzhou/shop").body, `"name":"incident"`)

	h.authorize()
	got = h.as("ann").send(http.MethodGet, "freezes", "")
	require.Contains(t, got.body, `"name":"incident"`)
	require.NotContains(t, got.body, `"name":"nights"`, "which holds more than ann may look at")
	require.Contains(t, h.as("ann").send(http.MethodGet, "freezes?app=sae/cn-hangzhou/shop", "").body, `"name":"nights"`, "but it holds what ann may look at")
	require.Contains(t, h.as("vic").send(http.MethodGet, "freezes", "").body, `"name":"nights"`)
	require.Equal(t, http.StatusForbidden, h.as("ann").send(http.MethodDelete, "freezes/nights", "").status)
	require.Equal(t, http.StatusForbidden, h.as("ann").send(http.MethodPost, "freezes", strings.Replace(window, "nights", "mine", 1)).status)
	require.Equal(t, http.StatusForbidden, h.as("vic").send(http.MethodDelete, "freezes/incident", "").status)
	got = h.as("ann").send(http.MethodDelete, "freezes/incident?reason=it%20is%20back", "")
	require.Equal(t, http.StatusOK, got.status, got.body)
	require.Contains(t, got.body, `"action":"lift"`)
	require.Contains(t, got.body, `"active":false`)
	require.Equal(t, http.StatusNotFound, h.as("ann").send(http.MethodDelete, "freezes/incident", "").status)

	for body, field := range map[string]string{
		`{"kind": "dance", "name": "a", "reason": "b"}`:                                                "kind",
		`{"kind": "stop", "name": "a"}`:                                                                "reason",
		`{"kind": "stop", "name": "a", "reason": "b", "zone": "UTC"}`:                                  "zone",
		`{"kind": "window", "name": "a", "reason": "b", "start": "25:00", "end": "1", "zone": "Mars"}`: "start",
		`{"kind": "stop", "name": "a", "reason": "b", "scope": {"application": "shop"}}`:               "scope.application",
		`{"kind": "stop", "name": "a", "reason": "b", "colour": "red"}`:                                "colour",
	} {
		got := h.as("ann").send(http.MethodPost, "freezes", body)
		require.Equal(t, http.StatusUnprocessableEntity, got.status, got.body)
		require.Contains(t, fmt.Sprint(got.problem(t).Errors), field)
	}
}

func TestScaling_TellsTheRulesAndWhoHoldsThem(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	const path = "scaling/sae/cn-hangzhou/shop"
	require.Equal(t, http.StatusServiceUnavailable, h.get(path).status, "the platform does not answer")
	h.engine.rules = []release.ScalingRule{{Name: "cpu", Enabled: true, Kept: []byte(`{"secret":"x"}`)}, {Name: "night"}}
	unknown := h.get(path)
	require.Contains(t, unknown.body, `{"name":"cpu","enabled":true},{"name":"night","enabled":false}`, "what only drivers read is left out")
	require.NotContains(t, unknown.body, `"partial"`)
	h.engine.set(release.LaneID(shop()), release.LaneState{App: shop(), Debts: []release.Debt{{ReleaseID: id, ScalingRules: []string{"night"}}}}, false)
	require.Contains(t, h.get(path).body, `"held":{"releaseId":"`+id+`","lost":true,"enable":false}`)
	require.Equal(t, http.StatusUnprocessableEntity, h.get("scaling/aws/x/y").status)
	h.authorize()
	require.Equal(t, http.StatusForbidden, h.as("eve").send(http.MethodGet, path, "").status)
}

// Who asks is told whom the console takes them for, by which bindings they may do what, and whom to ask where there are none.
func TestMe(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	require.JSONEq(t, `{"identity":"ann","open":true}`, h.as("ann").send(http.MethodGet, "me", "").body)
	h.authorize()
	require.JSONEq(t, `{"identity":"ann","bindings":["operators"]}`, h.as("ann").send(http.MethodGet, "me", "").body)
	require.JSONEq(t, `{"identity":"eve"}`, h.as("eve").send(http.MethodGet, "me", "").body)
}

// Policies are for everybody who has signed in.
func TestPolicies(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	require.JSONEq(t, `{"items":[]}`, h.get("policies").body)
	_, err := policy.NewStore(h.js).Apply(t.Context(), policy.Policy{Name: "production", Scopes: []string{"*"}, Demands: policy.Demands{Images: &policy.Images{Digest: true}}},
		documents.Edit[policy.Policy]{Change: documents.Change{By: "root"}, Expected: documents.Any})
	require.NoError(t, err)
	require.Contains(t, h.get("policies").body, `"name":"production"`)
	require.Contains(t, h.get("policies/production").body, `"digest":true`)
	h.authorize()
	require.Equal(t, http.StatusOK, h.as("eve").send(http.MethodGet, "policies/production", "").status)
	require.Equal(t, http.StatusNotFound, h.get("policies/none").status)
	require.Equal(t, http.StatusNotFound, h.get("policies/..%2F").status)
}

// What cannot be the ID of a set is told as one of a set.
func TestSets_NoID(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	for _, got := range []answer{h.get("sets/x"), h.get("sets/x/events"), h.as("ann").send(http.MethodPost, "sets/x/commands/confirm", "")} {
		require.Equal(t, http.StatusNotFound, got.status, got.body)
		require.Contains(t, got.problem(t).Detail, `there is no set "x"`)
	}
}

// Rules are switched by who may hold the lane: those that there are, and all that is wrong is told at once.
func TestScaling_Commands(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	const path = "scaling/sae/cn-hangzhou/shop/commands/"
	require.Equal(t, http.StatusServiceUnavailable, h.as("ann").send(http.MethodPost, path+"disable", `{"names": ["cpu"]}`).status, "the platform does not answer")
	h.engine.rules = []release.ScalingRule{{Name: "cpu", Enabled: true}, {Name: "night"}}
	begun := h.as("ann").send(http.MethodPost, path+"disable", `{"names": ["cpu"], "for": "2h", "reason": "load test"}`)
	require.Equal(t, http.StatusAccepted, begun.status, begun.body)
	require.JSONEq(t, `{"workflowId":"scaling/sae/cn-hangzhou/shop"}`, begun.body)
	require.Equal(t, release.ToggleRequest{App: shop(), Names: []string{"cpu"}, For: release.Duration(2 * time.Hour), By: "ann", Reason: "load test"}, h.engine.begun)
	require.Equal(t, http.StatusAccepted, h.as("ann").send(http.MethodPost, path+"enable", "").status)
	require.Equal(t, release.ToggleRequest{App: shop(), Enable: true, By: "ann"}, h.engine.begun)

	missing := h.as("ann").send(http.MethodPost, path+"enable", `{"names": ["noon"]}`)
	require.Equal(t, http.StatusConflict, missing.status, missing.body)
	require.Contains(t, missing.problem(t).Detail, "there is no rule noon; there are: cpu, night")
	require.Equal(t, http.StatusConflict, h.as("ann").send(http.MethodPost, path+"restore", "").status, "none is switched for a time")
	require.Equal(t, http.StatusNotFound, h.as("ann").send(http.MethodPost, path+"explode", "").status)
	wrong := h.as("ann").send(http.MethodPost, path+"restore", `{"names": ["cpu"], "for": "2h", "reason": "x"}`)
	require.Equal(t, http.StatusUnprocessableEntity, wrong.status)
	require.Len(t, wrong.problem(t).Errors, 3)
	require.Equal(t, http.StatusUnprocessableEntity, h.as("ann").send(http.MethodPost, path+"disable", `{"for": "-1h", "color": "red"}`).status)
	require.Contains(t, fmt.Sprint(h.as("ann").send(http.MethodPost, "scaling/fc/cn-hangzhou/shop/commands/disable", "").problem(t).Errors), "for")
	h.authorize()
	require.Equal(t, http.StatusForbidden, h.as("vic").send(http.MethodPost, path+"disable", "").status)
}
