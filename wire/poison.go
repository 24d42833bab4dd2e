package wire

import (
	"errors"
	"strings"

	"slipway/release"
)

// PoisonError is the error of a message that is not accepted, however often it is redelivered: a
// person has to see to it.
// It unwraps to the [release.Problems] where there are several things wrong.
type PoisonError struct {
	// Field is the path of what is wrong: an attribute of the event ("type", in whichever
	// encoding), a field of its data ("strategy.gray"), "subject" for the NATS subject as
	// well, "data" for all of the data, "Content-Type" for that header; several are
	// separated by commas. It is empty where the whole message is.
	Field string
	// Reason is what is wrong and what would be right, on one line.
	Reason string

	cause error
}

// Error implements error.
func (p *PoisonError) Error() string { return p.Reason }

// Unwrap returns the [release.Problems], or nil.
func (p *PoisonError) Unwrap() error { return p.cause }

// Refused returns the poison for a message that was read but that somebody refused, for
// the given cause: [release.Problems] keep their fields.
func Refused(cause error) *PoisonError {
	if ps, ok := errors.AsType[release.Problems](cause); ok {
		return poisonous(ps)
	}
	if p, ok := errors.AsType[release.Problem](cause); ok {
		return poisonous(release.Problems{p})
	}
	return &PoisonError{Reason: release.OneLine(cause.Error()), cause: cause}
}

func poison(field, reason string) *PoisonError {
	return &PoisonError{Field: field, Reason: release.OneLine(reason)}
}

func poisonous(ps release.Problems) *PoisonError {
	fields := make([]string, len(ps))
	reasons := make([]string, len(ps))
	for i, p := range ps {
		fields[i], reasons[i] = p.Field, p.Error()
	}
	return &PoisonError{Field: strings.Join(fields, ","), Reason: release.OneLine(strings.Join(reasons, "; ")), cause: ps}
}
