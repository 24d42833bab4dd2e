package systemtest_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/stretchr/testify/require"

	"slipway/authority"
	"slipway/devstack/scenario"
	"slipway/devstack/stack"
	"slipway/internal/documents"
	"slipway/release"
	"slipway/setup"
	"slipway/wire"
)

// organisation lets a pipeline ask and two managers decide, all of them verified, and nobody past the starter.
func organisation() authority.Document {
	return authority.Document{
		Groups: []authority.Group{{Name: "release-managers", Members: []string{"ann", "li"}}},
		Bindings: []authority.Binding{
			{Name: "pipeline", Identities: []string{"ci"}, Roles: []authority.Role{authority.RoleRequester}, Scopes: []string{"sae"}},
			{Name: "managers", Groups: []string{"release-managers"}, Roles: []authority.Role{authority.RoleRequester, authority.RoleApprover, authority.RoleOperator}, Scopes: []string{"*"}},
			{Name: "admins", Identities: []string{"root"}, Roles: []authority.Role{authority.RoleAdmin}, Scopes: []string{"*"}},
		},
		RequireVerified: []authority.Requirement{{Scopes: []string{"*"}}},
		DirectCommands:  authority.DirectRefuse,
	}
}

// usersOf are the users of NATS that are printed for a document, and before them one that may everything.
func usersOf(d authority.Document) []*server.User {
	users := []*server.User{{Username: "all", Password: "all"}}
	printed, _ := setup.DocumentUsers(d)
	for _, u := range printed {
		users = append(users, &server.User{Username: u.Name, Password: u.Name, Permissions: &server.Permissions{
			Publish: &server.SubjectPermission{Allow: u.Publish}, Subscribe: &server.SubjectPermission{Allow: []string{"_INBOX.>"}},
		}})
	}
	return users
}

// TestIdentity_ReleasesWithNATSAlone takes a release to its end by people who reach NATS alone, each with the
// rights that are printed for them. Who may not is refused by NATS, and where NATS is open by Slipway.
func TestIdentity_ReleasesWithNATSAlone(t *testing.T) {
	t.Parallel()
	h := start(t, stack.Config{NATSUsers: usersOf(organisation())})
	_, err := authority.NewStore(h.JetStream).Apply(h.ctx, organisation(), documents.Edit[authority.Document]{Expected: documents.Any})
	require.NoError(t, err)
	binary := slipwayBinary(t)
	as := func(user, identity string) *commandLine {
		return &commandLine{house: h, binary: binary, with: []string{
			"NATS_USER=" + user, "NATS_PASSWORD=" + user, "SLIPWAY_IDENTITY=" + identity, "TEMPORAL_ADDRESS=127.0.0.1:1",
		}}
	}
	app := h.app()
	file := filepath.Join(t.TempDir(), "release.yaml")
	require.NoError(t, os.WriteFile(file, fmt.Appendf(nil, `apiVersion: slipway.dev/v1
kind: Release
spec:
  app: {platform: sae, region: %s, id: %s}
  artifact: {image: %q}
  strategy: {type: gray, gray: 1, batches: 1}
  approval: {from: ["group:release-managers"], notRequester: true, verified: true}
`, app.Region, app.ID, scenario.NewImage), 0o600))

	id := as("ci", "ci").out(0, "release", "submit", "-f", file)
	events := h.follow(id)
	waits := h.until(events, release.EventApprovalWaiting, 0)
	require.Equal(t, release.Admission{Verified: true, Binding: "pipeline", DirectRefused: true}, waits.Admission)
	require.Contains(t, as("ci", "ci").out(0, "release", "get", id), "group:release-managers")
	require.Equal(t, []row{{ID: id, Artifact: scenario.NewImage}}, as("ci", "ci").rows("--app", app.SearchValue()))
	require.Contains(t, as("ci", "ci").errOut(2, "waiting", "--identity", "ci"), "workers tell through Temporal")

	require.Contains(t, as("ci", "ci").errOut(1, "release", "approve", id), "slipway.by.ci.command")
	require.Contains(t, as("ci", "ann").errOut(1, "release", "approve", id), "slipway.by.ann.command")
	require.Contains(t, as("all", "mei").errOut(7, "release", "approve", id), `no binding of the authority document lets "mei" approve`)
	past := &commandLine{house: h, binary: binary}
	require.Contains(t, past.errOut(7, "release", "approve", id, "--by", "ann"), "directCommands: refuse")
	require.NoError(t, scenario.Command(h.ctx, h.JetStream, id, release.Command{ID: "claimed", Kind: release.CommandAbort, By: "ann"}))
	require.Eventually(t, func() bool {
		letter, err := wire.NewDeadLetters(h.JetStream).Last(h.ctx, wire.CommandSubject(id))
		return err == nil && letter.Field == "by"
	}, patience, 20*time.Millisecond)

	require.Contains(t, as("ann", "ann").errOut(0, "release", "approve", id, "--note", "tested in staging"), "approved by ann")
	h.until(events, release.EventBatchWaiting, 1)
	require.Contains(t, as("li", "li").errOut(0, "release", "confirm", id), "batch 1 confirmed by li")
	require.Contains(t, as("ci", "ci").out(0, "release", "watch", id), "Succeeded")
	ended := h.result(id)
	require.True(t, slices.IndexFunc(ended.Decisions, func(d release.Decision) bool { return d.By == "li" && d.Verified && d.Refused == "" }) >= 0)
	require.Contains(t, as("li", "li").errOut(7, "release", "abort", id), "it has ended: Succeeded")

	// A request that the door refuses ends the wait for its release.
	require.Contains(t, as("all", "mei").errOut(7, "release", "submit", "-f", file, "--wait"), `lets "mei" request`)

	// Nobody approves what they have asked for.
	own := as("ann", "ann").out(0, "release", "submit", "-f", file)
	h.until(h.follow(own), release.EventApprovalWaiting, 0)
	require.Contains(t, as("ann", "ann").errOut(7, "release", "approve", own), "ann has asked for the release, and may not approve it")
	require.Contains(t, as("ann", "ann").errOut(0, "release", "abort", own, "--reason", "not today"), "aborted by ann")
	require.Contains(t, as("ci", "ci").out(4, "release", "watch", own), "Aborted")
	require.Equal(t, []row{{ID: own, Artifact: scenario.NewImage}, {ID: id, Artifact: scenario.NewImage}}, as("ann", "ann").rows())
	require.Equal(t, []row{{ID: id, Artifact: scenario.NewImage}}, as("ann", "ann").rows("--requested-by", "ci", "--limit", "1"), "a later one is of somebody else")
}
