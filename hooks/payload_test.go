package hooks_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"slipway/hooks"
	"slipway/wire"
)

const (
	digest      = "sha256:0b31b1c02ff458ad9b7b81cbdf8f028bd54699fa151f221d1e8de6817db93427"
	otherDigest = "sha256:9d1f6d2b2a7e1c1f3f0b6a5d4c3b2a190807060504030201f0e0d0c0b0a09080"
)

// The payloads have the fields that the senders document, those that are not read among them.
const (
	acrPush = `{
		"push_data": {"digest": "` + digest + `", "pushed_at": "2026-03-01 17:00:00", "tag": "1.4.2"},
		"repository": {"date_created": "2025-10-28 21:31:42", "name": "shop", "namespace": "team", "region": "cn-hangzhou",
			"repo_authentication_type": "NO_CERTIFIED", "repo_full_name": "team/shop", "repo_origin_type": "NO_CERTIFIED", "repo_type": "PRIVATE"}}`
	harborPush = `{
		"type": "PUSH_ARTIFACT", "occur_at": 1772355600, "operator": "ann",
		"event_data": {
			"resources": [{"digest": "` + digest + `", "tag": "1.4.2", "resource_url": "harbor.example/team/shop:1.4.2"}],
			"repository": {"date_created": 1772300000, "name": "shop", "namespace": "team", "repo_full_name": "team/shop", "repo_type": "private"}}}`
	harborCloudEvent = `{
		"specversion": "1.0", "id": "5a1c8f0e-2f64-4d7b-9b53-0f6f5f1f2c11", "requestid": "0d3f", "source": "/projects/7/webhook/policies/3",
		"type": "harbor.artifact.pushed", "datacontenttype": "application/json", "time": "2026-03-01T09:00:00Z", "operator": "robot$team+ci",
		"data": {
			"resources": [
				{"digest": "` + digest + `", "tag": "1.4.2", "resource_url": "harbor.example:8443/team/shop:1.4.2"},
				{"digest": "` + otherDigest + `", "tag": "` + otherDigest + `", "resource_url": "harbor.example:8443/team/shop@` + otherDigest + `"}],
			"repository": {"date_created": 1772300000, "name": "shop", "namespace": "team", "repo_full_name": "team/shop", "repo_type": "private"}}}`
	dockerHubPush = `{
		"callback_url": "https://registry.hub.docker.com/u/team/shop/hook/2141bc0a/",
		"push_data": {"pushed_at": 1.7723556e+09, "pusher": "ann", "tag": "1.4.2", "images": []},
		"repository": {"comment_count": 0, "date_created": 1772300000, "description": "", "dockerfile": "FROM scratch", "full_description": "", "is_official": false,
			"is_private": true, "is_trusted": false, "name": "shop", "namespace": "team", "owner": "team", "repo_name": "team/shop",
			"repo_url": "https://registry.hub.docker.com/v2/repositories/team/shop/", "star_count": 0, "status": "Active"}}`
	genericPush = `{"image": "registry.example/team/shop", "tag": "1.4.2", "digest": "` + digest + `", "id": "build-42", "by": "ann", "time": "2026-03-01T10:00:00+01:00"}`
	cdevent     = `{
		"context": {"specversion": "0.5.1", "id": "build-42", "source": "/ci/shop", "type": "dev.cdevents.artifact.published.0.3.0", "timestamp": "2026-03-01T09:00:00Z", "chainId": "4c8cb7dd"},
		"subject": {"id": "pkg:oci/shop@sha256%3A` + "0b31b1c02ff458ad9b7b81cbdf8f028bd54699fa151f221d1e8de6817db93427" + `?repository_url=registry.example%2Fteam%2Fshop&tag=1.4.2", "type": "artifact", "content": {"user": "ann"}},
		"customData": {"slipway": {"sender": "harbor"}}, "customDataContentType": "application/json"}`
	cdeventCloudEvent = `{"specversion": "1.0", "id": "build-42", "source": "/ci/shop", "type": "dev.cdevents.artifact.published.0.3.0", "datacontenttype": "application/json", "data": ` + cdevent + `}`
	acrRegistry       = "shop-registry.cn-hangzhou.cr.aliyuncs.com"
)

