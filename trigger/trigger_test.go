package trigger_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"slipway/apps"
	"slipway/ledger"
	"slipway/release"
	"slipway/trigger"
	"slipway/wire"
)

const (
	image  = "registry.example/team/shop"
	digest = "sha256:0b31b1c02ff458ad9b7b81cbdf8f028bd54699fa151f221d1e8de6817db93427"
	other  = "sha256:1b31b1c02ff458ad9b7b81cbdf8f028bd54699fa151f221d1e8de6817db93427"
)

func TestBrought(t *testing.T) {
	t.Parallel()
	stored := time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)
	push := wire.Published{Image: image, Tag: "1.4.2", Digest: digest, Source: "/ci", EventID: "7", SenderID: true}
	brings := func(change func(*ledger.Record)) []ledger.Record {
		r := ledger.Record{ReleaseID: "r-1", Accepted: true, Artifact: release.Artifact{Image: image + ":1.4.2@" + digest}}
		change(&r)
		return []ledger.Record{r}
	}
	of := func(r *ledger.Record, eventID string) {
		r.ByName = &release.ByName{Trigger: release.Trigger{Source: "/ci", EventID: eventID}}
		r.Outcome, r.EndedAt = release.PhaseSucceeded, stored.Add(-time.Hour)
	}
	for name, c := range map[string]struct {
		records []ledger.Record
		reason  string
	}{
		"nothing":                {nil, ""},
		"it runs":                {brings(func(*ledger.Record) {}), "release r-1 brings it already"},
		"no lane has it":         {brings(func(r *ledger.Record) { r.Accepted = false }), ""},
		"another digest":         {brings(func(r *ledger.Record) { r.Artifact.Image = image + ":1.4.2@" + other }), ""},
		"a job of it":            {brings(func(r *ledger.Record) { r.Progress.Operation = release.OperationJob }), ""},
		"it ended before":        {brings(func(r *ledger.Record) { r.Outcome, r.EndedAt = release.PhaseFailed, stored.Add(-time.Second) }), ""},
		"it ended since":         {brings(func(r *ledger.Record) { r.Outcome, r.EndedAt = release.PhaseSucceeded, stored.Add(time.Second) }), "release r-1 has brought it since it was pushed"},
		"the same event":         {brings(func(r *ledger.Record) { of(r, "7") }), "release r-1 was made of this event"},
		"the same event, moved":  {brings(func(r *ledger.Record) { of(r, "7"); r.Artifact.Image = image + ":1.4.2@" + other }), "release r-1 was made of this event"},
		"another event":          {brings(func(r *ledger.Record) { of(r, "8") }), ""},
		"the event, another tag": {brings(func(r *ledger.Record) { of(r, "7"); r.Artifact.Image = image + ":1.4@" + other }), ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			q := trigger.Question{Push: push, Stored: stored, Records: c.records}
			id, reason := q.Brought()
			require.Equal(t, c.reason, reason)
			require.Equal(t, c.reason != "", id == "r-1")
		})
	}
	for name, c := range map[string]struct {
		change func(*ledger.Record)
		reason string
	}{
		"named when the event came before": {func(r *ledger.Record) { of(r, "8") }, "release r-1 was to bring it when this event came before"},
		"of another digest since":          {func(r *ledger.Record) { of(r, "8"); r.Artifact.Image = image + ":1.4.2@" + other }, "release r-1 was to bring it when this event came before"},
		"named, and no lane has it":        {func(r *ledger.Record) { r.Accepted = false }, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			q := trigger.Question{Push: push, Stored: stored, Told: "r-1", Records: brings(c.change)}
			require.True(t, q.Concerns(q.Records[0]))
			_, reason := q.Brought()
			require.Equal(t, c.reason, reason)
		})
	}
	without := push
	without.SenderID = false
	// Events whose long IDs begin alike are different ones, and so are those of two senders.
	long := strings.Repeat("x", release.MaxAttribute-1)
	for _, before := range []wire.Published{{Image: image, Source: "/ci", EventID: long + "1"}, {Image: image, Source: "/ci", EventID: long + "2", Sender: "generic"}} {
		records := brings(func(r *ledger.Record) { of(r, ""); r.ByName.Trigger = trigger.Of(before, "versions") })
		after := push
		after.EventID = long + "2"
		_, reason := trigger.Question{Push: after, Stored: stored, Records: records}.Brought()
		require.Empty(t, reason)
	}
	_, reason := trigger.Question{Push: without, Stored: stored, Records: brings(func(r *ledger.Record) { of(r, "7") })}.Brought()
	require.Empty(t, reason, "an ID that the sender has not given is none")
}

// Whoever tells of a push at the same time asks for the same release, and after that has ended for a new one.
func TestRequest(t *testing.T) {
	t.Parallel()
	v := apps.Verdict{Environment: apps.Environment{Name: "staging"}, Trigger: apps.Trigger{Name: "versions"}}
	id := func(p wire.Published, identity string, records ...ledger.Record) string {
		named, origin := trigger.Question{Push: p, Records: records}.Request("shop", v, identity)
		msg, err := wire.EncodeNamedRequest(origin, named)
		require.NoError(t, err)
		read, err := wire.DecodeNamedRequest(msg)
		require.NoError(t, err)
		require.Equal(t, digest, trigger.DigestOf(read.Named))
		return read.ReleaseID
	}
	harbor := wire.Published{Image: image, Tag: "1.4.2", Digest: digest, Sender: "harbor", Source: "/harbor", EventID: "7", SenderID: true}
	acr := wire.Published{Image: image, Digest: digest, Sender: "acr", Source: "/acr", EventID: "x"}
	first := id(harbor, "")
	require.Equal(t, first, id(acr, "hooks"))
	refused := ledger.Record{ReleaseID: first, Artifact: release.Artifact{Image: image + "@" + digest}}
	require.Equal(t, first, id(acr, "", refused), "one that was refused is asked for again")
	ended := refused
	ended.Accepted, ended.Outcome = true, release.PhaseSucceeded
	require.NotEqual(t, first, id(harbor, "", ended))
}
