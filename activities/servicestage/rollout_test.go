package servicestage_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"slipway/activities/platform/platformtest"
	"slipway/release"
	"slipway/servicestageclient"
	"slipway/servicestagesim"
)

// settings are members of a specification that a release does not change, each with a value.
const settings = `{
	"labels":[{"key":"team","value":"shop"}],"description":"the shop","limit_cpu":1.5,"limit_memory":2,"request_cpu":0.5,"request_memory":1,
	"storages":[{"type":"EmptyDir","name":"cache","parameters":{"medium":"memory"},"mounts":[{"path":"/cache","sub_path":"","read_only":false}]}],
	"command":{"command":["/bin/shop"],"args":["-v"]},"post_start":{"type":"command","command":["/bin/warm"]},
	"pre_stop":{"type":"http","scheme":"HTTP","port":8080,"path":"/stop"},"timezone":"Asia/Shanghai","jvm_opts":"-Xmx1g",
	"host_aliases":[{"ip":"10.0.0.1","hostnames":["db"]}],"dns_policy":"ClusterFirst","dns_config":{"nameservers":["10.0.0.2"]},
	"workload_kind":"deployment","security_context":{"run_as_user":1000},"logs":[{"log_path":"/logs","rotate":"Hourly","host_path":"/tmp","host_extend_path":"None"}],
	"liveness_probe":{"type":"tcp","delay":5,"timeout":2,"port":8080},"readiness_probe":{"type":"http","delay":5,"timeout":2,"scheme":"HTTP","port":8080,"path":"/ready"},
	"envs":[{"name":"PASSWORD","value":"` + platformtest.Secret + `"},{"name":"KEY","value_from":{"reference_type":"secretKey","name":"keys","key":"shop"}}]
}`

// configured is a host whose component has all settings.
func configured(t *testing.T) *host {
	t.Helper()
	h := newHost(t)
	var members map[string]json.RawMessage
	require.NoError(t, json.Unmarshal([]byte(settings), &members))
	params := map[string]string{}
	for name, value := range members {
		if params[name] = string(value); value[0] == '"' {
			var text string
			require.NoError(t, json.Unmarshal(value, &text))
			params[name] = text
		}
	}
	h.Specify(1, params)
	h.pass()
	return h
}

// component reads the component past the driver.
func (h *host) component() *servicestageclient.Component {
	h.t.Helper()
	out, err := h.Client.GetComponent(h.t.Context(), &servicestageclient.GetComponentInput{ApplicationID: h.Application, ComponentID: h.App().ID})
	require.NoError(h.t, err)
	return &out.Component
}

// specification is all of a component that is specified, as it travels, but for what a release gives by itself.
func (h *host) specification() map[string]any {
	h.t.Helper()
	text, err := servicestageclient.Wire(*h.component()).MarshalJSON()
	require.NoError(h.t, err)
	var all map[string]any
	require.NoError(h.t, json.Unmarshal(text, &all))
	for _, own := range []string{"version", "source", "deploy_strategy", "status"} {
		delete(all, own)
	}
	var kept []any
	envs, _ := all["envs"].([]any)
	for _, e := range envs {
		if env, _ := e.(map[string]any); !servicestageclient.PlatformEnv(env["name"].(string)) {
			kept = append(kept, env)
		}
	}
	all["envs"] = kept
	return all
}

// sent is told the body of each call of a method, as JSON.
func (h *host) sent(method string, hears func(body map[string]json.RawMessage)) {
	h.OnCall = func(_ int, r *http.Request) (*http.Response, func(string) string) {
		if r.Method != method {
			return nil, nil
		}
		text, err := io.ReadAll(r.Body)
		require.NoError(h.t, err)
		r.Body = io.NopCloser(bytes.NewReader(text))
		var body map[string]json.RawMessage
		require.NoError(h.t, json.Unmarshal(text, &body))
		hears(body)
		return nil, nil
	}
}

