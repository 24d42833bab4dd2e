package servicestagesim

import (
	"encoding/json"
	"fmt"

	"slipway/internal/simframe"
)

// findMicroserviceInstances serves the operation of that name: the instances of all versions of a service.
func findMicroserviceInstances(c *call) (reply, *apiError) {
	k := c.checker()
	for _, name := range []string{"appId", "serviceName"} {
		k.check(c.query.Get(name) != "", "the parameter %s must be given", name)
	}
	if refused := k.refusal(); refused != nil {
		return reply{}, refused
	}
	consumer, refused := c.consumer()
	if refused != nil {
		return reply{}, refused
	}
	key := serviceKey{c.query.Get("env"), c.query.Get("appId"), c.query.Get("serviceName")}
	records, refused := c.discover(key, consumer)
	if refused != nil {
		return reply{}, refused
	}
	return reply{body: instancesBody{records}}, nil
}

// discover are the instances of all versions of a service that a consumer finds.
func (c *call) discover(key serviceKey, consumer *microservice) ([]record, *apiError) {
	key = key.normal()
	versions := c.st.Registry.versions(key)
	if len(versions) == 0 {
		return nil, refusef(codeServiceNotFound, "there is no %s of %s", simframe.Shorten(key.ServiceName), simframe.Shorten(key.AppID))
	}
	records := []record{}
	for _, m := range versions {
		records = append(records, c.visible(m, consumer)...)
	}
	return records, nil
}

// revision is the revision of a list of instances: it changes with what is in it.
func revision(records []record) string {
	text, err := json.Marshal(records)
	if err != nil {
		return "" // records are made of what was JSON
	}
	return hexDigest(string(text))[:40]
}

// foundBody is what was found by the items of one list.
type foundBody struct {
	Failed      []foundFailure `json:"failed,omitempty"`
	NotModified []int          `json:"notModified,omitempty"`
	Updated     []foundUpdate  `json:"updated,omitempty"`
}

type foundFailure struct {
	Indexes []int        `json:"indexes"`
	Error   registryBody `json:"error"`
}

type foundUpdate struct {
	Index     int      `json:"index"`
	Rev       string   `json:"rev"`
	Instances []record `json:"instances"`
}

// registryBody is the body of a refusal in the registry.
type registryBody struct {
	ErrorCode    string `json:"errorCode"`
	ErrorMessage string `json:"errorMessage"`
	Detail       string `json:"detail"`
}

// add adds what one item of a list found.
func (b *foundBody) add(index int, rev string, found func() ([]record, *apiError)) {
	records, refused := found()
	switch {
	case refused != nil:
		b.addFailure(index, refused)
	case rev == revision(records):
		b.NotModified = append(b.NotModified, index)
	default:
		b.Updated = append(b.Updated, foundUpdate{index, revision(records), records})
	}
}

// addFailure adds an item that found nothing, to those that failed alike.
func (b *foundBody) addFailure(index int, refused *apiError) {
	for i := range b.Failed {
		if b.Failed[i].Error.Detail == refused.Message {
			b.Failed[i].Indexes = append(b.Failed[i].Indexes, index)
			return
		}
	}
	b.Failed = append(b.Failed, foundFailure{[]int{index}, registryBody{refused.Code, refused.Message, refused.Message}})
}

// batchFindMicroserviceInstances serves the operation of that name. As in the reference's example an environment may be empty.
func batchFindMicroserviceInstances(c *call) (reply, *apiError) {
	var in struct {
		Services []struct {
			Service *serviceKey `json:"service"`
			Rev     string      `json:"rev"`
		} `json:"services"`
		Instances []struct {
			Instance *struct {
				ServiceID  string `json:"serviceId"`
				InstanceID string `json:"instanceId"`
			} `json:"instance"`
			Rev string `json:"rev"`
		} `json:"instances"`
	}
	if refused := c.decode(&in, bodyRule{free: []string{"services"}}); refused != nil {
		return reply{}, refused
	}
	k := c.checker()
	k.check(c.query.Get("type") == "query", "the parameter type must be query, is %q", simframe.Shorten(c.query.Get("type")))
	k.check(len(in.Services)+len(in.Instances) > 0, "services or instances must be given")
	for i, s := range in.Services {
		k.check(s.Service != nil && s.Service.AppID != "" && s.Service.ServiceName != "", "services[%d].service must have appId and serviceName", i)
	}
	for i, s := range in.Instances {
		k.check(s.Instance != nil && s.Instance.ServiceID != "" && s.Instance.InstanceID != "", "instances[%d].instance must have serviceId and instanceId", i)
	}
	if refused := k.refusal(); refused != nil {
		return reply{}, refused
	}
	consumer, refused := c.consumer()
	if refused != nil {
		return reply{}, refused
	}
	var body struct {
		Services  *foundBody `json:"services,omitempty"`
		Instances *foundBody `json:"instances,omitempty"`
	}
	for i, s := range in.Services {
		if body.Services == nil {
			body.Services = new(foundBody)
		}
		body.Services.add(i, s.Rev, func() ([]record, *apiError) { return c.discover(*s.Service, consumer) })
	}
	for i, s := range in.Instances {
		if body.Instances == nil {
			body.Instances = new(foundBody)
		}
		body.Instances.add(i, s.Rev, func() ([]record, *apiError) { return c.one(s.Instance.ServiceID, s.Instance.InstanceID) })
	}
	return reply{body: body}, nil
}

// one finds an instance by its IDs.
func (c *call) one(serviceID, instanceID string) ([]record, *apiError) {
	m, refused := c.microservice(serviceID)
	if refused != nil {
		return nil, refused
	}
	if i := m.Instances[instanceID]; i != nil {
		return []record{i.Record}, nil
	}
	return nil, refusef(codeInstanceGone, "%s", fmt.Sprintf("%s has no instance %q", m.Definition.ServiceName, simframe.Shorten(instanceID)))
}
