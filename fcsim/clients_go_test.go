package fcsim

import (
	"crypto/md5"
	"encoding/hex"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"slipway/internal/acs"
)

// The vendor's Go client, github.com/aliyun/fc-go-sdk, marshals structs of pointers: every member is sent, those that
// are not set as null. It encodes Content-MD5 in hexadecimal digits, and always names the account. These are its forms where they
// differ from those of others; they were read off its public source.

// sendGo sends a request as that client signs it.
func (h *harness) sendGo(t tester, line, body string, headers ...string) got {
	t.Helper()
	method, path, _ := strings.Cut(line, " ")
	r, err := http.NewRequestWithContext(t.Context(), method, h.server.URL+versionPrefix+strings.TrimPrefix(path, "/"), strings.NewReader(body))
	require.NoError(t, err)
	r.Header.Set("Accept", contentJSON)
	r.Header.Set("X-Fc-Account-Id", DefaultAccountID)
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	if body != "" {
		sum := md5.Sum([]byte(body))
		r.Header.Set("Content-MD5", hex.EncodeToString(sum[:]))
		r.Header.Set("Content-Type", contentJSON)
	}
	r.Header.Set("Date", time.Now().UTC().Format(http.TimeFormat))
	text := strings.Join([]string{method, r.Header.Get("Content-MD5"), r.Header.Get("Content-Type"), r.Header.Get("Date")}, "\n") + "\n"
	for _, name := range []string{"X-Fc-Account-Id", headerType, headerLog, headerInvocation} {
		if value := r.Header.Get(name); value != "" {
			text += strings.ToLower(name) + ":" + value + "\n"
		}
	}
	r.Header.Set("Authorization", "FC "+TestAccessKeyID+":"+acs.FCSignature(text+r.URL.Path, TestAccessKeySecret))
	return h.do(t, r)
}

func TestClientGo_NullsKeepWhatThereIs(t *testing.T) {
	t.Parallel()
	h := published(t)
	h.must(t, "PUT /services/shop", `{"description":"kept"}`)
	for _, line := range []struct{ line, body string }{
		{"PUT /services/shop", `{"description":null,"role":null,"logConfig":null,"vpcConfig":null,"internetAccess":null,"nasConfig":null,"tracingConfig":null}`},
		{"PUT /services/shop/functions/web", `{"description":"new","runtime":null,"handler":null,"memorySize":null,"code":null,"environmentVariables":null,"layers":null}`},
		{"PUT /services/shop/aliases/live", `{"versionId":null,"description":null,"additionalVersionWeight":{"2":0.5}}`},
		{"PUT /services/shop.live/functions/web/provision-config", `{"target":1}`},
	} {
		g := h.sendGo(t, line.line, line.body)
		require.Equal(t, http.StatusOK, g.status, "%s: %s", line.line, g.raw)
	}
	require.Equal(t, "kept", h.must(t, "GET /services/shop", "").text("description"))
	require.Equal(t, "1", h.must(t, "GET /services/shop/aliases/live", "").text("versionId"))

	g := h.sendGo(t, "POST /services/shop/versions", `{"Description":"three"}`)
	require.Equal(t, "three", g.text("description"), "this one member has a capital letter")
	h.sendGo(t, "POST /services/shop/versions", `{"Description":null}`).refusedBy(t, codeVersionPublish)
	require.Len(t, h.sendGo(t, "GET /provision-configs?serviceName=shop&qualifier=live", "").list("provisionConfigs"), 1)
}

func TestClientGo_TriggersDomainsLayersInvocations(t *testing.T) {
	t.Parallel()
	h := published(t)
	g := h.sendGo(t, "POST "+webTriggers,
		`{"triggerName":"tick","description":null,"sourceArn":null,"triggerType":"timer","invocationRole":null,"triggerConfig":{"payload":"x","cronExpression":"@every 1m","enable":true},"qualifier":null}`)
	require.Equal(t, "tick", g.text("triggerName"))
	g = h.sendGo(t, "PUT "+webTriggers+"/tick", `{"description":"d","invocationRole":null,"triggerConfig":null,"qualifier":null}`, "If-Match", g.header.Get("ETag"))
	require.Equal(t, "d", g.text("description"))

	g = h.sendGo(t, "POST /custom-domains", `{"domainName":"a.example.com","protocol":"HTTP","certConfig":{"CertName":"c","PrivateKey":null,"Certificate":null},`+
		`"routeConfig":{"routes":[{"path":"/","serviceName":"s","functionName":"f","qualifier":null,"methods":null}]}}`)
	require.Equal(t, map[string]any{"certName": "c"}, g.body["certConfig"])

	g = h.sendGo(t, "POST /layers/libs/versions", `{"layerName":"libs","description":"","code":{"ossBucketName":null,"ossObjectName":null,"zipFile":"`+zip("one")+`"},"compatibleRuntime":null}`)
	require.Equal(t, "libs", g.text("layerName"))
	arn := h.sendGo(t, "GET /layerarn/"+url.PathEscape(g.text("arn")), "")
	require.Equal(t, g.body, arn.body, "the path is signed as it reads, with #")

	g = h.sendGo(t, "PUT /services/shop.live"+asyncConfigPath,
		`{"statefulInvocation":true,"destinationConfig":{"onSuccess":{"destination":"q"},"onFailure":null},"maxAsyncEventAgeInSeconds":null,"maxAsyncRetryAttempts":null}`)
	require.Equal(t, true, g.body["statefulInvocation"])
	g = h.sendGo(t, invokeLive, "", headerType, "Async", headerInvocation, "job")
	require.Equal(t, http.StatusAccepted, g.status)
	require.Equal(t, []string{"job"}, h.sendGo(t, "GET "+invocations+"?includePayload=false&limit=10&sortOrderByTime=asc&startedTimeBegin=1&status=Running", "").names("invocations", "invocationId"))

	g = h.sendGo(t, "DELETE /tag", `{"resourceArn":"services/shop","tagKeys":null,"all":true}`)
	require.Equal(t, http.StatusOK, g.status)
}

func TestClientGo_SignedAddressesOfHTTPTriggers(t *testing.T) {
	t.Parallel()
	h := published(t)
	h.must(t, "POST "+webTriggers, `{"triggerName":"front","triggerType":"http","qualifier":"live","triggerConfig":{"authType":"function","methods":["GET"]}}`)
	expires := strconv.FormatInt(time.Now().Add(time.Hour).Unix(), 10)
	resource := proxyPrefix + "shop.live/web/a b\nq=1\nx-fc-access-key-id=" + TestAccessKeyID + "\nx-fc-expires=" + expires
	query := url.Values{
		"q": {"1"}, "x-fc-access-key-id": {TestAccessKeyID}, "x-fc-expires": {expires},
		"x-fc-signature": {acs.FCSignature("GET\n\n\n"+expires+"\n"+resource, TestAccessKeySecret)},
	}
	get := func() got {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, h.server.URL+proxyPrefix+"shop.live/web/a%20b?"+query.Encode(), http.NoBody)
		require.NoError(t, err)
		return h.do(t, r)
	}
	require.Equal(t, http.StatusOK, get().status)
	query.Set("q", "2")
	get().refusedBy(t, acs.CodeFCSignatureMismatch)
}
