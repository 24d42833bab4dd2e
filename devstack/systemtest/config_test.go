package systemtest_test

import (
	"encoding/json"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"slipway/devstack/scenario"
	"slipway/devstack/stack"
	"slipway/release"
	"slipway/saesim"
)

// configured creates an application that has parameters of a deployment besides its image.
func (h *house) configured(params map[string]string) release.App {
	h.t.Helper()
	app := h.app()
	params["AppId"] = app.ID
	_, err := h.sae.Call(h.ctx, "DeployApplication", params)
	require.NoError(h.t, err)
	h.awaitOrders(app)
	return app
}

// awaitOrders waits until nothing changes an application.
func (h *house) awaitOrders(app release.App) {
	h.t.Helper()
	require.Eventually(h.t, func() bool {
		orders := h.Sim().Orders(app.ID)
		return !orders[len(orders)-1].FinishedAt.IsZero()
	}, patience, 20*time.Millisecond)
}

// usual are parameters of an application as people configure theirs.
func usual() map[string]string {
	return map[string]string{
		"Envs":            `[{"name":"QUOTES","value":"say \"hi\" and 'ho'"},{"name":"DOLLAR","value":"$HOME ${A:-b}"},{"name":"CHINESE","value":"中文\n商店"},{"name":"OLD","value":"1"}]`,
		"Command":         "/bin/sh",
		"CommandArgs":     `["-c","exec shop"]`,
		"Liveness":        `{"httpGet":{"path":"/live","port":8080,"scheme":"HTTP"},"initialDelaySeconds":20,"periodSeconds":10,"timeoutSeconds":3,"failureThreshold":5}`,
		"PreStop":         `{"exec":{"command":["nginx","-s","quit"]}}`,
		"CustomHostAlias": `[{"hostName":"db.test","ip":"10.0.0.1"}]`,
		"SlsConfigs":      `[{"logDir":"","logType":"stdout","projectName":"p","logstoreName":"s"}]`,
		"EmptyDirDesc":    `[{"name":"work","mountPath":"/work"}]`,
		"Timezone":        "UTC",
	}
}

// configuration is all that the platform says of the configuration of an application that runs an image.
func (h *house) configuration(app release.App) map[string]any {
	h.t.Helper()
	raw, err := h.sae.Call(h.ctx, "DescribeApplicationConfig", map[string]string{"AppId": app.ID})
	require.NoError(h.t, err)
	var out struct{ Data map[string]any }
	require.NoError(h.t, json.Unmarshal(raw, &out))
	require.NotEmpty(h.t, out.Data)
	delete(out.Data, "UpdateStrategy") // these two are of the deployment, not of the application
	delete(out.Data, "PackageVersion")
	return out.Data
}

// requireBrought checks that an application has what a release brought, and all else as before.
func (h *house) requireBrought(app release.App, before map[string]any, brought ...string) {
	h.t.Helper()
	now := h.configuration(app)
	for _, name := range brought {
		require.NotEqual(h.t, before[name], now[name], name)
		now[name] = before[name]
	}
	require.Equal(h.t, before, now)
}

// bringing is a release of an image, a variable, instances and a probe.
func bringing(app release.App, st release.Strategy) release.Spec {
	s := spec(app, st)
	s.Config = &release.Config{
		Variables: []release.Variable{{Name: "NEW", Value: new(`a "b" $c 中文`)}, {Name: "OLD", Remove: true}},
		Instances: new(4),
		Probes:    &release.Probes{Liveness: &release.Probe{TCP: 8080}},
	}
	return s
}

// brought are the parameters by which the platform has them.
func brought() []string { return []string{"ImageUrl", "Envs", "Replicas", "Liveness"} }

// ending is a release of configuration with the end that it must have, whoever dies on its way.
type ending struct {
	name  string
	st    release.Strategy
	alone bool // without an artifact
	fails bool // in its batch
	then  release.CommandKind
	want  release.Phase

	app    release.App
	before map[string]any // its configuration
	id     string
}

