package fcsim

import (
	"encoding/json"
	"net/http"
	"slices"
	"time"

	"slipway/internal/simframe"
)

// Types of triggers: those of the reference, and eventbridge, which the vendor's Go client knows.
const (
	triggerHTTP  = "http"
	triggerTimer = "timer"
	triggerOSS   = "oss"
)

func triggerTypes() []string {
	return []string{triggerOSS, "log", triggerTimer, triggerHTTP, "tablestore", "cdn_events", "mns_topic", "eventbridge"}
}

// needsSource reports whether triggers of a type come from a resource that sourceArn names.
func needsSource(triggerType string) bool {
	return slices.Contains([]string{triggerOSS, "log", "tablestore", "cdn_events", "mns_topic"}, triggerType)
}

// trigger binds an event source to a function, whose versions do not have it.
type trigger struct {
	ID       string          `json:"id"`
	Function string          `json:"function"`
	Name     string          `json:"name"`
	Type     string          `json:"type"`
	Source   *string         `json:"source"`
	Created  time.Time       `json:"created"`
	Modified time.Time       `json:"modified"`
	ETag     string          `json:"etag"`
	Settings triggerSettings `json:"settings"`
}

// triggerSettings are what UpdateTrigger can change.
type triggerSettings struct {
	InvocationRole *string  `json:"invocationRole"`
	Qualifier      *string  `json:"qualifier"`
	Description    *string  `json:"description"`
	TriggerConfig  document `json:"triggerConfig"`
}

// httpConfig is the configuration of an HTTP trigger.
type httpConfig struct {
	AuthType string   `json:"authType"`
	Methods  []string `json:"methods"`
}

// http reads the configuration of an HTTP trigger.
func (t *trigger) http() httpConfig {
	config := httpConfig{AuthType: "function"}
	if err := json.Unmarshal(t.Settings.TriggerConfig, &config); err != nil {
		return httpConfig{} // it was read when it was given
	}
	return config
}

// qualifier is the version or alias that the trigger calls; empty is LATEST.
func (t *trigger) qualifier() string {
	if q := t.Settings.Qualifier; q != nil && *q != latest {
		return *q
	}
	return ""
}

func triggerKey(function, name string) string { return function + "/" + name }

func (t *trigger) key() string { return triggerKey(t.Function, t.Name) }

// triggersOf are the triggers of a function by name.
func (v *service) triggersOf(function string) []*trigger {
	var found []*trigger
	for _, t := range simframe.SortedValues(v.Triggers) {
		if t.Function == function {
			found = append(found, t)
		}
	}
	return found
}

// hasTriggers reports whether a function has triggers, which keep it from being deleted.
func (v *service) hasTriggers(function string) bool { return len(v.triggersOf(function)) > 0 }

// httpTrigger finds the HTTP trigger by which a function is called under a qualifier; empty is LATEST.
func (v *service) httpTrigger(function, qualifier string) (httpConfig, bool) {
	if t := v.addressed(function, qualifier); t != nil {
		return t.http(), true
	}
	return httpConfig{}, false
}

// addressed finds the HTTP trigger at the address that a function and a qualifier make; nil when there is none.
func (v *service) addressed(function, qualifier string) *trigger {
	for _, t := range v.triggersOf(function) {
		if t.Type == triggerHTTP && t.qualifier() == qualifier {
			return t
		}
	}
	return nil
}

// overlay takes over what was given.
func (s *triggerSettings) overlay(given triggerSettings) {
	keep(&s.InvocationRole, given.InvocationRole)
	keep(&s.Qualifier, given.Qualifier)
	keep(&s.Description, given.Description)
	keepDocument(&s.TriggerConfig, given.TriggerConfig)
}

