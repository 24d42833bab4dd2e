package sae

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"slipway/release"
)

// planOf asks what a release will change.
func (h *host) planOf(t tester, q release.ReleaseQuestion) release.Snapshot {
	t.Helper()
	snap, err := h.driver.Snapshot(t.Context(), release.SnapshotInput{App: h.app, Release: &q})
	require.NoError(t, err)
	return snap
}

// releases begins a release as it was planned and lets its first batch pass.
func (h *host) releases(t tester, q release.ReleaseQuestion) (planned release.Planned, change string) {
	t.Helper()
	snap := h.planOf(t, q)
	h.tokens++
	begun, err := h.driver.BeginRollout(t.Context(), release.BeginRolloutInput{
		App: h.app, Artifact: snap.Planned.Artifact, Strategy: q.Strategy, Config: q.Config,
		Token: release.Token("r-test", strconv.Itoa(h.tokens)), Mark: snap.Mark,
	})
	require.NoError(t, err)
	h.pass(t, time.Minute)
	return *snap.Planned, begun.ID
}

// confirmed confirms a batch.
func (h *host) confirmed(t tester, change string, batch int) {
	t.Helper()
	must[struct{}](t, h, release.VerbConfirmBatch, release.ConfirmBatchInput{App: h.app, ChangeID: change, Batch: batch})
	h.pass(t, time.Minute)
}

// another is the artifact that a world's application is released with next.
func (h *host) another(t tester, n int) release.Artifact {
	t.Helper()
	a := h.has(t).artifact()
	if a.Package != nil {
		return release.Artifact{Package: &release.Package{URL: a.Package.URL, Version: "2." + strconv.Itoa(n)}}
	}
	return release.Artifact{Image: a.Image + "-" + strconv.Itoa(n)}
}

// ofDeployments are what each deployment changes.
func ofDeployments() []string { return []string{paramStrategy, paramImage, paramPackageVersion} }

func allAtOnce() release.Strategy { return release.Strategy{Type: release.StrategyAll} }

func grayOf1() release.Strategy {
	return release.Strategy{Type: release.StrategyGray, Gray: 1, Batches: 2}
}

// TestWorlds_EveryMemberStays: over a release of an artifact alone, one that changes a variable
// with it, a gray one, one that is aborted half way, and the rollbacks of each.
func TestWorlds_EveryMemberStays(t *testing.T) {
	t.Parallel()
	for _, w := range worlds() {
		t.Run(w.name, func(t *testing.T) {
			t.Parallel()
			h := w.arranged(t)
			before := h.has(t)
			kept := members(t, before, ofDeployments()...)
			version := h.planOf(t, release.ReleaseQuestion{Artifact: h.another(t, 0), Strategy: allAtOnce()}).Version

			h.releases(t, release.ReleaseQuestion{Artifact: h.another(t, 1), Strategy: allAtOnce()})
			require.Equal(t, kept, members(t, h.has(t), ofDeployments()...), "a release of an artifact")

			config := &release.Config{Variables: []release.Variable{{Name: "SLIPWAY", Value: new(`a "b" $c 中文`)}}}
			with := maps.Clone(kept)
			with[paramVariables] = appended(t, before.text(paramVariables), `{"name":"SLIPWAY","value":"a \"b\" $c 中文"}`)
			_, change := h.releases(t, release.ReleaseQuestion{Artifact: h.another(t, 2), Strategy: grayOf1(), Config: config})
			require.Equal(t, with, members(t, h.has(t), ofDeployments()...), "while a gray release waits")
			must[release.AbortRolloutResult](t, h, release.VerbAbortRollout, release.AbortRolloutInput{App: h.app, ChangeID: change})
			h.pass(t, time.Minute)
			require.Equal(t, kept, members(t, h.has(t), ofDeployments()...), "one that is aborted half way")

			_, change = h.releases(t, release.ReleaseQuestion{Artifact: h.another(t, 3), Strategy: grayOf1(), Config: config})
			h.confirmed(t, change, 1)
			h.confirmed(t, change, 2)
			require.Equal(t, with, members(t, h.has(t), ofDeployments()...), "a gray release")
			verified := must[release.Verification](t, h, release.VerbVerify, release.VerifyInput{App: h.app, Want: release.Version{Artifact: h.has(t).artifact()}, Config: config})
			require.Empty(t, verified.Differs)

			h.rollBack(t, version)
			require.Equal(t, members(t, before), members(t, h.has(t)), "a rollback")
			verified = must[release.Verification](t, h, release.VerbVerify, release.VerifyInput{App: h.app, Want: version})
			require.Empty(t, verified.Differs)
			require.Equal(t, version.Config, verified.Configured.Config)
		})
	}
}

