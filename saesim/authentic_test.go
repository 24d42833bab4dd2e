package saesim

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"slipway/internal/acs"
)

// strictRequest has every header that strict mode wants.
func strictRequest(t tester, method, target string) *http.Request {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), method, target, http.NoBody)
	for name, value := range map[string]string{
		"Accept": "application/json", "x-acs-version": "2019-05-06", "x-acs-region-id": DefaultRegion, "x-acs-signature-nonce": "n1",
		"Date": time.Now().UTC().Format(http.TimeFormat), "Content-Type": "application/json", "Content-MD5": "1B2M2Y8AsgTpgAmY7PhCfg==",
		"x-acs-signature-method": "HMAC-SHA1", "x-acs-signature-version": "1.0",
	} {
		r.Header.Set(name, value)
	}
	return r
}

func TestAuthentic_HeadersThatAreNotSAEs(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		header, value string
		strict        bool
		code          string
	}{
		"other region":     {header: "X-Acs-Region-Id", value: "cn-beijing", code: codeRegionUnsupported},
		"other version":    {header: "X-Acs-Version", value: "2016-01-02", code: acs.CodeVersionInvalid},
		"any Accept":       {header: "Accept", value: "*/*", code: codeAppNotFound},
		"strict Accept":    {header: "Accept", value: "*/*", strict: true, code: acs.CodeMissingHeader},
		"strict as wanted": {header: "Accept", value: "application/json", strict: true, code: codeAppNotFound},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sim, err := New(Config{Clock: SteppedClock(start()), Strict: tt.strict})
			require.NoError(t, err)
			r := strictRequest(t, http.MethodGet, "/pop/v1/sam/app/describeApplicationStatus?AppId=a")
			r.Header.Set(tt.header, tt.value)
			sign(r)
			w := httptest.NewRecorder()
			sim.ServeHTTP(w, r)
			require.Equal(t, tt.code, read(t, w).code())
		})
	}
}

// TestAuthentic_AReplayedRequestIsCarriedOutOnce sends one signed request twice.
func TestAuthentic_AReplayedRequestIsCarriedOutOnce(t *testing.T) {
	t.Parallel()
	for strict, again := range map[bool]string{true: acs.CodeNonceUsed, false: codeAlreadyOpen} {
		sim, err := New(Config{Clock: SteppedClock(start()), Strict: strict})
		require.NoError(t, err)
		var codes []string
		for range 2 {
			r := strictRequest(t, http.MethodPost, "/service/open")
			sign(r)
			w := httptest.NewRecorder()
			sim.ServeHTTP(w, r)
			codes = append(codes, read(t, w).code())
		}
		require.Equal(t, []string{"", again}, codes)
	}
}
