package servicestagesim

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"slipway/internal/simframe"
)

// Codes of refusals of the registry. Their statuses and texts are in the client's catalogue.
const (
	codeRegistryInvalid     = "400001"
	codeServiceExists       = "400010"
	codeServiceNotFound     = "400012"
	codeServiceHasInstances = "400013"
	codeSchemaUndefined     = "400014"
	codeSchemaFrozen        = "400015"
	codeSchemaNotFound      = "400016"
	codeInstanceGone        = "400017"
	codeServiceHasConsumers = "400023"
	codeEndpointTaken       = "400025"
	codeRulesMixed          = "400020"
	codeNoAuthorization     = "401204"
	codeBearerRefused       = "401201"
	codePasswordWrong       = "401202"
)

// registryHandlers are the operations of the registry.
func registryHandlers() map[string]handler {
	return map[string]handler{
		"CreateEngineToken":                    createEngineToken,
		"GetMicroservice":                      getMicroservice,
		"DeleteMicroservice":                   deleteMicroservice,
		"ListMicroservices":                    listMicroservices,
		"CreateMicroservice":                   createMicroservice,
		"BatchDeleteMicroservices":             batchDeleteMicroservices,
		"UpdateMicroserviceProperties":         updateMicroserviceProperties,
		"CheckMicroserviceExistence":           checkMicroserviceExistence,
		"GetMicroserviceSchema":                getMicroserviceSchema,
		"UpdateMicroserviceSchema":             updateMicroserviceSchema,
		"ListMicroserviceSchemas":              listMicroserviceSchemas,
		"RegisterMicroserviceInstance":         registerMicroserviceInstance,
		"ListMicroserviceInstances":            listMicroserviceInstances,
		"DeregisterMicroserviceInstance":       deregisterMicroserviceInstance,
		"GetMicroserviceInstance":              getMicroserviceInstance,
		"UpdateMicroserviceInstanceProperties": updateMicroserviceInstanceProperties,
		"UpdateMicroserviceInstanceStatus":     updateMicroserviceInstanceStatus,
		"SendInstanceHeartbeat":                sendInstanceHeartbeat,
		"FindMicroserviceInstances":            findMicroserviceInstances,
		"BatchFindMicroserviceInstances":       batchFindMicroserviceInstances,
		"ListMicroserviceProviders":            listMicroserviceProviders,
		"CreateMicroserviceDependencies":       createMicroserviceDependencies,
	}
}

// What a microservice has that names none.
const (
	defaultApp            = "default"
	defaultServiceVersion = "0.0.1"
	statusUp              = "UP"
)

// serviceEnvironments are the environments of microservices, the default first.
func serviceEnvironments() []string {
	return []string{"development", "testing", "acceptance", "production"}
}

// registryState is the service registry, which all engines share; see [itemState].
type registryState struct {
	// Services are the microservices by ID.
	Services map[string]*microservice `json:"services"`
	// Tokens are when bearer tokens end, by their SHA-256.
	Tokens map[string]time.Time `json:"tokens"`
}

func (s *registryState) fillMaps() {
	simframe.FillMap(&s.Services)
	simframe.FillMap(&s.Tokens)
	for _, m := range s.Services {
		if m != nil {
			simframe.FillMap(&m.Texts)
			simframe.FillMap(&m.Instances)
		}
	}
}

func (s *registryState) consistent() error {
	for id, m := range s.Services {
		if m == nil || m.Definition.ServiceID != id {
			return fmt.Errorf("microservice %s is null or filed under another ID", id)
		}
		for instanceID, i := range m.Instances {
			if i == nil || i.Record.InstanceID != instanceID {
				return fmt.Errorf("microservice %s: instance %s is null or filed under another ID", id, instanceID)
			}
		}
	}
	return nil
}

