package registry_test

import (
	"encoding/base64"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"slipway/internal/registry"
)

const digest = "sha256:0b31b1c02ff458ad9b7b81cbdf8f028bd54699fa151f221d1e8de6817db93427"

// serve is a registry that has team/shop:1.4.2, and of what is not there or not for everybody says so.
func serve(t *testing.T) (host string) {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		user, password, _ := r.BasicAuth()
		switch {
		case r.URL.Path == "/v2/" && r.Method == http.MethodGet:
			w.Header().Set("WWW-Authenticate", `Basic realm="registry"`)
			w.WriteHeader(http.StatusUnauthorized)
		case strings.HasPrefix(r.URL.Path, "/v2/bare/") && r.Method == http.MethodHead:
			w.Header().Set("Content-Type", "application/vnd.oci.image.index.v1+json")
		case strings.HasPrefix(r.URL.Path, "/v2/large/") && r.Method == http.MethodGet:
			_, _ = w.Write(make([]byte, 5<<20))
		case r.Method == http.MethodGet && (strings.HasPrefix(r.URL.Path, "/v2/bare/") || strings.HasPrefix(r.URL.Path, "/v2/old/")):
			_, _ = w.Write([]byte("{}"))
		case strings.HasPrefix(r.URL.Path, "/v2/old/"), strings.HasPrefix(r.URL.Path, "/v2/large/"), r.Method != http.MethodHead:
			w.WriteHeader(http.StatusMethodNotAllowed)
		case strings.HasPrefix(r.URL.Path, "/v2/away/"):
			w.WriteHeader(http.StatusTooManyRequests)
		case strings.HasPrefix(r.URL.Path, "/v2/closed/") && (user != "ann" || password != "open sesame"):
			w.Header().Set("WWW-Authenticate", `Basic realm="registry"`)
			w.WriteHeader(http.StatusUnauthorized)
		case strings.HasSuffix(r.URL.Path, "/manifests/1.4.2"):
			w.Header().Set("Docker-Content-Digest", digest)
			w.Header().Set("Content-Type", "application/vnd.oci.image.index.v1+json")
			w.Header().Set("Content-Length", "2")
		default:
			w.WriteHeader(http.StatusNotFound)
		}
	}))
	t.Cleanup(s.Close)
	return strings.TrimPrefix(s.URL, "http://")
}

func TestDigest(t *testing.T) {
	t.Parallel()
	host := serve(t)
	file := filepath.Join(t.TempDir(), "config.json")
	auth := base64.StdEncoding.EncodeToString([]byte("ann:open sesame"))
	require.NoError(t, os.WriteFile(file, []byte(`{"auths":{"`+host+`":{"auth":"`+auth+`"}}}`), 0o600))
	empty := filepath.Join(t.TempDir(), "config.json")
	require.NoError(t, os.WriteFile(empty, []byte(`{}`), 0o600))

	for repository, with := range map[string]string{"team/shop": empty, "closed/shop": file} {
		found, err := registry.New(with).Digest(t.Context(), host+"/"+repository, "1.4.2")
		require.NoError(t, err)
		require.Equal(t, digest, found)
	}
	for _, repository := range []string{"bare/shop", "old/shop"} {
		found, err := registry.New(empty).Digest(t.Context(), host+"/"+repository, "1.4.2")
		require.NoError(t, err, "of the manifest, where HEAD does not tell it")
		require.Equal(t, "sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a", found)
	}
	for _, c := range []struct{ repository, tag, with, says string }{
		{host + "/large/shop", "1.4.2", empty, "tells of tag 1.4.2 of large/shop in more than 4194304 bytes"},
		{host + "/team/shop", "2", empty, "has no tag 2 of team/shop"},
		{host + "/closed/shop", "1.4.2", empty, "does not let the starter read closed/shop (status 401); give it credentials with --registry-auth"},
	} {
		_, err := registry.New(c.with).Digest(t.Context(), c.repository, c.tag)
		require.ErrorContains(t, err, c.says)
		require.ErrorAs(t, err, new(*registry.RefusedError))
	}
	for _, c := range []struct{ repository, with, says string }{
		{host + "/away/shop", empty, "status 429"},
		{"127.0.0.1:1/team/shop", empty, "registry 127.0.0.1:1: "},
		{host + "/team/shop", filepath.Join(t.TempDir(), "none"), "credentials of registries: "},
	} {
		_, err := registry.New(c.with).Digest(t.Context(), c.repository, "1.4.2")
		require.ErrorContains(t, err, c.says)
		refused := new(*registry.RefusedError)
		require.NotErrorAs(t, err, refused)
	}
	broken := filepath.Join(t.TempDir(), "config.json")
	require.NoError(t, os.WriteFile(broken, []byte(`{"auths":{"x":{"auth":"c2VjcmV0"`), 0o600))
	_, err := registry.New(broken).Digest(t.Context(), host+"/team/shop", "1.4.2")
	require.ErrorContains(t, err, "is no file such as Docker's config.json")
	require.NotContains(t, err.Error(), "c2VjcmV0")
}
