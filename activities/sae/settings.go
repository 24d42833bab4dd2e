package sae

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"slipway/activities/cloud"
	"slipway/cloudapi"
	"slipway/release"
	"slipway/saeclient"
)

const (
	opDeploy   = "DeployApplication"
	opDescribe = "DescribeApplicationConfig"
)

// settings are the configuration of an application or of one of its versions, as
// DescribeApplicationConfig answers it. They are kept as they came: what a release does not
// change may have to be written again, byte for byte, and holds secrets.
type settings map[string]json.RawMessage

// config reads the configuration of an application or, with a version, of that one.
func (d *Driver) config(ctx context.Context, appID, version string) (settings, error) {
	params := map[string]string{"AppId": appID}
	if version != "" {
		params["VersionId"] = version
	}
	text, err := d.client.Call(ctx, opDescribe, params)
	if err != nil {
		return nil, err
	}
	var answer struct{ Data settings }
	if err := json.Unmarshal(text, &answer); err != nil {
		return nil, fmt.Errorf("sae: %s: the answer has an unexpected shape", opDescribe)
	}
	if len(answer.Data) == 0 {
		answer.Data = nil
	}
	return answer.Data, present(opDescribe, answer.Data)
}

// raw is a member, found by its name in any case, as all answers of SAE are read.
func (s settings) raw(name string) json.RawMessage {
	if value, there := s[name]; there {
		return value
	}
	for _, key := range slices.Sorted(maps.Keys(s)) {
		if strings.EqualFold(key, name) {
			return s[key]
		}
	}
	return nil
}

// text is a member that is a text or a number; empty where there is none.
func (s settings) text(name string) string {
	raw := s.raw(name)
	var text string
	switch {
	case len(raw) == 0 || bytes.Equal(raw, []byte("null")):
		return ""
	case json.Unmarshal(raw, &text) == nil:
		return text
	}
	return string(raw)
}

// replicas is the number of instances that the application is to have.
func (s settings) replicas() int {
	n, err := strconv.Atoi(s.text(paramReplicas))
	if err != nil {
		return 0
	}
	return n
}

// value is a member in plain form, see [plain]; one that is JSON in a text is read.
func (s settings) value(name string) any {
	if text := s.text(name); text != "" {
		return structured(text)
	}
	return nil
}

// structured is JSON text in plain form; a text that is no JSON is itself.
func structured(text string) any {
	trimmed := strings.TrimSpace(text)
	if !strings.HasPrefix(trimmed, "{") && !strings.HasPrefix(trimmed, "[") {
		return text
	}
	decoder := json.NewDecoder(strings.NewReader(trimmed))
	decoder.UseNumber()
	var value any
	if decoder.Decode(&value) != nil || decoder.More() {
		return text
	}
	return plain(value)
}

// strategy is the update strategy of the last deployment; nil where there is none that can be read.
func (s settings) strategy() *saeclient.UpdateStrategy {
	if s.text("UpdateStrategy") == "" {
		return nil
	}
	var read saeclient.UpdateStrategy
	if json.Unmarshal(s.raw("UpdateStrategy"), &read) != nil {
		return nil
	}
	return &read
}

func (s settings) artifact() release.Artifact {
	return artifactOf(s.text(paramImage), s.text(paramPackage), s.text(paramPackageVersion))
}

// registry is the registry that the application's image is pulled from, if SAE was told of it.
func (s settings) registry() *release.Registry {
	return registryOf(s.text(paramRegistry), s.text(paramRegistryRole))
}

// plain is JSON in one form, whichever of its dresses it came in: the members of answers begin
// with a capital letter and those of requests do not, numbers and switches may be texts, what is
// nested may be JSON in a text, and answers name what requests only point to. Variables are
// compared by themselves, as their values must not be touched.
func plain(value any) any {
	switch v := value.(type) {
	case json.Number:
		return v.String()
	case bool:
		return strconv.FormatBool(v)
	case []any:
		list := make([]any, len(v))
		for i, element := range v {
			list[i] = plain(element)
		}
		return list
	case map[string]any:
		object := make(map[string]any, len(v))
		for _, key := range slices.Sorted(maps.Keys(v)) { // of A and a the latter counts
			name, member := key, v[key]
			if name != "" && 'A' <= name[0] && name[0] <= 'Z' {
				name = strings.ToLower(name[:1]) + name[1:]
			}
			if text, isText := member.(string); isText && slices.Contains(nestedTexts(), name) {
				member = structured(text)
			} else {
				member = plain(member)
			}
			if !slices.Contains(namedByAnswers(), name) {
				object[name] = member
			}
		}
		return object
	}
	return value
}

// nestedTexts are the members of containers that are JSON in a text (newer than the SAE API
// reference).
func nestedTexts() []string {
	return []string{
		"commandArgs", "envs", "configMapMountDesc", "emptyDirDesc", "secretMountDesc",
		"liveness", "readiness", "startupProbe", "postStart", "preStop",
	}
}

// namedByAnswers are members that answers have besides what was sent.
func namedByAnswers() []string { return []string{"configMapName", "secretName"} }

// same reports whether what was read is what is wanted, both in plain form. A member that is not
// wanted may be read where it says what holds anyway.
func same(wanted, read any) bool {
	if empty(wanted) || empty(read) {
		return empty(wanted) && empty(read)
	}
	switch w := wanted.(type) {
	case map[string]any:
		r, isObject := read.(map[string]any)
		return isObject && sameMembers(w, r)
	case []any:
		r, isList := read.([]any)
		return isList && slices.EqualFunc(w, r, same)
	}
	return wanted == read
}

