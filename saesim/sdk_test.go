package saesim_test

import (
	"net/http/httptest"
	"testing"
	"time"

	core "github.com/alibabacloud-go/darabonba-openapi/v2/client"
	openapi "github.com/alibabacloud-go/darabonba-openapi/v2/utils"
	"github.com/alibabacloud-go/tea/dara"
	"github.com/aliyun/credentials-go/credentials"
	"github.com/stretchr/testify/require"

	"slipway/cloudapi"
	"slipway/internal/acskeys"
	"slipway/saeclient"
	"slipway/saesim"
)

// serve starts a simulator with the demo applications behind a real HTTP server.
func serve(t *testing.T, config saesim.Config) (*saesim.Simulator, *httptest.Server) {
	t.Helper()
	sim, err := saesim.New(config)
	require.NoError(t, err)
	require.NoError(t, sim.SeedDemo())
	server := httptest.NewServer(sim)
	t.Cleanup(func() {
		server.Close()
		require.Empty(t, sim.Calls().Ignored, "parameters that were taken and did nothing")
	})
	return sim, server
}

func stepped() *saesim.Clock {
	return saesim.SteppedClock(time.Date(2026, time.November, 2, 8, 0, 0, 0, time.UTC))
}

// keys are credentials; an empty secret means the right one.
func keys(t *testing.T, secret string) credentials.Credential {
	t.Helper()
	if secret == "" {
		secret = saesim.TestAccessKeySecret
	}
	credential, err := acskeys.Pair(saesim.TestAccessKeyID, secret)
	require.NoError(t, err)
	return credential
}

func client(t *testing.T, server *httptest.Server) *saeclient.Client {
	t.Helper()
	c, err := saeclient.New(saeclient.Config{Region: saesim.DefaultRegion, Endpoint: server.URL, Credential: keys(t, "")})
	require.NoError(t, err)
	t.Cleanup(c.CloseIdleConnections)
	return c
}

// TestSdk_OfficialCoreIsUnderstood calls with the official SDK core in both of its
// signature forms: the present one, and the older one of the SAE reference.
func TestSdk_OfficialCoreIsUnderstood(t *testing.T) {
	t.Parallel()
	for name, algorithm := range map[string]*string{"ACS3-HMAC-SHA256": nil, "HMAC-SHA1": new("v2")} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sim, server := serve(t, saesim.Config{Clock: stepped()})
			call := func(secret, method, path string, query map[string]*string, body any) (map[string]any, error) {
				signer, err := core.NewClient(&openapi.Config{
					Endpoint: new(server.Listener.Addr().String()), Protocol: new("http"),
					Credential: keys(t, secret), SignatureAlgorithm: algorithm,
				})
				require.NoError(t, err)
				form := new("json")
				if body != nil {
					form = new("formData")
				}
				answer, err := signer.CallApi(&openapi.Params{
					Action: new("Any"), Version: new("2019-05-06"), Protocol: new("HTTP"), Pathname: &path, Method: &method,
					AuthType: new("AK"), Style: new("ROA"), ReqBodyType: form, BodyType: new("json"),
				}, &openapi.OpenApiRequest{Query: query, Body: body}, new(dara.RuntimeOptions))
				if err != nil {
					return nil, err
				}
				return answer["body"].(map[string]any), nil
			}
			app := sim.Apps()[0].ID
			answer, err := call("", "GET", "/pop/v1/sam/app/describeApplicationStatus", map[string]*string{"AppId": &app}, nil)
			require.NoError(t, err)
			require.Equal(t, "RUNNING", answer["Data"].(map[string]any)["CurrentStatus"])

			answer, err = call("", "POST", "/pop/v1/sam/app/deployApplication", map[string]*string{
				"AppId": &app, "ImageUrl": new("registry.example/shop:1.5.0"), "ChangeOrderDesc": new("a b+c*d~e/ü%=&?"), "Command": new(""),
				"UpdateStrategy": new(`{"type":"GrayBatchUpdate","batchUpdate":{"batch":2,"releaseType":"manual"},"grayUpdate":{"gray":1}}`),
			}, map[string]any{"AssociateEip": true, "PhpConfig": "k1=v 1"})
			require.NoError(t, err)
			require.NotEmpty(t, answer["Data"].(map[string]any)["ChangeOrderId"])
			require.Equal(t, "a b+c*d~e/ü%=&?", sim.Orders(app)[1].Description)

			_, err = call("wrong", "GET", "/pop/v1/sam/app/describeApplicationStatus", map[string]*string{"AppId": &app}, nil)
			require.ErrorContains(t, err, "SignatureDoesNotMatch")
		})
	}
}

// TestSdk_ClientCarriesAReleaseThrough uses the typed client for a whole gray release.
func TestSdk_ClientCarriesAReleaseThrough(t *testing.T) {
	t.Parallel()
	sim, server := serve(t, saesim.Config{Clock: stepped(), Strict: true})
	c, app := client(t, server), sim.Apps()[0].ID
	step := func() {
		_, err := sim.Advance(time.Minute)
		require.NoError(t, err)
	}
	deployed, err := c.DeployApplication(t.Context(), &saeclient.DeployApplicationInput{
		AppID: app, ImageURL: new("registry.example/shop:1.5.0"), ChangeOrderDesc: new("token-1"), MinReadyInstances: new(1),
		UpdateStrategy: &saeclient.UpdateStrategy{
			Type:        saeclient.StrategyGrayBatch,
			BatchUpdate: &saeclient.BatchUpdate{Batch: 2, ReleaseType: saeclient.ReleaseManual},
			GrayUpdate:  &saeclient.GrayUpdate{Gray: 1},
		},
	})
	require.NoError(t, err)
	id := deployed.Data.ChangeOrderID
	for batch := range 2 {
		step()
		order, err := c.DescribeChangeOrder(t.Context(), &saeclient.DescribeChangeOrderInput{ChangeOrderID: id})
		require.NoError(t, err)
		require.Equal(t, 8, order.Data.Status)
		require.Equal(t, order.Data.Pipelines[batch].PipelineID, order.Data.CurrentPipelineID)
		_, err = c.ConfirmPipelineBatch(t.Context(), &saeclient.ConfirmPipelineBatchInput{
			PipelineID: order.Data.Pipelines[batch+1].PipelineID, Confirm: true,
		})
		require.NoError(t, err)
	}
	step()
	found, err := c.ListChangeOrders(t.Context(), &saeclient.ListChangeOrdersInput{AppID: app, Key: new("token-1")})
	require.NoError(t, err)
	require.Equal(t, 1, found.Data.TotalSize)
	require.Equal(t, 2, found.Data.ChangeOrderList[0].Status)
	rules, err := c.DescribeApplicationScalingRules(t.Context(), &saeclient.DescribeApplicationScalingRulesInput{AppID: app})
	require.NoError(t, err)
	require.True(t, rules.Data.ApplicationScalingRules[0].ScaleRuleEnabled)
	require.False(t, rules.Data.ApplicationScalingRules[1].ScaleRuleEnabled)

	_, err = c.DescribeChangeOrder(t.Context(), &saeclient.DescribeChangeOrderInput{ChangeOrderID: "nothing"})
	require.ErrorIs(t, err, cloudapi.ErrNotFound)
	require.Equal(t, map[string]int{
		"DeployApplication": 1, "DescribeChangeOrder": 3, "ConfirmPipelineBatch": 2, "ListChangeOrders": 1, "DescribeApplicationScalingRules": 1,
	}, sim.Calls().Operations)
}
