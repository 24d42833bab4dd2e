package image_test

import (
	"bytes"
	"crypto/x509"
	"testing"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"
	"github.com/google/go-containerregistry/pkg/v1/validate"
	"github.com/stretchr/testify/require"

	"slipway/devstack/dist/image"
	"slipway/devstack/dist/image/imagetest"
)

func twoVariants() image.Image {
	return image.Image{
		Version: "v1.2.3", Revision: "abc", At: time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC),
		Variants: []image.Variant{
			{Arch: "amd64", Program: []byte("program for amd64"), Notices: []byte("notices")},
			{Arch: "arm64", Program: []byte("program for arm64"), Notices: []byte("notices")},
		},
	}
}

func TestWrite(t *testing.T) {
	t.Parallel()
	var written bytes.Buffer
	digest, err := twoVariants().Write(&written)
	require.NoError(t, err)
	index, named := imagetest.Index(t, written.Bytes())
	require.Equal(t, digest, named.Digest.String())
	require.NoError(t, validate.Index(index), "every digest, size and media type fits")
	require.Equal(t, "v1.2.3", named.Annotations["org.opencontainers.image.ref.name"])
	require.Equal(t, types.OCIImageIndex, named.MediaType)
	manifest, err := index.IndexManifest()
	require.NoError(t, err)
	require.Equal(t, "v1.2.3", manifest.Annotations["org.opencontainers.image.version"])
	require.Len(t, manifest.Manifests, 2)
	for n, arch := range []string{"amd64", "arm64"} {
		require.Equal(t, &v1.Platform{OS: "linux", Architecture: arch}, manifest.Manifests[n].Platform)
		built, err := index.Image(manifest.Manifests[n].Digest)
		require.NoError(t, err)
		config, err := built.ConfigFile()
		require.NoError(t, err)
		require.Equal(t, "linux", config.OS)
		require.Equal(t, arch, config.Architecture)
		require.Equal(t, v1.Config{
			User: "65532:65532", Entrypoint: []string{"/slipway"}, WorkingDir: "/",
			Labels: map[string]string{
				"org.opencontainers.image.title": "slipway", "org.opencontainers.image.description": "Releases applications on serverless platforms, durably",
				"org.opencontainers.image.version": "v1.2.3", "org.opencontainers.image.revision": "abc", "org.opencontainers.image.created": "2026-11-30T12:00:00Z",
			},
		}, config.Config, "nothing is exposed, no volume, no variable")

		modes := map[string]int64{}
		files := imagetest.Files(t, built)
		for name, f := range files {
			modes[name] = f.Mode
			require.Zero(t, f.Uid+f.Gid, "%s is root's, whom the program is not", name)
		}
		require.Equal(t, map[string]int64{
			"etc": 0o755, "etc/ssl": 0o755, "etc/ssl/certs": 0o755, "etc/ssl/certs/ca-certificates.crt": 0o644, "slipway": 0o755,
			"usr": 0o755, "usr/share": 0o755, "usr/share/doc": 0o755, "usr/share/doc/slipway": 0o755, "usr/share/doc/slipway/THIRD-PARTY-NOTICES.txt": 0o644,
		}, modes, "nothing else, nothing setuid, nothing that others may write")
		require.Equal(t, "program for "+arch, string(files["slipway"].Content))
		require.True(t, x509.NewCertPool().AppendCertsFromPEM(files["etc/ssl/certs/ca-certificates.crt"].Content))
	}
}

func TestWrite_TheSameBytes(t *testing.T) {
	t.Parallel()
	var one, other bytes.Buffer
	_, err := twoVariants().Write(&one)
	require.NoError(t, err)
	_, err = twoVariants().Write(&other)
	require.NoError(t, err)
	require.True(t, bytes.Equal(one.Bytes(), other.Bytes()))
}

func TestAuthorities(t *testing.T) {
	t.Parallel()
	roots, err := image.Authorities()
	require.NoError(t, err)
	require.Greater(t, bytes.Count(roots, []byte("BEGIN CERTIFICATE")), 80)
}
