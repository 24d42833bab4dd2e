package fcsim

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"

	"slipway/internal/simframe"
)

// functionSettings are the settings of a function but its code. What no rule of the simulator
// reads is kept and answered as it was sent.
type functionSettings struct {
	Description             *string           `json:"description,omitempty"`
	Runtime                 *string           `json:"runtime,omitempty"`
	Handler                 *string           `json:"handler,omitempty"`
	MemorySize              *integer          `json:"memorySize,omitempty"`
	Timeout                 *integer          `json:"timeout,omitempty"`
	InitializationTimeout   *integer          `json:"initializationTimeout,omitempty"`
	Initializer             *string           `json:"initializer,omitempty"`
	CAPort                  *integer          `json:"caPort,omitempty"`
	EnvironmentVariables    map[string]string `json:"environmentVariables,omitempty"`
	Layers                  []string          `json:"layers,omitempty"`
	CustomContainerConfig   *containerConfig  `json:"customContainerConfig,omitempty"`
	CPU                     *json.Number      `json:"cpu,omitempty"`
	DiskSize                *integer          `json:"diskSize,omitempty"`
	GPUMemorySize           *integer          `json:"gpuMemorySize,omitempty"`
	InstanceConcurrency     *integer          `json:"instanceConcurrency,omitempty"`
	InstanceSoftConcurrency *integer          `json:"instanceSoftConcurrency,omitempty"`
	InstanceType            *string           `json:"instanceType,omitempty"`
	CustomDNS               document          `json:"customDNS,omitempty"`
	CustomHealthCheckConfig document          `json:"customHealthCheckConfig,omitempty"`
	CustomRuntimeConfig     document          `json:"customRuntimeConfig,omitempty"`
	InstanceLifecycleConfig document          `json:"instanceLifecycleConfig,omitempty"`
}

// containerConfig says which image a function of the runtime custom-container runs.
type containerConfig struct {
	Image            string `json:"image"`
	Command          string `json:"command,omitempty"`
	Args             string `json:"args,omitempty"`
	AccelerationType string `json:"accelerationType,omitempty"`
	InstanceID       string `json:"instanceID,omitempty"`
	WebServerMode    *bool  `json:"webServerMode,omitempty"`
	// AccelerationInfo is answered by GetFunction alone, and ignored when it is sent back.
	AccelerationInfo *accelerationInfo `json:"accelerationInfo,omitempty"`
}

type accelerationInfo struct {
	Status string `json:"status"`
}

const runtimeContainer = "custom-container"

// runtimes are those of the reference.
func runtimes() []string {
	return []string{
		"nodejs6", "nodejs8", "nodejs10", "nodejs12", "nodejs14", "python2.7", "python3", "java8", "java11",
		"php7.2", "dotnetcore2.1", "go1", "custom", runtimeContainer,
	}
}

// overlay takes over the settings that were given.
func (s *functionSettings) overlay(given functionSettings) {
	keep(&s.Description, given.Description)
	keep(&s.Runtime, given.Runtime)
	keep(&s.Handler, given.Handler)
	keep(&s.MemorySize, given.MemorySize)
	keep(&s.Timeout, given.Timeout)
	keep(&s.InitializationTimeout, given.InitializationTimeout)
	keep(&s.Initializer, given.Initializer)
	keep(&s.CAPort, given.CAPort)
	keep(&s.CPU, given.CPU)
	keep(&s.DiskSize, given.DiskSize)
	keep(&s.GPUMemorySize, given.GPUMemorySize)
	keep(&s.InstanceConcurrency, given.InstanceConcurrency)
	keep(&s.InstanceSoftConcurrency, given.InstanceSoftConcurrency)
	keep(&s.InstanceType, given.InstanceType)
	keep(&s.CustomContainerConfig, given.CustomContainerConfig)
	keepDocument(&s.CustomDNS, given.CustomDNS)
	keepDocument(&s.CustomHealthCheckConfig, given.CustomHealthCheckConfig)
	keepDocument(&s.CustomRuntimeConfig, given.CustomRuntimeConfig)
	keepDocument(&s.InstanceLifecycleConfig, given.InstanceLifecycleConfig)
	if given.EnvironmentVariables != nil {
		s.EnvironmentVariables = given.EnvironmentVariables
	}
	if given.Layers != nil {
		s.Layers = given.Layers
	}
	if s.CustomContainerConfig != nil {
		container := *s.CustomContainerConfig
		container.AccelerationInfo = nil
		s.CustomContainerConfig = &container
	}
}

