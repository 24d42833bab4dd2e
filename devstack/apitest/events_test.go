package apitest_test

import (
	"bufio"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"slipway/authority"
	"slipway/internal/documents"
	"slipway/release"
	"slipway/wire"
)

// tell publishes an event of the release.
func (h *house) tell(n uint64, kind release.EventKind, phase release.Phase) {
	h.t.Helper()
	msg, err := wire.EncodeEvent(release.Event{
		ID: fmt.Sprintf("%s.%d.%s", id, n, kind), Kind: kind, Progress: release.Progress{ReleaseID: id, App: shop(), Phase: phase, Transition: n},
	}, start())
	require.NoError(h.t, err)
	_, err = h.js.PublishMsg(h.t.Context(), msg)
	require.NoError(h.t, err)
}

// stream is a stream of events that is followed.
type stream struct {
	*http.Response

	lines *bufio.Scanner
}

func (h *house) follow(ctx context.Context, path, after string) stream {
	h.t.Helper()
	return h.as("ann").follow(ctx, path, after)
}

func (h caller) follow(ctx context.Context, path, after string) stream {
	h.t.Helper()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, h.url+path, nil)
	require.NoError(h.t, err)
	req.Header.Set(headerBy, h.by)
	if after != "" {
		req.Header.Set("Last-Event-ID", after)
	}
	resp, err := http.DefaultClient.Do(req)
	require.NoError(h.t, err)
	h.t.Cleanup(func() { _ = resp.Body.Close() })
	return stream{resp, bufio.NewScanner(resp.Body)}
}

// next reads up to the next event, and returns its lines; none at the end. It passes over comments.
func (s stream) next() map[string]string {
	out := map[string]string{}
	for s.lines.Scan() {
		name, text, _ := strings.Cut(s.lines.Text(), ": ")
		switch name {
		case "id", "event", "data":
			out[name] = text
		case "":
			if len(out) > 0 {
				return out
			}
		}
	}
	return out
}

// TestEvents_ComeUntilTheEnd: who comes again with the last event it has seen misses none.
func TestEvents_ComeUntilTheEnd(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.engine.set(release.WorkflowID(id), release.Progress{ReleaseID: id, App: shop(), Phase: release.PhaseRollingOut}, false)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	h.tell(1, release.EventKind("started"), release.PhaseRollingOut)
	s := h.follow(ctx, "releases/"+id+"/events", "")
	require.Equal(t, http.StatusOK, s.StatusCode)
	require.Equal(t, "text/event-stream", s.Header.Get("Content-Type"))
	first := s.next()
	require.Equal(t, "1", first["id"])
	require.Equal(t, "dev.slipway.release.started.v1", first["event"])
	require.Contains(t, first["data"], `"phase":"RollingOut"`)
	h.tell(2, release.EventKind("batch.done"), release.PhaseRollingOut)
	require.Equal(t, "2", s.next()["id"], "an event comes when it is told")
	_ = s.Body.Close()

	h.tell(3, release.EventKind("batch.waiting"), release.PhaseAwaitingConfirm)
	s = h.follow(ctx, "releases/"+id+"/events", "2")
	require.Equal(t, "3", s.next()["id"])
	h.tell(4, release.EventKind("succeeded"), release.PhaseSucceeded)
	require.Equal(t, "4", s.next()["id"])
	require.Empty(t, s.next(), "and it ends")

	h.engine.set(release.WorkflowID(id), release.Progress{ReleaseID: id, App: shop(), Phase: release.PhaseSucceeded}, true)
	require.Equal(t, http.StatusNoContent, h.follow(ctx, "releases/"+id+"/events", "4").StatusCode, "which tells a client not to come again")
	s = h.follow(ctx, "releases/"+id+"/events", "3")
	require.Equal(t, "4", s.next()["id"])
	require.Empty(t, s.next())
}

