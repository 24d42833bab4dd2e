package wire

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"slipway/release"
)

// CalendarBucket is the key-value bucket that holds the calendar of freezes.
const CalendarBucket = "slipway-calendar"

const (
	// calendarStream is what the bucket is called among streams.
	calendarStream = "KV_" + CalendarBucket
	// calendarKey is the one key in the bucket.
	calendarKey = "calendar"
	// calendarHistory is how many revisions the bucket keeps, so that it can be told who
	// changed what.
	calendarHistory = 20
	// editTries bounds how often an edit is done anew because somebody else was faster;
	// editPause grows with each, because a replica may still show the revision before.
	editTries = 10
	editPause = 20 * time.Millisecond
)

// buckets is the part of [jetstream.JetStream] that the calendar needs.
type buckets interface {
	KeyValue(ctx context.Context, bucket string) (jetstream.KeyValue, error)
}

// bucketManager is the part of [jetstream.JetStream] that [EnsureCalendar] needs.
type bucketManager interface {
	Stream(ctx context.Context, name string) (jetstream.Stream, error)
	UpdateStream(ctx context.Context, cfg jetstream.StreamConfig) (jetstream.Stream, error)
	CreateKeyValue(ctx context.Context, cfg jetstream.KeyValueConfig) (jetstream.KeyValue, error)
}

// EnsureCalendar creates the bucket of the calendar when it does not exist: kept by one
// server, or by as many as replicas says where it is not 0. One that exists stays as the
// operator has it, replicas excepted where they are said; it is refused when it forgets with
// time, because a freeze would end that nobody has ended.
func EnsureCalendar(ctx context.Context, js bucketManager, replicas int) error {
	stream, err := js.Stream(ctx, calendarStream)
	if errors.Is(err, jetstream.ErrStreamNotFound) {
		_, err = js.CreateKeyValue(ctx, jetstream.KeyValueConfig{
			Bucket: CalendarBucket, Description: "Slipway: freeze windows and stops",
			History: calendarHistory, Storage: jetstream.FileStorage, Replicas: cmp.Or(replicas, 1),
		})
		return bucketError(err)
	}
	if err != nil {
		return bucketError(err)
	}
	have := stream.CachedInfo().Config
	switch {
	case have.MaxAge > 0:
		return fmt.Errorf("bucket %s forgets after %s, and the freezes in it end without anybody's word; set the max age of stream %s to 0",
			CalendarBucket, have.MaxAge, calendarStream)
	case replicas == 0 || replicas == have.Replicas:
		return nil
	}
	have.Replicas = replicas
	_, err = js.UpdateStream(ctx, have)
	return bucketError(err)
}

// bucketError says which bucket a server's answer is about.
func bucketError(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, jetstream.ErrBucketNotFound):
		return fmt.Errorf("bucket %s does not exist (%w); create it with: slipway setup", CalendarBucket, err)
	}
	return fmt.Errorf("bucket %s: %w", CalendarBucket, err)
}

// CalendarChange says who changed the calendar, and how.
type CalendarChange struct {
	// Action is what was done, for example "stop" or "lift".
	Action string `json:"action"`
	// Name is the window or stop that it was done to.
	Name   string    `json:"name"`
	By     string    `json:"by,omitempty"`
	Reason string    `json:"reason,omitempty"`
	At     time.Time `json:"at,omitzero"`
}

// CalendarRevision is one change of the calendar that the bucket still remembers.
type CalendarRevision struct {
	CalendarChange

	// Revision counts the changes of the bucket.
	Revision uint64 `json:"revision"`
}

// storedCalendar is the value in the bucket.
type storedCalendar struct {
	release.Calendar

	// Change led to this calendar from the revision before.
	Change CalendarChange `json:"change,omitzero"`
}

// Calendars reads and changes the calendar of freezes, which all releases share. Its
// methods may be called concurrently.
type Calendars struct{ js buckets }

// NewCalendars returns the calendar in the bucket of a JetStream.
func NewCalendars(js jetstream.JetStream) *Calendars { return &Calendars{js} }

