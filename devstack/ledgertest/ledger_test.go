package ledgertest_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"

	"slipway/internal/bucketdoc"
	"slipway/ledger"
	"slipway/release"
)

func TestLedger_ARecordFromItsRequestToItsEnd(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	r := asked("r-a", "1", 0)
	got, created, err := h.ledger.Create(t.Context(), r)
	require.NoError(t, err)
	require.True(t, created)
	require.Equal(t, r, got)

	got, created, err = h.ledger.Create(t.Context(), r)
	require.NoError(t, err)
	require.False(t, created)
	require.False(t, got.Accepted, "it is to be submitted again")
	require.WithinDuration(t, time.Now(), got.UpdatedAt, time.Minute)
	require.NoError(t, h.ledger.Accept(t.Context(), r.App, "r-a"))
	require.NoError(t, h.ledger.Accept(t.Context(), r.App, "r-a"))
	got, created, err = h.ledger.Create(t.Context(), r)
	require.NoError(t, err)
	require.False(t, created)
	require.True(t, got.Accepted, "now it is a duplicate")

	h.update(t, progress("r-a", "1", release.PhaseRollingOut), 2)
	h.update(t, progress("r-a", "1", release.PhasePreparing), 1)
	got = h.get(t, "r-a")
	require.Equal(t, progress("r-a", "1", release.PhaseRollingOut), got.Progress)
	require.Equal(t, ledger.Held{ScalingRules: []string{"cpu"}, ChangeID: "co-r-a"}, got.Held)
	require.False(t, got.Ended())

	h.update(t, progress("r-a", "1", release.PhaseSucceeded), 3)
	h.update(t, progress("r-a", "1", release.PhaseFinalizing), 4)
	got = h.get(t, "r-a")
	require.Equal(t, release.PhaseSucceeded, got.Outcome)
	require.Equal(t, at(9), got.EndedAt)
	require.True(t, got.Held.Empty())
	require.Equal(t, r.Identity, got.Identity)
	require.EqualValues(t, 7, got.Sequence)
}

func TestLedger_AnotherContentIsAConflict(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.create(t, asked("r-a", "1", 0))
	other := asked("r-a", "2", 0)
	_, created, err := h.ledger.Create(t.Context(), other)
	var conflict *ledger.ConflictError
	require.ErrorAs(t, err, &conflict)
	require.False(t, created)
	require.Equal(t, ledger.ConflictError{ID: "r-a", Recorded: asked("r-a", "1", 0).Identity.Digest, Asked: other.Identity.Digest}, *conflict)
	require.Equal(t, image("1"), h.get(t, "r-a").Artifact)

	elsewhere := asked("r-a", "2", 0)
	elsewhere.App = app("basket")
	h.create(t, elsewhere) // an event for another application takes nobody's place
}

func TestLedger_WhatIsNotThere(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	_, err := h.ledger.GetOf(t.Context(), app("shop"), "r-a")
	require.ErrorIs(t, err, ledger.ErrNotFound)
	require.EqualError(t, err, "release r-a is not in the ledger")
	_, err = h.ledger.Get(t.Context(), "r-a")
	require.ErrorIs(t, err, ledger.ErrNotFound)
	require.ErrorIs(t, h.ledger.Accept(t.Context(), app("shop"), "r-a"), ledger.ErrNotFound)
	require.ErrorIs(t, h.ledger.Pay(t.Context(), app("shop"), "r-a", ledger.Payment{All: true}), ledger.ErrNotFound)
	for _, list := range []func() ([]ledger.Record, error){
		func() ([]ledger.Record, error) {
			return h.ledger.All(t.Context(), ledger.Filter{App: app("shop"), Limit: 0})
		},
		func() ([]ledger.Record, error) { return h.ledger.All(t.Context(), ledger.Filter{}) },
		func() ([]ledger.Record, error) { return h.owing(t) },
	} {
		found, err := list()
		require.NoError(t, err)
		require.Empty(t, found)
	}
	good, _, err := h.ledger.LastGood(t.Context(), app("shop"), release.Version{Artifact: image("1")}, nil)
	require.NoError(t, err)
	require.Empty(t, good)
}

