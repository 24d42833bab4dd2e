package acs

import "net/http"

// A Refusal says why a request is not authentic.
type Refusal struct {
	// Code is the error code; Describe tells how the gateway words it.
	Code string
	// Detail fills the template of the code, if it has a place for it.
	Detail string
}

// Codes of refusals. They belong to the gateway in front of every product; spelling is Alibaba Cloud's own.
const (
	CodeMissingHeader       = "MissingParameter"
	CodeVersionInvalid      = "InvalidVersion"
	CodeKeyNotFound         = "InvalidAccessKeyId.NotFound"
	CodeSignatureMismatch   = "SignatureDoesNotMatch"
	CodeIncompleteSignature = "IncompleteSignature"
	CodeTimestampExpired    = "InvalidTimeStamp.Expired"
	CodeTimestampFormat     = "InvalidTimeStamp.Format"
	CodeNonceUsed           = "SignatureNonceUsed"
	CodeContentMD5          = "ContentMD5NotMatched"
	CodeContentHash         = "ContentSha256NotMatched"
)

// Describe returns the HTTP status and the message template of a code of this package, false for another.
func Describe(code string) (status int, template string, known bool) {
	switch code {
	case CodeMissingHeader:
		return http.StatusBadRequest, "The input parameter %s that is mandatory for processing this request is not supplied.", true
	case CodeVersionInvalid:
		return http.StatusBadRequest, "Specified parameter Version is not valid.", true
	case CodeKeyNotFound:
		return http.StatusNotFound, "Specified access key is not found.", true
	case CodeSignatureMismatch:
		return http.StatusBadRequest, "Specified signature is not matched with our calculation. %s", true
	case CodeIncompleteSignature:
		return http.StatusBadRequest, "The request signature does not conform to Aliyun standards: %s", true
	case CodeTimestampExpired:
		return http.StatusBadRequest, "Specified time stamp or date value is expired.", true
	case CodeTimestampFormat:
		return http.StatusBadRequest, "Specified time stamp or date value is not well formatted.", true
	case CodeNonceUsed:
		return http.StatusBadRequest, "Specified signature nonce was used already.", true
	case CodeContentMD5:
		return http.StatusBadRequest, "Content-MD5 does not match the request body.", true
	case CodeContentHash:
		return http.StatusBadRequest, "x-acs-content-sha256 does not match the request body.", true
	}
	return 0, "", false
}

// refuse makes a refusal; detail is at most one text.
func refuse(code string, detail ...string) *Refusal {
	r := &Refusal{Code: code}
	for _, text := range detail {
		r.Detail = text
	}
	return r
}
