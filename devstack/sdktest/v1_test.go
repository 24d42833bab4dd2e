package sdktest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"reflect"
	"testing"

	sdkerrors "github.com/aliyun/alibaba-cloud-sdk-go/sdk/errors"
	"github.com/aliyun/alibaba-cloud-sdk-go/sdk/requests"
	"github.com/aliyun/alibaba-cloud-sdk-go/services/sae"
	"github.com/stretchr/testify/require"

	"slipway/saeclient/saetest"
	"slipway/saesim"
)

// v1Fieldless are required parameters of the reference for which V1 has no field. Its
// users can send them all the same, as query parameters.
func v1Fieldless() []string { return []string{"RegionId"} }

// v1 calls operations through the first SDK.
type v1 struct {
	client     *sae.Client
	operations map[string]operation
}

func newV1(t *testing.T, server *httptest.Server) *v1 {
	t.Helper()
	client, err := sae.NewClientWithAccessKey(saesim.DefaultRegion, saesim.TestAccessKeyID, saesim.TestAccessKeySecret)
	require.NoError(t, err)
	// The SDK knows no endpoint with a port.
	client.Domain = "sae.test"
	client.SetTransport(redirect{server})
	return &v1{client: client, operations: operations()}
}

// redirect sends every request to a server, whatever host it names.
type redirect struct{ server *httptest.Server }

// RoundTrip carries out a request.
func (r redirect) RoundTrip(request *http.Request) (*http.Response, error) {
	request = request.Clone(request.Context())
	request.URL.Host = r.server.Listener.Addr().String()
	return r.server.Client().Transport.RoundTrip(request)
}

// Call carries out an operation; the SDK knows no contexts.
func (c *v1) Call(_ context.Context, name string, params map[string]string) (json.RawMessage, error) {
	call, known := c.operations[name]
	if !known {
		return nil, fmt.Errorf("the SDK has no operation %s", name)
	}
	answer, err := call(c.client, func(request requests.AcsRequest) error { return setFields(request, params) })
	if refused, ok := errors.AsType[*sdkerrors.ServerError](err); ok {
		return nil, &saetest.RefusedError{
			Status: refused.HttpStatus(), Code: refused.ErrorCode(), Message: refused.Message(), RequestID: refused.RequestId(),
		}
	}
	if err != nil {
		return nil, err
	}
	if id := reflect.ValueOf(answer).Elem().FieldByName("RequestId"); id.Len() == 0 {
		return nil, fmt.Errorf("the SDK has found no request ID in %s", answer.GetHttpContentString())
	}
	return answer.GetHttpContentBytes(), nil
}

// setFields sets the fields of a request that are named like the parameters.
func setFields(request requests.AcsRequest, params map[string]string) error {
	left := maps.Clone(params)
	for field, value := range reflect.ValueOf(request).Elem().Fields() {
		name := field.Tag.Get("name")
		if text, given := left[name]; given {
			value.SetString(text)
			delete(left, name)
		}
	}
	for _, name := range v1Fieldless() {
		if text, given := left[name]; given {
			request.GetQueryParams()[name] = text
			delete(left, name)
		}
	}
	if len(left) > 0 {
		return fmt.Errorf("the SDK has no field for %v", left)
	}
	return nil
}

func TestV1(t *testing.T) {
	t.Parallel()
	server, target := simulated(t)
	target.Caller = newV1(t, server)
	report := saetest.Run(t, target)
	report.Log(t, "sae-v1", "sae-v1-refused")
	requireAll(t, report, nil)
	for name, reason := range saetest.LeftOut() {
		t.Attr("sae-v1-without", name+": "+reason)
	}
}

// TestV1HasEveryOperation compares the table with the reference.
func TestV1HasEveryOperation(t *testing.T) {
	t.Parallel()
	have := operations()
	require.Len(t, have, len(saetest.Reference()))
	for _, op := range saetest.Reference() {
		require.Contains(t, have, op.Name)
	}
}
