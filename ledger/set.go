package ledger

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"slipway/release"
)

// Set is what is known of one set of releases. The releases themselves have records of their
// own ([Filter.SetID]).
type Set struct {
	// SetID names the set; it never changes.
	SetID string `json:"setId"`
	// Name is that of the set as it was asked for; empty in entries that know it by their progress alone.
	Name string `json:"name,omitempty"`
	// Identity is what was asked for, and by which event. It never changes once it is known.
	Identity Identity `json:"identity,omitzero"`
	// Revisions are those of the application documents with which the names in the set were resolved, by the
	// names of the documents.
	Revisions   map[string]uint64 `json:"revisions,omitempty"`
	RequestedBy string            `json:"requestedBy,omitempty"`
	RequestedAt time.Time         `json:"requestedAt,omitzero"`
	// Accepted tells that Temporal has the set. One that it has not is no duplicate when its
	// event comes again.
	Accepted bool `json:"accepted"`
	// Progress is the latest progress; zero before the first.
	Progress release.SetProgress `json:"progress,omitzero"`
	// UpdatedAt is when the bucket has stored the entry, see [Record.UpdatedAt].
	UpdatedAt time.Time `json:"updatedAt,omitzero"`
}

// CreateSet records that a set was asked for, as [Ledger.Create] does for a release.
func (l *Ledger) CreateSet(ctx context.Context, s Set) (set Set, created bool, err error) {
	if s.Identity.Digest == "" {
		return Set{}, false, release.Problem{Field: "identity.digest", Message: "must be the digest of the content"}
	}
	set, err = l.changeSet(ctx, s.SetID, func(have Set, exists bool) (Set, error) {
		created = !exists
		if !exists {
			s.Progress = release.SetProgress{}
			return s, nil
		}
		return have.askedAgain(s)
	})
	return set, created && err == nil, err
}

// AcceptSet records that Temporal has the set. Without an entry the error is [ErrNotFound].
func (l *Ledger) AcceptSet(ctx context.Context, setID string) error {
	_, err := l.changeSet(ctx, setID, func(have Set, exists bool) (Set, error) {
		have.Accepted = true
		return have, mustExist(exists, setID)
	})
	return err
}

// UpdateSet records what a set tells of itself, unless its entry shows something later
// already, as [Ledger.Update] does for a release. A set that has no entry gets one, without an
// event.
func (l *Ledger) UpdateSet(ctx context.Context, p release.SetProgress) error {
	_, err := l.changeSet(ctx, p.SetID, func(have Set, _ bool) (Set, error) {
		have.SetID = p.SetID
		return have.reported(p), nil
	})
	return err
}

// GetSet returns the entry of a set. Without one the error is [ErrNotFound].
func (l *Ledger) GetSet(ctx context.Context, setID string) (Set, error) {
	key, err := keyOfSet(setID)
	if err != nil {
		return Set{}, err
	}
	have, err := load[Set](ctx, l.opened, key)
	if err != nil {
		return Set{}, err
	}
	return have.Value, mustExist(have.Exists(), setID)
}

func (l *Ledger) changeSet(ctx context.Context, setID string, do edit[Set]) (Set, error) {
	key, err := keyOfSet(setID)
	if err != nil {
		return Set{}, err
	}
	return change(ctx, l.opened, key, do)
}

// askedAgain returns the entry after a further request for the same set.
func (s Set) askedAgain(again Set) (Set, error) {
	if err := s.Identity.same(s.SetID, again.Identity); err != nil {
		return s, err
	}
	if s.Identity.EventID == "" {
		s.Identity, s.Revisions, s.RequestedAt = again.Identity, again.Revisions, again.RequestedAt
		s.RequestedBy = cmp.Or(s.RequestedBy, again.RequestedBy)
	}
	return s, nil
}

// reported returns the entry after a report. An end stands, and beats what has not ended;
// before it the higher number of the transition wins.
func (s Set) reported(p release.SetProgress) Set {
	s.Accepted = true
	have := s.Progress
	if have.Outcome != "" || p.Outcome == "" && p.Transition < have.Transition {
		return s
	}
	s.Progress = p
	s.RequestedBy = cmp.Or(s.RequestedBy, p.RequestedBy)
	s.Identity.Digest = cmp.Or(s.Identity.Digest, p.Digest)
	return s
}

// roomForIdentity is what an entry needs besides the progress, in bytes: every text at its bound, and a revision
// of each release.
const roomForIdentity = 2*maxSource + 3*maxName + 64*release.MaxSetReleases + 1024

func (s Set) fit() (Set, []byte, error) {
	s.Identity, s.Name = s.Identity.shortened(), shorten(s.Name, maxName)
	s.RequestedBy = shorten(s.RequestedBy, maxName)
	s.Progress = s.Progress.Fit(MaxRecord - roomForIdentity)
	value, err := encode(s)
	if err == nil && len(value) > MaxRecord {
		err = fmt.Errorf("the entry of %s has more than %d bytes however much of it is cut", s.SetID, MaxRecord)
	}
	return s, value, err
}

func (s Set) named() (string, error) { return keyOfSet(s.SetID) }

func (s Set) stored(at time.Time) Set {
	s.UpdatedAt = at
	return s
}

// keyOfSet returns the key of a set, which is its ID; the error is a [release.Problem].
func keyOfSet(setID string) (string, error) { return setID, release.CheckSetID(setID) }
