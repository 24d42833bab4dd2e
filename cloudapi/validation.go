package cloudapi

import "strings"

// Problem is one thing that is wrong with a request.
type Problem struct {
	// Param is the API's name of the parameter, with the place inside it when it is structured: Tags[0].key.
	Param string
	// Message says what is wrong; it never holds the value.
	Message string
}

// String is the problem in words.
func (p Problem) String() string { return p.Param + " " + p.Message }

// ValidationError names everything in a request that breaks the rules of the reference. Nothing
// was sent. It is of class ErrInvalid.
type ValidationError struct {
	// Operation is the operation's name.
	Operation string
	// Problems are all problems, in the order of the parameters.
	Problems []Problem
}

// Error names all problems.
func (e *ValidationError) Error() string {
	words := make([]string, len(e.Problems))
	for i, p := range e.Problems {
		words[i] = p.String()
	}
	return strings.Join(words, "; ")
}

// Unwrap returns ErrInvalid.
func (e *ValidationError) Unwrap() error { return ErrInvalid }
