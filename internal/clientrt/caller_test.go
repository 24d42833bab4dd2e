package clientrt_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"slipway/cloudapi"
	"slipway/internal/clientrt"
)

// toyAPI is an API of no platform: errors are {"errorCode", "errorMessage"}, and everything else is an answer.
func toyAPI() *clientrt.API {
	return &clientrt.API{
		Client:          "toyclient",
		RequestIDHeader: "X-Request-Id",
		Reply: func(body *clientrt.Body) (clientrt.Reply, error) {
			var envelope struct {
				Code    string `json:"errorCode"`
				Message string `json:"errorMessage"`
			}
			err := body.Decode(&envelope)
			return clientrt.Reply{Code: envelope.Code, Message: envelope.Message, Success: envelope.Code == ""}, err
		},
		ClassOfCode: func(_, code string, _ int) (cloudapi.Class, bool) {
			return cloudapi.ErrQuota, code == "Toy.0007"
		},
	}
}

// toyCaller signs with a header that holds the key.
func toyCaller(url string) *clientrt.Caller {
	return &clientrt.Caller{
		API: toyAPI(), Transport: http.DefaultTransport, Timeout: 10 * time.Second, ReadRetries: 1,
		ReadDelay: func(int) time.Duration { return 0 },
		Send: func(ctx context.Context, x *clientrt.Exchange) error {
			req, err := http.NewRequestWithContext(ctx, x.Operation.Method, url+x.Operation.Path, http.NoBody)
			if err != nil {
				return err
			}
			x.Hide("the-key")
			req.Header.Set("X-Key", "the-key")
			return x.Do(req)
		},
	}
}

func call(op cloudapi.Operation, name string) clientrt.Call {
	op.Params = []cloudapi.Param{{Name: "name", In: cloudapi.InQuery, Kind: cloudapi.KindString, Required: true}}
	return clientrt.Call{Operation: op, Encode: func(r *clientrt.Request) { clientrt.Required(r, cloudapi.InQuery, "name", name) }}
}

func read() cloudapi.Operation {
	return cloudapi.Operation{Name: "GetToy", Method: http.MethodGet, Path: "/toy"}
}

func change() cloudapi.Operation {
	return cloudapi.Operation{Name: "BreakToy", Method: http.MethodPost, Path: "/toy", Mutates: true}
}

type toyOutput struct {
	Count int `json:"count"`
}

// toyServer gives one answer after another, and repeats the last.
func toyServer(t *testing.T, answers ...http.HandlerFunc) (url string, asked *atomic.Int32) {
	t.Helper()
	asked = new(atomic.Int32)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n := min(int(asked.Add(1)), len(answers)) - 1
		answers[n](w, r)
	}))
	t.Cleanup(server.Close)
	return server.URL, asked
}

func answer(status int, text string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("X-Request-Id", "r-1")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, text)
	}
}

func TestCallerCarriesOutCallsOfAnyAPI(t *testing.T) {
	t.Parallel()
	url, asked := toyServer(t, answer(http.StatusServiceUnavailable, ""), answer(http.StatusOK, `{"count":"3"}`))
	out, err := clientrt.Invoke[toyOutput](t.Context(), toyCaller(url), call(read(), "a"))
	require.NoError(t, err)
	require.Equal(t, &toyOutput{Count: 3}, out)
	require.EqualValues(t, 2, asked.Load(), "a read is repeated when that was asked for")
}

func TestCallerClassifiesFailures(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		op     cloudapi.Operation
		answer http.HandlerFunc
		want   cloudapi.Class
		asked  int
	}{
		"a known code":               {change(), answer(http.StatusBadRequest, `{"errorCode":"Toy.0007"}`), cloudapi.ErrQuota, 1},
		"an unknown code":            {change(), answer(http.StatusConflict, `{"errorCode":"Toy.1"}`), cloudapi.ErrConflict, 1},
		"a change without an answer": {change(), answer(http.StatusBadGateway, ""), cloudapi.ErrAmbiguous, 1},
		"a read without an answer":   {read(), answer(http.StatusBadGateway, ""), cloudapi.ErrUnavailable, 2},
		"not what it promised":       {change(), answer(http.StatusOK, `{"count":"many"}`), cloudapi.ErrAmbiguous, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			url, asked := toyServer(t, tt.answer)
			_, err := clientrt.Invoke[toyOutput](t.Context(), toyCaller(url), call(tt.op, "a"))
			require.ErrorIs(t, err, tt.want)
			require.ErrorContains(t, err, "toyclient: "+tt.op.Name)
			require.ErrorContains(t, err, "request r-1")
			require.EqualValues(t, tt.asked, asked.Load())
		})
	}
}

func TestCallerHidesWhatSigned(t *testing.T) {
	t.Parallel()
	url, _ := toyServer(t, answer(http.StatusForbidden, `{"errorCode":"Toy.2","errorMessage":"the-key is not known"}`))
	_, err := clientrt.Invoke[toyOutput](t.Context(), toyCaller(url), call(change(), "a"))
	require.ErrorIs(t, err, cloudapi.ErrAuth)
	require.ErrorContains(t, err, "[redacted] is not known")
	require.NotContains(t, err.Error(), "the-key")
}

func TestCallerSendsNothingThatIsWrong(t *testing.T) {
	t.Parallel()
	url, asked := toyServer(t, answer(http.StatusOK, `{}`))
	_, err := clientrt.Invoke[toyOutput](t.Context(), toyCaller(url), call(change(), ""))
	require.ErrorIs(t, err, cloudapi.ErrInvalid)
	require.ErrorContains(t, err, "name is required")
	_, err = toyCaller(url).CallText(t.Context(), read(), map[string]string{"color": "red"})
	require.ErrorContains(t, err, "color is not a parameter of the operation")
	require.Zero(t, asked.Load())
}

// Each request counts by itself, also one that is repeated and one that never left; a call that
// the client refuses is none.
func TestCaller_EachRequestIsObserved(t *testing.T) {
	t.Parallel()
	answers := []string{`{"errorCode":"Toy.0007"}`, `{"name":"bear"}`}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if len(answers) == 0 {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		_, _ = io.WriteString(w, answers[0])
		answers = answers[1:]
	}))
	t.Cleanup(server.Close)
	caller := toyCaller(server.URL)
	var seen []cloudapi.Observed
	caller.Observe = func(_ context.Context, o cloudapi.Observed) {
		require.GreaterOrEqual(t, o.Took, time.Duration(0))
		o.Took = 0
		seen = append(seen, o)
	}
	for range 3 {
		_, _ = clientrt.Invoke[struct{}](t.Context(), caller, call(read(), "bear"))
	}
	_, err := clientrt.Invoke[struct{}](t.Context(), caller, call(read(), ""))
	require.ErrorIs(t, err, cloudapi.ErrInvalid)
	caller.Send = func(context.Context, *clientrt.Exchange) error { return &cloudapi.Error{Class: cloudapi.ErrAuth} }
	_, _ = clientrt.Invoke[struct{}](t.Context(), caller, call(read(), "bear"))
	require.Equal(t, []cloudapi.Observed{
		{Operation: "GetToy", Class: cloudapi.ErrQuota, Status: http.StatusOK},
		{Operation: "GetToy", Status: http.StatusOK},
		{Operation: "GetToy", Class: cloudapi.ErrUnavailable, Status: http.StatusServiceUnavailable},
		{Operation: "GetToy", Class: cloudapi.ErrUnavailable, Status: http.StatusServiceUnavailable}, // repeated once
		{Operation: "GetToy", Class: cloudapi.ErrAuth},
	}, seen)
}
