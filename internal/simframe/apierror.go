package simframe

import (
	"cmp"
	"fmt"
)

// An APIError is an error as the API of a platform answers it.
type APIError struct {
	// Status is the HTTP status.
	Status  int
	Code    string
	Message string
}

// Error describes it.
func (e *APIError) Error() string { return fmt.Sprintf("%d %s: %s", e.Status, e.Code, e.Message) }

// Codes tell of an error code its HTTP status and the template of its message, which [FillTemplate] fills.
type Codes func(code string) (status int, template string)

// Refuse makes a refusal with a code; args fill the template of its message.
func (c Codes) Refuse(code string, args ...any) *APIError {
	status, template := c(code)
	return &APIError{Status: status, Code: code, Message: FillTemplate(template, args...)}
}

// RefuseFault makes the answer of an error fault. One without a code is the platform's internal error, whose code is given.
func (c Codes) RefuseFault(f Fault, internal string) *APIError {
	refused := c.Refuse(cmp.Or(f.Code, internal))
	refused.Status = cmp.Or(f.Status, refused.Status)
	refused.Message = cmp.Or(f.Message, refused.Message)
	return refused
}
