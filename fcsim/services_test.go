package fcsim

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"slipway/fcclient"
)

func TestServices_LifeOfOne(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	created := h.must(t, "POST /services", `{"serviceName":"shop","Description":"orders","nasConfig":{"groupId":"100","mountPoints":[]},"role":null}`)
	require.Equal(t, http.StatusOK, created.status)
	require.Len(t, created.header.Get("ETag"), 32)
	require.Equal(t, "orders", created.text("description"), "names are read without regard to case")
	require.Equal(t, "2026-11-02T08:00:00Z", created.text("createdTime"))
	require.Equal(t, map[string]any{"groupId": "100", "mountPoints": []any{}}, created.body["nasConfig"], "what no rule reads is answered as it was sent")
	require.Equal(t, map[string]any{"type": nil, "params": nil}, created.body["tracingConfig"], "tracing that was never set")

	h.advance(t, time.Minute)
	same := h.must(t, "PUT /services/shop", `{"description":"orders","role":null}`)
	require.Equal(t, created.header.Get("ETag"), same.header.Get("ETag"), "what changes nothing keeps the ETag")
	require.Equal(t, "2026-11-02T08:00:00Z", same.text("lastModifiedTime"))
	updated := h.must(t, "PUT /services/shop", `{"internetAccess":false}`, "If-Match", created.header.Get("ETag"))
	require.NotEqual(t, created.header.Get("ETag"), updated.header.Get("ETag"))
	require.Equal(t, "2026-11-02T08:01:00Z", updated.text("lastModifiedTime"))
	require.Equal(t, "orders", updated.text("description"), "what is absent stays")
	require.Equal(t, false, updated.body["internetAccess"])

	read := h.must(t, "GET /services/shop", "")
	require.Equal(t, updated.body, read.body)
	require.Equal(t, updated.header.Get("ETag"), read.header.Get("ETag"))

	deleted := h.must(t, "DELETE /services/shop", "", "If-Match", updated.header.Get("ETag"))
	require.Equal(t, http.StatusNoContent, deleted.status)
	require.Empty(t, deleted.raw)
	h.send(t, "GET /services/shop", "").refusedBy(t, codeServiceNotFound)
	require.NotEqual(t, created.text("serviceId"), h.must(t, "POST /services", `{"serviceName":"shop"}`).text("serviceId"))
}

func TestServices_Paging(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	for i := range 25 {
		h.must(t, "POST /services", fmt.Sprintf(`{"serviceName":"s%02d"}`, i))
	}
	h.must(t, "POST /services", `{"serviceName":"other"}`)
	for name, tt := range map[string]struct {
		query string
		first string
		count int
		next  any
	}{
		"twenty by default":                    {"", "other", 20, "s19"},
		"the rest":                             {"nextToken=s19", "s19", 6, nil},
		"a prefix":                             {"prefix=s&limit=3", "s00", 3, "s03"},
		"a start, itself included":             {"startKey=s05&limit=2", "s05", 2, "s07"},
		"a start between two":                  {"startKey=s05a&limit=1", "s06", 1, "s07"},
		"a start with a prefix":                {"startKey=a&prefix=s1&limit=1", "s10", 1, "s11"},
		"a token before a start":               {"startKey=s20&nextToken=s01&limit=1", "s01", 1, "s02"},
		"empty parameters are as if not there": {"startKey=&prefix=&nextToken=&limit=", "other", 20, "s19"},
		"no more than there are":               {"limit=100", "other", 26, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := h.must(t, "GET /services?"+tt.query, "")
			names := g.names("services", "serviceName")
			require.Len(t, names, tt.count)
			require.Equal(t, tt.first, names[0])
			require.Equal(t, tt.next, g.body["nextToken"])
		})
	}
	none := h.must(t, "GET /services?prefix=x", "")
	require.Equal(t, []any{}, none.body["services"])
}

