package simframe

import (
	"errors"
	"fmt"
)

// Problems are what is wrong with the fields of something, so that all of it is told at once.
type Problems []error

// Add adds what is wrong with a field.
func (p *Problems) Add(field, format string, args ...any) {
	*p = append(*p, fmt.Errorf("%s: %s", field, fmt.Sprintf(format, args...)))
}

// Err is one joined error whose lines name the fields, nil when nothing is wrong.
func (p Problems) Err() error { return errors.Join(p...) }