// check checks settings that were given.
func (s functionSettings) check(k *checker) {
	if s.Runtime != nil {
		k.check(slices.Contains(runtimes(), *s.Runtime), "runtime must be one of %s; it is %q", strings.Join(runtimes(), ", "), simframe.Shorten(*s.Runtime))
	}
	if s.Handler != nil {
		k.check(*s.Handler != "", "handler must not be empty")
	}
	if s.MemorySize != nil {
		k.check(*s.MemorySize > 0 && *s.MemorySize%64 == 0, "memorySize must be a multiple of 64 in MB, is %d", *s.MemorySize)
	}
	k.within("timeout", s.Timeout, 1, 86400)
	k.within("initializationTimeout", s.InitializationTimeout, 1, 300)
	k.within("caPort", s.CAPort, 0, 65535)
	if s.CustomContainerConfig != nil {
		s.CustomContainerConfig.check(k)
	}
}

func (g *containerConfig) check(k *checker) {
	k.check(g.Image != "", "customContainerConfig.image must not be empty")
	k.check(slices.Contains([]string{"", "Default", "None"}, g.AccelerationType),
		"customContainerConfig.accelerationType must be Default or None, is %q", simframe.Shorten(g.AccelerationType))
	for _, list := range []struct{ name, text string }{{"args", g.Args}, {"command", g.Command}} {
		var words []string
		k.check(list.text == "" || json.Unmarshal([]byte(list.text), &words) == nil,
			"customContainerConfig.%s must be a JSON array of texts in a text, is %q", list.name, simframe.Shorten(list.text))
	}
}

// functionBody is a function in an answer.
type functionBody struct {
	FunctionName     string `json:"functionName"`
	FunctionID       string `json:"functionId"`
	CodeChecksum     string `json:"codeChecksum"`
	CodeSize         int    `json:"codeSize"`
	CreatedTime      string `json:"createdTime"`
	LastModifiedTime string `json:"lastModifiedTime"`
	functionSettings
}

func (f *function) body() functionBody {
	return functionBody{
		FunctionName: f.Name, FunctionID: f.ID, CodeChecksum: f.runs().Checksum, CodeSize: f.runs().Size,
		CreatedTime: stamp(f.Created), LastModifiedTime: stamp(f.Modified), functionSettings: f.Settings,
	}
}

// functionInput is the body of CreateFunction and UpdateFunction.
type functionInput struct {
	Code *codeInput `json:"code"`
	functionSettings
}

// apply checks what was given and gives it to a function. It returns the package that was sent, if any was.
func (in functionInput) apply(f *function, k *checker, header http.Header) []byte {
	in.check(k)
	f.Settings.overlay(in.functionSettings)
	var zip []byte
	if in.Code != nil {
		loaded := in.Code.load(k, header.Get("X-Fc-Code-Checksum"))
		if loaded == nil {
			return nil
		}
		f.Code, zip = loaded.code, loaded.zip
	}
	f.check(k)
	return zip
}

