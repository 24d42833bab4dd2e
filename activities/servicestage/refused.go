package servicestage

import (
	"context"

	"slipway/activities/cloud"
	"slipway/release"
)

// SetScaling is refused.
func (d *Driver) SetScaling(context.Context, release.SetScalingInput) (release.SetScalingResult, error) {
	return release.SetScalingResult{}, cloud.NoSuch(d.traits, "scaling rules; operation rescale changes the number of instances")
}

// Instances is refused: no operation lists the instances of a component, or gives their addresses.
func (d *Driver) Instances(context.Context, release.InstancesInput) ([]release.Instance, error) {
	return nil, cloud.NoSuch(d.traits, "list of a component's instances, so that no gate can ask them; give a gate the address of the component")
}

// InstanceLog is refused for the same reason.
func (d *Driver) InstanceLog(context.Context, release.InstanceLogInput) (string, error) {
	return "", cloud.NoSuch(d.traits, "list of a component's instances, and no logs of them")
}