func TestLedger_WhatNamesNoRecordIsRefused(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.create(t, asked("r-a", "1", 0))
	var problem release.Problem
	for _, id := range []string{"", ">", "*", "r-*", "r-a.>"} {
		_, err := h.ledger.Get(t.Context(), id)
		require.ErrorAs(t, err, &problem, id)
		_, err = h.ledger.GetOf(t.Context(), app("shop"), id)
		require.ErrorAs(t, err, &problem, id)
		require.ErrorAs(t, h.ledger.Update(t.Context(), ledger.Report{Progress: progress(id, "1", release.PhaseQueued)}), &problem, id)
	}
	_, _, err := h.ledger.Create(t.Context(), ledger.Record{ReleaseID: "r-b", App: app("shop")})
	require.ErrorAs(t, err, &problem)
	require.Equal(t, "identity.digest", problem.Field)
}

// Where no starter was, or the bucket was lost, the first report makes the record.
func TestLedger_AReportMakesTheRecord(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.update(t, progress("r-a", "1", release.PhaseRollingOut), 4)
	got := h.get(t, "r-a")
	require.True(t, got.Accepted)
	require.Empty(t, got.Identity.Digest)

	got, created, err := h.ledger.Create(t.Context(), asked("r-a", "1", 0))
	require.NoError(t, err)
	require.False(t, created)
	require.True(t, got.Accepted)
	require.Equal(t, asked("r-a", "1", 0).Identity, got.Identity)
	_, _, err = h.ledger.Create(t.Context(), asked("r-a", "2", 0))
	var conflict *ledger.ConflictError
	require.ErrorAs(t, err, &conflict)
}

func TestLedger_DebtsArePaidOnce(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	for _, id := range []string{"r-well", "r-attention", "r-lost", "r-unmarked"} {
		h.create(t, asked(id, "1", 0))
	}
	h.update(t, progress("r-well", "1", release.PhaseAborted), 2)
	h.update(t, progress("r-attention", "1", release.PhaseNeedsAttention), 2)
	h.update(t, progress("r-lost", "1", release.PhaseRollingOut), 2)
	h.update(t, progress("r-unmarked", "1", release.PhaseRollingOut), 2)
	require.NoError(t, h.ledger.MarkLost(t.Context(), app("shop"), "r-lost", ledger.Loss{How: "its workflow was terminated", At: at(5)}))
	h.update(t, progress("r-lost", "1", release.PhaseSucceeded), 3) // too late
	debts := func() []string {
		found, err := h.owing(t)
		require.NoError(t, err)
		return ids(found)
	}
	require.Equal(t, []string{"r-attention", "r-lost"}, debts())
	lost := h.get(t, "r-lost")
	require.Equal(t, release.PhaseNeedsAttention, lost.Outcome)
	require.Equal(t, "its workflow was terminated", lost.Progress.Reason)

	open, err := h.ledger.All(t.Context(), ledger.Filter{App: app("shop"), Open: true})
	require.NoError(t, err)
	require.Equal(t, []string{"r-unmarked"}, ids(open))

	pay := func(id string, p ledger.Payment) {
		require.NoError(t, h.ledger.Pay(t.Context(), app("shop"), id, p))
	}
	pay("r-lost", ledger.Payment{Rules: []string{"cpu"}, By: "r-next", At: at(20)})
	require.Equal(t, []string{"r-attention", "r-lost"}, debts(), "its change order may be unfinished")
	pay("r-lost", ledger.Payment{ChangeID: "co-r-lost", By: "r-next", At: at(21)})
	pay("r-attention", ledger.Payment{All: true, By: "mei", At: at(22), Note: "looked at it"})
	require.Empty(t, debts())
	pay("r-attention", ledger.Payment{All: true, By: "li", At: at(23)})
	require.Equal(t, []ledger.Payment{{Rules: []string{"cpu"}, ChangeID: "co-r-attention", By: "mei", At: at(22), Note: "looked at it"}}, h.get(t, "r-attention").Paid)
	h.update(t, progress("r-attention", "1", release.PhaseNeedsAttention), 2)
	require.Empty(t, debts(), "what was paid is not owed again")
}

func TestLedger_ALostReleaseWithoutARecord(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	require.NoError(t, h.ledger.MarkLost(t.Context(), app("shop"), "r-a", ledger.Loss{How: "terminated", At: at(5)}))
	require.Equal(t, release.PhaseNeedsAttention, h.get(t, "r-a").Outcome)
}

