package archive_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"slipway/devstack/dist/archive"
)

func TestWriteGzip(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)
	program, text := archive.File{Name: "x/bin/slipway", Content: []byte("program"), Executable: true}, archive.File{Name: "x/README.md", Content: []byte("text")}
	var one, other bytes.Buffer
	require.NoError(t, archive.WriteGzip(&one, []archive.File{program, text}, at))
	require.NoError(t, archive.WriteGzip(&other, []archive.File{text, program}, at))
	require.Equal(t, one.Bytes(), other.Bytes(), "whatever the order they are given in")

	plain, err := gzip.NewReader(&one)
	require.NoError(t, err)
	var names []string
	for r := tar.NewReader(plain); ; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		require.NoError(t, err)
		names = append(names, h.Name)
		require.True(t, h.ModTime.Equal(at), h.Name)
		require.Zero(t, h.Uid+h.Gid, h.Name)
		require.Empty(t, h.Uname+h.Gname, h.Name)
		want := map[string]int64{"x/": 0o755, "x/bin/": 0o755, "x/bin/slipway": 0o755, "x/README.md": 0o644}
		require.Equal(t, want[h.Name], h.Mode, h.Name)
	}
	require.Equal(t, []string{"x/", "x/README.md", "x/bin/", "x/bin/slipway"}, names)
}
