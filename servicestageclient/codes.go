package servicestageclient

import (
	"slipway/cloudapi"
)

// Codes that callers branch on. Spelled as on the wire.
const (
	// CodeNotFoundV3: under HTTP status 401, an application, an environment or a component of the third
	// generation is not there: the error is of class ErrNotFound. Under 409 it is CodeApplicationNotEmpty.
	CodeNotFoundV3          = "SVCSTG.00100401"
	CodeApplicationNotEmpty = "SVCSTG.00100401"
	// CodeApplicationNotFound, CodeComponentNotFound, CodeEnvironmentNotFound, CodeInstanceNotFound,
	// CodeJobNotFound, CodeRecordNotFound and CodeSnapshotNotFound: no such thing.
	CodeApplicationNotFound = "SVCSTG.00100403"
	CodeComponentNotFound   = "SVCSTG.00100404"
	CodeEnvironmentNotFound = "SVCSTG.00100411"
	CodeInstanceNotFound    = "SVCSTG.00100412"
	CodeJobNotFound         = "SVCSTG.00100429"
	CodeRecordNotFound      = "SVCSTG.00100433"
	CodeSnapshotNotFound    = "SVCSTG.00100436"
	// CodeWrongStatus, CodeNotDeletable, CodeReleasing and CodeRecordNotDeletable: not now, while
	// something is at work. These conflicts end by themselves.
	CodeWrongStatus        = "SVCSTG.00100419"
	CodeNotDeletable       = "SVCSTG.00100423"
	CodeReleasing          = "SVCSTG.00100432"
	CodeRecordNotDeletable = "SVCSTG.00100435"
	// CodeVersionUsed: the version was used before in the environment. After a lost answer it means that the
	// release was taken.
	CodeVersionUsed = "SVCSTG.00100441"
	// CodeEnvironmentInUse: the environment still has components.
	CodeEnvironmentInUse = "SVCSTG.00100426"
	// CodeEnvironmentNameUsed, CodeApplicationNameUsed and CodeInstanceNameUsed: the name is taken.
	CodeEnvironmentNameUsed = "SVCSTG.00100449"
	CodeApplicationNameUsed = "SVCSTG.00100458"
	CodeInstanceNameUsed    = "SVCSTG.00100413"
	// CodeInvalidParameter: a parameter is missing or wrong.
	CodeInvalidParameter = "SVCSTG.00100400"
	// CodeUnknownAction: there is no such action.
	CodeUnknownAction = "SVCSTG.00100418"
	// CodePermissionDenied: the caller lacks a permission.
	CodePermissionDenied = "SVCSTG.00100427"
)

// EndsByItself reports whether an error is a conflict with what is at work now: the same call may be
// made again when the running job has ended. Any other conflict needs another request, or another state.
func EndsByItself(err error) bool {
	if cloudapi.ClassOf(err) != cloudapi.ErrConflict {
		return false
	}
	return cloudapi.HasCode(err, CodeWrongStatus, CodeNotDeletable, CodeReleasing, CodeRecordNotDeletable, "SVCSTG.00501117")
}
