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
			require.Equal(t, cfg.Name == StreamIn, cfg.Retention == jetstream.WorkQueuePolicy, "only what is taken is gone")
			require.True(t, cfg.DenyDelete)
			require.Equal(t, DedupWindow, cfg.Duplicates)
			require.True(t, cfg.MaxAge == 0 || cfg.MaxAge >= cfg.Duplicates, "the server refuses a window longer than the age")
			require.NotEmpty(t, cfg.Description)
		})
	}
}

func TestMendLeavesTheOperatorsSettings(t *testing.T) {
	t.Parallel()
	want := Streams()[0]
	tuned := want
	tuned.Replicas, tuned.MaxBytes, tuned.MaxAge = 3, 1<<30, 90*24*time.Hour
	tuned.Placement = &jetstream.Placement{Cluster: "east"}

	mended, changed := mend(tuned, want)
	require.False(t, changed)
	require.Equal(t, tuned, mended)
}

func TestMendSetsRightWhatMustHold(t *testing.T) {
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
			mended, changed := mend(have, want)
			require.True(t, changed)
			require.Equal(t, want, mended)
		})
	}
}

func TestMendKeepsTheWindowWithinTheAge(t *testing.T) {
	t.Parallel()
	want := Streams()[0]
	have := want
	have.MaxAge, have.Duplicates = time.Hour, time.Minute
	mended, changed := mend(have, want)
	require.True(t, changed)
	require.Equal(t, time.Hour, mended.Duplicates)
}
