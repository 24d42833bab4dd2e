package systemtest_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"

	"slipway/devstack/scenario"
	"slipway/devstack/stack"
	"slipway/release"
)

// shop is an application with two environments, on the stack of a test.
type shop struct {
	*commandLine

	staging, production release.App
	// approval is what the document asks of people in production.
	approval string
}

// newShop is one whose command line speaks as whoever says so, and which nobody has released to.
func newShop(h *house, approval string) *shop {
	h.t.Helper()
	staging, err := scenario.CreateApp(h.ctx, h.sae, h.name()+"s")
	require.NoError(h.t, err)
	production, err := scenario.CreateApp(h.ctx, h.sae, h.name()+"p")
	require.NoError(h.t, err)
	return &shop{&commandLine{house: h, binary: slipwayBinary(h.t)}, staging, production, approval}
}

// apply stores the document of the application, which promotes to production as the words say.
func (s *shop) apply(promotes string) {
	s.t.Helper()
	app := func(a release.App) string {
		return fmt.Sprintf("{platform: %s, region: %s, id: %q}", a.Platform, a.Region, a.ID)
	}
	file := filepath.Join(s.t.TempDir(), "shop.yaml")
	require.NoError(s.t, os.WriteFile(file, []byte(`apiVersion: slipway.dev/v1
kind: Application
spec:
  name: shop
  environments:
    - name: staging
      app: `+app(s.staging)+`
    - name: production
      app: `+app(s.production)+`
      release:
        strategy: {type: gray, gray: 1, batches: 1}
        approval: `+s.approval+`
  promotion:
    - {from: staging, to: production, `+promotes+`}
`), 0o600))
	s.out(0, "app", "apply", "-f", file, "--by", "root")
}

// deploy releases an image to staging, and returns the ID of its release and that of its promotion.
func (s *shop) deploy(image string) (id, promotion string) {
	s.t.Helper()
	id = strings.TrimSpace(s.out(0, "deploy", "shop", "--image", image, "--by", "ann"))
	s.until(s.follow(id), release.EventSucceeded, 0)
	return id, release.PromotionID("shop", "production", id)
}

// untilReady waits for the end of the bake time.
func (s *shop) untilReady() {
	s.t.Helper()
	require.Eventually(s.t, func() bool { return strings.Contains(s.out(0, "app", "status", "shop"), "is ready") }, patience, 100*time.Millisecond)
}

// requireUnlike compares what the platforms have of the environments, one of which alone has an image.
func (s *shop) requireUnlike(image string) {
	s.t.Helper()
	unlike := s.out(0, "diff", "shop", "staging", "production", "--live", "-o", "json")
	require.Contains(s.t, unlike, `"field": "live.artifact",
    "one": "`+image+`",
    "other": "`+scenario.NewImage+`"`)
	require.NotContains(s.t, unlike, "live.config.", "both are configured alike")
	require.NotContains(s.t, s.out(0, "diff", "shop", "staging", "production", "-o", "json"), "live.", "nobody has asked for it")
}

// requireHeld has a release promoted by itself that was rolled back, and checks that the world is told why it is not.
func (s *shop) requireHeld(source string) {
	s.t.Helper()
	events, err := scenario.Follow(s.ctx, s.JetStream, "promotion")
	require.NoError(s.t, err)
	s.t.Cleanup(events.Stop)
	_, err = s.Client.ExecuteWorkflow(s.ctx, client.StartWorkflowOptions{ID: release.PromotionWorkflowID(source) + "/again", TaskQueue: release.WorkflowTaskQueue},
		release.WorkflowPromotion, release.PromotionRequest{Application: "shop", Environment: "staging", ReleaseID: source})
	require.NoError(s.t, err)
	held, err := events.Next(s.ctx)
	require.NoError(s.t, err)
	require.Equal(s.t, release.EventHeld, held.Kind)
	require.Equal(s.t, s.production, held.Promotion.App)
	require.Contains(s.t, held.Promotion.Reason, "has rolled it back")
	require.Eventually(s.t, func() bool {
		return strings.Contains(s.out(0, "audit", "--app", "shop/production", "--action", "hold", "-o", "wide"), held.Promotion.Reason)
	}, patience, 100*time.Millisecond)
}

