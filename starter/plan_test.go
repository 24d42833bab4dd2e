package starter

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/stretchr/testify/require"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/temporal"

	"slipway/ledger"
	"slipway/release"
	"slipway/wire"
)

func spec(t *testing.T) release.Spec {
	t.Helper()
	s, err := wire.ParseSpec([]byte(`{"app":{"platform":"sae","region":"cn-hangzhou","id":"app-1"},"artifact":{"image":"shop:1"}}`))
	require.NoError(t, err)
	return s
}

func TestPlanForARequestIsASubmission(t *testing.T) {
	t.Parallel()
	want := requestFor(t)
	msg, err := wire.EncodeRequest(wire.Origin{Source: "ci", ID: "1"}, want.Spec)
	require.NoError(t, err)
	require.Equal(t, plan{kind: kindRequest, request: &want, id: want.ReleaseID}, planFor(msg))
}

func TestPlanForASet(t *testing.T) {
	t.Parallel()
	set := release.Set{Name: "checkout", Waves: []release.Wave{{Releases: []release.SetRelease{{Name: "shop", Spec: spec(t)}}}}}.WithDefaults()
	msg, err := wire.EncodeSetRequest(wire.Origin{Source: "ci", ID: "1"}, wire.AskedSet{Set: set})
	require.NoError(t, err)
	want := wire.SetRequest{AskedSet: wire.AskedSet{Set: set}, ID: release.SetID(set.Name, "ci", "1"), Digest: set.Digest(), Source: "ci", EventID: "1"}
	require.Equal(t, plan{kind: kindRequest, set: &want, id: want.ID}, planFor(msg))
}

func TestPlanForARequestByName(t *testing.T) {
	t.Parallel()
	named := wire.Named{Application: "shop", Environment: "production", Says: map[string]any{"artifact": map[string]any{"image": "shop:1"}, "requestedBy": "ann"}}
	digest, err := named.Digest()
	require.NoError(t, err)
	for identity, verified := range map[string]bool{"": false, "ann": true} {
		msg, err := wire.EncodeNamedRequest(wire.Origin{Source: "ci", ID: "1", Identity: identity}, named)
		require.NoError(t, err)
		want := wire.NamedRequest{
			Named: named, ReleaseID: release.IDByName("shop", "production", "ci", "1"), Digest: digest,
			Admission: release.Admission{Verified: verified}, Source: "ci", EventID: "1",
		}
		require.Equal(t, plan{kind: kindRequest, named: &want, id: want.ReleaseID}, planFor(msg))
	}
}

func TestPlanForACommandIsASignal(t *testing.T) {
	t.Parallel()
	sent := release.Command{Kind: release.CommandConfirm, Batch: 1, By: "me"}
	msg, err := wire.EncodeCommand(wire.Origin{Source: "ci", ID: "2"}, "r-1", sent)
	require.NoError(t, err)
	sent.ID, sent.Via, sent.Source = release.CommandID("r-1", "ci", "2"), "event", "ci"
	require.Equal(t, plan{kind: kindCommand, command: &sent, id: "r-1"}, planFor(msg))
}

func TestPlanForPoisonIsADeadLetter(t *testing.T) {
	t.Parallel()
	for subject, want := range map[string]kind{
		"slipway.request.sae.app-1": kindRequest,
		"slipway.request":           kindRequest,
		"slipway.request.set.shop":  kindRequest,
		"slipway.request.app.shop":  kindRequest,
		"slipway.request.app.a.b":   kindRequest,
		"slipway.command.r-1":       kindCommand,
		"slipway.command.r-1.x":     kindCommand,
	} {
		p := planFor(&nats.Msg{Subject: subject, Data: []byte("garbage")})
		require.Equal(t, want, p.kind)
		require.NotEmpty(t, p.poison.Reason)
		require.Nil(t, p.request)
		require.Nil(t, p.named)
		require.Nil(t, p.command)
	}
}

