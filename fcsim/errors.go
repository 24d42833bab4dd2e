package fcsim

import (
	"cmp"
	"net/http"

	"slipway/fcclient"
	"slipway/internal/acs"
	"slipway/internal/simframe"
)

// An apiError is a refusal as the API words it.
type apiError = simframe.APIError

// Codes of refusals. Spelling is Alibaba Cloud's own.
const (
	codeInvalidArgument    = "InvalidArgument"
	codeEntityTooLarge     = "EntityTooLarge"
	codePathNotSupported   = "PathNotSupported"
	codeAccessDenied       = acs.CodeFCAccessDenied
	codeInternal           = "InternalServerError"
	codePrecondition       = "PreconditionFailed"
	codeServiceNotFound    = "ServiceNotFound"
	codeServiceExists      = "ServiceAlreadyExists"
	codeServiceNotEmpty    = "ServiceNotEmpty"
	codeFunctionNotFound   = "FunctionNotFound"
	codeFunctionExists     = "FunctionAlreadyExists"
	codeFunctionNotEmpty   = "FunctionNotEmpty"
	codeVersionNotFound    = "VersionNotFound"
	codeVersionPublish     = "VersionPublishError"
	codeAliasNotFound      = "AliasNotFound"
	codeAliasExists        = "AliasAlreadyExists"
	codeTriggerNotFound    = "TriggerNotFound"
	codeTriggerExists      = "TriggerAlreadyExists"
	codeProvisionExists    = "ProvisionConfigExist"
	codeMetricsRequired    = "InstanceMetricsRequired"
	codeContainerExited    = "CAExited"
	codeResourceExhausted  = "ResourceExhausted"
	codeResourceThrottled  = "ResourceThrottled"
	codeConcurrentUpdate   = "ConcurrentUpdateError"
	codeAsyncNotFound      = "AsyncConfigNotExists"
	codeAsyncStopped       = "AsyncInvocationStopped"
	codeDomainNotFound     = "DomainNameNotFound"
	codeDomainExists       = "DomainNameAlreadyExists"
	codeLayerNotFound      = "LayerNotFound"
	codeLayerVersionAbsent = "LayerVersionNotFound"
	codeInvocationNotFound = "StatefulAsyncInvocationNotFound"
)

// describeCode returns the HTTP status and the template of the message of a code: as the client's catalogue has
// them; and what no public document gives, which is a choice of this simulator that the README names.
func describeCode(code string) (status int, template string) {
	switch code {
	case codeTriggerNotFound:
		return http.StatusNotFound, "trigger '%s' does not exist in service '%s' and function '%s'"
	case codeLayerNotFound:
		return http.StatusNotFound, "layer '%s' does not exist"
	case codeLayerVersionAbsent:
		return http.StatusNotFound, "layer version '%s' of layer '%s' does not exist"
	case codeInvocationNotFound:
		return http.StatusNotFound, "stateful async invocation '%s' does not exist"
	case codeServiceNotEmpty:
		return http.StatusConflict, "service '%s' is not empty: it has %s functions and %s versions"
	case codeTriggerExists:
		return http.StatusConflict, "trigger '%s' already exists in service '%s' and function '%s'"
	case codeProvisionExists:
		return http.StatusConflict, "function '%s' has provision configs with instances or rules"
	}
	if documented, found := fcclient.LookupErrorCode(code); found {
		return cmp.Or(documented.HTTPStatus, http.StatusBadRequest), cmp.Or(documented.Message, "%s")
	}
	return http.StatusBadRequest, "%s"
}

// refuse makes a refusal; args fill the template of the code.
func refuse(code string, args ...any) *apiError {
	return simframe.Codes(describeCode).Refuse(code, args...)
}
