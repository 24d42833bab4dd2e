package fcsim

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestDemo_IsAServiceThatCanBeReleased(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	require.NoError(t, h.sim.SeedDemo())
	require.NoError(t, h.sim.SeedDemo(), "a simulator that has services is left alone")
	require.Equal(t, []string{"shop (live)"}, h.sim.Services())
	require.Equal(t, []string{"mailer", "web"}, h.must(t, "GET /services/shop.live/functions", "").names("functions", "functionName"))
	require.Equal(t, []string{"2", "1"}, h.must(t, "GET /services/shop/versions", "").names("versions", "versionId"))
	require.Equal(t, "2", h.must(t, "GET /services/shop/aliases/live", "").text("versionId"))

	provision := h.must(t, "GET /services/shop.live/functions/web/provision-config", "")
	require.Equal(t, provision.body["target"], provision.body["current"], "they are there already")
	require.NotEqual(t, json.Number("0"), provision.body["current"])
	require.Equal(t, []string{"web.morning", "web.evening"}, provision.names("scheduledActions", "name"))
	require.Equal(t, []string{"web.busy"}, provision.names("targetTrackingPolicies", "name"))

	h.send(t, "POST /services/shop/versions", "{}").refusedBy(t, codeVersionPublish)
	require.Equal(t, []string{"live"}, h.must(t, "GET /services/shop/functions/web/triggers", "").names("triggers", "qualifier"))
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, h.server.URL+"/2016-08-15/proxy/shop.live/web/cart", http.NoBody)
	require.NoError(t, err)
	require.Equal(t, "2", h.do(t, r).header.Get("X-Fc-Invocation-Code-Version"))
	require.Equal(t, []string{"shop.example.com"}, h.must(t, "GET /custom-domains", "").names("customDomains", "domainName"))
	require.Equal(t, true, h.must(t, "GET /services/shop.live/functions/mailer/async-invoke-config", "").body["statefulInvocation"])

	h.must(t, "POST /services/shop.live/functions/mailer/invocations", "x", headerType, "Async")
	h.must(t, "POST /services/shop/functions/web/triggers", strings.Replace(httpTrigger, "front", "back", 1))
	h.must(t, "POST /custom-domains", `{"domainName":"bare.example.com"}`)
	r, err = http.NewRequestWithContext(t.Context(), http.MethodGet, h.server.URL+"/_fcsim/", http.NoBody)
	require.NoError(t, err)
	response, err := h.server.Client().Do(r)
	require.NoError(t, err)
	text, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	for _, want := range []string{
		"registry.example/shop:1.4.1", "oss://packages/mailer-2.0.0.zip", "web: 3 of 3", "<td>live</td>", `<td class="wait">LATEST</td>`,
		"shop.live/web", "bare.example.com", "that are not over: 1", "CreateTrigger",
	} {
		require.Contains(t, string(text), want)
	}
}
