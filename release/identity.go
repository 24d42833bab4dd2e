package release

import (
	"crypto/sha256"
	"encoding/base32"
	"strconv"
	"strings"
)

// WorkflowTaskQueue is the Temporal task queue of all workflows and of the
// activities that belong to no platform account.
const WorkflowTaskQueue = "slipway"

// ID returns the release ID of a request: derived from the CloudEvent's source and
// id, so that the same event always means the same release. It has the form
// r-xxxxxxxxxxxxxxxx (lower-case letters and digits, 80 bits).
func ID(source, eventID string) string {
	sum := sha256.Sum256([]byte(source + "\x00" + eventID))
	return "r-" + strings.ToLower(base32.StdEncoding.EncodeToString(sum[:10]))
}

// SetID returns the set ID of a request for a set, derived in the same way. It has the
// form s-xxxxxxxxxxxxxxxx.
func SetID(source, eventID string) string {
	return setPrefix + strings.TrimPrefix(ID(source, eventID), "r-")
}

// setPrefix tells the ID of a set from that of a release.
const setPrefix = "s-"

// IsSetID tells whether an ID is that of a set.
func IsSetID(id string) bool { return strings.HasPrefix(id, setPrefix) }

// SetReleaseID returns the release ID of a set's release.
func SetReleaseID(setID, name string) string { return ID(setID, name) }

// SetUndoID returns the release ID of the rollback of a set's release. No name has a
// slash, so that it is nobody else's.
func SetUndoID(setID, name string) string { return ID(setID, "rollback/"+name) }

// WorkflowID returns the Temporal workflow ID of a release.
func WorkflowID(releaseID string) string { return "release/" + releaseID }

// SetWorkflowID returns the Temporal workflow ID of a set.
func SetWorkflowID(setID string) string { return "set/" + setID }

// AddresseeID returns the Temporal workflow ID of what a command is for: a release, or a
// set by its ID.
func AddresseeID(id string) string {
	if IsSetID(id) {
		return SetWorkflowID(id)
	}
	return WorkflowID(id)
}

// WatchdogID returns the Temporal workflow ID of a lost release's watchdog.
func WatchdogID(releaseID string) string { return "watchdog/" + releaseID }

// LaneID returns the Temporal workflow ID of an application's lane.
func LaneID(a App) string {
	return strings.Join([]string{"lane", string(a.Platform), a.Region, a.ID}, "/")
}

// PlatformTaskQueue returns the task queue of a platform's activities in a region.
// Each has its own server-side rate limit, because the platform limits calls by
// account and region; workers of different accounts use different namespaces.
func PlatformTaskQueue(p Platform, region string) string {
	return "slipway-" + string(p) + "-" + region
}

// Token returns the marker that a release writes into the description of a change
// order it begins, so that an order whose answer was lost can be found again. The
// step tells the orders of one release apart.
func Token(releaseID, step string) string { return "slipway:" + releaseID + ":" + step }

// EventID returns the deterministic ID of a lifecycle event: the same transition of
// the same release always has the same one.
func EventID(releaseID string, kind EventKind, batch int) string {
	id := releaseID + "." + string(kind)
	if batch > 0 {
		id += "." + strconv.Itoa(batch)
	}
	return id
}
