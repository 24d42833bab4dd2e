package manifest

import (
	"encoding/json"
	"errors"
	"io"

	"slipway/apps"
	"slipway/release"
)

// ReadApplication reads the document of an application, kind Application, whose fields stand beside its
// kind. Problems of fields are [release.Problems], all of them at once.
func ReadApplication(r io.Reader) (apps.Application, error) {
	root, err := document(r, "is no application document; it must have apiVersion, kind, name and environments")
	if err != nil {
		return apps.Application{}, err
	}
	tree := &reader{}
	value := tree.value(root, "")
	if len(tree.problems) > 0 {
		return apps.Application{}, tree.problems
	}
	data, err := json.Marshal(value)
	if err != nil {
		return apps.Application{}, err
	}
	a, err := apps.Parse(data)
	problems, ok := errors.AsType[release.Problems](err)
	if !ok {
		return a, err
	}
	located := locate(problems, root)
	if kind := valueOf(root, fieldKind); submits(kind) != "" {
		for i, p := range located {
			if p.Field == fieldKind {
				located[i].Message += "; " + submits(kind)
			}
		}
	}
	return a, located
}
