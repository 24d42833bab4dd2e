package cdevents_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"slipway/internal/cdevents"
)

func TestImage(t *testing.T) {
	t.Parallel()
	const digest = "sha256:0b31b1c02ff458ad9b7b81cbdf8f028bd54699fa151f221d1e8de6817db93427"
	for text, want := range map[string]cdevents.Image{
		"pkg:oci/shop@sha256%3A" + digest[7:] + "?repository_url=registry.example/team/shop&tag=1.4.2": {Repository: "registry.example/team/shop", Tag: "1.4.2", Digest: digest},
		"pkg:oci/shop@" + digest + "?repository_url=registry.example%2Fteam%2Fshop":                    {Repository: "registry.example/team/shop", Digest: digest},
		"pkg:docker/cassandra@latest": {Repository: "docker.io/cassandra", Tag: "latest"},
		"pkg:docker/team/shop@" + digest + "?repository_url=https://registry.example:5000/": {Repository: "registry.example:5000/team/shop", Digest: digest},
	} {
		got, err := cdevents.ReadImage(text)
		require.NoError(t, err, text)
		require.Equal(t, want, got, text)
		again, err := cdevents.ReadImage(got.PackageURL())
		require.NoError(t, err, got.PackageURL())
		require.Equal(t, want, again)
	}
	for text, says := range map[string]string{
		"shop:1.4.2":             "is no package URL",
		"pkg:golang/x/y@1":       "container images have type oci or docker",
		"pkg:oci/shop@" + digest: "does not say where the image is",
	} {
		_, err := cdevents.ReadImage(text)
		require.ErrorContains(t, err, says)
	}
}
