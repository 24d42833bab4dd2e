package hooks

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"slipway/internal/loosejson"
	"slipway/release"
	"slipway/wire"
)

// maxPushes is how many pushes one payload may tell of.
const maxPushes = 100

// Payload is what a sender has posted.
type Payload struct {
	// Sender is one of [Senders].
	Sender string
	// Registry is the host of the registry, which the payload of ACR does not name; no other sender needs it.
	Registry string
	// Header has the attributes of a CloudEvent in binary mode; nil where there are none.
	Header http.Header
	Body   []byte
}

// IgnoredError is the error of a payload that tells of something else than the push of an image. It is no fault of
// the sender.
type IgnoredError struct {
	// Reason says what it tells of.
	Reason string
}

// Error implements error.
func (i *IgnoredError) Error() string { return "ignored: " + i.Reason }

func ignored(format string, args ...any) error {
	return &IgnoredError{Reason: fmt.Sprintf(format, args...)}
}

// Parse returns the pushes that the payload tells of, at least one. The error is an [IgnoredError] where it tells of none,
// else [release.Problems] or one of them.
func (p Payload) Parse() ([]wire.Published, error) {
	if p.Registry != "" && p.Sender != wire.SenderACR {
		return nil, release.Problem{Field: "registry", Message: "is for acr alone: the payloads of others name their registry"}
	}
	switch p.Sender {
	case wire.SenderACR:
		return p.acr()
	case wire.SenderHarbor:
		return p.harbor()
	case wire.SenderDockerHub:
		return p.dockerHub()
	case wire.SenderGeneric:
		return p.generic()
	case wire.SenderCDEvents:
		return p.cdevents()
	}
	return nil, release.Problem{Field: "sender", Message: fmt.Sprintf("%.100q is none of %s", p.Sender, strings.Join(wire.Senders(), ", "))}
}

// read decodes a payload, in which a sender may have more than is read here.
func (p Payload) read(into any) error {
	if err := loosejson.Decode(p.Body, into); err != nil {
		return release.Problem{Field: "data", Message: "is no payload of " + p.Sender + ": " + release.ShortenLine(err.Error(), maxQuoted)}
	}
	return nil
}

// maxQuoted bounds what is quoted of a payload.
const maxQuoted = 200

// sourceOf is the source of an event that its sender gave none.
func sourceOf(sender string) string { return "urn:slipway:hooks:" + sender }

// idOf is the ID of an event that its sender gave none: of the same push it is the same, also when the sender
// posts it again. When is the time as the sender wrote it.
func idOf(p wire.Published, when string) string {
	sum := sha256.Sum256([]byte(p.String() + "\x00" + when))
	return hex.EncodeToString(sum[:16])
}

// checked returns the pushes if all can be published. Of what belongs to an image that was pushed before, its
// signature for example, nothing is told.
func checked(pushes []wire.Published) ([]wire.Published, error) {
	images := slices.DeleteFunc(pushes, wire.Published.Attaches)
	if len(images) == 0 {
		return nil, ignored("signatures and other attachments of images, which are images to the registry alone")
	}
	for _, p := range images {
		if _, err := wire.EncodePublished(wire.Origin{}, p); err != nil {
			return nil, problemsOf(err)
		}
	}
	return images, nil
}

// problemsOf returns the problems that an error has within it.
func problemsOf(err error) error {
	if problems, ok := errors.AsType[release.Problems](err); ok {
		return problems
	}
	if problem, ok := errors.AsType[release.Problem](err); ok {
		return problem
	}
	if poison, ok := errors.AsType[*wire.PoisonError](err); ok {
		return release.Problem{Field: poison.Field, Message: poison.Reason}
	}
	return release.Problem{Field: "data", Message: release.ShortenLine(err.Error(), maxQuoted)}
}

// pusher is who has pushed, as far as it is kept.
func pusher(name string) string { return release.ShortenLine(name, release.MaxID) }

// maxUnix is the last second of the year 9999.
const maxUnix = 253402300799

// unixTime returns the time of a number of seconds; zero where it is none.
func unixTime(seconds int64) time.Time {
	if seconds <= 0 || seconds > maxUnix {
		return time.Time{}
	}
	return time.Unix(seconds, 0).UTC()
}
