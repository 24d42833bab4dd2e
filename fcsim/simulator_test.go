package fcsim

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"slipway/fcclient"
	"slipway/internal/acs"
	"slipway/internal/simframe"
)

func TestNew_TellsAllThatIsWrong(t *testing.T) {
	t.Parallel()
	_, err := New(Config{
		Speed: 2, Clock: SteppedClock(start()), AccessKeys: map[string]string{"a": ""}, SecurityTokens: map[string]string{"b": "t"},
		AccountID: "me", Region: "here", InstanceStart: -1,
	})
	for _, field := range []string{"Speed", "AccessKeys", "SecurityTokens", "AccountID", "Region", "InstanceStart"} {
		require.ErrorContains(t, err, field+": ")
	}
	_, err = New(Config{Speed: -1})
	require.ErrorContains(t, err, "Speed: must be a positive number")
	_, err = New(Config{Speed: 1e9})
	require.ErrorContains(t, err, "Speed: must be at most")
	sim, err := New(Config{})
	require.NoError(t, err)
	require.WithinDuration(t, time.Now(), sim.Now(), time.Minute)
}

func TestOperations_EveryOneIsServed(t *testing.T) {
	t.Parallel()
	require.Len(t, fcclient.Operations(), 49)
	for _, op := range operations() {
		require.NotNil(t, op.serve, op.Name)
	}
	for name := range handlers() {
		require.True(t, isOperation(name), name)
	}
}

func TestAuthentication(t *testing.T) {
	t.Parallel()
	h := serve(t, Config{
		Clock: SteppedClock(start()), AccountID: "42", AccessKeys: map[string]string{TestAccessKeyID: TestAccessKeySecret, "STS.key": TestAccessKeySecret},
		SecurityTokens: map[string]string{"STS.key": "token"},
	})
	for name, tt := range map[string]struct {
		change func(*http.Request)
		code   string
	}{
		"signed":            {change: func(*http.Request) {}},
		"not signed":        {func(r *http.Request) { r.Header.Del("Authorization") }, codeAccessDenied},
		"signed wrongly":    {func(r *http.Request) { r.Header.Set("Authorization", "FC "+TestAccessKeyID+":x") }, acs.CodeFCSignatureMismatch},
		"an unknown key":    {func(r *http.Request) { r.Header.Set("Authorization", "FC other:x") }, acs.CodeFCKeyNotFound},
		"no date":           {func(r *http.Request) { r.Header.Del("Date") }, acs.CodeFCMissingHeader},
		"an old date":       {func(r *http.Request) { r.Header.Set("Date", "Mon, 09 Nov 2020 09:46:33 GMT") }, codeAccessDenied},
		"a key without one": {func(r *http.Request) { resign(r, "STS.key", "") }, codeAccessDenied},
		"a wrong token":     {func(r *http.Request) { resign(r, "STS.key", "other") }, codeAccessDenied},
		"a temporary key":   {change: func(r *http.Request) { resign(r, "STS.key", "token") }},
		"another account":   {func(r *http.Request) { r.Header.Set("X-Fc-Account-Id", "43"); resign(r, TestAccessKeyID, "") }, codeAccessDenied},
		"no account":        {change: func(r *http.Request) { r.Header.Del("X-Fc-Account-Id"); resign(r, TestAccessKeyID, "") }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, h.server.URL+versionPrefix+"services?limit=5", http.NoBody)
			require.NoError(t, err)
			sign(r, h.sim.config)
			tt.change(r)
			g := h.do(t, r)
			if tt.code != "" {
				g.refusedBy(t, tt.code)
				return
			}
			require.Equal(t, http.StatusOK, g.status)
		})
	}
}

// resign signs a request again with another key, and a token if there is one.
func resign(r *http.Request, key, token string) {
	lines := []string{r.Method, "", "", r.Header.Get("Date")}
	if account := r.Header.Get("X-Fc-Account-Id"); account != "" {
		lines = append(lines, "x-fc-account-id:"+account)
	}
	if token != "" {
		r.Header.Set("X-Fc-Security-Token", token)
		lines = append(lines, "x-fc-security-token:"+token)
	}
	text := strings.Join(append(lines, r.URL.Path), "\n")
	r.Header.Set("Authorization", "FC "+key+":"+acs.FCSignature(text, TestAccessKeySecret))
}

