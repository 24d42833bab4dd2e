package sae_test

import (
	"testing"

	"slipway/activities/platform/platformtest"
	"slipway/activities/sae/saeworld"
)

// TestContract tells the stories of every platform to the driver of SAE.
func TestContract(t *testing.T) {
	t.Parallel()
	platformtest.Run(t, saeworld.Platform())
}
