package saeclient_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"slipway/cloudapi"
	"slipway/saeclient"
)

// read and mutate are a call that changes nothing and one that does.
func read(ctx context.Context, c *saeclient.Client) error {
	_, err := c.DescribeChangeOrder(ctx, &saeclient.DescribeChangeOrderInput{ChangeOrderID: "co-1"})
	return err
}

func mutate(ctx context.Context, c *saeclient.Client) error {
	_, err := c.DeployApplication(ctx, &saeclient.DeployApplicationInput{AppID: "app-1"})
	return err
}

func errorBody(code string) string {
	return fmt.Sprintf(`{"RequestId":"req-1","TraceId":"t","Message":"no","Code":%q,"ErrorCode":%q,"Success":false}`, code, code)
}

func TestErrors_DocumentedCodesHaveTheClassOfTheFacts(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../api/sae/errors.json")
	require.NoError(t, err)
	var facts []struct {
		Code  string `json:"code"`
		HTTP  int    `json:"http"`
		Class string `json:"class"`
		Retry string `json:"retry"`
	}
	require.NoError(t, json.Unmarshal(text, &facts))
	require.Len(t, saeclient.ErrorCodes(), len(facts))
	classes := map[string]cloudapi.Class{
		"invalid": cloudapi.ErrInvalid, "notfound": cloudapi.ErrNotFound, "auth": cloudapi.ErrAuth,
		"billing": cloudapi.ErrBilling, "quota": cloudapi.ErrQuota, "conflict": cloudapi.ErrConflict,
		"retryable": cloudapi.ErrUnavailable, "failed": cloudapi.ErrFailed,
	}
	for _, fact := range facts {
		t.Run(fact.Code, func(t *testing.T) {
			t.Parallel()
			wantRead, wantMutate := classes[fact.Class], classes[fact.Class]
			if fact.Retry == "verify-then-retry" {
				wantRead, wantMutate = cloudapi.ErrUnavailable, cloudapi.ErrAmbiguous
			}
			client := serve(t, answerWith(fact.HTTP, errorBody(fact.Code)))
			requireError(t, read(t.Context(), client), judgement{wantRead, fact.Code, fact.HTTP})
			requireError(t, mutate(t.Context(), client), judgement{wantMutate, fact.Code, fact.HTTP})

			// The same under HTTP 200, where only Success tells.
			client = serve(t, answerWith(http.StatusOK, errorBody(fact.Code)))
			requireError(t, mutate(t.Context(), client), judgement{wantMutate, fact.Code, http.StatusOK})
		})
	}
}

// judgement is what a test expects of an error.
type judgement struct {
	class  cloudapi.Class
	code   string
	status int
}

func requireError(t *testing.T, err error, want judgement) {
	t.Helper()
	class, code, status := want.class, want.code, want.status
	require.ErrorIs(t, err, class)
	require.Equal(t, class, cloudapi.ClassOf(err))
	e, ok := errors.AsType[*cloudapi.Error](err)
	require.True(t, ok)
	require.Equal(t, code, e.Code)
	require.Equal(t, status, e.HTTPStatus)
	if code != "" {
		require.True(t, cloudapi.HasCode(err, "Other", code))
		require.Equal(t, "req-1", e.RequestID)
	}
}

