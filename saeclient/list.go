package saeclient

import (
	"bytes"
	"encoding/json"
	"log/slog"
)

// List is a parameter that travels as JSON text of a list. Nil is not sent. An empty list is sent: as an empty text where the
// reference says that an empty text clears the setting (SlsConfigs, MountDesc), else as [].
//
// A slice of the elements' type can be assigned to it:
//
//	in.Envs = []saeclient.EnvVar{{Name: "LANG", Value: "C"}}
type List[T any] []T

// MarshalText encodes the list as the API wants it. The text holds secrets of the elements: it is for the wire, not for logs.
func (l List[T]) MarshalText() ([]byte, error) {
	if l == nil {
		return nil, nil
	}
	elements := make([]any, len(l))
	for i, element := range l {
		elements[i] = element
		if w, ok := any(element).(wirer); ok {
			elements[i] = w.wire()
		}
	}
	return wireJSON(elements)
}

// UnmarshalText reads what MarshalText writes; an empty text is an empty list.
func (l *List[T]) UnmarshalText(text []byte) error {
	*l = List[T]{}
	if len(text) == 0 {
		return nil
	}
	return decodeJSON(text, (*[]T)(l))
}

// MarshalJSON writes the elements, with secrets redacted.
func (l List[T]) MarshalJSON() ([]byte, error) { return json.Marshal([]T(l)) }

// UnmarshalJSON reads a list, or a text that holds one.
func (l *List[T]) UnmarshalJSON(text []byte) error { return unmarshalEither(text, l) }

// LogValue logs the elements, with secrets redacted.
func (l List[T]) LogValue() slog.Value { return slog.AnyValue([]T(l)) }

// wirer is implemented by values whose own JSON is redacted: wire gives what really travels.
type wirer interface {
	wire() any
}

// wireJSON encodes a value without the escapes that only HTML pages need.
func wireJSON(value any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(value); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}

// unmarshalEither reads a JSON value in either of its dresses: as itself, or as a JSON string that holds its text, which is how
// it travels.
func unmarshalEither(text []byte, to interface{ UnmarshalText(text []byte) error }) error {
	if bytes.Equal(text, []byte("null")) {
		return nil
	}
	if len(text) > 0 && text[0] == '"' {
		var inner string
		if err := json.Unmarshal(text, &inner); err != nil {
			return err
		}
		text = []byte(inner)
	}
	return to.UnmarshalText(text)
}

// marshalObject encodes a parameter that is an object: JSON text, or nothing for the zero value, which clears the setting.
func marshalObject[P comparable](plain P) ([]byte, error) {
	var zero P
	if plain == zero {
		return nil, nil
	}
	return wireJSON(plain)
}

// unmarshalObject reads what marshalObject writes.
func unmarshalObject[P any](text []byte, plain *P) error {
	*plain = *new(P)
	if len(text) == 0 {
		return nil
	}
	return decodeJSON(text, plain)
}
