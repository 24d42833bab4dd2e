package apitest_test

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"

	"slipway/apps"
	"slipway/internal/documents"
	"slipway/internal/markdown"
	"slipway/ledger"
	"slipway/release"
	"slipway/wire"
)

// accepts has the ledger say of every request that its release has succeeded.
func (h *house) accepts() {
	h.t.Helper()
	consumer, err := h.js.CreateConsumer(h.t.Context(), wire.StreamIn, jetstream.ConsumerConfig{FilterSubjects: wire.Requests(), AckPolicy: jetstream.AckExplicitPolicy})
	require.NoError(h.t, err)
	reading, err := consumer.Consume(func(m jetstream.Msg) {
		r, err := wire.DecodeNamedRequest(&nats.Msg{Subject: m.Subject(), Header: m.Headers(), Data: m.Data()})
		if err == nil {
			digest := r.Digest
			_, _, _ = h.known.Create(h.t.Context(), ledger.Record{ReleaseID: r.ReleaseID, App: shop(), Identity: ledger.Identity{Digest: digest}})
			_ = h.known.Accept(h.t.Context(), shop(), r.ReleaseID)
			_ = h.known.Update(h.t.Context(), ledger.Report{Progress: release.Progress{ReleaseID: r.ReleaseID, App: shop(), Phase: release.PhaseSucceeded, Outcome: release.PhaseSucceeded}})
		}
		_ = m.Ack()
	})
	require.NoError(h.t, err)
	h.t.Cleanup(reading.Stop)
}

// TestPage_EveryExampleRuns runs the commands of docs/api.md as they stand there.
func TestPage_EveryExampleRuns(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.engine.set(release.WorkflowID(id), waitingRelease(), false)
	h.engine.set(release.SetWorkflowID(setID), someSet(), true)
	h.engine.set(release.LaneID(shop()), release.LaneState{App: shop()}, false)
	_, _, err := h.known.Create(t.Context(), ledger.Record{ReleaseID: id, App: shop(), Identity: ledger.Identity{Digest: "sha256:1"}})
	require.NoError(t, err)
	require.NoError(t, h.known.Accept(t.Context(), shop(), id))
	require.NoError(t, h.known.Update(t.Context(), ledger.Report{Progress: waitingRelease()}))
	h.tell(1, "batch.waiting", release.PhaseAwaitingConfirm)
	h.tell(2, "succeeded", release.PhaseSucceeded)
	h.engine.rules = []release.ScalingRule{{Name: "cpu", Enabled: true}, {Name: "night", Enabled: true}}
	h.bury(h.claimed("1", ""))
	h.answers("")
	h.accepts()
	_, err = apps.NewStore(h.js).Apply(t.Context(), apps.Application{Name: "shop", Environments: []apps.Environment{{Name: "production", App: apps.At(shop())}}},
		documents.Edit[apps.Application]{Change: documents.Change{By: "root"}, Expected: documents.Any})
	require.NoError(t, err)

	dir := t.TempDir()
	file := func(name, text string) {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600))
	}
	file("shop.json", `{"application": "shop", "environment": "production", "artifact": {"image": "registry.example/shop:1.4.3"}}`)
	file("set.json", `{"name": "shops", "waves": [{"releases": [{"name": "shop", "spec": `+asked+`}]}]}`)
	page, err := os.ReadFile("../../docs/api.md")
	require.NoError(t, err)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	ran := 0
	for _, block := range markdown.Blocks(string(page)) {
		if block.Info != "sh" {
			continue
		}
		text := strings.ReplaceAll(block.Text, "http://127.0.0.1:8090", strings.TrimSuffix(h.url, "/api/v1/"))
		cmd := exec.CommandContext(ctx, "bash", "-euo", "pipefail", "-c", text)
		cmd.Dir, cmd.Env = dir, []string{"PATH=" + os.Getenv("PATH"), "SLIPWAY=" + strings.TrimSuffix(h.url, "/api/v1/"), "TOKEN=ann", "BUILD=43"} //nolint:forbidigo // where bash and curl are
		var out bytes.Buffer
		cmd.Stdout, cmd.Stderr = &out, &out
		require.NoError(t, cmd.Run(), "docs/api.md:%d: %s\n%s", block.Line, text, &out)
		ran += strings.Count(block.Text, "curl ")
	}
	require.Greater(t, ran, 20)
}

// TestPage_HasEveryPath: what begins each path is on the page.
func TestPage_HasEveryPath(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../docs/api.md")
	require.NoError(t, err)
	for path := range newHouse(t).describe().Paths {
		first, _, _ := strings.Cut(path, "{")
		require.Contains(t, string(page), "/api/v1"+strings.TrimSuffix(first, "/"), path)
	}
}