func TestRollout_WritesTheWholeSpecificationAgain(t *testing.T) {
	t.Parallel()
	h := configured(t)
	before := h.specification()
	require.Len(t, before["envs"], 2)
	var body map[string]json.RawMessage
	h.sent(http.MethodPut, func(sent map[string]json.RawMessage) { body = sent })
	change := h.begin(2, gray(20))
	require.Equal(t, release.VersionNumber(named(gray())), change.Version, "the version is made of the release")

	var members map[string]json.RawMessage
	require.NoError(t, json.Unmarshal([]byte(settings), &members))
	for name, value := range members {
		if name != "envs" {
			require.JSONEq(t, string(value), string(body[name]), "%s is written again", name)
		}
	}
	require.JSONEq(t, `"`+change.Version+`"`, string(body["version"]))
	require.JSONEq(t, `4`, string(body["replica"]))
	require.JSONEq(t, `{"type":"GrayRelease","gray_release":{"type":"weight","first_batch_weight":20,"first_batch_replica":1,"remaining_batch":2}}`, string(body["deploy_strategy"]))
	var envs []struct{ Name string }
	require.NoError(t, json.Unmarshal(body["envs"], &envs))
	require.Len(t, envs, 2, "what the platform sets itself is not sent")
	require.Equal(t, before, h.specification())
}

func TestRollout_Strategies(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		s    release.Strategy
		want string
	}{
		"all":                      {all(), `{"type":"OneBatchRelease"}`},
		"batch":                    {release.Strategy{Type: release.StrategyBatch, Batches: 3}, `{"type":"RollingRelease","rolling_release":{"batches":3}}`},
		"gray, by its instances":   {gray(), `{"type":"GrayRelease","gray_release":{"type":"weight","first_batch_weight":25,"first_batch_replica":1,"remaining_batch":2}}`},
		"gray, by a given percent": {gray(7), `{"type":"GrayRelease","gray_release":{"type":"weight","first_batch_weight":7,"first_batch_replica":1,"remaining_batch":2}}`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHost(t)
			var body map[string]json.RawMessage
			h.sent(http.MethodPut, func(sent map[string]json.RawMessage) { body = sent })
			change := h.begin(2, c.s)
			require.JSONEq(t, c.want, string(body["deploy_strategy"]))
			h.OnCall = nil
			h.pass()
			if c.s.Type != release.StrategyGray {
				seen := h.look(change)
				require.Equal(t, release.ChangeSucceeded, seen.State)
				require.Len(t, seen.Batches, max(1, c.s.Batches))
			}
		})
	}
}