func TestFunctions_LifeOfOne(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	h.must(t, "POST /services", `{"serviceName":"shop"}`)
	created := h.must(t, "POST /services/shop/functions", `{"functionName":"order","runtime":"nodejs12","handler":"index.handler","code":{"zipFile":"cHJpbnQ="},
		"environmentVariables":{"KEY":"value"},"timeout":"10","layers":["a#b#1"],"customDNS":{"nameServers":["1.1.1.1"]},"cpu":0.5}`)
	require.Equal(t, json.Number("5"), created.body["codeSize"])
	require.Equal(t, json.Number("10"), created.body["timeout"], "a number may come as a text")
	require.Equal(t, json.Number("3"), created.body["initializationTimeout"])
	require.Equal(t, json.Number("0.5"), created.body["cpu"])
	require.Equal(t, map[string]any{"KEY": "value"}, created.body["environmentVariables"])
	require.Equal(t, map[string]any{"nameServers": []any{"1.1.1.1"}}, created.body["customDNS"])

	code := h.must(t, "GET /services/shop/functions/order/code?x=1", "")
	require.Equal(t, created.text("codeChecksum"), code.text("checksum"))
	address, err := url.Parse(code.text("url"))
	require.NoError(t, err)
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address.String(), http.NoBody)
	require.NoError(t, err)
	response, err := h.server.Client().Do(request)
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	require.Equal(t, http.StatusOK, response.StatusCode)
	require.Equal(t, int64(5), response.ContentLength)

	same := h.must(t, "PUT /services/shop/functions/order", `{"code":{"zipFile":"cHJpbnQ="}}`)
	require.Equal(t, created.header.Get("ETag"), same.header.Get("ETag"))
	updated := h.must(t, "PUT /services/shop/functions/order", `{"environmentVariables":{},"layers":[],"code":{"ossBucketName":"b","ossObjectName":"a/o.zip"}}`, "If-Match", created.header.Get("ETag"))
	require.NotEqual(t, created.text("codeChecksum"), updated.text("codeChecksum"))
	require.NotContains(t, updated.body, "environmentVariables")
	require.Equal(t, "https://b.oss-cn-hangzhou.aliyuncs.com/a/o.zip", h.must(t, "GET /services/shop/functions/order/code", "").text("url"))
	believed := h.must(t, "PUT /services/shop/functions/order", `{"code":{"ossBucketName":"b","ossObjectName":"a/o.zip"}}`, "X-Fc-Code-Checksum", "42")
	require.Equal(t, "42", believed.text("codeChecksum"), "the checksum of an object is believed")

	require.Equal(t, http.StatusNoContent, h.must(t, "DELETE /services/shop/functions/order", "").status)
	require.Empty(t, h.must(t, "GET /services/shop/functions", "").list("functions"))
}

func TestFunctions_AContainerRunsItsImage(t *testing.T) {
	t.Parallel()
	h := published(t)
	two := h.must(t, "GET /services/shop/functions/web", "").text("codeChecksum")
	require.NotEqual(t, two, h.must(t, "GET /services/shop.1/functions/web", "").text("codeChecksum"))
	g := h.must(t, "PUT /services/shop/functions/web", `{"customContainerConfig":{"image":"registry.test/shop:3","accelerationType":"Default","args":"[\"-v\"]"}}`)
	require.NotContains(t, g.body["customContainerConfig"], "accelerationInfo")
	read := h.must(t, "GET /services/shop/functions/web", "").body["customContainerConfig"].(map[string]any)
	require.Equal(t, map[string]any{"status": "Ready"}, read["accelerationInfo"])
	back := h.must(t, "PUT /services/shop/functions/web", `{"customContainerConfig":{"image":"registry.test/shop:2","accelerationInfo":{"status":"Ready"}}}`)
	require.Equal(t, two, back.text("codeChecksum"), "the same reference is the same code")
}

func TestFunctions_ListOfAVersion(t *testing.T) {
	t.Parallel()
	h := published(t)
	h.must(t, "POST /services/shop/functions", image("api", "registry.test/api:1"))
	require.Equal(t, []string{"api", "web"}, h.must(t, "GET /services/shop/functions", "").names("functions", "functionName"))
	require.Equal(t, []string{"web"}, h.must(t, "GET /services/shop.2/functions", "").names("functions", "functionName"))
	require.Equal(t, []string{"web"}, h.must(t, "GET /services/shop.live/functions", "").names("functions", "functionName"))
	g := h.must(t, "GET /services/shop.LATEST/functions?limit=1", "")
	require.Equal(t, "web", g.text("nextToken"))
}

func TestFunctions_OneThatIsUsedStays(t *testing.T) {
	t.Parallel()
	h := published(t)
	h.must(t, "PUT /services/shop.live/functions/web/provision-config", `{"target":1}`)
	require.Contains(t, h.send(t, "DELETE /services/shop/functions/web", "").refusedBy(t, codeProvisionExists), "function 'web'")
	h.advance(t, time.Minute)
	h.must(t, "PUT /services/shop.live/functions/web/provision-config", `{"target":0}`)
	h.send(t, "DELETE /services/shop/functions/web", "").refusedBy(t, codeProvisionExists)
	h.advance(t, time.Minute)
	h.must(t, "DELETE /services/shop/functions/web", "")
	require.Equal(t, []string{"web"}, h.must(t, "GET /services/shop.1/functions", "").names("functions", "functionName"), "versions keep theirs")
}

func TestFunctions_PackagesThatNothingHasGo(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	h.must(t, "POST /services", `{"serviceName":"shop"}`)
	h.must(t, "POST /services/shop/functions", `{"functionName":"order","runtime":"nodejs12","handler":"index.handler","code":{"zipFile":"MQ=="}}`)
	h.must(t, "POST /services/shop/versions", "{}")
	h.must(t, "POST /layers/base/versions", `{"code":{"zipFile":"TA=="}}`)
	for _, zip := range []string{"Mg==", "Mw==", "NA=="} {
		h.must(t, "PUT /services/shop/functions/order", `{"code":{"zipFile":"`+zip+`"}}`)
	}
	for zip, kept := range map[string]bool{"1": true, "2": false, "3": true, "4": true, "L": true} {
		require.Equal(t, kept, h.sim.st.Packages[fcclient.CodeChecksum([]byte(zip))] != nil, "%s: those of versions, layers and LATEST stay, and that of LATEST before", zip)
	}
}
