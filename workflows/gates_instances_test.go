package workflows_test

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"slipway/release"
	"slipway/saeclient"
	"slipway/saesim"
)

// fleet are the instances of the application: a web server at each address that one can have.
type fleet struct {
	s    *stage
	port int

	mu sync.Mutex
	// status is what instances of an image answer, and asked are those that were asked.
	status map[string]int
	asked  map[string]bool
}

// serveInstances gives the instances of the application addresses of a small network, and answers
// for them.
func (s *stage) serveInstances(network string) *fleet {
	s.t.Helper()
	f := &fleet{s: s, status: map[string]int{oldImage: http.StatusOK, newImage: http.StatusOK}, asked: map[string]bool{}}
	prefix := netip.MustParsePrefix(network)
	require.NoError(s.t, s.sim.SetNetwork(s.app.ID, saesim.Network{Prefix: prefix}))
	for at := prefix.Addr().Next(); prefix.Contains(at.Next()); at = at.Next() {
		var config net.ListenConfig
		listener, err := config.Listen(s.t.Context(), "tcp", net.JoinHostPort(at.String(), strconv.Itoa(f.port)))
		require.NoError(s.t, err)
		f.port = listener.Addr().(*net.TCPAddr).Port
		server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(f.answer(r.Context(), at.String()))
		}))
		require.NoError(s.t, server.Listener.Close())
		server.Listener = listener
		server.Start()
		s.t.Cleanup(server.Close)
	}
	return f
}

// answer is the status of the instance at an address.
func (f *fleet) answer(ctx context.Context, address string) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, i := range f.s.instances(ctx) {
		if i.InstanceContainerIP == address {
			f.asked[i.ImageURL] = true
			return f.status[i.ImageURL]
		}
	}
	return http.StatusNotFound
}

func (s *stage) instances(ctx context.Context) []saeclient.DescribeApplicationInstancesDataInstances {
	groups, err := s.client.DescribeApplicationGroups(ctx, &saeclient.DescribeApplicationGroupsInput{AppID: s.app.ID})
	require.NoError(s.t, err)
	out, err := s.client.DescribeApplicationInstances(ctx, &saeclient.DescribeApplicationInstancesInput{
		AppID: s.app.ID, GroupID: groups.Data[0].GroupID, PageSize: new(100),
	})
	require.NoError(s.t, err)
	return out.Data.Instances
}

func (f *fleet) gate() release.Gate {
	return release.Gate{Name: "instances", HTTP: &release.HTTPGate{Target: release.TargetGray, Port: f.port, Path: "/healthz"}}
}

func TestGates_OnlyTheInstancesOfTheNewVersionAreAsked(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	f := s.serveInstances("127.9.1.0/29")
	f.status[oldImage] = http.StatusInternalServerError
	p := s.run(s.gated(f.gate()))
	require.Equal(t, release.PhaseSucceeded, p.Outcome, p.Reason)
	require.Len(t, p.Gates, 2)
	require.Equal(t, "1 instance", p.Gates[0].Samples[0].Note, "after the gray batch")
	require.Equal(t, "3 instances", p.Gates[1].Samples[0].Note, "after the next one")
	require.Equal(t, map[string]bool{newImage: true}, f.asked)
}

func TestGates_AnInstanceThatFailsIsNamedWithWhatThePlatformSaysOfIt(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	f := s.serveInstances("127.9.2.0/29")
	f.status[newImage] = http.StatusInternalServerError
	s.fault(saesim.Fault{Kind: saesim.FaultUnhealthy, Message: "no connection to mysql://shop:hush@db.example"})
	p := s.run(s.gated(f.gate()))
	require.Equal(t, release.PhaseRolledBack, p.Outcome, p.Reason)
	require.Equal(t, release.VerdictFail, p.Gates[0].Verdict)
	require.Equal(t, "500", p.Gates[0].Samples[0].Value)
	for _, text := range []string{
		"instance ", " at 127.9.2.", "the status is not as wanted", "the platform says: ReadinessUnhealthy, no connection to mysql://",
		"its log ends: ", "Started container | ",
	} {
		require.Contains(t, p.Gates[0].Reason, text)
		require.Contains(t, p.Reason, text)
	}
	require.NotContains(t, p.Reason, "hush")
	require.Equal(t, oldImage, s.configured())
	s.requireRulesAsBefore()
	told := false
	for _, e := range s.events {
		for _, g := range e.Progress.Gates {
			told = told || strings.Contains(g.Reason, "no connection to mysql://")
		}
	}
	require.True(t, told, "it is in an event")
}

func TestGates_InstancesThatMayNotBeAskedAskAPerson(t *testing.T) {
	t.Parallel()
	s := newStage(t) // whose instances are in 192.168.0.0/16
	s.at(time.Hour, func() {
		p := s.progress()
		require.Equal(t, release.PhaseAwaitingConfirm, p.Phase)
		require.Contains(t, p.Reason, "gate instances: instance ")
		require.Contains(t, p.Reason, "SLIPWAY_GATES_ALLOW")
	})
	s.confirm(2*time.Hour, 1)
	s.confirm(3*time.Hour, 2)
	p := s.run(s.gated(release.Gate{Name: "instances", HTTP: &release.HTTPGate{Target: release.TargetGray, Port: 8080, Path: "/"}}))
	require.Equal(t, release.PhaseSucceeded, p.Outcome, p.Reason)
}

// TestGates_AskingInstancesOftenCostsNoMore: the instances are listed with every sample.
func TestGates_AskingInstancesOftenCostsNoMore(t *testing.T) {
	t.Parallel()
	cost := map[int]int{}
	for samples, network := range map[int]string{1: "127.9.3.0/29", 50: "127.9.4.0/29"} {
		s := newStage(t)
		f := s.serveInstances(network)
		gate := f.gate()
		gate.Samples = samples
		p := s.run(s.gated(gate))
		require.Equal(t, release.PhaseSucceeded, p.Outcome, p.Reason)
		require.Len(t, p.Gates, 2)
		cost[samples] = s.cost.total()
	}
	require.Equal(t, cost[1], cost[50])
}