// TestEvents_AreListed: what was told so far, at once, with the numbers after which a client can go on to follow.
func TestEvents_AreListed(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.engine.set(release.WorkflowID(id), release.Progress{ReleaseID: id, App: shop(), Phase: release.PhaseRollingOut}, false)
	path := "releases/" + id + "/events"
	require.JSONEq(t, `{"items":[]}`, h.get(path+"?format=list").body)
	h.tell(1, release.EventKind("started"), release.PhaseRollingOut)
	h.tell(2, release.EventKind("batch.done"), release.PhaseRollingOut)
	var found struct {
		Items []struct {
			Sequence uint64
			Event    struct {
				Type string
				Data release.Progress
			}
		}
	}
	require.NoError(t, json.Unmarshal([]byte(h.get(path+"?format=list").body), &found))
	require.Len(t, found.Items, 2)
	require.Equal(t, "dev.slipway.release.started.v1", found.Items[0].Event.Type)
	require.Equal(t, id, found.Items[0].Event.Data.ReleaseID)
	require.Equal(t, uint64(2), found.Items[1].Sequence)
	require.NoError(t, json.Unmarshal([]byte(h.get(path+"?format=list&after=1").body), &found))
	require.Len(t, found.Items, 1)

	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	require.Equal(t, "2", h.follow(ctx, path+"?after=1", "").next()["id"], "a page follows what comes after its list")
	require.Equal(t, "after", h.get(path + "?after=x").problem(t).Errors[0].Field)
	require.Equal(t, "format", h.get(path + "?format=xml").problem(t).Errors[0].Field)
}

// TestEvents_EndWithTheRelease: of what has ended without telling, and with the role.
func TestEvents_EndWithTheRelease(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.engine.set(release.WorkflowID(id), release.Progress{ReleaseID: id, App: shop(), Phase: release.PhaseRollingOut}, false)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	s := h.follow(ctx, "releases/"+id+"/events", "")
	require.True(t, s.lines.Scan(), "a stream shows at once that it is there")
	h.engine.set(release.WorkflowID(id), release.Progress{ReleaseID: id, App: shop(), Phase: release.PhaseAborted}, true)
	require.Empty(t, s.next())

	h.engine.set(release.WorkflowID(id), release.Progress{ReleaseID: id, App: shop(), Phase: release.PhaseRollingOut}, false)
	s = h.follow(ctx, "releases/"+id+"/events", "")
	require.True(t, s.lines.Scan())
	close(h.ends)
	require.Empty(t, s.next())
}

func TestEvents_AreBoundedAndGuarded(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.engine.set(release.WorkflowID(id), release.Progress{ReleaseID: id, App: shop(), Phase: release.PhaseRollingOut}, false)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	path := "releases/" + id + "/events"
	require.Equal(t, "Last-Event-ID", h.as("ann").send(http.MethodGet, path, "", "Last-Event-ID", "x").problem(t).Errors[0].Field)
	require.Equal(t, http.StatusNotFound, h.get("releases/r-ponmlkjihgfedcba/events").status)
	require.Equal(t, http.StatusNotFound, h.get("releases/%3E/events").status, "what NATS takes for a wildcard is no ID")
	var open []stream
	for range 32 {
		s := h.follow(ctx, path, "")
		require.Equal(t, http.StatusOK, s.StatusCode)
		open = append(open, s)
	}
	got := h.get(path)
	require.Equal(t, http.StatusTooManyRequests, got.status)
	require.NotEmpty(t, got.header.Get("Retry-After"))
	_ = open[0].Body.Close()
	require.Eventually(t, func() bool { return h.follow(ctx, path, "").StatusCode == http.StatusOK }, patience, 20*time.Millisecond)
	h.authorize()
	require.Equal(t, http.StatusForbidden, h.as("eve").send(http.MethodGet, path, "").status)
}

// Who has signed out, or whose token was taken away, is told nothing more.
func TestEvents_EndWithTheSession(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.engine.set(release.WorkflowID(id), release.Progress{ReleaseID: id, App: shop(), Phase: release.PhaseRollingOut}, false)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	everything, one := h.follow(ctx, "events", ""), h.follow(ctx, "releases/"+id+"/events", "")
	h.signedOut.Store("ann", true)
	require.Empty(t, everything.next())
	require.Empty(t, one.next())
	require.NoError(t, ctx.Err(), "they ended by themselves")
}

