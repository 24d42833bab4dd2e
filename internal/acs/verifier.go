package acs

import (
	"crypto/hmac"
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"
)

const (
	// maxSkew is how far a request's date may be from the server's clock.
	maxSkew = 15 * time.Minute

	algorithmACS3 = "ACS3-HMAC-SHA256"
	schemeACS     = "acs"
)

// A Verifier decides whether a request was signed with a known key. It is safe for
// concurrent use.
type Verifier struct {
	// Keys maps access key IDs to their secrets.
	Keys map[string]string
	// Version is the version of the API; a request that names another is refused.
	Version string
	// Strict refuses requests that lack a header which the signature's documentation
	// requires, and replayed nonces.
	Strict bool
	// Wall is the real time, against which the age of a request is judged.
	Wall func() time.Time
	// Check looks at what else an API asks of the headers of an authentic request. It
	// returns the refusal, or nil, and may be nil itself.
	Check func(header http.Header) *Refusal

	mu            sync.Mutex
	nonces, older map[string]struct{}
	rotated       time.Time
}

// Verify returns nil when the request is authentic, and the refusal otherwise.
func (v *Verifier) Verify(r *http.Request, body []byte) *Refusal {
	auth := r.Header.Get("Authorization")
	scheme, rest, _ := strings.Cut(auth, " ")
	var key string
	var refused *Refusal
	switch {
	case auth == "":
		return refuse(CodeMissingHeader, "Authorization")
	case strings.EqualFold(scheme, schemeACS):
		key, refused = v.verifyACS(r, body, rest)
	case scheme == algorithmACS3:
		key, refused = v.verifyACS3(r, body, rest)
	default:
		return refuse(CodeIncompleteSignature, "Authorization must begin with acs or "+algorithmACS3+".")
	}
	if refused != nil {
		return refused
	}
	if version := r.Header.Get("X-Acs-Version"); version != "" && version != v.Version {
		return refuse(CodeVersionInvalid)
	}
	if v.Check != nil {
		if refused := v.Check(r.Header); refused != nil {
			return refused
		}
	}
	if v.Strict && r.ContentLength < 0 {
		return refuse(CodeMissingHeader, "Content-Length")
	}
	return v.checkNonce(key, r.Header.Get("X-Acs-Signature-Nonce"))
}

// verifyACS checks "acs AccessKeyId:Signature" and returns the access key ID.
func (v *Verifier) verifyACS(r *http.Request, body []byte, credential string) (string, *Refusal) {
	key, signature, found := strings.Cut(credential, ":")
	if !found || key == "" || signature == "" {
		return "", refuse(CodeIncompleteSignature, "Authorization must be acs AccessKeyId:Signature.")
	}
	if v.Strict {
		if refused := requireHeaders(r.Header, strictHeadersACS()); refused != nil {
			return "", refused
		}
	}
	date := r.Header.Get("Date")
	if date == "" {
		return "", refuse(CodeMissingHeader, "Date")
	}
	sent, err := http.ParseTime(date)
	if err != nil {
		return "", refuse(CodeTimestampFormat)
	}
	if refused := v.checkSkew(sent); refused != nil {
		return "", refused
	}
	for name, value := range map[string]string{"x-acs-signature-method": "HMAC-SHA1", "x-acs-signature-version": "1.0"} {
		if sent := r.Header.Get(name); sent != "" && sent != value {
			return "", refuse(CodeIncompleteSignature, name+" must be "+value+".")
		}
	}
	secret, known := v.Keys[key]
	if !known {
		return "", refuse(CodeKeyNotFound)
	}
	if sum := r.Header.Get("Content-Md5"); sum != "" && sum != contentMD5(body) {
		return "", refuse(CodeContentMD5)
	}
	text := StringToSign(r)
	if !hmac.Equal([]byte(Signature(text, secret)), []byte(signature)) {
		return "", refuse(CodeSignatureMismatch, "server string to sign is:"+text)
	}
	return key, nil
}

// StringToSign builds the string that the form "acs" signs. Query values enter it
// decoded, an empty one as the bare name; body fields only through Content-MD5.
func StringToSign(r *http.Request) string {
	header := r.Header
	var b strings.Builder
	for _, part := range []string{
		r.Method, header.Get("Accept"), header.Get("Content-Md5"), header.Get("Content-Type"), header.Get("Date"),
	} {
		b.WriteString(part)
		b.WriteByte('\n')
	}
	for _, name := range acsHeaderNames(header) {
		b.WriteString(name + ":" + strings.TrimSpace(header.Get(name)) + "\n")
	}
	b.WriteString(r.URL.Path)
	separator := "?"
	query := r.URL.Query()
	for _, name := range slices.Sorted(maps.Keys(query)) {
		for _, value := range query[name] {
			b.WriteString(separator + name)
			if value != "" {
				b.WriteString("=" + value)
			}
			separator = "&"
		}
	}
	return b.String()
}

