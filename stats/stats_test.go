package stats_test

import (
	"context"
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"slipway/apps"
	"slipway/ledger"
	"slipway/release"
	"slipway/stats"
)

// at is some hours after the beginning of the window, which has ten days.
func at(hours float64) time.Time {
	return time.Date(2026, time.July, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(hours * float64(time.Hour)))
}

func window() stats.Window { return stats.Window{Since: at(0), Until: at(240)} }

func app(id string) release.App {
	return release.App{Platform: release.PlatformSAE, Region: "cn-hangzhou", ID: id}
}

// shop has two environments.
func shop() stats.Application {
	return stats.Application{Name: "shop", Environments: []stats.Environment{{Name: "staging", App: app("shop-staging")}, {Name: "production", App: app("shop")}}}
}

// ended is a release of production that has begun its change, an hour after it was asked for ends, and is named after
// its artifact.
func ended(id string, outcome release.Phase, hours float64, with ...func(*ledger.Record)) ledger.Record {
	artifact := release.Artifact{Image: "registry.example/shop:" + id}
	r := ledger.Record{
		ReleaseID: "r-" + id, App: app("shop"), Artifact: artifact, Outcome: outcome, RequestedAt: at(hours - 1), EndedAt: at(hours), Accepted: true,
		Progress: release.Progress{ReleaseID: "r-" + id, Operation: release.OperationRelease, Artifact: artifact, ChangeID: "c-" + id, Outcome: outcome},
	}
	for _, each := range with {
		each(&r)
	}
	return r
}

func inStaging(r *ledger.Record) { r.App = app("shop-staging") }

func unbegun(r *ledger.Record) { r.Progress.ChangeID = "" }
func config(r *ledger.Record)  { r.Progress.OnlyConfig = true }

func rollback(to string) func(*ledger.Record) {
	return func(r *ledger.Record) {
		r.Progress.Operation, r.Artifact = release.OperationRollback, release.Artifact{Image: "registry.example/shop:" + to}
	}
}

func operation(o release.Operation) func(*ledger.Record) {
	return func(r *ledger.Record) { r.Progress.Operation = o }
}

func named(r *ledger.Record) *release.ByName {
	if r.ByName == nil {
		r.ByName = &release.ByName{Application: "shop"}
	}
	return r.ByName
}

func pushed(hours float64) func(*ledger.Record) {
	return func(r *ledger.Record) { named(r).Trigger.PushedAt = at(hours) }
}

func promotes(id string) func(*ledger.Record) {
	return func(r *ledger.Record) { named(r).PromotedFrom.Release = "r-" + id }
}

func retries(id string) func(*ledger.Record) {
	return func(r *ledger.Record) { r.RetryOf = "r-" + id }
}

func stopped(by, via string) func(*ledger.Record) {
	return func(r *ledger.Record) {
		r.Progress.Phase = r.Outcome
		r.Progress.Decisions = []release.Decision{{Kind: release.CommandAbort, By: by, Via: via}}
	}
}

const (
	succeeded = release.PhaseSucceeded
	back      = release.PhaseRolledBack
	aborted   = release.PhaseAborted
	failed    = release.PhaseFailed
	attention = release.PhaseNeedsAttention
)

func figures(records ...ledger.Record) stats.Figures {
	return stats.Of([]stats.Application{shop()}, records, window()).Applications[0]
}

func TestDeployments(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		record              ledger.Record
		staging, production int
	}{
		"one that Succeeded":              {ended("1", succeeded, 5), 0, 1},
		"in the environment before":       {ended("1", succeeded, 5, inStaging), 1, 0},
		"one that failed":                 {ended("1", failed, 5), 0, 0},
		"configuration alone":             {ended("1", succeeded, 5, config), 0, 0},
		"a rollback":                      {ended("1", succeeded, 5, rollback("0")), 0, 0},
		"a restart":                       {ended("1", succeeded, 5, operation(release.OperationRestart)), 0, 0},
		"a job":                           {ended("1", succeeded, 5, operation(release.OperationJob)), 0, 0},
		"before the window":               {ended("1", succeeded, -1), 0, 0},
		"in the first moment":             {ended("1", succeeded, 0), 0, 1},
		"in the first moment after it":    {ended("1", succeeded, 240), 0, 0},
		"under way":                       {ended("1", "", 5), 0, 0},
		"of another application":          {ended("1", succeeded, 5, func(r *ledger.Record) { r.App = app("other") }), 0, 0},
		"of another pointer to a version": {ended("1", succeeded, 5, func(r *ledger.Record) { r.App.Qualifier = "blue" }), 0, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := figures(c.record)
			require.Equal(t, c.production, got.Deployments.Count)
			require.InDelta(t, float64(c.production)/10, got.Deployments.PerDay, 1e-9)
			require.Equal(t, got.Deployments, got.Environments[1].Deployments)
			require.Equal(t, c.staging, got.Environments[0].Deployments.Count)
			require.Equal(t, "production", got.Environment)
			require.Equal(t, app("shop"), got.App)
		})
	}
}