// advance lets go what has ended by now: instances whose heartbeats stayed away, and tokens.
func (s *registryState) advance(now time.Time) {
	for _, m := range s.Services {
		for id, i := range m.Instances {
			if i.expired(now) {
				delete(m.Instances, id)
			}
		}
	}
	for token, end := range s.Tokens {
		if !now.Before(end) {
			delete(s.Tokens, token)
		}
	}
}

// microservice is a registered service with what belongs to it.
type microservice struct {
	Definition definition                `json:"definition"`
	Rules      []serviceRule             `json:"rules,omitempty"`
	Tags       map[string]string         `json:"tags,omitempty"`
	Texts      map[string]schemaText     `json:"texts"`
	Instances  map[string]*registeredOne `json:"instances"`
	// Providers are the services that it declared to depend on.
	Providers []serviceKey `json:"providers,omitempty"`
}

// definition is a microservice as it is sent and answered.
type definition struct {
	ServiceID    string                     `json:"serviceId,omitempty"`
	Environment  string                     `json:"environment,omitempty"`
	AppID        string                     `json:"appId"`
	ServiceName  string                     `json:"serviceName"`
	Version      string                     `json:"version"`
	Description  string                     `json:"description,omitempty"`
	Level        string                     `json:"level,omitempty"`
	RegisterBy   string                     `json:"registerBy,omitempty"`
	Schemas      []string                   `json:"schemas,omitempty"`
	Status       string                     `json:"status"`
	Timestamp    string                     `json:"timestamp"`
	ModTimestamp string                     `json:"modTimestamp"`
	Framework    *serviceFramework          `json:"framework,omitempty"`
	Paths        []servicePath              `json:"paths,omitempty"`
	Properties   map[string]json.RawMessage `json:"properties,omitempty"`
}

type serviceFramework struct {
	Name    string `json:"name,omitempty"`
	Version string `json:"version,omitempty"`
}

type servicePath struct {
	Path     string                     `json:"Path,omitempty"`
	Property map[string]json.RawMessage `json:"Property,omitempty"`
}

// serviceKey names all versions of a microservice.
type serviceKey struct {
	Environment string `json:"environment"`
	AppID       string `json:"appId"`
	ServiceName string `json:"serviceName"`
}

// normal fills in what the key leaves out.
func (k serviceKey) normal() serviceKey {
	k.Environment, k.AppID = cmp.Or(k.Environment, serviceEnvironments()[0]), cmp.Or(k.AppID, defaultApp)
	return k
}

func (d definition) key() serviceKey { return serviceKey{d.Environment, d.AppID, d.ServiceName} }

// stampSeconds is the form of times in the registry: seconds of the epoch, as a text.
func stampSeconds(t time.Time) string { return strconv.FormatInt(t.Unix(), 10) }

// within checks the length of a text that was given.
func (k *checker) length(name, text string, most int) {
	k.check(len(text) <= most, "%s must have %d characters at most, has %d", name, most, len(text))
}

// oneOf checks a text that was given against the values that it may have.
func (k *checker) oneOf(name, text string, values []string) {
	k.check(text == "" || slices.Contains(values, text), "%s must be one of %s, is %q", name, strings.Join(values, ", "), simframe.Shorten(text))
}

func (d definition) check(k *checker) {
	k.check(d.ServiceName != "", "service.serviceName must be given")
	k.length("service.serviceId", d.ServiceID, 64)
	k.oneOf("service.environment", d.Environment, serviceEnvironments())
	k.length("service.appId", d.AppID, 160)
	k.length("service.serviceName", d.ServiceName, 128)
	k.length("service.version", d.Version, 64)
	k.length("service.description", d.Description, 256)
	k.oneOf("service.level", d.Level, []string{"FRONT", "MIDDLE", "BACK"})
	k.oneOf("service.registerBy", d.RegisterBy, []string{"SDK", "PLATFORM", "SIDECAR", "UNKNOWN"})
	k.oneOf("service.status", d.Status, []string{statusUp, "DOWN"})
	k.check(len(d.Schemas) <= 100, "service.schemas must name 100 schemas at most, names %d", len(d.Schemas))
	for i, schema := range d.Schemas {
		k.check(schema != "" && len(schema) <= 160, "service.schemas[%d] must have 1 to 160 characters", i)
	}
}

