package ledger

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/synadia-io/orbit.go/jetstreamext"

	"slipway/release"
)

const (
	// batch is how many records are read at once, at most 16 MiB.
	batch = 500
	// listTime bounds the reading of a list.
	listTime = 30 * time.Second
	// DefaultLimit is how many records are listed at most when nothing else is said.
	DefaultLimit = 100
)

// GetOf returns the record of a release of an application. Without one the error is
// [ErrNotFound]. It costs two requests.
func (l *Ledger) GetOf(ctx context.Context, app release.App, releaseID string) (Record, error) {
	key, err := keyOf(app, releaseID)
	if err != nil {
		return Record{}, err
	}
	have, err := load[Record](ctx, l.opened, key)
	if err != nil {
		return Record{}, err
	}
	return have.Value, mustExist(have.Exists(), releaseID)
}

// Get returns the record of a release by its ID alone. Without one the error is
// [ErrNotFound]. Where several applications have a release of that ID, it is none of them:
// use [Ledger.GetOf]. It costs two requests: the server finds the record by its index of keys.
func (l *Ledger) Get(ctx context.Context, releaseID string) (Record, error) {
	if err := release.CheckReleaseID(releaseID); err != nil {
		return Record{}, err
	}
	found, err := l.under(ctx, "*."+releaseID)
	switch {
	case err != nil:
		return Record{}, err
	case len(found) > 1:
		return Record{}, fmt.Errorf("release %s is one of %s and one of %s; name the application",
			releaseID, found[0].App.SearchValue(), found[1].App.SearchValue())
	case len(found) == 0:
		return Record{}, mustExist(false, releaseID)
	}
	return found[0], nil
}

// under reads the records under the keys of a pattern, of which there are few, the one asked for latest first.
func (l *Ledger) under(ctx context.Context, keys string) (found []Record, err error) {
	ctx, cancel := context.WithTimeout(ctx, listTime)
	defer cancel()
	if _, err := l.js.KeyValue(ctx, Bucket); err != nil {
		return nil, unavailable(err)
	}
	msgs, err := jetstreamext.GetLastMsgsFor(ctx, l.js, stream, []string{subjects + keys})
	if err != nil {
		return nil, unavailable(err)
	}
	answered := false
	for msg, err := range msgs {
		if errors.Is(err, jetstreamext.ErrNoMessages) {
			return nil, nil
		}
		if err != nil {
			return nil, unavailable(err)
		}
		answered = true
		if len(msg.Data) == 0 { // the mark of a key that was deleted
			continue
		}
		r, err := decode[Record](strings.TrimPrefix(msg.Subject, subjects), msg.Data, msg.Time)
		if err != nil {
			return nil, err
		}
		found = append(found, r)
	}
	if !answered {
		return nil, unanswered(ctx)
	}
	return newestFirst(found, 0), nil
}

// unanswered is the error of a request that is not answered in time: it ends without an error and without messages.
func unanswered(ctx context.Context) error {
	return unavailable(errors.Join(errors.New("no answer"), ctx.Err()))
}

// Filter chooses records. The zero value chooses the latest [DefaultLimit] of all.
type Filter struct {
	// App is the application; zero chooses all.
	App release.App
	// Since leaves out what was not changed since then; zero leaves out nothing.
	Since time.Time
	// Open chooses the releases that have no outcome, and Outcome those that have this one.
	Open    bool
	Outcome release.Phase
	// SetID chooses the releases of a set.
	SetID string
	// Chooses leaves out what it does not choose; nil leaves out nothing.
	Chooses func(Record) bool
	// Limit is how many are returned at most; 0 means [DefaultLimit].
	Limit int
}

func (f Filter) chooses(r Record) bool {
	return (!f.Open || !r.Ended()) && (f.Outcome == "" || f.Outcome == r.Outcome) && (f.SetID == "" || f.SetID == r.SetID) &&
		(f.Chooses == nil || f.Chooses(r))
}

// All returns the records that a filter chooses, the one asked for latest first.
//
// The server chooses by application and time of change; the rest is chosen here. So without
// either the whole bucket is read: 1 to 3 KiB a release and one request for 500 releases,
// until the deadline of ctx, for 30 seconds at most. A list that was not read to its end is
// an error ([ErrUnavailable]), never a shorter list.
func (l *Ledger) All(ctx context.Context, f Filter) ([]Record, error) {
	q := query{keys: allRecords, since: f.Since, chooses: f.chooses, limit: f.Limit}
	if f.Limit == 0 {
		q.limit = DefaultLimit
	}
	if f.App != (release.App{}) {
		q.keys = appToken(f.App) + ".*"
	}
	return l.list(ctx, q)
}

// History returns the latest records of several applications, the one asked for latest first, of so many at most. Its errors are those of
// [Ledger.All].
func (l *Ledger) History(ctx context.Context, of []release.App, limit int) (all []Record, err error) {
	for _, app := range of {
		found, err := l.All(ctx, Filter{App: app, Limit: limit})
		if err != nil {
			return nil, err
		}
		all = append(all, found...)
	}
	return newestFirst(all, limit), nil
}

