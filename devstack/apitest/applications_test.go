package apitest_test

import (
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"slipway/apps"
	"slipway/internal/documents"
	"slipway/ledger"
	"slipway/release"
)

// staging is the application that is promoted to shop.
func staging() release.App {
	return release.App{Platform: release.PlatformSAE, Region: "cn-hangzhou", ID: "shop-staging"}
}

// shops applies the document of an application with two environments, of which one is promoted to the other.
func (h *house) shops() {
	h.t.Helper()
	_, err := apps.NewStore(h.js).Apply(h.t.Context(), apps.Application{
		Name: "shop", Environments: []apps.Environment{{Name: "staging", App: apps.At(staging())}, {Name: "production", App: apps.At(shop())}},
		Promotion: []apps.Promotion{{From: "staging", To: "production"}},
	}, documents.Edit[apps.Application]{Change: documents.Change{By: "root"}, Expected: documents.Any})
	require.NoError(h.t, err)
}

// record has the ledger know a release with the progress.
func (h *house) record(p release.Progress) {
	h.t.Helper()
	_, _, err := h.known.Create(h.t.Context(), ledger.Record{
		ReleaseID: p.ReleaseID, App: p.App, Artifact: p.Artifact, RequestedBy: "ann", RequestedAt: p.AcceptedAt,
		Identity: ledger.Identity{Source: "urn:ci", EventID: "build-" + p.ReleaseID, Digest: "sha256:1"},
	})
	require.NoError(h.t, err)
	require.NoError(h.t, h.known.Accept(h.t.Context(), p.App, p.ReleaseID))
	require.NoError(h.t, h.known.Update(h.t.Context(), ledger.Report{Progress: p}))
}

// released is the progress of a release that has Succeeded.
func released(releaseID string, app release.App, image string, at time.Time) release.Progress {
	return release.Progress{
		ReleaseID: releaseID, App: app, Operation: release.OperationRelease, Artifact: release.Artifact{Image: image}, Transition: 2,
		Phase: release.PhaseSucceeded, Outcome: release.PhaseSucceeded, AcceptedAt: at, EndedAt: at.Add(time.Minute),
	}
}

// items reads a list.
func items[T any](t *testing.T, a answer) (out struct {
	Items []T
	More  bool
},
) {
	t.Helper()
	require.Equal(t, http.StatusOK, a.status, a.body)
	require.NoError(t, json.Unmarshal([]byte(a.body), &out))
	return out
}

// standing is what the tests read of an environment.
type standing struct {
	Environment string
	Runs        *struct{ ReleaseID string }
	Open        []struct{ ReleaseID, Phase, Awaits string }
	Promotion   *struct{ State, Source, Reason string }
}

func TestApplications_ShowWhatRunsAndWhatWaits(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	require.Equal(t, http.StatusNotFound, h.get("applications/shop/status").status)
	h.shops()
	for _, s := range items[standing](t, h.get("applications/shop/status")).Items {
		require.Nil(t, s.Runs, "of which nothing is known")
		require.Empty(t, s.Open)
	}
	h.record(released("r-aaaaaaaaaaaaaaaa", staging(), "registry.example/shop:2", start()))
	h.record(released("r-bbbbbbbbbbbbbbbb", shop(), "registry.example/shop:1", start()))
	h.record(waitingRelease())
	found := items[standing](t, h.get("applications/shop/status")).Items
	require.Len(t, found, 2)
	require.Equal(t, "staging", found[0].Environment)
	require.Equal(t, "r-aaaaaaaaaaaaaaaa", found[0].Runs.ReleaseID)
	require.Nil(t, found[0].Promotion)
	require.Equal(t, "r-bbbbbbbbbbbbbbbb", found[1].Runs.ReleaseID)
	require.Equal(t, id, found[1].Open[0].ReleaseID)
	require.Equal(t, "AwaitingConfirm", found[1].Open[0].Phase)
	require.Contains(t, found[1].Open[0].Awaits, "confirm")
	require.Equal(t, "ready", found[1].Promotion.State)
	require.Equal(t, "r-aaaaaaaaaaaaaaaa", found[1].Promotion.Source)

	h.authorize()
	found = items[standing](t, h.get("applications/shop/status")).Items
	require.Len(t, found, 1, "ann may look at production alone")
	require.Equal(t, "production", found[0].Environment)
	require.Nil(t, found[0].Promotion, "which tells of what staging runs")
	require.Len(t, items[standing](t, h.as("vic").send(http.MethodGet, "applications/shop/status", "")).Items, 2)
	require.Equal(t, http.StatusForbidden, h.as("eve").send(http.MethodGet, "applications/shop/status", "").status)
}

// past is what the tests read of a release in the history.
type past struct{ ReleaseID, Environment, Outcome string }

func TestApplications_HaveAHistory(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	require.Equal(t, http.StatusNotFound, h.get("applications/shop/history").status)
	h.shops()
	require.Empty(t, items[past](t, h.get("applications/shop/history")).Items)
	h.record(released("r-aaaaaaaaaaaaaaaa", staging(), "registry.example/shop:2", start()))
	h.record(released("r-bbbbbbbbbbbbbbbb", shop(), "registry.example/shop:1", start().Add(time.Hour)))
	h.record(released("r-cccccccccccccccc", shop(), "registry.example/shop:2", start().Add(2*time.Hour)))
	got := h.get("applications/shop/history")
	require.Contains(t, got.body, `"source":"urn:ci","eventId":"build-r-cccccccccccccccc"`)
	require.Equal(t, []past{
		{"r-cccccccccccccccc", "production", "Succeeded"}, {"r-bbbbbbbbbbbbbbbb", "production", "Succeeded"}, {"r-aaaaaaaaaaaaaaaa", "staging", "Succeeded"},
	}, items[past](t, got).Items, "the latest first")
	latest := items[past](t, h.get("applications/shop/history?limit=1"))
	require.Equal(t, []past{{"r-cccccccccccccccc", "production", "Succeeded"}}, latest.Items)
	require.True(t, latest.More)
	require.Len(t, items[past](t, h.get("applications/shop/history?environment=staging")).Items, 1)
	wrong := h.get("applications/shop/history?environment=stagin&limit=0").problem(t)
	require.Equal(t, http.StatusUnprocessableEntity, wrong.Status)
	require.Len(t, wrong.Errors, 2)

	h.authorize()
	require.Len(t, items[past](t, h.get("applications/shop/history")).Items, 2)
	require.Equal(t, http.StatusForbidden, h.get("applications/shop/history?environment=staging").status)
	require.Len(t, items[past](t, h.as("vic").send(http.MethodGet, "applications/shop/history", "")).Items, 3)
	require.Equal(t, http.StatusForbidden, h.as("eve").send(http.MethodGet, "applications/shop/history", "").status)
}
