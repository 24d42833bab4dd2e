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

// table counts facts by their groups.
type table struct {
	title   string
	columns []column
	facts   []operation
}

// tables are those of a cloud, whose name begins the keys: sae-typed. What the service has beyond the
// reference in the operations of the reference has tables of its own, where the facts know of it.
func tables(cloud string, f facts) []table {
	all := []table{{title: "operations of", facts: f.Operations, columns: ofOperations(cloud)}}
	if parameters := f.additions(func(a addition) []string { return a.parameters() }); len(parameters) > 0 {
		all = append(all, table{title: "parameters beyond the reference, of", facts: parameters, columns: []column{
			{"typed", cloud + "-simulated-param"},
			{"official SDK V1", cloud + "-v1-param"},
			{"official SDK V3", cloud + "-v3-param"},
		}})
	}
	if members := f.additions(func(a addition) []string { return a.members() }); len(members) > 0 {
		all = append(all, table{title: "members of answers beyond the reference, of", facts: members, columns: []column{
			{"simulated", cloud + "-simulated-member"},
		}})
	}
	return all
}

// ofOperations are the columns of operations.
func ofOperations(cloud string) []column {
	return append([]column{
		{"typed", cloud + "-typed"}, {"simulated", cloud + "-simulated"}, {"sample-tested", cloud + "-sample"}, {"error-tested", refusedKey(cloud)},
	}, others(cloud)...)
}

// others are the columns of the clients of others that tests run.
func others(cloud string) []column {
	switch cloud {
	case "fc":
		return []column{{"the vendor's Node client", "fc-node"}}
	case "servicestage":
		return []column{{"the vendor's Go SDK", "servicestage-sdk"}}
	}
	return []column{{"official SDK V1", cloud + "-v1"}, {"official SDK V3", cloud + "-v3"}}
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

// addition is what the fact file says that an operation has beyond the reference.
type addition struct {
	Name   string `json:"name"`
	Params []struct {
		Name string `json:"name"`
	} `json:"params"`
	Response []struct {
		Path     string `json:"path"`
		Presence string `json:"presence"`
	} `json:"response"`
}

func (a addition) parameters() []string {
	var names []string
	for _, p := range a.Params {
		names = append(names, p.Name)
	}
	return names
}

// members are those of answers that tell of success.
func (a addition) members() []string {
	var paths []string
	for _, m := range a.Response {
		if m.Presence != "failure-only" {
			paths = append(paths, m.Path)
		}
	}
	return paths
}

// facts are those of a cloud.
type facts struct {
	Operations []operation `json:"operations"`
	Additions  []addition  `json:"additions"`
}

// additions makes facts of what operations have beyond the reference; each is of the group of its
// operation, and its name begins with it.
func (f facts) additions(of func(addition) []string) []operation {
	var all []operation
	for _, a := range f.Additions {
		for _, name := range of(a) {
			all = append(all, operation{Name: a.Name + "." + name, Group: a.Name})
		}
	}
	return all
}

func readFacts(path string) (facts, error) {
	var f facts
	text, err := os.ReadFile(path)
	if err != nil {
		return f, err
	}
	if err := json.Unmarshal(text, &f); err != nil {
		return f, fmt.Errorf("read %s: %w", path, err)
	}
	if len(f.Operations) == 0 {
		return f, fmt.Errorf("no operations in %s", path)
	}
	return f, nil
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

// report is what is covered of a table.
type report struct {
	table

	// rows are groups of facts, and the sum of all.
	rows []row
	// excused are facts that a column lacks, by the reason.
	excused []excuse
}

// provoked counts errors: how many pairs of an operation and an error the facts list, how many of
// them tests have provoked, how many pairs with an error that all operations have, and how many of
// operations for which no error is listed.
type provoked struct{ listed, provoked, common, unlisted int }

// excuse is a reason why a column lacks facts.
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

// judge counts. The error names every fact that is neither covered nor excused, and everything that
// is not of the facts.
func (t table) judge(seen attributes) (report, error) {
	groups := map[string]string{}
	counts := map[string]*row{}
	var order []string
	for _, op := range t.facts {
		groups[op.Name] = op.Group
		if counts[op.Group] == nil {
			counts[op.Group] = &row{group: op.Group, covered: make([]int, len(t.columns))}
			order = append(order, op.Group)
		}
		counts[op.Group].facts++
	}
	r := report{table: t}
	var problems []error
	for i, c := range t.columns {
		covered := map[string]bool{}
		for _, value := range seen[c.key] {
			name, _, _ := strings.Cut(value, " ")
			covered[name] = true
		}
		for _, name := range slices.Sorted(maps.Keys(covered)) {
			if counts[groups[name]] == nil {
				problems = append(problems, fmt.Errorf("%s: the facts have no %s", c.title, name))
				continue
			}
			counts[groups[name]].covered[i]++
		}
		excused, err := c.missing(t.facts, covered, seen[c.key+"-without"])
		r.excused = append(r.excused, excused...)
		problems = append(problems, err)
	}
	sum := row{group: "all", covered: make([]int, len(t.columns))}
	for _, group := range order {
		r.rows = append(r.rows, *counts[group])
		sum.facts += counts[group].facts
		for i, n := range counts[group].covered {
			sum.covered[i] += n
		}
	}
	r.rows = append(r.rows, sum)
	return r, errors.Join(problems...)
}

func countErrors(operations []operation, refused []string) provoked {
	listed, none := map[string]bool{}, map[string]bool{}
	for _, op := range operations {
		none[op.Name] = len(op.Errors) == 0
		for _, e := range op.Errors {
			listed[op.Name+" "+e.Code] = true
		}
	}
	count := provoked{listed: len(listed)}
	for _, pair := range slices.Compact(slices.Sorted(slices.Values(refused))) {
		operation, _, _ := strings.Cut(pair, " ")
		switch {
		case listed[pair]:
			count.provoked++
		case none[operation]:
			count.unlisted++
		default:
			count.common++
		}
	}
	return count
}

// missing tells of the facts that are not covered: those with a reason, and an error that
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
