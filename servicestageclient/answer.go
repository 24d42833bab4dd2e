package servicestageclient

import (
	"cmp"
	"encoding/json"
	"net/http"
	"time"

	"slipway/cloudapi"
	"slipway/internal/clientrt"
	"slipway/internal/loosejson"
)

// product is how errors call the platform.
const product = "ServiceStage"

// requestIDHeader is where answers of the gateway have their request ID.
const requestIDHeader = "X-Request-Id"

// API describes ServiceStage to the runtime of clients, for the packages below this one; of no use to others.
func API() *clientrt.API { return api() }

func api() *clientrt.API {
	return &clientrt.API{
		Client:          product,
		Decoder:         decoder(),
		RequestIDHeader: requestIDHeader,
		SuccessByStatus: true,
		Reply:           readFailure,
		ClassOfCode:     classOfCode,
	}
}

// decoder reads answers. Samples of the reference have one thing where its tables have a list of them, and the reverse.
func decoder() loosejson.Decoder { return loosejson.Decoder{Singles: true, LocalTime: readTime} }

// readTime reads the form of time that runs of declared resources have, without a zone. It is taken for UTC.
func readTime(text string) (time.Time, error) { return time.Parse(time.DateTime, text) }

// failure is the body of an answer that is no success, in the spellings of the parts of the API.
type failure struct {
	// Of applications and of Git.
	ErrorCode string `json:"error_code"`
	ErrorMsg  string `json:"error_msg"`
	// Of engines: these, or with a capital in the middle, as the registry has them.
	ErrorMessage string `json:"error_message"`
	CamelCode    string `json:"errorCode"`
	CamelMessage string `json:"errorMessage"`
	Detail       string `json:"detail"`
	// Of what stands in front of the API, and of IAM.
	Code      string `json:"code"`
	Message   string `json:"message"`
	RequestID string `json:"request_id"`
	// Error is a failure inside of the failure, or a text.
	Error any `json:"error"`
}

// readFailure reads why a call has failed.
func readFailure(body *clientrt.Body) (clientrt.Reply, error) {
	var f failure
	if err := body.Decode(&f); err != nil {
		return clientrt.Reply{}, err
	}
	reply := f.reply()
	switch inner := f.Error.(type) {
	case map[string]any:
		var in failure
		if err := decoder().Assign(&in, inner); err != nil {
			return reply, err
		}
		of := in.reply()
		reply.Code, reply.Message = cmp.Or(reply.Code, of.Code), cmp.Or(reply.Message, of.Message)
	case string:
		reply.Message = cmp.Or(reply.Message, inner)
	}
	return reply, nil
}

// reply reads a failure in any of its spellings.
func (f failure) reply() clientrt.Reply {
	message := cmp.Or(f.ErrorMsg, f.ErrorMessage, f.CamelMessage, f.Message)
	switch {
	case message == "":
		message = f.Detail
	case f.Detail != "" && f.Detail != message:
		message += ": " + f.Detail
	}
	return clientrt.Reply{Code: cmp.Or(f.ErrorCode, f.CamelCode, f.Code), Message: message, RequestID: f.RequestID}
}

// classOfCode is the class of a code that an operation answers with. One code says under status 401 that a thing is not
// there, and under 409 that an application is not empty.
func classOfCode(_, code string, status int) (cloudapi.Class, bool) {
	if code == CodeNotFoundV3 && status == http.StatusUnauthorized {
		return cloudapi.ErrNotFound, true
	}
	known, ok := LookupErrorCode(code)
	return known.Class, ok
}

// Wire gives a part of a request or an answer as it travels, secrets and unknown members
// included: for what is to be put back as it was read, by [Client.Call], and for tests that answer
// in the place of the service. It is not for logs.
func Wire(v any) json.Marshaler { return clientrt.Wire(v) }
