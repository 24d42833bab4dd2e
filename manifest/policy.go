package manifest

import (
	"io"

	"slipway/policy"
)

// ReadPolicy reads the file of a policy, kind Policy. Problems of fields are [release.Problems], all of them
// at once.
func ReadPolicy(r io.Reader) (policy.Policy, error) {
	return read(r, kind{policy.Kind, "name, scopes and demands"}, func(map[string]any) {}, policy.Parse)
}
