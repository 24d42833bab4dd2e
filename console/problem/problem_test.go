package problem_test

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"slipway/console/problem"
	"slipway/release"
)

func TestWrite(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		problem problem.Problem
		body    string
		again   string
	}{
		"of a status": {
			problem: problem.New(http.StatusNotFound, "there is no release %q", "r-1"),
			body:    `{"type": "about:blank", "title": "Not Found", "status": 404, "detail": "there is no release \"r-1\""}`,
		},
		"with fields": {
			problem: problem.Problem{
				Type: "urn:slipway:problem:invalid", Title: "The request is invalid", Status: http.StatusUnprocessableEntity,
				Errors: []release.Problem{{Field: "artifact.image", Message: "is missing"}},
			},
			body: `{"type": "urn:slipway:problem:invalid", "title": "The request is invalid", "status": 422, "errors": [{"field": "artifact.image", "message": "is missing"}]}`,
		},
		"to be tried again": {
			problem: problem.Problem{Status: http.StatusServiceUnavailable, RetryAfter: 1500 * time.Millisecond},
			body:    `{"type": "about:blank", "title": "Service Unavailable", "status": 503}`, again: "2",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := httptest.NewRecorder()
			w.Header().Set("Content-Length", "3")
			test.problem.Write(w)
			require.Equal(t, test.problem.Status, w.Code)
			require.JSONEq(t, test.body, w.Body.String())
			require.Equal(t, problem.ContentType, w.Header().Get("Content-Type"))
			require.Equal(t, "no-store", w.Header().Get("Cache-Control"))
			require.Empty(t, w.Header().Get("Content-Length"))
			require.Equal(t, test.again, w.Header().Get("Retry-After"))
		})
	}
}

func TestError(t *testing.T) {
	t.Parallel()
	require.EqualError(t, problem.New(http.StatusForbidden, "ann may not"), "403 Forbidden: ann may not")
}
