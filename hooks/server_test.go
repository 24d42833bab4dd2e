package hooks_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"
	"golang.org/x/time/rate"

	"slipway/hooks"
	"slipway/internal/metrictest"
	"slipway/wire"
)

const (
	pathSecret  = "path-0123456789abcdef0123456789abcdef"
	olderSecret = "older-0123456789abcdef0123456789abcde"
	harborToken = "harbor-0123456789abcdef0123456789abcd"
	genericKey  = "generic-0123456789abcdef0123456789abc"
	eventsToken = "events-0123456789abcdef0123456789abcd"
)

// world is a server of webhooks, with what stores the pushes in the place of JetStream.
type world struct {
	url     string
	metrics *prometheus.Registry

	mu   sync.Mutex
	msgs []*nats.Msg
	away error
	log  bytes.Buffer
}

// Write takes lines of the log.
func (w *world) Write(line []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.log.Write(line)
}

func (w *world) publish(_ context.Context, msg *nats.Msg) (bool, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.away != nil {
		return false, w.away
	}
	id := msg.Header.Get(jetstream.MsgIDHeader)
	if slices.ContainsFunc(w.msgs, func(m *nats.Msg) bool { return m.Header.Get(jetstream.MsgIDHeader) == id }) {
		return false, nil
	}
	w.msgs = append(w.msgs, msg)
	return true, nil
}

// now is the time of the server.
func now() time.Time { return pushedAt().Add(time.Minute) }

func serve(t *testing.T, change func(*hooks.Config)) *world {
	t.Helper()
	w := &world{metrics: prometheus.NewRegistry()}
	cfg := hooks.Config{
		Addr: "127.0.0.1:0", PathSecrets: map[string][]string{hooks.AnySender: {pathSecret, olderSecret}}, Publish: w.publish, Now: now, Metrics: w.metrics, Logger: zerolog.New(w),
		Senders: map[string][]string{"acr": nil, "harbor": {harborToken}, "generic": {genericKey}, "cdevents": {eventsToken}},
	}
	if change != nil {
		change(&cfg)
	}
	server, err := hooks.Listen(t.Context(), cfg)
	require.NoError(t, err)
	w.url = "http://" + server.Addr()
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	done := make(chan error, 1)
	go func() { done <- server.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		require.NoError(t, <-done)
		for _, secret := range []string{pathSecret, olderSecret, harborToken, genericKey, eventsToken, "wrong-secret"} {
			require.NotContains(t, w.log.String(), secret)
		}
	})
	return w
}

// call is a request, by default a push of Harbor that is taken.
type call struct {
	method, path, body string
	header             map[string]string
}

type reply struct {
	status int
	header http.Header
	body   string
}

func (w *world) do(t *testing.T, c call) reply {
	t.Helper()
	if c.method == "" {
		c.method = http.MethodPost
	}
	req, err := http.NewRequestWithContext(t.Context(), c.method, w.url+c.path, strings.NewReader(c.body))
	require.NoError(t, err)
	for name, value := range c.header {
		req.Header.Set(name, value)
	}
	resp, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	return reply{resp.StatusCode, resp.Header, string(text)}
}

func harborCall() call {
	return call{path: "/hooks/" + pathSecret + "/harbor", body: harborPush, header: map[string]string{"Authorization": "Bearer " + harborToken}}
}

// genericCall is signed at a time.
func genericCall(key string, at time.Time) call {
	return call{path: "/hooks/" + pathSecret + "/generic", body: genericPush, header: map[string]string{
		hooks.HeaderTime: strconv.FormatInt(at.Unix(), 10), hooks.HeaderSignature: hooks.Sign(key, at, []byte(genericPush)),
	}}
}

