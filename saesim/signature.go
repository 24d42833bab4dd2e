package saesim

import (
	"crypto/hmac"
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"
)

const (
	apiVersion = "2019-05-06"
	// maxSkew is how far a request's date may be from the server's clock
	// (SAE API reference ch. 7).
	maxSkew = 15 * time.Minute

	algorithmACS3 = "ACS3-HMAC-SHA256"
	schemeACS     = "acs"
)

// A verifier decides whether a request was signed by somebody the simulator knows.
// It accepts the signature of the SAE API reference (ch. 6: "acs", HMAC-SHA1) and
// the one that the present official SDK core sends (ACS3-HMAC-SHA256).
type verifier struct {
	keys   map[string]string
	region string
	strict bool
	wall   func() time.Time

	mu            sync.Mutex
	nonces, older map[string]struct{}
	rotated       time.Time
}

// verify returns nil when the request is authentic, and the refusal otherwise.
func (v *verifier) verify(r *http.Request, body []byte) *apiError {
	auth := r.Header.Get("Authorization")
	scheme, rest, _ := strings.Cut(auth, " ")
	var key string
	var refused *apiError
	switch {
	case auth == "":
		return refuse(codeMissingHeader, "Authorization")
	case strings.EqualFold(scheme, schemeACS):
		key, refused = v.verifyACS(r, body, rest)
	case scheme == algorithmACS3:
		key, refused = v.verifyACS3(r, body, rest)
	default:
		return refuse(codeIncompleteSignature, "Authorization must begin with acs or "+algorithmACS3+".")
	}
	if refused != nil {
		return refused
	}
	if refused := v.checkCommonHeaders(r.Header); refused != nil {
		return refused
	}
	if v.strict && r.ContentLength < 0 {
		return refuse(codeMissingHeader, "Content-Length")
	}
	return v.checkNonce(key, r.Header.Get("X-Acs-Signature-Nonce"))
}

// verifyACS checks "acs AccessKeyId:Signature" and returns the access key ID.
func (v *verifier) verifyACS(r *http.Request, body []byte, credential string) (string, *apiError) {
	key, signature, found := strings.Cut(credential, ":")
	if !found || key == "" || signature == "" {
		return "", refuse(codeIncompleteSignature, "Authorization must be acs AccessKeyId:Signature.")
	}
	if v.strict {
		if refused := requireHeaders(r.Header, strictHeadersACS()); refused != nil {
			return "", refused
		}
	}
	date := r.Header.Get("Date")
	if date == "" {
		return "", refuse(codeMissingHeader, "Date")
	}
	sent, err := http.ParseTime(date)
	if err != nil {
		return "", refuse(codeTimestampFormat)
	}
	if refused := v.checkSkew(sent); refused != nil {
		return "", refused
	}
	for name, value := range map[string]string{"x-acs-signature-method": "HMAC-SHA1", "x-acs-signature-version": "1.0"} {
		if sent := r.Header.Get(name); sent != "" && sent != value {
			return "", refuse(codeIncompleteSignature, name+" must be "+value+".")
		}
	}
	secret, known := v.keys[key]
	if !known {
		return "", refuse(codeKeyNotFound)
	}
	if sum := r.Header.Get("Content-Md5"); sum != "" && sum != contentMD5(body) {
		return "", refuse(codeContentMD5)
	}
	text := stringToSignACS(r.Method, r.URL, r.Header)
	if !hmac.Equal([]byte(signACS(text, secret)), []byte(signature)) {
		return "", refuse(codeSignatureMismatch, "server string to sign is:"+text)
	}
	return key, nil
}