// serviceRule lets consumers find a service (WHITE) or not (BLACK).
type serviceRule struct {
	RuleID       string `json:"ruleId,omitempty"`
	RuleType     string `json:"ruleType"`
	Attribute    string `json:"attribute"`
	Pattern      string `json:"pattern"`
	Description  string `json:"description,omitempty"`
	Timestamp    string `json:"timestamp,omitempty"`
	ModTimestamp string `json:"modTimestamp,omitempty"`
}

func (r serviceRule) check(k *checker, place string) {
	k.check(r.RuleType == "WHITE" || r.RuleType == "BLACK", "%s.ruleType must be WHITE or BLACK, is %q", place, simframe.Shorten(r.RuleType))
	attributes := []string{"ServiceId", "AppId", "ServiceName", "Version", "Description", "Level", "Status"}
	k.check(strings.HasPrefix(r.Attribute, "tag_") || slices.Contains(attributes, r.Attribute),
		"%s.attribute must begin with tag_ or be one of %s, is %q", place, strings.Join(attributes, ", "), simframe.Shorten(r.Attribute))
	_, err := regexp.Compile(r.Pattern)
	k.check(err == nil && r.Pattern != "" && len(r.Pattern) <= 64, "%s.pattern must be a regular expression of 1 to 64 characters, is %q",
		place, simframe.Shorten(r.Pattern))
}

// of is what a rule looks at.
func (r serviceRule) of(consumer *microservice) string {
	if tag, isTag := strings.CutPrefix(r.Attribute, "tag_"); isTag {
		return consumer.Tags[tag]
	}
	d := consumer.Definition
	return map[string]string{
		"ServiceId": d.ServiceID, "AppId": d.AppID, "ServiceName": d.ServiceName, "Version": d.Version,
		"Description": d.Description, "Level": d.Level, "Status": d.Status,
	}[r.Attribute]
}

// lets reports whether the rules of a service let a consumer find it. Whoever names none is let.
func (m *microservice) lets(consumer *microservice) bool {
	if consumer == nil || len(m.Rules) == 0 {
		return true
	}
	white := m.Rules[0].RuleType == "WHITE"
	for _, r := range m.Rules {
		pattern, err := regexp.Compile(r.Pattern)
		if err == nil && pattern.MatchString(r.of(consumer)) {
			return white
		}
	}
	return !white
}

// service finds the microservice with an ID.
func (c *call) microservice(id string) (*microservice, *apiError) {
	if m := c.st.Registry.Services[id]; m != nil {
		return m, nil
	}
	return nil, refusef(codeServiceNotFound, "there is no microservice %q", simframe.Shorten(id))
}

// exactly finds the microservice of a key and a version, nil when there is none.
func (s *registryState) exactly(key serviceKey, version string) *microservice {
	for _, m := range s.Services {
		if m.Definition.key() == key && m.Definition.Version == version {
			return m
		}
	}
	return nil
}

// versions are the microservices of a key, oldest first.
func (s *registryState) versions(key serviceKey) []*microservice {
	var found []*microservice
	for _, m := range s.sorted() {
		if m.Definition.key() == key {
			found = append(found, m)
		}
	}
	return found
}

// sorted are the microservices in the order in which they were registered.
func (s *registryState) sorted() []*microservice {
	all := simframe.SortedValues(s.Services)
	slices.SortStableFunc(all, func(a, b *microservice) int {
		return strings.Compare(a.Definition.Timestamp, b.Definition.Timestamp)
	})
	return all
}

