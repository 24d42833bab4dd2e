package ledgertest_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"slipway/ledger"
	"slipway/release"
)

// deed is one thing that somebody does about a release.
type deed struct {
	what   string
	tag    string // of the image asked for
	phase  release.Phase
	number uint64
}

func deeds() *rapid.Generator[deed] {
	return rapid.Custom(func(t *rapid.T) deed {
		return deed{
			what:   rapid.SampledFrom([]string{"create", "create", "accept", "update", "update", "update", "lose", "pay"}).Draw(t, "what"),
			tag:    rapid.SampledFrom([]string{"1", "1", "2"}).Draw(t, "tag"),
			phase:  rapid.SampledFrom(release.Phases()).Draw(t, "phase"),
			number: rapid.Uint64Range(0, 4).Draw(t, "number"),
		}
	})
}

// do does it, and reports whether it has created the record.
func (d deed) do(ctx context.Context, l *ledger.Ledger, id string) (created bool, err error) {
	switch d.what {
	case "create":
		_, created, err = l.Create(ctx, asked(id, d.tag, 0))
		if errors.As(err, new(*ledger.ConflictError)) {
			err = nil
		}
	case "accept":
		err = l.Accept(ctx, app("shop"), id)
	case "update":
		err = l.Update(ctx, ledger.Report{Progress: progress(id, d.tag, d.phase), Transition: d.number})
	case "lose":
		err = l.MarkLost(ctx, app("shop"), id, ledger.Loss{How: "terminated", At: at(5)})
	case "pay":
		err = l.Pay(ctx, app("shop"), id, ledger.Payment{Rules: []string{"cpu"}, By: d.tag, At: at(6)})
	}
	if errors.Is(err, ledger.ErrNotFound) {
		err = nil
	}
	return created, err
}

// Several do what they like about one release at the same time, in any order. One creates its
// record at most; no state that was ever stored goes back behind the one before.
func TestTogether_SeveralAtTheSameTime(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.rememberEverything(t)
	runs := 0
	rapid.Check(t, func(rt *rapid.T) {
		runs++
		id := fmt.Sprintf("r-%d", runs)
		all := rapid.SliceOfN(rapid.SliceOfN(deeds(), 1, 5), 2, 5).Draw(rt, "deeds of each")
		var creators atomic.Int32
		problems := make([]error, len(all))
		var group sync.WaitGroup
		for i, each := range all {
			group.Go(func() {
				for _, d := range each {
					created, err := d.do(t.Context(), h.ledger, id)
					problems[i] = errors.Join(problems[i], err)
					if created {
						creators.Add(1)
					}
				}
			})
		}
		group.Wait()
		require.NoError(rt, errors.Join(problems...))
		states, err := h.states(t.Context(), id)
		require.NoError(rt, err)
		requireForward(rt, states)
		require.LessOrEqual(rt, creators.Load(), int32(1))
		if len(states) > 0 && states[0].Identity.Digest != "" {
			require.EqualValues(rt, 1, creators.Load(), "who creates it is told so")
		}
	})
}

// rememberEverything lets the bucket keep old values, so that a test can look at them.
func (h *house) rememberEverything(t *testing.T) {
	t.Helper()
	s, err := h.js.Stream(t.Context(), "KV_"+ledger.Bucket)
	require.NoError(t, err)
	cfg := s.CachedInfo().Config
	cfg.MaxMsgsPerSubject = 64
	_, err = h.js.UpdateStream(t.Context(), cfg)
	require.NoError(t, err)
}

// states are all values that the record of a release ever had, in their order.
func (h *house) states(ctx context.Context, id string) ([]ledger.Record, error) {
	kv, err := h.js.KeyValue(ctx, ledger.Bucket)
	if err != nil {
		return nil, err
	}
	entries, err := kv.History(ctx, "*."+id)
	if errors.Is(err, jetstream.ErrKeyNotFound) {
		return nil, nil
	}
	var states []ledger.Record
	for _, entry := range entries {
		var r ledger.Record
		if err := json.Unmarshal(entry.Value(), &r); err != nil {
			return nil, err
		}
		states = append(states, r)
	}
	return states, err
}

// requireForward requires that each state may follow the one before.
func requireForward(t *rapid.T, states []ledger.Record) {
	for i, after := range states {
		before := states[max(0, i-1)]
		if before.Identity.Digest != "" {
			require.Equal(t, before.Identity, after.Identity)
		}
		require.True(t, !before.Accepted || after.Accepted)
		require.GreaterOrEqual(t, after.Transition, before.Transition)
		if before.Ended() {
			require.Equal(t, before.Outcome, after.Outcome)
			require.Equal(t, before.Outcome, after.Progress.Outcome)
		}
		require.True(t, before.Lost == "" || after.Lost == before.Lost)
		require.GreaterOrEqual(t, len(after.Paid), len(before.Paid))
		if len(after.Paid) > 0 {
			require.NotContains(t, after.Held.ScalingRules, "cpu")
		}
	}
}
