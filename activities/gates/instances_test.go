package gates_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"slipway/activities/fault"
	"slipway/activities/gates"
	"slipway/release"
)

// fleet is a platform with instances that a test serves, each at a loopback address of its own and
// all on one port.
type fleet struct {
	t    *testing.T
	port int

	mu     sync.Mutex
	found  []release.Instance
	broken error
	logs   map[string]string
	noLog  error
	listed []release.InstancesInput
}

func (f *fleet) Instances(_ context.Context, in release.InstancesInput) ([]release.Instance, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.listed = append(f.listed, in)
	return append([]release.Instance(nil), f.found...), f.broken
}

func (f *fleet) InstanceLog(_ context.Context, in release.InstanceLogInput) (string, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.logs[in.InstanceID], f.noLog
}

// add serves an instance with a handler; nil is an address at which nothing listens.
func (f *fleet) add(i release.Instance, h http.HandlerFunc) {
	f.t.Helper()
	if h != nil {
		var config net.ListenConfig
		listener, err := config.Listen(f.t.Context(), "tcp", net.JoinHostPort(i.Address, strconv.Itoa(f.port)))
		require.NoError(f.t, err)
		server := httptest.NewUnstartedServer(h)
		require.NoError(f.t, server.Listener.Close())
		server.Listener = listener
		f.port = listener.Addr().(*net.TCPAddr).Port
		server.Start()
		f.t.Cleanup(server.Close)
	}
	f.found = append(f.found, i)
}

func (f *fleet) gates(allow ...string) *gates.Gates {
	f.t.Helper()
	g, err := gates.New(gates.Config{Allow: allow, Instances: f})
	require.NoError(f.t, err)
	return g
}

func (f *fleet) gate() release.Gate {
	return release.Gate{Name: "instances", HTTP: &release.HTTPGate{Target: release.TargetGray, Port: f.port, Path: "/healthz?deep=1"}}
}

func newFleet(t *testing.T) *fleet {
	t.Helper()
	return &fleet{t: t, logs: map[string]string{}}
}

// deep answers as an instance that was asked for what the gate wants.
func deep(w http.ResponseWriter, r *http.Request) {
	if r.URL.String() != "/healthz?deep=1" {
		w.WriteHeader(http.StatusNotFound)
	}
}

func TestInstances_ASamplePassesWhenAllInstancesPass(t *testing.T) {
	t.Parallel()
	f := newFleet(t)
	f.add(release.Instance{ID: "i-b", Address: "127.8.0.1"}, deep)
	f.add(release.Instance{ID: "i-a", Address: "127.8.0.2"}, deep)
	s := sampleOf(t, f.gates("127.8.0.0/16"), f.gate())
	require.Equal(t, release.Sample{Verdict: release.VerdictPass, Value: "200", Note: "2 instances"}, s)
}

func TestInstances_TheVerdictNamesTheInstanceThatFailedWithWhatThePlatformSays(t *testing.T) {
	t.Parallel()
	f := newFleet(t)
	f.add(release.Instance{ID: "i-a", Address: "127.8.1.1"}, deep)
	f.add(release.Instance{ID: "i-b", Address: "127.8.1.2", Trouble: "Readiness probe failed:\nstatus 500"}, status(500))
	f.logs["i-b"] = "panic: no database"
	r, err := attempt(t, f.gates("127.8.0.0/16"), f.gate())
	require.NoError(t, err)
	require.Equal(t, release.VerdictFail, r.Verdict)
	require.Equal(t, "500", r.Samples[0].Value)
	require.Equal(t, "1 of 2 instances; instance i-b at 127.8.1.2; the status is not as wanted; "+
		"the platform says: Readiness probe failed: status 500; its log ends: panic: no database", r.Samples[0].Note)
	require.Contains(t, r.Reason, "instance i-b at 127.8.1.2")
	require.Contains(t, r.Reason, "panic: no database")
}

func TestInstances_WhatThePlatformSaysIsBounded(t *testing.T) {
	t.Parallel()
	f := newFleet(t)
	f.add(release.Instance{ID: "i-a", Address: "127.8.2.1", Trouble: strings.Repeat("健康", 500)}, status(500))
	f.logs["i-a"] = strings.Repeat("日志", 500) + " the end"
	s := sampleOf(t, f.gates("127.8.0.0/16"), f.gate())
	require.Less(t, len(s.Note), 1024)
	require.NotContains(t, s.Note, "\uFFFD")
	require.True(t, strings.HasSuffix(s.Note, " the end"), "of a log its end says most: %s", s.Note)

	for logs, want := range map[string]error{"its log could not be read": errors.New("hush"), "its log is empty": nil} {
		f.noLog = want
		f.logs["i-a"] = ""
		s = sampleOf(t, f.gates("127.8.0.0/16"), f.gate())
		require.True(t, strings.HasSuffix(s.Note, logs), s.Note)
	}
}