// stringToSignACS builds the string of SAE API reference ch. 6. Query values enter
// it decoded, an empty one as the bare name; body fields only through Content-MD5.
func stringToSignACS(method string, target *url.URL, header http.Header) string {
	var b strings.Builder
	for _, part := range []string{
		method, header.Get("Accept"), header.Get("Content-Md5"), header.Get("Content-Type"), header.Get("Date"),
	} {
		b.WriteString(part)
		b.WriteByte('\n')
	}
	for _, name := range acsHeaderNames(header) {
		b.WriteString(name + ":" + strings.TrimSpace(header.Get(name)) + "\n")
	}
	b.WriteString(target.Path)
	separator := "?"
	query := target.Query()
	for _, name := range sortedKeys(query) {
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

func signACS(text, secret string) string {
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
func (v *verifier) verifyACS3(r *http.Request, body []byte, credential string) (string, *apiError) {
	key, signed, signature := splitACS3(credential)
	if key == "" || len(signed) == 0 || signature == "" {
		return "", refuse(codeIncompleteSignature, "Authorization must name Credential, SignedHeaders and Signature.")
	}
	required := []string{"x-acs-date", "x-acs-content-sha256"}
	if v.strict {
		required = strictHeadersACS3()
	}
	if refused := requireHeaders(r.Header, required); refused != nil {
		return "", refused
	}
	sent, err := time.Parse("2006-01-02T15:04:05Z", r.Header.Get("X-Acs-Date"))
	if err != nil {
		return "", refuse(codeTimestampFormat)
	}
	if refused := v.checkSkew(sent); refused != nil {
		return "", refused
	}
	secret, known := v.keys[key]
	if !known {
		return "", refuse(codeKeyNotFound)
	}
	for _, name := range append(acsHeaderNames(r.Header), "host") {
		if !slices.Contains(signed, name) {
			return "", refuse(codeIncompleteSignature, "header "+name+" must be signed.")
		}
	}
	sum := sha256.Sum256(body)
	payload := hex.EncodeToString(sum[:])
	if r.Header.Get("X-Acs-Content-Sha256") != payload {
		return "", refuse(codeContentHash)
	}
	canonical := canonicalRequestACS3(r, signed, payload)
	if !hmac.Equal([]byte(signACS3(canonical, secret)), []byte(strings.ToLower(signature))) {
		return "", refuse(codeSignatureMismatch, "server CanonicalRequest is:"+canonical)
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
	for _, name := range sortedKeys(query) {
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

func (v *verifier) checkSkew(sent time.Time) *apiError {
	if v.wall().Sub(sent).Abs() > maxSkew {
		return refuse(codeTimestampExpired)
	}
	return nil
}

// checkCommonHeaders checks what both signature forms share.
func (v *verifier) checkCommonHeaders(header http.Header) *apiError {
	if version := header.Get("X-Acs-Version"); version != "" && version != apiVersion {
		return refuse(codeVersionInvalid)
	}
	if region := header.Get("X-Acs-Region-Id"); region != "" && region != v.region {
		return refuse(codeRegionUnsupported, region)
	}
	if _, named := acceptedForm(header); v.strict && !named {
		return refuse(codeMissingHeader, "Accept")
	}
	return nil
}

// checkNonce refuses a nonce that was used before, in strict mode. A nonce is
// remembered for at least as long as its request's date could still be accepted:
// two generations are kept, each as long as the accepted range of dates.
func (v *verifier) checkNonce(key, nonce string) *apiError {
	if !v.strict {
		return nil
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	if now := v.wall(); v.nonces == nil || now.Sub(v.rotated) > 2*maxSkew {
		v.older, v.nonces, v.rotated = v.nonces, map[string]struct{}{}, now
	}
	id := key + "\n" + nonce
	_, used := v.nonces[id]
	_, usedBefore := v.older[id]
	if used || usedBefore {
		return refuse(codeNonceUsed)
	}
	v.nonces[id] = struct{}{}
	return nil
}

func requireHeaders(header http.Header, names []string) *apiError {
	for _, name := range names {
		if header.Get(name) == "" {
			return refuse(codeMissingHeader, name)
		}
	}
	return nil
}

// strictHeadersACS are the headers that chapters 6 and 7 call required, besides
// Authorization and Host, which every request has, and Content-Length.
func strictHeadersACS() []string {
	return []string{
		"Date", "Accept", "Content-Type", "Content-MD5", "x-acs-version", "x-acs-region-id",
		"x-acs-signature-nonce", "x-acs-signature-method", "x-acs-signature-version",
	}
}

// strictHeadersACS3 are their counterparts in the newer signature form, which the
// SAE reference does not describe.
func strictHeadersACS3() []string {
	return []string{
		"x-acs-date", "x-acs-content-sha256", "Accept", "x-acs-version", "x-acs-action",
		"x-acs-region-id", "x-acs-signature-nonce",
	}
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for key := range m {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}
