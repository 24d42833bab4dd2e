package pin_test

import (
	"context"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/registry"
	"github.com/google/go-containerregistry/pkg/v1/random"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/stretchr/testify/require"

	"slipway/devstack/pin"
	registries "slipway/internal/registry"
)

const root = "../.."

// serve is a registry that has images of those tags. It returns its host and the digest of each.
func serve(t *testing.T, tags ...string) (host string, digests map[string]string) {
	t.Helper()
	s := httptest.NewServer(registry.New(registry.WithReferrersSupport(false)))
	t.Cleanup(s.Close)
	host, digests = strings.TrimPrefix(s.URL, "http://"), map[string]string{}
	for _, tag := range tags {
		index, err := random.Index(10, 1, 2)
		require.NoError(t, err)
		ref, err := name.NewTag(host + "/" + tag)
		require.NoError(t, err)
		require.NoError(t, remote.WriteIndex(ref, index))
		digest, err := index.Digest()
		require.NoError(t, err)
		digests[tag] = digest.String()
	}
	return host, digests
}

func write(t *testing.T, name, text string) (path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), name)
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	return path
}

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	return string(text)
}

func TestFiles(t *testing.T) {
	t.Parallel()
	host, digests := serve(t, "library/golang:1.26.8", "temporalio/server:1.32.0")
	golang, server := host+"/library/golang:1.26.8", host+"/temporalio/server:1.32.0"
	dockerfile := write(t, "Dockerfile", "FROM --platform=linux/amd64 "+golang+" AS build\nRUN true\nFROM scratch\nCOPY --from=build /a /a\n")
	compose := write(t, "docker-compose.yml", strings.Join([]string{
		"services:", "  a:", "    image: " + server + " # the server", "  b:", "    image: " + server + "@sha256:" + strings.Repeat("0", 64),
		"  c:", "    image: ${SLIPWAY_IMAGE:-slipway:dev}", "  # image: none of it", "",
	}, "\n"))

	pinned, err := pin.Files(t.Context(), registries.New(""), []string{dockerfile, compose})
	require.NoError(t, err)
	require.Len(t, pinned, 3)
	require.Equal(t, "FROM --platform=linux/amd64 "+golang+"@"+digests["library/golang:1.26.8"]+" AS build\nRUN true\nFROM scratch\nCOPY --from=build /a /a\n", read(t, dockerfile))
	now := server + "@" + digests["temporalio/server:1.32.0"]
	require.Equal(t, strings.Join([]string{
		"services:", "  a:", "    image: " + now + " # the server", "  b:", "    image: " + now,
		"  c:", "    image: ${SLIPWAY_IMAGE:-slipway:dev}", "  # image: none of it", "",
	}, "\n"), read(t, compose))

	again, err := pin.Files(t.Context(), registries.New(""), []string{dockerfile, compose})
	require.NoError(t, err)
	require.Empty(t, again, "what is pinned stays as it is")
}

// One digest that was not read keeps all others from being written.
func TestFiles_NothingIsWrittenThatWasNotRead(t *testing.T) {
	t.Parallel()
	host, _ := serve(t, "library/golang:1.26.8")
	text := "FROM " + host + "/library/golang:1.26.8 AS build\nFROM " + host + "/library/alpine:3.22.1\nFROM 127.0.0.1:1/busybox:1.37.0\nFROM " + host + "/library/golang\n"
	dockerfile := write(t, "Dockerfile", text)
	_, err := pin.Files(t.Context(), registries.New(""), []string{dockerfile, filepath.Join(t.TempDir(), "none")})
	for _, problem := range []string{
		"Dockerfile:2: " + host + "/library/alpine:3.22.1: ", "has no tag 3.22.1 of library/alpine",
		"Dockerfile:3: 127.0.0.1:1/busybox:1.37.0: registry 127.0.0.1:1: ", "Dockerfile:4: " + host + "/library/golang has no tag", "none: no such file",
	} {
		require.ErrorContains(t, err, problem)
	}
	require.Equal(t, text, read(t, dockerfile))
}

type counted struct{ asked int }

func (c *counted) Digest(context.Context, string, string) (string, error) {
	c.asked++
	return "sha256:" + strings.Repeat("1", 64), nil
}

func TestFiles_EachTagIsAskedForOnce(t *testing.T) {
	t.Parallel()
	var c counted
	pinned, err := pin.Files(t.Context(), &c, []string{write(t, "a.yml", "  image: nats:2.15.2\n  image: nats:2.15.2\n")})
	require.NoError(t, err)
	require.Len(t, pinned, 2)
	require.Equal(t, 1, c.asked)
}

// Every image that the project names has a tag of one version, which its makers do not move to the next.
func TestImages_TagsAreExact(t *testing.T) {
	t.Parallel()
	found := map[string][]string{}
	for _, file := range []string{"Dockerfile", "docker-compose.yml"} {
		for _, i := range pin.Images(file, read(t, filepath.Join(root, file))) {
			found[file] = append(found[file], i.Repository)
			exact := `^v?\d+\.\d+\.\d+(-[a-z0-9.]+)?$`
			if i.Repository == "postgres" {
				exact = `^\d+\.\d+(-[a-z0-9.]+)?$` // its versions have two numbers
			}
			require.Regexp(t, exact, i.Tag, "%s:%d: %s: name one version", i.File, i.Line, i)
		}
	}
	require.Equal(t, []string{"golang"}, found["Dockerfile"])
	require.Subset(t, found["docker-compose.yml"], []string{"postgres", "temporalio/server", "temporalio/admin-tools", "temporalio/ui", "nats", "prom/prometheus", "grafana/grafana"})
	require.Len(t, found["docker-compose.yml"], strings.Count(read(t, filepath.Join(root, "docker-compose.yml")), "\n    image: "), "each image that is named is found, and slipway's own is none of them")
}
