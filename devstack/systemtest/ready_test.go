package systemtest_test

import (
	"io"
	"maps"
	"net/http"
	"os/exec"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/operatorservice/v1"

	"slipway/devstack/scenario"
	"slipway/devstack/stack"
	"slipway/ledger"
	"slipway/release"
	"slipway/setup"
	"slipway/wire"
)

// Both roles name what is missing on NATS, and are ready once setup has made it.
func TestReadyNamesWhatIsMissing(t *testing.T) {
	t.Parallel()
	h := start(t, stack.Config{WithoutWorker: true, WithoutStarter: true})
	for _, stream := range []string{wire.StreamIn, wire.StreamEvents, wire.StreamDeadLetter} {
		require.NoError(t, h.JetStream.DeleteStream(h.ctx, stream))
	}
	require.NoError(t, h.JetStream.DeleteKeyValue(h.ctx, ledger.Bucket))
	_, err := h.Client.OperatorService().RemoveSearchAttributes(h.ctx, &operatorservice.RemoveSearchAttributesRequest{
		Namespace: stack.Namespace, SearchAttributes: release.SearchNames(),
	})
	require.NoError(t, err)
	require.Eventually(t, func() bool { return setup.AttributesNeed(h.Client)(h.ctx) != nil }, patience, 100*time.Millisecond, "the server has a cache")
	running := map[*scenario.Process]string{}
	logs := map[string]*notebook{}
	for role, want := range map[string][]string{
		"worker":  {"stream SLIPWAY_EVENTS does not exist", "bucket slipway-ledger does not exist"},
		"starter": {"stream SLIPWAY_IN does not exist", "stream SLIPWAY_DEADLETTER does not exist", "bucket slipway-ledger does not exist"},
	} {
		env := h.Env()
		log := &notebook{}
		process, err := scenario.Launch{Binary: slipwayBinary(t), Role: role, Env: env, Log: log}.Start(h.ctx)
		require.NoError(t, err)
		running[process] = h.healthOf(process)
		logs[role] = log
		for _, each := range want {
			h.untilReadySays(running[process], each+"; create it with: slipway setup")
		}
		h.untilReadySays(running[process], "temporal: search attributes are missing")
		h.untilReadySays(running[process], "register them with: slipway setup")
		// The role examines itself more than once before the log is read again below.
		require.Eventually(t, func() bool {
			for _, each := range want {
				if !strings.Contains(log.String(), each+"; create it with: slipway setup") {
					return false
				}
			}
			return strings.Contains(log.String(), "register them with: slipway setup")
		}, patience, 50*time.Millisecond, role)
	}
	command := exec.CommandContext(h.ctx, slipwayBinary(t), "setup")
	command.Env = scenario.Environ(h.Env())
	out, err := command.CombinedOutput()
	require.NoError(t, err, string(out))
	for process, addr := range running {
		h.untilReadySays(addr, `{"ready":true}`)
		require.NoError(t, process.Stop())
	}
	for role, log := range logs {
		said := map[string]int{}
		for _, line := range regexp.MustCompile(`"check":"nats","error":"stream[^,]*`).FindAllString(log.String(), -1) {
			said[line]++
		}
		require.NotEmpty(t, said, role)
		for line, times := range said { // another line is logged where a server that is asked is slow, and something else is not known
			require.Equal(t, 1, times, "%s: what is missing is logged once: %s\n%s", role, line, log.String())
		}
	}
}

