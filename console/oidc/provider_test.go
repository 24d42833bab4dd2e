package oidc_test

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync"
	"testing"
	"time"

	coreos "github.com/coreos/go-oidc/v3/oidc"
	"github.com/coreos/go-oidc/v3/oidc/oidctest"
	"github.com/stretchr/testify/require"
)

const (
	clientID     = "slipway"
	clientSecret = "hush-hush-hush"
)

// granted is a code that the provider has given.
type granted struct{ nonce, challenge, redirect string }

// provider signs everybody in as ann.
type provider struct {
	oidctest.Server

	t   *testing.T
	url string
	// key signs, and claims changes what is signed.
	key    *rsa.PrivateKey
	keyID  string
	claims func(map[string]any)
	// public takes a client without a secret; document changes what the provider says of itself.
	public   bool
	document func(map[string]any)
	// answers are for paths at which the provider does something else.
	answers map[string]http.HandlerFunc

	mu    sync.Mutex
	codes map[string]granted
	// asked counts requests by path.
	asked map[string]int
}

func newKey(t *testing.T) *rsa.PrivateKey {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)
	return key
}

func serveProvider(t *testing.T, key *rsa.PrivateKey) *provider {
	t.Helper()
	p := &provider{t: t, key: key, codes: map[string]granted{}, asked: map[string]int{}, answers: map[string]http.HandlerFunc{}}
	p.rotate(key, "first")
	server := httptest.NewServer(p)
	t.Cleanup(server.Close)
	p.url = server.URL
	p.SetIssuer(server.URL)
	return p
}

// rotate has the provider sign with another key, and publish that alone.
func (p *provider) rotate(key *rsa.PrivateKey, id string) {
	p.key, p.keyID = key, id
	p.PublicKeys = []oidctest.PublicKey{{PublicKey: key.Public(), KeyID: id, Algorithm: coreos.RS256}}
}

// ServeHTTP is the provider.
func (p *provider) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.asked[r.URL.Path]++
	switch answer := p.answers[r.URL.Path]; {
	case answer != nil:
		answer(w, r)
	case r.URL.Path == "/auth":
		p.authorize(w, r)
	case r.URL.Path == "/token":
		p.token(w, r)
	case r.URL.Path == "/.well-known/openid-configuration" && p.document != nil:
		out := httptest.NewRecorder()
		p.Server.ServeHTTP(out, r)
		says := map[string]any{}
		_ = json.Unmarshal(out.Body.Bytes(), &says)
		p.document(says)
		writeJSON(w, http.StatusOK, says)
	default:
		p.Server.ServeHTTP(w, r)
	}
}

// authorize gives a code at once, as to somebody who has signed in before.
func (p *provider) authorize(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	if q.Get("client_id") != clientID || q.Get("response_type") != "code" || q.Get("code_challenge_method") != "S256" || q.Get("scope") != "openid profile email" {
		http.Error(w, "what is asked for is not what the console asks for: "+r.URL.RawQuery, http.StatusBadRequest)
		return
	}
	code := "code-" + rand.Text()
	p.codes[code] = granted{q.Get("nonce"), q.Get("code_challenge"), q.Get("redirect_uri")}
	back, _ := url.Parse(q.Get("redirect_uri"))
	back.RawQuery = url.Values{"code": {code}, "state": {q.Get("state")}, "iss": {p.url}}.Encode()
	http.Redirect(w, r, back.String(), http.StatusFound)
}

// token exchanges a code once, for who proves to be the client that has asked for it.
func (p *provider) token(w http.ResponseWriter, r *http.Request) {
	id, secret, proven := r.BasicAuth()
	if p.public {
		id, secret, proven = r.FormValue("client_id"), clientSecret, true
	}
	if r.Method != http.MethodPost || !proven || id != clientID || secret != clientSecret {
		writeJSON(w, http.StatusUnauthorized, map[string]any{"error": "invalid_client", "error_description": secret})
		return
	}
	code := r.FormValue("code")
	given, known := p.codes[code]
	delete(p.codes, code)
	sum := sha256.Sum256([]byte(r.FormValue("code_verifier")))
	if !known || given.challenge != base64.RawURLEncoding.EncodeToString(sum[:]) || r.FormValue("redirect_uri") != given.redirect {
		writeJSON(w, http.StatusBadRequest, map[string]any{"error": "invalid_grant", "error_description": code})
		return
	}
	claims := map[string]any{
		"iss": p.url, "aud": clientID, "sub": "f3a1", "exp": time.Now().Add(time.Minute).Unix(), "iat": time.Now().Unix(), "nonce": given.nonce,
		"preferred_username": "ann", "email": "ann@house", "email_verified": true, "groups": []string{"slipway-sre", "all"},
	}
	if p.claims != nil {
		p.claims(claims)
	}
	text, err := json.Marshal(claims)
	if err != nil {
		p.t.Error(err)
	}
	writeJSON(w, http.StatusOK, map[string]any{
		"access_token": "access-hush", "token_type": "Bearer", "id_token": oidctest.SignIDToken(p.key, p.keyID, coreos.RS256, string(text)),
	})
}

func writeJSON(w http.ResponseWriter, status int, body map[string]any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	if err := json.NewEncoder(w).Encode(body); err != nil {
		return // who has asked is gone
	}
}

// times is how often a path was asked.
func (p *provider) times(path string) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.asked[path]
}

// answer has the provider answer at a path otherwise; nil is as before.
func (p *provider) answer(path string, with http.HandlerFunc) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.answers[path] = with
}

func unavailable(w http.ResponseWriter, _ *http.Request) {
	w.WriteHeader(http.StatusServiceUnavailable)
	_, _ = io.WriteString(w, "down for now")
}
