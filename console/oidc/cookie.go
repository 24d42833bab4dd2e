package oidc

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// beginTime is how long a person has to sign in at the provider.
const beginTime = 10 * time.Minute

// begun is a sign-in that was begun: the browser keeps it until the provider sends it back.
type begun struct {
	// State is what the provider sends back with the browser, Nonce what it writes into the token, and Verifier what the code is
	// exchanged with.
	State    string `json:"state"`
	Nonce    string `json:"nonce"`
	Verifier string `json:"verifier"`
	// Next is the page at which the browser is to end.
	Next string `json:"next"`
	// Until is when it counts no more.
	Until time.Time `json:"until"`
}

// cookies seal what was begun, so that the browser can neither read nor change it.
type cookies struct {
	sealed cipher.AEAD
	// bound is what a cookie is for: one of another provider or client does not open.
	bound  []byte
	secure bool
}

// keyUse is what the key is for, so that the same secret makes another key for anything else.
const keyUse = "slipway console: sign-in that was begun"

func newCookies(cfg Config) (*cookies, error) {
	secret := []byte(cfg.ClientSecret)
	if len(secret) == 0 { // a public client
		secret = make([]byte, sha256.Size)
		_, _ = rand.Read(secret) // never fails
	}
	key, err := hkdf.Key(sha256.New, secret, nil, keyUse, sha256.Size)
	if err != nil {
		return nil, fmt.Errorf("derive the key of cookies: %w", err)
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	sealed, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		return nil, err
	}
	return &cookies{sealed: sealed, bound: []byte(cfg.Issuer + "\n" + cfg.ClientID + "\n" + cfg.URL), secure: strings.HasPrefix(cfg.URL, "https:")}, nil
}

// name is that of the cookie: with TLS, browsers take it from this host alone.
func (c *cookies) name() string {
	if c.secure {
		return "__Host-slipway-oidc"
	}
	return "slipway-oidc"
}

func (c *cookies) set(w http.ResponseWriter, b begun) error {
	plain, err := json.Marshal(b)
	if err != nil {
		return err
	}
	value := base64.RawURLEncoding.EncodeToString(c.sealed.Seal(nil, nil, plain, c.bound))
	c.write(w, value, int(beginTime.Seconds()))
	return nil
}

// forget takes the cookie from the browser.
func (c *cookies) forget(w http.ResponseWriter) { c.write(w, "", -1) }

func (c *cookies) write(w http.ResponseWriter, value string, age int) {
	// Lax: the provider sends the browser back from its own site.
	http.SetCookie(w, &http.Cookie{Name: c.name(), Value: value, Path: "/", MaxAge: age, HttpOnly: true, Secure: c.secure, SameSite: http.SameSiteLaxMode})
}

var (
	errNotBegun = errors.New("the browser brings no sign-in that was begun here")
	errTooLate  = fmt.Errorf("the sign-in was begun more than %v ago", beginTime)
)

// find returns what the browser of a request has begun.
func (c *cookies) find(r *http.Request, now time.Time) (b begun, err error) {
	cookie, err := r.Cookie(c.name())
	if err != nil {
		return b, errNotBegun
	}
	raw, err := base64.RawURLEncoding.DecodeString(cookie.Value)
	if err != nil {
		return b, errNotBegun
	}
	plain, err := c.sealed.Open(nil, nil, raw, c.bound)
	if err != nil || json.Unmarshal(plain, &b) != nil {
		return begun{}, errNotBegun
	}
	if !now.Before(b.Until) {
		return begun{}, errTooLate
	}
	return b, nil
}