// TestPromotion_FromStagingToProduction: a release to staging bakes, two people approve it for production, and it
// becomes a gray release there. Whoever asked, a third person, one who is late and one who means another artifact
// are refused. What was rolled back in staging meanwhile is not begun, and what is promoted by itself waits for
// people as well.
func TestPromotion_FromStagingToProduction(t *testing.T) {
	t.Parallel()
	h := start(t, stack.Config{})
	s := newShop(h, "{count: 2, notRequester: true}")
	cli, production := s.commandLine, s.production
	s.apply("after: 1h")
	source, id := s.deploy(scenario.NewImage)
	require.Contains(t, cli.errOut(7, "promote", "shop"), "it bakes in staging until ")
	require.Contains(t, cli.out(0, "app", "status", "shop"), "bakes")

	s.apply("after: 1s")
	s.untilReady()
	require.Equal(t, id, cli.out(0, "promote", "shop", "--by", "li"))
	events := h.follow(id)
	waits := h.until(events, release.EventApprovalWaiting, 0)
	require.Equal(t, release.PromotedFrom{Environment: "staging", Release: source}, waits.ByName.PromotedFrom)
	require.Equal(t, scenario.NewImage, waits.Artifact.Image)
	require.Empty(t, h.orders(production))
	require.Contains(t, cli.out(0, "app", "status", "shop"), "0 of 2")
	require.Equal(t, id, cli.out(0, "promote", "shop", "--by", "mei"), "the same promotion is one release")

	require.Contains(t, cli.errOut(7, "release", "approve", id, "--by", "li"), "may not approve it")
	cli.errOut(7, "release", "approve", id, "--by", "ann", "--artifact", scenario.OldImage)
	cli.out(0, "release", "approve", id, "--by", "ann")
	cli.out(0, "release", "approve", id, "--by", "mei")
	require.Contains(t, cli.errOut(7, "release", "approve", id, "--by", "bo"), "approved already")
	waits = h.until(events, release.EventBatchWaiting, 1)
	require.Equal(t, release.StrategyGray, waits.Strategy.Type)
	cli.out(0, "release", "confirm", id, "--batch", "1", "--by", "ann")
	h.until(events, release.EventSucceeded, 0)
	require.Len(t, h.orders(production), 1)
	cli.errOut(7, "release", "approve", id, "--by", "bo")

	const third = "registry.example/shop:1.4.3"
	source, id = s.deploy(third)
	s.requireUnlike(third)
	s.untilReady()
	cli.out(0, "promote", "shop", "--by", "li")
	events = h.follow(id)
	h.until(events, release.EventApprovalWaiting, 0)
	cli.out(0, "rollback", "shop/staging", "--wait", "--by", "ann", "--reason", "orders are lost")
	cli.out(0, "release", "approve", id, "--by", "ann")
	cli.out(0, "release", "approve", id, "--by", "mei")
	p := h.until(events, release.EventAborted, 0)
	require.Contains(t, p.Reason, "it was promoted from staging: release ")
	require.Len(t, h.orders(production), 1, "nothing was begun")
	require.Contains(t, cli.errOut(7, "promote", "shop"), "has rolled it back")
	require.Contains(t, cli.out(0, "app", "status", "shop"), "is held")

	s.apply("after: 1s, auto: true")
	s.requireHeld(source)
	_, id = s.deploy("registry.example/shop:1.4.4")
	events = h.follow(id)
	waits = h.until(events, release.EventApprovalWaiting, 0)
	require.Equal(t, "ann", waits.RequestedBy, "who asked for the release")
	cli.out(0, "release", "reject", id, "--by", "mei", "--reason", "not today")
	h.until(events, release.EventAborted, 0)
	require.Contains(t, cli.errOut(7, "promote", "shop"), "slipway release retry "+id)
}
