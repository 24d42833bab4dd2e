package sae

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/temporal"

	"slipway/cloudapi"
	"slipway/release"
	"slipway/saeclient"
)

// What the verbs do over HTTP is tested against the simulator: see host.

func TestSAE_ChangeStates(t *testing.T) {
	t.Parallel()
	tests := []struct {
		status, sub int
		want        release.ChangeState
	}{
		{0, 0, release.ChangePreparing},
		{1, 0, release.ChangeRunning},
		{1, 1, release.ChangeStuck},
		{2, 0, release.ChangeSucceeded},
		{3, 0, release.ChangeFailed},
		{3, 1, release.ChangeFailed},
		{6, 0, release.ChangeAborted},
		{8, 0, release.ChangeAwaitingConfirm},
		{9, 0, release.ChangeAwaitingBatch},
		{10, 0, release.ChangeSystemFailed},
		{11, 0, release.ChangeAwaitingPlatformApproval},
		{12, 0, release.ChangePreparing},
		{99, 0, release.ChangePreparing},
	}
	for _, tt := range tests {
		got := changeState(tt.status, tt.sub)
		require.Equal(t, tt.want, got, "status %d, sub %d", tt.status, tt.sub)
		require.Equal(t, saeclient.ChangeOrderFinished(tt.status), got.Ended(), "status %d", tt.status)
	}
}

func TestSAE_FaultsOfErrors(t *testing.T) {
	t.Parallel()
	tests := []struct {
		err  error
		want release.Fault
	}{
		{&cloudapi.Error{Class: cloudapi.ErrInvalid}, release.FaultInvalid},
		{&cloudapi.Error{Class: cloudapi.ErrNotFound}, release.FaultNotFound},
		{&cloudapi.Error{Class: cloudapi.ErrAuth}, release.FaultAuth},
		{&cloudapi.Error{Class: cloudapi.ErrBilling}, release.FaultBilling},
		{&cloudapi.Error{Class: cloudapi.ErrQuota}, release.FaultQuota},
		{&cloudapi.Error{Class: cloudapi.ErrThrottled}, release.FaultThrottled},
		{&cloudapi.Error{Class: cloudapi.ErrUnavailable}, release.FaultUnavailable},
		{&cloudapi.Error{Class: cloudapi.ErrAmbiguous}, release.FaultAmbiguous},
		{&cloudapi.Error{Class: cloudapi.ErrFailed}, release.FaultUndecidable},
		{&cloudapi.Error{Class: cloudapi.ErrConflict, Code: saeclient.CodeChangeOrderRunning}, release.FaultConflict},
		{&cloudapi.Error{Class: cloudapi.ErrConflict, Code: saeclient.CodeApplicationInvalidStatus}, release.FaultNotNow},
		{&cloudapi.Error{Class: cloudapi.ErrUnavailable, Code: saeclient.CodeSystemUpgrading}, release.FaultNotNow},
		{&cloudapi.Error{Class: cloudapi.ErrUnavailable, Code: "LogService.InternalError"}, release.FaultNotNow},
		{&cloudapi.Error{Class: cloudapi.ErrUnavailable, Code: "ServiceUnavailable"}, release.FaultUnavailable},
		{&cloudapi.Error{Class: cloudapi.ErrUnavailable, Code: "InvalidResponse.Api"}, release.FaultUnavailable},
		{&cloudapi.Error{Class: cloudapi.ErrAmbiguous, Code: "InvalidResponse.Api"}, release.FaultAmbiguous},
		{&cloudapi.Error{Class: cloudapi.ErrAmbiguous, Err: context.Canceled}, release.FaultAmbiguous},
		{&cloudapi.Error{Class: cloudapi.ErrConflict, Code: saeclient.CodePackageVersionExists}, release.FaultInvalid},
		{errors.New("something else"), release.FaultUnavailable},
	}
	for _, tt := range tests {
		var app *temporal.ApplicationError
		require.ErrorAs(t, failed(tt.err), &app)
		require.Equal(t, string(tt.want), app.Type())
		require.Equal(t, !tt.want.Retryable(), app.NonRetryable())
	}
	require.NoError(t, failed(nil))
	for _, end := range []error{context.Canceled, context.DeadlineExceeded} {
		require.Equal(t, end, failed(&cloudapi.Error{Class: cloudapi.ErrUnavailable, Err: end}), "an attempt that has ended is no word of the platform's")
	}
}

