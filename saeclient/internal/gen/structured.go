package main

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
)

// structuredType names the hand-written Go type of a parameter that travels as JSON text.
func structuredType(param string) (name string, way encoding, err error) {
	switch param {
	case "UpdateStrategy", "ScalingRuleTimer", "ScalingRuleMetric", "TomcatConfig":
		return param, asText, nil
	case "Liveness", "Readiness":
		return "Probe", asText, nil
	case "PreStop", "PostStart":
		return "LifecycleHook", asText, nil
	case "DefaultRule":
		return "IngressBackend", asText, nil
	case "Data":
		return "ConfigMapData", asText, nil
	}
	element, ok := elementType(param)
	if !ok {
		return "", asScalar, fmt.Errorf("no Go type for the JSON parameter %s", param)
	}
	return "cloudapi.List[" + element + "]", asList, nil
}

// elementType names the Go type of the elements of a parameter that is a JSON list.
func elementType(param string) (string, bool) {
	switch param {
	case "ResourceIds", "TagKeys":
		return "string", true
	case "Rules":
		return "IngressRule", true
	case "Tags":
		return "Tag", true
	case "Envs":
		return "EnvVar", true
	case "CustomHostAlias":
		return "HostAlias", true
	case "SlsConfigs":
		return "SLSConfig", true
	case "MountDesc":
		return "NASMount", true
	case "ConfigMapMountDesc":
		return "ConfigMapMount", true
	case "OssMountDescs":
		return "OSSMount", true
	case "Internet", "Intranet":
		return "SLBListener", true
	case "ScRules":
		return "SpringCloudRule", true
	case "DubboRules":
		return "DubboRule", true
	case "AlbRules":
		return "ALBRule", true
	}
	return "", false
}

// opaque names parameters that are passed through as they are: the reference has four Kafka parameters, the official SDK has
// one of another shape instead, and which of them the platform reads is not known.
func opaque(p paramFact) bool { return p.Name == "KafkaLogfileConfig" }

// clearedByEmptyText tells whether the facts say that an empty text, not an empty list, clears the setting.
func clearedByEmptyText(p paramFact) bool {
	return strings.Contains(strings.ToLower(p.Note), "empty string")
}

// extraParams are parameters that the operation's own page of the reference lacks. The ListGreyTagRoute page of January 2026
// shows AlbRules in rules that exist, and the official SDK sends them as a query parameter of these two operations.
func extraParams(operation string) []paramFact {
	switch operation {
	case "CreateGreyTagRoute", "UpdateGreyTagRoute":
		text := func(enum ...any) *shape { return &shape{Type: "string", Enum: enum} }
		return []paramFact{{
			Name: "AlbRules", In: "query", Type: "json",
			Note: "Rules for applications with ALB gateway routes, then without ScRules and DubboRules. Not in the reference's page; " +
				"known from the ListGreyTagRoute page of January 2026 and the official SDK.",
			Shape: &shape{Type: "array", Items: &shape{Type: "object", Keys: members{
				named("ingressId", text()), named("serviceName", text()), named("condition", text("AND")),
				named("items", &shape{Type: "array", Items: &shape{Type: "object", Keys: members{
					named("type", text("sourceIp", "cookie", "header")), named("name", text()), named("cond", text("==")),
					named("operator", text("rawvalue")), named("value", text()),
				}}}),
			}}},
		}}
	}
	return nil
}

func named(name string, s *shape) *shape {
	s.Name = name
	return s
}

// shapeModel is the shape of one JSON parameter, which is the same in every operation that has it.
type shapeModel struct {
	Params []string
	Shape  *shape
}

// paramShapes collects the shapes of all JSON parameters that are not opaque; parameters of one shape share it.
func paramShapes(ops []operationFact) ([]shapeModel, error) {
	var out []shapeModel
	for _, op := range ops {
		for _, p := range slices.Concat(op.Params, extraParams(op.Name)) {
			if p.Type != "json" || p.Shape == nil || opaque(p) {
				continue
			}
			if err := addShape(&out, p); err != nil {
				return nil, fmt.Errorf("%s.%s: %w", op.Name, p.Name, err)
			}
		}
	}
	return out, nil
}

func addShape(all *[]shapeModel, p paramFact) error {
	same := func(m shapeModel) bool { return reflect.DeepEqual(m.Shape, p.Shape) }
	holds := func(m shapeModel) bool { return slices.Contains(m.Params, p.Name) }
	at := slices.IndexFunc(*all, same)
	if have := slices.IndexFunc(*all, holds); have >= 0 {
		if have != at {
			return fmt.Errorf("shape differs between operations")
		}
		return nil
	}
	if at < 0 {
		*all = append(*all, shapeModel{Shape: p.Shape})
		at = len(*all) - 1
	}
	(*all)[at].Params = append((*all)[at].Params, p.Name)
	return nil
}

// shapeKind is the Go constant for the type of a JSON value.
func shapeKind(s *shape) (string, error) {
	switch s.Type {
	case "object", "array", "string", "boolean":
		return "Shape" + pascal(s.Type), nil
	case "integer", "long":
		return "ShapeInteger", nil
	}
	return "", fmt.Errorf("unknown JSON type %q", s.Type)
}
