package servicecomb

import (
	"errors"
	"net/http"

	"slipway/cloudapi"
)

// NotModified reports whether a read has failed only because nothing has changed since the revision that it was given.
func NotModified(err error) bool {
	e, ok := errors.AsType[*cloudapi.Error](err)
	return ok && e.HTTPStatus == http.StatusNotModified
}
