package link

import (
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"slipway/release"
)

const (
	// MinKey is how many bytes a key has at least.
	MinKey = 32
	// MaxToken bounds a token, in bytes: what is longer is not looked at.
	MaxToken = 512
	// version is the first byte of what a token holds: how the rest is written.
	version = 1
	// separator stands between the fields of a link, none of which has it.
	separator = "\n"
	// keyUse is what the key is for, so that the same secret makes another key for anything else.
	keyUse = "slipway: links of messages"
)

var (
	// ErrForged is a token that was not signed by the key, or is none at all.
	ErrForged = errors.New("the link was not signed by the key of this console, or is not whole")
	// ErrExpired is a token whose time is over.
	ErrExpired = errors.New("the link counts no more: its time is over")
)

// Signer signs links, and verifies them.
type Signer struct{ key []byte }

// New returns the signer of a key, which must have [MinKey] bytes at least. No error has anything of the key.
func New(key []byte) (*Signer, error) {
	if len(key) < MinKey {
		return nil, fmt.Errorf("the key of links has %d bytes; it must have %d at least", len(key), MinKey)
	}
	derived, err := hkdf.Key(sha256.New, key, nil, keyUse, sha256.Size)
	if err != nil {
		return nil, fmt.Errorf("derive the key of links: %w", err)
	}
	return &Signer{derived}, nil
}

// String shows nothing of the key.
func (*Signer) String() string { return "link.Signer" }

// GoString shows nothing of the key.
func (*Signer) GoString() string { return "link.Signer" }

// Sign returns the token of a link. It has letters, digits, hyphens and underscores alone.
func (s *Signer) Sign(l Link) string {
	fields := []string{string(l.Action), l.ReleaseID, strconv.Itoa(l.Batch), l.Seen, strconv.FormatInt(l.Until.Unix(), 10)}
	content := append([]byte{version}, strings.Join(fields, separator)...)
	return base64.RawURLEncoding.EncodeToString(append(content, s.sum(content)...))
}

// URL is where a link leads at the console of an address, such as https://slipway.example.
func (s *Signer) URL(console string, l Link) string {
	return strings.TrimSuffix(console, "/") + Path + s.Sign(l)
}

func (s *Signer) sum(content []byte) []byte {
	mac := hmac.New(sha256.New, s.key)
	mac.Write(content)
	return mac.Sum(nil)
}

// Verify returns the link of a token. The error is [ErrForged], or [ErrExpired] along with the link.
func (s *Signer) Verify(token string, now time.Time) (Link, error) {
	content, sum, ok := split(token)
	if !ok || !hmac.Equal(sum, s.sum(content)) {
		return Link{}, ErrForged
	}
	l, ok := read(content)
	if !ok {
		return Link{}, ErrForged
	}
	if !now.Before(l.Until) {
		return l, ErrExpired
	}
	return l, nil
}

// ReleaseOf is the ID of the release that a token names, whoever has made it: it says where somebody may look, and nothing else. It is
// empty where the token names none.
func ReleaseOf(token string) string {
	content, _, ok := split(token)
	if !ok {
		return ""
	}
	l, _ := read(content)
	return l.ReleaseID
}

// split divides a token into what it holds and the sum of that; false where it is none.
func split(token string) (content, sum []byte, ok bool) {
	if len(token) > MaxToken {
		return nil, nil, false
	}
	raw, err := base64.RawURLEncoding.Strict().DecodeString(token)
	at := len(raw) - sha256.Size
	if err != nil || at < 1 || raw[0] != version {
		return nil, nil, false
	}
	return raw[:at], raw[at:], true
}

// read is the link that a token holds, from its version on; false where it is none.
func read(content []byte) (Link, bool) {
	fields := strings.Split(string(content[1:]), separator)
	if len(fields) != 5 {
		return Link{}, false
	}
	l := Link{Action: Action(fields[0]), ReleaseID: fields[1], Seen: fields[3]}
	batch, noBatch := strconv.Atoi(fields[2])
	until, noUntil := strconv.ParseInt(fields[4], 10, 64)
	if l.Action != Confirm && l.Action != Approve || release.CheckReleaseID(l.ReleaseID) != nil || noBatch != nil || noUntil != nil {
		return Link{}, false
	}
	l.Batch, l.Until = batch, time.Unix(until, 0).UTC()
	return l, true
}