// createMicroservice serves the operation of that name.
func createMicroservice(c *call) (reply, *apiError) {
	var in struct {
		Service   *definition       `json:"service"`
		Rules     []serviceRule     `json:"rules"`
		Instances []record          `json:"instances"`
		Tags      map[string]string `json:"tags"`
	}
	if refused := c.decode(&in, bodyRule{}); refused != nil {
		return reply{}, refused
	}
	k := c.checker()
	k.check(in.Service != nil, "service must be given")
	if in.Service != nil {
		in.Service.check(k)
	}
	for i, r := range in.Rules {
		r.check(k, fmt.Sprintf("rules[%d]", i))
	}
	for i, r := range in.Instances {
		r.check(k, fmt.Sprintf("instances[%d]", i))
	}
	if refused := k.refusal(); refused != nil {
		return reply{}, refused
	}
	if slices.ContainsFunc(in.Rules, func(r serviceRule) bool { return r.RuleType != in.Rules[0].RuleType }) {
		return reply{}, refusef(codeRulesMixed, "rules must be all WHITE or all BLACK")
	}
	return c.register(&microservice{Definition: *in.Service, Rules: in.Rules, Tags: in.Tags}, in.Instances)
}

// register adds a microservice that has been checked, with its instances.
func (c *call) register(m *microservice, instances []record) (reply, *apiError) {
	d := &m.Definition
	key := d.key().normal()
	d.Environment, d.AppID = key.Environment, key.AppID
	d.Version = cmp.Or(d.Version, defaultServiceVersion)
	d.Level, d.Status = cmp.Or(d.Level, "BACK"), cmp.Or(d.Status, statusUp)
	d.Timestamp, d.ModTimestamp = stampSeconds(c.now), stampSeconds(c.now)
	if there := c.st.Registry.exactly(key, d.Version); there != nil {
		return reply{}, refusef(codeServiceExists, "%s of %s, version %s, is %s", d.ServiceName, d.AppID, d.Version, there.Definition.ServiceID)
	}
	if c.st.Registry.Services[d.ServiceID] != nil {
		return reply{}, refusef(codeServiceExists, "serviceId %q is that of another one", simframe.Shorten(d.ServiceID))
	}
	for _, r := range instances {
		if refused := c.endpointsFree(r, nil); refused != nil {
			return reply{}, refused
		}
	}
	if d.ServiceID == "" {
		d.ServiceID = c.drawHex("microservice", 40)
	}
	m.Texts, m.Instances = map[string]schemaText{}, map[string]*registeredOne{}
	for _, r := range instances {
		c.addInstance(m, r)
	}
	c.st.Registry.Services[d.ServiceID] = m
	return reply{body: struct {
		ServiceID string `json:"serviceId"`
	}{d.ServiceID}}, nil
}

// drawHex makes a new identifier of some hexadecimal digits, 64 at most.
func (c *call) drawHex(kind string, digits int) string { return hexDigest(c.st.Draw(kind))[:digits] }

