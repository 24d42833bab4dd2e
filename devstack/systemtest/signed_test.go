package systemtest_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"

	"slipway/authority"
	"slipway/devstack/scenario"
	"slipway/devstack/stack"
	"slipway/internal/documents"
	"slipway/release"
	"slipway/setup"
	"slipway/wire"
)

// sharedUser is the user of NATS that several people have.
func sharedUser(t *testing.T) *server.User {
	t.Helper()
	u, err := setup.SharedUser("shared")
	require.NoError(t, err)
	return &server.User{Username: u.Name, Password: "shared", Permissions: &server.Permissions{
		Publish: &server.SubjectPermission{Allow: u.Publish}, Subscribe: &server.SubjectPermission{Allow: []string{"_INBOX.>"}},
	}}
}

// TestSigned_ApprovesThroughASharedUser releases with verified approval by people who share one user of NATS: their
// keys say who they are. What one of them has signed for a release counts for no other.
func TestSigned_ApprovesThroughASharedUser(t *testing.T) {
	t.Parallel()
	h := start(t, stack.Config{NATSUsers: []*server.User{{Username: "all", Password: "all"}, sharedUser(t)}})
	binary, keys := slipwayBinary(t), t.TempDir()
	shared := &commandLine{house: h, binary: binary, with: []string{"NATS_USER=shared", "NATS_PASSWORD=shared", "TEMPORAL_ADDRESS=127.0.0.1:1"}}
	document := organisation()
	document.DirectCommands = authority.DirectAllow
	for _, who := range []string{"ann", "ci"} {
		public := shared.out(0, "authority", "keygen", filepath.Join(keys, who))
		document.Keys = append(document.Keys, authority.SigningKey{Name: who + "-key", Identity: who, PublicKey: strings.TrimSpace(public)})
	}
	_, err := authority.NewStore(h.JetStream).Apply(h.ctx, document, documents.Edit[authority.Document]{Expected: documents.Any})
	require.NoError(t, err)
	as := func(who, key string, args ...string) []string {
		return append(args, "--by", who, "--sign-key", filepath.Join(keys, key))
	}
	submit := func(app release.App) (id string) {
		file := filepath.Join(t.TempDir(), "release.yaml")
		require.NoError(t, os.WriteFile(file, fmt.Appendf(nil, `apiVersion: slipway.dev/v1
kind: Release
spec:
  app: {platform: sae, region: %s, id: %s}
  artifact: {image: %q}
  strategy: {type: all}
  approval: {from: ["group:release-managers"], notRequester: true, verified: true}
`, app.Region, app.ID, scenario.NewImage), 0o600))
		id = strings.TrimSpace(shared.out(0, as("ci", "ci", "release", "submit", "-f", file)...))
		waits := h.until(h.follow(id), release.EventApprovalWaiting, 0)
		require.Equal(t, release.Admission{Verified: true, SignedBy: "ci-key", Binding: "pipeline"}, waits.Admission)
		return id
	}

	id, other := submit(h.app()), submit(h.app())
	require.Contains(t, shared.errOut(7, as("li", "ann", "release", "approve", id)...), `"li" is not "ann", whose key ann-key has signed this`)
	require.Contains(t, shared.errOut(7, as("ci", "ci", "release", "approve", id)...), `lets "ci" approve`)

	// Who can read what ann has signed for one release cannot make it count for another.
	seed, err := os.ReadFile(filepath.Join(keys, "ann"))
	require.NoError(t, err)
	ann, err := wire.NewSigner(seed)
	require.NoError(t, err)
	approval, err := wire.EncodeCommand(wire.Origin{Source: "test", ID: "approval", Time: time.Now(), Signer: ann}, id, release.Command{Kind: release.CommandApprove, By: "ann", Artifact: scenario.NewImage, Config: "none"})
	require.NoError(t, err)
	approval.Subject, approval.Data = wire.CommandSubject(other), []byte(strings.ReplaceAll(string(approval.Data), id, other))
	approval.Header.Del(jetstream.MsgIDHeader)
	_, err = h.JetStream.PublishMsg(h.ctx, approval)
	require.NoError(t, err)
	require.Eventually(t, func() bool {
		letter, err := wire.NewDeadLetters(h.JetStream).Last(h.ctx, wire.CommandSubject(other))
		return err == nil && letter.Field == "signature" && strings.Contains(letter.Reason, "published on another subject than it was signed for")
	}, patience, 20*time.Millisecond)

	require.Contains(t, shared.errOut(0, as("ann", "ann", "release", "approve", id, "--note", "tested in staging")...), "approved by ann")
	require.Contains(t, shared.out(0, "release", "watch", id, "--sign-key", filepath.Join(keys, "ann")), "Succeeded")
	shown := shared.out(0, "release", "get", id, "--sign-key", filepath.Join(keys, "ann"))
	require.Contains(t, shown, "ci (verified by key ci-key)")
	require.Contains(t, shown, "by ann (verified by key ann-key) via event")
	require.True(t, slices.ContainsFunc(h.result(id).Decisions, func(d release.Decision) bool {
		return d.Kind == release.CommandApprove && d.By == "ann" && d.SignedBy == "ann-key" && d.Verified && d.Via == release.ViaEvent && d.Refused == ""
	}))
	require.Equal(t, release.PhaseAwaitingApproval, h.progress(other).Phase)
	require.Contains(t, shared.errOut(0, as("ann", "ann", "release", "reject", other, "--reason", "not today")...), "rejected by ann")
	require.Equal(t, release.PhaseAborted, h.result(other).Outcome)
}
