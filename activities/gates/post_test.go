package gates_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"slipway/release"
)

func post(address string) release.Gate {
	return httpGate(address, func(h *release.HTTPGate) { h.Method = http.MethodPost })
}

func TestPOSTIsRefusedWhereItIsNotAllowed(t *testing.T) {
	t.Parallel()
	address, asked := serve(t, status(200))
	for _, path := range []string{"/-/quit", "/api/v1/admin/tsdb/delete_series?match[]=up", "/checks/../-/quit", "/checks/%2e%2e/-/quit", "/checks//run", "/checks"} {
		_, err := attempt(t, newGates(t, "127.0.0.1", "POST 127.0.0.1/checks/"), post(address+path))
		requireInvalid(t, err, "method POST is not allowed for this path of host")
		requireInvalid(t, err, "SLIPWAY_GATES_ALLOW")
	}
	require.Zero(t, asked.Load())
	require.Equal(t, "200", sampleOf(t, newGates(t, "POST 127.0.0.1/checks/"), post(address+"/checks/run?deep=1")).Value)
	require.Equal(t, 1, int(asked.Load()))
}

// TestPost_ARedirectDoesNotWidenPOST redirects a POST in both ways: 302 makes GET of it, 307
// repeats it.
func TestPost_ARedirectDoesNotWidenPOST(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		code  int
		to    string
		allow []string
		want  string
		asked string
	}{
		{"repeated where POST is not allowed", 307, "/-/quit", []string{"127.0.0.1"}, "307", ""},
		{"repeated by another code", 308, "/-/quit", []string{"127.0.0.1"}, "308", ""},
		{"repeated to a path that is not what it seems", 307, "/checks/%2e%2e/-/quit", []string{"127.0.0.1", "POST 127.0.0.1/checks/"}, "307", ""},
		{"repeated where POST is allowed", 307, "/checks/b", []string{"POST 127.0.0.1/checks/"}, "200", "POST /checks/b"},
		{"as GET", 302, "/-/quit", []string{"127.0.0.1"}, "200", "GET /-/quit"},
		{"as GET, which is not allowed", 302, "/-/quit", nil, "302", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var seen []string
			address, _ := serve(t, func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Location", c.to)
				w.WriteHeader(c.code)
			}, func(_ http.ResponseWriter, r *http.Request) { seen = append(seen, r.Method+" "+r.URL.Path) })
			allow := append([]string{"POST 127.0.0.1/checks/a"}, c.allow...)
			require.Equal(t, c.want, sampleOf(t, newGates(t, allow...), post(address+"/checks/a")).Value)
			require.Equal(t, c.asked, strings.Join(seen, ", "))
		})
	}
}
