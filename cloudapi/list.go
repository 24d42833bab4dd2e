package cloudapi

import (
	"encoding/json"
	"log/slog"

	"slipway/internal/loosejson"
)

// List is a parameter that travels as JSON text of a list. Nil is not sent. An empty list is
// sent: as an empty text where the reference says that an empty text clears the setting, else
// as [].
//
// A slice of the elements' type can be assigned to it:
//
//	in.Envs = []saeclient.EnvVar{{Name: "LANG", Value: "C"}}
type List[T any] []T

// MarshalText encodes the list as the API wants it. The text holds secrets of the elements: it
// is for the wire, not for logs.
func (l List[T]) MarshalText() ([]byte, error) {
	if l == nil {
		return nil, nil
	}
	elements := make([]any, len(l))
	for i, element := range l {
		elements[i] = element
		if w, ok := any(element).(Wirer); ok {
			elements[i] = w.Wire()
		}
	}
	return loosejson.Encode(elements)
}

// UnmarshalText reads what MarshalText writes; an empty text is an empty list.
func (l *List[T]) UnmarshalText(text []byte) error {
	*l = List[T]{}
	if len(text) == 0 {
		return nil
	}
	return loosejson.Decode(text, (*[]T)(l))
}

// MarshalJSON writes the elements, with secrets redacted.
func (l List[T]) MarshalJSON() ([]byte, error) { return json.Marshal([]T(l)) }

// UnmarshalJSON reads a list, or a text that holds one.
func (l *List[T]) UnmarshalJSON(text []byte) error { return loosejson.UnmarshalEither(text, l) }

// LogValue logs the elements, with secrets redacted.
func (l List[T]) LogValue() slog.Value { return slog.AnyValue([]T(l)) }

// Wirer is implemented by elements of a List whose own JSON is redacted. Wire gives what really
// travels, secrets included: it is for the wire, not for logs.
type Wirer interface {
	Wire() any
}
