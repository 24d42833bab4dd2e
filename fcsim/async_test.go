package fcsim

import (
	"encoding/json"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

const asyncConfigPath = "/functions/web/async-invoke-config"

func TestAsyncConfigs_APutReplacesEverything(t *testing.T) {
	t.Parallel()
	h := published(t)
	made := h.must(t, "PUT /services/shop.live"+asyncConfigPath,
		`{"maxAsyncRetryAttempts":0,"maxAsyncEventAgeInSeconds":100,"statefulInvocation":true,"destinationConfig":{"onSuccess":{"destination":"acs:mns:q"},"onFailure":null}}`)
	require.Equal(t, map[string]any{
		"service": "shop", "serviceName": "shop", "function": "web", "functionName": "web", "qualifier": "live",
		"createdTime": "2026-11-02T08:00:00Z", "lastModifiedTime": "2026-11-02T08:00:00Z",
		"maxAsyncRetryAttempts": json.Number("0"), "maxAsyncEventAgeInSeconds": json.Number("100"), "statefulInvocation": true,
		"destinationConfig": map[string]any{"onSuccess": map[string]any{"destination": "acs:mns:q"}},
	}, made.body)
	require.Equal(t, made.body, h.must(t, "GET /services/shop.live"+asyncConfigPath, "").body)

	h.advance(t, time.Second)
	changed := h.must(t, "PUT /services/shop.live"+asyncConfigPath, `{"maxAsyncEventAgeInSeconds":5}`)
	require.Equal(t, json.Number("3"), changed.body["maxAsyncRetryAttempts"], "the default again")
	require.Equal(t, false, changed.body["statefulInvocation"])
	require.Nil(t, changed.body["destinationConfig"])
	require.Equal(t, "2026-11-02T08:00:00Z", changed.text("createdTime"))
	require.Equal(t, "2026-11-02T08:00:01Z", changed.text("lastModifiedTime"))

	h.must(t, "PUT /services/shop"+asyncConfigPath, `{}`)
	h.must(t, "PUT /services/shop.2"+asyncConfigPath, `{}`)
	all := h.must(t, "GET /services/shop/functions/web/async-invoke-configs", "")
	require.Equal(t, []string{"2", "LATEST", "live"}, all.names("configs", "qualifier"))
	require.Empty(t, all.body["nextToken"])
	first := h.must(t, "GET /services/shop/functions/web/async-invoke-configs?limit=1", "")
	require.Len(t, first.list("configs"), 1)
	require.Equal(t, []string{"LATEST", "live"}, h.must(t, "GET /services/shop/functions/web/async-invoke-configs?nextToken="+first.text("nextToken"), "").names("configs", "qualifier"))

	require.Equal(t, http.StatusNoContent, h.must(t, "DELETE /services/shop.live"+asyncConfigPath, "").status)
	require.Contains(t, h.send(t, "GET /services/shop.live"+asyncConfigPath, "").refusedBy(t, codeAsyncNotFound), "web")
	h.must(t, "DELETE /services/shop/functions/web", "")
	h.must(t, "POST /services/shop/functions", image("web", "registry.test/shop:1"))
	h.send(t, "GET /services/shop"+asyncConfigPath, "").refusedBy(t, codeAsyncNotFound)
	h.must(t, "GET /services/shop.2"+asyncConfigPath, "")
}

func TestAsyncConfigs_AreRefused(t *testing.T) {
	t.Parallel()
	h := published(t)
	h.refuses(t, map[string]refusal{
		"limits": {
			"PUT /services/shop.live" + asyncConfigPath, `{"maxAsyncRetryAttempts":9,"maxAsyncEventAgeInSeconds":0,"destinationConfig":{"onSuccess":{}}}`,
			codeInvalidArgument,
			[]string{"maxAsyncRetryAttempts", "maxAsyncEventAgeInSeconds", "destinationConfig"},
		},
		"alias":         {"PUT /services/shop.none" + asyncConfigPath, `{}`, codeAliasNotFound, []string{"none"}},
		"version":       {"PUT /services/shop.9" + asyncConfigPath, `{}`, codeVersionNotFound, []string{"9"}},
		"function":      {"PUT /services/shop/functions/none/async-invoke-config", `{}`, codeFunctionNotFound, []string{"none"}},
		"not there":     {"DELETE /services/shop.live" + asyncConfigPath, "", codeAsyncNotFound, []string{"shop", "web"}},
		"list of none":  {"GET /services/shop/functions/none/async-invoke-configs", "", codeFunctionNotFound, []string{"none"}},
		"list of limit": {"GET /services/shop/functions/web/async-invoke-configs?limit=0", "", codeInvalidArgument, []string{"limit"}},
	})
}

// stateful makes the service shop with asynchronous invocations that have records.
func stateful(t tester, settings string) *harness {
	t.Helper()
	h := published(t)
	h.must(t, "PUT /services/shop.live"+asyncConfigPath, `{"statefulInvocation":true`+settings+`}`)
	return h
}

const invocations = "/services/shop.live/functions/web/stateful-async-invocations"

// accept begins an asynchronous invocation.
func (h *harness) accept(t tester, id string) {
	t.Helper()
	g := h.must(t, invokeLive, "hello", headerType, "Async", headerInvocation, id)
	require.Equal(t, http.StatusAccepted, g.status)
	require.Empty(t, g.raw)
	require.Equal(t, id, g.header.Get(headerInvocation))
}

func (h *harness) record(t tester, id string) map[string]any {
	t.Helper()
	return h.must(t, "GET "+invocations+"/"+id, "").body
}

func number(n int64) json.Number { return json.Number(fmt.Sprint(n)) }

func TestInvocations_Endings(t *testing.T) {
	t.Parallel()
	const second, minute = time.Second, time.Minute
	for name, tt := range map[string]struct {
		settings string
		result   Result
		fault    Fault
		before   func(t *testing.T, h *harness) // after it was accepted
		after    time.Duration
		status   string
		retried  int64
		ended    time.Duration // 0 where it goes on
		error    string
		sent     string
	}{
		"running":           {after: second / 2, status: "Running"},
		"succeeds":          {after: second, status: "Succeeded", ended: second},
		"is delivered":      {settings: `,"destinationConfig":{"onSuccess":{"destination":"q"}}`, after: second, status: "Succeeded", ended: second, sent: "Succeeded"},
		"fails once":        {settings: `,"maxAsyncRetryAttempts":0`, result: ResultHandled, after: second, status: "Failed", ended: second, error: "HandledInvocationError"},
		"waits for a retry": {result: ResultUnhandled, after: minute, status: "Running", retried: 1, error: "UnhandledInvocationError"},
		"fails for good": {
			settings: `,"maxAsyncRetryAttempts":2,"destinationConfig":{"onFailure":{"destination":"q"}}`, result: ResultExited, after: time.Hour,
			status: "Failed", retried: 2, ended: 2*minute + 3*second, error: "exited", sent: "Succeeded",
		},
		"gets well": {
			result: ResultUnhandled, after: time.Hour, status: "Succeeded", retried: 1, ended: minute + 2*second,
			before: func(t *testing.T, h *harness) {
				t.Helper()
				h.advance(t, 2*second)
				require.NoError(t, h.sim.SetBehaviour(Behaviour{Code: "registry.test/shop:1", Result: ResultOK}))
			},
		},
		"is too old": {
			settings: `,"maxAsyncEventAgeInSeconds":30`, fault: Fault{Kind: FaultQueued, Delay: minute}, after: time.Hour, status: "Expired", ended: minute, error: "older than 30s",
		},
		"is too old to be tried again": {
			settings: `,"maxAsyncEventAgeInSeconds":30`, result: ResultHandled, after: time.Hour, status: "Expired", retried: 1, ended: minute + second, error: "older",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := stateful(t, tt.settings)
			if tt.result != "" {
				require.NoError(t, h.sim.SetBehaviour(Behaviour{Code: "registry.test/shop:1", Result: tt.result}))
			}
			if tt.fault.Kind != "" {
				_, err := h.sim.AddFault(tt.fault)
				require.NoError(t, err)
			}
			h.accept(t, "job")
			began := start()
			if tt.before != nil {
				tt.before(t, h)
			}
			h.advance(t, tt.after)
			record := h.record(t, "job")
			require.Equal(t, tt.status, record["status"], "%v", record)
			require.Equal(t, number(tt.retried), record["alreadyRetriedTimes"])
			require.Equal(t, number(began.UnixMilli()), record["startedTime"])
			require.Equal(t, tt.sent, record["destinationStatus"])
			require.Contains(t, record["invocationErrorMessage"], tt.error)
			if tt.ended == 0 {
				require.NotContains(t, record, "endTime")
			} else {
				require.Equal(t, number(began.Add(tt.ended).UnixMilli()), record["endTime"])
			}
		})
	}
}

