package workflows_test

import (
	"context"
	"log/slog"
	"slices"
	"strings"
	"sync"

	"github.com/stretchr/testify/require"

	"slipway/activities/platform"
	"slipway/activities/sae"
	"slipway/release"
	"slipway/saeclient"
)

// configs is the real driver, of which is kept what was asked for. It drops variables that a change
// shall not bring, as the simulator brings all that it takes.
type configs struct {
	*sae.Driver

	// drops are the variables that the platform takes and does not set.
	drops []string
	// begun is what each change was asked for.
	begun []release.BeginRolloutInput
	// verified are the questions what runs.
	verified []release.VerifyInput
	// beforeRescale is done once, before the next rescale, and rescaled is what those that did not fail began.
	beforeRescale func()
	rescaled      []release.Change
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

// newConfigStage is a stage that keeps what the driver is asked for, and all logs.
func newConfigStage(t tester) (*stage, *configs) {
	t.Helper()
	var c *configs
	logs := &logbook{}
	s := newStageWith(t, slog.NewTextHandler(logs, &slog.HandlerOptions{Level: slog.LevelDebug}), func(d *sae.Driver) platform.Driver {
		c = &configs{Driver: d, logs: logs}
		return c
	})
	return s, c
}

func (c *configs) BeginRollout(ctx context.Context, in release.BeginRolloutInput) (release.Change, error) {
	c.begun = append(c.begun, in)
	if len(c.drops) > 0 {
		kept := *in.Config
		kept.Variables = slices.DeleteFunc(slices.Clone(kept.Variables), func(v release.Variable) bool { return slices.Contains(c.drops, v.Name) })
		in.Config = &kept
	}
	return c.Driver.BeginRollout(ctx, in)
}

// BeginRescale lets somebody else do something first.
func (c *configs) BeginRescale(ctx context.Context, in release.BeginRescaleInput) (release.Change, error) {
	if before := c.beforeRescale; before != nil {
		c.beforeRescale = nil
		before()
	}
	change, err := c.Driver.BeginRescale(ctx, in)
	if err == nil {
		c.rescaled = append(c.rescaled, change)
	}
	return change, err
}

func (c *configs) Verify(ctx context.Context, in release.VerifyInput) (release.Verification, error) {
	c.verified = append(c.verified, in)
	return c.Driver.Verify(ctx, in)
}

// variables are those that the application has.
func (s *stage) variables() map[string]string {
	s.t.Helper()
	vars := map[string]string{}
	for _, v := range s.config().Envs {
		vars[v.Name] = string(v.Value)
	}
	return vars
}

// config is the application's configuration as it is now.
func (s *stage) config() saeclient.DescribeApplicationConfigData {
	s.t.Helper()
	out, err := s.client.DescribeApplicationConfig(s.t.Context(), &saeclient.DescribeApplicationConfigInput{AppID: s.app.ID})
	require.NoError(s.t, err)
	return out.Data
}

// replicas is how many instances the application is to have.
func (s *stage) replicas() int {
	s.t.Helper()
	return s.config().Replicas
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