func TestErrors_AnswersThatAreNotSuccess(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		status       int
		body         string
		read, mutate cloudapi.Class
		code         string
	}{
		"gateway throttles":            {400, errorBody("Throttling.User"), cloudapi.ErrThrottled, cloudapi.ErrThrottled, "Throttling.User"},
		"gateway throttles under 503":  {503, errorBody("Throttling.Api"), cloudapi.ErrThrottled, cloudapi.ErrThrottled, "Throttling.Api"},
		"key unknown, under 404":       {404, errorBody("InvalidAccessKeyId.NotFound"), cloudapi.ErrAuth, cloudapi.ErrAuth, "InvalidAccessKeyId.NotFound"},
		"signature wrong":              {400, errorBody("SignatureDoesNotMatch"), cloudapi.ErrAuth, cloudapi.ErrAuth, "SignatureDoesNotMatch"},
		"role lacks permission":        {403, errorBody("Forbidden.RAM"), cloudapi.ErrAuth, cloudapi.ErrAuth, "Forbidden.RAM"},
		"request arrived twice":        {400, errorBody("SignatureNonceUsed"), cloudapi.ErrUnavailable, cloudapi.ErrAmbiguous, "SignatureNonceUsed"},
		"no such API":                  {404, errorBody("InvalidApi.NotFound"), cloudapi.ErrInvalid, cloudapi.ErrInvalid, "InvalidApi.NotFound"},
		"unknown code, 400":            {400, errorBody("Brand.New"), cloudapi.ErrInvalid, cloudapi.ErrInvalid, "Brand.New"},
		"unknown code, 403":            {403, errorBody("Brand.New"), cloudapi.ErrAuth, cloudapi.ErrAuth, "Brand.New"},
		"unknown code, 404":            {404, errorBody("Brand.New"), cloudapi.ErrNotFound, cloudapi.ErrNotFound, "Brand.New"},
		"unknown code, 409":            {409, errorBody("Brand.New"), cloudapi.ErrConflict, cloudapi.ErrConflict, "Brand.New"},
		"unknown code, 402":            {402, errorBody("Brand.New"), cloudapi.ErrBilling, cloudapi.ErrBilling, "Brand.New"},
		"unknown code, 408":            {408, errorBody("Brand.New"), cloudapi.ErrUnavailable, cloudapi.ErrAmbiguous, "Brand.New"},
		"unknown code, 429":            {429, errorBody("Brand.New"), cloudapi.ErrThrottled, cloudapi.ErrThrottled, "Brand.New"},
		"unknown code, 500":            {500, errorBody("Brand.New"), cloudapi.ErrUnavailable, cloudapi.ErrAmbiguous, "Brand.New"},
		"documented code under 500":    {500, errorBody("System.Upgrading"), cloudapi.ErrUnavailable, cloudapi.ErrUnavailable, "System.Upgrading"},
		"proxy page, 404":              {404, "<html>", cloudapi.ErrInvalid, cloudapi.ErrInvalid, ""},
		"proxy page, 502":              {502, "<html>", cloudapi.ErrUnavailable, cloudapi.ErrAmbiguous, ""},
		"empty, 504":                   {504, "", cloudapi.ErrUnavailable, cloudapi.ErrAmbiguous, ""},
		"redirect":                     {302, "", cloudapi.ErrInvalid, cloudapi.ErrInvalid, ""},
		"not JSON, 200":                {200, "<html>", cloudapi.ErrUnavailable, cloudapi.ErrAmbiguous, ""},
		"half of the JSON, 200":        {200, `{"RequestId":"req-1","Succ`, cloudapi.ErrUnavailable, cloudapi.ErrAmbiguous, ""},
		"two answers, 200":             {200, `{"Success":true}{"Success":true}`, cloudapi.ErrUnavailable, cloudapi.ErrAmbiguous, ""},
		"empty, 200":                   {200, "", cloudapi.ErrUnavailable, cloudapi.ErrAmbiguous, ""},
		"a list, 200":                  {200, "[]", cloudapi.ErrUnavailable, cloudapi.ErrAmbiguous, ""},
		"misshapen data, 200":          {200, `{"RequestId":"req-1","Success":true,"Data":[1]}`, cloudapi.ErrUnavailable, cloudapi.ErrAmbiguous, ""},
		"not success, no code":         {200, `{"RequestId":"req-1","Success":false}`, cloudapi.ErrUnavailable, cloudapi.ErrAmbiguous, ""},
		"not success, number in 4xx":   {200, `{"RequestId":"req-1","Code":"400","Success":false}`, cloudapi.ErrInvalid, cloudapi.ErrInvalid, "400"},
		"not success, number in 5xx":   {200, `{"RequestId":"req-1","Code":500,"Success":"false"}`, cloudapi.ErrUnavailable, cloudapi.ErrAmbiguous, "500"},
		"not success, unknown code":    {200, errorBody("Brand.New"), cloudapi.ErrUnavailable, cloudapi.ErrAmbiguous, "Brand.New"},
		"code in ErrorCode only":       {200, `{"RequestId":"req-1","Code":"400","ErrorCode":"user.indebt","Success":false}`, cloudapi.ErrBilling, cloudapi.ErrBilling, "user.indebt"},
		"code in Message":              {200, `{"RequestId":"req-1","Code":"400","Message":"user.indebt","Success":false}`, cloudapi.ErrBilling, cloudapi.ErrBilling, "user.indebt"},
		"Success left out, error code": {200, `{"RequestId":"req-1","Code":"user.indebt"}`, cloudapi.ErrBilling, cloudapi.ErrBilling, "user.indebt"},
		"Success left out, bad number": {200, `{"RequestId":"req-1","Code":403}`, cloudapi.ErrAuth, cloudapi.ErrAuth, "403"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client := serve(t, answerWith(tt.status, tt.body))
			requireError(t, read(t.Context(), client), judgement{tt.read, tt.code, tt.status})
			requireError(t, mutate(t.Context(), client), judgement{tt.mutate, tt.code, tt.status})
		})
	}
}

