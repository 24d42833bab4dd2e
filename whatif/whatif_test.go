package whatif_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"slipway/policy"
	"slipway/release"
	"slipway/whatif"
)

func start() time.Time { return time.Date(2026, 7, 1, 9, 0, 0, 0, time.UTC) }

func after(d time.Duration) time.Time { return start().Add(d) }

func shop() release.App {
	return release.App{Platform: release.PlatformSAE, Region: "cn-hangzhou", ID: "shop"}
}

// accepted is a release that was accepted with a spec, all of which is known.
func accepted(change func(*release.Spec)) whatif.Recorded {
	spec := release.Spec{App: shop(), Artifact: release.Artifact{Image: "registry.example/shop:1"}, Strategy: release.Strategy{Type: release.StrategyBatch}}
	change(&spec)
	spec = spec.WithDefaults()
	return whatif.Recorded{
		ReleaseID: "r-1", Spec: spec, Now: after(time.Hour),
		Progress: release.Progress{
			ReleaseID: "r-1", App: spec.App, Operation: spec.Operation, Artifact: spec.Artifact, Strategy: spec.Strategy, Asked: spec.Asked(),
			Batches: release.BatchesOf(1, 1), AcceptedAt: start(), StartedAt: start(),
		},
	}
}

func demanding(d policy.Demands) policy.Policy {
	return policy.Policy{Name: "production", Scopes: []string{"*"}, Demands: d}
}

func TestDecisions_OfPolicies(t *testing.T) {
	t.Parallel()
	digest, watch := policy.Demands{Images: &policy.Images{Digest: true}}, policy.Demands{Watch: &policy.Watch{}}
	from := policy.Demands{Images: &policy.Images{Registries: []string{"registry.example"}}}
	back := policy.Demands{RollbackOnFailure: true}
	two := policy.Demands{Approval: &policy.Approval{Count: 2}}
	plain := func(*release.Spec) {}
	for name, c := range map[string]struct {
		stored, changed policy.Demands
		of              whatif.Recorded
		effect          whatif.Effect
		would, missing  string
	}{
		"what it meets":                   {policy.Demands{}, from, accepted(plain), whatif.EffectSame, "accepted", ""},
		"what it does not meet":           {from, digest, accepted(plain), whatif.EffectFlip, "refused", ""},
		"it is older than what refuses":   {digest, digest, accepted(plain), whatif.EffectSame, "accepted", ""},
		"it passes over it":               {from, digest, accepted(func(s *release.Spec) { s.Policy.Override = []string{"production"} }), whatif.EffectSame, "accepted", ""},
		"a rollback":                      {from, digest, accepted(func(s *release.Spec) { s.Operation = release.OperationRollback }), whatif.EffectSame, "accepted", ""},
		"refused, and it would not be":    {digest, from, refused(accepted(plain)), whatif.EffectFlip, "accepted", ""},
		"refused, and it would be still":  {digest, digest, refused(accepted(plain)), whatif.EffectSame, "refused", ""},
		"refused by what counts no more":  {from, from, refused(accepted(plain)), whatif.EffectSame, "refused", ""},
		"refused, and nobody knows what":  {digest, from, unreadable(refused(accepted(plain))), whatif.EffectUndecidable, "", "cut out"},
		"what it hangs on is unknown":     {from, back, partial(accepted(plain), whatif.FieldRollback), whatif.EffectUndecidable, "", "rollback is not in its record"},
		"what it hangs on is known":       {from, digest, partial(accepted(plain), whatif.FieldRollback), whatif.EffectFlip, "refused", ""},
		"unknown, and demanded before":    {back, back, partial(accepted(plain), whatif.FieldRollback), whatif.EffectSame, "accepted", ""},
		"unknown, and met by anything":    {back, from, partial(accepted(plain), whatif.FieldRollback), whatif.EffectSame, "accepted", ""},
		"who must approve is unknown":     {policy.Demands{Approval: &policy.Approval{}}, two, partial(accepted(plain), whatif.FieldApproval), whatif.EffectUndecidable, "", "approval is not in its record"},
		"the strategy is unknown":         {from, watch, partial(accepted(plain), whatif.FieldStrategy), whatif.EffectUndecidable, "", "strategy is not in its record"},
		"the watch is unknown":            {from, watch, partial(accepted(plain), whatif.FieldWatch), whatif.EffectUndecidable, "", "strategy.watch is not in its record"},
		"the image is unknown":            {policy.Demands{}, digest, partial(accepted(plain), whatif.FieldArtifact), whatif.EffectUndecidable, "", "artifact is not in its record"},
		"whether it adopts is unknown":    {policy.Demands{}, from, partial(accepted(plain), whatif.FieldAdopt), whatif.EffectUndecidable, "", "adopt is not in its record"},
		"it is refused if it adopts, too": {policy.Demands{}, digest, partial(accepted(plain), whatif.FieldAdopt), whatif.EffectFlip, "refused", ""},
		"what it passes over is unknown":  {from, digest, partial(accepted(plain), whatif.FieldOverride), whatif.EffectUndecidable, "", "policy.override is not in its record"},
		"what it does is unknown":         {from, digest, partial(accepted(plain), whatif.FieldOperation), whatif.EffectUndecidable, "", "operation is not in its record"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := whatif.Change{Policies: []policy.Policy{demanding(c.changed)}}.Decisions([]policy.Policy{demanding(c.stored)}, c.of)
			require.Len(t, got, 1)
			require.Equal(t, whatif.KindPolicy, got[0].Kind)
			require.Equal(t, c.effect, got[0].Effect)
			require.Equal(t, c.would, got[0].Would)
			require.Contains(t, got[0].Missing, c.missing)
			require.Equal(t, c.missing == "", got[0].Missing == "")
			require.Equal(t, c.effect == whatif.EffectFlip, got[0].Name == "production" && got[0].Missing == "", "a flip names who refuses")
		})
	}
}

