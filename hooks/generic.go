package hooks

import (
	"time"

	"slipway/release"
	"slipway/wire"
)

// genericPayload is what anybody may post who has the key. It is read strictly.
type genericPayload struct {
	// Image is the repository with its registry; Tag or Digest, or both, say what was pushed.
	Image  string `json:"image"`
	Tag    string `json:"tag"`
	Digest string `json:"digest"`
	// ID is the identity of the push: the same ID is the same push, for as long as releases are remembered.
	ID string `json:"id"`
	// By is who has pushed, Time when (RFC 3339). Both may be left out.
	By   string    `json:"by"`
	Time time.Time `json:"time"`
}

func (p Payload) generic() ([]wire.Published, error) {
	said, problems := wire.Strict[genericPayload](p.Body)
	if len(problems) > 0 {
		return nil, problems
	}
	if said.ID == "" {
		return nil, release.Problem{Field: "id", Message: "is missing; the number of the pipeline's run for example: the same ID is the same push"}
	}
	return checked([]wire.Published{{
		Image: said.Image, Tag: said.Tag, Digest: said.Digest, At: said.Time, By: said.By,
		Sender: wire.SenderGeneric, Source: sourceOf(wire.SenderGeneric), EventID: said.ID, SenderID: true,
	}})
}
