package release_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"slipway/release"
)

func TestSearch_WhatAReleaseIsSearchedBy(t *testing.T) {
	t.Parallel()
	app := release.App{Platform: release.PlatformSAE, Region: "cn-hangzhou", ID: "a"}
	one := release.Submission{ReleaseID: "r-1", Spec: release.Spec{App: app, RequestedBy: "ann"}}
	require.Equal(t, []release.SearchAttribute{
		{Name: "SlipwayApp", Value: "sae/cn-hangzhou/a"},
		{Name: "SlipwayPhase", Value: "Queued"},
		{Name: "SlipwayOperation", Value: "release"},
		{Name: "SlipwayStrategy", Value: "all"},
		{Name: "SlipwayRequestedBy", Value: "ann"},
	}, one.SearchAttributes(release.PhaseQueued))

	one.ByName = &release.ByName{Application: "shop", Environment: "production", Revision: 7}
	require.Contains(t, one.SearchAttributes(release.PhaseQueued), release.SearchAttribute{Name: "SlipwayApplication", Value: "shop/production"})

	set := release.SetRequest{ID: "s-1", Set: release.Set{RequestedBy: "ann"}}
	require.Equal(t, []release.SearchAttribute{
		{Name: "SlipwayPhase", Value: "RollingOut"}, {Name: "SlipwayRequestedBy", Value: "ann"}, {Name: "SlipwaySet", Value: "s-1"},
	}, set.SearchAttributes())
	member := release.SetRelease{Name: "shop", Spec: release.Spec{App: app}}
	for _, of := range []release.Submission{set.Submission(member), set.Undo(member, "v1")} {
		require.Contains(t, of.SearchAttributes(release.PhaseQueued), release.SearchAttribute{Name: "SlipwaySet", Value: "s-1"})
	}
}

// What the platform calls an application is shown once a release has read it; a restart has no strategy.
func TestSearch_NamesAndStrategies(t *testing.T) {
	t.Parallel()
	p := release.Progress{Phase: release.PhaseRollingOut}
	require.Equal(t, []release.SearchAttribute{{Name: "SlipwayPhase", Value: "RollingOut"}}, p.SearchAttributes())
	p.AppName = strings.Repeat("s", 300)
	require.Equal(t, release.SearchAttribute{Name: "SlipwayAppName", Value: strings.Repeat("s", 255)}, p.SearchAttributes()[1])
	for op, want := range map[release.Operation]release.StrategyType{
		release.OperationRelease: release.StrategyGray, release.OperationRollback: release.StrategyGray, release.OperationRestart: "", release.OperationRescale: "",
	} {
		require.Equal(t, want, release.Strategy{Type: release.StrategyGray}.Of(op))
	}
}

func TestSearch_TheOutcomeIsSearchedByOnceThereIsOne(t *testing.T) {
	t.Parallel()
	for _, p := range release.Phases() {
		_, ended := p.Outcome()
		shown := release.SearchAttribute{Name: "SlipwayOutcome", Value: string(p)}
		require.Equal(t, ended, len(p.SearchAttributes()) == 2 && p.SearchAttributes()[1] == shown, p)
	}
}

// A column of Temporal's visibility holds 255 characters on SQL.
func TestSearchTextIsCutBetweenCharacters(t *testing.T) {
	t.Parallel()
	require.Equal(t, "ann", release.SearchText("ann"))
	require.Equal(t, strings.Repeat("a", 255), release.SearchText(strings.Repeat("a", 300)))
	require.Equal(t, strings.Repeat("a", 254), release.SearchText(strings.Repeat("a", 254)+"陈"))
}
