package servicestageclient_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"slipway/cloudapi"
	"slipway/servicestageclient"
)

// iam plays IAM: it numbers its tokens.
type iam struct {
	asked   atomic.Int64
	expires string
	status  int
	body    atomic.Pointer[[]byte]
}

func (s *iam) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	n := s.asked.Add(1)
	body, err := io.ReadAll(r.Body)
	s.body.Store(&body)
	if err != nil || r.Method != http.MethodPost || r.URL.Path != "/v3/auth/tokens" || r.Header.Get("Content-Type") != "application/json;charset=utf8" {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	if s.status != 0 {
		w.WriteHeader(s.status)
		_, _ = io.WriteString(w, `{"error":{"code":401,"title":"Unauthorized","message":"The username or password is wrong: iam-password"}}`)
		return
	}
	w.Header().Set("X-Subject-Token", "token-"+strconv.FormatInt(n, 10))
	w.WriteHeader(http.StatusCreated)
	_, _ = io.WriteString(w, `{"token":{"expires_at":"`+s.expires+`","methods":["password"]}}`)
}

// clock is a time that a test moves.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

// tokens makes a source that asks the IAM of the test.
func tokens(t *testing.T, s *iam, c *clock) *servicestageclient.TokenSource {
	t.Helper()
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	source, err := servicestageclient.NewTokenSource(servicestageclient.TokenConfig{
		Endpoint: server.URL, Domain: "account", User: "worker", Password: "iam-password", ProjectID: testProject, Now: c.now,
	})
	require.NoError(t, err)
	t.Cleanup(source.CloseIdleConnections)
	return source
}

func TestTokens_AreKeptAndRenewedBeforeTheyEnd(t *testing.T) {
	t.Parallel()
	s, c := &iam{}, &clock{at: time.Date(2026, time.November, 2, 8, 0, 0, 0, time.UTC)}
	s.expires = "2026-11-03T08:00:00.000000Z"
	client, last := recorder(t, func(config *servicestageclient.Config) { config.Credential = tokens(t, s, c) }, answerWith(http.StatusOK, `{}`))
	call := func(want string) {
		t.Helper()
		_, err := client.ListApplications(t.Context(), nil)
		require.NoError(t, err)
		got := last().request.Header
		require.Equal(t, want, got.Get("X-Auth-Token"))
		require.Empty(t, got.Get("Authorization"))
	}
	call("token-1")
	var question map[string]any
	require.NoError(t, json.Unmarshal(*s.body.Load(), &question))
	require.Equal(t, map[string]any{"auth": map[string]any{
		"identity": map[string]any{
			"methods":  []any{"password"},
			"password": map[string]any{"user": map[string]any{"name": "worker", "password": "iam-password", "domain": map[string]any{"name": "account"}}},
		},
		"scope": map[string]any{"project": map[string]any{"id": testProject}},
	}}, question)
	c.pass(23*time.Hour + 29*time.Minute)
	call("token-1")
	c.pass(2 * time.Minute)
	s.expires = ""
	call("token-2")
	c.pass(servicestageclient.TokenLife - servicestageclient.TokenRenewal - time.Minute)
	call("token-2")
	c.pass(2 * time.Minute)
	call("token-3")
}

func TestTokens_ManyCallersAskOnce(t *testing.T) {
	t.Parallel()
	s, c := &iam{}, &clock{at: time.Date(2026, time.November, 2, 8, 0, 0, 0, time.UTC)}
	source := tokens(t, s, c)
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() {
			keys, err := source.Keys(t.Context())
			assert.NoError(t, err)
			assert.Equal(t, "token-1", string(keys.Token))
		})
	}
	all.Wait()
	require.EqualValues(t, 1, s.asked.Load())
}

// A token that is refused before its time is asked for anew by the next call, and one that is not refused is kept.
func TestTokens_ARefusedOneIsForgotten(t *testing.T) {
	t.Parallel()
	s, c := &iam{}, &clock{at: time.Date(2026, time.November, 2, 8, 0, 0, 0, time.UTC)}
	client, last := recorder(t, func(config *servicestageclient.Config) { config.Credential = tokens(t, s, c) },
		answerWith(http.StatusUnauthorized, `{"error_code":"SVCSTG.00100401","error_msg":"application not found"}`),
		answerWith(http.StatusUnauthorized, `{"error_code":"APIGW.0301","error_msg":"Incorrect IAM authentication information"}`),
		answerWith(http.StatusOK, `{}`))
	require.ErrorIs(t, look(t.Context(), client), cloudapi.ErrNotFound)
	require.ErrorIs(t, look(t.Context(), client), cloudapi.ErrAuth)
	require.NoError(t, look(t.Context(), client))
	for _, want := range []string{"token-1", "token-1", "token-2"} {
		require.Equal(t, want, last().request.Header.Get("X-Auth-Token"))
	}
}

func TestTokens_WhenIAMRefuses(t *testing.T) {
	t.Parallel()
	for status, want := range map[int]cloudapi.Class{
		http.StatusUnauthorized: cloudapi.ErrAuth, http.StatusForbidden: cloudapi.ErrAuth, http.StatusBadRequest: cloudapi.ErrAuth,
		http.StatusTooManyRequests: cloudapi.ErrThrottled, http.StatusServiceUnavailable: cloudapi.ErrUnavailable,
	} {
		s, c := &iam{status: status}, &clock{at: time.Now()}
		client := serve(t, func(http.ResponseWriter, *http.Request) { t.Error("a request went out") },
			func(config *servicestageclient.Config) { config.Credential = tokens(t, s, c) })
		err := look(t.Context(), client)
		require.ErrorIs(t, err, want, "%d", status)
		require.NotContains(t, err.Error(), "iam-password")
	}
	source, err := servicestageclient.NewTokenSource(servicestageclient.TokenConfig{
		Endpoint: "http://127.0.0.1:1", Domain: "account", User: "worker", Password: "p", ProjectID: testProject,
	})
	require.NoError(t, err)
	_, err = source.Keys(t.Context())
	require.ErrorIs(t, err, cloudapi.ErrUnavailable)
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = source.Keys(ended)
	require.ErrorIs(t, err, context.Canceled)
}

func TestTokens_ConfigNamesAllProblemsAtOnce(t *testing.T) {
	t.Parallel()
	_, err := servicestageclient.NewTokenSource(servicestageclient.TokenConfig{})
	require.ErrorIs(t, err, cloudapi.ErrInvalid)
	for _, problem := range []string{"region", "domain is required", "user is required", "password is required", "project ID is required"} {
		require.ErrorContains(t, err, problem)
	}
}
