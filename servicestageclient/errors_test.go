package servicestageclient_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"slipway/cloudapi"
	"slipway/servicestageclient"
	"slipway/servicestageclient/catalog"
	"slipway/servicestageclient/servicecomb"
)

func look(ctx context.Context, c *servicestageclient.Client) error {
	_, err := c.GetComponent(ctx, &servicestageclient.GetComponentInput{ApplicationID: "a", ComponentID: "c"})
	return err
}

func act(ctx context.Context, c *servicestageclient.Client) error {
	_, err := c.ComponentAction(ctx, &servicestageclient.ComponentActionInput{ApplicationID: "a", ComponentID: "c", Action: servicestageclient.ActionRestart})
	return err
}

func TestErrors_CodesFirstThenTheStatus(t *testing.T) {
	t.Parallel()
	body := func(code string) string { return `{"error_code":"` + code + `","error_msg":"why"}` }
	for name, c := range map[string]struct {
		status         int
		body           string
		changing, read cloudapi.Class
	}{
		"not empty":                    {409, body("SVCSTG.00100401"), cloudapi.ErrConflict, cloudapi.ErrConflict},
		"not there":                    {401, body("SVCSTG.00100401"), cloudapi.ErrNotFound, cloudapi.ErrNotFound},
		"not there, as printed":        {404, body("SVCSTG.00100404"), cloudapi.ErrNotFound, cloudapi.ErrNotFound},
		"the version was used":         {404, body("SVCSTG.00100441"), cloudapi.ErrConflict, cloudapi.ErrConflict},
		"suspended":                    {405, body("SVCSTG.00100421"), cloudapi.ErrQuota, cloudapi.ErrQuota},
		"no permission":                {405, body("SVCSTG.00100427"), cloudapi.ErrAuth, cloudapi.ErrAuth},
		"at work":                      {409, body("SVCSTG.00100432"), cloudapi.ErrConflict, cloudapi.ErrConflict},
		"failed inside":                {500, body("SVCSTG.00100500"), cloudapi.ErrAmbiguous, cloudapi.ErrUnavailable},
		"timed out inside":             {408, body("SVCSTG.00100428"), cloudapi.ErrAmbiguous, cloudapi.ErrUnavailable},
		"the gateway throttles":        {429, body("APIGW.0308"), cloudapi.ErrThrottled, cloudapi.ErrThrottled},
		"the gateway knows no such":    {404, body("APIGW.0101"), cloudapi.ErrNotFound, cloudapi.ErrNotFound},
		"the gateway refuses":          {401, body("APIGW.0301"), cloudapi.ErrAuth, cloudapi.ErrAuth},
		"something in front, no route": {404, `<html>`, cloudapi.ErrInvalid, cloudapi.ErrInvalid},
		"something in front, down":     {502, `<html>`, cloudapi.ErrAmbiguous, cloudapi.ErrUnavailable},
		"no body":                      {503, ``, cloudapi.ErrAmbiguous, cloudapi.ErrUnavailable},
		"an unknown code":              {400, body("SVCSTG.99999999"), cloudapi.ErrInvalid, cloudapi.ErrInvalid},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client := serve(t, answerWith(c.status, c.body))
			require.ErrorIs(t, act(t.Context(), client), c.changing)
			require.ErrorIs(t, look(t.Context(), client), c.read)
		})
	}
}