// appended is a list in JSON with one element more, byte for byte what it was before it.
func appended(t tester, list, element string) string {
	t.Helper()
	var all []json.RawMessage
	if list != "" {
		require.NoError(t, json.Unmarshal([]byte(list), &all))
	}
	if len(all) == 0 {
		return "[" + element + "]"
	}
	return list[:len(list)-1] + "," + element + "]"
}

func (h *host) rollBack(t tester, to release.Version) {
	t.Helper()
	snap, err := h.driver.Snapshot(t.Context(), release.SnapshotInput{App: h.app, Rollback: &release.RollbackQuestion{VersionID: to.ID}})
	require.NoError(t, err)
	require.Equal(t, to, *snap.Wanted)
	_, err = h.driver.BeginRollback(t.Context(), release.BeginRollbackInput{App: h.app, Version: to, Strategy: allAtOnce(), Mark: snap.Mark})
	require.NoError(t, err)
	h.pass(t, time.Minute)
}

// A settingAlone is one setting, the parameters by which SAE has it, and how it is named.
type settingAlone struct {
	name   string
	config release.Config
	shows  map[string]string
	of     string // the world that it is set in
}

func settingsAlone() []settingAlone {
	probe := func(p release.Probe) *release.Probe { return &p }
	return []settingAlone{
		{"variables.NEW", release.Config{Variables: []release.Variable{{Name: "NEW", Value: new("n")}}}, nil, "odd variables"},
		{"command", release.Config{Command: []string{"sleep"}}, map[string]string{"Command": "sleep"}, "odd variables"},
		{"command", release.Config{Command: []string{}}, map[string]string{"Command": ""}, "odd variables"},
		{"args", release.Config{Args: []string{"-c", "a \"b\" $c"}}, map[string]string{"CommandArgs": `["-c","a \"b\" $c"]`}, "odd variables"},
		{"args", release.Config{Args: []string{}}, map[string]string{"CommandArgs": ""}, "odd variables"},
		{"resources.cpu", release.Config{Resources: &release.Resources{CPU: 4000}}, map[string]string{"Cpu": "4000"}, "network and size"},
		{"resources.memory", release.Config{Resources: &release.Resources{Memory: 8192}}, map[string]string{"Memory": "8192"}, "network and size"},
		{"instances", release.Config{Instances: new(7)}, map[string]string{"Replicas": "7"}, "network and size"},
		{
			"probes.liveness",
			release.Config{Probes: &release.Probes{Liveness: probe(release.Probe{
				HTTP: &release.ProbeHTTP{Path: "/x", Port: 80, Scheme: "https", Lacks: "down"}, Period: release.Duration(7 * time.Second), FailureThreshold: 2,
			})}},
			map[string]string{"Liveness": `{"httpGet":{"path":"/x","port":80,"scheme":"HTTPS","isContainKeyWord":false,"keyWord":"down"},"periodSeconds":7,"failureThreshold":2}`},
			"probes with thresholds",
		},
		{
			"probes.readiness",
			release.Config{Probes: &release.Probes{Readiness: probe(release.Probe{TCP: 81, InitialDelay: release.Duration(time.Minute)})}},
			map[string]string{"Readiness": `{"tcpSocket":{"port":81},"initialDelaySeconds":60}`},
			"probes with thresholds",
		},
		{
			"probes.startup",
			release.Config{Probes: &release.Probes{Startup: probe(release.Probe{Exec: []string{"true"}, Timeout: release.Duration(2 * time.Second), SuccessThreshold: 3})}},
			map[string]string{"StartupProbe": `{"exec":{"command":["true"]},"timeoutSeconds":2,"successThreshold":3}`},
			"probes with thresholds",
		},
		{"probes.liveness", release.Config{Probes: &release.Probes{Liveness: probe(release.Probe{None: true})}}, map[string]string{"Liveness": ""}, "probes with thresholds"},
		{"hooks.postStart", release.Config{Hooks: &release.Hooks{PostStart: &release.Hook{Exec: []string{"a", "b c"}}}}, map[string]string{"PostStart": `{"exec":{"command":["a","b c"]}}`}, "hooks"},
		{"hooks.preStop", release.Config{Hooks: &release.Hooks{PreStop: &release.Hook{None: true}}}, map[string]string{"PreStop": ""}, "hooks"},
		{"hooks.grace", release.Config{Hooks: &release.Hooks{Grace: release.Duration(45 * time.Second)}}, map[string]string{"TerminationGracePeriodSeconds": "45"}, "hooks"},
		{
			"mounts.nas",
			release.Config{Mounts: &release.Mounts{NAS: []release.MountNAS{{ID: "nas-9", Domain: "d", Directory: "/z", Path: "/y", ReadOnly: true}}}},
			map[string]string{"NasConfigs": `[{"mountPath":"/y","readOnly":true,"nasId":"nas-9","mountDomain":"d","nasPath":"/z"}]`},
			"a network file system",
		},
		{
			"mounts.nas",
			release.Config{Mounts: &release.Mounts{NAS: []release.MountNAS{}}},
			map[string]string{"NasId": "", "MountHost": "", "MountDesc": ""},
			"a network file system in the older form",
		},
		{"mounts.nas", release.Config{Mounts: &release.Mounts{NAS: []release.MountNAS{}}}, map[string]string{"NasConfigs": `[]`}, "a network file system"},
		{
			"mounts.buckets",
			release.Config{Mounts: &release.Mounts{Buckets: []release.MountBucket{{Bucket: "c", Directory: "/d", Path: "/e"}}}},
			map[string]string{"OssMountDescs": `[{"bucketName":"c","bucketPath":"/d","mountPath":"/e","readOnly":false}]`},
			"object buckets",
		},
		{"mounts.buckets", release.Config{Mounts: &release.Mounts{Buckets: []release.MountBucket{}}}, map[string]string{"OssMountDescs": `[]`}, "object buckets"},
		{
			"mounts.scratch",
			release.Config{Mounts: &release.Mounts{Scratch: []release.MountScratch{{Name: "n", Path: "/n"}}}},
			map[string]string{"EmptyDirDesc": `[{"MountPath":"/n","Name":"n"}]`},
			"containers beside the application's",
		},
		{"mounts.configMaps", release.Config{Mounts: &release.Mounts{ConfigMaps: []release.MountKey{}}}, map[string]string{"ConfigMapMountDesc": `[]`}, "config maps"},
		{"mounts.secrets", release.Config{Mounts: &release.Mounts{Secrets: []release.MountKey{}}}, map[string]string{"SecretMountDesc": `[]`}, "secrets"},
		{"runtime.jdk", release.Config{Runtime: &release.Runtime{JDK: new("Dragonwell 17")}}, map[string]string{"Jdk": "Dragonwell 17"}, "a fat jar"},
		{"runtime.options", release.Config{Runtime: &release.Runtime{Options: new(`-Da="b"`)}}, map[string]string{"JarStartOptions": `-Da="b"`}, "a fat jar"},
		{"runtime.args", release.Config{Runtime: &release.Runtime{Args: new("")}}, map[string]string{"JarStartArgs": ""}, "a fat jar"},
		{"runtime.container", release.Config{Runtime: &release.Runtime{Container: new("apache-tomcat-8.5.58")}}, map[string]string{"WebContainer": "apache-tomcat-8.5.58"}, "a war in Tomcat"},
		{"runtime.options", release.Config{Runtime: &release.Runtime{Options: new("")}}, map[string]string{"WarStartOptions": ""}, "a war in Tomcat"},
		{"platform.Timezone", ownOf("Timezone", `"Asia/Tokyo"`), map[string]string{"Timezone": "Asia/Tokyo"}, "host aliases"},
		{"platform.CustomHostAlias", ownOf("CustomHostAlias", `[{"hostName": "a", "ip": "10.0.0.9"}]`), map[string]string{"CustomHostAlias": `[{"hostName":"a","ip":"10.0.0.9"}]`}, "host aliases"},
		{"platform.SlsConfigs", ownOf("SlsConfigs", `[]`), map[string]string{"SlsConfigs": `[]`}, "logs to SLS"},
		{"platform.TomcatConfig", ownOf("TomcatConfig", `{}`), map[string]string{"TomcatConfig": `{}`}, "a war in Tomcat"},
		{"platform.Labels", ownOf("Labels", `{"team":"a","tier":"web"}`), map[string]string{"Labels": `{"team":"a","tier":"web"}`}, "network and size"},
		{"platform.AssociateEip", ownOf("AssociateEip", `false`), map[string]string{"AssociateEip": "false"}, "network and size"},
		{
			"platform.RaspConfig", ownOf("RaspConfig", `{"EnableRasp":true,"RaspAppName":"other"}`),
			map[string]string{"RaspConfig": `[{"EnableRasp":true,"RaspAppName":"other"}]`},
			"microservices",
		},
		{
			"platform.PvtzDiscoverySvc", ownOf("PvtzDiscoverySvc", `{"serviceName":"shop-y","namespaceId":"cn-hangzhou","enable":false}`),
			map[string]string{"PvtzDiscovery": `{"serviceName":"shop-y","namespaceId":"cn-hangzhou","enable":false}`},
			"microservices",
		},
		{
			"platform.KafkaEndpoint", ownOf("KafkaEndpoint", `"kafka-9:9092"`),
			map[string]string{"KafkaConfigs": `{"kafkaEndpoint":"kafka-9:9092","kafkaInstanceId":"alikafka-1","kafkaConfigs":[{"logType":"stdout","logDir":"","kafkaTopic":"logs"}]}`},
			"logs to Kafka, as the reference has it",
		},
		{"platform.OpenCollectToKafka", ownOf("OpenCollectToKafka", `false`), map[string]string{"KafkaConfigs": ""}, "logs to Kafka"},
	}
}

