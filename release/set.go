package release

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
)

// KindReleaseSet is the kind of a file that describes a [Set].
const KindReleaseSet = "ReleaseSet"

// The bounds of a set.
const (
	// MaxWaves is how many waves a set may have.
	MaxWaves = 20
	// MaxSetReleases is how many releases a set may have in all.
	MaxSetReleases = 50
)

// SetPolicy says what becomes of a set when a release of a wave has not succeeded. It is
// asked once all releases of the wave have ended.
type SetPolicy string

// The set policies.
const (
	// SetStop lets no further wave begin. What was released stays. It is the default.
	SetStop SetPolicy = "stop"
	// SetContinue goes on with the next wave.
	SetContinue SetPolicy = "continue"
	// SetRollback rolls back what has succeeded, the latest wave first.
	SetRollback SetPolicy = "rollback"
)

// Set is several releases as one: waves that follow each other, each of releases that
// run at the same time. It is the data of a request event for a set and the spec of its
// file. [Set.WithDefaults] fills what may be left out.
type Set struct {
	// Name is part of the subjects of the set's events: lower-case letters, digits and
	// hyphens.
	Name  string `json:"name"`
	Waves []Wave `json:"waves"`
	// OnFailure says what becomes of the rest when a release has not succeeded.
	OnFailure   SetPolicy `json:"onFailure,omitempty"`
	Limits      SetLimits `json:"limits,omitzero"`
	RequestedBy string    `json:"requestedBy,omitempty"`
	Note        string    `json:"note,omitempty"`
}

// SetLimits bound a set.
type SetLimits struct {
	// Total is how long the set may take, waiting for people and for turns in lanes
	// included. Its way back has the same time again.
	Total Duration `json:"total,omitzero"`
}

// Wave is releases that run at the same time.
type Wave struct {
	// Name is unique within the set; wave-1, wave-2, … where it is left out.
	Name string `json:"name,omitempty"`
	// Confirm manual lets the wave begin only when a person has said so.
	Confirm  ConfirmMode  `json:"confirm,omitempty"`
	Releases []SetRelease `json:"releases"`
}

// SetRelease is one release of a set.
type SetRelease struct {
	// Name is unique within the set; the release ID is derived from it.
	Name string `json:"name"`
	Spec Spec   `json:"spec"`
}

// SetRequest is the input of the workflow ReleaseSet: one set.
type SetRequest struct {
	// ID is the set ID, see [SetID].
	ID  string `json:"id"`
	Set Set    `json:"set"`
	// Admission is what the starter says of who asked; the releases of the set have the same.
	Admission Admission `json:"admission,omitzero"`
	// ByName are those releases that were asked for by the names of their applications, by what the set calls
	// them.
	ByName map[string]ByName `json:"byName,omitempty"`
}

// nameOf is by which name a release of the set was asked for; nil where it was not by one.
func (r SetRequest) nameOf(each SetRelease) *ByName {
	if name, is := r.ByName[each.Name]; is {
		return &name
	}
	return nil
}

// WithDefaults returns the set with every unset field at its default, those of its
// releases included.
func (s Set) WithDefaults() Set {
	s.OnFailure = cmp.Or(s.OnFailure, SetStop)
	s.Limits.Total = cmp.Or(s.Limits.Total, DefaultTotalLimit)
	s.Waves = slices.Clone(s.Waves)
	for i := range s.Waves {
		w := &s.Waves[i]
		w.Name = cmp.Or(w.Name, fmt.Sprintf("wave-%d", i+1))
		w.Confirm = cmp.Or(w.Confirm, ConfirmAuto)
		w.Releases = slices.Clone(w.Releases)
		for j := range w.Releases {
			w.Releases[j].Spec = w.Releases[j].Spec.WithDefaults()
		}
	}
	return s
}

