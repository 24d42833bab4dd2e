// Package buildinfo says which version of Slipway a binary is.
package buildinfo

import (
	"cmp"
	"runtime"
	"runtime/debug"
)

// What a release build stamps:
//
//	go build -ldflags '-X slipway/internal/buildinfo.version=v0.1.0 -X slipway/internal/buildinfo.revision=…'
//
//nolint:gochecknoglobals // the linker sets variables of a package, and nothing else does
var version, revision string

// unknown is the version of a binary of which neither the linker nor Go knows it, as Go has it
// itself: of a test, or of a build outside of version control.
const unknown = "(devel)"

// Info is the version of a binary.
type Info struct {
	// Version is what the build was stamped with, or what Go derives from version control: a tag,
	// or a pseudo-version with the revision in it.
	Version string `json:"version"`
	// Revision is the commit; empty where it is not known.
	Revision string `json:"revision,omitempty"`
	// Modified reports whether the working tree had changes that were not committed.
	Modified bool `json:"modified,omitempty"`
	// Go is the version of Go that built it, Platform is what for, such as linux/amd64.
	Go       string `json:"go"`
	Platform string `json:"platform"`
}

// Read returns the version of the running binary.
func Read() Info {
	built, _ := debug.ReadBuildInfo()
	return read(version, revision, built)
}

// read prefers what was stamped to what Go has recorded; built may be nil.
func read(version, revision string, built *debug.BuildInfo) Info {
	b := Info{Version: version, Revision: revision, Go: runtime.Version(), Platform: runtime.GOOS + "/" + runtime.GOARCH}
	if built == nil {
		b.Version = cmp.Or(b.Version, unknown)
		return b
	}
	recorded := map[string]string{}
	for _, s := range built.Settings {
		recorded[s.Key] = s.Value
	}
	b.Revision = cmp.Or(b.Revision, recorded["vcs.revision"])
	b.Modified = recorded["vcs.modified"] == "true"
	b.Version = cmp.Or(b.Version, built.Main.Version, unknown)
	if b.Version == unknown && b.Revision != "" {
		b.Version = b.Revision[:min(len(b.Revision), shortRevision)]
	}
	return b
}

// shortRevision is how much of a revision stands for a version, as in Go's pseudo-versions.
const shortRevision = 12

// Line is the version in one line, for the binary of a name.
func (b Info) Line(name string) string {
	text := name + " " + b.Version
	if b.Revision != "" {
		text += " " + b.Revision
	}
	return text + " " + b.Go + " " + b.Platform
}