func pushedAt() time.Time { return time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC) }

// cdeventHeader has the attributes of a CloudEvent in binary mode, as a client of HTTP sends them.
func cdeventHeader() http.Header {
	h := http.Header{}
	for name, value := range map[string]string{"ce-specversion": "1.0", "ce-id": "build-42", "ce-source": "/ci/shop", "ce-type": "dev.cdevents.artifact.published.0.3.0", "Content-Type": "application/json", "User-Agent": "ci"} {
		h.Set(name, value)
	}
	return h
}

// What each sender tells of a push is one thing, whoever sends it.
func TestParse(t *testing.T) {
	t.Parallel()
	ofCDEvents := wire.Published{
		Image: "registry.example/team/shop", Tag: "1.4.2", Digest: digest, At: pushedAt(), By: "ann", Sender: "cdevents",
		Source: "/ci/shop", EventID: "build-42", SenderID: true, Chain: "4c8cb7dd",
	}
	for name, test := range map[string]struct {
		payload hooks.Payload
		want    []wire.Published
	}{
		"ACR": {hooks.Payload{Sender: "acr", Registry: acrRegistry, Body: []byte(acrPush)}, []wire.Published{{
			Image: acrRegistry + "/team/shop", Tag: "1.4.2", Digest: digest, Sender: "acr", Source: "urn:slipway:hooks:acr",
		}}},
		"Harbor": {hooks.Payload{Sender: "harbor", Body: []byte(harborPush)}, []wire.Published{{
			Image: "harbor.example/team/shop", Tag: "1.4.2", Digest: digest, At: pushedAt(), By: "ann", Sender: "harbor", Source: "urn:slipway:hooks:harbor",
		}}},
		"Harbor, CloudEvents": {hooks.Payload{Sender: "harbor", Body: []byte(harborCloudEvent)}, []wire.Published{
			{
				Image: "harbor.example:8443/team/shop", Tag: "1.4.2", Digest: digest, At: pushedAt(), By: "robot$team+ci", Sender: "harbor",
				Source: "/projects/7/webhook/policies/3", EventID: "5a1c8f0e-2f64-4d7b-9b53-0f6f5f1f2c11", SenderID: true,
			},
			{
				Image: "harbor.example:8443/team/shop", Digest: otherDigest, At: pushedAt(), By: "robot$team+ci", Sender: "harbor",
				Source: "/projects/7/webhook/policies/3", EventID: "5a1c8f0e-2f64-4d7b-9b53-0f6f5f1f2c11.2", SenderID: true,
			},
		}},
		"Docker Hub": {hooks.Payload{Sender: "dockerhub", Body: []byte(dockerHubPush)}, []wire.Published{{
			Image: "docker.io/team/shop", Tag: "1.4.2", At: pushedAt(), By: "ann", Sender: "dockerhub", Source: "urn:slipway:hooks:dockerhub",
		}}},
		"generic": {hooks.Payload{Sender: "generic", Body: []byte(genericPush)}, []wire.Published{{
			Image: "registry.example/team/shop", Tag: "1.4.2", Digest: digest, At: pushedAt(), By: "ann", Sender: "generic",
			Source: "urn:slipway:hooks:generic", EventID: "build-42", SenderID: true,
		}}},
		"CDEvents, structured": {hooks.Payload{Sender: "cdevents", Body: []byte(cdeventCloudEvent)}, []wire.Published{ofCDEvents}},
		"CDEvents, binary":     {hooks.Payload{Sender: "cdevents", Header: cdeventHeader(), Body: []byte(cdevent)}, []wire.Published{ofCDEvents}},
		"CDEvents, bare":       {hooks.Payload{Sender: "cdevents", Body: []byte(cdevent)}, []wire.Published{ofCDEvents}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := test.payload.Parse()
			require.NoError(t, err)
			again, err := test.payload.Parse()
			require.NoError(t, err)
			require.Equal(t, got, again, "what is posted again is the same event")
			for i := range got {
				require.NotEmpty(t, got[i].EventID)
				if !got[i].SenderID {
					got[i].EventID = ""
				}
				got[i].At = got[i].At.UTC()
			}
			require.Equal(t, test.want, got)
		})
	}
}

