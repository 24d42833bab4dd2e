package fcclient

import (
	"time"

	"slipway/cloudapi"
	"slipway/internal/clientrt"
	"slipway/internal/loosejson"
)

// requestIDHeader is where every answer has its request ID.
const requestIDHeader = "X-Fc-Request-Id"

// api describes Function Compute to the runtime of clients.
func api() *clientrt.API {
	return &clientrt.API{
		Client:          "Function Compute",
		Decoder:         loosejson.Decoder{LocalTime: readTime},
		RequestIDHeader: requestIDHeader,
		SuccessByStatus: true,
		Reply:           readFailure,
		ClassOfCode:     classOfCode,
	}
}

// readTime reads the form of time that triggers have in samples of the reference; all others are RFC 3339.
func readTime(text string) (time.Time, error) {
	t, err := time.Parse("2006-01-02T15:04:05.000-0700", text)
	return t.UTC(), err
}

// failure is the body of an answer that is no success. The reference writes its members with a
// small letter and the service with a capital; both are read.
type failure struct {
	Code    string `json:"ErrorCode"`
	Message string `json:"ErrorMessage"`
}

// readFailure reads why a call has failed.
func readFailure(body *clientrt.Body) (clientrt.Reply, error) {
	var f failure
	err := body.Decode(&f)
	return clientrt.Reply{Code: f.Code, Message: f.Message}, err
}

// classOfCode is the class of a code that an operation answers with.
func classOfCode(_, code string, _ int) (cloudapi.Class, bool) {
	known, ok := LookupErrorCode(code)
	return known.Class, ok
}
