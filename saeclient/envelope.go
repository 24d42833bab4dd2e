package saeclient

import (
	"net/http"
	"strconv"
	"strings"

	"slipway/cloudapi"
	"slipway/internal/clientrt"
	"slipway/internal/loosejson"
)

// api describes SAE to the runtime of clients.
func api() *clientrt.API {
	return &clientrt.API{
		Client:          "SAE",
		Decoder:         loosejson.Decoder{LocalTime: ParseLocalTime},
		RequestIDHeader: "x-acs-request-id",
		Reply:           readEnvelope,
		ClassOfCode:     classOfAnswer,
		Correct:         asRead,
	}
}

// envelope is what all answers have in common (SAE API reference ch. 7). Operations leave out
// different parts of it.
type envelope struct {
	RequestID string `json:"RequestId"`
	Code      string `json:"Code"`
	ErrorCode string `json:"ErrorCode"`
	Message   string `json:"Message"`
	Success   *bool  `json:"Success"`
}

// readEnvelope reads what every answer has beside its data.
func readEnvelope(body *clientrt.Body) (clientrt.Reply, error) {
	var env envelope
	if err := body.Decode(&env); err != nil {
		return clientrt.Reply{RequestID: env.RequestID, Code: env.code(), Message: env.Message}, err
	}
	return clientrt.Reply{RequestID: env.RequestID, Code: env.code(), Message: env.Message, Success: env.succeeded()}, nil
}

// succeeded decides by Success where there is one. Where there is none (scaling operations,
// OpenSaeService, DescribeRegions) the answer is a success unless its code says otherwise.
func (env *envelope) succeeded() bool {
	if env.Success != nil {
		return *env.Success
	}
	code := env.code()
	if n, err := strconv.Atoi(code); err == nil {
		return n < http.StatusMultipleChoices
	}
	return code == "" || strings.EqualFold(code, "success")
}

// code is the error code: the first of ErrorCode, Code and Message that is a known code, else
// the first of ErrorCode and Code that is not just a number or the word success, else the
// number.
func (env *envelope) code() string {
	for _, c := range []string{env.ErrorCode, env.Code, env.Message} {
		if _, known := classOfCode(c); known {
			return c
		}
	}
	for _, c := range []string{env.ErrorCode, env.Code} {
		if _, err := strconv.Atoi(c); err != nil && c != "" && !strings.EqualFold(c, "success") {
			return c
		}
	}
	return env.Code
}

// classOfAnswer is the class of a code that an operation answers with. For what does not exist,
// operations that describe one thing by its ID alone have a code that means a wrong parameter
// elsewhere.
func classOfAnswer(operation, code string, _ int) (cloudapi.Class, bool) {
	switch operation {
	case "DescribeGreyTagRoute", "DescribeIngress":
		if code == "InvalidParameter.WithMessage" || code == "InvalidParameter.Obviously" {
			return cloudapi.ErrNotFound, true
		}
	}
	return classOfCode(code)
}

// classOfCode is the class of a code that the reference documents, or that Alibaba Cloud's API
// gateway, which stands in front of every product, answers with.
func classOfCode(code string) (cloudapi.Class, bool) {
	if known, ok := LookupErrorCode(code); ok {
		return known.Class, true
	}
	switch code {
	case "SignatureDoesNotMatch", "IncompleteSignature", "NoPermission", "InvalidTimeStamp.Expired",
		"InvalidTimeStamp.Format", "MissingSecurityToken", "MissingAccessKeyId":
		return cloudapi.ErrAuth, true
	case "InvalidApi.NotFound", "InvalidAction.NotFound", "InvalidProduct.NotFound", "InvalidVersion",
		"InvalidProtocol.NeedSsl":
		return cloudapi.ErrInvalid, true
	case "SignatureNonceUsed":
		// Every request has its own nonce: the gateway has seen this request before, so
		// something on the way sent it twice.
		return cloudapi.ErrAmbiguous, true
	}
	kind, _, _ := strings.Cut(code, ".")
	switch kind {
	case "Throttling":
		return cloudapi.ErrThrottled, true
	case "InvalidAccessKeyId", "InvalidSecurityToken", "Forbidden":
		return cloudapi.ErrAuth, true
	}
	return "", false
}

// asRead changes a rule of the reference where it contradicts itself: new namespaces may have
// hyphens in their ID, as the reference's own samples have.
func asRead(op cloudapi.Operation, p cloudapi.Param) cloudapi.Param {
	if op.Name == "CreateNamespace" && p.Name == "NamespaceId" {
		p.Pattern = `^[a-z0-9-]+:[a-z0-9-]+$`
	}
	return p
}
