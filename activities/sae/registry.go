package sae

import (
	"regexp"
	"strings"

	"slipway/release"
)

// registryOf is a registry that SAE was told of; nil where there is none.
func registryOf(instance, role string) *release.Registry {
	if instance == "" {
		return nil
	}
	return &release.Registry{Instance: instance, Role: role}
}

// pulls is the registry that an artifact is pulled from: the one that is given, or else the one of
// the image before. An image of another host is none of that registry, unless it has the address of
// an enterprise registry itself: SAE refuses an instance that does not have the host of the image
// (InvalidImageUrl.AcrInstanceId.Domain.NotMatch).
func pulls(a release.Artifact, before string, kept *release.Registry) *release.Registry {
	if a.Registry != nil || kept == nil || a.Package != nil {
		return a.Registry
	}
	if enterprise(a.Image) || hostOf(a.Image) == hostOf(before) {
		return kept
	}
	return nil
}

// enterprise reports whether an image has the address of an enterprise registry, which SAE pulls
// by the instance of it.
func enterprise(image string) bool {
	return regexp.MustCompile(`^[a-z0-9-]+-registry\.[a-z0-9-]+\.cr\.aliyuncs\.com$`).MatchString(hostOf(image))
}

// hostOf is the host of an image, which is the same one within a VPC.
func hostOf(image string) string {
	host, _, _ := strings.Cut(image, "/")
	return strings.Replace(host, "registry-vpc.", "registry.", 1)
}