func TestErrors_AnswersThatAreSuccess(t *testing.T) {
	t.Parallel()
	for name, body := range map[string]string{
		"usual":                     `{"RequestId":"1","Success":true,"Code":"200","Message":"success"}`,
		"no Success, no Code":       `{"RequestId":"1","TraceId":"2"}`,
		"number for Code":           `{"RequestId":"1","Code":200}`,
		"ErrorCode says success":    `{"RequestId":"1","Success":true,"ErrorCode":"success"}`,
		"Success as text":           `{"RequestId":"1","Success":"true"}`,
		"no Success, Code in words": `{"RequestId":"1","Code":"success"}`,
		"null Data":                 `{"RequestId":"1","Success":true,"Data":null}`,
		"unknown members":           `{"RequestId":"1","Success":true,"Data":{"Brand":{"New":[]}},"More":1}`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client := serve(t, answerWith(http.StatusOK, body))
			require.NoError(t, read(t.Context(), client))
			require.NoError(t, mutate(t.Context(), client))
		})
	}
}

// hangUp closes the connection instead of answering.
func hangUp(w http.ResponseWriter, _ *http.Request) {
	if conn, _, err := http.NewResponseController(w).Hijack(); err == nil {
		_ = conn.Close()
	}
}

// broken lists the ways in which an answer gets lost after the request has gone out.
func broken() map[string]http.HandlerFunc {
	return map[string]http.HandlerFunc{
		"connection closed": hangUp,
		"body cut off": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "1000")
			_, _ = io.WriteString(w, `{"RequestId":"req-1","Success":true}`)
		},
		"error body cut off": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "1000")
			w.WriteHeader(http.StatusNotFound)
			_, _ = io.WriteString(w, `{"RequestId"`)
		},
		"no answer in time": func(_ http.ResponseWriter, r *http.Request) {
			<-r.Context().Done()
		},
	}
}

func TestErrors_LostAnswerIsAmbiguousForChangesOnly(t *testing.T) {
	t.Parallel()
	for name, handler := range broken() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client := serve(t, handler, func(c *saeclient.Config) {
				c.ConnectTimeout, c.ReadTimeout = 50*time.Millisecond, 50*time.Millisecond
				if name != "no answer in time" {
					c.ReadTimeout = 20 * time.Second
				}
			})
			require.ErrorIs(t, mutate(t.Context(), client), cloudapi.ErrAmbiguous)
			require.ErrorIs(t, read(t.Context(), client), cloudapi.ErrUnavailable)
			_, err := client.ConfirmPipelineBatch(t.Context(), &saeclient.ConfirmPipelineBatchInput{PipelineID: "p", Confirm: true})
			require.ErrorIs(t, err, cloudapi.ErrAmbiguous, "a GET that changes state")
			if name == "no answer in time" {
				require.ErrorIs(t, err, os.ErrDeadlineExceeded)
				require.ErrorContains(t, err, "within 100ms")
				require.NotErrorIs(t, err, context.DeadlineExceeded, "the caller's deadline did not pass")
			}
		})
	}
}

func TestErrors_FailureBeforeSendingIsUnavailable(t *testing.T) {
	t.Parallel()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	closed := listener.Addr().String()
	require.NoError(t, listener.Close())

	plain := httptest.NewServer(answerWith(http.StatusOK, "{}"))
	t.Cleanup(plain.Close)

	for name, client := range map[string]*saeclient.Client{
		"connection refused": newClient(t, "http://"+closed),
		"no TLS there":       newClient(t, "https://"+plain.Listener.Addr().String()),
		"name unknown": newClient(t, "http://sae.invalid", func(c *saeclient.Config) {
			c.Transport = roundTrip(func(*http.Request) (*http.Response, error) {
				return nil, &net.OpError{Op: "dial", Err: &net.DNSError{Err: "no such host", Name: "sae.invalid"}}
			})
		}),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.ErrorIs(t, mutate(t.Context(), client), cloudapi.ErrUnavailable)
			require.ErrorIs(t, read(t.Context(), client), cloudapi.ErrUnavailable)
		})
	}
}

func TestErrors_TransportThatTellsNothingLeavesAChangeAmbiguous(t *testing.T) {
	t.Parallel()
	client := newClient(t, "http://sae.invalid", func(c *saeclient.Config) {
		c.Transport = roundTrip(func(*http.Request) (*http.Response, error) { return nil, io.ErrUnexpectedEOF })
	})
	err := mutate(t.Context(), client)
	require.ErrorIs(t, err, cloudapi.ErrAmbiguous)
	require.ErrorIs(t, err, io.ErrUnexpectedEOF)
	require.ErrorIs(t, read(t.Context(), client), cloudapi.ErrUnavailable)
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }
