package acs_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"slipway/internal/acs"
)

// fcVector is a request that one of the vendor's clients signed, or that was computed by hand.
type fcVector struct {
	Name            string            `json:"name"`
	AccessKeyID     string            `json:"accessKeyId"`
	AccessKeySecret string            `json:"accessKeySecret"`
	Method          string            `json:"method"`
	Target          string            `json:"target"`
	URL             string            `json:"url"`
	Headers         map[string]string `json:"headers"`
	Authorization   string            `json:"authorization"`
	StringToSign    string            `json:"stringToSign"`
	Signature       string            `json:"signature"`
}

type fcVectors struct {
	Vectors    []fcVector `json:"vectors"`
	SignedURLs []fcVector `json:"signedUrls"`
}

func readFCVectors(t *testing.T) fcVectors {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "api", "fc", "signature-vectors.json"))
	require.NoError(t, err)
	var vectors fcVectors
	require.NoError(t, json.Unmarshal(text, &vectors))
	require.Len(t, vectors.Vectors, 30)
	require.Len(t, vectors.SignedURLs, 4)
	return vectors
}

func (v fcVector) request(t *testing.T) *http.Request {
	t.Helper()
	target := v.Target
	if v.URL != "" {
		target = v.URL
	}
	r := httptest.NewRequestWithContext(t.Context(), v.Method, target, http.NoBody)
	for name, value := range v.Headers {
		r.Header.Set(name, value)
	}
	if v.Authorization != "" {
		r.Header.Set("Authorization", v.Authorization)
	}
	return r
}

// moment is a time at which the vector is not too old.
func (v fcVector) moment(t *testing.T) time.Time {
	t.Helper()
	if v.URL != "" {
		return time.Unix(1604915193, 0)
	}
	date, err := http.ParseTime(v.Headers["date"])
	require.NoError(t, err)
	return date
}

func (v fcVector) verifier(now time.Time) *acs.FCVerifier {
	verifier := &acs.FCVerifier{Keys: map[string]string{v.AccessKeyID: v.AccessKeySecret}, Wall: func() time.Time { return now }}
	if v.Headers["x-fc-security-token"] != "" || strings.Contains(v.URL, "security-token") {
		verifier.Tokens = map[string]string{v.AccessKeyID: "sectoken"}
	}
	return verifier
}

func TestFCVerifier_AcceptsWhatTheClientsSign(t *testing.T) {
	t.Parallel()
	vectors := readFCVectors(t)
	for _, v := range append(vectors.Vectors, vectors.SignedURLs...) {
		t.Run(v.Name, func(t *testing.T) {
			t.Parallel()
			require.Nil(t, v.verifier(v.moment(t)).Verify(v.request(t)))
			signature := v.Signature
			if signature == "" {
				signature = strings.TrimPrefix(v.Authorization, "FC "+v.AccessKeyID+":")
			}
			require.Equal(t, signature, acs.FCSignature(v.StringToSign, v.AccessKeySecret))
		})
	}
}

func TestFCVerifier_TheDecodedPathIsAcceptedToo(t *testing.T) {
	t.Parallel()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/2016-08-15/layerarn/a%23b%231", http.NoBody)
	now := time.Date(2026, time.November, 2, 8, 0, 0, 0, time.UTC)
	date := now.Format(http.TimeFormat)
	r.Header.Set("Date", date)
	r.Header.Set("Authorization", "FC id:"+acs.FCSignature("GET\n\n\n"+date+"\n/2016-08-15/layerarn/a#b#1", "secret"))
	require.Nil(t, (&acs.FCVerifier{Keys: map[string]string{"id": "secret"}, Wall: func() time.Time { return now }}).Verify(r))
}

// The Go client signs a parameter without a value with the equals sign, others as the bare name or as it is on the wire.
func TestFCVerifier_ParametersWithoutAValue(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, time.November, 2, 8, 0, 0, 0, time.UTC)
	date := now.Format(http.TimeFormat)
	verifier := &acs.FCVerifier{Keys: map[string]string{"id": "secret"}, Wall: func() time.Time { return now }}
	for signed, authentic := range map[string]bool{
		"a\nb=\nc=1 2\nc=3": true, "a\nb\nc=1 2\nc=3": true, "a=\nb=\nc=1 2\nc=3": true,
		"a=\nb\nc=1 2\nc=3": false, "a\nb=\nc=1 2": false, "": false,
	} {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/2016-08-15/proxy/shop/web/?c=3&b=&a&c=1+2", http.NoBody)
		r.Header.Set("Date", date)
		r.Header.Set("Authorization", "FC id:"+acs.FCSignature("GET\n\n\n"+date+"\n/2016-08-15/proxy/shop/web/\n"+signed, "secret"))
		require.Equal(t, authentic, verifier.Verify(r) == nil, "%q", signed)
	}
}

func TestFCVerifier_Refusals(t *testing.T) {
	t.Parallel()
	vectors := readFCVectors(t)
	signed, url := vectors.Vectors[0], vectors.SignedURLs[1]
	for name, tt := range map[string]struct {
		vector fcVector
		later  time.Duration
		change func(*http.Request)
		code   string
	}{
		"no signature":                  {vector: signed, code: acs.CodeFCAccessDenied, change: func(r *http.Request) { r.Header.Del("Authorization") }},
		"another scheme":                {vector: signed, code: acs.CodeFCAccessDenied, change: func(r *http.Request) { r.Header.Set("Authorization", "acs a:b") }},
		"no date":                       {vector: signed, code: acs.CodeFCMissingHeader, change: func(r *http.Request) { r.Header.Del("Date") }},
		"a date that is none":           {vector: signed, code: acs.CodeFCAccessDenied, change: func(r *http.Request) { r.Header.Set("Date", "today") }},
		"16 minutes late":               {vector: signed, later: 16 * time.Minute, code: acs.CodeFCAccessDenied},
		"16 minutes early":              {vector: signed, later: -16 * time.Minute, code: acs.CodeFCAccessDenied},
		"an unknown key":                {vector: signed, code: acs.CodeFCKeyNotFound, change: func(r *http.Request) { r.Header.Set("Authorization", "FC other:x") }},
		"a header more":                 {vector: signed, code: acs.CodeFCSignatureMismatch, change: func(r *http.Request) { r.Header.Set("X-Fc-Trace-Id", "1") }},
		"another path":                  {vector: signed, code: acs.CodeFCSignatureMismatch, change: func(r *http.Request) { r.URL.Path = "/2016-08-15/layers" }},
		"a token of a key without":      {vector: signed, code: acs.CodeFCAccessDenied, change: func(r *http.Request) { r.Header.Set("X-Fc-Security-Token", "1") }},
		"a URL that expired":            {vector: url, later: time.Second, code: acs.CodeFCAccessDenied},
		"a URL with another parameter":  {vector: url, code: acs.CodeFCSignatureMismatch, change: func(r *http.Request) { r.URL.RawQuery += "&b=1" }},
		"a URL whose expiry is no time": {vector: url, code: acs.CodeFCAccessDenied, change: func(r *http.Request) { r.URL.RawQuery = "x-fc-signature=1&x-fc-expires=soon" }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := tt.vector.request(t)
			if tt.change != nil {
				tt.change(r)
			}
			refused := tt.vector.verifier(tt.vector.moment(t).Add(tt.later)).Verify(r)
			require.NotNil(t, refused)
			require.Equal(t, tt.code, refused.Code)
		})
	}
}
