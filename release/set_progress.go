package release

import (
	"slices"
	"time"
)

// SetProgress is the public picture of a set: the answer of the query "progress" to its
// workflow, the data of its lifecycle events and the result of the workflow. Its phases
// are RollingOut while a wave runs, AwaitingConfirm before a wave that waits for a
// person, RollingBack, and the outcomes. Times are RFC 3339.
type SetProgress struct {
	SetID string `json:"setId"`
	// Transition is the number of the latest transition that the world was told of, from 1.
	Transition uint64 `json:"transition,omitempty"`
	Name       string `json:"name"`
	Phase      Phase  `json:"phase"`
	// Outcome is the phase in which the set ended; empty while it has not.
	Outcome Phase `json:"outcome,omitempty"`
	// Reason says in words why the set stands where it stands.
	Reason    string         `json:"reason,omitempty"`
	OnFailure SetPolicy      `json:"onFailure"`
	Waves     []WaveProgress `json:"waves"`
	// Awaiting tells which wave waits for a person; its Batch is the number of the wave.
	Awaiting *Awaiting `json:"awaiting,omitempty"`
	// Decisions are what was said to the set; their Batch is the number of a wave.
	Decisions   []Decision `json:"decisions,omitempty"`
	RequestedBy string     `json:"requestedBy,omitempty"`
	// Admission is what the starter said of who asked.
	Admission Admission `json:"admission,omitzero"`
	Note      string    `json:"note,omitempty"`
	// Digest is that of the content that was asked for, see [Set.Digest].
	Digest    string    `json:"digest,omitempty"`
	StartedAt time.Time `json:"startedAt,omitzero"`
	EndedAt   time.Time `json:"endedAt,omitzero"`
	// Cut counts what was left out, see [SetProgress.Fit].
	Cut Cut `json:"cut,omitzero"`
}

// WaveProgress is one wave of a set.
type WaveProgress struct {
	// Number counts from 1.
	Number   int           `json:"number"`
	Name     string        `json:"name"`
	Confirm  ConfirmMode   `json:"confirm"`
	Releases []SetStanding `json:"releases"`
}

// SetStanding is one release of a set.
type SetStanding struct {
	Name string `json:"name"`
	App  App    `json:"app"`
	// ByName is set where the release was asked for by the name of its application.
	ByName *ByName `json:"byName,omitempty"`
	Run    SetRun  `json:"run"`
	// RollbackTo is the platform's ID of the version that ran before; empty where the
	// release has changed none, or nobody knows.
	RollbackTo string `json:"rollbackTo,omitempty"`
	// Rollback is the release that returns to it; nil where none was begun.
	Rollback *SetRun `json:"rollback,omitempty"`
}

// SetRun is where one release stands that a set has begun.
type SetRun struct {
	ReleaseID string `json:"releaseId"`
	// Standing is what its lane has answered; empty while it was not submitted.
	Standing Standing `json:"standing,omitempty"`
	// Outcome is how it ended; empty while it has not. What was lost, or of which nobody
	// knows whether it was begun, needs attention.
	Outcome Phase `json:"outcome,omitempty"`
	// Reason is its reason for that.
	Reason    string    `json:"reason,omitempty"`
	StartedAt time.Time `json:"startedAt,omitzero"`
	EndedAt   time.Time `json:"endedAt,omitzero"`
}

// Progress is the picture of a set that has not begun.
func (r SetRequest) Progress(at time.Time) SetProgress {
	p := SetProgress{
		SetID: r.ID, Name: r.Set.Name, Phase: PhaseRollingOut, OnFailure: r.Set.OnFailure,
		RequestedBy: r.Set.RequestedBy, Admission: r.Admission, Note: r.Set.Note, Digest: r.Set.Digest(), StartedAt: at,
	}
	for i, w := range r.Set.Waves {
		wave := WaveProgress{Number: i + 1, Name: w.Name, Confirm: w.Confirm}
		for _, each := range w.Releases {
			wave.Releases = append(wave.Releases, SetStanding{
				Name: each.Name, App: each.Spec.App, ByName: r.nameOf(each), Run: SetRun{ReleaseID: SetReleaseID(r.ID, each.Name)},
			})
		}
		p.Waves = append(p.Waves, wave)
	}
	return p
}

// Identity is the set ID; empty while nothing is known.
func (p SetProgress) Identity() string { return p.SetID }

// Waits reports whether the set waits for something.
func (p SetProgress) Waits() bool { return p.Awaiting != nil }

// Clone returns a copy that shares nothing with p.
func (p SetProgress) Clone() SetProgress {
	p.Decisions = slices.Clone(p.Decisions)
	p.Waves = slices.Clone(p.Waves)
	for i := range p.Waves {
		w := &p.Waves[i]
		w.Releases = slices.Clone(w.Releases)
		for j := range w.Releases {
			if back := w.Releases[j].Rollback; back != nil {
				w.Releases[j].Rollback = new(*back)
			}
		}
	}
	if p.Awaiting != nil {
		p.Awaiting = new(*p.Awaiting)
	}
	return p
}

// End records how a release of a set has ended.
func (s *SetRun) End(e Ending, at time.Time) {
	s.Outcome, s.Reason, s.EndedAt = e.Progress.Outcome, keptReason(e.Progress.Reason), at
	if e.Lost != "" {
		s.Outcome, s.Reason = PhaseNeedsAttention, keptReason("it was lost: "+e.Lost)
	}
}