// A worker that the platform refuses is not ready, says why and what to do, and never with a
// secret; its log has it once.
func TestReadyAsksThePlatform(t *testing.T) {
	t.Parallel()
	shared := bring(t, stack.Config{WithoutWorker: true, WithoutStarter: true})
	t.Cleanup(func() { end(t, shared) })
	const wrong = "wrong0nlyForThisTest"
	for name, c := range map[string]struct {
		change map[string]string
		want   []string
	}{
		"right": {nil, []string{`{"ready":true}`}},
		"a key that does not exist": {map[string]string{"ALIBABA_CLOUD_ACCESS_KEY_ID": "LTAIwrongwrongwrong1"}, []string{
			"platform sae in cn-hangzhou refuses its worker", "InvalidAccessKeyId.NotFound", "check the credentials of Alibaba Cloud (ALIBABA_CLOUD_ACCESS_KEY_ID",
		}},
		"a wrong secret": {map[string]string{"ALIBABA_CLOUD_ACCESS_KEY_SECRET": wrong}, []string{"SignatureDoesNotMatch", "check the credentials of Alibaba Cloud"}},
		"another region": {map[string]string{"SLIPWAY_SAE_REGION": "cn-nowhere"}, []string{"platform sae in cn-nowhere", "check SLIPWAY_SAE_REGION"}},
		"another account": {map[string]string{"SLIPWAY_FC_ACCOUNT_ID": "1"}, []string{
			"platform fc in cn-hangzhou refuses its worker", "AccessDenied", "and that they may call ListServices",
		}},
		"a wrong secret of Huawei Cloud": {map[string]string{"HUAWEICLOUD_SDK_SK": wrong}, []string{
			"platform servicestage in cn-north-4 refuses its worker", "check the credentials of Huawei Cloud (HUAWEICLOUD_SDK_AK", "and that they may call ListComponents",
		}},
		"nobody at the endpoint": {map[string]string{"SLIPWAY_SAE_ENDPOINT": "http://127.0.0.1:1"}, []string{"connection refused", "check SLIPWAY_SAE_REGION, SLIPWAY_SAE_ENDPOINT and the network"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := enter(t, shared)
			env := h.Env()
			maps.Copy(env, c.change)
			log := &notebook{}
			process, err := scenario.Launch{Binary: slipwayBinary(t), Role: "worker", Env: env, Log: log}.Start(h.ctx)
			require.NoError(t, err)
			addr := h.healthOf(process)
			for _, each := range c.want {
				require.NotContains(t, h.untilReadySays(addr, each), wrong)
			}
			if c.change == nil {
				require.Contains(t, h.metrics(addr), `slipway_platform_calls_total{operation="ListApplications",platform="sae",region="cn-hangzhou",result="ok"} 1`)
				require.Contains(t, h.metrics(addr), `slipway_platform_calls_total{operation="ListServices",platform="fc",region="cn-hangzhou",result="ok"} 1`)
				require.Contains(t, h.metrics(addr), `slipway_platform_calls_total{operation="ListComponents",platform="servicestage",region="cn-north-4",result="ok"} 1`)
			} else {
				require.Eventually(t, func() bool { return strings.Contains(log.String(), `"message":"not ready"`) }, patience, 50*time.Millisecond)
				for _, each := range c.want {
					require.Contains(t, log.String(), each)
				}
				require.NotContains(t, log.String(), wrong)
			}
			require.NoError(t, process.Stop())
		})
	}
}

// metrics are what a role serves.
func (h *house) metrics(addr string) string {
	h.t.Helper()
	req, err := http.NewRequestWithContext(h.ctx, http.MethodGet, "http://"+addr+"/metrics", http.NoBody)
	require.NoError(h.t, err)
	resp, err := http.DefaultClient.Do(req)
	require.NoError(h.t, err)
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	require.NoError(h.t, err)
	return string(text)
}

// healthOf is where a role serves health and metrics.
func (h *house) healthOf(p *scenario.Process) string {
	h.t.Helper()
	addr, err := p.Addr(h.ctx, scenario.ServesHealth)
	require.NoError(h.t, err)
	return addr
}

// untilReadySays asks for the readiness of a role until the answer has the words, and returns it.
func (h *house) untilReadySays(addr, words string) string {
	h.t.Helper()
	ticker := time.NewTicker(100 * time.Millisecond)
	defer ticker.Stop()
	for {
		// A role that is not ready makes it exit with 1; what counts are the words.
		out, _ := exec.CommandContext(h.ctx, slipwayBinary(h.t), "healthz", "--ready", "--http-addr", addr).CombinedOutput()
		if strings.Contains(string(out), words) {
			return string(out)
		}
		select {
		case <-ticker.C:
		case <-h.ctx.Done():
			require.Fail(h.t, "waited in vain for "+words, string(out))
			return ""
		}
	}
}
