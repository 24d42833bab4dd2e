package sae

import (
	"errors"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/aliyun/credentials-go/credentials"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/temporal"

	"slipway/release"
	"slipway/saeclient"
	"slipway/saesim"
)

// The verbs themselves are tested with the workflows, over HTTP against the simulator
// (package workflows), and on the real servers (devstack/systemtest).

// onSim returns a driver on a stepped simulator with an application that is deployed.
func onSim(t *testing.T) (*Driver, *saesim.Simulator, string) {
	t.Helper()
	sim, err := saesim.New(saesim.Config{Clock: saesim.SteppedClock(time.Date(2026, 11, 2, 8, 0, 0, 0, time.UTC))})
	require.NoError(t, err)
	server := httptest.NewServer(sim)
	t.Cleanup(server.Close)
	credential, err := credentials.NewCredential(&credentials.Config{
		Type: new("access_key"), AccessKeyId: new(saesim.TestAccessKeyID), AccessKeySecret: new(saesim.TestAccessKeySecret),
	})
	require.NoError(t, err)
	client, err := saeclient.New(saeclient.Config{Region: saesim.DefaultRegion, Endpoint: server.URL, Credential: credential})
	require.NoError(t, err)
	t.Cleanup(client.CloseIdleConnections)
	d, err := New(Config{Client: client})
	require.NoError(t, err)
	created, err := client.CreateApplication(t.Context(), &saeclient.CreateApplicationInput{
		AppName: "shop", PackageType: "Image", ImageURL: new("shop:1"), Replicas: 4, CPU: new(1000), Memory: new(2048),
	})
	require.NoError(t, err)
	return d, sim, created.Data.AppID
}

func TestChangeStates(t *testing.T) {
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
		{11, 0, release.ChangeAwaitingApproval},
		{12, 0, release.ChangePreparing},
		{99, 0, release.ChangePreparing},
	}
	for _, tt := range tests {
		got := changeState(tt.status, tt.sub)
		require.Equal(t, tt.want, got, "status %d, sub %d", tt.status, tt.sub)
		require.Equal(t, saeclient.ChangeOrderFinished(tt.status), got.Ended(), "status %d", tt.status)
	}
}

func TestFaultsOfErrors(t *testing.T) {
	t.Parallel()
	tests := []struct {
		err  error
		want release.Fault
	}{
		{&saeclient.Error{Class: saeclient.ErrInvalid}, release.FaultInvalid},
		{&saeclient.Error{Class: saeclient.ErrNotFound}, release.FaultNotFound},
		{&saeclient.Error{Class: saeclient.ErrAuth}, release.FaultAuth},
		{&saeclient.Error{Class: saeclient.ErrBilling}, release.FaultBilling},
		{&saeclient.Error{Class: saeclient.ErrQuota}, release.FaultQuota},
		{&saeclient.Error{Class: saeclient.ErrThrottled}, release.FaultThrottled},
		{&saeclient.Error{Class: saeclient.ErrUnavailable}, release.FaultUnavailable},
		{&saeclient.Error{Class: saeclient.ErrAmbiguous}, release.FaultAmbiguous},
		{&saeclient.Error{Class: saeclient.ErrFailed}, release.FaultUndecidable},
		{&saeclient.Error{Class: saeclient.ErrConflict, Code: saeclient.CodeChangeOrderRunning}, release.FaultConflict},
		{&saeclient.Error{Class: saeclient.ErrConflict, Code: saeclient.CodeApplicationInvalidStatus}, release.FaultConflict},
		{&saeclient.Error{Class: saeclient.ErrConflict, Code: saeclient.CodePackageVersionExists}, release.FaultInvalid},
		{errors.New("something else"), release.FaultUnavailable},
	}
	for _, tt := range tests {
		var app *temporal.ApplicationError
		require.ErrorAs(t, failed(tt.err), &app)
		require.Equal(t, string(tt.want), app.Type())
		require.Equal(t, !tt.want.Retryable(), app.NonRetryable())
	}
	require.NoError(t, failed(nil))
}

func TestUpdateStrategies(t *testing.T) {
	t.Parallel()
	tests := []struct {
		strategy release.Strategy
		want     string
	}{
		{release.Strategy{Type: release.StrategyAll}, ""},
		{
			release.Strategy{Type: release.StrategyBatch, Batches: 3, Confirm: release.ConfirmManual},
			`{"type":"BatchUpdate","batchUpdate":{"batch":3,"releaseType":"manual"}}`,
		},
		{
			release.Strategy{Type: release.StrategyGray, Gray: 1, Batches: 2, Confirm: release.ConfirmAuto, Bake: release.Duration(5 * time.Minute)},
			`{"type":"GrayBatchUpdate","batchUpdate":{"batch":2,"releaseType":"auto","batchWaitTime":5},"grayUpdate":{"gray":1}}`,
		},
		{
			release.Strategy{Type: release.StrategyBatch, Batches: 2, Confirm: release.ConfirmAuto},
			`{"type":"BatchUpdate","batchUpdate":{"batch":2,"releaseType":"auto","batchWaitTime":0}}`,
		},
	}
	for _, tt := range tests {
		text, err := updateStrategy(tt.strategy).MarshalText()
		require.NoError(t, err)
		require.Equal(t, tt.want, string(text))
	}
}