func TestErrors_AllSpellingsAreRead(t *testing.T) {
	t.Parallel()
	for name, body := range map[string]string{
		"applications":    `{"error_code":"SVCSTG.00100403","error_msg":"why: because"}`,
		"engines":         `{"error_code":"SVCSTG.00100403","error_message":"why","detail":"because"}`,
		"registry":        `{"errorCode":"SVCSTG.00100403","errorMessage":"why","detail":"because"}`,
		"another gateway": `{"code":"SVCSTG.00100403","message":"why: because"}`,
		"one inside":      `{"error":{"code":"SVCSTG.00100403","message":"why: because"}}`,
		"in capitals":     `{"ERROR_CODE":"SVCSTG.00100403","ERROR_MSG":"why: because"}`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client := serve(t, answerWith(http.StatusNotFound, body))
			err := look(t.Context(), client)
			require.True(t, cloudapi.HasCode(err, servicestageclient.CodeApplicationNotFound), "%v", err)
			require.ErrorContains(t, err, "ServiceStage: GetComponent: SVCSTG.00100403: why: because")
			require.ErrorContains(t, err, "request "+testRequestID)
		})
	}
	client := serve(t, answerWith(http.StatusBadRequest, `{"errorCode":400012,"errorMessage":"Micro-service does not exist"}`))
	_, err := servicecomb.New(client).GetMicroservice(t.Context(), &servicecomb.GetMicroserviceInput{ServiceID: "s"})
	require.ErrorIs(t, err, cloudapi.ErrNotFound, "a code of six digits may be a number")
	client = serve(t, answerWith(http.StatusInternalServerError, `{"error":"oops"}`))
	require.ErrorContains(t, look(t.Context(), client), "oops")
	client = serve(t, answerWith(http.StatusNotModified, ""))
	_, err = servicecomb.New(client).ListKvs(t.Context(), &servicecomb.ListKvsInput{Revision: new(3)})
	require.True(t, servicecomb.NotModified(err))
	require.False(t, servicecomb.NotModified(errors.New("else")))
}

func TestErrors_ConflictsThatEndByThemselves(t *testing.T) {
	t.Parallel()
	for _, code := range servicestageclient.ErrorCodes() {
		known, ok := servicestageclient.LookupErrorCode(code)
		require.True(t, ok)
		status := known.HTTPStatus
		if status == 0 {
			status = http.StatusConflict
		}
		client := serve(t, answerWith(status, `{"error_code":"`+code+`","error_msg":"why"}`))
		err := act(t.Context(), client)
		require.ErrorIs(t, err, known.Class, code)
		require.Equal(t, known.Retry == cloudapi.RetryAfterChangeOrder, servicestageclient.EndsByItself(err), code)
	}
	require.False(t, servicestageclient.EndsByItself(nil))
}

func TestErrors_ALostAnswerOfAChangeIsAmbiguous(t *testing.T) {
	t.Parallel()
	client := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "1000")
		_, _ = w.Write([]byte(`{"job_id"`))
	})
	require.ErrorIs(t, act(t.Context(), client), cloudapi.ErrAmbiguous)
	require.ErrorIs(t, look(t.Context(), client), cloudapi.ErrUnavailable)

	nobody := newClient(t, "http://127.0.0.1:1")
	require.ErrorIs(t, act(t.Context(), nobody), cloudapi.ErrUnavailable, "nothing was sent")

	ended, cancel := context.WithCancel(t.Context())
	client = serve(t, func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body) // a server sees the end of a connection when the request was read
		cancel()
		<-r.Context().Done()
	})
	err := act(ended, client)
	require.ErrorIs(t, err, cloudapi.ErrAmbiguous)
	require.ErrorIs(t, err, context.Canceled)
}

// broken is a credential that fails.
type broken struct{ err error }

func (b broken) Keys(context.Context) (servicestageclient.Keys, error) {
	return servicestageclient.Keys{}, b.err
}

func TestErrors_ACredentialThatFails(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		err  error
		want cloudapi.Class
	}{
		"for good":      {errors.New("no such user"), cloudapi.ErrAuth},
		"for a while":   {&cloudapi.Error{Class: cloudapi.ErrThrottled}, cloudapi.ErrThrottled},
		"for its class": {&cloudapi.Error{Class: cloudapi.ErrAuth}, cloudapi.ErrAuth},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client := serve(t, func(http.ResponseWriter, *http.Request) { t.Error("a request went out") },
				func(config *servicestageclient.Config) { config.Credential = broken{c.err} })
			err := look(t.Context(), client)
			require.ErrorIs(t, err, c.want)
			require.ErrorContains(t, err, "GetComponent")
		})
	}
}

// Every operation answers with a documented error as it is documented.
func TestErrors_OfEveryOperation(t *testing.T) {
	t.Parallel()
	client := serve(t, answerWith(http.StatusMethodNotAllowed, `{"error_code":"SVCSTG.00100427","error_msg":"permission denied"}`))
	for _, op := range readFacts(t) {
		_, texts, _ := op.ask()
		_, err := catalog.New(client).Call(t.Context(), op.Name, texts)
		require.ErrorIs(t, err, cloudapi.ErrAuth, op.Name)
	}
}