// A webhook that proves who it is of is stored, and the same one again is the same event.
func TestServer_Takes(t *testing.T) {
	t.Parallel()
	token := harborCall()
	token.header = map[string]string{"Authorization": harborToken}
	older := harborCall()
	older.path = "/hooks/" + olderSecret + "/harbor"
	bare := maps.Clone(map[string]string{"Authorization": "Bearer " + eventsToken})
	binary := maps.Clone(bare)
	for name := range cdeventHeader() {
		binary[name] = cdeventHeader().Get(name)
	}
	for name, c := range map[string]call{
		"Harbor":                     harborCall(),
		"Harbor, the token alone":    token,
		"the older secret":           older,
		"ACR":                        {path: "/hooks/" + pathSecret + "/acr?registry=registry.cn-hangzhou.aliyuncs.com", body: acrPush},
		"generic":                    genericCall(genericKey, now()),
		"generic, signed before":     genericCall(genericKey, now().Add(-hooks.Window)),
		"CDEvents":                   {path: "/hooks/" + pathSecret + "/cdevents", body: cdeventCloudEvent, header: bare},
		"CDEvents in binary mode":    {path: "/hooks/" + pathSecret + "/cdevents", body: cdevent, header: binary},
		"Harbor, several at once":    {path: harborCall().path, body: harborCloudEvent, header: harborCall().header},
		"Harbor, without any spaces": {path: harborCall().path, body: strings.Join(strings.Fields(harborPush), ""), header: harborCall().header},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := serve(t, nil)
			for _, stored := range []bool{true, false} {
				got := w.do(t, c)
				require.Equal(t, http.StatusAccepted, got.status, got.body)
				var taken hooks.Taken
				require.NoError(t, json.Unmarshal([]byte(got.body), &taken))
				require.Len(t, w.msgs, len(taken.Pushes))
				for i, p := range taken.Pushes {
					read, err := wire.DecodePublished(w.msgs[i])
					require.NoError(t, err)
					require.Equal(t, hooks.TakenPush{Image: read.Image, Tag: read.Tag, Digest: read.Digest, Source: read.Source, ID: read.EventID, Stored: stored}, p)
					require.True(t, strings.HasPrefix(w.msgs[i].Subject, "slipway.artifact.shop-"), w.msgs[i].Subject)
				}
			}
		})
	}
}

// Where a sender does not tell when it was pushed, that is when the webhook came.
func TestServer_WhenItCame(t *testing.T) {
	t.Parallel()
	w := serve(t, nil)
	acr := call{path: "/hooks/" + pathSecret + "/acr?registry=registry.cn-hangzhou.aliyuncs.com", body: acrPush}
	for want, c := range map[time.Time]call{now(): acr, pushedAt(): harborCall()} {
		require.Equal(t, http.StatusAccepted, w.do(t, c).status)
		read, err := wire.DecodePublished(w.msgs[len(w.msgs)-1])
		require.NoError(t, err)
		require.Equal(t, want, read.At)
	}
}

func TestServer_AsAnIdentity(t *testing.T) {
	t.Parallel()
	w := serve(t, func(c *hooks.Config) { c.Identity = "slipway-console" })
	require.Equal(t, http.StatusAccepted, w.do(t, harborCall()).status)
	require.Equal(t, "slipway-console", wire.SubjectIdentity(w.msgs[0].Subject))
}

// What is not taken says why, is counted and leaves nothing.
func TestServer_Refuses(t *testing.T) {
	t.Parallel()
	harbor := func(change func(*call)) call {
		c := harborCall()
		change(&c)
		return c
	}
	forged := genericCall(genericKey, now())
	forged.body = strings.Replace(forged.body, "1.4.2", "6.6.6", 1)
	later := genericCall(genericKey, now().Add(-time.Hour))
	later.header[hooks.HeaderTime] = strconv.FormatInt(now().Unix(), 10)
	for name, test := range map[string]struct {
		call    call
		status  int
		says    string
		counted string
	}{
		"a wrong secret":              {harbor(func(c *call) { c.path = "/hooks/wrong-secret-0123456789abcdef0123456789/harbor" }), 404, `{"error":"not found"}`, "not-found unknown"},
		"a wrong secret with GET":     {harbor(func(c *call) { c.method, c.path = http.MethodGet, "/hooks/wrong-secret/harbor" }), 404, `{"error":"not found"}`, "not-found unknown"},
		"another path":                {harbor(func(c *call) { c.path = "/" }), 404, `{"error":"not found"}`, "not-found unknown"},
		"no sender":                   {harbor(func(c *call) { c.path = "/hooks/" + pathSecret }), 404, `{"error":"not found"}`, "not-found unknown"},
		"a sender that is not taken":  {harbor(func(c *call) { c.path = "/hooks/" + pathSecret + "/dockerhub" }), 404, `{"error":"not found"}`, "not-found unknown"},
		"GET":                         {harbor(func(c *call) { c.method = http.MethodGet }), 405, "send POST", "method harbor"},
		"Harbor without its token":    {harbor(func(c *call) { c.header = nil }), 401, "token is missing or wrong", "unauthorized harbor"},
		"Harbor with another token":   {harbor(func(c *call) { c.header = map[string]string{"Authorization": "Bearer " + eventsToken} }), 401, "token is missing or wrong", "unauthorized harbor"},
		"CDEvents with no scheme":     {call{path: "/hooks/" + pathSecret + "/cdevents", body: cdeventCloudEvent, header: map[string]string{"Authorization": eventsToken}}, 401, "token is missing or wrong", "unauthorized cdevents"},
		"generic without a signature": {call{path: genericCall("", now()).path, body: genericPush}, 401, "the signature is missing", "unauthorized generic"},
		"generic with another key":    {genericCall(harborToken, now()), 401, "of another key, time or body", "unauthorized generic"},
		"generic with another body":   {forged, 401, "of another key, time or body", "unauthorized generic"},
		"generic with another time":   {later, 401, "of another key, time or body", "unauthorized generic"},
		"generic, an old one":         {genericCall(genericKey, now().Add(-hooks.Window-time.Second)), 401, "sign it anew", "stale generic"},
		"generic, one to come":        {genericCall(genericKey, now().Add(hooks.Window+time.Second)), 401, "sign it anew", "stale generic"},
		"an oversized one":            {harbor(func(c *call) { c.body = strings.Repeat(" ", hooks.MaxBody) + harborPush }), 413, "larger than 262144 bytes", "too-large harbor"},
		"no JSON":                     {harbor(func(c *call) { c.body = "PUSH" }), 422, `"field":"data"`, "invalid harbor"},
		"ACR without its registry":    {call{path: "/hooks/" + pathSecret + "/acr", body: acrPush}, 422, "add its domain to the URL of the trigger", "invalid acr"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := serve(t, nil)
			got := w.do(t, test.call)
			require.Equal(t, test.status, got.status, got.body)
			require.Contains(t, got.body, test.says)
			require.Empty(t, w.msgs)
			counted := metrictest.Values(t, w.metrics)
			require.InDelta(t, 1, counted["slipway_hooks_requests_total "+test.counted], 0, "%v", counted)
		})
	}
}

