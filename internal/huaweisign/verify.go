package huaweisign

import (
	"crypto/hmac"
	"net/http"
	"slices"
	"strings"
	"time"
)

// Claim is what the header Authorization of a signed request says.
type Claim struct {
	// Access is the access key.
	Access string
	// Signed are the names of the signed headers, in small letters.
	Signed []string
	// Signature is hexadecimal.
	Signature string
}

// String is the header Authorization.
func (c Claim) String() string {
	return Algorithm + " Access=" + c.Access + ", SignedHeaders=" + strings.Join(c.Signed, ";") + ", Signature=" + c.Signature
}

// ParseClaim reads the header Authorization; false when it is not one of a signature of this kind.
func ParseClaim(authorization string) (Claim, bool) {
	rest, ok := strings.CutPrefix(authorization, Algorithm+" ")
	if !ok {
		return Claim{}, false
	}
	var c Claim
	for part := range strings.SplitSeq(rest, ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(part), "=")
		switch name {
		case "Access":
			c.Access = value
		case "SignedHeaders":
			c.Signed = strings.Split(strings.ToLower(value), ";")
		case "Signature":
			c.Signature = strings.ToLower(value)
		}
	}
	return c, c.Access != "" && c.Signature != "" && !slices.Contains(c.Signed, "") && len(c.Signed) > 0
}

// RefusalError says why a request is not authentic. It is an error.
type RefusalError string

// The refusals.
const (
	// ErrUnsigned: there is no signature of this kind.
	ErrUnsigned RefusalError = "the header Authorization is not that of a signature " + Algorithm
	// ErrKey: nobody knows the access key.
	ErrKey RefusalError = "the access key is not known"
	// ErrToken: a temporary key came without its security token, or with another one.
	ErrToken RefusalError = "the security token does not belong to the access key"
	// ErrDate: the date is absent, not signed, of another form, or more than MaxSkew from now.
	ErrDate RefusalError = "the header X-Sdk-Date must be signed, in the form yyyymmddThhmmssZ, and near the present time"
	// ErrSignature: the signature is another one.
	ErrSignature RefusalError = "the signature is not that of the request"
)

// Error is the refusal in words.
func (r RefusalError) Error() string { return string(r) }

// MaxSkew is how far the date of a request may be from the present. The reference does not give it; it is that of the gateways of
// other clouds.
const MaxSkew = 15 * time.Minute

// Verifier tells authentic requests from others. It keeps nothing, and is safe for concurrent use.
type Verifier struct {
	// Keys maps access keys to their secrets.
	Keys map[string]string
	// Tokens maps the access keys that are temporary to their security tokens.
	Tokens map[string]string
	// Wall is the real time, against which the age of a request is judged.
	Wall func() time.Time
}

// Verify returns nil when a request with its body is authentic, and a [RefusalError] otherwise. It takes the signed headers as they are
// named: neither Host nor Content-Type need be among them.
func (v *Verifier) Verify(r *http.Request, body []byte) error {
	claim, ok := ParseClaim(r.Header.Get("Authorization"))
	if !ok {
		return ErrUnsigned
	}
	secret, known := v.Keys[claim.Access]
	if !known {
		return ErrKey
	}
	if v.Tokens[claim.Access] != r.Header.Get("X-Security-Token") {
		return ErrToken
	}
	date := r.Header.Get(DateHeader)
	at, err := time.Parse(DateFormat, date)
	if err != nil || !slices.Contains(claim.Signed, strings.ToLower(DateHeader)) || v.Wall().Sub(at).Abs() > MaxSkew {
		return ErrDate
	}
	hash := r.Header.Get(ContentHeader)
	if hash != "" && hash != UnsignedPayload && hash != HashOf(body) {
		return ErrSignature
	}
	want := Signature(secret, StringToSign(Canonical(r, claim.Signed, body), date))
	if !hmac.Equal([]byte(want), []byte(claim.Signature)) {
		return ErrSignature
	}
	return nil
}
