package wire

import (
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"
)

func TestStreamsKeepWhatTheyAreGiven(t *testing.T) {
	t.Parallel()
	for _, cfg := range Streams() {
		t.Run(cfg.Name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, jetstream.FileStorage, cfg.Storage)
			require.Equal(t, cfg.Name == StreamIn || cfg.Name == StreamNotify, cfg.Retention == jetstream.WorkQueuePolicy, "only what is taken is gone")
			require.Equal(t, cfg.Name != StreamDeadLetter, cfg.DenyDelete, "only what somebody has looked at is deleted")
			require.Equal(t, DedupWindow, cfg.Duplicates)
			require.True(t, cfg.MaxAge == 0 || cfg.MaxAge >= cfg.Duplicates, "the server refuses a window longer than the age")
			require.NotEmpty(t, cfg.Description)
		})
	}
}

func TestStream_MendLeavesTheOperatorsSettings(t *testing.T) {
	t.Parallel()
	want := Streams()[0]
	tuned := want
	tuned.Replicas, tuned.MaxBytes, tuned.MaxAge = 3, 1<<30, 90*24*time.Hour
	tuned.Placement = &jetstream.Placement{Cluster: "east"}

	require.Equal(t, tuned, reconcile(tuned, want))
	require.Equal(t, tuned, reconcile(Storage{}.override(tuned), want))
}

func TestStream_MendSetsRightWhatMustHold(t *testing.T) {
	t.Parallel()
	want := Streams()[0]
	for name, spoil := range map[string]func(*jetstream.StreamConfig){
		"subjects":      func(c *jetstream.StreamConfig) { c.Subjects = []string{AllRequests} },
		"discard":       func(c *jetstream.StreamConfig) { c.Discard = jetstream.DiscardOld },
		"deduplication": func(c *jetstream.StreamConfig) { c.Duplicates = time.Minute },
		"message size":  func(c *jetstream.StreamConfig) { c.MaxMsgSize = -1 },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			have := want
			spoil(&have)
			require.NotEqual(t, want, have)
			require.Equal(t, want, reconcile(have, want))
		})
	}
}

func TestStream_MendKeepsTheWindowWithinTheAge(t *testing.T) {
	t.Parallel()
	want := Streams()[0]
	have := want
	have.MaxAge, have.Duplicates = time.Hour, time.Minute
	require.Equal(t, time.Hour, reconcile(have, want).Duplicates)
}

func TestStream_StorageIsWhatIsSaid(t *testing.T) {
	t.Parallel()
	said := Storage{Replicas: 3, RequestsAge: time.Hour, EventsAge: 2 * time.Hour, DeadLettersAge: 3 * time.Hour, MaxBytes: 1 << 20}
	for i, have := range Streams() {
		want := have
		want.Replicas, want.MaxBytes = 3, 1<<20
		if have.Name != StreamNotify { // whose messages are settled long before
			want.MaxAge = time.Duration(i+1) * time.Hour
		}
		require.Equal(t, want, said.override(have))
		require.Equal(t, have, Storage{}.override(have), "what is not said stays")
		require.True(t, have.Name == StreamNotify || Storage{RequestsAge: -1, EventsAge: -1, DeadLettersAge: -1}.override(have).MaxAge == 0, "kept for ever")
		require.EqualValues(t, -1, Storage{MaxBytes: -1}.override(have).MaxBytes)
	}
}
