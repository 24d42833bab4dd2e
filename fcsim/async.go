package fcsim

import "net/http"

// invokeAsync serves InvokeFunction with the type Async: what the function would be run with is
// checked, and the caller does not learn how it went.
func invokeAsync(c *call) (reply, *apiError) {
	if _, refused := c.invoke(c.body); refused != nil && refused.Code != codeContainerExited {
		return reply{}, refused
	}
	return reply{status: http.StatusAccepted}, nil
}
