package servicestagesim

import (
	"maps"
	"net/http"
	"time"

	"slipway/internal/loosejson"
	"slipway/internal/simframe"
)

const contentJSON = "application/json;charset=utf-8"

// reply is what a handler returns: how the call went.
type reply struct {
	// status is the HTTP status; 0 means 200, or 204 where there is no body.
	status int
	// header are headers beside those of every answer.
	header http.Header
	// body becomes the JSON body; nil answers without one.
	body any
	// raw is a body that is no JSON, of the type that header names.
	raw []byte
}

// errorBody is the body of a refusal [3.3].
type errorBody struct {
	Code    string `json:"error_code"`
	Message string `json:"error_msg"`
}

// succeed makes the answer of a call that was carried out.
func succeed(c *call, r reply) simframe.Answer {
	a := simframe.Answer{Status: r.status, Header: http.Header{"X-Request-Id": {c.requestID}}, Body: r.raw}
	maps.Copy(a.Header, r.header)
	if r.body != nil {
		text, err := loosejson.Encode(r.body)
		if err != nil {
			return fail(c, refuse(codeInternal, err.Error()))
		}
		a.Body = text
		a.Header.Set("Content-Type", contentJSON)
	}
	switch {
	case a.Status != 0:
	case len(a.Body) == 0:
		a.Status = http.StatusNoContent
	default:
		a.Status = http.StatusOK
	}
	return a
}

// fail makes the answer of a call that was refused.
func fail(c *call, refused *apiError) simframe.Answer {
	var body any = errorBody{Code: refused.Code, Message: refused.Message}
	if c.op != nil {
		body = errorForm(c.op, refused)
	}
	text, err := loosejson.Encode(body)
	if err != nil {
		text = nil // texts can always be encoded
	}
	return simframe.Answer{
		Status: refused.Status, Body: text,
		Header: http.Header{"X-Request-Id": {c.requestID}, "Content-Type": {contentJSON}},
	}
}

// errorForm is the body of a refusal in the form that its operation has.
func errorForm(op *operation, refused *apiError) any {
	if op.Group == groupIAM {
		return map[string]any{"error": map[string]any{
			"code": refused.Status, "message": refused.Message, "title": http.StatusText(refused.Status),
		}}
	}
	return groupOf(op.Path).errorBody(refused)
}

// millis is the form of creation times and the like: milliseconds since 1970.
func millis(t time.Time) int64 { return t.UnixMilli() }

// stamp is the form of the times of jobs, tasks and records: ISO 8601 in UTC, to the millisecond.
func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02T15:04:05.000Z")
}