func TestRollout_ChangesOfTheConfiguration(t *testing.T) {
	t.Parallel()
	h := configured(t)
	text := "debug"
	config := &release.Config{
		Variables: []release.Variable{
			{Name: "LEVEL", Value: &text, Show: true},
			{Name: "PASSWORD", Secret: &release.KeyOf{ID: "keys", Key: "password"}},
			{Name: "KEY", Remove: true},
			{Name: "MODE", ConfigMap: &release.KeyOf{ID: "modes", Key: "shop"}},
		},
		Command: []string{"/bin/shop2"}, Args: []string{}, Resources: &release.Resources{CPU: 250, Memory: 512},
		Probes: &release.Probes{
			Liveness:  &release.Probe{HTTP: &release.ProbeHTTP{Path: "/live", Port: 8081, Scheme: "https"}, InitialDelay: release.Duration(10 * time.Second), Timeout: release.Duration(3 * time.Second)},
			Readiness: &release.Probe{Exec: []string{"/bin/ready"}},
		},
		Hooks:    &release.Hooks{PostStart: &release.Hook{Exec: []string{"/bin/warm2"}}},
		Platform: release.Parameters{"timezone": json.RawMessage(`"Europe/Berlin"`), "host_aliases": json.RawMessage(`[]`), "dns_policy": json.RawMessage(`"Default"`)},
	}
	q := release.ReleaseQuestion{Artifact: h.Artifact(2), Strategy: all(), Config: config}
	plan := h.snapshot(release.SnapshotInput{Release: &q}).Planned
	require.Empty(t, plan.Refused)
	names := map[string]string{}
	for _, s := range plan.Settings {
		names[s.Name] = s.After
	}
	require.Len(t, names, 14)
	require.Equal(t, "debug", names["variables.LEVEL"])
	require.Equal(t, "secret keys, key password", names["variables.PASSWORD"])
	require.Equal(t, "config map modes, key shop", names["variables.MODE"])
	require.Empty(t, names["variables.KEY"])
	require.Equal(t, "0.25", names["resources.cpu"])
	require.Equal(t, "0.5", names["resources.memory"])
	require.Equal(t, "Default", names["platform.dns_policy"])

	in := h.rollout("r-config", q)
	change := must[release.Change](h, release.VerbBeginRollout, in)
	v := must[release.Verification](h, release.VerbVerify, release.VerifyInput{App: h.App(), Want: release.Version{ID: change.Version, Artifact: h.Artifact(2)}, Config: config})
	require.Empty(t, v.Differs)
	got := h.specification()
	require.JSONEq(t, `[
		{"name":"PASSWORD","value_from":{"reference_type":"secretKey","name":"keys","key":"password"}},{"name":"LEVEL","value":"debug"},
		{"name":"MODE","value_from":{"reference_type":"configMapKey","name":"modes","key":"shop"}}
	]`, wire(t, got["envs"]))
	require.JSONEq(t, `{"command":["/bin/shop2"],"args":[]}`, wire(t, got["command"]))
	require.JSONEq(t, `0.25`, wire(t, got["limit_cpu"]))
	require.JSONEq(t, `0.25`, wire(t, got["request_cpu"]), "an instance cannot ask for more than it may use")
	require.JSONEq(t, `0.5`, wire(t, got["request_memory"]))
	require.JSONEq(t, `{"type":"http","delay":10,"timeout":3,"scheme":"HTTPS","port":8081,"path":"/live"}`, wire(t, got["liveness_probe"]))
	require.JSONEq(t, `{"type":"command","delay":0,"timeout":1,"command":["/bin/ready"]}`, wire(t, got["readiness_probe"]))
	require.JSONEq(t, `{"type":"command","command":["/bin/warm2"]}`, wire(t, got["post_start"]))
	require.JSONEq(t, `"Europe/Berlin"`, wire(t, got["timezone"]))
	require.JSONEq(t, `"Default"`, wire(t, got["dns_policy"]))
	require.Empty(t, got["host_aliases"])

	replaced := release.ReleaseQuestion{Strategy: all(), Config: &release.Config{Replace: true, Variables: []release.Variable{{Name: "LEVEL", Value: &text}}}}
	must[release.Change](h, release.VerbBeginRollout, h.rollout("r-replace", replaced))
	require.JSONEq(t, `[{"name":"LEVEL","value":"debug"}]`, wire(t, h.specification()["envs"]))
	none := release.ReleaseQuestion{Strategy: all(), Config: &release.Config{Replace: true}}
	must[release.Change](h, release.VerbBeginRollout, h.rollout("r-none", none))
	require.Empty(t, h.specification()["envs"])
	require.Equal(t, h.Artifact(2), h.snapshot(release.SnapshotInput{}).Version.Artifact, "what runs stays")
}

func wire(t *testing.T, value any) string {
	t.Helper()
	text, err := json.Marshal(value)
	require.NoError(t, err)
	return string(text)
}