// check looks at settings of a trigger of some type, as they will be.
func (s triggerSettings) check(k *checker, triggerType string) {
	if s.Qualifier != nil {
		_, isVersion := versionID(*s.Qualifier)
		k.check(isVersion || isName(*s.Qualifier), "qualifier must be the number of a version, an alias or %s, is %q", latest, simframe.Shorten(*s.Qualifier))
	}
	k.check(s.TriggerConfig != nil, "triggerConfig must be given")
	if s.TriggerConfig == nil {
		return
	}
	switch triggerType {
	case triggerHTTP:
		s.checkHTTP(k)
	case triggerTimer:
		var config struct {
			CronExpression string `json:"cronExpression"`
		}
		err := json.Unmarshal(s.TriggerConfig, &config)
		k.check(err == nil && config.CronExpression != "", "triggerConfig.cronExpression must be given, as a text")
	case triggerOSS:
		var config struct {
			Events []string `json:"events"`
		}
		err := json.Unmarshal(s.TriggerConfig, &config)
		k.check(err == nil && len(config.Events) > 0, "triggerConfig.events must be given, as a list of texts")
	}
}

func (s triggerSettings) checkHTTP(k *checker) {
	config := httpConfig{AuthType: "function"}
	if err := json.Unmarshal(s.TriggerConfig, &config); err != nil {
		k.check(false, "triggerConfig: %v", err)
		return
	}
	k.check(config.AuthType == "function" || config.AuthType == "anonymous", "triggerConfig.authType must be function or anonymous, is %q", simframe.Shorten(config.AuthType))
	k.check(len(config.Methods) > 0, "triggerConfig.methods must be given")
	known := []string{
		http.MethodGet, http.MethodPost, http.MethodPut, http.MethodDelete, http.MethodHead, http.MethodPatch, http.MethodOptions,
	}
	for _, method := range config.Methods {
		k.check(slices.Contains(known, method), "triggerConfig.methods: %q is none of %v", simframe.Shorten(method), known)
	}
}

// triggerBody is a trigger in an answer.
type triggerBody struct {
	TriggerName      string  `json:"triggerName"`
	TriggerID        string  `json:"triggerId"`
	TriggerType      string  `json:"triggerType"`
	SourceArn        *string `json:"sourceArn"`
	CreatedTime      string  `json:"createdTime"`
	LastModifiedTime string  `json:"lastModifiedTime"`
	triggerSettings

	// The addresses of an HTTP trigger, both that of the simulator.
	URLInternet string `json:"urlInternet,omitempty"`
	URLIntranet string `json:"urlIntranet,omitempty"`
}

// triggerBody shows a trigger to a caller.
func (c *call) triggerBody(v *service, t *trigger) triggerBody {
	body := triggerBody{
		TriggerName: t.Name, TriggerID: t.ID, TriggerType: t.Type, SourceArn: t.Source,
		CreatedTime: stamp(t.Created), LastModifiedTime: stamp(t.Modified), triggerSettings: t.Settings,
	}
	if t.Type == triggerHTTP {
		name := v.Name
		if q := t.qualifier(); q != "" {
			name += "." + q
		}
		body.URLInternet = "http://" + c.host + proxyPrefix + name + "/" + t.Function + "/"
		body.URLIntranet = body.URLInternet
	}
	return body
}

// editable finds the function of LATEST that the path names.
func (c *call) editable() (*service, *function, *apiError) {
	at, f, refused := c.function()
	return at.service, f, refused
}

// trigger finds the trigger that the path names.
func (c *call) trigger() (*service, *trigger, *apiError) {
	v, f, refused := c.editable()
	if refused != nil {
		return nil, nil, refused
	}
	name := c.params["triggerName"]
	if t := v.Triggers[triggerKey(f.Name, name)]; t != nil {
		return v, t, nil
	}
	return nil, nil, refuse(codeTriggerNotFound, name, v.Name, f.Name)
}

