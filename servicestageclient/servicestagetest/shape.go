package servicestagetest

import (
	"strings"
	"time"

	"slipway/internal/conformance"
)

// formOf is what the answers of an operation of ServiceStage are held to.
func formOf(operation string) conformance.Form {
	return conformance.Form{IsTime: isTime, AnyCase: true, AnyScalar: true, MustHave: func(name, options string) bool {
		checks := operation == "ComponentAction" && name == "job_id" // some actions answer at once
		return mustHave(name, options) && !checks
	}}
}

// mustHave reports whether a member of an answer is always there: what a thing is called, and what a caller goes on with.
func mustHave(name, options string) bool {
	switch name {
	case "id", "job_id", "jobId", "count", "total", "task_count":
		return options == ""
	}
	return false
}

// isTime reports whether a value is a time in one of the documented forms.
func isTime(value any) bool {
	switch value := value.(type) {
	case float64:
		return true
	case string:
		_, err := time.Parse(time.RFC3339, value)
		_, plain := time.Parse(time.DateTime, value) // of runs of declared resources
		return err == nil || plain == nil || value == ""
	}
	return false
}

// expected reports whether a member that the tables of the reference do not have is one that its examples have, or clients rely on.
func expected(operation, what string) bool {
	switch operation {
	case "GetConfigurationItems":
		return true // every dimension is a member
	case "GetComponent":
		return strings.Contains(what, ".inner ") // variables of the platform are marked
	case "ListProvisionHistories", "GetProvisionHistory":
		return strings.Contains(what, "raw_data ") || strings.Contains(what, "ext_info ")
	case "ListGitAuthorizations", "CreateGitTokenAuthorization", "CreateGitPasswordAuthorization", "CreateGitOauthAuthorization":
		return strings.Contains(what, ".avatar ") || strings.Contains(what, ".avartar ")
	case "DeleteComponent":
		return true // newer editions answer with the ID
	}
	return false
}
