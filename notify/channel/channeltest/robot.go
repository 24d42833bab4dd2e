package channeltest

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"io"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"slipway/notify"
)

// Robot is a service that takes messages by HTTP at an address that nobody else knows.
type Robot struct {
	record

	tb      testing.TB
	kind    notify.ChannelType
	service service
	clock   *clock
	server  *httptest.Server

	state    sync.Mutex
	token    string
	secret   string
	keyword  string
	failures []Failure
	down     bool
	held     chan struct{}
	taken    []time.Time
	resting  time.Time
}

// Failure is an answer that is given instead of taking a message.
type Failure struct {
	Status int
	Header http.Header
	Body   string
}

// service is what is particular about the service of one type.
type service struct {
	// path is where robots are; the token comes behind it.
	path string
	// secret returns a new secret; where it is nil, the service has none.
	secret func() string
	// limit is how many messages are taken in a minute, where the service has documented it, and rest for how long none
	// is taken when it was passed.
	limit int
	rest  time.Duration
	// take looks at a request and returns what people see of it, or an answer if it is not taken.
	take func(r request) (Told, *Failure)
	// done is the answer to a message that was taken, limited the one to one too many, gone the one where no robot is.
	done, limited, gone Failure
	// foreign is the answer where the robot's keyword is missing; where it is nil the service has no keywords.
	foreign *Failure
}

// request is what a service looks at.
type request struct {
	now    time.Time
	secret string
	url    map[string][]string
	header http.Header
	body   []byte
}

func newRobot(tb testing.TB, kind notify.ChannelType, s service, c *clock) *Robot {
	tb.Helper()
	r := &Robot{record: newRecord(), tb: tb, kind: kind, service: s, clock: c}
	r.Revoke()
	r.server = httptest.NewServer(r)
	tb.Cleanup(func() {
		r.Release()
		r.server.Close()
	})
	return r
}

// Channel is a channel to the robot, by the address and the secret that it has now.
func (r *Robot) Channel(name string) notify.Channel {
	r.tb.Helper()
	c := notify.Channel{Name: name, Type: r.kind, URLFile: secretIn(r.tb, "")}
	if r.service.secret != nil {
		c.SecretFile = secretIn(r.tb, "")
	}
	r.Write(c)
	return c
}

// Write writes the address and the secret that the robot has now into the files of a channel.
func (r *Robot) Write(c notify.Channel) {
	r.tb.Helper()
	r.state.Lock()
	defer r.state.Unlock()
	require.NoError(r.tb, os.WriteFile(c.URLFile, []byte(r.server.URL+r.service.path+r.token+"\n"), 0o600))
	if c.SecretFile != "" {
		require.NoError(r.tb, os.WriteFile(c.SecretFile, []byte(r.secret+"\n"), 0o600))
	}
}

// Token is the part of the address that is a secret, Secret that by which messages are signed.
func (r *Robot) Token() string {
	r.state.Lock()
	defer r.state.Unlock()
	return r.token
}

// Secret is by what messages are signed, where they are.
func (r *Robot) Secret() string {
	r.state.Lock()
	defer r.state.Unlock()
	return r.secret
}

// Revoke gives the robot another address and another secret: those that channels have are no longer good.
func (r *Robot) Revoke() {
	r.state.Lock()
	defer r.state.Unlock()
	r.token = rand.Text()
	r.secret = ""
	if r.service.secret != nil {
		r.secret = r.service.secret()
	}
}

// RevokeSecret gives the robot another secret.
func (r *Robot) RevokeSecret() {
	r.state.Lock()
	defer r.state.Unlock()
	r.secret = r.service.secret()
}

// SetKeyword lets the robot take messages alone that have a word in them.
func (r *Robot) SetKeyword(word string) {
	require.NotNil(r.tb, r.service.foreign, "%s has no keywords", r.kind)
	r.state.Lock()
	defer r.state.Unlock()
	r.keyword = word
}

// Fail lets so many requests fail that come next.
func (r *Robot) Fail(times int, f Failure) {
	r.state.Lock()
	defer r.state.Unlock()
	for range times {
		r.failures = append(r.failures, f)
	}
}