func TestPlan_Classify(t *testing.T) {
	t.Parallel()
	refused := temporal.NewNonRetryableApplicationError("there is no batch 3", release.ErrorRefused, nil)
	gone := serviceerror.NewNotFound("workflow not found")
	for name, c := range map[string]struct {
		result result
		want   action
		reason string
	}{
		"a lane took the release":            {result{kind: kindRequest}, actAck, ""},
		"a release took the command":         {result{kind: kindCommand}, actAck, ""},
		"the lane refuses for good":          {result{kind: kindRequest, err: fmt.Errorf("submit: %w", refused)}, actDeadLetter, "there is no batch 3"},
		"the lane is full":                   {result{kind: kindRequest, err: temporal.NewApplicationError("full", release.ErrorBusy)}, actRetry, ""},
		"the lane closed under the update":   {result{kind: kindRequest, err: temporal.NewApplicationError("closed", "AcceptedUpdateCompletedWorkflow")}, actRetry, ""},
		"the lane failed otherwise":          {result{kind: kindRequest, err: temporal.NewApplicationError("nil map", "PanicError")}, actRetry, ""},
		"no worker answers":                  {result{kind: kindRequest, err: context.DeadlineExceeded}, actRetry, ""},
		"Temporal is away":                   {result{kind: kindRequest, err: serviceerror.NewUnavailable("connection refused")}, actRetry, ""},
		"Temporal is busy":                   {result{kind: kindRequest, err: serviceerror.NewResourceExhausted(0, "slow down")}, actRetry, ""},
		"a search attribute is missing":      {result{kind: kindRequest, err: serviceerror.NewInvalidArgument("no mapping")}, actRetry, ""},
		"the namespace is missing":           {result{kind: kindCommand, err: serviceerror.NewNamespaceNotFound("slipway")}, actRetry, ""},
		"the lane's execution is missing":    {result{kind: kindRequest, err: gone}, actRetry, ""},
		"the release is gone":                {result{kind: kindCommand, err: gone}, actDeadLetter, "no such release or set runs"},
		"the release may not have begun yet": {result{kind: kindCommand, err: gone, requestPending: true}, actRetry, ""},
		"Temporal is away for a command":     {result{kind: kindCommand, err: serviceerror.NewUnavailable("x"), requestPending: true}, actRetry, ""},
		"the ledger is away":                 {result{kind: kindRequest, err: fmt.Errorf("x: %w", ledger.ErrUnavailable)}, actRetry, ""},
		"a record is not to be read":         {result{kind: kindRequest, err: errors.New("is no entry of the ledger")}, actRetry, ""},
		"the record was deleted meanwhile":   {result{kind: kindRequest, err: ledger.ErrNotFound}, actRetry, ""},
		"the ledger can give it no name":     {result{kind: kindRequest, err: release.Problem{Field: "app", Message: "is too long"}}, actDeadLetter, "app: is too long"},
		"it was taken with another content":  {result{kind: kindRequest, err: &ledger.ConflictError{Recorded: "sha256:a", Asked: "sha256:b"}}, actDeadLetter, "recorded is sha256:a, asked for is sha256:b"},
		"anything unknown":                   {result{kind: kindRequest, err: errors.New("?")}, actRetry, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v := classify(c.result)
			require.Equal(t, c.want, v.action)
			if c.want != actDeadLetter {
				require.Nil(t, v.poison)
				return
			}
			require.Contains(t, v.poison.Reason, c.reason)
		})
	}
}

func TestPlan_RetryDelayGrowsToItsBound(t *testing.T) {
	t.Parallel()
	cfg := Config{RetryDelay: time.Second, MaxRetryDelay: 10 * time.Second}
	for failures, want := range map[uint64]time.Duration{
		0: time.Second, 1: time.Second, 2: 2 * time.Second, 3: 4 * time.Second, 4: 8 * time.Second,
		5: 10 * time.Second, 6: 10 * time.Second, 1 << 60: 10 * time.Second,
	} {
		require.Equal(t, want, cfg.retryDelay(failures), "failure %d", failures)
	}
}
