package ledgertest_test

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"

	"slipway/audit"
	"slipway/ledger"
	"slipway/release"
	"slipway/setup"
	"slipway/wire"
)

// kept is how a stream, or the stream of a bucket, is kept.
func kept(t *testing.T, js jetstream.JetStream, name string) jetstream.StreamConfig {
	t.Helper()
	s, err := js.Stream(t.Context(), name)
	require.NoError(t, err)
	return s.CachedInfo().Config
}

const day = 24 * time.Hour

func TestBucket_SetupCreatesTheBucketOnce(t *testing.T) {
	t.Parallel()
	js := connect(t, start(t, server.Options{}).ClientURL())
	for _, want := range []setup.Action{setup.Created, setup.Unchanged} {
		done, err := setup.NATS(t.Context(), js, setup.Config{})
		require.NoError(t, err)
		require.Contains(t, done, setup.Result{Kind: "bucket", Name: "slipway-ledger", Action: want})
		require.Contains(t, done, setup.Result{Kind: "bucket", Name: "slipway-calendar", Action: want})
		require.Contains(t, done, setup.Result{Kind: "stream", Name: wire.StreamEvents, Action: want})
	}
	c := kept(t, js, "KV_slipway-ledger")
	require.Equal(t, jetstream.FileStorage, c.Storage)
	require.Equal(t, 400*day, c.MaxAge)
	require.EqualValues(t, 1, c.MaxMsgsPerSubject)
	require.Equal(t, 1, c.Replicas)
	require.EqualValues(t, -1, c.MaxBytes)
	require.EqualValues(t, 40<<10, c.MaxMsgSize)
}

func TestBucket_SetupSetsWhatIsSaidAndLeavesTheRest(t *testing.T) {
	t.Parallel()
	js := connect(t, start(t, server.Options{}).ClientURL())
	_, err := setup.NATS(t.Context(), js, setup.Config{})
	require.NoError(t, err)
	names := []string{wire.StreamIn, wire.StreamEvents, wire.StreamDeadLetter, "KV_slipway-ledger"}
	for i, name := range names { // as an operator does
		c := kept(t, js, name)
		c.MaxAge, c.MaxBytes = time.Duration(i+10)*day, 1<<30
		_, err := js.UpdateStream(t.Context(), c)
		require.NoError(t, err)
	}
	done, err := setup.NATS(t.Context(), js, setup.Config{})
	require.NoError(t, err)
	for _, p := range done {
		require.Equal(t, setup.Unchanged, p.Action, p.Name)
	}

	said := setup.Config{Storage: wire.Storage{EventsAge: 180 * day, DeadLettersAge: -1}, Ledger: ledger.Config{MaxAge: 800 * day}}
	done, err = setup.NATS(t.Context(), js, said)
	require.NoError(t, err)
	for i, want := range []struct {
		result setup.Action
		age    time.Duration
	}{{setup.Unchanged, 10 * day}, {setup.Updated, 180 * day}, {setup.Updated, 0}} {
		require.Equal(t, want.result, done[i].Action, done[i].Name)
		require.Equal(t, want.age, kept(t, js, names[i]).MaxAge, names[i])
	}
	require.Contains(t, done, setup.Result{Kind: "bucket", Name: "slipway-ledger", Action: setup.Updated})
	require.Equal(t, 800*day, kept(t, js, "KV_slipway-ledger").MaxAge)
	require.EqualValues(t, 1<<30, kept(t, js, "KV_slipway-ledger").MaxBytes, "nobody has said anything about it")
}

func TestBucket_ABucketThatTakesNoRecordIsMended(t *testing.T) {
	t.Parallel()
	js := connect(t, start(t, server.Options{}).ClientURL())
	_, err := js.CreateKeyValue(t.Context(), jetstream.KeyValueConfig{Bucket: ledger.Bucket, MaxValueSize: 1024, History: 5})
	require.NoError(t, err)
	require.NoError(t, ledger.EnsureLedger(t.Context(), js, ledger.Config{MaxAge: time.Minute}))
	c := kept(t, js, "KV_slipway-ledger")
	require.EqualValues(t, 40<<10, c.MaxMsgSize)
	require.Equal(t, time.Minute, c.MaxAge)
	require.EqualValues(t, 5, c.MaxMsgsPerSubject, "it does no harm")

	l := ledger.New(js)
	for number := range uint64(4) {
		require.NoError(t, l.Update(t.Context(), ledger.Report{Progress: progress("r-a", "1", release.PhaseRollingOut), Transition: number + 1}))
	}
	all, err := l.All(t.Context(), ledger.Filter{})
	require.NoError(t, err)
	require.Len(t, all, 1)
	require.EqualValues(t, 4, all[0].Transition)
	require.NoError(t, l.Update(t.Context(), ledger.Report{Progress: progress("r-a", "1", release.PhaseSucceeded)}))
	all, err = l.All(t.Context(), ledger.Filter{Open: true})
	require.NoError(t, err)
	require.Empty(t, all, "its latest state counts, not those before")
}

