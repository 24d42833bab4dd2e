package apitest_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"

	"slipway/apps"
	"slipway/internal/documents"
	"slipway/ledger"
	"slipway/release"
	"slipway/requests"
	"slipway/wire"
)

const asked = `{"app": {"platform": "sae", "region": "cn-hangzhou", "id": "shop"}, "artifact": {"image": "registry.example/shop:1.4.2"}}`

// stored is the only message in the stream of requests.
func (h *house) stored() *nats.Msg {
	h.t.Helper()
	s, err := h.js.Stream(h.t.Context(), wire.StreamIn)
	require.NoError(h.t, err)
	info, err := s.Info(h.t.Context())
	require.NoError(h.t, err)
	msg, err := s.GetMsg(h.t.Context(), info.State.LastSeq)
	require.NoError(h.t, err)
	return &nats.Msg{Subject: msg.Subject, Header: msg.Header, Data: msg.Data}
}

func receipt(t *testing.T, a answer) (r requests.Receipt) {
	t.Helper()
	require.Equal(t, http.StatusAccepted, a.status, a.body)
	require.NoError(t, json.Unmarshal([]byte(a.body), &r))
	return r
}

func TestSubmit_ARequestIsAnEventOfWhoHasSignedIn(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	got := h.as("ann").send(http.MethodPost, "releases", asked, "Idempotency-Key", "build-42")
	r := receipt(t, got)
	require.Equal(t, requests.Receipt{ReleaseID: release.ID(shop(), "urn:slipway:api:ann", "build-42"), Source: "urn:slipway:api:ann", EventID: "build-42"}, r)
	require.Equal(t, "/api/v1/releases/"+r.ReleaseID, got.header.Get("Location"))
	msg := h.stored()
	require.Equal(t, "slipway.by.ann.request.sae.cn-hangzhou.shop", msg.Subject)
	read, err := wire.DecodeRequest(msg)
	require.NoError(t, err)
	require.Equal(t, "ann", read.Spec.RequestedBy)
	require.Contains(t, h.get("releases/"+r.ReleaseID).body, "no starter has accepted it yet")

	require.True(t, receipt(t, h.as("ann").send(http.MethodPost, "releases", asked, "Idempotency-Key", "build-42")).Duplicate)
	require.NotEqual(t, r.ReleaseID, receipt(t, h.as("li").send(http.MethodPost, "releases", asked, "Idempotency-Key", "build-42")).ReleaseID)
	require.NotEqual(t, receipt(t, h.as("ann").send(http.MethodPost, "releases", asked)).EventID, receipt(t, h.as("ann").send(http.MethodPost, "releases", asked)).EventID)

	_, _, err = h.known.Create(t.Context(), ledger.Record{ReleaseID: r.ReleaseID, App: shop(), Identity: ledger.Identity{Digest: read.Spec.Digest()}})
	require.NoError(t, err)
	other := h.as("ann").send(http.MethodPost, "releases", strings.Replace(asked, "1.4.2", "1.4.3", 1), "Idempotency-Key", "build-42")
	require.Equal(t, http.StatusConflict, other.status, other.body)
	require.Contains(t, other.problem(t).Type, "other-content")
}

func TestSubmit_ByName(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	const named = `{"application": "shop", "environment": "production", "artifact": {"image": "registry.example/shop:1.4.2"}}`
	require.Equal(t, "application", h.as("ann").send(http.MethodPost, "releases", named).problem(t).Errors[0].Field)
	_, err := apps.NewStore(h.js).Apply(t.Context(), apps.Application{Name: "shop", Environments: []apps.Environment{
		{Name: "production", App: apps.At(shop()), Locked: []string{"limits"}},
	}}, documents.Edit[apps.Application]{Change: documents.Change{By: "root"}, Expected: documents.Any})
	require.NoError(t, err)
	receipt(t, h.as("ann").send(http.MethodPost, "releases", named))
	require.Equal(t, "slipway.by.ann.request.app.shop.production", h.stored().Subject)
	wrong := h.as("ann").send(http.MethodPost, "releases", `{"application": "shop", "environment": "production", "limits": {"confirm": "1h"}}`).problem(t)
	require.Equal(t, http.StatusUnprocessableEntity, wrong.Status)
	require.Contains(t, fmt.Sprint(wrong.Errors), "limits")
	require.Contains(t, fmt.Sprint(wrong.Errors), "artifact")

	require.Contains(t, h.get("applications").body, `"name":"shop"`)
	require.Contains(t, h.get("applications/shop").body, `"revision":1`)
	require.Equal(t, http.StatusNotFound, h.get("applications/shp").status)
	h.authorize()
	require.Contains(t, h.as("eve").send(http.MethodGet, "applications", "").body, `"items":[]`)
	require.Equal(t, http.StatusForbidden, h.as("eve").send(http.MethodGet, "applications/shop", "").status)
}

