package release_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"slipway/release"
)

func validSpec() release.Spec {
	return release.Spec{
		App:      release.App{Platform: release.PlatformSAE, Region: "cn-hangzhou", ID: "7171a6ca-d1cd-4928-8642-7d5cfe69"},
		Artifact: release.Artifact{Image: "registry.example/shop:1.4.2"},
	}
}

func TestSpec_Defaults(t *testing.T) {
	t.Parallel()
	s := validSpec().WithDefaults()
	require.NoError(t, s.Validate())
	require.Equal(t, release.Strategy{Type: release.StrategyAll}, s.Strategy)
	require.True(t, s.Scaling.Suspended())
	require.True(t, s.Rollback.Wanted())
	require.Equal(t, release.Limits{
		Confirm: release.DefaultConfirmLimit, PlatformApproval: release.DefaultPlatformApprovalLimit, Queue: release.DefaultQueueLimit, Total: release.DefaultTotalLimit,
		OnConfirmTimeout: release.TimeoutAbort,
	}, s.Limits)

	gray := validSpec()
	gray.Strategy.Type = release.StrategyGray
	require.Equal(t, release.Strategy{Type: release.StrategyGray, Gray: 1, Batches: 1, Confirm: release.ConfirmManual}, gray.WithDefaults().Strategy)
	batch := validSpec()
	batch.Strategy.Type = release.StrategyBatch
	require.Equal(t, release.Strategy{Type: release.StrategyBatch, Batches: 2, Confirm: release.ConfirmManual}, batch.WithDefaults().Strategy)
}

func TestSpec_DefaultsKeepWhatWasSaid(t *testing.T) {
	t.Parallel()
	s := validSpec()
	s.Scaling.Suspend, s.Rollback.OnFailure = new(false), new(false)
	s.Limits.Confirm = release.Duration(time.Hour)
	s = s.WithDefaults()
	require.False(t, s.Scaling.Suspended())
	require.False(t, s.Rollback.Wanted())
	require.Equal(t, time.Hour, s.Limits.Confirm.Std())
}

func TestSpec_ValidateListsEveryProblem(t *testing.T) {
	t.Parallel()
	s := release.Spec{
		App:      release.App{Platform: "edas", Region: "Hangzhou", ID: "a.b"},
		Artifact: release.Artifact{Image: "Not An Image", Package: &release.Package{}},
		Strategy: release.Strategy{Type: release.StrategyGray, Gray: -1, Batches: -1, Confirm: "maybe", Bake: -1, MinReadyInstances: new(-1)},
		Limits:   release.Limits{Confirm: -1, PlatformApproval: -1, Total: release.Duration(10000 * time.Hour), OnConfirmTimeout: "shrug"},
		Lane:     release.Lane{Policy: "overtake"},
	}
	err := s.WithDefaults().Validate()
	var problems release.Problems
	require.ErrorAs(t, err, &problems)
	var fields []string
	for _, p := range problems {
		fields = append(fields, p.Field)
		require.NotEmpty(t, p.Message)
	}
	require.Equal(t, []string{
		"app.platform", "app.region", "app.id", "artifact", "strategy.gray", "strategy.batches", "strategy.confirm", "strategy.bake",
		"strategy.minReadyInstances", "limits.confirm", "limits.platformApproval", "limits.total", "limits.onConfirmTimeout", "lane.policy",
	}, fields)
}

