package promotion_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"

	"slipway/activities/promotion"
	"slipway/apps"
	"slipway/internal/documents"
	"slipway/ledger"
	"slipway/release"
	"slipway/wire"
)

// world is the documents, the ledger and the bus.
type world struct {
	document apps.Application
	records  map[string][]ledger.Record // by the ID of the application
	now      time.Time
	away     error
	busAway  error
	sent     []wire.NamedRequest
	told     []wire.LifecycleEvent
}

func (w *world) Get(_ context.Context, id string) (ledger.Record, error) {
	for _, all := range w.records {
		for _, r := range all {
			if r.ReleaseID == id {
				return r, w.away
			}
		}
	}
	return ledger.Record{}, ledger.ErrNotFound
}

func (w *world) All(_ context.Context, f ledger.Filter) ([]ledger.Record, error) {
	return w.records[f.App.ID], w.away
}

func (w *world) PublishMsg(_ context.Context, msg *nats.Msg, _ ...jetstream.PublishOpt) (*jetstream.PubAck, error) {
	if w.busAway != nil {
		return nil, w.busAway
	}
	if strings.HasPrefix(msg.Subject, "slipway.event.") {
		e, err := wire.DecodeEvent(msg)
		w.told = append(w.told, e)
		return &jetstream.PubAck{}, err
	}
	r, err := wire.DecodeNamedRequest(msg)
	w.sent = append(w.sent, r)
	return &jetstream.PubAck{}, err
}

// known are the documents of a world, beside its ledger.
type known struct{ *world }

func (d known) Get(_ context.Context, name string) (apps.Document, error) {
	if name != d.document.Name {
		return apps.Document{}, &documents.UnknownError{Name: name}
	}
	return apps.Document{Revision: 1, Spec: &d.document}, nil
}

func app(id string) release.App {
	return release.App{Platform: release.PlatformSAE, Region: "cn-hangzhou", ID: id}
}

var noon = time.Date(2026, 11, 2, 12, 0, 0, 0, time.UTC) //nolint:gochecknoglobals // a constant

// succeeded is the record of a release of staging.
func succeeded(id, image string, operation release.Operation, at time.Time) ledger.Record {
	return ledger.Record{
		ReleaseID: id, App: app("s"), RequestedBy: "ann", Artifact: release.Artifact{Image: image}, Outcome: release.PhaseSucceeded, EndedAt: at,
		Progress: release.Progress{ReleaseID: id, Operation: operation},
	}
}

func inProduction(r ledger.Record) ledger.Record {
	r.App = app("p")
	return r
}

// newWorld is one in which r-1 has Succeeded in staging at noon, an hour before it may go to production, and
// half a day before it may go to the last one.
func newWorld(steps ...apps.Promotion) *world {
	if steps == nil {
		steps = []apps.Promotion{
			{From: "staging", To: "production", After: release.Duration(time.Hour), Auto: true},
			{From: "staging", To: "last", After: release.Duration(12 * time.Hour), Auto: true},
		}
	}
	return &world{
		document: apps.Application{Name: "shop", Promotion: steps, Environments: []apps.Environment{
			{Name: "staging", App: apps.At(app("s"))}, {Name: "production", App: apps.At(app("p"))}, {Name: "last", App: apps.At(app("l"))},
		}},
		records: map[string][]ledger.Record{"s": {succeeded("r-1", "shop:2", release.OperationRelease, noon)}},
		now:     noon,
	}
}

// do carries an activity out on a test environment.
func (w *world) do(t *testing.T, name string, in, out any) error {
	t.Helper()
	p, err := promotion.New(promotion.Config{Documents: known{w}, Ledger: w, Bus: w, Now: func() time.Time { return w.now }})
	require.NoError(t, err)
	var suite testsuite.WorkflowTestSuite
	env := suite.NewTestActivityEnvironment()
	p.Register(env)
	value, err := env.ExecuteActivity(name, in)
	if err != nil {
		return err
	}
	require.NoError(t, value.Get(out))
	return nil
}

func (w *world) promote(t *testing.T) (out release.PromotionResult, err error) {
	t.Helper()
	err = w.do(t, release.PromoteActivity, release.PromotionRequest{Application: "shop", Environment: "staging", ReleaseID: "r-1"}, &out)
	return out, err
}

func TestPromote_EachStepWhenItsTimeHasCome(t *testing.T) {
	t.Parallel()
	w := newWorld()
	out, err := w.promote(t)
	require.NoError(t, err)
	require.Equal(t, noon.Add(time.Hour), out.Next.UTC())
	require.Empty(t, w.sent)

	w.now = out.Next
	out, err = w.promote(t)
	require.NoError(t, err)
	require.Equal(t, noon.Add(12*time.Hour), out.Next.UTC())
	require.Len(t, w.sent, 1)
	asked := w.sent[0]
	require.Equal(t, "shop/production", asked.String())
	require.Equal(t, release.PromotedFrom{Environment: "staging", Release: "r-1"}, asked.PromotedFrom)
	require.Equal(t, "ann", asked.Says["requestedBy"], "who asked for the release")
	require.Equal(t, release.PromotionID("shop", "production", "r-1"), asked.ReleaseID)
	require.Equal(t, asked.ReleaseID, out.Steps[0].ReleaseID)

	w.now = out.Next
	w.records["p"] = []ledger.Record{{ReleaseID: asked.ReleaseID, Progress: release.Progress{Phase: release.PhaseAwaitingApproval}}}
	out, err = w.promote(t)
	require.NoError(t, err)
	require.Zero(t, out.Next)
	require.Len(t, w.sent, 2, "what is under way is not asked for again")
	require.Equal(t, "shop/last", w.sent[1].String())
}

