package saetest

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"slipway/saeclient"
)

// world is what the story has made so far.
type world struct {
	name                 string
	space, config, spare string
	short                string // a namespace for a while
	pull, mounted        string // secrets
	app, idle, job       string
	first                string // the version that the application began with
}

// write tells the whole story.
func (s *suite) write(t *testing.T) {
	t.Helper()
	s.world.name = "saetest" + strings.ToLower(rand.Text())[:6]
	s.world.space = s.Region + ":" + s.world.name
	t.Cleanup(func() { s.cleanUp(t) })
	s.step(t, "a namespace", s.makeNamespace)
	s.step(t, "a namespace by its short ID", s.makeShortNamespace)
	s.step(t, "config maps", s.makeConfigMaps)
	s.step(t, "secrets", s.makeSecrets)
	s.step(t, "an application", s.makeApplication)
	s.step(t, "an application to come", s.makeIdleApplication)
	s.step(t, "what was made is there", s.lookAtWhatWasMade)
	s.step(t, "scaling rules", s.scale)
	s.step(t, "scaling rules of both kinds", s.mixRules)
	s.step(t, "tags", s.tag)
	s.step(t, "gray routes", s.route)
	s.step(t, "swimming lanes", s.lanes)
	s.step(t, "a gray release", s.release)
	s.step(t, "a release that is taken back", s.takeBack)
	s.step(t, "a release that is stopped", s.abort)
	s.step(t, "an older version", s.rollBack)
	s.step(t, "settings of today's service", s.changeSettings)
	s.step(t, "instances", s.changeInstances)
	s.step(t, "instances, by today's service", s.changeInstancesToday)
	s.step(t, "load balancers", s.balance)
	s.step(t, "jobs", s.jobs)
	s.step(t, "microservices", s.lookAtMicroservices)
	s.step(t, "refusals", s.refuseReads)
	s.step(t, "refusals of what would change something", s.refuseWrites)
	s.step(t, "stop and start", s.stopAndStart)
	s.step(t, "the end", s.endIt)
}

// cleanUp ends what a story that was cut short has left.
func (s *suite) cleanUp(t *testing.T) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), s.Patience)
	defer cancel()
	w := s.world
	for _, app := range []string{w.app, w.idle} {
		if app != "" {
			assert.NoError(t, s.remove(ctx, app), "application %s is left", app)
		}
	}
	if w.job != "" {
		assert.NoError(t, s.removeJob(ctx, w.job), "job %s is left", w.job)
	}
	for _, config := range []string{w.config, w.spare} {
		if config != "" {
			assert.NoError(t, s.unless(ctx, "DeleteConfigMap", "ConfigMapId", config), "config map %s is left", config)
		}
	}
	for _, secret := range []string{w.pull, w.mounted} {
		if secret != "" {
			assert.NoError(t, s.unless(ctx, "DeleteSecret", "NamespaceId", w.space, "SecretId", secret), "secret %s is left", secret)
		}
	}
	for _, space := range []string{w.short, w.space} {
		if space != "" {
			assert.NoError(t, s.unless(ctx, "DeleteNamespace", "NamespaceId", space), "namespace %s is left", space)
		}
	}
}

// remove deletes an application, whatever it is doing, and waits until it is gone.
func (s *suite) remove(ctx context.Context, app string) error {
	id := given([]string{"AppId", app})
	for deleted := false; ; {
		text, err := s.Caller.Call(ctx, "DescribeApplicationStatus", id)
		if err != nil {
			return existing(err)
		}
		if !deleted {
			if _, err = s.Caller.Call(ctx, "DeleteApplication", id); err != nil {
				// A change order that has come to an end meanwhile cannot be stopped: the next look shows it.
				_ = s.stop(ctx, text)
			}
			deleted = err == nil
		}
		if err := s.Pass(ctx, pace); err != nil {
			return err
		}
	}
}

// removeJob deletes a job template as soon as its change order has ended.
func (s *suite) removeJob(ctx context.Context, job string) error {
	for {
		err := s.unless(ctx, "DeleteJob", "AppId", job)
		if refused, ok := errors.AsType[*RefusedError](err); !ok || refused.Code != saeclient.CodeChangeOrderRunning {
			return err
		}
		if err := s.Pass(ctx, pace); err != nil {
			return err
		}
	}
}

