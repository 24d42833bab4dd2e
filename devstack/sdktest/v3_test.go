package sdktest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http/httptest"
	"testing"

	core "github.com/alibabacloud-go/darabonba-openapi/v2/client"
	openapi "github.com/alibabacloud-go/darabonba-openapi/v2/utils"
	"github.com/alibabacloud-go/tea/dara"
	"github.com/alibabacloud-go/tea/tea"
	"github.com/stretchr/testify/require"

	"slipway/cloudapi"
	"slipway/internal/acskeys"
	"slipway/saeclient"
	"slipway/saeclient/saetest"
	"slipway/saesim"
)

// v3 calls operations through the core of the present SDKs.
type v3 struct{ client *core.Client }

func newV3(t *testing.T, server *httptest.Server) v3 {
	t.Helper()
	credential, err := acskeys.Pair(saesim.TestAccessKeyID, saesim.TestAccessKeySecret)
	require.NoError(t, err)
	client, err := core.NewClient(&openapi.Config{
		Endpoint: new(server.Listener.Addr().String()), Protocol: new("http"), Credential: credential, RegionId: new(saesim.DefaultRegion),
	})
	require.NoError(t, err)
	return v3{client: client}
}

// Call carries out an operation.
func (c v3) Call(ctx context.Context, name string, params map[string]string) (json.RawMessage, error) {
	op, known := saeclient.LookupOperation(name)
	if !known {
		return nil, fmt.Errorf("no operation %s", name)
	}
	request, form, err := v3Request(op, params)
	if err != nil {
		return nil, err
	}
	answer, err := c.client.CallApiWithCtx(ctx, &openapi.Params{
		Action: new(name), Version: new(saeclient.APIVersion), Protocol: new("HTTP"), Pathname: new(op.Path), Method: new(op.Method),
		AuthType: new("AK"), Style: new("ROA"), ReqBodyType: new(form), BodyType: new("json"),
	}, request, new(dara.RuntimeOptions))
	if err != nil {
		return nil, v3Refusal(err)
	}
	return json.Marshal(answer["body"])
}

// v3Request puts parameters where the operation wants them, and names the form of the body.
func v3Request(op cloudapi.Operation, params map[string]string) (*openapi.OpenApiRequest, string, error) {
	request, form := &openapi.OpenApiRequest{Query: map[string]*string{}}, "json"
	body := map[string]any{}
	for name, text := range params {
		param, known := op.Param(name)
		switch {
		case !known:
			return nil, "", fmt.Errorf("%s has no parameter %s", op.Name, name)
		case param.In == cloudapi.InQuery:
			request.Query[name] = &text
			continue
		case param.In == cloudapi.InForm:
			form = "formData"
		}
		body[name] = text
	}
	if len(body) > 0 {
		request.Body = body
	}
	return request, form, nil
}

// v3Refusal finds what SAE said in an error of the SDK.
func v3Refusal(err error) error {
	refused, ok := errors.AsType[*tea.SDKError](err)
	if !ok {
		return err
	}
	var data map[string]any
	if err := json.Unmarshal([]byte(tea.StringValue(refused.Data)), &data); err != nil {
		return fmt.Errorf("%w: %w", refused, err)
	}
	return &saetest.RefusedError{
		Status: tea.IntValue(refused.StatusCode), Code: tea.StringValue(refused.Code), Message: tea.StringValue(refused.Message),
		RequestID: fmt.Sprint(data["RequestId"]),
	}
}

func TestV3(t *testing.T) {
	t.Parallel()
	server, target := simulated(t)
	target.Caller = newV3(t, server)
	run(t, target, "v3")
}
