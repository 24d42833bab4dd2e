package doctor

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	deploymentpb "go.temporal.io/api/deployment/v1"
	enumspb "go.temporal.io/api/enums/v1"
	taskqueuepb "go.temporal.io/api/taskqueue/v1"
	"go.temporal.io/api/workflowservice/v1"
	"google.golang.org/protobuf/types/known/timestamppb"

	"slipway/activities/fault"
	"slipway/cmd/slipway/internal/config"
	"slipway/cmd/slipway/internal/connect"
	"slipway/release"
	"slipway/releases"
	"slipway/setup"
	"slipway/worker"
)

// requireFinding compares a finding; what is found and the remedy are named by a part.
func requireFinding(t *testing.T, want, f Finding) {
	t.Helper()
	require.Equal(t, want.Result, f.Result, "%+v", f)
	require.Contains(t, f.Found, want.Found)
	require.Contains(t, f.Remedy, want.Remedy)
	if f.Result == Failed || f.Result == Warning {
		require.NotEmpty(t, f.Remedy, "whatever is wrong has a remedy")
	}
}

func TestRun_KeepsTheOrderAndWaitsForNobody(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		begun := time.Now()
		found := Run(t.Context(), []Check{
			one("deaf", func(context.Context) Finding { <-release; return ok("too late") }),
			one("slow", func(ctx context.Context) Finding { <-ctx.Done(); return failed("stopped", "wait") }),
			{"many", func(context.Context) []Finding {
				named := ok("a")
				named.Check = "named"
				return []Finding{named, ok("b")}
			}},
			one("quick", func(context.Context) Finding { return skipped("no") }),
		}, 5*time.Second)
		require.Equal(t, 5*time.Second, time.Since(begun), "side by side")
		close(release)
		var names []string
		for _, f := range found {
			names = append(names, f.Check)
		}
		require.Equal(t, []string{"deaf", "slow", "named", "many", "quick"}, names)
		requireFinding(t, Finding{Result: Failed, Found: "no answer within 5s", Remedy: "--timeout"}, found[0])
		require.Equal(t, 2, Count(found, Failed))
	})
}

func TestSort_WhatMustBeActedOnComesFirst(t *testing.T) {
	t.Parallel()
	named := func(r Result, name string) Finding { return Finding{Check: name, Result: r} }
	found := []Finding{named(OK, "a"), named(Skipped, "b"), named(Failed, "c"), named(Warning, "d"), named(OK, "e"), named(Failed, "f")}
	Sort(found)
	require.Equal(t, []Finding{named(Failed, "c"), named(Failed, "f"), named(Warning, "d"), named(Skipped, "b"), named(OK, "a"), named(OK, "e")}, found)
}

// What is found does not repeat the remedy.
func TestBroken_TellsTheRemedyOnce(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		err           error
		found, remedy string
	}{
		"a connection": {&connect.Error{Attempt: "connect to NATS at nats://a", Problem: "no answer", Remedy: "check NATS_URL"}, "connect to NATS at nats://a: no answer", "check NATS_URL"},
		"a setting": {
			&config.Error{Setting: "payload-key", Source: "flag --payload-key", Problem: "there is no such key", Remedy: "name one"},
			"setting payload-key (flag --payload-key): there is no such key", "name one",
		},
		"a right":       {&connect.DeniedError{Cause: nats.ErrPermissionViolation}, "NATS denies a right: permissions violation", "allow this user what the page operations lists under permissions"},
		"anything else": {errors.New("odd"), "odd", "start it"},
		"a library":     {fmt.Errorf("stream X: %w", nats.ErrTimeout), "stream X: NATS gave no answer in time", "start it"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, Finding{Result: Failed, Found: c.found, Remedy: c.remedy}, broken(c.err, "start it"))
		})
	}
}

