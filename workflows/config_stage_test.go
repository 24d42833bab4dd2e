package workflows_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"

	"slipway/activities/fault"
	"slipway/activities/platform"
	"slipway/activities/sae"
	"slipway/cloudapi"
	"slipway/release"
	"slipway/saeclient"
)

// configs is a platform that knows configuration as workflows need it, whatever a driver makes of it:
// variables and the number of instances. It begins the changes that bring some itself; everything else is
// the driver's.
type configs struct {
	*sae.Driver

	stage *stage
	// refuses is why it does not take what a release asks for; empty where it does.
	refuses string
	// keeps are the variables that stay as they are whatever is asked for.
	keeps []string
	// begun is what each change that brings configuration was asked for.
	begun []release.BeginRolloutInput
	// verified are the questions what runs.
	verified []release.VerifyInput
	// logs are those of Temporal, the workflows and the activities.
	logs *logbook
}

// logbook is a text that several write at once.
type logbook struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *logbook) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *logbook) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// newConfigStage is a stage on a platform that knows configuration.
func newConfigStage(t tester) (*stage, *configs) {
	t.Helper()
	var c *configs
	logs := &logbook{}
	s := newStageWith(t, slog.NewTextHandler(logs, &slog.HandlerOptions{Level: slog.LevelDebug}), func(s *stage, d *sae.Driver) platform.Driver {
		c = &configs{Driver: d, stage: s, logs: logs}
		return c
	})
	return s, c
}

// variables are those of a version of the application; of an empty one those that it has.
func (c *configs) variables(ctx context.Context, version string) (map[string]string, int, error) {
	in := &saeclient.DescribeApplicationConfigInput{AppID: c.stage.app.ID}
	if version != "" {
		in.VersionID = &version
	}
	out, err := c.stage.client.DescribeApplicationConfig(ctx, in)
	if err != nil {
		return nil, 0, fault.New(release.FaultUnavailable, err.Error())
	}
	vars := map[string]string{}
	for _, v := range out.Data.Envs {
		vars[v.Name] = string(v.Value)
	}
	return vars, out.Data.Replicas, nil
}

func short(value string) string {
	if value == "" {
		return ""
	}
	sum := sha256.Sum256([]byte(value))
	return "sha256:" + hex.EncodeToString(sum[:])[:12]
}

// configDigest tells configurations apart.
func configDigest(vars map[string]string) string {
	text, _ := json.Marshal(vars) //nolint:errchkjson // texts encode
	return short(string(text))
}

// settings are what is asked for beside what there is.
func settings(had map[string]string, replicas int, asked *release.Config) (all []release.Setting) {
	for _, v := range asked.Variables {
		if had[v.Name] != *v.Value {
			all = append(all, release.Setting{Name: "variables." + v.Name, Before: short(had[v.Name]), After: short(*v.Value)})
		}
	}
	if n := asked.Instances; n != nil && *n != replicas {
		all = append(all, release.Setting{Name: release.SettingInstances, Before: fmt.Sprint(replicas), After: fmt.Sprint(*n)})
	}
	return all
}

func (c *configs) Snapshot(ctx context.Context, in release.SnapshotInput) (release.Snapshot, error) {
	question := in.Release
	in.Release = nil
	snap, err := c.Driver.Snapshot(ctx, in)
	if err != nil {
		return snap, err
	}
	return c.answer(ctx, snap, question)
}

func (c *configs) AwaitIdle(ctx context.Context, in release.SnapshotInput) (release.Snapshot, error) {
	question := in.Release
	in.Release = nil
	snap, err := c.Driver.AwaitIdle(ctx, in)
	if err != nil {
		return snap, err
	}
	return c.answer(ctx, snap, question)
}

