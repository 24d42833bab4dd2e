// The command facts writes what package saetest has to know of the SAE API reference: the
// documented answer of each operation, and its sample. It is run by go generate.
package main

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
)

// answer is what the fact file says of the answer of an operation.
type answer struct {
	Name     string           `json:"name"`
	Response map[string]shape `json:"response"`
	Sample   json.RawMessage  `json:"responseExample"`
}

// shape is a value of an answer. What is only for people is left out.
type shape struct {
	Type     string           `json:"type"`
	Enum     []any            `json:"enum,omitempty"`
	Presence string           `json:"presence,omitempty"`
	Fields   map[string]shape `json:"fields,omitempty"`
	Items    *shape           `json:"items,omitempty"`
}

func main() {
	from := flag.String("facts", "", "the fact file, operations.json")
	to := flag.String("out", "", "the file to write")
	flag.Parse()
	if err := run(*from, *to); err != nil {
		_, _ = fmt.Fprintln(os.Stderr, "facts:", err)
		os.Exit(1) //nolint:forbidigo // this is a main package; go generate needs the exit code
	}
}

func run(from, to string) error {
	text, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	var facts struct {
		Operations []answer `json:"operations"`
	}
	if err := json.Unmarshal(text, &facts); err != nil {
		return fmt.Errorf("read %s: %w", from, err)
	}
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	out.WriteString("[\n")
	for i, operation := range facts.Operations {
		if i > 0 {
			out.Truncate(out.Len() - 1)
			out.WriteString(",\n")
		}
		if err := enc.Encode(operation); err != nil {
			return err
		}
	}
	out.WriteString("]\n")
	return os.WriteFile(to, out.Bytes(), 0o644)
}
