package session

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"net/http"
	"time"
)

// The names of the cookie. A browser takes one that begins with __Host- from this host alone, and over https.
const (
	cookieSecure = "__Host-slipway"
	cookiePlain  = "slipway-session"
)

// secretBytes is how many random bytes a session has.
const secretBytes = 32

// newSecret makes the value of a cookie.
func newSecret() string {
	var random [secretBytes]byte
	_, _ = rand.Read(random[:]) // never fails
	return base64.RawURLEncoding.EncodeToString(random[:])
}

// keyOf is the key in the bucket for the value of a cookie; empty for what is none.
func keyOf(secret string) string {
	random, err := base64.RawURLEncoding.Strict().DecodeString(secret)
	if err != nil || len(random) != secretBytes {
		return ""
	}
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:])
}

// cookie is that of a session which lasts for some time; of none it takes it away.
func (m *Manager) cookie(secret string, lasts time.Duration) *http.Cookie {
	c := &http.Cookie{Name: cookiePlain, Value: secret, Path: "/", MaxAge: int(lasts.Seconds()), HttpOnly: true, Secure: m.cfg.Secure, SameSite: http.SameSiteLaxMode}
	if m.cfg.Secure {
		c.Name = cookieSecure
	}
	if lasts <= 0 {
		c.MaxAge = -1
	}
	return c
}

// read returns the key of the session that a request brings; given says whether it brings a cookie at all. Several are none that is
// known.
func (m *Manager) read(r *http.Request) (key string, given bool) {
	said := r.CookiesNamed(m.cookie("", 0).Name)
	if len(said) != 1 {
		return "", len(said) > 0
	}
	return keyOf(said[0].Value), true
}
