package hooks

import (
	"strconv"

	"slipway/release"
	"slipway/wire"
)

// dockerHubPayload is what Docker Hub posts (https://docs.docker.com/docker-hub/repos/manage/webhooks/). It has no
// digest and no ID.
type dockerHubPayload struct {
	PushData struct {
		// PushedAt is in epoch seconds.
		PushedAt float64 `json:"pushed_at"`
		Pusher   string  `json:"pusher"`
		Tag      string  `json:"tag"`
	} `json:"push_data"`
	Repository struct {
		RepoName string `json:"repo_name"`
	} `json:"repository"`
}

// dockerHubHost is where the images of Docker Hub are.
const dockerHubHost = "docker.io"

func (p Payload) dockerHub() ([]wire.Published, error) {
	var said dockerHubPayload
	if err := p.read(&said); err != nil {
		return nil, err
	}
	if said.Repository.RepoName == "" {
		return nil, release.Problem{Field: "repository.repo_name", Message: "is missing"}
	}
	at := int64(min(max(said.PushData.PushedAt, 0), maxUnix+1))
	push := wire.Published{
		Image: dockerHubHost + "/" + said.Repository.RepoName, Tag: said.PushData.Tag, At: unixTime(at), By: pusher(said.PushData.Pusher),
		Sender: wire.SenderDockerHub, Source: sourceOf(wire.SenderDockerHub),
	}
	push.EventID = idOf(push, strconv.FormatInt(at, 10))
	return checked([]wire.Published{push})
}