func TestLedger_HistoryAndLists(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	const many = 1203 // more than two batches
	for n := range many {
		r := asked(fmt.Sprintf("r-%04d", n), "1", n)
		if n%3 == 0 {
			r.App = app("basket")
		}
		if n%100 == 0 {
			r.SetID = "s-a"
		}
		h.create(t, r)
	}
	history, err := h.ledger.All(t.Context(), ledger.Filter{App: app("shop"), Limit: 3})
	require.NoError(t, err)
	require.Equal(t, []string{"r-1202", "r-1201", "r-1199"}, ids(history))
	history, err = h.ledger.All(t.Context(), ledger.Filter{App: app("shop"), Limit: 0})
	require.NoError(t, err)
	require.Len(t, history, ledger.DefaultLimit)
	history, err = h.ledger.All(t.Context(), ledger.Filter{App: app("shop"), Limit: many})
	require.NoError(t, err)
	require.Len(t, history, many*2/3)

	all := func(f ledger.Filter) []string {
		found, err := h.ledger.All(t.Context(), f)
		require.NoError(t, err)
		return ids(found)
	}
	require.Len(t, all(ledger.Filter{}), ledger.DefaultLimit)
	require.Equal(t, []string{"r-1202", "r-1201"}, all(ledger.Filter{Limit: 2}))
	require.Equal(t, []string{"r-1200", "r-1100"}, all(ledger.Filter{SetID: "s-a", Limit: 2}))
	require.Equal(t, []string{"r-1100"}, all(ledger.Filter{SetID: "s-a", App: app("shop"), Limit: 1}))
	require.Empty(t, all(ledger.Filter{Outcome: release.PhaseSucceeded}))

	// What changes moves to the end of the bucket, and is listed once.
	since := h.get(t, "r-1202").UpdatedAt
	h.update(t, progress("r-0001", "1", release.PhaseSucceeded), 1)
	h.update(t, progress("r-0002", "1", release.PhaseRollingOut), 1)
	require.Equal(t, []string{"r-1202", "r-0002", "r-0001"}, all(ledger.Filter{Since: since}))
	require.Equal(t, []string{"r-0001"}, all(ledger.Filter{Outcome: release.PhaseSucceeded}))
	require.Len(t, all(ledger.Filter{Limit: 2 * many}), many)
	require.Len(t, all(ledger.Filter{Open: true, Limit: 2 * many}), many-1)
	require.Empty(t, all(ledger.Filter{Since: time.Now().Add(time.Hour)}))
}

func TestLedger_GetByIDAlone(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.create(t, asked("r-a", "1", 0))
	h.create(t, asked("r-ab", "1", 0))
	got, err := h.ledger.Get(t.Context(), "r-a")
	require.NoError(t, err)
	require.Equal(t, h.get(t, "r-a"), got)

	other := asked("r-a", "1", 1)
	other.App = app("basket")
	h.create(t, other)
	_, err = h.ledger.Get(t.Context(), "r-a")
	require.EqualError(t, err, "release r-a is one of sae/cn-hangzhou/basket and one of sae/cn-hangzhou/shop; name the application")
	h.get(t, "r-a")
}

func TestLedger_ARecordThatWasDeletedIsNone(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.create(t, asked("r-a", "1", 0))
	kv, err := h.js.KeyValue(t.Context(), ledger.Bucket)
	require.NoError(t, err)
	keys, err := kv.Keys(t.Context())
	require.NoError(t, err)
	require.NoError(t, kv.Delete(t.Context(), keys[0]))
	_, err = h.ledger.Get(t.Context(), "r-a")
	require.ErrorIs(t, err, ledger.ErrNotFound)
	h.create(t, asked("r-a", "1", 0))
}

func TestLedger_WhatIsNoRecordIsAnError(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.create(t, asked("r-a", "1", 0))
	kv, err := h.js.KeyValue(t.Context(), ledger.Bucket)
	require.NoError(t, err)
	keys, err := kv.Keys(t.Context())
	require.NoError(t, err)
	_, err = kv.PutString(t.Context(), keys[0], "garbage")
	require.NoError(t, err)

	_, err = h.ledger.GetOf(t.Context(), app("shop"), "r-a")
	require.ErrorContains(t, err, "key "+keys[0]+" of bucket slipway-ledger is no entry of the ledger")
	require.NotErrorIs(t, err, ledger.ErrUnavailable)
	_, err = h.owing(t)
	require.ErrorContains(t, err, keys[0], "a debt must not be hidden")
	require.ErrorContains(t, h.ledger.Accept(t.Context(), app("shop"), "r-a"), keys[0], "it is not overwritten")
}

