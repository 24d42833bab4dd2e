package hooks

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/distribution/reference"

	"slipway/release"
	"slipway/wire"
)

// harborPayload is what Harbor posts, in its own format or as a CloudEvent
// (https://goharbor.io/docs/main/working-with-projects/project-configuration/configure-webhooks/).
type harborPayload struct {
	Type     string `json:"type"`
	Operator string `json:"operator"`
	// OccurAt is in epoch seconds, EventData what happened: of Harbor's own format.
	OccurAt   int64      `json:"occur_at"`
	EventData harborData `json:"event_data"`
	// The rest is of a CloudEvent.
	SpecVersion string     `json:"specversion"`
	ID          string     `json:"id"`
	Source      string     `json:"source"`
	Time        string     `json:"time"`
	Data        harborData `json:"data"`
}

type harborData struct {
	Resources []harborResource `json:"resources"`
}

// harborResource is one tag that was pushed. Where there was none, Tag is missing or is the digest.
type harborResource struct {
	Digest string `json:"digest"`
	Tag    string `json:"tag"`
	// URL is host/project/repository:tag, or @digest.
	URL string `json:"resource_url"`
}

// The types of a push, in both formats.
const (
	harborPush           = "PUSH_ARTIFACT"
	harborPushCloudEvent = "harbor.artifact.pushed"
)

func (p Payload) harbor() ([]wire.Published, error) {
	var said harborPayload
	if err := p.read(&said); err != nil {
		return nil, err
	}
	push := wire.Published{At: unixTime(said.OccurAt), By: pusher(said.Operator), Sender: wire.SenderHarbor, Source: sourceOf(wire.SenderHarbor)}
	data, pushed := said.EventData, harborPush
	if said.SpecVersion != "" {
		data, pushed = said.Data, harborPushCloudEvent
		push.Source, push.EventID, push.SenderID = said.Source, said.ID, true
		push.At = rfc3339(said.Time)
	}
	switch {
	case said.Type == "":
		return nil, release.Problem{Field: "type", Message: "is missing; a push of Harbor has " + pushed}
	case said.Type != pushed:
		return nil, ignored("%.100q is no push; those of Harbor are %s", said.Type, pushed)
	case len(data.Resources) == 0 || len(data.Resources) > maxPushes:
		return nil, release.Problem{Field: "resources", Message: fmt.Sprintf("has %d of them; a push has 1 to %d", len(data.Resources), maxPushes)}
	}
	pushes := make([]wire.Published, len(data.Resources))
	var problems release.Problems
	for i, resource := range data.Resources {
		image, ok := resource.image()
		if !ok {
			problems = append(problems, release.Problem{Field: fmt.Sprintf("resources[%d].resource_url", i), Message: fmt.Sprintf("%.*q is not an image such as harbor.example/team/shop:1.4.2", maxQuoted, resource.URL)})
		}
		pushes[i] = push
		pushes[i].Image, pushes[i].Digest = image, resource.Digest
		if resource.Tag != resource.Digest {
			pushes[i].Tag = resource.Tag
		}
		switch {
		case !push.SenderID:
			pushes[i].EventID = idOf(pushes[i], strconv.FormatInt(said.OccurAt, 10))
		case i > 0: // one event of several pushes: the order is the sender's, and stays
			pushes[i].EventID += "." + strconv.Itoa(i+1)
		}
	}
	if len(problems) > 0 {
		return nil, problems
	}
	return checked(pushes)
}

// image returns the repository with its host.
func (r harborResource) image() (string, bool) {
	named, err := reference.ParseNormalizedNamed(r.URL)
	if err != nil || !strings.HasPrefix(r.URL, reference.Domain(named)+"/") {
		return "", false
	}
	return named.Name(), true
}
