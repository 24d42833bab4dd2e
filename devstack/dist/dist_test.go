package dist_test

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"debug/elf"
	"encoding/hex"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/v1/validate"
	"github.com/stretchr/testify/require"

	"slipway/devstack/dist"
	"slipway/devstack/dist/gobuild"
	"slipway/devstack/dist/image/imagetest"
)

const revision = "0123456789abcdef0123456789abcdef01234567"

// config is for a copy of the module in testdata, which has all that the real one must have, and builds in moments. It is in
// a folder of its own each time.
func config(t *testing.T) dist.Config {
	t.Helper()
	root := t.TempDir()
	require.NoError(t, os.CopyFS(root, os.DirFS("testdata/module")))
	return dist.Config{
		Root: root, Out: filepath.Join(t.TempDir(), "dist"), Version: "v1.2.3", Revision: revision,
		At: time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC), Targets: []gobuild.Target{target()}, Progress: io.Discard,
	}
}

// target is one that programs of an image can be run on here, where here is Linux.
func target() gobuild.Target { return gobuild.Target{OS: "linux", Arch: runtime.GOARCH} }

// read reads all files of a folder.
func read(t *testing.T, folder string) map[string][]byte {
	t.Helper()
	entries, err := os.ReadDir(folder)
	require.NoError(t, err)
	files := map[string][]byte{}
	for _, e := range entries {
		files[e.Name()], err = os.ReadFile(filepath.Join(folder, e.Name()))
		require.NoError(t, err)
	}
	return files
}

// unpack returns the files of a compressed archive.
func unpack(t *testing.T, packed []byte) map[string]imagetest.Entry {
	t.Helper()
	r, err := gzip.NewReader(bytes.NewReader(packed))
	require.NoError(t, err)
	found := map[string]imagetest.Entry{}
	for _, e := range imagetest.Entries(t, r) {
		found[e.Name] = e
	}
	return found
}

func TestMake(t *testing.T) {
	t.Parallel()
	one, other := config(t), config(t)
	result, err := dist.Make(t.Context(), one)
	require.NoError(t, err)
	again, err := dist.Make(t.Context(), other)
	require.NoError(t, err)
	require.Equal(t, result, again)
	files := read(t, one.Out)
	require.Equal(t, files, read(t, other.Out), "the same source gives the same bytes, in whatever folder")

	name, simulators := "slipway_v1.2.3_linux_"+runtime.GOARCH, "slipway-simulators_v1.2.3_linux_"+runtime.GOARCH
	want := []string{
		"SHA256SUMS", name + ".tar.gz", name + ".cdx.json", simulators + ".tar.gz", simulators + ".cdx.json",
		"slipway_v1.2.3_image.tar", "slipway_v1.2.3_provenance.json",
	}
	require.Len(t, files, len(want))
	for _, file := range want {
		require.Contains(t, files, file)
	}

	t.Run("every file has its digest", func(t *testing.T) {
		t.Parallel()
		var lines []string
		for file, content := range files {
			if file != dist.Sums {
				sum := sha256.Sum256(content)
				lines = append(lines, hex.EncodeToString(sum[:])+"  "+file)
			}
		}
		require.ElementsMatch(t, lines, strings.Split(strings.TrimSpace(string(files[dist.Sums])), "\n"))
	})

	t.Run("archives have programs and their papers", func(t *testing.T) {
		t.Parallel()
		packed := unpack(t, files[name+".tar.gz"])
		for _, file := range []string{"slipway", "README.md", "CHANGELOG.md", "THIRD-PARTY-NOTICES.txt", "man/man1/slipway.1"} {
			require.Contains(t, packed, name+"/"+file)
		}
		require.Equal(t, "v1.2.3 2026-11-30T12:00:00Z", string(packed[name+"/man/man1/slipway.1"].Content))
		require.Contains(t, string(packed[name+"/THIRD-PARTY-NOTICES.txt"].Content), "stdlib "+runtime.Version()+"\n    BSD-3-Clause\n")
		packed = unpack(t, files[simulators+".tar.gz"])
		for _, file := range []string{"saesim", "fcsim", "servicestagesim", "saesim.md", "fcsim.md", "servicestagesim.md", "THIRD-PARTY-NOTICES.txt"} {
			require.Contains(t, packed, simulators+"/"+file)
		}
	})

	t.Run("the image is read back, and runs", func(t *testing.T) {
		t.Parallel()
		index, named := imagetest.Index(t, files["slipway_v1.2.3_image.tar"])
		require.Equal(t, result.Image, named.Digest.String())
		require.NoError(t, validate.Index(index))
		manifest, err := index.IndexManifest()
		require.NoError(t, err)
		require.Len(t, manifest.Manifests, 1)
		built, err := index.Image(manifest.Manifests[0].Digest)
		require.NoError(t, err)
		content := imagetest.Files(t, built)
		program := content["slipway"].Content
		require.Equal(t, unpack(t, files[name+".tar.gz"])[name+"/slipway"].Content, program)
		requireStatic(t, program)
		for file, e := range content {
			require.Zero(t, e.FileInfo().Mode()&(os.ModeSetuid|os.ModeSetgid|0o022), file)
		}
		if runtime.GOOS != target().OS {
			return // what is for Linux is not run elsewhere
		}
		path := filepath.Join(t.TempDir(), "slipway")
		require.NoError(t, os.WriteFile(path, program, 0o755))
		out, err := exec.CommandContext(t.Context(), path, "version").Output()
		require.NoError(t, err)
		require.Equal(t, "slipway v1.2.3 "+revision+"\n", string(out))
	})

	t.Run("the provenance is of every file before it", func(t *testing.T) {
		t.Parallel()
		var statement struct {
			Subject []struct {
				Name   string
				Digest map[string]string
			}
		}
		require.NoError(t, json.Unmarshal(files["slipway_v1.2.3_provenance.json"], &statement))
		subjects := map[string]string{}
		for _, s := range statement.Subject {
			subjects[s.Name] = s.Digest["sha256"]
		}
		want := map[string]string{"slipway:v1.2.3": strings.TrimPrefix(result.Image, "sha256:")}
		for _, f := range result.Files {
			if f.Name != "slipway_v1.2.3_provenance.json" {
				want[f.Name] = f.SHA256
			}
		}
		require.Equal(t, want, subjects)
	})
}