func TestVersionIDIsTheNewestThatHoldsTheArtifact(t *testing.T) {
	t.Parallel()
	all := []saeclient.ListAppVersionsData{
		{ID: "v1", Type: "image", WarURL: "registry-vpc.cn-hangzhou.aliyuncs.com/shop:1", CreateTime: "1600000000001"},
		{ID: "v3", Type: "image", WarURL: "registry-vpc.cn-hangzhou.aliyuncs.com/shop:1", CreateTime: "1600000000003"},
		{ID: "v2", Type: "image", WarURL: "registry.cn-hangzhou.aliyuncs.com/shop:2", CreateTime: "1600000000002"},
		{ID: "v4", Type: "url", BuildPackageURL: "https://x/y.jar", CreateTime: "1600000000004"},
		{ID: "v5", Type: "upload", WarURL: "https://x/z.war", CreateTime: "1600000000005"},
	}
	image := func(s string) release.Artifact { return release.Artifact{Image: s} }
	pkg := func(s string) release.Artifact {
		return release.Artifact{Package: &release.Package{URL: s, Version: "1"}}
	}
	require.Equal(t, "v3", versionID(all, image("registry.cn-hangzhou.aliyuncs.com/shop:1")), "by the public or the internal address")
	require.Equal(t, "v2", versionID(all, image("registry-vpc.cn-hangzhou.aliyuncs.com/shop:2")))
	require.Equal(t, "v4", versionID(all, pkg("https://x/y.jar")))
	require.Equal(t, "v5", versionID(all, pkg("https://x/z.war")))
	require.Empty(t, versionID(all, image("shop:9")), "a version that is not listed is no target")
}

func TestWatermarkKnowsEveryOrderOfItsSecond(t *testing.T) {
	t.Parallel()
	w := watermark([]order{
		{ChangeOrderID: "b", CreateTime: "2026-11-02 16:00:01"},
		{ChangeOrderID: "a", CreateTime: "2026-11-02 16:00:00"},
		{ChangeOrderID: "c", CreateTime: "2026-11-02 16:00:01"},
		{ChangeOrderID: "d", CreateTime: "not a time"},
	})
	require.Equal(t, release.Watermark{At: time.Date(2026, 11, 2, 8, 0, 1, 0, time.UTC), Known: []string{"b", "c"}}, w)
	require.Equal(t, release.Watermark{}, watermark(nil))
}

func TestTwoCandidatesCannotBeToldApart(t *testing.T) {
	t.Parallel()
	d, sim, app := onSim(t)
	all := func(order) bool { return true }
	list := &saeclient.ListChangeOrdersInput{AppID: app}
	found, err := d.find(t.Context(), list, all)
	require.NoError(t, err)
	require.True(t, found.Adopted)

	_, err = sim.Advance(time.Minute)
	require.NoError(t, err)
	_, err = d.client.DeployApplication(t.Context(), &saeclient.DeployApplicationInput{AppID: app, ImageURL: new("shop:2")})
	require.NoError(t, err)
	_, err = d.find(t.Context(), list, all)
	var fault *temporal.ApplicationError
	require.ErrorAs(t, err, &fault)
	require.Equal(t, string(release.FaultUndecidable), fault.Type())
	require.True(t, fault.NonRetryable())

	none, err := d.find(t.Context(), list, func(order) bool { return false })
	require.NoError(t, err)
	require.Empty(t, none.ID)
}

func TestAnOrderThatIsGoneIsAnObservation(t *testing.T) {
	t.Parallel()
	d, _, app := onSim(t)
	seen, err := d.Observe(t.Context(), release.ObserveInput{App: release.App{ID: app}, ChangeID: "00000000-0000-0000-0000-000000000000"})
	require.NoError(t, err)
	require.Equal(t, release.ChangeGone, seen.State)
}

func TestConfigIsChecked(t *testing.T) {
	t.Parallel()
	_, err := New(Config{})
	require.ErrorContains(t, err, "Config.Client")
	d, _, _ := onSim(t)
	_, err = New(Config{Client: d.client, Settle: -1})
	require.ErrorContains(t, err, "Config.Settle")
}
