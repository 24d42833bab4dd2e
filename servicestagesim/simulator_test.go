package servicestagesim

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestNew_TellsAllThatIsWrong(t *testing.T) {
	t.Parallel()
	_, err := New(Config{
		Speed: 2, Clock: SteppedClock(start()), AccessKeys: map[string]string{"a": ""}, SecurityTokens: map[string]string{"b": "t"},
		Users: map[string]string{"u": ""}, ProjectID: "me", Region: "here", TaskTime: -1,
	})
	for _, field := range []string{"Speed", "AccessKeys", "SecurityTokens", "Users", "ProjectID", "Region", "TaskTime"} {
		require.ErrorContains(t, err, field+": ")
	}
	sim, err := New(Config{})
	require.NoError(t, err)
	require.WithinDuration(t, time.Now(), sim.Now(), time.Minute)
}

func TestTokens(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	body := askToken(h.sim.config, TestPassword)
	for name, tt := range map[string]struct {
		body   string
		status int
		says   string
	}{
		"a token":                      {body, http.StatusCreated, `"expires_at"`},
		"by the region":                {strings.Replace(body, `"id":"`+DefaultProjectID, `"name":"`+DefaultRegion, 1), http.StatusCreated, ""},
		"a wrong password":             {askToken(h.sim.config, "other"), http.StatusUnauthorized, "username or password is wrong"},
		"another account":              {strings.Replace(body, DefaultDomain+`"`, `other"`, 1), http.StatusUnauthorized, "username or password is wrong"},
		"another project":              {strings.Replace(body, DefaultProjectID, "other", 1), http.StatusBadRequest, "auth.scope.project is not"},
		"no project":                   {body[:strings.Index(body, `,"scope"`)] + "}}", http.StatusBadRequest, "auth.scope.project must be given"},
		"another method":               {strings.Replace(body, `["password"]`, `["totp"]`, 1), http.StatusBadRequest, "must contain password"},
		"something that is no request": {"[]", http.StatusBadRequest, "must be a request of a token"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := h.request(t, "POST /v3/auth/tokens", tt.body)
			r.Header.Del("X-Auth-Token")
			g := h.do(t, r)
			require.Equal(t, tt.status, g.status, string(g.raw))
			require.Contains(t, string(g.raw), tt.says)
			require.Equal(t, tt.status == http.StatusCreated, g.header.Get("X-Subject-Token") != "")
		})
	}
}

func TestTokens_Expire(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	now := start()
	h := serve(t, Config{Clock: SteppedClock(start()), Wall: func() time.Time {
		mu.Lock()
		defer mu.Unlock()
		return now
	}})
	h.must(t, "GET"+cas+"/environments", "")
	mu.Lock()
	now = now.Add(TokenLifetime)
	mu.Unlock()
	require.Contains(t, h.send(t, "GET"+cas+"/environments", "").refusedBy(t, codeUnauthorized), "expired")
	require.Contains(t, h.send(t, "GET"+cas+"/environments", "", "X-Auth-Token", "other").refusedBy(t, codeUnauthorized), "not known")
}

func TestTokens_AreNotKeptForEver(t *testing.T) {
	t.Parallel()
	st := newState()
	for i := range maxTokens + 10 {
		st.Tokens[strconv.Itoa(i)] = &token{Expires: start().Add(time.Duration(i) * time.Second)}
	}
	st.forgetTokens(start().Add(4 * time.Second))
	require.Len(t, st.Tokens, maxTokens-1, "there is room for one more")
	require.Nil(t, st.Tokens["10"], "those that expire first went")
	require.NotNil(t, st.Tokens["11"])
	st.forgetTokens(start().Add(time.Hour))
	require.Empty(t, st.Tokens)
}

func TestProjects_OneIsServed(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	h.send(t, "GET /v3/other/cas/environments", "").refusedBy(t, codeForbidden)
	h.send(t, "GET"+cas+"/environments", "", "X-Project-Id", "other").refusedBy(t, codeForbidden)
	h.must(t, "GET"+cas+"/environments", "", "X-Project-Id", DefaultProjectID)
}

func TestOperations_EveryHandlerHasAnOperation(t *testing.T) {
	t.Parallel()
	served := handlers()
	for name := range served {
		require.True(t, isOperation(name), name)
	}
}

func TestFaults_OfCalls(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		fault Fault
		// code is how the call is refused; empty means that its answer is lost.
		code    string
		carried bool
	}{
		"lost before":           {Fault{Kind: FaultDropBefore}, "", false},
		"lost after":            {Fault{Kind: FaultDropAfter}, "", true},
		"cut in the middle":     {Fault{Kind: FaultTruncate}, "", true},
		"an error":              {Fault{Kind: FaultError}, codeInternal, false},
		"any documented code":   {Fault{Kind: FaultError, Code: codeVersionUsed}, codeVersionUsed, false},
		"throttled":             {Fault{Kind: FaultError, Code: codeThrottled}, codeThrottled, false},
		"an error afterwards":   {Fault{Kind: FaultErrorAfter}, codeInternal, true},
		"another operation":     {Fault{Kind: FaultError, Operation: "DeleteComponent"}, "-", true},
		"another component":     {Fault{Kind: FaultError, AppID: "other"}, "-", true},
		"slow, and all is well": {Fault{Kind: FaultDelay, Delay: time.Millisecond}, "-", true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := deployed(t)
			_, err := w.sim.AddFault(tt.fault)
			require.NoError(t, err)
			r := w.request(t, w.about("PUT", ""), update("2.0.0", ""))
			switch tt.code {
			case "":
				response, err := w.server.Client().Do(r)
				if err == nil {
					err = json.NewDecoder(response.Body).Decode(new(any))
					require.NoError(t, response.Body.Close())
				}
				require.Error(t, err)
			case "-":
				require.Equal(t, http.StatusOK, w.do(t, r).status)
			default:
				w.do(t, r).refusedBy(t, tt.code)
			}
			require.NoError(t, w.sim.ClearFaults())
			require.Equal(t, tt.carried, w.read(t).text("version") == "2.0.0")
		})
	}
}