func TestInstances_WhatDoesNotAnswerFails(t *testing.T) {
	t.Parallel()
	f := newFleet(t)
	f.add(release.Instance{ID: "i-a", Address: "127.8.3.1"}, deep)
	f.add(release.Instance{ID: "i-b", Address: "127.8.3.2", Trouble: "CrashLoopBackOff"}, nil)
	s := sampleOf(t, f.gates("127.8.0.0/16"), f.gate())
	require.Equal(t, release.VerdictFail, s.Verdict)
	require.Contains(t, s.Note, "no answer: connection refused; the platform says: CrashLoopBackOff")
}

func TestInstances_WithoutAnInstanceToAskASampleIsWhatNoDataSays(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		found  []release.Instance
		broken error
		want   string
	}{
		"no instance":           {nil, nil, "there is no instance yet"},
		"no address":            {[]release.Instance{{ID: "i-a", Trouble: "ImagePullBackOff"}}, nil, "instance i-a; it has no address yet; the platform says: ImagePullBackOff"},
		"the platform is away":  {nil, fault.New(release.FaultUnavailable, "sae is out of reach"), "the platform did not list the instances: sae is out of reach"},
		"the platform is slow":  {nil, context.DeadlineExceeded, "the platform did not list the instances: no answer in time"},
		"the platform is angry": {nil, errors.New("hush\nhush"), "the platform did not list the instances: hush hush"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for policy, verdict := range map[release.Verdict]release.Verdict{
				release.VerdictInconclusive: release.VerdictInconclusive, release.VerdictFail: release.VerdictFail,
				// What was never measured does not pass.
				release.VerdictPass: release.VerdictInconclusive,
			} {
				f := newFleet(t)
				f.port, f.found, f.broken = 8080, c.found, c.broken
				gate := f.gate()
				gate.NoData = policy
				r, err := attempt(t, f.gates("127.8.0.0/16"), gate)
				require.NoError(t, err)
				require.Equal(t, verdict, r.Verdict)
				require.True(t, r.Samples[0].Missed)
				require.Equal(t, policy, r.Samples[0].Verdict)
				require.Contains(t, r.Samples[0].Note, c.want)
			}
		})
	}
}

func TestInstances_OneWithoutAnAddressCountsBesideTheOthers(t *testing.T) {
	t.Parallel()
	f := newFleet(t)
	f.add(release.Instance{ID: "i-a", Address: "127.8.4.1"}, deep)
	f.add(release.Instance{ID: "i-b"}, nil)
	s := sampleOf(t, f.gates("127.8.0.0/16"), f.gate())
	require.Equal(t, release.Sample{Verdict: release.VerdictInconclusive, Note: "1 of 2 instances; instance i-b; it has no address yet"}, s)
}

func TestInstances_AreListedAnewForEverySample(t *testing.T) {
	t.Parallel()
	f := newFleet(t)
	f.add(release.Instance{ID: "i-a", Address: "127.8.5.1"}, func(w http.ResponseWriter, r *http.Request) {
		// It goes, and another one takes its place.
		f.mu.Lock()
		f.found = []release.Instance{{ID: "i-b", Address: "127.8.5.2"}}
		f.mu.Unlock()
		deep(w, r)
	})
	f.add(release.Instance{ID: "i-b", Address: "127.8.5.2"}, deep)
	f.found = f.found[:1]
	g := f.gates("127.8.0.0/16")
	gate := f.gate()
	gate.Samples = 2
	_, err := attempt(t, g, gate)
	require.ErrorContains(t, err, "sample 1 of 2: pass, 200, 1 instance")
	r, err := attempt(t, g, gate, release.Sample{Verdict: release.VerdictPass, Value: "200"})
	require.NoError(t, err)
	require.Equal(t, release.VerdictPass, r.Verdict, r.Reason)
	require.Len(t, f.listed, 2)
}

func TestInstances_AreThoseOfTheChange(t *testing.T) {
	t.Parallel()
	f := newFleet(t)
	f.port = 8080
	_, err := attempt(t, f.gates("10.0.0.0/8"), f.gate())
	require.NoError(t, err)
	require.Equal(t, []release.InstancesInput{{App: anApp(), ChangeID: "co-1"}}, f.listed)
}

func TestInstances_OnlyAllowedAddressesAreAsked(t *testing.T) {
	t.Parallel()
	asked := false
	f := newFleet(t)
	f.add(release.Instance{ID: "i-a", Address: "127.8.6.1"}, func(http.ResponseWriter, *http.Request) { asked = true })
	for name, c := range map[string]struct {
		allow []string
		want  string
	}{
		"nothing":         {nil, "no address is allowed on port"},
		"names":           {[]string{"shop.example", "*.internal"}, "no address is allowed on port"},
		"another port":    {[]string{"127.8.0.0/16:1"}, "no address is allowed on port"},
		"another network": {[]string{"10.0.0.0/8"}, "instance i-a: host"},
		"all but us":      {[]string{"0.0.0.0/0"}, "instance i-a: address 127.8.6.1 is this machine itself"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := attempt(t, f.gates(c.allow...), f.gate())
			requireInvalid(t, err, "gate instances: "+c.want)
			require.Contains(t, err.Error(), "SLIPWAY_GATES_ALLOW")
		})
	}
	t.Cleanup(func() { require.False(t, asked) })
}

