package servicestagesim

import (
	"fmt"
	"net/http"
	"slices"

	"slipway/internal/simframe"
)

// listMicroserviceProviders serves the operation of that name. There is one domain, so that sameDomain leaves none out.
func listMicroserviceProviders(c *call) (reply, *apiError) {
	m, refused := c.microservice(c.params["consumer_id"])
	if refused != nil {
		return reply{}, refused
	}
	k := c.checker()
	for _, name := range []string{"noSelf", "sameDomain"} {
		k.oneOf("the parameter "+name, c.query.Get(name), []string{"0", "1"})
	}
	if refused := k.refusal(); refused != nil {
		return reply{}, refused
	}
	providers := []definition{}
	for _, key := range m.Providers {
		for _, provider := range c.st.Registry.versions(key) {
			if provider != m || c.query.Get("noSelf") != "1" {
				providers = append(providers, provider.Definition)
			}
		}
	}
	return reply{body: struct {
		Providers []definition `json:"providers"`
	}{providers}}, nil
}

// dependent is a service in a dependency.
type dependent struct {
	serviceKey

	Version string `json:"version"`
}

// createMicroserviceDependencies serves the operation of that name: what a consumer depends on is replaced. Consumers
// must be there; providers may come later. As in the reference's example an environment may be empty.
func createMicroserviceDependencies(c *call) (reply, *apiError) {
	var in struct {
		Dependencies []struct {
			Consumer  dependent   `json:"consumer"`
			Providers []dependent `json:"providers"`
		} `json:"dependencies"`
	}
	if refused := c.decode(&in, bodyRule{free: []string{"dependencies"}}); refused != nil {
		return reply{}, refused
	}
	k := c.checker()
	k.check(len(in.Dependencies) >= 1 && len(in.Dependencies) <= 100, "dependencies must be 1 to 100, are %d", len(in.Dependencies))
	for i, d := range in.Dependencies {
		d.Consumer.check(k, fmt.Sprintf("dependencies[%d].consumer", i))
		for j, provider := range d.Providers {
			provider.check(k, fmt.Sprintf("dependencies[%d].providers[%d]", i, j))
		}
	}
	if refused := k.refusal(); refused != nil {
		return reply{}, refused
	}
	for _, d := range in.Dependencies {
		if len(c.st.Registry.consumers(d.Consumer)) == 0 {
			return reply{}, refusef(codeServiceNotFound, "the consumer %s of %s is not registered", simframe.Shorten(d.Consumer.ServiceName), simframe.Shorten(d.Consumer.AppID))
		}
	}
	for _, d := range in.Dependencies {
		var providers []serviceKey
		for _, p := range d.Providers {
			if key := p.normal(); !slices.Contains(providers, key) {
				providers = append(providers, key)
			}
		}
		for _, consumer := range c.st.Registry.consumers(d.Consumer) {
			consumer.Providers = providers
		}
	}
	return reply{status: http.StatusOK}, nil
}

func (d dependent) check(k *checker, place string) {
	k.check(d.AppID != "", "%s.appId must be given", place)
	k.check(d.ServiceName != "", "%s.serviceName must be given", place)
	k.oneOf(place+".environment", d.Environment, serviceEnvironments())
}

// consumers are the services that a consumer of a dependency names: one version, or all.
func (s *registryState) consumers(d dependent) []*microservice {
	all := s.versions(d.normal())
	if d.Version == "" {
		return all
	}
	return slices.DeleteFunc(all, func(m *microservice) bool { return m.Definition.Version != d.Version })
}
