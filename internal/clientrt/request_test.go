package clientrt_test

import (
	"net/url"
	"testing"

	"github.com/stretchr/testify/require"

	"slipway/cloudapi"
	"slipway/internal/clientrt"
)

func TestRequest_APartOfThePathMayBeLeftOut(t *testing.T) {
	t.Parallel()
	const path = "/toys/{name}{.part}/wheels"
	for part, want := range map[string]string{"": "/toys/a%20b/wheels", "x/y": "/toys/a%20b.x%2Fy/wheels"} {
		r := new(clientrt.Request)
		clientrt.Required(r, cloudapi.InPath, "name", "a b")
		clientrt.Optional(r, cloudapi.InPath, "part", &part)
		require.Equal(t, want, r.Path(path))
	}
	r := new(clientrt.Request)
	clientrt.Required(r, cloudapi.InPath, "name", "a")
	require.Equal(t, "/toys/a/wheels", r.Path(path))
}

func TestRequest_ListsAndObjectsInAQuery(t *testing.T) {
	t.Parallel()
	r := new(clientrt.Request)
	clientrt.OptionalValue(r, cloudapi.InQuery, "ids", []string{"b", "a"})
	clientrt.OptionalValue(r, cloudapi.InQuery, "tag_", map[string]string{"k": "v", "e": ""})
	clientrt.OptionalValue(r, cloudapi.InQuery, "none", []string(nil))
	clientrt.Required(r, cloudapi.InQuery, "text", `["as it is"]`)
	require.Equal(t, url.Values{"ids": {"b", "a"}, "tag_k": {"v"}, "tag_e": {""}, "text": {`["as it is"]`}}, r.Query())
}

func TestRequest_WhatIsTheWholeBody(t *testing.T) {
	t.Parallel()
	r := new(clientrt.Request)
	clientrt.OptionalBytes(r, cloudapi.InPayload, "payload", []byte{0xff})
	clientrt.Optional(r, cloudapi.InHeader, "X-Kind", new("toy"))
	body, contentType, err := r.Payload()
	require.NoError(t, err)
	require.Equal(t, []byte{0xff}, body)
	require.Equal(t, "application/octet-stream", contentType)
	require.Equal(t, "toy", r.Header().Get("X-Kind"))
}