func TestJudge_Store(t *testing.T) {
	t.Parallel()
	denied, cancel := context.WithCancelCause(t.Context())
	cancel(&connect.DeniedError{Cause: errors.New(`Permissions Violation for Publish to "$JS.API.STREAM.INFO.SLIPWAY_IN"`)})
	for name, c := range map[string]struct {
		ctx           context.Context
		e             setup.Examined
		err           error
		result        Result
		found, remedy string
	}{
		"as it should be":        {nil, setup.Examined{Exists: true, Messages: 3}, nil, OK, "as setup makes it; messages: 3", ""},
		"missing":                {nil, setup.Examined{}, nil, Failed, "does not exist", "slipway setup"},
		"different":              {nil, setup.Examined{Exists: true, Differences: []string{"a is 1 and must be 2", "b"}}, nil, Failed, "a is 1 and must be 2; b", "slipway setup"},
		"what setup refuses":     {nil, setup.Examined{Exists: true}, errors.New("forgets"), Failed, "forgets", "as it says"},
		"no JetStream":           {nil, setup.Examined{}, fmt.Errorf("%w: off", setup.ErrNoJetStream), Skipped, "JetStream is not enabled", ""},
		"a right that is denied": {denied, setup.Examined{}, context.Canceled, Failed, `Publish to "$JS.API.STREAM.INFO.SLIPWAY_IN"`, "allow this user"},
		"no answer":              {nil, setup.Examined{}, errors.New("timeout"), Failed, "timeout", "servers of NATS"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx := c.ctx
			if ctx == nil {
				ctx = t.Context()
			}
			requireFinding(t, Finding{Result: c.result, Found: c.found, Remedy: c.remedy}, judgeStore(ctx, c.e, c.err))
		})
	}
}

func TestJudge_Rights(t *testing.T) {
	t.Parallel()
	missing := errors.New("stream the stream of its messages does not exist; create it with: slipway setup")
	right := errors.New(`bucket slipway-ledger is not permitted to this user`)
	requireFinding(t, Finding{Result: OK, Found: "all of them", Remedy: ""}, judgeRights(nil))
	requireFinding(t, Finding{Result: Skipped, Found: "cannot be tried", Remedy: ""}, judgeRights(missing))
	late := fmt.Errorf("bucket slipway-people cannot be checked: NATS does not answer: %w", context.DeadlineExceeded)
	requireFinding(t, Finding{Result: Warning, Found: "no answer in time", Remedy: "servers of NATS"}, judgeRights(errors.Join(missing, late)))
	requireFinding(t, Finding{Result: Warning, Found: "is not permitted", Remedy: "/readyz"}, judgeRights(errors.Join(late, right)))
	f := judgeRights(errors.Join(missing, right))
	requireFinding(t, Finding{Result: Warning, Found: "bucket slipway-ledger is not permitted", Remedy: "/readyz"}, f)
	require.NotContains(t, f.Found, "does not exist", "the check of the stream tells that")
}

func TestJudge_Lanes(t *testing.T) {
	t.Parallel()
	free := releases.LaneStatus{App: "sae/cn-hangzhou/free", State: &release.LaneState{Waiting: make([]release.LaneEntry, release.MaxWaiting-1)}}
	full := releases.LaneStatus{App: "sae/cn-hangzhou/full", State: &release.LaneState{
		Full: "what the lane remembers has 1048577 bytes; at most 1048576 are kept", Waiting: make([]release.LaneEntry, 3),
	}}
	silent := releases.LaneStatus{App: "sae/cn-hangzhou/silent"}
	isFull := Finding{
		Check: "lane sae/cn-hangzhou/full", Result: Warning, Found: "full: what the lane remembers has 1048577 bytes; at most 1048576 are kept",
		Remedy: "let it go on, or take releases out of it: slipway lane get sae/cn-hangzhou/full",
	}
	for name, c := range map[string]struct {
		lanes []releases.LaneStatus
		more  bool
		want  []Finding
	}{
		"none is full":            {[]releases.LaneStatus{free}, false, []Finding{ok("none is full")}},
		"one is silent":           {[]releases.LaneStatus{free, silent}, false, []Finding{skipped("1 of 2 lanes do not answer")}},
		"one is full, one silent": {[]releases.LaneStatus{free, full, silent}, false, []Finding{isFull, skipped("1 of 3 lanes do not answer")}},
		"more than are asked":     {[]releases.LaneStatus{free}, true, []Finding{skipped("only 1 lanes were asked, and there are more")}},
		"more, and one is full":   {[]releases.LaneStatus{full}, true, []Finding{isFull, skipped("only 1 lanes were asked, and there are more")}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, c.want, judgeLanes(c.lanes, c.more))
		})
	}
}

