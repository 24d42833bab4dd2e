package startertest_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"

	"slipway/apps"
	"slipway/internal/documents"
	"slipway/internal/metrictest"
	"slipway/internal/registry"
	"slipway/ledger"
	"slipway/release"
	"slipway/starter"
	"slipway/wire"
)

// triggers stores the document of shop with these triggers, which release in staging.
func (h *house) triggers(of ...apps.Trigger) {
	h.t.Helper()
	a := apps.New("shop", apps.Environment{Name: "staging", App: apps.At(app("shop"))})
	a.Triggers = of
	_, err := apps.NewStore(h.js).Apply(h.ctx, a, apps.Edit{Expected: documents.Any})
	require.NoError(h.t, err)
}

func rule(name, image string) apps.Trigger {
	return apps.Trigger{Name: name, Artifact: apps.TriggerArtifact{Image: image, Tag: apps.TriggerTag{Semver: ">=1.0"}}}
}

func digestOf(text string) string {
	sum := sha256.Sum256([]byte(text))
	return "sha256:" + hex.EncodeToString(sum[:])
}

// pushOf is a push of an image by harbor, which gives an event of it this ID, or by a sender that gives none.
func pushOf(image, tag, eventID string) wire.Published {
	p := wire.Published{
		Image: image, Tag: tag, Digest: digestOf(image + tag), At: time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC), By: "ann",
		Sender: "harbor", Source: "urn:slipway:hooks:harbor", EventID: eventID, SenderID: true,
	}
	if eventID == "" {
		p.Sender, p.Source, p.EventID, p.SenderID = "acr", "urn:slipway:hooks:acr", "pushed "+tag, false
	}
	return p
}

// push publishes a push, past the deduplication of the stream, and returns its sequence.
func (h *house) push(o wire.Origin, p wire.Published) uint64 {
	h.t.Helper()
	msg, err := wire.EncodePublished(o, p)
	require.NoError(h.t, err)
	msg.Header.Del(jetstream.MsgIDHeader)
	ack, err := h.js.PublishMsg(h.ctx, msg)
	require.NoError(h.t, err)
	return ack.Sequence
}

// cameOf waits for what came of a push.
func (h *house) cameOf(sequence uint64) release.Push {
	h.t.Helper()
	var found release.Push
	h.until("the event of the push", func() bool {
		all, _, err := wire.Pushes(h.ctx, h.js, wire.PushFilter{})
		require.NoError(h.t, err)
		i := slices.IndexFunc(all, func(p release.Push) bool { return p.Sequence == sequence })
		if i >= 0 {
			found = all[i]
		}
		return i >= 0
	})
	return found
}

type noRegistry map[string]string

func (r noRegistry) Digest(_ context.Context, repository, tag string) (string, error) {
	if digest := r[repository+":"+tag]; digest != "" {
		return digest, nil
	}
	return "", &registry.RefusedError{Reason: "registry has no tag " + tag + " of " + repository}
}

const shopImage = "registry.example/team/shop"

