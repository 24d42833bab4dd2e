package fcclient_test

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
	"path/filepath"
	"testing"
	"time"

	"github.com/aliyun/credentials-go/credentials"
	"github.com/stretchr/testify/require"

	"slipway/cloudapi"
	"slipway/fcclient"
)

// factError is what the facts say of an error code.
type factError struct {
	Code, Message, Class, Retry string
	HTTP                        int
	Operations                  []string
}

func factErrors(t *testing.T) []factError {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "api", "fc", "errors.json"))
	require.NoError(t, err)
	var all []factError
	require.NoError(t, json.Unmarshal(text, &all))
	require.Len(t, all, 43)
	return all
}

// update changes something, look does not.
func update(ctx context.Context, c *fcclient.Client) error {
	_, err := c.UpdateAlias(ctx, &fcclient.UpdateAliasInput{ServiceName: "shop", AliasName: "live", VersionID: new("1")})
	return err
}

func look(ctx context.Context, c *fcclient.Client) error {
	_, err := c.GetAlias(ctx, &fcclient.GetAliasInput{ServiceName: "shop", AliasName: "live"})
	return err
}

func TestErrors_EveryDocumentedCodeHasItsClass(t *testing.T) {
	t.Parallel()
	classes := map[string]cloudapi.Class{
		"invalid": cloudapi.ErrInvalid, "notfound": cloudapi.ErrNotFound, "auth": cloudapi.ErrAuth, "quota": cloudapi.ErrQuota,
		"conflict": cloudapi.ErrConflict, "retryable": cloudapi.ErrUnavailable, "failed": cloudapi.ErrFailed,
	}
	for _, fact := range factErrors(t) {
		if fact.HTTP == http.StatusOK {
			continue // of a function, in a header
		}
		t.Run(fact.Code, func(t *testing.T) {
			t.Parallel()
			want := classes[fact.Class]
			changing := want
			if fact.Code == "InternalServerError" {
				changing = cloudapi.ErrAmbiguous
			}
			for _, spelling := range []string{`{"ErrorCode":%q,"ErrorMessage":"why"}`, `{"errorCode":%q,"errorMessage":"why"}`} {
				client := serve(t, answerWith(fact.HTTP, fmt.Sprintf(spelling, fact.Code)))
				err := update(t.Context(), client)
				require.ErrorIs(t, err, changing)
				require.True(t, cloudapi.HasCode(err, fact.Code))
				require.ErrorContains(t, err, "why")
				require.ErrorContains(t, err, testRequestID)
				require.ErrorIs(t, look(t.Context(), client), want)
			}
		})
	}
}

func TestErrors_WithoutAKnownCode(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		status         int
		body           string
		changing, read cloudapi.Class
	}{
		"a code that is new, 409":   {409, `{"ErrorCode":"Later","ErrorMessage":""}`, cloudapi.ErrConflict, cloudapi.ErrConflict},
		"a code that is new, 404":   {404, `{"ErrorCode":"Later","ErrorMessage":""}`, cloudapi.ErrNotFound, cloudapi.ErrNotFound},
		"a code that is new, 412":   {412, `{"ErrorCode":"Later","ErrorMessage":""}`, cloudapi.ErrInvalid, cloudapi.ErrInvalid},
		"404 of something in front": {404, `<html>`, cloudapi.ErrInvalid, cloudapi.ErrInvalid},
		"429":                       {429, ``, cloudapi.ErrThrottled, cloudapi.ErrThrottled},
		"403":                       {403, ``, cloudapi.ErrAuth, cloudapi.ErrAuth},
		"500":                       {500, `oops`, cloudapi.ErrAmbiguous, cloudapi.ErrUnavailable},
		"502":                       {502, `<html>`, cloudapi.ErrAmbiguous, cloudapi.ErrUnavailable},
		"a redirect":                {302, ``, cloudapi.ErrInvalid, cloudapi.ErrInvalid},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client := serve(t, answerWith(c.status, c.body))
			require.ErrorIs(t, update(t.Context(), client), c.changing)
			require.ErrorIs(t, look(t.Context(), client), c.read)
		})
	}
}

