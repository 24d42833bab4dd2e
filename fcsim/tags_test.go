package fcsim

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const shopARN = "acs:fc:" + DefaultRegion + ":" + DefaultAccountID + ":services/shop"

func TestTags_AreAddedReadTakenAway(t *testing.T) {
	t.Parallel()
	h := published(t)
	h.must(t, "POST /services", `{"serviceName":"other"}`)
	for _, body := range []string{
		`{"resourceArn":"services/shop","tags":{"team":"red","tier":""}}`, `{"resourceArn":"` + shopARN + `","tags":{"team":"blue"}}`,
		`{"resourceArn":"services/other","tags":{"team":"red"}}`,
	} {
		g := h.must(t, "POST /tag", body)
		require.Equal(t, http.StatusOK, g.status)
		require.Empty(t, g.raw)
	}
	for _, arn := range []string{"services/shop", shopARN} {
		require.Equal(t, map[string]any{"resourceArn": shopARN, "tags": map[string]any{"team": "blue", "tier": ""}}, h.must(t, "GET /tag?resourceArn="+arn, "").body)
	}
	for query, want := range map[string][]string{
		"tag_team=blue": {"shop"}, "tag_team=": {"other", "shop"}, "tag_team=red&tag_tier=": {}, "tag_team=&tag_tier=": {"shop"}, "tag_none=": {},
		"tag_team=&limit=1": {"other"}, "tag_team=&prefix=s": {"shop"},
	} {
		require.Equal(t, want, h.must(t, "GET /services?"+query, "").names("services", "serviceName"), query)
	}

	h.must(t, "DELETE /tag", `{"resourceArn":"services/shop","tagKeys":["team","none"],"all":false}`)
	require.Equal(t, map[string]any{"tier": ""}, h.must(t, "GET /tag?resourceArn=services/shop", "").body["tags"])
	h.must(t, "DELETE /tag", `{"resourceArn":"services/shop","tagKeys":[],"all":true}`)
	require.Equal(t, map[string]any{}, h.must(t, "GET /tag?resourceArn=services/shop", "").body["tags"])
}

func TestTags_AreRefused(t *testing.T) {
	t.Parallel()
	h := published(t)
	var many []string
	for i := range 21 {
		many = append(many, fmt.Sprintf(`"k%d":"v"`, i))
	}
	h.must(t, "POST /tag", `{"resourceArn":"services/shop","tags":{`+strings.Join(many[:20], ",")+`}}`)
	h.refuses(t, map[string]refusal{
		"no service":     {"POST /tag", `{"resourceArn":"services/none","tags":{"a":"b"}}`, codeServiceNotFound, []string{"none"}},
		"no ARN":         {"POST /tag", `{"tags":{"a":"b"}}`, codeInvalidArgument, []string{"resourceArn"}},
		"other account":  {"POST /tag", `{"resourceArn":"acs:fc:cn-hangzhou:9:services/shop","tags":{"a":"b"}}`, codeInvalidArgument, []string{"services/{serviceName}"}},
		"a function":     {"GET /tag?resourceArn=services/shop/functions/web", "", codeInvalidArgument, []string{"services/{serviceName}"}},
		"no tags":        {"POST /tag", `{"resourceArn":"services/shop"}`, codeInvalidArgument, []string{"tags must be given"}},
		"too many":       {"POST /tag", `{"resourceArn":"services/shop","tags":{` + many[20] + `}}`, codeInvalidArgument, []string{"20"}},
		"empty key":      {"POST /tag", `{"resourceArn":"services/shop","tags":{"":"v"}}`, codeInvalidArgument, []string{"key"}},
		"no keys":        {"DELETE /tag", `{"resourceArn":"services/shop"}`, codeInvalidArgument, []string{"tagKeys"}},
		"too many keys":  {"DELETE /tag", `{"resourceArn":"services/shop","tagKeys":[` + strings.Repeat(`"a",`, 20) + `"b"]}`, codeInvalidArgument, []string{"at most 20"}},
		"untag nothing":  {"DELETE /tag", `{"resourceArn":"services/none","all":true}`, codeServiceNotFound, []string{"none"}},
		"tags of a form": {"POST /tag", `{"resourceArn":"services/shop","tags":{"a":1}}`, codeInvalidArgument, []string{"tags"}},
	})
}
