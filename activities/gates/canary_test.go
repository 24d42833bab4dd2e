package gates_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	stdlog "log"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/testsuite"

	"slipway/release"
)

// canary stands wherever an answer or an address has room for a secret.
const canary = "c4n4ry"

// raw answers every request with the same bytes, whether they are HTTP or not; early are sent
// before anything was asked.
func raw(t *testing.T, early, answer string) (address string) {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	var open sync.WaitGroup
	t.Cleanup(func() {
		_ = l.Close()
		open.Wait()
	})
	open.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			open.Go(func() {
				defer func() { _ = conn.Close() }()
				_, _ = conn.Write([]byte(early))
				if _, err := http.ReadRequest(bufio.NewReader(conn)); err == nil {
					_, _ = conn.Write([]byte(answer))
				}
			})
		}
	})
	return "http://" + l.Addr().String()
}

// logs is what was written to a log by several.
type logs struct {
	mutex sync.Mutex
	text  bytes.Buffer
}

// Write implements io.Writer.
func (l *logs) Write(b []byte) (int, error) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	return l.text.Write(b)
}

func (l *logs) String() string {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	return l.text.String()
}

// everything is what an attempt leaves behind: its result, its error with all causes, and
// what was logged, by the HTTP client too.
func everything(t *testing.T, gate release.Gate, allow ...string) string {
	t.Helper()
	var written logs
	s := &testsuite.WorkflowTestSuite{}
	s.SetLogger(log.NewStructuredLogger(slog.New(slog.NewTextHandler(&written, &slog.HandlerOptions{Level: slog.LevelDebug}))))
	before := stdlog.Writer()
	stdlog.SetOutput(&written)
	defer stdlog.SetOutput(before)
	env := s.NewTestActivityEnvironment()
	newGates(t, allow...).Register(env)
	left := fmt.Sprintln()
	value, err := env.ExecuteActivity(release.MeasureActivity, release.MeasureInput{Gate: gate})
	if err == nil {
		var r release.GateResult
		require.NoError(t, value.Get(&r))
		result, err := json.Marshal(r)
		require.NoError(t, err)
		left += string(result)
	}
	_, checked := env.ExecuteActivity(release.CheckGatesActivity, release.CheckGatesInput{Gates: []release.Gate{gate}})
	return fmt.Sprintf("%s\n%+v\n%+v\n%s", left, err, checked, written.String())
}

// answersWithCanaries are answers, each of which says the canary wherever it can.
func answersWithCanaries() map[string]string {
	head := func(status int) string {
		return fmt.Sprintf("HTTP/1.1 %d %s\r\nX-Token: %s\r\n", status, canary, canary)
	}
	body := func(status int, text string) string {
		return head(status) + fmt.Sprintf("Content-Length: %d\r\n\r\n%s", len(text), text)
	}
	return map[string]string{
		"status line":               "HTTP/1.1 " + canary + "\r\n\r\n",
		"protocol":                  canary + "/1.1 200 OK\r\n\r\n",
		"no HTTP":                   canary + "\r\n\r\n",
		"header that is none":       "HTTP/1.1 200 OK\r\n" + canary + "\r\n\r\n",
		"header with a bad name":    "HTTP/1.1 200 OK\r\n" + canary + " x: y\r\n\r\n",
		"length that is none":       "HTTP/1.1 200 OK\r\nContent-Length: " + canary + "\r\n\r\n",
		"encoding that is none":     "HTTP/1.1 200 OK\r\nTransfer-Encoding: " + canary + "\r\n\r\n",
		"chunk that is none":        head(200) + "Transfer-Encoding: chunked\r\n\r\n" + canary + "\r\n",
		"header that is too large":  "HTTP/1.1 200 OK\r\n" + strings.Repeat("X: "+canary+"\r\n", 20_000) + "\r\n",
		"compression that is none":  head(200) + "Content-Encoding: gzip\r\nContent-Length: 6\r\n\r\n" + canary,
		"body":                      body(200, canary),
		"body of an error":          body(500, canary),
		"body that breaks off":      head(200) + "Content-Length: 900\r\n\r\n" + canary,
		"redirect elsewhere":        head(302) + "Location: http://other.example/" + canary + "?token=" + canary + "\r\nContent-Length: 0\r\n\r\n",
		"redirect that is none":     head(302) + "Location: http://[" + canary + "\r\nContent-Length: 0\r\n\r\n",
		"redirect to another way":   head(302) + "Location: " + canary + "://x\r\nContent-Length: 0\r\n\r\n",
		"redirect to an odd host":   head(302) + "Location: http://" + canary + "%zz/\r\nContent-Length: 0\r\n\r\n",
		"redirect with a login":     head(302) + "Location: http://" + canary + ":" + canary + "@127.0.0.1/\r\nContent-Length: 0\r\n\r\n",
		"redirect to a closed port": head(302) + "Location: http://127.0.0.1:1/" + canary + "?" + canary + "\r\nContent-Length: 0\r\n\r\n",
		"redirect in a circle":      head(307) + "Location: /?token=" + canary + "\r\nContent-Length: 0\r\n\r\n",
		"switch of protocols":       head(101) + "Upgrade: " + canary + "\r\n\r\n",
		"error of Prometheus":       body(422, `{"status":"error","errorType":"execution","error":"`+canary+`","warnings":["`+canary+`"]}`),
		"bad data":                  body(400, `{"status":"error","errorType":"bad_data","error":"`+canary+`"}`),
		"kind of error":             body(422, `{"status":"error","errorType":"`+canary+`","error":"`+canary+`"}`),
		"error with status 200":     body(200, `{"status":"error","errorType":"`+canary+`","error":"`+canary+`"}`),
		"warning":                   body(200, `{"status":"success","data":{"resultType":"scalar","result":[1,"1"]},"warnings":["`+canary+`"],"infos":["`+canary+`"]}`),
		"labels":                    body(200, `{"status":"success","data":{"resultType":"vector","result":[{"metric":{"a":"`+canary+`"},"value":[1,"0"]},{"metric":{},"value":[1,"1"]}]}}`),
		"number that is none":       body(200, `{"status":"success","data":{"resultType":"scalar","result":[1,"`+canary+`"]}}`),
		"type that is none":         body(200, `{"status":"success","data":{"resultType":"`+canary+`","result":[]}}`),
		"text as result":            body(200, `{"status":"success","data":{"resultType":"string","result":[1,"`+canary+`"]}}`),
		"JSON that is none":         body(200, `{"status":`+canary),
	}
}

