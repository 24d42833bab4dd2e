package apitest_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"testing"

	"github.com/nats-io/nats.go"
	"github.com/stretchr/testify/require"

	"slipway/authority"
	"slipway/internal/documents"
	"slipway/release"
	"slipway/wire"
)

// bury stores the dead letter of a message, and returns its sequence.
func (h *house) bury(msg *nats.Msg) (sequence uint64) {
	h.t.Helper()
	ack, err := h.js.PublishMsg(h.t.Context(), wire.DeadLetter(msg, wire.Delivery{Stream: wire.StreamIn, Sequence: rand.Uint64(), Count: 1}, &wire.PoisonError{Field: "data", Reason: "data: it came too early"}))
	require.NoError(h.t, err)
	return ack.Sequence
}

// claimed is a request for a release under a name that nobody has proven, or as an identity.
func (h *house) claimed(eventID, identity string) *nats.Msg {
	h.t.Helper()
	msg, err := wire.EncodeRequest(wire.Origin{Source: "urn:ci", ID: eventID, Time: start(), Identity: identity}, release.Spec{App: shop(), Artifact: release.Artifact{Image: "registry.example/shop:1.4.2"}})
	require.NoError(h.t, err)
	return msg
}

// operators applies a document by which ann may hold everything, and vic look at it.
func (h *house) operators() {
	h.t.Helper()
	_, err := authority.NewStore(h.js).Apply(h.t.Context(), authority.Document{Bindings: []authority.Binding{
		{Name: "operators", Identities: []string{"ann"}, Roles: []authority.Role{authority.RoleOperator}, Scopes: []string{"*"}},
		{Name: "viewers", Identities: []string{"vic"}, Roles: []authority.Role{authority.RoleViewer}, Scopes: []string{"*"}},
		{Name: "shop", Identities: []string{"eve"}, Roles: []authority.Role{authority.RoleOperator}, Scopes: []string{"sae/cn-hangzhou/shop"}},
	}}, documents.Edit[authority.Document]{Change: documents.Change{By: "root"}, Expected: documents.Any})
	require.NoError(h.t, err)
}

// letter is what the tests read of a dead letter.
type letter struct {
	Sequence                            uint64
	Kind, About, Reason, Remedy, Result string
	Event                               json.RawMessage
}

func TestDeadLetters_AreShownToWhoMayLookAtEverything(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	require.Empty(t, items[letter](t, h.get("deadletters")).Items)
	require.Equal(t, http.StatusNotFound, h.get("deadletters/1").status)
	first, second := h.bury(h.claimed("1", "")), h.bury(&nats.Msg{Subject: "slipway.command.r-1", Data: []byte("garbage")})
	found := items[letter](t, h.get("deadletters?limit=1"))
	require.True(t, found.More)
	require.Equal(t, second, found.Items[0].Sequence, "the latest first")
	found = items[letter](t, h.get("deadletters"))
	require.Equal(t, "sae/cn-hangzhou/shop", found.Items[1].About)
	require.Equal(t, "data: it came too early", found.Items[1].Reason)
	require.Empty(t, found.Items[1].Event)
	var shown letter
	require.NoError(t, json.Unmarshal([]byte(h.get(fmt.Sprintf("deadletters/%d", first)).body), &shown))
	require.Contains(t, string(shown.Event), "registry.example/shop:1.4.2")
	require.NotEmpty(t, shown.Remedy)
	require.Contains(t, h.get(fmt.Sprintf("deadletters/%d", second)).body, `"text":"garbage"`)
	require.Equal(t, http.StatusNotFound, h.get("deadletters/x").status)
	require.Equal(t, http.StatusUnprocessableEntity, h.get("deadletters?limit=0").status)

	h.operators()
	for _, path := range []string{"deadletters", "deadletters/1"} {
		require.Equal(t, http.StatusOK, h.as("vic").send(http.MethodGet, path, "").status)
		require.Equal(t, http.StatusForbidden, h.as("eve").send(http.MethodGet, path, "").status, "who may look at a part")
	}
}

