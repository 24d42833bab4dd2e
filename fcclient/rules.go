package fcclient

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"time"

	"slipway/cloudapi"
	"slipway/internal/clientrt"
)

// Limits that concern more than one value, or that the table of parameters cannot say.
const (
	maxScheduledActions = 100
	maxTags             = 20
	memoryStep          = 64 // MB
)

func (in *CreateServiceInput) rules(r *clientrt.Request) { checkLogConfig(r, in.LogConfig) }

func (in *UpdateServiceInput) rules(r *clientrt.Request) { checkLogConfig(r, in.LogConfig) }

// checkLogConfig: a rule that splits logs needs a place for them.
func checkLogConfig(r *clientrt.Request, c *LogConfig) {
	if c == nil {
		return
	}
	if c.LogBeginRule == "DefaultRegex" && c.Logstore == "" {
		r.Fail("logConfig.logstore", "is required for logBeginRule DefaultRegex")
	}
	if (c.Project == "") != (c.Logstore == "") {
		r.Fail("logConfig", "needs project and logstore, or neither")
	}
}

func (in *CreateFunctionInput) rules(r *clientrt.Request) {
	checkCode(r, in.Code)
	checkMemory(r, in.MemorySize)
	if in.Runtime != nil && *in.Runtime == "custom-container" && (in.CustomContainerConfig == nil || in.CustomContainerConfig.Image == "") {
		r.Fail("customContainerConfig.image", "is required for the runtime custom-container")
	}
}

func (in *UpdateFunctionInput) rules(r *clientrt.Request) {
	checkCode(r, in.Code)
	checkMemory(r, in.MemorySize)
}

func (in *PublishLayerVersionInput) rules(r *clientrt.Request) { checkCode(r, in.Code) }

// checkCode: code has exactly one source.
func checkCode(r *clientrt.Request, c *Code) {
	if c == nil {
		return
	}
	object := c.OSSBucketName != "" || c.OSSObjectName != ""
	switch {
	case object && c.ZipFile != "":
		r.Fail("code", "has two sources: an OSS object and zipFile")
	case object && c.OSSBucketName == "":
		r.Fail("code.ossBucketName", "is required with ossObjectName")
	case object && c.OSSObjectName == "":
		r.Fail("code.ossObjectName", "is required with ossBucketName")
	case !object && c.ZipFile == "":
		r.Fail("code", "needs ossBucketName and ossObjectName, or zipFile")
	}
	if _, err := base64.StdEncoding.DecodeString(string(c.ZipFile)); err != nil {
		r.Fail("code.zipFile", "must be base64")
	}
}

func checkMemory(r *clientrt.Request, size *int) {
	if size != nil && *size%memoryStep != 0 {
		r.Fail("memorySize", "must be a multiple of %d", memoryStep)
	}
}

func (in *CreateTriggerInput) rules(r *clientrt.Request) {
	checkTriggerConfig(r, in.TriggerConfig)
	switch in.TriggerType {
	case "oss", "log", "mns_topic", "cdn_events", "tablestore":
		if in.SourceARN == nil || *in.SourceARN == "" {
			r.Fail("sourceArn", "is required for a trigger of type %s", in.TriggerType)
		}
	}
}

func (in *UpdateTriggerInput) rules(r *clientrt.Request) { checkTriggerConfig(r, in.TriggerConfig) }

// checkTriggerConfig: what a trigger is told is an object, whatever its type is.
func checkTriggerConfig(r *clientrt.Request, config json.RawMessage) {
	var object map[string]json.RawMessage
	if config != nil && (json.Unmarshal(config, &object) != nil || object == nil) {
		r.Fail("triggerConfig", "must be a JSON object")
	}
}

func (in *CreateAliasInput) rules(r *clientrt.Request) {
	if in.AliasName == "LATEST" {
		r.Fail("aliasName", "is reserved")
	}
	checkWeights(r, in.AdditionalVersionWeight, in.VersionID)
}

func (in *UpdateAliasInput) rules(r *clientrt.Request) {
	checkWeights(r, in.AdditionalVersionWeight, clientrt.ValueOf(in.VersionID))
}

// checkWeights: at most one version beside the main one gets a share.
func checkWeights(r *clientrt.Request, weights map[string]float64, main string) {
	if len(weights) > 1 {
		r.Fail("additionalVersionWeight", "has %d versions, at most 1 is allowed", len(weights))
	}
	if _, isMain := weights[main]; isMain && main != "" {
		r.Fail("additionalVersionWeight", "holds the main version, which gets what the other one leaves")
	}
	for _, version := range slices.Sorted(maps.Keys(weights)) {
		if !regexp.MustCompile(`^[0-9]+$`).MatchString(version) {
			r.Fail("additionalVersionWeight", "has a key that is not a version ID")
		}
	}
}

