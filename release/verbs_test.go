package release_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"slipway/release"
)

// A change that waits to be ended by hand is one of a release as often as not: whose it is says where to look.
func TestForeignChange_Words(t *testing.T) {
	t.Parallel()
	of := release.Token("r-one", string(release.StepRollout))
	for name, row := range map[string]struct{ description, want string }{
		"of nobody":                  {"", "begun elsewhere"},
		"of somebody at the console": {"fix the rounding", "begun elsewhere"},
		"of a release":               {of + " registry.example/shop:2", "begun by release r-one"},
		"of one of two releases":     {of + " " + release.Token("r-s-one", string(release.StepRollout)), "begun by release r-one or r-s-one"},
		"of what is no release":      {"slipway:\x1b[2J:rollout slipway:r-" + string(make([]byte, 3)) + ":rollout", "begun elsewhere"},
		"of a token that was cut":    {"slipway:r-one", "begun elsewhere"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, "change c-1 (CoDeploy), "+row.want, release.ForeignChange{ID: "c-1", Type: "CoDeploy", Description: row.description}.Words())
		})
	}
}