func ownOf(name, value string) release.Config {
	return release.Config{Platform: release.Parameters{name: json.RawMessage(value)}}
}

// TestWorlds_OneSettingChangesNothingElse, and is told before, found missing before it is there and
// found there after it, and changes nothing the second time.
func TestWorlds_OneSettingChangesNothingElse(t *testing.T) {
	t.Parallel()
	all := worlds()
	for i, s := range settingsAlone() {
		t.Run(strconv.Itoa(i)+" "+s.name, func(t *testing.T) {
			t.Parallel()
			h := all[slices.IndexFunc(all, func(w world) bool { return w.name == s.of })].arranged(t)
			before := members(t, h.has(t), paramStrategy, paramPackageVersion)
			require.Equal(t, []string{s.name}, h.differs(t, s.config), "before")
			planned, _ := h.releases(t, release.ReleaseQuestion{Strategy: allAtOnce(), Config: &s.config})
			require.Len(t, planned.Settings, 1)
			require.Equal(t, s.name, planned.Settings[0].Name)
			require.Empty(t, h.differs(t, s.config), "after")

			want := before
			maps.Copy(want, s.shows)
			if s.name == "variables.NEW" {
				want[paramVariables] = appended(t, oddVariables, `{"name":"NEW","value":"n"}`)
			}
			maps.DeleteFunc(want, func(_, text string) bool { return text == "" })
			require.Equal(t, want, members(t, h.has(t), paramStrategy, paramPackageVersion))

			require.Contains(t, h.refusal(t, release.ReleaseQuestion{Strategy: allAtOnce(), Config: &s.config}), "nothing would change")
		})
	}
}

