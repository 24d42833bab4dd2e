package systemtest_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"

	"slipway/devstack/stack"
	"slipway/release"
	"slipway/wire"
)

// TestTrigger_APushBecomesARelease: a push that Harbor tells of is released in staging by its digest, and promoted by itself. The same
// push, by another sender as well, fires nothing more, and whoever asks is told why.
func TestTrigger_APushBecomesARelease(t *testing.T) {
	t.Parallel()
	h := start(t, stack.Config{})
	s := newShop(h, "")
	app := func(a release.App) string {
		return fmt.Sprintf("{platform: %s, region: %s, id: %q}", a.Platform, a.Region, a.ID)
	}
	file := filepath.Join(t.TempDir(), "shop.yaml")
	require.NoError(t, os.WriteFile(file, []byte(`apiVersion: slipway.dev/v1
kind: Application
spec:
  name: shop
  environments:
    - {name: staging, app: `+app(s.staging)+`}
    - {name: production, app: `+app(s.production)+`}
  promotion:
    - {from: staging, to: production, auto: true}
  triggers:
    - {name: versions, artifact: {image: registry.example/shop, tag: {semver: ">=1.0"}}}
    - {name: nightly, artifact: {image: registry.example/shop, tag: {pattern: "nightly-.*"}}, paused: true}
`), 0o600))
	require.Contains(t, s.errOut(7, "trigger", "test", "--image", "registry.example/shop:nightly-1", "-a", file), "no rule would fire")
	s.out(0, "app", "apply", "-f", file, "--by", "root")
	require.Contains(t, s.out(0, "trigger", "list"), "shop/versions")
	require.Contains(t, s.out(0, "trigger", "test", "--image", "registry.example/shop:1.4.2"), "yes")

	push := func(eventID, tag, sender string, hasID bool) {
		msg, err := wire.EncodePublished(wire.Origin{}, wire.Published{
			Image: "registry.example/shop", Tag: tag, Digest: "sha256:" + strings.Repeat("0b", 32), At: time.Now(), By: "ann",
			Sender: sender, Source: "urn:slipway:hooks:" + sender, EventID: eventID, SenderID: hasID,
		})
		require.NoError(t, err)
		msg.Header.Del(jetstream.MsgIDHeader)
		_, err = h.JetStream.PublishMsg(h.ctx, msg)
		require.NoError(t, err)
	}
	harbor := func(token string) int {
		body := fmt.Sprintf(`{"type": "PUSH_ARTIFACT", "occur_at": 1790000000, "operator": "ann", "event_data": {
			"resources": [{"digest": "sha256:%s", "tag": "1.4.2", "resource_url": "registry.example/shop:1.4.2"}]}}`, strings.Repeat("0b", 32))
		req, err := http.NewRequestWithContext(h.ctx, http.MethodPost, h.Hooks().URL+"/harbor", strings.NewReader(body))
		require.NoError(t, err)
		req.Header.Set("Authorization", token)
		resp, err := http.DefaultClient.Do(req)
		require.NoError(t, err)
		require.NoError(t, resp.Body.Close())
		return resp.StatusCode
	}
	pushes := func(count int, flags ...string) (found []release.Push) {
		require.Eventually(t, func() bool {
			require.NoError(t, json.Unmarshal([]byte(s.out(0, append([]string{"trigger", "pushes", "-o", "json"}, flags...)...)), &found))
			return len(found) == count
		}, patience, 100*time.Millisecond)
		return found
	}
	require.Equal(t, http.StatusUnauthorized, harbor("forged"))
	require.Equal(t, http.StatusAccepted, harbor(h.Hooks().Token))
	push("1", "1.4.2", "cdevents", true)
	id := pushes(1, "--fired")[0].Rules[0].ReleaseID
	done := h.until(h.follow(id), release.EventSucceeded, 0)
	require.Equal(t, "registry.example/shop:1.4.2@sha256:"+strings.Repeat("0b", 32), done.Artifact.Image)
	require.Equal(t, "ann", done.ByName.Trigger.PushedBy)
	require.Equal(t, release.TriggeredBy, done.RequestedBy)
	promoted := h.until(h.follow(release.PromotionID("shop", "production", id)), release.EventSucceeded, 0)
	require.Equal(t, done.Artifact, promoted.Artifact)
	require.Equal(t, done.ByName.Trigger, promoted.ByName.Trigger, "whoever pushed it is known there, too")

	require.Equal(t, http.StatusAccepted, harbor(h.Hooks().Token), "JetStream has it already")
	push("nightly", "nightly-1", "generic", false)
	ignored := pushes(2, "--ignored")
	require.Equal(t, "the rule is paused", ignored[0].Rules[1].Reason)
	require.Contains(t, ignored[1].Rules[0].Reason, id)
	require.Contains(t, s.out(0, "trigger", "pushes"), id)
	require.Contains(t, s.out(0, "release", "get", id), "rule versions, pushed by ann (harbor)")
	require.Len(t, h.orders(s.staging), 1)
}
