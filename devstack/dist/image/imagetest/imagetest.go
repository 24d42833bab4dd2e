// Package imagetest reads images back for tests.
package imagetest

import (
	"archive/tar"
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/stretchr/testify/require"
)

// Index returns the one index of an OCI layout in an archive, with what the layout says of it.
func Index(t *testing.T, archive []byte) (v1.ImageIndex, v1.Descriptor) {
	t.Helper()
	folder := t.TempDir()
	for _, e := range Entries(t, bytes.NewReader(archive)) {
		path := filepath.Join(folder, filepath.FromSlash(e.Name))
		if e.Typeflag == tar.TypeDir {
			require.NoError(t, os.MkdirAll(path, 0o755))
			continue
		}
		require.NoError(t, os.WriteFile(path, e.Content, 0o600))
	}
	top, err := layout.ImageIndexFromPath(folder)
	require.NoError(t, err)
	manifest, err := top.IndexManifest()
	require.NoError(t, err)
	require.Len(t, manifest.Manifests, 1)
	index, err := top.ImageIndex(manifest.Manifests[0].Digest)
	require.NoError(t, err)
	return index, manifest.Manifests[0]
}

// An Entry is in an archive.
type Entry struct {
	tar.Header

	Content []byte
}

// Entries reads an archive.
func Entries(t *testing.T, archive io.Reader) []Entry {
	t.Helper()
	var all []Entry
	for r := tar.NewReader(archive); ; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			return all
		}
		require.NoError(t, err)
		content, err := io.ReadAll(r)
		require.NoError(t, err)
		all = append(all, Entry{*h, content})
	}
}

// Files are what an image has, by name, once its layers lie upon each other.
func Files(t *testing.T, image v1.Image) map[string]Entry {
	t.Helper()
	content := mutate.Extract(image)
	found := map[string]Entry{}
	for _, e := range Entries(t, content) {
		found[e.Name] = e
	}
	require.NoError(t, content.Close())
	return found
}