func TestCanary_NothingOfAnAnswerOrAnAddressIsLeftBehind(t *testing.T) {
	t.Parallel()
	for name, answer := range answersWithCanaries() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			address := raw(t, "", answer)
			probe := httpGate(address+"/"+canary+"?probe="+canary, func(h *release.HTTPGate) { h.BodyContains = "UP" })
			again := probe
			again.Samples = 3
			query := prometheusGate(address + "/" + canary)
			for _, gate := range []release.Gate{probe, again, query} {
				require.NotContains(t, everything(t, gate, "127.0.0.1"), canary)
			}
		})
	}
}

// TestCanary_WhatIsSaidUnaskedIsNotLogged sends it before the request, which the HTTP client has to
// meet at the right moment: several times.
func TestCanary_WhatIsSaidUnaskedIsNotLogged(t *testing.T) {
	t.Parallel()
	address := raw(t, "HTTP/1.1 200 "+canary+"\r\nContent-Length: 0\r\n\r\n", "")
	for range 50 {
		require.NotContains(t, everything(t, httpGate(address), "127.0.0.1"), canary)
	}
}

func TestCanary_NothingOfAnAddressThatIsNotAskedIsLeftBehind(t *testing.T) {
	t.Parallel()
	closed := closedAddress(t)
	secure := httptest.NewUnstartedServer(status(200))
	secure.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	secure.StartTLS()
	t.Cleanup(secure.Close)
	rest := "/" + canary + "?probe=" + canary
	for _, address := range []string{
		closed + rest, secure.URL + rest, strings.Replace(secure.URL, "https", "http", 1) + rest, strings.Replace(raw(t, "", canary), "http", "https", 1) + rest,
		"http://other.example" + rest, "http://169.254.169.254" + rest, "http://0x7f.1" + rest, "http://[::1%25lo]" + rest, "http://127.0.0.1:0" + rest, "http://127.0.0.1:99999" + rest,
		"http://" + canary + ":" + canary + "@127.0.0.1" + rest, "http://127.0.0.1" + rest + "#" + canary, "http://127.0.0.1/%zz" + rest, "ftp://127.0.0.1" + rest, canary, "http://127.0.0.1\x7f" + rest,
	} {
		for _, method := range []string{"GET", "POST"} {
			gate := httpGate(address, func(h *release.HTTPGate) { h.Method = method })
			require.NotContains(t, everything(t, gate, "127.0.0.1", "169.0.0.0/8"), canary)
		}
		require.NotContains(t, everything(t, prometheusGate(address), "127.0.0.1"), canary)
	}
}

// TestCanary_ARedirectIsNotToldWhereItComesFrom follows one to another server.
func TestCanary_ARedirectIsNotToldWhereItComesFrom(t *testing.T) {
	t.Parallel()
	var told http.Header
	to, _ := serve(t, func(_ http.ResponseWriter, r *http.Request) { told = r.Header.Clone() })
	from, _ := serve(t, func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, to, http.StatusFound) })
	require.Equal(t, "200", sampleOf(t, newGates(t, "127.0.0.1"), httpGate(from+"/?probe="+canary)).Value)
	require.NotContains(t, fmt.Sprint(told), canary)
}