func endings(bad, good release.Gate) []ending {
	auto := gray()
	auto.Confirm = release.ConfirmAuto
	watched := func(st release.Strategy, g release.Gate) release.Strategy {
		st.Watch = &release.Watch{For: release.Duration(3 * time.Second), Gates: []release.Gate{g}}
		return st
	}
	return []ending{
		{name: "all", st: all(), want: release.PhaseSucceeded},
		{name: "gray", st: auto, want: release.PhaseSucceeded},
		{name: "alone", st: all(), alone: true, want: release.PhaseSucceeded},
		{name: "all that fails", st: all(), fails: true, want: release.PhaseRolledBack},
		{name: "gray that fails", st: auto, fails: true, want: release.PhaseRolledBack},
		{name: "abort", st: gray(), then: release.CommandAbort, want: release.PhaseAborted},
		{name: "rollback", st: gray(), then: release.CommandRollback, want: release.PhaseRolledBack},
		{name: "watch", st: watched(all(), good), want: release.PhaseSucceeded},
		{name: "watch that fails", st: watched(all(), bad), want: release.PhaseRolledBack},
		{name: "watch of gray that fails", st: watched(auto, bad), want: release.PhaseRolledBack},
		{name: "watch of configuration that fails", st: watched(all(), bad), alone: true, want: release.PhaseRolledBack},
	}
}

// TestConfig_WorkersAreKilledAgainAndAgain kills the worker after seeded numbers of calls to the platform, while
// releases bring configuration and instances, in each way to each end. Each ends in the one state that
// it has without that: with all of its configuration, or with all that was there before.
func TestConfig_WorkersAreKilledAgainAndAgain(t *testing.T) {
	t.Parallel()
	const seed, kills = 14, 4
	h := start(t, stack.Config{WithoutWorker: true, Seed: seed})
	dice := rand.New(rand.NewPCG(seed, 0))
	gate := func(status int) release.Gate {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) }))
		t.Cleanup(server.Close)
		return release.Gate{Name: "health", HTTP: &release.HTTPGate{URL: server.URL}, Samples: 2, Interval: release.Duration(time.Second)}
	}
	all := endings(gate(http.StatusServiceUnavailable), gate(http.StatusOK))
	ids := make([]string, len(all))
	for i := range all {
		h.begin(&all[i])
		ids[i] = all[i].id
	}
	launch := scenario.Launch{Binary: slipwayBinary(t), Role: "worker", Env: h.Env(), Log: t.Output()}
	worker, err := launch.Start(h.ctx)
	require.NoError(t, err)
	for kill := range kills {
		if kill == kills/2 {
			h.command(all)
		}
		after := h.Sim().Calls().Total + 5 + dice.IntN(40)
		require.Eventually(t, func() bool { return h.Sim().Calls().Total >= after || h.allEnded(ids) }, patience, time.Millisecond)
		require.NoError(t, worker.Kill())
		worker, err = launch.Start(h.ctx)
		require.NoError(t, err)
	}
	for _, c := range all {
		h.requireEnded(c)
	}
	require.NoError(t, worker.Stop())
}

// begin asks for the release.
func (h *house) begin(c *ending) {
	h.t.Helper()
	c.app = h.configured(usual())
	c.before = h.configuration(c.app)
	s := bringing(c.app, c.st)
	if c.alone {
		s.Artifact = release.Artifact{}
	}
	if c.fails {
		_, err := h.Sim().AddFault(saesim.Fault{Kind: saesim.FaultBatchFails, AppID: c.app.ID})
		require.NoError(h.t, err)
	}
	c.id, _ = h.ask(h.t.Name()+c.name, s)
}

// command gives the commands that releases are to have, once they wait for one.
func (h *house) command(all []ending) {
	h.t.Helper()
	for _, c := range all {
		if c.then == "" {
			continue
		}
		h.untilWaits(c.id, 1)
		require.NoError(h.t, scenario.Command(h.ctx, h.JetStream, c.id, release.Command{ID: c.id + "-then", Kind: c.then, By: "ann", Reason: "a test"}))
	}
}

// requireEnded waits for the end of a release and checks what it has left.
func (h *house) requireEnded(c ending) {
	h.t.Helper()
	p := h.result(c.id)
	require.Equal(h.t, c.want, p.Outcome, "%s: %s", c.name, p.Reason)
	h.requireRulesAsBefore(c.app)
	switch {
	case c.want != release.PhaseSucceeded:
		h.requireBrought(c.app, c.before)
	case c.alone:
		h.requireBrought(c.app, c.before, brought()[1:]...)
	default:
		h.requireBrought(c.app, c.before, brought()...)
	}
}