// publish publishes events as they are told.
func (h *house) publish(all ...release.Event) {
	h.t.Helper()
	for _, e := range all {
		e.ID = rand.Text()
		msg, err := wire.EncodeEvent(e, start())
		require.NoError(h.t, err)
		_, err = h.js.PublishMsg(h.t.Context(), msg)
		require.NoError(h.t, err)
	}
}

// TestEvents_OfEverything: from now on, or from where a client was.
func TestEvents_OfEverything(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	h.tell(1, "batch.waiting", release.PhaseAwaitingConfirm)
	s := h.follow(ctx, "events", "")
	require.Equal(t, http.StatusOK, s.StatusCode)
	require.Equal(t, "text/event-stream", s.Header.Get("Content-Type"))
	require.True(t, s.lines.Scan(), "a stream shows at once that it is there")
	h.tell(2, "succeeded", release.PhaseSucceeded)
	set := someSet()
	h.publish(
		release.Event{Kind: "wave.done", Set: &set},
		release.Event{Kind: "held", Lane: &release.LaneChange{App: shop(), By: "ann"}},
		release.Event{Kind: release.EventDropped, Letter: &release.LetterChange{Sequence: 1, By: "ann", Subject: "slipway.request.sae.shop"}},
	)
	for i, kind := range []string{"release.succeeded", "set.wave.done", "lane.held", "deadletter.dropped"} {
		got := s.next()
		require.Equal(t, fmt.Sprint(i+2), got["id"], "what was told before is left out, and a release that ends ends nothing")
		require.Equal(t, "dev.slipway."+kind+".v1", got["event"])
	}
	s = h.follow(ctx, "events", "1")
	require.Equal(t, "2", s.next()["id"], "who comes again misses none")
	require.Equal(t, "3", s.next()["id"])
	require.Equal(t, "Last-Event-ID", h.as("ann").send(http.MethodGet, "events", "", "Last-Event-ID", "x").problem(t).Errors[0].Field)
	close(h.ends)
	require.Equal(t, "4", s.next()["id"])
}

// TestEvents_OfEverythingThatMayBeLookedAt: by the document that counts when an event comes.
func TestEvents_OfEverythingThatMayBeLookedAt(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	h.authorize()
	other := release.App{Platform: release.PlatformFC, Region: "cn-hangzhou", ID: "orders"}
	set := someSet()
	told := []release.Event{
		{Kind: "started", Progress: release.Progress{ReleaseID: "r-aaaaaaaaaaaaaaaa", App: other, Phase: release.PhaseRollingOut}},
		{Kind: release.EventDropped, Letter: &release.LetterChange{Sequence: 1, By: "root", Subject: "slipway.request.sae.shop"}},
		{Kind: "wave.done", Set: &set},
		{Kind: "batch.done", Progress: release.Progress{ReleaseID: id, App: shop(), Phase: release.PhaseRollingOut}},
	}
	h.publish(release.Event{Kind: "started", Progress: release.Progress{ReleaseID: id, App: shop(), Phase: release.PhaseRollingOut}})
	h.publish(told...)
	s := h.follow(ctx, "events", "1")
	require.Equal(t, "4", s.next()["id"], "ann may look at sets and shop alone")
	require.Equal(t, "5", s.next()["id"])
	all := h.as("vic").follow(ctx, "events", "1")
	for i := range told {
		require.Equal(t, fmt.Sprint(i+2), all.next()["id"])
	}

	_, err := authority.NewStore(h.js).Apply(t.Context(), authority.Document{Bindings: []authority.Binding{
		{Name: "viewers", Identities: []string{"ann"}, Roles: []authority.Role{authority.RoleViewer}, Scopes: []string{"*"}},
	}}, documents.Edit[authority.Document]{Change: documents.Change{By: "root"}, Expected: documents.Any})
	require.NoError(t, err)
	got := make(chan map[string]string, 1)
	go func() { got <- s.next() }()
	require.Eventually(t, func() bool {
		h.publish(told[0])
		select {
		case next := <-got:
			return strings.Contains(next["data"], "r-aaaaaaaaaaaaaaaa")
		default:
			return false
		}
	}, patience, 20*time.Millisecond, "once the document lets ann look at it")
}
