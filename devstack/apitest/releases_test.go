package apitest_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/serviceerror"

	"slipway/ledger"
	"slipway/release"
	"slipway/releases"
)

func TestReleases_AreListed(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	other := shop()
	other.ID = "stock"
	h.engine.listed = append(h.engine.listed, info(t, "r-a", shop()), info(t, "r-b", other), info(t, "r-c", shop()))
	list := func(by, query string) (ids []string, more bool) {
		got := h.as(by).send(http.MethodGet, "releases"+query, "")
		require.Equal(t, http.StatusOK, got.status, got.body)
		require.Equal(t, "application/json", got.header.Get("Content-Type"))
		require.Equal(t, "no-store", got.header.Get("Cache-Control"))
		var out struct {
			Items []releases.Listed
			More  bool
		}
		require.NoError(t, json.Unmarshal([]byte(got.body), &out))
		for _, l := range out.Items {
			ids = append(ids, l.ID)
		}
		return ids, out.More
	}
	ids, more := list("ann", "")
	require.Equal(t, []string{"r-a", "r-b", "r-c"}, ids, "without a document everybody may look at everything")
	require.False(t, more)
	ids, more = list("ann", "?limit=2")
	require.Equal(t, []string{"r-a", "r-b"}, ids)
	require.True(t, more)

	list("ann", "?phase=rollingout&open=true&app=sae/cn-hangzhou/shop&requestedBy=it%27s&since=2026-11-22T00:00:00Z&application=shop")
	for _, part := range []string{
		"SlipwayPhase = 'RollingOut'", "ExecutionStatus = 'Running'", "'sae/cn-hangzhou/shop'", `'it\'s'`, "StartTime >= '2026-11-22T00:00:00Z'", "STARTS_WITH 'shop/'",
	} {
		require.Contains(t, h.engine.query, part)
	}

	h.authorize()
	ids, _ = list("ann", "")
	require.Equal(t, []string{"r-a", "r-c"}, ids, "what somebody may not look at is left out")
	ids, more = list("ann", "?limit=1")
	require.Equal(t, []string{"r-a"}, ids)
	require.True(t, more)
	ids, _ = list("vic", "")
	require.Len(t, ids, 3)
	ids, _ = list("eve", "")
	require.Empty(t, ids)
	require.Contains(t, h.as("eve").send(http.MethodGet, "releases", "").body, `"items":[]`)
}

func TestReleases_BadInputIsToldAtOnce(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	got := h.get("releases?phase=Gone&limit=0&open=maybe&colour=red&since=then&since=now&set=x")
	require.Equal(t, http.StatusUnprocessableEntity, got.status)
	var fields []string
	for _, p := range got.problem(t).Errors {
		fields = append(fields, p.Field)
	}
	require.Equal(t, []string{"colour", "since"}, fields)
	got = h.get("releases?phase=Gone&limit=0&open=maybe&since=then&set=x&app=a/b/c/d&application=a/b/c&outcome=good&operation=dance")
	fields = nil
	for _, p := range got.problem(t).Errors {
		fields = append(fields, p.Field)
	}
	require.ElementsMatch(t, []string{"phase", "limit", "open", "since", "set", "app", "application", "outcome", "operation"}, fields)
	require.Equal(t, http.StatusBadRequest, h.get("releases?a=%zz").status)
	require.Contains(t, h.get("releases?app=shop/production").problem(t).Errors[0].Message, `"shop" is no application`)
}

func TestReleases_OneIsShown(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.engine.set(release.WorkflowID(id), release.Progress{ReleaseID: id, App: shop(), Phase: release.PhaseAwaitingConfirm}, false)
	got := h.get("releases/" + id)
	require.Equal(t, http.StatusOK, got.status, got.body)
	var p release.Progress
	require.NoError(t, json.Unmarshal([]byte(got.body), &p))
	require.Equal(t, release.PhaseAwaitingConfirm, p.Phase)
	head := h.as("ann").send(http.MethodHead, "releases/"+id, "")
	require.Equal(t, []any{http.StatusOK, ""}, []any{head.status, head.body})

	h.authorize()
	require.Equal(t, http.StatusOK, h.as("vic").send(http.MethodGet, "releases/"+id, "").status)
	no := h.as("eve").send(http.MethodGet, "releases/"+id, "")
	require.Equal(t, http.StatusForbidden, no.status)
	require.Contains(t, no.problem(t).Detail, `no binding of the authority document lets "eve" view on sae/cn-hangzhou/shop; have an admin bind a role that may: viewer`)
}