func TestJudge_Consumer(t *testing.T) {
	t.Parallel()
	now := time.Now()
	at := func(ago time.Duration) jetstream.SequenceInfo {
		last := now.Add(-ago)
		return jetstream.SequenceInfo{Last: &last}
	}
	for name, c := range map[string]struct {
		info          *jetstream.ConsumerInfo
		err           error
		result        Result
		found, remedy string
	}{
		"starters wait":            {&jetstream.ConsumerInfo{NumWaiting: 2, NumPending: 1, NumAckPending: 2}, nil, OK, "starters wait for messages; messages that are not settled: 3", ""},
		"a starter at work":        {&jetstream.ConsumerInfo{Delivered: at(time.Minute), NumAckPending: 1}, nil, OK, "a starter was at work 1m0s ago", ""},
		"nobody any more":          {&jetstream.ConsumerInfo{Delivered: at(time.Hour), NumPending: 7}, nil, Failed, "no starter asks for messages; messages that are not settled: 7", "slipway starter"},
		"nobody, and no message":   {&jetstream.ConsumerInfo{}, nil, Failed, "no starter asks", "slipway starter"},
		"much that is not taken":   {&jetstream.ConsumerInfo{NumWaiting: 1, NumPending: 100}, nil, Warning, "messages that are not settled: 100", "log of the starter"},
		"none has ever run":        {nil, jetstream.ErrConsumerNotFound, Failed, "no starter has ever run", "slipway starter"},
		"no stream":                {nil, jetstream.ErrStreamNotFound, Skipped, "the stream of its messages does not exist", ""},
		"no JetStream":             {nil, jetstream.ErrJetStreamNotEnabled, Skipped, "not enabled", ""},
		"somebody who cannot tell": {nil, errors.New("timeout"), Failed, "timeout", "servers of NATS"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if c.info != nil {
				c.info.TimeStamp = now
			}
			requireFinding(t, Finding{Result: c.result, Found: c.found, Remedy: c.remedy}, judgeConsumer(t.Context(), "starter", c.info, c.err))
		})
	}
}

func TestJudge_Letters(t *testing.T) {
	t.Parallel()
	requireFinding(t, Finding{Result: OK, Found: "none in the last day", Remedy: ""}, judgeLetters(t.Context(), 0, false, nil))
	requireFinding(t, Finding{Result: Warning, Found: "3 in the last day", Remedy: "slipway deadletter list --since 24h"}, judgeLetters(t.Context(), 3, false, nil))
	requireFinding(t, Finding{Result: Warning, Found: "more than 1000 in the last day", Remedy: "slipway deadletter list"}, judgeLetters(t.Context(), 1000, true, nil))
	requireFinding(t, Finding{Result: Skipped, Found: "does not exist", Remedy: ""}, judgeLetters(t.Context(), 0, false, fmt.Errorf("x: %w", jetstream.ErrStreamNotFound)))
	requireFinding(t, Finding{Result: Warning, Found: "cannot be counted: no", Remedy: "servers"}, judgeLetters(t.Context(), 0, false, errors.New("no")))
}

func TestJudge_Clock(t *testing.T) {
	t.Parallel()
	asked := time.Now()
	answered := asked.Add(10 * time.Second)
	for _, within := range []time.Duration{0, 10 * time.Second, -4 * time.Second, 14 * time.Second} {
		requireFinding(t, Finding{Result: OK, Found: "within", Remedy: ""}, judgeClock(asked.Add(within), asked, answered))
	}
	requireFinding(t, Finding{Result: Warning, Found: "-1m0s off", Remedy: "NTP"}, judgeClock(asked.Add(-time.Minute), asked, answered))
	requireFinding(t, Finding{Result: Warning, Found: "1m0s off", Remedy: "NTP"}, judgeClock(answered.Add(time.Minute), asked, answered))
	requireFinding(t, Finding{Result: Skipped, Found: "does not tell", Remedy: ""}, judgeClock(time.Time{}, asked, answered))
}

