package systemtest_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/api/workflowservice/v1"

	"slipway/devstack/scenario"
	"slipway/devstack/stack"
	"slipway/release"
	"slipway/saesim"
	"slipway/wire"
)

// hush is in every secret that this test plants.
const hush = "hush4711"

// plantedURL is the address of a package as somebody has deployed it elsewhere.
const plantedURL = "https://b.oss-cn-hangzhou.aliyuncs.com/shop.jar?OSSAccessKeyId=LTAI5t" + hush + hush + "&Expires=1&Signature=" + hush

// notebook keeps what is logged.
type notebook struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (n *notebook) Write(p []byte) (int, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.text.Write(p)
}

func (n *notebook) String() string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.text.String()
}

// TestSecrets_NoSecretIsKept plants secrets wherever one can come from outside: in the configuration that an
// application has, in what the platform shows and says, in what a gate answers, in messages that are refused, with their headers, and in the
// settings of the roles. Then it reads back all that is kept or told: every history, stream and
// bucket, the logs and the metrics of the roles, and what the command line shows. What the
// simulator keeps is the platform's own. The value of a variable in a request is looked for, too: it stands
// where the request does, and in what the driver of the platform is asked.
func TestSecrets_NoSecretIsKept(t *testing.T) {
	t.Parallel()
	h := start(t, stack.Config{WithoutWorker: true, WithoutStarter: true})
	log, metrics := &notebook{}, map[string]string{}
	var running []*scenario.Process
	for _, role := range []string{"worker", "starter"} {
		env := h.Env()
		env["SLIPWAY_LOG_LEVEL"], env["SLIPWAY_SAE_SETTLE"] = "debug", "14s"
		process, err := scenario.Launch{Binary: slipwayBinary(t), Role: role, Env: env, Log: log}.Start(h.ctx)
		require.NoError(t, err)
		running = append(running, process)
		metrics[role] = "http://" + h.healthOf(process) + "/metrics"
	}
	released := h.releaseOverASignedPackage()
	refused := h.refuseSecrets()
	configured := h.releaseConfigurations()

	pages := map[string]string{}
	for role, url := range metrics {
		pages["metrics of the "+role] = h.page(url)
	}
	for _, process := range running {
		require.NoError(t, process.Stop())
	}
	kept := h.everythingKept()
	kept["log"] = log.String()
	require.Contains(t, kept["log"], released, "it is the log of this release")
	for name, page := range pages {
		require.Contains(t, page, "go_build_info", name)
		kept[name] = page
	}
	cli := &commandLine{house: h, binary: slipwayBinary(t)}
	commands := [][]string{{"release", "get", released}, {"release", "get", released, "-o", "json"}, {"release", "list", "-o", "json"}, {"set", "list"}}
	for _, id := range configured {
		commands = append(commands, []string{"release", "get", id}, []string{"release", "get", id, "-o", "json"})
	}
	for _, args := range commands {
		out, errs := cli.run(0, args...)
		kept["slipway "+strings.Join(args, " ")] = out + errs
	}
	read := 0
	for name, text := range kept {
		read += len(text)
		for _, secret := range []string{hush, saesim.TestAccessKeySecret} {
			require.NotContains(t, text, secret, name)
		}
		if !strings.HasPrefix(name, "history of ") && name != "stream "+wire.StreamIn {
			require.NotContains(t, text, askedValue, name)
		}
	}
	require.Equal(t, mayBeAsked(), h.whereAsked())
	t.Logf("secrets planted=25 refused_messages=%d places=%d bytes_read=%d found=0", refused, len(kept), read)
}

// page reads a page of a role.
func (h *house) page(url string) string {
	h.t.Helper()
	r, err := http.NewRequestWithContext(h.ctx, http.MethodGet, url, http.NoBody)
	require.NoError(h.t, err)
	answer, err := http.DefaultClient.Do(r)
	require.NoError(h.t, err)
	defer func() { require.NoError(h.t, answer.Body.Close()) }()
	text, err := io.ReadAll(answer.Body)
	require.NoError(h.t, err)
	return string(text)
}

