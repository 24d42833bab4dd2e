package cdevents

import (
	"errors"
	"fmt"
	"strings"

	"github.com/package-url/packageurl-go"
)

// TypeArtifactPublished is the type of an event that tells of a published artifact, as it is written; of those that
// are read, see [IsArtifactPublished].
const TypeArtifactPublished = artifactPublished + "0.3.0"

const artifactPublished = "dev.cdevents.artifact.published."

// IsArtifactPublished reports whether an event of the type tells of a published artifact, in any version of CDEvents
// before 1.0: what is read of it is the same in all of them.
func IsArtifactPublished(eventType string) bool {
	return strings.HasPrefix(eventType, artifactPublished+"0.")
}

// ArtifactPublished is the content of such an event.
type ArtifactPublished struct {
	// User is who has published the artifact.
	User string `json:"user,omitempty"`
}

// Image is a container image as its package URL names it.
type Image struct {
	// Repository has the registry: registry.example/team/shop.
	Repository string
	// Tag and Digest (sha256:…) are empty where the package URL has none.
	Tag, Digest string
}

// The qualifiers of the package URL of an image.
const (
	qualifierRepository = "repository_url"
	qualifierTag        = "tag"
	digestPrefix        = "sha256:"
	// dockerHub is where images of type docker are that name no registry.
	dockerHub = "docker.io"
)

// PackageURL names the image: pkg:oci/shop@sha256%3A…?repository_url=registry.example%2Fteam%2Fshop&tag=1.4.2.
func (i Image) PackageURL() string {
	qualifiers := map[string]string{qualifierRepository: i.Repository}
	if i.Tag != "" {
		qualifiers[qualifierTag] = i.Tag
	}
	name := i.Repository[strings.LastIndex(i.Repository, "/")+1:]
	return packageurl.NewPackageURL(packageurl.TypeOCI, "", name, i.Digest, packageurl.QualifiersFromMap(qualifiers), "").String()
}

// ReadImage reads the package URL of an image, of type oci or docker.
func ReadImage(text string) (Image, error) {
	p, err := packageurl.FromString(text)
	if err != nil {
		return Image{}, errors.New("is no package URL such as pkg:oci/shop@sha256:…?repository_url=registry.example/shop&tag=1.4.2")
	}
	qualifiers := p.Qualifiers.Map()
	at := qualifiers[qualifierRepository]
	i := Image{Tag: qualifiers[qualifierTag]}
	switch p.Type {
	case packageurl.TypeOCI:
		i.Repository = at
	case packageurl.TypeDocker:
		registry := strings.TrimSuffix(strings.TrimPrefix(strings.TrimPrefix(at, "https://"), "http://"), "/")
		if registry == "" {
			registry = dockerHub
		}
		i.Repository = strings.Trim(registry+"/"+p.Namespace, "/") + "/" + p.Name
	default:
		return Image{}, fmt.Errorf("is a package URL of type %q; container images have type oci or docker", p.Type)
	}
	if i.Repository == "" {
		return Image{}, errors.New("does not say where the image is; add repository_url=registry.example/shop")
	}
	if strings.HasPrefix(p.Version, digestPrefix) {
		i.Digest = p.Version
	} else if i.Tag == "" {
		i.Tag = p.Version
	}
	return i, nil
}
