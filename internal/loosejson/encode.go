package loosejson

import (
	"bytes"
	"encoding/json"
)

// Encode encodes a value without the escapes that only HTML pages need.
func Encode(value any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(value); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}

// UnmarshalEither reads a JSON value in either of its dresses: as itself, or as a JSON string
// that holds its text, which is how it travels.
func UnmarshalEither(text []byte, to interface{ UnmarshalText(text []byte) error }) error {
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

// UnmarshalObject reads a parameter that is an object: JSON text, or nothing for the zero value.
func UnmarshalObject[P any](text []byte, plain *P) error {
	*plain = *new(P)
	if len(text) == 0 {
		return nil
	}
	return Decode(text, plain)
}