func (c *configs) answer(ctx context.Context, snap release.Snapshot, q *release.ReleaseQuestion) (release.Snapshot, error) {
	vars, replicas, err := c.variables(ctx, "")
	if err != nil {
		return snap, err
	}
	snap.Version.Config = configDigest(vars)
	if w := snap.Wanted; w != nil {
		back, _, err := c.variables(ctx, w.ID)
		if err != nil {
			return snap, err
		}
		w.Config = configDigest(back)
	}
	if q == nil || snap.Own != nil {
		return snap, nil
	}
	if c.refuses != "" {
		return snap, fault.Final(release.FaultInvalid, c.refuses)
	}
	snap.Planned = &release.Planned{Artifact: q.Artifact, Instances: snap.Instances}
	if q.Artifact == (release.Artifact{}) {
		snap.Planned.Artifact = snap.Version.Artifact
	}
	if q.Config != nil {
		snap.Planned.Settings = settings(vars, replicas, q.Config)
		if q.Config.Instances != nil {
			snap.Planned.Instances = *q.Config.Instances
		}
	}
	return snap, nil
}

func (c *configs) BeginRollout(ctx context.Context, in release.BeginRolloutInput) (release.Change, error) {
	asked := in.Config
	if asked == nil {
		return c.Driver.BeginRollout(ctx, in)
	}
	c.begun = append(c.begun, in)
	vars, _, err := c.variables(ctx, "")
	if err != nil {
		return release.Change{}, err
	}
	for _, v := range asked.Variables {
		if !slices.Contains(c.keeps, v.Name) {
			vars[v.Name] = *v.Value
		}
	}
	deploy := &saeclient.DeployApplicationInput{
		AppID: c.stage.app.ID, ImageURL: &in.Artifact.Image, ChangeOrderDesc: new(in.Token + " " + in.Artifact.String()), Replicas: asked.Instances,
		AutoEnableApplicationScalingRule: new(in.RestoreScaling), UpdateStrategy: new(saeclient.UpdateStrategy{}),
	}
	for name, value := range vars {
		deploy.Envs = append(deploy.Envs, saeclient.EnvVar{Name: name, Value: cloudapi.Secret(value)})
	}
	if in.Strategy.Type == release.StrategyGray {
		deploy.UpdateStrategy = &saeclient.UpdateStrategy{
			Type: saeclient.StrategyGrayBatch, GrayUpdate: &saeclient.GrayUpdate{Gray: in.Strategy.Gray},
			BatchUpdate: &saeclient.BatchUpdate{Batch: in.Strategy.Batches, ReleaseType: saeclient.ReleaseManual},
		}
	}
	out, err := c.stage.client.DeployApplication(ctx, deploy)
	if err != nil {
		return release.Change{}, fault.Final(release.FaultInvalid, err.Error())
	}
	return release.Change{ID: out.Data.ChangeOrderID}, nil
}

func (c *configs) Verify(ctx context.Context, in release.VerifyInput) (release.Verification, error) {
	c.verified = append(c.verified, in)
	version, asked := in.Version, in.Config
	in.Version, in.Config = "", nil
	v, err := c.Driver.Verify(ctx, in)
	if err != nil {
		return v, err
	}
	vars, replicas, err := c.variables(ctx, "")
	if err != nil {
		return v, err
	}
	v.Config, v.Wanted = configDigest(vars), replicas
	want := map[string]string{}
	if asked != nil {
		for _, each := range asked.Variables {
			want[each.Name] = *each.Value
		}
	}
	if version != "" {
		if want, _, err = c.variables(ctx, version); err != nil {
			return v, errors.Join(err)
		}
		for name := range vars {
			if _, kept := want[name]; !kept {
				want[name] = ""
			}
		}
	}
	for name, value := range want {
		if vars[name] != value {
			v.Differs = append(v.Differs, "variables."+name)
		}
	}
	slices.Sort(v.Differs)
	return v, nil
}

// brings is what is asked for: variables as NAME=VALUE, and a number of instances unless it is 0.
func brings(instances int, variables ...string) *release.Config {
	c := &release.Config{}
	for _, v := range variables {
		name, value, _ := strings.Cut(v, "=")
		c.Variables = append(c.Variables, release.Variable{Name: name, Value: &value})
	}
	if instances > 0 {
		c.Instances = &instances
	}
	return c
}
