package relfile

import (
	"fmt"
	"slices"
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
		for name := range strings.SplitSeq(p.Field, ".") {
			if n = entry(n, name); n == nil {
				break
			}
		}
		if n == nil {
			continue
		}
		if n.Kind == yaml.ScalarNode && n.ShortTag() != "!!str" && strings.HasPrefix(p.Message, "must be a string") {
			p.Message += fmt.Sprintf("; write it in quotes: %q", n.Value)
		}
		out[i].Message = onLine(p.Message, n)
	}
	return out
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