func TestBucket_ReplicasNeedACluster(t *testing.T) {
	t.Parallel()
	js := connect(t, start(t, server.Options{}).ClientURL())
	done, err := setup.NATS(t.Context(), js, setup.Config{Storage: wire.Storage{Replicas: 3}})
	require.Empty(t, done)
	for _, name := range []string{"stream SLIPWAY_IN", "bucket slipway-calendar", "bucket slipway-ledger"} {
		require.ErrorContains(t, err, name+": nats: API error: code=500 err_code=10074 description=replicas > 1 not supported in non-clustered mode")
	}
}

// cluster starts three servers that keep streams together.
func cluster(t *testing.T) jetstream.JetStream {
	t.Helper()
	// The number of routes says how many servers there are. Those to servers that do not run
	// yet, and have no address, lead nowhere: the later servers have one to the earlier.
	nowhere := &url.URL{Scheme: "nats", Host: "127.0.0.1:1"}
	routes := []*url.URL{nowhere, nowhere}
	var servers []*server.Server
	for i := range 3 {
		s := start(t, server.Options{
			ServerName: fmt.Sprint("n", i), Routes: slices.Clone(routes),
			Cluster: server.ClusterOpts{Name: "east", Host: "127.0.0.1", Port: server.RANDOM_PORT},
		})
		routes = append([]*url.URL{{Scheme: "nats", Host: s.ClusterAddr().String()}}, routes[0])
		servers = append(servers, s)
	}
	require.Eventually(t, func() bool { // they have elected a leader, who knows all of them
		return slices.ContainsFunc(servers, func(s *server.Server) bool { return len(s.JetStreamClusterPeers()) == len(servers) })
	}, time.Minute, 50*time.Millisecond)
	return connect(t, servers[0].ClientURL())
}

func TestBucket_InACluster(t *testing.T) {
	t.Parallel()
	js := cluster(t)
	three := setup.Config{Storage: wire.Storage{Replicas: 3}}
	done, err := setup.NATS(t.Context(), js, three)
	require.NoError(t, err)
	names := []string{wire.StreamIn, wire.StreamEvents, wire.StreamDeadLetter, wire.StreamNotify, "KV_slipway-calendar", "KV_slipway-apps", "KV_slipway-authority", "KV_slipway-people", "KV_slipway-policies", "KV_slipway-sessions", "KV_slipway-ledger", audit.Stream}
	require.Len(t, done, len(names))
	for _, name := range names {
		require.Equal(t, 3, kept(t, js, name).Replicas, name)
	}

	const several = 6
	var creators atomic.Int32
	problems := make([]error, several)
	var group sync.WaitGroup
	for i := range several {
		group.Go(func() {
			l := ledger.New(js)
			_, created, err := l.Create(t.Context(), asked("r-a", "1", 0))
			if created {
				creators.Add(1)
			}
			problems[i] = errors.Join(err, l.Update(t.Context(), ledger.Report{Progress: progress("r-a", "1", release.PhaseRollingOut), Transition: uint64(i)}))
		})
	}
	group.Wait()
	require.NoError(t, errors.Join(problems...))
	require.EqualValues(t, 1, creators.Load())
	l := ledger.New(js)
	require.Eventually(t, func() bool { // a replica may lag behind
		got, err := l.Get(t.Context(), "r-a")
		return err == nil && got.Transition == several-1 && got.Identity == asked("r-a", "1", 0).Identity
	}, 10*time.Second, 20*time.Millisecond)

	one := setup.Config{Storage: wire.Storage{Replicas: 1}, Ledger: ledger.Config{Replicas: 3}}
	done, err = setup.NATS(t.Context(), js, one)
	require.NoError(t, err)
	require.Contains(t, done, setup.Result{Kind: "bucket", Name: "slipway-ledger", Action: setup.Unchanged})
	require.Contains(t, done, setup.Result{Kind: "bucket", Name: "slipway-calendar", Action: setup.Updated})
	require.Equal(t, 1, kept(t, js, wire.StreamIn).Replicas)
}
