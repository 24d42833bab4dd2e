package release

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// filler sets every field of a value, those that are added in the future included.
type filler struct {
	text string
	list int
}

func (f filler) fill(v reflect.Value) {
	if v.Type() == reflect.TypeFor[json.RawMessage]() {
		text, _ := json.Marshal(f.text) //nolint:errchkjson // a text always encodes
		v.SetBytes(text)
		return
	}
	switch v.Kind() { //nolint:exhaustive // what a progress consists of
	case reflect.String:
		v.SetString("word")
		if v.Type() == reflect.TypeFor[string]() {
			v.SetString(f.text)
		}
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int64:
		v.SetInt(1 << 31)
	case reflect.Uint64:
		v.SetUint(1 << 63)
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		f.fill(v.Elem())
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), f.list, f.list))
		for i := range f.list {
			filler{f.text, (f.list + 3) / 4}.fill(v.Index(i))
		}
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[time.Time]() {
			v.Set(reflect.ValueOf(time.Date(2026, 11, 2, 8, 0, 0, 123456789, time.UTC)))
			return
		}
		for _, field := range v.Fields() {
			f.fill(field)
		}
	default:
		panic("a field of a kind that is not filled here: " + v.Type().String()) //nolint:forbidigo // the test must be taught it
	}
}

func drawn(t *rapid.T) filler {
	f := filler{list: rapid.IntRange(0, 12).Draw(t, "list")}
	size := rapid.IntRange(0, 2000).Draw(t, "text")
	if rapid.Bool().Draw(t, "only long lists") {
		size, f.list = size/100, f.list*10
	}
	f.text = strings.Repeat(rapid.SampledFrom([]string{"a", `"`, "<", "\n", "\x00", "版", "\u2028", "\xff"}).Draw(t, "rune"), size)
	return f
}

// largestApp is an application with the longest names that a request may give.
func largestApp() App {
	return App{Platform: PlatformSAE, Region: strings.Repeat("r", MaxWord), ID: strings.Repeat("i", MaxID), Qualifier: strings.Repeat("q", MaxID)}
}

// Everything that a progress can consist of, in any size.
func TestFit_EveryProgressCanBeTold(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var p Progress
		drawn(t).fill(reflect.ValueOf(&p).Elem())
		p.ReleaseID, p.App, p.Cut = "r-mjnxgs3lpfxg2zlo", largestApp(), Cut{}
		for i := range p.ScalingRules {
			p.ScalingRules[i].Restored, p.ScalingRules[i].Gone = rapid.Bool().Draw(t, "restored"), false
			if p.ScalingRules[i].Restored {
				p.ScalingRules[i].Kept = nil
			}
		}
		before := encodedOf(t, p)
		for _, size := range []int{MaxTold, MaxAnswer} {
			kept := p.Fit(size)
			require.LessOrEqual(t, encodedSize(kept), size)
			require.True(t, before == encodedOf(t, p), "what is given is not changed")
			requireWhatMatters(t, p, kept)
			require.Equal(t, ShortenEncoded(p.Reason, max(minToldReason, size/reasonPart)), kept.Reason)
			require.True(t, encodedOf(t, kept) == encodedOf(t, kept.Fit(size)), "what fits is not cut again")
		}
	})
}

// The largest that each text can be, which chance hits rarely.
func TestFit_TheLargestCanBeTold(t *testing.T) {
	t.Parallel()
	for _, char := range []string{"a", `"`, "<", "版"} {
		for length := 1; length < 2*maxToldName*6; length += 1 + length/30 {
			var p Progress
			filler{strings.Repeat(char, length), 8}.fill(reflect.ValueOf(&p).Elem())
			p.ReleaseID, p.App, p.Cut = "r-mjnxgs3lpfxg2zlo", largestApp(), Cut{}
			for i := range p.ScalingRules {
				p.ScalingRules[i].Restored, p.ScalingRules[i].Gone = false, false
			}
			kept := p.Fit(MaxAnswer)
			require.LessOrEqual(t, encodedSize(kept), MaxAnswer, "%d times %q", length, char)
			requireWhatMatters(t, p, kept)
		}
	}
}