func TestFaults_OfCalls(t *testing.T) {
	t.Parallel()
	const publish = "POST /services/shop/versions"
	for name, tt := range map[string]struct {
		fault Fault
		// code is how the call is refused; empty means that its answer is lost.
		code      string
		published bool
	}{
		"lost before":           {Fault{Kind: FaultDropBefore}, "", false},
		"lost after":            {Fault{Kind: FaultDropAfter}, "", true},
		"cut in the middle":     {Fault{Kind: FaultTruncate}, "", true},
		"a concurrent update":   {Fault{Kind: FaultError, Code: codeConcurrentUpdate, Message: "busy"}, codeConcurrentUpdate, false},
		"throttled":             {Fault{Kind: FaultError, Code: codeResourceThrottled}, codeResourceThrottled, false},
		"an exhausted quota":    {Fault{Kind: FaultError, Code: codeResourceExhausted}, codeResourceExhausted, false},
		"an error":              {Fault{Kind: FaultError}, codeInternal, false},
		"any documented code":   {Fault{Kind: FaultError, Code: "SignatureNotMatch"}, "SignatureNotMatch", false},
		"an error afterwards":   {Fault{Kind: FaultErrorAfter}, codeInternal, true},
		"another operation":     {Fault{Kind: FaultError, Operation: "DeleteService"}, "-", true},
		"another service":       {Fault{Kind: FaultError, AppID: "other"}, "-", true},
		"this very service":     {Fault{Kind: FaultError, AppID: "shop", Operation: "PublishServiceVersion"}, codeInternal, false},
		"slow, and all is well": {Fault{Kind: FaultDelay, Delay: time.Millisecond}, "-", true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := published(t)
			h.must(t, "PUT /services/shop", `{"description":"x"}`)
			_, err := h.sim.AddFault(tt.fault)
			require.NoError(t, err)
			switch tt.code {
			case "":
				r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, h.server.URL+versionPrefix+"services/shop/versions", http.NoBody)
				require.NoError(t, err)
				sign(r, h.sim.config)
				require.Error(t, lost(h, r))
			case "-":
				require.Equal(t, http.StatusOK, h.send(t, publish, "").status)
			default:
				h.send(t, publish, "").refusedBy(t, tt.code)
			}
			require.NoError(t, h.sim.ClearFaults())
			require.Equal(t, tt.published, len(h.must(t, "GET /services/shop/versions", "").list("versions")) == 3)
		})
	}
}

// lost sends a request whose answer does not arrive whole.
func lost(h *harness, r *http.Request) error {
	response, err := h.server.Client().Do(r)
	if err != nil {
		return err
	}
	var body any
	return errors.Join(json.NewDecoder(response.Body).Decode(&body), response.Body.Close())
}

// An error fault knows the status and the text of every code that the client knows, so that a caller can be tried with each.
func TestFaults_EveryDocumentedCode(t *testing.T) {
	t.Parallel()
	for code, want := range map[string]apiError{
		"ConcurrentUpdateError":                 {Status: http.StatusConflict, Message: "-"},
		"CAFileNotFound":                        {Status: http.StatusPreconditionFailed, Message: "The function cannot be started. -"},
		"AdditionalVersionContainsMajorVersion": {Status: http.StatusBadRequest, Message: "additionalVersionWeight - should not contain major version -"},
		"ProvisionConfigExist":                  {Status: http.StatusConflict, Message: "function '-' has provision configs with instances or rules"},
		"NobodyKnowsIt":                         {Status: http.StatusBadRequest, Message: "-"},
	} {
		want.Code = code
		require.Equal(t, want, *simframe.Codes(describeCode).RefuseFault(Fault{Kind: FaultError, Code: code}, codeInternal))
	}
}

func TestFaults_AreChecked(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	_, err := h.sim.AddFault(Fault{Kind: "explode", Operation: "DeployApplication", Batch: 1})
	for _, problem := range []string{`kind: "explode" is none of`, `Function Compute has no operation "DeployApplication"`, "batch: "} {
		require.ErrorContains(t, err, problem)
	}
	_, err = h.sim.AddFault(Fault{Kind: FaultError, Operation: opTrigger})
	require.NoError(t, err)
	require.ErrorIs(t, h.sim.RemoveFault(7), ErrNoSuchFault)
}

func TestBehaviours_AreChecked(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	err := h.sim.SetBehaviour(Behaviour{Result: "slow", Rate: 2, Status: 42})
	for _, field := range []string{"code", "result", "rate", "status"} {
		require.ErrorContains(t, err, field+": ")
	}
	require.ErrorContains(t, h.sim.SetBehaviour(Behaviour{Code: "b", Result: ResultOK, Status: http.StatusSwitchingProtocols}), "status: must be the HTTP status of an answer, from 200 to 599, is 101")
	require.NoError(t, h.sim.SetBehaviour(Behaviour{Code: "b", Result: ResultOK}))
	require.NoError(t, h.sim.SetBehaviour(Behaviour{Code: "a", Result: ResultExited}))
	require.Equal(t, []Behaviour{{Code: "a", Result: ResultExited}, {Code: "b", Result: ResultOK}}, h.sim.Behaviours())
}

