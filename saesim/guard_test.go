package saesim_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"slipway/saesim"
)

// zeros is as many bytes as are read.
type zeros struct{}

func (zeros) Read(p []byte) (int, error) { return len(p), nil }

func TestGuard_TheAdminAPIIsNotForOtherOriginsAndNames(t *testing.T) {
	t.Parallel()
	sim, err := saesim.New(saesim.Config{Hosts: []string{"sim.example"}})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, sim.Close()) })
	for name, c := range map[string]struct {
		method, path, host string
		header             map[string]string
		body               io.Reader
		want               int
	}{
		"a tool":                    {http.MethodPost, "/_saesim/reset", "127.0.0.1:8088", nil, nil, http.StatusNoContent},
		"its own page":              {http.MethodPost, "/_saesim/reset", "localhost:8088", map[string]string{"Sec-Fetch-Site": "same-origin", "Origin": "http://localhost:8088"}, nil, http.StatusNoContent},
		"a container":               {http.MethodPost, "/_saesim/reset", "saesim:8088", nil, nil, http.StatusNoContent},
		"IPv6":                      {http.MethodPost, "/_saesim/reset", "[::1]:8088", nil, nil, http.StatusNoContent},
		"a name that was given":     {http.MethodPost, "/_saesim/reset", "Sim.example", nil, nil, http.StatusNoContent},
		"another origin":            {http.MethodPost, "/_saesim/reset", "127.0.0.1:8088", map[string]string{"Sec-Fetch-Site": "cross-site"}, nil, http.StatusForbidden},
		"another origin, by Origin": {http.MethodPut, "/_saesim/state", "127.0.0.1:8088", map[string]string{"Origin": "https://evil.example"}, nil, http.StatusForbidden},
		"a name that leads here":    {http.MethodGet, "/_saesim/state", "evil.example:8088", nil, nil, http.StatusForbidden},
		"no name":                   {http.MethodGet, "/_saesim/state", "", nil, nil, http.StatusForbidden},
		"health":                    {http.MethodGet, "/healthz", "evil.example:8088", nil, nil, http.StatusOK},
		"a state without end":       {http.MethodPut, "/_saesim/state", "127.0.0.1", nil, zeros{}, http.StatusRequestEntityTooLarge},
		"a fault without end":       {http.MethodPost, "/_saesim/faults", "127.0.0.1", nil, io.MultiReader(strings.NewReader(`"`), zeros{}), http.StatusBadRequest},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := httptest.NewRequestWithContext(t.Context(), c.method, c.path, c.body)
			r.Host = c.host
			for key, value := range c.header {
				r.Header.Set(key, value)
			}
			w := httptest.NewRecorder()
			sim.ServeHTTP(w, r)
			require.Equal(t, c.want, w.Code, w.Body.String())
		})
	}
}
