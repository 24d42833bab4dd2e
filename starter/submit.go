package starter

import (
	"context"
	"fmt"

	"github.com/rs/zerolog"

	"slipway/ledger"
	"slipway/release"
	"slipway/releases/lane"
	"slipway/wire"
)

// submit hands a request to the lane of its application, unless the ledger knows that the
// lane has it: Temporal may have forgotten by now that the release has ended.
func (s *Starter) submit(ctx context.Context, log zerolog.Logger, r wire.Request, place wire.Delivery) error {
	have, err := s.record(ctx, r, place)
	if err != nil {
		return err
	}
	if have.Accepted {
		log.Info().Str("app", r.Spec.App.SearchValue()).Str("outcome", string(have.Outcome)).
			Msg("release was accepted before; its event counts once")
		return nil
	}
	what := r.Submission
	what.Published = release.Published{Sequence: place.Sequence, At: place.Stored.UTC()}
	receipt, err := s.toLane(ctx, what)
	if err != nil {
		return err
	}
	received(log, r.Spec.App, receipt)
	// Until the ledger remembers that the lane has it, the event comes again, and the lane knows it.
	return s.toLedger(ctx, func(ctx context.Context) error { return s.ledger.Accept(ctx, r.Spec.App, r.ReleaseID) })
}

// record makes the ledger remember the request, or answers what it remembers of it.
func (s *Starter) record(ctx context.Context, r wire.Request, place wire.Delivery) (have ledger.Record, err error) {
	err = s.toLedger(ctx, func(ctx context.Context) (err error) {
		have, _, err = s.ledger.Create(ctx, ledger.Record{
			ReleaseID: r.ReleaseID, App: r.Spec.App,
			Identity:    ledger.Identity{Source: r.Source, EventID: r.EventID, Digest: r.Spec.Digest()},
			RequestedBy: r.Spec.RequestedBy, RequestedAt: place.Stored.UTC(), Sequence: place.Sequence, Artifact: r.Spec.Artifact,
		})
		return err
	})
	return have, err
}

func (s *Starter) toLane(ctx context.Context, what release.Submission) (release.Receipt, error) {
	ctx, cancel := context.WithTimeout(ctx, s.cfg.CallTimeout)
	defer cancel()
	return lane.Submit(ctx, s.temporal, what)
}

// toLedger bounds a word to the ledger in time.
func (s *Starter) toLedger(ctx context.Context, say func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, settleTimeout)
	defer cancel()
	if err := say(ctx); err != nil {
		return fmt.Errorf("ledger: %w", err)
	}
	return nil
}
