package acs

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

const (
	testKeyID     = "test-key-id"
	testKeySecret = "test-key-secret"
	testVersion   = "2019-05-06"
)

// sign signs a request in the form "acs".
func sign(r *http.Request) {
	r.Header.Set("Authorization", "acs "+testKeyID+":"+Signature(StringToSign(r), testKeySecret))
}

// vector is one known signature: a request, the text to sign and what it signs to.
type vector struct {
	Name            string            `json:"name"`
	AccessKeyID     string            `json:"accessKeyId"`
	AccessKeySecret string            `json:"accessKeySecret"`
	Method          string            `json:"method"`
	Path            string            `json:"path"`
	Query           map[string]string `json:"query"`
	Body            *string           `json:"body"`
	Headers         map[string]string `json:"headers"`
	StringToSign    string            `json:"stringToSign"`
	Signature       string            `json:"signature"`
	Authorization   string            `json:"authorization"`
}

func vectors(t *testing.T) []vector {
	t.Helper()
	text, err := os.ReadFile("testdata/signature-vectors.json")
	require.NoError(t, err)
	var file struct {
		Vectors []vector `json:"vectors"`
	}
	require.NoError(t, json.Unmarshal(text, &file))
	require.Len(t, file.Vectors, 4)
	return file.Vectors
}

func (v vector) request(t *testing.T) *http.Request {
	t.Helper()
	query := url.Values{}
	for name, value := range v.Query {
		query.Set(name, value)
	}
	r := httptest.NewRequestWithContext(t.Context(), v.Method, v.Path+"?"+query.Encode(), http.NoBody)
	for name, value := range v.Headers {
		r.Header.Set(name, value)
	}
	r.Header.Set("Authorization", v.Authorization)
	return r
}

func TestVerifier_SignatureVectors(t *testing.T) {
	t.Parallel()
	for _, v := range vectors(t) {
		t.Run(v.Name, func(t *testing.T) {
			t.Parallel()
			r := v.request(t)
			require.Equal(t, v.StringToSign, StringToSign(r))
			require.Equal(t, v.Signature, Signature(v.StringToSign, v.AccessKeySecret))
			if v.Body == nil {
				return // its Content-MD5 is masked
			}
			sent, err := http.ParseTime(v.Headers["Date"])
			require.NoError(t, err)
			verifier := &Verifier{
				Keys: map[string]string{v.AccessKeyID: v.AccessKeySecret}, Version: testVersion, Strict: true,
				Wall: func() time.Time { return sent },
			}
			require.Nil(t, verifier.Verify(r, []byte(*v.Body)), "accepted as it is, in strict mode")
			require.Equal(t, CodeNonceUsed, verifier.Verify(r, []byte(*v.Body)).Code, "and not twice")
		})
	}
}

// TestACS3CanonicalRequest checks the newer form against a request whose
// canonical text was put together by hand from the rules.
func TestACS3CanonicalRequest(t *testing.T) {
	t.Parallel()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPut, "/pop/v1/sam/app/rollbackApplication?B=a+b%2A~&A=", http.NoBody)
	r.Host = "127.0.0.1:1234"
	for name, value := range map[string]string{
		"x-acs-action": "RollbackApplication", "x-acs-version": testVersion, "x-acs-date": "2026-11-02T08:00:00Z",
	} {
		r.Header.Set(name, value)
	}
	want := "PUT\n/pop/v1/sam/app/rollbackApplication\nA=&B=a%20b%2A~\n" +
		"host:127.0.0.1:1234\nx-acs-action:RollbackApplication\nx-acs-date:2026-11-02T08:00:00Z\nx-acs-version:2019-05-06\n\n" +
		"host;x-acs-action;x-acs-date;x-acs-version\n" + "hash"
	require.Equal(t, want, canonicalRequestACS3(r, []string{"host", "x-acs-action", "x-acs-date", "x-acs-version"}, "hash"))
}