func TestDeadLetters_AreReplayedAndDroppedByWhoMayHoldEverything(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.operators()
	const why = `{"reason": "it is there by now"}`
	at := func(sequence uint64, kind string) string {
		return fmt.Sprintf("deadletters/%d/commands/%s", sequence, kind)
	}
	sequence := h.bury(h.claimed("1", ""))
	require.Equal(t, http.StatusForbidden, h.as("vic").send(http.MethodPost, at(sequence, "replay"), why).status)
	require.Equal(t, http.StatusForbidden, h.as("eve").send(http.MethodPost, at(sequence, "drop"), why).status)
	require.Equal(t, http.StatusNotFound, h.as("ann").send(http.MethodPost, at(sequence, "dance"), why).status)
	require.Equal(t, http.StatusNotFound, h.as("ann").send(http.MethodPost, at(99, "replay"), why).status)
	for body, field := range map[string]string{"": "reason", `{"reason": " "}`: "reason", `{"reason": "x", "colour": "red"}`: "colour"} {
		require.Equal(t, field, h.as("ann").send(http.MethodPost, at(sequence, "replay"), body).problem(t).Errors[0].Field)
	}

	for range 2 { // doing it twice is harmless
		got := h.as("ann").send(http.MethodPost, at(sequence, "replay"), why)
		require.Equal(t, http.StatusOK, got.status, got.body)
		require.Contains(t, got.body, `"result":"published"`)
		require.Equal(t, "slipway.request.sae.shop", h.stored().Subject)
	}
	require.Equal(t, http.StatusOK, h.get(fmt.Sprintf("deadletters/%d", sequence)).status, "it stays until it is dropped")
	require.Equal(t, http.StatusOK, h.as("ann").send(http.MethodPost, at(sequence, "drop"), `{"reason": "done with"}`).status)
	require.Equal(t, http.StatusNotFound, h.as("ann").send(http.MethodPost, at(sequence, "drop"), `{"reason": "done with"}`).status)
	told := h.lastEvent()
	require.Equal(t, release.EventDropped, told.Kind)
	require.Equal(t, &release.LetterChange{Sequence: sequence, By: "ann", Subject: "slipway.request.sae.shop", About: "sae/cn-hangzhou/shop", Reason: "done with"}, told.Letter)
}

// lastEvent is the event that was told last.
func (h *house) lastEvent() wire.LifecycleEvent {
	h.t.Helper()
	s, err := h.js.Stream(h.t.Context(), wire.StreamEvents)
	require.NoError(h.t, err)
	msg, err := s.GetMsg(h.t.Context(), s.CachedInfo().State.LastSeq)
	require.NoError(h.t, err)
	told, err := wire.DecodeEvent(&nats.Msg{Subject: msg.Subject, Header: msg.Header, Data: msg.Data})
	require.NoError(h.t, err)
	return told
}

// TestDeadLetters_WhatWouldBeRefusedAgainIsNotPublished: also what only somebody else may publish.
func TestDeadLetters_WhatWouldBeRefusedAgainIsNotPublished(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	command, err := wire.EncodeCommand(wire.Origin{Source: "urn:ci", ID: "1", Time: start()}, id, release.Command{ID: "1", Kind: release.CommandPause, By: "ann"})
	require.NoError(t, err)
	for name, c := range map[string]struct {
		msg  *nats.Msg
		says string
	}{
		"no event":           {&nats.Msg{Subject: "slipway.request.sae.shop", Data: []byte("garbage")}, "publish the event with a new id"},
		"no such release":    {command, "there is no release " + id},
		"that of somebody":   {h.claimed("1", "li"), "it did not come from ann"},
		"a secret was in it": {&nats.Msg{Subject: "slipway.request.sae.shop", Data: h.claimed("1", "").Data, Header: nats.Header{"Authorization": {"Bearer abc.def.ghi"}}}, "cut out of it"},
	} {
		got := h.as("ann").send(http.MethodPost, fmt.Sprintf("deadletters/%d/commands/replay", h.bury(c.msg)), `{"reason": "again"}`)
		require.Equal(t, http.StatusConflict, got.status, name+": "+got.body)
		require.Contains(t, got.problem(t).Detail, c.says, name)
	}
	s, err := h.js.Stream(t.Context(), wire.StreamIn)
	require.NoError(t, err)
	require.Zero(t, s.CachedInfo().State.Msgs)

	h.engine.set(release.WorkflowID(id), release.Progress{ReleaseID: id, App: shop(), Phase: release.PhaseRollingOut}, false)
	require.Equal(t, http.StatusOK, h.as("ann").send(http.MethodPost, fmt.Sprintf("deadletters/%d/commands/replay", h.bury(command)), `{"reason": "it has begun"}`).status)
	require.Equal(t, http.StatusOK, h.as("li").send(http.MethodPost, fmt.Sprintf("deadletters/%d/commands/replay", h.bury(h.claimed("2", "li"))), `{"reason": "again"}`).status)
	require.Equal(t, "slipway.by.li.request.sae.cn-hangzhou.shop", h.stored().Subject)
}