func TestLeadTime(t *testing.T) {
	t.Parallel()
	hours := func(all ...float64) stats.Times {
		if len(all) == 0 {
			return stats.Times{}
		}
		return stats.Times{Count: len(all), MedianSeconds: all[(len(all)-1)/2] * 3600, P90Seconds: all[len(all)-1] * 3600}
	}
	for name, c := range map[string]struct {
		records            []ledger.Record
		published, request stats.Times
		unknown            int
	}{
		"from a push":                          {[]ledger.Record{ended("1", succeeded, 5, pushed(2))}, hours(3), hours(), 0},
		"from the request":                     {[]ledger.Record{ended("1", succeeded, 5)}, hours(), hours(1), 0},
		"from both":                            {[]ledger.Record{ended("1", succeeded, 5, pushed(2)), ended("2", succeeded, 9)}, hours(3), hours(1), 0},
		"promoted":                             {[]ledger.Record{ended("1", succeeded, 5, inStaging, pushed(2)), ended("2", succeeded, 9, promotes("1"))}, hours(7), hours(), 0},
		"promoted, asked for by hand":          {[]ledger.Record{ended("1", succeeded, 5, inStaging), ended("2", succeeded, 9, promotes("1"))}, hours(), hours(5), 0},
		"promoted twice":                       {[]ledger.Record{ended("1", succeeded, 2, inStaging, pushed(0)), ended("2", succeeded, 5, inStaging, promotes("1")), ended("3", succeeded, 9, promotes("2"))}, hours(9), hours(), 0},
		"retried after it failed":              {[]ledger.Record{ended("1", failed, 5, pushed(2)), ended("2", succeeded, 9, retries("1"))}, hours(7), hours(), 0},
		"released once more":                   {[]ledger.Record{ended("1", succeeded, 5, pushed(2)), ended("2", succeeded, 9, retries("1"))}, hours(3), hours(), 0},
		"and once more in the window":          {[]ledger.Record{ended("1", succeeded, -5, pushed(-7)), ended("2", succeeded, 9, retries("1"))}, hours(), hours(), 0},
		"its first release is forgotten":       {[]ledger.Record{ended("2", succeeded, 9, promotes("1"))}, hours(), hours(), 1},
		"forgotten before the window":          {[]ledger.Record{ended("2", succeeded, -9, promotes("1"))}, hours(), hours(), 0},
		"promotions that go round":             {[]ledger.Record{ended("1", succeeded, 9, promotes("1"))}, hours(), hours(), 1},
		"published before the window":          {[]ledger.Record{ended("1", succeeded, 1, pushed(-47))}, hours(48), hours(), 0},
		"told to be published 400 days before": {[]ledger.Record{ended("1", succeeded, 5, pushed(4-400*24))}, hours(400*24 + 1), hours(), 0},
		"told to be published before that":     {[]ledger.Record{ended("1", succeeded, 5, pushed(4-400*24-1))}, hours(), hours(1), 0},
		"told to be published in 1970":         {[]ledger.Record{ended("1", succeeded, 5, func(r *ledger.Record) { named(r).Trigger.PushedAt = time.Unix(0, 0) })}, hours(), hours(1), 0},
		"told to be published later":           {[]ledger.Record{ended("1", succeeded, 5, pushed(200))}, hours(1), hours(), 0},
		"a clock that is ahead":                {[]ledger.Record{ended("1", succeeded, 5, func(r *ledger.Record) { r.RequestedAt = r.EndedAt.Add(time.Minute) })}, hours(), hours(0), 0},
		"one that failed has none":             {[]ledger.Record{ended("1", failed, 5, pushed(2))}, hours(), hours(), 0},
		"one that ended elsewhere":             {[]ledger.Record{ended("1", succeeded, 5, inStaging, pushed(2))}, hours(), hours(), 0},
		"the median, and the 90th percentile":  {[]ledger.Record{ended("1", succeeded, 5, pushed(4)), ended("2", succeeded, 6, pushed(4)), ended("3", succeeded, 7, pushed(4)), ended("4", succeeded, 8, pushed(4))}, hours(1, 2, 3, 4), hours(), 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := figures(c.records...)
			require.Equal(t, c.published, got.LeadTime)
			require.Equal(t, c.request, got.LeadTimeFromRequest)
			require.Equal(t, c.unknown, got.LeadTimeUnknown)
		})
	}
}