// differs are the settings that Verify finds otherwise than a config has them.
func (h *host) differs(t tester, config release.Config) []string {
	t.Helper()
	s := h.has(t)
	return must[release.Verification](t, h, release.VerbVerify, release.VerifyInput{App: h.app, Want: release.Version{Artifact: s.artifact()}, Config: &config}).Differs
}

// TestWorlds_MountsOfKeys: config maps and secrets are mounted by their IDs.
func TestWorlds_MountsOfKeys(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	id, secret := h.configMap(t), h.secret(t)
	h.releases(t, release.ReleaseQuestion{Strategy: allAtOnce(), Config: &release.Config{
		Mounts: &release.Mounts{
			ConfigMaps: []release.MountKey{{ID: id, Path: "/etc/all"}, {ID: id, Key: "level", Path: "/etc/level"}},
			Secrets:    []release.MountKey{{ID: secret, Path: "/etc/secret"}},
		},
		Variables: []release.Variable{
			{Name: "LEVEL", ConfigMap: &release.KeyOf{ID: id, Key: "level"}}, {Name: "PASSWORD", Secret: &release.KeyOf{ID: secret, Key: "password"}},
		},
	}})
	now := members(t, h.has(t))
	require.JSONEq(t, `[{"ConfigMapId":`+id+`,"ConfigMapName":"shop","Key":"sae-sys-configmap-all","MountPath":"/etc/all"},`+
		`{"ConfigMapId":`+id+`,"ConfigMapName":"shop","Key":"level","MountPath":"/etc/level"}]`, now["ConfigMapMountDesc"])
	require.JSONEq(t, `[{"Key":"sae-sys-secret-all","MountPath":"/etc/secret","SecretId":`+secret+`,"SecretName":"shop"}]`, now["SecretMountDesc"])
	require.JSONEq(t, `[{"name":"LEVEL","valueFrom":{"configMapRef":{"configMapId":`+id+`,"key":"level"}}},`+
		`{"name":"PASSWORD","valueFrom":{"secretRef":{"key":"password","secretId":`+secret+`}}}]`, now[paramVariables])
}
