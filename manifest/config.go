package manifest

import (
	"encoding/json"
	"errors"
	"io"
	"strings"

	"go.yaml.in/yaml/v3"

	"slipway/release"
	"slipway/wire"
)

// ConfigFile is what a release changes of a configuration, in a file of its own: the fields of
// config, without a release around them.
type ConfigFile struct {
	Config *release.Config

	root *yaml.Node
}

// ReadConfig reads one, YAML or JSON. Problems of fields are [release.Problems], all of them at
// once, under the paths that they have in a release. What the release cannot have,
// [wire.Validate] tells of the whole.
func ReadConfig(r io.Reader) (ConfigFile, error) {
	root, err := document(r, "is no configuration; it must have the fields of config, such as variables")
	if err != nil {
		return ConfigFile{}, err
	}
	f, tree := ConfigFile{root: root}, &reader{}
	value := tree.value(root, fieldConfig)
	if len(tree.problems) > 0 {
		return f, tree.problems
	}
	data, err := json.Marshal(value)
	if err != nil {
		return f, err
	}
	f.Config, err = wire.ParseConfig(data)
	if problems, ok := errors.AsType[release.Problems](err); ok {
		return f, f.Locate(problems)
	}
	return f, err
}

const fieldConfig = "config"

// Locate adds to each problem of a field that the file has the line on which it stands.
func (f ConfigFile) Locate(problems release.Problems) release.Problems {
	out := make(release.Problems, len(problems))
	for i, p := range problems {
		field, within := strings.CutPrefix(p.Field, fieldConfig+".")
		out[i] = p
		if within && f.root != nil {
			out[i].Message = locate(release.Problems{{Field: field, Message: p.Message}}, f.root)[0].Message
		}
	}
	return out
}