func refused(r whatif.Recorded) whatif.Recorded {
	r.DeadLetter, r.Progress = 7, release.Progress{}
	return r
}

func unreadable(r whatif.Recorded) whatif.Recorded {
	r.Unreadable = "secrets were cut out"
	return r
}

// Who begins a release past the starter is held against no policy, and would not be against another.
func TestDecisions_PastTheStarterNothingIsDemanded(t *testing.T) {
	t.Parallel()
	r := accepted(func(*release.Spec) {})
	r.PastStarter = true
	change := whatif.Change{Policies: []policy.Policy{demanding(policy.Demands{Images: &policy.Images{Digest: true}})}}
	require.Empty(t, change.Decisions(nil, r))
}

// partial is a record without some fields, which its spec then has not.
func partial(r whatif.Recorded, fields ...string) whatif.Recorded {
	r.Unknown = fields
	for _, f := range fields {
		switch f {
		case whatif.FieldRollback:
			r.Spec.Rollback = release.Rollback{}
		case whatif.FieldApproval:
			r.Spec.Approval = nil
		case whatif.FieldStrategy:
			r.Spec.Strategy = release.Strategy{}
		case whatif.FieldArtifact:
			r.Spec.Artifact = release.Artifact{}
		case whatif.FieldLimits:
			r.Spec.Limits = release.Limits{}
		}
	}
	return r
}

// errors is a gate with two conditions.
func errors(samples int) release.Gate {
	return release.Gate{Name: "errors", Samples: samples, Prometheus: &release.PrometheusGate{Address: "http://p.example", Query: "q", Pass: "< 0.01", Fail: ">= 0.05"}}.WithDefaults()
}

