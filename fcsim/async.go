package fcsim

import (
	"cmp"
	"time"

	"slipway/internal/simframe"
)

const (
	// defaultRetries is how often an asynchronous invocation that failed is tried again.
	defaultRetries = 3
	maxRetries     = 8
	// maxEventAge is how old an asynchronous invocation may be when it begins, in seconds.
	maxEventAge = 30 * 24 * 60 * 60
)

// asyncConfig says how asynchronous invocations of a function under a qualifier are carried out. Versions do not have it.
type asyncConfig struct {
	Function  string        `json:"function"`
	Qualifier string        `json:"qualifier"` // empty is LATEST
	Created   time.Time     `json:"created"`
	Modified  time.Time     `json:"modified"`
	Settings  asyncSettings `json:"settings"`
}

// asyncSettings are what PutFunctionAsyncInvokeConfig replaces as a whole.
type asyncSettings struct {
	DestinationConfig         *destinationConfig `json:"destinationConfig"`
	MaxAsyncEventAgeInSeconds *integer           `json:"maxAsyncEventAgeInSeconds"`
	MaxAsyncRetryAttempts     *integer           `json:"maxAsyncRetryAttempts"`
	StatefulInvocation        bool               `json:"statefulInvocation"`
}

type destinationConfig struct {
	OnSuccess *destination `json:"onSuccess,omitempty"`
	OnFailure *destination `json:"onFailure,omitempty"`
}

// destination is where the record of an invocation goes. What lies outside the API is taken to exist.
type destination struct {
	Destination string `json:"destination"`
}

func (s asyncSettings) check(k *checker) {
	k.within("maxAsyncEventAgeInSeconds", s.MaxAsyncEventAgeInSeconds, 1, maxEventAge)
	k.within("maxAsyncRetryAttempts", s.MaxAsyncRetryAttempts, 0, maxRetries)
	if s.DestinationConfig == nil {
		return
	}
	for _, d := range []*destination{s.DestinationConfig.OnSuccess, s.DestinationConfig.OnFailure} {
		k.check(d == nil || d.Destination != "", "destinationConfig: a destination must name what it is")
	}
}

// retries is how often a failed invocation is tried again.
func (s asyncSettings) retries() int {
	if s.MaxAsyncRetryAttempts == nil {
		return defaultRetries
	}
	return int(*s.MaxAsyncRetryAttempts)
}

// age is how old an invocation may be when it begins.
func (s asyncSettings) age() time.Duration {
	if s.MaxAsyncEventAgeInSeconds == nil {
		return maxEventAge * time.Second
	}
	return time.Duration(*s.MaxAsyncEventAgeInSeconds) * time.Second
}

// delivers reports whether the record of an invocation goes somewhere.
func (s asyncSettings) delivers(succeeded bool) bool {
	if s.DestinationConfig == nil {
		return false
	}
	if succeeded {
		return s.DestinationConfig.OnSuccess != nil
	}
	return s.DestinationConfig.OnFailure != nil
}

func asyncKey(qualifier, function string) string { return cmp.Or(qualifier, latest) + "/" + function }

func (a *asyncConfig) key() string { return asyncKey(a.Qualifier, a.Function) }

// asyncSettings are those in force for a function under a qualifier.
func (v *service) asyncSettings(qualifier, function string) asyncSettings {
	if a := v.AsyncConfigs[asyncKey(qualifier, function)]; a != nil {
		return a.Settings
	}
	return asyncSettings{}
}

// asyncBody is an asynchronous configuration in an answer, under the names of the reference and those that clients read.
type asyncBody struct {
	Service          string `json:"service"`
	Function         string `json:"function"`
	ServiceName      string `json:"serviceName"`
	FunctionName     string `json:"functionName"`
	Qualifier        string `json:"qualifier"`
	CreatedTime      string `json:"createdTime"`
	LastModifiedTime string `json:"lastModifiedTime"`
	asyncSettings
}

func (a *asyncConfig) body(v *service) asyncBody {
	body := asyncBody{
		Service: v.Name, Function: a.Function, ServiceName: v.Name, FunctionName: a.Function, Qualifier: cmp.Or(a.Qualifier, latest),
		CreatedTime: stamp(a.Created), LastModifiedTime: stamp(a.Modified), asyncSettings: a.Settings,
	}
	retries := integer(a.Settings.retries())
	body.MaxAsyncRetryAttempts = &retries
	return body
}

// asyncConfig finds the configuration that the path names.
func (c *call) asyncConfig() (*service, *asyncConfig, *apiError) {
	at, f, refused := c.function()
	if refused != nil {
		return nil, nil, refused
	}
	if a := at.service.AsyncConfigs[asyncKey(c.qualifier, f.Name)]; a != nil {
		return at.service, a, nil
	}
	return nil, nil, refuse(codeAsyncNotFound, at.service.Name+"."+cmp.Or(c.qualifier, latest), f.Name)
}

// putAsyncConfig serves PutFunctionAsyncInvokeConfig, which replaces everything.
func putAsyncConfig(c *call) (reply, *apiError) {
	at, f, refused := c.function()
	if refused != nil {
		return reply{}, refused
	}
	var in asyncSettings
	if refused := c.decode(&in); refused != nil {
		return reply{}, refused
	}
	var k checker
	in.check(&k)
	if refused := k.refusal(); refused != nil {
		return reply{}, refused
	}
	a := &asyncConfig{Function: f.Name, Qualifier: c.qualifier, Created: c.now, Modified: c.now, Settings: in}
	if before := at.service.AsyncConfigs[a.key()]; before != nil {
		a.Created = before.Created
	}
	at.service.AsyncConfigs[a.key()] = a
	return reply{body: a.body(at.service)}, nil
}

// deleteAsyncConfig serves DeleteFunctionAsyncInvokeConfig.
func deleteAsyncConfig(c *call) (reply, *apiError) {
	v, a, refused := c.asyncConfig()
	if refused != nil {
		return reply{}, refused
	}
	delete(v.AsyncConfigs, a.key())
	return reply{}, nil
}

// getAsyncConfig serves GetFunctionAsyncInvokeConfig.
func getAsyncConfig(c *call) (reply, *apiError) {
	v, a, refused := c.asyncConfig()
	if refused != nil {
		return reply{}, refused
	}
	return reply{body: a.body(v)}, nil
}

// listAsyncConfigs serves ListFunctionAsyncInvokeConfigs: those of a function under all qualifiers.
func listAsyncConfigs(c *call) (reply, *apiError) {
	v, refused := c.service()
	if refused != nil {
		return reply{}, refused
	}
	name := c.params["functionName"]
	var found []*asyncConfig
	for _, a := range simframe.SortedValues(v.AsyncConfigs) {
		if a.Function == name {
			found = append(found, a)
		}
	}
	if len(found) == 0 && v.Functions[name] == nil {
		return reply{}, refuse(codeFunctionNotFound, name, v.Name)
	}
	list, refused := page(c, found, func(a *asyncConfig) string { return a.key() }, byName)
	if refused != nil {
		return reply{}, refused
	}
	body := struct {
		Configs []asyncBody `json:"configs"`
		// NextToken is an empty text when there is no further page.
		NextToken string `json:"nextToken"`
	}{Configs: []asyncBody{}}
	for _, a := range list.items {
		body.Configs = append(body.Configs, a.body(v))
	}
	if list.next != nil {
		body.NextToken = *list.next
	}
	return reply{body: body}, nil
}
