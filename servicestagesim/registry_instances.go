package servicestagesim

import (
	"cmp"
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"slipway/internal/simframe"
)

// Health checks of instances.
const (
	healthPush      = "push"
	healthPull      = "pull"
	leastInterval   = 5
	defaultInterval = 30
	defaultTimes    = 3
	// mostSeconds bounds the seconds of a health check, so that times can be worked out with them.
	mostSeconds = 1 << 20
)

// registeredOne is an instance in the registry.
type registeredOne struct {
	Record record `json:"record"`
	// Beat is when it was registered or its last heartbeat came.
	Beat time.Time `json:"beat"`
}

// record is an instance as it is sent and answered.
type record struct {
	InstanceID     string                     `json:"instanceId,omitempty"`
	ServiceID      string                     `json:"serviceId,omitempty"`
	Version        string                     `json:"version,omitempty"`
	HostName       string                     `json:"hostName"`
	Endpoints      []string                   `json:"endpoints"`
	Status         string                     `json:"status,omitempty"`
	Properties     map[string]json.RawMessage `json:"properties,omitempty"`
	HealthCheck    *healthCheck               `json:"healthCheck,omitempty"`
	DataCenterInfo *dataCenter                `json:"dataCenterInfo,omitempty"`
	Timestamp      string                     `json:"timestamp,omitempty"`
	ModTimestamp   string                     `json:"modTimestamp,omitempty"`
}

type healthCheck struct {
	Mode     string `json:"mode"`
	Port     int    `json:"port,omitempty"`
	Interval int    `json:"interval"`
	Times    int    `json:"times"`
}

type dataCenter struct {
	Name          string `json:"name"`
	Region        string `json:"region"`
	AvailableZone string `json:"availableZone"`
}

func instanceStatuses() []string {
	return []string{statusUp, "DOWN", "STARTING", "OUTOFSERVICE", "TESTING"}
}

func (r record) check(k *checker, place string) {
	k.check(r.HostName != "", "%s.hostName must be given", place)
	k.length(place+".instanceId", r.InstanceID, 64)
	k.oneOf(place+".status", r.Status, instanceStatuses())
	if h := r.HealthCheck; h != nil {
		k.check(h.Mode == healthPush || h.Mode == healthPull, "%s.healthCheck.mode must be push or pull, is %q", place, simframe.Shorten(h.Mode))
		k.check(h.Interval > 0 && h.Interval <= mostSeconds, "%s.healthCheck.interval must be 1 to %d seconds, is %d", place, mostSeconds, h.Interval)
		k.check(h.Times >= 0 && h.Times <= 1000, "%s.healthCheck.times must be 0 to 1000, is %d", place, h.Times)
	}
	if d := r.DataCenterInfo; d != nil {
		k.check(d.Name != "" && d.Region != "" && d.AvailableZone != "", "%s.dataCenterInfo must have name, region and availableZone", place)
	}
}

// expired reports whether the heartbeats of an instance stayed away for too long: one more than may be missed. The
// platform itself looks after instances that it pulls.
func (i *registeredOne) expired(now time.Time) bool {
	h := i.Record.HealthCheck
	if h == nil || h.Mode == healthPull {
		return false
	}
	return !now.Before(i.Beat.Add(time.Duration(h.Interval*(h.Times+1)) * time.Second))
}

// endpointsFree refuses endpoints that an instance of another service has.
func (c *call) endpointsFree(r record, of *microservice) *apiError {
	if len(r.Endpoints) == 0 {
		return nil
	}
	for _, m := range c.st.Registry.sorted() {
		for _, i := range simframe.SortedValues(m.Instances) {
			if m != of && slices.Equal(i.Record.Endpoints, r.Endpoints) {
				return refusef(codeEndpointTaken, "%s are those of instance %s of %s", simframe.Shorten(strings.Join(r.Endpoints, ", ")),
					i.Record.InstanceID, m.Definition.ServiceName)
			}
		}
	}
	return nil
}

// addInstance registers an instance that has been checked. One that the service has already, by its ID or its
// endpoints, is registered anew.
func (c *call) addInstance(m *microservice, r record) string {
	there := m.Instances[r.InstanceID]
	for _, i := range simframe.SortedValues(m.Instances) {
		if there == nil && len(r.Endpoints) > 0 && slices.Equal(i.Record.Endpoints, r.Endpoints) {
			there = i
		}
	}
	r.Timestamp, r.ModTimestamp = stampSeconds(c.now), stampSeconds(c.now)
	switch {
	case there != nil:
		r.InstanceID, r.Timestamp = there.Record.InstanceID, there.Record.Timestamp
	case r.InstanceID == "":
		r.InstanceID = c.drawHex("registered", 32)
	}
	r.ServiceID, r.Version = m.Definition.ServiceID, m.Definition.Version
	r.Status = cmp.Or(r.Status, statusUp)
	if r.HealthCheck == nil {
		r.HealthCheck = &healthCheck{Mode: healthPush, Interval: defaultInterval, Times: defaultTimes}
	}
	r.HealthCheck.Interval = max(r.HealthCheck.Interval, leastInterval)
	if r.Endpoints == nil {
		r.Endpoints = []string{}
	}
	m.Instances[r.InstanceID] = &registeredOne{Record: r, Beat: c.now}
	return r.InstanceID
}