func TestLedger_TheLastGoodVersion(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	end := func(id, tag string, outcome release.Phase, minute int) {
		p := progress(id, tag, outcome)
		p.EndedAt = at(minute)
		h.update(t, p, 1)
	}
	end("r-a", "1", release.PhaseSucceeded, 1)
	end("r-b", "2", release.PhaseSucceeded, 2)
	end("r-c", "3", release.PhaseAborted, 3)
	end("r-d", "4", release.PhaseSucceeded, 4)
	good := func(running string, avoid ...release.Version) []release.Version {
		found, _, err := h.ledger.LastGood(t.Context(), app("shop"), release.Version{Artifact: image(running)}, avoid)
		require.NoError(t, err)
		return found
	}
	first, second := release.Version{Artifact: image("1")}, release.Version{Artifact: image("2")}
	require.Equal(t, []release.Version{second, first}, good("4"))
	require.Equal(t, []release.Version{first}, good("4", second))

	back := progress("r-e", "2", release.PhaseSucceeded)
	back.Operation, back.RollbackTo, back.EndedAt = release.OperationRollback, &release.Version{Artifact: image("4")}, at(5)
	h.update(t, back, 1)
	require.Equal(t, []release.Version{first}, good("2"), "a second rollback does not bring back what the first has left")
}

func TestLedger_AnyProgressIsStored(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	p := progress("r-a", "1", release.PhaseRollingOut)
	for range 500 {
		p.Decisions = append(p.Decisions, release.Decision{Kind: release.CommandPause, By: "mei", At: at(1), Note: strings.Repeat("版", 2000)})
	}
	h.update(t, p, 1)
	got := h.get(t, "r-a")
	require.Positive(t, got.Cut.Decisions)
	require.Equal(t, 500, len(got.Progress.Decisions)+got.Cut.Decisions)
	require.Equal(t, []string{"cpu"}, got.Held.ScalingRules)
}

func TestLedger_TheLedgerIsOutOfReach(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.create(t, asked("r-a", "1", 0))
	h.server.Shutdown()
	calls := map[string]func(context.Context) error{
		"create": func(ctx context.Context) error {
			_, _, err := h.ledger.Create(ctx, asked("r-a", "1", 0))
			return err
		},
		"update": func(ctx context.Context) error {
			return h.ledger.Update(ctx, ledger.Report{Progress: progress("r-a", "1", release.PhaseRollingOut)})
		},
		"get": func(ctx context.Context) error {
			_, err := h.ledger.Get(ctx, "r-a")
			return err
		},
		"list": func(ctx context.Context) error {
			_, err := h.ledger.All(ctx, ledger.Filter{})
			return err
		},
	}
	for name, call := range calls {
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		require.ErrorIs(t, call(ctx), ledger.ErrUnavailable, name)
		cancel()
		ctx, cancel = context.WithCancel(t.Context())
		cancel()
		err := call(ctx)
		require.ErrorIs(t, err, context.Canceled, name)
		require.NotErrorIs(t, err, ledger.ErrUnavailable, name)
	}
}

func TestLedger_WithoutTheBucketTheRemedyIsTold(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	require.NoError(t, h.js.DeleteKeyValue(t.Context(), ledger.Bucket))
	_, err := h.ledger.Get(t.Context(), "r-a")
	require.ErrorIs(t, err, ledger.ErrUnavailable)
	require.ErrorIs(t, err, jetstream.ErrBucketNotFound)
	require.ErrorContains(t, err, "create it with: slipway setup")
	require.ErrorIs(t, h.ledger.Update(t.Context(), ledger.Report{Progress: progress("r-a", "1", release.PhaseQueued)}), ledger.ErrUnavailable)
}

// TestLedger_ABucketThatIsGoneAndComesBack: a ledger keeps the bucket open, and notices nevertheless.
func TestLedger_ABucketThatIsGoneAndComesBack(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	ctx := t.Context()
	_, _, err := h.ledger.Create(ctx, asked("r-a", "1", 0))
	require.NoError(t, err)
	before := h.js.Conn().Stats().OutMsgs
	_, err = h.ledger.GetOf(ctx, asked("r-a", "1", 0).App, "r-a")
	require.NoError(t, err)
	require.EqualValues(t, 1, h.js.Conn().Stats().OutMsgs-before, "one request")

	require.NoError(t, h.js.DeleteKeyValue(ctx, ledger.Bucket))
	_, err = h.ledger.GetOf(ctx, asked("r-a", "1", 0).App, "r-a")
	require.ErrorIs(t, err, jetstream.ErrBucketNotFound)
	_, _, err = h.ledger.Create(ctx, asked("r-b", "1", 0))
	require.ErrorIs(t, err, jetstream.ErrBucketNotFound)

	h.createEmpty(t)
	_, created, err := h.ledger.Create(ctx, asked("r-a", "1", 0))
	require.NoError(t, err)
	require.True(t, created)
	require.NoError(t, h.js.DeleteKeyValue(ctx, ledger.Bucket))
	h.createEmpty(t)
	_, err = h.ledger.GetOf(ctx, asked("r-a", "1", 0).App, "r-a")
	require.ErrorIs(t, err, ledger.ErrNotFound, "it was created anew between two questions")
}

