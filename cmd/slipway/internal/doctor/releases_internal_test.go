package doctor

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"slipway/cmd/slipway/internal/reconcile"
	"slipway/release"
)

func TestReleases_WhatIsFound(t *testing.T) {
	t.Parallel()
	heals := reconcile.Difference{Subject: "release r-a", Found: "the ledger has its outcome", Heals: "it is terminated"}
	person := reconcile.Difference{Subject: "application sae/x/y", Found: "nobody follows its change", Remedy: "confirm or abort it"}
	found := Differences([]reconcile.Difference{heals, person})
	require.Equal(t, []Finding{
		{Check: "release r-a", Result: Failed, Found: "the ledger has its outcome", Remedy: "slipway doctor --repair"},
		{Check: "application sae/x/y", Result: Warning, Found: "nobody follows its change", Remedy: "confirm or abort it"},
	}, found)
	require.Equal(t, []Finding{{Check: "releases", Result: OK, Found: "Temporal and the ledger agree about 3"}},
		JudgeReleases(reconcile.Comparison{Releases: 4, Differences: []reconcile.Difference{heals}}))
	require.Contains(t, JudgeReleases(reconcile.Comparison{Releases: 2000, More: true})[0].Found, "only the 2000 latest were compared")

	require.Equal(t, Finding{Check: "release r-a", Result: Healed, Found: "the ledger has its outcome; healed: terminated"}, Repaired(heals, "terminated", nil))
	f := Repaired(heals, "", errors.New("no answer"))
	require.Equal(t, Failed, f.Result)
	require.Equal(t, "the ledger has its outcome; not healed: no answer", f.Found)
	require.Contains(t, f.Remedy, "slipway doctor --repair")

	app := release.App{Platform: release.PlatformSAE, Region: "x", ID: "y"}
	require.Equal(t, []Finding{{Check: "application sae/x/y", Result: Skipped, Found: "could not be looked at: no worker"}}, Unread(map[release.App]error{app: errors.New("no worker")}))
}