func TestState_GoesOnWhereItWas(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "fc.json")
	config := Config{Clock: SteppedClock(start()), Seed: 3, StateFile: path}
	h := serve(t, config)
	h.must(t, "POST /services", `{"serviceName":"shop"}`)
	h.must(t, "POST /services/shop/functions", `{"functionName":"web","runtime":"go1","handler":"h","code":{"zipFile":"cHJpbnQ="}}`)
	h.must(t, "POST /services/shop/versions", "")
	h.must(t, "POST /services/shop/aliases", `{"aliasName":"live","versionId":"1","additionalVersionWeight":{}}`)
	h.must(t, "PUT "+provisionLive, `{"target":3,"scheduledActions":[{"name":"a","target":5,"scheduleExpression":"cron(0 30 8 * * *)"}]}`)
	h.advance(t, 1500*time.Millisecond)
	require.NoError(t, h.sim.Close())
	before := h.frozen(t)

	config.Clock, config.Seed = SteppedClock(start()), 99
	again := serve(t, config)
	require.Equal(t, h.sim.Now(), again.sim.Now(), "time does not repeat")
	require.JSONEq(t, before, again.frozen(t))
	again.advance(t, time.Hour)
	require.Equal(t, "5/5", again.provisioned(t))
	require.Equal(t, map[string]any{}, again.must(t, "GET /services/shop/aliases/live", "").body["additionalVersionWeight"], "{} is not null")

	require.NoError(t, os.WriteFile(path, []byte("{"), 0o600))
	_, err := New(config)
	require.ErrorContains(t, err, "state file "+path)
	config.StateFile = t.TempDir()
	_, err = New(config)
	require.ErrorContains(t, err, "state file")
}

func TestState_WhatCannotBeIsRefused(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct{ text, says string }{
		"no JSON":              {`[`, "unexpected end"},
		"another version":      {`{"version":7}`, "it has version 7"},
		"a null fault":         {`{"version":1,"faults":{"arranged":[null]}}`, "a fault that is null"},
		"a wrong fault":        {`{"version":1,"faults":{"arranged":[{"id":3,"kind":"no-instance","operation":"GetAlias"}]}}`, "fault 3: operation: instances start by themselves"},
		"a wrong behaviour":    {`{"version":1,"behaviours":{"a":{"code":"a","result":"ok","status":7}}}`, "behaviour a: status: must be"},
		"another code":         {`{"version":1,"behaviours":{"a":{"code":"b","result":"ok"}}}`, "behaviour a is filed under another code"},
		"a null service":       {`{"version":1,"services":{"a":null}}`, "service a: it is null"},
		"another name":         {`{"version":1,"services":{"a":{"name":"b"}}}`, "filed under another name"},
		"a null version":       {`{"version":1,"services":{"a":{"name":"a","versions":[null]}}}`, "is null"},
		"versions in disorder": {`{"version":1,"services":{"a":{"name":"a","published":2,"versions":[{"id":2},{"id":1}]}}}`, "version 1 is not in order"},
		"a version too high":   {`{"version":1,"services":{"a":{"name":"a","published":1,"versions":[{"id":2}]}}}`, "version 2 is not in order"},
		"a null function":      {`{"version":1,"services":{"a":{"name":"a","functions":{"f":null}}}}`, "function f is null"},
		"one of a version":     {`{"version":1,"services":{"a":{"name":"a","published":1,"versions":[{"id":1,"functions":{"f":null}}]}}}`, "version 1: its function f is null"},
		"a null alias":         {`{"version":1,"services":{"a":{"name":"a","aliases":{"l":null}}}}`, "alias l is null"},
		"a null provision":     {`{"version":1,"services":{"a":{"name":"a","provisions":{"l/f":null}}}}`, "provision config l/f is null"},
		"a null instance":      {`{"version":1,"services":{"a":{"name":"a","provisions":{"l/f":{"alias":"l","function":"f","instances":[null]}}}}}`, "an instance of it is null"},
		"too many instances":   {`{"version":1,"services":{"a":{"name":"a","provisions":{"l/f":{"alias":"l","function":"f","target":10001}}}}}`, "out of range"},
		"a wrong schedule":     {`{"version":1,"services":{"a":{"name":"a","provisions":{"l/f":{"alias":"l","function":"f","actions":[{"name":"a"}]}}}}}`, "scheduleExpression must be"},
		"a wrong policy":       {`{"version":1,"services":{"a":{"name":"a","provisions":{"l/f":{"alias":"l","function":"f","policies":[{"name":"p"}]}}}}}`, "metricType must be"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHarness(t)
			require.ErrorContains(t, h.sim.Restore([]byte(tt.text)), tt.says)
		})
	}
}

