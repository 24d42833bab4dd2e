package cloudapi

// Class says what a caller should do about an error. Each class is itself an error, so that
//
//	errors.Is(err, cloudapi.ErrConflict)
//
// reports whether a call failed for that reason.
type Class string //nolint:errname // the name says what it is for callers; the Err constants are the sentinel errors

// The classes of errors.
const (
	// ErrInvalid: the request is wrong; repeating it does not help.
	ErrInvalid Class = "invalid"
	// ErrNotFound: what the request names does not exist.
	ErrNotFound Class = "not_found"
	// ErrAuth: credentials are missing or wrong, or lack a permission.
	ErrAuth Class = "auth"
	// ErrBilling: the account is in arrears or lacks balance.
	ErrBilling Class = "billing"
	// ErrQuota: a limit of the account, the application or the platform is reached.
	ErrQuota Class = "quota"
	// ErrConflict: the present state forbids the request, for example because a change is
	// running. Look, then decide.
	ErrConflict Class = "conflict"
	// ErrFailed: the platform understood the request and could not carry it out; a person has to look.
	ErrFailed Class = "failed"
	// ErrThrottled: too many requests; repeat later.
	ErrThrottled Class = "throttled"
	// ErrUnavailable: the platform cannot be reached or cannot answer now, and nothing was
	// changed; repeat later.
	ErrUnavailable Class = "unavailable"
	// ErrAmbiguous: a call that changes state went out and its outcome is not known. Look before repeating.
	ErrAmbiguous Class = "ambiguous"
)

// Error describes the class.
func (c Class) Error() string {
	switch c {
	case ErrInvalid:
		return "invalid request"
	case ErrNotFound:
		return "not found"
	case ErrAuth:
		return "not authorized"
	case ErrBilling:
		return "billing problem"
	case ErrQuota:
		return "quota exceeded"
	case ErrConflict:
		return "conflict with the present state"
	case ErrFailed:
		return "failed on the platform"
	case ErrThrottled:
		return "throttled"
	case ErrUnavailable:
		return "unavailable"
	case ErrAmbiguous:
		return "outcome unknown"
	}
	return string(c)
}

// Temporary reports whether the same call may succeed later without anyone changing anything.
// For ErrAmbiguous it is true, but the caller has to look first.
func (c Class) Temporary() bool {
	switch c {
	case ErrThrottled, ErrUnavailable, ErrAmbiguous:
		return true
	case ErrInvalid, ErrNotFound, ErrAuth, ErrBilling, ErrQuota, ErrConflict, ErrFailed:
		return false
	}
	return false
}

// Retry is the advice that comes with a documented error code.
type Retry string

// The kinds of advice.
const (
	// RetryNever: the same call fails again.
	RetryNever Retry = "never"
	// RetryBackoff: repeat later.
	RetryBackoff Retry = "backoff"
	// RetryOperator: a person has to act first.
	RetryOperator Retry = "operator"
	// RetryAfterChangeOrder: repeat when the running change order is finished.
	RetryAfterChangeOrder Retry = "after-change-order"
	// RetryAfterStateChange: repeat when the state that forbids the call has changed.
	RetryAfterStateChange Retry = "after-state-change"
	// RetryVerifyThenRetry: look whether the change was made, then repeat.
	RetryVerifyThenRetry Retry = "verify-then-retry"
)

// ErrorCode is what the reference of an API and the rules of its client say of an error code.
type ErrorCode struct {
	// Code is the code on the wire.
	Code string
	// HTTPStatus is the status that comes with it.
	HTTPStatus int
	// Class is the class of an error with this code; a call that changes nothing is never ErrAmbiguous.
	Class Class
	// Retry is the advice.
	Retry Retry
	// Message is the reference's text; %s and {%s} stand for what differs from case to case. Never match on it.
	Message string
	// Note is a remark for people, often empty.
	Note string
	// Common is true for codes that any operation may answer with.
	Common bool
}
