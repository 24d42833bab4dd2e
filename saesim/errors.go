package saesim

import (
	"fmt"
	"net/http"

	"slipway/internal/acs"
	"slipway/internal/simframe"
	"slipway/saeclient"
)

// An apiError is a refusal as the API words it: an HTTP status and a body with
// Code, ErrorCode and Message. The codes of operations come from the error tables
// of the SAE API reference; the documents show no error body, so its shape is a
// reading (see the README).
type apiError = simframe.APIError

// refuse makes a refusal with a code of the catalogue; args fill its template.
func refuse(code string, args ...any) *apiError {
	return simframe.Codes(describeCode).Refuse(code, args...)
}

func missingParameter(name string) *apiError { return refuse(codeNotEmpty, name) }

func invalidParameter(name, format string, args ...any) *apiError {
	return refuse(codeWithMessage, name, fmt.Sprintf(format, args...))
}

// Codes that the simulator answers itself. Spelling is the documents' own.
const (
	codeNotEmpty           = "InvalidParameter.NotEmpty"
	codeObviously          = "InvalidParameter.Obviously"
	codeWithMessage        = "InvalidParameter.WithMessage"
	codeAppIDNotFound      = "InvalidAppId.NotFound"
	codeAppNotFound        = "InvalidApplication.NotFound"
	codeNamespaceNotFound  = "InvalidNamespaceId.NotFound"
	codeOrderNotFound      = "InvalidChangeOrder.NotFound"
	codeOrderRunning       = "Application.ChangerOrderRunning"
	codeOrderNotRunning    = "Application.ChangerOrder.Not.Running"
	codeInvalidStatus      = "Application.InvalidStatus"
	codeNotDeployYet       = "Application.NotDeployYet"
	codeMissingJDK         = "Application.MissingJdk"
	codeJarMissingJDK      = "JarApplication.MissingJdk"
	codeWarMissing         = "WarApplication.MissingJdkWebcontainer"
	codePackageType        = "InvalidPackageType.NotFound"
	codeVersionExists      = "App.Package.Version.Exists"
	codeAppQuota           = "NoComputeResourceQuota.App.Exceed"
	codeNamespaceUppercase = "InvalidNamespace.WithUppercase"
	codeInstanceSpec       = "InvalidInstanceSpecification.Unsupported"
	codeBatchWait          = "BatchWaitTime.Not.Smaller.Zero"
	codeMinReady           = "MinReadyInstances.Not.Smaller.Replicas"
	codeMinReadyRatio      = "MinReadyInstanceRatio.Invalid"
	codeCannotStartBatch   = "Pipeline.Can.Not.Start.Next.Batch"
	codeRuleExists         = "InstanceExist.ScalingRuleName"
	codeRuleNotFound       = "InvalidScalingRuleName.NotFound"
	codeRuleQuota          = "QuotaExceeded.ScalingRule"
	codeRuleTimeQuota      = "QuotaExceeded.ScalingRuleTime"
	codeRuleDateFormat     = "InvalidScalingRuleDate.Format"
	codeRuleDateOrder      = "InvalidScalingRuleDate.BeginAfterEnd"
	codeRuleTimeFormat     = "InvalidScalingRuleTime.Format"
	codeRuleTimeConflict   = "InvalidScalingRuleTime.Conflict"
	codeRegionUnsupported  = "InvalidServerlessRegion.Unsupported"
	codeSystemUpgrading    = "System.Upgrading"
	codeActionNotFound     = "InvalidAction.NotFound"
	codeTooLarge           = "RequestEntityTooLarge"
	codeInternal           = "InternalError"
	codeThrottlingUser     = "Throttling.User"
	codeUnserved           = "Simulator.ParameterUnsupported"
	codeOperationUnserved  = "Simulator.OperationUnsupported"
)

// describeCode returns the HTTP status and the message template of a code. Codes
// up to codeSystemUpgrading are those of the operations' error tables; the others
// belong to the gateway in front of them, which the SAE reference does not print:
// they are the ones other Alibaba Cloud products document. codeUnserved and
// codeOperationUnserved are the simulator's own.
func describeCode(code string) (status int, template string) {
	if documented, found := saeclient.LookupErrorCode(code); found {
		return documented.HTTPStatus, documented.Message
	}
	if status, template, known := acs.Describe(code); known {
		return status, template
	}
	switch code {
	case codeActionNotFound:
		return http.StatusNotFound, "Specified api is not found, please check your url and method."
	case codeTooLarge:
		return http.StatusRequestEntityTooLarge, "The request body is larger than the server accepts."
	case codeInternal:
		return http.StatusInternalServerError, "The request processing has failed due to some unknown error."
	case codeUnserved:
		return http.StatusBadRequest, "saesim does not simulate this of %s: %s. The service may take it, or not know it."
	case codeOperationUnserved:
		return http.StatusBadRequest, "saesim does not simulate %s, which the service has."
	case codeThrottlingUser:
		return http.StatusTooManyRequests, "Request was denied due to user flow control."
	}
	return http.StatusBadRequest, "The request was refused."
}