func (in *PutProvisionConfigInput) rules(r *clientrt.Request) {
	if len(in.ScheduledActions) > maxScheduledActions {
		r.Fail("scheduledActions", "has %d actions, at most %d are allowed", len(in.ScheduledActions), maxScheduledActions)
	}
	names := make(map[string]bool)
	for i, action := range in.ScheduledActions {
		place := cloudapi.Element("scheduledActions", i)
		checkRuleName(r, place, action.Name, names)
		checkPeriod(r, place, action.StartTime, action.EndTime)
		if action.Target == nil {
			r.Fail(place+".target", "is required")
		}
		if !regexp.MustCompile(`^(at\([^()]+\)|cron\(\S+( \S+){5,6}\))$`).MatchString(action.ScheduleExpression) {
			r.Fail(place+".scheduleExpression", "must be at(yyyy-mm-ddThh:mm:ssZ) or cron(…) with six fields, seconds first")
		}
	}
	names = make(map[string]bool)
	for i, policy := range in.TargetTrackingPolicies {
		place := cloudapi.Element("targetTrackingPolicies", i)
		checkRuleName(r, place, policy.Name, names)
		checkPeriod(r, place, policy.StartTime, policy.EndTime)
		if policy.MinCapacity != nil && policy.MaxCapacity != nil && *policy.MinCapacity > *policy.MaxCapacity {
			r.Fail(place+".minCapacity", "must not be above maxCapacity")
		}
	}
}

// checkRuleName: rules of a list have different names.
func checkRuleName(r *clientrt.Request, place, name string, names map[string]bool) {
	switch {
	case name == "":
		r.Fail(place+".name", "is required")
	case names[name]:
		r.Fail(place+".name", "is that of another rule of the list")
	}
	names[name] = true
}

// checkPeriod: times are RFC 3339 in UTC, the first before the last.
func checkPeriod(r *clientrt.Request, place, start, end string) {
	read := func(name, text string) (time.Time, bool) {
		t, err := time.Parse("2006-01-02T15:04:05Z", text)
		if text != "" && err != nil {
			r.Fail(place+"."+name, "must be a time in UTC such as 2020-10-10T10:10:10Z")
		}
		return t, text != "" && err == nil
	}
	from, hasStart := read("startTime", start)
	to, hasEnd := read("endTime", end)
	if hasStart && hasEnd && !from.Before(to) {
		r.Fail(place+".endTime", "must be after startTime")
	}
}

func (in *ListProvisionConfigsInput) rules(r *clientrt.Request) {
	if clientrt.ValueOf(in.Qualifier) != "" && clientrt.ValueOf(in.ServiceName) == "" {
		r.Fail("serviceName", "is required with qualifier")
	}
}

func (in *TagResourceInput) rules(r *clientrt.Request) {
	if in.Tags != nil && (len(in.Tags) == 0 || len(in.Tags) > maxTags) {
		r.Fail("tags", "must have 1 to %d tags", maxTags)
	}
}

func (in *UntagResourceInput) rules(r *clientrt.Request) {
	all := clientrt.ValueOf(in.All)
	switch {
	case len(in.TagKeys) > maxTags:
		r.Fail("tagKeys", "must have at most %d keys", maxTags)
	case in.TagKeys != nil && len(in.TagKeys) == 0 && !all:
		r.Fail("tagKeys", "must not be empty unless all is true")
	}
}

func (in *ListStatefulAsyncInvocationsInput) rules(r *clientrt.Request) {
	if in.StartedTimeBegin != nil && in.StartedTimeEnd != nil && *in.StartedTimeBegin > *in.StartedTimeEnd {
		r.Fail("startedTimeEnd", "must not be before startedTimeBegin")
	}
}

func (in *InvokeFunctionInput) rules(r *clientrt.Request) {
	if clientrt.ValueOf(in.ContentType) == "application/json" && !json.Valid(in.Payload) {
		r.Fail("payload", "must be JSON, as Content-Type says")
	}
}

// Failed reports whether the function itself has failed. The call has not: its status is 200.
func (out *InvokeFunctionOutput) Failed() bool { return out.ErrorType != "" }

// ErrInvocation describes how the function failed, nil when it has not. Its payload, which the
// function has chosen, is not part of it.
func (out *InvokeFunctionOutput) ErrInvocation() error {
	if !out.Failed() {
		return nil
	}
	return fmt.Errorf("Function Compute: InvokeFunction: %w: %s (request %s)", cloudapi.ErrFailed, out.ErrorType, out.RequestID)
}