// A later push of the same image is another event, also where the sender gives none an ID.
func TestParse_AnotherPush(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		payload  hooks.Payload
		was, now string
	}{
		"ACR":        {hooks.Payload{Sender: "acr", Registry: acrRegistry, Body: []byte(acrPush)}, "17:00:00", "17:00:01"},
		"Harbor":     {hooks.Payload{Sender: "harbor", Body: []byte(harborPush)}, "1772355600", "1772355601"},
		"Docker Hub": {hooks.Payload{Sender: "dockerhub", Body: []byte(dockerHubPush)}, "1.7723556e+09", "1772355601"},
	} {
		first, err := test.payload.Parse()
		require.NoError(t, err, name)
		later := test.payload
		later.Body = []byte(strings.Replace(string(later.Body), test.was, test.now, 1))
		second, err := later.Parse()
		require.NoError(t, err, name)
		require.NotEqual(t, first[0].EventID, second[0].EventID, name)
	}
}

// What is no push of an image is no fault of the sender.
func TestParse_Ignored(t *testing.T) {
	t.Parallel()
	signature := strings.ReplaceAll(harborPush, "1.4.2", "sha256-"+digest[len("sha256:"):]+".sig")
	for name, test := range map[string]struct{ sender, body, says string }{
		"deleted":             {"harbor", strings.Replace(harborPush, "PUSH_ARTIFACT", "DELETE_ARTIFACT", 1), `"DELETE_ARTIFACT" is no push`},
		"deleted, CloudEvent": {"harbor", strings.Replace(harborCloudEvent, "artifact.pushed", "artifact.deleted", 1), `"harbor.artifact.deleted" is no push`},
		"a signature":         {"harbor", signature, "signatures and other attachments"},
		"another CDEvent":     {"cdevents", strings.ReplaceAll(cdevent, "artifact.published", "artifact.packaged"), `"dev.cdevents.artifact.packaged.0.3.0" is no push`},
		"in a CloudEvent":     {"cdevents", strings.ReplaceAll(cdeventCloudEvent, "artifact.published", "artifact.packaged"), `"dev.cdevents.artifact.packaged.0.3.0" is no push`},
	} {
		_, err := hooks.Payload{Sender: test.sender, Body: []byte(test.body)}.Parse()
		var none *hooks.IgnoredError
		require.ErrorAs(t, err, &none, name)
		require.Contains(t, none.Reason, test.says, name)
	}
}

