package starter

import (
	"context"
	"errors"
	"fmt"

	"github.com/rs/zerolog"

	"slipway/apps"
	"slipway/internal/documents"
	"slipway/ledger"
	"slipway/release"
	"slipway/wire"
)

// submitNamed resolves a request by name into a whole spec, and hands that to the lane of its application.
//
// An event means the same release however often it comes: it is resolved once, with the document as it is
// then. The ledger has the revision, and what comes again is resolved with that one, whatever the
// document says by then.
func (s *Starter) submitNamed(ctx context.Context, log zerolog.Logger, p plan, position wire.Delivery) error {
	r := *p.named
	have, err := s.recorded(ctx, r.ReleaseID)
	if err != nil {
		return err
	}
	if have != nil && have.Identity.EventID != "" && have.Identity.Digest != r.Digest {
		return &ledger.ConflictError{ID: r.ReleaseID, Recorded: have.Identity.Digest, Asked: r.Digest}
	}
	if have != nil && have.Accepted {
		log.Info().Str("outcome", string(have.Outcome)).Msg("release was accepted before; its event counts once")
		return nil
	}
	submission, err := s.resolve(ctx, r, have)
	if err != nil {
		return err
	}
	log = log.With().Str("app", submission.Spec.App.SearchValue()).Logger()
	log.Info().Uint64("revision", submission.ByName.Revision).Msg("request by name resolved")
	if err := s.admitRequest(ctx, &submission, p.proof); err != nil {
		return err
	}
	if err := s.holdRequest(ctx, &submission); err != nil {
		return err
	}
	identity := ledger.Identity{Source: r.Source, EventID: r.EventID, Digest: r.Digest}
	return s.submit(ctx, log, ask{submission, identity}, position)
}

// recorded is the record of a release; nil where there is none.
func (s *Starter) recorded(ctx context.Context, releaseID string) (*ledger.Record, error) {
	var have ledger.Record
	err := s.withLedger(ctx, func(ctx context.Context) (err error) {
		have, err = s.ledger.Get(ctx, releaseID)
		return err
	})
	switch {
	case errors.Is(err, ledger.ErrNotFound):
		return nil, nil //nolint:nilnil // that there is none is no error
	case err != nil:
		return nil, err
	}
	return &have, nil
}

// resolve makes the submission of a request by name: with the revision of the document that the record
// of the release names, or without one with the latest. What is refused is a [release.Problem] or
// [release.Problems].
func (s *Starter) resolve(ctx context.Context, r wire.NamedRequest, have *ledger.Record) (release.Submission, error) {
	var recorded uint64
	if have != nil && have.ByName != nil {
		recorded = have.ByName.Revision
	}
	document, err := s.document(ctx, r.Application, recorded, r.ReleaseID)
	if err != nil {
		return release.Submission{}, err
	}
	if r.Triggered() && have != nil && have.ByName != nil {
		r.Trigger = have.ByName.Trigger // of several senders of a push the first one
	}
	if r.Promotes() {
		if have != nil && have.ByName != nil {
			r.PromotedFrom = have.ByName.PromotedFrom // whoever asked first
		}
		if err := s.promoted(ctx, &r, *document.Spec); err != nil {
			return release.Submission{}, err
		}
	}
	whole, err := document.Spec.ResolveAt(document.Revision, r.Named)
	if err != nil {
		return release.Submission{}, err
	}
	return release.Submission{ReleaseID: r.ReleaseID, Spec: whole.Spec, Admission: r.Admission, ByName: &whole.ByName}, nil
}

// document reads the document of an application for what an event asks for: the revision that is recorded with
// that, or where that is 0, the latest one. What is refused is a [release.Problem].
func (s *Starter) document(ctx context.Context, application string, recorded uint64, id string) (document apps.Document, err error) {
	ctx, cancel := context.WithTimeout(ctx, natsTimeout)
	defer cancel()
	if recorded != 0 {
		document, err = s.documents.At(ctx, application, recorded)
	} else {
		document, err = s.documents.Get(ctx, application)
	}
	unknown, none := errors.AsType[*documents.UnknownError](err)
	switch {
	case none:
		return document, release.Problem{Field: "application", Message: unknown.Error()}
	case errors.Is(err, documents.ErrForgotten):
		return document, release.Problem{Field: "application", Message: fmt.Sprintf(
			"the event came before, when %s was at revision %d, which is not kept any more; whether a release began is not known: look for %s, and ask again with another event",
			application, recorded, id)}
	}
	return document, err
}