func TestRollout_RefusesWhatComponentsDoNotHave(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	text := "x"
	five := 5
	q := release.ReleaseQuestion{
		Artifact: release.Artifact{Package: &release.Package{URL: "obs://shop/web.jar", Version: "2"}, Registry: &release.Registry{Instance: "r"}, Part: "web"},
		Strategy: release.Strategy{Type: release.StrategyGray, Gray: 4, Batches: 9, Weights: []int{5, 30}, MinReadyInstances: &five},
		Config: &release.Config{
			Variables: []release.Variable{{Name: "CAS_APPLICATION_ID", Value: &text}}, Instances: &five, Mounts: &release.Mounts{}, Runtime: &release.Runtime{},
			Probes: &release.Probes{
				Startup: &release.Probe{TCP: 1}, Liveness: &release.Probe{None: true},
				Readiness: &release.Probe{HTTP: &release.ProbeHTTP{Path: "/", Port: 1, Contains: "ok"}, Period: release.Duration(time.Second)},
			},
			Hooks:    &release.Hooks{PreStop: &release.Hook{None: true}, Grace: release.Duration(time.Second)},
			Platform: release.Parameters{"replica": json.RawMessage(`7`), "nonsense": json.RawMessage(`1`)},
		},
	}
	refusedPlan := h.snapshot(release.SnapshotInput{Release: &q}).Planned.Refused.OneLine()
	for _, field := range []string{
		"artifact.package", "artifact.registry", "artifact.part", "strategy.gray", "strategy.batches", "strategy.weights", "strategy.minReadyInstances:", "config.variables[0].name",
		"config.instances", "config.mounts", "config.runtime", "config.probes.startup", "config.probes.liveness.none", "config.probes.readiness.http",
		"config.probes.readiness.period:", "config.hooks.preStop.none", "config.hooks.grace", "config.platform.replica", "config.platform.nonsense",
	} {
		require.Contains(t, refusedPlan, field)
	}
	in := release.BeginRolloutInput{
		App: h.App(), Artifact: q.Artifact, Strategy: q.Strategy, Config: q.Config, Token: release.Token("r-refused", "rollout"), Mark: h.snapshot(release.SnapshotInput{}).Mark,
	}
	f, why := refused(h, release.VerbBeginRollout, in)
	require.Equal(t, release.FaultInvalid, f)
	require.Contains(t, why, refusedPlan, "a plan refuses what the beginning does")
	require.Zero(t, h.Changes)
}

func TestRollout_ErrorsTellNoSecret(t *testing.T) {
	t.Parallel()
	for code, want := range map[string]release.Fault{
		"SVCSTG.00100400": release.FaultInvalid, "SVCSTG.00100427": release.FaultAuth, "SVCSTG.00100421": release.FaultQuota,
		"SVCSTG.00100419": release.FaultDeclined, "SVCSTG.00100500": release.FaultAmbiguous, "SVCSTG.00100403": release.FaultNotFound,
	} {
		t.Run(code, func(t *testing.T) {
			t.Parallel()
			h := newHost(t)
			in := h.rollout("r-secret", release.ReleaseQuestion{Artifact: h.Artifact(2), Strategy: all()})
			_, err := h.AddFault(servicestagesim.Fault{
				Kind: servicestagesim.FaultError, Operation: "UpdateComponent", Code: code, Count: -1,
				Message: `cannot set {"PASSWORD":"` + platformtest.Secret + `"}`,
			})
			require.NoError(t, err)
			f, why := refused(h, release.VerbBeginRollout, in)
			require.Equal(t, want, f, why)
			require.NotContains(t, why, platformtest.Secret)
			require.Equal(t, map[int]int{1: instances}, h.Truth().Shares)
		})
	}
}

func TestRollout_AVersionThatIsUsedIsOurs(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	in := h.rollout("r-twice", release.ReleaseQuestion{Artifact: h.Artifact(2), Strategy: all()})
	first := ""
	h.OnCall = func(_ int, r *http.Request) (*http.Response, func(string) string) {
		if first != "" || r.Method != http.MethodPut {
			return nil, nil
		}
		h.OnCall = nil // an earlier call of ours arrives right before this one
		text, err := io.ReadAll(r.Body)
		require.NoError(t, err)
		again := r.Clone(t.Context())
		again.Body, r.Body = io.NopCloser(bytes.NewReader(text)), io.NopCloser(bytes.NewReader(text))
		resp, err := http.DefaultTransport.RoundTrip(again)
		require.NoError(t, err)
		answer, err := io.ReadAll(resp.Body)
		require.NoError(t, err)
		require.NoError(t, resp.Body.Close())
		first = string(answer)
		return nil, nil
	}
	change, err := platformtest.Try[release.Change](h.Harness, release.VerbBeginRollout, in, release.FaultConflict)
	require.NoError(t, err)
	require.True(t, change.Adopted)
	require.True(t, strings.Contains(first, change.ID), "it is the job of the first call")
	require.Len(t, h.Truth().Changes, 2)
}
