package fcclient_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"

	"github.com/aliyun/credentials-go/credentials"

	"slipway/cloudapi"
	"slipway/fcclient"
)

// exampleServer plays Function Compute: a service whose alias moves, whose next version is published
// once, and whose functions come on two pages.
func exampleServer() *httptest.Server {
	mux := http.NewServeMux()
	answer := func(pattern, etag, text string) {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("ETag", etag)
			w.Header().Set("X-Fc-Request-Id", testRequestID)
			_, _ = io.WriteString(w, text)
		})
	}
	answer("GET /2016-08-15/services/shop/aliases/live", "e1", `{"aliasName":"live","versionId":"7","additionalVersionWeight":null}`)
	mux.HandleFunc("PUT /2016-08-15/services/shop/aliases/live", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Fc-Request-Id", testRequestID)
		if r.Header.Get("If-Match") != "e1" {
			w.WriteHeader(http.StatusPreconditionFailed)
			_, _ = io.WriteString(w, `{"ErrorCode":"PreconditionFailed","ErrorMessage":"the resource being modified has been changed"}`)
			return
		}
		_, _ = io.WriteString(w, `{"aliasName":"live","versionId":"7","additionalVersionWeight":{"8":0.05}}`)
	})
	mux.HandleFunc("POST /2016-08-15/services/shop/versions", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("X-Fc-Request-Id", testRequestID)
		w.WriteHeader(http.StatusBadRequest)
		_, _ = io.WriteString(w, `{"ErrorCode":"VersionPublishError","ErrorMessage":"No changes were made since last publish"}`)
	})
	answer("GET /2016-08-15/services/shop/versions", "", `{"versions":[{"versionId":"8","description":"release-41 from=7"}],"direction":"BACKWARD"}`)
	mux.HandleFunc("GET /2016-08-15/services/shop.live/functions", func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Get("nextToken") == "" {
			_, _ = io.WriteString(w, `{"functions":[{"functionName":"order","runtime":"nodejs12"}],"nextToken":"stock"}`)
			return
		}
		_, _ = io.WriteString(w, `{"functions":[{"functionName":"stock","runtime":"go1"}]}`)
	})
	answer("GET /2016-08-15/proxy/shop.live/order/hello", "", `hello`)
	return httptest.NewServer(mux)
}

func exampleClient(endpoint string) *fcclient.Client {
	credential, err := credentials.NewCredential(&credentials.Config{
		Type: new("access_key"), AccessKeyId: new("id"), AccessKeySecret: new("secret"),
	})
	if err != nil {
		fmt.Println(err)
		return nil
	}
	client, err := fcclient.New(fcclient.Config{
		Region:     "cn-hangzhou",
		AccountID:  "16530750",
		Endpoint:   endpoint,   // Leave it out to reach the endpoint of the account in the region.
		Credential: credential, // Leave it out to use Alibaba Cloud's default chain.
	})
	if err != nil {
		fmt.Println(err)
	}
	return client
}

// A new version gets five of a hundred invocations, unless somebody else has moved the alias since
// it was read.
func Example() {
	server := exampleServer()
	defer server.Close()
	client := exampleClient(server.URL)
	ctx := context.Background()

	alias, err := client.GetAlias(ctx, &fcclient.GetAliasInput{ServiceName: "shop", AliasName: "live"})
	if err != nil {
		fmt.Println(err)
		return
	}
	gray := &fcclient.UpdateAliasInput{
		ServiceName: "shop", AliasName: "live", IfMatch: &alias.ETag,
		VersionID:               &alias.VersionID,
		AdditionalVersionWeight: map[string]float64{"8": 0.05},
	}
	moved, err := client.UpdateAlias(ctx, gray)
	fmt.Println(moved.VersionID, moved.AdditionalVersionWeight, err)

	gray.IfMatch = new("e0")
	_, err = client.UpdateAlias(ctx, gray)
	fmt.Println(errors.Is(err, cloudapi.ErrConflict), cloudapi.HasCode(err, fcclient.CodePreconditionFailed))
	// Output:
	// 7 map[8:0.05] <nil>
	// true true
}

// Publishing is the only step with an effect that adds up. The description holds a mark by which the
// version is found again, when the answer was lost or nothing has changed since.
func ExampleClient_PublishServiceVersion() {
	server := exampleServer()
	defer server.Close()
	client := exampleClient(server.URL)
	ctx := context.Background()

	_, err := client.PublishServiceVersion(ctx, &fcclient.PublishServiceVersionInput{ServiceName: "shop", Description: new("release-41 from=7")})
	if errors.Is(err, cloudapi.ErrAmbiguous) || cloudapi.HasCode(err, fcclient.CodeVersionPublish) {
		newest, err := client.ListServiceVersions(ctx, &fcclient.ListServiceVersionsInput{ServiceName: "shop", Limit: new(1)})
		fmt.Println(newest.Versions[0].VersionID, newest.Versions[0].Description, err)
	}
	// Output: 8 release-41 from=7 <nil>
}

// An iterator reads page after page while it is walked through.
func ExampleClient_ListFunctionsAll() {
	server := exampleServer()
	defer server.Close()
	client := exampleClient(server.URL)
	ctx := context.Background()

	for function, err := range client.ListFunctionsAll(ctx, &fcclient.ListFunctionsInput{ServiceName: "shop", Qualifier: new("live")}) {
		fmt.Println(function.FunctionName, function.Runtime, err)
	}
	// Output:
	// order nodejs12 <nil>
	// stock go1 <nil>
}

// A wrong request is refused before anything is sent, with all its problems.
func ExamplePutProvisionConfigInput_Validate() {
	in := &fcclient.PutProvisionConfigInput{
		ServiceName: "shop", FunctionName: "order", Target: 5,
		ScheduledActions: []fcclient.ScheduledAction{{Name: "morning", Target: new(int64(20)), ScheduleExpression: "30 8 * * *"}},
	}
	fmt.Println(in.Validate())
	// Output: qualifier is required; scheduledActions[0].scheduleExpression must be at(yyyy-mm-ddThh:mm:ssZ) or cron(…) with six fields, seconds first
}

// A request to an HTTP trigger of authType function is signed like this.
func ExampleClient_Sign() {
	server := exampleServer()
	defer server.Close()
	client := exampleClient(server.URL)
	ctx := context.Background()

	address, err := client.TriggerURL(fcclient.HTTPTrigger{
		ServiceName: "shop", Qualifier: "live", FunctionName: "order", Path: "hello", Query: url.Values{"name": {"Ada"}},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address.String(), http.NoBody)
	if err != nil || client.Sign(request) != nil {
		fmt.Println(err)
		return
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = answer.Body.Close() }()
	text, err := io.ReadAll(answer.Body)
	fmt.Println(string(text), err)
	// Output: hello <nil>
}