// stop aborts the change order that the status of an application names.
func (s *suite) stop(ctx context.Context, status json.RawMessage) error {
	var seen struct {
		Data struct {
			LastChangeOrderID string `json:"LastChangeOrderId"`
		}
	}
	if err := json.Unmarshal(status, &seen); err != nil {
		return err
	}
	_, err := s.Caller.Call(ctx, "AbortChangeOrder", given([]string{"ChangeOrderId", seen.Data.LastChangeOrderID}))
	return err
}

func (s *suite) makeNamespace(t *testing.T) {
	t.Helper()
	if s.Have.Open && !s.lacks("OpenSaeService") {
		require.NotEmpty(t, s.call(t, "OpenSaeService").text("OrderId"))
		s.refused(t, "OpenSaeService", "ORDER.OPEND")
	}
	id := []string{"NamespaceId", s.world.space}
	made := s.call(t, "CreateNamespace", append(id, "NamespaceName", s.world.name, "NamespaceDescription", "made by a test")...).data()
	require.Equal(t, s.world.space, made.text("NamespaceId"))
	require.Equal(t, s.Region, made.text("RegionId"))
	s.call(t, "UpdateNamespace", append(id, "NamespaceName", s.world.name+"-b", "NamespaceDescription", "renamed by a test")...)
	described := s.call(t, "DescribeNamespace", id...).data()
	require.Equal(t, s.world.name+"-b", described.text("NamespaceName"))
	require.Equal(t, "renamed by a test", described.text("NamespaceDescription"))
	if s.Have.VPC != "" {
		s.call(t, "UpdateNamespaceVpc", append(id, "VpcId", s.Have.VPC)...)
	}
	s.refused(t, "CreateNamespace", "InstanceExist.NamespaceId", append(id, "NamespaceName", "again")...)
	s.refused(t, "UpdateNamespace", "InvalidNamespaceName.Format", append(id, "NamespaceName", strings.Repeat("n", 65))...)
}

func (s *suite) makeConfigMaps(t *testing.T) {
	t.Helper()
	create := func(name string) string {
		return s.call(t, "CreateConfigMap", "Name", name, "NamespaceId", s.world.space, "Data", `{"greeting":"hello"}`, "Description", "test").
			data().text("ConfigMapId")
	}
	s.world.config, s.world.spare = create("mounted"), create("spare")
	changed := s.call(t, "UpdateConfigMap", "ConfigMapId", s.world.spare, "Data", `{"greeting":"good evening"}`, "Description", "changed")
	require.Equal(t, s.world.spare, changed.data().text("ConfigMapId"))
	described := s.call(t, "DescribeConfigMap", "ConfigMapId", s.world.spare).data()
	require.Equal(t, "good evening", described.data().text("greeting"))
	require.Equal(t, "changed", described.text("Description"))
	require.Len(t, s.call(t, "ListNamespacedConfigMaps", "NamespaceId", s.world.space).data().list("ConfigMaps"), 2)
	s.refused(t, "CreateConfigMap", "InvalidParameter.WithMessage", "Name", "spare", "NamespaceId", s.world.space, "Data", `{"a":"b"}`)
}

// applicationParams describe an application of the story.
func (s *suite) applicationParams(name string, more ...string) []string {
	return append([]string{
		"AppName", name, "NamespaceId", s.world.space, "PackageType", "Image", "ImageUrl", s.Have.Image, "Replicas", "3", "Cpu", "500",
		"Memory", "1024", "AppDescription", "made by a test", "VpcId", s.Have.VPC, "VSwitchId", s.Have.VSwitch,
		"SecurityGroupId", s.Have.SecurityGroup,
	}, more...)
}

