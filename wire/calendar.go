package wire

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"slipway/internal/bucketdoc"
	"slipway/release"
)

// CalendarBucket is the key-value bucket that holds the calendar of freezes.
const CalendarBucket = "slipway-calendar"

const (
	// calendarKey is the one key in the bucket.
	calendarKey = "calendar"
	// calendarHistory is how many revisions the bucket keeps, so that it can be told who
	// changed what.
	calendarHistory = 20
)

// EnsureCalendar creates the bucket of the calendar when it does not exist: kept by one
// server, or by as many as replicas says where it is not 0. One that exists stays as the
// operator has it, replicas excepted where they are said; it is refused when it forgets with
// time, because a freeze would end that nobody has ended.
func EnsureCalendar(ctx context.Context, js bucketdoc.Manager, replicas int) error {
	return bucketdoc.EnsureKept(ctx, js, jetstream.KeyValueConfig{
		Bucket: CalendarBucket, Description: "Slipway: freeze windows and stops", History: calendarHistory, Replicas: replicas,
	}, "the freezes in it end although nobody has ended them")
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
type Calendars struct {
	bucket bucketdoc.Bucket[storedCalendar]
}

// NewCalendars returns the calendar in the bucket of a JetStream.
func NewCalendars(js jetstream.JetStream) *Calendars {
	return &Calendars{bucketdoc.Bucket[storedCalendar]{
		JetStream: bucketdoc.NewOpened(js), Name: CalendarBucket, Decode: decodeCalendar,
	}}
}

func decodeCalendar(key string, r bucketdoc.Revision) (storedCalendar, error) {
	var stored storedCalendar
	if err := bucketdoc.Strict(r.Raw, &stored); err != nil {
		return storedCalendar{}, fmt.Errorf("the calendar cannot be read (key %s of bucket %s, revision %d): %w; if a newer version of Slipway wrote it, use that one",
			key, CalendarBucket, r.Number, err)
	}
	return stored, nil
}

// Load returns the calendar and its revision; one that was never written is empty and has
// revision 0. Without the bucket the error is [jetstream.ErrBucketNotFound].
//
// A calendar with a field that is not known here is an error: what a newer version of
// Slipway wrote must not freeze less than it says.
func (c *Calendars) Load(ctx context.Context) (release.Calendar, uint64, error) {
	have, err := c.bucket.Get(ctx, calendarKey)
	if err != nil {
		return release.Calendar{}, 0, err
	}
	return have.Value.Calendar, have.Number, nil
}

// Edit changes the calendar: it hands edit the calendar as it is and stores what edit
// returns, with the change beside it. Somebody who changes the calendar at the same time
// is not overwritten: edit is called again with what they stored. An error of edit, or a
// calendar that is not valid, changes nothing and is returned.
func (c *Calendars) Edit(ctx context.Context, change CalendarChange, edit func(release.Calendar) (release.Calendar, error)) error {
	_, err := c.bucket.Edit(ctx, calendarKey, func(have bucketdoc.Document[storedCalendar]) (storedCalendar, error) {
		edited, err := edit(have.Value.Calendar)
		if err != nil {
			return storedCalendar{}, err
		}
		return storedCalendar{edited, change}, edited.Validate()
	})
	return bucketdoc.Explain(err, "the calendar", "slipway freeze list")
}

// History returns the latest changes of the calendar, newest first.
func (c *Calendars) History(ctx context.Context) ([]CalendarRevision, error) {
	revisions, err := c.bucket.History(ctx, calendarKey)
	if err != nil {
		return nil, err
	}
	var out []CalendarRevision
	for _, r := range revisions {
		out = append(out, CalendarRevision{CalendarChange: changeOf(r), Revision: r.Number})
	}
	return out, nil
}

// changeOf returns the change that led to a revision; one that was not made by Slipway has
// the time at which it was stored. The calendar itself may be one that cannot be read here.
func changeOf(r bucketdoc.Revision) CalendarChange {
	var stored storedCalendar
	if json.Unmarshal(r.Raw, &stored) != nil || stored.Change.Action == "" {
		return CalendarChange{Action: "unknown", At: r.StoredAt}
	}
	return stored.Change
}