func TestVerifier_RequestsThatAreNotAuthentic(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, time.November, 2, 8, 0, 0, 0, time.UTC)
	type change func(r *http.Request)
	set := func(name, value string) change { return func(r *http.Request) { r.Header.Set(name, value) } }
	drop := func(name string) change { return func(r *http.Request) { r.Header.Del(name) } }
	tests := map[string]struct {
		form   string
		before change // before signing
		after  change // after signing
		strict bool
		code   string
	}{
		"as it should be":                   {form: "acs"},
		"without nonce and region":          {form: "acs", before: func(r *http.Request) { drop("X-Acs-Signature-Nonce")(r); drop("X-Acs-Region-Id")(r) }},
		"strict":                            {form: "acs", strict: true},
		"strict without nonce":              {form: "acs", strict: true, before: drop("X-Acs-Signature-Nonce"), code: CodeMissingHeader},
		"strict without region":             {form: "acs", strict: true, before: drop("X-Acs-Region-Id"), code: CodeMissingHeader},
		"strict without Content-MD5":        {form: "acs", strict: true, before: drop("Content-Md5"), code: CodeMissingHeader},
		"no Authorization":                  {form: "acs", after: drop("Authorization"), code: CodeMissingHeader},
		"some other scheme":                 {form: "acs", after: set("Authorization", "Bearer x"), code: CodeIncompleteSignature},
		"no signature":                      {form: "acs", after: set("Authorization", "acs "+testKeyID), code: CodeIncompleteSignature},
		"unknown key":                       {form: "acs", after: set("Authorization", "acs nobody:x"), code: CodeKeyNotFound},
		"wrong signature":                   {form: "acs", after: set("Authorization", "acs "+testKeyID+":x"), code: CodeSignatureMismatch},
		"changed query":                     {form: "acs", after: func(r *http.Request) { r.URL.RawQuery = "AppId=b" }, code: CodeSignatureMismatch},
		"changed header":                    {form: "acs", after: set("X-Acs-Signature-Nonce", "other"), code: CodeSignatureMismatch},
		"no date":                           {form: "acs", before: drop("Date"), code: CodeMissingHeader},
		"bad date":                          {form: "acs", before: set("Date", "yesterday"), code: CodeTimestampFormat},
		"just young enough":                 {form: "acs", before: set("Date", now.Add(-15*time.Minute).Format(http.TimeFormat))},
		"too old":                           {form: "acs", before: set("Date", now.Add(-15*time.Minute-time.Second).Format(http.TimeFormat)), code: CodeTimestampExpired},
		"from the future":                   {form: "acs", before: set("Date", now.Add(16*time.Minute).Format(http.TimeFormat)), code: CodeTimestampExpired},
		"other body":                        {form: "acs", before: set("Content-Md5", "AAAA"), code: CodeContentMD5},
		"other version":                     {form: "acs", before: set("X-Acs-Version", "2016-01-02"), code: CodeVersionInvalid},
		"other signature version":           {form: "acs", before: set("X-Acs-Signature-Version", "2.0"), code: CodeIncompleteSignature},
		"strict without Content-Length":     {form: "acs", strict: true, before: func(r *http.Request) { r.ContentLength = -1 }, code: CodeMissingHeader},
		"other method":                      {form: "acs", before: set("X-Acs-Signature-Method", "HMAC-MD5"), code: CodeIncompleteSignature},
		"ACS3 as it should be":              {form: "acs3"},
		"ACS3 without nonce and region":     {form: "acs3", before: func(r *http.Request) { drop("X-Acs-Signature-Nonce")(r); drop("X-Acs-Region-Id")(r) }},
		"ACS3 strict":                       {form: "acs3", strict: true},
		"ACS3 strict without region":        {form: "acs3", strict: true, before: drop("X-Acs-Region-Id"), code: CodeMissingHeader},
		"ACS3 without date":                 {form: "acs3", before: drop("X-Acs-Date"), code: CodeMissingHeader},
		"ACS3 bad date":                     {form: "acs3", before: set("X-Acs-Date", now.Format(http.TimeFormat)), code: CodeTimestampFormat},
		"ACS3 too old":                      {form: "acs3", before: set("X-Acs-Date", now.Add(-time.Hour).Format(time.RFC3339)), code: CodeTimestampExpired},
		"ACS3 unknown key":                  {form: "acs3", after: replaceAuth(testKeyID, "nobody"), code: CodeKeyNotFound},
		"ACS3 wrong signature":              {form: "acs3", after: replaceAuth("Signature=", "Signature=0"), code: CodeSignatureMismatch},
		"ACS3 changed header":               {form: "acs3", after: set("X-Acs-Action", "other"), code: CodeSignatureMismatch},
		"ACS3 header that is not signed":    {form: "acs3", after: set("X-Acs-New", "x"), code: CodeIncompleteSignature},
		"ACS3 other body":                   {form: "acs3", before: set("X-Acs-Content-Sha256", strings.Repeat("0", 64)), code: CodeContentHash},
		"ACS3 without its parts":            {form: "acs3", after: set("Authorization", algorithmACS3+" Credential=x"), code: CodeIncompleteSignature},
		"ACS3 changed query":                {form: "acs3", after: func(r *http.Request) { r.URL.RawQuery = "AppId=b" }, code: CodeSignatureMismatch},
		"ACS3 of another algorithm unknown": {form: "acs3", after: replaceAuth(algorithmACS3, "ACS3-HMAC-SM3"), code: CodeIncompleteSignature},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := strictRequest(t, tt.form, now)
			if tt.before != nil {
				tt.before(r)
			}
			if tt.form == "acs3" {
				signRequestACS3(r)
			} else {
				sign(r)
			}
			if tt.after != nil {
				tt.after(r)
			}
			v := &Verifier{
				Keys: map[string]string{testKeyID: testKeySecret}, Version: testVersion,
				Strict: tt.strict, Wall: func() time.Time { return now },
			}
			refused := v.Verify(r, nil)
			if tt.code == "" {
				require.Nil(t, refused)
				return
			}
			require.NotNil(t, refused)
			require.Equal(t, tt.code, refused.Code)
			require.NotContains(t, refused.Detail, testKeySecret)
		})
	}
}

