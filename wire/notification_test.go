package wire_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"slipway/release"
	"slipway/wire"
)

// notified is an event as it was published.
func notified(t require.TestingT, p release.Progress, at time.Time) (*nats.Msg, wire.LifecycleEvent) {
	msg, err := wire.EncodeEvent(release.Event{ID: release.EventID("r-1", 1, release.EventBatchWaiting), Kind: release.EventBatchWaiting, Progress: p}, at)
	require.NoError(t, err)
	e, err := wire.DecodeEvent(msg)
	require.NoError(t, err)
	return msg, e
}

func TestNotification_SurvivesTheStream(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		msg, e := notified(t, progress(t), times().Draw(t, "at"))
		want := wire.Notification{
			Channel: "team", Page: rapid.Bool().Draw(t, "page"), Sequence: 7, Event: msg.Data,
			After: release.Duration(rapid.Int64Range(0, int64(24*time.Hour)).Draw(t, "after")),
		}.Of(e)
		later := want.After > 0
		sent, err := want.Encode(later)
		require.NoError(t, err)
		got, told, err := wire.DecodeNotification(sent)
		require.NoError(t, err)
		require.Equal(t, e, told)
		require.JSONEq(t, string(want.Event), string(got.Event))
		require.Equal(t, want.Due.UTC(), got.Due.UTC())
		got.Event, got.Due = want.Event, want.Due
		require.Equal(t, want, got)
	})
}

func TestNotification_HasOneIDForEachEventChannelAndStep(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 30, 9, 0, 0, 0, time.UTC)
	msg, e := notified(t, release.Progress{ReleaseID: "r-1", App: release.App{Platform: "sae", Region: "cn-hangzhou", ID: "shop"}}, at)
	now := wire.Notification{Channel: "team", Event: msg.Data}.Of(e)
	step := wire.Notification{Channel: "team", Event: msg.Data, After: release.Duration(30 * time.Minute)}.Of(e)
	require.Equal(t, e.ID+"/team", now.ID)
	require.Zero(t, now.Due)
	require.Equal(t, e.ID+"/team/30m", step.ID)
	require.Equal(t, at.Add(30*time.Minute), step.Due.UTC())
	for _, c := range []struct {
		n           wire.Notification
		later       bool
		subject, id string
	}{
		{now, false, "slipway.notify.now.team", now.ID},
		{step, true, "slipway.notify.later.team", step.ID + "/later"},
		{step, false, "slipway.notify.now.team", step.ID},
	} {
		msg, err := c.n.Encode(c.later)
		require.NoError(t, err)
		require.Equal(t, c.subject, msg.Subject)
		require.Equal(t, c.id, msg.Header.Get(jetstream.MsgIDHeader), "what is put off is another message of the stream than what is due")
	}
}

func TestNotification_TheLargestEventFits(t *testing.T) {
	t.Parallel()
	p := release.Progress{ReleaseID: "r-1", App: release.App{Platform: "sae", Region: "cn-hangzhou", ID: "shop"}}
	for i := range 2000 {
		p.Batches = append(p.Batches, release.Batch{Number: i + 1, Instances: 1, State: release.BatchDone})
	}
	msg, e := notified(t, p.Fit(release.MaxTold), time.Now())
	_, err := wire.Notification{Channel: strings.Repeat("c", 128), Event: msg.Data}.Of(e).Encode(false)
	require.NoError(t, err)
	_, err = wire.Notification{Channel: "team", Event: json.RawMessage(`"` + strings.Repeat("x", wire.MaxNotification) + `"`)}.Of(e).Encode(false)
	require.ErrorIs(t, err, wire.ErrTooLarge)
}

func TestNotification_WhatIsNoneIsRefused(t *testing.T) {
	t.Parallel()
	msg, e := notified(t, release.Progress{ReleaseID: "r-1", App: release.App{Platform: "sae", Region: "cn-hangzhou", ID: "shop"}}, time.Now())
	good, err := wire.Notification{Channel: "team", Event: msg.Data}.Of(e).Encode(false)
	require.NoError(t, err)
	for name, c := range map[string]struct {
		spoil func(m *nats.Msg)
		field string
	}{
		"no JSON":           {func(m *nats.Msg) { m.Data = []byte("{") }, "data"},
		"too large":         {func(m *nats.Msg) { m.Data = make([]byte, wire.MaxNotification+1) }, "data"},
		"of another one":    {func(m *nats.Msg) { m.Subject = "slipway.notify.now.other" }, "channel"},
		"later without due": {func(m *nats.Msg) { m.Subject = "slipway.notify.later.team" }, "due"},
		"no event, no ID":   {func(m *nats.Msg) { m.Data = []byte(`{"channel":"team"}`) }, "id,event"},
		"cut":               {func(m *nats.Msg) { m.Header = nats.Header{wire.HeaderRedacted: {"data"}} }, wire.HeaderRedacted},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := &nats.Msg{Subject: good.Subject, Header: good.Header, Data: good.Data}
			c.spoil(m)
			_, _, err := wire.DecodeNotification(m)
			bad := &wire.PoisonError{}
			require.ErrorAs(t, err, &bad)
			require.Equal(t, c.field, bad.Field)
		})
	}
}
