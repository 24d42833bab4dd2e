package saeclient

import (
	"reflect"
	"slices"

	"slipway/cloudapi"
	"slipway/internal/clientrt"
	"slipway/internal/loosejson"
)

// EnvVar is an environment variable of the Envs parameter (SAE API reference ch. 12.1, 12.3,
// 13.1). Its value often is a secret and never shows itself.
//
// A variable of the name sae-sys-configmap-all-<name> or sae-sys-secret-all-<name> takes every
// key of a ConfigMap or a secret.
type EnvVar struct {
	// Name is the variable's name.
	Name string `json:"name"`
	// Value is a literal value. It wins over ValueFrom.
	Value cloudapi.Secret `json:"value"`
	// ValueFrom says where the value comes from instead. Not in the reference.
	ValueFrom *EnvSource `json:"valueFrom,omitempty"`
}

// EnvSource is where the value of an EnvVar comes from: one of the two.
type EnvSource struct {
	// ConfigMapRef is a key of a ConfigMap.
	ConfigMapRef *ConfigMapKey `json:"configMapRef,omitempty"`
	// SecretRef is a key of a secret.
	SecretRef *SecretKey `json:"secretRef,omitempty"`
}

// ConfigMapKey is a key of a ConfigMap.
type ConfigMapKey struct {
	ConfigMapID int64 `json:"configMapId"`
	// Key is empty for every key.
	Key string `json:"key"`
}

// SecretKey is a key of a secret.
type SecretKey struct {
	SecretID int64 `json:"secretId"`
	// Key is empty for every key.
	Key string `json:"key"`
}

// Wire is the variable as it travels, its value in the clear. One that comes from elsewhere has none.
func (v EnvVar) Wire() any {
	wire := struct {
		Name      string     `json:"name"`
		Value     *string    `json:"value,omitempty"`
		ValueFrom *EnvSource `json:"valueFrom,omitempty"`
	}{v.Name, new(string(v.Value)), v.ValueFrom}
	if v.Value == "" && v.ValueFrom != nil {
		wire.Value = nil
	}
	return wire
}

// HostAlias is an extra host entry in the container, of the CustomHostAlias parameter (SAE API
// reference ch. 12.1).
type HostAlias struct {
	// HostName is the name to resolve.
	HostName string `json:"hostName"`
	// IP is the address that it resolves to.
	IP string `json:"ip"`
	// Unknown holds members that have no field here; they travel as well.
	Unknown cloudapi.UnknownFields `json:"Unknown,omitempty"`
}

// Wire is the element as it travels.
func (e HostAlias) Wire() any { return clientrt.Wire(e) }

// Probe is a health check, of the Liveness, Readiness and StartupProbe parameters (SAE API
// reference ch. 12.1). Exactly one of Exec, HTTPGet and TCPSocket is set. A container that fails its liveness
// probe is killed and recovered; one that fails its readiness probe gets no traffic. The zero
// value travels as an empty text.
type Probe struct {
	// Exec runs a command in the container.
	Exec *ExecAction `json:"exec,omitempty"`
	// HTTPGet asks the container by HTTP.
	HTTPGet *HTTPGetAction `json:"httpGet,omitempty"`
	// TCPSocket connects to a port.
	TCPSocket *TCPSocketAction `json:"tcpSocket,omitempty"`
	// InitialDelaySeconds is the time before the first check, 10 when not sent.
	InitialDelaySeconds *int `json:"initialDelaySeconds,omitempty"`
	// PeriodSeconds is the time between checks, 30 when not sent.
	PeriodSeconds *int `json:"periodSeconds,omitempty"`
	// TimeoutSeconds is how long a check may take, 1 when not sent or 0.
	TimeoutSeconds *int `json:"timeoutSeconds,omitempty"`
	// FailureThreshold is how many checks must fail in a row. Since 2025-10, not in the reference.
	FailureThreshold *int `json:"failureThreshold,omitempty"`
	// SuccessThreshold is how many checks must succeed in a row. Since 2025-10, not in the reference.
	SuccessThreshold *int `json:"successThreshold,omitempty"`
	// Unknown holds members that have no field here; they travel as well.
	Unknown cloudapi.UnknownFields `json:"Unknown,omitempty"`
}

// ExecAction runs a command in the container; it succeeds with exit code 0.
type ExecAction struct {
	// Command is the command and its arguments.
	Command []string `json:"command"`
	// Unknown holds members that have no field here; they travel as well.
	Unknown cloudapi.UnknownFields `json:"Unknown,omitempty"`
}

