package wire

import (
	"regexp"
	"strings"

	"slipway/release"
)

// The subjects of the streams, with wildcards.
const (
	AllRequests    = requestPrefix + ">"
	AllCommands    = commandPrefix + ">"
	AllEvents      = eventPrefix + ">"
	AllDeadLetters = deadLetterPrefix + ">"
)

const (
	requestPrefix    = "slipway.request."
	commandPrefix    = "slipway.command."
	eventPrefix      = "slipway.event."
	deadLetterPrefix = "slipway.deadletter."
	// setPlatform takes the place of an application's platform.
	setPlatform      = "set"
	setRequestPrefix = requestPrefix + setPlatform + "."
	// namedPlatform stands there where an application is asked for by its name.
	namedPlatform      = "app"
	namedRequestPrefix = requestPrefix + namedPlatform + "."
)

// RequestSubject is where releases of the application are requested:
// slipway.request.<platform>.<app-id>.
func RequestSubject(a release.App) string { return requestPrefix + string(a.Platform) + "." + a.ID }

// SetRequestSubject is where a set is requested: slipway.request.set.<name>.
func SetRequestSubject(name string) string { return setRequestPrefix + name }

// NamedRequestSubject is where releases of an environment of an application are requested by name:
// slipway.request.app.<application>.<environment>.
func NamedRequestSubject(application, environment string) string {
	return namedRequestPrefix + application + "." + environment
}

// CommandSubject is where commands to a release or a set go:
// slipway.command.<release-id> or slipway.command.<set-id>.
func CommandSubject(releaseID string) string { return commandPrefix + releaseID }

// EventSubject is where an event of a release is published:
// slipway.event.<platform>.<app-id>.<release-id>.<kind>. A kind may have two words
// ("batch.waiting"), so a filter for all kinds ends with ">".
func EventSubject(a release.App, releaseID string, kind release.EventKind) string {
	return strings.Join([]string{eventPrefix + string(a.Platform), a.ID, releaseID, string(kind)}, ".")
}

// SetEventSubject is where an event of a set is published:
// slipway.event.set.<name>.<set-id>.<kind>.
func SetEventSubject(name, setID string, kind release.EventKind) string {
	return strings.Join([]string{eventPrefix + setPlatform, name, setID, string(kind)}, ".")
}

// EventsOfRelease is the filter for all events of one release, or of one set by its ID.
func EventsOfRelease(releaseID string) string { return eventPrefix + "*.*." + releaseID + ".>" }

// DeadLetterSubject is where the dead letter of a message goes:
// slipway.deadletter.<original subject>.
func DeadLetterSubject(original string) string { return deadLetterPrefix + original }

// IsCommand reports whether a subject of StreamIn is one of commands; the others are of
// requests.
func IsCommand(subject string) bool { return strings.HasPrefix(subject, commandPrefix) }

// IsSetRequest reports whether a subject of StreamIn is one of requests for sets.
func IsSetRequest(subject string) bool { return strings.HasPrefix(subject, setRequestPrefix) }

// IsNamedRequest reports whether a subject of StreamIn is one of requests by name.
func IsNamedRequest(subject string) bool { return strings.HasPrefix(subject, namedRequestPrefix) }

// aboutSet is the subject attribute of events about a set.
func aboutSet(name string) string { return setPlatform + "/" + name }

// setToken takes the name out of the subject of a request for a set.
func setToken(subject string) (name string, ok bool) {
	name, ok = strings.CutPrefix(subject, setRequestPrefix)
	return name, ok && isToken(name)
}

// namedTokens takes the names out of the subject of a request by name.
func namedTokens(subject string) (application, environment string, ok bool) {
	application, environment, ok = strings.Cut(strings.TrimPrefix(subject, namedRequestPrefix), ".")
	return application, environment, ok && isToken(application) && isToken(environment)
}

// aboutNamed is the subject attribute of a request by name; empty where its subject names nothing.
func aboutNamed(subject string) string {
	application, environment, ok := namedTokens(subject)
	if !ok {
		return ""
	}
	return application + "/" + environment
}

// tokenPattern is what may stand between two dots of a subject and in a workflow ID.
const tokenPattern = `^[A-Za-z0-9_][A-Za-z0-9_-]{0,127}$`

func isToken(s string) bool {
	ok, err := regexp.MatchString(tokenPattern, s)
	return err == nil && ok
}

// requestTokens takes the platform and the application ID out of a request's subject.
func requestTokens(subject string) (platform, appID string, ok bool) {
	platform, appID, ok = strings.Cut(strings.TrimPrefix(subject, requestPrefix), ".")
	return platform, appID, ok && isToken(platform) && isToken(appID)
}

// commandToken takes the release ID out of a command's subject.
func commandToken(subject string) (releaseID string, ok bool) {
	releaseID = strings.TrimPrefix(subject, commandPrefix)
	return releaseID, isToken(releaseID)
}
