package fcsim

import (
	"bytes"
	"encoding/json"
	"strconv"

	"slipway/internal/loosejson"
	"slipway/internal/simframe"
)

// serviceSettings are the settings of a service that versions freeze. What no rule of the
// simulator reads is kept and answered as it was sent.
type serviceSettings struct {
	Description    *string    `json:"description,omitempty"`
	InternetAccess *bool      `json:"internetAccess,omitempty"`
	Role           *string    `json:"role,omitempty"`
	LogConfig      *logConfig `json:"logConfig,omitempty"`
	NASConfig      document   `json:"nasConfig,omitempty"`
	VPCConfig      document   `json:"vpcConfig,omitempty"`
	TracingConfig  document   `json:"tracingConfig,omitempty"`
	OSSMountConfig document   `json:"ossMountConfig,omitempty"`
}

type logConfig struct {
	Project               string `json:"project"`
	Logstore              string `json:"logstore"`
	EnableRequestMetrics  *bool  `json:"enableRequestMetrics,omitempty"`
	EnableInstanceMetrics *bool  `json:"enableInstanceMetrics,omitempty"`
	LogBeginRule          string `json:"logBeginRule,omitempty"`
}

// overlay takes over the settings that were given.
func (s *serviceSettings) overlay(given serviceSettings) {
	keep(&s.Description, given.Description)
	keep(&s.InternetAccess, given.InternetAccess)
	keep(&s.Role, given.Role)
	keep(&s.LogConfig, given.LogConfig)
	keepDocument(&s.NASConfig, given.NASConfig)
	keepDocument(&s.VPCConfig, given.VPCConfig)
	keepDocument(&s.TracingConfig, given.TracingConfig)
	keepDocument(&s.OSSMountConfig, given.OSSMountConfig)
}

// keepDocument takes over a document that was given.
func keepDocument(setting *document, given document) {
	if given == nil {
		return
	}
	var compact bytes.Buffer
	if err := json.Compact(&compact, given); err != nil {
		return // it was read as JSON before
	}
	*setting = compact.Bytes()
}

// instanceMetrics reports whether the metrics are on that a target tracking policy needs.
func (s serviceSettings) instanceMetrics() bool {
	return s.LogConfig != nil && s.LogConfig.EnableInstanceMetrics != nil && *s.LogConfig.EnableInstanceMetrics
}

func (s serviceSettings) check(k *checker) {
	if s.LogConfig == nil {
		return
	}
	rule := s.LogConfig.LogBeginRule
	k.check(rule == "" || rule == "None" || rule == "DefaultRegex", "logConfig.logBeginRule must be None or DefaultRegex, is %q", simframe.Shorten(rule))
	k.check(rule != "DefaultRegex" || s.LogConfig.Logstore != "", "logConfig.logBeginRule DefaultRegex needs a logstore")
}

// serviceBody is a service in an answer.
type serviceBody struct {
	ServiceName      string `json:"serviceName"`
	ServiceID        string `json:"serviceId"`
	CreatedTime      string `json:"createdTime"`
	LastModifiedTime string `json:"lastModifiedTime"`
	serviceSettings
}

func (v *service) body() serviceBody {
	return serviceBody{
		ServiceName: v.Name, ServiceID: v.ID, CreatedTime: stamp(v.Created), LastModifiedTime: stamp(v.Modified), serviceSettings: v.Settings,
	}
}

// service finds the service that the path names.
func (c *call) service() (*service, *apiError) {
	name := c.params["serviceName"]
	if v := c.st.Services[name]; v != nil {
		return v, nil
	}
	return nil, refuse(codeServiceNotFound, name)
}

// createService serves CreateService.
func createService(c *call) (reply, *apiError) {
	var in struct {
		ServiceName string `json:"serviceName"`
		serviceSettings
	}
	if refused := c.decode(&in); refused != nil {
		return reply{}, refused
	}
	var k checker
	k.name("serviceName", in.ServiceName, 128)
	in.check(&k)
	if refused := k.refusal(); refused != nil {
		return reply{}, refused
	}
	if c.st.Services[in.ServiceName] != nil {
		return reply{}, refuse(codeServiceExists, in.ServiceName)
	}
	v := &service{ID: c.st.Draw("service"), Name: in.ServiceName, Created: c.now, ETag: c.st.drawETag()}
	empty, reachable := "", true
	v.Settings = serviceSettings{
		Description: &empty, InternetAccess: &reachable, Role: &empty, LogConfig: &logConfig{}, TracingConfig: document(`{"type":null,"params":null}`),
	}
	v.Settings.overlay(in.serviceSettings)
	v.fillMaps()
	v.touch(c.now)
	c.st.Services[v.Name] = v
	return reply{body: v.body(), etag: v.ETag}, nil
}

// updateService serves UpdateService.
func updateService(c *call) (reply, *apiError) {
	v, refused := c.service()
	if refused != nil {
		return reply{}, refused
	}
	if refused := c.ifMatch(v.ETag); refused != nil {
		return reply{}, refused
	}
	var given serviceSettings
	if refused := c.decode(&given); refused != nil {
		return reply{}, refused
	}
	var k checker
	given.check(&k)
	if refused := k.refusal(); refused != nil {
		return reply{}, refused
	}
	settings := v.Settings
	settings.overlay(given)
	if !same(settings, v.Settings) {
		v.Settings, v.ETag = settings, c.st.drawETag()
		v.touch(c.now)
	}
	return reply{body: v.body(), etag: v.ETag}, nil
}

// same reports whether two values are the same on the wire.
func same(a, b any) bool {
	left, err := loosejson.Encode(a)
	if err != nil {
		return false
	}
	right, err := loosejson.Encode(b)
	return err == nil && bytes.Equal(left, right)
}

// deleteService serves DeleteService. Aliases that dangle go with it.
func deleteService(c *call) (reply, *apiError) {
	v, refused := c.service()
	if refused != nil {
		return reply{}, refused
	}
	if refused := c.ifMatch(v.ETag); refused != nil {
		return reply{}, refused
	}
	if len(v.Functions)+len(v.Versions) > 0 {
		return reply{}, refuse(codeServiceNotEmpty, v.Name, strconv.Itoa(len(v.Functions)), strconv.Itoa(len(v.Versions)))
	}
	delete(c.st.Services, v.Name)
	return reply{}, nil
}

// getService serves GetService. Behind a qualifier it is the main version's settings, with the
// version's description.
func getService(c *call) (reply, *apiError) {
	at, refused := c.view()
	if refused != nil {
		return reply{}, refused
	}
	body := at.service.body()
	if at.version != nil {
		body.serviceSettings = at.version.Settings
		body.Description = &at.version.Description
		body.LastModifiedTime = stamp(at.version.Created)
	}
	return reply{body: body, etag: at.etag()}, nil
}

// listServices serves ListServices.
func listServices(c *call) (reply, *apiError) {
	found := c.wanted(simframe.SortedValues(c.st.Services))
	list, refused := page(c, found, func(v *service) string { return v.Name }, byName)
	if refused != nil {
		return reply{}, refused
	}
	bodies := make([]serviceBody, len(list.items))
	for i, v := range list.items {
		bodies[i] = v.body()
	}
	return reply{body: struct {
		Services  []serviceBody `json:"services"`
		NextToken *string       `json:"nextToken"`
	}{bodies, list.next}}, nil
}