func TestState_SnapshotsAndReset(t *testing.T) {
	t.Parallel()
	h := published(t)
	snapshot, err := h.sim.Snapshot()
	require.NoError(t, err)
	require.NoError(t, h.sim.Reset())
	require.Empty(t, h.must(t, "GET /services", "").list("services"))
	require.NoError(t, h.sim.Restore(snapshot))
	require.Equal(t, []string{"shop"}, h.must(t, "GET /services", "").names("services", "serviceName"))
	_, err = h.sim.Advance(-1)
	require.ErrorContains(t, err, "only moves forward")
}

func TestAdmin_ControlsOverHTTP(t *testing.T) {
	t.Parallel()
	h := published(t)
	h.must(t, "PUT "+provisionLive, `{"target":2}`)
	client := simframe.AdminClient{Client: "test", Name: "fcsim", URL: h.server.URL, HTTP: h.server.Client()}
	require.NoError(t, client.Do(t.Context(), http.MethodPut, "behaviours", simframe.Bodies{Sent: Behaviour{Code: "registry.test/shop:1", Result: ResultUnhandled}}))
	var behaviours []Behaviour
	require.NoError(t, client.Do(t.Context(), http.MethodGet, "behaviours", simframe.Bodies{Received: &behaviours}))
	require.Len(t, behaviours, 1)
	require.ErrorContains(t, client.Do(t.Context(), http.MethodPut, "behaviours", simframe.Bodies{Sent: Behaviour{}}), "code: must be")
	require.NoError(t, client.Do(t.Context(), http.MethodPut, "load", simframe.Bodies{Sent: Load{Service: "shop", Alias: "live", Function: "web", Busy: 1}}))
	require.ErrorIs(t, client.Do(t.Context(), http.MethodPut, "load", simframe.Bodies{Sent: Load{Service: "other"}}), ErrNoSuchProvision)
	_, err := client.Advance(t.Context(), time.Minute)
	require.NoError(t, err)
	h.must(t, "PUT /services/shop/aliases/live", `{"additionalVersionWeight":{"2":0.05}}`)
	calls, err := client.Calls(t.Context())
	require.NoError(t, err)
	require.Equal(t, 1, calls.Operations["UpdateAlias"])
	require.NoError(t, client.ResetCalls(t.Context()))
	require.Zero(t, h.sim.Calls().Total)
	require.ErrorIs(t, client.RemoveFault(t.Context(), 1), ErrNoSuchFault)

	w := httptest.NewRecorder()
	h.sim.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "http://localhost/_fcsim/", http.NoBody))
	require.Equal(t, http.StatusOK, w.Code)
	for _, shown := range []string{"region cn-hangzhou, account " + DefaultAccountID, "<h3>shop</h3>", "Versions: 1, 2.", "registry.test/shop:2", "1, 2 with 5 %", "web: 2 of 2", "unhandled"} {
		require.Contains(t, w.Body.String(), shown)
	}
}

// TestSimulator_ManyAtOnce lets writers publish and move while others read: numbers are given
// once, and what is read is whole.
func TestSimulator_ManyAtOnce(t *testing.T) {
	t.Parallel()
	const writers, each = 6, 8
	h := published(t)
	h.must(t, "PUT "+provisionLive, `{"target":3}`)
	var wg sync.WaitGroup
	var mu sync.Mutex
	given := map[string]int{}
	for w := range writers {
		wg.Go(func() {
			for i := range each {
				h.send(t, "PUT /services/shop", fmt.Sprintf(`{"description":"%d-%d"}`, w, i))
				if g := h.send(t, "POST /services/shop/versions", ""); g.status == http.StatusOK {
					mu.Lock()
					given[g.text("versionId")]++
					mu.Unlock()
					h.send(t, "PUT /services/shop/aliases/live", `{"additionalVersionWeight":{"`+g.text("versionId")+`":0.5}}`)
				}
				h.send(t, invokeLive, "x")
				_, _ = h.sim.Advance(100 * time.Millisecond)
				_, _ = h.sim.Snapshot()
			}
		})
	}
	wg.Wait()
	require.NotEmpty(t, given)
	for id, times := range given {
		require.Equal(t, 1, times, id)
	}
	newest := h.must(t, "GET /services/shop/versions?limit=1", "").names("versions", "versionId")[0]
	require.Equal(t, strconv.Itoa(len(given)+2), newest)
}
