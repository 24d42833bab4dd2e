package observabilitytest_test

import (
	"context"
	"encoding/base64"
	"fmt"
	"maps"
	"math"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"

	"slipway/console/access"
	"slipway/devstack/chaos/system"
	"slipway/devstack/scenario"
	"slipway/devstack/stack"
)

const (
	// lifetime bounds a house, and patience what is waited for in it; they take a fraction of it when all is well.
	lifetime, patience = 8 * time.Minute, 2 * time.Minute
	// pause lies between two looks at what is waited for; each has all roles gather what they serve.
	pause = time.Second
)

// The roles by the names of their commands.
const (
	roleWorker, roleStarter, roleConsole, roleNotifier, roleCodec = "worker", "starter", "console", "notifier", "codec-server"
)

// house has the roles run as operators do, and reads what they serve.
type house struct {
	*stack.Stack

	t   *testing.T
	ctx context.Context
	// roles are the processes by their names.
	roles map[string]*scenario.Process
	// binary is the program of all roles, env their environment, and own what a single role has besides.
	binary string
	env    map[string]string
	own    map[string]map[string]string
	// token signs in at the console.
	token string
	// ways are those of the roles to NATS and Temporal.
	ways map[string]*system.Link
	// channel is the status with which the channel of the notifier answers.
	channel atomic.Int64
}

// The names of what house.ways has, which are those of the checks of roles.
const toNATS, toTemporal = "nats", "temporal"

func start(t *testing.T, roles ...string) *house {
	t.Helper()
	binary := os.Getenv("SLIPWAY_BIN") //nolint:forbidigo // the build says where the binary is
	require.NotEmpty(t, binary, "SLIPWAY_BIN must name a slipway binary; run `make test-system`")
	ctx, cancel := context.WithTimeout(t.Context(), lifetime)
	s, err := stack.Start(ctx, stack.Config{WithoutWorker: true, WithoutStarter: true, Speed: 100, Settle: time.Second, Log: zerolog.Nop()})
	require.NoError(t, err)
	h := &house{
		Stack: s, t: t, ctx: ctx, binary: binary, env: s.Env(), token: access.NewToken(),
		roles: map[string]*scenario.Process{}, ways: map[string]*system.Link{},
	}
	h.channel.Store(http.StatusNoContent)
	t.Cleanup(func() {
		for _, process := range h.roles {
			require.NoError(t, process.Stop())
		}
		cancel()
		require.NoError(t, s.Close())
	})
	h.env["NATS_URL"] = "nats://" + h.way(toNATS, strings.TrimPrefix(s.NATS(), "nats://"))
	h.env["TEMPORAL_ADDRESS"] = h.way(toTemporal, s.Temporal())
	h.own = h.settings()
	for _, role := range roles {
		h.launch(role)
	}
	return h
}

// The secrets of webhooks, and the ID of a key.
const pathSecret, harborToken, keyID = "path-0123456789abcdef0123456789abcdef", "harbor-0123456789abcdef0123456789abcd", "first"

// settings are those that single roles have.
func (h *house) settings() map[string]map[string]string {
	h.t.Helper()
	dir := h.t.TempDir()
	file := func(name, text string) string {
		path := filepath.Join(dir, name)
		require.NoError(h.t, os.WriteFile(path, []byte(text), 0o600))
		return path
	}
	key := base64.StdEncoding.EncodeToString([]byte(strings.Repeat("k", 32)))
	keys := h.t.TempDir()
	require.NoError(h.t, os.WriteFile(filepath.Join(keys, keyID), []byte(key), 0o600))
	return map[string]map[string]string{
		roleConsole: {
			"SLIPWAY_CONSOLE_ADDR": "127.0.0.1:0", "SLIPWAY_CONSOLE_TOKENS_FILE": file("tokens", access.Line("ann", h.token, time.Time{})+"\n"),
			"SLIPWAY_HOOKS_ADDR": "127.0.0.1:0", "SLIPWAY_HOOKS_SENDERS": "harbor",
			"SLIPWAY_HOOKS_SECRET_FILE": file("path", pathSecret+"\n"), "SLIPWAY_HARBOR_TOKEN_FILE": file("harbor", harborToken+"\n"),
		},
		roleCodec: {"SLIPWAY_CODEC_LISTEN": "127.0.0.1:0", "SLIPWAY_PAYLOAD_KEYS": keys, "SLIPWAY_PAYLOAD_KEY": keyID},
		roleNotifier: {"SLIPWAY_NOTIFICATIONS": file("notifications.yaml", fmt.Sprintf(
			`{apiVersion: slipway.dev/v1, kind: Notifications, spec: {
  channels: [{name: team, type: webhook, urlFile: %s, secretFile: %s}], rules: [{to: [team], when: [all]}]}}`,
			file("url", h.serveChannel()), file("secret", "whsec_"+key)))},
	}
}

