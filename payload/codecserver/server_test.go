package codecserver_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/converter"
	"go.uber.org/goleak"

	"slipway/payload"
	"slipway/payload/codecserver"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	token  = "a-token-of-a-test"
	origin = "http://localhost:8233"
)

// one is a single key.
type one []byte

func (one) Current() string              { return "2026-11" }
func (k one) Key(string) ([]byte, error) { return k, nil }
func keyed(t *testing.T) *payload.Codec  { t.Helper(); return codec(t, randomKey()) }
func randomKey() one                     { k := make(one, payload.KeySize); _, _ = rand.Read(k); return k }

func codec(t *testing.T, k payload.Keys) *payload.Codec {
	t.Helper()
	c, err := payload.NewCodec(k)
	require.NoError(t, err)
	return c
}

// serve runs a server until the test ends and returns its URL.
func serve(t *testing.T, cfg codecserver.Config) string {
	t.Helper()
	cfg.Addr, cfg.Namespace, cfg.Logger = "127.0.0.1:0", "shop", zerolog.Nop()
	if cfg.Codec == nil {
		cfg.Codec = keyed(t)
	}
	s, err := codecserver.Listen(t.Context(), cfg)
	require.NoError(t, err)
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		require.NoError(t, <-done)
	})
	return "http://" + s.Addr()
}

// call is one request; headers are "Name: value".
type call struct {
	method, url, body string
	headers           []string
}

// answer is what came back.
type answer struct {
	status int
	header http.Header
	body   string
}

func ask(t *testing.T, c call) answer {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), c.method, c.url, strings.NewReader(c.body))
	require.NoError(t, err)
	for _, h := range c.headers {
		name, value, _ := strings.Cut(h, ": ")
		r.Header.Set(name, value)
	}
	resp, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}).Do(r)
	require.NoError(t, err)
	defer func() { require.NoError(t, resp.Body.Close()) }()
	body, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	return answer{resp.StatusCode, resp.Header, string(body)}
}

const plain = `{"payloads":[{"metadata":{"encoding":"anNvbi9wbGFpbg=="},"data":"InNob3A6Mi4wIg=="}]}`

// Temporal's own client of codec servers gets through it, and back.
func TestServer_ARemoteCodecGoesBothWays(t *testing.T) {
	t.Parallel()
	url := serve(t, codecserver.Config{Token: token})
	dc := converter.NewRemoteDataConverter(converter.GetDefaultDataConverter(), converter.RemoteDataConverterOptions{
		Endpoint: url, ModifyRequest: func(r *http.Request) error {
			r.Close = true
			r.Header.Set("X-Namespace", "shop")
			r.Header.Set("Authorization", "Bearer "+token)
			return nil
		},
	})
	p, err := dc.ToPayload("shop:2.0")
	require.NoError(t, err)
	require.Equal(t, payload.Encoding, string(p.GetMetadata()["encoding"]))
	var back string
	require.NoError(t, dc.FromPayload(p, &back))
	require.Equal(t, "shop:2.0", back)
}

func TestServer_WhoMayAsk(t *testing.T) {
	t.Parallel()
	registry := prometheus.NewRegistry()
	url := serve(t, codecserver.Config{Token: token, Origins: []string{origin}, Metrics: registry})
	const bearer, shop, isJSON = "Authorization: Bearer " + token, "X-Namespace: shop", "Content-Type: application/json"
	for name, c := range map[string]struct {
		method, path, body string
		headers            []string
		status             int
		answer             string
	}{
		"a client":               {"POST", "/decode", plain, []string{bearer, shop, isJSON}, 200, "InNob3A6Mi4wIg=="},
		"a page of the UI":       {"POST", "/decode", plain, []string{bearer, shop, isJSON, "Origin: " + origin}, 200, "InNob3A6Mi4wIg=="},
		"encoding":               {"POST", "/encode", plain, []string{bearer, shop, "Content-Type: application/json; charset=utf-8"}, 200, "YmluYXJ5L2VuY3J5cHRlZA=="},
		"another page":           {"POST", "/decode", plain, []string{bearer, shop, isJSON, "Origin: http://localhost:9999"}, 403, "name this origin in SLIPWAY_CODEC_ORIGINS"},
		"a page from a file":     {"POST", "/decode", plain, []string{bearer, shop, isJSON, "Origin: null"}, 403, "may not ask"},
		"no token":               {"POST", "/decode", plain, []string{shop, isJSON}, 401, "bring the token"},
		"another token":          {"POST", "/decode", plain, []string{"Authorization: Bearer " + token + "x", shop, isJSON}, 401, "bring the token"},
		"another scheme":         {"POST", "/decode", plain, []string{"Authorization: Basic " + token, shop, isJSON}, 401, "bring the token"},
		"no namespace":           {"POST", "/decode", plain, []string{bearer, isJSON}, 403, `for the namespace "shop"`},
		"another namespace":      {"POST", "/decode", plain, []string{bearer, isJSON, "X-Namespace: other"}, 403, `for the namespace "shop"`},
		"a form":                 {"POST", "/decode", plain, []string{bearer, shop, "Content-Type: text/plain"}, 415, "send application/json"},
		"looking":                {"GET", "/decode", "", []string{bearer, shop}, 405, "ask with POST"},
		"no JSON":                {"POST", "/decode", "?", []string{bearer, shop, isJSON}, 400, ""},
		"a payload that is null": {"POST", "/decode", `{"payloads":[null]}`, []string{bearer, shop, isJSON}, 400, ""},
		"nothing":                {"POST", "/decode", `{}`, []string{bearer, shop, isJSON}, 200, "{"},
		"too much":               {"POST", "/decode", strings.Repeat(" ", 16<<20) + "{}", []string{bearer, shop, isJSON}, 413, "send fewer at a time"},
		"another path":           {"POST", "/x/decode", plain, []string{bearer, shop, isJSON}, 404, ""},
	} {
		got := ask(t, call{c.method, url + c.path, c.body, c.headers})
		require.Equal(t, c.status, got.status, "%s: %s", name, got.body)
		require.Contains(t, got.body, c.answer, name)
		require.NotContains(t, got.body, token, name)
	}
	families, err := registry.Gather()
	require.NoError(t, err)
	require.Len(t, families, 1)
	require.Equal(t, "slipway_codec_requests_total", families[0].GetName())
}