func TestInvocations_OfAFunctionThatIsGoneAreInvalid(t *testing.T) {
	t.Parallel()
	h := published(t)
	h.must(t, "PUT /services/shop/functions/web/async-invoke-config", `{"statefulInvocation":true}`)
	_, err := h.sim.AddFault(Fault{Kind: FaultQueued, Delay: time.Minute})
	require.NoError(t, err)
	id := h.must(t, "POST /services/shop/functions/web/invocations", "", headerType, "Async").header.Get(headerInvocation)
	require.NotEmpty(t, id, "one is made where none is given")
	h.must(t, "DELETE /services/shop/functions/web", "")
	h.advance(t, time.Hour)
	h.send(t, "GET /services/shop/functions/web/stateful-async-invocations/"+id, "").refusedBy(t, codeFunctionNotFound)
	h.must(t, "POST /services/shop/functions", image("web", "registry.test/shop:1"))
	require.Equal(t, "Invalid", h.must(t, "GET /services/shop/functions/web/stateful-async-invocations/"+id, "").body["status"])
}

func TestInvocations_AreStopped(t *testing.T) {
	t.Parallel()
	h := stateful(t, "")
	h.accept(t, "job")
	g := h.must(t, "PUT "+invocations+"/job", "")
	require.Equal(t, http.StatusOK, g.status)
	require.Empty(t, g.raw)
	require.Equal(t, "Stopping", h.record(t, "job")["status"])
	require.Contains(t, h.send(t, "PUT "+invocations+"/job", "").refusedBy(t, codeAsyncStopped), "shop:web:job")
	h.advance(t, time.Minute)
	record := h.record(t, "job")
	require.Equal(t, "Stopped", record["status"])
	require.Equal(t, number(start().Add(time.Second).UnixMilli()), record["endTime"])
	h.send(t, "PUT "+invocations+"/job", "").refusedBy(t, codeAsyncStopped)

	h.accept(t, "done")
	h.advance(t, time.Minute)
	require.Contains(t, h.send(t, "PUT "+invocations+"/done", "").refusedBy(t, codeInvalidArgument), "Succeeded")
	h.send(t, "PUT "+invocations+"/none", "").refusedBy(t, codeInvocationNotFound)
	h.send(t, "GET /services/shop.1/functions/web/stateful-async-invocations/job", "").refusedBy(t, codeInvocationNotFound)
}

