package saeclient

import (
	"log/slog"

	"slipway/cloudapi"
	"slipway/internal/clientrt"
	"slipway/internal/loosejson"
)

// IngressBackend is where an ingress sends requests, of the DefaultRule parameter (SAE API
// reference ch. 9.9). As the default rule it gets every request that no rule matches.
type IngressBackend struct {
	AppID         string `json:"appId"`
	ContainerPort int    `json:"containerPort"`
	// BackendProtocol is http, https or grpc. Not in the reference, and in answers only: that the
	// platform takes it is a guess.
	BackendProtocol string `json:"backendProtocol,omitempty"`
	// Unknown holds members that have no field here; they travel as well.
	Unknown cloudapi.UnknownFields `json:"Unknown,omitempty"`
}

// MarshalText encodes the backend as the API wants it: JSON text, or nothing for the zero value.
func (b IngressBackend) MarshalText() ([]byte, error) { return clientrt.WireText(b) }

// UnmarshalText reads what MarshalText writes.
func (b *IngressBackend) UnmarshalText(text []byte) error {
	return loosejson.UnmarshalObject(text, b)
}

// UnmarshalJSON reads an object, or a text that holds one.
func (b *IngressBackend) UnmarshalJSON(text []byte) error { return loosejson.UnmarshalEither(text, b) }

// IngressRule sends requests for a domain and path to an application, of the Rules parameter
// (SAE API reference ch. 9.9). An ingress has at most 40.
type IngressRule struct {
	AppID         string `json:"appId"`
	ContainerPort int    `json:"containerPort"`
	Domain        string `json:"domain"`
	Path          string `json:"path"`
	// AppName, BackendProtocol (http, https or grpc) and RewritePath (for an ALB) are not in the reference.
	AppName         string `json:"appName,omitempty"`
	BackendProtocol string `json:"backendProtocol,omitempty"`
	RewritePath     string `json:"rewritePath,omitempty"`
	// Unknown holds members that have no field here; they travel as well.
	Unknown cloudapi.UnknownFields `json:"Unknown,omitempty"`
}

// Wire is the element as it travels.
func (e IngressRule) Wire() any { return clientrt.Wire(e) }

// SLBListener is a listener of an SLB, of the Internet and Intranet parameters (SAE API reference ch. 15.1).
type SLBListener struct {
	// Port is the SLB's port.
	Port int `json:"port"`
	// TargetPort is the container's port.
	TargetPort int `json:"targetPort"`
	// Protocol is TCP, HTTP or HTTPS.
	Protocol string `json:"protocol"`
	// HTTPSCertID is the certificate's ID, with HTTPS only.
	HTTPSCertID string `json:"httpsCertId,omitempty"`
	// Unknown holds members that have no field here; they travel as well.
	Unknown cloudapi.UnknownFields `json:"Unknown,omitempty"`
}

// Wire is the element as it travels.
func (e SLBListener) Wire() any { return clientrt.Wire(e) }

// Tag is a tag of an application (SAE API reference ch. 17). Key and value have 1 to 128 characters, upper and lower case differ; keys
// do not begin with aliyun or acs:, and neither holds http:// or https://.
type Tag struct {
	Key   string `json:"key"`
	Value string `json:"value"`
}

// ConfigMapData is the content of a ConfigMap, of the Data parameter and of answers (SAE API
// reference ch. 18). Values never show themselves; convert one to string to read it.
type ConfigMapData map[string]cloudapi.Secret

// MarshalText encodes the data as the API wants it: JSON text of an object. The text holds the
// values: it is for the wire, not for logs. Nil data, which a ConfigMap cannot have, is an
// empty text.
func (d ConfigMapData) MarshalText() ([]byte, error) {
	if d == nil {
		return nil, nil
	}
	plain := make(map[string]string, len(d))
	for key, value := range d {
		plain[key] = string(value)
	}
	return loosejson.Encode(plain)
}

// UnmarshalText reads what MarshalText writes.
func (d *ConfigMapData) UnmarshalText(text []byte) error {
	return loosejson.UnmarshalObject(text, (*map[string]cloudapi.Secret)(d))
}

