package servicestage_test

import (
	"testing"

	"slipway/activities/platform/platformtest"
	"slipway/activities/servicestage/servicestageworld"
)

// TestContract tells the stories of every platform to the driver of ServiceStage, in each form of its answers.
func TestContract(t *testing.T) {
	t.Parallel()
	for name, form := range map[string]servicestageworld.Form{
		"as newer services answer": {MissingIsUnauthorized: true},
		"as the reference has it":  {PauseIsUpgrading: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			platformtest.Run(t, servicestageworld.Platform(form))
		})
	}
}