// TestTrigger_TheSamePushIsOneRelease: five times, by two senders of which one gives its events no IDs, and again once the release
// has ended.
func TestTrigger_TheSamePushIsOneRelease(t *testing.T) {
	t.Parallel()
	h := newHouse(t, realLane())
	h.triggers(rule("versions", shopImage))
	one, again := pushOf(shopImage, "1.4.2", "7f3e"), pushOf(shopImage, "1.4.2", "7f3f")
	without := pushOf(shopImage, "1.4.2", "")
	first := h.push(wire.Origin{}, one)
	others := []uint64{h.push(wire.Origin{}, again), h.push(wire.Origin{}, without), h.push(wire.Origin{}, one), h.push(wire.Origin{}, without)}
	h.starter(starter.Config{})

	fired := h.cameOf(first)
	require.Len(t, fired.Rules, 1)
	id := fired.Rules[0].ReleaseID
	require.Equal(t, []release.PushRule{{Application: "shop", Rule: "versions", Environment: "staging", ReleaseID: id}}, fired.Rules)
	for _, each := range others {
		rules := h.cameOf(each).Rules
		require.Equal(t, id, rules[0].ReleaseID)
		require.Contains(t, rules[0].Reason, id)
	}
	h.untilTaken()
	h.noDeadLetters()
	in := h.asked(id)
	require.Equal(t, shopImage+":1.4.2@"+one.Digest, in.Spec.Artifact.Image)
	require.Equal(t, release.TriggeredBy, in.Spec.RequestedBy)
	require.Equal(t, release.Trigger{Rule: "versions", Sender: "harbor", Source: one.Source, EventID: "7f3e", PushedBy: "ann", PushedAt: one.At}, in.ByName.Trigger)

	h.command("end", id, abort())
	h.until("its end", func() bool { return h.status(id) == enumspb.WORKFLOW_EXECUTION_STATUS_COMPLETED })
	known, err := ledger.New(h.js).GetOf(h.ctx, app("shop"), id)
	require.NoError(t, err)
	require.True(t, known.Ended())
	require.Contains(t, h.cameOf(h.push(wire.Origin{}, one)).Rules[0].Reason, "was made of this event")
	next := h.cameOf(h.push(wire.Origin{Identity: "hooks"}, without))
	require.True(t, next.Rules[0].Fired())
	require.NotEqual(t, id, next.Rules[0].ReleaseID, "what is pushed again after the end is released again")
	h.untilTaken()
	require.Equal(t, "hooks", h.asked(next.Rules[0].ReleaseID).Spec.RequestedBy)
	require.True(t, h.asked(next.Rules[0].ReleaseID).Admission.Verified)
}

// TestTrigger_AnEventIsOneRelease: also one that came while another event's release was to bring its digest. It is told of as before whatever has become
// of that release and of the rules meanwhile, and fires nothing.
func TestTrigger_AnEventIsOneRelease(t *testing.T) {
	t.Parallel()
	h := newHouse(t, realLane())
	versions := rule("versions", shopImage)
	h.triggers(versions)
	h.starter(starter.Config{})
	first, event := pushOf(shopImage, "1.4.2", ""), pushOf(shopImage, "1.4.2", "7f3e")
	id := h.cameOf(h.push(wire.Origin{}, first)).Rules[0].ReleaseID
	ignored := func(reason string) {
		t.Helper()
		require.Equal(t, []release.PushRule{{Application: "shop", Rule: "versions", Environment: "staging", ReleaseID: id, Reason: reason}}, h.cameOf(h.push(wire.Origin{}, event)).Rules)
	}
	h.untilTaken()
	ignored("release " + id + " brings it already")
	h.command("end", id, abort())
	h.until("its end", func() bool { return h.status(id) == enumspb.WORKFLOW_EXECUTION_STATUS_COMPLETED })
	before := "release " + id + " was to bring it when this event came before"
	ignored(before)
	paused := versions
	paused.Paused = true
	h.triggers(paused)
	ignored("the rule is paused")
	h.triggers(versions)
	ignored(before)
	ignored(before)

	other := event
	other.EventID = "7f3f"
	next := h.cameOf(h.push(wire.Origin{}, other)).Rules[0]
	require.True(t, next.Fired(), "another event of the digest is a new release")
	require.NotEqual(t, id, next.ReleaseID)
	old := pushOf(shopImage, "0.9.0", "7f40")
	require.Empty(t, h.cameOf(h.push(wire.Origin{}, old)).Rules[0].ReleaseID)
	versions.Artifact.Tag.Semver = ">=0.9"
	h.triggers(versions)
	require.True(t, h.cameOf(h.push(wire.Origin{}, old)).Rules[0].Fired(), "an event that has made no release is judged anew")
	h.untilTaken()
	h.noDeadLetters()
}

