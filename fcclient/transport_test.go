package fcclient_test

import (
	"net/http"
	"net/url"
	"strconv"
	"testing"
	"time"

	"github.com/aliyun/credentials-go/credentials"
	"github.com/stretchr/testify/require"

	"slipway/cloudapi"
	"slipway/fcclient"
)

func TestConfig_NamesEveryProblem(t *testing.T) {
	t.Parallel()
	err := fcclient.Config{Region: "Hangzhou", AccountID: "me", Endpoint: "ftp://x", ConnectTimeout: -1, ReadTimeout: -1, ReadRetries: -1, UserAgent: "a\nb"}.Validate()
	for _, problem := range []string{
		`region "Hangzhou" is not a region ID`, `account ID "me" is not a number`, `endpoint has scheme "ftp"`,
		"connect timeout is negative", "read timeout is negative", "read retries is negative", "user agent holds control characters",
	} {
		require.ErrorContains(t, err, problem)
	}
	_, err = fcclient.New(fcclient.Config{Region: "cn-hangzhou"})
	require.ErrorIs(t, err, cloudapi.ErrInvalid)
	require.ErrorContains(t, err, "account ID")
	_, err = fcclient.New(fcclient.Config{AccountID: "1"})
	require.ErrorContains(t, err, "region")
	require.NoError(t, fcclient.Config{Endpoint: "http://127.0.0.1:1"}.Validate())
}

func TestConfig_TheEndpointIsThatOfTheAccount(t *testing.T) {
	t.Parallel()
	client, err := fcclient.New(fcclient.Config{Region: "cn-hangzhou", AccountID: testAccount, Credential: testCredential(t)})
	require.NoError(t, err)
	require.Equal(t, "https://16530750.cn-hangzhou.fc.aliyuncs.com", endpointOf(t, client))
	require.Equal(t, "cn-hangzhou", client.Region())
	require.Equal(t, testAccount, client.AccountID())
	require.Equal(t, fcclient.DefaultConnectTimeout+fcclient.DefaultReadTimeout, client.Timeout())
}

func TestCredential_ASecurityTokenTravels(t *testing.T) {
	t.Parallel()
	credential, err := credentials.NewCredential(&credentials.Config{
		Type: new("sts"), AccessKeyId: new("STS.testAK"), AccessKeySecret: new("testSecret"), SecurityToken: new("sectoken"),
	})
	require.NoError(t, err)
	recorded, last := recorder(t, answerWith(http.StatusOK, `{}`))
	client := newClient(t, endpointOf(t, recorded), func(c *fcclient.Config) { c.Credential = credential })
	_, err = client.GetService(t.Context(), &fcclient.GetServiceInput{ServiceName: "shop"})
	require.NoError(t, err)
	got := last()
	require.Equal(t, "sectoken", got.header.Get("X-Fc-Security-Token"))
	require.Contains(t, got.header.Get("Authorization"), "FC STS.testAK:")
}

func TestCredential_ABearerTokenIsRefused(t *testing.T) {
	t.Parallel()
	credential, err := credentials.NewCredential(&credentials.Config{Type: new("bearer"), BearerToken: new("token")})
	require.NoError(t, err)
	client := serve(t, func(http.ResponseWriter, *http.Request) { t.Error("a request went out") }, func(c *fcclient.Config) { c.Credential = credential })
	_, err = client.GetService(t.Context(), &fcclient.GetServiceInput{ServiceName: "shop"})
	require.ErrorIs(t, err, cloudapi.ErrAuth)
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://127.0.0.1/2016-08-15/proxy/s/f/", http.NoBody)
	require.NoError(t, err)
	require.ErrorIs(t, client.Sign(request), cloudapi.ErrAuth)
	_, err = client.SignURL(request, time.Now())
	require.ErrorIs(t, err, cloudapi.ErrAuth)
}

func TestTrigger_AddressAndSignature(t *testing.T) {
	t.Parallel()
	recorded, last := recorder(t, answerWith(http.StatusOK, `hello`))
	u, err := recorded.TriggerURL(fcclient.HTTPTrigger{
		ServiceName: "shop", Qualifier: "live", FunctionName: "order", Path: "/a b/c", Query: url.Values{"x": {"3", "1"}},
	})
	require.NoError(t, err)
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, u.String(), http.NoBody)
	require.NoError(t, err)
	require.NoError(t, recorded.Sign(request))
	answer, err := http.DefaultTransport.RoundTrip(request)
	require.NoError(t, err)
	require.NoError(t, answer.Body.Close())
	got := last()
	require.Equal(t, "/2016-08-15/proxy/shop.live/order/a%20b/c", got.escapedPath)
	require.Equal(t, "x=3&x=1", got.rawQuery)
	require.Contains(t, got.header.Get("Authorization"), "FC testAK:")
	require.NotEmpty(t, got.header.Get("Date"))

	expires := time.Now().Add(time.Minute)
	signed, err := recorded.SignURL(request, expires)
	require.NoError(t, err)
	require.Equal(t, strconv.FormatInt(expires.Unix(), 10), signed.Query().Get("x-fc-expires"))
	require.Equal(t, testKeyID, signed.Query().Get("x-fc-access-key-id"))
	require.NotEmpty(t, signed.Query().Get("x-fc-signature"))
	require.Equal(t, u.String(), request.URL.String(), "the request is as it was")

	_, err = recorded.TriggerURL(fcclient.HTTPTrigger{ServiceName: "a/b", Qualifier: "..", FunctionName: ""})
	require.ErrorIs(t, err, cloudapi.ErrInvalid)
	for _, problem := range []string{`service "a/b"`, `qualifier ".."`, `function ""`} {
		require.ErrorContains(t, err, problem)
	}
}
