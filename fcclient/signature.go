package fcclient

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// Headers and query parameters of signatures.
const (
	// headerPrefix begins the names of the headers that are signed, in small letters.
	headerPrefix   = "x-fc-"
	accountHeader  = "X-Fc-Account-Id"
	tokenHeader    = "X-Fc-Security-Token"
	keyParam       = "x-fc-access-key-id"
	expiresParam   = "x-fc-expires"
	tokenParam     = "x-fc-security-token"
	signatureParam = "x-fc-signature"
	// triggerPath begins the paths of HTTP triggers, whose query is signed as well.
	triggerPath = "/" + APIVersion + "/proxy/"
)

// signed is the part of a request that a signature stands for.
type signed struct {
	method string
	header http.Header
	// date is the value of the header Date, or for a signed URL when it expires, in epoch seconds.
	date string
	// resource is the path without its escapes; for an HTTP trigger the query follows it.
	resource string
}

// text is the string to sign.
func (s signed) text() string {
	var headers []string
	for name, values := range s.header {
		name = strings.ToLower(name)
		if strings.HasPrefix(name, headerPrefix) && len(values) > 0 {
			headers = append(headers, name+":"+values[0]+"\n")
		}
	}
	slices.Sort(headers)
	return strings.Join([]string{
		s.method, s.header.Get("Content-Md5"), s.header.Get("Content-Type"), s.date, strings.Join(headers, "") + s.resource,
	}, "\n")
}

// signature signs the text.
func (s signed) signature(secret string) string {
	mac := hmac.New(sha256.New, []byte(secret))
	_, _ = mac.Write([]byte(s.text()))
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// resourceOf is what is signed of an address: the path, and for an HTTP trigger the parameters of
// the query, sorted, each on a line. A parameter without a value stands alone. Without parameters
// the path of a trigger still ends with a line feed.
func resourceOf(u *url.URL) string {
	if !strings.HasPrefix(u.Path, triggerPath) {
		return u.Path
	}
	return u.Path + "\n" + strings.Join(parametersOf(u.RawQuery), "\n")
}

// parametersOf takes a query apart. What cannot be unescaped is signed as it is sent.
func parametersOf(query string) []string {
	var pairs []string
	for part := range strings.SplitSeq(query, "&") {
		if part == "" {
			continue
		}
		if plain, err := url.QueryUnescape(part); err == nil {
			part = plain
		}
		pairs = append(pairs, part)
	}
	slices.Sort(pairs)
	return pairs
}