// took is a result with samples of these values, as the gate judged them.
func took(g release.Gate, values ...string) release.GateResult {
	samples := make([]release.Sample, len(values))
	for i, v := range values {
		samples[i] = release.Sample{Value: v, Verdict: release.VerdictInconclusive}
		switch v {
		case "0":
			samples[i].Verdict = release.VerdictPass
		case "0.06", "0.5":
			samples[i].Verdict = release.VerdictFail
		}
	}
	r, _ := g.Result(1, samples)
	return r
}

func measured(g release.Gate, r release.GateResult) whatif.Recorded {
	out := accepted(func(s *release.Spec) { s.Strategy.Gates = []release.Gate{g} })
	out.Progress.Gates = []release.GateResult{r}
	return out
}

func watched(g release.Gate, r release.GateResult) whatif.Recorded {
	out := accepted(func(s *release.Spec) {
		s.Strategy.Watch = &release.Watch{For: release.Duration(time.Hour), Gates: []release.Gate{g}}
	})
	r.Batch = 2
	out.Progress.Gates = []release.GateResult{r}
	return out
}

// inHistory is a record whose history has been read, with all samples of its gates.
func inHistory(r whatif.Recorded, whole ...release.GateResult) whatif.Recorded {
	r.Measured = whole
	return r
}

func cutSamples(r whatif.Recorded) whatif.Recorded {
	r.Progress.Cut.Samples = 1
	return r
}

