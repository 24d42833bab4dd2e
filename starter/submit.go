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

// ask is a request for a release with the event that it came by.
type ask struct {
	release.Submission

	identity ledger.Identity
}

// asked is a request that says itself which application it is for.
func asked(r wire.Request) ask {
	return ask{r.Submission, ledger.Identity{Source: r.Source, EventID: r.EventID, Digest: r.Spec.Digest()}}
}

// submit hands a request to the lane of its application, unless its record says that the
// lane has accepted it: Temporal may have forgotten by now that the release has ended.
func (s *Starter) submit(ctx context.Context, log zerolog.Logger, r ask, position wire.Delivery) error {
	have, err := s.createRecord(ctx, r, position)
	if err != nil {
		return err
	}
	if have.Accepted {
		log.Info().Str("outcome", string(have.Outcome)).
			Msg("release was accepted before; its event counts once")
		return nil
	}
	if was := have.ByName; was != nil && r.ByName != nil && *was != *r.ByName {
		return fmt.Errorf("release %s was resolved with revision %d before, and with %d now; it is resolved again", r.ReleaseID, was.Revision, r.ByName.Revision)
	}
	submission := r.Submission
	submission.Published = release.Published{Sequence: position.Sequence, At: position.Stored.UTC()}
	receipt, err := s.submitToLane(ctx, submission)
	if err != nil {
		return err
	}
	logReceipt(log, receipt)
	// Until the record says so, the event is redelivered, and the lane answers that it has it.
	return s.withLedger(ctx, func(ctx context.Context) error { return s.ledger.Accept(ctx, r.Spec.App, r.ReleaseID) })
}

// createRecord creates the record of the request in the ledger, or returns the existing one.
func (s *Starter) createRecord(ctx context.Context, r ask, position wire.Delivery) (have ledger.Record, err error) {
	err = s.withLedger(ctx, func(ctx context.Context) (err error) {
		have, _, err = s.ledger.Create(ctx, ledger.Record{
			ReleaseID: r.ReleaseID, App: r.Spec.App,
			Identity: r.identity, ByName: r.ByName,
			RetryOf: r.Spec.RetryOf, RequestedBy: r.Spec.RequestedBy, RequestedAt: position.Stored.UTC(), Sequence: position.Sequence, Artifact: r.Spec.Artifact,
		})
		return err
	})
	return have, err
}

func (s *Starter) submitToLane(ctx context.Context, submission release.Submission) (release.Receipt, error) {
	ctx, cancel := context.WithTimeout(ctx, s.cfg.CallTimeout)
	defer cancel()
	return lane.Submit(ctx, s.temporal, submission)
}

// withLedger bounds a call to the ledger in time.
func (s *Starter) withLedger(ctx context.Context, call func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, natsTimeout)
	defer cancel()
	if err := call(ctx); err != nil {
		return fmt.Errorf("ledger: %w", err)
	}
	return nil
}