func TestSAE_BatchesAreAlwaysConfirmedByHand(t *testing.T) {
	t.Parallel()
	tests := []struct {
		strategy release.Strategy
		want     string
	}{
		{release.Strategy{}, ""},
		{release.Strategy{Type: release.StrategyAll}, ""},
		{
			release.Strategy{Type: release.StrategyBatch, Batches: 3, Confirm: release.ConfirmManual},
			`{"type":"BatchUpdate","batchUpdate":{"batch":3,"releaseType":"manual"}}`,
		},
		{
			release.Strategy{Type: release.StrategyBatch, Batches: 2, Confirm: release.ConfirmAuto},
			`{"type":"BatchUpdate","batchUpdate":{"batch":2,"releaseType":"manual"}}`,
		},
		{
			release.Strategy{Type: release.StrategyGray, Gray: 1, Batches: 2, Confirm: release.ConfirmAuto, Bake: release.Duration(5 * time.Minute)},
			`{"type":"GrayBatchUpdate","batchUpdate":{"batch":2,"releaseType":"manual"},"grayUpdate":{"gray":1}}`,
		},
	}
	for _, tt := range tests {
		text, err := updateStrategy(tt.strategy).MarshalText()
		require.NoError(t, err)
		require.Equal(t, tt.want, string(text))
	}
}

func TestSAE_VersionIDIsTheNewestThatHoldsTheArtifact(t *testing.T) {
	t.Parallel()
	all := []saeclient.ListAppVersionsData{
		{ID: "v1", Type: "image", WarURL: "registry-vpc.cn-hangzhou.aliyuncs.com/shop:1", CreateTime: time.UnixMilli(1600000000001)},
		{ID: "v3", Type: "image", WarURL: "registry-vpc.cn-hangzhou.aliyuncs.com/shop:1", CreateTime: time.UnixMilli(1600000000003)},
		{ID: "v2", Type: "image", WarURL: "registry.cn-hangzhou.aliyuncs.com/shop:2", CreateTime: time.UnixMilli(1600000000002)},
		{ID: "v4", Type: "url", BuildPackageURL: "https://x/y.jar", CreateTime: time.UnixMilli(1600000000004)},
		{ID: "v5", Type: "upload", WarURL: "https://x/z.war", CreateTime: time.UnixMilli(1600000000005)},
	}
	image := func(s string) release.Artifact { return release.Artifact{Image: s} }
	pkg := func(s string) release.Artifact {
		return release.Artifact{Package: &release.Package{URL: s, Version: "1"}}
	}
	require.Equal(t, "v3", newestOfArtifact(all, image("registry.cn-hangzhou.aliyuncs.com/shop:1")), "by the public or the internal address")
	require.Equal(t, "v2", newestOfArtifact(all, image("registry-vpc.cn-hangzhou.aliyuncs.com/shop:2")))
	require.Equal(t, "v4", newestOfArtifact(all, pkg("https://x/y.jar")))
	require.Equal(t, "v5", newestOfArtifact(all, pkg("https://x/z.war")))
	require.Empty(t, newestOfArtifact(all, image("shop:9")), "a version that is not listed is no target")
}

// newestOfArtifact is the ID of the newest version that may be of an artifact.
func newestOfArtifact(all []version, a release.Artifact) string {
	held := (&versions{all: newestVersions(all)}).holding(a)
	if len(held) == 0 {
		return ""
	}
	return held[0].ID
}

func TestSAE_WatermarkKnowsEveryOrderOfItsSecond(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 2, 8, 0, 1, 0, time.UTC)
	w := watermarkOf([]order{
		{ChangeOrderID: "b", CreateTime: at},
		{ChangeOrderID: "a", CreateTime: at.Add(-time.Second)},
		{ChangeOrderID: "c", CreateTime: at},
		{ChangeOrderID: "d"},
	})
	require.Equal(t, watermark{At: at, Known: []string{"b", "c", "d"}}, w, "one without a time would be newer than any")
	require.Equal(t, watermark{}, watermarkOf(nil))
	read, err := readMark(w.mark())
	require.NoError(t, err)
	require.Equal(t, w, read)
	read, err = readMark(nil)
	require.NoError(t, err)
	require.Equal(t, watermark{}, read)
	_, err = readMark(release.Mark(`["a"]`))
	require.ErrorContains(t, err, "cannot be read")
}

func TestSAE_ConfigIsChecked(t *testing.T) {
	t.Parallel()
	_, err := New(Config{})
	require.ErrorContains(t, err, "Config.Client")
	_, err = New(Config{Client: newHost(t).client, Settle: -1})
	require.ErrorContains(t, err, "Config.Settle")
}