// SetDown lets every connection end without an answer, or no longer.
func (r *Robot) SetDown(down bool) {
	r.state.Lock()
	defer r.state.Unlock()
	r.down = down
}

// Hold keeps the answers to messages back that are taken from now on, until they are released.
func (r *Robot) Hold() {
	r.state.Lock()
	defer r.state.Unlock()
	if r.held == nil {
		r.held = make(chan struct{})
	}
}

// Release gives the answers that were kept back.
func (r *Robot) Release() {
	r.state.Lock()
	defer r.state.Unlock()
	if r.held != nil {
		close(r.held)
		r.held = nil
	}
}

// most is more than any service takes, in bytes.
const most = 1 << 20

func (r *Robot) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	body, err := io.ReadAll(io.LimitReader(req.Body, most))
	if err != nil {
		return
	}
	told, failure := r.judge(req, body)
	if failure == nil {
		r.add(told)
	}
	r.try() // before the answer, after which who has sent it may ask for the number
	switch {
	case failure == nil:
		r.wait(req.Context())
		answer(w, r.service.done)
	case failure.Status == 0:
		hangUp(w)
	default:
		answer(w, *failure)
	}
}

// judge is what people see of a request, or why they do not. A failure without a status is none that is answered.
func (r *Robot) judge(req *http.Request, body []byte) (Told, *Failure) {
	r.state.Lock()
	defer r.state.Unlock()
	now := r.clock.Now()
	switch {
	case r.down:
		return Told{}, &Failure{}
	case len(r.failures) > 0:
		f := r.failures[0]
		r.failures = r.failures[1:]
		return Told{}, &f
	case req.Method != http.MethodPost || !strings.HasPrefix(req.Header.Get("Content-Type"), "application/json"):
		return Told{}, &Failure{Status: http.StatusMethodNotAllowed, Body: "post JSON"}
	case !r.isAt(req):
		return Told{}, &r.service.gone
	}
	told, failure := r.service.take(request{now: now, secret: r.secret, url: req.URL.Query(), header: req.Header, body: body})
	switch {
	case failure != nil:
		return Told{}, failure
	case r.keyword != "" && !strings.Contains(told.Title+"\n"+told.Text, r.keyword):
		return Told{}, r.service.foreign
	case r.tooMany(now):
		return Told{}, &r.service.limited
	}
	told.Body = body
	return told, nil
}

func (r *Robot) isAt(req *http.Request) bool {
	path, query, _ := strings.Cut(r.service.path, "?")
	if query == "" {
		return req.URL.Path == path+r.token
	}
	return req.URL.Path == path && req.URL.Query().Get(strings.TrimSuffix(query, "=")) == r.token
}

// tooMany counts a message, and reports whether it is one too many.
func (r *Robot) tooMany(now time.Time) bool {
	if r.service.limit == 0 {
		return false
	}
	if now.Before(r.resting) {
		return true
	}
	for len(r.taken) > 0 && now.Sub(r.taken[0]) >= time.Minute {
		r.taken = r.taken[1:]
	}
	if len(r.taken) >= r.service.limit {
		r.resting = now.Add(r.service.rest)
		return true
	}
	r.taken = append(r.taken, now)
	return false
}

// wait waits while answers are kept back.
func (r *Robot) wait(ctx context.Context) {
	r.state.Lock()
	held := r.held
	r.state.Unlock()
	if held == nil {
		return
	}
	select {
	case <-held:
	case <-ctx.Done():
	}
}

func answer(w http.ResponseWriter, f Failure) {
	maps.Copy(w.Header(), f.Header)
	w.Header().Set("Content-Length", strconv.Itoa(len(f.Body)))
	w.WriteHeader(f.Status)
	_, _ = io.WriteString(w, f.Body)
}

// hangUp ends a connection without an answer.
func hangUp(w http.ResponseWriter) {
	if conn, _, err := http.NewResponseController(w).Hijack(); err == nil {
		if tcp, ok := conn.(*net.TCPConn); ok {
			_ = tcp.SetLinger(0)
		}
		_ = conn.Close()
	}
}

func randomSecret(prefix string, bytes int) string {
	secret := make([]byte, bytes)
	_, _ = rand.Read(secret)
	return prefix + base64.StdEncoding.EncodeToString(secret)
}