func TestSubmit_WhatIsWrongIsRefused(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	for name, c := range map[string]struct {
		body   string
		header []string
		status int
		fields []string
	}{
		"no body":        {"", []string{"Content-Type", "application/json"}, http.StatusBadRequest, nil},
		"no JSON":        {`{"app":`, nil, http.StatusBadRequest, nil},
		"something else": {asked + "{}", nil, http.StatusBadRequest, nil},
		"a form":         {"a=b", []string{"Content-Type", "application/x-www-form-urlencoded"}, http.StatusUnsupportedMediaType, nil},
		"no type":        {asked, []string{"Content-Type", ""}, http.StatusUnsupportedMediaType, nil},
		"too large":      {`{"note": "` + strings.Repeat("x", release.MaxEvent) + `"}`, nil, http.StatusRequestEntityTooLarge, nil},
		"no object":      {`[]`, nil, http.StatusUnprocessableEntity, []string{"body"}},
		"everything":     {`{"app": {"platform": "aws", "region": 1, "id": "x"}, "colour": "red", "strategy": {"gray": 0}}`, nil, http.StatusUnprocessableEntity, []string{"colour", "app.region", "app.platform"}},
		"somebody else":  {strings.Replace(asked, `{"app"`, `{"requestedBy": "li", "app"`, 1), nil, http.StatusUnprocessableEntity, []string{"requestedBy"}},
		"a bad key":      {asked, []string{"Idempotency-Key", strings.Repeat("x", 2000)}, http.StatusUnprocessableEntity, []string{"Idempotency-Key"}},
		"an empty key":   {asked, []string{"Idempotency-Key", ""}, http.StatusUnprocessableEntity, []string{"Idempotency-Key"}},
		"a trigger":      {`{"application": "shop", "environment": "p", "artifact": {"image": "a:1"}, "trigger": {"id": "x"}}`, nil, http.StatusUnprocessableEntity, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := h.as("ann").send(http.MethodPost, "releases", c.body, c.header...)
			require.Equal(t, c.status, got.status, got.body)
			var fields []string
			for _, p := range got.problem(t).Errors {
				fields = append(fields, p.Field)
			}
			if c.fields != nil {
				require.Subset(t, fields, c.fields)
			}
		})
	}
	require.Equal(t, http.StatusForbidden, h.as("ann.b").send(http.MethodPost, "releases", asked).status, "whose identity cannot stand in a subject asks for nothing")
}

// TestSubmit_TheRefusalIsWaitedFor: who waits is told what the starter says.
func TestSubmit_TheRefusalIsWaitedFor(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	began := time.Now()
	receipt(t, h.as("ann").send(http.MethodPost, "releases?wait=300ms", asked))
	require.GreaterOrEqual(t, time.Since(began), 300*time.Millisecond)

	done := make(chan answer, 1)
	go func() {
		done <- h.as("ann").send(http.MethodPost, "releases?wait=1m", asked, "Idempotency-Key", "late")
	}()
	h.awaitRequest("late")
	why := wire.Refused(release.Problem{Field: "requestedBy", Message: "no binding lets ann"})
	_, err := h.js.PublishMsg(t.Context(), wire.DeadLetter(h.stored(), wire.Delivery{}, why))
	require.NoError(t, err)
	got := <-done
	require.Equal(t, http.StatusConflict, got.status, got.body)
	require.Contains(t, got.problem(t).Detail, "no binding lets ann")
}

// awaitRequest waits until the event of an ID is the last that is stored.
func (h *house) awaitRequest(eventID string) {
	h.t.Helper()
	require.Eventually(h.t, func() bool {
		s, err := h.js.Stream(h.t.Context(), wire.StreamIn)
		if err != nil {
			return false
		}
		info, err := s.Info(h.t.Context())
		if err != nil || info.State.LastSeq == 0 {
			return false
		}
		msg, err := s.GetMsg(h.t.Context(), info.State.LastSeq)
		return err == nil && strings.Contains(string(msg.Data), `"id":"`+eventID+`"`)
	}, patience, 20*time.Millisecond)
}