// TestTrigger_ADocumentThatCannotBeRead holds up no push: the others are asked, and what came of the push names it. The next push finds it mended.
func TestTrigger_ADocumentThatCannotBeRead(t *testing.T) {
	t.Parallel()
	h := newHouse(t, realLane())
	h.triggers(rule("versions", shopImage))
	kv, err := h.js.KeyValue(h.ctx, apps.Bucket)
	require.NoError(t, err)
	_, err = kv.PutString(h.ctx, "stock", `{"spec": {"name": "stock", "newer": true}}`)
	require.NoError(t, err)
	s := h.starter(starter.Config{})

	unjudged := release.PushRule{Application: "stock", Reason: `its document cannot be read: json: unknown field "newer"`}
	came := h.cameOf(h.push(wire.Origin{}, pushOf(shopImage, "1.4.2", "7f3e")))
	require.Equal(t, release.EventFired, came.Kind())
	require.Len(t, came.Rules, 2)
	require.True(t, came.Rules[0].Fired())
	require.Equal(t, unjudged, came.Rules[1])
	stock := pushOf("registry.example/team/stock", "1.0.0", "7f3f")
	require.Equal(t, []release.PushRule{unjudged}, h.cameOf(h.push(wire.Origin{}, stock)).Rules)
	require.InDelta(t, 2, metrictest.Values(t, s.metrics)["slipway_starter_unreadable_documents_total"], 0)

	_, err = kv.PutString(h.ctx, "stock", `{"spec": {"name": "stock", "environments": [{"name": "staging", "app": {"platform": "sae", "region": "cn-hangzhou", "id": "stock"}}],
		"triggers": [{"name": "versions", "artifact": {"image": "registry.example/team/stock"}}]}}`)
	require.NoError(t, err)
	mended := h.cameOf(h.push(wire.Origin{}, stock)).Rules
	require.Len(t, mended, 1)
	require.True(t, mended[0].Fired(), "the event has made no release yet")
	h.untilTaken()
	h.noDeadLetters()
}

// TestTrigger_EveryPushIsTold: also one that fires nothing, and one that cannot be read is a dead letter.
func TestTrigger_EveryPushIsTold(t *testing.T) {
	t.Parallel()
	h := newHouse(t, realLane())
	paused := rule("later", shopImage)
	paused.Paused = true
	h.triggers(rule("versions", shopImage), paused)
	hub := pushOf(shopImage, "1.5.0", "")
	hub.Digest = ""
	s := h.starterWith(starter.Config{}, func(d *starter.Dependencies) { d.Registry = noRegistry{shopImage + ":1.5.0": digestOf("hub")} })

	none := h.cameOf(h.push(wire.Origin{}, pushOf("registry.example/team/stock", "1.0.0", "1")))
	require.Empty(t, none.Rules)
	require.Equal(t, "registry.example/team/stock", none.Image)
	old := h.cameOf(h.push(wire.Origin{}, pushOf(shopImage, "0.9.0", "2"))).Rules
	require.Equal(t, "version 0.9.0 is not in >=1.0", old[0].Reason)
	require.Equal(t, "the rule is paused", old[1].Reason)
	asked := h.cameOf(h.push(wire.Origin{}, hub))
	require.Equal(t, digestOf("hub"), asked.Digest, "the registry was asked")
	require.True(t, asked.Rules[0].Fired())
	hub.Tag, hub.EventID = "1.6.0", "pushed 1.6.0"
	require.Contains(t, h.cameOf(h.push(wire.Origin{}, hub)).Rules[0].Reason, "registry has no tag 1.6.0")

	bad := natsMsg(&jetstream.RawStreamMsg{Subject: "slipway.artifact.shop", Data: []byte(`{"specversion":"1.0","id":"1","source":"/ci","type":"dev.cdevents.artifact.published.0.3.0","data":{}}`)})
	h.publish(bad)
	letter := wire.ReadDeadLetter(h.deadLetter(bad.Subject))
	require.Equal(t, wire.KindArtifact, letter.Kind)
	h.untilTaken()
	h.until("the counts", func() bool {
		counts := metrictest.Values(t, s.metrics)
		return counts["slipway_starter_pushes_total fired acr"] == 1 && counts["slipway_starter_pushes_total ignored acr"] == 1 && counts["slipway_starter_pushes_total ignored harbor"] == 2
	})
}