func TestDecisions_OfGates(t *testing.T) {
	t.Parallel()
	probe := release.Gate{Name: "errors", HTTP: &release.HTTPGate{URL: "https://shop.example"}, Samples: 2}.WithDefaults()
	series := took(errors(1), "0.02")
	series.Samples[0].Note = "worst of 3 series"
	dry := errors(1)
	dry.DryRun = true
	twenty := make([]string, release.ShownSamples)
	for i := range twenty {
		twenty[i] = "0"
	}
	for name, c := range map[string]struct {
		threshold      string
		of             whatif.Recorded
		effect         whatif.Effect
		would, missing string
	}{
		"the same":                               {"errors.pass=< 0.01", measured(errors(1), took(errors(1), "0")), whatif.EffectSame, "pass", ""},
		"another gate":                           {"other.pass=< 0", measured(errors(1), took(errors(1), "0")), "", "", ""},
		"one that passed would not be sure":      {"errors.pass=< 0", measured(errors(1), took(errors(1), "0")), whatif.EffectFlip, "inconclusive", ""},
		"one that nobody knew would pass":        {"errors.pass=< 0.03", measured(errors(1), took(errors(1), "0.02")), whatif.EffectFlip, "pass", ""},
		"one that nobody knew would fail":        {"errors.fail=>= 0.02", measured(errors(1), took(errors(1), "0.02")), whatif.EffectFlip, "fail", ""},
		"one that failed would not be sure":      {"errors.fail=>= 0.1", measured(errors(1), took(errors(1), "0.06")), whatif.EffectFlip, "inconclusive", ""},
		"one that fails all the same":            {"errors.fail=>= 0.1", measured(errors(1), took(errors(1), "0.5")), whatif.EffectSame, "fail", ""},
		"it stopped after the first":             {"errors.fail=>= 0.1", measured(errors(3), took(errors(3), "0.06")), whatif.EffectUndecidable, "", "fewer samples"},
		"one failure more":                       {"errors.maxFailures=1", measured(errors(2), took(errors(2), "0", "0.06")), whatif.EffectFlip, "pass", ""},
		"more than it has samples":               {"errors.maxFailures=2", measured(errors(2), took(errors(2), "0", "0.06")), whatif.EffectUndecidable, "", "has fewer samples than maxFailures=2"},
		"it would have stopped before":           {"errors.fail=>= 0.02", measured(errors(2), took(errors(2), "0.02", "0.5")), whatif.EffectSame, "fail", ""},
		"a probe has no condition":               {"errors.pass=< 1", measured(probe, took(probe, "200")), whatif.EffectUndecidable, "", "has no pass"},
		"no number":                              {"errors.pass=< 1", measured(errors(1), took(errors(1), "NaN")), whatif.EffectSame, "inconclusive", ""},
		"of several series it would fail":        {"errors.fail=>= 0.02", measured(errors(1), series), whatif.EffectFlip, "fail", ""},
		"of several series another is worst":     {"errors.pass=< 0.03", measured(errors(1), series), whatif.EffectUndecidable, "", "fewer samples"},
		"a dry run that would count":             {"errors.dryRun=false", measured(dry, took(dry, "0.5")), whatif.EffectFlip, "fail", ""},
		"a dry run decides nothing":              {"errors.fail=>= 0.02", measured(dry, took(dry, "0.02")), whatif.EffectSame, "fail, in a dry run", ""},
		"samples were cut":                       {"errors.pass=< 0.03", cutSamples(measured(errors(1), took(errors(1), "0.02"))), whatif.EffectUndecidable, "", "only its latest samples"},
		"more were taken than are shown":         {"errors.pass=< 0.03", measured(errors(20), took(errors(20), twenty...)), whatif.EffectUndecidable, "", "only its latest samples"},
		"the history has all of them":            {"errors.pass=< 0.03", inHistory(cutSamples(measured(errors(2), took(errors(2), "0.02"))), took(errors(2), "0.02", "0")), whatif.EffectFlip, "pass", ""},
		"the history has those of another":       {"errors.pass=< 0.03", inHistory(cutSamples(measured(errors(1), took(errors(1), "0.02"))), release.GateResult{Name: "other", Batch: 1, Samples: make([]release.Sample, 1)}), whatif.EffectUndecidable, "", "only its latest samples"},
		"nothing was measured":                   {"errors.pass=< 0.03", measured(errors(1), release.GateResult{Name: "errors", Batch: 1, Verdict: release.VerdictInconclusive}), whatif.EffectUndecidable, "", "no samples"},
		"the gate is gone":                       {"errors.pass=< 0.03", measured(probe.WithDefaults(), release.GateResult{Name: "errors"}), whatif.EffectUndecidable, "", "has no pass"},
		"a watch that failed would have gone on": {"errors.fail=>= 0.1", watched(errors(2), took(errors(2), "0.06")), whatif.EffectFlip, "inconclusive", ""},
		"a watch that passed would have failed":  {"errors.fail=>= 0.02", watched(errors(1), took(errors(1), "0.02")), whatif.EffectFlip, "fail", ""},
		"a watch that passes in the end":         {"errors.pass=< 0.03", watched(errors(1), took(errors(1), "0")), whatif.EffectUndecidable, "", "only the latest measurement"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			threshold, err := whatif.ParseThreshold(c.threshold)
			require.NoError(t, err)
			got := whatif.Change{Thresholds: []whatif.Threshold{threshold}}.Decisions(nil, c.of)
			if c.effect == "" {
				require.Empty(t, got)
				return
			}
			require.Len(t, got, 1)
			require.Equal(t, c.effect, got[0].Effect, "%+v", got[0])
			require.Equal(t, c.would, got[0].Would)
			require.Contains(t, got[0].Missing, c.missing)
		})
	}
}

func TestParseThreshold_SaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"errors":                "is not as errors.pass=< 0.02",
		"errors=1":              "is not as errors.pass=< 0.02",
		".pass=1":               "is not as errors.pass=< 0.02",
		"errors.pass=1":         "is not a condition",
		"errors.samples=2":      `"samples" is no field that can be otherwise; use pass, fail`,
		"errors.maxFailures=-1": "must be a number of samples",
		"errors.dryRun=maybe":   "must be true or false",
	} {
		_, err := whatif.ParseThreshold(text)
		require.ErrorContains(t, err, want, text)
	}
}

// waiting is an event of a release that waits for four hours at most, since one hour after the start.
func waiting(at time.Time) whatif.Told {
	return whatif.Told{At: at, Progress: release.Progress{Phase: release.PhaseAwaitingConfirm, Awaiting: &release.Awaiting{
		Kind: release.AwaitConfirm, Batch: 1, Since: after(time.Hour), Until: after(5 * time.Hour), OnTimeout: release.TimeoutAbort,
	}}}
}

func running(at time.Time) whatif.Told {
	return whatif.Told{At: at, Progress: release.Progress{Phase: release.PhaseRollingOut}}
}

// confirmed is a release whose first batch was confirmed after two hours of four, and which was done after six.
func confirmed() whatif.Recorded {
	r := accepted(func(s *release.Spec) { s.Limits.Total = release.Duration(24 * time.Hour) })
	r.Progress.EndedAt, r.Progress.Outcome = after(6*time.Hour), release.PhaseSucceeded
	r.Progress.Decisions = []release.Decision{{Kind: release.CommandConfirm, Batch: 1, By: "mei", At: after(3 * time.Hour)}}
	r.Events = []whatif.Told{
		running(start()), waiting(after(time.Hour)),
		waiting(after(2 * time.Hour)), // told of for another reason
		running(after(4 * time.Hour)),
		{At: after(6 * time.Hour), Progress: release.Progress{Phase: release.PhaseSucceeded, Outcome: release.PhaseSucceeded}},
	}
	return r
}

func TestDecisions_OfLimits(t *testing.T) {
	t.Parallel()
	late := confirmed()
	late.Progress.Decisions[0] = release.Decision{Kind: release.CommandAbort, Via: release.ViaLimit, By: release.Slipway, At: after(5 * time.Hour)}
	late.Events = append(late.Events[:3:3], whatif.Told{At: after(5 * time.Hour), Progress: release.Progress{Phase: release.PhaseRollingBack}})
	open := accepted(func(*release.Spec) {})
	open.Events, open.Now = confirmed().Events[:2], after(9*time.Hour)
	untold := confirmed()
	untold.Events, untold.Untold = nil, "not all of its events are kept any more"
	atOnce := untold
	atOnce.Progress.Strategy = release.Strategy{Type: release.StrategyAll}
	queued := accepted(func(*release.Spec) {})
	queued.Progress.StartedAt = after(2 * time.Hour)
	never := accepted(func(*release.Spec) {})
	never.Progress.StartedAt, never.Progress.EndedAt = time.Time{}, after(3*time.Hour)
	never.Progress.Decisions = []release.Decision{{Kind: release.CommandAbort, Via: release.ViaLimit, At: after(3 * time.Hour)}}
	unlimited := partial(confirmed(), whatif.FieldLimits)
	watching := confirmed()
	watching.Events = []whatif.Told{running(start()), {At: after(time.Hour), Progress: release.Progress{Phase: release.PhaseWatching}}}
	for name, c := range map[string]struct {
		limit          release.Limit
		to             time.Duration
		of             whatif.Recorded
		effect         whatif.Effect
		would, missing string
	}{
		"a person was in time":          {release.LimitConfirm, 3 * time.Hour, confirmed(), whatif.EffectSame, "has not passed", ""},
		"a person would be late":        {release.LimitConfirm, time.Hour, confirmed(), whatif.EffectFlip, "the limit of 1h passes: abort", ""},
		"it passed, and would not":      {release.LimitConfirm, 5 * time.Hour, late, whatif.EffectFlip, "has not passed", ""},
		"it passed, and would":          {release.LimitConfirm, time.Hour, late, whatif.EffectSame, "passes", ""},
		"it waits on":                   {release.LimitConfirm, 12 * time.Hour, open, whatif.EffectFlip, "has not passed", ""},
		"its events are gone":           {release.LimitConfirm, time.Hour, untold, whatif.EffectUndecidable, "", "not all of its events"},
		"nobody was asked":              {release.LimitConfirm, time.Hour, atOnce, "", "", ""},
		"its turn came":                 {release.LimitQueue, 3 * time.Hour, queued, whatif.EffectSame, "has not passed", ""},
		"its turn would come too late":  {release.LimitQueue, time.Hour, queued, whatif.EffectFlip, "abort", ""},
		"its turn did not come in time": {release.LimitQueue, 4 * time.Hour, never, whatif.EffectFlip, "has not passed", ""},
		"nor would it":                  {release.LimitQueue, time.Hour, never, whatif.EffectSame, "passes", ""},
		"it was done in time":           {release.LimitTotal, 7 * time.Hour, confirmed(), whatif.EffectSame, "done after 6h", ""},
		"it would take too long":        {release.LimitTotal, 2 * time.Hour, confirmed(), whatif.EffectFlip, "the limit of 2h passes", ""},
		"past its change":               {release.LimitTotal, 2 * time.Hour, watching, whatif.EffectSame, "past its change", ""},
		"in time without its events":    {release.LimitTotal, 7 * time.Hour, untold, whatif.EffectSame, "done after 6h", ""},
		"too long without its events":   {release.LimitTotal, 2 * time.Hour, untold, whatif.EffectUndecidable, "", "not all of its events"},
		"what it had is unknown":        {release.LimitTotal, 2 * time.Hour, unlimited, whatif.EffectUndecidable, "", "limits is not in its record"},
		"no wait of this kind":          {release.LimitPlatformApproval, time.Hour, confirmed(), "", "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := whatif.Change{Limits: map[release.Limit]release.Duration{c.limit: release.Duration(c.to)}}.Decisions(nil, c.of)
			if c.effect == "" {
				require.Empty(t, got)
				return
			}
			require.Len(t, got, 1)
			require.Equal(t, c.effect, got[0].Effect, "%+v", got[0])
			require.Contains(t, got[0].Would, c.would)
			require.Contains(t, got[0].Missing, c.missing)
		})
	}
}

// Whatever is recorded, and whatever of it is missing: what counts already flips nothing and leaves nothing undecided.
func TestDecisions_WhatCountsAlreadyFlipsNothing(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		p := demanding(demands().Draw(t, "demands"))
		r := accepted(func(s *release.Spec) {
			s.Artifact.Image = rapid.SampledFrom([]string{"registry.example/shop:1", "other.example/shop@sha256:2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"}).Draw(t, "image")
			s.Strategy.Confirm = rapid.SampledFrom([]release.ConfirmMode{release.ConfirmAuto, release.ConfirmManual}).Draw(t, "confirm")
			s.Rollback.OnFailure = new(rapid.Bool().Draw(t, "back"))
			if rapid.Bool().Draw(t, "approved") {
				s.Approval = &release.Approval{Count: rapid.IntRange(1, 3).Draw(t, "count")}
			}
		})
		r = partial(r, rapid.SliceOfDistinct(rapid.SampledFrom([]string{
			whatif.FieldOperation, whatif.FieldArtifact, whatif.FieldStrategy, whatif.FieldApproval, whatif.FieldLimits, whatif.FieldRollback, whatif.FieldAdopt, whatif.FieldOverride,
		}), rapid.ID[string]).Draw(t, "unknown")...)
		if rapid.Bool().Draw(t, "refused") {
			r = refused(partial(r))
		}
		for _, d := range (whatif.Change{Policies: []policy.Policy{p}}).Decisions([]policy.Policy{p}, r) {
			require.Equal(t, whatif.EffectSame, d.Effect)
		}
	})
}

// What is decided with a part of the spec is decided so with all of it: nothing that is missing is guessed.
func TestDecisions_NothingIsGuessed(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		stored, changed := demanding(demands().Draw(t, "stored")), demanding(demands().Draw(t, "changed"))
		whole := accepted(func(s *release.Spec) {
			s.Strategy.Confirm = rapid.SampledFrom([]release.ConfirmMode{release.ConfirmAuto, release.ConfirmManual}).Draw(t, "confirm")
			s.Rollback.OnFailure = new(rapid.Bool().Draw(t, "back"))
			s.Adopt = rapid.SampledFrom([]string{"", "change-1"}).Draw(t, "adopt")
			if s.Adopt == "" && rapid.Bool().Draw(t, "approved") {
				s.Approval = &release.Approval{Count: rapid.IntRange(1, 2).Draw(t, "people"), Verified: rapid.Bool().Draw(t, "proven")}
			}
		})
		part := partial(whole, rapid.SliceOfDistinct(rapid.SampledFrom([]string{
			whatif.FieldArtifact, whatif.FieldStrategy, whatif.FieldApproval, whatif.FieldLimits, whatif.FieldRollback,
		}), rapid.ID[string]).Draw(t, "unknown")...)
		if rapid.Bool().Draw(t, "adopt unknown") {
			part.Unknown, part.Spec.Adopt = append(part.Unknown, whatif.FieldAdopt), ""
		}
		judge := func(r whatif.Recorded) whatif.Decision {
			return whatif.Change{Policies: []policy.Policy{changed}}.Decisions([]policy.Policy{stored}, r)[0]
		}
		full, known := judge(whole), judge(part)
		require.NotEqual(t, whatif.EffectUndecidable, full.Effect)
		if full.Effect == whatif.EffectFlip {
			require.NotEqual(t, whatif.EffectSame, known.Effect, "what flips is never called the same")
		}
		if known.Effect == whatif.EffectFlip {
			require.Equal(t, "refused", known.Would)
			require.NotEmpty(t, policy.Judge([]policy.Policy{changed}, whole.Spec, nil), "it is refused indeed")
		}
	})
}

func demands() *rapid.Generator[policy.Demands] {
	return rapid.Custom(func(t *rapid.T) (d policy.Demands) {
		if rapid.Bool().Draw(t, "images") {
			d.Images = &policy.Images{Digest: rapid.Bool().Draw(t, "digest"), Registries: []string{"registry.example"}}
		}
		if rapid.Bool().Draw(t, "approval") {
			d.Approval = &policy.Approval{Count: rapid.IntRange(1, 2).Draw(t, "count"), Verified: rapid.Bool().Draw(t, "verified")}
		}
		if rapid.Bool().Draw(t, "watch") {
			d.Watch = &policy.Watch{}
		}
		if rapid.Bool().Draw(t, "strategies") {
			d.Strategies = []release.StrategyType{release.StrategyGray}
		}
		if rapid.Bool().Draw(t, "confirm") {
			d.Confirm = release.ConfirmManual
		}
		d.RollbackOnFailure = rapid.Bool().Draw(t, "back")
		return d
	})
}

func TestReport_CountsWhatIsMissing(t *testing.T) {
	t.Parallel()
	plain := func(*release.Spec) {}
	change := whatif.Change{Policies: []policy.Policy{demanding(policy.Demands{RollbackOnFailure: true, Images: &policy.Images{Registries: []string{"registry.example"}}})}}
	report := change.Report(nil, []whatif.Recorded{
		accepted(plain), accepted(func(s *release.Spec) { s.Artifact.Image = "other.example/shop:1" }),
		partial(accepted(plain), whatif.FieldRollback), partial(accepted(plain), whatif.FieldRollback), partial(accepted(plain), whatif.FieldAdopt), refused(accepted(plain)),
	})
	require.Equal(t, "5 releases and 1 refused requests: of 6 decisions 1 would flip, 3 are undecidable (2: rollback is not in its record; 1: adopt is not in its record)", report.Summary())
	require.Len(t, report.Flips, 1)
	require.Equal(t, "artifact.image", report.Flips[0].Refusals[0].Field)
	require.Equal(t, "sae/cn-hangzhou/shop", report.Flips[0].App)
}