func sameMembers(wanted, read map[string]any) bool {
	for name, member := range wanted {
		has, there := read[name]
		if there && !same(member, has) || !there && !usual(name, member) {
			return false
		}
	}
	for name, member := range read {
		if _, there := wanted[name]; !there && !usual(name, member) {
			return false
		}
	}
	return true
}

// empty reports whether a value in plain form says nothing.
func empty(value any) bool {
	switch v := value.(type) {
	case nil:
		return true
	case string:
		return v == ""
	case []any:
		return len(v) == 0
	case map[string]any:
		return len(v) == 0
	}
	return false
}

// usual reports whether a member says what holds without it (SAE API reference ch. 12.1; the
// thresholds are those of Kubernetes).
func usual(name string, value any) bool {
	if empty(value) || value == "false" && name != "useBodyEncodingForUri" {
		return true
	}
	byDefault := map[string]string{
		"initialDelaySeconds": "10", "periodSeconds": "30", "timeoutSeconds": "1", "failureThreshold": "3", "successThreshold": "1",
		"scheme":      "HTTP",
		"contextPath": "/", "maxThreads": "400", "uriEncoding": "ISO-8859-1", "useBodyEncodingForUri": "true",
	}
	return value == byDefault[name]
}

// Parameters of a deployment.
const (
	paramApp            = "AppId"
	paramImage          = "ImageUrl"
	paramPackage        = "PackageUrl"
	paramPackageVersion = "PackageVersion"
	paramRegistry       = "AcrInstanceId"
	paramRegistryRole   = "AcrAssumeRoleArn"
	paramDescription    = "ChangeOrderDesc"
	paramRestore        = "AutoEnableApplicationScalingRule"
	paramStrategy       = "UpdateStrategy"
	paramMinReady       = "MinReadyInstances"
	paramMinReadyRatio  = "MinReadyInstanceRatio"
	paramSurge          = "MaxSurgeInstances"
	paramSurgeRatio     = "MaxSurgeInstanceRatio"
	paramByRoute        = "EnableGreyTagRoute"
	paramVariables      = "Envs"
	paramReplicas       = "Replicas"
	paramCPU            = "Cpu"
	paramMemory         = "Memory"
	paramPullSecrets    = "ImagePullSecrets"
)

// The parameters for logs in Kafka of the SAE API reference: answers have them in one.
const (
	paramKafka         = "KafkaConfigs"
	paramKafkaOn       = "OpenCollectToKafka"
	paramKafkaEndpoint = "KafkaEndpoint"
	paramKafkaInstance = "KafkaInstanceId"
	paramKafkaLogs     = "KafkaLogfileConfig"
)

// readBack is what a configuration holds of a parameter of a deployment, in plain form. Answers
// have some under another name or in another form, and three not at all.
func (s settings) readBack(param string) (value any, known bool) {
	switch param {
	case "PvtzDiscoverySvc", "SwimlanePvtzDiscoverySvc", "HeadlessPvtzDiscoverySvc":
		return s.value(strings.TrimSuffix(param, "Svc")), true
	case "RaspConfig":
		if list, isList := s.value(param).([]any); isList && len(list) == 1 {
			return list[0], true
		}
		return s.value(param), true
	case paramKafkaOn:
		return strconv.FormatBool(!empty(s.value(paramKafka))), true
	case paramKafkaEndpoint, paramKafkaInstance, paramKafkaLogs:
		whole, _ := s.value(paramKafka).(map[string]any)
		return whole[map[string]string{
			paramKafkaEndpoint: "kafkaEndpoint", paramKafkaInstance: "kafkaInstanceId", paramKafkaLogs: "kafkaConfigs",
		}[param]], true
	case "Labels", "ServiceTags":
		return labels(s.text(param)), true
	case "GpuConfig", "EnableSidecarResourceIsolated", "Deploy":
		return nil, false
	}
	return s.value(param), true
}

// asked is what is asked of a parameter, in plain form.
func asked(param, text string) any {
	if param == "Labels" || param == "ServiceTags" {
		return labels(text)
	}
	return structured(text)
}

// labels are texts by keys of the user's own, which plain form would touch.
func labels(text string) any {
	var read map[string]any
	if json.Unmarshal([]byte(text), &read) != nil {
		return text
	}
	return read
}

// compared are the parameters of a deployment by which two configurations are compared: all that
// are read back, but for those of the artifact, of the strategy and of single deployments, and the
// number of instances, which scaling rules change.
func compared(deploy cloudapi.Operation) []string {
	var names []string
	fields := fieldsOf()
	for _, p := range slices.Concat(deploy.Params, deploy.Extra) {
		switch p.Name {
		case paramReplicas, "BatchWaitTime", paramKafkaOn, paramKafkaEndpoint, paramKafkaInstance, paramKafkaLogs:
			continue
		}
		field := fields[p.Name]
		ofConfig := field == "" || strings.HasPrefix(field, configField)
		if _, known := settings.readBack(nil, p.Name); known && ofConfig {
			names = append(names, p.Name)
		}
	}
	slices.Sort(names)
	return names
}

// digest names a configuration, so that the versions of one artifact are told apart. It holds
// for all that [compared] lists.
func (d *Driver) digest(s settings) string {
	var all strings.Builder
	for _, name := range compared(d.deployment) {
		if name == paramVariables {
			list, _ := variables(s.text(name))
			for _, v := range list {
				fmt.Fprintf(&all, "variable %q %q\n", v.name, v.says())
			}
			continue
		}
		if value, _ := s.readBack(name); !empty(value) && !usual(name, value) {
			fmt.Fprintf(&all, "%s %q\n", name, wireText(value))
		}
	}
	return cloud.Digest(all.String())
}
