package wire

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"slipway/release"
)

// The subjects of the streams, with wildcards.
const (
	AllRequests    = requestPrefix + ">"
	AllCommands    = commandPrefix + ">"
	AllEvents      = eventPrefix + ">"
	AllDeadLetters = deadLetterPrefix + ">"
	// AllCDEvents is where the lifecycle of releases is told of as CDEvents.
	AllCDEvents = cdeventPrefix + ">"

	// AllVerifiedRequests and AllVerifiedCommands are the subjects of those who may publish as
	// themselves only.
	AllVerifiedRequests = verifiedPrefix + "*.request.>"
	AllVerifiedCommands = verifiedPrefix + "*.command.>"
	// AllArtifacts and AllVerifiedArtifacts are where pushes to registries are told of.
	AllArtifacts         = artifactPrefix + ">"
	AllVerifiedArtifacts = verifiedPrefix + "*.artifact.>"
	// AllNamedRequests is where releases are requested by name, as claimed.
	AllNamedRequests = namedRequestPrefix + ">"
	// AllVerifiedNamedRequests is where they are requested by whoever may publish as themselves only.
	AllVerifiedNamedRequests = verifiedPrefix + "*.request." + namedPlatform + ".>"
	// AllPushEvents is the filter for all events of pushes to registries.
	AllPushEvents = eventPrefix + pushToken + ".>"
)

// Requests returns the subjects of all requests, with wildcards, and Commands those of all commands.
func Requests() []string { return []string{AllRequests, AllVerifiedRequests} }

// Commands returns the subjects of all commands, with wildcards.
func Commands() []string { return []string{AllCommands, AllVerifiedCommands} }

// Artifacts returns the subjects on which pushes to registries are told of, with wildcards.
func Artifacts() []string { return []string{AllArtifacts, AllVerifiedArtifacts} }