func TestFaults_AreChecked(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	for says, fault := range map[string]Fault{
		`"soon" is none of`:               {Kind: FaultJobFails, Code: "soon"},
		`no operation "Nothing"`:          {Kind: FaultError, Operation: "Nothing"},
		"delay: must be positive":         {Kind: FaultQueued},
		"only job-fails hits batches":     {Kind: FaultError, Batch: 2},
		`kind: "no-instance" is none of`:  {Kind: "no-instance"},
		"status: must be an error status": {Kind: FaultError, Status: 200},
	} {
		_, err := h.sim.AddFault(fault)
		require.ErrorContains(t, err, says)
	}
	require.ErrorIs(t, h.sim.RemoveFault(9), ErrNoSuchFault)
}

func TestState_GoesOnWhereItWas(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "state.json")
	w := serve(t, Config{Clock: SteppedClock(start()), Seed: 7, StateFile: file}).deployed(t)
	job := w.release(t, "2.0.0", grayBy(10, 1, 1))
	w.advance(t, 2*time.Second)
	again, err := New(Config{Clock: SteppedClock(start()), StateFile: file})
	require.NoError(t, err)
	next := world{&harness{sim: again, token: w.token}, w.env, w.app, w.web}
	require.Equal(t, w.read(t).body, next.read(t).body)
	next.advance(t, time.Minute)
	require.Equal(t, "GRAYING 2.0.0 4", next.seen(t))
	require.Equal(t, jobSucceeded, next.job(t, job).text("job.execution_status"))
}

func TestState_WhatCannotBeReliedOn(t *testing.T) {
	t.Parallel()
	w := deployed(t)
	w.release(t, "2.0.0", grayBy(10, 1, 1))
	for name, change := range map[string]func(*state){
		"another version":          func(s *state) { s.Version = 99 },
		"no application":           func(s *state) { delete(s.Applications, w.app) },
		"a component that is null": func(s *state) { s.Components["x"] = nil },
		"under another ID":         func(s *state) { s.Components["x"] = s.Components[w.web] },
		"no such release":          func(s *state) { s.Components[w.web].Serving.Version = "9" },
		"no strategy":              func(s *state) { s.Components[w.web].Releases[1].Spec.Strategy.Gray = nil },
		"a pause of nothing":       func(s *state) { s.Components[w.web].Phase = statusGraying; s.Components[w.web].Next = replicas{} },
		"a job without tasks": func(s *state) {
			for _, j := range s.Jobs {
				j.Tasks, j.Due, j.At = nil, start(), 0
			}
		},
		"a behaviour": func(s *state) { s.Behaviours["x"] = Behaviour{Source: "x", Result: "sad"} },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHarness(t)
			st, err := h.sim.store.Decode([]byte(w.frozen(t)))
			require.NoError(t, err)
			change(st)
			text, err := json.Marshal(st)
			require.NoError(t, err)
			require.Error(t, h.sim.Restore(text))
		})
	}
}

func TestDemo(t *testing.T) {
	t.Parallel()
	for _, config := range []Config{{Clock: SteppedClock(start())}, {Speed: 100}} {
		h := serve(t, config)
		require.NoError(t, h.sim.SeedDemo())
		require.NoError(t, h.sim.SeedDemo(), "twice makes no difference")
		require.Len(t, h.sim.Components(), 2)
		require.Regexp(t, "^shop/mailer 2.1.0 ", h.sim.Components()[0])
		g := h.must(t, "GET"+cas+"/components?order_by=name", "")
		require.Equal(t, 2, g.number("count"))
		for _, place := range []string{"components.0.status.", "components.1.status."} {
			require.Equal(t, statusRunning, g.text(place+"component_status"))
			require.Equal(t, g.number(place+"replica"), g.number(place+"available_replica"))
		}
		w := httptest.NewRecorder()
		h.sim.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "http://localhost/_servicestagesim/", http.NoBody))
		require.Equal(t, http.StatusOK, w.Code)
		for _, text := range []string{"mailer", "2.1.0", "RUNNING", "production"} {
			require.Contains(t, w.Body.String(), text)
		}
	}
}

// TestConcurrency lets many callers release versions of one component at once: each time one of them succeeds.
func TestConcurrency_OneOfManyReleases(t *testing.T) {
	t.Parallel()
	w := deployed(t)
	for _, version := range []string{"2.0.0", "3.0.0"} {
		var group sync.WaitGroup
		codes := make(chan string, 20)
		for range cap(codes) {
			r := w.request(t, w.about("PUT", ""), update(version, ""))
			group.Go(func() { codes <- w.do(t, r).text("error_code") })
		}
		group.Wait()
		close(codes)
		succeeded := 0
		for code := range codes {
			if code == "" {
				succeeded++
			} else {
				require.Equal(t, codeReleasing, code)
			}
		}
		require.Equal(t, 1, succeeded)
		w.advance(t, time.Minute)
	}
	require.Equal(t, 3, w.must(t, w.about("GET", "/records"), "").number("count"))
}
