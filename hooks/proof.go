package hooks

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"slipway/wire"
)

// The headers of a generic webhook.
const (
	// HeaderTime is when it was signed, in epoch seconds.
	HeaderTime = "X-Slipway-Time"
	// HeaderSignature is what [Sign] returns.
	HeaderSignature = "X-Slipway-Signature"

	signaturePrefix = "sha256="
)

// Window is how far the time of a signature may be from that of the server. Within it, what is sent again has the ID of
// the same event.
const Window = 5 * time.Minute

// Sign returns the signature of a generic webhook: the HMAC-SHA256 of the time, a dot and the body, in hexadecimal digits.
func Sign(key string, at time.Time, body []byte) string {
	return signaturePrefix + hex.EncodeToString(sign(key, strconv.FormatInt(at.Unix(), 10), body))
}

func sign(key, at string, body []byte) []byte {
	mac := hmac.New(sha256.New, []byte(key))
	mac.Write([]byte(at + "."))
	mac.Write(body)
	return mac.Sum(nil)
}

// isOneOf compares digests of all secrets, which takes as long whatever is wrong with the one that is given.
func isOneOf(secrets [][sha256.Size]byte, given string) bool {
	got, same := sha256.Sum256([]byte(given)), 0
	for _, want := range secrets {
		same |= subtle.ConstantTimeCompare(want[:], got[:])
	}
	return same == 1
}

func digests(secrets []string) [][sha256.Size]byte {
	out := make([][sha256.Size]byte, len(secrets))
	for i, secret := range secrets {
		out[i] = sha256.Sum256([]byte(secret))
	}
	return out
}

// bearer returns the token of a request. Harbor sends what was entered there as it is: the token alone, too.
func bearer(r *http.Request, alone bool) string {
	said := r.Header.Get("Authorization")
	scheme, token, both := strings.Cut(said, " ")
	switch {
	case both && strings.EqualFold(scheme, "Bearer"):
		return strings.TrimSpace(token)
	case alone && !both:
		return said
	}
	return ""
}

// proven checks what is in the headers alone, before anything is read.
func (s *sender) proven(r *http.Request) *refusal {
	if s.name != wire.SenderHarbor && s.name != wire.SenderCDEvents || isOneOf(s.tokens, bearer(r, s.name == wire.SenderHarbor)) {
		return nil
	}
	return &refusal{status: http.StatusUnauthorized, result: resultUnauthorized, reason: "the token is missing or wrong; send it as Authorization: Bearer …"}
}

// signed checks the signature of a generic webhook.
func (s *sender) signed(r *http.Request, body []byte, now time.Time) *refusal {
	if s.name != wire.SenderGeneric {
		return nil
	}
	refuse := func(result, reason string) *refusal {
		return &refusal{status: http.StatusUnauthorized, result: result, reason: reason}
	}
	at := r.Header.Get(HeaderTime)
	seconds, err := strconv.ParseInt(at, 10, 64)
	digest, ok := strings.CutPrefix(r.Header.Get(HeaderSignature), signaturePrefix)
	given, notHex := hex.DecodeString(digest)
	if err != nil || !ok || notHex != nil {
		return refuse(resultUnauthorized, fmt.Sprintf("the signature is missing; send %s, in epoch seconds, and %s: sha256=…", HeaderTime, HeaderSignature))
	}
	same := 0
	for _, key := range s.keys {
		same |= subtle.ConstantTimeCompare(sign(key, at, body), given)
	}
	if same == 0 {
		return refuse(resultUnauthorized, "the signature is that of another key, time or body")
	}
	if off := now.Sub(time.Unix(seconds, 0)); off > Window || off < -Window {
		return refuse(resultStale, fmt.Sprintf("%s is more than %s away from the time here; sign it anew", HeaderTime, Window))
	}
	return nil
}
