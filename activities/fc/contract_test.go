package fc_test

import (
	"testing"

	"slipway/activities/fc/fcworld"
	"slipway/activities/platform/platformtest"
)

// TestContract tells the stories of every platform to the driver of Function Compute.
func TestContract(t *testing.T) {
	t.Parallel()
	platformtest.Run(t, fcworld.Platform())
}