// requireStatic wants a program of Linux that needs no other file to run.
func requireStatic(t *testing.T, program []byte) {
	t.Helper()
	file, err := elf.NewFile(bytes.NewReader(program))
	require.NoError(t, err)
	for _, p := range file.Progs {
		require.NotEqual(t, elf.PT_INTERP, p.Type, "it wants a dynamic linker")
		require.NotEqual(t, elf.PT_DYNAMIC, p.Type)
	}
}

func TestMake_Refused(t *testing.T) {
	t.Parallel()
	c := config(t)
	c.Version, c.Revision, c.At, c.Targets = "v1 -X main", "abc", time.Time{}, []gobuild.Target{{OS: "plan9", Arch: "386"}}
	c.Out = c.Root
	_, err := dist.Make(t.Context(), c)
	for _, problem := range []string{`version "v1 -X main": must be`, `revision "abc": must be the full hash`, "time: must be that of the commit", "target plan9/386: there are programs for", "is not empty; remove it"} {
		require.ErrorContains(t, err, problem, "all problems at once")
	}
	c = config(t)
	c.Targets = nil
	_, err = dist.Make(t.Context(), c)
	require.ErrorContains(t, err, "targets: name at least one")
}

func TestMake_ALicenceThatIsNotAllowed(t *testing.T) {
	t.Parallel()
	c := config(t)
	require.NoError(t, os.WriteFile(filepath.Join(c.Root, "internal/buildinfo/LICENSE.other"), []byte("All rights reserved."), 0o600))
	_, err := dist.Make(t.Context(), c)
	require.ErrorContains(t, err, "internal/buildinfo/LICENSE.other: no licence that is known")
	_, err = dist.Licences(t.Context(), c.Root)
	require.ErrorContains(t, err, "internal/buildinfo/LICENSE.other: no licence that is known")
}

func TestLicences(t *testing.T) {
	t.Parallel()
	counts, err := dist.Licences(t.Context(), config(t).Root)
	require.NoError(t, err)
	require.Equal(t, []dist.Count{{Licences: "BSD-3-Clause", Modules: 1}}, counts)
}

// What is built of the module in testdata must be built of the real one, too.
func TestPrograms_AreThoseOfTheModule(t *testing.T) {
	t.Parallel()
	for _, folder := range []string{"cmd", "cmd/slipway/internal/manual", "internal/buildinfo"} {
		ours, err := os.ReadDir(filepath.Join("testdata/module", folder))
		require.NoError(t, err)
		theirs, err := os.ReadDir(filepath.Join("../..", folder))
		require.NoError(t, err)
		for _, e := range ours {
			require.True(t, slices.ContainsFunc(theirs, func(r os.DirEntry) bool { return r.Name() == e.Name() }), "%s/%s", folder, e.Name())
		}
		if folder == "cmd" {
			require.Len(t, ours, len(theirs), "each program comes to people")
		}
	}
}