// Load returns the calendar and its revision; one that was never written is empty and has
// revision 0. Without the bucket the error is [jetstream.ErrBucketNotFound].
//
// A calendar with a field that is not known here is an error: what a newer version of
// Slipway wrote must not freeze less than it says.
func (c *Calendars) Load(ctx context.Context) (release.Calendar, uint64, error) {
	kv, err := c.open(ctx)
	if err != nil {
		return release.Calendar{}, 0, err
	}
	return load(ctx, kv)
}

func (c *Calendars) open(ctx context.Context) (jetstream.KeyValue, error) {
	kv, err := c.js.KeyValue(ctx, CalendarBucket)
	return kv, bucketError(err)
}

func load(ctx context.Context, kv jetstream.KeyValue) (release.Calendar, uint64, error) {
	entry, err := kv.Get(ctx, calendarKey)
	if errors.Is(err, jetstream.ErrKeyNotFound) {
		return release.Calendar{}, 0, nil
	}
	if err != nil {
		return release.Calendar{}, 0, bucketError(err)
	}
	var stored storedCalendar
	decoder := json.NewDecoder(bytes.NewReader(entry.Value()))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&stored); err != nil {
		return release.Calendar{}, 0, fmt.Errorf("the calendar cannot be read (key %s of bucket %s, revision %d): %w; if a newer version of Slipway wrote it, use that one",
			calendarKey, CalendarBucket, entry.Revision(), err)
	}
	return stored.Calendar, entry.Revision(), nil
}

// Edit changes the calendar: it hands edit the calendar as it is and stores what edit
// returns, with the change beside it. Somebody who changes the calendar at the same time
// is not overwritten: edit is called again with what they stored. An error of edit, or a
// calendar that is not valid, changes nothing and is returned.
func (c *Calendars) Edit(ctx context.Context, change CalendarChange, edit func(release.Calendar) (release.Calendar, error)) error {
	kv, err := c.open(ctx)
	if err != nil {
		return err
	}
	for try := range editTries {
		err = editOnce(ctx, kv, change, edit)
		if !conflict(err) {
			return err
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("change the calendar: %w", context.Cause(ctx))
		case <-time.After(time.Duration(try) * editPause):
		}
	}
	return fmt.Errorf("others change the calendar all the time (%w); nothing was changed, try again", err)
}

func editOnce(ctx context.Context, kv jetstream.KeyValue, change CalendarChange, edit func(release.Calendar) (release.Calendar, error)) error {
	now, revision, err := load(ctx, kv)
	if err != nil {
		return err
	}
	edited, err := edit(now)
	if err != nil {
		return err
	}
	if err := edited.Validate(); err != nil {
		return err
	}
	value, err := json.Marshal(storedCalendar{edited, change})
	if err != nil {
		return err
	}
	if revision == 0 {
		_, err = kv.Create(ctx, calendarKey, value)
	} else {
		_, err = kv.Update(ctx, calendarKey, value, revision)
	}
	if err != nil && !conflict(err) {
		return fmt.Errorf("it is not certain that the calendar was changed; look with: slipway freeze list: %w", bucketError(err))
	}
	return err
}

// conflict tells whether the calendar has changed since it was read.
func conflict(err error) bool {
	return errors.Is(err, jetstream.ErrKeyRevisionMismatch) || errors.Is(err, jetstream.ErrKeyExists)
}

// History returns the latest changes of the calendar, newest first.
func (c *Calendars) History(ctx context.Context) ([]CalendarRevision, error) {
	kv, err := c.open(ctx)
	if err != nil {
		return nil, err
	}
	entries, err := kv.History(ctx, calendarKey)
	if errors.Is(err, jetstream.ErrKeyNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, bucketError(err)
	}
	out := make([]CalendarRevision, len(entries))
	for i, entry := range entries {
		out[len(entries)-1-i] = revisionOf(entry)
	}
	return out, nil
}

// revisionOf tells the change of an entry; one that was not made by Slipway has the time
// at which it was stored.
func revisionOf(entry jetstream.KeyValueEntry) CalendarRevision {
	var stored storedCalendar
	if json.Unmarshal(entry.Value(), &stored) != nil || stored.Change.Action == "" {
		stored.Change = CalendarChange{Action: "unknown", At: entry.Created()}
	}
	return CalendarRevision{CalendarChange: stored.Change, Revision: entry.Revision()}
}
