package gates

import (
	"crypto/x509"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"slipway/release"
)

func TestTransport_NothingIsReadBeforeSomethingWasAsked(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		client, server := net.Pipe()
		conn, said := newAskedFirst(client), make(chan string, 1)
		go func() {
			b := make([]byte, 10)
			n, _ := conn.Read(b)
			said <- string(b[:n])
		}()
		go func() { _, _ = server.Write([]byte("early")) }()
		synctest.Wait()
		require.Empty(t, said)
		go func() { _, _ = server.Read(make([]byte, 10)) }()
		_, err := conn.Write([]byte("asked"))
		require.NoError(t, err)
		require.Equal(t, "early", <-said)
		require.NoError(t, conn.Close())
		require.NoError(t, conn.Close(), "and again, as the HTTP client may")
		require.NoError(t, server.Close())
	})
}

func TestTransport_AConnectionThatIsClosedReadsNoMore(t *testing.T) {
	t.Parallel()
	client, server := net.Pipe()
	conn := newAskedFirst(client)
	require.NoError(t, conn.Close())
	_, err := conn.Read(make([]byte, 1))
	require.Error(t, err)
	require.NoError(t, server.Close())
}

func TestTransport_ServersWithTLSAreAsked(t *testing.T) {
	t.Parallel()
	for _, http2 := range []bool{false, true} {
		var protocol int
		server := httptest.NewUnstartedServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { protocol = r.ProtoMajor }))
		server.EnableHTTP2 = http2
		server.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
		server.StartTLS()
		t.Cleanup(server.Close)
		list, err := parseAllowList([]string{"127.0.0.1"})
		require.NoError(t, err)
		dialer := newDialer(list)
		dialer.roots = x509.NewCertPool()
		dialer.roots.AddCert(server.Certificate())
		g, err := New(Config{Allow: []string{"127.0.0.1"}, Transport: guardedTransport(dialer)})
		require.NoError(t, err)
		s, err := g.sample(t.Context(), release.MeasureInput{Gate: release.Gate{HTTP: &release.HTTPGate{URL: server.URL}}.WithDefaults()})
		require.NoError(t, err)
		require.Equal(t, "200", s.Value, s.Note)
		require.Equal(t, map[bool]int{false: 1, true: 2}[http2], protocol)
	}
}
