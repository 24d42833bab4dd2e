package records

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"slipway/ledger"
	"slipway/release"
	"slipway/whatif"
	"slipway/wire"
)

func app() release.App {
	return release.App{Platform: release.PlatformSAE, Region: "cn-hangzhou", ID: "shop"}
}

func asked() release.Spec {
	return release.Spec{
		App: app(), Artifact: release.Artifact{Image: "shop:1"}, Policy: release.PolicyOverride{Override: []string{"production"}},
		Approval: &release.Approval{Count: 2, From: []string{"ann", "li"}}, Rollback: release.Rollback{OnFailure: new(false)},
		Strategy: release.Strategy{Type: release.StrategyBatch, Watch: &release.Watch{For: release.Duration(time.Hour)}},
	}.WithDefaults()
}

// record is that of a release which was asked for with a spec, as a workflow tells of it.
func record(s release.Spec) ledger.Record {
	return ledger.Record{ReleaseID: "r-1", App: s.App, Artifact: s.Artifact, Accepted: true, Progress: release.Progress{
		ReleaseID: "r-1", App: s.App, Operation: s.Operation, Artifact: s.Artifact, OnlyConfig: s.OnlyConfig(), Strategy: s.Strategy,
		Asked: s.Asked(), Approval: release.NewApproval(s.Approval),
	}}
}

// What policies look at is in the record, or named as missing.
func TestSpecOf(t *testing.T) {
	t.Parallel()
	config := asked()
	config.Artifact, config.Config = release.Artifact{}, &release.Config{}
	adopting := asked()
	adopting.Adopt, adopting.Approval = "change-1", nil
	for name, c := range map[string]struct {
		spec    release.Spec
		change  func(*ledger.Record)
		unknown []string
	}{
		"all of it":                   {asked(), func(*ledger.Record) {}, nil},
		"configuration alone":         {config, func(r *ledger.Record) { r.Artifact.Image = "shop:0" }, nil},
		"the image was cut":           {asked(), func(r *ledger.Record) { r.Artifact, r.Cut.Artifact = release.Artifact{}, true }, []string{whatif.FieldArtifact}},
		"gates and people were cut":   {asked(), func(r *ledger.Record) { r.Cut.Strategy = true }, []string{whatif.FieldWatch, whatif.FieldApproval}},
		"a batch is to be approved":   {asked(), func(r *ledger.Record) { r.Progress.Approval.Batch = 1 }, []string{whatif.FieldApproval}},
		"it adopts":                   {adopting, func(*ledger.Record) {}, []string{whatif.FieldStrategy}},
		"it has told nothing yet":     {asked(), func(r *ledger.Record) { r.Progress = release.Progress{} }, append([]string{whatif.FieldOperation}, notAsked()...)},
		"it is older, or cut to this": {asked(), func(r *ledger.Record) { r.Progress.Asked = nil }, notAsked()},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := record(c.spec)
			c.change(&r)
			spec, unknown := specOf(r)
			require.Equal(t, c.unknown, unknown)
			require.Equal(t, release.OperationRelease, spec.Operation)
			if len(unknown) == 0 {
				require.Equal(t, c.spec.Asked(), spec.Asked())
				require.Equal(t, c.spec.Artifact, spec.Artifact)
				require.Equal(t, c.spec.OnlyConfig(), spec.OnlyConfig())
				require.Equal(t, c.spec.Strategy, spec.Strategy)
				require.Equal(t, c.spec.Approval, spec.Approval)
			}
		})
	}
}

func notAsked() []string {
	return []string{whatif.FieldStrategy, whatif.FieldApproval, whatif.FieldLimits, whatif.FieldRollback, whatif.FieldAdopt, whatif.FieldOverride}
}

// Events may be there twice, in another order, or not all any more.
func TestWhole(t *testing.T) {
	t.Parallel()
	told := func(numbers ...uint64) (out []wire.LifecycleEvent) {
		for _, n := range numbers {
			out = append(out, wire.LifecycleEvent{Event: release.Event{Progress: release.Progress{Transition: n}}, Time: time.Unix(int64(n), 0)})
		}
		return out
	}
	for name, c := range map[string]struct {
		told []wire.LifecycleEvent
		last uint64
		want int
	}{
		"all of them":         {told(1, 2, 3), 3, 3},
		"twice":               {told(1, 1, 2), 2, 2},
		"in another order":    {told(2, 1), 2, 2},
		"the first are gone":  {told(2, 3), 3, 0},
		"one is gone":         {told(1, 3), 3, 0},
		"the last is not yet": {told(1, 2), 3, 0},
		"more by now":         {told(1, 2), 1, 2},
		"none":                {nil, 1, 0},
	} {
		found, untold := whole(c.told, c.last)
		require.Len(t, found, c.want, name)
		require.Equal(t, c.want == 0, untold != "", name)
	}
}

func TestSelection_Chooses(t *testing.T) {
	t.Parallel()
	other := app()
	other.ID = "stock"
	alias := app()
	alias.Qualifier = "prod"
	require.True(t, Selection{}.chooses(app(), nil))
	require.True(t, Selection{Apps: []release.App{other, app()}}.chooses(alias, nil))
	require.False(t, Selection{Apps: []release.App{other}}.chooses(app(), nil))
	require.True(t, Selection{Environment: "production"}.chooses(app(), []string{"shop/production"}))
	require.False(t, Selection{Environment: "production"}.chooses(app(), []string{"shop/preproduction"}))
	require.False(t, Selection{Environment: "production"}.chooses(app(), nil), "it has no name")
}
