// Package huaweisign is the signature SDK-HMAC-SHA256 of Huawei Cloud's APIs, from both sides: clients
// sign requests ([Sign]), and simulators verify them ([Verifier]).
//
// A signature stands for the method, the path with a slash at its end, the query, the headers that
// the request names as signed, and the body. The key is the secret itself. Which headers are signed is
// the caller's choice: the vendor's Go client signs the user agent and those that begin with X-, the
// API reference Content-Type, Host and X-Sdk-Date. Sources: ServiceStage API reference ch. 3.2;
// huaweicloud-sdk-go-v3 0.1.207, with whose signatures a test compares.
package huaweisign

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// What a signed request holds.
const (
	// Algorithm is the first word of the header Authorization.
	Algorithm = "SDK-HMAC-SHA256"
	// DateHeader has the time of signing in UTC, in the form of DateFormat.
	DateHeader = "X-Sdk-Date"
	DateFormat = "20060102T150405Z"
	// ContentHeader has the hash of the body, or UnsignedPayload where the body is not signed. It may be
	// absent.
	ContentHeader   = "X-Sdk-Content-Sha256"
	UnsignedPayload = "UNSIGNED-PAYLOAD"
)

// Keys are an access key pair.
type Keys struct {
	// ID is the access key, Secret the secret key.
	ID, Secret string
}

// Sign signs a request with its body at a time: Host, and all headers that begin with X- and are set by then. A
// body that is not JSON is not signed, as the vendor's client does.
func Sign(req *http.Request, body []byte, keys Keys, at time.Time) {
	req.Header.Set(DateHeader, at.UTC().Format(DateFormat))
	if contentType := req.Header.Get("Content-Type"); len(body) > 0 && !strings.HasPrefix(contentType, "application/json") {
		req.Header.Set(ContentHeader, UnsignedPayload)
	}
	signed := []string{"host"}
	for name := range req.Header {
		if name = strings.ToLower(name); strings.HasPrefix(name, "x-") && !strings.Contains(name, "_") {
			signed = append(signed, name)
		}
	}
	slices.Sort(signed)
	claim := Claim{Access: keys.ID, Signed: signed}
	claim.Signature = Signature(keys.Secret, StringToSign(Canonical(req, signed, body), req.Header.Get(DateHeader)))
	req.Header.Set("Authorization", claim.String())
}

// Canonical is the canonical form of a request, with the headers that are signed, in small letters, in the order in which
// they are named.
func Canonical(req *http.Request, signed []string, body []byte) string {
	var b strings.Builder
	b.WriteString(req.Method + "\n" + canonicalPath(req.URL.EscapedPath()) + "\n" + canonicalQuery(req.URL.RawQuery) + "\n")
	for _, name := range signed {
		b.WriteString(name + ":" + headerValue(req, name) + "\n")
	}
	b.WriteString("\n" + strings.Join(signed, ";") + "\n")
	hash := req.Header.Get(ContentHeader)
	if hash == "" {
		hash = HashOf(body)
	}
	b.WriteString(hash)
	return b.String()
}

// HashOf is the hash of a body, hexadecimal.
func HashOf(body []byte) string {
	sum := sha256.Sum256(body)
	return hex.EncodeToString(sum[:])
}

// StringToSign is what is signed of a canonical request.
func StringToSign(canonical, date string) string {
	return Algorithm + "\n" + date + "\n" + HashOf([]byte(canonical))
}

// Signature signs a text, hexadecimal.
func Signature(secret, text string) string {
	mac := hmac.New(sha256.New, []byte(secret))
	_, _ = mac.Write([]byte(text))
	return hex.EncodeToString(mac.Sum(nil))
}

// headerValue is the value of a header as it is signed.
func headerValue(req *http.Request, name string) string {
	if strings.EqualFold(name, "host") {
		if req.Host == "" {
			return req.URL.Host
		}
		return req.Host
	}
	var values []string
	for _, value := range req.Header.Values(name) {
		values = append(values, strings.TrimSpace(value))
	}
	return strings.Join(values, ",")
}

// canonicalPath escapes every segment of a path, and ends it with a slash.
func canonicalPath(escaped string) string {
	segments := strings.Split(escaped, "/")
	for i, segment := range segments {
		if plain, err := url.PathUnescape(segment); err == nil {
			segment = plain
		}
		segments[i] = escape(segment)
	}
	path := strings.Join(segments, "/")
	if !strings.HasSuffix(path, "/") {
		path += "/"
	}
	return path
}

// canonicalQuery escapes the parameters of a query, and sorts them by their names, then by their values.
func canonicalQuery(query string) string {
	type pair struct{ name, value string }
	var pairs []pair
	for part := range strings.SplitSeq(query, "&") {
		if part == "" {
			continue
		}
		name, value, _ := strings.Cut(part, "=")
		pairs = append(pairs, pair{unescape(name), unescape(value)})
	}
	slices.SortFunc(pairs, func(a, b pair) int {
		if byName := strings.Compare(a.name, b.name); byName != 0 {
			return byName
		}
		return strings.Compare(a.value, b.value)
	})
	var b bytes.Buffer
	for i, p := range pairs {
		if i > 0 {
			b.WriteByte('&')
		}
		b.WriteString(escape(p.name) + "=" + escape(p.value))
	}
	return b.String()
}

// unescape reads a part of a query; what is no escape stays as it is.
func unescape(text string) string {
	if plain, err := url.QueryUnescape(text); err == nil {
		return plain
	}
	return text
}

// escape is RFC 3986: letters, digits and -_.~ stay.
func escape(text string) string { return strings.ReplaceAll(url.QueryEscape(text), "+", "%20") }
