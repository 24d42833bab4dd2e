package hooks

import (
	"fmt"
	"strings"

	"github.com/distribution/reference"

	"slipway/release"
	"slipway/wire"
)

// acrPayload is what a trigger of Alibaba Cloud Container Registry posts, of either edition
// (https://www.alibabacloud.com/help/en/acr/user-guide/manage-webhooks).
type acrPayload struct {
	PushData struct {
		Digest string `json:"digest"`
		// PushedAt has no zone: 2026-03-01 17:00:00.
		PushedAt string `json:"pushed_at"`
		Tag      string `json:"tag"`
	} `json:"push_data"`
	Repository struct {
		FullName  string `json:"repo_full_name"`
		Namespace string `json:"namespace"`
		Name      string `json:"name"`
	} `json:"repository"`
}

// acr reads the payload of ACR. It names neither the registry nor the edition: the registries of the enterprise edition
// and the newer ones of the personal edition have domains of their own, so that the one of the region would be a guess.
func (p Payload) acr() ([]wire.Published, error) {
	var said acrPayload
	if err := p.read(&said); err != nil {
		return nil, err
	}
	name := said.Repository.FullName
	if name == "" && said.Repository.Namespace != "" {
		name = said.Repository.Namespace + "/" + said.Repository.Name
	}
	var problems release.Problems
	if name == "" {
		problems = append(problems, release.Problem{Field: "repository.repo_full_name", Message: "is missing"})
	}
	if p.Registry == "" {
		problems = append(problems, release.Problem{Field: "registry", Message: "is missing: ACR does not say which registry was pushed to; add its domain " +
			"to the URL of the trigger, ?registry=registry.cn-hangzhou.aliyuncs.com for example"})
	} else if !isHost(p.Registry) {
		problems = append(problems, release.Problem{Field: "registry", Message: fmt.Sprintf("%.100q is not the host of a registry", p.Registry)})
	}
	if len(problems) > 0 {
		return nil, problems
	}
	push := wire.Published{Image: p.Registry + "/" + name, Tag: said.PushData.Tag, Digest: said.PushData.Digest, Sender: wire.SenderACR, Source: sourceOf(wire.SenderACR)}
	push.EventID = idOf(push, said.PushData.PushedAt)
	return checked([]wire.Published{push})
}

// isHost reports whether a text is a host of a registry, with or without a port.
func isHost(text string) bool {
	named, err := reference.ParseNormalizedNamed(text + "/name")
	return err == nil && reference.Domain(named) == text && !strings.Contains(text, "/")
}
