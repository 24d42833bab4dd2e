package appstest_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"slipway/ledger"
	"slipway/release"
	"slipway/stats"
)

// record has the ledger hear of a release that ended some hours ago, two hours after it was asked for.
func (c *commandLine) record(app string, outcome release.Phase, hoursAgo int, of ledger.Record) {
	c.t.Helper()
	of.App = release.App{Platform: release.PlatformSAE, Region: "cn-hangzhou", ID: app}
	ended := time.Now().Add(-time.Duration(hoursAgo) * time.Hour).UTC()
	of.RequestedAt = ended.Add(-2 * time.Hour)
	if of.ByName != nil && of.ByName.Trigger.Rule != "" {
		of.ByName.Trigger.PushedAt = ended.Add(-3 * time.Hour)
	}
	of.Identity = ledger.Identity{Source: "https://ci.example", EventID: of.ReleaseID, Digest: "sha256:1"}
	if of.Artifact == (release.Artifact{}) {
		of.Artifact = release.Artifact{Image: "registry.example/shop:" + of.ReleaseID}
	}
	_, _, err := c.known.Create(c.t.Context(), of)
	require.NoError(c.t, err)
	p := release.Progress{
		ReleaseID: of.ReleaseID, App: of.App, ByName: of.ByName, Operation: release.OperationRelease, Artifact: of.Artifact, ChangeID: "change-" + of.ReleaseID,
		Phase: outcome, Outcome: outcome, EndedAt: ended, Transition: 3,
	}
	require.NoError(c.t, c.known.Update(c.t.Context(), ledger.Report{Progress: p, Transition: 3}))
}

// TestCommand_Stats computes the figures of DORA by a real ledger and the documents.
func TestCommand_Stats(t *testing.T) {
	t.Parallel()
	c := newCommandLine(t)
	_, talk := c.run(0, "stats")
	require.Contains(t, talk, "the ledger has no release that has ended since")
	_, talk = c.run(1, "stats", "shop")
	require.Contains(t, talk, `"shop" is no application`)
	c.run(0, "app", "apply", "-f", c.file(head+staging+production))

	c.record("a", release.PhaseSucceeded, 20, ledger.Record{ReleaseID: "r-1", ByName: &release.ByName{Application: "shop", Environment: "staging", Trigger: release.Trigger{Rule: "main"}}})
	c.record("b", release.PhaseSucceeded, 10, ledger.Record{ReleaseID: "r-2", Artifact: release.Artifact{Image: "registry.example/shop:r-1"}, ByName: &release.ByName{
		Application: "shop", Environment: "production", PromotedFrom: release.PromotedFrom{Environment: "staging", Release: "r-1"},
	}})
	c.record("b", release.PhaseFailed, 8, ledger.Record{ReleaseID: "r-3"})
	c.record("b", release.PhaseSucceeded, 5, ledger.Record{ReleaseID: "r-4"})
	c.record("other", release.PhaseRolledBack, 5, ledger.Record{ReleaseID: "r-5"})

	read := func(args ...string) (r stats.Report) {
		out, _ := c.run(0, append([]string{"stats", "-o", "json"}, args...)...)
		require.NoError(t, json.Unmarshal([]byte(out), &r))
		return r
	}
	shop := read("shop").Applications[0]
	require.Equal(t, []string{"shop", "production"}, []string{shop.Application, shop.Environment})
	require.Equal(t, []int{1, 2}, []int{shop.Environments[0].Deployments.Count, shop.Deployments.Count})
	require.InDelta(t, 2.0/30, shop.Deployments.PerDay, 1e-6)
	require.Equal(t, 1, shop.LeadTime.Count)
	require.InDelta(t, 13*3600, shop.LeadTime.MedianSeconds, 60, "from the push to staging until it had Succeeded in production")
	require.Equal(t, 1, shop.LeadTimeFromRequest.Count)
	require.InDelta(t, 2*3600, shop.LeadTimeFromRequest.MedianSeconds, 60)
	require.Equal(t, stats.Rate{Changes: 3, Failed: 1, Ratio: 1.0 / 3}, shop.ChangeFailureRate)
	require.InDelta(t, 3*3600, shop.TimeToRestore.MedianSeconds, 60)
	require.Equal(t, shop.ChangeFailureRate, read("sae/cn-hangzhou/b").Applications[0].ChangeFailureRate, "by its ID it is the same environment")
	require.Equal(t, "staging", read("shop/staging").Applications[0].Environment)
	require.Zero(t, read("shop", "--since", "1h").Applications[0].Deployments.Count)

	all := read()
	require.Len(t, all.Applications, 2)
	require.Equal(t, "sae/cn-hangzhou/other", all.Applications[1].Application)
	require.Equal(t, stats.Rate{Changes: 4, Failed: 2, Ratio: 0.5}, all.All.ChangeFailureRate)
	out, _ := c.run(0, "stats")
	require.Regexp(t, `(?m)^shop +staging +1, 0\.033 a day *$`, out)
	require.Regexp(t, `(?m)^shop +production +2, 0\.067 a day +13h0m, p90 13h0m \(1\); 2h0m, p90 2h0m from the request \(1\) +1 of 3, 33% +3h0m, p90 3h0m \(1\)$`, out)
	require.Regexp(t, `(?m)^sae/cn-hangzhou/other +0, 0 a day +1 of 1, 100% +1 went back$`, out)
	require.Regexp(t, `(?m)^all +2, 0\.067 a day .* 2 of 4, 50% `, out)
	_, talk = c.run(2, "stats", "shop/prodution")
	require.Contains(t, talk, `"prodution" is no environment of shop`)
}
