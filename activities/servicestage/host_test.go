package servicestage_test

import (
	"net/http"
	"strings"
	"time"

	"github.com/stretchr/testify/require"

	"slipway/activities/platform/platformtest"
	"slipway/activities/servicestage/servicestageworld"
	"slipway/release"
)

// host is a world with the harness of its driver.
type host struct {
	*servicestageworld.World
	*platformtest.Harness

	t platformtest.T
}

// instances is how many instances the component of a host has.
const instances = 4

func newHost(t platformtest.T) *host {
	t.Helper()
	return hostOf(t, servicestageworld.Form{MissingIsUnauthorized: true})
}

func hostOf(t platformtest.T, f servicestageworld.Form) *host {
	t.Helper()
	traits := servicestageworld.Platform(f).Traits
	h := &platformtest.Harness{Platform: traits.Platform}
	w := servicestageworld.Open(t, f, platformtest.Setup{Instances: instances}, platformtest.Connection{
		Transport: h, Guard: h.Guard, Now: h.Now, Start: time.Date(2026, 11, 2, 8, 0, 0, 0, time.UTC),
	})
	h.Driver, h.Clock, h.Mutates, h.Declined = w.Driver(), w, w.Mutates, w.Declined
	t.Cleanup(func() {
		for _, text := range h.Said() {
			require.NotContains(t, text, platformtest.Secret, "a secret was told")
		}
	})
	return &host{World: w, Harness: h, t: t}
}

// must carries a verb out that has to succeed.
func must[Out, In any](h *host, v release.Verb, in In) Out {
	h.t.Helper()
	out, err := platformtest.Do[Out](h.Harness, v, in)
	require.NoError(h.t, err, string(v))
	return out
}

// refused carries a verb out that has to fail.
func refused[In any](h *host, v release.Verb, in In) (release.Fault, string) {
	h.t.Helper()
	_, err := platformtest.Do[struct{}](h.Harness, v, in)
	require.Error(h.t, err)
	return platformtest.FaultOf(err), err.Error()
}

func (h *host) snapshot(in release.SnapshotInput) release.Snapshot {
	h.t.Helper()
	in.App = h.App()
	return must[release.Snapshot](h, release.VerbSnapshot, in)
}

func all() release.Strategy { return release.Strategy{Type: release.StrategyAll} }

func gray(weights ...int) release.Strategy {
	return release.Strategy{Type: release.StrategyGray, Gray: 1, Batches: 2, Weights: weights}
}

// rollout is a release on the component as it is now. Each has a name.
func (h *host) rollout(name string, q release.ReleaseQuestion) release.BeginRolloutInput {
	h.t.Helper()
	snap := h.snapshot(release.SnapshotInput{Release: &q})
	require.NotNil(h.t, snap.Planned)
	require.Empty(h.t, snap.Planned.Refused)
	return release.BeginRolloutInput{
		App: h.App(), Artifact: snap.Planned.Artifact, Strategy: q.Strategy, Config: q.Config, Token: release.Token(name, "rollout"), Mark: snap.Mark,
	}
}

// named is the ID of a release with a strategy.
func named(s release.Strategy) string { return "r-" + string(s.Type) }

// begin begins a release of an artifact, and lets no time pass.
func (h *host) begin(n int, s release.Strategy) release.Change {
	h.t.Helper()
	in := h.rollout(named(s), release.ReleaseQuestion{Artifact: h.Artifact(n), Strategy: s})
	change, err := platformtest.Try[release.Change](h.Harness, release.VerbBeginRollout, in)
	require.NoError(h.t, err)
	return change
}

// look observes a change once, as it is now: what is not new to somebody who has seen nothing.
func (h *host) look(change release.Change) release.Observation {
	h.t.Helper()
	seen, err := platformtest.Try[release.Observation](h.Harness, release.VerbObserve, release.ObserveInput{App: h.App(), ChangeID: change.ID})
	require.NoError(h.t, err)
	return seen
}

// pass lets enough time go by on the platform that every job has ended.
func (h *host) pass() {
	h.t.Helper()
	_, err := h.Advance(time.Minute)
	require.NoError(h.t, err)
}

// edit changes the answers of all calls that read.
func (h *host) edit(from, to string) {
	h.OnCall = func(_ int, r *http.Request) (*http.Response, func(string) string) {
		if r.Method != http.MethodGet {
			return nil, nil
		}
		return nil, func(text string) string { return strings.ReplaceAll(text, from, to) }
	}
}
