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

	"slipway/internal/apifacts"
)

// documented is what the fact file says of the answer of an operation.
type documented struct {
	Name     string          `json:"name"`
	Response apifacts.Fields `json:"response"`
	Sample   json.RawMessage `json:"responseExample"`
}

// answer is what is written of it.
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
		if err := enc.Encode(answer{operation.Name, official(operation), operation.Sample}); err != nil {
			return err
		}
	}
	out.WriteString("]\n")
	return os.WriteFile(to, out.Bytes(), 0o644)
}

// add adds to the answers what today's service has beyond the reference. None of it is required of
// an answer.
func add(newer string, operations []documented) error {
	text, err := os.ReadFile(newer)
	if err != nil {
		return err
	}
	var facts struct {
		Additions []struct {
			Name     string           `json:"name"`
			Response []apifacts.Added `json:"response"`
			Changes  []struct {
				Response string `json:"response"`
				Enum     []any  `json:"enum"`
			} `json:"changes"`
		} `json:"additions"`
	}
	if err := json.Unmarshal(text, &facts); err != nil {
		return err
	}
	for _, o := range facts.Additions {
		at := slices.IndexFunc(operations, func(have documented) bool { return have.Name == o.Name })
		if at < 0 {
			return fmt.Errorf("the reference has no operation %s", o.Name)
		}
		response := &operations[at].Response
		for _, field := range o.Response {
			field.Presence = "failure-only" // as far as comparing goes: it may be absent
			if err := response.Add(field); err != nil {
				return fmt.Errorf("%s: %w", o.Name, err)
			}
		}
		for _, change := range o.Changes {
			if change.Response == "" {
				continue
			}
			value, err := response.Find(change.Response)
			if err != nil {
				return fmt.Errorf("%s: %w", o.Name, err)
			}
			value.Widen(change.Enum)
		}
	}
	return nil
}

// official is the shape of an answer as every official SDK reads it. The reference does not print
// the objects that hold the lists of DescribeRegions.
func official(o documented) map[string]shape {
	fields := shapesOf(o.Response)
	if o.Name == "DescribeRegions" {
		wrap(fields, "Regions", "Region")
		wrap(fields["Regions"].Fields["Region"].Items.Fields, "RecommendZones", "RecommendZone")
	}
	return fields
}

func shapesOf(fields apifacts.Fields) map[string]shape {
	if fields == nil {
		return nil
	}
	shapes := make(map[string]shape, len(fields))
	for _, field := range fields {
		shapes[field.Name] = shapeOf(field.Value)
	}
	return shapes
}

func shapeOf(v apifacts.Value) shape {
	s := shape{Type: v.Type, Enum: v.Enum, Presence: v.Presence, Fields: shapesOf(v.Fields)}
	if v.Items != nil {
		s.Items = new(shapeOf(*v.Items))
	}
	return s
}

// wrap puts a list of an answer into an object.
func wrap(fields map[string]shape, name, within string) {
	fields[name] = shape{Type: "object", Fields: map[string]shape{within: fields[name]}}
}
