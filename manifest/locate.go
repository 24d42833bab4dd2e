package manifest

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"slipway/release"
)

// locate adds to each problem the line on which its field stands in the file, and to a
// number or switch that should have been text what YAML wants for that.
func locate(problems release.Problems, spec *yaml.Node) release.Problems {
	out := slices.Clone(problems)
	for i, p := range out {
		n := spec
		for _, step := range steps(p.Field) {
			if n = step.from(n); n == nil {
				break
			}
		}
		if n == nil {
			continue
		}
		if n.Kind == yaml.ScalarNode && n.ShortTag() != "!!str" && strings.HasPrefix(p.Message, "must be a string") {
			p.Message += rewritten(p.Field, n.Value)
		}
		out[i].Message = onLine(p.Message, n)
	}
	return out
}

// rewritten returns how a number or a switch is written that should have been text.
func rewritten(field, value string) string {
	if strings.HasSuffix(field, "].value") && strings.Contains(field, "variables[") {
		return "; write it in quotes" // it is not repeated: it may be a secret
	}
	if !isDuration(field) {
		return fmt.Sprintf("; write it in quotes: %q", value)
	}
	if _, err := strconv.ParseUint(value, 10, 64); err != nil {
		value = "5"
	}
	return fmt.Sprintf("; write for example %q", value+"s")
}

// isDuration reports whether a field is a duration.
func isDuration(field string) bool {
	parts := strings.Split(field, ".")
	name, group := parts[len(parts)-1], parts[max(0, len(parts)-2)]
	return group == "limits" || slices.Contains([]string{"bake", "interval", "timeout", "initialDelay", "period", "grace"}, name)
}

// step leads from a node to one within it: to the value of a name, or to an entry of a
// list.
type step struct {
	name  string
	index int
}

// steps are the steps of a path such as strategy.gates[0].http.
func steps(path string) []step {
	var out []step
	for part := range strings.SplitSeq(path, ".") {
		name, rest, _ := strings.Cut(part, "[")
		out = append(out, step{name: name})
		for n := range strings.SplitSeq(rest, "[") {
			if index, err := strconv.Atoi(strings.TrimSuffix(n, "]")); err == nil {
				out = append(out, step{index: index})
			}
		}
	}
	return out
}

func (s step) from(n *yaml.Node) *yaml.Node {
	if s.name != "" {
		return entry(n, s.name)
	}
	if n == nil || n.Kind != yaml.SequenceNode || s.index >= len(n.Content) {
		return nil
	}
	return n.Content[s.index]
}

// entry returns the value of a name in a mapping; nil when there is none.
func entry(n *yaml.Node, name string) *yaml.Node {
	if n == nil || n.Kind != yaml.MappingNode {
		return nil
	}
	for pair := range slices.Chunk(n.Content, 2) {
		if pair[0].Value == name {
			return pair[1]
		}
	}
	return nil
}

func onLine(message string, n *yaml.Node) string { return fmt.Sprintf("%s (line %d)", message, n.Line) }

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}
