package cli

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"slipway/apps"
	"slipway/cmd/slipway/internal/top"
	"slipway/ledger"
	"slipway/release"
)

// recordsByApp is a ledger that has these records of applications, by their IDs.
type recordsByApp map[string][]ledger.Record

func (l recordsByApp) All(_ context.Context, f ledger.Filter) ([]ledger.Record, error) {
	if l == nil {
		return nil, errors.New("no NATS")
	}
	return l[f.App.ID], nil
}

// TestHeldOf: of all environments to which something is promoted those are told of whose promotion is held.
func TestHeldOf(t *testing.T) {
	t.Parallel()
	place := func(id string) apps.Place {
		return apps.Place{Platform: release.PlatformSAE, Region: "cn-hangzhou", ID: id}
	}
	shop := apps.Application{
		Name:         "shop",
		Environments: []apps.Environment{{Name: "staging", App: place("shop-staging")}, {Name: "production", App: place("shop-production")}},
		Promotion:    []apps.Promotion{{From: "staging", To: "production"}},
	}
	at := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	brought := ledger.Record{
		ReleaseID: "r-brought", Outcome: release.PhaseSucceeded, EndedAt: at, Artifact: release.Artifact{Image: "registry.example/shop:1.4.3"},
		Progress: release.Progress{ReleaseID: "r-brought", Operation: release.OperationRelease},
	}
	failed := ledger.Record{
		ReleaseID: release.PromotionID("shop", "production", "r-brought"), Outcome: release.PhaseRolledBack, EndedAt: at.Add(time.Hour), Artifact: brought.Artifact,
		Progress: release.Progress{Operation: release.OperationRelease, Reason: "gate errors failed"},
	}
	known := recordsByApp{"shop-staging": {brought}}
	held, err := heldOf(t.Context(), known, []apps.Application{shop}, at.Add(2*time.Hour))
	require.NoError(t, err)
	require.Empty(t, held, "it is ready")

	known["shop-production"] = []ledger.Record{failed}
	held, err = heldOf(t.Context(), known, []apps.Application{shop}, at.Add(2*time.Hour))
	require.NoError(t, err)
	require.Len(t, held, 1)
	require.Contains(t, held[0].Reason, "gate errors failed")
	held[0].Reason = ""
	require.Equal(t, top.HeldPromotion{To: "shop/production", Artifact: "registry.example/shop:1.4.3"}, held[0])

	_, err = heldOf(t.Context(), recordsByApp(nil), []apps.Application{shop}, at)
	require.Error(t, err)
}