func (s *suite) makeApplication(t *testing.T) {
	t.Helper()
	params := s.applicationParams(s.world.name, "Envs", `[{"name":"LANG","value":"C"}]`,
		"ConfigMapMountDesc", `[{"configMapId":`+s.world.config+`,"key":"greeting","mountPath":"/etc/greeting"}]`)
	if s.Have.LogDir != "" {
		params = append(params, "SlsConfigs", `[{"logDir":"","logType":"stdout"},{"logDir":"`+s.Have.LogDir+`"}]`)
	}
	made := s.call(t, "CreateApplication", params...).data()
	s.world.app = made.text("AppId")
	o := s.await(t, made.text("ChangeOrderId"), saeclient.ChangeOrderSuccess)
	require.Equal(t, "CoCreateApp", o.CoTypeCode)
	require.Equal(t, s.Have.Image, s.configuration(t).text("ImageUrl"))
	require.Contains(t, jsonText(t, s.configuration(t)), `"ConfigMapName":"mounted"`)
	require.Len(t, s.instances(t, s.world.app), 3)
	require.Equal(t, "RUNNING", s.status(t).text("CurrentStatus"))
	versions := s.call(t, "ListAppVersions", "AppId", s.world.app).list("Data")
	require.Len(t, versions, 1)
	s.world.first = versions[0].text("Id")
	mounted := s.call(t, "DescribeConfigMap", "ConfigMapId", s.world.config).data().list("RelateApps")
	require.Equal(t, s.world.app, mounted[0].text("AppId"))
	s.refused(t, "DeleteConfigMap", "DeleteFail.ConfigMapReferenced", "ConfigMapId", s.world.config)
	s.refused(t, "DeleteNamespace", "Namespace.AppExists", "NamespaceId", s.world.space)
	if s.Have.VPC != "" {
		s.refused(t, "UpdateNamespaceVpc", "Namespace.AppExists", "NamespaceId", s.world.space, "VpcId", s.Have.VPC)
	}
}

// makeIdleApplication makes an application that is never deployed, and asks for what only deployed ones can do.
func (s *suite) makeIdleApplication(t *testing.T) {
	t.Helper()
	const idle = "Application.NotDeployYet"
	settings := s.additionalSettings("CreateApplication")
	if s.Have.AnySetting {
		settings["AcrInstanceId"] = "cri-saetest"
		settings["BaseAppId"] = s.world.app // it is a gray twin
	}
	params := slices.Concat(s.applicationParams(s.world.name+"-idle", elaborate()...), pairs(settings))
	s.world.idle = s.call(t, "CreateApplication", params...).data().text("AppId")
	id := []string{"AppId", s.world.idle}
	described := s.call(t, "DescribeApplicationConfig", id...).data()
	requireSettings(t, described, settings)
	require.Equal(t, "45", described.text("TerminationGracePeriodSeconds"))
	require.Contains(t, described.text("Liveness"), "/healthz")
	require.Contains(t, described.text("Readiness"), `"failureThreshold":4`)
	for _, operation := range []string{"StartApplication", "StopApplication", "RestartApplication"} {
		s.refused(t, operation, idle, id...)
	}
	s.refused(t, "RestartInstances", idle, append(id, "InstanceIds", "none")...)
	s.refused(t, "RollbackApplication", idle, append(id, "VersionId", "none")...)
	s.refused(t, "RescaleApplication", idle, append(id, "Replicas", "2")...)
	s.refused(t, "RescaleApplicationVertically", idle, append(id, "Cpu", "1000", "Memory", "2048")...)
	s.refused(t, "ReduceApplicationCapacityByInstanceIds", idle, append(id, "InstanceIds", "none")...)
	s.refused(t, "UnbindSlb", idle, append(id, "Internet", "true")...)
	s.refused(t, "BindSlb", idle, append(id, "Internet", listener)...)
}

// elaborate are settings of an application that need nothing else, and never run.
func elaborate() []string {
	const (
		probe = `{"httpGet":{"path":"/healthz","port":8080,"scheme":"HTTP"},"initialDelaySeconds":10,"periodSeconds":5,"timeoutSeconds":2,` +
			`"failureThreshold":4,"successThreshold":1}`
		hook = `{"exec":{"command":["/bin/sh","-c","echo"]}}`
	)
	return []string{
		"Deploy", "false", "Command", "/bin/app", "CommandArgs", `["--port","8080"]`, "Liveness", probe, "Readiness", probe,
		"PostStart", hook, "PreStop", hook, "CustomHostAlias", `[{"hostName":"db.test","ip":"10.0.0.9"}]`,
		"TerminationGracePeriodSeconds", "45", "Timezone", "Asia/Shanghai",
	}
}

