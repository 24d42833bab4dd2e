package fcsim

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestCustomDomains_AName(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	made := h.must(t, "POST /custom-domains", `{"domainName":"Shop.example.com","protocol":null}`)
	require.Equal(t, map[string]any{
		"domainName": "shop.example.com", "accountId": DefaultAccountID, "apiVersion": "2016-08-15", "protocol": "HTTP",
		"createdTime": "2026-11-02T08:00:00Z", "lastModifiedTime": "2026-11-02T08:00:00Z",
	}, made.body, "a name is enough; the protocol is HTTP")

	h.advance(t, 1e9)
	routes := []any{map[string]any{"path": "/*", "serviceName": "none", "functionName": "nothing", "qualifier": "live", "methods": []any{"GET"}}}
	changed := h.must(t, "PUT /custom-domains/shop.example.com",
		`{"domainName":"shop.example.com","routeConfig":{"routes":[{"path":"/*","serviceName":"none","functionName":"nothing","qualifier":"live","methods":["GET"]}]}}`)
	require.Equal(t, map[string]any{"routes": routes}, changed.body["routeConfig"], "services may be missing")
	require.Equal(t, "2026-11-02T08:00:01Z", changed.text("lastModifiedTime"))

	// The vendor's Go client sends null for what is not set, and names the parts of a certificate in capitals.
	h.must(t, "PUT /custom-domains/shop.example.com", `{"protocol":"HTTP,HTTPS","routeConfig":null,"certConfig":{"CertName":"c","PrivateKey":"k","Certificate":"p"}}`)
	read := h.must(t, "GET /custom-domains/shop.example.com", "")
	require.Equal(t, map[string]any{"certName": "c", "privateKey": "k", "certificate": "p"}, read.body["certConfig"])
	require.Equal(t, map[string]any{"routes": routes}, read.body["routeConfig"])
	require.Equal(t, "HTTP,HTTPS", read.text("protocol"))

	h.must(t, "POST /custom-domains", `{"domainName":"a.example.com"}`)
	h.must(t, "POST /custom-domains", `{"domainName":"b.example.com"}`)
	first := h.must(t, "GET /custom-domains?limit=2", "")
	require.Equal(t, []string{"a.example.com", "b.example.com"}, first.names("customDomains", "domainName"))
	require.Equal(t, []string{"shop.example.com"}, h.must(t, "GET /custom-domains?limit=2&nextToken="+first.text("nextToken"), "").names("customDomains", "domainName"))
	require.Equal(t, []string{"shop.example.com"}, h.must(t, "GET /custom-domains?prefix=s", "").names("customDomains", "domainName"))
	require.Equal(t, http.StatusNoContent, h.must(t, "DELETE /custom-domains/shop.example.com", "").status)
	h.send(t, "GET /custom-domains/shop.example.com", "").refusedBy(t, codeDomainNotFound)
}

func TestCustomDomains_AreRefused(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	h.must(t, "POST /custom-domains", `{"domainName":"a.example.com"}`)
	h.refuses(t, map[string]refusal{
		"again":      {"POST /custom-domains", `{"domainName":"A.example.com"}`, codeDomainExists, []string{"a.example.com"}},
		"no name":    {"POST /custom-domains", `{}`, codeInvalidArgument, []string{"domainName"}},
		"no domain":  {"POST /custom-domains", `{"domainName":"localhost"}`, codeInvalidArgument, []string{"domainName"}},
		"other name": {"PUT /custom-domains/a.example.com", `{"domainName":"b.example.com"}`, codeInvalidArgument, []string{"domainName"}},
		"all at once": {
			"PUT /custom-domains/a.example.com",
			`{"protocol":"FTP","routeConfig":{"routes":[{"path":"x","serviceName":"1","functionName":"f"},{"path":"/a","serviceName":"s","functionName":"."},{"path":"/a","serviceName":"s","functionName":"f"}]}}`,
			codeInvalidArgument,
			[]string{"protocol", "routes[0].path", "routes[0].serviceName", "routes[1].functionName", "routes[2].path"},
		},
		"unknown member": {"PUT /custom-domains/a.example.com", `{"colour":"red"}`, codeInvalidArgument, []string{"colour"}},
		"update unknown": {"PUT /custom-domains/z.example.com", `{}`, codeDomainNotFound, []string{"z.example.com"}},
		"delete unknown": {"DELETE /custom-domains/z.example.com", "", codeDomainNotFound, []string{"z.example.com"}},
		"limit":          {"GET /custom-domains?limit=0", "", codeInvalidArgument, []string{"limit"}},
	})
}
