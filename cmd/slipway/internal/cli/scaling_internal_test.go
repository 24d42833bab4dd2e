package cli

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"slipway/release"
)

// What is wrong with a switching is told by the flags that asked for it.
func TestToggleFlags(t *testing.T) {
	t.Parallel()
	in := release.ToggleRequest{App: release.App{Platform: release.PlatformFC, Region: "cn-hangzhou", ID: "shop", Qualifier: "1"}, By: "mei"}
	problems, wrong := errors.AsType[release.Problems](in.Validate())
	require.True(t, wrong)
	text := toggleFlags(problems).Error()
	require.Contains(t, text, "--for: must be more than 0s to disable rules on Function Compute")
	require.Contains(t, text, "--qualifier: ")
}