func TestPromote_WhatIsSoByThenCounts(t *testing.T) {
	t.Parallel()
	by := apps.Promotion{From: "staging", To: "production", After: release.Duration(time.Hour)}
	auto := by
	auto.Auto = true
	for name, c := range map[string]struct {
		step   apps.Promotion
		change func(*world)
		reason string
		held   bool
	}{
		"it was rolled back": {auto, func(w *world) {
			w.records["s"] = append(w.records["s"], succeeded("r-2", "shop:1", release.OperationRollback, noon.Add(time.Minute)))
		}, "release r-2 has rolled it back", true},
		"it was rejected": {auto, func(w *world) {
			rejected := inProduction(succeeded(release.PromotionID("shop", "production", "r-1"), "shop:2", release.OperationRelease, noon))
			rejected.Outcome = release.PhaseAborted
			w.records["p"] = []ledger.Record{rejected}
		}, "ended Aborted", true},
		"it was followed by another one": {auto, func(w *world) {
			w.records["s"] = append(w.records["s"], succeeded("r-2", "shop:3", release.OperationRelease, noon.Add(time.Minute)))
		}, "release r-2 has brought something else to staging since", false},
		"it is there": {auto, func(w *world) {
			w.records["p"] = []ledger.Record{inProduction(succeeded("r-p", "shop:2", release.OperationRelease, noon))}
		}, "production runs it already", false},
		"by hand alone, by now":        {by, func(*world) {}, "", false},
		"the document is gone":         {auto, func(w *world) { w.document.Name = "shop-2" }, "", false},
		"the step is of another place": {apps.Promotion{From: "production", To: "last", Auto: true}, func(*world) {}, "", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(c.step)
			w.now = noon.Add(2 * time.Hour)
			c.change(w)
			out, err := w.promote(t)
			require.NoError(t, err)
			require.Zero(t, out.Next)
			require.Empty(t, w.sent)
			requireHeld(t, w, c.held, out)
			if c.reason == "" {
				require.Empty(t, out.Steps)
				return
			}
			require.Contains(t, out.Steps[0].Reason, c.reason)
		})
	}
}

// requireHeld checks that the world is told of a promotion that is held, and of no other.
func requireHeld(t *testing.T, w *world, held bool, out release.PromotionResult) {
	t.Helper()
	if !held {
		require.Empty(t, w.told)
		return
	}
	require.Len(t, w.told, 1)
	require.Equal(t, release.EventHeld, w.told[0].Kind)
	require.Equal(t, release.PromotionID("shop", "production", "r-1")+".held", w.told[0].ID)
	require.Equal(t, &release.HeldPromotion{
		Application: "shop", From: "staging", To: "production", App: app("p"), ReleaseID: "r-1", Artifact: "shop:2", Reason: out.Steps[0].Reason,
	}, w.told[0].Promotion)
}

func TestPromote_IsTriedAgain(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*world){
		"the ledger is away": func(w *world) { w.away = ledger.ErrUnavailable },
		"the bus is away":    func(w *world) { w.busAway = errors.New("nats: no responders") },
		"it is held, and the bus is away": func(w *world) {
			w.records["s"] = append(w.records["s"], succeeded("r-2", "shop:1", release.OperationRollback, noon.Add(time.Minute)))
			w.busAway = errors.New("nats: no responders")
		},
		"the release has not told":     func(w *world) { w.records["s"][0].Outcome = "" },
		"the ledger does not know yet": func(w *world) { w.records = nil },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld()
			w.now = noon.Add(2 * time.Hour)
			change(w)
			_, err := w.promote(t)
			failed, ok := errors.AsType[*temporal.ApplicationError](err)
			require.True(t, ok, "%v", err)
			require.False(t, failed.NonRetryable())
			require.Empty(t, w.sent)
		})
	}
}

func TestStands(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(*world)
		want   string
	}{
		"it stands": {func(*world) {}, ""},
		"it was rolled back": {func(w *world) {
			w.records["s"] = append(w.records["s"], succeeded("r-2", "shop:1", release.OperationRollback, noon.Add(1)))
		}, "release r-2 has rolled it back"},
		"nobody knows of it": {func(w *world) { w.records = nil }, "the ledger has no release r-1 any more"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld()
			c.change(w)
			var out release.Stands
			require.NoError(t, w.do(t, release.StandsActivity, release.StandsInput{ReleaseID: "r-1"}, &out))
			require.Equal(t, c.want, out.Withdrawn)
		})
	}
	w := newWorld()
	w.away = fmt.Errorf("%w: away", ledger.ErrUnavailable)
	require.Error(t, w.do(t, release.StandsActivity, release.StandsInput{ReleaseID: "r-1"}, &release.Stands{}))
}
