package huaweisign_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"slipway/internal/huaweisign"
)

// vectors are signatures of the vendor's Go client.
type vectors struct {
	AccessKey string   `json:"accessKey"`
	SecretKey string   `json:"secretKey"`
	Vectors   []vector `json:"vectors"`
}

type vector struct {
	Name             string            `json:"name"`
	Method           string            `json:"method"`
	Path             string            `json:"path"`
	Query            map[string]string `json:"query"`
	Headers          map[string]string `json:"headers"`
	Body             string            `json:"body"`
	CanonicalRequest string            `json:"canonicalRequest"`
	StringToSign     string            `json:"stringToSign"`
	Authorization    string            `json:"authorization"`
}

func readVectors(t *testing.T) vectors {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "api", "servicestage", "signature-vectors.json"))
	require.NoError(t, err)
	var v vectors
	require.NoError(t, json.Unmarshal(text, &v))
	require.Len(t, v.Vectors, 14)
	return v
}

// request is the request of a vector, as a server has it.
func (v vector) request(t *testing.T) *http.Request {
	t.Helper()
	query := url.Values{}
	for name, value := range v.Query {
		query.Set(name, value)
	}
	r := httptest.NewRequestWithContext(t.Context(), v.Method, v.Path+"?"+query.Encode(), strings.NewReader(v.Body))
	for name, value := range v.Headers {
		r.Header.Set(name, value)
	}
	r.Host = v.Headers["host"]
	r.Header.Del("Host")
	r.Header.Set("Authorization", v.Authorization)
	return r
}

// at is the date of a vector.
func (v vector) at(t *testing.T) time.Time {
	t.Helper()
	at, err := time.Parse(huaweisign.DateFormat, v.Headers["X-Sdk-Date"])
	require.NoError(t, err)
	return at
}

func TestSign_IsThatOfTheVendorsClient(t *testing.T) {
	t.Parallel()
	all := readVectors(t)
	for _, v := range all.Vectors {
		t.Run(v.Name, func(t *testing.T) {
			t.Parallel()
			r := v.request(t)
			claim, ok := huaweisign.ParseClaim(v.Authorization)
			require.True(t, ok)
			require.Equal(t, all.AccessKey, claim.Access)
			require.Equal(t, v.Authorization, claim.String())
			canonical := huaweisign.Canonical(r, claim.Signed, []byte(v.Body))
			require.Equal(t, v.CanonicalRequest, canonical)
			text := huaweisign.StringToSign(canonical, v.Headers["X-Sdk-Date"])
			require.Equal(t, v.StringToSign, text)
			require.Equal(t, claim.Signature, huaweisign.Signature(all.SecretKey, text))

			verifier := verifierAt(all, v.at(t))
			verifier.Tokens = map[string]string{all.AccessKey: v.Headers["X-Security-Token"]}
			require.NoError(t, verifier.Verify(r, []byte(v.Body)))
		})
	}
}

func verifierAt(all vectors, at time.Time) *huaweisign.Verifier {
	return &huaweisign.Verifier{Keys: map[string]string{all.AccessKey: all.SecretKey}, Wall: func() time.Time { return at }}
}