func TestFailures(t *testing.T) {
	t.Parallel()
	type want struct{ changes, failed, wentBack, notRestored, restored int }
	for name, c := range map[string]struct {
		records []ledger.Record
		want    want
		// hours is the median until it was restored.
		hours float64
	}{
		"none":                                    {nil, want{}, 0},
		"one that Succeeded":                      {[]ledger.Record{ended("1", succeeded, 5)}, want{changes: 1}, 0},
		"one that failed":                         {[]ledger.Record{ended("1", failed, 5)}, want{changes: 1, failed: 1, notRestored: 1}, 0},
		"then one that Succeeded":                 {[]ledger.Record{ended("1", failed, 5), ended("2", succeeded, 8)}, want{changes: 2, failed: 1, restored: 1}, 3},
		"then a rollback":                         {[]ledger.Record{ended("1", attention, 5), ended("2", succeeded, 6, rollback("0"))}, want{changes: 1, failed: 1, restored: 1}, 1},
		"then configuration alone":                {[]ledger.Record{ended("1", failed, 5), ended("2", succeeded, 7, config)}, want{changes: 1, failed: 1, restored: 1}, 2},
		"a restart restores nothing":              {[]ledger.Record{ended("1", failed, 5), ended("2", succeeded, 7, operation(release.OperationRestart))}, want{changes: 1, failed: 1, notRestored: 1}, 0},
		"two, then one that Succeeded":            {[]ledger.Record{ended("1", failed, 5), ended("2", failed, 6), ended("3", succeeded, 8)}, want{changes: 3, failed: 2, restored: 2}, 2},
		"went back by itself":                     {[]ledger.Record{ended("1", back, 5), ended("2", succeeded, 8)}, want{changes: 2, failed: 1, wentBack: 1}, 0},
		"aborted by a person":                     {[]ledger.Record{ended("1", aborted, 5, stopped("ann", "event"))}, want{changes: 1, failed: 1, wentBack: 1}, 0},
		"aborted by a limit":                      {[]ledger.Record{ended("1", aborted, 5, stopped(release.Slipway, release.ViaLimit))}, want{changes: 1, failed: 1, wentBack: 1}, 0},
		"made way for another release":            {[]ledger.Record{ended("1", aborted, 5, stopped(release.Slipway, "signal"))}, want{}, 0},
		"refused before it changed anything":      {[]ledger.Record{ended("1", failed, 5, unbegun)}, want{}, 0},
		"withdrawn before it changed anything":    {[]ledger.Record{ended("1", aborted, 5, unbegun, stopped("ann", "event"))}, want{}, 0},
		"configuration alone that failed":         {[]ledger.Record{ended("1", failed, 5, config)}, want{}, 0},
		"a rollback that failed":                  {[]ledger.Record{ended("1", failed, 5, rollback("0"))}, want{}, 0},
		"undone by a rollback":                    {[]ledger.Record{ended("1", succeeded, 5), ended("2", succeeded, 9, rollback("0"))}, want{changes: 1, failed: 1, restored: 1}, 4},
		"undone after the window":                 {[]ledger.Record{ended("1", succeeded, 239), ended("2", succeeded, 241, rollback("0"))}, want{changes: 1, failed: 1, restored: 1}, 2},
		"undone, deployed before the window":      {[]ledger.Record{ended("1", succeeded, -1), ended("2", succeeded, 9, rollback("0"))}, want{}, 0},
		"a rollback undoes only what ran":         {[]ledger.Record{ended("1", succeeded, 4), ended("2", succeeded, 5), ended("3", succeeded, 9, rollback("0"))}, want{changes: 2, failed: 1, restored: 1}, 4},
		"a rollback that failed undoes nothing":   {[]ledger.Record{ended("1", succeeded, 5), ended("2", failed, 9, rollback("0"))}, want{changes: 1}, 0},
		"a rollback of its configuration":         {[]ledger.Record{ended("1", succeeded, 5), ended("2", succeeded, 6, config), ended("3", succeeded, 9, rollback("1"))}, want{changes: 1}, 0},
		"a rollback of a rollback":                {[]ledger.Record{ended("1", succeeded, 5), ended("2", succeeded, 6, rollback("0")), ended("3", succeeded, 9, rollback("1"))}, want{changes: 1, failed: 1, restored: 1}, 1},
		"a failure elsewhere":                     {[]ledger.Record{ended("1", failed, 5, inStaging)}, want{}, 0},
		"a failure before the window":             {[]ledger.Record{ended("1", failed, -1), ended("2", succeeded, 1)}, want{changes: 1}, 0},
		"a success before the failure is nothing": {[]ledger.Record{ended("1", succeeded, 4), ended("2", failed, 5)}, want{changes: 2, failed: 1, notRestored: 1}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := figures(c.records...)
			require.Equal(t, c.want, want{got.ChangeFailureRate.Changes, got.ChangeFailureRate.Failed, got.WentBack, got.NotRestored, got.TimeToRestore.Count})
			require.InDelta(t, c.hours*3600, got.TimeToRestore.MedianSeconds, 1e-9)
			if c.want.changes > 0 {
				require.InDelta(t, float64(c.want.failed)/float64(c.want.changes), got.ChangeFailureRate.Ratio, 1e-9)
			}
		})
	}
}