func TestErrors_ALostAnswerOfAChangeIsAmbiguous(t *testing.T) {
	t.Parallel()
	cut := func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "1000")
		_, _ = w.Write([]byte(`{"versionId"`))
	}
	client := serve(t, cut)
	require.ErrorIs(t, update(t.Context(), client), cloudapi.ErrAmbiguous)
	require.ErrorIs(t, look(t.Context(), client), cloudapi.ErrUnavailable)

	nobody := newClient(t, "http://127.0.0.1:1")
	require.ErrorIs(t, update(t.Context(), nobody), cloudapi.ErrUnavailable, "nothing was sent")

	ended, cancel := context.WithCancel(t.Context())
	client = serve(t, func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body) // a server sees the end of a connection when the request was read
		cancel()
		<-r.Context().Done()
	})
	err := update(ended, client)
	require.ErrorIs(t, err, cloudapi.ErrAmbiguous)
	require.ErrorIs(t, err, context.Canceled)
}

// unreachable is a credential whose service is not there.
type unreachable struct{ credentials.Credential }

func (unreachable) GetCredential() (*credentials.CredentialModel, error) {
	return nil, &net.OpError{Op: "dial", Err: errors.New("connection refused")}
}

func TestErrors_ACredentialServiceThatIsNotThere(t *testing.T) {
	t.Parallel()
	client := newClient(t, "http://127.0.0.1:1", func(c *fcclient.Config) { c.Credential = unreachable{} })
	require.ErrorIs(t, look(t.Context(), client), cloudapi.ErrUnavailable)
	request := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "http://127.0.0.1:1/2016-08-15/proxy/shop/web/", http.NoBody)
	require.ErrorIs(t, client.Sign(request), cloudapi.ErrUnavailable)
	_, err := client.SignURL(request, time.Now())
	require.ErrorIs(t, err, cloudapi.ErrUnavailable)
}

func TestErrors_ChangesAreNeverRepeated(t *testing.T) {
	t.Parallel()
	busy := answerWith(http.StatusServiceUnavailable, `{"ErrorCode":"ResourceThrottled","ErrorMessage":"later"}`)
	recorded, last := recorder(t, busy)
	client := newClient(t, endpointOf(t, recorded), func(c *fcclient.Config) {
		c.ReadRetries, c.ReadDelay = 2, func(int) time.Duration { return 0 }
	})
	_, err := client.PublishServiceVersion(t.Context(), &fcclient.PublishServiceVersionInput{ServiceName: "shop"})
	require.ErrorIs(t, err, cloudapi.ErrUnavailable)
	require.Equal(t, http.MethodPost, last().method)
	require.ErrorIs(t, look(t.Context(), client), cloudapi.ErrUnavailable)
	for range 3 {
		require.Equal(t, http.MethodGet, last().method, "a read is repeated twice, and the change was not")
	}
}

// stopped is a limiter that lets nothing through.
type stopped struct{}

func (stopped) Wait(context.Context) error { return errors.New("no more today") }

func TestErrors_ALimiterHoldsBack(t *testing.T) {
	t.Parallel()
	client := serve(t, func(http.ResponseWriter, *http.Request) { t.Error("a request went out") },
		func(c *fcclient.Config) { c.Limiter = stopped{} })
	require.ErrorIs(t, update(t.Context(), client), cloudapi.ErrThrottled)
}

func TestErrors_CodesThatCallersBranchOnAreDocumented(t *testing.T) {
	t.Parallel()
	for _, code := range []string{
		fcclient.CodeConcurrentUpdate, fcclient.CodePreconditionFailed, fcclient.CodeVersionPublish, fcclient.CodeServiceNotFound,
		fcclient.CodeFunctionNotFound, fcclient.CodeVersionNotFound, fcclient.CodeAliasNotFound, fcclient.CodeTriggerNotFound,
		fcclient.CodeDomainNameNotFound, fcclient.CodeAsyncConfigNotExists, fcclient.CodeServiceAlreadyExists,
		fcclient.CodeFunctionAlreadyExists, fcclient.CodeAliasAlreadyExists, fcclient.CodeTriggerAlreadyExists,
		fcclient.CodeDomainNameAlreadyExists, fcclient.CodeProvisionConfigExist, fcclient.CodeInstanceMetricsRequired,
		fcclient.CodeResourceExhausted, fcclient.CodeResourceThrottled, fcclient.CodeSignatureNotMatch,
	} {
		found, ok := fcclient.LookupErrorCode(code)
		require.True(t, ok, code)
		require.Equal(t, code, found.Code)
	}
	for _, op := range fcclient.Operations() {
		for _, code := range op.Errors {
			_, ok := fcclient.LookupErrorCode(code)
			require.True(t, ok, "%s: %s", op.Name, code)
		}
	}
	require.Len(t, fcclient.ErrorCodes(), 43)
}