func encodedOf(t require.TestingT, value any) string {
	data, err := json.Marshal(value)
	require.NoError(t, err)
	return string(data)
}

// requireWhatMatters requires what a receiver needs, and that the rest was counted.
func requireWhatMatters(t require.TestingT, whole, kept Progress) {
	require.Equal(t, []any{whole.ReleaseID, whole.Transition, whole.App, whole.Operation, whole.Phase, whole.Outcome, whole.Paused},
		[]any{kept.ReleaseID, kept.Transition, kept.App, kept.Operation, kept.Phase, kept.Outcome, kept.Paused})
	require.Equal(t, whole.Awaiting.bounded(), kept.Awaiting)
	require.Equal(t, []time.Time{whole.StartedAt, whole.EndedAt}, []time.Time{kept.StartedAt, kept.EndedAt})
	require.Equal(t, whole.Runs == nil, kept.Runs == nil, "nil is that nobody knows")
	if !kept.Cut.Artifact {
		require.Equal(t, whole.Artifact, kept.Artifact)
		if whole.Runs != nil {
			require.Equal(t, whole.Runs.Artifact, kept.Runs.Artifact)
		}
	}
	cut := kept.Cut
	require.Equal(t, len(whole.ScalingRules), len(kept.ScalingRules)+cut.Rules+cut.Held)
	require.Equal(t, len(whole.Decisions), len(kept.Decisions)+cut.Decisions)
	require.Equal(t, len(whole.Batches), len(kept.Batches)+cut.Batches)
	require.Equal(t, len(whole.Gates), len(kept.Gates)+cut.Gates)
	require.Equal(t, samplesOf(whole), samplesOf(kept)+cut.Samples)
}

func samplesOf(p Progress) (n int) {
	for _, g := range p.Gates {
		n += len(g.Samples)
	}
	return n
}

// Whatever may be asked for is told whole where it matters: the artifact, every batch of an
// ordinary strategy and what is held.
func TestFit_ALongReleaseIsToldWithWhatMatters(t *testing.T) {
	t.Parallel()
	p := Progress{
		ReleaseID: "r-mjnxgs3lpfxg2zlo", App: largestApp(), Phase: PhaseSucceeded, Outcome: PhaseSucceeded,
		Artifact:   Artifact{Package: &Package{URL: "https://x.example/" + strings.Repeat("&", MaxAddress-20), Version: "1"}},
		RollbackTo: &Version{ID: "v-1", Artifact: Artifact{Image: strings.Repeat("i", MaxText)}},
	}
	for n := range 18 {
		p.Batches = append(p.Batches, Batch{Number: n + 1, State: BatchConfirmed})
		for g := range maxGates {
			p.Gates = append(p.Gates, GateResult{Name: fmt.Sprint("gate-", g), Batch: n + 1, Samples: make([]Sample, 10), Reason: strings.Repeat("r", 200)})
		}
	}
	for range 200 {
		p.Decisions = append(p.Decisions, Decision{Kind: CommandPause, By: "ann", Note: strings.Repeat("n", MaxWords)})
	}
	for range 20 {
		p.ScalingRules = append(p.ScalingRules, HeldRule{Name: "rule", Suspended: true})
	}
	kept := p.Fit(MaxTold)
	require.LessOrEqual(t, encodedSize(kept), MaxTold)
	require.Equal(t, p.Artifact, kept.Artifact)
	require.Equal(t, p.RollbackTo, kept.RollbackTo)
	require.Equal(t, p.Batches, kept.Batches)
	require.Equal(t, p.ScalingRules, kept.ScalingRules)
	require.Equal(t, p.Gates[len(p.Gates)-1].Batch, kept.Gates[len(kept.Gates)-1].Batch, "the latest verdicts stay")
	require.Positive(t, kept.Cut.Samples)
	require.Positive(t, kept.Cut.Decisions)
}