func TestInvocations_AreListed(t *testing.T) {
	t.Parallel()
	h := stateful(t, "")
	for _, id := range []string{"job-1", "job-2", "task-3"} {
		h.accept(t, id)
		h.advance(t, 10*time.Second)
	}
	h.accept(t, "job-4")
	ids := func(query string) []string {
		return h.must(t, "GET "+invocations+"?"+query, "").names("invocations", "invocationId")
	}
	require.Equal(t, []string{"job-4", "task-3", "job-2", "job-1"}, ids(""), "newest first")
	require.Equal(t, []string{"job-1", "job-2", "task-3", "job-4"}, ids("sortOrderByTime=asc"))
	require.Equal(t, []string{"job-4", "job-2", "job-1"}, ids("invocationIdPrefix=job-"))
	require.Equal(t, []string{"job-4"}, ids("status=Running"))
	require.Equal(t, []string{"task-3", "job-2"}, ids(fmt.Sprintf("startedTimeBegin=%d&startedTimeEnd=%d", start().Add(10*time.Second).UnixMilli(), start().Add(20*time.Second).UnixMilli())))
	first := h.must(t, "GET "+invocations+"?limit=3&includePayload=true", "")
	require.Equal(t, "hello", first.list("invocations")[0].(map[string]any)["invocationPayload"])
	require.Equal(t, []string{"job-1"}, ids("limit=3&nextToken="+first.text("nextToken")))
	require.NotContains(t, h.must(t, "GET "+invocations, "").list("invocations")[0], "invocationPayload")
	require.Equal(t, "hello", h.record(t, "job-1")["invocationPayload"])

	message := h.send(t, "GET "+invocations+"?status=Gone&sortOrderByTime=up&startedTimeBegin=x&startedTimeEnd=-1&includePayload=maybe", "").refusedBy(t, codeInvalidArgument)
	for _, name := range []string{"status", "sortOrderByTime", "startedTimeBegin", "startedTimeEnd", "includePayload"} {
		require.Contains(t, message, name)
	}
	h.send(t, "GET "+invocations+"?nextToken=none", "").refusedBy(t, codeInvalidArgument)
	h.send(t, "GET "+invocations+"?limit=101", "").refusedBy(t, codeInvalidArgument)
}