// TestReleases_TheLedgerKnowsWhatTemporalHasForgotten: and what no starter has accepted stands there, too.
func TestReleases_TheLedgerKnowsWhatTemporalHasForgotten(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	require.Equal(t, http.StatusNotFound, h.get("releases/"+id).status)
	_, _, err := h.known.Create(t.Context(), ledger.Record{ReleaseID: id, App: shop(), RequestedBy: "ann", Identity: ledger.Identity{Digest: "sha256:1"}})
	require.NoError(t, err)
	require.Contains(t, h.get("releases/"+id).body, "has not been accepted yet")
	require.NoError(t, h.known.Accept(t.Context(), shop(), id))
	require.NoError(t, h.known.Update(t.Context(), ledger.Report{Progress: release.Progress{ReleaseID: id, App: shop(), Phase: release.PhaseSucceeded}}))
	got := h.get("releases/" + id)
	require.Contains(t, got.body, "Temporal has forgotten it")
	require.Contains(t, got.body, `"phase":"Succeeded"`)
}

// TestReleases_TheEndIsWaitedFor: a request that waits is answered as soon as the release has ended, and at the latest after the time.
func TestReleases_TheEndIsWaitedFor(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.engine.set(release.WorkflowID(id), release.Progress{ReleaseID: id, App: shop(), Phase: release.PhaseRollingOut}, false)
	began := time.Now()
	got := h.get("releases/" + id + "?wait=1200ms")
	require.Contains(t, got.body, `"phase":"RollingOut"`)
	require.GreaterOrEqual(t, time.Since(began), 1200*time.Millisecond)

	done := make(chan answer, 1)
	go func() { done <- h.get("releases/" + id + "?wait=10m") }()
	h.engine.set(release.WorkflowID(id), release.Progress{ReleaseID: id, App: shop(), Phase: release.PhaseSucceeded, Outcome: release.PhaseSucceeded}, true)
	require.Contains(t, (<-done).body, `"phase":"Succeeded"`)

	const later = "r-ponmlkjihgfedcba"
	go func() { done <- h.get("releases/" + later + "?wait=1m") }()
	h.engine.set(release.WorkflowID(later), release.Progress{ReleaseID: later, App: shop(), Phase: release.PhaseSucceeded}, true)
	require.Equal(t, http.StatusOK, (<-done).status, "what was asked for just now is waited for")

	require.Equal(t, "wait", h.get("releases/" + id + "?wait=11m").problem(t).Errors[0].Field)
}

func TestReleases_WhatIsAwayIsTold(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.engine.fail(serviceerror.NewUnavailable("dial tcp 10.1.2.3:7233"))
	for _, path := range []string{"releases", "releases/" + id} {
		got := h.get(path)
		require.Equal(t, http.StatusServiceUnavailable, got.status, got.body)
		require.Equal(t, "5", got.header.Get("Retry-After"))
		require.Contains(t, got.body, "Temporal does not answer")
		require.NotContains(t, got.body, "10.1.2.3", "what is within is not told")
	}
	h.engine.fail(nil)
	require.NoError(t, h.server.Close())
	got := h.get("releases")
	require.Equal(t, http.StatusServiceUnavailable, got.status, got.body)
	require.Contains(t, got.body, "NATS does not answer")
}

func TestRoutes_WhoHasNotSignedInAndWhatIsNotThere(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	got := h.as("").send(http.MethodGet, "releases", "")
	require.Equal(t, http.StatusUnauthorized, got.status)
	require.Equal(t, "Bearer", got.header.Get("WWW-Authenticate"))
	require.Contains(t, got.problem(t).Type, "sign-in")
	require.Equal(t, http.StatusNotFound, h.get("nothing").status)
	got = h.as("ann").send(http.MethodDelete, "releases/"+id, "")
	require.Equal(t, http.StatusMethodNotAllowed, got.status)
	require.Equal(t, "GET, HEAD", got.header.Get("Allow"))
	require.Contains(t, got.problem(t).Type, "method")
	require.Equal(t, http.StatusNotFound, h.get("releases/s-abcdefghijklmnop").status)
	require.Equal(t, http.StatusNotFound, h.get("releases/*").status)
}

// BenchmarkReleases lists a thousand releases, for which a person may wait 200 ms.
func BenchmarkReleases(b *testing.B) {
	h := newHouse(b)
	h.authorize()
	for i := range 1000 {
		h.engine.listed = append(h.engine.listed, info(b, fmt.Sprintf("r-%016d", i), shop()))
	}
	req, err := http.NewRequestWithContext(b.Context(), http.MethodGet, h.url+"releases?limit=1000", nil)
	require.NoError(b, err)
	req.Header.Set(headerBy, "ann")
	for b.Loop() {
		resp, err := http.DefaultClient.Do(req)
		require.NoError(b, err)
		read, err := io.Copy(io.Discard, resp.Body)
		require.NoError(b, err)
		require.NoError(b, resp.Body.Close())
		require.Greater(b, read, int64(100_000))
	}
}