// A browser asks whether it may ask, without the token.
func TestServer_Preflight(t *testing.T) {
	t.Parallel()
	url := serve(t, codecserver.Config{Token: token, Origins: []string{origin}})
	got := ask(t, call{http.MethodOptions, url + "/decode", "", []string{
		"Origin: " + origin, "Access-Control-Request-Method: POST", "Access-Control-Request-Headers: content-type,x-namespace,authorization",
	}})
	require.Equal(t, http.StatusNoContent, got.status)
	require.Equal(t, origin, got.header.Get("Access-Control-Allow-Origin"))
	require.Equal(t, "Authorization, Content-Type, X-Namespace", got.header.Get("Access-Control-Allow-Headers"))
	require.Equal(t, "Origin", got.header.Get("Vary"))

	got = ask(t, call{http.MethodOptions, url + "/decode", "", []string{"Origin: http://evil.example", "Access-Control-Request-Method: POST"}})
	require.Equal(t, http.StatusForbidden, got.status)
	require.Empty(t, got.header.Get("Access-Control-Allow-Origin"))
}

func TestServer_APayloadOfAnUnknownKeyNamesIt(t *testing.T) {
	t.Parallel()
	url := serve(t, codecserver.Config{Codec: codec(t, payload.NoKeys())})
	headers := []string{"X-Namespace: shop", "Content-Type: application/json"}
	sealed := ask(t, call{"POST", serve(t, codecserver.Config{}) + "/encode", plain, headers})
	got := ask(t, call{"POST", url + "/decode", sealed.body, headers})
	require.Equal(t, http.StatusBadRequest, got.status)
	require.Contains(t, got.body, `payload of key "2026-11": this process has no keys`)
}

func TestServer_ATokenIsAskedForWhereOthersCanAsk(t *testing.T) {
	t.Parallel()
	cfg := codecserver.Config{Addr: "0.0.0.0:0", Namespace: "shop", Codec: keyed(t), Logger: zerolog.Nop()}
	_, err := codecserver.Listen(t.Context(), cfg)
	var open *codecserver.TokenError
	require.ErrorAs(t, err, &open)
	for _, allowed := range []func(*codecserver.Config){
		func(c *codecserver.Config) { c.Token = token },
		func(c *codecserver.Config) { c.Shielded = true },
		func(c *codecserver.Config) { c.Addr = "localhost:0" },
	} {
		cfg := cfg
		allowed(&cfg)
		s, err := codecserver.Listen(t.Context(), cfg)
		require.NoError(t, err)
		ctx, stop := context.WithCancel(t.Context())
		stop()
		require.NoError(t, s.Run(ctx))
	}
}

func TestServer_WhatCannotBeServedIsRefused(t *testing.T) {
	t.Parallel()
	_, err := codecserver.Listen(t.Context(), codecserver.Config{Addr: "127.0.0.1:0", Token: "hunter2"})
	for _, want := range []string{"Config.Codec", "Config.Namespace", "Config.Token must have 16 characters"} {
		require.ErrorContains(t, err, want)
	}
	require.NotContains(t, err.Error(), "hunter2")
	_, err = codecserver.Listen(t.Context(), codecserver.Config{Addr: "nowhere", Codec: keyed(t), Namespace: "shop"})
	require.ErrorContains(t, err, "codecserver: listen")
}

// What is asked and answered is never logged.
func TestServer_TheLogHoldsNoPayload(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	s, err := codecserver.Listen(t.Context(), codecserver.Config{
		Addr: "127.0.0.1:0", Namespace: "shop", Codec: keyed(t), Token: token, Logger: zerolog.New(zerolog.SyncWriter(&log)),
	})
	require.NoError(t, err)
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	for _, bearer := range []string{"wrong-" + token, token} {
		ask(t, call{"POST", "http://" + s.Addr() + "/decode", plain, []string{
			"Authorization: Bearer " + bearer, "X-Namespace: shop", "Content-Type: application/json",
		}})
	}
	stop()
	require.NoError(t, <-done)
	require.Contains(t, log.String(), `"status":401`)
	for _, secret := range []string{token, "InNob3A6Mi4wIg", "shop:2.0"} {
		require.NotContains(t, log.String(), secret)
	}
}