// releaseOverASignedPackage releases an application whose running version has a signature in its
// address. A gate answers with secrets, the platform quotes one, and an order that somebody else
// has begun has one in its description. The release goes back to the signed version.
func (h *house) releaseOverASignedPackage() (id string) {
	h.t.Helper()
	app, err := scenario.CreatePackageApp(h.ctx, h.sae, "canary", plantedURL)
	require.NoError(h.t, err)
	gate := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Location", "http://elsewhere.example/?token="+hush)
		w.Header().Set("X-Secret", hush)
		w.WriteHeader(http.StatusFound)
		_, _ = w.Write([]byte("password=" + hush))
	}))
	h.t.Cleanup(gate.Close)
	for _, f := range []saesim.Fault{
		{Kind: saesim.FaultError, Operation: "DescribeApplicationScalingRules", Code: "System.Upgrading", Message: "cannot fetch " + plantedURL},
		{Kind: saesim.FaultErrorAfter, Operation: "ConfirmPipelineBatch", Message: "Authorization: Bearer " + hush + hush + hush},
	} {
		f.AppID = app.ID
		_, err := h.Sim().AddFault(f)
		require.NoError(h.t, err)
	}
	in := spec(app, batches())
	in.Artifact = release.Artifact{Package: &release.Package{URL: "https://b.oss-cn-hangzhou.aliyuncs.com/shop.jar", Version: "2"}}
	in.Strategy.Gates = []release.Gate{{Name: "canary", DryRun: true, Samples: 1, HTTP: &release.HTTPGate{URL: gate.URL}}}
	id, events := h.ask(h.t.Name(), in)
	h.until(events, release.EventBatchWaiting, 1)
	h.confirm(id, 1)
	p := h.until(events, release.EventSucceeded, 0)
	require.NotNil(h.t, p.RollbackTo, "the version with the signature")
	require.Contains(h.t, p.RollbackTo.Artifact.String(), "shop.jar?sha256=")
	require.NotEmpty(h.t, p.Gates)

	back := spec(app, all())
	back.Artifact, back.Operation = release.Artifact{}, release.OperationRollback
	backID, events := h.ask(h.t.Name()+"-back", back)
	h.until(events, release.EventSucceeded, 0)
	require.Equal(h.t, release.PhaseSucceeded, h.result(backID).Outcome)
	return id
}

// refuseSecrets publishes messages with secrets that cannot be taken, and waits for their dead
// letters.
func (h *house) refuseSecrets() int {
	h.t.Helper()
	app := h.app()
	bad := func(data string) *nats.Msg {
		return &nats.Msg{Subject: wire.RequestSubject(app), Header: nats.Header{}, Data: []byte(data)}
	}
	signed, err := json.Marshal(plantedURL)
	require.NoError(h.t, err)
	withHeaders := bad("{}")
	withHeaders.Header.Set("Authorization", "Bearer "+hush)
	withHeaders.Header.Set("Cookie", "session="+hush)
	all := []*nats.Msg{
		bad(`{"artifact":{"package":{"url":` + string(signed) + `}}}`),
		bad(`{"password":"` + hush + `","deeper":{"accessKeySecret":"` + hush + `"}}`),
		bad("no JSON at all, token=" + hush),
		bad(`{"url":"https://me:` + hush + `@host/"}`),
		withHeaders,
	}
	for _, msg := range all {
		letter := h.deadLetter(h.send(msg))
		require.NotEmpty(h.t, letter.Headers().Get(wire.HeaderRedacted), "%s", letter.Data())
	}
	return len(all)
}

// everythingKept is the text of all histories, streams and buckets.
func (h *house) everythingKept() map[string]string {
	h.t.Helper()
	out := map[string]string{}
	list, err := h.Client.ListWorkflow(h.ctx, &workflowservice.ListWorkflowExecutionsRequest{})
	require.NoError(h.t, err)
	require.NotEmpty(h.t, list.GetExecutions())
	for _, w := range list.GetExecutions() {
		out["history of "+w.GetExecution().GetWorkflowId()] = h.wholeHistory(w.GetExecution())
	}
	streams := h.JetStream.ListStreams(h.ctx)
	for info := range streams.Info() {
		out["stream "+info.Config.Name] = h.wholeStream(info.Config.Name)
	}
	require.NoError(h.t, streams.Err())
	return out
}

func (h *house) wholeHistory(w *commonpb.WorkflowExecution) string {
	h.t.Helper()
	var out bytes.Buffer
	for _, e := range h.events(w) {
		out.WriteString(e.String())
	}
	return out.String()
}

func (h *house) wholeStream(name string) string {
	h.t.Helper()
	var out bytes.Buffer
	stream, err := h.JetStream.Stream(h.ctx, name)
	require.NoError(h.t, err)
	state := stream.CachedInfo().State
	for sequence := state.FirstSeq; sequence > 0 && sequence <= state.LastSeq; sequence++ {
		msg, err := stream.GetMsg(h.ctx, sequence)
		if err == jetstream.ErrMsgNotFound { //nolint:errorlint // it was replaced by a later one
			continue
		}
		require.NoError(h.t, err)
		out.WriteString(msg.Subject)
		for key, values := range msg.Header {
			out.WriteString(key)
			for _, v := range values {
				out.WriteString(v)
			}
		}
		out.Write(msg.Data)
	}
	return out.String()
}