func TestSpec_ValidateOneProblem(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		spoil func(*release.Spec)
		want  string
	}{
		{"image with a blank", func(s *release.Spec) { s.Artifact.Image = "shop 1.4.2" }, "artifact.image"},
		{"a digest alone", func(s *release.Spec) { s.Artifact.Image = "sha256:" + strings.Repeat("ab", 32) }, "artifact.image"},
		{"a digest of another kind", func(s *release.Spec) { s.Artifact.Image = "sha512:" + strings.Repeat("ab", 64) }, "artifact.image"},
		{"a digest without its algorithm", func(s *release.Spec) { s.Artifact.Image = strings.Repeat("ab", 32) }, "artifact.image"},
		{"half a digest", func(s *release.Spec) { s.Artifact.Image = "sha256:abc" }, "artifact.image"},
		{"nothing to run", func(s *release.Spec) { s.Artifact = release.Artifact{} }, "artifact"},
		{"package address", func(s *release.Spec) {
			s.Artifact = release.Artifact{Package: &release.Package{URL: "ftp://x", Version: "1"}}
		}, "artifact.package.url"},
		{"package address with a signature", func(s *release.Spec) {
			s.Artifact = release.Artifact{Package: &release.Package{URL: "https://x/y.jar?Signature=hush", Version: "1"}}
		}, "artifact.package.url"},
		{"package address with a password", func(s *release.Spec) {
			s.Artifact = release.Artifact{Package: &release.Package{URL: "https://me:hush@x/y.jar", Version: "1"}}
		}, "artifact.package.url"},
		{"package version", func(s *release.Spec) {
			s.Artifact = release.Artifact{Package: &release.Package{URL: "https://x/y.jar"}}
		}, "artifact.package.version"},
		{"package version with a blank", func(s *release.Spec) {
			s.Artifact = release.Artifact{Package: &release.Package{URL: "https://x/y.jar", Version: "1 2"}}
		}, "artifact.package.version"},
		{"package version with NUL", func(s *release.Spec) {
			s.Artifact = release.Artifact{Package: &release.Package{URL: "https://x/y.jar", Version: "1\x00"}}
		}, "artifact.package.version"},
		{"gray with all", func(s *release.Spec) { s.Strategy.Gray = 1 }, "strategy.gray"},
		{"confirm with all", func(s *release.Spec) { s.Strategy.Confirm = release.ConfirmAuto }, "strategy.confirm"},
		{"one batch", func(s *release.Spec) { s.Strategy = release.Strategy{Type: release.StrategyBatch, Batches: 1} }, "strategy.batches"},
		{"unknown operation", func(s *release.Spec) { s.Operation = "explode" }, "operation"},
		{"artifact of a restart", func(s *release.Spec) { s.Operation = release.OperationRestart }, "artifact"},
		{"artifact of a rescale", func(s *release.Spec) { s.Operation, s.Instances = release.OperationRescale, 3 }, "artifact"},
		{"version of a release", func(s *release.Spec) { s.Version = "v1" }, "version"},
		{"rescale to nothing", func(s *release.Spec) { s.Operation, s.Artifact = release.OperationRescale, release.Artifact{} }, "instances"},
		{"instances of a release", func(s *release.Spec) { s.Instances = 3 }, "instances"},
		{"restart in batches", func(s *release.Spec) {
			s.Operation, s.Artifact, s.Strategy = release.OperationRestart, release.Artifact{}, release.Strategy{Type: release.StrategyGray}
		}, "strategy.type"},
		{"gates of a single batch", func(s *release.Spec) {
			s.Strategy.Gates = []release.Gate{{Name: "health", HTTP: &release.HTTPGate{URL: "https://shop.example/"}}}
		}, "strategy.gates"},
		{"schedule of a batch that is not there", func(s *release.Spec) {
			s.Strategy.Schedule = []release.BatchSchedule{{Batch: 2, At: "02:00", Zone: "UTC"}}
		}, "strategy.schedule[0].batch"},
		{"traffic of a single batch", func(s *release.Spec) { s.Traffic = canary() }, "traffic"},
		{"preempt and reject", func(s *release.Spec) { s.Lane = release.Lane{Policy: release.LaneReject, Preempt: true} }, "lane.preempt"},
		{"adopt for a rollback", func(s *release.Spec) {
			s.Operation, s.Artifact, s.Adopt = release.OperationRollback, release.Artifact{}, "order-1"
		}, "adopt"},
		{"adopt with traffic rules", func(s *release.Spec) {
			s.Strategy.Type, s.Traffic, s.Adopt = release.StrategyGray, canary(), "order-1"
		}, "traffic"},
		{"unknown strategy", func(s *release.Spec) { s.Strategy.Type = "yolo" }, "strategy.type"},
		{"id with a dot", func(s *release.Spec) { s.App.ID = "a.b" }, "app.id"},
		{"id with a wildcard", func(s *release.Spec) { s.App.ID = "*" }, "app.id"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := validSpec()
			tt.spoil(&s)
			var problems release.Problems
			require.ErrorAs(t, s.WithDefaults().Validate(), &problems)
			require.Len(t, problems, 1)
			require.Equal(t, tt.want, problems[0].Field)
			require.NotContains(t, problems[0].Message, "hush")
		})
	}
}

func TestSpecIsTheDocumentedJSON(t *testing.T) {
	t.Parallel()
	const documented = `{"app":{"platform":"sae","region":"cn-hangzhou","id":"a-1"},
	 "artifact":{"image":"registry.example/shop:1.4.2"},
	 "strategy":{"type":"gray","gray":1,"batches":2,"confirm":"manual","bake":"5m","minReadyInstances":1},
	 "scaling":{"suspend":true},"rollback":{"onFailure":true},
	 "limits":{"confirm":"24h","platformApproval":"72h","queue":"168h","total":"168h","onConfirmTimeout":"abort"},
	 "lane":{"policy":"queue"},"requestedBy":"ci","note":"orders: fix rounding"}`
	var s release.Spec
	require.NoError(t, json.Unmarshal([]byte(documented), &s))
	require.NoError(t, s.Validate(), "the documented request is whole without defaults")
	again, err := json.Marshal(s)
	require.NoError(t, err)
	require.JSONEq(t, documented, string(again))
}

