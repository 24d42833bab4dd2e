// Package channeltest has services on loopback that take messages as those of the channels do, by what their makers
// document: they check signatures, sizes and rates, and show what people would see. Nothing here is for production.
package channeltest

import (
	"crypto/x509"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"slipway/notify"
)

// Fakes are services of every type, each with one place to which messages go. They end with the test.
type Fakes struct {
	tb     testing.TB
	clock  *clock
	tls    *httptest.Server // for its certificate
	robots map[notify.ChannelType]*Robot
	mail   *Mailbox
	stream *Stream
}

// New starts the services.
func New(tb testing.TB) *Fakes {
	tb.Helper()
	f := &Fakes{tb: tb, clock: &clock{now: time.Now}, robots: map[notify.ChannelType]*Robot{}, stream: &Stream{record: newRecord(), known: map[string]uint64{}}}
	f.tls = httptest.NewTLSServer(nil)
	tb.Cleanup(f.tls.Close)
	for kind, service := range services() {
		f.robots[kind] = newRobot(tb, kind, service, f.clock)
	}
	f.mail = newMailbox(tb, f.tls.TLS.Certificates)
	return f
}

// Slack is a conversation with an incoming webhook.
func (f *Fakes) Slack() *Robot { return f.robots[notify.Slack] }

// DingTalk is a group with a custom robot.
func (f *Fakes) DingTalk() *Robot { return f.robots[notify.DingTalk] }

// Feishu is a group with a custom bot.
func (f *Fakes) Feishu() *Robot { return f.robots[notify.Feishu] }

// WeCom is a group with a robot.
func (f *Fakes) WeCom() *Robot { return f.robots[notify.WeCom] }

// Webhook is a receiver of Standard Webhooks.
func (f *Fakes) Webhook() *Robot { return f.robots[notify.Webhook] }

// Robot is the service of a type that takes HTTP requests.
func (f *Fakes) Robot(kind notify.ChannelType) *Robot { return f.robots[kind] }

// Mail is a mail server with one mailbox for everybody.
func (f *Fakes) Mail() *Mailbox { return f.mail }

// NATS stands for a stream that takes every subject.
func (f *Fakes) NATS() *Stream { return f.stream }

// Roots are the authorities by which the mail server is known.
func (f *Fakes) Roots() *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AddCert(f.tls.Certificate())
	return pool
}

// SetNow sets the clock of all services. It is the real one until then.
func (f *Fakes) SetNow(now time.Time) {
	f.clock.mu.Lock()
	defer f.clock.mu.Unlock()
	f.clock.now = func() time.Time { return now }
}

// Now is what the clock of the services shows.
func (f *Fakes) Now() time.Time { return f.clock.Now() }

type clock struct {
	mu  sync.Mutex
	now func() time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now()
}

// secretIn writes a secret into a file of its own.
func secretIn(tb testing.TB, secret string) string {
	tb.Helper()
	path := filepath.Join(tb.TempDir(), "secret")
	require.NoError(tb, os.WriteFile(path, []byte(secret+"\n"), 0o600))
	return path
}
