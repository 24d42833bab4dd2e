package saesim

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"slipway/cloudapi"
	"slipway/internal/loosejson"
	"slipway/internal/simframe"
)

// envelope is what surrounds an answer's data (SAE API reference ch. 7).
type envelope struct {
	RequestID string `json:"RequestId"`
	TraceID   string `json:"TraceId,omitempty"`
	Message   string `json:"Message,omitempty"`
	Data      any    `json:"Data,omitempty"`
	ErrorCode string `json:"ErrorCode,omitempty"`
	Code      any    `json:"Code,omitempty"`
	Success   any    `json:"Success,omitempty"`
	// Only GetApplication answers this.
	Application any `json:"Application,omitempty"`
	// Only OpenSaeService and DescribeRegions answer these.
	OrderID string       `json:"OrderId,omitempty"`
	Regions *regionsData `json:"Regions,omitempty"`
	*paging
}

// paging repeats paging fields beside Data, as ListApplications does.
type paging struct {
	CurrentPage int `json:"CurrentPage"`
	TotalSize   int `json:"TotalSize"`
	PageSize    int `json:"PageSize"`
}

// reply is what a handler returns when its answer has more than data.
type reply struct {
	data      any
	errorCode string
	paging    *paging
	orderID   string
	regions   *regionsData
	// application takes the place of the data, and of Code and Success.
	application any
}

// Operations whose success answers differ from the usual envelope (SAE API
// reference ch. 8, 10, 11, 12).
func untraced() []string {
	return []string{opOpen, opRegions, "ListApplications", "ListAppEvents", "ListAppVersions", "RescaleApplication", "ListJobs", "ListApplicationsForSwimmingLane"}
}

// bare reports whether success answers carry neither Message, Code nor Success.
func bare(op cloudapi.Operation) bool { return op.Group == "scaling" || op.Name == opOpen }

// succeed makes the answer of a call that was carried out.
func succeed(op cloudapi.Operation, ids requestIDs, result any) simframe.Answer {
	full, isReply := result.(reply)
	if !isReply {
		full = reply{data: result}
	}
	e := envelope{RequestID: ids.request, Data: full.data, paging: full.paging, OrderID: full.orderID, Regions: full.regions}
	if !slices.Contains(untraced(), op.Name) {
		e.TraceID = ids.trace
	}
	if !bare(op) {
		e.Message, e.Code, e.Success, e.ErrorCode = "success", "200", true, full.errorCode
	}
	switch op.Name {
	case opGetApplication:
		e.Application, e.Code, e.Success = full.application, nil, nil
	case opSuspendTraffic, opResumeTraffic:
		e.Success = "true" // a text here alone
	}
	if op.Name == opRegions {
		e.Code, e.Success = http.StatusOK, nil // an integer here alone (ch. 10.2)
	}
	return encode(ids, op.Name+"Response", http.StatusOK, e)
}

// fail makes the answer of a call that was refused. No document shows one; this
// shape is a reading, and what the official SDK can decode.
func fail(ids requestIDs, refused *apiError) simframe.Answer {
	return encode(ids, "Error", refused.Status, envelope{
		RequestID: ids.request, TraceID: ids.trace, Message: refused.Message,
		Code: refused.Code, ErrorCode: refused.Code, Success: false,
	})
}

// encode is the one place where answers become bytes; root is the element that holds
// the answer in XML.
func encode(ids requestIDs, root string, status int, e envelope) simframe.Answer {
	text, err := loosejson.Encode(e)
	if err != nil {
		return simframe.Answer{Status: http.StatusInternalServerError}
	}
	if !ids.xml {
		return simframe.Answer{Status: status, Header: http.Header{"Content-Type": {contentJSON}}, Body: text}
	}
	text, err = toXML(root, text)
	if err != nil {
		return simframe.Answer{Status: http.StatusInternalServerError}
	}
	return simframe.Answer{Status: status, Header: http.Header{"Content-Type": {contentXML}}, Body: text}
}

// requestIDs name one request in its answer.
type requestIDs struct {
	request, trace string
	// xml tells that the caller wants the answer in XML.
	xml bool
}

func newRequestIDs(id string, xml bool) requestIDs {
	return requestIDs{request: strings.ToUpper(id), trace: strings.ReplaceAll(simframe.UUID(0, id), "-", "")[:30], xml: xml}
}

// gmt8 is the zone of times that the reference prints without one (reading).
func gmt8() *time.Location { return time.FixedZone("GMT+8", 8*60*60) }

// dateTime is the form of change order times.
func dateTime(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.In(gmt8()).Format(time.DateTime)
}

// millis is the form of instance, pipeline and rule times.
func millis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

// millisText is the form of version and application times.
func millisText(t time.Time) string { return strconv.FormatInt(millis(t), 10) }