func TestSpec_DurationText(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		d := release.Duration(rapid.Int64().Draw(t, "d"))
		text, err := d.MarshalText()
		require.NoError(t, err)
		var back release.Duration
		require.NoError(t, back.UnmarshalText(text))
		require.Equal(t, d, back)
	})
	for d, want := range map[time.Duration]string{24 * time.Hour: "24h", 90 * time.Minute: "1h30m", 10 * time.Second: "10s", 0: "0s", 20 * time.Minute: "20m"} {
		require.Equal(t, want, release.Duration(d).String())
	}
	var d release.Duration
	require.ErrorContains(t, d.UnmarshalText([]byte("soon")), `"soon" is not a duration`)
}

func TestSpec_PlanBatches(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name      string
		strategy  release.Strategy
		instances int
		want      []int
		field     string
	}{
		{"all at once", release.Strategy{Type: release.StrategyAll}, 5, []int{5}, ""},
		{"nothing runs", release.Strategy{Type: release.StrategyAll}, 0, []int{0}, ""},
		{"even batches", release.Strategy{Type: release.StrategyBatch, Batches: 3}, 6, []int{2, 2, 2}, ""},
		{"uneven batches", release.Strategy{Type: release.StrategyBatch, Batches: 3}, 5, []int{1, 2, 2}, ""},
		{"gray first", release.Strategy{Type: release.StrategyGray, Gray: 1, Batches: 2}, 5, []int{1, 2, 2}, ""},
		{"half gray", release.Strategy{Type: release.StrategyGray, Gray: 2, Batches: 1}, 4, []int{2, 2}, ""},
		{"too gray", release.Strategy{Type: release.StrategyGray, Gray: 3, Batches: 1}, 5, nil, "strategy.gray"},
		{"more batches than instances", release.Strategy{Type: release.StrategyBatch, Batches: 3}, 2, nil, "strategy.batches"},
		{"more batches than are left", release.Strategy{Type: release.StrategyGray, Gray: 1, Batches: 3}, 3, nil, "strategy.batches"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := release.PlanBatches(traitsOf(t, release.PlatformSAE), release.OperationRelease, tt.strategy, tt.instances)
			if tt.field != "" {
				var p release.Problem
				require.ErrorAs(t, err, &p)
				require.Equal(t, tt.field, p.Field)
				return
			}
			require.NoError(t, err)
			require.Equal(t, release.BatchesOf(tt.want...), got)
		})
	}
}

func TestSpec_PlanReplacesEveryInstanceOnce(t *testing.T) {
	t.Parallel()
	sae := traitsOf(t, release.PlatformSAE)
	rapid.Check(t, func(t *rapid.T) {
		s := release.Strategy{
			Type:    rapid.SampledFrom([]release.StrategyType{release.StrategyAll, release.StrategyBatch, release.StrategyGray}).Draw(t, "type"),
			Gray:    rapid.IntRange(1, 10).Draw(t, "gray"),
			Batches: rapid.IntRange(1, 10).Draw(t, "batches"),
		}
		instances := rapid.IntRange(0, 60).Draw(t, "instances")
		plan, err := release.PlanBatches(sae, release.OperationRelease, s, instances)
		if err != nil {
			return
		}
		sum := 0
		for i, b := range plan {
			sum += b.Instances
			require.Equal(t, i+1, b.Number)
			require.True(t, b.Instances > 0 || instances == 0, "batch %d of %v replaces nothing", i+1, plan)
		}
		require.Equal(t, instances, sum)
	})
}

func canary() *release.Traffic {
	return &release.Traffic{SpringCloud: []release.TrafficRule{{
		Path: "/orders", Condition: "OR",
		Items: []release.TrafficItem{{Type: "header", Name: "x-canary", Operator: "rawvalue", Cond: "==", Value: "1"}},
	}}}
}

func TestSpec_OperationsAreValid(t *testing.T) {
	t.Parallel()
	app := validSpec().App
	for _, s := range []release.Spec{
		{App: app, Operation: release.OperationRollback},
		{App: app, Operation: release.OperationRollback, Version: "0026ff7e", Strategy: release.Strategy{Type: release.StrategyGray}},
		{App: app, Operation: release.OperationRestart},
		{App: app, Operation: release.OperationRescale, Instances: 3},
	} {
		require.NoError(t, s.WithDefaults().Validate(), "%+v", s)
	}
}

func TestSpec_AnImageHasARepository(t *testing.T) {
	t.Parallel()
	digest := "sha256:" + strings.Repeat("ab", 32)
	for _, image := range []string{"shop", "shop:1", "shop@" + digest, "registry.example:5000/team/shop:1@" + digest, "registry.example/sha256:1", "team/sha256"} {
		s := validSpec()
		s.Artifact.Image = image
		require.NoError(t, s.WithDefaults().Validate(), image)
	}
	s := validSpec()
	s.Artifact.Image = digest
	require.ErrorContains(t, s.WithDefaults().Validate(), "is a digest without a repository; name it as repository@sha256:…")
}
