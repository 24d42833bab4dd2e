package fctest

import (
	"strings"
	"time"

	"slipway/internal/conformance"
)

// form is what the answers of Function Compute have in common.
func form() conformance.Form {
	return conformance.Form{Headers: []string{"X-Fc-Request-Id", "ETag"}, MustHave: mustHave, IsTime: isTime}
}

// mustHave reports whether a member of an answer is always there: what a thing is called, when it was
// made, and what a caller decides by. What was never set may be absent.
func mustHave(name, options string) bool {
	switch name {
	case "functionName", "serviceName":
		return false // some answers call them function and service, and those of aliases lack the service
	case "target", "current", "resource", "status", "protocol", "handler":
		return options == ""
	}
	isTime := strings.HasSuffix(name, "ModifiedTime") || strings.HasSuffix(name, "createdTime")
	return isTime || options == "" && (strings.HasSuffix(name, "Name") || strings.HasSuffix(name, "Id"))
}

// isTime reports whether a value is a time in one of the documented forms.
func isTime(value any) bool {
	switch value := value.(type) {
	case float64:
		return true
	case string:
		_, err := time.Parse(time.RFC3339, value)
		_, other := time.Parse("2006-01-02T15:04:05.000-0700", value)
		return err == nil || other == nil
	}
	return false
}
