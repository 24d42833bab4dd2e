package fcsim

import (
	"maps"
	"net/http"
	"time"

	"slipway/internal/loosejson"
	"slipway/internal/simframe"
)

const contentJSON = "application/json"

// reply is what a handler returns: how the call went.
type reply struct {
	// status is the HTTP status; 0 means 200, or 204 where there is no body.
	status int
	// etag goes into the header of that name, if it is not empty.
	etag string
	// header are further headers.
	header http.Header
	// body becomes the JSON body; nil answers without one.
	body any
	// raw is a body that is no JSON of this API, of the type that header names.
	raw []byte
}

// errorBody is the body of a refusal. The document prints the names with a small letter; every
// client reads these.
type errorBody struct {
	Code    string `json:"ErrorCode"`
	Message string `json:"ErrorMessage"`
}

// succeed makes the answer of a call that was carried out. One without a body has no
// Content-Type: clients decode by that header.
func succeed(requestID string, r reply) simframe.Answer {
	a := simframe.Answer{Status: r.status, Header: http.Header{"X-Fc-Request-Id": {requestID}}, Body: r.raw}
	maps.Copy(a.Header, r.header)
	if r.etag != "" {
		a.Header.Set("ETag", r.etag)
	}
	if r.body != nil {
		text, err := loosejson.Encode(r.body)
		if err != nil {
			return fail(requestID, &apiError{Status: http.StatusInternalServerError, Code: codeInternal, Message: err.Error()})
		}
		a.Body = text
		a.Header.Set("Content-Type", contentJSON)
	}
	if len(a.Body) == 0 {
		a.Header.Del("Content-Type")
	}
	switch {
	case a.Status != 0:
	case a.Body == nil:
		a.Status = http.StatusNoContent
	default:
		a.Status = http.StatusOK
	}
	return a
}

// fail makes the answer of a call that was refused.
func fail(requestID string, refused *apiError) simframe.Answer {
	text, err := loosejson.Encode(errorBody{Code: refused.Code, Message: refused.Message})
	if err != nil {
		text = nil // two texts can always be encoded
	}
	return simframe.Answer{
		Status: refused.Status, Body: text,
		Header: http.Header{"X-Fc-Request-Id": {requestID}, "Content-Type": {contentJSON}},
	}
}

// stamp is the form of times in answers: UTC, to the second.
func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05Z") }
