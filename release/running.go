package release

import (
	"fmt"
	"strings"
)

// Share is a version that instances of an application run.
type Share struct {
	Version

	// Instances is how many run it; 0 where that was not counted.
	Instances int `json:"instances,omitempty"`
}

// OnlyRuns reports whether every instance runs the version, by its ID or its artifact, and the
// configuration says so too. An application without instances runs what its configuration says.
func (v Verification) OnlyRuns(w Version) bool {
	for _, r := range v.Running {
		if !r.Is(w) {
			return false
		}
	}
	return v.Configured.Is(w)
}

// Holds reports whether every instance runs the version, and every setting that was asked about is
// known to be as it should be.
func (v Verification) Holds(w Version) bool { return v.OnlyRuns(w) && len(v.Differs) == 0 && !v.Gone }

// Has reports whether every instance runs a version, configured as it is known to be by the digest of
// its configuration.
func (v Verification) Has(known Version) bool {
	return v.OnlyRuns(known) && known.Config != "" && known.Config == v.Configured.Config
}

// Nothing reports whether the application has no version yet, so that nothing runs.
func (v Verification) Nothing() bool { return v.Configured == (Version{}) && len(v.Running) == 0 }

// Identified reports whether the platform has told the ID of every version that runs.
func (v Verification) Identified() bool {
	for _, r := range v.Running {
		if r.ID == "" {
			return false
		}
	}
	return v.Configured.ID != ""
}

// Uniform reports whether the application runs one version only, whichever it is.
func (v Verification) Uniform() bool { return v.OnlyRuns(v.Configured) }

// Missing says how many instances the application lacks, where it has fewer than it is to have; empty where it has all, or where that
// is not known.
func (v Verification) Missing() string {
	if v.Instances >= v.Wanted {
		return ""
	}
	return fmt.Sprintf(", with %d of %d instances", v.Instances, v.Wanted)
}

// Text names the version that runs, or the versions with how many instances run each.
func (v Verification) Text() string {
	switch {
	case v.Nothing():
		return "no version yet"
	case v.Uniform():
		return v.Configured.Public()
	}
	total := 0
	for _, share := range v.Running {
		total += share.Instances
	}
	running := make([]string, len(v.Running))
	for i, share := range v.Running {
		running[i] = share.Public()
		if share.Instances > 0 {
			running[i] += fmt.Sprintf(" (%d of %d instances)", share.Instances, total)
		}
	}
	return "mixed versions " + strings.Join(running, ", ") + ", configured " + v.Configured.Public()
}

// maxDiffering is how many settings are named that are not as they should be.
const maxDiffering = 10

// Words name the version that runs, or the versions, and the settings that are not as they should be.
func (v Verification) Words() string {
	switch {
	case v.Gone:
		return v.Text() + ", and the platform keeps the version no longer whose configuration it should have, so that they cannot be compared"
	case len(v.Differs) == 0:
		return v.Text()
	}
	names := v.Differs[:min(len(v.Differs), maxDiffering)]
	words := v.Text() + ", with other settings than asked for: " + strings.Join(names, ", ")
	if more := len(v.Differs) - len(names); more > 0 {
		words += fmt.Sprintf(" and %d more", more)
	}
	return words
}
