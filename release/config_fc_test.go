package release_test

import (
	"encoding/json"
	"os"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"slipway/release"
)

// bodyMember is what the facts say of a member of a body.
type bodyMember struct {
	Name  string `json:"name"`
	In    string `json:"in"`
	Type  string `json:"type"`
	Min   int64  `json:"min"`
	Max   int64  `json:"max"`
	Shape struct {
		Type string `json:"type"`
	} `json:"jsonShape"`
}

func (m bodyMember) kind() release.ParameterKind {
	switch {
	case m.Type == "string":
		return release.ParameterText
	case m.Type == "boolean":
		return release.ParameterSwitch
	case m.Shape.Type == "array":
		return release.ParameterList
	case m.Type == "value":
		return release.ParameterObject
	}
	return release.ParameterNumber
}

// Every member of a function, a service and its provisioned instances that can be written is given by a
// field, stands under config.platform, or is refused with the reason; and the table has no other.
func TestPlatformParameters_AreThoseOfFunctionCompute(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile("../api/fc/operations.json")
	require.NoError(t, err)
	var facts struct {
		Structs map[string]struct {
			Keys map[string]any `json:"keys"`
		} `json:"structs"`
		Operations []struct {
			Name   string       `json:"name"`
			Params []bodyMember `json:"params"`
		} `json:"operations"`
	}
	require.NoError(t, json.Unmarshal(data, &facts))
	known := map[string]bodyMember{}
	for _, op := range facts.Operations {
		if !slices.Contains([]string{"UpdateFunction", "UpdateService", "PutProvisionConfig"}, op.Name) {
			continue
		}
		for _, m := range op.Params {
			if m.In == "body" {
				known[m.Name] = m
			}
		}
	}
	for name := range facts.Structs["CustomContainerConfig"].Keys {
		known["customContainerConfig."+name] = bodyMember{}
	}
	for _, p := range release.PlatformParameters(release.PlatformFC) {
		m, there := known[p.Name]
		require.True(t, there, "%s is no member", p.Name)
		delete(known, p.Name)
		if p.Field != "" || p.Why != "" {
			continue
		}
		require.Equal(t, m.kind(), p.Kind, p.Name)
		if m.Min != 0 {
			require.Equal(t, m.Min, p.Least, p.Name)
		}
		require.Equal(t, m.Max, p.Most, p.Name)
	}
	require.Empty(t, known, "they are not in the table")
}
