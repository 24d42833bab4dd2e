package wire_test

import (
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"slipway/release"
	"slipway/wire"
)

func progress(t *rapid.T) release.Progress {
	p := release.Progress{
		ReleaseID:  "r-1",
		App:        apps().Draw(t, "app"),
		Artifact:   artifacts().Draw(t, "artifact"),
		Phase:      rapid.SampledFrom(release.Phases()).Draw(t, "phase"),
		Strategy:   strategies().Draw(t, "strategy"),
		Reason:     rapid.StringN(0, 100, -1).Draw(t, "reason"),
		AcceptedAt: times().Draw(t, "acceptedAt"), StartedAt: times().Draw(t, "startedAt"),
	}
	if rapid.Bool().Draw(t, "awaits") {
		p.Awaiting = &release.Awaiting{Kind: release.AwaitConfirm, Batch: 1, Since: times().Draw(t, "since")}
		p.Batches = []release.Batch{{Number: 1, Instances: 1, State: release.BatchDone, EndedAt: times().Draw(t, "endedAt")}}
		p.Decisions = []release.Decision{{Kind: release.CommandConfirm, Batch: 1, By: "me", At: times().Draw(t, "at")}}
	}
	if rapid.Bool().Draw(t, "stalls") {
		p.Stalled = &release.Stall{
			Doing: string(release.VerbBeginRollout), Fault: release.FaultUnavailable, Failure: rapid.StringN(0, 100, -1).Draw(t, "failure"),
			Since: times().Draw(t, "stalledSince"), At: times().Draw(t, "stalledAt"),
		}
		p.ScalingRules = []release.HeldRule{{Name: "cpu", Suspended: true}}
		p.Batches = append(p.Batches, release.Batch{Number: len(p.Batches) + 1, Instances: 1, State: release.BatchAborted})
	}
	return p
}

func TestLifecycle_EventSurvivesTheWire(t *testing.T) {
	t.Parallel()
	kinds := []release.EventKind{
		release.EventAccepted, release.EventBatchWaiting, release.EventStalled, release.EventMoving, release.EventRolledBack,
	}
	rapid.Check(t, func(t *rapid.T) {
		kind := rapid.SampledFrom(kinds).Draw(t, "kind")
		want := wire.LifecycleEvent{
			Event: release.Event{ID: release.EventID("r-1", 1, kind), Kind: kind, Progress: progress(t)},
			Time:  times().Draw(t, "time"),
		}
		msg, err := wire.EncodeEvent(want.Event, want.Time)
		require.NoError(t, err)
		require.Equal(t, wire.EventSubject(want.Progress.App, "r-1", kind), msg.Subject)
		require.Equal(t, want.ID, msg.Header.Get("Nats-Msg-Id"))

		got, err := wire.DecodeEvent(msg)
		require.NoError(t, err)
		require.Equal(t, want, got)
	})
}

func TestLifecycle_EncodeEventWritesTheDocumentedEnvelope(t *testing.T) {
	t.Parallel()
	msg, err := wire.EncodeEvent(release.Event{ID: "r-1.4.batch.waiting", Kind: release.EventBatchWaiting, Progress: release.Progress{
		ReleaseID: "r-1", Phase: release.PhaseAwaitingConfirm,
		App:      release.App{Platform: "sae", Region: "cn-hangzhou", ID: "app-1"},
		Artifact: release.Artifact{Image: "shop:1"},
		Strategy: release.Strategy{Type: release.StrategyGray, Gray: 1, Batches: 2, Confirm: release.ConfirmManual},
	}}, time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC))
	require.NoError(t, err)
	require.Equal(t, "slipway.event.sae.app-1.r-1.batch.waiting", msg.Subject)
	require.Equal(t, "application/cloudevents+json", msg.Header.Get("Content-Type"))
	require.JSONEq(t, `{
		"specversion": "1.0", "type": "dev.slipway.release.batch.waiting.v1", "id": "r-1.4.batch.waiting",
		"source": "slipway://sae/cn-hangzhou/app-1", "subject": "sae/cn-hangzhou/app-1", "releaseid": "r-1",
		"time": "2026-11-22T10:00:00Z", "datacontenttype": "application/json",
		"data": {"releaseId": "r-1", "app": {"platform": "sae", "region": "cn-hangzhou", "id": "app-1"}, "artifact": {"image": "shop:1"},
			"phase": "AwaitingConfirm", "strategy": {"type": "gray", "gray": 1, "batches": 2, "confirm": "manual"}}
	}`, string(msg.Data))
}

