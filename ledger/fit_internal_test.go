package ledger

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"slipway/release"
)

// sizes say how large a progress is made.
type sizes struct {
	// text is the number of runes of each text, list the number of entries of each list; a list
	// in a list has a quarter of it.
	text, list int
	rune       rune
}

// filled returns a progress in which every field is set, those that are added to it in the
// future included.
func (s sizes) filled() release.Progress {
	var p release.Progress
	s.fill(reflect.ValueOf(&p).Elem())
	p.ReleaseID, p.App, p.Cut = "r-a", shop(), release.Cut{}
	return p
}

func (s sizes) fill(v reflect.Value) {
	if v.Type() == reflect.TypeFor[json.RawMessage]() {
		v.SetBytes([]byte(`"` + strings.Repeat("<", s.text) + `"`))
		return
	}
	switch v.Kind() { //nolint:exhaustive // what a progress consists of
	case reflect.String:
		if v.Type() == reflect.TypeFor[string]() {
			v.SetString(strings.Repeat(string(s.rune), s.text))
		} else { // a word of ours, such as a phase
			v.SetString("word")
		}
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int64:
		v.SetInt(1 << 31)
	case reflect.Uint64:
		v.SetUint(1 << 63)
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		s.fill(v.Elem())
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), s.list, s.list))
		inner := s
		inner.list = (s.list + 3) / 4
		for i := range s.list {
			inner.fill(v.Index(i))
		}
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[time.Time]() {
			v.Set(reflect.ValueOf(at(1).Add(123456789)))
			return
		}
		for _, field := range v.Fields() {
			s.fill(field)
		}
	default:
		panic("a field of a kind that is not filled here: " + v.Type().String()) //nolint:forbidigo // the test must be taught it
	}
}

// Everything that a progress can consist of, in any size.
func TestFit_EveryProgressFits(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := sizes{
			text: rapid.IntRange(0, 1200).Draw(t, "text"), list: rapid.IntRange(0, 12).Draw(t, "list"),
			rune: rapid.SampledFrom([]rune{'a', '"', '<', '\n', 0, '版', '\u2028', 0xFFFD}).Draw(t, "rune"),
		}
		if rapid.Bool().Draw(t, "only long lists") {
			s.text, s.list = s.text/100, s.list*8
		}
		r := Record{ReleaseID: "r-a", App: shop()}.reported(Report{Progress: s.filled(), Transition: 3})
		r.Identity = Identity{Source: strings.Repeat(string(s.rune), s.text), EventID: strings.Repeat(string(s.rune), s.text), Digest: "sha256:one"}
		r.SetID, r.RequestedBy, r.RequestedAt, r.Sequence = strings.Repeat("s", s.text), strings.Repeat(string(s.rune), s.text), at(0), 7
		r.Outcome = rapid.SampledFrom([]release.Phase{"", release.PhaseNeedsAttention, release.PhaseAborted}).Draw(t, "outcome")
		for i := range r.Progress.ScalingRules {
			rule := &r.Progress.ScalingRules[i]
			rule.Name = fmt.Sprint("rule-", i)
			rule.Restored, rule.Gone = rapid.Bool().Draw(t, "restored"), false
		}
		before := clone(t, r)
		kept, value, err := r.fit()
		require.NoError(t, err)
		require.LessOrEqual(t, len(value), MaxRecord)
		requireKept(t, r, kept)
		require.Equal(t, before, clone(t, r), "what is given is not changed")

		paid, value, err := kept.paid(Payment{All: rapid.Bool().Draw(t, "paid"), By: strings.Repeat("b", s.text)}).fit()
		require.NoError(t, err)
		require.LessOrEqual(t, len(value), MaxRecord)
		if len(paid.Paid) > 0 {
			require.True(t, paid.Held.Empty())
		}
		key, err := keyOf(shop(), "r-a")
		require.NoError(t, err)
		again, err := decode[Record](key, value, time.Time{})
		require.NoError(t, err)
		_, second, err := again.fit()
		require.NoError(t, err)
		require.Equal(t, string(value), string(second), "what fits is not cut again")
	})
}

// A text of control characters is six times as long as encoded: the worst that there can be.
func TestFit_TheWorstFits(t *testing.T) {
	t.Parallel()
	for _, list := range []int{0, 1, 12, 96} {
		s := sizes{text: 1200, list: list}
		r := Record{ReleaseID: "r-a", App: shop()}.reported(Report{Progress: s.filled(), Transition: 3})
		long := strings.Repeat("\x00", s.text)
		r.Identity = Identity{Source: long, EventID: long, Digest: long}
		r.SetID, r.RequestedBy = long, long
		_, value, err := r.fit()
		require.NoError(t, err)
		require.LessOrEqual(t, len(value), MaxRecord)
	}
}

// clone returns a copy through the encoding, which shares nothing.
func clone(t require.TestingT, r Record) string {
	value, err := json.Marshal(r)
	require.NoError(t, err)
	return string(value)
}