// The largest set that may be asked for, with every text as long as it gets.
func TestFit_EverySetCanBeTold(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		f := drawn(t)
		var p SetProgress
		f.fill(reflect.ValueOf(&p).Elem())
		p.SetID, p.Name, p.Cut, p.Waves = "s-mjnxgs3lpfxg2zlo", "checkout", Cut{}, nil
		for n := range MaxWaves {
			p.Waves = append(p.Waves, WaveProgress{Number: n + 1, Name: strings.Repeat("n", 40)})
		}
		for n := range MaxSetReleases {
			var s SetStanding
			f.fill(reflect.ValueOf(&s).Elem())
			s.Name, s.App, s.RollbackTo = strings.Repeat("n", 40), largestApp(), strings.Repeat("v", MaxID)
			s.Run.ReleaseID, s.Rollback.ReleaseID = "r-s-mjnxgs3lpfxg2zlo", "r-s-mjnxgs3lpfxg2zlo"
			w := &p.Waves[n%MaxWaves]
			w.Releases = append(w.Releases, s)
		}
		before := encodedOf(t, p)
		kept := p.Fit(MaxTold)
		require.LessOrEqual(t, encodedSize(kept), MaxTold)
		require.True(t, before == encodedOf(t, p), "what is given is not changed")
		require.Equal(t, p.Outcomes(), kept.Outcomes())
		require.Equal(t, len(p.Decisions), len(kept.Decisions)+kept.Cut.Decisions)
	})
}

func TestFit_WhatFitsIsToldWhole(t *testing.T) {
	t.Parallel()
	var p Progress
	filler{"text", 4}.fill(reflect.ValueOf(&p).Elem())
	p.Cut = Cut{}
	require.Equal(t, p, p.Fit(MaxTold))
	var s SetProgress
	filler{"text", 4}.fill(reflect.ValueOf(&s).Elem())
	require.Equal(t, s, s.Fit(MaxTold))
}

// A word that may be said once must stay, or it would count again.
func TestFit_WhatAReleaseCarriesAlong(t *testing.T) {
	t.Parallel()
	var p Progress
	said := func(d Decision) {
		p.Decisions = append(p.Decisions, d)
		p.Prune()
	}
	said(Decision{Kind: CommandConfirm, Batch: 1})
	said(Decision{Kind: CommandOverride})
	for n := range 150 {
		said(Decision{Kind: CommandPause, Batch: n})
	}
	said(Decision{Kind: CommandAbort})
	require.Len(t, p.Decisions, 103)
	require.Equal(t, 50, p.Cut.Decisions)
	require.Equal(t, []CommandKind{CommandConfirm, CommandOverride, CommandPause}, []CommandKind{p.Decisions[0].Kind, p.Decisions[1].Kind, p.Decisions[2].Kind})
	require.Equal(t, 50, p.Decisions[2].Batch, "the oldest went")
	require.Equal(t, CommandAbort, p.Decisions[102].Kind)

	const taken = 300
	for n := range taken {
		p.Gates = append(p.Gates, GateResult{Batch: n, Samples: make([]Sample, 10)})
		p.Prune()
	}
	require.Len(t, p.Gates, 200)
	require.Equal(t, taken-1, p.Gates[199].Batch)
	require.Empty(t, p.Gates[159].Samples)
	require.Len(t, p.Gates[160].Samples, 10)
	require.Equal(t, Cut{Decisions: 50, Gates: 100, Samples: taken*10 - 400}, p.Cut)
}

func TestFit_KeepOf(t *testing.T) {
	t.Parallel()
	odd := func(n int) bool { return n%2 == 1 }
	for n, want := range map[int][]int{
		9: {1, 2, 3, 4, 5}, 5: {1, 2, 3, 4, 5}, 4: {2, 3, 4, 5}, 3: {2, 4, 5}, 2: {2, 4}, 1: {4}, 0: {},
	} {
		list := []int{1, 2, 3, 4, 5}
		kept, dropped := keepOf(list, n, 10, odd)
		require.Equal(t, want, kept, n)
		require.Equal(t, 10+5-len(want), dropped, n)
		require.Equal(t, []int{1, 2, 3, 4, 5}, list)
	}
}
