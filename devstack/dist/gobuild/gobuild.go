// Package gobuild builds programs of a module so that the same source gives the same bytes on every machine, and
// tells of which packages they consist.
package gobuild

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
)

// stamped is the package whose variables say which version a program is.
const stamped = "slipway/internal/buildinfo"

// A Target is what a program is built for, as Go names it.
type Target struct{ OS, Arch string }

// String returns it as people write it, such as linux/amd64.
func (t Target) String() string { return t.OS + "/" + t.Arch }

// A Module has the programs to build.
type Module struct {
	// Root is its folder.
	Root string
	// Version and Revision are what programs say of themselves.
	Version, Revision string
}

// Build writes programs, which are packages such as ./cmd/slipway, into a folder.
func (m Module) Build(ctx context.Context, to string, target Target, programs []string) error {
	stamp := fmt.Sprintf("-s -w -X %s.version=%s -X %s.revision=%s", stamped, m.Version, stamped, m.Revision)
	_, err := m.run(ctx, target, append(append([]string{"build"}, flags(stamp, to)...), programs...)...)
	return err
}

// flags keep out of the bytes of programs what belongs to the machine that builds them: folders, and the state of git,
// which is stamped instead.
func flags(stamp, to string) []string {
	return []string{"-trimpath", "-buildvcs=false", "-ldflags=" + stamp, "-o", to + string(os.PathSeparator)}
}

// A Package is a part of a program.
type Package struct {
	ImportPath string
	// Dir is its folder.
	Dir string
	// Standard tells that it is of Go itself, and has no module.
	Standard bool
	Module   *Origin
}

// An Origin is the module that a package is of.
type Origin struct {
	Path, Version, Dir string
	// Main tells that it is the module with the programs.
	Main bool
	// Replace is what stands in its place.
	Replace *Origin
}

// Packages lists what is linked into programs, each package once.
func (m Module) Packages(ctx context.Context, target Target, programs []string) ([]Package, error) {
	out, err := m.run(ctx, target, append([]string{"list", "-deps", "-json=ImportPath,Dir,Standard,Module"}, programs...)...)
	if err != nil {
		return nil, err
	}
	var all []Package
	for decoder := json.NewDecoder(bytes.NewReader(out)); ; {
		var p Package
		err := decoder.Decode(&p)
		if errors.Is(err, io.EOF) {
			return all, nil
		}
		if err != nil {
			return nil, fmt.Errorf("what go list says: %w", err)
		}
		all = append(all, p)
	}
}

// Env returns a variable of Go, such as GOROOT.
func (m Module) Env(ctx context.Context, name string) (string, error) {
	out, err := m.run(ctx, Target{}, "env", name)
	return strings.TrimSpace(string(out)), err
}

// Run runs a program of the module on this machine.
func (m Module) Run(ctx context.Context, program string, args ...string) error {
	_, err := m.run(ctx, Target{}, append([]string{"run", "-trimpath", program}, args...)...)
	return err
}

// run runs go for a platform, which is this machine where none is named. What an environment may say of builds does not count:
// it would be in their bytes.
func (m Module) run(ctx context.Context, target Target, args ...string) ([]byte, error) {
	var stdout, stderr bytes.Buffer
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = m.Root, &stdout, &stderr
	cmd.Env = append(os.Environ(), "GOOS="+target.OS, "GOARCH="+target.Arch,
		"CGO_ENABLED=0", "GOFLAGS=", "GOWORK=off", "GOEXPERIMENT=", "GOAMD64=v1", "GOARM64=v8.0", "GOFIPS140=off")
	if err := cmd.Run(); err != nil {
		return nil, fmt.Errorf("go %s: %w\n%s", args[0], err, strings.TrimSpace(stderr.String()))
	}
	return stdout.Bytes(), nil
}