// TestTrigger_AThousandPushesWhileTheStarterIsAway: fifty images, each pushed twenty times, are fifty releases, and no push is lost.
func TestTrigger_AThousandPushesWhileTheStarterIsAway(t *testing.T) {
	t.Parallel()
	h := newHouse(t, realLane())
	const images, times = 50, 20
	var rules []apps.Trigger
	for i := range images {
		rules = append(rules, rule(fmt.Sprint("rule-", i), fmt.Sprint(shopImage, i)))
	}
	h.triggers(rules...)
	var acks []jetstream.PubAckFuture
	for n := range times {
		for i := range images {
			p := pushOf(fmt.Sprint(shopImage, i), "1.0.0", fmt.Sprint("event-", n))
			if n%2 == 1 {
				p = pushOf(fmt.Sprint(shopImage, i), "1.0.0", "")
			}
			msg, err := wire.EncodePublished(wire.Origin{}, p)
			require.NoError(t, err)
			msg.Header.Del(jetstream.MsgIDHeader)
			ack, err := h.js.PublishMsgAsync(msg)
			require.NoError(t, err)
			acks = append(acks, ack)
		}
	}
	for _, ack := range acks {
		select {
		case <-ack.Ok():
		case err := <-ack.Err():
			require.NoError(t, err)
		case <-h.ctx.Done():
			require.Fail(t, "the pushes were not stored")
		}
	}
	h.starter(starter.Config{})
	h.untilTaken()
	h.noDeadLetters()

	stream, err := h.js.Stream(h.ctx, wire.StreamEvents)
	require.NoError(t, err)
	fired, all := 0, 0
	info, err := stream.Info(h.ctx, jetstream.WithSubjectFilter(wire.PushEvents("")))
	require.NoError(t, err)
	for subject, n := range info.State.Subjects {
		all += int(n)
		if strings.HasSuffix(subject, "."+string(release.EventFired)) {
			fired += int(n)
		}
	}
	require.Equal(t, images*times, all, "every push is told of once")
	require.Equal(t, images, fired)
	records, err := ledger.New(h.js).All(h.ctx, ledger.Filter{App: app("shop"), Limit: 2 * images})
	require.NoError(t, err)
	require.Len(t, records, images)
}

// TestTrigger_ToldLater: a push that has asked for a release, of which nobody could be told, is told of as fired.
func TestTrigger_ToldLater(t *testing.T) {
	t.Parallel()
	h := newHouse(t, realLane())
	h.triggers(rule("versions", shopImage))
	events := func(subjects ...string) {
		for _, stream := range wire.Streams() {
			if stream.Name == wire.StreamEvents {
				if subjects != nil {
					stream.Subjects = subjects
				}
				_, err := h.js.UpdateStream(h.ctx, stream)
				require.NoError(t, err)
			}
		}
	}
	events("slipway.event.sae.>") // it answers, and takes no word of pushes
	s := h.starter(starter.Config{RetryDelay: 50 * time.Millisecond, MaxRetryDelay: 50 * time.Millisecond})
	sequence := h.push(wire.Origin{}, pushOf(shopImage, "1.4.2", "7f3e"))
	var known []ledger.Record
	h.until("the release", func() bool {
		var err error
		known, err = ledger.New(h.js).All(h.ctx, ledger.Filter{App: app("shop"), Limit: 2})
		require.NoError(t, err)
		return len(known) == 1 && known[0].Accepted
	})
	retries := func() float64 {
		return metrictest.Values(t, s.metrics)["slipway_starter_messages_total artifact retried"]
	}
	before := retries()
	h.until("another try", func() bool { return retries() > before })
	events()
	require.Equal(t, []release.PushRule{{Application: "shop", Rule: "versions", Environment: "staging", ReleaseID: known[0].ReleaseID}}, h.cameOf(sequence).Rules)
	h.untilTaken()
}

// TestPushes_OneThatWasToldLate hides none of those that came after it.
func TestPushes_OneThatWasToldLate(t *testing.T) {
	t.Parallel()
	h := newHouse(t, realLane())
	now := time.Now().UTC()
	tell := func(sequence uint64, stored time.Time) {
		p := release.Push{Sequence: sequence, StoredAt: stored, Image: shopImage, Tag: "1", Sender: "harbor", Source: "/ci", EventID: "1"}
		msg, err := wire.EncodeEvent(release.Event{ID: fmt.Sprint("push.", sequence), Kind: p.Kind(), At: stored, Push: &p}, now)
		require.NoError(h.t, err)
		_, err = h.js.PublishMsg(h.ctx, msg)
		require.NoError(h.t, err)
	}
	tell(2, now)
	tell(1, now.Add(-2*time.Hour)) // its registry was away until now
	found, more, err := wire.Pushes(h.ctx, h.js, wire.PushFilter{Since: now.Add(-time.Hour)})
	require.NoError(t, err)
	require.False(t, more)
	require.Len(t, found, 1)
	require.Equal(t, uint64(2), found[0].Sequence)
}