// requireKept requires of a record that was cut what must be kept, and that the rest was
// counted.
func requireKept(t require.TestingT, whole, kept Record) {
	require.Equal(t, whole.ReleaseID, kept.ReleaseID)
	require.Equal(t, whole.App, kept.App)
	require.Equal(t, whole.Identity.Digest, kept.Identity.Digest)
	requireBegins(t, whole.Identity.Source, kept.Identity.Source, maxSource)
	requireBegins(t, whole.Identity.EventID, kept.Identity.EventID, maxSource)
	require.Equal(t, []any{whole.Outcome, whole.Accepted, whole.Transition, whole.Sequence, whole.RequestedAt, whole.StartedAt, whole.EndedAt},
		[]any{kept.Outcome, kept.Accepted, kept.Transition, kept.Sequence, kept.RequestedAt, kept.StartedAt, kept.EndedAt})
	require.Equal(t, whole.Progress.Phase, kept.Progress.Phase)
	requireBegins(t, whole.Progress.Reason, kept.Progress.Reason, maxReason)
	requireBegins(t, whole.Progress.ChangeID, kept.Progress.ChangeID, maxName)
	if !kept.Cut.Artifact {
		require.Equal(t, whole.Artifact, kept.Artifact)
		require.Equal(t, whole.Progress.RollbackTo.Artifact, kept.Progress.RollbackTo.Artifact)
	}

	held := whole.held()
	require.Equal(t, len(held.ScalingRules), len(kept.Held.ScalingRules)+kept.Held.More)
	require.Equal(t, held.ScalingRules[:len(kept.Held.ScalingRules)], kept.Held.ScalingRules)
	require.Equal(t, held.Traffic, kept.Held.Traffic)
	require.Equal(t, held.ChangeID == "", kept.Held.ChangeID == "")

	all, p, cut := whole.Progress, kept.Progress, kept.Cut
	require.Equal(t, len(all.ScalingRules), len(p.ScalingRules)+cut.Rules+cut.Held)
	require.Equal(t, len(all.Decisions), len(p.Decisions)+cut.Decisions)
	require.Equal(t, len(all.Batches), len(p.Batches)+cut.Batches)
	require.Equal(t, len(all.Gates), len(p.Gates)+cut.Gates)
	require.Equal(t, samples(all), samples(p)+cut.Samples)
	require.Equal(t, len(all.Strategy.Gates) > 0, len(p.Strategy.Gates) > 0 || cut.Strategy)
}

func requireBegins(t require.TestingT, whole, kept string, limit int) {
	if release.EncodedLen(whole) <= limit {
		require.Equal(t, whole, kept)
		return
	}
	begin, cut := strings.CutSuffix(kept, "…")
	require.True(t, cut, kept)
	require.True(t, strings.HasPrefix(whole, begin))
	require.Greater(t, release.EncodedLen(kept), limit-10, "no more than needed is cut")
}

func samples(p release.Progress) (n int) {
	for _, g := range p.Gates {
		n += len(g.Samples)
	}
	return n
}

// The rules of a platform have short names: all of them are named, however large the rest.
func TestFit_AllHeldRulesAreNamed(t *testing.T) {
	t.Parallel()
	p := sizes{text: 1200, list: 12, rune: 'a'}.filled()
	p.ScalingRules = nil
	for i := range 80 {
		p.ScalingRules = append(p.ScalingRules, release.HeldRule{Name: fmt.Sprintf("rule-of-thirty-two-characters-%02d", i), Suspended: true, Revision: "0123456789abcdef"})
	}
	p.Phase, p.Outcome, p.Traffic = release.PhaseRollingOut, "", &release.TrafficState{Applied: true}
	r, _, err := Record{ReleaseID: "r-a", App: shop()}.reported(Report{Progress: p}).fit()
	require.NoError(t, err)
	require.Len(t, r.Held.ScalingRules, 80)
	require.Len(t, r.Progress.ScalingRules, 80)
	require.Equal(t, "0123456789abcdef", r.Progress.ScalingRules[79].Revision)
	require.Zero(t, r.Held.More)
	require.True(t, r.Held.Traffic)
}

func TestFit_WhatFitsIsKeptWhole(t *testing.T) {
	t.Parallel()
	p := sizes{text: release.MaxConfigDigest, list: 4, rune: 'a'}.filled()
	r := Record{ReleaseID: "r-a", App: shop()}.reported(Report{Progress: p})
	kept, _, err := r.fit()
	require.NoError(t, err)
	require.Equal(t, p, kept.Progress)
	require.Zero(t, kept.Cut)
}

