package cli

import (
	"net"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// hanging is the address of a server that accepts connections and never answers.
func hanging(t *testing.T) string {
	t.Helper()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			t.Cleanup(func() { _ = conn.Close() })
		}
	}()
	return listener.Addr().String()
}

// --timeout bounds the whole command, connecting included, whatever it connects to.
func TestTimeout_BoundsConnecting(t *testing.T) {
	t.Parallel()
	at := hanging(t)
	id := "r-abcdefghijklmnop"
	cases := map[string]struct {
		args []string
		env  map[string]string
		told string
	}{
		"NATS":              {[]string{"deadletter", "list"}, map[string]string{"NATS_URL": "nats://" + at}, "connect to NATS at nats://" + at},
		"servers of NATS":   {[]string{"freeze", "list"}, map[string]string{"NATS_URL": "nats://" + at + ",nats://" + hanging(t)}, "no answer"},
		"NATS with TLS":     {[]string{"history", "sae/cn-hangzhou/a"}, map[string]string{"NATS_URL": "tls://" + at}, "no answer"},
		"a submission":      {[]string{"deploy", "sae/cn-hangzhou/a", "--image", "x:1", "--wait"}, map[string]string{"NATS_URL": "nats://" + at}, "no answer"},
		"Temporal":          {[]string{"release", "list"}, map[string]string{"TEMPORAL_ADDRESS": at}, "connect to Temporal at " + at + ": no answer"},
		"Temporal with TLS": {[]string{"release", "get", id}, map[string]string{"TEMPORAL_ADDRESS": at, "TEMPORAL_TLS": "true"}, "no answer"},
		"a command":         {[]string{"release", "abort", id}, map[string]string{"TEMPORAL_ADDRESS": at}, "no answer"},
		"a retry":           {[]string{"release", "retry", id, "--wait"}, map[string]string{"TEMPORAL_ADDRESS": at}, "no answer"},
		"both":              {[]string{"setup"}, map[string]string{"NATS_URL": "nats://" + at, "TEMPORAL_ADDRESS": at}, "connect to Temporal"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var out, errs strings.Builder
			home := t.TempDir()
			getenv := func(key string) string {
				if key == "HOME" {
					return home
				}
				return c.env[key]
			}
			began := time.Now()
			code := Run(t.Context(), append(c.args, "--timeout", "300ms"), Env{Getenv: getenv, Stdin: strings.NewReader(""), Stdout: &out, Stderr: &errs})
			require.Less(t, time.Since(began), 3*time.Second, errs.String())
			require.Equal(t, exitTimeout, code, errs.String())
			require.Contains(t, errs.String(), c.told)
			require.Contains(t, errs.String(), "not done within 300ms")
			require.NotContains(t, errs.String(), "deadline exceeded")
			require.NotContains(t, errs.String(), "i/o timeout")
		})
	}
}