// TestVerifier_StrictModeWantsEveryHeader leaves out one required header at a time.
func TestVerifier_StrictModeWantsEveryHeader(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, time.November, 2, 8, 0, 0, 0, time.UTC)
	for form, names := range map[string][]string{"acs": strictHeadersACS(), "acs3": strictHeadersACS3()} {
		for _, name := range names {
			r := strictRequest(t, form, now)
			r.Header.Del(name)
			if form == "acs3" {
				signRequestACS3(r)
			} else {
				sign(r)
			}
			v := &Verifier{
				Keys: map[string]string{testKeyID: testKeySecret}, Version: testVersion, Strict: true,
				Wall: func() time.Time { return now },
			}
			refused := v.Verify(r, nil)
			require.NotNil(t, refused, "%s without %s", form, name)
			require.Equal(t, CodeMissingHeader, refused.Code)
			require.Contains(t, refused.Detail, name)
		}
	}
}

func replaceAuth(from, to string) func(r *http.Request) {
	return func(r *http.Request) {
		r.Header.Set("Authorization", strings.Replace(r.Header.Get("Authorization"), from, to, 1))
	}
}

// strictRequest has every header that strict mode wants, for either form.
func strictRequest(t *testing.T, form string, now time.Time) *http.Request {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/pop/v1/sam/app/describeApplicationStatus?AppId=a&Empty=", http.NoBody)
	headers := map[string]string{
		"Accept": "application/json", "x-acs-version": testVersion, "x-acs-region-id": "cn-hangzhou", "x-acs-signature-nonce": "n1",
	}
	if form == "acs3" {
		maps.Copy(headers, map[string]string{
			"x-acs-date": now.Format(time.RFC3339), "x-acs-action": "DescribeApplicationStatus", "x-acs-content-sha256": emptyHash(),
		})
	} else {
		maps.Copy(headers, map[string]string{
			"Date": now.Format(http.TimeFormat), "Content-Type": "application/json", "Content-MD5": contentMD5(nil),
			"x-acs-signature-method": "HMAC-SHA1", "x-acs-signature-version": "1.0",
		})
	}
	for name, value := range headers {
		r.Header.Set(name, value)
	}
	return r
}

func emptyHash() string {
	sum := sha256.Sum256(nil)
	return hex.EncodeToString(sum[:])
}

func signRequestACS3(r *http.Request) {
	signed := append([]string{"host"}, acsHeaderNames(r.Header)...)
	canonical := canonicalRequestACS3(r, signed, r.Header.Get("X-Acs-Content-Sha256"))
	r.Header.Set("Authorization", algorithmACS3+" Credential="+testKeyID+",SignedHeaders="+strings.Join(signed, ";")+
		",Signature="+signACS3(canonical, testKeySecret))
}

func TestVerifier_NoncesAreRememberedForAsLongAsTheyCouldBeReplayed(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, time.November, 2, 8, 0, 0, 0, time.UTC)
	v := &Verifier{Strict: true, Wall: func() time.Time { return now }}
	require.Nil(t, v.checkNonce("k", "a"))
	require.Nil(t, v.checkNonce("other", "a"), "another caller's nonce")
	now = now.Add(2 * maxSkew)
	require.NotNil(t, v.checkNonce("k", "a"))
	now = now.Add(time.Second)
	require.NotNil(t, v.checkNonce("k", "a"), "after the generations changed")
	for range 3 {
		now = now.Add(2*maxSkew + time.Second)
		require.Nil(t, v.checkNonce("k", now.String()))
	}
	require.Nil(t, v.checkNonce("k", "a"))
	require.Len(t, v.older, 1, "old generations are forgotten")
}

func TestVerifier_WhatElseAnAPIAsksIsCheckedLast(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, time.November, 2, 8, 0, 0, 0, time.UTC)
	other := &Refusal{Code: "Other", Detail: "x"}
	v := &Verifier{
		Keys: map[string]string{testKeyID: testKeySecret}, Version: testVersion, Wall: func() time.Time { return now },
		Check: func(http.Header) *Refusal { return other },
	}
	r := strictRequest(t, "acs", now)
	sign(r)
	require.Equal(t, other, v.Verify(r, nil))
	r.Header.Set("Authorization", "acs "+testKeyID+":x")
	require.Equal(t, CodeSignatureMismatch, v.Verify(r, nil).Code, "only authentic requests come so far")
}

func TestVerifier_EveryCodeIsDescribed(t *testing.T) {
	t.Parallel()
	for _, code := range []string{
		CodeMissingHeader, CodeVersionInvalid, CodeKeyNotFound, CodeSignatureMismatch, CodeIncompleteSignature,
		CodeTimestampExpired, CodeTimestampFormat, CodeNonceUsed, CodeContentMD5, CodeContentHash,
	} {
		status, template, known := Describe(code)
		require.True(t, known, code)
		require.GreaterOrEqual(t, status, http.StatusBadRequest)
		require.NotEmpty(t, template)
	}
	_, _, known := Describe("InternalError")
	require.False(t, known)
}