func TestFit_ALongReleaseKeepsWhatMatters(t *testing.T) {
	t.Parallel()
	p := progress(release.PhaseRollingOut)
	p.Strategy.Gates = []release.Gate{{Name: "up"}}
	for n := range 20 {
		g := release.GateResult{Name: "up", Batch: n + 1, Verdict: release.VerdictPass, Reason: "100 of 100 samples passed"}
		for range 100 {
			g.Samples = append(g.Samples, release.Sample{At: at(n), Verdict: release.VerdictPass, Value: "200"})
		}
		p.Gates = append(p.Gates, g)
		p.Batches = append(p.Batches, release.Batch{Number: n + 1, State: release.BatchConfirmed, StartedAt: at(n), EndedAt: at(n)})
		p.Decisions = append(p.Decisions, release.Decision{Kind: release.CommandConfirm, Batch: n + 1, By: "mei", At: at(n)})
	}
	for range 200 {
		p.Decisions = append(p.Decisions, release.Decision{Kind: release.CommandResume, By: "script", At: at(30), Refused: "the release is not paused: it is RollingOut"})
	}
	for n := range 300 {
		p.Batches = append(p.Batches, release.Batch{Number: n + 21, State: release.BatchPending})
	}
	r, value, err := Record{ReleaseID: "r-a", App: shop()}.reported(Report{Progress: p}).fit()
	require.NoError(t, err)
	require.LessOrEqual(t, len(value), MaxRecord)
	require.Len(t, r.Progress.Gates, 20, "every verdict")
	require.Equal(t, p.Decisions[:20], r.Progress.Decisions[:20], "every word that counted")
	require.Equal(t, p.Batches[:20], r.Progress.Batches[:20], "every batch that has begun")
	require.Equal(t, p.Decisions[219], r.Progress.Decisions[len(r.Progress.Decisions)-1])
	require.Positive(t, r.Cut.Decisions)
	require.Positive(t, r.Cut.Samples)
}

func TestFit_AnArtifactIsKeptWholeOrNotAtAll(t *testing.T) {
	t.Parallel()
	p := progress(release.PhaseSucceeded)
	p.Artifact = release.Artifact{Package: &release.Package{URL: "https://x/" + strings.Repeat("a", 200<<10), Version: "1"}}
	r, _, err := Record{ReleaseID: "r-a", App: shop(), Artifact: p.Artifact}.reported(Report{Progress: p}).fit()
	require.NoError(t, err)
	require.Zero(t, r.Artifact)
	require.Zero(t, r.Progress.Artifact)
	require.True(t, r.Cut.Artifact)
	good, bad := lastGood([]Record{r}, release.Version{Artifact: image("1")}, nil)
	require.Empty(t, good)
	require.Empty(t, bad)
}

// Everything that is always kept, at its bound, and more rules than anybody has.
func TestFit_TheLargestRecordFits(t *testing.T) {
	t.Parallel()
	p := sizes{text: 1200, list: 12, rune: 'a'}.filled()
	p.ScalingRules = slices.Repeat(p.ScalingRules, 9)[:100]
	p.Phase, p.Outcome, p.Traffic.Cleared, p.Traffic.Note = release.PhaseNeedsAttention, release.PhaseNeedsAttention, false, ""
	p.Artifact = release.Artifact{Image: strings.Repeat("i", maxArtifact)}
	p.RollbackTo.Artifact = p.Artifact
	for i := range p.ScalingRules {
		rule := &p.ScalingRules[i]
		rule.Name, rule.Owed, rule.Restored, rule.Gone = fmt.Sprintf("%0200d", i)[100:], "", false, false
	}
	app := release.App{Platform: "sae", Region: "cn-hangzhou", ID: strings.Repeat("a", maxApp-len("sae/cn-hangzhou/"))}
	p.App = app
	r := Record{
		ReleaseID: "r-" + strings.Repeat("a", maxID-2), App: app, Lost: strings.Repeat("l", maxReason),
		Identity: Identity{Source: strings.Repeat("s", maxSource), EventID: strings.Repeat("e", maxSource), Digest: release.Spec{}.Digest()},
		SetID:    strings.Repeat("s", maxName), RequestedBy: strings.Repeat("r", maxName),
		Artifact: p.Artifact, Outcome: p.Outcome, Transition: 1 << 63, Progress: p,
	}
	for i := range 100 {
		name := fmt.Sprintf("%0200d", 1000+i)[100:]
		r.Paid = append(r.Paid, Payment{Rules: []string{name}, ChangeID: name, By: strings.Repeat("b", maxName), At: at(1), Note: strings.Repeat("n", maxName)})
	}
	kept, value, err := r.fit()
	require.NoError(t, err)
	require.LessOrEqual(t, len(value), MaxRecord)
	require.GreaterOrEqual(t, len(value), MaxRecord*3/4, "the bounds leave no room unused that could hold more")
	require.Equal(t, p.Artifact, kept.Artifact)
	require.Len(t, kept.Held.ScalingRules, 24)
	require.Equal(t, 76, kept.Held.More)
	require.True(t, kept.Owes())
}