func TestParse_Refused(t *testing.T) {
	t.Parallel()
	many := slices.Repeat([]string{`{"tag":"1"}`}, 101)
	for name, test := range map[string]struct {
		payload hooks.Payload
		says    string
	}{
		"no such sender":              {hooks.Payload{Sender: "quay"}, `sender: "quay" is none of acr, harbor`},
		"no JSON":                     {hooks.Payload{Sender: "harbor", Body: []byte("PUSH")}, "data: is no payload of harbor"},
		"a registry for Harbor":       {hooks.Payload{Sender: "harbor", Registry: "harbor.example", Body: []byte(harborPush)}, "registry: is for acr alone"},
		"ACR without registry":        {hooks.Payload{Sender: "acr", Body: []byte(acrPush)}, "?registry=registry.cn-hangzhou.aliyuncs.com"},
		"ACR with a path":             {hooks.Payload{Sender: "acr", Registry: "registry.example/team", Body: []byte(acrPush)}, "is not the host of a registry"},
		"ACR without repository":      {hooks.Payload{Sender: "acr", Registry: acrRegistry, Body: []byte(`{}`)}, "repository.repo_full_name: is missing"},
		"ACR with a digest of nobody": {hooks.Payload{Sender: "acr", Registry: acrRegistry, Body: []byte(strings.Replace(acrPush, digest, "sha256:1", 1))}, `digest: "sha256:1" is not a digest`},
		"Harbor without type":         {hooks.Payload{Sender: "harbor", Body: []byte(`{}`)}, "type: is missing"},
		"Harbor without resources":    {hooks.Payload{Sender: "harbor", Body: []byte(`{"type":"PUSH_ARTIFACT"}`)}, "resources: has 0 of them"},
		"Harbor with many": {
			hooks.Payload{Sender: "harbor", Body: fmt.Appendf(nil, `{"type":"PUSH_ARTIFACT","event_data":{"resources":[%s]}}`, strings.Join(many, ","))},
			"resources: has 101 of them",
		},
		"Harbor without host":           {hooks.Payload{Sender: "harbor", Body: []byte(strings.Replace(harborPush, "harbor.example/", "", 1))}, "resources[0].resource_url"},
		"Harbor, an ID that is none":    {hooks.Payload{Sender: "harbor", Body: []byte(strings.Replace(harborCloudEvent, "5a1c8f0e-2f64-4d7b-9b53-0f6f5f1f2c11", "", 1))}, "id: must not be empty"},
		"Docker Hub without repository": {hooks.Payload{Sender: "dockerhub", Body: []byte(`{"push_data":{"tag":"1"}}`)}, "repository.repo_name: is missing"},
		"Docker Hub without tag":        {hooks.Payload{Sender: "dockerhub", Body: []byte(`{"repository":{"repo_name":"team/shop"}}`)}, "tag: is missing"},
		"generic with another field":    {hooks.Payload{Sender: "generic", Body: []byte(`{"image":"registry.example/shop","tag":"1","id":"1","name":"shop"}`)}, "name: "},
		"generic without ID":            {hooks.Payload{Sender: "generic", Body: []byte(`{"image":"registry.example/shop","tag":"1"}`)}, "id: is missing"},
		"generic with a tagged image":   {hooks.Payload{Sender: "generic", Body: []byte(`{"image":"registry.example/shop:1","id":"1"}`)}, "is not a repository"},
		"no CDEvent":                    {hooks.Payload{Sender: "cdevents", Body: []byte(`{}`)}, "context.type: "},
		"CDEvent of no image":           {hooks.Payload{Sender: "cdevents", Body: []byte(strings.Replace(cdevent, "pkg:oci", "pkg:npm", 1))}, "subject.id: "},
		"CloudEvent without source":     {hooks.Payload{Sender: "cdevents", Body: []byte(strings.Replace(cdeventCloudEvent, `"source": "/ci/shop", "type"`, `"type"`, 1))}, "source: is missing"},
	} {
		_, err := test.payload.Parse()
		require.ErrorContains(t, err, test.says, name)
		require.NotErrorAs(t, err, new(*hooks.IgnoredError), name)
	}
}

// FuzzParse: whatever is posted is refused, ignored or can be published.
func FuzzParse(f *testing.F) {
	f.Add("acr", acrRegistry, "", []byte(acrPush))
	f.Add("harbor", "", "", []byte(harborPush))
	f.Add("harbor", "", "", []byte(harborCloudEvent))
	f.Add("dockerhub", "", "", []byte(dockerHubPush))
	f.Add("generic", "", "", []byte(genericPush))
	f.Add("cdevents", "", "", []byte(cdeventCloudEvent))
	f.Add("cdevents", "", "build-42", []byte(cdevent))
	f.Fuzz(func(t *testing.T, sender, registry, id string, body []byte) {
		header := http.Header{}
		if id != "" {
			header = cdeventHeader()
			header["Ce-Id"] = []string{id}
		}
		pushes, err := hooks.Payload{Sender: sender, Registry: registry, Header: header, Body: body}.Parse()
		if err != nil {
			require.Empty(t, pushes)
			require.NotEmpty(t, err.Error())
			return
		}
		require.NotEmpty(t, pushes)
		for _, p := range pushes {
			msg, err := wire.EncodePublished(wire.Origin{}, p)
			require.NoError(t, err)
			read, err := wire.DecodePublished(msg)
			require.NoError(t, err)
			require.Equal(t, p.String(), read.String())
			require.Equal(t, [2]string{p.Source, p.EventID}, [2]string{read.Source, read.EventID})
			require.Contains(t, wire.Senders(), p.Sender)
		}
	})
}
