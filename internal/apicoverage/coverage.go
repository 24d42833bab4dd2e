package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
)

// column is a way to cover an operation. Tests tell of it by attributes with the key, whose
// first word is the operation; an attribute with "-without" after the key excuses an operation:
// its name, a colon, the reason.
type column struct{ title, key string }

// columns are the columns of a cloud, whose name begins the keys: sae-typed.
func columns(cloud string) []column {
	return []column{
		{"typed", cloud + "-typed"},
		{"simulated", cloud + "-simulated"},
		{"sample-tested", cloud + "-sample"},
		{"error-tested", refusedKey(cloud)},
		{"official SDK V1", cloud + "-v1"},
		{"official SDK V3", cloud + "-v3"},
	}
}

// refusedKey is the key of attributes that tell of a documented error: an operation and a code.
func refusedKey(cloud string) string { return cloud + "-refused" }

// operation is what the fact file says of an operation.
type operation struct {
	Name   string `json:"name"`
	Group  string `json:"group"`
	Errors []struct {
		Code string `json:"code"`
	} `json:"errors"`
}

func readFacts(path string) ([]operation, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var facts struct {
		Operations []operation `json:"operations"`
	}
	if err := json.Unmarshal(text, &facts); err != nil {
		return nil, fmt.Errorf("read %s: %w", path, err)
	}
	if len(facts.Operations) == 0 {
		return nil, fmt.Errorf("no operations in %s", path)
	}
	return facts.Operations, nil
}

// attributes are values by key.
type attributes map[string][]string

// event is a line that go test -json writes.
type event struct {
	Action, Package, Test, Key, Value, Output string
}

// collect reads the attributes of the tests that passed. What failing tests say goes to the diagnostics.
func collect(in io.Reader, diagnostics io.Writer) (attributes, error) {
	seen := attributes{}
	pending, output := map[string][]event{}, map[string]string{}
	var failed []string
	dec := json.NewDecoder(in)
	for {
		var e event
		err := dec.Decode(&e)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("read the output of go test -json: %w", err)
		}
		id := e.Package + " " + e.Test
		switch e.Action {
		case "attr":
			pending[id] = append(pending[id], e)
		case "output", "build-output":
			output[id] += e.Output
		case "pass":
			for _, told := range pending[id] {
				seen[told.Key] = append(seen[told.Key], told.Value)
			}
		case "fail", "build-fail":
			failed = append(failed, strings.TrimSpace(id))
			_, _ = io.WriteString(diagnostics, output[id])
		}
	}
	if len(failed) > 0 {
		return nil, fmt.Errorf("tests failed: %s", strings.Join(failed, ", "))
	}
	return seen, nil
}

// report is what is covered.
type report struct {
	columns []column
	// rows are groups of operations, and the sum of all.
	rows []row
	// excused are operations that a column lacks, by the reason.
	excused []excuse
	// listed is how many pairs of an operation and an error the facts list, provoked how many
	// of them tests have provoked, and common how many pairs with an error that all operations
	// have.
	listed, provoked, common int
}

// excuse is a reason why a column lacks operations.
type excuse struct {
	column, reason string
	operations     []string
}

// row counts the operations of a group, in the facts and by columns.
type row struct {
	group   string
	facts   int
	covered []int
}

// judge counts. The error names every operation that is neither covered nor excused, and
// everything that is not of the facts.
func judge(cloud string, facts []operation, seen attributes) (report, error) {
	groups := map[string]string{}
	counts := map[string]*row{}
	var order []string
	for _, op := range facts {
		groups[op.Name] = op.Group
		if counts[op.Group] == nil {
			counts[op.Group] = &row{group: op.Group, covered: make([]int, len(columns(cloud)))}
			order = append(order, op.Group)
		}
		counts[op.Group].facts++
	}
	r := report{columns: columns(cloud)}
	var problems []error
	for i, c := range columns(cloud) {
		covered := map[string]bool{}
		for _, value := range seen[c.key] {
			name, _, _ := strings.Cut(value, " ")
			covered[name] = true
		}
		for _, name := range slices.Sorted(maps.Keys(covered)) {
			if counts[groups[name]] == nil {
				problems = append(problems, fmt.Errorf("%s: the facts have no operation %s", c.title, name))
				continue
			}
			counts[groups[name]].covered[i]++
		}
		excused, err := c.missing(facts, covered, seen[c.key+"-without"])
		r.excused = append(r.excused, excused...)
		problems = append(problems, err)
	}
	sum := row{group: "all", covered: make([]int, len(columns(cloud)))}
	for _, group := range order {
		r.rows = append(r.rows, *counts[group])
		sum.facts += counts[group].facts
		for i, n := range counts[group].covered {
			sum.covered[i] += n
		}
	}
	r.rows = append(r.rows, sum)
	r.countErrors(facts, seen[refusedKey(cloud)])
	return r, errors.Join(problems...)
}

func (r *report) countErrors(facts []operation, refused []string) {
	listed := map[string]bool{}
	for _, op := range facts {
		for _, e := range op.Errors {
			listed[op.Name+" "+e.Code] = true
		}
	}
	r.listed = len(listed)
	for _, pair := range slices.Compact(slices.Sorted(slices.Values(refused))) {
		if listed[pair] {
			r.provoked++
		} else {
			r.common++
		}
	}
}

// missing tells of the operations that are not covered: those with a reason, and an error that
// names the others and reasons for nothing.
func (c column) missing(facts []operation, covered map[string]bool, without []string) ([]excuse, error) {
	reasons := map[string]string{}
	for _, text := range without {
		name, reason, _ := strings.Cut(text, ": ")
		reasons[name] = reason
	}
	var excused []excuse
	var problems []error
	for _, op := range facts {
		reason := reasons[op.Name]
		switch {
		case covered[op.Name] && reason != "":
			problems = append(problems, fmt.Errorf("%s: %s is covered, and excused: %s", c.title, op.Name, reason))
		case covered[op.Name]:
		case reason != "":
			at := slices.IndexFunc(excused, func(e excuse) bool { return e.reason == reason })
			if at < 0 {
				at = len(excused)
				excused = append(excused, excuse{column: c.title, reason: reason})
			}
			excused[at].operations = append(excused[at].operations, op.Name)
		default:
			problems = append(problems, fmt.Errorf("%s: %s is not covered", c.title, op.Name))
		}
	}
	return excused, errors.Join(problems...)
}
