package starter

import (
	"context"

	"github.com/rs/zerolog"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"slipway/ledger"
	"slipway/release"
	"slipway/wire"
)

// submitSet starts a set, unless its record says that Temporal has accepted it.
func (s *Starter) submitSet(ctx context.Context, log zerolog.Logger, r wire.SetRequest, position wire.Delivery) error {
	have, err := s.createSetRecord(ctx, r, position)
	if err != nil {
		return err
	}
	if have.Accepted {
		log.Info().Str("set", r.Set.Name).Str("outcome", string(have.Progress.Outcome)).Msg("set was accepted before; its event counts once")
		return nil
	}
	if err := s.startSet(ctx, r.SetRequest); err != nil {
		return err
	}
	log.Info().Str("set", r.Set.Name).Msg("set accepted")
	return s.withLedger(ctx, func(ctx context.Context) error { return s.ledger.AcceptSet(ctx, r.ID) })
}

// createSetRecord creates the record of the request in the ledger, or returns the existing one.
func (s *Starter) createSetRecord(ctx context.Context, r wire.SetRequest, position wire.Delivery) (have ledger.Set, err error) {
	err = s.withLedger(ctx, func(ctx context.Context) (err error) {
		have, _, err = s.ledger.CreateSet(ctx, ledger.Set{
			SetID: r.ID, Name: r.Set.Name, Identity: ledger.Identity{Source: r.Source, EventID: r.EventID, Digest: r.Set.Digest()},
			RequestedBy: r.Set.RequestedBy, RequestedAt: position.Stored.UTC(),
		})
		return err
	})
	return have, err
}

// startSet starts a set, unless it was started before, however long ago.
func (s *Starter) startSet(ctx context.Context, in release.SetRequest) error {
	ctx, cancel := context.WithTimeout(ctx, s.cfg.CallTimeout)
	defer cancel()
	_, err := s.temporal.ExecuteWorkflow(ctx, client.StartWorkflowOptions{
		ID:                                       release.SetWorkflowID(in.ID),
		TaskQueue:                                release.WorkflowTaskQueue,
		WorkflowIDReusePolicy:                    enumspb.WORKFLOW_ID_REUSE_POLICY_REJECT_DUPLICATE,
		WorkflowExecutionErrorWhenAlreadyStarted: true,
		StaticSummary:                            "Releases of set " + in.Set.Name,
		TypedSearchAttributes:                    temporal.NewSearchAttributes(searchAttributeUpdates(in.SearchAttributes())...),
	}, release.WorkflowReleaseSet, in)
	if temporal.IsWorkflowExecutionAlreadyStartedError(err) {
		return nil
	}
	return err
}