func TestJudge_Queue(t *testing.T) {
	t.Parallel()
	now := time.Now()
	poller := func(identity, version string, ago time.Duration) *taskqueuepb.PollerInfo {
		p := &taskqueuepb.PollerInfo{Identity: identity, LastAccessTime: timestamppb.New(now.Add(-ago))}
		if version != "" {
			p.DeploymentOptions = &deploymentpb.WorkerDeploymentOptions{
				DeploymentName: "slipway", BuildId: version, WorkerVersioningMode: enumspb.WORKER_VERSIONING_MODE_VERSIONED,
			}
		}
		return p
	}
	for name, c := range map[string]struct {
		pollers       []*taskqueuepb.PollerInfo
		current       string
		result        Result
		found, remedy string
	}{
		"workers":                  {[]*taskqueuepb.PollerInfo{poller("a", "", 0), poller("a", "", 0), poller("b", "", time.Minute)}, "", OK, "2 on q", ""},
		"nobody":                   {nil, "", Failed, "no worker takes task queue q", "start one"},
		"one that is gone":         {[]*taskqueuepb.PollerInfo{poller("a", "", 3*time.Minute)}, "", Failed, "no worker takes", "start one"},
		"a version that is none":   {[]*taskqueuepb.PollerInfo{poller("a", "v1", 0)}, "", Failed, "of version slipway:v1, and none is current", "set-current-version"},
		"the current version":      {[]*taskqueuepb.PollerInfo{poller("a", "v1", 0), poller("b", "v2", 0)}, "v2", OK, "2 on q, of version slipway:v1, slipway:v2; current is slipway:v2", ""},
		"another than the current": {[]*taskqueuepb.PollerInfo{poller("a", "v1", 0)}, "v2", Failed, "of version slipway:v1, but slipway:v2 is current", "set-current-version"},
		"unversioned, and current": {[]*taskqueuepb.PollerInfo{poller("a", "", 0)}, "v2", Failed, "of version none, but slipway:v2", "set-current-version"},
		"unversioned beside one":   {[]*taskqueuepb.PollerInfo{poller("a", "", 0), poller("b", "v1", 0)}, "", OK, "current is none", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := &workflowservice.DescribeTaskQueueResponse{Pollers: c.pollers}
			if c.current != "" {
				d.VersioningInfo = &taskqueuepb.TaskQueueVersioningInfo{CurrentDeploymentVersion: &deploymentpb.WorkerDeploymentVersion{DeploymentName: "slipway", BuildId: c.current}}
			}
			requireFinding(t, Finding{Result: c.result, Found: c.found, Remedy: c.remedy}, judgeQueue(queue{name: "q", remedy: "start one"}, d, now))
		})
	}
}

func TestJudge_PayloadAndPlatforms(t *testing.T) {
	t.Parallel()
	payload := func(encoding string) *commonpb.Payload {
		return &commonpb.Payload{Metadata: map[string][]byte{"encoding": []byte(encoding)}}
	}
	requireFinding(t, Finding{Result: OK, Found: "are not encrypted", Remedy: ""}, judgePayload(payload("json/plain"), nil))
	requireFinding(t, Finding{Result: OK, Found: "are encoded and decoded (binary/encrypted)", Remedy: ""}, judgePayload(payload("binary/encrypted"), nil))
	requireFinding(t, Finding{Result: Failed, Found: "codec server", Remedy: "the same keys"}, judgePayload(nil, errors.New("codec server is away")))

	p := worker.Platform{Region: "cn-hangzhou", Remedies: map[release.Fault]string{
		release.FaultAuth: "check the key", release.FaultUnavailable: "check the network",
	}}
	requireFinding(t, Finding{Result: OK, Found: "answers in cn-hangzhou, and takes these credentials", Remedy: ""}, judgePlatform(p, nil))
	requireFinding(t, Finding{Result: Failed, Found: "not allowed", Remedy: "check the key"}, judgePlatform(p, fault.New(release.FaultAuth, "not allowed")))
	requireFinding(t, Finding{Result: Failed, Found: "no such host", Remedy: "the network"}, judgePlatform(p, errors.New("no such host")))
	requireFinding(t, Finding{Result: Skipped, Found: "set SLIPWAY_SAE_REGION", Remedy: ""}, NoPlatform("SAE", "SLIPWAY_SAE_REGION").Run(t.Context())[0])
	bad := Platform("SAE", func() (worker.Platform, error) { return p, &config.Error{Problem: "is no region", Remedy: "name one"} })
	requireFinding(t, Finding{Result: Failed, Found: "is no region", Remedy: "name one"}, bad.Run(t.Context())[0])
}