// configuration is what the application is to be.
func (s *suite) configuration(t *testing.T) answer {
	t.Helper()
	return s.call(t, "DescribeApplicationConfig", "AppId", s.world.app).data()
}

// status is what the application is doing.
func (s *suite) status(t *testing.T) answer {
	t.Helper()
	return s.call(t, "DescribeApplicationStatus", "AppId", s.world.app).data()
}

func (s *suite) lookAtWhatWasMade(t *testing.T) {
	t.Helper()
	s.lookAtThePlatform(t)
	s.lookAtNamespace(t, s.world.space, true)
	s.lookAtApplication(t, s.world.app)
	s.lookAtOrders(t, s.world.app)
	listed := s.call(t, "ListApplications", "AppName", s.world.name, "NamespaceId", s.world.space, "CurrentPage", "1", "PageSize", "10").data()
	require.Contains(t, jsonText(t, listed), s.world.app)
	require.Contains(t, jsonText(t, s.call(t, "DescribeNamespaceList", "ContainCustom", "true")), s.world.space)
	s.find(t)
	resources := s.call(t, "DescribeNamespaceResources", "NamespaceId", s.world.space).data()
	require.Equal(t, "2", resources.text("AppCount"))
	events := s.call(t, "ListAppEvents", "Namespace", s.world.space, "AppId", s.world.app, "CurrentPage", "1", "PageSize", "10").data()
	require.NotEmpty(t, events.list("AppEventEntity"))
	if s.Have.LogDir != "" {
		logs := s.call(t, "ListLogConfigs", "AppId", s.world.app, "CurrentPage", "1", "PageSize", "10").data().list("LogConfigs")
		require.Equal(t, s.Have.LogDir, logs[0].text("LogDir"))
	}
}

func (s *suite) tag(t *testing.T) {
	t.Helper()
	resource := []string{"RegionId", s.Region, "ResourceType", "application", "ResourceIds", jsonText(t, []string{s.world.app})}
	tags := func() []answer { return s.call(t, "ListTagResources", resource...).data().list("TagResources") }
	s.call(t, "TagResources", append(resource, "Tags", `[{"key":"saetest","value":"one"},{"key":"saetest-b","value":"two"}]`)...)
	require.Len(t, tags(), 2)
	byTag := s.call(t, "ListApplications", "Tags", `[{"key":"saetest","value":"one"}]`, "CurrentPage", "1", "PageSize", "10").data()
	require.Contains(t, jsonText(t, byTag), s.world.app)
	require.Contains(t, jsonText(t, s.configuration(t)), "saetest-b", "a configuration shows the tags")
	s.refused(t, "TagResources", "Duplicate.TagKey", append(resource, "Tags", `[{"key":"a","value":"b"},{"key":"a","value":"c"}]`)...)
	s.refused(t, "TagResources", "InvalidParameter.TagKey", append(resource, "Tags", `[{"key":"acs:a","value":"b"}]`)...)
	s.refused(t, "TagResources", "InvalidParameter.TagValue", append(resource, "Tags", `[{"key":"a","value":"https://b"}]`)...)
	s.refused(t, "TagResources", "Missing.TagKey", append(resource, "Tags", `[{"key":"","value":"b"}]`)...)
	s.refused(t, "UntagResources", "Duplicate.TagKey", append(resource, "TagKeys", `["a","a"]`)...)
	s.call(t, "UntagResources", append(resource, "TagKeys", `["saetest"]`)...)
	require.Equal(t, "saetest-b", tags()[0].text("TagKey"))
	s.call(t, "UntagResources", append(resource, "DeleteAll", "true")...)
	require.Empty(t, tags())
}

// lookAtMicroservices reads what the provider publishes and the consumer consumes.
func (s *suite) lookAtMicroservices(t *testing.T) {
	t.Helper()
	if s.Have.Provider != "" {
		published, _ := s.lookAtServices(t, s.Have.Provider)
		require.NotZero(t, published, "the provider publishes nothing")
		require.NotEmpty(t, s.call(t, "ListAppServices", "AppId", s.Have.Provider).list("Data"))
	}
	if s.Have.Consumer != "" {
		_, consumed := s.lookAtServices(t, s.Have.Consumer)
		require.NotZero(t, consumed, "the consumer consumes nothing")
	}
}
