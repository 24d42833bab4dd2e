package ledger

import (
	"crypto/sha256"
	"encoding/base32"
	"fmt"
	"slices"
	"strings"
	"time"

	"slipway/release"
)

// Record is what is known of one release. Times are RFC 3339.
type Record struct {
	// ReleaseID and App name the record; they never change.
	ReleaseID string      `json:"releaseId"`
	App       release.App `json:"app"`
	// Identity is what was asked for, and by which event. It never changes once it is known.
	Identity Identity `json:"identity,omitzero"`
	// ByName is set where the release was asked for by the name of its application.
	ByName *release.ByName `json:"byName,omitempty"`
	// SetID is the set that asked for the release; empty where none did.
	SetID string `json:"setId,omitempty"`
	// RetryOf is the ID of the release that this one repeats; empty where it repeats none.
	RetryOf     string    `json:"retryOf,omitempty"`
	RequestedBy string    `json:"requestedBy,omitempty"`
	RequestedAt time.Time `json:"requestedAt,omitzero"`
	// Sequence is the place of the request in the stream SLIPWAY_IN; 0 where it has none.
	Sequence uint64 `json:"sequence,omitempty"`
	// Artifact is what is to run in the end; for a rollback it is known once the version is.
	Artifact release.Artifact `json:"artifact,omitzero"`
	// Config is the digest of the application's configuration, as it was read back after the release has
	// succeeded; empty where it has not, and where it was not read. See [release.Version].
	Config string `json:"config,omitempty"`
	// Accepted tells that the lane of the application has the release. One that has not is no
	// duplicate when its event comes again: it is submitted again.
	Accepted bool `json:"accepted"`
	// Held is what the release has not put back, as far as Progress and Paid tell.
	Held Held `json:"held,omitzero"`
	// Paid is what others have put back for it.
	Paid []Payment `json:"paid,omitempty"`
	// Lost says how the release was lost: it ended without telling. Empty where it was not.
	Lost string `json:"lost,omitempty"`
	// Outcome is the phase in which the release ended; empty while it has not.
	Outcome   release.Phase `json:"outcome,omitempty"`
	StartedAt time.Time     `json:"startedAt,omitzero"`
	EndedAt   time.Time     `json:"endedAt,omitzero"`
	// UpdatedAt is when the bucket has stored the record. It is not a part of it: a record
	// that was just created has none.
	UpdatedAt time.Time `json:"updatedAt,omitzero"`
	// Transition is the number of the transition that Progress shows; 0 where it has none.
	Transition uint64 `json:"transition,omitempty"`
	// Progress is the latest progress; zero before the first. Cut counts what was left out of
	// it on the way here, so that the record is not larger than [MaxRecord]. A record whose
	// artifact was left out tells of no good version.
	Progress release.Progress `json:"progress,omitzero"`
	Cut      release.Cut      `json:"cut,omitzero"`
}

// Identity is what a release was asked for with.
type Identity struct {
	// Source and EventID are those of the event; empty where there was none. A text longer
	// than a kilobyte is cut.
	Source  string `json:"source,omitempty"`
	EventID string `json:"eventId,omitempty"`
	// Digest is that of the content: [release.Spec.Digest], or of a request by name, that of what was
	// published, without what the application document says.
	Digest string `json:"digest"`
}

// same returns a [ConflictError] where another content is asked for under the ID. Where the
// content is not known, nothing contradicts it.
func (i Identity) same(id string, asked Identity) error {
	if i.Digest != "" && i.Digest != asked.Digest {
		return &ConflictError{ID: id, Recorded: i.Digest, Asked: asked.Digest}
	}
	return nil
}

// Held is what a release has changed, or may have, and has not put back.
type Held struct {
	// ScalingRules are the names of the rules that were enabled before and are not known to be
	// enabled again. More is how many there are beyond those that fit into the record.
	ScalingRules []string `json:"scalingRules,omitempty"`
	More         int      `json:"more,omitempty"`
	// Traffic tells that the traffic rule of the release may be in force.
	Traffic bool `json:"traffic,omitempty"`
	// ChangeID is the change that may be unfinished.
	ChangeID string `json:"changeId,omitempty"`
}

