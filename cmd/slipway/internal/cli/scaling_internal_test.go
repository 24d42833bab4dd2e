package cli

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"slipway/release"
)

// A rule that does not exist is refused at once, with those that do.
func TestScaling_MissingRules(t *testing.T) {
	t.Parallel()
	in := release.ToggleRequest{App: release.App{Platform: release.PlatformSAE, Region: "cn-hangzhou", ID: "app-1"}, Names: []string{"cpu", "nosuch"}}
	rules := []release.ScalingRule{{Name: "cpu"}, {Name: "night"}}
	err := missingRules(in, rules)
	require.EqualError(t, err, "scaling rules of sae/cn-hangzhou/app-1: refused: there is no rule nosuch; there are: cpu, night")
	require.Equal(t, exitRefused, exitCode(err))
	require.ErrorContains(t, missingRules(in, nil), "there is no rule cpu, nosuch; the application has none")
	in.Names = []string{"night", "cpu"}
	require.NoError(t, missingRules(in, rules))
}

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
