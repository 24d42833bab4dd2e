package sae

import "slipway/activities/cloud"

// addressOf is the address of a package as it may be told; see [cloud.Address].
func addressOf(shown string) string { return cloud.Address(shown) }