// hexDigest is the SHA-256 of a text.
func hexDigest(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

// getMicroservice serves the operation of that name.
func getMicroservice(c *call) (reply, *apiError) {
	m, refused := c.microservice(c.params["service_id"])
	if refused != nil {
		return reply{}, refused
	}
	return reply{body: struct {
		Service definition `json:"service"`
	}{m.Definition}}, nil
}

// listMicroservices serves the operation of that name.
func listMicroservices(c *call) (reply, *apiError) {
	services := []definition{}
	for _, m := range c.st.Registry.sorted() {
		services = append(services, m.Definition)
	}
	return reply{body: struct {
		Services []definition `json:"services"`
	}{services}}, nil
}

// mayDelete refuses to delete a service that has instances or that another one depends on, unless by force.
func (c *call) mayDelete(m *microservice) *apiError {
	force, refused := c.flag("force")
	if refused != nil || force {
		return refused
	}
	if len(m.Instances) > 0 {
		return refusef(codeServiceHasInstances, "%s has %d", m.Definition.ServiceName, len(m.Instances))
	}
	for _, consumer := range c.st.Registry.sorted() {
		if consumer != m && slices.Contains(consumer.Providers, m.Definition.key()) {
			return refusef(codeServiceHasConsumers, "%s depends on %s", consumer.Definition.ServiceName, m.Definition.ServiceName)
		}
	}
	return nil
}

// flag reads a parameter that is true or false.
func (c *call) flag(name string) (bool, *apiError) {
	text := c.query.Get(name)
	k := c.checker()
	k.oneOf("the parameter "+name, text, []string{"true", "false"})
	return text == "true", k.refusal()
}

// deleteMicroservice serves the operation of that name.
func deleteMicroservice(c *call) (reply, *apiError) {
	m, refused := c.microservice(c.params["service_id"])
	if refused != nil {
		return reply{}, refused
	}
	if refused := c.mayDelete(m); refused != nil {
		return reply{}, refused
	}
	delete(c.st.Registry.Services, m.Definition.ServiceID)
	return reply{status: http.StatusOK}, nil
}

// batchDeleteMicroservices serves the operation of that name: all of them, or none when one cannot be deleted.
func batchDeleteMicroservices(c *call) (reply, *apiError) {
	var in struct {
		ServiceIDs []string `json:"serviceIds"`
	}
	if refused := c.decode(&in, bodyRule{}); refused != nil {
		return reply{}, refused
	}
	k := c.checker()
	k.check(len(in.ServiceIDs) > 0, "serviceIds must name microservices")
	if refused := k.refusal(); refused != nil {
		return reply{}, refused
	}
	type deleted struct {
		ServiceID string `json:"serviceId"`
	}
	services := []deleted{}
	for _, id := range in.ServiceIDs {
		m, refused := c.microservice(id)
		if refused == nil {
			refused = c.mayDelete(m)
		}
		if refused != nil {
			return reply{}, refused
		}
		services = append(services, deleted{id})
	}
	for _, id := range in.ServiceIDs {
		delete(c.st.Registry.Services, id)
	}
	return reply{body: struct {
		Services []deleted `json:"services"`
	}{services}}, nil
}

// propertiesInput is the body of the operations that change extended properties.
type propertiesInput struct {
	Properties map[string]json.RawMessage `json:"properties"`
}

// updateMicroserviceProperties serves the operation of that name: the properties are replaced.
func updateMicroserviceProperties(c *call) (reply, *apiError) {
	m, refused := c.microservice(c.params["service_id"])
	if refused != nil {
		return reply{}, refused
	}
	var in propertiesInput
	if refused := c.decode(&in, bodyRule{}); refused != nil {
		return reply{}, refused
	}
	k := c.checker()
	k.check(in.Properties != nil, "properties must be given")
	if refused := k.refusal(); refused != nil {
		return reply{}, refused
	}
	m.Definition.Properties, m.Definition.ModTimestamp = in.Properties, stampSeconds(c.now)
	return reply{status: http.StatusOK}, nil
}

// checkMicroserviceExistence serves the operation of that name.
func checkMicroserviceExistence(c *call) (reply, *apiError) {
	wanted := map[string][]string{
		"microservice": {"appId", "serviceName", "version"},
		"schema":       {"serviceId", "schemaId"},
	}
	kind := c.query.Get("type")
	k := c.checker()
	k.check(wanted[kind] != nil, "the parameter type must be microservice or schema, is %q", simframe.Shorten(kind))
	for _, name := range wanted[kind] {
		k.check(c.query.Get(name) != "", "the parameter %s must be given", name)
	}
	if refused := k.refusal(); refused != nil {
		return reply{}, refused
	}
	if kind == "schema" {
		return c.schemaExistence()
	}
	key := serviceKey{c.query.Get("env"), c.query.Get("appId"), c.query.Get("serviceName")}.normal()
	m := c.st.Registry.exactly(key, c.query.Get("version"))
	if m == nil {
		return reply{}, refusef(codeServiceNotFound, "there is no %s of %s with that version", simframe.Shorten(key.ServiceName), simframe.Shorten(key.AppID))
	}
	return reply{body: struct {
		ServiceID string `json:"serviceId"`
	}{m.Definition.ServiceID}}, nil
}
