// The command facts writes what package saetest has to know of the SAE API: the documented
// answer of each operation of the reference, with what today's service has beyond it, those of the
// operations that only today's service has, and their samples. It is run by go generate.
package main

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
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
	newer := flag.String("newer", "", "the facts of today's service, newer.json")
	to := flag.String("out", "", "the file to write")
	flag.Parse()
	if err := run(*from, *newer, *to); err != nil {
		_, _ = fmt.Fprintln(os.Stderr, "facts:", err)
		os.Exit(1) //nolint:forbidigo // this is a main package; go generate needs the exit code
	}
}

func run(from, newer, to string) error {
	reference, err := operations(from)
	if err != nil {
		return err
	}
	if err := add(newer, reference); err != nil {
		return fmt.Errorf("read %s: %w", newer, err)
	}
	others, err := operations(newer)
	if err != nil {
		return err
	}
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	out.WriteString("[\n")
	for i, operation := range slices.Concat(reference, others) {
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

// add adds to the answers what today's service has beyond the reference. None of it is required of
// an answer.
func add(newer string, operations []answer) error {
	text, err := os.ReadFile(newer)
	if err != nil {
		return err
	}
	var facts struct {
		Additions []struct {
			Name     string `json:"name"`
			Response []struct {
				shape

				Path string `json:"path"`
			} `json:"response"`
			Changes []struct {
				Response string `json:"response"`
				Enum     []any  `json:"enum"`
			} `json:"changes"`
		} `json:"additions"`
	}
	if err := json.Unmarshal(text, &facts); err != nil {
		return err
	}
	answers := map[string]map[string]shape{}
	for _, o := range operations {
		answers[o.Name] = o.Response
	}
	for _, o := range facts.Additions {
		for _, member := range o.Response {
			fields, name, err := within(answers[o.Name], member.Path)
			if err != nil {
				return err
			}
			member.Presence = "failure-only" // as far as comparing goes: it may be absent
			fields[name] = member.shape
		}
		for _, change := range o.Changes {
			if change.Response == "" || len(change.Enum) == 0 {
				continue
			}
			fields, name, err := within(answers[o.Name], change.Response)
			if err != nil {
				return err
			}
			member := fields[name]
			member.Enum = append(member.Enum, change.Enum...)
			fields[name] = member
		}
	}
	wrap(answers["DescribeRegions"], "Regions", "Region")
	wrap(answers["DescribeRegions"]["Regions"].Fields["Region"].Items.Fields, "RecommendZones", "RecommendZone")
	return nil
}

// wrap puts a list of an answer into an object, as every official SDK reads it and the reference
// does not print it.
func wrap(fields map[string]shape, name, within string) {
	fields[name] = shape{Type: "object", Fields: map[string]shape{within: fields[name]}}
}

// within returns the fields that hold the last part of a path, and that part.
func within(fields map[string]shape, path string) (in map[string]shape, name string, err error) {
	at := strings.Split(path, ".")
	for _, part := range at[:len(at)-1] {
		name, list := strings.CutSuffix(part, "[]")
		field, known := fields[name]
		if list && field.Items != nil {
			field = *field.Items
		}
		if !known || field.Fields == nil {
			return nil, "", fmt.Errorf("%s: %q holds nothing", path, part)
		}
		fields = field.Fields
	}
	return fields, at[len(at)-1], nil
}