func TestVerify_RefusesWhatIsNotAuthentic(t *testing.T) {
	t.Parallel()
	all := readVectors(t)
	v := all.Vectors[2]
	require.NotEmpty(t, v.Body)
	for name, c := range map[string]struct {
		change func(*http.Request, *huaweisign.Verifier)
		body   string
		want   error
	}{
		"as it was signed": {func(*http.Request, *huaweisign.Verifier) {}, v.Body, nil},
		"another body":     {func(*http.Request, *huaweisign.Verifier) {}, v.Body + " ", huaweisign.ErrSignature},
		"another method":   {func(r *http.Request, _ *huaweisign.Verifier) { r.Method = http.MethodPut }, v.Body, huaweisign.ErrSignature},
		"another path":     {func(r *http.Request, _ *huaweisign.Verifier) { r.URL.Path += "s" }, v.Body, huaweisign.ErrSignature},
		"another query":    {func(r *http.Request, _ *huaweisign.Verifier) { r.URL.RawQuery = "a=b" }, v.Body, huaweisign.ErrSignature},
		"another signed header": {
			func(r *http.Request, _ *huaweisign.Verifier) { r.Header.Set("X-Project-Id", "other") }, v.Body, huaweisign.ErrSignature,
		},
		"another header":   {func(r *http.Request, _ *huaweisign.Verifier) { r.Header.Set("X-Other", "other") }, v.Body, nil},
		"another hash":     {func(r *http.Request, _ *huaweisign.Verifier) { r.Header.Set(huaweisign.ContentHeader, "00") }, v.Body, huaweisign.ErrSignature},
		"another secret":   {func(_ *http.Request, f *huaweisign.Verifier) { f.Keys[all.AccessKey] = "other" }, v.Body, huaweisign.ErrSignature},
		"an unknown key":   {func(_ *http.Request, f *huaweisign.Verifier) { f.Keys = nil }, v.Body, huaweisign.ErrKey},
		"a lacking token":  {func(_ *http.Request, f *huaweisign.Verifier) { f.Tokens = map[string]string{all.AccessKey: "t"} }, v.Body, huaweisign.ErrToken},
		"a token too many": {func(r *http.Request, _ *huaweisign.Verifier) { r.Header.Set("X-Security-Token", "t") }, v.Body, huaweisign.ErrToken},
		"too late": {
			func(_ *http.Request, f *huaweisign.Verifier) {
				late := f.Wall().Add(huaweisign.MaxSkew + time.Second)
				f.Wall = func() time.Time { return late }
			}, v.Body, huaweisign.ErrDate,
		},
		"no date":           {func(r *http.Request, _ *huaweisign.Verifier) { r.Header.Del(huaweisign.DateHeader) }, v.Body, huaweisign.ErrDate},
		"a date not signed": {func(r *http.Request, _ *huaweisign.Verifier) { setSigned(r, "host") }, v.Body, huaweisign.ErrDate},
		"nothing signed":    {func(r *http.Request, _ *huaweisign.Verifier) { setSigned(r, "") }, v.Body, huaweisign.ErrUnsigned},
		"not signed":        {func(r *http.Request, _ *huaweisign.Verifier) { r.Header.Del("Authorization") }, v.Body, huaweisign.ErrUnsigned},
		"of another kind":   {func(r *http.Request, _ *huaweisign.Verifier) { r.Header.Set("Authorization", "Bearer a") }, v.Body, huaweisign.ErrUnsigned},
		"without a signature": {func(r *http.Request, _ *huaweisign.Verifier) {
			r.Header.Set("Authorization", huaweisign.Algorithm+" Access=a, SignedHeaders=host")
		}, v.Body, huaweisign.ErrUnsigned},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, verifier := v.request(t), verifierAt(all, v.at(t))
			c.change(r, verifier)
			err := verifier.Verify(r, []byte(c.body))
			if c.want == nil {
				require.NoError(t, err)
				return
			}
			require.ErrorIs(t, err, c.want)
			require.NotEmpty(t, err.Error())
		})
	}
}

// setSigned changes which headers a request says to be signed.
func setSigned(r *http.Request, names string) {
	claim, _ := huaweisign.ParseClaim(r.Header.Get("Authorization"))
	claim.Signed = []string{names}
	r.Header.Set("Authorization", claim.String())
}

func TestSign_IsVerified(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, time.November, 2, 8, 0, 0, 0, time.UTC)
	for name, c := range map[string]struct {
		target, contentType, body string
	}{
		"nothing sent":       {"/v3/p/cas/jobs/J", "application/json;charset=utf8", ""},
		"JSON":               {"/v3/p/cas/components?limit=10&offset=0", "application/json;charset=utf8", `{"a":1}`},
		"a form with files":  {"/v3/p/cas/configs/import", "multipart/form-data; boundary=b", "--b--"},
		"what has to escape": {"/v1/p/git/files/n/a%3Ab/x%20y?ref=a+b&flag&c=%2F", "application/json", ""},
		"a slash at the end": {"/v3/p/", "application/json", ""},
		"no escape":          {"/v3/p/x?a=%zz", "application/json", ""},
		"two values a name":  {"/v3/p/x?b=2&a=2&a=1&a-b=0", "application/json", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, c.target, http.NoBody)
			r.Header.Set("Content-Type", c.contentType)
			r.Header.Set("X-Project-Id", "p")
			r.Header.Set("X-Security-Token", "t")
			huaweisign.Sign(r, []byte(c.body), huaweisign.Keys{ID: "AK", Secret: "SK"}, now)
			verifier := &huaweisign.Verifier{
				Keys: map[string]string{"AK": "SK"}, Tokens: map[string]string{"AK": "t"}, Wall: func() time.Time { return now },
			}
			require.NoError(t, verifier.Verify(r, []byte(c.body)))
			r.Header.Set("X-Project-Id", "q")
			require.ErrorIs(t, verifier.Verify(r, []byte(c.body)), huaweisign.ErrSignature)
		})
	}
}

// FuzzParseClaim looks for headers that break the parser, or that it writes in another way than it reads them.
func FuzzParseClaim(f *testing.F) {
	f.Add("SDK-HMAC-SHA256 Access=a, SignedHeaders=host;x-sdk-date, Signature=00")
	f.Add("SDK-HMAC-SHA256 Access=a,Access=b,SignedHeaders=;,Signature==")
	f.Fuzz(func(t *testing.T, header string) {
		claim, ok := huaweisign.ParseClaim(header)
		if !ok {
			return
		}
		again, ok := huaweisign.ParseClaim(claim.String())
		require.True(t, ok, "%s", claim)
		require.Equal(t, claim, again)
	})
}