func TestServer_Ignores(t *testing.T) {
	t.Parallel()
	w := serve(t, nil)
	c := harborCall()
	c.body = strings.Replace(c.body, "PUSH_ARTIFACT", "PULL_ARTIFACT", 1)
	got := w.do(t, c)
	require.Equal(t, http.StatusOK, got.status)
	require.JSONEq(t, `{"ignored":"\"PULL_ARTIFACT\" is no push; those of Harbor are PUSH_ARTIFACT"}`, got.body)
	require.Empty(t, w.msgs)
	require.Contains(t, w.log.String(), "webhook ignored")
}

// What cannot be stored is to be sent again, and is then the same.
func TestServer_NATSIsAway(t *testing.T) {
	t.Parallel()
	w := serve(t, nil)
	w.away = errors.New("no responders")
	got := w.do(t, harborCall())
	require.Equal(t, http.StatusServiceUnavailable, got.status)
	require.Equal(t, "5", got.header.Get("Retry-After"))
	require.NotContains(t, got.body, "no responders", "what is within is for the log")
	w.away = nil
	require.Equal(t, http.StatusAccepted, w.do(t, harborCall()).status)
}

// One sender that sends too much holds up no other.
func TestServer_RateLimit(t *testing.T) {
	t.Parallel()
	w := serve(t, func(c *hooks.Config) { c.Rate, c.Burst = rate.Every(time.Minute), 2 })
	for _, want := range []int{202, 202, 429} {
		require.Equal(t, want, w.do(t, harborCall()).status)
	}
	require.Equal(t, "60", w.do(t, harborCall()).header.Get("Retry-After"))
	require.Equal(t, http.StatusAccepted, w.do(t, genericCall(genericKey, now())).status)
}

// Without the token, the key and the secret of a sender's path nobody uses up what it may send.
func TestServer_ForgersUseUpNothing(t *testing.T) {
	t.Parallel()
	harbor, generic := harborCall(), genericCall(genericKey, now())
	noToken, otherKey, otherPath := harborCall(), genericCall(harborToken, now()), genericCall(genericKey, now())
	noToken.header = nil
	otherPath.path = "/hooks/" + olderSecret + "/generic"
	for name, c := range map[string]struct {
		forged, own call
		status      int
	}{
		"Harbor":           {noToken, harbor, http.StatusUnauthorized},
		"generic":          {otherKey, generic, http.StatusUnauthorized},
		"the path of acr":  {otherPath, generic, http.StatusNotFound},
		"an old signature": {genericCall(genericKey, now().Add(-hooks.Window-time.Second)), generic, http.StatusUnauthorized},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := serve(t, func(c *hooks.Config) {
				c.Rate, c.Burst = rate.Every(time.Minute), 1
				c.PathSecrets = map[string][]string{hooks.AnySender: {pathSecret}, "acr": {olderSecret}}
			})
			for range 3 {
				require.Equal(t, c.status, w.do(t, c.forged).status)
			}
			require.Equal(t, http.StatusAccepted, w.do(t, c.own).status)
		})
	}
}