// Signature signs a string in the form "acs".
func Signature(text, secret string) string {
	mac := hmac.New(sha1.New, []byte(secret))
	mac.Write([]byte(text))
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

func contentMD5(body []byte) string {
	sum := md5.Sum(body)
	return base64.StdEncoding.EncodeToString(sum[:])
}

// acsHeaderNames returns the lower-case names of the x-acs-* headers, sorted.
func acsHeaderNames(header http.Header) []string {
	var names []string
	for name := range header {
		if lower := strings.ToLower(name); strings.HasPrefix(lower, "x-acs-") {
			names = append(names, lower)
		}
	}
	slices.Sort(names)
	return names
}

// verifyACS3 checks "ACS3-HMAC-SHA256 Credential=…,SignedHeaders=…,Signature=…" and
// returns the access key ID.
func (v *Verifier) verifyACS3(r *http.Request, body []byte, credential string) (string, *Refusal) {
	key, signed, signature := splitACS3(credential)
	if key == "" || len(signed) == 0 || signature == "" {
		return "", refuse(CodeIncompleteSignature, "Authorization must name Credential, SignedHeaders and Signature.")
	}
	required := []string{"x-acs-date", "x-acs-content-sha256"}
	if v.Strict {
		required = strictHeadersACS3()
	}
	if refused := requireHeaders(r.Header, required); refused != nil {
		return "", refused
	}
	sent, err := time.Parse("2006-01-02T15:04:05Z", r.Header.Get("X-Acs-Date"))
	if err != nil {
		return "", refuse(CodeTimestampFormat)
	}
	if refused := v.checkSkew(sent); refused != nil {
		return "", refused
	}
	secret, known := v.Keys[key]
	if !known {
		return "", refuse(CodeKeyNotFound)
	}
	for _, name := range append(acsHeaderNames(r.Header), "host") {
		if !slices.Contains(signed, name) {
			return "", refuse(CodeIncompleteSignature, "header "+name+" must be signed.")
		}
	}
	sum := sha256.Sum256(body)
	payload := hex.EncodeToString(sum[:])
	if r.Header.Get("X-Acs-Content-Sha256") != payload {
		return "", refuse(CodeContentHash)
	}
	canonical := canonicalRequestACS3(r, signed, payload)
	if !hmac.Equal([]byte(signACS3(canonical, secret)), []byte(strings.ToLower(signature))) {
		return "", refuse(CodeSignatureMismatch, "server CanonicalRequest is:"+canonical)
	}
	return key, nil
}

func splitACS3(credential string) (key string, signed []string, signature string) {
	for field := range strings.SplitSeq(credential, ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(field), "=")
		switch name {
		case "Credential":
			key = value
		case "SignedHeaders":
			signed = strings.Split(value, ";")
		case "Signature":
			signature = value
		}
	}
	return key, signed, signature
}

// canonicalRequestACS3 builds the request text as darabonba-openapi/v2 does: path as
// sent, query values percent-encoded, signed headers in the order they are listed.
func canonicalRequestACS3(r *http.Request, signed []string, payload string) string {
	path := r.URL.EscapedPath()
	if path == "" {
		path = "/"
	}
	var headers strings.Builder
	for _, name := range signed {
		headers.WriteString(name + ":" + signedHeaderValue(r, name) + "\n")
	}
	return strings.Join([]string{
		r.Method, percentFix(path), canonicalQueryACS3(r.URL.Query()),
		headers.String(), strings.Join(signed, ";"), payload,
	}, "\n")
}

func signedHeaderValue(r *http.Request, name string) string {
	if name == "host" {
		return r.Host
	}
	values := slices.Clone(r.Header.Values(name))
	for i, value := range values {
		values[i] = strings.TrimSpace(value)
	}
	slices.Sort(values)
	return strings.Join(values, ",")
}

func canonicalQueryACS3(query url.Values) string {
	var pairs []string
	for _, name := range slices.Sorted(maps.Keys(query)) {
		for _, value := range query[name] {
			pairs = append(pairs, name+"="+url.QueryEscape(value))
		}
	}
	return percentFix(strings.Join(pairs, "&"))
}

// percentFix turns Go's query escaping into RFC 3986 escaping.
func percentFix(s string) string {
	return strings.NewReplacer("+", "%20", "*", "%2A", "%7E", "~").Replace(s)
}

func signACS3(canonical, secret string) string {
	sum := sha256.Sum256([]byte(canonical))
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(algorithmACS3 + "\n" + hex.EncodeToString(sum[:])))
	return hex.EncodeToString(mac.Sum(nil))
}

func (v *Verifier) checkSkew(sent time.Time) *Refusal {
	if v.Wall().Sub(sent).Abs() > maxSkew {
		return refuse(CodeTimestampExpired)
	}
	return nil
}

// checkNonce refuses a nonce that was used before, in strict mode. A nonce is
// remembered for at least as long as its request's date could still be accepted:
// two generations are kept, each as long as the accepted range of dates.
func (v *Verifier) checkNonce(key, nonce string) *Refusal {
	if !v.Strict {
		return nil
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	if now := v.Wall(); v.nonces == nil || now.Sub(v.rotated) > 2*maxSkew {
		v.older, v.nonces, v.rotated = v.nonces, map[string]struct{}{}, now
	}
	id := key + "\n" + nonce
	_, used := v.nonces[id]
	_, usedBefore := v.older[id]
	if used || usedBefore {
		return refuse(CodeNonceUsed)
	}
	v.nonces[id] = struct{}{}
	return nil
}

func requireHeaders(header http.Header, names []string) *Refusal {
	for _, name := range names {
		if header.Get(name) == "" {
			return refuse(CodeMissingHeader, name)
		}
	}
	return nil
}

// strictHeadersACS are the headers that the documentation calls required, besides
// Authorization and Host, which every request has, and Content-Length.
func strictHeadersACS() []string {
	return []string{
		"Date", "Accept", "Content-Type", "Content-MD5", "x-acs-version", "x-acs-region-id",
		"x-acs-signature-nonce", "x-acs-signature-method", "x-acs-signature-version",
	}
}

// strictHeadersACS3 are their counterparts in the newer signature form, which the
// documentation of the older form does not describe.
func strictHeadersACS3() []string {
	return []string{
		"x-acs-date", "x-acs-content-sha256", "Accept", "x-acs-version", "x-acs-action",
		"x-acs-region-id", "x-acs-signature-nonce",
	}
}