func TestInstances_WhetherAnyCouldBeAskedIsKnownBeforehand(t *testing.T) {
	t.Parallel()
	f := newFleet(t)
	f.port = 8080
	for allow, fits := range map[string]bool{"10.0.0.0/8": true, "10.0.0.7:8080": true, "10.0.0.0/8:9090": false, "shop.example": false} {
		// Whoever checks need not be a worker of the platform.
		err := newGates(t, allow).Check(t.Context(), release.CheckGatesInput{Gates: []release.Gate{f.gate()}})
		if fits {
			require.NoError(t, err, allow)
			continue
		}
		requireInvalid(t, err, "no address is allowed on port 8080, on which instances are asked")
		require.Contains(t, err.Error(), "such as 10.0.0.0/8:8080")
	}
	_, err := attempt(t, newGates(t, "10.0.0.0/8"), f.gate())
	requireInvalid(t, err, "workers of their platform alone")
}

func TestInstances_OddAddressesAreNeverAsked(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{
		"169.254.169.254": "link-local", "100.100.100.200": "metadata service", "fe80::1%eth0": "cannot be", "2130706433": "is a number and no name",
		"shop.example": "is not allowed", "evil.example/": "", "::ffff:169.254.169.254": "link-local",
	} {
		f := newFleet(t)
		f.port, f.found = 80, []release.Instance{{ID: "i-a", Address: address}}
		_, err := attempt(t, f.gates("0.0.0.0/0", "::/0"), f.gate())
		require.Error(t, err, address)
		if address != "fe80::1%eth0" {
			require.ErrorContains(t, err, want, address)
		}
	}
}

func TestInstances_IPv6(t *testing.T) {
	t.Parallel()
	f := newFleet(t)
	f.add(release.Instance{ID: "i-a", Address: "::1"}, deep)
	require.Equal(t, release.Sample{Verdict: release.VerdictPass, Value: "200", Note: "1 instance"}, sampleOf(t, f.gates("::1"), f.gate()))
}

func TestInstances_ARedirectIsTheAnswer(t *testing.T) {
	t.Parallel()
	f := newFleet(t)
	f.add(release.Instance{ID: "i-a", Address: "127.8.7.1"}, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/" {
			return
		}
		http.Redirect(w, r, fmt.Sprintf("http://127.8.7.1:%d/", f.port), http.StatusFound)
	})
	s := sampleOf(t, f.gates("127.8.0.0/16"), f.gate())
	require.Equal(t, release.VerdictFail, s.Verdict)
	require.Contains(t, s.Note, "the redirect was not followed")
	gate := f.gate()
	gate.HTTP.Status = []int{302}
	require.Equal(t, release.VerdictPass, sampleOf(t, f.gates("127.8.0.0/16"), gate).Verdict)
}

func TestInstances_HTTPSAsksWithoutALookAtTheCertificate(t *testing.T) {
	t.Parallel()
	server := httptest.NewTLSServer(http.HandlerFunc(deep))
	t.Cleanup(server.Close)
	at, err := url.Parse(server.URL)
	require.NoError(t, err)
	f := newFleet(t)
	f.port, err = strconv.Atoi(at.Port())
	require.NoError(t, err)
	f.found = []release.Instance{{ID: "i-a", Address: at.Hostname()}}
	gate := f.gate()
	gate.HTTP.Scheme = "https"
	require.Equal(t, release.VerdictPass, sampleOf(t, f.gates("127.0.0.1"), gate).Verdict)
	named := httpGate(server.URL + "/healthz?deep=1")
	require.Equal(t, release.VerdictFail, sampleOf(t, f.gates("127.0.0.1"), named).Verdict, "an address that has a name is asked with a look at it")
}

func TestInstances_ManyAreAskedAtOnce(t *testing.T) {
	t.Parallel()
	const slow = 50 * time.Millisecond
	f := newFleet(t)
	for n := range 60 {
		f.add(release.Instance{ID: fmt.Sprintf("i-%d", n), Address: fmt.Sprintf("127.8.8.%d", n+1)}, func(_ http.ResponseWriter, r *http.Request) {
			select {
			case <-time.After(slow):
			case <-r.Context().Done():
			}
		})
	}
	began := time.Now()
	s := sampleOf(t, f.gates("127.8.0.0/16"), f.gate())
	require.Equal(t, "60 instances", s.Note)
	require.Less(t, time.Since(began), 30*slow)
}
