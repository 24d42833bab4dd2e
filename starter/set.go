package starter

import (
	"context"
	"errors"
	"fmt"
	"maps"

	"github.com/rs/zerolog"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"slipway/apps"
	"slipway/ledger"
	"slipway/release"
	"slipway/wire"
)

// askedSet is a request for a set, with its names resolved, and what the ledger is told of it.
type askedSet struct {
	release.SetRequest

	identity ledger.Identity
	// revisions are those of the documents with which the names were resolved; nil where there were none.
	revisions map[string]uint64
}

// submitSet resolves the names of a set, and starts it where all of its releases are let in. What the record says
// that Temporal has accepted is passed over.
func (s *Starter) submitSet(ctx context.Context, log zerolog.Logger, p plan, position wire.Delivery) error {
	r := *p.set
	asked, accepted, err := s.resolveSet(ctx, r)
	if err != nil {
		return err
	}
	if accepted {
		log.Info().Str("set", r.Set.Name).Msg("set was accepted before; its event counts once")
		return nil
	}
	if err := s.admitSet(ctx, &asked.SetRequest, p.proof); err != nil {
		return err
	}
	if err := s.holdSet(ctx, &asked.SetRequest); err != nil {
		return err
	}
	return s.beginSet(ctx, log, asked, position)
}

// resolveSet makes the request for a set whole. An event means the same set however often it comes: names are
// resolved once, with the documents as they are then. The ledger has their revisions, and what comes again is
// resolved with those, as a request by name is. What is refused is a [release.Problem] or [release.Problems].
func (s *Starter) resolveSet(ctx context.Context, r wire.SetRequest) (asked askedSet, accepted bool, err error) {
	asked = askedSet{
		SetRequest: release.SetRequest{ID: r.ID, Set: r.Set, Admission: r.Admission},
		identity:   ledger.Identity{Source: r.Source, EventID: r.EventID, Digest: r.Digest},
	}
	if len(r.Named) == 0 {
		return asked, false, nil
	}
	have, err := s.recordedSet(ctx, r.ID)
	switch {
	case errors.Is(err, ledger.ErrNotFound):
	case err != nil:
		return asked, false, err
	case have.Identity.EventID != "" && have.Identity.Digest != r.Digest:
		return asked, false, &ledger.ConflictError{ID: r.ID, Recorded: have.Identity.Digest, Asked: r.Digest}
	}
	if have.Accepted {
		return asked, true, nil
	}
	found := map[string]apps.Document{}
	asked.revisions = map[string]uint64{}
	asked.Set, asked.ByName, err = r.Resolve(func(n wire.Named) (wire.Resolved, error) {
		document, known := found[n.Application]
		if !known {
			var err error
			if document, err = s.document(ctx, n.Application, have.Revisions[n.Application], r.ID); err != nil {
				return wire.Resolved{}, err
			}
			found[n.Application], asked.revisions[n.Application] = document, document.Revision
		}
		return document.Spec.ResolveAt(document.Revision, n)
	})
	return asked, false, err
}

// beginSet starts a set, unless its record says that Temporal has accepted it.
func (s *Starter) beginSet(ctx context.Context, log zerolog.Logger, r askedSet, position wire.Delivery) error {
	have, err := s.createSetRecord(ctx, r, position)
	if err != nil {
		return err
	}
	if have.Accepted {
		log.Info().Str("set", r.Set.Name).Str("outcome", string(have.Progress.Outcome)).Msg("set was accepted before; its event counts once")
		return nil
	}
	if len(have.Revisions) > 0 && !maps.Equal(have.Revisions, r.revisions) {
		return fmt.Errorf("the names of set %s were resolved with other revisions of their documents before; they are resolved again", r.ID)
	}
	if err := s.startSet(ctx, r.SetRequest); err != nil {
		return err
	}
	log.Info().Str("set", r.Set.Name).Msg("set accepted")
	return s.withLedger(ctx, func(ctx context.Context) error { return s.ledger.AcceptSet(ctx, r.ID) })
}

// createSetRecord creates the record of the request in the ledger, or returns the existing one.
func (s *Starter) createSetRecord(ctx context.Context, r askedSet, position wire.Delivery) (have ledger.Set, err error) {
	err = s.withLedger(ctx, func(ctx context.Context) (err error) {
		have, _, err = s.ledger.CreateSet(ctx, ledger.Set{
			SetID: r.ID, Name: r.Set.Name, Identity: r.identity, Revisions: r.revisions,
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
