// Package image makes the image of Slipway as an OCI layout, without an engine of containers.
package image

import (
	"bytes"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
	"github.com/google/go-containerregistry/pkg/v1/types"
	"golang.org/x/crypto/x509roots/fallback/bundle"

	"slipway/devstack/dist/archive"
)

// User is who runs the program: nobody in particular, in no group. Nothing in the image is written to.
const User = "65532:65532"

const (
	program = "slipway"
	// authorities is where Go and others look for certificate authorities.
	authorities = "etc/ssl/certs/ca-certificates.crt"
	notices     = "usr/share/doc/slipway/THIRD-PARTY-NOTICES.txt"
)

// An Image is made for every architecture of Linux that it has a variant for.
type Image struct {
	Version, Revision string
	// At is the time of everything in it.
	At       time.Time
	Variants []Variant
}

// A Variant is the image of one architecture, as Go names it.
type Variant struct {
	Arch             string
	Program, Notices []byte
}

// Write writes the OCI layout as one archive of tar, as `skopeo copy oci-archive:…` and `docker load` read it, and returns the
// digest of the index: what a registry calls the image.
func (i Image) Write(to io.Writer) (digest string, err error) {
	index, err := i.index()
	if err != nil {
		return "", err
	}
	hash, err := index.Digest()
	if err != nil {
		return "", fmt.Errorf("digest of the image: %w", err)
	}
	folder, err := os.MkdirTemp("", "slipway-image-")
	if err != nil {
		return "", err
	}
	defer func() { _ = os.RemoveAll(folder) }()
	path, err := layout.Write(folder, empty.Index)
	if err != nil {
		return "", fmt.Errorf("layout of the image: %w", err)
	}
	if err := path.AppendIndex(index, layout.WithAnnotations(map[string]string{
		"org.opencontainers.image.ref.name": i.Version,
		"io.containerd.image.name":          "docker.io/library/slipway:" + i.Version, // what docker and containerd call it when they have read it
	})); err != nil {
		return "", fmt.Errorf("layout of the image: %w", err)
	}
	files, err := archive.Below(folder)
	if err != nil {
		return "", err
	}
	return hash.String(), archive.Write(to, files, i.At)
}

// index has an image for each variant.
func (i Image) index() (v1.ImageIndex, error) {
	var all []mutate.IndexAddendum
	for _, v := range i.Variants {
		image, err := i.variant(v)
		if err != nil {
			return nil, fmt.Errorf("image for %s: %w", v.Arch, err)
		}
		all = append(all, mutate.IndexAddendum{Add: image, Descriptor: v1.Descriptor{Platform: &v1.Platform{OS: "linux", Architecture: v.Arch}}})
	}
	index, ok := mutate.Annotations(mutate.AppendManifests(empty.Index, all...), i.labels()).(v1.ImageIndex)
	if !ok {
		return nil, errors.New("the index of images is none once it is annotated")
	}
	return index, nil
}

func (i Image) labels() map[string]string {
	return map[string]string{
		"org.opencontainers.image.title":       program,
		"org.opencontainers.image.description": "Releases applications on serverless platforms, durably",
		"org.opencontainers.image.version":     i.Version,
		"org.opencontainers.image.revision":    i.Revision,
		"org.opencontainers.image.created":     i.At.UTC().Format(time.RFC3339),
	}
}

// variant has two layers: what rarely changes below the program.
func (i Image) variant(v Variant) (v1.Image, error) {
	roots, err := Authorities()
	if err != nil {
		return nil, err
	}
	image := mutate.ConfigMediaType(mutate.MediaType(empty.Image, types.OCIManifestSchema1), types.OCIConfigJSON)
	for _, l := range []struct {
		what  string
		files []archive.File
	}{
		{"certificate authorities", []archive.File{{Name: authorities, Content: roots}}},
		{program + " " + i.Version, []archive.File{{Name: program, Content: v.Program, Executable: true}, {Name: notices, Content: v.Notices}}},
	} {
		layer, err := i.layer(l.files)
		if err != nil {
			return nil, err
		}
		if image, err = mutate.Append(image, mutate.Addendum{Layer: layer, MediaType: types.OCILayer, History: v1.History{Created: v1.Time{Time: i.At}, CreatedBy: "make dist", Comment: l.what}}); err != nil {
			return nil, err
		}
	}
	config, err := image.ConfigFile()
	if err != nil {
		return nil, err
	}
	config = config.DeepCopy()
	config.OS, config.Architecture, config.Created = "linux", v.Arch, v1.Time{Time: i.At}
	config.Config = v1.Config{User: User, Entrypoint: []string{"/" + program}, WorkingDir: "/", Labels: i.labels()}
	return mutate.ConfigFile(image, config)
}

func (i Image) layer(files []archive.File) (v1.Layer, error) {
	var content bytes.Buffer
	if err := archive.Write(&content, files, i.At); err != nil {
		return nil, err
	}
	return tarball.LayerFromOpener(func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(content.Bytes())), nil },
		tarball.WithMediaType(types.OCILayer), tarball.WithCompressedCaching)
}

// Authorities are the certificate authorities that Mozilla trusts without conditions, in PEM. One that is trusted under a
// condition, such as for certificates from before a day, is left out: a file cannot say conditions.
func Authorities() ([]byte, error) {
	var b bytes.Buffer
	for root := range bundle.Roots() {
		if root.Constraint != nil {
			continue
		}
		if err := pem.Encode(&b, &pem.Block{Type: "CERTIFICATE", Bytes: root.Certificate}); err != nil {
			return nil, err
		}
	}
	return b.Bytes(), nil
}
