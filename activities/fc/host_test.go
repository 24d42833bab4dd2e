package fc_test

import (
	"net/http"
	"strings"
	"time"

	"github.com/stretchr/testify/require"

	"slipway/activities/fc/fcworld"
	"slipway/activities/platform/platformtest"
	"slipway/fcclient"
	"slipway/fcsim"
	"slipway/release"
)

// host is a world with the harness of its driver.
type host struct {
	*fcworld.World
	*platformtest.Harness

	t platformtest.T
}

func newHost(t platformtest.T, instances int) *host {
	t.Helper()
	return hostOf(t, platformtest.Setup{Instances: instances})
}

func hostOf(t platformtest.T, s platformtest.Setup) *host {
	t.Helper()
	h := &platformtest.Harness{Platform: release.PlatformFC}
	w := fcworld.Open(t, s, platformtest.Connection{
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
	return release.Strategy{Type: release.StrategyGray, Weights: weights}
}

// rollout is a release on the application as it is now. Each has a name.
func (h *host) rollout(name string, q release.ReleaseQuestion) release.BeginRolloutInput {
	h.t.Helper()
	snap := h.snapshot(release.SnapshotInput{Release: &q})
	require.NotNil(h.t, snap.Planned)
	require.Empty(h.t, snap.Planned.Refused)
	return release.BeginRolloutInput{
		App: h.App(), Artifact: snap.Planned.Artifact, Strategy: q.Strategy, Config: q.Config, Token: release.Token(name, "rollout"), Mark: snap.Mark,
	}
}

// release begins a release.
func (h *host) release(name string, q release.ReleaseQuestion) release.Change {
	h.t.Helper()
	return must[release.Change](h, release.VerbBeginRollout, h.rollout(name, q))
}

// refusals are the reasons for which a release is refused: of its plan and, in one line, of its
// beginning, which changes nothing.
func (h *host) refusals(q release.ReleaseQuestion) string {
	h.t.Helper()
	snap := h.snapshot(release.SnapshotInput{Release: &q})
	require.NotNil(h.t, snap.Planned)
	require.NotEmpty(h.t, snap.Planned.Refused, "it would be carried out")
	changes := h.Changes
	f, text := refused(h, release.VerbBeginRollout, release.BeginRolloutInput{
		App: h.App(), Artifact: q.Artifact, Strategy: q.Strategy, Config: q.Config, Token: release.Token("r-refused", "rollout"), Mark: snap.Mark,
	})
	require.Equal(h.t, release.FaultInvalid, f)
	require.Equal(h.t, changes, h.Changes, "nothing was changed")
	require.Contains(h.t, text, snap.Planned.Refused.OneLine(), "a plan refuses what the beginning does")
	return snap.Planned.Refused.OneLine()
}

func (h *host) observe(change release.Change, seen release.Observation) release.Observation {
	h.t.Helper()
	return must[release.Observation](h, release.VerbObserve, release.ObserveInput{App: h.App(), ChangeID: change.ID, Seen: seen})
}

func (h *host) confirm(change release.Change, batch int) {
	h.t.Helper()
	must[struct{}](h, release.VerbConfirmBatch, release.ConfirmBatchInput{App: h.App(), ChangeID: change.ID, Batch: batch})
}

func (h *host) abort(change release.Change) {
	h.t.Helper()
	must[release.AbortRolloutResult](h, release.VerbAbortRollout, release.AbortRolloutInput{App: h.App(), ChangeID: change.ID})
}

// alias reads the alias past the driver.
func (h *host) alias() fcclient.Alias {
	h.t.Helper()
	out, err := h.Client.GetAlias(h.t.Context(), &fcclient.GetAliasInput{ServiceName: fcworld.Service, AliasName: fcworld.Alias})
	require.NoError(h.t, err)
	return out.Alias
}

// function reads the function of a version, or of LATEST.
func (h *host) function(version string) fcclient.Function {
	h.t.Helper()
	in := &fcclient.GetFunctionInput{ServiceName: fcworld.Service, FunctionName: fcworld.Function}
	if version != "" {
		in.Qualifier = &version
	}
	out, err := h.Client.GetFunction(h.t.Context(), in)
	require.NoError(h.t, err)
	return out.Function
}

// image is the artifact with a number.
func (h *host) image(n int) release.ReleaseQuestion {
	return release.ReleaseQuestion{Artifact: h.Artifact(n), Strategy: all()}
}

// on lets something happen right before the driver's next call of a method to a path that ends so.
func (h *host) on(method, suffix string, do func()) {
	h.OnCall = func(_ int, r *http.Request) (*http.Response, func(string) string) {
		if do != nil && r.Method == method && strings.HasSuffix(r.URL.Path, suffix) {
			happens := do
			do = nil
			happens()
		}
		return nil, nil
	}
}

// fault is an error that the platform answers an update with, which quotes what it was sent.
func fault(code string) fcsim.Fault {
	return fcsim.Fault{
		Kind: fcsim.FaultError, Operation: "UpdateFunction", Code: code, Count: -1,
		Message: `cannot set {"TEXT":"` + platformtest.Secret + `"}`,
	}
}

// edit changes the answers of a method.
func (h *host) edit(method, from, to string) {
	h.OnCall = func(_ int, r *http.Request) (*http.Response, func(string) string) {
		if r.Method != method {
			return nil, nil
		}
		return nil, func(text string) string { return strings.ReplaceAll(text, from, to) }
	}
}
