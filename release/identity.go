package release

import (
	"crypto/sha256"
	"encoding/base32"
	"regexp"
	"strconv"
	"strings"
)

// WorkflowTaskQueue is the Temporal task queue of all workflows and of the
// activities that belong to no platform account.
const WorkflowTaskQueue = "slipway"

// What the IDs begin with. No event reaches a release of a set: the ID of what an event
// asks for has one hyphen, theirs has two.
const (
	releasePrefix    = "r-"
	setPrefix        = "s-"
	setReleasePrefix = releasePrefix + setPrefix
)

// derivedPattern is what [derive] makes.
const derivedPattern = `[a-z2-7]{16}`

// The patterns of the IDs of releases and of sets.
var (
	releaseIDPattern = regexp.MustCompile(`^` + releasePrefix + `(` + setPrefix + `)?` + derivedPattern + `$`)
	setIDPattern     = regexp.MustCompile(`^` + setPrefix + derivedPattern + `$`)
)

// derive makes 16 lower-case letters and digits (80 bits) of the parts of an identity. Each
// part is preceded by its length, so that no two lists of parts run together, and kind
// keeps what is derived for one purpose apart from what is derived for another.
func derive(kind string, parts ...string) string {
	var all strings.Builder
	for _, part := range append([]string{kind}, parts...) {
		all.WriteString(strconv.Itoa(len(part)) + ":" + part)
	}
	sum := sha256.Sum256([]byte(all.String()))
	return strings.ToLower(base32.StdEncoding.EncodeToString(sum[:10]))
}

// ID returns the release ID of a request: derived from the application as the request
// names it, and the CloudEvent's source and id, so that the same event always means the
// same release, and an event for one application never takes the ID of a release of
// another. It has the form r-xxxxxxxxxxxxxxxx.
func ID(a App, source, eventID string) string {
	return releasePrefix + derive("release", string(a.Platform), a.Region, a.ID, source, eventID)
}

// SetID returns the set ID of a request for a set, derived in the same way from the set's
// name and the event. It has the form s-xxxxxxxxxxxxxxxx.
func SetID(name, source, eventID string) string {
	return setPrefix + derive("set", name, source, eventID)
}

// IsSetID reports whether an ID is that of a set.
func IsSetID(id string) bool { return strings.HasPrefix(id, setPrefix) }

// IsSetReleaseID reports whether an ID is that of a release of a set, or of its rollback.
func IsSetReleaseID(id string) bool { return strings.HasPrefix(id, setReleasePrefix) }

// CheckReleaseID refuses, with a [Problem], what cannot be the ID of a release: it is a part of
// workflow IDs, of subjects and of keys. Who submits one of their own has more freedom than
// [ID] uses.
func CheckReleaseID(id string) error {
	name, ok := strings.CutPrefix(id, releasePrefix)
	if !ok || name == "" || len(id) > MaxID || strings.ContainsFunc(name, notOfID) {
		return Problem{Field: "releaseId", Message: "must be r- and letters, digits, hyphens and underscores, " + strconv.Itoa(MaxID) + " in all at most"}
	}
	return nil
}

// CheckSetID refuses, with a [Problem], what cannot be the ID of a set; see [SetID].
func CheckSetID(id string) error {
	if !matches(setIDPattern, id) {
		return Problem{Field: "setId", Message: "must be s- and 16 lower-case letters and digits"}
	}
	return nil
}

// Named names a release or a set by its ID in words.
func Named(id string) string {
	if IsSetID(id) {
		return "set " + id
	}
	return "release " + id
}

func notOfID(r rune) bool {
	return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '-' && r != '_'
}

// SetReleaseID returns the release ID of a set's release, of the form
// r-s-xxxxxxxxxxxxxxxx.
func SetReleaseID(setID, name string) string {
	return setReleasePrefix + derive("release of set", setID, name)
}

// SetUndoID returns the release ID of the rollback of a set's release, of the same form.
func SetUndoID(setID, name string) string {
	return setReleasePrefix + derive("rollback of set", setID, name)
}

// CommandID returns the identity of a command that came by an event: derived from the
// release or set that it is for, and the event. It has the form c-xxxxxxxxxxxxxxxx.
func CommandID(target, source, eventID string) string {
	return "c-" + derive("command", target, source, eventID)
}

// WorkflowID returns the Temporal workflow ID of a release.
func WorkflowID(releaseID string) string { return "release/" + releaseID }

// SetWorkflowID returns the Temporal workflow ID of a set.
func SetWorkflowID(setID string) string { return "set/" + setID }

// CommandTargetID returns the ID of the Temporal workflow that a command is sent to: that of a
// release, or of a set by its ID.
func CommandTargetID(id string) string {
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

// Token returns the marker that a release writes into the description of a change it begins, so
// that a change whose answer was lost can be found again. The step tells the changes of one
// release apart.
func Token(releaseID, step string) string { return tokenPrefix + releaseID + ":" + step }

// tokenPrefix is what tokens begin with.
const tokenPrefix = "slipway:"

// ReleaseOfToken returns the release that a [Token] is of; false where the text is no token.
func ReleaseOfToken(token string) (releaseID string, is bool) { //nolint:revive // beside ReleasesOfVersion; OfToken alone would say nothing
	of, is := strings.CutPrefix(token, tokenPrefix)
	id, step, parted := strings.Cut(of, ":")
	return id, is && parted && id != "" && step != ""
}

// EventID returns the deterministic ID of a lifecycle event of a release or set: its
// transition of that number. The kind is a part of it, because a release that was reset in
// Temporal may give the number to another transition.
func EventID(id string, transition uint64, kind EventKind) string {
	return id + "." + strconv.FormatUint(transition, 10) + "." + string(kind)
}

// DeliveryID returns the Temporal workflow ID of the delivery of what a workflow could not
// tell before it ended.
func DeliveryID(workflowID string) string { return "delivery/" + workflowID }

// DeliveryOf returns the release whose last events, or whose watchdog's, a workflow delivers;
// false where the workflow is no delivery of a release's.
func DeliveryOf(workflowID string) (releaseID string, is bool) {
	of, is := strings.CutPrefix(workflowID, DeliveryID(""))
	for _, ended := range []string{WorkflowID(""), WatchdogID("")} {
		if id, its := strings.CutPrefix(of, ended); is && its {
			id, _, _ = strings.Cut(id, "/") // the second delivery of a workflow has a number
			return id, true
		}
	}
	return "", false
}
