// Package promotion are the activities of promotions: they judge by the ledger and the application documents
// as these are just now, and ask for what may be promoted by an event, as everybody does.
package promotion

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/worker"

	"slipway/activities/fault"
	"slipway/apps"
	"slipway/internal/documents"
	"slipway/ledger"
	"slipway/promotion"
	"slipway/release"
	"slipway/wire"
)

// Source is the source of the events by which promotions are asked for.
const Source = "urn:slipway:promotion"

// Documents are the application documents; [apps.Store] has them.
type Documents interface {
	Get(ctx context.Context, name string) (apps.Document, error)
}

// Ledger is what releases have told; [ledger.Ledger] is one.
type Ledger interface {
	promotion.Ledger
	Get(ctx context.Context, releaseID string) (ledger.Record, error)
}

// Bus takes requests; [jetstream.JetStream] is one.
type Bus interface {
	PublishMsg(ctx context.Context, msg *nats.Msg, opts ...jetstream.PublishOpt) (*jetstream.PubAck, error)
}

// Config is what the activities work with; all of it is needed.
type Config struct {
	Documents Documents
	Ledger    Ledger
	Bus       Bus
	Now       func() time.Time
}

// Promotions are the activities. They hold no state.
type Promotions struct{ Config }

// New returns the activities.
func New(c Config) (*Promotions, error) {
	if c.Documents == nil || c.Ledger == nil || c.Bus == nil || c.Now == nil {
		return nil, errors.New("promotion: documents, a ledger, a bus and a clock are needed")
	}
	return &Promotions{c}, nil
}

// Register registers the activities under their names.
func (p *Promotions) Register(to worker.ActivityRegistry) {
	to.RegisterActivityWithOptions(p.Stands, activity.RegisterOptions{Name: release.StandsActivity})
	to.RegisterActivityWithOptions(p.Promote, activity.RegisterOptions{Name: release.PromoteActivity})
}

const (
	// callTime bounds each call to NATS; the retry policy of the activities decides about what follows.
	callTime = 10 * time.Second
	// toldDelay is the time between two looks for the end of a release that has not been told yet.
	toldDelay = 10 * time.Second
)

// Stands says whether a release that is promoted stands where it was promoted from.
//
// Its errors have the type [release.FaultUnavailable], which retries: without the ledger nobody knows.
func (p *Promotions) Stands(ctx context.Context, in release.StandsInput) (release.Stands, error) {
	ctx, cancel := context.WithTimeout(ctx, callTime)
	defer cancel()
	source, err := p.Ledger.Get(ctx, in.ReleaseID)
	if errors.Is(err, ledger.ErrNotFound) {
		return release.Stands{Withdrawn: "the ledger has no release " + in.ReleaseID + " any more"}, nil
	}
	if err != nil {
		return release.Stands{}, unavailable(err)
	}
	records, err := promotion.Records(ctx, p.Ledger, source.App)
	if err != nil {
		return release.Stands{}, unavailable(err)
	}
	return release.Stands{Withdrawn: promotion.Withdrawn(source, records)}, nil
}

// Promote asks for the promotion of a release to each environment that its document promotes it to by
// itself, where it may be promoted just now, and tells of one that is held. The same is asked for by the same event: it is one release.
//
// Its errors have the types [release.FaultUnavailable] and [release.FaultUnchanged], while the release has
// not told its end, which both retry.
func (p *Promotions) Promote(ctx context.Context, in release.PromotionRequest) (out release.PromotionResult, err error) {
	ctx, cancel := context.WithTimeout(ctx, 3*callTime)
	defer cancel()
	source, err := p.Ledger.Get(ctx, in.ReleaseID)
	if errors.Is(err, ledger.ErrNotFound) || err == nil && !source.Ended() {
		return out, fault.Unchanged("the ledger does not know yet how release "+in.ReleaseID+" has ended", toldDelay)
	}
	if err != nil {
		return out, unavailable(err)
	}
	document, err := p.Documents.Get(ctx, in.Application)
	if _, unknown := errors.AsType[*documents.UnknownError](err); unknown {
		return out, nil
	}
	if err != nil {
		return out, unavailable(err)
	}
	for _, step := range document.Spec.Promotion {
		if step.From != in.Environment || !step.Auto {
			continue
		}
		told, until, err := p.take(ctx, *document.Spec, step, source)
		if err != nil {
			return out, unavailable(err)
		}
		out.Steps = append(out.Steps, told)
		if !until.IsZero() && (out.Next.IsZero() || until.Before(out.Next)) {
			out.Next = until
		}
	}
	return out, nil
}

// take takes one step as far as it goes now, and returns until when it bakes.
func (p *Promotions) take(ctx context.Context, a apps.Application, step apps.Promotion, source ledger.Record) (told release.PromotionStep, until time.Time, err error) {
	v, err := promotion.Ask(ctx, p.Ledger, promotion.Question{Application: a, Step: step, Now: p.Now()})
	told = release.PromotionStep{To: step.To, Reason: v.Reason}
	switch {
	case err != nil:
		return told, until, err
	case v.Source != "" && v.Source != source.ReleaseID:
		told.Reason = fmt.Sprintf("release %s has brought something else to %s since", v.Source, step.From)
	case v.State == promotion.Baking:
		until = v.Until
	case v.State == promotion.Promoting, v.State == promotion.Done:
		told.ReleaseID = v.ReleaseID
	case v.State == promotion.Held:
		err = p.tellHeld(ctx, a, v)
	case v.State == promotion.Ready:
		told.ReleaseID = release.PromotionID(a.Name, step.To, source.ReleaseID)
		err = p.ask(ctx, a, step, source)
	}
	return told, until, err
}

// ask publishes the request. Who asked for the release asks for its promotion, too.
func (p *Promotions) ask(ctx context.Context, a apps.Application, step apps.Promotion, source ledger.Record) error {
	says := map[string]any{"note": fmt.Sprintf("promoted from %s by the document of %s", step.From, a.Name)}
	if source.RequestedBy != "" {
		says["requestedBy"] = source.RequestedBy
	}
	n := wire.Named{Application: a.Name, Environment: step.To, Says: says, PromotedFrom: release.PromotedFrom{Environment: step.From, Release: source.ReleaseID}}
	msg, err := wire.EncodeNamedRequest(wire.Origin{Source: Source, ID: release.PromotionID(a.Name, step.To, source.ReleaseID)}, n)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, callTime)
	defer cancel()
	_, err = p.Bus.PublishMsg(ctx, msg, jetstream.WithExpectStream(wire.StreamIn))
	return err
}

// tellHeld lets the world know that somebody must look: nothing is promoted by itself any more.
func (p *Promotions) tellHeld(ctx context.Context, a apps.Application, v promotion.Verdict) error {
	to, err := a.Environment(v.To)
	if err != nil {
		return err
	}
	e := release.Event{
		ID: release.PromotionID(a.Name, v.To, v.Source) + "." + string(release.EventHeld), Kind: release.EventHeld, At: p.Now(),
		Promotion: &release.HeldPromotion{
			Application: a.Name, From: v.From, To: v.To, App: to.App.App(), ReleaseID: v.Source, Artifact: v.Artifact.Public(), Reason: v.Reason,
		},
	}
	msg, err := wire.EncodeEvent(e, e.At)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, callTime)
	defer cancel()
	_, err = p.Bus.PublishMsg(ctx, msg, jetstream.WithExpectStream(wire.StreamEvents))
	return err
}

func unavailable(err error) error {
	return fault.Because(release.FaultUnavailable, err.Error(), err)
}
