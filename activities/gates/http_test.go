package gates_test

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"slipway/release"
)

func text(body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(body)) }
}

func TestHTTPGate(t *testing.T) {
	t.Parallel()
	const secret = "hush"
	method := func(m string) func(*release.HTTPGate) { return func(h *release.HTTPGate) { h.Method = m } }
	wants := func(codes ...int) func(*release.HTTPGate) { return func(h *release.HTTPGate) { h.Status = codes } }
	contains := func(s string) func(*release.HTTPGate) { return func(h *release.HTTPGate) { h.BodyContains = s } }
	pass := func(value string) release.Sample { return release.Sample{Verdict: release.VerdictPass, Value: value} }
	fail := func(value, note string) release.Sample {
		return release.Sample{Verdict: release.VerdictFail, Value: value, Note: note}
	}
	const unwanted, noText = "the status is not as wanted", "the text is not in the answer"
	for name, c := range map[string]struct {
		answer http.HandlerFunc
		change func(*release.HTTPGate)
		want   release.Sample
	}{
		"any 2xx":                     {status(204), wants(), pass("204")},
		"another status":              {status(500), wants(), fail("500", unwanted)},
		"a wanted status":             {status(401), wants(200, 401), pass("401")},
		"2xx, but not the wanted one": {status(200), wants(204), fail("200", unwanted)},
		"GET":                         {onlyMethod("GET"), method(""), pass("200")},
		"HEAD":                        {onlyMethod("HEAD"), method("HEAD"), pass("200")},
		"POST":                        {onlyMethod("POST"), method("POST"), pass("200")},
		"the text is there":           {text(`{"status":"UP"}`), contains(`"UP"`), pass("200")},
		"the text is not there":       {text(secret), contains("UP"), fail("200", noText)},
		"the text comes too late":     {text(strings.Repeat(" ", 64<<10) + "UP"), contains("UP"), fail("200", noText)},
		"the text is there just yet":  {text(strings.Repeat(" ", 64<<10-2) + "UP" + strings.Repeat(" ", 1<<20)), contains("UP"), pass("200")},
		"the answer breaks off":       {brokenOff, contains("UP"), fail("200", "the answer broke off")},
		"broken off after the text":   {brokenOff, contains("half"), pass("200")},
		"the body does not matter":    {brokenOff, wants(), pass("200")},
		"the status matters before all": {func(w http.ResponseWriter, _ *http.Request) {
			http.Error(w, "UP "+secret, http.StatusServiceUnavailable)
		}, contains("UP"), fail("503", unwanted)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			address, asked := serve(t, c.answer)
			require.Equal(t, c.want, sampleOf(t, newGates(t, "127.0.0.1", "POST 127.0.0.1/"), httpGate(address+"/?probe="+secret, c.change)))
			require.Equal(t, 1, int(asked.Load()))
		})
	}
}

func onlyMethod(m string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if r.Method != m || r.UserAgent() != "slipway-gate" {
			w.WriteHeader(http.StatusMethodNotAllowed)
		}
	}
}

func brokenOff(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Length", "1000")
	_, _ = w.Write([]byte("half"))
}

func TestHTTP_AProbeWithoutAnswerFails(t *testing.T) {
	t.Parallel()
	s := sampleOf(t, newGates(t, "127.0.0.1"), httpGate(closedAddress(t)+"/?probe=hush"))
	require.Equal(t, release.VerdictFail, s.Verdict)
	require.Empty(t, s.Value)
	require.Equal(t, "no answer: connection refused", s.Note)

	address, _ := serve(t, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	s = sampleOf(t, newGates(t, "127.0.0.1"), httpGate(address, func(h *release.HTTPGate) { h.Timeout = release.Duration(10 * time.Millisecond) }))
	require.Equal(t, release.Sample{Verdict: release.VerdictFail, Note: "no answer in time"}, s)

	tls := httptest.NewUnstartedServer(status(200))
	tls.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	tls.StartTLS()
	t.Cleanup(tls.Close)
	s = sampleOf(t, newGates(t, "127.0.0.1"), httpGate(tls.URL))
	require.Equal(t, release.VerdictFail, s.Verdict)
	require.Equal(t, "no answer: the certificate is of an unknown authority", s.Note)
}

func TestHTTP_RedirectsAreFollowedToAllowedHostsOnly(t *testing.T) {
	t.Parallel()
	to := func(address string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, address, http.StatusFound) }
	}
	good, goodAsked := serve(t, status(200))
	from, _ := serve(t, to(good))
	require.Equal(t, release.Sample{Verdict: release.VerdictPass, Value: "200"}, sampleOf(t, newGates(t, "127.0.0.1"), httpGate(from)))
	require.Equal(t, 1, int(goodAsked.Load()))

	// The same host under a name that is not allowed.
	elsewhere := strings.Replace(good, "127.0.0.1", "localhost", 1)
	withUser := strings.Replace(good, "//", "//me:hush@", 1)
	loop, loopAsked := serve(t, func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/", http.StatusFound) })
	for name, address := range map[string]string{"another host": elsewhere, "user info": withUser} {
		from, _ := serve(t, to(address))
		require.Equal(t, release.Sample{
			Verdict: release.VerdictFail, Value: "302", Note: "the status is not as wanted; the redirect was not followed",
		}, sampleOf(t, newGates(t, "127.0.0.1"), httpGate(from)), name)
	}
	require.Equal(t, 1, int(goodAsked.Load()))

	require.Equal(t, release.VerdictFail, sampleOf(t, newGates(t, "127.0.0.1"), httpGate(loop)).Verdict)
	require.Equal(t, 6, int(loopAsked.Load()), "the first request and five redirects")

	// A redirect that is wanted is the answer.
	want := httpGate(from, func(h *release.HTTPGate) { h.Status = []int{302} })
	require.Equal(t, release.Sample{Verdict: release.VerdictPass, Value: "302"}, sampleOf(t, newGates(t, "127.0.0.1"), want))
	require.Equal(t, 1, int(goodAsked.Load()))
}

func TestHTTP_ARedirectToAMetadataServiceIsNotFollowed(t *testing.T) {
	t.Parallel()
	from, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "http://169.254.169.254/latest/meta-data/", http.StatusFound)
	})
	require.Equal(t, "302", sampleOf(t, newGates(t, "127.0.0.1"), httpGate(from)).Value)
	// Not even where somebody allowed it.
	require.Equal(t, "302", sampleOf(t, newGates(t, "127.0.0.1", "0.0.0.0/0"), httpGate(from)).Value)
}
