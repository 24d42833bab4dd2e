package release

import (
	"slices"
	"strings"
)

// Slipway names the system itself where it speaks like a person.
const Slipway = "slipway"

// Temporal names Temporal where a workflow was cancelled there.
const Temporal = "temporal"

// The ways of a command.
const (
	// ViaEvent, ViaUpdate and ViaSignal are the ways from outside.
	ViaEvent  = "event"
	ViaUpdate = "update"
	ViaSignal = "signal"
	// ViaLimit is that of what Slipway decides because a limit has passed, and ViaRequest of what
	// the request has asked for.
	ViaLimit   = "limit"
	ViaRequest = "request"
	// ViaPromotion is that of what Slipway decides because what is promoted was taken back.
	ViaPromotion = "promotion"
	// ViaLane and ViaSet are those of what a lane or a set says.
	ViaLane = "lane"
	ViaSet  = "set"
	// ViaCancel is that of a workflow that is cancelled in Temporal.
	ViaCancel = "cancel"
)

// IsReserved reports whether nobody may claim a name: it is what the system calls itself.
func IsReserved(name string) bool {
	return slices.Contains([]string{Slipway, Temporal}, strings.ToLower(strings.TrimSpace(name)))
}

// actor refuses a reserved name.
func (v *validator) actor(field, name string) {
	v.check(!IsReserved(name), field, "%q is what the system calls itself; name who gives the command", name)
}
