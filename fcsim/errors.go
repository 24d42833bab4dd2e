package fcsim

import (
	"fmt"
	"net/http"
	"strings"

	"slipway/internal/acs"
)

// An apiError is a refusal as the API words it.
type apiError struct {
	Status  int
	Code    string
	Message string
}

func (e *apiError) Error() string { return fmt.Sprintf("%d %s: %s", e.Status, e.Code, e.Message) }

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

// errorCode is what belongs to a code: the HTTP status and the template of the message.
type errorCode struct {
	status   int
	template string
}

// describeCode returns what belongs to a code. Where no public document gives a status or a text,
// it is a choice of this simulator, and the README says so.
func describeCode(code string) errorCode {
	table := map[string]errorCode{
		codeInvalidArgument:         {http.StatusBadRequest, "%s"},
		acs.CodeFCMissingHeader:     {http.StatusBadRequest, "required HTTP header %s was not specified"},
		codePathNotSupported:        {http.StatusBadRequest, "'%s' against '%s' is not supported"},
		codeEntityTooLarge:          {http.StatusBadRequest, "payload size exceeds maximum allowed size (%s bytes)"},
		codeAccessDenied:            {http.StatusForbidden, "%s"},
		acs.CodeFCSignatureMismatch: {http.StatusForbidden, "The request signature we calculated does not match the signature you provided. Check your access key and signing method."},
		acs.CodeFCKeyNotFound:       {http.StatusForbidden, "invalid access key ID '%s'"},
		codeServiceNotFound:         {http.StatusNotFound, "service '%s' does not exist"},
		codeAliasNotFound:           {http.StatusNotFound, "alias '%s' of service '%s' does not exist"},
		codeDomainNotFound:          {http.StatusNotFound, "domain name '%s' does not exist"},
		codeVersionNotFound:         {http.StatusNotFound, "version '%s' of service '%s' does not exist"},
		codeFunctionNotFound:        {http.StatusNotFound, "function '%s' does not exist in service '%s'"},
		codeTriggerNotFound:         {http.StatusNotFound, "trigger '%s' does not exist in service '%s' and function '%s'"},
		codeAsyncNotFound:           {http.StatusNotFound, "AsyncConfig for %s:%s does not exist."},
		codeLayerNotFound:           {http.StatusNotFound, "layer '%s' does not exist"},
		codeLayerVersionAbsent:      {http.StatusNotFound, "layer version '%s' of layer '%s' does not exist"},
		codeInvocationNotFound:      {http.StatusNotFound, "stateful async invocation '%s' does not exist"},
		codeConcurrentUpdate:        {http.StatusConflict, "%s"},
		codeServiceExists:           {http.StatusConflict, "service '%s' already exists"},
		codeServiceNotEmpty:         {http.StatusConflict, "service '%s' is not empty: it has %s functions and %s versions"},
		codeFunctionExists:          {http.StatusConflict, "function '%s' already exists in service '%s'"},
		codeFunctionNotEmpty:        {http.StatusConflict, "function '%s' has active triggers"},
		codeAliasExists:             {http.StatusConflict, "alias '%s' of service '%s' already exists"},
		codeTriggerExists:           {http.StatusConflict, "trigger '%s' already exists in service '%s' and function '%s'"},
		codeDomainExists:            {http.StatusConflict, "domain name %s already exists"},
		codeProvisionExists:         {http.StatusConflict, "function '%s' has provision configs with instances or rules"},
		codePrecondition:            {http.StatusPreconditionFailed, "the resource being modified has been changed"},
		codeAsyncStopped:            {http.StatusPreconditionFailed, "The async invocation for %s:%s:%s has been stopped"},
		codeContainerExited:         {http.StatusPreconditionFailed, "The function either cannot be started or exited. %s"},
		codeVersionPublish:          {http.StatusBadRequest, "can not publish version for service '%s', detail: '%s'"},
		codeMetricsRequired:         {http.StatusBadRequest, "Target tracking policy required instance metrics enabled."},
		codeResourceExhausted:       {http.StatusTooManyRequests, "%s"},
		codeInternal:                {http.StatusInternalServerError, "an internal error has occurred. Please retry"},
		codeResourceThrottled:       {http.StatusServiceUnavailable, "%s"},
	}
	if described, found := table[code]; found {
		return described
	}
	return errorCode{http.StatusBadRequest, "%s"}
}

// refuse makes a refusal; args fill the template of the code.
func refuse(code string, args ...any) *apiError {
	described := describeCode(code)
	for len(args) < strings.Count(described.template, "%s") {
		args = append(args, "-")
	}
	if strings.Count(described.template, "%s") == 0 {
		args = nil
	}
	return &apiError{Status: described.status, Code: code, Message: fmt.Sprintf(described.template, args...)}
}

// invalid refuses what was sent, with every problem that was found; nil when there is none.
func invalid(problems []string) *apiError {
	if len(problems) == 0 {
		return nil
	}
	return refuse(codeInvalidArgument, strings.Join(problems, "; "))
}
