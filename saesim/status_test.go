package saesim

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"
)

func (h *harness) statusPage(t *testing.T) string {
	t.Helper()
	w := httptest.NewRecorder()
	h.sim.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "http://localhost/_saesim/", http.NoBody))
	require.Equal(t, http.StatusOK, w.Code)
	require.Equal(t, "text/html; charset=utf-8", w.Header().Get("Content-Type"))
	return w.Body.String()
}

func TestStatus_TheStatusPageShowsWhatGoesOn(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	empty := h.statusPage(t)
	require.Contains(t, empty, "There are none.")
	require.Contains(t, empty, "it stands until it is advanced")
	require.Contains(t, empty, "2026-11-02T08:00:00Z")

	h.create(t, 4)
	h.addRules(t)
	h.fault(t, Fault{Kind: FaultHang, Operation: opDeploy, Count: -1})
	h.fault(t, Fault{Kind: FaultError, AppID: "x", Probability: 0.25})
	first := h.deploy(t, "2", gray1and2, "ChangeOrderDesc", "<script>")
	page := h.statusPage(t)
	for _, want := range []string{
		"registry.test/shop:1", "4 of 4", first, "1 of 3", "READY", "&lt;script&gt;", "hang", "0.25", "any", "DescribeChangeOrder",
	} {
		require.Contains(t, page, want)
	}
	require.NotContains(t, page, "<script>")
	require.NotRegexp(t, `(src|href)=`, page, "nothing is fetched from elsewhere")
	h.settle(t)
	require.Contains(t, h.statusPage(t), `class="bad">RUNNING, a batch failed`)
	h.must(t, "AbortAndRollbackChangeOrder", "ChangeOrderId", first)
	h.settle(t)
	require.NoError(t, h.sim.ClearFaults())
	h.deploy(t, "3", gray1and2)
	h.settle(t)
	require.Contains(t, h.statusPage(t), `class="wait">WAIT_BATCH_CONFIRM`)
}

// TestUnserved_IsRefusedAndCounted: what the simulator has not got is refused by name, and
// empty parameters, which clients send with every request, count as not sent.
func TestUnserved_IsRefusedAndCounted(t *testing.T) {
	t.Parallel()
	h := deployed(t, 1)
	g := h.call(t, opDeploy, "ImageUrl", "registry.test/shop:2", "Colour", "blue", "Warp", "9", "Nothing", "")
	require.Equal(t, codeUnserved, g.code())
	require.Contains(t, g.body["Message"], "of DeployApplication: Colour, Warp.")
	require.Len(t, h.sim.Orders(h.app), 1, "nothing was done")
	require.Equal(t, map[string]int{"DeployApplication Colour": 1, "DeployApplication Warp": 1}, h.sim.Calls().Unserved)
	require.Contains(t, h.statusPage(t), "DeployApplication Colour")
	h.must(t, opDeploy, "ImageUrl", "registry.test/shop:2", "Nothing", "")
}