// MarshalJSON writes the keys, with the values redacted.
func (d ConfigMapData) MarshalJSON() ([]byte, error) {
	return loosejson.Encode(map[string]cloudapi.Secret(d))
}

// LogValue logs the keys, with the values redacted.
func (d ConfigMapData) LogValue() slog.Value { return slog.AnyValue(map[string]cloudapi.Secret(d)) }

// UnmarshalJSON reads an object, or a text that holds one.
func (d *ConfigMapData) UnmarshalJSON(text []byte) error { return loosejson.UnmarshalEither(text, d) }

// Ways to combine the items of a gray rule (SAE API reference ch. 19).
const (
	// ConditionAnd wants all items to match.
	ConditionAnd = "AND"
	// ConditionOr wants one item to match.
	ConditionOr = "OR"
)

// Operators of the items of gray rules (SAE API reference ch. 19).
const (
	// OperatorRawValue compares with the value.
	OperatorRawValue = "rawvalue"
	// OperatorList is an allow list.
	OperatorList = "list"
	// OperatorMod compares modulo 100.
	OperatorMod = "mod"
	// OperatorPercentage takes a share of the requests; the platform spells it so.
	OperatorPercentage = "deterministic_proportional_steaming_division"
)

// SpringCloudRule routes requests of Spring Cloud applications to the gray instances, of the
// ScRules parameter (SAE API reference ch. 19.1).
type SpringCloudRule struct {
	// Path is the path of the requests.
	Path string `json:"path"`
	// Condition is ConditionAnd or ConditionOr.
	Condition string            `json:"condition"`
	Items     []SpringCloudItem `json:"items"`
}

// SpringCloudItem is one comparison of a SpringCloudRule.
type SpringCloudItem struct {
	// Type is param, cookie or header.
	Type string `json:"type"`
	// Name is the name of the parameter, cookie or header.
	Name string `json:"name"`
	// Cond is >, <, >=, <=, == or !=.
	Cond string `json:"cond"`
	// Operator is one of the Operator constants.
	Operator string `json:"operator"`
	Value    string `json:"value"`
}

// DubboRule routes calls of Dubbo applications to the gray instances, of the DubboRules
// parameter (SAE API reference ch. 19.1).
type DubboRule struct {
	ServiceName string `json:"serviceName"`
	Group       string `json:"group"`
	Version     string `json:"version"`
	MethodName  string `json:"methodName"`
	// Condition is ConditionAnd or ConditionOr.
	Condition string      `json:"condition"`
	Items     []DubboItem `json:"items"`
}

// DubboItem is one comparison of a DubboRule.
type DubboItem struct {
	// Index is the number of the argument, from 0.
	Index int `json:"index"`
	// Expr is an expression (SpEL) on the argument: empty for the argument itself, .name for a
	// property, .isEnabled(), [0] for an element of an array, .get(0) for one of a list,
	// .get("key") for an entry of a map.
	Expr string `json:"expr"`
	// Cond is >, <, >=, <=, == or !=.
	Cond string `json:"cond"`
	// Operator is one of the Operator constants.
	Operator string `json:"operator"`
	Value    string `json:"value"`
}

// ALBRule routes requests that come through an ALB gateway route to the gray instances, of the
// AlbRules parameter (ListGreyTagRoute page of January 2026).
type ALBRule struct {
	// IngressID is the ID of the gateway route.
	IngressID string `json:"ingressId,omitempty"`
	// ServiceID and ServiceName name the service: answers have either.
	ServiceID   string `json:"serviceId,omitempty"`
	ServiceName string `json:"serviceName,omitempty"`
	// Path is the path of the requests. The request example has it in the place of IngressID.
	Path string `json:"path,omitempty"`
	// Condition is ConditionAnd; nothing else is supported today.
	Condition string    `json:"condition"`
	Items     []ALBItem `json:"items"`
}

// ALBItem is one comparison of an ALBRule.
type ALBItem struct {
	// Type is sourceIp, cookie or header.
	Type string `json:"type"`
	// Name is the name of the cookie or header.
	Name string `json:"name"`
	// Cond is ==; nothing else is supported today.
	Cond string `json:"cond"`
	// Operator is OperatorRawValue; nothing else is supported today.
	Operator string `json:"operator"`
	Value    string `json:"value"`
}