// The secret of a sender's path is that of no other sender, and one that has its own is not found by that of all.
func TestServer_APathSecretOfItsOwn(t *testing.T) {
	t.Parallel()
	w := serve(t, func(c *hooks.Config) {
		c.PathSecrets = map[string][]string{hooks.AnySender: {pathSecret}, "acr": {olderSecret}}
	})
	acr := func(secret string) call {
		return call{path: "/hooks/" + secret + "/acr?registry=registry.cn-hangzhou.aliyuncs.com", body: acrPush}
	}
	others := harborCall()
	others.path = "/hooks/" + olderSecret + "/harbor"
	for want, calls := range map[int][]call{
		http.StatusAccepted: {acr(olderSecret), harborCall(), genericCall(genericKey, now())},
		http.StatusNotFound: {acr(pathSecret), others},
	} {
		for _, c := range calls {
			require.Equal(t, want, w.do(t, c).status)
		}
	}
}

// Who holds up all that one sender may send at once keeps out no other.
func TestServer_SlowOnesKeepOutNoOtherSender(t *testing.T) {
	t.Parallel()
	w := serve(t, nil)
	for range 32 {
		conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", strings.TrimPrefix(w.url, "http://"))
		require.NoError(t, err)
		defer func() { _ = conn.Close() }()
		_, err = io.WriteString(conn, "POST /hooks/"+pathSecret+"/acr HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\nExpect: 100-continue\r\n\r\n")
		require.NoError(t, err)
		_, err = conn.Read(make([]byte, 9)) // it is asked for the body, which does not come
		require.NoError(t, err)
	}
	busy := w.do(t, call{path: "/hooks/" + pathSecret + "/acr?registry=registry.cn-hangzhou.aliyuncs.com", body: acrPush})
	require.Equal(t, http.StatusServiceUnavailable, busy.status)
	require.Equal(t, "5", busy.header.Get("Retry-After"))
	require.Equal(t, http.StatusAccepted, w.do(t, harborCall()).status)
	require.Equal(t, http.StatusAccepted, w.do(t, genericCall(genericKey, now())).status)
}

// A sender that does not get on is no fault of the server that ends.
func TestServer_EndsBesideASenderThatWaits(t *testing.T) {
	t.Parallel()
	w := &world{}
	ctx, stop := context.WithCancel(t.Context())
	s, err := hooks.Listen(ctx, hooks.Config{
		Addr: "127.0.0.1:0", PathSecrets: map[string][]string{hooks.AnySender: {pathSecret}}, Senders: map[string][]string{"acr": nil}, Publish: w.publish, Logger: zerolog.New(w),
	})
	require.NoError(t, err)
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx) }()
	conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", s.Addr())
	require.NoError(t, err)
	_, err = io.WriteString(conn, "POST /hooks/"+pathSecret+"/acr HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\nExpect: 100-continue\r\n\r\n")
	require.NoError(t, err)
	_, err = conn.Read(make([]byte, 9)) // it is asked for the body, which does not come
	require.NoError(t, err)
	stop()
	require.NoError(t, <-ended)
	require.NoError(t, conn.Close())
}

func TestListen_Refused(t *testing.T) {
	t.Parallel()
	good := func() hooks.Config {
		return hooks.Config{
			Addr: "127.0.0.1:0", PathSecrets: map[string][]string{hooks.AnySender: {pathSecret}}, Senders: map[string][]string{"harbor": {harborToken}},
			Publish: func(context.Context, *nats.Msg) (bool, error) { return true, nil },
		}
	}
	for says, spoil := range map[string]func(*hooks.Config){
		"Config.Publish is missing":               func(c *hooks.Config) { c.Publish = nil },
		"Config.PathSecrets has none for harbor":  func(c *hooks.Config) { c.PathSecrets = nil },
		"each of Config.PathSecrets has 32":       func(c *hooks.Config) { c.PathSecrets = map[string][]string{"harbor": {"short"}} },
		`has some of "acr", whose webhooks`:       func(c *hooks.Config) { c.PathSecrets["acr"] = []string{olderSecret} },
		"Config.Senders is missing":               func(c *hooks.Config) { c.Senders = nil },
		`"quay", which is none of`:                func(c *hooks.Config) { c.Senders = map[string][]string{"quay": nil} },
		"no secret of harbor where it needs one":  func(c *hooks.Config) { c.Senders = map[string][]string{"harbor": nil} },
		"one where it can prove nothing":          func(c *hooks.Config) { c.Senders = map[string][]string{"acr": {harborToken}} },
		"each secret of harbor has 32 characters": func(c *hooks.Config) { c.Senders = map[string][]string{"harbor": {strings.Repeat("a b", 20)}} },
		"cannot stand in a subject":               func(c *hooks.Config) { c.Identity = "a.b" },
	} {
		cfg := good()
		spoil(&cfg)
		_, err := hooks.Listen(t.Context(), cfg)
		require.ErrorContains(t, err, says)
		require.NotContains(t, err.Error(), "short")
	}
	_, err := hooks.Listen(t.Context(), good())
	require.NoError(t, err)
}
