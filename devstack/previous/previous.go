// Package previous finds the commit whose workflows an upgrade has to go on with, and builds its program.
package previous

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// First is the heading of the first version in CHANGELOG.md. What was before it need not go on.
const First = "## 0.1.0"

// workflows are the files that say what workflows do: those of the workflows, and of the decisions that they take.
func workflows() []string {
	return []string{":(glob)workflows/**/*.go", ":(glob)release/**/*.go", ":(exclude,glob)**/*_test.go"}
}

// A Commit is what an upgrade begins with.
type Commit struct {
	// Hash is its full hash.
	Hash string
	// Why says in a sentence why it is that one.
	Why string
}

// Find returns the last commit whose workflows differ from those of HEAD; where that is older than the first version, the commit of the
// first version, with which workflows have not changed since.
func Find(ctx context.Context, root string) (Commit, error) {
	first, err := firstVersion(ctx, root)
	if err != nil {
		return Commit{}, err
	}
	changed, err := git(ctx, root, append([]string{"log", "-1", "--format=%H", first + "..HEAD", "--"}, workflows()...)...)
	if err != nil {
		return Commit{}, err
	}
	if changed == "" {
		return Commit{first, "it is the first version, and workflows have not changed since"}, nil
	}
	before, err := git(ctx, root, "rev-parse", changed+"^")
	return Commit{before, "workflows were changed by " + changed[:12] + " after it"}, err
}

// firstVersion is the commit with which the first version came into the changelog. In a clone that lacks older commits it is the oldest
// one that there is.
func firstVersion(ctx context.Context, root string) (string, error) {
	all, err := git(ctx, root, "log", "--format=%H", "-S"+First, "--", "CHANGELOG.md")
	if err != nil {
		return "", err
	}
	if all == "" {
		return "", fmt.Errorf("no commit has %q in CHANGELOG.md: name the one to begin with", First)
	}
	hashes := strings.Fields(all)
	return hashes[len(hashes)-1], nil
}

// Resolve returns the commit that a revision names, such as a tag.
func Resolve(ctx context.Context, root, revision string) (Commit, error) {
	hash, err := git(ctx, root, "rev-parse", "--verify", "--quiet", "--end-of-options", revision+"^{commit}")
	if err != nil {
		return Commit{}, fmt.Errorf("%q is no commit of this repository: name a tag, a branch or a hash", revision)
	}
	return Commit{hash, "it was asked for as " + revision}, nil
}

// Build builds the program slipway of a commit as a file. It leaves the repository as it is, and uses what Go has built of modules before.
func Build(ctx context.Context, root, commit, to string) (err error) {
	to, err = filepath.Abs(to)
	if err != nil {
		return fmt.Errorf("previous: %w", err)
	}
	dir, err := os.MkdirTemp("", "slipway-previous-")
	if err != nil {
		return fmt.Errorf("previous: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	if root, err = filepath.Abs(root); err != nil {
		return fmt.Errorf("previous: %w", err)
	}
	source := filepath.Join(dir, "source")
	if _, err = git(ctx, root, "clone", "--quiet", "--shared", "--no-checkout", root, source); err != nil {
		return err
	}
	if _, err = git(ctx, source, "checkout", "--quiet", "--detach", commit); err != nil {
		return err
	}
	_, err = command(ctx, source, "go", "build", "-o", to, "./cmd/slipway")
	return err
}

// git returns what git prints in a folder.
func git(ctx context.Context, dir string, args ...string) (string, error) {
	return command(ctx, dir, "git", args...)
}

func command(ctx context.Context, dir, name string, args ...string) (string, error) {
	var stdout, stderr bytes.Buffer
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = dir, &stdout, &stderr
	if err := cmd.Run(); err != nil {
		return "", fmt.Errorf("%s %s: %w\n%s", name, args[0], err, strings.TrimSpace(stderr.String()))
	}
	return strings.TrimSpace(stdout.String()), nil
}
