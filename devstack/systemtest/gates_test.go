package systemtest_test

import (
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/stretchr/testify/require"

	"slipway/devstack/scenario"
	"slipway/release"
	"slipway/saeclient"
	"slipway/saesim"
)

// instances serves the instances of an application, all of them at one address of this machine, and
// returns their port. They answer with a status that a test may change.
func (h *house) instances(app release.App) (port int, status *atomic.Int32) {
	h.t.Helper()
	status = &atomic.Int32{}
	status.Store(http.StatusOK)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(int(status.Load()))
	}))
	h.t.Cleanup(server.Close)
	at, err := url.Parse(server.URL)
	require.NoError(h.t, err)
	port, err = strconv.Atoi(at.Port())
	require.NoError(h.t, err)
	address := netip.MustParseAddr(at.Hostname())
	require.NoError(h.t, h.Sim().SetNetwork(app.ID, saesim.Network{Prefix: netip.PrefixFrom(address, address.BitLen())}))
	return port, status
}

// asking is a gray release that goes on by itself once the new instances answer as they should.
func asking(port int) release.Strategy {
	st := gray()
	st.Confirm = release.ConfirmAuto
	st.Gates = []release.Gate{{
		Name: "new-instances", Samples: 2, Interval: release.Duration(time.Second),
		HTTP: &release.HTTPGate{Target: release.TargetGray, Port: port, Path: "/healthz"},
	}}
	return st
}

func grayInstancesAreAsked(h *house) {
	app := h.app()
	port, _ := h.instances(app)
	_, events := h.request(app, h.t.Name(), asking(port))
	p := h.until(events, release.EventSucceeded, 0)
	require.Len(h.t, p.Gates, 2, "after each batch but the last")
	for i, want := range []string{"1 instance", "3 instances"} {
		require.Equal(h.t, release.VerdictPass, p.Gates[i].Verdict, p.Gates[i].Reason)
		require.Equal(h.t, want, p.Gates[i].Samples[1].Note)
	}
}

// grayInstanceThatAnswers500 is rolled back, and the event tells which instance it was and what the
// platform says of it.
func grayInstanceThatAnswers500(h *house) {
	app := h.app()
	port, status := h.instances(app)
	status.Store(http.StatusInternalServerError)
	_, err := h.Sim().AddFault(saesim.Fault{AppID: app.ID, Kind: saesim.FaultUnhealthy, Message: "login failed: password=hush"})
	require.NoError(h.t, err)
	id, events := h.request(app, h.t.Name(), asking(port))
	told := h.until(events, release.EventRolledBack, 0)
	require.Equal(h.t, told.Gates, h.result(id).Gates)
	require.Len(h.t, told.Gates, 1)
	gate := told.Gates[0]
	require.Equal(h.t, release.VerdictFail, gate.Verdict)
	require.Equal(h.t, "500", gate.Samples[0].Value)
	for _, text := range []string{
		"instance ", " at 127.0.0.1", "the platform says: ReadinessUnhealthy, login failed: password=", "its log ends: ", "Started container | ",
	} {
		require.Contains(h.t, gate.Reason, text)
		require.Contains(h.t, told.Reason, text)
	}
	require.NotContains(h.t, told.Reason, "hush")
	require.Equal(h.t, []string{saeclient.CoTypeDeploy}, h.orders(app))
	config, err := h.sae.DescribeApplicationConfig(h.ctx, &saeclient.DescribeApplicationConfigInput{AppID: app.ID})
	require.NoError(h.t, err)
	require.Equal(h.t, scenario.OldImage, config.Data.ImageURL)
	h.requireRulesAsBefore(app)
}