// createTrigger serves CreateTrigger. A qualifier need not exist: versions and aliases can go while triggers name them.
func createTrigger(c *call) (reply, *apiError) {
	v, f, refused := c.editable()
	if refused != nil {
		return reply{}, refused
	}
	var in struct {
		TriggerName string  `json:"triggerName"`
		TriggerType string  `json:"triggerType"`
		SourceArn   *string `json:"sourceArn"`
		triggerSettings
	}
	if refused := c.decode(&in); refused != nil {
		return reply{}, refused
	}
	t := &trigger{Function: f.Name, Name: in.TriggerName, Type: in.TriggerType, Source: in.SourceArn, Created: c.now, Modified: c.now}
	t.Settings.overlay(in.triggerSettings)
	var k checker
	k.name("triggerName", t.Name, 128)
	k.check(slices.Contains(triggerTypes(), t.Type), "triggerType %q is none of %v", simframe.Shorten(t.Type), triggerTypes())
	k.check(!needsSource(t.Type) || t.Source != nil && *t.Source != "", "sourceArn must be given for a trigger of type %s", t.Type)
	t.Settings.check(&k, t.Type)
	if refused := k.refusal(); refused != nil {
		return reply{}, refused
	}
	if v.Triggers[t.key()] != nil {
		return reply{}, refuse(codeTriggerExists, t.Name, v.Name, f.Name)
	}
	if refused := v.checkAddress(t); refused != nil {
		return reply{}, refused
	}
	t.ID, t.ETag = c.st.Draw("trigger"), c.st.drawETag()
	v.Triggers[t.key()] = t
	return reply{body: c.triggerBody(v, t), etag: t.ETag}, nil
}

// checkAddress refuses an HTTP trigger at the address of another: that names the function and the qualifier alone.
func (v *service) checkAddress(t *trigger) *apiError {
	if other := v.addressed(t.Function, t.qualifier()); t.Type == triggerHTTP && other != nil && other.Name != t.Name {
		return refuse(codeInvalidArgument, "the function has HTTP trigger '"+other.Name+"' with the same qualifier, and so the same address")
	}
	return nil
}

// updateTrigger serves UpdateTrigger. What is absent or null stays as it is.
func updateTrigger(c *call) (reply, *apiError) {
	v, t, refused := c.trigger()
	if refused != nil {
		return reply{}, refused
	}
	if refused := c.ifMatch(t.ETag); refused != nil {
		return reply{}, refused
	}
	var given triggerSettings
	if refused := c.decode(&given); refused != nil {
		return reply{}, refused
	}
	changed := *t
	changed.Settings.overlay(given)
	var k checker
	changed.Settings.check(&k, t.Type)
	if refused := k.refusal(); refused != nil {
		return reply{}, refused
	}
	if refused := v.checkAddress(&changed); refused != nil {
		return reply{}, refused
	}
	if !same(changed.Settings, t.Settings) {
		changed.Modified, changed.ETag = c.now, c.st.drawETag()
		*t = changed
	}
	return reply{body: c.triggerBody(v, t), etag: t.ETag}, nil
}

// deleteTrigger serves DeleteTrigger.
func deleteTrigger(c *call) (reply, *apiError) {
	v, t, refused := c.trigger()
	if refused != nil {
		return reply{}, refused
	}
	if refused := c.ifMatch(t.ETag); refused != nil {
		return reply{}, refused
	}
	delete(v.Triggers, t.key())
	return reply{}, nil
}

// getTrigger serves GetTrigger.
func getTrigger(c *call) (reply, *apiError) {
	v, t, refused := c.trigger()
	if refused != nil {
		return reply{}, refused
	}
	return reply{body: c.triggerBody(v, t), etag: t.ETag}, nil
}

// listTriggers serves ListTriggers.
func listTriggers(c *call) (reply, *apiError) {
	v, f, refused := c.editable()
	if refused != nil {
		return reply{}, refused
	}
	list, refused := page(c, v.triggersOf(f.Name), func(t *trigger) string { return t.Name }, byName)
	if refused != nil {
		return reply{}, refused
	}
	bodies := make([]triggerBody, len(list.items))
	for i, t := range list.items {
		bodies[i] = c.triggerBody(v, t)
	}
	return reply{body: struct {
		Triggers  []triggerBody `json:"triggers"`
		NextToken *string       `json:"nextToken"`
	}{bodies, list.next}}, nil
}