// Empty reports whether nothing is held.
func (h Held) Empty() bool {
	return len(h.ScalingRules) == 0 && h.More == 0 && !h.Traffic && h.ChangeID == ""
}

// Payment is what somebody has put back for a release, or taken over.
type Payment struct {
	// Rules are the names of scaling rules, Traffic means the traffic rule, ChangeID the
	// change, whose end was seen. All means everything that is held.
	Rules    []string `json:"rules,omitempty"`
	Traffic  bool     `json:"traffic,omitempty"`
	ChangeID string   `json:"changeId,omitempty"`
	All      bool     `json:"all,omitempty"`
	// By is who paid, a person or a release ID, and At when.
	By   string    `json:"by,omitempty"`
	At   time.Time `json:"at,omitzero"`
	Note string    `json:"note,omitempty"`
}

// Latest is the progress of the release; of one that has told none yet it says what was asked for.
func (r Record) Latest() release.Progress {
	if r.Progress.ReleaseID != "" {
		return r.Progress
	}
	return release.Progress{ReleaseID: r.ReleaseID, App: r.App, Artifact: r.Artifact, RequestedBy: r.RequestedBy, RetryOf: r.RetryOf, Outcome: r.Outcome, Phase: r.Outcome}
}

// Ended reports whether the release has its outcome.
func (r Record) Ended() bool { return r.Outcome != "" }

// Owes reports whether the release has left something behind: it needed attention or was
// lost, and holds something that nobody has paid.
func (r Record) Owes() bool {
	return (r.Outcome == release.PhaseNeedsAttention || r.Lost != "") && !r.Held.Empty()
}

// begun reports whether the release has begun to change which version runs, as far as it has told.
func (r Record) begun() bool {
	switch r.Progress.Operation {
	case release.OperationRestart, release.OperationRescale, release.OperationJob:
		return false
	case release.OperationRelease, release.OperationRollback:
	}
	under := r.Progress.Phase != "" && r.Progress.Phase != release.PhaseQueued && !r.Ended()
	return r.Sequence > 0 && (under || r.Progress.ChangeID != "")
}

// Asked is when the release was asked for, as well as it is known.
func (r Record) Asked() time.Time {
	for _, at := range []time.Time{r.RequestedAt, r.Progress.AcceptedAt, r.StartedAt} {
		if !at.IsZero() {
			return at
		}
	}
	return r.UpdatedAt
}

// newestFirst sorts records by the time at which they were asked for, and cuts the list.
func newestFirst(records []Record, limit int) []Record {
	slices.SortFunc(records, func(a, b Record) int {
		if c := b.Asked().Compare(a.Asked()); c != 0 {
			return c
		}
		return strings.Compare(a.ReleaseID, b.ReleaseID)
	})
	if limit > 0 && len(records) > limit {
		return records[:limit]
	}
	return records
}

const (
	// maxID and maxApp bound, in bytes, what names a record.
	maxID  = 128
	maxApp = 400
)

func (r Record) named() (string, error) { return keyOf(r.App, r.ReleaseID) }

func (r Record) stored(at time.Time) Record {
	r.UpdatedAt = at
	return r
}

// allRecords is the pattern of the keys of records. Those of sets have one token.
const allRecords = "*.*"

// keyOf returns the key of a record, <app token>.<release ID>; the error is a
// [release.Problem].
func keyOf(app release.App, releaseID string) (string, error) {
	if app.Platform == "" || app.ID == "" || len(app.SearchValue()) > maxApp {
		return "", release.Problem{Field: "app", Message: fmt.Sprintf("must be platform, region and id of at most %d bytes", maxApp)}
	}
	return appToken(app) + "." + releaseID, release.CheckReleaseID(releaseID)
}

// appToken stands for an application in keys: 16 lower-case letters and digits (80 bits), so
// that the records of one application can be listed, whatever its names consist of.
func appToken(app release.App) string {
	sum := sha256.Sum256([]byte(app.SearchValue()))
	return strings.ToLower(base32.StdEncoding.EncodeToString(sum[:10]))
}