// registerMicroserviceInstance serves the operation of that name.
func registerMicroserviceInstance(c *call) (reply, *apiError) {
	m, refused := c.microservice(c.params["service_id"])
	if refused != nil {
		return reply{}, refused
	}
	var in struct {
		Instance *record `json:"instance"`
	}
	if refused := c.decode(&in, bodyRule{}); refused != nil {
		return reply{}, refused
	}
	k := c.checker()
	k.check(in.Instance != nil, "instance must be given")
	if in.Instance != nil {
		in.Instance.check(k, "instance")
	}
	if refused := k.refusal(); refused != nil {
		return reply{}, refused
	}
	if refused := c.endpointsFree(*in.Instance, m); refused != nil {
		return reply{}, refused
	}
	return reply{body: struct {
		InstanceID string `json:"instanceId"`
	}{c.addInstance(m, *in.Instance)}}, nil
}

// registered finds the instance that the path names.
func (c *call) registered() (*microservice, *registeredOne, *apiError) {
	m, refused := c.microservice(c.params["service_id"])
	if refused != nil {
		return nil, nil, refused
	}
	id := c.params["instance_id"]
	if i := m.Instances[id]; i != nil {
		return m, i, nil
	}
	return nil, nil, refusef(codeInstanceGone, "%s has no instance %q", m.Definition.ServiceName, simframe.Shorten(id))
}

// consumer finds the consumer that the header X-ConsumerId names; nil where it names none.
func (c *call) consumer() (*microservice, *apiError) {
	id := c.header.Get("X-Consumerid")
	if id == "" {
		return nil, nil
	}
	return c.microservice(id)
}

// visible are the instances of a service that a consumer finds and whose service has the tags asked for, oldest first.
func (c *call) visible(m *microservice, consumer *microservice) []record {
	records := []record{}
	if !m.lets(consumer) {
		return records
	}
	for tag := range strings.SplitSeq(c.query.Get("tags"), ",") {
		if _, found := m.Tags[tag]; tag != "" && !found {
			return records
		}
	}
	for _, i := range simframe.SortedValues(m.Instances) {
		records = append(records, i.Record)
	}
	slices.SortStableFunc(records, func(a, b record) int { return strings.Compare(a.Timestamp, b.Timestamp) })
	return records
}

// instancesBody is a list of instances in an answer.
type instancesBody struct {
	Instances []record `json:"instances"`
}

// listMicroserviceInstances serves the operation of that name.
func listMicroserviceInstances(c *call) (reply, *apiError) {
	m, refused := c.microservice(c.params["service_id"])
	if refused != nil {
		return reply{}, refused
	}
	consumer, refused := c.consumer()
	if refused != nil {
		return reply{}, refused
	}
	return reply{body: instancesBody{c.visible(m, consumer)}}, nil
}

// deregisterMicroserviceInstance serves the operation of that name.
func deregisterMicroserviceInstance(c *call) (reply, *apiError) {
	m, i, refused := c.registered()
	if refused != nil {
		return reply{}, refused
	}
	delete(m.Instances, i.Record.InstanceID)
	return reply{status: http.StatusOK}, nil
}

// getMicroserviceInstance serves the operation of that name.
func getMicroserviceInstance(c *call) (reply, *apiError) {
	m, i, refused := c.registered()
	if refused != nil {
		return reply{}, refused
	}
	consumer, refused := c.consumer()
	if refused != nil {
		return reply{}, refused
	}
	for _, r := range c.visible(m, consumer) {
		if r.InstanceID == i.Record.InstanceID {
			return reply{body: struct {
				Instance record `json:"instance"`
			}{r}}, nil
		}
	}
	return reply{}, refusef(codeInstanceGone, "%s has no instance %q that this consumer finds by these tags", m.Definition.ServiceName, i.Record.InstanceID)
}

// updateMicroserviceInstanceProperties serves the operation of that name: properties are added or changed.
func updateMicroserviceInstanceProperties(c *call) (reply, *apiError) {
	_, i, refused := c.registered()
	if refused != nil {
		return reply{}, refused
	}
	var in propertiesInput
	if refused := c.decode(&in, bodyRule{}); refused != nil {
		return reply{}, refused
	}
	simframe.FillMap(&i.Record.Properties)
	maps.Copy(i.Record.Properties, in.Properties)
	i.Record.ModTimestamp = stampSeconds(c.now)
	return reply{status: http.StatusOK}, nil
}

// updateMicroserviceInstanceStatus serves the operation of that name.
func updateMicroserviceInstanceStatus(c *call) (reply, *apiError) {
	_, i, refused := c.registered()
	if refused != nil {
		return reply{}, refused
	}
	value := c.query.Get("value")
	k := c.checker()
	k.check(value != "", "the parameter value must be given")
	k.oneOf("the parameter value", value, instanceStatuses())
	if refused := k.refusal(); refused != nil {
		return reply{}, refused
	}
	i.Record.Status, i.Record.ModTimestamp = value, stampSeconds(c.now)
	return reply{status: http.StatusOK}, nil
}

// sendInstanceHeartbeat serves the operation of that name.
func sendInstanceHeartbeat(c *call) (reply, *apiError) {
	_, i, refused := c.registered()
	if refused != nil {
		return reply{}, refused
	}
	i.Beat = c.now
	return reply{status: http.StatusOK}, nil
}
