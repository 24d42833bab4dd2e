package sae

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"slipway/release"
	"slipway/saeclient"
	"slipway/saesim"
)

// planted are what the application, and the release, have of secrets.
func planted() []string {
	return []string{
		"planted-variable", "planted-key", "planted-command", "planted-argument", "planted-option", "planted-probe", "planted-hook", "planted-sidecar",
		"planted-signature", "planted-new", "planted-own", "planted-log",
	}
}

// A listener hears what the verbs answer.
type listener struct {
	*host

	heard []string
}

// hear carries out a verb and keeps its answer or its error.
func hear[Out, In any](l *listener, v release.Verb, in In) Out {
	out, err := do[Out](l.host, v, in)
	text, encodeErr := json.Marshal(out)
	if encodeErr != nil {
		text = []byte(encodeErr.Error())
	}
	l.heard = append(l.heard, string(v)+" "+string(text))
	if err != nil {
		l.heard = append(l.heard, string(v)+" "+err.Error())
	}
	return out
}

// TestPlanted_NoVerbAnswersASecret of an application that is full of them, whether it succeeds,
// is refused or fails.
func TestPlanted_NoVerbAnswersASecret(t *testing.T) {
	t.Parallel()
	h := newHostOf(t, map[string]string{
		"PackageType": "FatJar", "Jdk": "Open JDK 8", "PackageUrl": "https://b.oss-cn-hangzhou.aliyuncs.com/shop.jar?Expires=1&Signature=planted-signature",
		"PackageVersion": "1.0", "Replicas": "4",
	})
	h.configure(t, map[string]string{
		"Envs":        `[{"name":"PASSWORD","value":"planted-variable"},{"name":"OTHER","value":"planted-variable"}]`,
		"OssAkId":     "LTAI5tPlanted",
		"OssAkSecret": "planted-key", "OssMountDescs": `[{"bucketName":"b","bucketPath":"/","mountPath":"/b","readOnly":true}]`,
		"Command": "planted-command", "CommandArgs": `["--password=planted-argument"]`, "JarStartOptions": "-Dp=planted-option", "JarStartArgs": "planted-option",
		"Liveness": `{"exec":{"command":["planted-probe"]}}`, "PreStop": `{"exec":{"command":["planted-hook"]}}`,
		"SidecarContainersConfig": `[{"Name":"a","ImageUrl":"i:1","Cpu":500,"Memory":512,"Envs":"[{\"name\":\"A\",\"value\":\"planted-sidecar\"}]"}]`,
		"LokiConfigs":             "planted-log",
	})
	l := &listener{host: h}
	config := &release.Config{
		Variables: []release.Variable{{Name: "PASSWORD", Value: new("planted-new")}, {Name: "OTHER", Remove: true}, {Name: "FRESH", Value: new("planted-new")}},
		Command:   []string{"planted-own"}, Args: []string{"planted-own"},
		Probes:    &release.Probes{Liveness: &release.Probe{None: true}},
		Hooks:     &release.Hooks{PreStop: &release.Hook{Exec: []string{"planted-own"}}},
		Runtime:   &release.Runtime{Options: new("planted-own"), Args: new("")},
		Platform:  release.Parameters{"LokiConfigs": []byte(`"planted-own"`), "SidecarContainersConfig": []byte(`[]`)},
		Mounts:    &release.Mounts{Buckets: []release.MountBucket{}},
		Instances: new(6),
	}
	question := &release.ReleaseQuestion{Strategy: grayOf1(), Config: config}
	snap := hear[release.Snapshot](l, release.VerbSnapshot, release.SnapshotInput{App: h.app, Release: question, Traffic: true})
	require.Len(t, snap.Planned.Settings, 13)
	hear[release.Snapshot](l, release.VerbAwaitIdle, release.SnapshotInput{App: h.app, Release: question, Rollback: &release.RollbackQuestion{}})
	refused := *config
	refused.Command, refused.Runtime = []string{"planted-own", "planted-own"}, &release.Runtime{Container: new("planted-own")}
	refused.Platform = release.Parameters{"BatchWaitTime": []byte(`"planted-own"`), "Nothing": []byte(`"planted-own"`), "LokiConfigs": []byte(`{"a":"planted-own"}`)}
	hear[release.Snapshot](l, release.VerbSnapshot, release.SnapshotInput{App: h.app, Release: &release.ReleaseQuestion{Strategy: grayOf1(), Config: &refused}})
	hear[release.Verification](l, release.VerbVerify, release.VerifyInput{App: h.app, Want: snap.Version, Config: config})

	begin := release.BeginRolloutInput{
		App: h.app, Artifact: snap.Planned.Artifact, Strategy: grayOf1(), Config: config, Token: release.Token("r-test", "1"), Mark: snap.Mark,
	}
	withRefused := begin
	withRefused.Config = &refused
	hear[release.Change](l, release.VerbBeginRollout, withRefused)
	for _, status := range []int{400, 500} { // SAE quotes what it was sent
		h.fault(t, saesim.Fault{Kind: saesim.FaultError, Operation: opDeploy, Status: status, Code: "InvalidParameter.WithMessage", Message: "planted-new planted-own {Envs}"})
		hear[release.Change](l, release.VerbBeginRollout, begin)
	}
	change := hear[release.Change](l, release.VerbBeginRollout, begin)
	require.NotEmpty(t, change.ID)
	hear[release.FoundChange](l, release.VerbFindChange, release.FindChangeInput{App: h.app, Verb: release.VerbBeginRollout, Token: begin.Token, Mark: snap.Mark})
	seen := hear[release.Observation](l, release.VerbObserve, release.ObserveInput{App: h.app, ChangeID: change.ID})
	require.NotEmpty(t, seen.State)
	hear[release.Snapshot](l, release.VerbSnapshot, release.SnapshotInput{App: h.app, Release: question, Adopt: change.ID, Traffic: true})
	hear[struct{}](l, release.VerbConfirmBatch, release.ConfirmBatchInput{App: h.app, ChangeID: change.ID, Batch: 1})
	hear[release.AbortRolloutResult](l, release.VerbAbortRollout, release.AbortRolloutInput{App: h.app, ChangeID: change.ID})
	h.pass(t, time.Minute)
	after := hear[release.Snapshot](l, release.VerbSnapshot, release.SnapshotInput{App: h.app, Rollback: &release.RollbackQuestion{}})
	hear[release.Change](l, release.VerbBeginRollback, release.BeginRollbackInput{App: h.app, Version: *after.Wanted, Strategy: allAtOnce(), Mark: after.Mark})
	h.pass(t, time.Minute)
	for _, verb := range []release.Verb{release.VerbBeginRestart, release.VerbBeginRescale} {
		now := hear[release.Snapshot](l, release.VerbSnapshot, release.SnapshotInput{App: h.app})
		hear[release.Change](l, verb, release.BeginRescaleInput{App: h.app, Instances: 5, Mark: now.Mark})
		h.pass(t, time.Minute)
	}
	hear[release.SetScalingResult](l, release.VerbSetScaling, release.SetScalingInput{App: h.app})
	hear[struct{}](l, release.VerbApplyTraffic, release.ApplyTrafficInput{App: h.app, ReleaseID: "r-test"})
	hear[release.ClearTrafficResult](l, release.VerbClearTraffic, release.ClearTrafficInput{App: h.app, ReleaseID: "r-test"})
	l.heard = append(l.heard, heardOfAJob(t)...)
	for _, said := range l.heard {
		for _, secret := range planted() {
			require.NotContains(t, said, secret)
		}
		require.NotContains(t, strings.ToLower(said), "planted", said)
	}
	for _, verb := range release.Verbs() {
		require.Contains(t, strings.Join(l.heard, "\n"), string(verb)+" ")
	}
}

