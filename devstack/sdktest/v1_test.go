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
	"slices"
	"sync"
	"testing"

	sdkerrors "github.com/aliyun/alibaba-cloud-sdk-go/sdk/errors"
	"github.com/aliyun/alibaba-cloud-sdk-go/sdk/requests"
	"github.com/aliyun/alibaba-cloud-sdk-go/sdk/responses"
	"github.com/aliyun/alibaba-cloud-sdk-go/services/sae"
	"github.com/stretchr/testify/require"

	"slipway/cloudapi"
	"slipway/saeclient"
	"slipway/saeclient/saetest"
	"slipway/saesim"
)

// v1 calls operations through the first SDK. It knows the service of some years ago: a parameter for
// which a request has no field is put into its query or its form, and an operation that it does not have
// is called by its common request, as its users do.
type v1 struct {
	client     *sae.Client
	operations map[string]operation

	mu        sync.Mutex
	fieldless map[string]bool
}

func newV1(t *testing.T, server *httptest.Server) *v1 {
	t.Helper()
	client, err := sae.NewClientWithAccessKey(saesim.DefaultRegion, saesim.TestAccessKeyID, saesim.TestAccessKeySecret)
	require.NoError(t, err)
	// The SDK knows no endpoint with a port.
	client.Domain = "sae.test"
	client.SetTransport(redirect{server})
	return &v1{client: client, operations: operations(), fieldless: map[string]bool{}}
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
	op, known := saeclient.LookupOperation(name)
	if !known {
		return nil, fmt.Errorf("no operation %s", name)
	}
	call, known := c.operations[name]
	if !known {
		call = common(op)
	}
	answer, err := call(c.client, func(request requests.AcsRequest) error { return c.setFields(op, request, params) })
	if refused, ok := errors.AsType[*sdkerrors.ServerError](err); ok {
		return nil, &saetest.RefusedError{
			Status: refused.HttpStatus(), Code: refused.ErrorCode(), Message: refused.Message(), RequestID: refused.RequestId(),
		}
	}
	if err != nil {
		return nil, err
	}
	if id := reflect.ValueOf(answer).Elem().FieldByName("RequestId"); id.IsValid() && id.Len() == 0 {
		return nil, fmt.Errorf("the SDK has found no request ID in %s", answer.GetHttpContentString())
	}
	return answer.GetHttpContentBytes(), nil
}

// common is an operation for which the SDK has no type.
func common(op cloudapi.Operation) operation {
	return func(client *sae.Client, set func(requests.AcsRequest) error) (responses.AcsResponse, error) {
		request := requests.NewCommonRequest()
		request.Product, request.Version, request.Method, request.PathPattern = "sae", saeclient.APIVersion, op.Method, op.Path
		if err := set(request); err != nil {
			return nil, err
		}
		return client.ProcessCommonRequest(request)
	}
}

// setFields sets the fields of a request that are named like the parameters, and puts the others where
// the operation wants them.
func (c *v1) setFields(op cloudapi.Operation, request requests.AcsRequest, params map[string]string) error {
	left := maps.Clone(params)
	for field, value := range reflect.ValueOf(request).Elem().Fields() {
		name := field.Tag.Get("name")
		if text, given := left[name]; given {
			value.SetString(text)
			delete(left, name)
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for name, text := range left {
		param, known := op.Param(name)
		switch {
		case !known:
			return fmt.Errorf("%s has no parameter %s", op.Name, name)
		case param.In == cloudapi.InForm:
			request.GetFormParams()[name] = text
		default:
			request.GetQueryParams()[name] = text
		}
		if _, typed := c.operations[op.Name]; typed {
			c.fieldless[op.Name+"."+name] = true
		}
	}
	return nil
}

func TestV1(t *testing.T) {
	t.Parallel()
	server, target := simulated(t)
	caller := newV1(t, server)
	target.Caller = caller
	run(t, target, "v1")
	fieldless := slices.DeleteFunc(saetest.Additions(), func(name string) bool { return !caller.fieldless[name] })
	t.Logf("no field for %d of the parameters beyond the reference: %v", len(fieldless), fieldless)
	require.Len(t, fieldless, 93)
}

// TestV1HasEveryOperation compares the table with the reference, all of whose operations the SDK has.
func TestV1HasEveryOperation(t *testing.T) {
	t.Parallel()
	have := operations()
	var without []string
	for _, op := range saetest.Operations() {
		if _, typed := have[op.Name]; !typed {
			require.NotEmpty(t, op.Since, "%s is of the reference", op.Name)
			without = append(without, op.Name)
		}
	}
	require.ElementsMatch(t, []string{
		"BatchRestartApplications", "DeleteInstances", "GetApplication", "ListAppServices", "ResumeTraffic", "SuspendTraffic",
		"CreateOrUpdateSwimmingLane", "CreateOrUpdateSwimmingLaneGroup", "DeleteSwimmingLaneGroup", "DescribeSwimmingLane", "ListAllSwimmingLaneGroups",
		"ListAllSwimmingLanes", "ListApplicationsForSwimmingLane", "ListSwimmingLaneGatewayRoutes", "ListSwimmingLaneGroupTags",
		"UpdateSwimmingLaneEnableAttribute",
	}, without)
	require.Len(t, have, len(saetest.Operations())-len(without))
}