// answers has the ledger say what became of a command, once that is stored.
func (h *house) answers(refused string) {
	h.t.Helper()
	consumer, err := h.js.CreateConsumer(h.t.Context(), wire.StreamIn, jetstream.ConsumerConfig{FilterSubjects: wire.Commands(), AckPolicy: jetstream.AckExplicitPolicy})
	require.NoError(h.t, err)
	n := uint64(1)
	reading, err := consumer.Consume(func(m jetstream.Msg) {
		of, c, err := wire.DecodeCommand(&nats.Msg{Subject: m.Subject(), Header: m.Headers(), Data: m.Data()})
		if err != nil {
			return
		}
		n++
		p := waitingRelease()
		p.Transition, p.Decisions = n, []release.Decision{{ID: c.ID, Kind: c.Kind, By: c.By, Batch: c.Batch, Refused: refused, ChangeID: c.ChangeID, Note: c.Artifact}}
		p.ReleaseID = of
		_ = h.known.Update(h.t.Context(), ledger.Report{Progress: p})
		_ = m.Ack()
	})
	require.NoError(h.t, err)
	h.t.Cleanup(reading.Stop)
}

func waitingRelease() release.Progress {
	return release.Progress{
		ReleaseID: id, App: shop(), Phase: release.PhaseAwaitingConfirm, Artifact: release.Artifact{Image: "registry.example/shop:1.4.2"}, ChangeID: "change-1", Transition: 1,
		Batches:  []release.Batch{{Number: 1, State: release.BatchDone}, {Number: 2, State: release.BatchPending}},
		Awaiting: &release.Awaiting{Kind: release.AwaitConfirm, Batch: 1},
	}
}

func TestCommand_AConfirmationIsBoundToWhatWaits(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	_, _, err := h.known.Create(t.Context(), ledger.Record{ReleaseID: id, App: shop(), Identity: ledger.Identity{Digest: "sha256:1"}})
	require.NoError(t, err)
	require.NoError(t, h.known.Accept(t.Context(), shop(), id))
	require.NoError(t, h.known.Update(t.Context(), ledger.Report{Progress: waitingRelease()}))
	h.answers("")
	got := h.as("ann").send(http.MethodPost, "releases/"+id+"/commands/confirm", "")
	require.Equal(t, http.StatusOK, got.status, got.body)
	var p release.Progress
	require.NoError(t, json.Unmarshal([]byte(got.body), &p))
	require.Equal(t, "ann", p.Decisions[0].By)
	require.Equal(t, 1, p.Decisions[0].Batch)
	require.Equal(t, []string{"registry.example/shop:1.4.2", "change-1"}, []string{p.Decisions[0].Note, p.Decisions[0].ChangeID})

	for name, c := range map[string]struct {
		path, body string
		status     int
	}{
		"no such command": {"releases/" + id + "/commands/dance", "", http.StatusNotFound},
		"no such release": {"releases/r-ponmlkjihgfedcba/commands/pause", "", http.StatusNotFound},
		"no such field":   {"releases/" + id + "/commands/pause", `{"colour": "red"}`, http.StatusUnprocessableEntity},
		"no reason":       {"releases/" + id + "/commands/override", `{}`, http.StatusUnprocessableEntity},
		"somebody else":   {"releases/" + id + "/commands/pause", `{"by": "li"}`, http.StatusUnprocessableEntity},
		"no approval":     {"releases/" + id + "/commands/approve", "", http.StatusConflict},
	} {
		got := h.as("ann").send(http.MethodPost, c.path, c.body)
		require.Equal(t, c.status, got.status, name+": "+got.body)
	}
}

func TestCommand_ARefusalIsTold(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	_, _, err := h.known.Create(t.Context(), ledger.Record{ReleaseID: id, App: shop(), Identity: ledger.Identity{Digest: "sha256:1"}})
	require.NoError(t, err)
	require.NoError(t, h.known.Accept(t.Context(), shop(), id))
	require.NoError(t, h.known.Update(t.Context(), ledger.Report{Progress: waitingRelease()}))
	h.answers("batch 2 does not wait")
	got := h.as("ann").send(http.MethodPost, "releases/"+id+"/commands/confirm", `{"batch": 2}`)
	require.Equal(t, http.StatusConflict, got.status, got.body)
	require.Contains(t, got.problem(t).Detail, "batch 2 does not wait")
}