// serveChannel serves what the notifier tells of everything, and returns its URL.
func (h *house) serveChannel() string {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(int(h.channel.Load())) }))
	h.t.Cleanup(server.Close)
	return server.URL
}

// launch starts a role, which is stopped at the end of the test.
func (h *house) launch(role string) {
	h.t.Helper()
	env := maps.Clone(h.env)
	maps.Copy(env, h.own[role])
	process, err := scenario.Launch{Binary: h.binary, Role: role, Env: env}.Start(context.WithoutCancel(h.ctx))
	require.NoError(h.t, err)
	h.roles[role] = process
}

// kill ends a role, which learns nothing of it.
func (h *house) kill(role string) {
	h.t.Helper()
	require.NoError(h.t, h.roles[role].Kill())
	delete(h.roles, role)
}

// way opens a way of the roles to a server, and returns where it begins.
func (h *house) way(name, address string) string {
	h.t.Helper()
	link, err := system.NewLink("roles", name, address)
	require.NoError(h.t, err)
	h.t.Cleanup(func() { require.NoError(h.t, link.Close()) })
	h.ways[name] = link
	return link.Addr()
}

// series is one time series, as Prometheus' tests write it.
type series struct {
	name   string
	labels map[string]string
}

func (s series) String() string {
	var all []string
	for _, label := range slices.Sorted(maps.Keys(s.labels)) {
		all = append(all, fmt.Sprintf("%s=%q", label, s.labels[label]))
	}
	return s.name + "{" + strings.Join(all, ",") + "}"
}

// of is a series as Prometheus has it of a role: with its job and its instance.
func of(role, name string, pairs ...string) string {
	labels := map[string]string{"instance": role, "job": "slipway-" + role}
	for i := 0; i < len(pairs); i += 2 {
		labels[pairs[i]] = pairs[i+1]
	}
	return series{name, labels}.String()
}

// metricOf is the metric of a series.
func metricOf(series string) string {
	name, _, _ := strings.Cut(series, "{")
	return name
}

// page is what the roles serve at one time: the values of series.
type page map[string]float64

// scrape reads what the roles serve, as Prometheus does: each series with its job and its instance.
func (h *house) scrape() page {
	h.t.Helper()
	found := page{}
	for role, process := range h.roles {
		addr, err := process.Addr(h.ctx, scenario.ServesHealth)
		require.NoError(h.t, err)
		found[of(role, "up")] = 1
		for _, family := range h.families("http://" + addr + "/metrics") {
			for _, metric := range family.GetMetric() {
				labels := map[string]string{"job": "slipway-" + role, "instance": role}
				for _, pair := range metric.GetLabel() {
					labels[pair.GetName()] = pair.GetValue()
				}
				found.add(family, metric, labels)
			}
		}
	}
	return found
}

func (h *house) families(url string) map[string]*dto.MetricFamily {
	h.t.Helper()
	req, err := http.NewRequestWithContext(h.ctx, http.MethodGet, url, http.NoBody)
	require.NoError(h.t, err)
	answer, err := http.DefaultClient.Do(req)
	require.NoError(h.t, err)
	defer func() { require.NoError(h.t, answer.Body.Close()) }()
	reader := expfmt.NewTextParser(model.UTF8Validation)
	families, err := reader.TextToMetricFamilies(answer.Body)
	require.NoError(h.t, err)
	return families
}