// shelf is a ledger that answers with the records of an application, or all.
type shelf struct {
	records []ledger.Record
	asked   []ledger.Filter
}

func (s *shelf) All(_ context.Context, f ledger.Filter) (found []ledger.Record, _ error) {
	s.asked = append(s.asked, f)
	for _, r := range s.records {
		if f.App == (release.App{}) || f.App.SearchValue() == r.App.SearchValue() {
			found = append(found, r)
		}
	}
	return found, nil
}

func TestEverything(t *testing.T) {
	t.Parallel()
	other := func(r *ledger.Record) {
		r.App = release.App{Platform: release.PlatformFC, Region: "cn-hangzhou", ID: "orders", Qualifier: "blue"}
	}
	known := &shelf{records: []ledger.Record{
		ended("1", succeeded, 5, inStaging), ended("2", succeeded, 6, promotes("1")), ended("3", failed, 7),
		ended("4", succeeded, 8, other), ended("5", succeeded, -8, func(r *ledger.Record) { r.App = app("idle") }),
	}}
	document := apps.Document{Spec: &apps.Application{Name: "shop", Environments: []apps.Environment{{Name: "staging", App: apps.At(app("shop-staging"))}, {Name: "production", App: apps.At(app("shop"))}}}}
	got, err := stats.Everything(t.Context(), known, []apps.Document{document}, window())
	require.NoError(t, err)
	require.Len(t, got.Applications, 2, "what has a document, and what has records in the window")
	require.Equal(t, []string{"shop", "fc/cn-hangzhou/orders:blue"}, []string{got.Applications[0].Application, got.Applications[1].Application})
	require.Equal(t, 2, got.All.Deployments.Count)
	require.Equal(t, stats.Rate{Changes: 3, Failed: 1, Ratio: 1.0 / 3}, got.All.ChangeFailureRate)
	require.Equal(t, 2, got.All.LeadTimeFromRequest.Count)
	require.Empty(t, got.All.Environments)
	require.False(t, got.Cut)
	require.Equal(t, []ledger.Filter{{Since: window().Since.Add(-stats.Lookback), Limit: stats.MaxRecords}}, known.asked, "the ledger is read once")
}

func TestOne(t *testing.T) {
	t.Parallel()
	known := &shelf{records: []ledger.Record{ended("1", succeeded, 5, inStaging), ended("2", succeeded, 6, promotes("1"))}}
	got, err := stats.One(t.Context(), known, shop().To("staging"), window())
	require.NoError(t, err)
	require.Equal(t, "shop/staging", got.Applications[0].Application)
	require.Equal(t, "staging", got.Applications[0].Environment)
	require.Equal(t, 1, got.All.Deployments.Count)
	require.Len(t, known.asked, 1)
	text, err := json.Marshal(got)
	require.NoError(t, err)
	require.JSONEq(t, `{"since":"2026-07-01T00:00:00Z","until":"2026-07-11T00:00:00Z","applications":[{"application":"shop/staging","environment":"staging",
		"app":{"platform":"sae","region":"cn-hangzhou","id":"shop-staging"},"deployments":{"count":1,"perDay":0.1},
		"leadTime":{"count":0,"medianSeconds":0,"p90Seconds":0},"leadTimeFromRequest":{"count":1,"medianSeconds":3600,"p90Seconds":3600},"leadTimeUnknown":0,
		"changeFailureRate":{"changes":1,"failed":0,"ratio":0},"timeToRestore":{"count":0,"medianSeconds":0,"p90Seconds":0},"wentBack":0,"notRestored":0,
		"environments":[{"environment":"staging","app":{"platform":"sae","region":"cn-hangzhou","id":"shop-staging"},"deployments":{"count":1,"perDay":0.1}}]}],
		"all":{"deployments":{"count":1,"perDay":0.1},"leadTime":{"count":0,"medianSeconds":0,"p90Seconds":0},
		"leadTimeFromRequest":{"count":1,"medianSeconds":3600,"p90Seconds":3600},"leadTimeUnknown":0,"changeFailureRate":{"changes":1,"failed":0,"ratio":0},
		"timeToRestore":{"count":0,"medianSeconds":0,"p90Seconds":0},"wentBack":0,"notRestored":0}}`, string(text))
}
