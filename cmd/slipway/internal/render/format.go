package render

import (
	"encoding/json"
	"fmt"
	"io"

	"sigs.k8s.io/yaml"
)

// Format is the form in which data is printed.
type Format string

// The formats.
const (
	FormatTable Format = "table"
	// FormatWide is a table with all its columns, however wide it becomes.
	FormatWide Format = "wide"
	FormatJSON Format = "json"
	FormatYAML Format = "yaml"
)

// Formats returns all formats.
func Formats() []string {
	return []string{string(FormatTable), string(FormatWide), string(FormatJSON), string(FormatYAML)}
}

// ParseFormat reads the name of a format.
func ParseFormat(s string) (Format, error) {
	switch f := Format(s); f {
	case FormatTable, FormatWide, FormatJSON, FormatYAML:
		return f, nil
	}
	return "", fmt.Errorf("%q is no output format; use -o table, wide, json or yaml", s)
}

// ForPeople reports whether the format is text for people, and not data.
func (f Format) ForPeople() bool { return f == FormatTable || f == FormatWide }

// Write prints data in the format; table returns the text for people.
func (f Format) Write(w io.Writer, data any, table func() string) error {
	out, err := f.encode(data, table)
	if err == nil {
		_, err = w.Write(out)
	}
	return err
}

func (f Format) encode(data any, table func() string) ([]byte, error) {
	switch f {
	case FormatJSON:
		out, err := json.MarshalIndent(data, "", "  ")
		return append(out, '\n'), err
	case FormatYAML:
		return yaml.Marshal(data)
	case FormatTable, FormatWide:
	}
	return []byte(table()), nil
}

// Stream prints one of a row of values: a line of JSON, a YAML document, or the text.
func (f Format) Stream(w io.Writer, data any, text func() string) error {
	out, err := f.encode(data, text)
	switch {
	case err != nil:
	case f == FormatJSON:
		out, err = json.Marshal(data)
		out = append(out, '\n')
	case f == FormatYAML:
		out = append([]byte("---\n"), out...)
	}
	if err == nil {
		_, err = w.Write(out)
	}
	return err
}