// add adds the series of a metric.
func (p page) add(family *dto.MetricFamily, metric *dto.Metric, labels map[string]string) {
	name := family.GetName()
	switch family.GetType() {
	case dto.MetricType_COUNTER:
		p[series{name, labels}.String()] = metric.GetCounter().GetValue()
	case dto.MetricType_GAUGE:
		p[series{name, labels}.String()] = metric.GetGauge().GetValue()
	case dto.MetricType_HISTOGRAM:
		h := metric.GetHistogram()
		p[series{name + "_sum", labels}.String()], p[series{name + "_count", labels}.String()] = h.GetSampleSum(), float64(h.GetSampleCount())
		for _, bucket := range h.GetBucket() {
			below := maps.Clone(labels)
			below["le"] = fmt.Sprint(bucket.GetUpperBound())
			if math.IsInf(bucket.GetUpperBound(), 1) {
				below["le"] = "+Inf"
			}
			p[series{name + "_bucket", below}.String()] = float64(bucket.GetCumulativeCount())
		}
	case dto.MetricType_UNTYPED, dto.MetricType_SUMMARY, dto.MetricType_GAUGE_HISTOGRAM: // of Go's runtime
	}
}

// sum adds up the values of a metric.
func (p page) sum(metric string) (sum float64) {
	for name, value := range p {
		if metricOf(name) == metric {
			sum += value
		}
	}
	return sum
}

// of are the lines of some metrics, for whoever reads why a test has failed.
func (p page) of(metrics ...string) string {
	var lines []string
	for _, name := range slices.Sorted(maps.Keys(p)) {
		if slices.Contains(metrics, metricOf(name)) {
			lines = append(lines, fmt.Sprint(name, " ", p[name]))
		}
	}
	return strings.Join(lines, "\n")
}

// until waits until what the roles serve is as it is wanted, and returns it; the metrics are those that it goes by.
func (h *house) until(wanted func(page) bool, metrics ...string) page {
	h.t.Helper()
	tick, end := time.NewTicker(pause), time.After(patience)
	defer tick.Stop()
	for {
		p := h.scrape()
		if wanted(p) {
			return p
		}
		select {
		case <-tick.C:
		case <-end:
			require.FailNow(h.t, "the roles do not serve what is waited for", p.of(metrics...))
		}
	}
}

// shows waits until the roles serve a value.
func (h *house) shows(name string, value float64) {
	h.t.Helper()
	h.until(func(p page) bool {
		got, served := p[name]
		return served && got == value
	}, metricOf(name))
}

// span is a time of some minutes at the end of which a page is served.
type span struct {
	minutes int
	page    page
}

// ageOfMessages grows by itself: it is an age.
const ageOfMessages = "slipway_messages_oldest_seconds"

// history is what Prometheus has read in spans of time, one after the other, minute by minute. What is counted has risen evenly since the page before; all
// else has been so for the whole span, and what a page lacks has ended.
func history(spans ...span) map[string]string {
	values := map[string][]string{}
	passed, before := 0, page{}
	for _, s := range spans {
		for name, value := range s.page {
			for range passed - len(values[name]) {
				values[name] = append(values[name], "_")
			}
			from, known := before[name]
			for minute := 1; minute <= s.minutes; minute++ {
				at := value
				switch rises := value - from; {
				case known && rises > 0 && counts(metricOf(name)) && minute < s.minutes:
					at = from + math.Floor(rises*float64(minute)/float64(s.minutes))
				case value > 0 && metricOf(name) == ageOfMessages:
					at += (time.Duration(minute) * time.Minute).Seconds()
				}
				values[name] = append(values[name], fmt.Sprint(at))
			}
		}
		passed, before = passed+s.minutes, s.page
	}
	all := map[string]string{}
	for name, each := range values {
		all[name] = strings.Join(each, " ")
	}
	return all
}

// counts reports whether a metric is a counter, or counts as one.
func counts(metric string) bool {
	for _, suffix := range []string{"_total", "_bucket", "_sum", "_count"} {
		if strings.HasSuffix(metric, suffix) {
			return true
		}
	}
	return false
}