// Validate lists every problem of the set at once, those of its releases included, as
// [Problems], or returns nil. It wants a set that has its defaults. A list that is too
// long is told without the rest.
func (s Set) Validate() error {
	measured, fit := measure(s)
	if !fit {
		return measured.err()
	}
	v := &setValidator{validator: measured, waves: map[string]bool{}, releases: map[string]bool{}, apps: map[App]string{}}
	v.name("name", s.Name, nil)
	v.actor("requestedBy", s.RequestedBy)
	v.check(len(s.Waves) >= 1, "waves", "must be 1-%d", MaxWaves)
	count := 0
	for i, w := range s.Waves {
		at := fmt.Sprintf("waves[%d]", i)
		v.wave(at, w)
		for j, r := range w.Releases {
			r.Spec.RequestedBy = cmp.Or(r.Spec.RequestedBy, s.RequestedBy) // as it is submitted
			v.release(fmt.Sprintf("%s.releases[%d]", at, j), r, s.OnFailure)
		}
		count += len(w.Releases)
	}
	v.check(count <= MaxSetReleases, "waves", "have %d releases in all; a set has at most %d", count, MaxSetReleases)
	switch s.OnFailure {
	case SetStop, SetContinue, SetRollback:
	default:
		v.check(false, "onFailure", "%q is unknown; use stop, continue or rollback", s.OnFailure)
	}
	v.check(s.Limits.Total > 0 && s.Limits.Total <= maxLimit, "limits.total", "must be more than 0s and at most %s", maxLimit)
	return v.err()
}

// setValidator knows what must be there only once.
type setValidator struct {
	*validator

	waves, releases map[string]bool
	// apps are the fields at which applications stand.
	apps map[App]string
}

// name checks a name, and that it is not among those taken already.
func (v *setValidator) name(field, name string, taken map[string]bool) {
	v.check(IsName(name), field, "%q is not %s", name, NameWords)
	if taken != nil {
		v.check(name == "" || !taken[name], field, "%q is there already; names are unique within the set", name)
		taken[name] = true
	}
}

func (v *setValidator) wave(at string, w Wave) {
	v.name(at+".name", w.Name, v.waves)
	v.check(w.Confirm == ConfirmManual || w.Confirm == ConfirmAuto, at+".confirm", "%q is unknown; use manual or auto", w.Confirm)
	v.check(len(w.Releases) > 0, at+".releases", "must have at least one release")
}

func (v *setValidator) release(at string, r SetRelease, p SetPolicy) {
	v.name(at+".name", r.Name, v.releases)
	if invalid, ok := errors.AsType[Problems](r.Spec.Validate()); ok {
		for _, problem := range invalid {
			v.check(false, at+".spec."+problem.Field, "%s", problem.Message)
		}
	}
	app := r.Spec.App.Unqualified()
	first, there := v.apps[app]
	v.check(!there || app == App{}, at+".spec.app", "is the application of %s already; a set releases each once", first)
	if !there {
		v.apps[app] = at
	}
	v.check(p != SetRollback || r.Spec.Operation != OperationRescale, at+".spec.operation",
		"a rescale cannot be rolled back; use onFailure stop or continue")
	v.check(p != SetRollback || r.Spec.Operation != OperationJob, at+".spec.operation",
		"a job cannot be rolled back; use onFailure stop or continue")
}

// Submission is the release of a set as it is handed to the lane of its application.
func (r SetRequest) Submission(each SetRelease) Submission {
	spec := each.Spec
	spec.RequestedBy = cmp.Or(spec.RequestedBy, r.Set.RequestedBy)
	spec.Note = cmp.Or(spec.Note, r.Set.of(r.ID))
	return Submission{ReleaseID: SetReleaseID(r.ID, each.Name), Spec: spec, Set: r.ID, ByName: r.nameOf(each), Admission: r.Admission}
}

// Undo is the release that returns an application to the version it had before the set.
// No freeze holds it: the way back never waits for one.
func (r SetRequest) Undo(each SetRelease, version string) Submission {
	return Submission{ReleaseID: SetUndoID(r.ID, each.Name), Set: r.ID, ByName: r.nameOf(each), Admission: r.Admission, Spec: Spec{
		App: each.Spec.App, Operation: OperationRollback, Version: version,
		Scaling: each.Spec.Scaling, Limits: each.Spec.Limits, RequestedBy: cmp.Or(each.Spec.RequestedBy, r.Set.RequestedBy),
		Note:   "rolls back " + r.Set.of(r.ID),
		Freeze: FreezePolicy{Override: "the way back of " + r.Set.of(r.ID)},
	}.WithDefaults()}
}

// of names the set in the words of its releases.
func (s Set) of(setID string) string { return "set " + s.Name + " (" + setID + ")" }
