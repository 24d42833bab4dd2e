package apicall

import (
	"cmp"
	"fmt"
	"strings"

	"slipway/cloudapi"
	"slipway/cmd/slipway/internal/render"
)

// CallError is a call that failed, told for a person: what happened, and what to do.
type CallError struct {
	Call Call
	Err  *cloudapi.Error
}

// Unwrap returns the client's error.
func (c *CallError) Unwrap() error { return c.Err }

// Error tells the message, then code, class, request ID and remedy, each on a line of its own.
func (c *CallError) Error() string {
	e := c.Err
	what := e.Message
	if e.Err != nil {
		what = strings.TrimPrefix(what+": "+e.Err.Error(), ": ")
	}
	lines := []string{fmt.Sprintf("%s failed: %s", c.Call.Operation.Name, render.Clean(cmp.Or(what, e.Code, e.Class.Error())))}
	add := func(name, text string) {
		if text != "" {
			lines = append(lines, fmt.Sprintf("%-8s %s", name, text))
		}
	}
	code := render.Clean(e.Code)
	if e.HTTPStatus != 0 {
		code = strings.TrimSpace(fmt.Sprintf("%s (HTTP %d)", code, e.HTTPStatus))
	}
	add("code", code)
	add("class", string(e.Class))
	add("request", render.Clean(e.RequestID))
	add("remedy", c.Remedy())
	return strings.Join(lines, "\n")
}

// Remedy says what to do about the failure.
func (c *CallError) Remedy() string {
	known, _ := c.Call.API.LookupCode(c.Err.Code)
	remedy := cmp.Or(c.byAdvice(known.Retry), c.byClass())
	if c.Err.RetryAfter > 0 {
		remedy += fmt.Sprintf("; the server asks to wait %s", c.Err.RetryAfter)
	}
	if known.Note != "" {
		remedy += " (" + known.Note + ")"
	}
	return remedy
}

// byAdvice is the remedy for a code whose advice says more than its class.
func (c *CallError) byAdvice(advice cloudapi.Retry) string {
	switch advice {
	case cloudapi.RetryAfterChangeOrder:
		api := c.Call.API
		if api.Running == "" {
			return "wait until the running change is finished, then call again"
		}
		return "wait until the running " + api.Starts + " is finished, then call again; " + api.running(c.Call.Values) + " shows it"
	case cloudapi.RetryAfterStateChange:
		return "look at the present state and call again when it has changed"
	case cloudapi.RetryNever, cloudapi.RetryBackoff, cloudapi.RetryOperator, cloudapi.RetryVerifyThenRetry:
	}
	return ""
}

func (c *CallError) byClass() string {
	switch c.Err.Class {
	case cloudapi.ErrInvalid:
		return "change the parameters; they are described by: " + c.Call.API.command(c.Call.Operation.Name+" --help")
	case cloudapi.ErrNotFound:
		return "check the ID, and that the region is the right one"
	case cloudapi.ErrAuth:
		return "check " + c.Call.API.Credentials + " and their permissions"
	case cloudapi.ErrBilling:
		return "settle the account of " + c.Call.API.Vendor
	case cloudapi.ErrQuota:
		return "free what is no longer used, or ask for a higher quota"
	case cloudapi.ErrConflict:
		return "look at the present state, then decide"
	case cloudapi.ErrFailed:
		return "look at the " + c.Call.API.Product + " console, or ask the support of " + c.Call.API.Vendor + " with the request ID"
	case cloudapi.ErrThrottled:
		return "call again later"
	case cloudapi.ErrUnavailable:
		return "nothing was changed; check the connection and call again later"
	case cloudapi.ErrAmbiguous:
		return "look whether it was done before calling again"
	}
	return ""
}