// createFunction serves CreateFunction.
func createFunction(c *call) (reply, *apiError) {
	v, refused := c.service()
	if refused != nil {
		return reply{}, refused
	}
	var in struct {
		FunctionName string `json:"functionName"`
		functionInput
	}
	if refused := c.decode(&in); refused != nil {
		return reply{}, refused
	}
	var k checker
	k.name("functionName", in.FunctionName, 64)
	k.check(in.Handler != nil, "handler must be given")
	k.check(in.Runtime != nil, "runtime must be given")
	memory, timeout, initialization, empty := integer(defaultMemory), integer(defaultTimeout), integer(defaultInitialization), ""
	f := &function{
		Name: in.FunctionName, Created: c.now, Modified: c.now,
		Settings: functionSettings{MemorySize: &memory, Timeout: &timeout, InitializationTimeout: &initialization, Description: &empty, Initializer: &empty},
	}
	zip := in.apply(f, &k, c.header)
	if refused := k.refusal(); refused != nil {
		return reply{}, refused
	}
	if v.Functions[f.Name] != nil {
		return reply{}, refuse(codeFunctionExists, f.Name, v.Name)
	}
	f.ID, f.ETag = c.st.Draw("function"), c.st.drawETag()
	c.st.keepPackage(f.Code, zip)
	v.Functions[f.Name] = f
	v.touch(c.now)
	return reply{body: f.body(), etag: f.ETag}, nil
}

// What CreateFunction takes where nothing is given.
const (
	defaultMemory         = 128 // MB; the reference gives no default
	defaultTimeout        = 60  // seconds
	defaultInitialization = 3   // seconds
)

// updateFunction serves UpdateFunction.
func updateFunction(c *call) (reply, *apiError) {
	at, f, refused := c.function()
	if refused != nil {
		return reply{}, refused
	}
	if refused := c.ifMatch(f.ETag); refused != nil {
		return reply{}, refused
	}
	var in functionInput
	if refused := c.decode(&in); refused != nil {
		return reply{}, refused
	}
	var k checker
	changed := *f
	zip := in.apply(&changed, &k, c.header)
	if refused := k.refusal(); refused != nil {
		return reply{}, refused
	}
	c.st.keepPackage(changed.Code, zip)
	if !same(changed, *f) {
		changed.Modified, changed.ETag = c.now, c.st.drawETag()
		*f = changed
		at.service.touch(c.now)
	}
	return reply{body: f.body(), etag: f.ETag}, nil
}

// deleteFunction serves DeleteFunction. Versions keep their own.
func deleteFunction(c *call) (reply, *apiError) {
	at, f, refused := c.function()
	if refused != nil {
		return reply{}, refused
	}
	if refused := c.ifMatch(f.ETag); refused != nil {
		return reply{}, refused
	}
	if at.service.hasTriggers(f.Name) {
		return reply{}, refuse(codeFunctionNotEmpty, f.Name)
	}
	for _, p := range at.service.Provisions {
		if p.Function == f.Name && p.live() {
			return reply{}, refuse(codeProvisionExists, f.Name)
		}
	}
	delete(at.service.Functions, f.Name)
	delete(at.service.AsyncConfigs, asyncKey("", f.Name))
	at.service.touch(c.now)
	return reply{}, nil
}

// getFunction serves GetFunction.
func getFunction(c *call) (reply, *apiError) {
	_, f, refused := c.function()
	if refused != nil {
		return reply{}, refused
	}
	body := f.body()
	if container := body.CustomContainerConfig; container != nil {
		shown := *container
		if shown.AccelerationType == "Default" {
			shown.AccelerationInfo = &accelerationInfo{Status: "Ready"}
		}
		body.CustomContainerConfig = &shown
	}
	return reply{body: body, etag: f.ETag}, nil
}

// listFunctions serves ListFunctions.
func listFunctions(c *call) (reply, *apiError) {
	at, refused := c.view()
	if refused != nil {
		return reply{}, refused
	}
	list, refused := page(c, simframe.SortedValues(at.functions), func(f *function) string { return f.Name }, byName)
	if refused != nil {
		return reply{}, refused
	}
	bodies := make([]functionBody, len(list.items))
	for i, f := range list.items {
		bodies[i] = f.body()
	}
	return reply{body: struct {
		Functions []functionBody `json:"functions"`
		NextToken *string        `json:"nextToken"`
	}{bodies, list.next}}, nil
}