const (
	requestPrefix    = "slipway.request."
	commandPrefix    = "slipway.command."
	eventPrefix      = "slipway.event."
	deadLetterPrefix = "slipway.deadletter."
	cdeventPrefix    = "slipway.cdevents."
	artifactPrefix   = "slipway.artifact."
	verifiedPrefix   = "slipway.by."
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

// VerifiedRequestSubject is where an identity requests releases of the application that may publish as
// itself only: slipway.by.<identity>.request.<platform>.<region>.<app-id>.
func VerifiedRequestSubject(identity string, a release.App) string {
	return strings.Join([]string{verifiedPrefix + identity, "request", string(a.Platform), a.Region, a.ID}, ".")
}

// VerifiedSetRequestSubject is where it requests a set: slipway.by.<identity>.request.set.<name>.
func VerifiedSetRequestSubject(identity, name string) string {
	return strings.Join([]string{verifiedPrefix + identity, "request", setPlatform, name}, ".")
}

// VerifiedNamedRequestSubject is where it requests releases of an environment of an application by name:
// slipway.by.<identity>.request.app.<application>.<environment>.
func VerifiedNamedRequestSubject(identity, application, environment string) string {
	return strings.Join([]string{verifiedPrefix + identity, "request", namedPlatform, application, environment}, ".")
}

// VerifiedCommandSubject is where it commands a release:
// slipway.by.<identity>.command.<platform>.<region>.<app-id>.<release-id>.
func VerifiedCommandSubject(identity string, a release.App, releaseID string) string {
	return strings.Join([]string{verifiedPrefix + identity, "command", string(a.Platform), a.Region, a.ID, releaseID}, ".")
}

// VerifiedSetCommandSubject is where it commands a set:
// slipway.by.<identity>.command.set.<name>.<set-id>.
func VerifiedSetCommandSubject(identity, name, setID string) string {
	return strings.Join([]string{verifiedPrefix + identity, "command", setPlatform, name, setID}, ".")
}

// ArtifactSubject is where a push to a repository is told of: slipway.artifact.<repository>. What stands there for the
// repository is any token; the pushes of one token are handled in their order.
func ArtifactSubject(image string) string { return artifactPrefix + artifactToken(image) }

// VerifiedArtifactSubject is where an identity tells of it that may publish as itself only:
// slipway.by.<identity>.artifact.<repository>.
func VerifiedArtifactSubject(identity, image string) string {
	return strings.Join([]string{verifiedPrefix + identity, "artifact", artifactToken(image)}, ".")
}

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

// LaneEventSubject is where an event of a lane is published:
// slipway.event.<platform>.<app-id>.lane.<kind>.
func LaneEventSubject(a release.App, kind release.EventKind) string {
	return EventSubject(a, laneToken, kind)
}

// PromotionEventSubject is where an event of a promotion to an application is published:
// slipway.event.<platform>.<app-id>.promotion.<kind>.
func PromotionEventSubject(a release.App, kind release.EventKind) string {
	return EventSubject(a, promotionToken, kind)
}

// LetterEventSubject is where an event of a dead letter is published:
// slipway.event.deadletter.<what it asked for>.<sequence>.<kind>.
func LetterEventSubject(l release.LetterChange, kind release.EventKind) string {
	return eventPrefix + strings.Join([]string{letterToken, cmp.Or(string(kindOfSubject(l.Subject)), "unknown"), strconv.FormatUint(l.Sequence, 10), string(kind)}, ".")
}

// PushEventSubject is where an event of a push to a registry is published:
// slipway.event.push.<sender>.<event>.<kind>. What stands there for the event follows from what tells it apart, so that all
// outcomes of an event that comes again have one subject.
func PushEventSubject(p release.Push, kind release.EventKind) string {
	sender := p.Sender
	if !isToken(sender) {
		sender = "unknown"
	}
	image := p.Image
	if read, err := ReadImage(image); err == nil {
		image = read.Image
	}
	sum := sha256.Sum256([]byte(strings.Join([]string{p.Sender, p.Source, p.EventID, image, cmp.Or(p.Tag, p.Digest)}, "\x00")))
	return eventPrefix + strings.Join([]string{pushToken, sender, hex.EncodeToString(sum[:16]), string(kind)}, ".")
}

// PushEvents is the filter for the events of all pushes of a kind; of both where it is empty.
func PushEvents(kind release.EventKind) string {
	return eventPrefix + pushToken + ".*.*." + cmp.Or(string(kind), "*")
}

// pushToken takes the place of a platform in the subjects of the events of pushes.
const pushToken = "push"

// AllLetterEvents is the filter for all events of dead letters, which whoever replays or drops some publishes.
const AllLetterEvents = eventPrefix + letterToken + ".>"

// letterToken takes the place of a platform in the subjects of the events of dead letters.
const letterToken = "deadletter"

// laneToken and promotionToken take the place of a release's ID in the subjects of the events of lanes and promotions.
const (
	laneToken      = "lane"
	promotionToken = "promotion"
)

// EventsOfKind is the filter for all events of a kind, of whatever they are.
func EventsOfKind(kind release.EventKind) string { return eventPrefix + "*.*.*." + string(kind) }

// EventsOfRelease is the filter for all events of one release, or of one set by its ID.
func EventsOfRelease(releaseID string) string { return eventPrefix + "*.*." + releaseID + ".>" }

// DeadLetterSubject is where the dead letter of a message goes:
// slipway.deadletter.<original subject>.
func DeadLetterSubject(original string) string { return deadLetterPrefix + original }

// IsCommand reports whether a subject of StreamIn is one of commands; the others are of
// requests.
func IsCommand(subject string) bool {
	address, _ := readSubject(subject)
	return address.kind == KindCommand
}

// IsArtifact reports whether a subject of StreamIn is one of pushes to registries.
func IsArtifact(subject string) bool {
	address, _ := readSubject(subject)
	return address.kind == KindArtifact
}

// IsSetRequest reports whether a subject of StreamIn is one of requests for sets.
func IsSetRequest(subject string) bool {
	address, _ := readSubject(subject)
	return address.kind == KindSet
}

// Line names the line in which a message of StreamIn stands: the messages of a line are handled one
// after the other, in their order in the stream. The requests for one application are a line, those
// for one environment by name are another, and so are the commands to one release or set, whoever
// publishes them.
func Line(subject string) string {
	address, ok := readSubject(subject)
	switch {
	case !ok:
		return subject
	case address.kind == KindCommand:
		return commandPrefix + address.id
	case address.kind == KindArtifact:
		return artifactPrefix + address.repository
	case address.kind == KindSet:
		return setRequestPrefix + address.set
	case address.named:
		return NamedRequestSubject(address.application, address.environment)
	}
	return requestPrefix + address.platform + "." + address.app
}

// LineSubjects are the subjects, with wildcards, of the messages that can stand in the line of a
// message.
func LineSubjects(subject string) []string {
	address, ok := readSubject(subject)
	switch {
	case !ok:
		return []string{subject}
	case address.kind == KindCommand:
		return []string{commandPrefix + address.id, verifiedPrefix + "*.command.*.*.*." + address.id, verifiedPrefix + "*.command." + setPlatform + ".*." + address.id}
	case address.kind == KindArtifact:
		return []string{artifactPrefix + address.repository, verifiedPrefix + "*.artifact." + address.repository}
	case address.kind == KindSet:
		return []string{setRequestPrefix + address.set, verifiedPrefix + "*.request." + setPlatform + "." + address.set}
	case address.named:
		return []string{
			NamedRequestSubject(address.application, address.environment),
			VerifiedNamedRequestSubject("*", address.application, address.environment),
		}
	}
	return []string{requestPrefix + address.platform + "." + address.app, verifiedPrefix + "*.request." + address.platform + ".*." + address.app}
}

// CommandTarget is what the subject of a command says that its release or set is of:
// platform/region/app-id, or set/name. It is empty where the subject says nothing of it.
func CommandTarget(subject string) string {
	address, ok := readSubject(subject)
	switch {
	case !ok || address.kind != KindCommand || address.identity == "":
		return ""
	case address.set != "":
		return AboutSet(address.set)
	}
	return release.App{Platform: release.Platform(address.platform), Region: address.region, ID: address.app}.SearchValue()
}

// SubjectIdentity is who alone may publish on a subject of StreamIn; empty where others may, too.
func SubjectIdentity(subject string) string {
	address, _ := readSubject(subject)
	return address.identity
}

// address is what a subject of StreamIn says.
type address struct {
	kind MessageKind
	// identity is who may publish there alone; empty where others may, too.
	identity string
	// platform and app are those of an application; the region is known where there is an identity.
	platform, region, app string
	// set is the name of a set, and id the ID of what is commanded.
	set, id string
	// repository stands for that of a push.
	repository string
	// channel is the name of what is notified.
	channel string
	// named tells that an application is asked for by its name, in one of its environments.
	named                    bool
	application, environment string
}

// readSubject takes a subject of StreamIn apart. The kind is known also where the rest is not as
// it must be, which ok tells.
func readSubject(subject string) (a address, ok bool) {
	if rest, verified := strings.CutPrefix(subject, verifiedPrefix); verified {
		return readVerified(strings.Split(rest, "."))
	}
	switch {
	case strings.HasPrefix(subject, artifactPrefix):
		a.kind, a.repository = KindArtifact, strings.TrimPrefix(subject, artifactPrefix)
		return a, isToken(a.repository)
	case IsNotification(subject):
		_, a.channel, _ = strings.Cut(strings.TrimPrefix(subject, notificationPrefix), ".")
		a.kind = KindNotification
		return a, isToken(a.channel)
	case strings.HasPrefix(subject, commandPrefix):
		a.kind, a.id = KindCommand, strings.TrimPrefix(subject, commandPrefix)
		return a, isToken(a.id)
	case strings.HasPrefix(subject, setRequestPrefix):
		a.kind, a.set = KindSet, strings.TrimPrefix(subject, setRequestPrefix)
		return a, isToken(a.set)
	case strings.HasPrefix(subject, namedRequestPrefix):
		a.kind, a.named = KindRequest, true
		a.application, a.environment, ok = strings.Cut(strings.TrimPrefix(subject, namedRequestPrefix), ".")
		return a, ok && isToken(a.application) && isToken(a.environment)
	}
	a.kind = KindRequest
	a.platform, a.app, ok = strings.Cut(strings.TrimPrefix(subject, requestPrefix), ".")
	return a, ok && isToken(a.platform) && isToken(a.app)
}

// readVerified takes the tokens apart that follow slipway.by.
func readVerified(tokens []string) (a address, ok bool) {
	a.kind, a.identity = KindRequest, tokens[0]
	if len(tokens) == 3 && tokens[1] == "artifact" {
		a.kind, a.repository = KindArtifact, tokens[2]
		return a, release.CanBeVerified(a.identity) && isToken(a.repository)
	}
	if len(tokens) < 4 || tokens[1] != "request" && tokens[1] != "command" { // and at least two of what it is about
		return a, false
	}
	about := tokens[2:]
	if tokens[1] == "command" {
		a.kind, a.id = KindCommand, about[len(about)-1]
		about = about[:len(about)-1]
	}
	if !a.takeTarget(about) || !release.CanBeVerified(a.identity) {
		return a, false
	}
	for _, token := range tokens[2:] {
		if !isToken(token) {
			return a, false
		}
	}
	return a, true
}

// takeTarget takes the tokens apart that say what a message of an identity is about: an application,
// an environment of one by name, which is requested only, or a set. It reports whether they say so.
func (a *address) takeTarget(about []string) bool {
	a.named = a.kind == KindRequest && about[0] == namedPlatform
	switch isSet := about[0] == setPlatform; {
	case isSet && len(about) == 2:
		a.set = about[1]
		if a.kind == KindRequest {
			a.kind = KindSet
		}
		return true
	case a.named && len(about) == 3:
		a.application, a.environment = about[1], about[2]
		return true
	case !isSet && !a.named && len(about) == 3:
		a.platform, a.region, a.app = about[0], about[1], about[2]
		return true
	}
	return false
}

// IdentityFault says what is wrong with an identity for a subject; nil where nothing is.
func IdentityFault(identity string) error {
	if release.CanBeVerified(identity) {
		return nil
	}
	return fmt.Errorf("%q cannot stand in a subject: use letters, digits, hyphens, underscores, @ and +, and not what the system calls itself", identity)
}

// IsNamedRequest reports whether a subject of StreamIn is one of requests by name.
func IsNamedRequest(subject string) bool {
	address, _ := readSubject(subject)
	return address.named
}

// IsDeadLetter reports whether a subject is one of dead letters.
func IsDeadLetter(subject string) bool { return strings.HasPrefix(subject, deadLetterPrefix) }

// AboutSet is the subject attribute of events about a set: set/name.
func AboutSet(name string) string { return setPlatform + "/" + name }

// aboutNamed is the subject attribute of a request by name.
func aboutNamed(application, environment string) string { return application + "/" + environment }

// tokenPattern is what may stand between two dots of a subject and in a workflow ID.
var tokenPattern = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9_-]{0,127}$`)

func isToken(s string) bool { return tokenPattern.MatchString(s) }
