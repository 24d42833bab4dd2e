package previous_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"slipway/devstack/previous"
)

// repository is one with a history.
type repository struct {
	t   *testing.T
	dir string
}

func newRepository(t *testing.T) *repository {
	t.Helper()
	r := &repository{t, t.TempDir()}
	r.git("init", "--quiet", "--initial-branch=main")
	return r
}

func (r *repository) git(args ...string) string {
	r.t.Helper()
	cmd := exec.CommandContext(r.t.Context(), "git", args...)
	cmd.Dir = r.dir
	out, err := cmd.CombinedOutput()
	require.NoError(r.t, err, "%s", out)
	return strings.TrimSpace(string(out))
}

// commit writes a file, and returns the commit that has it.
func (r *repository) commit(file, text string) string {
	r.t.Helper()
	path := filepath.Join(r.dir, file)
	require.NoError(r.t, os.MkdirAll(filepath.Dir(path), 0o700))
	require.NoError(r.t, os.WriteFile(path, []byte(text), 0o600))
	r.git("add", ".")
	r.git("-c", "user.name=ann", "-c", "user.email=ann@example.com", "commit", "--quiet", "-m", "release: "+file)
	return r.git("rev-parse", "HEAD")
}

func (r *repository) find() previous.Commit {
	r.t.Helper()
	found, err := previous.Find(r.t.Context(), r.dir)
	require.NoError(r.t, err)
	return found
}

// What was changed before the first version does not count, nor what no workflow runs; each change after it does.
func TestFind(t *testing.T) {
	t.Parallel()
	r := newRepository(t)
	r.commit("workflows/release.go", "package workflows // one")
	_, err := previous.Find(t.Context(), r.dir)
	require.ErrorContains(t, err, `no commit has "## 0.1.0" in CHANGELOG.md`)

	first := r.commit("CHANGELOG.md", "# Changelog\n\n## 0.1.0\n")
	require.Equal(t, previous.Commit{Hash: first, Why: "it is the first version, and workflows have not changed since"}, r.find())
	r.commit("workflows/release_test.go", "package workflows_test")
	r.commit("docs/page.md", "a page")
	require.Equal(t, first, r.find().Hash)

	before := r.commit("CHANGELOG.md", "# Changelog\n\n## 0.2.0\n\n## 0.1.0\n")
	changed := r.commit("workflows/release.go", "package workflows // two")
	r.commit("docs/page.md", "another page")
	require.Equal(t, previous.Commit{Hash: before, Why: "workflows were changed by " + changed[:12] + " after it"}, r.find())
	r.commit("release/decide.go", "package release")
	require.NotEqual(t, before, r.find().Hash)
}

// A clone that lacks older commits begins with the oldest one that it has.
func TestFind_ShallowClone(t *testing.T) {
	t.Parallel()
	r := newRepository(t)
	r.commit("CHANGELOG.md", "## 0.1.0\n")
	r.commit("workflows/release.go", "package workflows")
	last := r.commit("docs/page.md", "a page")
	shallow := &repository{t, filepath.Join(t.TempDir(), "clone")}
	r.git("clone", "--quiet", "--depth=1", "file://"+r.dir, shallow.dir)
	require.Equal(t, last, shallow.find().Hash)
}

func TestResolve(t *testing.T) {
	t.Parallel()
	r := newRepository(t)
	hash := r.commit("CHANGELOG.md", "## 0.1.0\n")
	r.git("tag", "v0.1.0")
	found, err := previous.Resolve(t.Context(), r.dir, "v0.1.0")
	require.NoError(t, err)
	require.Equal(t, previous.Commit{Hash: hash, Why: "it was asked for as v0.1.0"}, found)
	for _, revision := range []string{"v0.2.0", "--all", ""} {
		_, err = previous.Resolve(t.Context(), r.dir, revision)
		require.ErrorContains(t, err, "is no commit of this repository: name a tag, a branch or a hash")
	}
}

// The program is that of the commit, whatever is in the folder now, and the repository is left as it was.
func TestBuild(t *testing.T) {
	t.Parallel()
	r := newRepository(t)
	r.commit("go.mod", "module slipway\n\ngo 1.26\n")
	before := r.commit("cmd/slipway/main.go", "package main\n\nfunc main() { println(\"before\") }\n")
	r.commit("cmd/slipway/main.go", "package main\n\nfunc main() { println(\"now\") }\n")
	program := filepath.Join(t.TempDir(), "slipway")
	require.NoError(t, previous.Build(t.Context(), r.dir, before, program))
	said, err := exec.CommandContext(t.Context(), program).CombinedOutput()
	require.NoError(t, err)
	require.Equal(t, "before\n", string(said))
	require.Empty(t, r.git("status", "--porcelain"))

	broken := r.commit("cmd/slipway/main.go", "package main\n\nfunc main() { nothing() }\n")
	require.ErrorContains(t, previous.Build(t.Context(), r.dir, broken, program), "undefined: nothing")
	require.ErrorContains(t, previous.Build(t.Context(), r.dir, strings.Repeat("0", 40), program), "git checkout")
}