// A stall is told with what is tried in vain, and its end with the progress without it.
func TestLifecycle_StalledAndMovingCarryTheProgress(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)
	p := release.Progress{
		ReleaseID: "r-1", Phase: release.PhaseRollingOut, App: release.App{Platform: "sae", Region: "cn-hangzhou", ID: "app-1"},
		Artifact: release.Artifact{Image: "shop:1"}, Strategy: release.Strategy{Type: release.StrategyAll},
		Stalled: &release.Stall{
			Doing: string(release.VerbBeginRollout), Fault: release.FaultThrottled, Failure: "too many calls",
			Since: at, At: at.Add(8 * time.Second), Until: at.Add(time.Hour),
		},
	}
	data := `"releaseId": "r-1", "app": {"platform": "sae", "region": "cn-hangzhou", "id": "app-1"}, "artifact": {"image": "shop:1"},
		"phase": "RollingOut", "strategy": {"type": "all"}`
	stall := `, "stalled": {"doing": "BeginRollout", "fault": "Throttled", "failure": "too many calls",
		"since": "2026-11-22T10:00:00Z", "at": "2026-11-22T10:00:08Z", "until": "2026-11-22T11:00:00Z"}`
	for _, kind := range []release.EventKind{release.EventStalled, release.EventMoving} {
		msg, err := wire.EncodeEvent(release.Event{ID: release.EventID("r-1", 1, kind), Kind: kind, Progress: p}, at)
		require.NoError(t, err)
		require.Equal(t, "slipway.event.sae.app-1.r-1."+string(kind), msg.Subject)
		require.JSONEq(t, `{
			"specversion": "1.0", "type": "dev.slipway.release.`+string(kind)+`.v1", "id": "r-1.1.`+string(kind)+`",
			"source": "slipway://sae/cn-hangzhou/app-1", "subject": "sae/cn-hangzhou/app-1", "releaseid": "r-1",
			"time": "2026-11-22T10:00:00Z", "datacontenttype": "application/json", "data": {`+data+stall+`}}`, string(msg.Data))
		p.Stalled, stall = nil, ""
	}
}

func TestLifecycle_EncodeEventRefusesWhatTheBusWouldNotCarry(t *testing.T) {
	t.Parallel()
	e := release.Event{ID: "r-1.failed", Kind: release.EventFailed, Progress: release.Progress{
		ReleaseID: "r-1", App: release.App{Platform: "sae", Region: "cn-hangzhou", ID: "app-1"},
		Reason: strings.Repeat("x", wire.MaxPayload),
	}}
	_, err := wire.EncodeEvent(e, time.Time{})
	require.ErrorIs(t, err, wire.ErrTooLarge)
}

func TestLifecycle_DecodeEventPassesOverNewFields(t *testing.T) {
	t.Parallel()
	got, err := wire.DecodeEvent(&nats.Msg{Data: []byte(
		`{"specversion":"1.0","type":"dev.slipway.release.started.v1","source":"s","id":"i","data":{"releaseId":"r-1","weather":"fine"}}`,
	)})
	require.NoError(t, err)
	require.Equal(t, "r-1", got.Progress.ReleaseID)
}

func TestLifecycle_DecodeEventNamesWhatIsWrong(t *testing.T) {
	t.Parallel()
	for data, field := range map[string]string{
		`garbage`: "",
		`{"specversion":"1.0","type":"dev.slipway.command.abort.v1","source":"s","id":"i","data":{}}`: "type",
		`{"specversion":"1.0","type":"dev.slipway.release..v1","source":"s","id":"i","data":{}}`:      "type",
		`{"specversion":"1.0","type":"dev.slipway.release.failed.v1","source":"s","id":"i","data":3}`: "data",
	} {
		_, err := wire.DecodeEvent(&nats.Msg{Data: []byte(data)})
		var poison *wire.PoisonError
		require.ErrorAs(t, err, &poison)
		require.Equal(t, field, poison.Field)
	}
}

func TestLifecycle_AHeldPromotionIsToldWhereItWouldHaveGone(t *testing.T) {
	t.Parallel()
	want := wire.LifecycleEvent{
		Event: release.Event{ID: "r-2.held", Kind: release.EventHeld, Promotion: &release.HeldPromotion{
			Application: "shop", From: "staging", To: "production", App: release.App{Platform: "sae", Region: "cn-hangzhou", ID: "app-1"},
			ReleaseID: "r-1", Artifact: "https://shop.example/a.zip?Signature=canary-1", Reason: "release r-3 has rolled it back",
		}},
		Time: time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC),
	}
	msg, err := wire.EncodeEvent(want.Event, want.Time)
	require.NoError(t, err)
	require.Equal(t, "slipway.event.sae.app-1.promotion.held", msg.Subject)
	require.Contains(t, string(msg.Data), `"type":"dev.slipway.promotion.held.v1"`)
	require.Contains(t, string(msg.Data), `"releaseid":"r-1"`)
	require.NotContains(t, string(msg.Data), "canary-1")
	got, err := wire.DecodeEvent(msg)
	require.NoError(t, err)
	want.Promotion.Artifact = got.Promotion.Artifact
	require.Equal(t, want, got)
}
