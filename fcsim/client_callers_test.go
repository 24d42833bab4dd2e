package fcsim_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"slipway/fcclient"
	"slipway/fcsim"
)

// callers is a simulator with its demo, and a client of it.
func callers(t *testing.T) (*fcsim.Simulator, *fcclient.Client) {
	t.Helper()
	sim, err := fcsim.New(fcsim.Config{Clock: fcsim.SteppedClock(begin()), Seed: 1})
	require.NoError(t, err)
	require.NoError(t, sim.SeedDemo())
	server := httptest.NewServer(sim)
	t.Cleanup(server.Close)
	return sim, clientOf(server)
}

func TestClient_KnowsTriggersAndDomains(t *testing.T) {
	t.Parallel()
	_, c := callers(t)
	ctx := t.Context()
	trigger := known(ctx, t, c.CreateTrigger, &fcclient.CreateTriggerInput{
		ServiceName: "shop", FunctionName: "mailer", TriggerName: "images", TriggerType: "oss", SourceARN: new("acs:oss:cn-hangzhou:1:b"),
		InvocationRole: new("acs:ram::1:role/r"), Qualifier: new("live"), Description: new("d"),
		TriggerConfig: json.RawMessage(`{"events":["oss:ObjectCreated:*"]}`),
	})
	changed := known(ctx, t, c.UpdateTrigger, &fcclient.UpdateTriggerInput{
		ServiceName: "shop", FunctionName: "mailer", TriggerName: "images", IfMatch: new(trigger.ETag), Qualifier: new("2"),
	})
	require.Equal(t, "2", changed.Qualifier)
	known(ctx, t, c.GetTrigger, &fcclient.GetTriggerInput{ServiceName: "shop", FunctionName: "mailer", TriggerName: "images"})
	front := known(ctx, t, c.ListTriggers, &fcclient.ListTriggersInput{ServiceName: "shop", FunctionName: "web"}).Triggers[0]
	require.Contains(t, front.URLInternet, "/2016-08-15/proxy/shop.live/web/")
	known(ctx, t, c.DeleteTrigger, &fcclient.DeleteTriggerInput{ServiceName: "shop", FunctionName: "mailer", TriggerName: "images", IfMatch: new(changed.ETag)})

	routes := &fcclient.RouteConfig{Routes: []fcclient.PathConfig{{Path: "/*", ServiceName: "shop", FunctionName: "web", Qualifier: "live", Methods: []string{"GET"}}}}
	known(ctx, t, c.CreateCustomDomain, &fcclient.CreateCustomDomainInput{
		DomainName: "a.example.com", Protocol: new("HTTP,HTTPS"), RouteConfig: routes,
		CertConfig: &fcclient.CertConfig{CertName: "c", Certificate: "-----BEGIN CERTIFICATE-----", PrivateKey: "-----BEGIN RSA PRIVATE KEY-----"},
		TLSConfig:  &fcclient.TLSConfig{MinVersion: "TLSv1.2"}, WAFConfig: &fcclient.WAFConfig{EnableWAF: new(true)},
	})
	known(ctx, t, c.UpdateCustomDomain, &fcclient.UpdateCustomDomainInput{DomainName: "a.example.com", Protocol: new("HTTP")})
	domain := known(ctx, t, c.GetCustomDomain, &fcclient.GetCustomDomainInput{DomainName: "a.example.com"})
	require.Equal(t, routes, domain.RouteConfig)
	require.Len(t, known(ctx, t, c.ListCustomDomains, &fcclient.ListCustomDomainsInput{}).CustomDomains, 2)
	known(ctx, t, c.DeleteCustomDomain, &fcclient.DeleteCustomDomainInput{DomainName: "a.example.com"})
}

func TestClient_SignsCallsOfHTTPTriggers(t *testing.T) {
	t.Parallel()
	sim, c := callers(t)
	ctx := t.Context()
	known(ctx, t, c.CreateTrigger, &fcclient.CreateTriggerInput{
		ServiceName: "shop", FunctionName: "web", TriggerName: "signed", TriggerType: "http",
		TriggerConfig: json.RawMessage(`{"authType":"function","methods":["POST"]}`),
	})
	address, err := c.TriggerURL(fcclient.HTTPTrigger{
		ServiceName: "shop", FunctionName: "web", Path: "a b", Query: url.Values{"flag": {""}, "q": {"1 + 1", "2"}},
	})
	require.NoError(t, err)
	request := func(address *url.URL) *http.Request {
		return httptest.NewRequestWithContext(ctx, http.MethodPost, address.String(), http.NoBody)
	}
	status := func(r *http.Request) int {
		w := httptest.NewRecorder()
		sim.ServeHTTP(w, r)
		return w.Code
	}
	signed := request(address)
	require.Equal(t, http.StatusForbidden, status(request(address)))
	require.NoError(t, c.Sign(signed))
	require.Equal(t, http.StatusOK, status(signed))
	open, err := c.SignURL(request(address), time.Now().Add(time.Hour))
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, status(request(open)))
	open.RawQuery += "&q=3"
	require.Equal(t, http.StatusForbidden, status(request(open)), "every parameter is signed")
}

