package releases

import (
	"cmp"
	"errors"
	"fmt"
	"time"

	"go.temporal.io/api/serviceerror"

	"slipway/release"
	"slipway/releases/execution"
)

// NotFoundError means that Temporal knows no release or set of this ID.
type NotFoundError struct{ ID string }

// Error implements error.
func (e *NotFoundError) Error() string {
	of := subjectOf(e.ID)
	check := release.CheckReleaseID
	if of == SubjectSet {
		check = release.CheckSetID
	}
	if problem, impossible := errors.AsType[release.Problem](check(e.ID)); impossible {
		return fmt.Sprintf("%q is no ID of a %s, which %s; list them with: slipway %s list", e.ID, of, problem.Message, of)
	}
	return fmt.Sprintf("there is no %s %q; its request may still wait for slipway starter; list them with: slipway %s list", of, e.ID, of)
}

// Subject is what a command is for.
type Subject string

// The subjects; the zero value is a release or a set, depending on the ID.
const (
	SubjectRelease Subject = "release"
	SubjectLane    Subject = "lane"
	SubjectScaling Subject = "scaling"
	SubjectSet     Subject = "set"
)

// subjectOf returns by its ID what a command is for: a release or a set.
func subjectOf(id string) Subject {
	if release.IsSetID(id) {
		return SubjectSet
	}
	return SubjectRelease
}

// RefusedError is why a command changed nothing.
type RefusedError struct {
	ID, Reason string
	Of         Subject
	// App is the application of a release that has ended, as platform/region/id; empty where nobody
	// knows it.
	App string
}

// Error implements error.
func (e *RefusedError) Error() string {
	if e.Of == SubjectScaling {
		return fmt.Sprintf("scaling rules of %s: refused: %s", e.ID, e.Reason)
	}
	return fmt.Sprintf("%s %s refused: %s", cmp.Or(e.Of, subjectOf(e.ID)), e.ID, e.Reason)
}

// UnansweredError means that a command was sent and nobody answered in time.
type UnansweredError struct {
	ID     string
	Waited time.Duration
	Of     Subject
	// Stored tells that the command was stored as an event, and counts whenever it is taken.
	Stored bool
}

// Error implements error.
func (e *UnansweredError) Error() string {
	of := cmp.Or(e.Of, subjectOf(e.ID))
	if e.Stored {
		return fmt.Sprintf("%s: nobody has answered the command within %s; it is stored and counts once slipway starter and slipway worker take it; see slipway %s get %s",
			release.Named(e.ID), e.Waited, of, e.ID)
	}
	return fmt.Sprintf("no worker answered for %s %s within %s, so the command may or may not count; "+
		"see slipway %s get %s, check that slipway worker runs, and send it again: the same command counts once", of, e.ID, e.Waited, of, e.ID)
}

// UnreachableError means that Temporal did not answer; trying again may help.
type UnreachableError struct {
	Cause error
	// Of is what did not answer where it is not Temporal: NATS.
	Of string
}

// Error implements error.
func (e *UnreachableError) Error() string {
	if e.Of != "" {
		return fmt.Sprintf("%s does not answer: %v; check NATS_URL or --nats-url", e.Of, e.Cause)
	}
	return fmt.Sprintf("Temporal does not answer: %v; check TEMPORAL_ADDRESS or --temporal-address", e.Cause)
}

// Unwrap returns the error of the connection.
func (e *UnreachableError) Unwrap() error { return e.Cause }

// classify turns an error of the Temporal client into one of this package.
func classify(id string, err error) error {
	var notFound *serviceerror.NotFound
	var namespace *serviceerror.NamespaceNotFound
	switch {
	case err == nil:
		return nil
	case errors.As(err, &notFound):
		return &NotFoundError{ID: id}
	case errors.As(err, &namespace):
		return fmt.Errorf("namespace %q does not exist in Temporal; set TEMPORAL_NAMESPACE or --temporal-namespace, or create it", namespace.Namespace)
	case execution.Silent(err):
		return &UnreachableError{Cause: err}
	}
	return err
}