// HTTPGetAction asks for a page.
type HTTPGetAction struct {
	Path string `json:"path"`
	Port int    `json:"port"`
	// Scheme is HTTP or HTTPS.
	Scheme string `json:"scheme,omitempty"`
	// IsContainKeyWord reports whether the body must (true) or must not (false) hold KeyWord;
	// nil looks at no key word.
	IsContainKeyWord *bool `json:"isContainKeyWord,omitempty"`
	// KeyWord needs IsContainKeyWord.
	KeyWord string `json:"keyWord,omitempty"`
	// Unknown holds members that have no field here; they travel as well.
	Unknown cloudapi.UnknownFields `json:"Unknown,omitempty"`
}

// TCPSocketAction connects to a port.
type TCPSocketAction struct {
	Port int `json:"port"`
	// Unknown holds members that have no field here; they travel as well.
	Unknown cloudapi.UnknownFields `json:"Unknown,omitempty"`
}

// MarshalText encodes the probe as the API wants it: JSON text, or nothing for the zero value.
func (p Probe) MarshalText() ([]byte, error) { return clientrt.WireText(p) }

// UnmarshalText reads what MarshalText writes, and what DescribeApplicationConfig answers.
func (p *Probe) UnmarshalText(text []byte) error {
	return loosejson.UnmarshalObject(text, p)
}

// UnmarshalJSON reads an object, or a text that holds one.
func (p *Probe) UnmarshalJSON(text []byte) error { return loosejson.UnmarshalEither(text, p) }

// LifecycleHook is a script that runs right after a container is made or before it is removed,
// of the PostStart and PreStop parameters (SAE API reference ch. 12.1). The zero value travels
// as an empty text.
type LifecycleHook struct {
	Exec *ExecAction `json:"exec,omitempty"`
	// Unknown holds members that have no field here; they travel as well.
	Unknown cloudapi.UnknownFields `json:"Unknown,omitempty"`
}

// MarshalText encodes the hook as the API wants it: JSON text, or nothing for the zero value.
func (h LifecycleHook) MarshalText() ([]byte, error) { return clientrt.WireText(h) }

// UnmarshalText reads what MarshalText writes, and what DescribeApplicationConfig answers.
func (h *LifecycleHook) UnmarshalText(text []byte) error {
	return loosejson.UnmarshalObject(text, h)
}

// UnmarshalJSON reads an object, or a text that holds one.
func (h *LifecycleHook) UnmarshalJSON(text []byte) error { return loosejson.UnmarshalEither(text, h) }

// TomcatConfig holds Tomcat's settings (SAE API reference ch. 12.1). The zero value travels as
// an empty text, which deletes them.
type TomcatConfig struct {
	// Port is 1024 to 65535, 8080 when not sent.
	Port int `json:"port,omitempty"`
	// ContextPath is / when not sent.
	ContextPath string `json:"contextPath,omitempty"`
	// MaxThreads is 400 when not sent.
	MaxThreads int `json:"maxThreads,omitempty"`
	// URIEncoding is UTF-8, ISO-8859-1 (when not sent), GBK or GB2312.
	URIEncoding string `json:"uriEncoding,omitempty"`
	// UseBodyEncodingForURI is true when not sent.
	UseBodyEncodingForURI *bool `json:"useBodyEncodingForUri,omitempty"`
	// Unknown holds members that have no field here; they travel as well.
	Unknown cloudapi.UnknownFields `json:"Unknown,omitempty"`
}

// MarshalText encodes the settings as the API wants them: JSON text, or nothing for the zero value.
func (c TomcatConfig) MarshalText() ([]byte, error) { return clientrt.WireText(c) }

// UnmarshalText reads what MarshalText writes, and what DescribeApplicationConfig answers.
func (c *TomcatConfig) UnmarshalText(text []byte) error {
	return loosejson.UnmarshalObject(text, c)
}

// UnmarshalJSON reads an object, or a text that holds one.
func (c *TomcatConfig) UnmarshalJSON(text []byte) error { return loosejson.UnmarshalEither(text, c) }