func TestClient_KnowsTagsAndLayers(t *testing.T) {
	t.Parallel()
	_, c := callers(t)
	ctx := t.Context()
	known(ctx, t, c.TagResource, &fcclient.TagResourceInput{ResourceARN: "services/shop", Tags: map[string]string{"team": "red", "tier": ""}})
	known(ctx, t, c.UntagResource, &fcclient.UntagResourceInput{ResourceARN: "services/shop", TagKeys: []string{"tier"}})
	require.Equal(t, map[string]string{"team": "red"}, known(ctx, t, c.GetResourceTags, &fcclient.GetResourceTagsInput{ResourceARN: "services/shop"}).Tags)

	layer := known(ctx, t, c.PublishLayerVersion, &fcclient.PublishLayerVersionInput{
		LayerName: "libs", Description: new("d"), Code: &fcclient.Code{ZipFile: "cHJpbnQ="}, CompatibleRuntime: []string{"python3"},
	})
	require.Equal(t, layer.Layer, known(ctx, t, c.GetLayerVersion, &fcclient.GetLayerVersionInput{LayerName: "libs", Version: layer.Version}).Layer)
	require.Len(t, known(ctx, t, c.ListLayers, &fcclient.ListLayersInput{Public: new(false)}).Layers, 1)
	require.Len(t, known(ctx, t, c.ListLayerVersions, &fcclient.ListLayerVersionsInput{LayerName: "libs", StartVersion: new(1)}).Layers, 1)
	known(ctx, t, c.DeleteLayerVersion, &fcclient.DeleteLayerVersionInput{LayerName: "libs", Version: 1})
}

func TestClient_KnowsAsynchronousInvocations(t *testing.T) {
	t.Parallel()
	sim, c := callers(t)
	ctx, live := t.Context(), new("live")
	put := known(ctx, t, c.PutFunctionAsyncInvokeConfig, &fcclient.PutFunctionAsyncInvokeConfigInput{
		ServiceName: "shop", FunctionName: "web", Qualifier: live, MaxAsyncRetryAttempts: new(int64(1)), MaxAsyncEventAgeInSeconds: new(int64(60)),
		StatefulInvocation: new(true), DestinationConfig: &fcclient.DestinationConfig{OnSuccess: &fcclient.Destination{Destination: "acs:mns:q"}},
	})
	require.Equal(t, put.AsyncInvokeConfig, known(ctx, t, c.GetFunctionAsyncInvokeConfig, &fcclient.GetFunctionAsyncInvokeConfigInput{
		ServiceName: "shop", FunctionName: "web", Qualifier: live,
	}).AsyncInvokeConfig)
	require.Len(t, known(ctx, t, c.ListFunctionAsyncInvokeConfigs, &fcclient.ListFunctionAsyncInvokeConfigsInput{ServiceName: "shop", FunctionName: "web"}).Configs, 1)

	for _, id := range []string{"first", "second"} {
		_, err := c.InvokeFunction(ctx, &fcclient.InvokeFunctionInput{
			ServiceName: "shop", FunctionName: "web", Qualifier: live, InvocationType: new("Async"), StatefulAsyncInvocationID: new(id), Payload: []byte("event"),
		})
		require.NoError(t, err)
	}
	known(ctx, t, c.StopStatefulAsyncInvocation, &fcclient.StopStatefulAsyncInvocationInput{ServiceName: "shop", FunctionName: "web", Qualifier: live, StatefulAsyncInvocationID: "second"})
	_, err := sim.Advance(time.Minute)
	require.NoError(t, err)
	record := known(ctx, t, c.GetStatefulAsyncInvocation, &fcclient.GetStatefulAsyncInvocationInput{
		ServiceName: "shop", FunctionName: "web", Qualifier: live, StatefulAsyncInvocationID: "first",
	})
	require.Equal(t, "Succeeded", record.Status)
	require.Equal(t, "Succeeded", record.DestinationStatus)
	list := known(ctx, t, c.ListStatefulAsyncInvocations, &fcclient.ListStatefulAsyncInvocationsInput{
		ServiceName: "shop", FunctionName: "web", Qualifier: live, SortOrderByTime: new("asc"), IncludePayload: new(true), Status: new("Stopped"),
	})
	require.Len(t, list.Invocations, 1)
	require.Equal(t, "second", list.Invocations[0].InvocationID)
	known(ctx, t, c.DeleteFunctionAsyncInvokeConfig, &fcclient.DeleteFunctionAsyncInvokeConfigInput{ServiceName: "shop", FunctionName: "web", Qualifier: live})
}
