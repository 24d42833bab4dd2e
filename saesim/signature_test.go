package saesim

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

func vectors(t tester) []vector {
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

func (v vector) request(t tester) *http.Request {
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

func TestSignatureVectors(t *testing.T) {
	t.Parallel()
	for _, v := range vectors(t) {
		t.Run(v.Name, func(t *testing.T) {
			t.Parallel()
			r := v.request(t)
			require.Equal(t, v.StringToSign, stringToSignACS(r.Method, r.URL, r.Header))
			require.Equal(t, v.Signature, signACS(v.StringToSign, v.AccessKeySecret))
			if v.Body == nil {
				return // its Content-MD5 is masked
			}
			sent, err := http.ParseTime(v.Headers["Date"])
			require.NoError(t, err)
			verify := &verifier{
				keys: map[string]string{v.AccessKeyID: v.AccessKeySecret}, region: "cn-beijing", strict: true,
				wall: func() time.Time { return sent },
			}
			require.Nil(t, verify.verify(r, []byte(*v.Body)), "accepted as it is, in strict mode")
			require.Equal(t, codeNonceUsed, verify.verify(r, []byte(*v.Body)).Code, "and not twice")
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
		"x-acs-action": "RollbackApplication", "x-acs-version": apiVersion, "x-acs-date": "2026-11-02T08:00:00Z",
	} {
		r.Header.Set(name, value)
	}
	want := "PUT\n/pop/v1/sam/app/rollbackApplication\nA=&B=a%20b%2A~\n" +
		"host:127.0.0.1:1234\nx-acs-action:RollbackApplication\nx-acs-date:2026-11-02T08:00:00Z\nx-acs-version:2019-05-06\n\n" +
		"host;x-acs-action;x-acs-date;x-acs-version\n" + "hash"
	require.Equal(t, want, canonicalRequestACS3(r, []string{"host", "x-acs-action", "x-acs-date", "x-acs-version"}, "hash"))
}

func TestRequestsThatAreNotAuthentic(t *testing.T) {
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
		"strict without nonce":              {form: "acs", strict: true, before: drop("X-Acs-Signature-Nonce"), code: codeMissingHeader},
		"strict without region":             {form: "acs", strict: true, before: drop("X-Acs-Region-Id"), code: codeMissingHeader},
		"strict without Content-MD5":        {form: "acs", strict: true, before: drop("Content-Md5"), code: codeMissingHeader},
		"no Authorization":                  {form: "acs", after: drop("Authorization"), code: codeMissingHeader},
		"some other scheme":                 {form: "acs", after: set("Authorization", "Bearer x"), code: codeIncompleteSignature},
		"no signature":                      {form: "acs", after: set("Authorization", "acs "+TestAccessKeyID), code: codeIncompleteSignature},
		"unknown key":                       {form: "acs", after: set("Authorization", "acs nobody:x"), code: codeKeyNotFound},
		"wrong signature":                   {form: "acs", after: set("Authorization", "acs "+TestAccessKeyID+":x"), code: codeSignatureMismatch},
		"changed query":                     {form: "acs", after: func(r *http.Request) { r.URL.RawQuery = "AppId=b" }, code: codeSignatureMismatch},
		"changed header":                    {form: "acs", after: set("X-Acs-Signature-Nonce", "other"), code: codeSignatureMismatch},
		"no date":                           {form: "acs", before: drop("Date"), code: codeMissingHeader},
		"bad date":                          {form: "acs", before: set("Date", "yesterday"), code: codeTimestampFormat},
		"just young enough":                 {form: "acs", before: set("Date", now.Add(-15*time.Minute).Format(http.TimeFormat))},
		"too old":                           {form: "acs", before: set("Date", now.Add(-15*time.Minute-time.Second).Format(http.TimeFormat)), code: codeTimestampExpired},
		"from the future":                   {form: "acs", before: set("Date", now.Add(16*time.Minute).Format(http.TimeFormat)), code: codeTimestampExpired},
		"other body":                        {form: "acs", before: set("Content-Md5", "AAAA"), code: codeContentMD5},
		"other version":                     {form: "acs", before: set("X-Acs-Version", "2016-01-02"), code: codeVersionInvalid},
		"other region":                      {form: "acs", before: set("X-Acs-Region-Id", "cn-beijing"), code: codeRegionUnsupported},
		"other signature version":           {form: "acs", before: set("X-Acs-Signature-Version", "2.0"), code: codeIncompleteSignature},
		"any Accept":                        {form: "acs", before: set("Accept", "*/*")},
		"strict Accept":                     {form: "acs", strict: true, before: set("Accept", "*/*"), code: codeMissingHeader},
		"strict XML":                        {form: "acs", strict: true, before: set("Accept", "application/xml")},
		"strict without Content-Length":     {form: "acs", strict: true, before: func(r *http.Request) { r.ContentLength = -1 }, code: codeMissingHeader},
		"other method":                      {form: "acs", before: set("X-Acs-Signature-Method", "HMAC-MD5"), code: codeIncompleteSignature},
		"ACS3 as it should be":              {form: "acs3"},
		"ACS3 without nonce and region":     {form: "acs3", before: func(r *http.Request) { drop("X-Acs-Signature-Nonce")(r); drop("X-Acs-Region-Id")(r) }},
		"ACS3 strict":                       {form: "acs3", strict: true},
		"ACS3 strict without region":        {form: "acs3", strict: true, before: drop("X-Acs-Region-Id"), code: codeMissingHeader},
		"ACS3 without date":                 {form: "acs3", before: drop("X-Acs-Date"), code: codeMissingHeader},
		"ACS3 bad date":                     {form: "acs3", before: set("X-Acs-Date", now.Format(http.TimeFormat)), code: codeTimestampFormat},
		"ACS3 too old":                      {form: "acs3", before: set("X-Acs-Date", now.Add(-time.Hour).Format(time.RFC3339)), code: codeTimestampExpired},
		"ACS3 unknown key":                  {form: "acs3", after: replaceAuth(TestAccessKeyID, "nobody"), code: codeKeyNotFound},
		"ACS3 wrong signature":              {form: "acs3", after: replaceAuth("Signature=", "Signature=0"), code: codeSignatureMismatch},
		"ACS3 changed header":               {form: "acs3", after: set("X-Acs-Action", "other"), code: codeSignatureMismatch},
		"ACS3 header that is not signed":    {form: "acs3", after: set("X-Acs-New", "x"), code: codeIncompleteSignature},
		"ACS3 other body":                   {form: "acs3", before: set("X-Acs-Content-Sha256", strings.Repeat("0", 64)), code: codeContentHash},
		"ACS3 without its parts":            {form: "acs3", after: set("Authorization", algorithmACS3+" Credential=x"), code: codeIncompleteSignature},
		"ACS3 changed query":                {form: "acs3", after: func(r *http.Request) { r.URL.RawQuery = "AppId=b" }, code: codeSignatureMismatch},
		"ACS3 of another algorithm unknown": {form: "acs3", after: replaceAuth(algorithmACS3, "ACS3-HMAC-SM3"), code: codeIncompleteSignature},
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
			v := &verifier{
				keys: map[string]string{TestAccessKeyID: TestAccessKeySecret}, region: DefaultRegion,
				strict: tt.strict, wall: func() time.Time { return now },
			}
			refused := v.verify(r, nil)
			if tt.code == "" {
				require.Nil(t, refused)
				return
			}
			require.NotNil(t, refused)
			require.Equal(t, tt.code, refused.Code)
			require.NotContains(t, refused.Message, TestAccessKeySecret)
		})
	}
}

// TestStrictModeWantsEveryHeader leaves out one required header at a time.
func TestStrictModeWantsEveryHeader(t *testing.T) {
	t.Parallel()
	now := start()
	for form, names := range map[string][]string{"acs": strictHeadersACS(), "acs3": strictHeadersACS3()} {
		for _, name := range names {
			r := strictRequest(t, form, now)
			r.Header.Del(name)
			if form == "acs3" {
				signRequestACS3(r)
			} else {
				sign(r)
			}
			v := &verifier{
				keys: map[string]string{TestAccessKeyID: TestAccessKeySecret}, region: DefaultRegion, strict: true,
				wall: func() time.Time { return now },
			}
			refused := v.verify(r, nil)
			require.NotNil(t, refused, "%s without %s", form, name)
			require.Equal(t, codeMissingHeader, refused.Code)
			require.Contains(t, refused.Message, name)
		}
	}
}

// TestAReplayedRequestIsCarriedOutOnce sends one signed request twice.
func TestAReplayedRequestIsCarriedOutOnce(t *testing.T) {
	t.Parallel()
	for strict, again := range map[bool]string{true: codeNonceUsed, false: codeAlreadyOpen} {
		sim, err := New(Config{Clock: SteppedClock(start()), Strict: strict})
		require.NoError(t, err)
		var codes []string
		for range 2 {
			r := strictRequest(t, "acs", time.Now().UTC())
			r.Method, r.URL.Path = http.MethodPost, "/service/open"
			sign(r)
			w := httptest.NewRecorder()
			sim.ServeHTTP(w, r)
			codes = append(codes, read(t, w).code())
		}
		require.Equal(t, []string{"", again}, codes)
	}
}

func replaceAuth(from, to string) func(r *http.Request) {
	return func(r *http.Request) {
		r.Header.Set("Authorization", strings.Replace(r.Header.Get("Authorization"), from, to, 1))
	}
}

// strictRequest has every header that strict mode wants, for either form.
func strictRequest(t tester, form string, now time.Time) *http.Request {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/pop/v1/sam/app/describeApplicationStatus?AppId=a&Empty=", http.NoBody)
	headers := map[string]string{
		"Accept": "application/json", "x-acs-version": apiVersion, "x-acs-region-id": DefaultRegion, "x-acs-signature-nonce": "n1",
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
	r.Header.Set("Authorization", algorithmACS3+" Credential="+TestAccessKeyID+",SignedHeaders="+strings.Join(signed, ";")+
		",Signature="+signACS3(canonical, TestAccessKeySecret))
}

func TestNoncesAreRememberedForAsLongAsTheyCouldBeReplayed(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, time.November, 2, 8, 0, 0, 0, time.UTC)
	v := &verifier{strict: true, wall: func() time.Time { return now }}
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