// createEmpty creates the bucket, of which the server may find messages where it has deleted it only just now.
func (h *house) createEmpty(t *testing.T) {
	t.Helper()
	require.NoError(t, ledger.EnsureLedger(t.Context(), h.js, ledger.Config{}))
	stream, err := h.js.Stream(t.Context(), bucketdoc.StreamName(ledger.Bucket))
	require.NoError(t, err)
	require.NoError(t, stream.Purge(t.Context()))
}

// The permissions are those that the documentation names.
func TestLedger_LeastPermissions(t *testing.T) {
	t.Parallel()
	reading := []string{"$JS.API.STREAM.INFO.KV_slipway-ledger", "$JS.API.DIRECT.GET.KV_slipway-ledger", "$JS.API.DIRECT.GET.KV_slipway-ledger.>"}
	writing := append([]string{"$KV.slipway-ledger.>"}, reading...)
	setting := append([]string{"$JS.API.INFO", "$JS.API.STREAM.CREATE.KV_slipway-ledger"}, reading...)
	user := func(name string, publish []string) *server.User {
		return &server.User{Username: name, Password: name, Permissions: &server.Permissions{
			Publish: &server.SubjectPermission{Allow: publish}, Subscribe: &server.SubjectPermission{Allow: []string{"_INBOX.>"}},
		}}
	}
	s := start(t, server.Options{Users: []*server.User{user("operator", setting), user("worker", writing), user("auditor", reading), user("blind", reading[:1])}})
	as := func(name string) jetstream.JetStream { return connect(t, s.ClientURL(), nats.UserInfo(name, name)) }
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()

	require.NoError(t, ledger.EnsureLedger(ctx, as("operator"), ledger.Config{}))
	worker, auditor := ledger.New(as("worker")), ledger.New(as("auditor"))
	_, _, err := worker.Create(ctx, asked("r-a", "1", 0))
	require.NoError(t, err)
	require.NoError(t, worker.Update(ctx, ledger.Report{Progress: progress("r-a", "1", release.PhaseSucceeded)}))
	got, err := auditor.Get(ctx, "r-a")
	require.NoError(t, err)
	require.Equal(t, release.PhaseSucceeded, got.Outcome)
	history, err := auditor.All(ctx, ledger.Filter{App: app("shop"), Limit: 0})
	require.NoError(t, err)
	require.Len(t, history, 1)

	denied := func(call func(context.Context) error) error {
		short, cancel := context.WithTimeout(ctx, 500*time.Millisecond)
		defer cancel()
		return call(short)
	}
	require.ErrorIs(t, denied(func(ctx context.Context) error {
		_, _, err := auditor.Create(ctx, asked("r-b", "1", 0))
		return err
	}), ledger.ErrUnavailable)
	blind := ledger.New(as("blind"))
	require.ErrorIs(t, denied(func(ctx context.Context) error {
		_, err := blind.All(ctx, ledger.Filter{App: app("shop"), Limit: 0})
		return err
	}), ledger.ErrUnavailable, "no answer is no empty list")
}

// owing are the releases that still hold something.
func (h *house) owing(t *testing.T) ([]ledger.Record, error) {
	t.Helper()
	affairs, err := h.ledger.Affairs(t.Context(), app("shop"))
	return affairs.Owing, err
}

// Whoever counts the ends of releases counts each once, whoever reports it how often.
func TestLedger_AnEndIsConcludedOnce(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	for _, c := range []struct {
		phase  release.Phase
		number uint64
		first  bool
	}{
		{release.PhaseRollingOut, 1, false}, {release.PhaseSucceeded, 2, true}, {release.PhaseSucceeded, 2, false}, {release.PhaseRollingOut, 1, false}, {release.PhaseFailed, 3, false},
	} {
		first, err := h.ledger.Conclude(t.Context(), ledger.Report{Progress: progress("r-a", "1", c.phase), Transition: c.number})
		require.NoError(t, err)
		require.Equal(t, c.first, first, "%s %d", c.phase, c.number)
	}
}
