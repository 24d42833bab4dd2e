package release_test

import (
	"encoding/json"
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"slipway/release"
)

// Every member of an update of a component is given by a field, stands under config.platform, or is refused
// with the reason; and the table has no other.
func TestPlatformParameters_AreThoseOfServiceStage(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile("../api/servicestage/operations.json")
	require.NoError(t, err)
	var facts struct {
		Operations []struct {
			Name   string       `json:"name"`
			Params []bodyMember `json:"params"`
		} `json:"operations"`
	}
	require.NoError(t, json.Unmarshal(data, &facts))
	known := map[string]bodyMember{"command.command": {}, "command.args": {}}
	for _, op := range facts.Operations {
		if op.Name != "UpdateComponent" {
			continue
		}
		for _, m := range op.Params {
			if m.In == "body" {
				known[m.Name] = m
			}
		}
	}
	for _, p := range release.PlatformParameters(release.PlatformServiceStage) {
		m, there := known[p.Name]
		require.True(t, there, "%s is no member", p.Name)
		delete(known, p.Name)
		if p.Field == "" && p.Why == "" {
			require.Equal(t, m.kind(), p.Kind, p.Name)
		}
	}
	require.Empty(t, known, "they are not in the table")
}
