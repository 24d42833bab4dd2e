package setup_test

import (
	"testing"

	"slipway/internal/compattest"
	"slipway/release"
	"slipway/setup"
	"slipway/wire"
)

// TestCompat_NATS: what others publish on, listen to and are allowed to read.
func TestCompat_NATS(t *testing.T) {
	t.Parallel()
	app := release.App{Platform: "<platform>", Region: "<region>", ID: "<app-id>"}
	out := []string{
		"subject " + wire.RequestSubject(app), "subject " + wire.SetRequestSubject("<name>"), "subject " + wire.NamedRequestSubject("<application>", "<environment>"),
		"subject " + wire.CommandSubject("<release-id or set-id>"), "subject " + wire.VerifiedRequestSubject("<identity>", app), "subject " + wire.VerifiedSetRequestSubject("<identity>", "<name>"),
		"subject " + wire.VerifiedNamedRequestSubject("<identity>", "<application>", "<environment>"), "subject " + wire.VerifiedCommandSubject("<identity>", app, "<release-id>"),
		"subject " + wire.VerifiedSetCommandSubject("<identity>", "<name>", "<set-id>"), "subject " + wire.EventSubject(app, "<release-id>", "<kind>"), "subject " + wire.SetEventSubject("<name>", "<set-id>", "<kind>"),
		"subject " + wire.LaneEventSubject(app, "<kind>"), "subject " + wire.PromotionEventSubject(app, "<kind>"), "subject " + wire.DeadLetterSubject("<subject of the message>"),
		"subject " + wire.PushEvents("<kind>"), "subject " + wire.AllLetterEvents, "subject " + wire.AllArtifacts, "subject " + wire.AllVerifiedArtifacts, "subject " + wire.AllCDEvents,
		"header " + wire.HeaderReason, "header " + wire.HeaderField, "header " + wire.HeaderDeliveryCount, "header " + wire.HeaderStreamSequence, "header " + wire.HeaderOriginalHeader, "header " + wire.HeaderRedacted,
		"consumer " + wire.ConsumerRequests, "consumer " + wire.ConsumerCommands, "consumer " + wire.ConsumerPushes, "consumer " + wire.ConsumerNotifier, "consumer " + wire.ConsumerLater, "consumer " + wire.ConsumerOf("<channel>"),
	}
	for _, kind := range release.EventKinds() {
		out = append(out, "event "+wire.SetEventType(kind))
		if kind != release.EventWaveWaiting && kind != release.EventWaveDone { // which only sets have
			out = append(out, "event "+wire.EventType(kind))
		}
	}
	for _, kind := range []release.EventKind{release.EventHeld, release.EventResumed, release.EventDropped, release.EventAllowed} {
		out = append(out, "event "+wire.LaneEventType(kind))
	}
	out = append(out, "event "+wire.PromotionEventType(release.EventHeld))
	for _, kind := range []release.EventKind{release.EventReplayed, release.EventDropped} {
		out = append(out, "event "+wire.LetterEventType(kind))
	}
	for _, kind := range []release.EventKind{release.EventFired, release.EventIgnored} {
		out = append(out, "event "+wire.PushEventType(kind))
	}
	for _, kind := range wire.MessageKinds() {
		out = append(out, "message "+string(kind))
	}
	for _, s := range setup.Stores() {
		out = append(out, s.Kind+" "+s.Name)
	}
	for _, u := range setup.ServiceUsers() {
		out = append(out, "user "+u.Name)
	}
	compattest.Hold(t, "../api/compat/nats.txt", out)
}