// SLSConfig is a log that Log Service collects, of the SlsConfigs parameter (SAE API reference ch. 12.1).
type SLSConfig struct {
	// LogType is LogStdout for the container's standard output, at most once; empty for a file.
	LogType string `json:"logType,omitempty"`
	// LogDir is the file's path, empty for LogStdout.
	LogDir string `json:"logDir"`
	// ProjectName and LogstoreName are a project and logstore of one's own, always together;
	// names that begin with sae- are SAE's.
	ProjectName  string `json:"projectName,omitempty"`
	LogstoreName string `json:"logstoreName,omitempty"`
	// LogtailName is the Logtail to use; empty makes a new one.
	LogtailName string `json:"logtailName,omitempty"`
	// Unknown holds members that have no field here; they travel as well.
	Unknown cloudapi.UnknownFields `json:"Unknown,omitempty"`
}

// Wire is the element as it travels.
func (e SLSConfig) Wire() any { return clientrt.Wire(e) }

// LogStdout is the LogType of a container's standard output.
const LogStdout = "stdout"

// NASMount is a NAS directory in the container, of the MountDesc parameter (SAE API reference ch. 12.1).
type NASMount struct {
	MountPath string `json:"mountPath"`
	NASPath   string `json:"nasPath"`
	// Unknown holds members that have no field here; they travel as well.
	Unknown cloudapi.UnknownFields `json:"Unknown,omitempty"`
}

// Wire is the element as it travels.
func (e NASMount) Wire() any { return clientrt.Wire(e) }

// ConfigMapMount is a ConfigMap in the container, of the ConfigMapMountDesc parameter (SAE API
// reference ch. 12.1).
type ConfigMapMount struct {
	ConfigMapID int64 `json:"configMapId"`
	// Key is the key to mount, or AllConfigMapKeys.
	Key       string `json:"key"`
	MountPath string `json:"mountPath"`
	// Unknown holds members that have no field here; they travel as well.
	Unknown cloudapi.UnknownFields `json:"Unknown,omitempty"`
}

// Wire is the element as it travels.
func (e ConfigMapMount) Wire() any { return clientrt.Wire(e) }

// AllConfigMapKeys mounts every key of a ConfigMap.
const AllConfigMapKeys = "sae-sys-configmap-all"

// OSSMount is an OSS bucket in the container, of the OssMountDescs parameter (SAE API reference ch. 12.1).
type OSSMount struct {
	BucketName string `json:"bucketName"`
	// BucketPath must exist.
	BucketPath string `json:"bucketPath"`
	// MountPath hides what the container has there, and is made when missing.
	MountPath string `json:"mountPath"`
	ReadOnly  bool   `json:"readOnly"`
	// Unknown holds members that have no field here; they travel as well.
	Unknown cloudapi.UnknownFields `json:"Unknown,omitempty"`
}

// Wire is the element as it travels.
func (e OSSMount) Wire() any { return clientrt.Wire(e) }

// rules says what the shape of the parameter cannot: one kind of check, and a key word only where it counts.
func (p *Probe) rules(r *clientrt.Request, param string) {
	if p == nil || reflect.ValueOf(*p).IsZero() {
		return
	}
	kinds := 0
	for _, set := range []bool{p.Exec != nil, p.HTTPGet != nil, p.TCPSocket != nil} {
		if set {
			kinds++
		}
	}
	if kinds != 1 {
		r.Fail(param, "must have exactly one of exec, httpGet and tcpSocket")
	}
	if p.HTTPGet != nil && p.HTTPGet.KeyWord != "" && p.HTTPGet.IsContainKeyWord == nil {
		r.Fail(param+".httpGet.keyWord", "needs isContainKeyWord")
	}
}

// logRules says what the shape of SlsConfigs cannot (SAE API reference ch. 12.1).
func logRules(r *clientrt.Request, logs cloudapi.List[SLSConfig]) {
	isStdout := func(c SLSConfig) bool { return c.LogType == LogStdout }
	if first := slices.IndexFunc(logs, isStdout); first >= 0 && slices.ContainsFunc(logs[first+1:], isStdout) {
		r.Fail("SlsConfigs", "may have %s at most once", LogStdout)
	}
	for i, c := range logs {
		if (c.ProjectName == "") != (c.LogstoreName == "") {
			r.Fail(cloudapi.Element("SlsConfigs", i), "must have projectName and logstoreName together")
		}
		if len(c.ProjectName) >= len(ownedPrefix) && c.ProjectName[:len(ownedPrefix)] == ownedPrefix {
			r.Fail(cloudapi.Element("SlsConfigs", i)+".projectName", "must not begin with %s", ownedPrefix)
		}
	}
}

// ownedPrefix begins the names of log projects that belong to SAE.
const ownedPrefix = "sae-"