// heardOfAJob is what the verbs of jobs answer about a template that has secrets.
func heardOfAJob(t *testing.T) []string {
	t.Helper()
	l := &listener{host: jobHost(t)}
	_, err := l.client.UpdateJob(t.Context(), &saeclient.UpdateJobInput{
		AppID: l.app.ID, Envs: []saeclient.EnvVar{{Name: "PASSWORD", Value: "planted-variable"}}, Command: new("planted-command"),
	})
	require.NoError(t, err)
	l.pass(t, time.Hour)
	snap := hear[release.Snapshot](l, release.VerbSnapshot, release.SnapshotInput{App: l.app, Job: &release.JobQuestion{}})
	hear[release.Change](l, release.VerbBeginJobUpdate, release.BeginJobUpdateInput{App: l.app, Artifact: release.Artifact{Image: image2}, Mark: snap.Mark})
	l.pass(t, time.Hour)
	hear[release.Verification](l, release.VerbVerify, release.VerifyInput{App: l.app, Want: of(image2), Job: true})
	run := release.RunJobInput{App: l.app, Key: "r-1", Job: release.Job{
		Run: true, Command: []string{"planted-own"}, Variables: []release.Variable{{Name: "FRESH", Value: new("planted-new")}},
	}}
	l.fault(t, saesim.Fault{Kind: saesim.FaultError, Operation: "ExecJob", Status: 400, Code: "InvalidParameter.WithMessage", Message: "planted-new planted-own {Envs}"})
	hear[release.JobRun](l, release.VerbRunJob, run)
	l.fault(t, saesim.Fault{Kind: saesim.FaultHang, Operation: "ExecJob"})
	asked := hear[release.JobRun](l, release.VerbRunJob, run)
	require.NotEmpty(t, asked.ID)
	hear[release.JobRun](l, release.VerbObserveRun, release.ObserveRunInput{App: l.app, Seen: asked})
	hear[release.JobRun](l, release.VerbStopRun, release.StopRunInput{App: l.app, RunID: asked.ID})
	return l.heard
}
