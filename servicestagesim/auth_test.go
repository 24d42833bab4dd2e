package servicestagesim

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"slipway/internal/huaweisign"
)

func TestSignatures(t *testing.T) {
	t.Parallel()
	h := serve(t, Config{
		Clock: SteppedClock(start()), AccessKeys: map[string]string{TestAccessKeyID: TestAccessKeySecret, "temporary": "secret"},
		SecurityTokens: map[string]string{"temporary": "token"},
	})
	pair, temporary := huaweisign.Keys{ID: TestAccessKeyID, Secret: TestAccessKeySecret}, huaweisign.Keys{ID: "temporary", Secret: "secret"}
	const body = `{"name":"shop"}`
	for name, tt := range map[string]struct {
		sign func(r *http.Request)
		ok   bool
	}{
		"signed":     {func(r *http.Request) { huaweisign.Sign(r, []byte(body), pair, time.Now()) }, true},
		"not signed": {func(*http.Request) {}, false},
		"with another secret": {func(r *http.Request) {
			huaweisign.Sign(r, []byte(body), huaweisign.Keys{ID: pair.ID, Secret: "x"}, time.Now())
		}, false},
		"with an unknown key": {func(r *http.Request) {
			huaweisign.Sign(r, []byte(body), huaweisign.Keys{ID: "x", Secret: "x"}, time.Now())
		}, false},
		"of another body": {func(r *http.Request) { huaweisign.Sign(r, []byte("{}"), pair, time.Now()) }, false},
		"of yesterday":    {func(r *http.Request) { huaweisign.Sign(r, []byte(body), pair, time.Now().Add(-24*time.Hour)) }, false},
		"a temporary key": {func(r *http.Request) {
			r.Header.Set("X-Security-Token", "token")
			huaweisign.Sign(r, []byte(body), temporary, time.Now())
		}, true},
		"a temporary key, alone": {func(r *http.Request) { huaweisign.Sign(r, []byte(body), temporary, time.Now()) }, false},
		"another path":           {func(r *http.Request) { huaweisign.Sign(r, []byte(body), pair, time.Now()); r.URL.RawQuery = "a=b" }, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := h.request(t, "POST"+cas+"/applications", body)
			r.Header.Del("X-Auth-Token")
			tt.sign(r)
			r.Body = io.NopCloser(strings.NewReader(body))
			g := h.do(t, r)
			if !tt.ok {
				g.refusedBy(t, codeUnauthorized)
				return
			}
			require.NotEqual(t, http.StatusUnauthorized, g.status, string(g.raw))
		})
	}
}
