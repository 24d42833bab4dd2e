// Package cloudapi is what callers of every client of a cloud platform hold, whichever the
// platform: the classes of errors, secrets, lists, and the description of operations and their
// parameters. A client, such as saeclient, adds the operations of its API.
//
// # Errors
//
// Every call of a client fails with an [*Error]. Its [Class] says what to do, and is itself an
// error for errors.Is:
//
//	ErrInvalid, ErrNotFound, ErrAuth, ErrBilling, ErrQuota, ErrFailed   do not repeat
//	ErrConflict                                                         look at the state, then decide
//	ErrThrottled, ErrUnavailable                                        repeat later
//	ErrAmbiguous                                                        look whether it was done, then perhaps repeat
//
// [ClassOf] gives the class of any error, [HasCode] asks for error codes of the platform. A
// [*ValidationError] names everything that is wrong with a request that was not sent.
//
// # Secrets
//
// A [Secret] shows itself nowhere: not when formatted, logged or encoded. Convert it to string to read it.
//
// # Operations as data
//
// An [Operation] describes one operation of an API: its parameters, their positions, kinds and
// limits, and what it changes. Command lines and tools work from it without knowing the client;
// [Param.Check] and [Shape.Check] apply the limits.
package cloudapi
