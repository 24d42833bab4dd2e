package fcsim

import (
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"slipway/fcclient"
)

func zip(text string) string { return base64.StdEncoding.EncodeToString([]byte(text)) }

func TestLayers_VersionsArePublishedReadDeleted(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	made := h.must(t, "POST /layers/libs/versions", `{"layerName":"libs","description":"d","compatibleRuntime":["nodejs12"],"code":{"zipFile":"`+zip("one")+`"}}`)
	require.Equal(t, json.Number("1"), made.body["version"])
	require.Equal(t, []any{"nodejs12"}, made.body["compatibleRuntime"])
	require.Equal(t, fcclient.CodeChecksum([]byte("one")), made.text("codeChecksum"))
	require.Equal(t, json.Number("3"), made.body["codeSize"])
	require.Equal(t, json.Number("0"), made.body["acl"])
	require.Equal(t, "2026-11-02T08:00:00Z", made.text("createTime"))
	require.Regexp(t, `^[0-9a-f]{32}#libs#1$`, made.text("arn"))
	require.NotEmpty(t, made.header.Get("ETag"))

	location := made.body["code"].(map[string]any)["location"].(string)
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, location, http.NoBody)
	require.NoError(t, err)
	response, err := h.server.Client().Do(r)
	require.NoError(t, err)
	text, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	require.Equal(t, "one", string(text), "the package can be fetched")

	for _, line := range []string{"GET /layers/libs/versions/1", "GET /layerarn/" + url.PathEscape(made.text("arn"))} {
		read := h.must(t, line, "")
		require.Equal(t, made.body, read.body, line)
		require.Equal(t, made.header.Get("ETag"), read.header.Get("ETag"))
	}
	object := h.must(t, "POST /layers/libs/versions", `{"code":{"ossBucketName":"b","ossObjectName":"k/l.zip"}}`)
	require.Equal(t, "https://b.oss-cn-hangzhou.aliyuncs.com/k/l.zip", object.body["code"].(map[string]any)["location"])
	require.Equal(t, []any{}, object.body["compatibleRuntime"])
	h.must(t, "POST /layers/libs/versions", `{"code":{"zipFile":"`+zip("three")+`"}}`)

	first := h.must(t, "GET /layers/libs/versions?limit=2", "")
	require.Len(t, first.list("layers"), 2)
	require.Equal(t, json.Number("3"), first.body["nextVersion"])
	rest := h.must(t, "GET /layers/libs/versions?limit=2&startVersion=3", "")
	require.Len(t, rest.list("layers"), 1)
	require.Nil(t, rest.body["nextVersion"])

	require.Equal(t, http.StatusNoContent, h.must(t, "DELETE /layers/libs/versions/3", "").status)
	h.send(t, "GET /layers/libs/versions/3", "").refusedBy(t, codeLayerVersionAbsent)
	again := h.must(t, "POST /layers/libs/versions", `{"code":{"zipFile":"`+zip("three")+`"}}`)
	require.Equal(t, json.Number("4"), again.body["version"], "a number is given once")

	h.must(t, "POST /layers/base/versions", `{"code":{"zipFile":"`+zip("x")+`"}}`)
	all := h.must(t, "GET /layers", "")
	require.Equal(t, []string{"base", "libs"}, all.names("layers", "layerName"))
	require.Equal(t, again.body, all.list("layers")[1], "the newest version of each")
	page := h.must(t, "GET /layers?limit=1", "")
	require.Equal(t, []string{"libs"}, h.must(t, "GET /layers?nextToken="+page.text("nextToken"), "").names("layers", "layerName"))
	require.Equal(t, []string{}, h.must(t, "GET /layers?public=true", "").names("layers", "layerName"))
	require.Equal(t, []string{"base"}, h.must(t, "GET /layers?prefix=b&official=false", "").names("layers", "layerName"))
	h.must(t, "DELETE /layers/base/versions/1", "")
	require.Equal(t, []string{"libs"}, h.must(t, "GET /layers", "").names("layers", "layerName"))
	require.Equal(t, json.Number("2"), h.must(t, "POST /layers/base/versions", `{"code":{"zipFile":"`+zip("x")+`"}}`).body["version"])
}

func TestLayers_AreRefused(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	arn := h.must(t, "POST /layers/libs/versions", `{"code":{"zipFile":"`+zip("one")+`"}}`).text("arn")
	h.refuses(t, map[string]refusal{
		"no code":       {"POST /layers/libs/versions", `{}`, codeInvalidArgument, []string{"code must be given"}},
		"two codes":     {"POST /layers/libs/versions", `{"code":{"zipFile":"` + zip("a") + `","ossBucketName":"b","ossObjectName":"k"}}`, codeInvalidArgument, []string{"either"}},
		"no base64":     {"POST /layers/libs/versions", `{"code":{"zipFile":"%"}}`, codeInvalidArgument, []string{"base64"}},
		"runtime":       {"POST /layers/libs/versions", `{"code":{"zipFile":"` + zip("a") + `"},"compatibleRuntime":["cobol"]}`, codeInvalidArgument, []string{"cobol"}},
		"name":          {"POST /layers/1libs/versions", `{"code":{"zipFile":"` + zip("a") + `"}}`, codeInvalidArgument, []string{"layerName"}},
		"other name":    {"POST /layers/libs/versions", `{"layerName":"other","code":{"zipFile":"` + zip("a") + `"}}`, codeInvalidArgument, []string{"layerName"}},
		"no layer":      {"GET /layers/none/versions/1", "", codeLayerNotFound, []string{"none"}},
		"no versions":   {"GET /layers/none/versions", "", codeLayerNotFound, []string{"none"}},
		"no version":    {"DELETE /layers/libs/versions/" + strconv.Itoa(9), "", codeLayerVersionAbsent, []string{"9"}},
		"no number":     {"GET /layers/libs/versions/x", "", codeInvalidArgument, []string{"'x'"}},
		"start":         {"GET /layers/libs/versions?startVersion=x", "", codeInvalidArgument, []string{"startVersion"}},
		"limit":         {"GET /layers/libs/versions?limit=101", "", codeInvalidArgument, []string{"limit"}},
		"other owner":   {"GET /layerarn/" + url.PathEscape("0"+arn[1:len(arn)-1]+"9"), "", codeInvalidArgument, []string{"ARN"}},
		"ARN of none":   {"GET /layerarn/" + url.PathEscape(arn[:len(arn)-1]+"9"), "", codeLayerVersionAbsent, []string{"9"}},
		"ARN cut short": {"GET /layerarn/" + url.PathEscape(arn[:len(arn)-2]), "", codeInvalidArgument, []string{"ARN"}},
	})
}
