package servicestagesim

import (
	"net/http"
	"strings"

	"slipway/internal/simframe"
)

// An apiError is a refusal as the API words it.
type apiError = simframe.APIError

// Codes of refusals. Spelling is Huawei Cloud's own.
const (
	codeInvalid           = "SVCSTG.00100400"
	codeNotEmpty          = "SVCSTG.00100401"
	codeNoApplication     = "SVCSTG.00100403"
	codeNoComponent       = "SVCSTG.00100404"
	codeNotFound          = "SVCSTG.00100408"
	codeNoEnvironment     = "SVCSTG.00100411"
	codeNameExists        = "SVCSTG.00100413"
	codeNoAction          = "SVCSTG.00100418"
	codeWrongStatus       = "SVCSTG.00100419"
	codeNoRuntime         = "SVCSTG.00100420"
	codeNoResource        = "SVCSTG.00100422"
	codeEnvironmentInUse  = "SVCSTG.00100426"
	codePermission        = "SVCSTG.00100427"
	codeNoJob             = "SVCSTG.00100429"
	codeReleasing         = "SVCSTG.00100432"
	codeNoSnapshot        = "SVCSTG.00100436"
	codeVersionUsed       = "SVCSTG.00100441"
	codeEnvironmentExists = "SVCSTG.00100449"
	codeInternal          = "SVCSTG.00100500"

	// codeApplicationExists is in no list of the reference, but in the vendor's questions and answers.
	codeApplicationExists = "SVCSTG.00100458"

	// What the gateway in front of the service refuses. The reference does not list its codes.
	codeUnauthorized = "APIGW.0301"
	codeForbidden    = "APIGW.0302"
	codeNoSuchAPI    = "APIGW.0101"
	codeTooLarge     = "APIGW.0201"
	codeThrottled    = "APIGW.0308"
)

// describeCode returns the HTTP status and the text of a code: as the client's catalogue has them; and what no public
// document gives, which is a choice of this simulator that the README names.
func describeCode(code string) (status int, text string) {
	switch code {
	case codeApplicationExists:
		return http.StatusBadRequest, "application name is already used"
	case codeUnauthorized:
		return http.StatusUnauthorized, "Incorrect IAM authentication information"
	case codeForbidden:
		return http.StatusForbidden, "The user is not authorized to call the API"
	case codeNoSuchAPI:
		return http.StatusNotFound, "The API does not exist"
	case codeThrottled:
		return http.StatusTooManyRequests, "The throttling threshold has been reached"
	case codeTooLarge:
		return http.StatusRequestEntityTooLarge, "The request is too large"
	}
	if status, text, found := documentedError(code); found {
		return status, text
	}
	return http.StatusBadRequest, "refused"
}

// refuse makes a refusal: the text of the code, and what is the matter here.
func refuse(code, detail string) *apiError {
	status, text := describeCode(code)
	if detail != "" {
		text += ": " + detail
	}
	return &apiError{Status: status, Code: code, Message: text}
}

// refuseIAM makes a refusal of IAM, whose errors have a form of their own.
func refuseIAM(status int, message string) *apiError {
	return &apiError{Status: status, Message: message}
}

// missing refuses a call about an application, an environment or a component of version 3 that does not exist.
func (c *call) missing(code, id string) *apiError {
	refused := refuse(code, simframe.Shorten(id))
	if c.config.MissingIsUnauthorized && strings.HasPrefix(c.op.Path, "/v3/") {
		refused.Status, refused.Code = http.StatusUnauthorized, codeNotEmpty
	}
	return refused
}