// LastGood returns the versions that a rollback without a version can return to, the best
// first: those that releases of the application have succeeded with, by artifact and configuration
// ([release.Version.Same]). It leaves out what runs,
// what is to be avoided, and what a later release was aborted, rolled back or failed with, or
// a later rollback has left: these are bad, the latest first. Where an application has several pointers
// to a version, such as aliases, only those releases count that have moved the same one. All records of
// the application are read.
func (l *Ledger) LastGood(ctx context.Context, app release.App, running release.Version, avoid []release.Version) (good, bad []release.Version, err error) {
	records, err := l.list(ctx, query{keys: appToken(app) + ".*", chooses: func(r Record) bool { return r.judges(app) }})
	if err != nil {
		return nil, nil, err
	}
	good, bad = lastGood(records, running, avoid)
	return good, bad, nil
}

// Affairs is what is open in an application.
type Affairs struct {
	// Open are the releases that its lane has and that have told no outcome.
	Open []Record
	// Owing are those that needed attention or were lost and still hold something ([Record.Owes]),
	// the latest first. A release that was lost without anybody having marked it is in Open.
	Owing []Record
	// Latest is the release, of those that have begun to change the version, that was asked
	// for last; zero where there is none.
	Latest Record
}

// Affairs tells what is open in an application. All records of the application are read.
func (l *Ledger) Affairs(ctx context.Context, app release.App) (Affairs, error) {
	records, err := l.list(ctx, query{keys: appToken(app) + ".*", chooses: func(r Record) bool {
		return r.Accepted && !r.Ended() || r.Owes() || r.begun()
	}})
	var a Affairs
	for _, r := range records { // the one asked for latest first
		switch {
		case r.Owes():
			a.Owing = append(a.Owing, r)
		case !r.Ended() && r.Accepted:
			a.Open = append(a.Open, r)
		}
		if a.Latest.ReleaseID == "" && r.begun() {
			a.Latest = r
		}
	}
	return a, err
}

// query chooses records.
type query struct {
	// keys is the pattern of their keys, and since the time of the oldest change.
	keys  string
	since time.Time
	// chooses reports whether a record is wanted; nil wants all.
	chooses func(Record) bool
	// limit is how many are returned, the latest; 0 means all.
	limit int
}

// list reads the records that a query chooses, the one asked for latest first.
func (l *Ledger) list(ctx context.Context, q query) ([]Record, error) {
	ctx, cancel := context.WithTimeout(ctx, listTime)
	defer cancel()
	if _, err := l.js.KeyValue(ctx, Bucket); err != nil {
		return nil, unavailable(err)
	}
	found := map[string]Record{}
	from := jetstreamext.GetBatchSeq(1)
	if !q.since.IsZero() {
		from = jetstreamext.GetBatchStartTime(q.since)
	}
	for {
		last, err := l.read(ctx, q, from, found)
		if errors.Is(err, jetstreamext.ErrNoMessages) {
			return newestFirst(slices.Collect(maps.Values(found)), q.limit), nil
		}
		if err != nil {
			return nil, err
		}
		if q.limit > 0 && len(found) > 2*q.limit+batch {
			found = latestOf(found, q.limit)
		}
		from = jetstreamext.GetBatchSeq(last + 1)
	}
}

// read reads the next batch into found and answers the sequence of its last message. After
// the last batch the error is [jetstreamext.ErrNoMessages]. A record that is changed while
// the list is read moves to its end and is read again there; so none is missed, and the
// later state counts.
func (l *Ledger) read(ctx context.Context, q query, from jetstreamext.GetBatchOpt, found map[string]Record) (last uint64, err error) {
	msgs, err := jetstreamext.GetBatch(ctx, l.js, stream, batch, from, jetstreamext.GetBatchSubject(subjects+q.keys))
	if err != nil {
		return 0, unavailable(err)
	}
	for msg, err := range msgs {
		if errors.Is(err, jetstreamext.ErrNoMessages) {
			return 0, err
		}
		if err != nil {
			return 0, unavailable(err)
		}
		last = msg.Sequence
		key := strings.TrimPrefix(msg.Subject, subjects)
		delete(found, key)
		if len(msg.Data) == 0 { // the mark of a key that was deleted
			continue
		}
		r, err := decode[Record](key, msg.Data, msg.Time)
		if err != nil {
			return 0, err
		}
		if q.chooses == nil || q.chooses(r) {
			found[key] = r
		}
	}
	if last == 0 {
		return 0, unanswered(ctx)
	}
	return last, nil
}

// latestOf keeps of many records those that were asked for latest.
func latestOf(found map[string]Record, limit int) map[string]Record {
	kept := map[string]Record{}
	for _, r := range newestFirst(slices.Collect(maps.Values(found)), limit) {
		kept[appToken(r.App)+"."+r.ReleaseID] = r
	}
	return kept
}
