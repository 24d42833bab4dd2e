package systemtest_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"slipway/devstack/scenario"
	"slipway/devstack/stack"
	"slipway/internal/documents"
	"slipway/ledger"
	"slipway/policy"
	"slipway/release"
	"slipway/releases"
	"slipway/wire"
)

// TestPolicy_IsToldInPlansAndRecorded: what a policy refuses stands in the plan and in the dead letter, in the same
// words; the release that passes over it tells so to the end, in its events, its record and on the screen.
func TestPolicy_IsToldInPlansAndRecorded(t *testing.T) {
	t.Parallel()
	h := start(t, stack.Config{})
	app := h.app()
	_, err := policy.NewStore(h.JetStream).Apply(h.ctx, policy.Policy{
		Name: "digests", Scopes: []string{app.SearchValue()}, Demands: policy.Demands{Images: &policy.Images{Digest: true}},
	}, documents.Edit[policy.Policy]{Expected: documents.Any})
	require.NoError(t, err)
	cli := &commandLine{house: h, binary: slipwayBinary(t)}
	plan := cli.plan(2, "plan", "-f", cli.releaseFile(app, "{type: all}"))
	require.Len(t, plan.Refusals, 1)
	require.Equal(t, "artifact.image", plan.Refusals[0].Field)
	require.Contains(t, plan.Refusals[0].Reason, "policy digests demands an image by its digest")

	// A set is planned release by release, and so is what the policies refuse of it.
	file := filepath.Join(t.TempDir(), "set.yaml")
	require.NoError(t, os.WriteFile(file, fmt.Appendf(nil, `{"apiVersion": "slipway.dev/v1", "kind": "ReleaseSet", "spec": {"name": "one", "waves": [{"releases": [
		{"name": "a", "spec": {"app": {"platform": "sae", "region": %q, "id": %q}, "artifact": {"image": "registry.example/shop:2"}}}]}]}}`, app.Region, app.ID), 0o600))
	var set releases.SetPlan
	require.NoError(t, json.Unmarshal([]byte(cli.out(2, "plan", "-f", file, "-o", "json")), &set))
	require.Equal(t, plan.Refusals[0].Field, set.Waves[0].Releases[0].Plan.Refusals[0].Field)
	require.Contains(t, set.Waves[0].Releases[0].Plan.Refusals[0].Reason, "policy digests demands an image by its digest")
	require.Contains(t, cli.out(7, "policy", "test", "-f", file), "digests")

	asked := spec(app, release.Strategy{Type: release.StrategyAll})
	_, err = scenario.Request(h.ctx, h.JetStream, t.Name()+"-refused", asked)
	require.NoError(t, err)
	var letter string
	require.Eventually(t, func() bool {
		stream, err := h.JetStream.Stream(h.ctx, wire.StreamDeadLetter)
		require.NoError(t, err)
		msg, err := stream.GetLastMsgForSubject(h.ctx, wire.DeadLetterSubject(wire.RequestSubject(app)))
		if err == nil {
			letter = msg.Header.Get(wire.HeaderReason)
		}
		return err == nil
	}, patience, patience/1000)
	require.True(t, strings.HasSuffix(letter, plan.Refusals[0].Reason), letter)

	asked.Policy = release.PolicyOverride{Override: []string{"digests"}, Reason: "the registry is down"}
	id, err := scenario.Request(h.ctx, h.JetStream, t.Name(), asked)
	require.NoError(t, err)
	p := h.until(h.follow(id), release.EventSucceeded, 0)
	want := release.Admission{Policies: "digests@1", PolicyOverride: "digests: the registry is down"}
	require.Equal(t, want, p.Admission)
	require.Contains(t, cli.out(0, "release", "get", id), want.PolicyOverride)
	require.Eventually(t, func() bool {
		r, err := ledger.New(h.JetStream).GetOf(h.ctx, app, id)
		return err == nil && r.Progress.Admission == want
	}, patience, patience/1000)
}
