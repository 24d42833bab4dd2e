package servicestagesim

import (
	"cmp"
	"net/http"

	"slipway/cloudapi"
	"slipway/servicestageclient"
	"slipway/servicestageclient/catalog"
)

// documented are the operations of the reference, as the client has them.
func documented() []cloudapi.Operation { return catalog.Operations() }

// isOperation reports whether the API has an operation.
func isOperation(name string) bool {
	_, known := catalog.LookupOperation(name)
	return known || name == opToken
}

// documentedError is what the reference says of an error code, as the client has it.
func documentedError(code string) (status int, text string, found bool) {
	documented, found := servicestageclient.LookupErrorCode(code)
	return cmp.Or(documented.HTTPStatus, http.StatusBadRequest), documented.Message, found
}