func TestInvocations_AreAccepted(t *testing.T) {
	t.Parallel()
	h := published(t)
	g := h.must(t, invokeLive, "hello", headerType, "Async")
	require.Equal(t, http.StatusAccepted, g.status)
	require.Empty(t, g.header.Get(headerInvocation), "there is no record of it")
	require.Contains(t, h.send(t, invokeLive, "", headerType, "Async", headerInvocation, "job").refusedBy(t, codeInvalidArgument), "statefulInvocation")
	h.must(t, invokeLive, "hello", headerType, "Async", headerInvocation, "job", headerStateful, "true")
	require.Contains(t, h.send(t, invokeLive, "", headerType, "Async", headerInvocation, "job", headerStateful, "true").refusedBy(t, codeInvalidArgument), "already")
	require.Contains(t, h.send(t, invokeLive, "", headerType, "Async", headerInvocation, "1/2", headerStateful, "true").refusedBy(t, codeInvalidArgument), headerInvocation)
	h.send(t, "POST /services/shop.none/functions/web/invocations", "", headerType, "Async").refusedBy(t, codeAliasNotFound)
	h.advance(t, time.Minute)
	require.Equal(t, []string{"job"}, h.must(t, "GET "+invocations, "").names("invocations", "invocationId"))
}

// TestInvocations_OutliveTheProcess: what was accepted goes on from a snapshot as it would have without.
func TestInvocations_OutliveTheProcess(t *testing.T) {
	t.Parallel()
	h := stateful(t, `,"maxAsyncRetryAttempts":1`)
	h.must(t, "POST /services/shop/functions/web/triggers", httpTrigger)
	h.must(t, "POST /custom-domains", `{"domainName":"a.example.com"}`)
	h.must(t, "POST /layers/libs/versions", `{"code":{"zipFile":"`+zip("one")+`"}}`)
	h.must(t, "POST /tag", `{"resourceArn":"services/shop","tags":{"a":"b"}}`)
	require.NoError(t, h.sim.SetBehaviour(Behaviour{Code: "registry.test/shop:1", Result: ResultUnhandled, Rate: 0.5}))
	for i := range 20 {
		h.accept(t, fmt.Sprintf("job-%d", i))
		h.advance(t, 100*time.Millisecond)
	}
	snapshot, err := h.sim.Snapshot()
	require.NoError(t, err)
	again := newHarness(t)
	require.NoError(t, again.sim.Restore(snapshot))
	h.advance(t, time.Hour)
	for range 60 {
		again.advance(t, time.Minute)
	}
	for _, line := range []string{"GET " + invocations, "GET /custom-domains", "GET /layers/libs/versions/1", "GET /tag?resourceArn=services/shop"} {
		want := h.must(t, line, "").body
		if line == "GET /layers/libs/versions/1" {
			delete(want, "code") // the address of the simulator is in it
		}
		other := again.must(t, line, "").body
		delete(other, "code")
		require.Equal(t, want, other, line)
	}
	require.Len(t, again.must(t, "GET /services/shop/functions/web/triggers", "").list("triggers"), 1)
}

// TestInvocations_OldRecordsGo: a service keeps a bounded number of records, the newest.
// What was due before the behaviour changed went well, even if nobody has looked in between.
func TestInvocations_ABehaviourIsNotForWhatWasBefore(t *testing.T) {
	t.Parallel()
	clock := SteppedClock(start())
	h := serve(t, Config{Clock: clock, Seed: 7}).published(t)
	h.must(t, "PUT /services/shop.live/functions/web/async-invoke-config", `{"statefulInvocation":true,"maxAsyncRetryAttempts":0}`)
	const id = "X-Fc-Stateful-Async-Invocation-Id"
	h.must(t, invokeLive, "x", headerType, "Async", id, "early")
	_, err := clock.Advance(time.Minute)
	require.NoError(t, err)
	require.NoError(t, h.sim.SetBehaviour(Behaviour{Code: "registry.test/shop:1", Result: ResultUnhandled}))
	h.must(t, invokeLive, "x", headerType, "Async", id, "late")
	h.advance(t, time.Minute)
	for invocation, status := range map[string]string{"early": "Succeeded", "late": "Failed"} {
		require.Equal(t, status, h.must(t, "GET /services/shop.live/functions/web/stateful-async-invocations/"+invocation, "").text("status"), invocation)
	}
}

func TestInvocations_OldRecordsGo(t *testing.T) {
	t.Parallel()
	h := stateful(t, "")
	for i := range keptInvocations + 2 {
		h.accept(t, fmt.Sprintf("job-%d", i))
	}
	h.advance(t, time.Minute)
	h.send(t, "GET "+invocations+"/job-1", "").refusedBy(t, codeInvocationNotFound)
	require.Equal(t, "Succeeded", h.record(t, "job-2")["status"])
	require.Equal(t, "Succeeded", h.record(t, fmt.Sprintf("job-%d", keptInvocations+1))["status"])
}
