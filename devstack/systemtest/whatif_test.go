package systemtest_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
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
	"slipway/whatif"
	"slipway/wire"
)

// whatIf is what another policy, threshold or limit would flip, as the command says it.
func (c *commandLine) whatIf(code int, flags ...string) (r whatif.Report) {
	c.t.Helper()
	require.NoError(c.t, json.Unmarshal([]byte(c.out(code, append([]string{"what-if", "-o", "json"}, flags...)...)), &r))
	require.Empty(c.t, r.Undecidable)
	return r
}

// policyFile writes a policy of a name about images.
func (c *commandLine) policyFile(name, images string) string {
	path := filepath.Join(c.t.TempDir(), name+".yaml")
	text := fmt.Sprintf(`{"apiVersion": "slipway.dev/v1", "kind": "Policy", "spec": {"name": %q, "scopes": ["sae"], "demands": {"images": %s}}}`, name, images)
	require.NoError(c.t, os.WriteFile(path, []byte(text), 0o600))
	return path
}

// TestWhatIf_FlipsWhatWouldHaveGoneOtherwiseAndNothingElse: of two releases that were carried out and a request that was
// refused, each change flips the one that it is about, with NATS alone; the histories say the same.
func TestWhatIf_FlipsWhatWouldHaveGoneOtherwiseAndNothingElse(t *testing.T) {
	t.Parallel()
	h := start(t, stack.Config{})
	cli := &commandLine{house: h, binary: slipwayBinary(t)}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write([]byte(`{"status":"success","data":{"resultType":"scalar","result":[1782900000,"0.02"]}}`))
	}))
	t.Cleanup(server.Close)
	measured := batches()
	measured.Gates = []release.Gate{{Name: "errors", Prometheus: &release.PrometheusGate{Address: server.URL, Query: "errors", Pass: "< 0.05"}}}
	app := h.app()
	tagged, told := h.request(app, t.Name()+"-tagged", measured)
	h.until(told, release.EventBatchWaiting, 1)
	h.confirm(tagged, 1)

	digested := spec(h.app(), all())
	digested.Artifact.Image = "registry.example/shop@sha256:" + strings.Repeat("0", 64)
	other, err := scenario.Request(h.ctx, h.JetStream, t.Name()+"-digested", digested)
	require.NoError(t, err)
	h.until(h.follow(other), release.EventSucceeded, 0)
	h.until(told, release.EventSucceeded, 0)

	refused := spec(h.app(), all())
	_, err = policy.NewStore(h.JetStream).Apply(h.ctx, policy.Policy{
		Name: "registries", Scopes: []string{refused.App.SearchValue()}, Demands: policy.Demands{Images: &policy.Images{Registries: []string{"other.example"}}},
	}, documents.Edit[policy.Policy]{Expected: documents.Any})
	require.NoError(t, err)
	_, err = scenario.Request(h.ctx, h.JetStream, t.Name()+"-refused", refused)
	require.NoError(t, err)
	require.Eventually(t, func() bool {
		stream, err := h.JetStream.Stream(h.ctx, wire.StreamDeadLetter)
		require.NoError(t, err)
		_, err = stream.GetLastMsgForSubject(h.ctx, wire.DeadLetterSubject(wire.RequestSubject(refused.App)))
		return err == nil
	}, patience, patience/1000)
	h.recorded(t, tagged, other)

	fromNATS := &commandLine{house: h, binary: cli.binary, with: []string{"TEMPORAL_ADDRESS=127.0.0.1:1"}}
	digests := cli.policyFile("digests", `{"digest": true}`)
	r := fromNATS.whatIf(7, "--policy", digests)
	require.Equal(t, [2]int{2, 1}, [2]int{r.Releases, r.Refused})
	require.Len(t, r.Flips, 1)
	require.Equal(t, tagged, r.Flips[0].ReleaseID)
	require.Equal(t, [3]string{"accepted", "refused", "images.digest"}, [3]string{r.Flips[0].Was, r.Flips[0].Would, r.Flips[0].Refusals[0].Demand})

	r = fromNATS.whatIf(7, "--policy", cli.policyFile("registries", `{"registries": ["registry.example"]}`))
	require.Len(t, r.Flips, 1)
	require.NotZero(t, r.Flips[0].DeadLetter)
	require.Equal(t, "accepted", r.Flips[0].Would)

	require.Equal(t, 3, fromNATS.whatIf(0, "--gate-threshold", "errors.pass=< 0.03", "--limit", "confirm=24h", "--limit", "platformApproval=24h", "--app", app.SearchValue(), "--limit", "queue=24h").Decisions)
	r = fromNATS.whatIf(7, "--gate-threshold", "errors.pass=< 0.01", "--limit", "confirm=1ns", "--limit", "total=24h")
	require.Len(t, r.Flips, 2)
	require.Equal(t, []any{whatif.KindGate, tagged, "pass", "fail"}, []any{r.Flips[0].Kind, r.Flips[0].ReleaseID, r.Flips[0].Was, r.Flips[0].Would})
	require.Equal(t, []any{whatif.KindLimit, tagged, 1}, []any{r.Flips[1].Kind, r.Flips[1].ReleaseID, r.Flips[1].Batch})

	// The histories say the same.
	require.Len(t, cli.whatIf(7, "--histories", "--policy", digests, "--gate-threshold", "errors.pass=< 0.01").Flips, 2)

	// What counts already flips nothing, and of one application nothing is looked at but what is its own.
	stored := filepath.Join(t.TempDir(), "stored.json")
	require.NoError(t, os.WriteFile(stored, fmt.Appendf(nil, `{"apiVersion": "slipway.dev/v1", "kind": "Policy", "spec": {"name": "registries", "scopes": [%q], "demands": {"images": {"registries": ["other.example"]}}}}`,
		refused.App.SearchValue()), 0o600))
	require.Empty(t, fromNATS.whatIf(0, "--policy", stored).Flips)
	require.Equal(t, 1, fromNATS.whatIf(0, "--policy", digests, "--app", digested.App.SearchValue()).Releases)
	require.Contains(t, fromNATS.out(7, "what-if", "--policy", digests), "1 would flip")
}

// recorded waits until the ledger has the ends of releases.
func (h *house) recorded(t *testing.T, ids ...string) {
	t.Helper()
	for _, id := range ids {
		require.Eventually(t, func() bool {
			r, err := ledger.New(h.JetStream).Get(h.ctx, id)
			return err == nil && r.Ended()
		}, patience, patience/1000)
	}
}
