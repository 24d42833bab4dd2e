package acs

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Codes of Function Compute's refusals of requests that are not authentic. Spelling is Alibaba Cloud's own.
const (
	CodeFCMissingHeader     = "MissingRequiredHeader"
	CodeFCAccessDenied      = "AccessDenied"
	CodeFCKeyNotFound       = "InvalidAccessKeyID"
	CodeFCSignatureMismatch = "SignatureNotMatch"
)

const (
	schemeFC = "FC"
	// prefixFCTrigger is where calls of HTTP triggers live. Their parameters are part of what is
	// signed; those of other calls are not.
	prefixFCTrigger = "/2016-08-15/proxy/"

	// Parameters of a signed URL.
	queryKey       = "x-fc-access-key-id"
	queryExpires   = "x-fc-expires"
	querySignature = "x-fc-signature"
	queryToken     = "x-fc-security-token"
)

// An FCVerifier decides whether a request was signed for Function Compute, API 2016-08-15: in the
// header Authorization, or as a signed URL. It keeps nothing, and is safe for concurrent use.
type FCVerifier struct {
	// Keys maps access key IDs to their secrets.
	Keys map[string]string
	// Tokens maps the access key IDs that are temporary to their security tokens.
	Tokens map[string]string
	// Wall is the real time, against which the age of a request is judged.
	Wall func() time.Time
}

// fcClaim is what a request says of itself: who signed it, when or until when, and how.
type fcClaim struct {
	key, token, moment, signature string
	url                           bool
}

// Verify returns nil when the request is authentic, and the refusal otherwise. The header
// Content-MD5 is signed as a text and not held against the body: each client encodes it in its own
// way.
func (v *FCVerifier) Verify(r *http.Request) *Refusal {
	claim, refused := v.claim(r)
	if refused != nil {
		return refused
	}
	secret, known := v.Keys[claim.key]
	if !known {
		return refuse(CodeFCKeyNotFound, claim.key)
	}
	if token := v.Tokens[claim.key]; token != claim.token {
		return refuse(CodeFCAccessDenied, "the security token does not belong to the access key")
	}
	for _, resource := range fcResources(r, claim) {
		if hmac.Equal([]byte(FCSignature(fcStringToSign(r, claim, resource), secret)), []byte(claim.signature)) {
			return nil
		}
	}
	return refuse(CodeFCSignatureMismatch)
}

// claim reads what a request says of itself, and refuses one whose time has passed.
func (v *FCVerifier) claim(r *http.Request) (fcClaim, *Refusal) {
	if query := r.URL.Query(); r.Header.Get("Authorization") == "" && query.Get(querySignature) != "" {
		claim := fcClaim{
			key: query.Get(queryKey), token: query.Get(queryToken), moment: query.Get(queryExpires),
			signature: query.Get(querySignature), url: true,
		}
		expires, err := strconv.ParseInt(claim.moment, 10, 64)
		if err != nil || v.Wall().After(time.Unix(expires, 0)) {
			return fcClaim{}, refuse(CodeFCAccessDenied, "the signed URL has expired, or "+queryExpires+" is not a time in seconds")
		}
		return claim, nil
	}
	scheme, credential, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	key, signature, found := strings.Cut(credential, ":")
	if scheme != schemeFC || !found || key == "" || signature == "" {
		return fcClaim{}, refuse(CodeFCAccessDenied, "the header Authorization must be FC accessKeyId:signature")
	}
	date := r.Header.Get("Date")
	if date == "" {
		return fcClaim{}, refuse(CodeFCMissingHeader, "Date")
	}
	if sent, err := http.ParseTime(date); err != nil || v.Wall().Sub(sent).Abs() > maxSkew {
		return fcClaim{}, refuse(CodeFCAccessDenied, "the header Date must be a time of RFC 1123 in GMT, at most "+maxSkew.String()+" from the server's")
	}
	return fcClaim{key: key, token: r.Header.Get("X-Fc-Security-Token"), moment: date, signature: signature}, nil
}

// fcResources are the ways in which clients sign what a request is sent to: the path decoded or as it is on the wire,
// and behind it the parameters, where they are signed.
func fcResources(r *http.Request, claim fcClaim) []string {
	var resources []string
	for _, path := range []string{r.URL.Path, r.URL.EscapedPath()} {
		if !claim.url && !strings.HasPrefix(r.URL.Path, prefixFCTrigger) {
			resources = append(resources, path)
			continue
		}
		for _, parameters := range fcParameters(r.URL.RawQuery) {
			resources = append(resources, path+"\n"+strings.Join(parameters, "\n"))
		}
	}
	return resources
}

// fcStringToSign builds the text that was signed for a resource as it is given.
func fcStringToSign(r *http.Request, claim fcClaim, resource string) string {
	var b strings.Builder
	for _, part := range []string{r.Method, r.Header.Get("Content-Md5"), r.Header.Get("Content-Type"), claim.moment} {
		b.WriteString(part + "\n")
	}
	for _, name := range fcHeaderNames(r.Header) {
		b.WriteString(name + ":" + r.Header.Get(name) + "\n")
	}
	b.WriteString(resource)
	return b.String()
}

// fcHeaderNames returns the lower-case names of the x-fc-* headers, sorted.
func fcHeaderNames(header http.Header) []string {
	var names []string
	for name := range header {
		if lower := strings.ToLower(name); strings.HasPrefix(lower, "x-fc-") {
			names = append(names, lower)
		}
	}
	slices.Sort(names)
	return names
}

// fcParameters returns the decoded parameters but for the signature as name=value, sorted as whole texts. Clients differ
// in those without a value: as they are on the wire, as the bare name, or with the equals sign.
func fcParameters(query string) [][]string {
	var wire, bare, equals []string
	for part := range strings.SplitSeq(query, "&") {
		if plain, err := url.QueryUnescape(part); err == nil {
			part = plain
		}
		name, value, _ := strings.Cut(part, "=")
		switch {
		case part == "" || name == querySignature:
			continue
		case value == "":
			bare, equals = append(bare, name), append(equals, name+"=")
		default:
			bare, equals = append(bare, part), append(equals, part)
		}
		wire = append(wire, part)
	}
	forms := [][]string{wire, bare, equals}
	for _, form := range forms {
		slices.Sort(form)
	}
	return forms
}

// FCSignature signs a text as Function Compute wants it: base64 of HMAC-SHA256.
func FCSignature(text, secret string) string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(text))
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}
